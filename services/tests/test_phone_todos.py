"""What waits in services on the phone: for who runs them, for members, for leaders of teams; and the place in the tab bar."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from accounts.models import Appointment, User
from gridparty.lib.dates import today
from grids.actions import place
from services.actions import (
    NewHours,
    NewTeam,
    claim_post,
    enter_hours,
    found_team,
    move_claim,
    note_absence,
    sign_up,
    tick_attendance,
)
from services.models import Activity, ServiceHours, ServicePost
from services.phone import services_of_mine, services_tab, services_to_run
from services.tests.conftest import activity_at, post_at

YESTERDAY = today() - timedelta(days=1)


@pytest.fixture
def zhao_user(served, areas) -> User:
    """赵一 with the post of a member, as who logs in as one has."""
    post = Appointment(user=served.zhao_user, role=Role.MEMBER, starts_on=date(2020, 1, 1))
    place(row=post, area=areas.grid1)
    post.save()
    return User.objects.get(pk=served.zhao_user.pk)


def waiting(contribute, user) -> dict[str, int]:
    return {str(todo.title): todo.count for todo in contribute(user) if todo.count}


def hours_of(user, areas) -> ServiceHours:
    return enter_hours(new=NewHours(YESTERDAY, time(9), time(11), note="清扫落叶", area=areas.taoyuan), by=user)


class TestRunning:
    def test_claims_hours_and_posts(self, served, areas, zhao_user):
        for area in (areas.grid1, areas.taoyuan):
            claim_post(post=post_at(area), by=zhao_user)
        hours_of(zhao_user, areas)
        post_at(areas.grid1, state="submitted")
        assert waiting(services_to_run, served.secretary) == {"岗位待审批": 1, "认领待确认": 2, "服务时长待确认": 1}
        assert waiting(services_to_run, served.grid_leader) == {"认领待确认": 1}
        assert waiting(services_to_run, served.next_grid_leader) == {}

    def test_nothing_for_who_runs_none_or_has_no_phone(self, served, areas, zhao_user):
        claim_post(post=post_at(areas.taoyuan), by=zhao_user)
        assert services_to_run(zhao_user) == services_to_run(served.street_officer) == services_to_run(served.cadre) == []

    def test_ones_own_claim_does_not_wait_for_oneself(self, served, areas, zhao_user):
        claim_post(post=post_at(areas.grid1), by=zhao_user)
        served.zhao.person.user = served.grid_leader
        served.zhao.person.save()
        assert waiting(services_to_run, served.grid_leader) == {}


class TestTakingPart:
    def test_what_begins(self, served, areas, zhao_user):
        for days in (20, 40):
            post = post_at(areas.taoyuan, starts_on=today() + timedelta(days=days))
            move_claim(claim=claim_post(post=post, by=zhao_user), move="approve", by=served.secretary)
        ServicePost.objects.filter(starts_on=today() + timedelta(days=20)).update(starts_on=today())
        for days in (3, 4, 5):
            sign_up(activity=activity_at(areas.taoyuan, on=today() + timedelta(days=days)), by=zhao_user)
        for days, activity in enumerate(Activity.objects.order_by("on")):
            Activity.objects.filter(pk=activity.pk).update(on=today() + timedelta(days=days))
        found = {"今天参加的活动": 1, "明天参加的活动": 1, "本周上岗": 1}
        assert waiting(services_of_mine, zhao_user) == found
        assert waiting(services_of_mine, served.member) == {}

    def test_a_day_one_may_explain(self, served, areas, zhao_user):
        post = post_at(areas.taoyuan, starts_on=today())
        claim = move_claim(claim=claim_post(post=post, by=zhao_user), move="approve", by=served.secretary)
        note_absence(claim=claim, on=today(), by=served.secretary)
        assert waiting(services_of_mine, zhao_user) == {"未到岗记录": 1}

    def test_a_leader_confirms_the_hours_of_the_team(self, served, areas, zhao_user):
        team = found_team(new=NewTeam(areas.taoyuan, "红马甲", "", served.zhao), by=served.secretary)
        activity = activity_at(areas.taoyuan, team=team)
        sign_up(activity=activity, by=served.qian_user)
        Activity.objects.update(on=YESTERDAY)
        tick_attendance(activity=activity, members=[served.qian], by=served.secretary)
        entered = NewHours(YESTERDAY, time(9), time(11), signup=activity.signups.get())
        enter_hours(new=entered, by=served.qian_user)
        assert waiting(services_of_mine, zhao_user) == {"队员时长待确认": 1}


def test_one_query_each_however_many_wait(served, areas, zhao_user):
    def costs() -> list[int]:
        found = []
        for contribute in (services_to_run, services_of_mine):
            for user in (served.secretary, zhao_user):
                user.scope  # noqa: B018
                with CaptureQueriesContext(connection) as captured:
                    contribute(user)
                found.append(len(captured))
        return found

    before = costs()
    for area in (areas.grid1, areas.grid2, areas.taoyuan):
        claim_post(post=post_at(area), by=zhao_user)
    assert before == costs() == [1, 0, 1, 1]


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        *(("grid_leader", True), ("secretary", True), ("member", True), ("qian_user", True), ("li_user", True)),
        *(("building_leader", False), ("street_officer", False), ("cadre", False), ("nobody", False)),
    ],
)
def test_the_place_in_the_tab_bar(served, who, shown):
    assert [tab.route for tab in services_tab(getattr(served, who))] == (["services:hub"] if shown else [])
