"""What the page of a unit tells of its agreements, of what it promised, and of the meetings it was asked to."""

import pytest

from conftest import make_user
from gridparty.lib.dates import today
from gridparty.lib.registry import unit_panels
from liaison.agreements import term_of
from liaison.choices import AgreementState, BodyKind, CommitmentState, MeetingState, Side
from liaison.models import Agreement, Attendance
from liaison.panels import liaison
from liaison.tests.conftest import agreement_with, commitment_of, day
from liaison.tests.meeting_rows import body_at, meeting_of, member_of

AGREEMENTS, COMMITMENTS, MEETINGS = "共建协议", "共建事项", f"{today().year}年联席会"


def told(unit, user) -> dict[str, list]:
    return {str(panel.title): [(str(label), text, url) for label, text, url in panel.rows] for panel in liaison(unit, user)}


def test_agreements_are_told_with_their_state_and_lead_to_their_page(allied):
    renewed = agreement_with(
        allied.school, allied.areas.taoyuan, state=AgreementState.DRAFT, starts_on=day(266), ends_on=day(630)
    )
    agreement_with(allied.school, allied.areas.taoyuan, state=AgreementState.DISCARDED)
    assert told(allied.school, allied.secretary)[AGREEMENTS] == [
        (
            one.title,
            f"{Agreement.objects.get(pk=one.pk).get_state_display()}　{term_of(one)}",
            f"/admin/liaison/agreement/{one.pk}/change/",
        )
        for one in (renewed, allied.agreement)
    ]
    assert told(allied.mill, allied.secretary)[AGREEMENTS] == []


def test_what_was_promised_is_counted_by_side_and_what_is_late_is_named(allied):
    commitment_of(allied.agreement, state=CommitmentState.DONE)
    commitment_of(allied.agreement, state=CommitmentState.DROPPED)
    commitment_of(allied.agreement, side=Side.OURS, state=CommitmentState.REPORTED)
    page = f"/admin/liaison/agreement/{allied.agreement.pk}/change/"
    assert told(allied.school, allied.secretary)[COMMITMENTS] == [
        ("社区方", "完成 0/2", ""),
        ("单位方", "完成 1/3", ""),
        ("逾期", f"单位方　志愿队进社区一次　{day(-10)} 到期", page),
    ]


def test_of_agreements_that_are_over_nothing_is_late(allied):
    Agreement.objects.filter(pk=allied.agreement.pk).update(state=AgreementState.ENDED)
    assert told(allied.school, allied.secretary)[COMMITMENTS] == []


@pytest.fixture
def met(allied, time_machine):
    """Three joint meetings of a year: the school came, was excused, was away; and one of another kind, one that is to come."""
    time_machine.move_to(f"{today().year}-06-30T10:00:00+08:00")
    body, heads = body_at(allied.areas.taoyuan), body_at(allied.areas.taoyuan, name="例会", kind=BodyKind.GRID_HEADS)
    sent, other = member_of(body, "周老师", unit=allied.school), member_of(body)
    for n, (reply, came) in enumerate((("", [sent, other]), ("excused", [other]), ("coming", [other]))):
        meeting = meeting_of(body, state=MeetingState.CLOSED, days=-30 * (n + 1), came=came)
        Attendance.objects.filter(meeting=meeting, body_member=sent).update(reply=reply)
    meeting_of(body, state=MeetingState.CLOSED, days=-300)
    meeting_of(body, state=MeetingState.CONVENED, days=7)
    member_of(heads, "周老师", unit=allied.school)
    meeting_of(heads, state=MeetingState.CLOSED, days=-3)
    return allied


def test_how_it_took_part_in_this_years_meetings(met):
    assert told(met.school, met.secretary)[f"{today().year}年联席会"] == [
        ("应到", "3 次", ""),
        ("到会", "1 次", ""),
        ("请假", "1 次", ""),
        ("无故缺席", "1 次", ""),
    ]
    assert told(met.hospital, met.secretary)[f"{today().year}年联席会"] == []


def test_each_sees_those_of_their_own_areas(met):
    assert told(met.school, met.liuyuan_secretary) == {name: [] for name in (AGREEMENTS, COMMITMENTS, MEETINGS)}
    assert liaison(met.school, make_user("grid_leader", met.areas.grid1, username="wang")) == []


@pytest.mark.parametrize("n", [1, 3])
def test_it_takes_four_queries(allied, django_assert_num_queries, n):
    for _k in range(n):
        commitment_of(allied.agreement, due_on=day(-3))
    assert allied.secretary.scope
    with django_assert_num_queries(4):
        told(allied.school, allied.secretary)


def test_the_page_of_the_unit_shows_them(allied, client):
    assert liaison in list(unit_panels)
    client.force_login(allied.secretary)
    page = client.get(f"/admin/members/unit/{allied.school.pk}/change/")
    shown = [str(panel.title) for panel in page.context["panels"]]
    assert shown == ["党组织", "兼职委员", "在职党员", AGREEMENTS, COMMITMENTS, MEETINGS]
