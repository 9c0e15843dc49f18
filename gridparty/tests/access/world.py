"""The small tree with a marked row of every model at every kind of neighbour, and a user for every role."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.apps import apps
from django.db import connection
from django.db.models import AutoField, Model
from django.utils import timezone

from accounts.choices import EndReason, Role
from accounts.models import Appointment, User
from cases.models import Case, Rating, WeeklyReport
from conftest import NAMED, PLACES, TREE, make_user, new_areas
from gridparty.lib import crypto
from gridparty.lib.dates import Week, day_of, today
from gridparty.lib.registry import defaults
from gridparty.tests.factories import (
    FACTORIES,
    absence_of,
    balance_of,
    card_of,
    case_of,
    category_of,
    claim_of,
    entry_of,
    export_of,
    holder,
    hours_of,
    import_of,
    item_of,
    job_of,
    mark,
    member_who,
    notice_to,
    organisation_called,
    person_called,
    phone_at,
    photo,
    placed,
    post_of,
    serving,
    user,
)
from gridparty.tests.factories_liaison import agreement_of, commitment_of, held, invited, meeting_of, resolution_of, running
from grids.actions import load_areas, place
from grids.models import Area
from jobs.models import Job, Notice
from liaison.models import Agreement, BodyMember, Commitment, Meeting, Resolution
from members.choices import OrganisationKind, Proposer
from members.models import Member, MemberClass, PartyOrganisation, PointBalance, PointCategory, PointEntry, PointItem, Unit
from members.querysets import body_key
from people.choices import Relation
from people.models import Household, Person
from rosters.models import Export, Import
from services.choices import AbsenceState, CardState, ClaimState, SentBy
from services.models import Absence, Claim, FeedbackCard, ServiceHours, ServicePost, Team, TeamMember

OURS = ("audit", "jobs", "grids", "accounts", "rosters", "people", "members", "services", "cases", "liaison", "dashboard")

# A grid within a grid, a building that no grid holds yet, and a second grid everywhere so that grids can be merged.
MORE = [
    ("grid", "370199001001091", "内网格", "370199001001001"),
    ("building", "370199001001L091", "91号楼", "370199001001091"),
    ("building", "370199001002L092", "92号楼", "370199001002"),
    ("grid", "370199001002091", "第91网格", "370199001002"),
    ("grid", "370199002001091", "第91网格", "370199002001"),
    ("grid", "370198001001091", "第91网格", "370198001001"),
]
FOREIGN = tuple(name for name in PLACES if name != "own")
# Places win over names: "other_district" is the grid there.
CODES = NAMED | PLACES | {"inner": "370199001001091", "loose": "370199001002L092", "own_building": NAMED["building1"]}

# Where each role stands, so that 桃园 第1网格 (or 1号楼 in it) is its own place. None: over all districts.
STANDS = {
    Role.ALL_DISTRICTS_OFFICIAL: None,
    Role.DISTRICT_OFFICIAL: "district",
    Role.STREET_OFFICER: "east",
    Role.COMMUNITY_SECRETARY: "taoyuan",
    Role.COMMUNITY_CLERK: "taoyuan",
    Role.LEADING_CADRE: "taoyuan",
    Role.GRID_LEADER: "grid1",
    Role.SENTIMENT_OFFICER: "grid1",
    Role.SAFETY_OFFICER: "grid1",
    Role.CITYSCAPE_OFFICER: "grid1",
    Role.GROUP_LEADER: "grid1",
    Role.RETIREE_LEADER: "grid1",
    Role.BUILDING_LEADER: "building1",
    Role.SUPERVISOR: "taoyuan",
    Role.BRANCH_SECRETARY: "grid1",
    Role.COMMITTEE_MEMBER: "grid1",
    Role.MEMBER: "grid1",
    Role.SYSTEM_ADMIN: None,
    Role.SECURITY_ADMIN: None,
    Role.AUDIT_ADMIN: None,
}
ROLES = {role.value: [(role, place)] for role, place in STANDS.items()}
# Everybody the matrix plays: all roles, nobody with a post, and who holds two posts in two streets.
ACTORS: dict[str, list[tuple[Role, str | None]]] = ROLES | {
    "nobody": [],
    "two_posts": [(Role.COMMUNITY_SECRETARY, "taoyuan"), (Role.GRID_LEADER, "other_street")],
    "seat_holder": [],
}
# What a seat gives, and in the organisation of which place: a branch secretary without any post over an area.
SEATED = {"seat_holder": [(Role.BRANCH_SECRETARY, "own")]}
# More ways to stand in the tree, for the contract of the doors.
STANDING = {
    "inner_grid_leader": [(Role.GRID_LEADER, "inner")],
    "loose_building_leader": [(Role.BUILDING_LEADER, "loose")],
    "two_grids": [(Role.GRID_LEADER, "grid2"), (Role.SUPERVISOR, "inner")],
    "former": [],
}
ANONYMOUS = "anonymous"


@dataclass
class World:
    areas: dict[str, Area]  # by code
    actors: dict[str, User]
    rows: dict[type[Model], dict[str, Model]]  # {model: {place: row}}
    about: dict[str, dict[type[Model], Model]]  # {actor: {model: the row about the actor}}
    variants: dict[str, dict[str, Model]] = field(default_factory=dict)  # {what: {place: row}}, where a page needs another kind
    words: dict[str, set[tuple[str, int]]] = field(default_factory=dict)  # {mark: rows that hold it}

    def at(self, name: str) -> Area:
        """The area of a place or a name of the tree."""
        return self.areas[CODES[name]]


def own_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def is_scoped(model: type[Model]) -> bool:
    return hasattr(model._default_manager, "visible_to")


def marked_tree() -> list[tuple]:
    """The tree with a mark in every name: 桃园社区… → 桃园zq1234abcd社区…"""
    return [(kind, code, f"{name[:2]}{mark(Area, code)}{name[2:]}", parent) for kind, code, name, parent in [*TREE, *MORE]]


def spread_keys() -> None:
    """Let the keys of every model begin elsewhere: no row is found by another's number, and numbers stand out in a page."""
    with connection.cursor() as cursor:
        for n, model in enumerate(own_models(), start=3):
            if not isinstance(model._meta.pk, AutoField):
                continue  # a form has the number the phone gave it
            table, first = model._meta.db_table, n * 10_007
            if connection.vendor == "postgresql":
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [f'"{table}"', first])
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, first])


