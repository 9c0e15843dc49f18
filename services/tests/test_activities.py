"""Activities: who opens them, who signs up, who waits; who came, and what comes of it."""

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

import pytest

from conftest import make_user
from gridparty.lib.dates import today
from jobs.models import Notice
from members.models import PointBalance, PointEntry
from members.tests.conftest import a_picture
from services.actions import (
    NewActivity,
    NewTeam,
    add_photos,
    cancel_activity,
    change_activity,
    claim_post,
    found_team,
    hold_activity,
    open_activity,
    sign_up,
    tick_attendance,
    withdraw_sign_up,
)
from services.choices import ActivityState, HoursState, SignUpState
from services.errors import ActivityRefused
from services.models import Activity, ServiceHours, SignUp
from services.tests.conftest import activity_at, post_at

NINE, ELEVEN = time(9), time(11)


def new_at(area, **more) -> NewActivity:
    given = {"title": "清扫楼道", "spot": "1号楼前", "on": today() + timedelta(days=7), "begins": NINE, "ends": ELEVEN}
    return NewActivity(area=area, **given | more)


@pytest.fixture
def activity(served) -> Activity:
    return activity_at(served.areas.taoyuan)


@pytest.fixture
def today_activity(served) -> Activity:
    return activity_at(served.areas.taoyuan, on=today())


@pytest.fixture
def team(served):
    """Led by 赵一, at 第1网格."""
    return found_team(new=NewTeam(served.areas.grid1, "红马甲", leader=served.zhao), by=served.secretary)


def refused(**call) -> str:
    act = call.pop("act")
    with pytest.raises(ActivityRefused) as refusal:
        act(**call)
    return str(refusal.value)


class TestOpening:
    def test_by_who_runs_services_there(self, served):
        made = open_activity(new=new_at(served.areas.grid1, places=5), by=served.grid_leader)
        assert (made.state, made.community, made.vacancies) == (ActivityState.OPEN, served.areas.taoyuan, 5)

    @pytest.mark.parametrize("who", ["next_grid_leader", "cadre", "member", "zhao_user"])
    def test_by_nobody_else(self, served, who):
        new = new_at(served.areas.grid1)
        assert "不在您的管理范围内" in refused(act=open_activity, new=new, by=getattr(served, who))

    def test_by_the_leader_of_a_team_where_the_team_is(self, served, team):
        made = open_activity(new=new_at(served.areas.grid1, team=team), by=served.zhao_user)
        assert made.team == team
        for new in (new_at(served.areas.taoyuan, team=team), new_at(served.areas.grid1)):
            assert "不在您的管理范围内" in refused(act=open_activity, new=new, by=served.zhao_user)

    def test_not_for_a_team_of_elsewhere(self, served, team):
        new = new_at(served.areas.grid2, team=team)
        assert "“红马甲”不在您的管理范围内" in refused(act=open_activity, new=new, by=served.next_grid_leader)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"title": " "}, "请填写活动名称"),
            ({"ends": NINE}, "至少半小时"),
            ({"ends": time(9, 20)}, "至少半小时"),
            ({"on": today() - timedelta(days=1)}, "活动日期已过"),
            ({"places": 0}, "名额至少为 1"),
            ({"sign_up_until": today() + timedelta(days=8)}, "报名截止日期晚于活动日期"),
        ],
    )
    def test_what_is_no_activity(self, served, change, sentence):
        new = replace(new_at(served.areas.taoyuan), **change)
        assert sentence in refused(act=open_activity, new=new, by=served.secretary)


