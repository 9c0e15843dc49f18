"""How people and doors are shown, and what waits to be done for them."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Prefetch, QuerySet

from gridparty.lib.dates import today
from grids.queries import chunks
from people.models import Care, Household, Person


def years_ago(years: int) -> date:
    """Who was born on this day or before is at least so old today."""
    day = today()
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def age(person: Person) -> int | None:
    """In full years, today or on the day of death."""
    if person.born_on is None:
        return None
    on, born = person.died_on or today(), person.born_on
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def door(row) -> str:
    """1号楼 1-101 of a household, or of what has `area` and `household`."""
    household = row if isinstance(row, Household) else row.household
    return " ".join(filter(None, [row.area.name if row.area else "", str(household) if household else ""]))


def whole_place(row) -> str:
    """桃园社区 1号楼 1-101; needs `community` at hand, too."""
    community = row.community.name if row.community_id and row.community_id != row.area_id else ""
    return " ".join(filter(None, [community, door(row)]))


def tail(digits: str) -> str:
    """****0001 where only the last digits were read: lists decrypt nothing."""
    return f"****{digits}" if digits else ""


def in_words(person: Person) -> str:
    """Enough to tell somebody from their namesakes in a choice."""
    years = age(person)
    known = [person.get_sex_display(), f"{years}岁" if years is not None else "", door(person)]
    return f"{person.name}（{' '.join(filter(None, known))}）"


def housemates(person: Person, user) -> QuerySet[Person]:
    """Who lives in the same household, as far as `user` may see them."""
    if person.household_id is None:
        return Person.objects.none()
    rows = Person.objects.visible_to(user).filter(household=person.household_id, merged_into=None)
    return rows.exclude(pk=person.pk).defer("phone", "id_number").order_by("pk")


def overdue(rows: QuerySet[Care]) -> QuerySet[Care]:
    """Care whose visit should have been made before today."""
    return rows.filter(ended_on=None, next_visit_on__lt=today())


def due_this_week(rows: QuerySet[Care]) -> QuerySet[Care]:
    """Care whose visit falls on today or a later day of this week."""
    sunday = today() + timedelta(days=6 - today().weekday())
    return rows.filter(ended_on=None, next_visit_on__range=(today(), sunday))


# --- What a list of residents is compared with

_HOME = ("area", "household__area")  # prefetched, all who live there share them


def on_record(numbers: Iterable[str]) -> dict[str, Person]:
    """{ID number: person}, wherever they are: who is on record elsewhere is asked for, and never entered twice."""
    return Person.objects.prefetch_related(*_HOME).by_id_number(numbers)


def namesakes(names: Iterable[str], user, **conditions) -> dict[str, list[Person]]:
    """{name: current people of this name (and `conditions`) that `user` keeps}; `user` None keeps all."""
    rows = Person.objects.current() if user is None else Person.objects.editable_by(user).current()
    rows = rows.filter(**conditions)
    found: dict[str, list[Person]] = {}
    for some in chunks(sorted(set(names))):
        for person in rows.filter(name__in=some).prefetch_related(*_HOME).order_by("pk"):
            found.setdefault(person.name, []).append(person)
    return found


def kept_by(keys: Iterable[int], user) -> dict[int, Person]:
    """{key: person} of those of these that `user` keeps; `user` None keeps all."""
    rows = Person.objects.all() if user is None else Person.objects.editable_by(user)
    rows = rows.filter(merged_into=None).prefetch_related(*_HOME)
    return {person.pk: person for some in chunks(sorted(set(keys))) for person in rows.filter(pk__in=some)}


def households_of(buildings: Iterable[int]) -> dict[tuple[int, str, str], Household]:
    """{(building, unit, room): household} with its `dwellers`, for every household of these buildings."""
    dwellers = Prefetch("people", Person.objects.only("household", "relation", "name").order_by("pk"), to_attr="dwellers")
    rows = Household.objects.select_related("area").prefetch_related(dwellers)
    return {
        (row.area_id, row.unit, row.room): row for some in chunks(sorted(set(buildings))) for row in rows.filter(area__in=some)
    }
