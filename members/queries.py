"""Coverage of the one net (A2, A3) and concurrent posts (A5): what is missing, as lists one can work down."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from accounts.models import Appointment
from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.dates import today
from grids.choices import AreaKind, NormKind
from grids.models import Area, Norm
from grids.queries import chunks
from members.choices import ALLOWED_ABOVE, ON_ROLL, OrganisationKind, SeatTitle, Standing
from members.hidden import hidden_halves, hidden_members
from members.models import (
    ClassScheme,
    ClassUse,
    Contact,
    Member,
    MemberClass,
    PartyOrganisation,
    PointBalance,
    PointEntry,
    PointItem,
    Seat,
    Unit,
    Zone,
)
from members.points import in_order
from people.models import Household, Person

BRANCHES = (OrganisationKind.BRANCH, OrganisationKind.GENERAL_BRANCH)


# --- Coverage


def _areas(user, within: Area | None) -> QuerySet[Area]:
    rows = Area.objects.filter(scope_of(user).q(Can.SEE_MEMBERS, area_path="")).open()
    return (rows.within(within) if within else rows).select_related("street", "community").order_by("code")


def _organisations(user, within: Area | None) -> QuerySet[PartyOrganisation]:
    rows = PartyOrganisation.objects.visible_to(user).open().exclude(area=None)
    return (rows.within(within) if within else rows).select_related("street", "community", "area").order_by("area__code", "pk")


def grids_without_branch(user, within: Area | None = None) -> QuerySet[Area]:
    """Outermost grids in which no branch stands."""
    branches = PartyOrganisation.objects.open().filter(kind__in=BRANCHES, grid=OuterRef("pk"))
    return _areas(user, within).filter(kind=AreaKind.GRID, parent__kind=AreaKind.COMMUNITY).exclude(Exists(branches))


def buildings_without_group(user, within: Area | None = None) -> QuerySet[Area]:
    """Buildings that no group stands on or answers for. A group of a grid that names no buildings answers for all of them."""
    groups = PartyOrganisation.objects.open().filter(kind=OrganisationKind.GROUP)
    whole = groups.filter(area=OuterRef("parent")).exclude(Exists(Zone.objects.filter(organisation=OuterRef("pk"))))
    rows = _areas(user, within).filter(kind=AreaKind.BUILDING)
    rows = rows.exclude(Exists(groups.filter(area=OuterRef("pk"))))
    return rows.exclude(Exists(Zone.objects.filter(building=OuterRef("pk")))).exclude(Exists(whole))


def _without_seat(kinds: Iterable[str], title: str, user, within: Area | None = None) -> QuerySet[PartyOrganisation]:
    seats = Seat.objects.in_force().filter(organisation=OuterRef("pk"), title=title)
    return _organisations(user, within).filter(kind__in=kinds).exclude(Exists(seats))


groups_without_leader = partial(_without_seat, (OrganisationKind.GROUP,), SeatTitle.GROUP_LEADER)
branches_without_secretary = partial(_without_seat, BRANCHES, SeatTitle.SECRETARY)


@dataclass(frozen=True)
class OutOfNorm:
    """Something too big or too small."""

    subject: Area | PartyOrganisation
    number: int
    norm: Norm


def _outside(kind: str, subjects: Iterable, counts: dict[int, int]) -> list[OutOfNorm]:
    norm = Norm.objects.filter(kind=kind).first()
    if norm is None:
        return []
    return [OutOfNorm(one, counts.get(one.pk, 0), norm) for one in subjects if not norm.fits(counts.get(one.pk, 0))]


def branches_out_of_size(user, within: Area | None = None) -> list[OutOfNorm]:
    """Branches with fewer or more full members, their groups' included, than the norm."""
    branches = list(_organisations(user, within).filter(kind=OrganisationKind.BRANCH))
    members = Member.objects.filter(organisation__community__in={branch.community_id for branch in branches} - {None})
    held = members.filter(state__in=ON_ROLL, standing=Standing.FULL).values_list("organisation__path")
    counts: Counter[int] = Counter()
    for path, number in held.annotate(n=Count("pk")).order_by():
        for key in path.strip("/").split("/"):
            counts[int(key)] += number
    return _outside(NormKind.MEMBERS_PER_BRANCH, branches, counts)


