"""Hours: entered by the member, confirmed by another, turned into points once; and taken back."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.choices import Role
from accounts.models import Appointment, User
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from grids.actions import place
from jobs.models import Notice
from members.actions import NewEntry, freeze_year, post_points
from members.choices import Feed
from members.errors import PointsRefused
from members.models import ExemptClass, PointBalance, PointEntry, PointItem
from services.actions import (
    NewHours,
    NewTeam,
    decide_hours,
    enter_hours,
    found_team,
    hold_activity,
    take_back_hours,
    tick_attendance,
    withdraw_hours,
)
from services.choices import ClaimState, HoursState
from services.errors import HoursRefused
from services.models import Claim, ServiceHours
from services.tests.conftest import activity_at, post_at

YESTERDAY = today() - timedelta(days=1)


def new_in(served, **more) -> NewHours:
    given = {"on": YESTERDAY, "begins": time(9), "ends": time(11), "note": "看望独居老人", "area": served.areas.taoyuan}
    return NewHours(**given | more)


@pytest.fixture
def hours(served) -> ServiceHours:
    """赵一's, two of them, yesterday."""
    return enter_hours(new=new_in(served), by=served.zhao_user)


def refused(act, **call) -> str:
    with pytest.raises(HoursRefused) as refusal:
        act(**call)
    return str(refusal.value)


def hours_row(served, member, **more) -> ServiceHours:
    """Hours as they stand in the table."""
    given = {"on": YESTERDAY, "begins": time(9), "ends": time(11), "hours": Decimal(2), "note": "清扫"}
    row = ServiceHours(member=member, **given | more)
    place(row=row, area=served.areas.taoyuan)
    row.save()
    return row


def claim_of(served, member, **more) -> Claim:
    term = {"starts_on": today() - timedelta(days=30), "ends_on": today() + timedelta(days=30)}
    post = post_at(served.areas.taoyuan, **term)
    given = {"state": ClaimState.SERVING, "started_on": today() - timedelta(days=20)}
    return Claim.objects.create(post=post, member=member, **given | more)