def build_world() -> World:
    spread_keys()
    load_areas(areas=new_areas(marked_tree()), by=None)
    for default in defaults:
        default()
    areas = {area.code: area for area in Area.objects.select_related("parent")}
    world = World(areas, {}, {}, {})
    _add_actors(world)
    spots = {name: world.at(name) for name in [*PLACES, "own_building"]}
    world.rows = {model: {name: make(spot) for name, spot in spots.items()} for model, make in FACTORIES.items()}
    world.variants["building"] = {name: _building_in(spot) for name, spot in spots.items()}
    world.variants["closed"] = {name: _closed_account(spot) for name, spot in spots.items()}
    world.variants["housemate"] = {name: _housemate(spot) for name, spot in spots.items()}
    world.variants["family"] = {name: one.household for name, one in world.variants["housemate"].items()}
    world.variants["empty home"] = {name: _empty_home(spot) for name, spot in spots.items()}
    world.variants["unnumbered"] = {name: _unnumbered(spot) for name, spot in spots.items()}
    world.variants["empty group"] = {name: _empty_group(spot) for name, spot in spots.items()}
    states = {name: {"state": name} for name in ("floating", "lost", "settled")} | {"probationary": {"standing": "probationary"}}
    for what, values in states.items():
        world.variants[what] = {name: _member_who_is(what, spot, values) for name, spot in spots.items()}
    gone = {name: _member_who_is("gone", spot, {"state": "gone"}) for name, spot in spots.items()}
    world.variants["gone"] = {name: one.person for name, one in gone.items()}
    world.variants["sorted otherwise"] = {name: _sorted_otherwise(spot, spots) for name, spot in spots.items()}
    counted = {"state": "approved", "reason": ""}
    for what, values in {"counted": counted, "appealed": counted | {"appeal": "open"}}.items():
        world.variants[what] = {name: _entry_that_is(what, spot, values) for name, spot in spots.items()}
    world.variants["answered case"] = {name: row.case for name, row in world.rows[Rating].items()}
    for what, values in CASES.items():
        world.variants[what] = {name: _case_that_is(what, spot, values) for name, spot in spots.items()}
    world.variants["closed report"] = {name: _closed_report(spot) for name, spot in spots.items()}
    for what, make in (SERVICES | LIAISON).items():
        world.variants[what] = {name: make(what, spot) for name, spot in spots.items()}
    _add_people_between(world)
    _add_members_between(world)
    _add_seat_holders(world)
    world.words = find_marks()
    return world


