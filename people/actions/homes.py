"""Households, and who lives where: every change of a residence goes through `settle`."""

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from gridparty.lib.registry import leavings
from grids.actions import place
from grids.models import LEVELS, Area
from grids.queries import chunks
from people.choices import HouseholdKind, MoveKind, Relation, RequestState, Tenure
from people.errors import HouseholdRefused, PersonRefused
from people.models import AboutPerson, Care, Household, MoveRequest, Person, PersonSkill, Residence

PLACE = [*LEVELS, "area"]


@dataclass(frozen=True)
class NewHousehold:
    area: Area
    unit: str
    room: str
    kind: str = HouseholdKind.FAMILY
    tenure: str = Tenure.OWNED


def check_place(area: Area, by) -> None:
    """Raises PersonRefused when `by` keeps no records there; `by` None is the set-up of a system."""
    if by is not None and not scope_of(by).covers(Can.EDIT_PEOPLE, area):
        raise PersonRefused(_("所选住址不在您的管理范围内，请选择本辖区的住址。"))


@action("people.open_households")
def open_households(*, households: Sequence[NewHousehold], by) -> list[Household]:
    """Set up dwellings, all or none. Raises HouseholdRefused for one that is there already, PersonRefused outside the scope."""
    rows = []
    for new in households:
        check_place(new.area, by)
        row = Household(unit=new.unit.strip(), room=new.room.strip(), kind=new.kind, tenure=new.tenure)
        if not row.room:
            raise HouseholdRefused(_("没有室号，请填写。"))
        place(row=row, area=new.area)
        rows.append(row)
    with once():
        return Household.objects.bulk_create(rows)


@action("people.change_household")
def change_household(*, household: Household, new: NewHousehold, by) -> Household:
    """Correct a dwelling's door, kind or tenure; a dwelling does not move to another building. Raises HouseholdRefused."""
    household = Household.objects.select_for_update(of=("self",)).get(pk=household.pk)
    household.unit, household.room = new.unit.strip(), new.room.strip()
    household.kind, household.tenure = new.kind, new.tenure
    with once():
        household.save()
    return household


# --- Residence


@dataclass(frozen=True)
class Stay:
    """Somebody comes to live somewhere; `area` None: they leave, and no area has them on record."""

    person: Person
    household: Household | None
    area: Area | None
    relation: str
    on: date
    how: str

    def write(self) -> None:
        if self.household is not None and not self.relation:
            raise HouseholdRefused(_("请选择与户主关系。"))
        self.person.household = self.household
        self.person.relation = self.relation if self.household else ""
        if self.area is not None:
            place(row=self.person, area=self.area)
        else:
            for column in PLACE:
                setattr(self.person, f"{column}_id", None)

    def residence(self) -> Residence:
        row = Residence(
            person=self.person, household=self.household, relation=self.person.relation, from_on=self.on, came=self.how
        )
        put_where(row, self.person)
        return row


def begin(stays: Sequence[Stay], made: Sequence[Person], *, check: bool = True) -> None:
    """Write new people with where they live, and let the others among `stays` move in."""
    new = {id(person) for person in made}
    for stay in stays:
        if id(stay.person) in new:
            stay.write()
    Person.objects.bulk_create(made)
    first = [stay for stay in stays if id(stay.person) in new]
    Residence.objects.bulk_create([stay.residence() for stay in first])
    settle([stay for stay in stays if id(stay.person) not in new], check=check)
    if check:
        check_heads(stay.household.pk for stay in first if stay.household)


def settle(stays: Sequence[Stay], *, check: bool = True) -> None:
    """Let people on record move: their residence ends, the next begins, and what is noted of them goes along.

    Raises HouseholdRefused when a household is left without a head (`check` False: the caller looks when all is written). The
    caller has locked the people.
    """
    if not stays:
        return
    people = [stay.person for stay in stays]
    left = {person.household_id for person in people}
    for on, how in {(stay.on, stay.how) for stay in stays}:
        going = [stay.person.pk for stay in stays if (stay.on, stay.how) == (on, how)]
        current = Residence.objects.filter(person__in=going, until_on=None)
        if current.filter(from_on__gt=on).exists():
            raise PersonRefused(_("日期早于现住址的迁入日期，请核对。"))
        current.update(until_on=on, went=how)
    for stay in stays:
        stay.write()
    Person.objects.bulk_update(people, ["household", "relation", *PLACE])
    Residence.objects.bulk_create([stay.residence() for stay in stays if stay.area is not None])
    carry(people)
    if check:
        check_heads({*left, *(stay.household.pk for stay in stays if stay.household)})


