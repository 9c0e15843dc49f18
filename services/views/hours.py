"""Hours on the phone: one's own, with the certificate of a year; and those of others that wait to be confirmed."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gridparty.lib import pdf
from gridparty.lib.phone_forms import SentForm
from jobs.answers import answer
from members.views.mine import my_page
from people.rounds import part
from people.views.rounds import page_of
from services import actions
from services.actions import NewHours
from services.card_lists import cards_of
from services.certificates import certificate_pdf
from services.forms.hours import DecideForm, HoursForm
from services.gatherings import hours_by_year, number_unpaid, of_what, served_lately, to_confirm
from services.models import ServiceHours, Team
from services.offers import communities_of, membership_of
from services.views.steps import pressed, runner_page

AT_ONCE = 30


@my_page
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What I served, what came of it, and how much it was in each year."""
    rows = of_what(ServiceHours.objects.own(request.user)).select_related("decided_by").order_by("-on", "-begins", "-pk")
    found = part(rows, page_of(request))
    context = {
        "member": membership_of(request.user),
        "part": found,
        "rows": [(row, SentForm(auto_id=False)) for row in found.rows],
        "years": hours_by_year(request.user),
        "teams": Team.objects.own(request.user).open().order_by("name", "pk"),
        "cards": cards_of(request.user),
    }
    return render(request, "services/hours/mine.html", context)


@my_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Enter hours; `?claim=` or `?signup=` has what was served chosen already."""
    member = membership_of(request.user)
    if member is None:
        return redirect("services:hours")
    claims, signups = served_lately(member)
    asked = next((f"{name}-{request.GET[name]}" for name in ("claim", "signup") if name in request.GET), None)
    sent = request.POST if request.method == "POST" else None
    initial = {"what": asked} if asked else {}
    form = HoursForm(sent, claims=claims, signups=signups, areas=communities_of(member), initial=initial)

    def act() -> tuple[str, str]:
        row = actions.enter_hours(new=NewHours(**form.values()), by=request.user)
        return reverse("services:hours"), _("已登记 %s 小时，待他人确认后计入。") % f"{row.hours.normalize():f}"

    done = answer(request, form, act) if sent is not None else None
    return done or render(request, "services/hours/new.html", {"form": form})


@my_page
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row, page = get_object_or_404(ServiceHours.objects.own(request.user), pk=pk), reverse("services:hours")

    def act() -> tuple[str, str]:
        actions.withdraw_hours(hours=row, by=request.user)
        return page, _("已撤回时长登记。")

    return pressed(request, act, page)


@my_page
@require_safe
def certificate(request: HttpRequest) -> HttpResponse:
    """One's confirmed hours of a year (`year`; else the last there is) on paper."""
    member, years = membership_of(request.user), [year for year, _hours in hours_by_year(request.user)]
    asked = request.GET.get("year", str(years[0]) if years else "")
    year = next((year for year in years if str(year) == asked), None)
    if member is None or year is None:
        raise Http404
    return pdf.download(certificate_pdf(member, year, by=request.user), _("服务时长证明 %d.pdf") % year)


@runner_page
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Hours of others that wait for the user: tick (`?all=1` has all ticked), confirm or refuse."""
    waiting = to_confirm(request.user)
    form = DecideForm(request.POST if request.method == "POST" else None, rows=waiting)

    def act() -> tuple[str, str]:
        data = form.cleaned_data
        rows = list(data["rows"])
        number = actions.decide_hours(rows=rows, confirm=form.confirms, by=request.user, reason=data["reason"])
        said = (_("已确认 %d 条时长。") if form.confirms else _("%d 条时长不予确认，已告知登记人。")) % number
        if unpaid := number_unpaid(rows):
            said += _("其中 %d 条不计积分，原因见各人的时长记录。") % unpaid
        return reverse("services:run_hours"), said

    done = answer(request, form, act) if request.method == "POST" else None
    rows = of_what(waiting).select_related("member__person", "area", "community").order_by("on", "begins", "pk")
    rows = rows.defer("member__person__phone", "member__person__id_number")
    found = part(rows, 1, AT_ONCE)
    picked = {int(key) for key in form["rows"].value() or () if str(key).isdecimal()}
    if "all" in request.GET and not form.is_bound:
        picked = {row.pk for row in found.rows}
    return done or render(request, "services/hours/confirm.html", {"form": form, "part": found, "picked": picked})