def _building_in(spot: Area) -> Area:
    """An area that can be closed, for nothing stands in it, and that no scheme names."""
    return spot if spot.kind == "building" else Area.objects.filter(parent=spot, kind="building").order_by("-code")[0]


def _closed_account(spot: Area) -> User:
    one = user(f"closed-{spot.code}", is_active=False)
    row = Appointment(user=one, role=Role.SAFETY_OFFICER, starts_on=date(2021, 5, 1))
    place(row=row, area=spot)
    row.save()
    return one


def _housemate(spot: Area) -> Person:
    """Who lives with the head of a household and is not it."""
    home = placed(Household, spot, unit="9", room=mark(Household, f"shared {spot.code}"))
    person_called(f"head-{spot.code}", spot, household=home, relation=Relation.HEAD)
    return person_called(f"spouse-{spot.code}", spot, household=home, relation=Relation.SPOUSE)


def _empty_home(spot: Area) -> Household:
    """Where nobody lives, so that a family can move in."""
    return placed(Household, spot, unit="8", room=mark(Household, f"empty {spot.code}"))


def _unnumbered(spot: Area) -> Person:
    """Of whom little is known, so that the record may be part of another."""
    nothing = {"id_hash": None, "id_number": "", "id_tail": "", "id_kind": "", "born_on": None}
    return person_called(f"unnumbered-{spot.code}", spot, **nothing)


def _empty_group(spot: Area) -> PartyOrganisation:
    """To which nobody belongs, so that it can be closed and its zones drawn."""
    return organisation_called(f"empty-{spot.code}", spot, OrganisationKind.GROUP)


def _member_who_is(what: str, spot: Area, values: dict) -> Member:
    return member_who(person_called(f"{what}-{spot.code}", spot), spot, **values)


def _sorted_otherwise(spot: Area, spots: dict[str, Area]) -> Member:
    """By a class of another scheme than the one in force."""
    other = next(one for one in spots.values() if one != spot)
    return _member_who_is("otherwise", spot, {"member_class": FACTORIES[MemberClass](other)})


def _entry_that_is(what: str, spot: Area, values: dict) -> PointEntry:
    return entry_of(FACTORIES[PointBalance](spot), spot, mark(PointEntry, f"{what} {spot.code}"), **values)


# Cases further on than found: the columns, who asked and who holds them by a function of the place.
CASES = {
    "filed case": {"step": "filed", "procedure": "coordinated"},
    "handled case": {"step": "handled", "procedure": "coordinated"},
    "case to approve": {"step": "approving", "procedure": "approval", "asked_by": holder},
    "case to agree": {"asked_by": holder},
    "case held above": {"holder": lambda spot: spot.community},
}


def _case_that_is(what: str, spot: Area, values: dict) -> Case:
    values = {name: value(spot) if callable(value) else value for name, value in values.items()}
    return case_of(spot, mark(Case, f"{what} {spot.code}"), holder(spot), **values)


def _post_that_is(state: str):
    return lambda what, spot: post_of(spot, mark(ServicePost, f"{what} {spot.code}"), state=state, taken=0)


def _confirmed_hours(what: str, spot: Area) -> ServiceHours:
    done = {"state": "confirmed", "on": today() - timedelta(days=9)}
    return hours_of(serving(spot), spot, mark(ServiceHours, f"{what} {spot.code}"), **done)


def _card_that_is(state: str, **values):
    """Of somebody else of the area each."""

    def make(what: str, spot: Area) -> FeedbackCard:
        one = _member_who_is(what, spot, {})
        return card_of(one, spot, mark(FeedbackCard, f"{what} {spot.code}"), state=state, **values)

    return make


SERVICES = {
    "in post": lambda what, spot: serving(spot),
    "open post": _post_that_is("published"),
    "second in team": lambda what, spot: TeamMember.objects.create(
        team=FACTORIES[Team](spot), member=_member_who_is(what, spot, {}), joined_on=today()
    ),
    "drafted post": _post_that_is("draft"),
    "submitted post": _post_that_is("submitted"),
    "confirmed hours": _confirmed_hours,
    "approved card": _card_that_is("approved"),
    "sent card": _card_that_is("sent", sent_by="paper", sent_at=timezone.now(), answer_by=today()),
}