class TestEntering:
    def test_they_stand_in_one_s_community_and_wait(self, served, hours):
        assert (hours.state, hours.hours, hours.community) == (HoursState.PROPOSED, Decimal(2), served.areas.taoyuan)
        assert PointEntry.objects.count() == 0

    @pytest.mark.parametrize(
        ("ends", "length"), [(time(9, 30), "0.5"), (time(9, 59), "0.5"), (time(10), "1"), (time(23, 59), "14.5")]
    )
    def test_they_count_to_the_full_half_hour(self, served, ends, length):
        assert enter_hours(new=new_in(served, ends=ends), by=served.zhao_user).hours == Decimal(length)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"ends": time(9)}, "至少半小时"),
            ({"ends": time(8)}, "至少半小时"),
            ({"ends": time(9, 29)}, "至少半小时"),
            ({"on": today() + timedelta(days=1)}, "服务还没有结束"),
            ({"on": today() - timedelta(days=91)}, "只能登记 90 天以内"),
            ({"note": " "}, "请写明服务内容"),
        ],
    )
    def test_what_cannot_be(self, served, change, sentence):
        assert sentence in refused(enter_hours, new=new_in(served, **change), by=served.zhao_user)
        assert ServiceHours.objects.count() == 0

    def test_of_no_other_community(self, served):
        new = new_in(served, area=served.areas.liuyuan)
        assert "居住或组织关系所在的社区" in refused(enter_hours, new=new, by=served.zhao_user)

    def test_by_members_alone(self, served):
        assert "没有与您账号对应的在册党员档案" in refused(enter_hours, new=new_in(served), by=served.secretary)

    @pytest.mark.parametrize(
        ("begins", "ends"), [(time(10), time(12)), (time(8), time(9, 30)), (time(9), time(11)), (time(8), time(12))]
    )
    def test_none_overlap(self, served, hours, begins, ends):
        sentence = refused(enter_hours, new=new_in(served, begins=begins, ends=ends), by=served.zhao_user)
        assert "09:00—11:00“看望独居老人”（待确认）时间重叠" in sentence
        enter_hours(new=new_in(served, begins=begins, ends=ends), by=served.qian_user)

    def test_one_after_the_other_of_a_day(self, served, hours):
        enter_hours(new=new_in(served, begins=time(11), ends=time(12)), by=served.zhao_user)
        enter_hours(new=new_in(served, begins=time(7), ends=time(9)), by=served.zhao_user)
        assert sum(row.hours for row in ServiceHours.objects.all()) == 5

    def test_what_was_withdrawn_or_refused_is_in_nobody_s_way(self, served, hours):
        withdraw_hours(hours=hours, by=served.zhao_user)
        again = enter_hours(new=new_in(served), by=served.zhao_user)
        decide_hours(rows=[again], confirm=False, by=served.clerk, reason="没有到场")
        assert enter_hours(new=new_in(served), by=served.zhao_user).state == HoursState.PROPOSED

    def test_in_a_post_within_its_time(self, served):
        claim = claim_of(served, served.zhao)
        row = enter_hours(new=new_in(served, claim=claim, area=None, note=""), by=served.zhao_user)
        assert (row.claim, row.area) == (claim, claim.post.area)
        early = new_in(served, claim=claim, on=today() - timedelta(days=21))
        assert "不在您“楼院巡逻”的在岗期间" in refused(enter_hours, new=early, by=served.zhao_user)
        assert "不在您“楼院巡逻”的在岗期间" in refused(enter_hours, new=new_in(served, claim=claim), by=served.qian_user)
        Claim.objects.filter(pk=claim.pk).update(state=ClaimState.ENDED, ended_on=today() - timedelta(days=5))
        late = new_in(served, claim=claim, on=today() - timedelta(days=4))
        assert "不在您“楼院巡逻”的在岗期间" in refused(enter_hours, new=late, by=served.zhao_user)
        last = new_in(served, claim=claim, on=today() - timedelta(days=5))
        assert enter_hours(new=last, by=served.zhao_user).claim == claim

    def test_in_a_post_that_was_not_taken_up(self, served):
        claim = claim_of(served, served.zhao, state=ClaimState.APPLIED, started_on=None)
        assert "在岗期间" in refused(enter_hours, new=new_in(served, claim=claim), by=served.zhao_user)

    def test_only_one_s_own_are_withdrawn_while_they_wait(self, served, hours):
        assert "由本人撤回" in refused(withdraw_hours, hours=hours, by=served.qian_user)
        decide_hours(rows=[hours], confirm=True, by=served.clerk)
        assert "已确认，不能撤回" in refused(withdraw_hours, hours=hours, by=served.zhao_user)


