"""Rounds on the phone: who is to be visited, one's places, a building door by door with a tap for each."""

from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import COUNT_LIMIT, numbers_of
from gridparty.lib.doors import needs
from grids.models import Area
from jobs.answers import answer
from people import actions
from people.choices import VisitOutcome
from people.forms import DoorForm
from people.models import Household
from people.rounds import (
    DOORS_A_PAGE,
    PAGE,
    PREVIEW,
    SHOWN,
    Door,
    below,
    by_floor,
    days_between_visits,
    doors_of,
    due_by,
    figures,
    in_rows,
    part,
    rounds_since,
    stands,
    units_of,
    unseen,
)


def page_of(request: HttpRequest) -> int:
    """The page asked for; 1 where it is none."""
    asked = request.GET.get("page", "")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 6 else 1


# --- Who is to be visited


@needs(Can.SEE_PEOPLE)
@require_safe
@never_cache
def rounds(request: HttpRequest) -> HttpResponse:
    """Who is due: mine, others', households not met for long; `?show=` one of the three page by page."""
    days, show = days_between_visits(), request.GET.get("show", "")
    mine, others = due_by(request.user)
    lists = {"mine": mine, "others": others, "doors": unseen(request.user, days)}
    titles = {"mine": _("由我走访"), "others": _("其他到期"), "doors": _("久未见面的住户")}
    show = show if show in lists else ""
    numbers = numbers_of(lists)
    sections = []
    for key, rows in lists.items():
        if show in ("", key):
            found = part(rows, page_of(request) if show else 1, PAGE if show else PREVIEW)
            sections.append({"key": key, "title": titles[key], "part": found, "rows": in_rows(found.rows, request.user)})
    context = {
        "numbers": {key: _("%d 以上") % COUNT_LIMIT if n > COUNT_LIMIT else n for key, n in numbers.items()},
        "sections": [one for one in sections if one["rows"]],
        "show": show,
        "days": days,
    }
    return render(request, "people/rounds/rounds.html", context)


# --- Places


@needs(Can.SEE_PEOPLE)
@require_safe
@never_cache
def places(request: HttpRequest) -> HttpResponse:
    """The places of one's posts; where there is one, that place."""
    rows = stands(request.user)
    if len(rows) == 1:
        return _place_page(request, rows[0], back=reverse("people:rounds"))
    return render(request, "people/rounds/places.html", {"areas": rows})


@needs(Can.SEE_PEOPLE)
@require_safe
@never_cache
def place(request: HttpRequest, pk: int) -> HttpResponse:
    area = get_object_or_404(Area.objects.visible_to(request.user).select_related("parent"), pk=pk)
    above = area.parent if area.parent and scope_of(request.user).covers(Can.SEE_PEOPLE, area.parent) else None
    return _place_page(request, area, back=reverse("people:place", args=[above.pk]) if above else reverse("people:places"))


def _place_page(request: HttpRequest, area: Area, back: str) -> HttpResponse:
    """What stands below, and the doors right here, in the round since `?since=`, by `?unit=` or narrowed by `?show=`."""
    since = _since(request)
    doors = doors_of(area, request.user, since)
    units, show = units_of(doors), request.GET.get("show", "")
    unit = request.GET.get("unit", next(iter(units), ""))
    shown = [one for one in doors if _is_shown(one, show, unit)]
    found = part(shown, page_of(request), DOORS_A_PAGE)
    context = {
        "area": area,
        "back": back,
        "places": below(area, request.user, page_of(request)),
        "figures": figures(doors),
        "floors": by_floor(found.rows, with_unit=show in SHOWN),
        "part": found,
        "units": units if len(units) > 1 else {},
        "unit": unit,
        "show": show if show in SHOWN else "",
        "since": since,
        "offered": rounds_since(),
        "outcomes": VisitOutcome.choices,
        "taps": scope_of(request.user).covers(Can.RECORD_VISITS, area),
        "door_form": DoorForm(initial={"since": since}),
    }
    return render(request, "people/rounds/place.html", context)


def _since(request: HttpRequest) -> date:
    """The first day of the round asked for; of this month, where none is."""
    try:
        return date.fromisoformat(request.GET.get("since", ""))
    except ValueError:
        return rounds_since()[0][1]


def _is_shown(one: Door, show: str, unit: str) -> bool:
    return one.state in SHOWN[show] if show in SHOWN else one.household.unit == unit


# --- A tap


@needs(Can.RECORD_VISITS)
@require_POST
@never_cache
def note_door(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of one knock: back to the door, or the page that says why it was not noted."""
    row = get_object_or_404(Household.objects.visible_to(request.user).select_related("area"), pk=pk)
    form = DoorForm(request.POST)

    def act() -> tuple[str, str]:
        data = form.cleaned_data
        actions.note_door(household=row, outcome=data["outcome"], on=data["on"], by=request.user)
        return door_address(row, data["since"], data["file"]), ""

    context = {"form": form, "household": row, "back": door_address(row)}
    return answer(request, form, act) or render(request, "people/rounds/not_noted.html", context)


def door_address(household: Household, since: date | None = None, file: bool = False) -> str:
    """Where a door is shown: on its building's page, or its own."""
    if file:
        return reverse("people:household", args=[household.pk])
    asked = {"unit": household.unit} | ({"since": since} if since else {})
    return f"{reverse('people:place', args=[household.area_id])}?{urlencode(asked)}#door-{household.pk}"
