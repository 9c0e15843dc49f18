"""The demo's work with units on a small community: something of everything, nothing decided in the future."""

import pytest

from gridparty.lib.dates import today
from gridparty.lib.registry import defaults
from grids.demo import SHOWN_COMMUNITY
from grids.models import Area
from liaison.choices import CommitmentState, MeetingState, ResolutionState
from liaison.demo import WANTED, liaison
from liaison.models import Agreement, Attendance, Body, Commitment, Meeting, Resolution
from liaison.tests.conftest import unit_at
from members.actions import NewMember, NewSeat, enrol_many, fill_seat
from members.models import Seat, Unit
from members.tests.conftest import typed
from services.tests.conftest import give_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(db):
    for fill in defaults:
        fill()


@pytest.fixture
def shown(cast, areas, parties, filled):
    """The shown community with its units, two branch secretaries, a member of the cast and some others."""
    Area.objects.filter(pk=areas.taoyuan.pk).update(name=SHOWN_COMMUNITY)
    new = [NewMember(parties.branch1, parties.ordinary, typed=typed(f"王小{n}", 20 + n)) for n in range(4)]
    members = enrol_many(members=new, by=None)
    give_user(members[0], "dangyuan")
    fill_seat(new=NewSeat(parties.branch1, "secretary", members[1].person), by=None)
    fill_seat(new=NewSeat(parties.branch2, "secretary", members[2].person), by=None)
    for wanted in WANTED:
        unit_at(areas.taoyuan, wanted.unit, head="韩德明")
    liaison()
    return cast


def test_there_is_something_of_everything(shown, areas):
    ours = Agreement.objects.filter(area=areas.taoyuan)
    assert [*ours.order_by("pk").values_list("state", flat=True)] == ["in_force", "in_force", "agreed", "draft", "draft"]
    assert ours.ending_soon().count() == ours.objected().count() == 1
    promised = Commitment.objects.filter(agreement__in=ours.in_force())
    assert {one.state for one in promised} == {CommitmentState.OPEN, CommitmentState.REPORTED, CommitmentState.DONE}
    assert promised.late().exists()
    assert set(Body.objects.values_list("kind", flat=True)) == {"joint_meeting", "grid_heads"}
    assert sorted(Meeting.objects.values_list("state", flat=True)) == [MeetingState.CLOSED] * 3 + [MeetingState.CONVENED] * 2
    assert {one.state for one in Resolution.objects.all()} == {ResolutionState.OPEN, ResolutionState.DONE}
    assert Resolution.objects.exclude(case=None).count() == 1
    assert set(Attendance.objects.exclude(came=None).values_list("came", flat=True)) == {True, False}


def test_the_other_communities_of_the_street_have_units_and_an_agreement(shown, areas):
    assert Unit.objects.filter(area=areas.liuyuan).count() == 2
    assert Agreement.objects.in_force().filter(area=areas.liuyuan).count() == 1
    assert not Unit.objects.filter(area=areas.xingyuan).exists()


def test_the_head_of_a_unit_sits_on_a_committee(shown, areas):
    seat = Seat.objects.exclude(unit=None).get()
    assert (seat.title, seat.unit.name, seat.organisation.community) == ("committee", WANTED[0].unit, areas.taoyuan)


def test_none_of_it_is_in_the_future(shown):
    assert not Agreement.objects.filter(signed_on__gt=today()).exists()
    assert not Commitment.objects.filter(done_on__gt=today()).exists()
    assert not Meeting.objects.filter(state=MeetingState.CLOSED, at__date__gt=today()).exists()
    assert not Resolution.objects.filter(done_on__gt=today()).exists()


@pytest.mark.parametrize("day", ["2026-01-02", "2026-03-31", "2026-06-30", "2028-02-29"])
def test_it_is_made_on_any_day(cast, areas, parties, filled, time_machine, day):
    time_machine.move_to(f"{day}T23:30:00+08:00")
    Area.objects.filter(pk=areas.taoyuan.pk).update(name=SHOWN_COMMUNITY)
    for wanted in WANTED:
        unit_at(areas.taoyuan, wanted.unit)
    liaison()
    assert Agreement.objects.filter(area=areas.taoyuan).count() == len(WANTED)
