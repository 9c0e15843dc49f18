"""The demo's organisations and 26,000 members over the district. No name is a real person's."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import cycle, islice

from django.utils.translation import gettext as _

from accounts.actions import Post, appoint_many
from accounts.choices import Origin, Role
from gridparty.lib.dates import today
from gridparty.lib.registry import demos
from grids.choices import AreaKind
from grids.demo import SHOWN_COMMUNITY
from grids.models import Area
from members.actions import (
    NewMember,
    NewOrganisation,
    NewSeat,
    NewUnit,
    add_unit,
    enrol_many,
    fill_seats,
    found_organisations,
    receive,
    send,
    set_zones,
    use_classes,
)
from members.choices import OrganisationKind, SeatTitle, Standing, UnitKind
from members.demo_points import link_cast, points_of_the_demo
from members.models import ClassScheme, Member, MemberClass, PartyOrganisation, Seat
from people.demo import Register
from people.models import Person

MEMBERS = 26_000
UNITS = [
    NewUnit(
        "第一机床厂", UnitKind.STATE_ENTERPRISE, head="韩德明", offers="大会议室（80人）\n技术工人志愿队", needs="职工子女托管"
    ),
    NewUnit(
        "全福实验小学",
        UnitKind.SCHOOL,
        head="田雅琴",
        offers="操场（周末、假期）\n四点半课堂老师",
        needs="上下学护学岗\n门前停车",
    ),
    NewUnit("街道卫生服务中心", UnitKind.HOSPITAL, head="邱志远", offers="义诊\n健康讲座", needs="慢性病老人名单核对"),
    NewUnit(
        "桑园农贸市场有限公司",
        UnitKind.PRIVATE_ENTERPRISE,
        head="卢立新",
        offers="停车位20个",
        needs="市场周边环境整治\n政策咨询",
    ),
    NewUnit("阳光志愿服务中心", UnitKind.SOCIAL_ORGANISATION, offers="社工2名"),
    NewUnit("区税务局", UnitKind.GOVERNMENT, offers="税务咨询"),
]
SEATS = (SeatTitle.SECRETARY, SeatTitle.ORGANISER, SeatTitle.PUBLICIST)


@demos
def members() -> str:
    district = Area.objects.get(kind=AreaKind.DISTRICT)
    use_classes(area=district, scheme=ClassScheme.objects.get(name="五类党员"), by=None)
    organisations = _organisations(district)
    enrolled = _enrol(organisations)
    link_cast(enrolled)
    _fill(enrolled)
    _send_away(enrolled)
    return _("党组织：%(organisations)d 个，党员 %(members)d 名") % {
        "organisations": len(organisations),
        "members": len(enrolled),
    }


@demos
def points() -> str:
    return points_of_the_demo(Area.objects.get(kind=AreaKind.DISTRICT))


def _organisations(district: Area) -> list[PartyOrganisation]:
    """A work committee a street, a committee a community, a branch a grid (one in ten grids has none yet), groups where we show
    a whole community."""
    areas = Area.objects.within(district).order_by("code")
    wanted: list[NewOrganisation] = [NewOrganisation(OrganisationKind.WORK_COMMITTEE, f"{district.name}区委", district)]
    at: dict[int, NewOrganisation] = {}
    for area in areas.filter(kind=AreaKind.STREET):
        new = NewOrganisation(OrganisationKind.WORK_COMMITTEE, f"{area.name}党工委", area, parent=wanted[0])
        at[area.pk] = new
        wanted.append(new)
    for area in areas.filter(kind=AreaKind.COMMUNITY):
        new = NewOrganisation(OrganisationKind.COMMITTEE, f"{area.name}党委", area, parent=at[area.street_id])
        at[area.pk] = new
        wanted.append(new)
    for n, area in enumerate(areas.filter(kind=AreaKind.GRID)):
        if n % 10 != 7:
            elected = date(2023 + n % 3, 1 + n % 12, 15)
            new = NewOrganisation(
                OrganisationKind.BRANCH, f"{area.name}党支部", area, parent=at[area.community_id], elected_on=elected
            )
            at[area.pk] = new
            wanted.append(new)
    for area in areas.filter(kind=AreaKind.BUILDING, community__name__startswith=SHOWN_COMMUNITY):
        if area.parent_id in at and int(area.code[-3:]) % 3 == 1:
            wanted.append(NewOrganisation(OrganisationKind.GROUP, f"{area.name}党小组", area, parent=at[area.parent_id]))
    rows = found_organisations(organisations=wanted, by=None)
    _draw_zones(rows)
    return rows


def _draw_zones(rows: list[PartyOrganisation]) -> None:
    """Each group answers for its building and the two after it; some stay without."""
    for group in (row for row in rows if row.kind == OrganisationKind.GROUP):
        near = Area.objects.filter(parent=group.area.parent_id, kind=AreaKind.BUILDING, code__gte=group.area.code).order_by(
            "code"
        )
        set_zones(organisation=group, buildings=[area for area in near[:3] if (int(area.code[-3:]) - 1) % 9 != 8], by=None)


def _enrol(organisations: list[PartyOrganisation]) -> list[Member]:
    branches = [row for row in organisations if row.kind == OrganisationKind.BRANCH]
    classes = list(MemberClass.objects.filter(scheme__name="五类党员").order_by("pk"))
    register = Register(2)
    employers = _units(branches)
    new = [*_residents(branches, classes), *_others(branches, classes, register, employers)]
    return enrol_many(members=new[:MEMBERS], by=None)


def _units(branches: list[PartyOrganisation]) -> list:
    home = next(row.community for row in branches if row.community.name.startswith(SHOWN_COMMUNITY))
    return [add_unit(new=replace(new, area=home), by=None) for new in UNITS]


def _residents(branches: list[PartyOrganisation], classes: list[MemberClass]) -> Iterator[NewMember]:
    """Of the peopled community every twentieth grown-up is a member, of the branch of their grid."""
    by_grid = {row.grid_id: row for row in branches if row.community.name.startswith(SHOWN_COMMUNITY)}
    grown = Person.objects.filter(grid__in=by_grid, born_on__lt=date(today().year - 25, 1, 1)).order_by("pk")
    for person in grown.select_related("area")[::20]:
        old = person.born_on.year < today().year - 60
        yield NewMember(
            by_grid[person.grid_id],
            classes[4 if old else 0],
            person=person,
            joined_on=person.born_on.replace(year=person.born_on.year + 24, day=1),
            full_on=person.born_on.replace(year=person.born_on.year + 25, day=1),
        )


def _others(branches, classes, register: Register, employers) -> Iterator[NewMember]:
    """Members of the other branches, who live in the grid of their branch as far as is known."""
    others = [row for row in branches if not row.community.name.startswith(SHOWN_COMMUNITY)]
    for n, branch in enumerate(islice(cycle(others), MEMBERS)):
        low, high = ((62, 85), (26, 59), (22, 40), (30, 55))[n % 4]
        person = register.person(low, high, area=branch.area, since_on=today() - timedelta(days=900))
        probationary = n % 60 == 0
        joined = today() - timedelta(days=200 + n % 150) if probationary else today() - timedelta(days=365 * (2 + n % (low - 19)))
        yield NewMember(
            branch,
            classes[(4, 1, 2, 0)[n % 4]],
            typed=person,
            standing=Standing.PROBATIONARY if probationary else Standing.FULL,
            joined_on=joined,
            full_on=None if probationary else joined + timedelta(days=365),
            employer=employers[n % len(employers)] if n % 4 == 1 else None,
        )


def _send_away(enrolled: list[Member]) -> None:
    """Two members of the shown community went to units elsewhere with their membership, and live on where they did."""
    seated = set(Seat.objects.values_list("person", flat=True))
    ours = [
        one for one in enrolled if one.organisation.community.name.startswith(SHOWN_COMMUNITY) and one.person_id not in seated
    ]
    for member, name in zip(ours[-2:], ("市第二医院机关党支部", "市轨道交通公司第三党支部"), strict=True):
        receive(move=send(member=member, elsewhere=name, by=None), by=None)


def _fill(enrolled: list[Member]) -> None:
    """The first members of a branch hold its offices; one branch in twelve waits for a secretary."""
    by_branch: dict[int, list[Member]] = {}
    for member in enrolled:
        by_branch.setdefault(member.organisation_id, []).append(member)
    seats = []
    for n, held in enumerate(by_branch.values()):
        for title, member in zip(SEATS, held, strict=False):
            if title != SeatTitle.SECRETARY or n % 12 != 11:
                seats.append(NewSeat(member.organisation, title, member.person, today() - timedelta(days=200)))
    fill_seats(seats=seats, by=None)
    _concur(seats)


def _concur(seats: list[NewSeat]) -> None:
    """三兼, where it is kept: a secretary sits in the community's committee, one of a branch's committee leads a group.

    Group leaders lead their building, too, but for the last.
    """
    shown = [new for new in seats if new.organisation.community.name.startswith(SHOWN_COMMUNITY)]
    groups = {group.parent_id: group for group in PartyOrganisation.objects.filter(kind=OrganisationKind.GROUP).order_by("-pk")}
    more = []
    for new in shown:
        if new.title == SeatTitle.SECRETARY:
            more.append(NewSeat(new.organisation.parent, SeatTitle.COMMITTEE, new.person))
        elif new.title == SeatTitle.ORGANISER:
            more.append(NewSeat(groups[new.organisation.pk], SeatTitle.GROUP_LEADER, new.person))
    fill_seats(seats=more[:-3], by=None)
    leaders = [new for new in more[:-3] if new.title == SeatTitle.GROUP_LEADER]
    buildings = {group.pk: group.area for group in groups.values()}
    led = [(new.person.user, buildings[new.organisation.pk]) for new in leaders[:-1]]
    posts = [Post(user, Role.BUILDING_LEADER, area, today(), origin=Origin.ELECTED) for user, area in led]
    appoint_many(posts=posts, by=None)
