"""Service teams: founded, changed, closed, joined and left."""

from datetime import timedelta

import pytest

from gridparty.lib.dates import today
from services.actions import NewTeam, change_team, close_team, found_team, join_team, leave_team
from services.actions.activities import cancel_activity
from services.errors import ActivityRefused
from services.models import Team, TeamMember
from services.tests.conftest import activity_at


@pytest.fixture
def team(served) -> Team:
    """Led by 赵一, at 第1网格."""
    return found_team(new=NewTeam(served.areas.grid1, "红马甲", "理发", leader=served.zhao), by=served.secretary)


def refused(act, **call) -> str:
    with pytest.raises(ActivityRefused) as refusal:
        act(**call)
    return str(refusal.value)


def in_it(team) -> set[int]:
    return set(TeamMember.objects.filter(team=team, left_on=None).values_list("member", flat=True))


def test_its_leader_is_one_of_its_members(served, team):
    assert in_it(team) == {served.zhao.pk}
    change_team(team=team, new=NewTeam(served.areas.grid1, "红马甲", leader=served.qian), by=served.clerk)
    assert in_it(team) == {served.zhao.pk, served.qian.pk}
    assert Team.objects.get().leader == served.qian


@pytest.mark.parametrize("who", ["next_grid_leader", "cadre", "member", "zhao_user"])
def test_founded_and_closed_by_who_runs_services_there(served, team, who):
    by = getattr(served, who)
    assert "不在您的管理范围内" in refused(found_team, new=NewTeam(served.areas.grid1, "绿马甲"), by=by)
    assert "不在您的管理范围内" in refused(change_team, team=team, new=NewTeam(served.areas.grid1, "绿马甲"), by=by)
    assert "不在您的管理范围内" in refused(close_team, team=team, by=by)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": " "}, "请填写队伍名称"),
        ({"name": "红马甲"}, "请换一个名称"),
        ({"founded_on": today() + timedelta(days=1)}, "今天之后"),
    ],
)
def test_what_is_no_team(served, team, change, sentence):
    new = NewTeam(**{"area": served.areas.grid1, "name": "绿马甲"} | change)
    assert sentence in refused(found_team, new=new, by=served.clerk)


def test_members_of_the_community_join_once(served, team):
    assert join_team(team=team, members=[served.zhao, served.qian, served.sun], by=served.zhao_user) == 2
    assert join_team(team=team, members=[served.qian], by=served.clerk) == 0
    assert in_it(team) == {served.zhao.pk, served.qian.pk, served.sun.pk}
    assert "吴六不是居住在" in refused(join_team, team=team, members=[served.wu], by=served.clerk)
    assert "不在您的管理范围内" in refused(join_team, team=team, members=[served.li], by=served.qian_user)


def test_one_leaves_by_oneself_or_by_who_leads(served, team):
    join_team(team=team, members=[served.qian, served.li], by=served.clerk)
    of = {place.member_id: place for place in TeamMember.objects.filter(team=team)}
    leave_team(place=of[served.qian.pk], by=served.qian_user)
    leave_team(place=of[served.li.pk], by=served.zhao_user)
    assert in_it(team) == {served.zhao.pk}
    assert "请先改选队长" in refused(leave_team, place=of[served.zhao.pk], by=served.zhao_user)
    join_team(team=team, members=[served.qian], by=served.clerk)
    again = TeamMember.objects.get(member=served.qian, left_on=None)
    assert "不在您的管理范围内" in refused(leave_team, place=again, by=served.li_user)


def test_it_closes_with_its_places_once_nothing_is_open(served, team):
    one = activity_at(served.areas.grid1, team=team)
    assert "还有 1 个没有办结的活动" in refused(close_team, team=team, by=served.clerk)
    cancel_activity(activity=one, by=served.zhao_user, reason="大雨")
    close_team(team=team, by=served.clerk)
    assert in_it(team) == set()
    assert "已撤销" in refused(join_team, team=team, members=[served.qian], by=served.clerk)
    found_team(new=NewTeam(served.areas.grid1, "红马甲"), by=served.clerk)