def carry(people: Iterable[Person]) -> None:
    """Bring the rows about these people to where they are now, and the requests for them to who decides now."""
    known = {person.pk: person for person in people}
    for model in AboutPerson.kinds():
        rows = list(model.objects.filter(person__in=list(known)))
        for row in rows:
            put_where(row, known[row.person_id])
        model.objects.bulk_update(rows, PLACE)
    asked = list(MoveRequest.objects.filter(person__in=[pk for pk in known if known[pk].area_id], state=RequestState.OPEN))
    for request in asked:
        request.held_area_id = known[request.person_id].area_id
    MoveRequest.objects.bulk_update(asked, ["held_area"])


def put_where(row, other) -> None:
    """Put a row where another is."""
    for column in PLACE:
        setattr(row, f"{column}_id", getattr(other, f"{column}_id"))


def check_heads(households: Iterable[int | None]) -> None:
    """Every household with people has exactly one head. Raises HouseholdRefused naming the first that has not."""
    keys = sorted({pk for pk in households if pk})
    for some in chunks(keys):
        held = Person.objects.filter(household__in=some).values("household__unit", "household__room")
        counted = held.annotate(heads=Count("pk", filter=Q(relation=Relation.HEAD))).exclude(heads=1).order_by("household")
        for row in counted[:1]:
            door = "-".join(filter(None, [row["household__unit"], row["household__room"]]))
            raise HouseholdRefused(_("住户%(door)s没有户主，请先指定一人为户主。") % {"door": door})


@contextmanager
def once():
    """Two clerks who enter one human, one door or two heads of one household at once: the second is told."""
    try:
        yield
    except IntegrityError as error:
        text = str(error)
        for mark, refusal in _TAKEN.items():
            if mark in text:
                raise refusal() from error
        raise


# By constraint as PostgreSQL names it, and SQLite by its index or columns.
_TAKEN = {
    "person_id_once": lambda: PersonRefused(_("该证件号码刚由他人登记，请查询后再办理。")),
    "people_person.id_hash": lambda: PersonRefused(_("该证件号码刚由他人登记，请查询后再办理。")),
    "person_one_head": lambda: HouseholdRefused(_("该户已有户主，请改选与户主关系，或先更换户主。")),
    "people_person.household_id": lambda: HouseholdRefused(_("该户已有户主，请改选与户主关系，或先更换户主。")),
    "residence_one_at_a_time": lambda: PersonRefused(_("该人员的住址刚由他人调整，请刷新后再办理。")),
    "people_residence.person_id": lambda: PersonRefused(_("该人员的住址刚由他人调整，请刷新后再办理。")),
    "household_once": lambda: HouseholdRefused(_("该楼栋已有这个单元和室号，请核对。")),
    "people_household.area_id": lambda: HouseholdRefused(_("该楼栋已有这个单元和室号，请核对。")),
}