def communities_out_of_size(user, within: Area | None = None) -> list[OutOfNorm]:
    """Communities with fewer or more grids than the norm."""
    communities = _areas(user, within).filter(kind=AreaKind.COMMUNITY)
    grids = Area.objects.open().filter(kind=AreaKind.GRID, parent__kind=AreaKind.COMMUNITY)
    counts = dict(grids.order_by().values_list("community").annotate(n=Count("pk")))
    return _outside(NormKind.GRIDS_PER_COMMUNITY, communities, counts)


def _grids_by(model: type, kind: str, condition: Q, user, within: Area | None = None) -> list[OutOfNorm]:
    """Grids with fewer or more rows than the norm. Counts people of a street or community at a time, never of a district."""
    if within is None or within.kind not in (AreaKind.STREET, AreaKind.COMMUNITY):
        return []
    grids = list(_areas(user, within).filter(kind=AreaKind.GRID, parent__kind=AreaKind.COMMUNITY))
    rows = model.objects.visible_to(user).within(within).filter(condition).order_by()
    return _outside(kind, grids, dict(rows.values_list("grid").annotate(n=Count("pk"))))


_LIVING = Q(died_on=None, merged_into=None)
grids_by_households = partial(_grids_by, Household, NormKind.HOUSEHOLDS_PER_GRID, Q())
grids_by_people = partial(_grids_by, Person, NormKind.PEOPLE_PER_GRID, _LIVING)


@dataclass(frozen=True)
class Gap:
    """One kind of gap in the net: what it is called, how it is found, which form closes it."""

    name: str
    label: str
    find: Callable
    found_kind: str = ""  # the kind of organisation that closes it
    needs_within: bool = False
    of_people: bool = False  # its rows are people, not places and organisations
    halves: Callable | None = None  # the rows in parts that are counted faster

    def countable(self, user, within: Area | None = None) -> QuerySet | tuple[QuerySet, ...]:
        """What gridparty.lib.counting counts."""
        return (self.halves or self.find)(user, within)


GAPS = [
    Gap("grids_without_branch", gettext_lazy("未设支部的网格"), grids_without_branch, OrganisationKind.BRANCH),
    Gap("buildings_without_group", gettext_lazy("未设党小组的楼栋"), buildings_without_group, OrganisationKind.GROUP),
    Gap("branches_without_secretary", gettext_lazy("无书记的支部"), branches_without_secretary),
    Gap("groups_without_leader", gettext_lazy("无组长的党小组"), groups_without_leader),
    Gap("hidden_members", gettext_lazy("未入册党员"), hidden_members, of_people=True, halves=hidden_halves),
    Gap("branches_out_of_size", gettext_lazy("规模不合标准的支部"), branches_out_of_size),
    Gap("communities_out_of_size", gettext_lazy("网格数不合标准的社区"), communities_out_of_size),
    Gap("grids_by_households", gettext_lazy("户数不合标准的网格"), grids_by_households, needs_within=True),
    Gap("grids_by_people", gettext_lazy("人数不合标准的网格"), grids_by_people, needs_within=True),
]


# The gaps a database counts by itself.
CHEAP = GAPS[:5]


def number_of(found) -> int:
    return found.count() if isinstance(found, QuerySet) else len(found)


def gap_numbers(user, within: Area | None = None) -> dict[str, int]:
    return numbers_of({gap.name: gap.countable(user, within) for gap in CHEAP})


MOST_STEPS = 120


