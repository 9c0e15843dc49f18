"""Several at the same moment: one holds a meeting, one is planned with a number, members are drawn once, two doors, one owner."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection

from gridparty.lib.dates import today
from grids.tests.test_at_once import together
from liaison.actions.bodies import draw_members
from liaison.actions.meetings import (
    NewMeeting,
    answer_invitation,
    correct_attendance,
    move_meeting,
    note_item,
    plan_meeting,
)
from liaison.actions.resolutions import NewResolution, pass_resolution
from liaison.choices import BodyKind, MeetingMove, MeetingState, Reply
from liaison.convening import mark_of
from liaison.models import Attendance, BodyMember, Meeting, Resolution
from liaison.tests.meeting_rows import at_clock, attendance_of, body_at, meeting_of, member_of
from members.tests.conftest import ledger, parties  # noqa: F401 - fixtures of the cast
from people.tests.test_at_once import told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite admits one writer by itself; .ci/run runs this on PostgreSQL")


@pytest.fixture
def joint(areas, ledger, cast) -> SimpleNamespace:  # noqa: F811
    body = body_at(areas.taoyuan)
    members = [member_of(body, ledger.zhao), *(member_of(body, name) for name in ("王主任", "李校长"))]
    return SimpleNamespace(body=body, members=members, by=cast.secretary, clerk=cast.clerk, ledger=ledger, areas=areas)


def test_held_once(joint):
    meeting = meeting_of(joint.body, state=MeetingState.CONVENED, days=0)
    came = [attendance_of(meeting, one).pk for one in joint.members]
    holding = [
        lambda some=some, by=by: move_meeting(meeting=meeting, move=MeetingMove.HOLD, by=by, came=some)
        for some, by in ((came, joint.by), (came[:1], joint.clerk))
    ]
    (refused,) = told(together(*holding))
    assert "可能刚由他人办理" in refused
    meeting.refresh_from_db()
    assert meeting.present == Attendance.objects.filter(came=True).count()


def test_two_doors_lose_nobody(joint):
    meeting = meeting_of(joint.body, state=MeetingState.HELD, came=[])
    keys = [attendance_of(meeting, one).pk for one in joint.members]
    assert told(together(*(lambda pk=pk: correct_attendance(meeting=meeting, came=[pk], by=joint.by) for pk in keys))) == []
    meeting.refresh_from_db()
    assert (meeting.present, Attendance.objects.filter(came=True).count()) == (3, 3)


def test_planned_at_once_each_has_its_number(joint):
    new = [NewMeeting(joint.body, at_clock(n), "二楼") for n in (7, 14, 21)]
    assert told(together(*(lambda one=one: plan_meeting(new=one, by=joint.by) for one in new))) == []
    assert {title[-4:] for title in Meeting.objects.values_list("title", flat=True)} == {"1次会议", "2次会议", "3次会议"}


def test_drawn_at_once_nobody_is_there_twice(joint):
    organisation = joint.ledger.zhao.organisation
    congress = body_at(joint.areas.grid1, kind=BodyKind.CONGRESS, name="党员大会", organisation=organisation)
    assert told(together(*[lambda: draw_members(body=congress, by=joint.by)] * 3)) == []
    assert BodyMember.objects.filter(body=congress).count() == 3


def test_of_two_who_write_one_is_told(joint):
    meeting = meeting_of(joint.body, state=MeetingState.HELD, items=["停车"])
    item = meeting.agenda.get()
    writing = [lambda text=text: note_item(item=item, text=text, by=joint.by, mark=mark_of("")) for text in ("划线", "拆除")]
    (refused,) = told(together(*writing))
    item.refresh_from_db()
    assert f"刚由他人改为：{item.text}" in refused


def test_answers_while_it_is_held_are_taken_or_refused(joint):
    meeting = meeting_of(joint.body, state=MeetingState.CONVENED, days=0)
    rows = [attendance_of(meeting, one) for one in joint.members]
    answering = [lambda row=row: answer_invitation(attendance=row, reply=Reply.COMING) for row in rows]
    holding = [lambda: move_meeting(meeting=meeting, move=MeetingMove.HOLD, by=joint.by, came=[row.pk for row in rows])]
    refused = told(together(*answering, *holding))
    assert all("不能再答复" in why for why in refused)
    assert Attendance.objects.filter(came=True).count() == 3
    assert Attendance.objects.filter(reply=Reply.COMING).count() == 3 - len(refused)


def test_a_resolution_and_a_quorum_taken_away_never_both(joint):
    meeting = meeting_of(joint.body, state=MeetingState.HELD, came=joint.members[:2])
    gone = [attendance_of(meeting, joint.members[1]).pk]
    new = NewResolution("修路灯", joint.members[0], today() + timedelta(days=10))
    acts = [
        lambda: correct_attendance(meeting=meeting, gone=gone, by=joint.by),
        lambda: pass_resolution(meeting=meeting, new=new, by=joint.by),
    ]
    assert len(told(together(*acts))) == 1
    meeting.refresh_from_db()
    assert meeting.is_quorate == Resolution.objects.exists()