class TestSigningUp:
    def test_a_place_is_taken_once(self, served, activity):
        first = sign_up(activity=activity, by=served.zhao_user)
        assert sign_up(activity=activity, by=served.zhao_user) == first
        activity.refresh_from_db()
        assert (first.state, activity.taken) == (SignUpState.SIGNED, 1)

    def test_where_it_is_not_for_one(self, served, activity):
        assert "不面向您所在的社区" in refused(act=sign_up, activity=activity, by=served.wu_user)
        assert "没有与您账号对应的在册党员档案" in refused(act=sign_up, activity=activity, by=served.grid_leader)

    def test_after_the_last_day(self, served):
        late = activity_at(served.areas.taoyuan, sign_up_until=today() - timedelta(days=1))
        assert "报名已于" in refused(act=sign_up, activity=late, by=served.zhao_user)
        past = activity_at(served.areas.taoyuan, on=today() - timedelta(days=1))
        assert "报名已于" in refused(act=sign_up, activity=past, by=served.zhao_user)

    def test_two_of_one_time(self, served, activity):
        sign_up(activity=activity, by=served.zhao_user)
        other = activity_at(served.areas.taoyuan, title="义诊", begins=time(10), ends=time(12))
        assert "与您的“清扫楼道”" in refused(act=sign_up, activity=other, by=served.zhao_user)
        after = activity_at(served.areas.taoyuan, begins=ELEVEN, ends=time(12))
        assert sign_up(activity=after, by=served.zhao_user).state == SignUpState.SIGNED

    def test_at_the_time_of_a_post(self, served, activity):
        weekly = [(activity.on.weekday(), 10, 12)]
        claim_post(post=post_at(served.areas.taoyuan, starts_on=today(), shifts=weekly), by=served.zhao_user)
        assert "与您的“楼院巡逻”" in refused(act=sign_up, activity=activity, by=served.zhao_user)

    def test_full_then_waiting_then_in(self, served):
        one = activity_at(served.areas.taoyuan, places=1)
        first = sign_up(activity=one, by=served.zhao_user)
        assert "名额已满" in refused(act=sign_up, activity=one, by=served.qian_user)
        waits = [sign_up(activity=one, by=user, wait=True) for user in (served.qian_user, served.li_user)]
        assert {row.state for row in waits} == {SignUpState.WAITING}
        withdraw_sign_up(signup=first, by=served.zhao_user)
        states = dict(SignUp.objects.values_list("member", "state"))
        assert states == {served.zhao.pk: "withdrawn", served.qian.pk: "signed", served.li.pk: "waiting"}
        one.refresh_from_db()
        assert one.taken == 1
        assert list(Notice.objects.values_list("recipient", "subject")) == [(served.qian_user.pk, "候补成功：清扫楼道")]

    def test_who_waits_leaves_without_moving_anybody(self, served):
        one = activity_at(served.areas.taoyuan, places=1)
        sign_up(activity=one, by=served.zhao_user)
        waits = sign_up(activity=one, by=served.qian_user, wait=True)
        withdraw_sign_up(signup=waits, by=served.qian_user)
        withdraw_sign_up(signup=waits, by=served.qian_user)
        one.refresh_from_db()
        assert one.taken == 1

    def test_only_one_s_own_is_withdrawn(self, served, activity):
        row = sign_up(activity=activity, by=served.zhao_user)
        for by in (served.qian_user, served.secretary):
            assert "由本人退出" in refused(act=withdraw_sign_up, signup=row, by=by)

    def test_who_withdrew_may_come_back(self, served, activity):
        withdraw_sign_up(signup=sign_up(activity=activity, by=served.zhao_user), by=served.zhao_user)
        assert sign_up(activity=activity, by=served.zhao_user).state == SignUpState.SIGNED
        activity.refresh_from_db()
        assert activity.taken == 1