def steps_down(user, within: Area | None) -> list[Area]:
    """The streets, or in one street the communities, that `user` may narrow a page to."""
    rows = Area.objects.visible_to(user).open().order_by("code")
    if within is None or within.kind == AreaKind.DISTRICT:
        streets = list((rows.within(within) if within else rows).filter(kind=AreaKind.STREET)[:MOST_STEPS])
        if len(streets) > 1 or within:
            return streets
        return list(rows.filter(kind=AreaKind.COMMUNITY)[:MOST_STEPS])
    return list(rows.within(within).filter(kind=AreaKind.COMMUNITY)[:MOST_STEPS]) if within.kind == AreaKind.STREET else []


def parents_guessed(user, areas: Iterable[Area], kind: str) -> dict[int, PartyOrganisation]:
    """{area: the organisation under which one of `kind` would stand there}: the nearest of the same grid, else community."""
    areas = list(areas)
    near = PartyOrganisation.objects.visible_to(user).open()
    near = near.filter(community__in={area.community_id for area in areas} - {None}, kind__in=ALLOWED_ABOVE[kind] - {None})
    found: dict[int, PartyOrganisation] = {}
    for one in near.order_by("path"):
        for area in areas:
            better = one.grid_id == area.grid_id or (one.grid_id is None and area.pk not in found)
            if one.community_id == area.community_id and better:
                found[area.pk] = one
    return found


# --- Organisations and their members

ELECTION_SOON = timedelta(days=183)


def elections_due(rows: QuerySet[PartyOrganisation], until: date | None = None) -> QuerySet[PartyOrganisation]:
    """Whose next election falls before `until`, half a year from now unless told."""
    return rows.filter(closed_on=None, next_election_on__lte=until or today() + ELECTION_SOON)


def with_leaders(rows: QuerySet[PartyOrganisation], user) -> QuerySet[PartyOrganisation]:
    """With the seats of those who lead them as `led_by`."""
    seats = Seat.objects.visible_to(user).in_force().named().filter(title__in=(SeatTitle.SECRETARY, SeatTitle.GROUP_LEADER))
    return rows.prefetch_related(Prefetch("seats", seats.order_by("pk"), to_attr="led_by"))


def on_roll_of(organisations: Iterable[PartyOrganisation]) -> dict[int, int]:
    """{organisation: how many members belong to it}, those of what stands below not counted."""
    rows = Member.objects.on_roll().filter(organisation__in=[one.pk for one in organisations])
    return dict(rows.order_by().values_list("organisation").annotate(n=Count("pk")))


def with_contact(rows: QuerySet[Member]) -> QuerySet[Member]:
    """With the day of the last contact as `contacted_on`; `contact_due` says when the next one is. Needs `mode` at hand."""
    last = Contact.objects.filter(member=OuterRef("pk")).order_by("-on").values("on")[:1]
    return rows.annotate(contacted_on=Subquery(last)).select_related("mode")


def contact_due(member: Member) -> date | None:
    """When the next contact is due by the management mode; None: at once, for nobody was in touch yet. Of `with_contact` rows."""
    return member.contacted_on and member.contacted_on + timedelta(days=member.mode.contact_days)


def scheme_in_force(area: Area | None) -> ClassScheme | None:
    """The way members are sorted at an area: what it or the nearest area above it named."""
    if area is None:
        return None
    above = ClassUse.objects.filter(area__tree_id=area.tree_id, area__lft__lte=area.lft, area__rght__gte=area.rght)
    use = above.select_related("scheme").order_by("-area__level").first()
    return use.scheme if use else None


def classes_at(area: Area | None) -> QuerySet[MemberClass]:
    """The classes of the scheme in force at an area, of all schemes where none is named."""
    rows = MemberClass.objects.select_related("scheme", "mode").order_by("scheme", "pk")
    scheme = scheme_in_force(area)
    return rows.filter(scheme=scheme) if scheme else rows


