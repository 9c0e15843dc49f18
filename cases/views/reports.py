"""Weekly reports on phone and desk: written, read, judged, opened again; who has reported; and on paper."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_view
from audit.choices import ViewKind
from cases import actions
from cases.choices import ReportEventKind, ReportState
from cases.forms.reports import ExcuseForm, JudgeForm, ReopenForm, ReportForm
from cases.journal import readable
from cases.models import ReportException, WeeklyReport
from cases.papers import report_pdf
from cases.papers import week_pdf as pdf_of_week
from cases.reporting import (
    SHOWS,
    WeekOfWork,
    areas_of,
    badge_of,
    figures_of,
    history,
    next_unread,
    overview,
    parents_within,
    plan_before,
    reporting_grids,
    reports_in,
    waiting_for,
    week_before,
    week_named,
)
from gridparty.lib.access import Can, scope_of
from gridparty.lib.addresses import is_key
from gridparty.lib.dates import Week, today
from gridparty.lib.doors import needs
from gridparty.lib.pdf import download
from grids.models import Area
from jobs.answers import answer
from jobs.workdays import work_calendar
from people.rounds import Part, part

_WRITTEN = (ReportState.DRAFT, ReportState.RETURNED)


# --- Who has reported


@needs(Can.SEE_VOICES)
@require_safe
@never_cache
def reports(request: HttpRequest) -> HttpResponse:
    """A week (`?week=2026-W47`) of an area (`?area=`): by what stands below it, or (`?show=`) the reports themselves."""
    week = _week(request)
    area, others = _area(request)
    found, show = overview(request.user, area, week), request.GET.get("show", "")
    now, this_week = timezone.now(), Week.of(today())
    shown = _shown(request, area, week, show)
    parents = parents_within(request.user, area) if area else []
    context = {
        "area": area,
        "others": [other for other in others if other != area and other not in parents],
        "parents": parents,
        "found": found,
        "rows": [(line, line.report and badge_of(line.report, now)) for line in found.lines],
        "past": [(row, badge_of(row, now)) for row in found.past],
        "figures": [(name, label, found.total[name]) for name, (label, _condition) in SHOWS.items()],
        "show": show if shown else "",
        "show_label": SHOWS[show][0] if shown else "",
        "shown": shown,
        "query": "".join(f"{name}={request.GET[name]}&" for name in ("week", "area") if _plain(request.GET.get(name, ""))),
        "shown_rows": [(row, badge_of(row, now)) for row in shown.rows] if shown else [],
        "week": week,
        "before": week_before(week),
        "after": week.next if week < this_week else None,
        "is_known": work_calendar().knows(week.last_day),
        "to_write": _to_write(request, found),
        "reviews": scope_of(request.user).has(Can.REVIEW_REPORTS),
    }
    return render(request, "cases/report/reports.html", context)


def _shown(request: HttpRequest, area: Area | None, week: Week, show: str) -> Part | None:
    """The rows behind a number. Those that wait for the reader are of any week, unless one is named."""
    if show not in SHOWS:
        return None
    if show == "sent" and "week" not in request.GET:
        rows = waiting_for(request.user)
    else:
        rows = reports_in(request.user, area, week).filter(SHOWS[show][1])
    number = request.GET.get("page", "")
    return part(rows, max(1, int(number)) if number.isdecimal() and len(number) < 5 else 1)


def _plain(typed: str) -> bool:
    return typed.isdecimal() or week_named(typed) is not None


def _week(request: HttpRequest) -> Week:
    return week_named(request.GET.get("week", "")) or Week.of(today())


def _area(request: HttpRequest) -> tuple[Area | None, list[Area]]:
    """The area asked for, else where the reader's post stands (None: over all districts); and where their other posts stand."""
    own = areas_of(request.user)
    asked = request.GET.get("area", "")
    if is_key(asked):
        return get_object_or_404(readable(request.user), pk=int(asked)), own
    return (own[0] if own else None), own


def _to_write(request: HttpRequest, found) -> WeeklyReport | None:
    """The report of the week shown that the reader is to write."""
    rows = (line.report for line in found.lines if line.report)
    return next((row for row in rows if _is_writing(request.user, row)), None)


def _is_writer(user, report: WeeklyReport) -> bool:
    return any(reach.area_id == report.area_id for reach in scope_of(user).reaches(Can.WRITE_REPORTS))


def _is_writing(user, report: WeeklyReport) -> bool:
    return report.state in _WRITTEN and not report.is_locked and _is_writer(user, report)


# --- One report


def _seen_or_404(request: HttpRequest, pk: int) -> WeeklyReport:
    rows = WeeklyReport.objects.visible_to(request.user).select_related("area", "community", "grid", "sent_by")
    return get_object_or_404(rows, pk=pk)


