"""Gaps in the net, sizes outside the norms, concurrent posts."""

from datetime import date

import pytest

from accounts.actions import Post, appoint
from accounts.models import User
from grids.models import Norm
from members.actions import NewMember, NewSeat, close_organisation, enrol, fill_seat, set_zones
from members.queries import GAPS, concurrent_posts, number_of
from members.tests.conftest import typed
from people.actions import NewHousehold, NewPerson, enter_people, open_households

GAP = {gap.name: gap for gap in GAPS}


def names(gap: str, user, within=None) -> list[str]:
    return [str(getattr(one, "subject", one)) for one in GAP[gap].find(user, within)]


def test_grids_without_branch(areas, cast, parties):
    assert names("grids_without_branch", cast.street_officer) == ["第1网格"]  # that of 柳园
    assert names("grids_without_branch", cast.secretary) == []
    assert names("grids_without_branch", cast.grid_leader) == []
    close_organisation(organisation=parties.branch2, by=None)
    assert names("grids_without_branch", cast.secretary) == ["第2网格"]
    assert names("grids_without_branch", cast.street_officer, areas.liuyuan) == ["第1网格"]


def test_buildings_without_group(areas, cast, parties):
    assert names("buildings_without_group", cast.secretary) == ["2号楼", "3号楼"]
    set_zones(organisation=parties.group, buildings=[areas.building2], by=None)
    assert names("buildings_without_group", cast.secretary) == ["3号楼"]


def test_organisations_nobody_leads(cast, parties):
    assert names("groups_without_leader", cast.secretary) == ["1号楼党小组"]
    assert names("branches_without_secretary", cast.secretary) == ["第1网格党支部", "第2网格党支部"]
    zhao = enrol(new=NewMember(parties.group, parties.ordinary, typed=typed("赵一", 1)), by=None).person
    fill_seat(new=NewSeat(parties.group, "group_leader", zhao), by=None)
    assert names("groups_without_leader", cast.secretary) == []


def test_members_of_groups_count_for_their_branch(cast, parties):
    for serial in (1, 2, 3):
        enrol(new=NewMember(parties.group, parties.ordinary, typed=typed(f"赵{serial}", serial)), by=None)
    assert names("branches_out_of_size", cast.secretary) == ["第2网格党支部"]


def test_sizes_are_counted_within_a_street_or_community(areas, cast, parties):
    Norm.objects.filter(kind="people_per_grid").update(low=1, high=2)
    Norm.objects.filter(kind="households_per_grid").update(low=1, high=5)
    (door,) = open_households(households=[NewHousehold(areas.building1, "1", "101")], by=None)
    family = [
        NewPerson("王一", household=door, relation="head"),
        NewPerson("王二", household=door, relation="child"),
        NewPerson("王三", household=door, relation="child"),
    ]
    enter_people(people=family, by=None)
    assert names("grids_by_people", cast.secretary) == []
    assert [(one.subject.name, one.number) for one in GAP["grids_by_people"].find(cast.secretary, areas.taoyuan)] == [
        ("第1网格", 3),
        ("第2网格", 0),
    ]
    assert names("grids_by_households", cast.secretary, areas.taoyuan) == ["第2网格"]


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.name)
def test_nobody_without_the_right_sees_a_gap(areas, cast, parties, gap):
    for user in (cast.system_admin, cast.nobody, cast.member):
        assert number_of(gap.find(user, areas.taoyuan)) == 0


def test_concurrent_posts_are_shown_and_checked(areas, cast, parties):
    zhao, qian = (
        enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed(name, serial)), by=None).person
        for serial, name in ((1, "赵一"), (2, "钱二"))
    )
    fill_seat(new=NewSeat(parties.branch1, "secretary", zhao), by=None)
    fill_seat(new=NewSeat(parties.branch1, "organiser", qian), by=None)
    assert [(one.expected, one.holds) for one in concurrent_posts(cast.secretary, areas.taoyuan)] == [
        ("社区党员干部", False),
        ("党小组长", False),
    ]
    fill_seat(new=NewSeat(parties.taoyuan, "committee", zhao), by=None)
    fill_seat(new=NewSeat(parties.group, "group_leader", qian), by=None)
    appoint(post=Post(User.objects.get(person=qian), "building_leader", areas.building1, date(2024, 1, 1)), by=None)
    checked = {(one.seat.person.name, one.expected): one.holds for one in concurrent_posts(cast.secretary, areas.taoyuan)}
    assert checked == {("赵一", "社区党员干部"): True, ("钱二", "党小组长"): True, ("钱二", "楼栋长"): True}
