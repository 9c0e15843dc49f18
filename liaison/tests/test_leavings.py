"""Who dies leaves the bodies they belonged to; whose data are erased leaves no words behind."""

import pytest

from gridparty.lib.dates import today
from liaison.actions.meetings import NewMeeting, plan_meeting
from liaison.choices import MeetingState
from liaison.convening import agenda_of, roll_of
from liaison.erasures import blank_places
from liaison.models import Attendance, BodyMember, Resolution
from liaison.tests.meeting_rows import at_clock, attendance_of, body_at, meeting_of, member_of, resolution_of
from members.actions import NewMember, enrol
from members.tests.conftest import typed
from people.actions import record_death


@pytest.fixture
def zhao(allied):
    new = NewMember(allied.parties.branch1, allied.parties.ordinary, typed=typed("赵一", 1, area=allied.areas.building1))
    return enrol(new=new, by=allied.secretary)


@pytest.fixture
def body(allied):
    return body_at(allied.areas.taoyuan)


def test_who_died_is_no_member_any_more_and_what_they_took_on_stays_open(allied, zhao, body):
    ours, other = member_of(body, zhao, chairs=True), member_of(body)
    past = BodyMember.objects.create(body=body_at(allied.areas.grid1), person=zhao.person, left_on=today().replace(day=1))
    resolution = resolution_of(meeting_of(body, state=MeetingState.CLOSED, days=-30), ours)
    coming = meeting_of(body, state=MeetingState.CONVENED)
    record_death(person=zhao.person, on=today(), by=allied.secretary)
    left = dict(BodyMember.objects.values_list("pk", "left_on"))
    assert left == {ours.pk: today(), other.pk: None, past.pk: past.left_on}
    assert [one.body_member for one in roll_of(coming)] == [other]
    assert set(Resolution.objects.open()) == {resolution}


def test_their_resolutions_come_up_at_the_next_meeting(allied, zhao, body):
    ours = member_of(body, zhao)
    resolution = resolution_of(meeting_of(body, state=MeetingState.CLOSED, days=-30), ours)
    record_death(person=zhao.person, on=today(), by=allied.secretary)
    meeting = plan_meeting(new=NewMeeting(body, at_clock(7), "二楼会议室"), by=allied.secretary)
    assert [item.resolution for item in agenda_of(meeting)] == [resolution]


def test_of_whose_data_are_erased_no_words_stay(allied, zhao, body):
    ours, other = member_of(body, zhao), member_of(body, "王主任")
    BodyMember.objects.filter(pk=ours.pk).update(name="赵老师")
    held = meeting_of(body, state=MeetingState.CLOSED, days=-30, came=[other])
    Attendance.objects.update(reason="住院", proxy="钱二", reply="excused")
    blank_places(person=zhao.person, by=allied.secretary)
    ours.refresh_from_db()
    assert (ours.name, ours.left_on, ours.person) == ("", today(), zhao.person)
    words = {
        attendance_of(held, one): ("", "", "excused") if one == ours else ("住院", "钱二", "excused") for one in (ours, other)
    }
    assert {row: (row.reason, row.proxy, row.reply) for row in Attendance.objects.all()} == words
    assert BodyMember.objects.get(pk=other.pk).name == "王主任"