class TestChanging:
    def test_more_places_go_to_who_waits(self, served):
        one = activity_at(served.areas.taoyuan, places=1)
        sign_up(activity=one, by=served.zhao_user)
        for user in (served.qian_user, served.li_user):
            sign_up(activity=one, by=user, wait=True)
        change_activity(activity=one, new=new_at(served.areas.taoyuan, places=2), by=served.secretary)
        one.refresh_from_db()
        assert one.taken == 2
        assert list(SignUp.objects.filter(state="signed").values_list("member", flat=True)) == [served.zhao.pk, served.qian.pk]
        assert "名额不能少于" in refused(
            act=change_activity, activity=one, new=new_at(served.areas.taoyuan, places=1), by=served.secretary
        )

    def test_another_time_is_told_to_who_signed_up(self, served, activity):
        sign_up(activity=activity, by=served.zhao_user)
        change_activity(activity=activity, new=new_at(served.areas.taoyuan, ends=time(12)), by=served.clerk)
        assert list(Notice.objects.values_list("recipient", "subject")) == [(served.zhao_user.pk, "活动时间或地点有变：清扫楼道")]
        change_activity(activity=activity, new=new_at(served.areas.taoyuan, ends=time(12), text="带手套"), by=served.clerk)
        assert Notice.objects.count() == 1

    def test_cancelled_with_a_reason_and_everybody_told(self, served):
        one = activity_at(served.areas.taoyuan, places=1)
        sign_up(activity=one, by=served.zhao_user)
        sign_up(activity=one, by=served.qian_user, wait=True)
        assert "请填写取消的原因" in refused(act=cancel_activity, activity=one, by=served.clerk, reason=" ")
        cancel_activity(activity=one, by=served.clerk, reason="大雨")
        assert set(Notice.objects.values_list("recipient", flat=True)) == {served.zhao_user.pk, served.qian_user.pk}
        assert "大雨" in Notice.objects.first().body
        assert "活动已取消" in refused(act=sign_up, activity=one, by=served.li_user)
        assert "活动已取消" in refused(act=change_activity, activity=one, new=new_at(served.areas.taoyuan), by=served.clerk)

    def test_by_who_does_not_run_it(self, served, activity):
        for by in (served.next_grid_leader, served.grid_leader, served.zhao_user, served.cadre):
            assert "不由您组织" in refused(act=cancel_activity, activity=activity, by=by, reason="大雨")
            assert "不由您组织" in refused(act=hold_activity, activity=activity, by=by)
            assert "不由您组织" in refused(act=tick_attendance, activity=activity, by=by, members=[served.zhao])


class TestAttendance:
    def test_ticked_and_taken_off_again(self, served, today_activity):
        sign_up_all(served, today_activity, "zhao", "qian")
        tick_attendance(activity=today_activity, members=[served.zhao, served.qian], by=served.clerk)
        assert tick_attendance(activity=today_activity, members=[served.zhao], gone=[served.qian], by=served.clerk) == 0
        assert list(SignUp.objects.exclude(attended="").values_list("member", "attended")) == [(served.zhao.pk, "tick")]

    def test_who_came_without_signing_up_has_a_place_where_there_is_one(self, served):
        one = activity_at(served.areas.taoyuan, on=today(), places=1)
        tick_attendance(activity=one, members=[served.sun], by=served.clerk)
        one.refresh_from_db()
        assert (one.taken, one.signups.get().state) == (1, "signed")
        assert "李四没有名额" in refused(act=tick_attendance, activity=one, members=[served.li], by=served.clerk)
        assert SignUp.objects.count() == 1

    def test_not_of_elsewhere_and_not_before_the_day(self, served, activity, today_activity):
        assert "吴六不是活动所在社区的在册党员" in refused(
            act=tick_attendance, activity=today_activity, members=[served.wu], by=served.clerk
        )
        assert "当天起才能登记签到" in refused(act=tick_attendance, activity=activity, members=[served.zhao], by=served.clerk)

    def test_who_came_does_not_withdraw(self, served, today_activity):
        tick_attendance(activity=today_activity, members=[served.zhao], by=served.clerk)
        row = SignUp.objects.get()
        assert "您已签到" in refused(act=withdraw_sign_up, signup=row, by=served.zhao_user)
        assert "已有人签到" in refused(act=cancel_activity, activity=today_activity, by=served.clerk, reason="大雨")


def sign_up_all(served, activity, *names):
    """By those of them that have not signed up, at a time that is not over for them."""
    for name in names:
        SignUp.objects.create(activity=activity, member=getattr(served, name), state=SignUpState.SIGNED)
    Activity.objects.filter(pk=activity.pk).update(taken=len(names))


