"""Rounds on the phone, read: who is to be visited, one's places, a building door by door, and what a file shows."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.roles import CAPABILITIES
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from gridparty.lib.masking import mask_name
from grids.choices import AreaKind, NormKind
from grids.models import Area, Norm
from grids.spellings import floor_of
from people.choices import Relation, Tenure, VisitOutcome
from people.models import Care, Household, Person, Visit
from people.queries import age, door, tail, whole_place

PAGE, PREVIEW, DOORS_A_PAGE, LAST_VISITS = 30, 10, 120, 10
_NUMBERS = ("person__phone", "person__id_number")


@dataclass(frozen=True)
class Part:
    """Some rows of a list, and which neighbours they have."""

    rows: list
    number: int
    more: bool

    @property
    def is_all(self) -> bool:
        return self.number == 1 and not self.more


def part(rows: QuerySet | Sequence, number: int, size: int = PAGE) -> Part:
    """The page of this number: no list is counted to show a part of it."""
    start = (number - 1) * size
    found = list(rows[start : start + size + 1])
    return Part(found[:size], number, len(found) > size)


# --- Who is to be visited


def due(user) -> QuerySet[Care]:
    """Those cared for whose visit falls on today or should have been made."""
    return Care.objects.visible_to(user).filter(ended_on=None, next_visit_on__lte=today())


def due_by(user) -> tuple[QuerySet[Care], QuerySet[Care]]:
    """Those the user answers for, and the others within reach; the longest overdue first."""
    rows = due(user).select_related("person__household", "person__area", "person__community", "care_class", "responsible")
    rows = rows.defer(*_NUMBERS).order_by("next_visit_on", "pk")
    return rows.filter(responsible=user), rows.exclude(responsible=user)


def days_between_visits() -> int | None:
    """After how many days an ordinary household is to be visited again; None where offices keep no such norm."""
    return Norm.objects.filter(kind=NormKind.DAYS_BETWEEN_VISITS).values_list("high", flat=True).first()


def _met(**conditions) -> QuerySet[Visit]:
    """Visits at which the household of the outer row was met."""
    return Visit.objects.filter(household=OuterRef("pk"), outcome=VisitOutcome.MET, **conditions)


def unseen(user, days: int | None) -> QuerySet[Household]:
    """Dwellings nobody of which is cared for and that were not met for so many days, in the order of entry: one index serves.

    `last_met` is when they were; None: never.
    """
    if days is None:
        return Household.objects.none()
    cared_for = Care.objects.filter(person__household=OuterRef("pk"), ended_on=None)
    rows = Household.objects.visible_to(user).exclude(tenure=Tenure.VACANT)
    rows = rows.exclude(Exists(_met(on__gt=today() - timedelta(days=days)))).exclude(Exists(cared_for))
    last_met = Subquery(_met().order_by("-on").values("on")[:1])
    return rows.select_related("area", "community").annotate(last_met=last_met).order_by("pk")


def days_since(day: date | None) -> int | None:
    return (today() - day).days if day else None


@dataclass(frozen=True)
class Due:
    """Somebody to visit as a row shows them."""

    care: Care
    place: str

    @property
    def name(self) -> str:
        return mask_name(self.care.person.name)

    @property
    def late(self) -> int:
        return (today() - self.care.next_visit_on).days

    @property
    def unseen(self) -> int | None:
        return days_since(self.care.last_visit_on)


@dataclass(frozen=True)
class Unseen:
    """A household to visit as a row shows it."""

    household: Household
    place: str

    @property
    def days(self) -> int | None:
        return days_since(self.household.last_met)


def in_rows(rows: Iterable[Care | Household], user) -> list[Due | Unseen]:
    """The community stands before the door where the reader has several."""
    scope = scope_of(user)
    wide = scope.everywhere(Can.SEE_PEOPLE) or any(
        reach.column in ("district", "street") for reach in scope.reaches(Can.SEE_PEOPLE)
    )
    words = whole_place if wide else door
    return [Due(row, words(row.person)) if isinstance(row, Care) else Unseen(row, words(row)) for row in rows]


# --- Places


def stands(user) -> list[Area]:
    """The open areas the user sees people of: those of the posts themselves."""
    scope = scope_of(user)
    rows = Area.objects.visible_to(user).open().select_related("parent").order_by("level", "code")
    if scope.everywhere(Can.SEE_PEOPLE):
        return list(rows.filter(parent=None))
    return list(rows.filter(pk__in={reach.area_id for reach in scope.reaches(Can.SEE_PEOPLE)}))


@dataclass(frozen=True)
class Place:
    """An area below another; of a building, how many of its doors were met in the round."""

    area: Area
    doors: int
    met: int

    @property
    def is_building(self) -> bool:
        return self.area.kind == AreaKind.BUILDING


def below(area: Area, user, number: int) -> Part:
    """The open areas right below one, with the round of this month."""
    areas = Area.objects.visible_to(user).open().filter(parent=area).order_by("kind", "code")
    found = part(areas, number, PAGE)
    buildings = [one.pk for one in found.rows if one.kind == AreaKind.BUILDING]
    counted = Household.objects.visible_to(user).filter(area__in=buildings).order_by().values("area")
    counted = counted.annotate(doors=Count("pk"), met=Count("pk", filter=Exists(_met(on__gte=rounds_since()[0][1]))))
    numbers = {one["area"]: (one["doors"], one["met"]) for one in counted}
    return Part([Place(one, *numbers.get(one.pk, (0, 0))) for one in found.rows], found.number, found.more)


# --- A building, door by door

NONE = "none"


@dataclass
class Door:
    """A household in a round: `held` is what came of others' knocks and those of other days, `mine` of the user's today."""

    household: Household
    people: int = 0
    care: list[tuple[str, bool]] = field(default_factory=list)  # (class, whether a visit is due)
    held: str = ""
    mine: str = ""

    @property
    def state(self) -> str:
        """Met once in a round is met; else the last word counts."""
        return VisitOutcome.MET if self.held == VisitOutcome.MET else self.mine or self.held or NONE

    @property
    def floor(self) -> int | None:
        return floor_of(self.household.room)


def doors_of(area: Area, user, since: date) -> list[Door]:
    """The doors right in an area, by unit, floor and room, with what came of the round since that day."""
    rows = Household.objects.visible_to(user).filter(area=area)
    doors = {row.pk: Door(row) for row in rows}
    living = Person.objects.visible_to(user).current().filter(area=area).exclude(household=None)
    for key, people in living.order_by().values_list("household").annotate(Count("pk")):
        if key in doors:
            doors[key].people = people
    cares = Care.objects.visible_to(user).filter(area=area, ended_on=None).exclude(person__household=None)
    for key, name, next_on in cares.order_by("pk").values_list("person__household", "care_class__name", "next_visit_on"):
        if key in doors:
            doors[key].care.append((name, next_on <= today()))
    visits = Visit.objects.visible_to(user).filter(area=area, on__gte=since).exclude(household=None)
    _note(doors, visits.order_by("on", "pk").values_list("household", "by", "on", "outcome"), user)
    return sorted(doors.values(), key=_order)


def _note(doors: dict[int, Door], visits: Iterable[tuple], user) -> None:
    """What visits, the oldest first, say of the doors. Of several by the user today the last may be corrected by a tap."""
    noted = defaultdict(list)
    for key, by, on, outcome in visits:
        if key in doors:
            noted[key].append((by == user.pk and on == today(), outcome))
    for key, found in noted.items():
        mine = next((n for n in reversed(range(len(found))) if found[n][0]), None)
        doors[key].mine = found.pop(mine)[1] if mine is not None else ""
        held = [outcome for _mine, outcome in found]
        doors[key].held = VisitOutcome.MET if VisitOutcome.MET in held else (held or [""])[-1]


def _order(one: Door) -> tuple:
    return (*_natural(one.household.unit), one.floor is None, one.floor or 0, *_natural(one.household.room), one.household.pk)


def _natural(text: str) -> tuple[int, str]:
    found = re.search(r"\d+", text)
    return (int(found[0]) if found else 0, text)


def units_of(doors: Iterable[Door]) -> dict[str, int]:
    """{unit: how many doors}, as they are walked."""
    return dict(Counter(one.household.unit for one in doors))


def by_floor(doors: Iterable[Door], with_unit: bool) -> list[tuple[str, list[Door]]]:
    """(heading, its doors) of doors in their order."""
    groups = groupby(doors, lambda one: (one.household.unit, one.floor))
    return [(_heading(unit if with_unit else "", floor), list(some)) for (unit, floor), some in groups]


def _heading(unit: str, floor: int | None) -> str:
    words = [_("%s单元") % unit if unit else "", _("%d 层") % floor if floor is not None else ""]
    return " ".join(filter(None, words)) or _("其他门牌")


def figures(doors: Sequence[Door]) -> dict[str, int]:
    """How many doors of a round are in each state."""
    states = Counter(one.state for one in doors)
    away = states[VisitOutcome.ABSENT] + states[VisitOutcome.DECLINED]
    return {"all": len(doors), "met": states[VisitOutcome.MET], "away": away, "none": states[NONE]}


SHOWN = {
    "met": {VisitOutcome.MET},
    "away": {VisitOutcome.ABSENT, VisitOutcome.DECLINED},
    "none": {NONE},
    "left": {VisitOutcome.ABSENT, VisitOutcome.DECLINED, NONE},
}


def rounds_since() -> list[tuple[str, date]]:
    """(name, first day) of the rounds that are offered; the month's is the usual one."""
    on = today()
    monday = on - timedelta(days=on.weekday())
    quarter = on.replace(month=(on.month - 1) // 3 * 3 + 1, day=1)
    return [(_("本月"), on.replace(day=1)), (_("本周"), monday), (_("本季度"), quarter)]


# --- Files


@dataclass(frozen=True)
class Resident:
    """Somebody as lists show them: masked, until a number is asked for and that is logged."""

    person: Person
    place: str = ""
    cares: Sequence[Care] = ()

    @property
    def name(self) -> str:
        return mask_name(self.person.name)

    @property
    def about(self) -> str:
        """户主 男 82岁"""
        years = age(self.person)
        old = _("%d岁") % years if years is not None else ""
        return " ".join(filter(None, [self.person.get_relation_display(), self.person.get_sex_display(), old]))

    @property
    def phone(self) -> str:
        return tail(self.person.phone_tail)


def living_in(household: Household, user) -> list[Resident]:
    """Who lives there, the head first, and what care goes on."""
    rows = Person.objects.visible_to(user).current().filter(household=household).defer("phone", "id_number").order_by("pk")
    people = sorted(rows, key=lambda person: person.relation != Relation.HEAD)
    cares = defaultdict(list)
    for one in cares_of(user).filter(person__in=people):
        cares[one.person_id].append(one)
    return [Resident(person, cares=cares[person.pk]) for person in people]


def cares_of(user) -> QuerySet[Care]:
    """Care that goes on."""
    rows = Care.objects.visible_to(user).filter(ended_on=None).select_related("care_class", "responsible")
    return rows.order_by("next_visit_on", "pk")


def last_visits(about: Q, user) -> list[tuple[Visit, str]]:
    """(visit, whom it was to), the latest first, with what was noted."""
    rows = Visit.objects.visible_to(user).filter(about).select_related("by", "person").defer(*_NUMBERS)
    return [(one, mask_name(one.person.name) if one.person else "") for one in rows.order_by("-on", "-pk")[:LAST_VISITS]]


def visitors_for(care: Care, user) -> QuerySet[User]:
    """Who may be asked to visit: by a post at that place, or above it up to the community; and who does now."""
    roles = [role for role, can in CAPABILITIES.items() if Can.RECORD_VISITS in can]
    areas = {care.area_id, care.grid_id, care.community_id} - {None}
    posts = Appointment.objects.in_force().filter(user=OuterRef("pk"), role__in=roles, area__in=areas)
    return User.objects.visible_to(user).filter(Exists(posts) | Q(pk=care.responsible_id)).order_by(F("name"), "pk")
