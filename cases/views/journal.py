"""The journal on the phone: the place where something is reported, an entry, lists of them, subjects by count."""

from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import actions
from cases.actions import NewEntry
from cases.errors import JournalRefused
from cases.forms.journal import JournalForm
from cases.forms.places import household_of, offered
from cases.journal import (
    PERIODS,
    Asked,
    Period,
    all_subjects,
    by_subject,
    door_in,
    listed,
    readable,
    stands,
    subjects_in_use,
    wishes,
)
from cases.models import Case, JournalEntry, WeeklyReport
from gridparty.lib import photos
from gridparty.lib.access import Can, scope_of
from gridparty.lib.addresses import is_key
from gridparty.lib.counting import COUNT_LIMIT, numbers_of
from gridparty.lib.dates import Week, today
from gridparty.lib.doors import needs
from gridparty.lib.masking import mask_name, mask_phone
from gridparty.lib.phone_forms import SentForm
from jobs.answers import answer
from people.queries import whole_place
from people.rounds import part
from people.views.rounds import page_of

BRIEFLY, MOST_BELOW = 5, 100


# --- The place where something is reported


@needs(Can.SEE_VOICES)
@require_safe
@never_cache
def hub(request: HttpRequest) -> HttpResponse:
    """What may be reported, my last entries, the cases of my office."""
    scope = scope_of(request.user)
    entries = JournalEntry.objects.visible_to(request.user).filter(by=request.user)
    cases = Case.objects.visible_to(request.user)
    cases = cases.held_by(request.user).waiting() if scope.has(Can.HANDLE_CASES) else cases.filter(opened_by=request.user).open()
    context = {
        "reports": scope.has(Can.KEEP_JOURNAL),
        "handles": scope.has(Can.HANDLE_CASES),
        "report": _weekly_report(request) if scope.has(Can.WRITE_REPORTS) else None,
        "entries": list(listed(entries)[:BRIEFLY]),
        "cases": list(cases.select_related("subject", "area").order_by("step_due_at", "pk")[:BRIEFLY]),
    }
    for case in context["cases"]:
        case.late = case.is_late(timezone.now())
    context["late"] = context["report"] is not None and context["report"].is_missing(timezone.now())
    return render(request, "cases/journal/hub.html", context)


def _weekly_report(request: HttpRequest) -> WeeklyReport | None:
    """This week's of one's grid."""
    week = Week.of(today()).first_day
    return WeeklyReport.objects.editable_by(request.user).filter(week_on=week).select_related("area").order_by("pk").first()


# --- Writing an entry


@needs(Can.KEEP_JOURNAL)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """An entry of a place within reach (`?at=` opens a part of it), or of a household (`?household=`)."""
    household = household_of(request.user, request.GET.get("household", ""))
    if request.GET.get("household") and household is None:
        raise Http404
    offer = offered(request.user, request.GET.get("at", ""))
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = JournalForm(*sent, subjects=subjects_in_use(), offer=offer, household=household)

    def act() -> tuple[str, str]:
        entry, case, unknown = _keep(form, request.user)
        said = _("已记日志，并转为事件 %s。") % case.number if case else _("已记日志。")
        said += _("没有登记“%s”这户，已记在具体位置。") % unknown if unknown else ""
        return reverse("cases:journal_entry", args=[entry.pk]), said

    done = answer(request, form, act) if sent else None
    return done or render(request, "cases/journal/new.html", {"form": form, "offer": offer, "household": household})


def _keep(form: JournalForm, user) -> tuple[JournalEntry, Case | None, str]:
    """The entry, the case it became, and the door that no household is known behind: it stays in words."""
    data, area = form.cleaned_data, form.where()
    room, spot = data.get("room", ""), data["spot"]
    household = form.household or door_in(area, room, user)
    unknown = room if household is None else ""
    values = {name: data[name] for name in ("subject", "text", "teller", "teller_phone", "photo", "on")}
    words = " ".join(filter(None, [unknown, spot]))
    if len(words) > JournalEntry._meta.get_field("spot").max_length:
        raise JournalRefused(_("没有登记“%s”这户，请把具体位置写短一些，门牌会一起记在里面。") % unknown)
    entry = NewEntry(area=area, household=household, spot=words, **values)
    return *actions.keep_journal(new=entry, by=user, becomes_case=data["becomes_case"]), unknown


# --- One entry


def _entry_or_404(request: HttpRequest, pk: int) -> JournalEntry:
    rows = JournalEntry.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("subject", "area", "community", "household", "by", "case"), pk=pk)


@needs(Can.SEE_VOICES)
@require_safe
@never_cache
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    return _entry_page(request, _entry_or_404(request, pk), SentForm())


def _entry_page(request: HttpRequest, row: JournalEntry, form: SentForm) -> HttpResponse:
    scope = scope_of(request.user)
    context = {
        "entry": row,
        "place": whole_place(row),
        "teller": mask_name(row.teller),
        "teller_phone": mask_phone(row.teller_phone),
        "case": getattr(row, "case", None),
        "writes": scope.covers(Can.KEEP_JOURNAL, row.area),
        "reveals": scope.covers(Can.REVEAL_PEOPLE, row.area),
        "form": form,
    }
    return render(request, "cases/journal/entry.html", context)