class TestHolding:
    def test_hours_and_points_for_who_came_once(self, served, today_activity):
        sign_up_all(served, today_activity, "zhao", "qian", "li")
        tick_attendance(activity=today_activity, members=[served.zhao, served.qian], by=served.clerk)
        held = hold_activity(activity=today_activity, by=served.clerk)
        assert hold_activity(activity=today_activity, by=served.secretary).hours == ()
        assert (len(held.hours), held.skipped) == (2, [])
        rows = ServiceHours.objects.order_by("pk")
        assert list(rows.values_list("member", "hours", "state", "decided_by", "unpaid")) == [
            (served.zhao.pk, Decimal("2.0"), "confirmed", served.clerk.pk, ""),
            (served.qian.pk, Decimal("2.0"), "confirmed", served.clerk.pk, ""),
        ]
        entries = PointEntry.objects.order_by("pk").values_list("balance__member", "item__code", "quantity", "points", "source")
        assert list(entries) == [(row.member_id, "C1", Decimal("2.0"), Decimal("2.0"), f"hours:{row.pk}") for row in rows]
        assert PointBalance.objects.get(member=served.zhao, year=today().year).total == 62

    def test_the_hours_of_whoever_closes_it_wait(self, served, team):
        one = activity_at(served.areas.grid1, on=today(), team=team)
        tick_attendance(activity=one, members=[served.zhao, served.qian], by=served.zhao_user)
        hold_activity(activity=one, by=served.zhao_user)
        assert dict(ServiceHours.objects.values_list("member", "state")) == {
            served.zhao.pk: HoursState.PROPOSED,
            served.qian.pk: HoursState.CONFIRMED,
        }
        assert PointEntry.objects.count() == 1

    def test_who_has_other_hours_at_that_time_is_named(self, served, today_activity):
        tick_attendance(activity=today_activity, members=[served.zhao, served.qian], by=served.clerk)
        other = activity_at(served.areas.taoyuan, on=today(), begins=time(10), ends=time(12), title="义诊")
        tick_attendance(activity=other, members=[served.zhao], by=served.clerk)
        hold_activity(activity=other, by=served.clerk)
        held = hold_activity(activity=today_activity, by=served.clerk)
        assert held.skipped == [served.zhao]
        assert [row.member for row in held.hours] == [served.qian]

    def test_not_before_its_day_and_not_if_cancelled(self, served, activity):
        assert "当天起才能办结" in refused(act=hold_activity, activity=activity, by=served.clerk)
        cancel_activity(activity=activity, by=served.clerk, reason="大雨")
        assert "活动已取消" in refused(act=hold_activity, activity=activity, by=served.clerk)

    def test_the_queries_do_not_grow_with_who_came(self, served, django_assert_num_queries):
        for hour, names in ((1, ["zhao", "qian"]), (2, ["zhao", "qian", "li", "sun", "zhou"])):
            one = activity_at(served.areas.taoyuan, on=today(), begins=time(hour), ends=time(hour + 1))
            tick_attendance(activity=one, members=[getattr(served, name) for name in names], by=served.clerk)
            with django_assert_num_queries(42):
                held = hold_activity(activity=one, by=served.clerk)
            assert len(held.hours) == len(names)


class TestPhotos:
    def test_up_to_six(self, served, activity):
        assert add_photos(activity=activity, photos=[a_picture() for _n in range(4)], by=served.clerk) == 4
        assert "最多 6 张照片，已有 4 张" in refused(
            act=add_photos, activity=activity, photos=[a_picture() for _n in range(3)], by=served.clerk
        )
        assert add_photos(activity=activity, photos=[a_picture(), a_picture()], by=served.clerk) == 6
        assert activity.photos.count() == 6


def test_the_leader_of_a_closed_team_runs_nothing(served, team):
    one = activity_at(served.areas.grid1, on=today(), team=team)
    type(team).objects.filter(pk=team.pk).update(closed_on=today())
    assert "不由您组织" in refused(act=hold_activity, activity=one, by=served.zhao_user)
    other = make_user(None, None, username="other")
    assert "不由您组织" in refused(act=hold_activity, activity=one, by=other)
