# ruff: noqa: F811 - fixtures are imported by name
"""Resolutions until they are done: passed with a quorum, owned, reported, confirmed, checked, handed on as cases."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.actions import Said, move_case
from cases.choices import Outcome, Source, Step
from cases.errors import CaseRefused
from cases.models import Case, Subject
from gridparty.lib.dates import today
from jobs.models import Notice
from liaison.actions.resolutions import (
    NewResolution,
    change_resolution,
    check_resolution,
    move_resolution,
    pass_resolution,
    report_resolution,
    resolution_to_case,
    withdraw_resolution,
)
from liaison.choices import Check, MeetingState, Quorum, ResolutionState
from liaison.errors import ResolutionRefused
from liaison.mine import followed, with_all
from liaison.models import AgendaItem, Resolution
from liaison.tests.assembled import assembly, ledger, parties  # noqa: F401 - fixtures
from liaison.tests.meeting_rows import meeting_of, member_of, resolution_of

IN_A_MONTH = today() + timedelta(days=30)


def new(assembly, **values) -> NewResolution:
    return NewResolution(**{"text": "修好东门路灯", "owner": assembly.owner, "due_on": IN_A_MONTH} | values)


def told(user) -> list[str]:
    return list(Notice.objects.filter(recipient=user).order_by("pk").values_list("subject", flat=True))


def subject() -> Subject:
    return Subject.objects.get(name="环境卫生")


def now(row: Resolution) -> Resolution:
    return Resolution.objects.select_related("case", "meeting").get(pk=row.pk)


class TestPassing:
    def test_they_are_numbered_and_belong_to_somebody_by_some_day(self, assembly):
        rows = [pass_resolution(meeting=assembly.held, new=new(assembly, text=text), by=assembly.clerk) for text in ("一", "二")]
        assert [(row.number, row.text, row.owner_id, row.due_on, row.state) for row in rows] == [
            (1, "一", assembly.owner.pk, IN_A_MONTH, ResolutionState.OPEN),
            (2, "二", assembly.owner.pk, IN_A_MONTH, ResolutionState.OPEN),
        ]
        assert told(assembly.zhao_user) == []  # they hear of it with the minutes

    @pytest.mark.parametrize("state", sorted(set(MeetingState) - {MeetingState.HELD}))
    def test_only_at_a_meeting_that_was_held(self, assembly, state):
        meeting = meeting_of(assembly.body, state=state)
        with pytest.raises(ResolutionRefused, match="登记到会以后"):
            pass_resolution(meeting=meeting, new=new(assembly), by=assembly.secretary)
        assert not meeting.resolutions.exists()

    @pytest.mark.parametrize(
        ("quorum", "came", "passes"),
        [
            (Quorum.NONE, 0, True),
            (Quorum.HALF, 1, False),
            (Quorum.HALF, 2, True),
            (Quorum.TWO_THIRDS, 1, False),
            (Quorum.TWO_THIRDS, 2, True),
            (Quorum.FOUR_FIFTHS, 2, False),
            (Quorum.FOUR_FIFTHS, 3, True),
        ],
    )
    def test_only_by_a_quorum(self, assembly, quorum, came, passes):
        assembly.body.quorum = quorum
        assembly.body.save()
        there = [assembly.chair, assembly.owner, assembly.guest][:came]
        meeting = meeting_of(assembly.body, state=MeetingState.HELD, came=there)
        if passes:
            pass_resolution(meeting=meeting, new=new(assembly), by=assembly.clerk)
        else:
            with pytest.raises(ResolutionRefused, match=f"到会 {came} 人"):
                pass_resolution(meeting=meeting, new=new(assembly), by=assembly.clerk)
        assert meeting.resolutions.count() == int(passes)

    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({"text": " "}, "决议内容"),
            ({"text": "长" * 301}, "最多 300 字"),
            ({"owner": None}, "责任人"),
            ({"due_on": None}, "完成期限"),
            ({"due_on": today() - timedelta(days=1)}, "不能早于开会日期"),
        ],
    )
    def test_it_says_what_who_and_when(self, assembly, values, why):
        with pytest.raises(ResolutionRefused, match=why):
            pass_resolution(meeting=assembly.held, new=new(assembly, **values), by=assembly.clerk)
        assert not assembly.held.resolutions.exists()

    def test_the_owner_is_a_present_member_of_that_body(self, assembly):
        left = member_of(assembly.body, "已离任", left_on=today())
        for owner in (left, assembly.neighbours.owner):
            with pytest.raises(ResolutionRefused, match="现任成员"):
                pass_resolution(meeting=assembly.held, new=new(assembly, owner=owner), by=assembly.clerk)

    @pytest.mark.parametrize("who", ["liuyuan_secretary", "cadre", "grid_leader", "nobody", "zhao_user"])
    def test_by_who_keeps_the_meetings_there(self, assembly, who):
        with pytest.raises(ResolutionRefused, match="本辖区"):
            pass_resolution(meeting=assembly.held, new=new(assembly), by=getattr(assembly, who))
        assert not assembly.held.resolutions.exists()

    def test_it_is_put_right_until_the_minutes_are_sent(self, assembly):
        row = pass_resolution(meeting=assembly.held, new=new(assembly), by=assembly.clerk)
        change_resolution(resolution=row, new=new(assembly, text="换灯", owner=assembly.guest), by=assembly.clerk)
        assert (now(row).text, now(row).owner_id, now(row).number) == ("换灯", assembly.guest.pk, 1)
        with pytest.raises(ResolutionRefused, match="纪要已发"):
            change_resolution(resolution=assembly.mine, new=new(assembly), by=assembly.clerk)

    def test_who_left_since_stays_the_owner(self, assembly):
        row = pass_resolution(meeting=assembly.held, new=new(assembly), by=assembly.clerk)
        assembly.owner.left_on = today()
        assembly.owner.save()
        change_resolution(resolution=row, new=new(assembly, text="换灯"), by=assembly.clerk)
        assert now(row).text == "换灯"

    def test_withdrawn_its_number_stays(self, assembly):
        row = pass_resolution(meeting=assembly.held, new=new(assembly), by=assembly.clerk)
        withdraw_resolution(resolution=row, reason="没有表决", by=assembly.clerk)
        after = pass_resolution(meeting=assembly.held, new=new(assembly), by=assembly.clerk)
        assert (now(row).state, now(row).reason, after.number) == (ResolutionState.DROPPED, "没有表决", 2)
        with pytest.raises(ResolutionRefused):
            withdraw_resolution(resolution=assembly.mine, reason="没有表决", by=assembly.clerk)


class TestUntilDone:
    def test_reported_by_the_owner_confirmed_by_another(self, assembly):
        report_resolution(resolution=assembly.mine, text="灯已换好", by=assembly.zhao_user)
        row = now(assembly.mine)
        assert (row.state, row.done_text, row.done_on) == (ResolutionState.REPORTED, "灯已换好", today())
        assert told(assembly.secretary) == told(assembly.clerk) == ["决议待核实"]
        assert told(assembly.liuyuan_secretary) == []
        move_resolution(resolution=row, move="confirm", by=assembly.clerk)
        assert now(row).is_done
        assert set(Resolution.objects.done()) == {row}
        assert told(assembly.zhao_user) == ["您负责的决议：核实通过"]

    def test_returned_it_goes_on_from_what_was_said(self, assembly):
        report_resolution(resolution=assembly.mine, text="灯已换好", by=assembly.zhao_user)
        move_resolution(resolution=assembly.mine, move="return", reason="北侧还不亮", by=assembly.clerk)
        row = now(assembly.mine)
        assert (row.state, row.reason, row.done_text, row.done_on) == (ResolutionState.OPEN, "北侧还不亮", "灯已换好", None)

    def test_by_the_link_of_who_took_it_on(self, assembly):
        report_resolution(resolution=assembly.theirs, text="操场周末开放", attendance=assembly.invitation)
        assert now(assembly.theirs).state == ResolutionState.REPORTED

    def test_not_by_another(self, assembly):
        revoked = assembly.invitation
        revoked.link_key = uuid.uuid4()
        tries = [
            (assembly.mine, {"by": assembly.li_user}),
            (assembly.mine, {"by": assembly.secretary}),
            (assembly.mine, {"attendance": assembly.closed.attendances.get(body_member=assembly.guest)}),
            (assembly.theirs, {"by": assembly.zhao_user}),
            (assembly.theirs, {"attendance": assembly.closed.attendances.get(body_member=assembly.owner)}),
            (assembly.theirs, {"attendance": revoked}),
            (assembly.theirs, {}),
            (assembly.neighbours, {"attendance": assembly.closed.attendances.get(body_member=assembly.guest)}),
        ]
        for row, how in tries:
            with pytest.raises(ResolutionRefused, match="责任人"):
                report_resolution(resolution=row, text="办好了", **how)
        assert not Resolution.objects.exclude(state=ResolutionState.OPEN).exists()

    def test_not_before_the_minutes_and_not_without_words(self, assembly):
        row = resolution_of(assembly.held, assembly.owner)
        with pytest.raises(ResolutionRefused, match="纪要还没有发出"):
            report_resolution(resolution=row, text="办好了", by=assembly.zhao_user)
        with pytest.raises(ResolutionRefused, match="请写明落实情况"):
            report_resolution(resolution=assembly.mine, text="  ", by=assembly.zhao_user)

    def test_the_owner_does_not_confirm(self, assembly):
        """赵一 keeps the meetings as well."""
        assembly.owner.person.user = assembly.secretary
        assembly.owner.person.save()
        report_resolution(resolution=assembly.mine, text="灯已换好", by=assembly.secretary)
        with pytest.raises(ResolutionRefused, match="其他工作人员核实"):
            move_resolution(resolution=assembly.mine, move="confirm", by=assembly.secretary)
        move_resolution(resolution=assembly.mine, move="confirm", by=assembly.clerk)
        assert now(assembly.mine).is_done

    def test_extended_only_forwards(self, assembly):
        later = IN_A_MONTH + timedelta(days=10)
        for due_on in (None, IN_A_MONTH, today()):
            with pytest.raises(ResolutionRefused, match="晚于原期限"):
                move_resolution(resolution=assembly.mine, move="extend", reason="等货", due_on=due_on, by=assembly.clerk)
        move_resolution(resolution=assembly.mine, move="extend", reason="等货", due_on=later, by=assembly.clerk)
        assert (now(assembly.mine).due_on, now(assembly.mine).state) == (later, ResolutionState.OPEN)


@pytest.fixture
def item(assembly) -> AgendaItem:
    """What the owner took on, on the agenda of today's meeting."""
    return AgendaItem.objects.create(meeting=assembly.held, position=1, title="检查", resolution=assembly.mine)