class TestDeciding:
    def test_points_once_however_often_confirmed(self, served, hours):
        assert decide_hours(rows=[hours], confirm=True, by=served.clerk) == 1
        assert decide_hours(rows=[hours], confirm=True, by=served.secretary) == 0
        entry = PointEntry.objects.get()
        assert (entry.item.code, entry.quantity, entry.points, entry.note, entry.source, entry.decided_by) == (
            *("C1", Decimal(2), Decimal(2), "看望独居老人", f"hours:{hours.pk}", served.clerk),
        )
        assert PointBalance.objects.get(member=served.zhao, year=YESTERDAY.year).total == 62

    def test_two_services_of_a_day_both_count(self, served, hours):
        more = enter_hours(new=new_in(served, begins=time(14), ends=time(15)), by=served.zhao_user)
        decide_hours(rows=[hours, more], confirm=True, by=served.clerk)
        assert sorted(PointEntry.objects.values_list("points", flat=True)) == [1, 2]

    def test_refused_with_a_reason_that_is_told(self, served, hours):
        assert "请填写不予确认的原因" in refused(decide_hours, rows=[hours], confirm=False, by=served.clerk)
        decide_hours(rows=[hours], confirm=False, by=served.clerk, reason="没有到场")
        hours.refresh_from_db()
        assert (hours.state, hours.reason) == (HoursState.REFUSED, "没有到场")
        assert list(Notice.objects.values_list("recipient", flat=True)) == [served.zhao_user.pk]
        assert "不予确认，不能再确认" in refused(decide_hours, rows=[hours], confirm=True, by=served.clerk)

    def test_nobody_confirms_their_own(self, served):
        """钱二 as the clerk of 桃园, too."""
        post = Appointment(user=served.qian_user, role=Role.COMMUNITY_CLERK, starts_on=today())
        place(row=post, area=served.areas.taoyuan)
        post.save()
        qian = User.objects.get(pk=served.qian_user.pk)
        own, other = hours_row(served, served.qian), hours_row(served, served.zhao)
        assert "不能确认自己的时长" in refused(decide_hours, rows=[own, other], confirm=True, by=qian)
        assert not ServiceHours.objects.confirmed().exists()
        assert decide_hours(rows=[other], confirm=True, by=qian) == 1

    @pytest.mark.parametrize("who", ["cadre", "member", "li_user", "grid_leader"])
    def test_nor_those_out_of_reach(self, served, hours, who):
        assert "不由您确认" in refused(decide_hours, rows=[hours], confirm=True, by=getattr(served, who))

    def test_the_leader_of_a_team_confirms_those_of_its_activities(self, served):
        team = found_team(new=NewTeam(served.areas.grid1, "红马甲", leader=served.zhao), by=served.secretary)
        one = activity_at(served.areas.grid1, on=YESTERDAY, team=team)
        tick_attendance(activity=one, members=[served.zhao, served.qian], by=served.clerk)
        signup = one.signups.get(member=served.qian)
        row = enter_hours(new=new_in(served, signup=signup), by=served.qian_user)
        assert decide_hours(rows=[row], confirm=True, by=served.zhao_user) == 1


class TestWhatCannotCount:
    def confirmed(self, served, member, **more) -> str:
        row = hours_row(served, member, **more)
        decide_hours(rows=[row], confirm=True, by=served.clerk)
        row.refresh_from_db()
        assert row.state == HoursState.CONFIRMED
        return row.unpaid

    def test_of_an_exempt_class(self, served):
        ExemptClass.objects.create(scheme=served.scheme, member_class=served.parties.ordinary)
        PointBalance.objects.filter(member=served.zhao).update(ranked=False)
        assert "不参加积分" in self.confirmed(served, served.zhao)
        assert PointEntry.objects.count() == 0

    def test_of_a_year_that_is_closed(self, served):
        hours_row(served, served.zhao)
        freeze_year(scheme=served.scheme, by=served.street_officer)
        assert "不能再记分" in self.confirmed(served, served.qian)

    def test_of_a_year_without_a_scheme(self, served):
        long_ago = today().replace(year=today().year - 1, month=12, day=1)
        assert f"{long_ago.year}年没有适用的积分办法" in self.confirmed(served, served.zhao, on=long_ago)

    def test_where_no_item_is_fed(self, served):
        PointItem.objects.filter(pk=served.items["C1"].pk).update(feed="")
        assert "没有按服务时长自动记分的项目" in self.confirmed(served, served.zhao)

    def test_what_was_entered_by_hand_does_not_count_twice(self, served):
        new = NewEntry(served.zhao, served.items["C1"], YESTERDAY, "form:1", note="看望独居老人")
        post_points(entries=[new], by=served.zhao_user)
        assert "当天已按“志愿服务”申报或记过分" in self.confirmed(served, served.zhao)
        assert PointEntry.objects.count() == 1

    def test_one_never_stops_the_others(self, served):
        PointBalance.objects.filter(member=served.zhao).update(ranked=False)
        rows = [hours_row(served, member) for member in (served.zhao, served.qian, served.li)]
        assert decide_hours(rows=rows, confirm=True, by=served.clerk) == 3
        assert set(PointEntry.objects.values_list("balance__member", flat=True)) == {served.qian.pk, served.li.pk}
        assert list(ServiceHours.objects.exclude(unpaid="").values_list("member", flat=True)) == [served.zhao.pk]

    def test_attendance_counts_where_an_item_is_fed_by_it(self, served):
        PointItem.objects.filter(pk=served.items["B2"].pk).update(feed=Feed.ATTENDANCE)
        one = activity_at(served.areas.taoyuan, on=today())
        tick_attendance(activity=one, members=[served.zhao], by=served.clerk)
        hold_activity(activity=one, by=served.clerk)
        hours = ServiceHours.objects.get()
        sources = {f"hours:{hours.pk}": Decimal(2), f"activity:{one.pk}": Decimal(2)}
        assert dict(PointEntry.objects.values_list("source", "points")) == sources
        take_back_hours(hours=hours, by=served.secretary, reason="没有到场")
        assert PointBalance.objects.get(member=served.zhao, year=today().year).total == 60


