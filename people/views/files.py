"""Files on the phone: found by name or door, a household, somebody to visit. Opening one is logged."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib.access import Can, scope_of
from gridparty.lib.crypto import seal, unseal
from gridparty.lib.dates import today
from gridparty.lib.doors import needs
from jobs.answers import answer
from people import actions
from people.actions import NewVisit
from people.choices import VisitOutcome
from people.forms import CareTermsForm, DoorForm, HouseholdVisitForm, PersonVisitForm
from people.models import Care, Household, Person, Visit
from people.queries import door, whole_place
from people.rounds import PAGE, Resident, cares_of, last_visits, living_in, part, visitors_for
from people.views.rounds import door_address

# --- Finding

TERM = "people.search"  # in the session, sealed: what is looked for are names, and names stand in no address


@needs(Can.SEE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """People and doors by what was typed; masked."""
    if request.method == "POST":
        request.session[TERM] = seal(request.POST.get("term", "").replace("\x00", "").strip()[:40])
        return redirect("people:search")
    term = unseal(request.session[TERM]) if TERM in request.session else ""
    people, doors = Person.objects.visible_to(request.user), Household.objects.visible_to(request.user)
    found = people.current().search(term) if term else people.none()
    found = found.select_related("household", "area", "community").defer("phone", "id_number").order_by("pk")
    doors = (doors.search(term) if term else doors.none()).select_related("area", "community").order_by("pk")
    some, homes = part(found, 1), part(doors, 1)
    context = {
        "term": term,
        "people": [Resident(one, whole_place(one)) for one in some.rows],
        "homes": [(one, whole_place(one)) for one in homes.rows],
        "more": some.more or homes.more,
        "size": PAGE,
    }
    return render(request, "people/rounds/search.html", context)


# --- A household


def _household_or_404(request: HttpRequest, pk: int) -> Household:
    rows = Household.objects.visible_to(request.user).select_related("area", "community")
    return get_object_or_404(rows, pk=pk)


def _opened(request: HttpRequest, model: type, pk: int, can: Can, area) -> bool:
    """Note that a file was opened; whether a capability of the reader reaches it."""
    record_view(kind=ViewKind.OPENED, model=model, object_id=pk, purpose=f"people.{model._meta.model_name}")
    return _reaches(request, can, area)


def _reaches(request: HttpRequest, can: Can, area) -> bool:
    scope = scope_of(request.user)
    return scope.everywhere(can) or (area is not None and scope.covers(can, area))


@needs(Can.SEE_PEOPLE)
@require_safe
@never_cache
def household(request: HttpRequest, pk: int) -> HttpResponse:
    """A dwelling: who lives there, who is cared for, who knocked lately."""
    row = _household_or_404(request, pk)
    visits = last_visits(Q(household=row), request.user)
    context = {
        "household": row,
        "place": door(row),
        "back": door_address(row),
        "records": _opened(request, Household, row.pk, Can.RECORD_VISITS, row.area),
        "people": living_in(row, request.user),
        "visits": visits,
        "mine": next((one.outcome for one, _who in visits if one.by_id == request.user.pk and one.on == today()), ""),
        "outcomes": VisitOutcome.choices,
        "door_form": DoorForm(initial={"file": True}),
    }
    return render(request, "people/rounds/household.html", context)


@needs(Can.RECORD_VISITS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def visit_household(request: HttpRequest, pk: int) -> HttpResponse:
    row = _household_or_404(request, pk)
    people = living_in(row, request.user)
    sent = request.POST if request.method == "POST" else None
    form = HouseholdVisitForm(sent, people=[one.person for one in people])

    def act() -> tuple[str, str]:
        data = form.cleaned_data
        new = NewVisit(row, data["who"], data["on"], data["outcome"], data["note"])
        (visit,) = actions.record_visits(visits=[new], by=request.user)
        return reverse("people:household", args=[row.pk]), _said(visit, request.user)

    done = answer(request, form, act) if request.method == "POST" else None
    context = {"household": row, "place": door(row), "form": form, "cares": [one for who in people for one in who.cares]}
    return done or render(request, "people/rounds/visit_household.html", context)


def _said(visit: Visit, user) -> str:
    """What was noted, and when the next visit is due."""
    cares = cares_of(user).filter(person=visit.person_id) if visit.person_id else ()
    days = [one.next_visit_on for one in cares]
    said = _("已记走访：%s。") % visit.get_outcome_display()
    return said + (_("下次走访 %s。") % date_format(min(days), "Y年n月j日") if days else "")


# --- Somebody


def _person_or_404(request: HttpRequest, pk: int) -> Person:
    rows = Person.objects.visible_to(request.user).current().select_related("household", "area", "community")
    return get_object_or_404(rows.defer("phone", "id_number"), pk=pk)


@needs(Can.SEE_PEOPLE)
@require_safe
@never_cache
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody to visit: why, how often, by whom; the last visits; and the form to note one."""
    return _person_page(request, _person_or_404(request, pk), PersonVisitForm())


@needs(Can.RECORD_VISITS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def visit_person(request: HttpRequest, pk: int) -> HttpResponse:
    row = _person_or_404(request, pk)
    form = PersonVisitForm(request.POST if request.method == "POST" else None)

    def act() -> tuple[str, str]:
        data = form.cleaned_data
        new = NewVisit(person=row, on=data["on"], outcome=data["outcome"], note=data["note"])
        (visit,) = actions.record_visits(visits=[new], by=request.user)
        return reverse("people:rounds"), _said(visit, request.user)

    done = answer(request, form, act) if request.method == "POST" else None
    return done or _person_page(request, row, form)


def _person_page(request: HttpRequest, row: Person, form: PersonVisitForm) -> HttpResponse:
    about = Q(person=row) | (Q(household=row.household_id, person=None) if row.household_id else Q())
    context = {
        "resident": Resident(row, door(row), cares_of(request.user).filter(person=row)),
        "back": reverse("people:household", args=[row.household_id]) if row.household_id else reverse("people:rounds"),
        "records": _opened(request, Person, row.pk, Can.RECORD_VISITS, row.area),
        "reveals": _reaches(request, Can.REVEAL_PEOPLE, row.area),
        "edits": _reaches(request, Can.EDIT_PEOPLE, row.area),
        "visits": last_visits(about, request.user),
        "form": form,
    }
    return render(request, "people/rounds/person.html", context)


# --- Care


@needs(Can.EDIT_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def change_care(request: HttpRequest, pk: int) -> HttpResponse:
    """Why, how often and by whom somebody is visited."""
    rows = Care.objects.visible_to(request.user).select_related("care_class", "person", "area")
    row = get_object_or_404(rows.defer("person__phone", "person__id_number"), pk=pk)
    form = CareTermsForm(request.POST if request.method == "POST" else None, care=row, visitors=visitors_for(row, request.user))
    page = reverse("people:person", args=[row.person_id])

    def act() -> tuple[str, str]:
        data = {name: form.cleaned_data[name] for name in ("reason", "interval_days", "responsible")}
        care = actions.change_care(care=row, **data, by=request.user)
        return page, _("已更改。下次走访 %s。") % date_format(care.next_visit_on, "Y年n月j日")

    done = answer(request, form, act) if request.method == "POST" else None
    context = {"care": row, "name": Resident(row.person).name, "form": form, "back": page}
    return done or render(request, "people/rounds/care.html", context)
