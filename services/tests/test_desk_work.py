"""What waits at the desk, what is counted of services, and what becomes of it when an area closes."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gridparty.lib.dates import today
from gridparty.lib.figures import counted
from grids.actions import close_area, merge_grids
from grids.errors import AreaRefused
from services.actions import (
    NewHours,
    NewTeam,
    claim_post,
    decide_hours,
    enter_hours,
    explain_absence,
    found_team,
    move_claim,
    note_absence,
    sign_up,
)
from services.errors import ActivityRefused
from services.models import Activity, ServicePost, Team
from services.tests.conftest import activity_at, post_at
from services.worklists import services_work


def hours_of(user, areas):
    on = today() - timedelta(days=1)
    return enter_hours(new=NewHours(on, time(9), time(11), note="清扫落叶", area=areas.taoyuan), by=user)


@pytest.fixture
def busy(served, areas):
    """One of everything that waits in 桃园."""
    post_at(areas.grid1, state="submitted")
    claim_post(post=post_at(areas.grid1), by=served.qian_user)
    hours_of(served.zhao_user, areas)
    begun = post_at(areas.taoyuan, starts_on=today())
    claim = move_claim(claim=claim_post(post=begun, by=served.zhao_user), move="approve", by=served.secretary)
    absence = note_absence(claim=claim, on=today(), by=served.secretary)
    explain_absence(absence=absence, by=served.zhao_user, text="加班")
    return served


class TestWorklists:
    def test_each_number_is_that_of_the_list_it_leads_to(self, client, busy):
        everything = {"待审批岗位": 1, "待确认认领": 1, "待确认时长": 1, "待答复说明": 1}
        expected = {"secretary": everything, "street_officer": everything, "cadre": {}, "system_admin": {}}
        expected["clerk"] = {name: n for name, n in everything.items() if name != "待审批岗位"}
        for who, numbers in expected.items():
            user = getattr(busy, who)
            client.force_login(user)
            found = services_work(user)
            assert {str(one.title): one.count for one in found} == numbers, who
            for one in found:
                assert len(client.get(one.url).context["cl"].result_list) == one.count, (who, one.title)

    def test_one_query(self, served, areas, busy):
        served.secretary.scope  # noqa: B018
        with CaptureQueriesContext(connection) as captured:
            services_work(served.secretary)
        assert len(captured) == 1


def test_figures_of_a_week(served, areas):
    week = (today() - timedelta(days=6), today())
    post_at(areas.grid1, published_at=timezone.now())
    post_at(areas.grid2, published_at=timezone.now() - timedelta(days=30))
    post_at(areas.liuyuan, published_at=timezone.now())
    decide_hours(rows=[hours_of(served.zhao_user, areas)], confirm=True, by=served.secretary)
    hours_of(served.qian_user, areas)
    keys = ("posts_published", "hours")
    places = (areas.grid1, areas.taoyuan, areas.east, areas.grid2)
    numbers = [tuple(counted(area, *week)[key] for key in keys) for area in places]
    assert numbers == [(1, 0), (1, 1), (2, 1), (0, 0)]


class TestClosedAreas:
    def test_what_goes_on_goes_to_the_area_above(self, served, areas):
        post, activity = post_at(areas.building2), activity_at(areas.building2)
        team = found_team(new=NewTeam(areas.building2, "红马甲", "", served.zhao), by=served.secretary)
        close_area(area=areas.building2, by=None)
        for row in (post, activity, team):
            row.refresh_from_db()
        assert {(row.area, row.grid, row.community) for row in (post, activity, team)} == {
            (areas.grid1, areas.grid1, areas.taoyuan)
        }

    def test_what_is_over_wants_a_receiving_area(self, served, areas):
        over = post_at(areas.building2, state="ended")
        with pytest.raises(AreaRefused, match="服务岗位"):
            close_area(area=areas.building2, by=None)
        close_area(area=areas.building2, into=areas.building1, by=None)
        over.refresh_from_db()
        assert (over.area, over.state) == (areas.building1, "ended")

    def test_merged_with_claims_and_sign_ups(self, served, areas):
        post, activity = post_at(areas.grid2), activity_at(areas.grid2)
        claim_post(post=post, by=served.zhao_user)
        sign_up(activity=activity, by=served.sun_user)
        merge_grids(grids=[areas.grid2], into=areas.grid1, by=served.secretary)
        assert ServicePost.objects.get().area == Activity.objects.get().area == areas.grid1
        assert ServicePost.objects.get().taken == Activity.objects.get().taken == 1

    def test_two_teams_of_one_name_are_not_made_one(self, served, areas):
        for grid in (areas.grid1, areas.grid2):
            found_team(new=NewTeam(grid, "红马甲", "", served.sun), by=served.secretary)
        with pytest.raises(ActivityRefused, match="“第1网格”已有同名的服务队“红马甲”"):
            merge_grids(grids=[areas.grid2], into=areas.grid1, by=served.secretary)
        assert {team.area for team in Team.objects.all()} == {areas.grid1, areas.grid2}