class TestTakingBack:
    def test_the_points_go_with_the_hours(self, served, hours):
        decide_hours(rows=[hours], confirm=True, by=served.clerk)
        taken = take_back_hours(hours=hours, by=served.secretary, reason="记错人")
        assert take_back_hours(hours=hours, by=served.secretary, reason="记错人").state == HoursState.TAKEN_BACK
        assert (taken.state, taken.reason) == (HoursState.TAKEN_BACK, "记错人")
        assert PointBalance.objects.get(member=served.zhao, year=YESTERDAY.year).total == 60
        assert PointEntry.objects.count() == 2
        assert Notice.objects.filter(recipient=served.zhao_user).count() == 1

    def test_the_ledger_s_refusal_leaves_the_hours_as_they_are(self, served, hours):
        decide_hours(rows=[hours], confirm=True, by=served.clerk)
        freeze_year(scheme=served.scheme, by=served.street_officer)
        with pytest.raises(PointsRefused, match="不能办理冲正"):
            take_back_hours(hours=hours, by=served.secretary, reason="记错人")
        hours.refresh_from_db()
        assert hours.state == HoursState.CONFIRMED

    def test_with_a_reason_within_reach_and_not_one_s_own(self, served, hours):
        decide_hours(rows=[hours], confirm=True, by=served.clerk)
        assert "请填写更正的原因" in refused(take_back_hours, hours=hours, by=served.secretary, reason=" ")
        assert "不能更正自己的时长" in refused(take_back_hours, hours=hours, by=served.zhao_user, reason="记错人")
        assert "不在您的管理范围内" in refused(take_back_hours, hours=hours, by=served.grid_leader, reason="记错人")

    def test_what_was_not_confirmed_needs_it_not(self, served, hours):
        assert "待确认，不用更正" in refused(take_back_hours, hours=hours, by=served.secretary, reason="记错人")


def test_hours_of_today_once_they_are_over(served):
    now = timezone.localtime()
    if now.hour == 0:
        pytest.skip("nothing of today is over yet")
    begun = new_in(served, on=today(), begins=time(0), ends=time(now.hour))
    assert enter_hours(new=begun, by=served.zhao_user).on == today()


def test_deciding_takes_as_many_queries_for_two_as_for_five(served, django_assert_num_queries):
    for hour, members in ((1, ["zhao", "qian"]), (2, ["zhao", "qian", "li", "sun", "zhou"])):
        rows = [hours_row(served, getattr(served, name), begins=time(hour), ends=time(hour + 1)) for name in members]
        assert served.clerk.scope.has(Can.RUN_SERVICES)  # looked up once for a request
        with django_assert_num_queries(36):
            assert decide_hours(rows=rows, confirm=True, by=served.clerk) == len(members)
