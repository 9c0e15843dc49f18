"""A whole list of residents at once: households set up, people entered, corrected and moved, all or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audit.operations import action
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import Area
from people.actions.entry import NewPerson, enter_people, with_home
from people.actions.homes import NewHousehold, Stay, check_heads, locked, once, open_households, settle
from people.choices import MoveKind, Relation, RequestState
from people.models import Household, MoveRequest, Person


@dataclass(frozen=True)
class Door:
    """Where a household is, whether it is on record or not."""

    area: Area = field(compare=False)
    area_id: int
    unit: str
    room: str


@dataclass
class Entry:
    """Somebody on a list: whom of those on record it is, what is known of them, and where they live."""

    new: NewPerson
    person: Person | None = None
    values: dict = field(default_factory=dict)  # columns of a person on record that change
    door: Door | None = None  # where they are to live; None: where they are, or in the area of `new`
    moves: bool = False  # somebody on record comes to live here
    relation: str = ""  # the new one, of somebody who stays in the household
    asks: bool = False  # on record elsewhere: the other side is asked for them


@action("people.register_residents")
def register_residents(
    *, entries: Sequence[Entry], by, tenures: dict[Door, dict] | None = None, relations: dict[int, str] | None = None
) -> int:
    """Enter, correct and move the people of a list; returns how many entries were written.

    `tenures`: what is known of the doors that are not on record, or differs ({door: columns}). `relations`: of people on
    record who are not on the list and stay ({key: relation}). Raises PersonRefused, HouseholdRefused, OnRecordElsewhere,
    BadIdNumber.
    """
    households = _households([entry.door for entry in entries if entry.door], tenures or {}, by)
    new = [entry for entry in entries if entry.person is None]
    known = [entry for entry in entries if entry.person is not None and not entry.asks]
    rows = {row.pk: row for row in locked(entry.person for entry in known)}
    left = {row.household_id for row in rows.values()}
    _lead({entry.person.pk: entry.relation for entry in known if entry.relation} | (relations or {}), known)
    enter_people(people=[_placed(entry, households) for entry in new], by=by, check=False)
    with once():
        stays = [_stay(entry, rows[entry.person.pk], households) for entry in known if entry.moves]
        settle(stays, check=False)
        write_columns(rows, {entry.person.pk: entry.values for entry in known if entry.values})
    check_heads({*left, *(household.pk for household in households.values())})
    _ask([entry for entry in entries if entry.asks], households, by)
    return len(entries)


def _households(doors: Sequence[Door], tenures: dict[Door, dict], by) -> dict[Door, Household]:
    """The households behind these doors, set up where they are not on record."""
    held = {}
    areas = sorted({door.area_id for door in doors})
    for row in Household.objects.filter(area__in=areas).select_related("area"):
        held[row.area_id, row.unit, row.room] = row
    found = {door: held.get((door.area_id, door.unit, door.room)) for door in doors}
    missing = [door for door, household in found.items() if household is None]
    made = open_households(
        households=[NewHousehold(door.area, door.unit, door.room, **tenures.get(door, {})) for door in missing], by=by
    )
    changed = []
    for door, columns in tenures.items():
        household = found.get(door)
        if household and any(getattr(household, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(household, name, value)
            changed.append(household)
    Household.objects.bulk_update(changed, ["kind", "tenure"])
    return found | dict(zip(missing, made, strict=True))


def _where(entry: Entry, households: dict[Door, Household]) -> tuple[Household | None, Area]:
    return (households[entry.door], entry.door.area) if entry.door else (None, entry.new.area)


def _placed(entry: Entry, households: dict[Door, Household]) -> NewPerson:
    household, area = _where(entry, households)
    return with_home(entry.new, household=household, area=area)


def _stay(entry: Entry, person: Person, households: dict[Door, Household]) -> Stay:
    how = MoveKind.MOVED if person.area_id else MoveKind.ENTERED
    return Stay(person, *_where(entry, households), entry.new.relation, entry.new.since_on or today(), how)


def _lead(relations: dict[int, str], known: Sequence[Entry]) -> None:
    """Give people who stay their relation: first who is the head no more or moves away, as a household has one at a time."""
    leaving = [entry.person.pk for entry in known if entry.moves and entry.person.relation == Relation.HEAD]
    relations = relations | dict.fromkeys(leaving, Relation.OTHER)
    people = list(Person.objects.filter(pk__in=list(relations)))
    for person in people:
        person.relation = relations[person.pk]
    Person.objects.bulk_update([person for person in people if person.relation != Relation.HEAD], ["relation"])
    Person.objects.bulk_update([person for person in people if person.relation == Relation.HEAD], ["relation"])


def write_columns(rows: Mapping[int, Person], changes: Mapping[int, dict]) -> None:
    """Write these columns ({key: {column: value}}) of locked people ({key: person}) at once."""
    names: set[str] = set()
    for pk, values in changes.items():
        names.update(values)
        for name, value in values.items():
            setattr(rows[pk], name, value)
    if names:
        Person.objects.bulk_update([rows[pk] for pk in changes], sorted(names))


def _ask(entries: Sequence[Entry], households: dict[Door, Household], by) -> None:
    """Ask the other side for whom it has on record; who was asked for already is not asked for twice."""
    open_ones = MoveRequest.objects.filter(person__in=[entry.person.pk for entry in entries], state=RequestState.OPEN)
    asked = set(open_ones.values_list("person", "area"))
    requests = []
    for entry in entries:
        household, area = _where(entry, households)
        if (entry.person.pk, area.pk) in asked:
            continue
        request = MoveRequest(
            person=entry.person,
            held_area_id=entry.person.area_id,
            household=household,
            relation=entry.new.relation,
            typed_name=entry.new.name,
            asked_by=by,
        )
        place(row=request, area=area)
        requests.append(request)
    MoveRequest.objects.bulk_create(requests)
