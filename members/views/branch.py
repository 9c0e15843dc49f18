"""The branch on the phone, read: who belongs and what is due, one member, who leads; and who was contacted, noted."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import Week, today
from gridparty.lib.doors import needs
from jobs.answers import answer
from members import actions
from members.branch import (
    Kept,
    average_of,
    birthdays,
    boards,
    celebrations,
    days_of_joining,
    due_of,
    is_election_due,
    keep,
    last_contacts,
    only_one,
    organisations_of,
    roll,
    rows_of,
    waiting_for,
    who_scores,
    years_of,
)
from members.forms.branch import ContactsForm
from members.models import Member, PointBalance
from members.points import statement
from members.queries import on_roll_of, with_contact


def kept_or_404(request: HttpRequest, key: int, can: Can) -> Kept:
    """The organisation this capability of the user reaches; to anybody else it is not there."""
    kept = keep(request.user, key, can)
    if kept is None:
        raise Http404
    return kept


# --- The branch


@needs(Can.SEE_MEMBERS)
@require_safe
@never_cache
def branch(request: HttpRequest) -> HttpResponse:
    """One's organisation; where there are several, a row each."""
    rows = organisations_of(request.user, Can.SEE_MEMBERS)
    if one := only_one(rows):
        return _page(request, Kept(one, rows[1:]), back="")
    numbers = on_roll_of(rows)
    for row in rows:
        row.number, row.due = numbers.get(row.pk, 0), is_election_due(row)
    week = Week.of(today())
    members = Member.objects.visible_to(request.user).on_roll().filter(organisation__in=rows).select_related("person")
    members = members.filter(birthdays(week) | days_of_joining(week)).defer("phone", "person__phone", "person__id_number")
    context = {
        "organisations": rows,
        "days": celebrations(members, week),
        "waiting": _waiting(request),
    }
    return render(request, "members/branch/organisations.html", context)


@needs(Can.SEE_MEMBERS)
@require_safe
@never_cache
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, kept_or_404(request, pk, Can.SEE_MEMBERS), back=reverse("members:branch"))


def _page(request: HttpRequest, kept: Kept, back: str) -> HttpResponse:
    """The members by class, narrowed by `show` (due, late, waiting) and `class`; the numbers above count all."""
    on = today()
    rows = rows_of(kept, on.year, on)
    classes = {row.member.member_class_id: row.member.member_class for row in rows}
    show, one = request.GET.get("show", ""), request.GET.get("class", "")
    shown = [row for row in rows if _is_shown(row, show, one)]
    context = {
        "kept": kept,
        "back": back,
        "classes": [(each, sum(row.member.member_class_id == each.pk for row in rows)) for each in classes.values()],
        "groups": [(each, [row for row in shown if row.member.member_class_id == each.pk]) for each in classes.values()],
        "shown": len(shown),
        "show": show,
        "chosen": one,
        "members": len(rows),
        "average": average_of(row.balance for row in rows),
        "proposed": sum(row.waiting for row in rows),
        "overdue": sum(row.due.is_late for row in rows),
        "waiting": _waiting(request),
        "modes": sorted({row.member.mode for row in rows}, key=lambda mode: mode.pk),
        "scoring": who_scores(row.balance.scheme_id for row in rows if row.balance),
        "days": celebrations((row.member for row in rows), Week.of(on)),
        "elections": [one for one in (kept.organisation, *kept.groups) if is_election_due(one)],
        "scores": scope_of(request.user).has(Can.PROPOSE_POINTS),
        "year": on.year,
    }
    return render(request, "members/branch/branch.html", context)


def _is_shown(row, show: str, one: str) -> bool:
    wanted = {"due": row.due.state != "good", "late": row.due.is_late, "waiting": row.waiting > 0}
    return wanted.get(show, True) and one in ("", str(row.member.member_class_id))


def _waiting(request: HttpRequest) -> int:
    """How many proposals and appeals wait for the user, wherever they stand."""
    return waiting_for(request.user).count() if scope_of(request.user).has(Can.DECIDE_POINTS) else 0


# --- One member


@needs(Can.SEE_MEMBERS)
@require_safe
@never_cache
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """One's points of a year (`?year=`) explained, the last contacts, and what a leader may do."""
    rows = Member.objects.visible_to(request.user).kept_by(request.user, Can.SEE_MEMBERS)
    row = get_object_or_404(with_contact(rows).select_related("person", "member_class", "organisation__community"), pk=pk)
    balances = PointBalance.objects.visible_to(request.user).filter(member=row).order_by("-year")
    by_year = {one.year: one for one in balances.select_related("scheme", "organisation", "member_class")}
    balance = by_year.get(_year(request, list(by_year)))
    context = {
        "member": row,
        "due": due_of(row, today()),
        "contacts": last_contacts(row),
        "statement": balance and statement(balance),
        "year": balance and balance.year,
        "years": list(by_year),
        "scores": scope_of(request.user).has(Can.PROPOSE_POINTS),
        "leads": True,
        "calls": scope_of(request.user).has(Can.REVEAL_PEOPLE),
    }
    return render(request, "members/branch/member.html", context)


def _year(request: HttpRequest, years: list[int]) -> int | None:
    """The year asked for, else this year, else the last there is."""
    asked = request.GET.get("year", "")
    wanted = [int(asked)] if asked.isdecimal() and len(asked) == 4 else []
    return next((year for year in [*wanted, today().year, *years] if year in years), None)


# --- The board


@needs(Can.SEE_MEMBERS)
@require_safe
@never_cache
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """Who leads in a year (`?year=`), in all and by class."""
    kept = kept_or_404(request, pk, Can.SEE_MEMBERS)
    years = years_of(kept)
    year = _year(request, years)
    context = {"kept": kept, "years": years, "year": year, "boards": boards(kept, year) if year else []}
    return render(request, "members/branch/board.html", context)


# --- Contacts


@needs(Can.PROPOSE_POINTS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def contacts(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is due, to be ticked once contacted; `?member=` has one of them ticked already."""
    kept = kept_or_404(request, pk, Can.PROPOSE_POINTS)
    members = sorted(roll(kept.keys), key=lambda row: due_of(row, today()).order)
    form = ContactsForm(request.POST or None, members=members, initial={"names": [request.GET.get("member", "")]})

    def act() -> tuple[str, str]:
        data = form.cleaned_data
        new = actions.note_contacts(members=data["names"], on=data["on"], way=data["way"], note=data["note"], by=request.user)
        said = _("已记联系 %d 人。") % new if new else _("这次联系先前已经记过，没有重复记录。")
        return reverse("members:branch_organisation", args=[pk]), said

    ticks = [{"member": row, "due": due_of(row, today())} for row in members]
    context = {"kept": kept, "form": form, "ticks": ticks, "picked": picked(form)}
    done = answer(request, form, act) if request.method == "POST" else None
    return done or render(request, "members/branch/contacts.html", context)


def picked(form) -> set[int]:
    """The keys ticked in a form, as typed."""
    return {int(key) for key in form["names"].value() or () if str(key).isdecimal()}