class TestChecked:
    def check(self, assembly, item, outcome, text="", **values):
        return check_resolution(item=item, outcome=outcome, text=text, by=assembly.clerk, **values)

    def test_done(self, assembly, item):
        self.check(assembly, item, Check.DONE, "灯已换好")
        item.refresh_from_db()
        assert (item.outcome, item.text) == (Check.DONE, "灯已换好")
        assert (now(assembly.mine).state, now(assembly.mine).done_text) == (ResolutionState.DONE, "灯已换好")

    def test_done_keeps_what_the_owner_said(self, assembly, item):
        report_resolution(resolution=assembly.mine, text="灯已换好", by=assembly.zhao_user)
        self.check(assembly, item, Check.DONE)
        assert (now(assembly.mine).state, now(assembly.mine).done_text) == (ResolutionState.DONE, "灯已换好")

    def test_goes_on_with_a_new_day(self, assembly, item):
        report_resolution(resolution=assembly.mine, text="灯已换好", by=assembly.zhao_user)
        later = IN_A_MONTH + timedelta(days=10)
        self.check(assembly, item, Check.GOES_ON, "北侧还不亮", due_on=later)
        row = now(assembly.mine)
        assert (row.state, row.due_on, row.reason) == (ResolutionState.OPEN, later, "北侧还不亮")

    def test_dropped(self, assembly, item):
        self.check(assembly, item, Check.DROPPED, "路灯将整体更换")
        assert (now(assembly.mine).state, now(assembly.mine).reason) == (ResolutionState.DROPPED, "路灯将整体更换")

    def test_said_otherwise_in_the_same_meeting(self, assembly, item):
        self.check(assembly, item, Check.DONE, "灯已换好")
        with pytest.raises(ResolutionRefused, match="请先记为"):
            self.check(assembly, item, Check.DROPPED, "不办了")
        self.check(assembly, item, Check.GOES_ON, "还没有")
        self.check(assembly, item, Check.DROPPED, "不办了")
        assert now(assembly.mine).state == ResolutionState.DROPPED

    @pytest.mark.parametrize(("outcome", "why"), [("done", "落实情况"), ("dropped", "为什么"), ("", "检查结果")])
    def test_says_what_came_of_it(self, assembly, item, outcome, why):
        with pytest.raises(ResolutionRefused, match=why):
            self.check(assembly, item, outcome)
        item.refresh_from_db()
        assert (item.outcome, now(assembly.mine).state) == ("", ResolutionState.OPEN)

    def test_only_while_minutes_are_written_and_by_who_keeps_them(self, assembly, item):
        with pytest.raises(ResolutionRefused, match="本辖区"):
            check_resolution(item=item, outcome="goes_on", text="", by=assembly.liuyuan_secretary)
        assembly.held.state = MeetingState.CLOSED
        assembly.held.save()
        with pytest.raises(ResolutionRefused, match="纪要"):
            self.check(assembly, item, Check.GOES_ON)

    def test_a_case_is_done_by_itself(self, assembly, item):
        resolution_to_case(resolution=assembly.mine, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        with pytest.raises(ResolutionRefused, match="办结后即为已落实"):
            self.check(assembly, item, Check.DONE, "灯已换好")
        self.check(assembly, item, Check.GOES_ON, "网格在办")
        settled(now(assembly.mine).case)
        with pytest.raises(ResolutionRefused, match="在事件页面重新办理"):
            self.check(assembly, item, Check.GOES_ON, "还没有")
        self.check(assembly, item, Check.DONE)
        item.refresh_from_db()
        assert (item.outcome, now(assembly.mine).state, now(assembly.mine).is_done) == (Check.DONE, ResolutionState.OPEN, True)


def settled(case: Case, **values) -> Case:
    """Closed as solved now; the way there is tested in cases."""
    given = {"step": Step.CLOSED, "outcome": Outcome.SOLVED, "answer": "路灯已更换", "procedure": "on_spot"}
    Case.objects.filter(pk=case.pk).update(**given | {"answered_at": timezone.now(), "closed_at": timezone.now()} | values)
    return Case.objects.get(pk=case.pk)


def remit(case: Case) -> Case:
    return settled(case, outcome=Outcome.OUT_OF_REMIT, answer="", answered_at=None)


class TestAsCase:
    def test_at_once(self, assembly):
        more = {"as_case": subject(), "area": assembly.areas.grid1}
        row = pass_resolution(meeting=assembly.held, new=new(assembly, **more), by=assembly.secretary)
        case = Case.objects.get(resolution=row)
        assert (case.source, case.area_id, case.subject, case.opened_by) == (
            Source.MEETING,
            assembly.areas.grid1.pk,
            subject(),
            assembly.secretary,
        )
        assert case.text == "桃园党建联席会第2次会议第1号决议：修好东门路灯"
        assert told(assembly.grid_leader) == ["新的民情事件：第1网格 环境卫生"]

    def test_later(self, assembly):
        resolution_to_case(resolution=assembly.mine, subject=subject(), area=assembly.areas.building1, by=assembly.clerk)
        assert now(assembly.mine).case.area_id == assembly.areas.building1.pk
        assert told(assembly.zhao_user) == ["您负责的决议：已转为民情事件"]
        with pytest.raises(ResolutionRefused, match="已经转为"):
            resolution_to_case(resolution=assembly.mine, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        assert Case.objects.count() == 1

    @pytest.mark.parametrize("place", ["liuyuan", "east", "other_district"])
    def test_only_within_the_area_of_the_meeting(self, assembly, place):
        area = getattr(assembly.areas, place)
        with pytest.raises(ResolutionRefused, match="会议所在辖区"):
            resolution_to_case(resolution=assembly.mine, subject=subject(), area=area, by=assembly.district_official)
        assert not Case.objects.exists()

    def test_nothing_is_passed_where_no_case_can_be_opened(self, assembly):
        more = {"as_case": subject(), "area": None}
        with pytest.raises((ResolutionRefused, CaseRefused)):
            pass_resolution(meeting=assembly.held, new=new(assembly, **more), by=assembly.secretary)
        assert not assembly.held.resolutions.exists()

    def test_it_comes_back_done_and_open_again(self, assembly):
        row = assembly.mine
        resolution_to_case(resolution=row, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        assert set(Resolution.objects.open().filter(meeting=row.meeting)) == {row, assembly.theirs}
        assert followed(with_all(Resolution.objects.all()).get(pk=row.pk)).word == "已转事件 · 发现"
        case = settled(now(row).case)
        assert set(Resolution.objects.done()) == {row}
        one = followed(with_all(Resolution.objects.all()).get(pk=row.pk))
        assert (one.word, one.tone, one.came_of_it) == ("已转事件 · 已落实", "good", "路灯已更换")
        move_case(case=case, kind="reopen", by=assembly.grid_leader, said=Said(text="又不亮了"))
        assert set(Resolution.objects.done()) == set()
        assert not now(row).is_done

    def test_out_of_remit_it_is_the_meetings_again(self, assembly):
        row = assembly.mine
        resolution_to_case(resolution=row, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        remit(now(row).case)
        assert row in set(Resolution.objects.open())
        assert followed(with_all(Resolution.objects.all()).get(pk=row.pk)).word == "事件退回 · 办理中"
        report_resolution(resolution=row, text="请电力公司换好", by=assembly.zhao_user)
        move_resolution(resolution=row, move="confirm", by=assembly.clerk)
        assert now(row).is_done

    def test_while_it_is_handled_nobody_reports(self, assembly):
        resolution_to_case(resolution=assembly.mine, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        with pytest.raises(ResolutionRefused, match="不用另行报告"):
            report_resolution(resolution=assembly.mine, text="办好了", by=assembly.zhao_user)