@needs(Can.SEE_VOICES)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The week as it is on record; its leader completes and sends it, others read it."""
    row = _seen_or_404(request, pk)
    work = WeekOfWork(row)
    writing = _is_writing(request.user, row)
    form = None
    if request.method == "POST":
        form = ReportForm(request.POST)
    elif writing:
        form = ReportForm(initial=_begun(row, work))

    def act() -> tuple[str, str]:
        texts = {name: form.cleaned_data[name] for name in ("done", "trouble", "plan")}
        sent = actions.send_report(report=row, written=actions.Written(**texts), by=request.user)
        late = _("已过截止时间，按迟交计。") if not sent.is_on_time else ""
        return reverse("cases:report", args=[pk]), _("周报已提交。") + late

    done = answer(request, form, act) if request.method == "POST" else None
    return done or _page(request, row, work, form, writing=writing)


def _begun(row: WeeklyReport, work: WeekOfWork) -> dict[str, str]:
    """What stands in the fields: prepared by the system, or as it was sent before."""
    if row.state == ReportState.RETURNED:
        return {"done": row.done, "trouble": row.trouble, "plan": row.plan}
    return work.prepared()


def _page(request: HttpRequest, row: WeeklyReport, work: WeekOfWork, form=None, *, writing: bool = False) -> HttpResponse:
    """A report with the one form the reader may send: to write it, or to judge it."""
    reviews = scope_of(request.user).covers(Can.REVIEW_REPORTS, row.area)
    judged = reviews and row.state in (ReportState.SENT, ReportState.ACCEPTED)
    if form is None and judged:
        form = JudgeForm(report=row)
    numbers = work.numbers if writing or not row.figures else row.figures
    now = timezone.now()
    context = {
        "report": row,
        "badge": badge_of(row, now),
        "is_late": row.due_at < now,
        "figures": figures_of(row, numbers),
        "form": form,
        "writing": writing,
        "hints": work.hints() if writing else [],
        "plan_before": plan_before(row),
        "events": history(row),
        "is_writer": _is_writer(request.user, row),
        "judged": judged,
        "judging": isinstance(form, JudgeForm),
        "reopens": reviews and row.is_locked,
    }
    return render(request, "cases/report/report.html", context)


@needs(Can.REVIEW_REPORTS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def judge(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a report as read, send it back, or leave a word; then on to the next that waits."""
    row = _seen_or_404(request, pk)
    form = JudgeForm(request.POST or None, report=row)

    def act() -> tuple[str, str]:
        verdict, comment = form.cleaned_data["verdict"], form.cleaned_data["comment"]
        if verdict == ReportEventKind.RETURNED:
            actions.return_report(report=row, reason=comment, by=request.user)
            said = _("已退回修改，已通知网格长。")
        elif verdict == ReportEventKind.ACCEPTED:
            actions.accept_report(report=row, comment=comment, by=request.user)
            said = _("已阅。")
        else:
            actions.comment_report(report=row, comment=comment, by=request.user)
            return reverse("cases:report", args=[pk]), _("批注已保存，已通知网格长。")
        if following := next_unread(request.user, row):
            return reverse("cases:report", args=[following.pk]), said + _("下面是下一份待审阅的周报。")
        return _list_of(row), said + _("待审阅的周报已全部看完。")

    done = answer(request, form, act) if request.method == "POST" else None
    return done or _page(request, row, WeekOfWork(row), form if request.method == "POST" else None)


def _list_of(row: WeeklyReport) -> str:
    return f"{reverse('cases:reports')}?area={row.community_id}&week={row.week}"


@needs(Can.REVIEW_REPORTS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    row = _seen_or_404(request, pk)
    form = ReopenForm(request.POST or None)

    def act() -> tuple[str, str]:
        opened = actions.reopen_report(report=row, reason=form.cleaned_data["reason"], by=request.user)
        day = {"month": opened.lock_on.month, "day": opened.lock_on.day}
        return reverse("cases:report", args=[pk]), _("已重新打开，%(month)d月%(day)d日夜间再次关账。已通知网格长。") % day

    done = answer(request, form, act) if request.method == "POST" else None
    context = {"report": row, "form": form, "badge": badge_of(row, timezone.now()), "days": actions.REOPENED_DAYS}
    context["reopens"] = row.is_locked and scope_of(request.user).covers(Can.REVIEW_REPORTS, row.area)
    return done or render(request, "cases/report/reopen.html", context)


@needs(Can.REVIEW_REPORTS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def excuse(request: HttpRequest) -> HttpResponse:
    """Grids that need not report for some time; of one area (`?area=`) or of all within reach."""
    area, _others = _area(request)
    grids = reporting_grids(request.user)
    agreed = ReportException.objects.visible_to(request.user).filter(until_on__gte=today()).select_related("area", "community")
    if area:
        grids, agreed = grids.within(area), agreed.within(area)
    form = ExcuseForm(request.POST or None, grids=grids)

    def act() -> tuple[str, str]:
        data = {name: form.cleaned_data[name] for name in ("from_on", "until_on", "reason")}
        rows = actions.excuse(areas=list(form.cleaned_data["areas"]), **data, by=request.user)
        address = f"{reverse('cases:reports')}?week={Week.of(data['from_on'])}"
        return address + (f"&area={area.pk}" if area else ""), _("已为 %d 个网格办理免报。") % len(rows)

    done = answer(request, form, act) if request.method == "POST" else None
    picked = {int(key) for key in form["areas"].value() or () if str(key).isdecimal()}
    context = {"area": area, "form": form, "grids": grids, "picked": picked, "agreed": agreed.order_by("from_on", "pk")}
    return done or render(request, "cases/report/excuse.html", context)


# --- On paper


@needs(Can.SEE_VOICES)
@require_safe
@never_cache
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    row = _seen_or_404(request, pk)
    record_view(kind=ViewKind.PRINTED, model=WeeklyReport, object_id=row.pk, purpose="cases.report_pdf")
    return download(report_pdf(row, by=request.user), _("周报 %(week)s %(area)s.pdf") % {"week": row.week, "area": row.area.name})


@needs(Can.SEE_VOICES)
@require_safe
@never_cache
def week_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The week (`?week=`) of an area: who reported; of a community or a grid also what."""
    area = get_object_or_404(readable(request.user), pk=pk)
    week = _week(request)
    found = overview(request.user, area, week)
    record_view(kind=ViewKind.PRINTED, model=WeeklyReport, rows=found.total["expected"], purpose="cases.reports_pdf")
    name = _("周报汇总 %(week)s %(area)s.pdf") % {"week": week, "area": area.name}
    return download(pdf_of_week(found, by=request.user), name)