@needs(Can.KEEP_JOURNAL)
@require_POST
@never_cache
def make_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Take up what the entry tells as a case."""
    row, form = _entry_or_404(request, pk), SentForm(request.POST)

    def act() -> tuple[str, str]:
        case = actions.make_case(entry=row, by=request.user)
        return reverse("cases:case", args=[case.pk]), _("已转为事件 %s。") % case.number

    return answer(request, form, act) or _entry_page(request, row, form)


@needs(Can.SEE_VOICES)
@require_safe
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    return photos.shown(get_object_or_404(JournalEntry.objects.visible_to(request.user), pk=pk).photo)


@needs(Can.REVEAL_PEOPLE)
@require_POST
@never_cache
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Who told it. The right to reveal must reach the place of the entry, not merely somewhere."""
    seen = JournalEntry.objects.visible_to(request.user).filter(scope_of(request.user).q(Can.REVEAL_PEOPLE))
    row = get_object_or_404(seen, pk=pk)
    name, number = actions.reveal_teller(entry=row, by=request.user)
    back = reverse("cases:journal_entry", args=[row.pk])
    return render(
        request, "people/reveal.html", {"label": _("反映人"), "name": name, "number": number, "call": True, "back": back}
    )


# --- Lists


def _asked(request: HttpRequest) -> Asked:
    """What the address narrows to; an area or a subject that is not there for the reader is 404, a day that is none is no day."""
    area, subject = request.GET.get("area", ""), request.GET.get("subject", "")
    return Asked(
        area=get_object_or_404(readable(request.user), pk=_key(area)) if area else None,
        subject=get_object_or_404(all_subjects(), pk=_key(subject)) if subject else None,
        first=_day(request, "from"),
        last=_day(request, "to"),
        by=request.user if request.GET.get("show") == "mine" else None,
    )


def _key(asked: str) -> int:
    if not is_key(asked):
        raise Http404
    return int(asked)


def _day(request: HttpRequest, name: str) -> date | None:
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


@needs(Can.SEE_VOICES)
@require_safe
@never_cache
def entries(request: HttpRequest) -> HttpResponse:
    """The newest first, narrowed by `?area=&subject=&from=&to=&show=mine`; the number above is that of the list."""
    asked = _asked(request)
    rows = asked.of(JournalEntry.objects.visible_to(request.user))
    number = numbers_of({"all": rows})["all"]
    context = {
        "asked": asked,
        "number": _("%d 以上") % COUNT_LIMIT if number > COUNT_LIMIT else number,
        "part": part(listed(rows), page_of(request)),
        "query": urlsplit(asked.address).query,
        "chips": _chips(asked, request.user),
        "writes": scope_of(request.user).has(Can.KEEP_JOURNAL),
    }
    return render(request, "cases/journal/entries.html", context)


def _chips(asked: Asked, user) -> list[tuple[str, str, bool]]:
    """(label, address, whether it is this list): everybody's or mine, and of which days."""
    week, month = Period.of("week", today()), Period.of("month", today())
    days = [(_("不限日期"), None, None), (_("本周"), week.first, week.last), (_("本月"), month.first, month.last)]
    found = [(_("所有人"), replace(asked, by=None)), (_("我记的"), replace(asked, by=user))]
    found += [(label, replace(asked, first=first, last=last)) for label, first, last in days]
    found += [(_("清除筛选"), Asked())] if asked != Asked() else []
    return [(label, one.address, one == asked) for label, one in found]


@needs(Can.SEE_VOICES)
@require_safe
@never_cache
def subjects(request: HttpRequest) -> HttpResponse:
    """Subjects by count in a period (`?period=&on=`) and an area (`?area=`), against what is usual; wishes that many share."""
    area = _asked(request).area
    own = list(stands(request.user)) if area is None else []
    area = own[0] if len(own) == 1 else area
    kind = request.GET.get("period", "")
    period = Period.of(kind if kind in PERIODS else "month", _day(request, "on") or today())
    rows = Asked(area=area).of(JournalEntry.objects.visible_to(request.user))
    context = {
        "area": area,
        "above": area and area.parent and scope_of(request.user).covers(Can.SEE_VOICES, area.parent) and area.parent,
        "below": list(readable(request.user).open().filter(parent=area).order_by("kind", "code")[:MOST_BELOW]) if area else own,
        "period": period,
        "periods": [(label, Period.of(kind, period.first)) for kind, label in PERIODS.items()],
        "later": period.after if period.after.first <= today() else None,
        "counted": by_subject(rows, area, period),
        "wishes": wishes(rows, period),
        "whole": Asked(area=area, first=period.first, last=period.last).address,
    }
    return render(request, "cases/journal/subjects.html", context)