def locked(people: Iterable[Person]) -> list[Person]:
    """These people as they are now, locked in one order. Raises PersonRefused for one who is no more on record."""
    keys = sorted(person.pk for person in people)
    rows = list(Person.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
    if not all(row.is_current for row in rows):
        raise PersonRefused(_("其中有已停用的记录，不能办理。"))
    return rows


def name_head(household: int | None, head: Person, leaving: Sequence[int] = ()) -> None:
    """Let somebody else of the household be its head; the old one becomes an ordinary member, or is leaving."""
    head = locked([head])[0]
    if household is None or head.household_id != household or head.pk in leaving:
        raise HouseholdRefused(_("新户主须是留在该户的人员。"))
    Person.objects.filter(household=household, relation=Relation.HEAD).exclude(pk=head.pk).update(relation=Relation.OTHER)
    head.relation = Relation.HEAD
    head.save()


@action("people.set_head")
def set_head(*, person: Person, by) -> Person:
    """Make somebody the head of their household; the old head's relation becomes “other”, to be corrected by hand."""
    person = locked([person])[0]
    if person.household_id is None:
        raise HouseholdRefused(_("该人员没有登记住户，不能设为户主。"))
    name_head(person.household_id, person)
    return Person.objects.get(pk=person.pk)


@action("people.move_people")
def move_people(
    *,
    people: Sequence[Person],
    household: Household | None,
    by,
    relation: str = "",
    area: Area | None = None,
    on: date | None = None,
    new_head: Person | None = None,
) -> list[Person]:
    """Let people move to another household, or to an area when the door is not known.

    `new_head` stays behind as the head of the household that loses its own. Raises PersonRefused, HouseholdRefused.
    """
    area = household.area if household else area
    if area is None:
        raise PersonRefused(_("请选择迁往的住户或区域。"))
    check_place(area, by)
    rows = locked(people)
    for person in rows:
        if household is not None and person.household_id == household.pk:
            raise PersonRefused(_("该人员已在这一户。"))
    return move(rows, household, area, relation, on, MoveKind.MOVED, new_head)


@action("people.move_household")
def move_household(*, household: Household, to: Household, by, on: date | None = None) -> list[Person]:
    """Let a whole family move to an empty dwelling, each with the relation they have. Raises PersonRefused, HouseholdRefused."""
    check_place(to.area, by)
    rows = locked(Person.objects.filter(household=household))
    if not rows:
        raise HouseholdRefused(_("该户没有登记人员，无人可迁。"))
    if to.pk == household.pk or Person.objects.filter(household=to).exists():
        raise HouseholdRefused(_("迁往的住户已有登记人员，请另选空户，或逐人迁移并选择与户主关系。"))
    with once():
        settle([Stay(row, to, to.area, row.relation, on or today(), MoveKind.MOVED) for row in rows])
    return rows


@action("people.move_out")
def move_out(*, people: Sequence[Person], by, on: date | None = None, new_head: Person | None = None) -> list[Person]:
    """Let people leave: no area has them on record until another takes them up. Raises PersonRefused, HouseholdRefused."""
    return move(locked(people), None, None, "", on, MoveKind.LEFT, new_head)


def move(
    rows: list[Person],
    household: Household | None,
    area: Area | None,
    relation: str,
    on: date | None,
    how: str,
    new_head: Person | None,
) -> list[Person]:
    """Let locked people go; `new_head` stays behind in a household that one of them leaves. For the actions that decide."""
    if new_head is not None:
        left = next((row.household_id for row in rows if row.household_id == new_head.household_id), None)
        name_head(left, new_head, [row.pk for row in rows])
        rows = locked(rows)  # the old head among them is an ordinary member now
    with once():
        settle([Stay(row, household, area, relation, on or today(), how) for row in rows])
    return rows


@action("people.record_death")
def record_death(*, person: Person, by, on: date | None = None, new_head: Person | None = None) -> Person:
    """Note a death: the residence ends, care and skills with it, and what other rooms hold of the person (leavings)."""
    on = on or today()
    if on > today():
        raise PersonRefused(_("日期在今天之后，请核对。"))
    person = locked([person])[0]
    if person.born_on and on < person.born_on:
        raise PersonRefused(_("日期早于出生日期，请核对。"))
    for leaving in leavings:
        leaving(person=person, on=on, by=by)
    Care.objects.filter(person=person, ended_on=None).update(ended_on=on, end_reason=_("去世"))
    PersonSkill.objects.filter(person=person, withdrawn_on=None).update(withdrawn_on=on)
    MoveRequest.objects.filter(person=person, state=RequestState.OPEN).update(state=RequestState.REFUSED)
    left = person.household_id
    if new_head is not None:
        name_head(left, new_head, [person.pk])
        person = locked([person])[0]  # an ordinary member now
    Residence.objects.filter(person=person, until_on=None).update(until_on=on, went=MoveKind.DIED)
    # The place stays on the record, so that those who kept it still find it.
    person.died_on, person.household, person.relation = on, None, ""
    person.save()
    check_heads([left])
    return person