def _agreement_that_is(state: str, term: int, **values):
    """Each of another term than the one in force: of one unit no two share a day."""

    def make(what: str, spot: Area) -> Agreement:
        days = {"starts_on": today() + timedelta(days=40 * term), "ends_on": today() + timedelta(days=40 * term + 20)}
        return agreement_of(spot, mark(Agreement, f"{what} {spot.code}"), state=state, **days, **values)

    return make


def _commitment_that_is(state: str):
    values = {"state": state, "done_on": today()}
    return lambda what, spot: commitment_of(running(spot), mark(Commitment, f"{what} {spot.code}"), **values)


def _meeting_that_is(state: str, days: int):
    return lambda what, spot: meeting_of(spot, mark(Meeting, f"{what} {spot.code}"), days=days, state=state)


def _resolution_that_is(state: str):
    def make(what: str, spot: Area) -> Resolution:
        values = {"state": state, "done_on": today()}
        of, owner = held(spot), FACTORIES[BodyMember](spot)
        return resolution_of(of, owner, mark(Resolution, f"{what} {spot.code}"), **values)

    return make


LIAISON = {
    "running agreement": lambda what, spot: running(spot),
    "offered agreement": _agreement_that_is("offered", 2),
    "agreed agreement": _agreement_that_is("agreed", 3),
    "reported commitment": _commitment_that_is("reported"),
    "done commitment": _commitment_that_is("done"),
    "held meeting": lambda what, spot: held(spot),
    "convened meeting": _meeting_that_is("convened", 0),
    "closed meeting": _meeting_that_is("closed", -9),
    "reported resolution": _resolution_that_is("reported"),
    "done resolution": _resolution_that_is("done"),
}


def _closed_report(spot: Area) -> WeeklyReport:
    """Of the week before, and never sent."""
    then = timezone.now() - timedelta(days=7)
    monday = Week.of(then).first_day
    return placed(WeeklyReport, spot, week_on=monday, due_at=then, lock_on=day_of(then), locked_at=then)


def _add_actors(world: World) -> None:
    for name, posts in (ACTORS | STANDING).items():
        role, stand = posts[0] if posts else (None, None)
        one = make_user(role, world.at(stand) if stand else None, username=name, name=f"张三{mark(User, name)}")
        for other, where in posts[1:]:
            row = Appointment(user=one, role=other, starts_on=date(2020, 1, 1))
            place(row=row, area=world.at(where))
            row.save()
        if name == "former":
            row = Appointment(user=one, role=Role.GRID_LEADER, starts_on=date(2020, 1, 1), ended_at=timezone.now())
            row.end_reason = EndReason.REMOVED
            place(row=row, area=world.at("own"))
            row.save()
        one.photo, one.phone, one.phone_tail = photo(), phone_at(name), phone_at(name)[-4:]
        one.save()
        one = world.actors[name] = User.objects.get(pk=one.pk)
        post = one.posts.order_by("pk").first()
        world.about[name] = {
            User: one,
            Job: job_of(one, mark(Job, name)),
            Notice: notice_to(one, mark(Notice, name)),
            Import: import_of(one, mark(Import, name)),
            Export: export_of(one, mark(Export, name)),
        } | ({Appointment: post} if post else {})


def _add_people_between(world: World) -> None:
    """Users no single place describes: moved away, posts on both sides, a term that is over, entered and not yet appointed."""

    def post(holder, role, spot, **term):
        row = Appointment(user=holder, role=role, duties=mark(Appointment, f"{holder.username} {spot}"), **term)
        place(row=row, area=world.at(spot))
        row.save()

    since, past = {"starts_on": date(2022, 1, 1)}, today() - timedelta(days=9)
    moved, both, over = (user(name, username=name) for name in ("moved", "both", "over"))
    post(moved, Role.GRID_LEADER, "own", ended_at=timezone.now(), end_reason=EndReason.REMOVED, **since)
    post(moved, Role.SAFETY_OFFICER, "other_street", **since)
    post(both, Role.SAFETY_OFFICER, "own", **since)
    post(both, Role.SAFETY_OFFICER, "other_district", **since)
    post(over, Role.SAFETY_OFFICER, "sibling_grid", ends_on=past, **since)
    for actor in (Role.STREET_OFFICER.value, Role.COMMUNITY_SECRETARY.value, Role.GRID_LEADER.value, "former"):
        user(f"new-{actor}", username=f"new-{actor}", created_by=world.actors[actor])