def full_name(organisation: PartyOrganisation) -> str:
    """桃园社区 / 第1网格党支部, as much as tells it from its namesakes; needs `community` at hand."""
    community = organisation.community
    return f"{community.name} / {organisation.name}" if community else organisation.name


# --- Concurrent posts


@dataclass(frozen=True)
class Concurrent:
    """One holder of whom 三兼 expects a second post, and whether they hold it."""

    seat: Seat
    expected: str
    holds: bool


def concurrent_posts(user, within: Area) -> list[Concurrent]:
    """三兼 (S3, S4): community cadre = branch secretary, branch committee = group leader, group leader = building leader.

    For the seats of the branches and groups in `within`, by organisation. Five queries.
    """
    seats = list(
        Seat.objects.visible_to(user)
        .named()
        .filter(within.reach.q("organisation__area__", "organisation__"))
        .in_force()
        .select_related("organisation__community", "organisation__area", "person")
        .order_by("organisation__area__code", "organisation", "pk")
    )
    cadres = _cadres(seats)
    leads = {(seat.person_id, seat.organisation.path) for seat in seats if seat.title == SeatTitle.GROUP_LEADER}
    buildings = _buildings_led(seats)
    zones = defaultdict(set)
    for organisation, building in Zone.objects.filter(organisation__in={s.organisation_id for s in seats}).values_list(
        "organisation", "building"
    ):
        zones[organisation].add(building)
    found = []
    for seat in seats:
        kind, path = seat.organisation.kind, seat.organisation.path
        if kind in BRANCHES and seat.title == SeatTitle.SECRETARY:
            held = (seat.person_id, seat.organisation.community_id) in cadres
            found.append(Concurrent(seat, _("社区党员干部"), held))
        elif kind in BRANCHES:
            held = any(person == seat.person_id and below.startswith(path) for person, below in leads)
            found.append(Concurrent(seat, _("党小组长"), held))
        elif kind == OrganisationKind.GROUP:
            held = bool(buildings[seat.person.user_id] & (zones[seat.organisation_id] | {seat.organisation.area_id}))
            found.append(Concurrent(seat, _("楼栋长"), held))
    return found


def _cadres(seats: Iterable[Seat]) -> set[tuple[int, int]]:
    """(person, community) of who serves the community: by appointment, or by a seat in its committee."""
    communities = {seat.organisation.community_id for seat in seats}
    roles = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
    posts = Appointment.objects.in_force().filter(role__in=roles, area__in=communities)
    held = set(posts.values_list("user__person", "area"))
    return held | {
        (seat.person_id, seat.organisation.community_id) for seat in seats if seat.organisation.kind == OrganisationKind.COMMITTEE
    }


def _buildings_led(seats: Iterable[Seat]) -> dict[int | None, set[int]]:
    """{user: the buildings they lead} of those who lead a group."""
    users = {seat.person.user_id for seat in seats if seat.title == SeatTitle.GROUP_LEADER}
    led = defaultdict(set)
    for user_id, area in (
        Appointment.objects.in_force().filter(role=Role.BUILDING_LEADER, user__in=users - {None}).values_list("user", "area")
    ):
        led[user_id].add(area)
    return led


def organisations_called(name: str) -> list[PartyOrganisation]:
    """The open organisations of exactly this full name, wherever they stand; two are enough to know that it is no name."""
    return list(PartyOrganisation.objects.open().filter(full_name=name.strip())[:2]) if name.strip() else []


# --- Registers


def units_without_organisation(rows: QuerySet[Unit]) -> QuerySet[Unit]:
    """Those of the neighbourhood that have none; where one of elsewhere has its own is not ours to know."""
    return rows.exclude(area=None).exclude(Exists(PartyOrganisation.objects.open().filter(unit=OuterRef("pk"))))


