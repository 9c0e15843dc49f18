"""How people and doors are shown, and what waits to be done for them."""

from datetime import date, timedelta

from django.db.models import QuerySet

from gridparty.lib.dates import today
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
