"""Meetings: planned with what is still open, convened, held, closed with their minutes; answers to invitations."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import make_user
from gridparty.lib.dates import today
from jobs.models import Notice
from liaison.actions.meetings import (
    NewMeeting,
    add_item,
    answer_invitation,
    change_meeting,
    correct_attendance,
    move_meeting,
    note_item,
    plan_meeting,
    revoke_invitation,
    write_minutes,
)
from liaison.choices import MEETING_MOVES, BodyKind, Check, MeetingMove, MeetingState, Quorum, Reply
from liaison.convening import INVITATION_LINK, agenda_of, invitation_by_link, invitation_link_of, mark_of, replies_of, roll_of
from liaison.errors import MeetingRefused
from liaison.models import AgendaItem, Attendance, Meeting
from liaison.tests.meeting_rows import at_clock, attendance_of, body_at, meeting_of, member_of, resolution_of
from members.tests.conftest import ledger, parties  # noqa: F401 - fixtures of the cast

M, S = MeetingMove, MeetingState


@pytest.fixture
def joint(areas, ledger, cast) -> SimpleNamespace:  # noqa: F811
    """A body of 桃园 with 赵一 (who may log in, chairs), 王主任, 李校长, and 孙三 as a guest; more than half have to come."""
    body = body_at(areas.taoyuan)
    people = {
        "zhao": member_of(body, ledger.zhao, chairs=True),
        "wang": member_of(body),
        "li": member_of(body, "李校长"),
        "sun": member_of(body, ledger.sun, votes=False),
    }
    return SimpleNamespace(body=body, by=cast.secretary, user=ledger.zhao_user, ledger=ledger, **people)


def keys(meeting, *members) -> set[int]:
    return {attendance_of(meeting, one).pk for one in members}


def told(user) -> list[str]:
    return list(Notice.objects.filter(recipient=user).order_by("pk").values_list("subject", flat=True))


def move(meeting, name, by, **more) -> Meeting:
    return move_meeting(meeting=meeting, move=name, by=by, **more)


class TestPlanning:
    def test_named_and_numbered_by_itself(self, joint, areas):
        for n in (1, 2):
            meeting = plan_meeting(new=NewMeeting(joint.body, at_clock(7 * n), "二楼"), by=joint.by)
            assert (meeting.title, meeting.state, meeting.community) == (
                f"桃园社区党建联席会第{n}次会议",
                S.PLANNED,
                areas.taoyuan,
            )
        move(meeting, M.CANCEL, joint.by, reason="并入下次")
        assert plan_meeting(new=NewMeeting(joint.body, at_clock(21), "二楼"), by=joint.by).title.endswith("第2次会议")

    def test_begins_with_what_is_not_done(self, joint):
        last = meeting_of(joint.body, state=S.CLOSED, days=-30)
        late = resolution_of(last, joint.wang, due_on=today())
        resolution_of(last, joint.li, state="done", done_on=today(), done_text="已装")
        soon = resolution_of(last, joint.li, due_on=today() - timedelta(days=3))
        other = body_at(joint.body.area, name="另一个会")
        resolution_of(meeting_of(other, state=S.CLOSED, days=-30), member_of(other))
        meeting = plan_meeting(new=NewMeeting(joint.body, at_clock(7), "二楼", items=["停车", " ", "停车", "绿化"]), by=joint.by)
        assert [(one.resolution, one.title) for one in agenda_of(meeting)] == [
            (soon, soon.text),
            (late, late.text),
            (None, "停车"),
            (None, "绿化"),
        ]
        assert [one.position for one in agenda_of(meeting)] == [1, 2, 3, 4]

    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({"spot": " "}, "请填写开会地点"),
            ({"at": at_clock(-40)}, "已过去一个月以上"),
            ({"items": [str(n) for n in range(31)]}, "议题最多 30 项"),
            ({"items": ["长" * 201]}, "超过 200 字"),
        ],
    )
    def test_refused_with_the_reason(self, joint, values, why):
        with pytest.raises(MeetingRefused, match=why):
            plan_meeting(new=NewMeeting(**{"body": joint.body, "at": at_clock(7), "spot": "二楼"} | values), by=joint.by)
        assert not Meeting.objects.exists()

    def test_changed_it_keeps_what_stays_on_the_agenda(self, joint):
        meeting = plan_meeting(new=NewMeeting(joint.body, at_clock(7), "二楼", items=["停车", "绿化"]), by=joint.by)
        stays = meeting.agenda.get(title="绿化")
        change_meeting(
            meeting=meeting, new=NewMeeting(joint.body, at_clock(8), "三楼", "联席会", items=["电梯", "绿化"]), by=joint.by
        )
        meeting.refresh_from_db()
        assert (meeting.title, meeting.spot, meeting.at) == ("联席会", "三楼", at_clock(8))
        assert [one.title for one in agenda_of(meeting)] == ["电梯", "绿化"]
        assert meeting.agenda.get(title="绿化") == stays

    def test_it_stays_with_its_body_and_is_not_changed_once_held(self, joint):
        meeting, other = meeting_of(joint.body), body_at(joint.body.area, name="另一个会")
        with pytest.raises(MeetingRefused, match="不能更改"):
            change_meeting(meeting=meeting, new=NewMeeting(other, at_clock(7), "二楼"), by=joint.by)
        held = meeting_of(joint.body, state=S.HELD)
        with pytest.raises(MeetingRefused, match="已召开"):
            change_meeting(meeting=held, new=NewMeeting(joint.body, at_clock(7), "二楼"), by=joint.by)

    def test_those_invited_hear_of_another_time_or_place_only(self, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED)
        same = {"body": joint.body, "at": meeting.at, "spot": meeting.spot}
        change_meeting(meeting=meeting, new=NewMeeting(**same, items=["停车"]), by=joint.by)
        assert told(joint.user) == []
        change_meeting(meeting=meeting, new=NewMeeting(**same | {"spot": "三楼"}), by=joint.by)
        assert told(joint.user) == [f"会议时间或地点有变：{meeting.title}"]


class TestConvening:
    def test_all_members_are_invited_and_who_may_log_in_hears_of_it(self, joint):
        meeting = meeting_of(joint.body)
        member_of(joint.body, "已退出", left_on=today())
        move(meeting, M.CONVENE, joint.by)
        assert {one.body_member for one in meeting.attendances.all()} == {joint.zhao, joint.wang, joint.li, joint.sun}
        assert told(joint.user) == [f"会议通知：{meeting.title}"]
        assert "王主任" not in Notice.objects.get().body
        assert replies_of(meeting) == {"coming": 0, "proxy": 0, "excused": 0, "": 4}

    def test_nobody_is_summoned_to_what_is_over(self, joint):
        meeting = meeting_of(joint.body, days=-3)
        move(meeting, M.CONVENE, joint.by)
        assert (told(joint.user), meeting.attendances.count()) == ([], 4)

    def test_a_body_without_members_convenes_nothing(self, joint):
        empty = meeting_of(body_at(joint.body.area, name="新会"))
        with pytest.raises(MeetingRefused, match="还没有成员"):
            move(empty, M.CONVENE, joint.by)
        empty.refresh_from_db()
        assert empty.state == S.PLANNED

    def test_cancelled_those_invited_hear_why(self, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED)
        with pytest.raises(MeetingRefused, match="请填写原因"):
            move(meeting, M.CANCEL, joint.by)
        move(meeting, M.CANCEL, joint.by, reason="暴雨")
        notice = Notice.objects.get()
        assert (notice.recipient, notice.subject) == (joint.user, f"会议取消：{meeting.title}")
        assert "暴雨" in notice.body

    def test_costs_the_same_for_few_and_many(self, joint):
        def cost() -> int:
            meeting = meeting_of(joint.body)
            with CaptureQueriesContext(connection) as captured:
                move(meeting, M.CONVENE, joint.by)
            return len(captured)

        few = cost()
        for n in range(5):
            member_of(joint.body, f"代表{n}")
        assert cost() == few


class TestHolding:
    def test_the_numbers_are_of_those_with_a_vote(self, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED, days=0)
        held = move(meeting, M.HOLD, joint.by, came=keys(meeting, joint.zhao, joint.wang, joint.sun))
        assert (held.state, held.voters, held.present, held.needed, held.is_quorate) == (S.HELD, 3, 2, 2, True)
        assert {one.body_member: one.came for one in roll_of(held)} == {
            joint.zhao: True,
            joint.wang: True,
            joint.li: False,
            joint.sun: True,
        }

    @pytest.mark.parametrize(
        ("quorum", "needed"), [(Quorum.NONE, 0), (Quorum.HALF, 2), (Quorum.TWO_THIRDS, 2), (Quorum.FOUR_FIFTHS, 3)]
    )
    def test_how_many_are_needed(self, joint, quorum, needed):
        joint.body.quorum = quorum
        joint.body.save()
        meeting = meeting_of(joint.body, state=S.HELD, came=[joint.zhao, joint.wang])
        assert (meeting.needed, meeting.is_quorate) == (needed, needed <= 2)

    def test_not_before_its_day_and_not_with_strangers(self, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED, days=1)
        with pytest.raises(MeetingRefused, match="当天起才能登记到会"):
            move(meeting, M.HOLD, joint.by, came=keys(meeting, joint.zhao))
        Meeting.objects.update(at=at_clock(0, 23))
        other = meeting_of(joint.body, state=S.CONVENED)
        with pytest.raises(MeetingRefused, match="不在本次会议的名单上"):
            move(meeting, M.HOLD, joint.by, came=keys(other, joint.zhao))
        assert set(meeting.attendances.values_list("came", flat=True)) == {None}

    def test_who_came_to_the_body_since_is_on_the_list_and_who_left_is_not(self, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED, days=0)
        joint.li.left_on = today() - timedelta(days=1)
        joint.li.save()
        new = member_of(joint.body, "新代表")
        member_of(joint.body, "明天起", joined_on=today() + timedelta(days=1))
        held = move(meeting, M.HOLD, joint.by, came=keys(meeting, joint.zhao))
        assert {one.body_member for one in roll_of(held)} == {joint.zhao, joint.wang, joint.sun, new}
        assert (held.voters, held.present) == (3, 1)

    def test_what_was_resolved_since_it_was_planned_is_on_the_agenda(self, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED, days=0, items=["停车"])
        since = resolution_of(meeting_of(joint.body, state=S.HELD, days=-2), joint.wang)
        move(meeting, M.HOLD, joint.by)
        assert [(one.resolution, one.position) for one in agenda_of(meeting)] == [(since, 1), (None, 2)]

    def test_somebody_came_for_another_but_not_to_a_congress(self, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED, days=0)
        (wang,) = keys(meeting, joint.wang)
        move(meeting, M.HOLD, joint.by, came=[wang], proxies={wang: " 小张 "})
        assert attendance_of(meeting, joint.wang).proxy == "小张"
        joint.body.kind = BodyKind.CONGRESS
        joint.body.save()
        congress = meeting_of(joint.body, state=S.CONVENED, days=0)
        (wang,) = keys(congress, joint.wang)
        with pytest.raises(MeetingRefused, match="不能委托他人"):
            move(congress, M.HOLD, joint.by, came=[wang], proxies={wang: "小张"})

    def test_corrected_but_not_below_what_resolutions_needed(self, joint):
        meeting = meeting_of(joint.body, state=S.HELD, came=[joint.zhao, joint.wang])
        correct_attendance(meeting=meeting, came=keys(meeting, joint.li), by=joint.by)
        meeting.refresh_from_db()
        assert meeting.present == 3
        resolution = resolution_of(meeting, joint.wang)
        with pytest.raises(MeetingRefused, match="已通过 1 项决议，实到不能少于 2 人"):
            correct_attendance(meeting=meeting, gone=keys(meeting, joint.wang, joint.li), by=joint.by)
        assert attendance_of(meeting, joint.wang).came
        resolution.state = "dropped"
        resolution.save()
        assert correct_attendance(meeting=meeting, gone=keys(meeting, joint.wang, joint.li), by=joint.by).present == 1

    def test_two_people_enter_it_at_two_doors(self, joint):
        meeting = meeting_of(joint.body, state=S.HELD, came=[joint.zhao])
        correct_attendance(meeting=meeting, came=keys(meeting, joint.wang), gone=keys(meeting, joint.zhao), by=joint.by)
        done = correct_attendance(meeting=meeting, came=keys(meeting, joint.li), by=joint.by)
        assert {one.body_member for one in roll_of(done) if one.came} == {joint.wang, joint.li}
        stranger = attendance_of(meeting_of(joint.body, state=S.HELD), joint.zhao)
        with pytest.raises(MeetingRefused, match="不在本次会议的名单上"):
            correct_attendance(meeting=meeting, gone=[stranger.pk], by=joint.by)


class TestWriting:
    def test_what_was_said(self, joint):
        meeting = meeting_of(joint.body, state=S.HELD, items=["停车"])
        item = note_item(item=meeting.agenda.get(), text=" 划线 12 个车位。 ", by=joint.by)
        new = add_item(meeting=meeting, title="绿化", by=joint.by)
        write_minutes(meeting=meeting, minutes="到会 3 人。", recorder="小刘", by=joint.by)
        meeting.refresh_from_db()
        assert (item.text, new.position, meeting.minutes, meeting.recorder) == ("划线 12 个车位。", 2, "到会 3 人。", "小刘")

    def test_a_stale_page_says_what_it_is_now(self, joint):
        meeting = meeting_of(joint.body, state=S.HELD, items=["停车"])
        item, blank = meeting.agenda.get(), mark_of("")
        note_item(item=item, text="划线", by=joint.by, mark=blank)
        with pytest.raises(MeetingRefused, match="刚由他人改为：划线"):
            note_item(item=item, text="拆除", by=joint.by, mark=blank)
        write_minutes(meeting=meeting, minutes="到会 3 人。", recorder="", by=joint.by, mark=mark_of("", ""))
        with pytest.raises(MeetingRefused, match="刚由他人改为：到会 3 人"):
            write_minutes(meeting=meeting, minutes="到会 4 人。", recorder="", by=joint.by, mark=mark_of("", ""))
        meeting.refresh_from_db()
        assert (AgendaItem.objects.get().text, meeting.minutes) == ("划线", "到会 3 人。")

    @pytest.mark.parametrize("state", [S.PLANNED, S.CONVENED, S.CLOSED, S.CANCELLED])
    def test_only_while_it_is_held(self, joint, state):
        meeting = meeting_of(joint.body, state=state, items=["停车"])
        for act in (
            lambda: note_item(item=meeting.agenda.get(), text="划线", by=joint.by),
            lambda: write_minutes(meeting=meeting, minutes="到会", recorder="", by=joint.by),
            lambda: correct_attendance(meeting=meeting, by=joint.by),
        ):
            with pytest.raises(MeetingRefused, match="不能再改这一项"):
                act()


class TestClosing:
    def test_not_while_an_earlier_resolution_is_unchecked_and_not_empty(self, joint):
        last = meeting_of(joint.body, state=S.CLOSED, days=-30)
        meeting = meeting_of(joint.body, state=S.HELD, items=["停车"])
        check = AgendaItem.objects.create(meeting=meeting, position=0, title="检查", resolution=resolution_of(last, joint.wang))
        write_minutes(meeting=meeting, minutes="到会 3 人。", recorder="", by=joint.by)
        with pytest.raises(MeetingRefused, match="还有 1 项上次决议没有检查结果"):
            move(meeting, M.CLOSE, joint.by)
        check.outcome = Check.GOES_ON
        check.save()
        write_minutes(meeting=meeting, minutes="", recorder="", by=joint.by)
        with pytest.raises(MeetingRefused, match="纪要没有内容"):
            move(meeting, M.CLOSE, joint.by)
        note_item(item=meeting.agenda.get(title="停车"), text="划线", by=joint.by)
        closed = move(meeting, M.CLOSE, joint.by)
        assert closed.state == S.CLOSED
        assert closed.closed_at

    def test_members_and_owners_hear_of_it_and_of_a_correction(self, joint):
        meeting = meeting_of(joint.body, state=S.HELD)
        mine, dropped = resolution_of(meeting, joint.zhao), resolution_of(meeting, joint.zhao, state="dropped")
        resolution_of(meeting, joint.wang)
        write_minutes(meeting=meeting, minutes="到会 3 人。", recorder="", by=joint.by)
        move(meeting, M.CLOSE, joint.by)
        assert told(joint.user) == [f"会议纪要已发出：{meeting.title}", f"您负责的会议决议：{meeting.title}"]
        assert Notice.objects.last().link == f"/liaison/resolutions/{mine.pk}/"
        assert dropped.text not in Notice.objects.last().body
        move(meeting, M.REOPEN, joint.by, reason="人数有误")
        move(meeting, M.CLOSE, joint.by)
        assert told(joint.user)[2:] == [f"会议纪要有更正：{meeting.title}"]


class TestAnswers:
    def test_by_the_link_and_changed_until_it_was_held(self, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED)
        link = attendance_of(meeting, joint.wang)
        answer_invitation(attendance=link, reply=Reply.EXCUSED, reason="出差")
        row = answer_invitation(attendance=link, reply=Reply.PROXY, proxy="小张")
        assert (row.reply, row.reason, row.proxy) == (Reply.PROXY, "", "小张")
        row = answer_invitation(attendance=link, reply=Reply.COMING)
        assert (row.reply, row.proxy) == (Reply.COMING, "")
        Meeting.objects.update(state=S.HELD)
        with pytest.raises(MeetingRefused, match="不能再答复"):
            answer_invitation(attendance=link, reply=Reply.EXCUSED, reason="出差")

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ({"reply": "perhaps"}, "请选择是否参加"),
            ({"reply": Reply.EXCUSED, "reason": " "}, "请填写请假事由"),
            ({"reply": Reply.PROXY}, "请填写受委托人"),
        ],
    )
    def test_refused_with_the_reason(self, joint, said, why):
        link = attendance_of(meeting_of(joint.body, state=S.CONVENED), joint.wang)
        with pytest.raises(MeetingRefused, match=why):
            answer_invitation(attendance=link, **said)
        assert Attendance.objects.get(pk=link.pk).replied_at is None

    def test_by_the_own_account_only_for_oneself(self, joint, cast):
        meeting = meeting_of(joint.body, state=S.CONVENED)
        own = answer_invitation(attendance=attendance_of(meeting, joint.zhao), reply=Reply.COMING, by=joint.user)
        assert own.reply == Reply.COMING
        for user in (joint.user, cast.secretary):
            with pytest.raises(MeetingRefused, match="由本人填写"):
                answer_invitation(attendance=attendance_of(meeting, joint.wang), reply=Reply.COMING, by=user)

    def test_nobody_stands_in_at_a_congress(self, joint):
        joint.body.kind = BodyKind.CONGRESS
        joint.body.save()
        link = attendance_of(meeting_of(joint.body, state=S.CONVENED), joint.wang)
        with pytest.raises(MeetingRefused, match="不能委托他人"):
            answer_invitation(attendance=link, reply=Reply.PROXY, proxy="小张")

    def test_a_link_opens_one_invitation_until_it_is_revoked(self, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED)
        row = attendance_of(meeting, joint.wang)
        token = INVITATION_LINK.token(row)
        assert invitation_link_of(row).endswith(f"/liaison/invitation/{token}/")
        assert invitation_by_link(token) == row
        revoke_invitation(attendance=row, by=joint.by)
        assert invitation_by_link(token) is None
        with pytest.raises(MeetingRefused, match="已作废"):
            answer_invitation(attendance=row, reply=Reply.COMING)

    @pytest.mark.parametrize(
        ("state", "opens"), [(S.PLANNED, False), (S.CONVENED, True), (S.HELD, True), (S.CLOSED, True), (S.CANCELLED, True)]
    )
    def test_what_a_link_opens(self, joint, state, opens):
        meeting = meeting_of(joint.body, state=S.CONVENED)
        Meeting.objects.update(state=state)
        assert bool(invitation_by_link(INVITATION_LINK.token(attendance_of(meeting, joint.wang)))) == opens

    def test_revoked_only_by_who_runs_it(self, joint, cast, areas):
        row = attendance_of(meeting_of(joint.body, state=S.CONVENED), joint.wang)
        neighbour = make_user("community_secretary", areas.liuyuan, username="liuyuan")
        for who in (neighbour, cast.cadre):
            with pytest.raises(MeetingRefused, match="不由您办理"):
                revoke_invitation(attendance=row, by=who)
        assert Attendance.objects.get(pk=row.pk).link_key == row.link_key


# --- T6: every move from every state, by every role

MAY = {"all_districts_official", "district_official", "street_officer", "secretary", "clerk"}
ROLES = [*sorted(MAY), "cadre", "grid_leader", "building_leader", "member", "system_admin", "nobody"]


@pytest.mark.parametrize("name", MeetingMove.values)
@pytest.mark.parametrize("state", MeetingState.values)
def test_from_every_state_only_what_the_table_allows(joint, state, name):
    meeting = meeting_of(joint.body, state=state, days=0, minutes="到会 3 人。")
    allowed = MEETING_MOVES[name]
    if state in allowed.states:
        assert move(meeting, name, joint.by, reason="原因").state == allowed.to
    else:
        with pytest.raises(MeetingRefused, match="不能办理"):
            move(meeting, name, joint.by, reason="原因")
        meeting.refresh_from_db()
        assert meeting.state == state


@pytest.mark.parametrize("name", MeetingMove.values)
@pytest.mark.parametrize("role", ROLES)
def test_only_by_the_roles_that_run_meetings_here(joint, cast, role, name):
    meeting = meeting_of(joint.body, state=sorted(MEETING_MOVES[name].states)[0], days=0, minutes="到会 3 人。")
    before = meeting.state
    if role in MAY:
        assert move(meeting, name, getattr(cast, role), reason="原因").state == MEETING_MOVES[name].to
        return
    with pytest.raises(MeetingRefused, match="不由您办理"):
        move(meeting, name, getattr(cast, role), reason="原因")
    meeting.refresh_from_db()
    assert meeting.state == before


def test_the_neighbour_runs_nothing_here(joint, areas):
    neighbour = make_user("community_secretary", areas.liuyuan, username="liuyuan")
    meeting = meeting_of(joint.body, state=S.HELD, items=["停车"])
    new = NewMeeting(joint.body, at_clock(7), "二楼")
    for act in (
        lambda: plan_meeting(new=new, by=neighbour),
        lambda: change_meeting(meeting=meeting, new=new, by=neighbour),
        lambda: note_item(item=meeting.agenda.get(), text="x", by=neighbour),
        lambda: add_item(meeting=meeting, title="x", by=neighbour),
        lambda: write_minutes(meeting=meeting, minutes="x", recorder="", by=neighbour),
        lambda: correct_attendance(meeting=meeting, by=neighbour),
    ):
        with pytest.raises(MeetingRefused, match="不由您办理"):
            act()