def organised_as(units: Iterable[Unit], user) -> dict[int, list[PartyOrganisation]]:
    """{unit: its organisations that `user` may see}"""
    found: dict[int, list[PartyOrganisation]] = defaultdict(list)
    rows = PartyOrganisation.objects.visible_to(user).open().filter(unit__in=[one.pk for one in units])
    for one in rows.order_by("path"):
        found[one.unit_id].append(one)
    return found


def units_with_codes(codes: Iterable[str]) -> dict[str, int]:
    """{credit code: unit} of those on record anywhere: a code is given once, whoever keeps the unit."""
    return {
        code: pk
        for some in chunks(sorted(codes))
        for code, pk in Unit.objects.filter(credit_code__in=some).values_list("credit_code", "pk")
    }


# --- What a list of members is compared with

# Prefetched, thousands of members share the objects of some hundred organisations.
_BELONGS = ("organisation__area", "member_class", "employer")
_WHOLE = ("person__area", *_BELONGS)


def memberships_of(people: Iterable[Person]) -> dict[int, Member]:
    """{person: membership} with these very people, wherever it is: nobody is entered twice."""
    known = {person.pk: person for person in people}
    found = {}
    for some in chunks(sorted(known)):
        for member in Member.objects.filter(person__in=some).prefetch_related(*_BELONGS):
            member.person = known[member.person_id]
            found[member.person_id] = member
    return found


def kept_members(keys: Iterable[int], user) -> dict[int, Member]:
    """{key: membership} of those of these that `user` keeps; `user` None keeps all."""
    rows = (Member.objects.all() if user is None else Member.objects.editable_by(user)).prefetch_related(*_WHOLE)
    return {row.pk: row for some in chunks(sorted(set(keys))) for row in rows.filter(pk__in=some)}


def members_called(names: Iterable[str], user) -> dict[str, list[Member]]:
    """{name: memberships that `user` keeps}, by the name they go by there."""
    rows = (Member.objects.all() if user is None else Member.objects.editable_by(user)).on_roll().prefetch_related(*_WHOLE)
    found: dict[str, list[Member]] = {}
    for some in chunks(sorted(set(names))):
        for member in rows.filter(Q(known_as="", person__name__in=some) | Q(known_as__in=some)).order_by("pk"):
            found.setdefault(member.name, []).append(member)
    return found


# --- What a list of points is compared with

_SECRETS = ("phone", "person__phone", "person__id_number")


def members_imported_by(user) -> QuerySet[Member]:
    """The members into whose organisations `user` imports lists, their numbers not opened; `user` None imports everywhere."""
    rows = Member.objects.all() if user is None else Member.objects.kept_by(user, Can.IMPORT_ROSTERS)
    return rows.select_related("organisation__area", "person").defer(*_SECRETS).order_by("pk")


def schemes_played(members: Iterable[Member], years: set[int]) -> dict[tuple[int, int], int]:
    """{(member, year): the scheme they earn points by}"""
    found = {}
    for some in chunks(sorted({member.pk for member in members})):
        rows = PointBalance.objects.filter(member__in=some, year__in=years)
        found |= {(member, year): scheme for member, year, scheme in rows.values_list("member", "year", "scheme")}
    return found


def items_of(schemes: Iterable[int]) -> dict[int, list[PointItem]]:
    """{scheme: its items in their order}"""
    found: dict[int, list[PointItem]] = defaultdict(list)
    for item in in_order(PointItem.objects.filter(category__scheme__in=set(schemes))):
        found[item.category.scheme_id].append(item)
    return found


def entries_seen(keys: Iterable[int], user) -> dict[int, PointEntry]:
    """{key: line of the ledger} of those of these that `user` sees; `user` None sees all."""
    rows = PointEntry.objects.all() if user is None else PointEntry.objects.visible_to(user)
    rows = rows.select_related("item", "balance__member__person").defer(*(f"balance__member__{name}" for name in _SECRETS))
    return {row.pk: row for some in chunks(sorted(set(keys))) for row in rows.filter(pk__in=some)}