def _add_members_between(world: World) -> None:
    """Who belongs here and lives there, known here by all or only by what was typed; a unit and an organisation of elsewhere."""
    for home, spot in (("other_street", "own"), ("own", "other_street"), ("sibling_grid", "other_district")):
        for known_as in ("", f"赵{mark(Member, f'{home} {spot}')}"):
            one = person_called(f"between {home} {spot} {bool(known_as)}", world.at(home))
            member_who(one, world.at(spot), home=world.at(home), known_as=known_as)
    Unit.objects.create(name=mark(Unit, "elsewhere"))
    organisation_called("elsewhere", None, OrganisationKind.BRANCH)


def _add_seat_holders(world: World) -> None:
    """Members of the organisation they hold a seat in, with points of their own; a group below it with a member's."""
    for name, seats in SEATED.items():
        one, spot = world.actors[name], world.at(seats[0][1])
        for role, where in seats:
            over = {"body": body_key(world.rows[PartyOrganisation][where].pk), "duties": mark(Appointment, name)}
            Appointment.objects.create(user=one, role=role, starts_on=date(2020, 1, 1), **over)
        own = member_who(person_called(name, spot, user=one), spot)
        balance = balance_of(own, spot)
        entry = entry_of(balance, spot, mark(PointEntry, name), proposed_by=one)
        item_of(category_of(balance.scheme, mark(PointCategory, name)), mark(PointItem, name), proposer=Proposer.MEMBER)
        world.actors[name] = User.objects.get(pk=one.pk)
        world.about[name] |= {User: world.actors[name], Member: own, PointBalance: balance, PointEntry: entry}
        world.about[name] |= _own_service(own, spot, world.actors[name])
        world.about[name] |= dict(zip((Meeting, Resolution), invited(spot, own.person, name), strict=True))
    branch = world.rows[PartyOrganisation]["own"]
    group = organisation_called("below", world.at("own_building"), OrganisationKind.GROUP)
    PartyOrganisation.objects.filter(pk=group.pk).update(parent=branch, path=f"{branch.path}{group.pk}/")
    below = member_who(person_called("below", world.at("own")), world.at("own"), organisation=group)
    entry_of(balance_of(below, world.at("own_building")), world.at("own_building"), mark(PointEntry, "below"))


def _own_service(own: Member, spot: Area, one: User) -> dict[type[Model], Model]:
    """What a member takes on and serves: a place they applied for, one they are in; hours, and the card that told of them."""
    since, name = today() - timedelta(days=30), one.username
    served = post_of(spot, mark(ServicePost, f"served {name}"), starts_on=since)
    serving = claim_of(served, own, mark(Claim, f"served {name}"), state=ClaimState.SERVING, started_on=since)
    sent = {"state": CardState.SENT, "sent_by": SentBy.PAPER, "sent_at": timezone.now(), "answer_by": today()}
    return {
        Claim: claim_of(post_of(spot, mark(ServicePost, name)), own, mark(Claim, name)),
        Absence: absence_of(serving, holder(spot), mark(Absence, name), state=AbsenceState.NOTED),
        ServiceHours: hours_of(serving, spot, mark(ServiceHours, name)),
        FeedbackCard: card_of(own, spot, mark(FeedbackCard, name), **sent),
    }


_MARK = re.compile(r"zq[0-9a-f]{8}")
_SEALED = re.compile(r"\d+:[A-Za-z0-9+/]{38,}={0,2}$")


def marks_in(text: str) -> set[str]:
    return set(_MARK.findall(text))


def find_marks() -> dict[str, set[tuple[str, int]]]:
    """Which rows hold which marks, as the tables are, encrypted columns opened."""
    found: dict[str, set[tuple[str, int]]] = {}
    for model in own_models():
        for pk, *values in table_rows(model):
            for word in marks_in(repr([_opened(value) for value in values])):
                found.setdefault(word, set()).add((model._meta.label, pk))
    return found


def _opened(value):
    return crypto.unseal(value) if isinstance(value, str) and _SEALED.match(value) else value


def table_rows(model: type[Model]) -> list[tuple]:
    """All rows as stored, the key first."""
    fields = [model._meta.pk, *(field for field in model._meta.local_concrete_fields if not field.primary_key)]
    names = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {names} FROM "{model._meta.db_table}" ORDER BY 1')  # noqa: S608 - our own tables
        return cursor.fetchall()


def columns(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.local_concrete_fields if not field.primary_key]
