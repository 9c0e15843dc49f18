"""What is counted of work with units and of meetings: each figure is its rows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import Case
from gridparty.lib.dates import today
from gridparty.lib.figures import all_figures, counted, counted_by_area, figures_of_grids
from gridparty.tests.factories import FACTORIES
from liaison.choices import AgreementState, CommitmentState, MeetingState, ResolutionState
from liaison.tests.conftest import agreement_with, commitment_of, day
from liaison.tests.meeting_rows import body_at, meeting_of, member_of, resolution_of

OURS = {"agreements", "commitments", "meetings", "resolutions"}


def of(area, first: int, last: int = 0) -> dict[str, int]:
    """Ours, from so many days ago to so many days from now."""
    numbers = counted(area, day(first), day(last))
    return {key: numbers[key] for key in OURS if numbers[key]}


def test_agreements_count_on_the_day_they_are_signed(allied):
    agreement_with(allied.hospital, allied.areas.taoyuan, state=AgreementState.AGREED)
    assert of(allied.areas.taoyuan, -100, -100) == {"agreements": 1}
    assert of(allied.areas.east, -100, -100) == {"agreements": 2}
    assert of(allied.areas.east, -99) == {}


def test_commitments_count_on_the_day_they_are_done(allied):
    commitment_of(allied.agreement, state=CommitmentState.DONE)
    commitment_of(allied.agreement, state=CommitmentState.REPORTED)
    commitment_of(allied.neighbour, state=CommitmentState.DONE)
    assert of(allied.areas.taoyuan, -1, -1) == {"commitments": 1}
    assert of(allied.areas.east, -1, -1) == {"commitments": 2}
    assert of(allied.areas.east, 0) == {}


def test_meetings_count_when_they_were_held(allied):
    body = body_at(allied.areas.taoyuan)
    for state in MeetingState:
        meeting_of(body, state=state, days=-3)
    assert of(allied.areas.taoyuan, -3, -3) == {"meetings": 2}
    assert of(allied.areas.taoyuan, -2) == of(allied.areas.liuyuan, -9) == {}


@pytest.mark.parametrize(("state", "number"), [(one, int(one == "done")) for one in ResolutionState])
def test_resolutions_count_when_they_are_done(allied, state, number):
    body = body_at(allied.areas.taoyuan)
    held = meeting_of(body, state=MeetingState.CLOSED, days=-30)
    resolution_of(held, member_of(body), state=state, done_on=day(-2), done_text="已修好。")
    assert of(allied.areas.taoyuan, -2, -2).get("resolutions", 0) == number
    assert of(allied.areas.taoyuan, -1) == {}


@pytest.mark.parametrize(("outcome", "number"), [("solved", 1), ("out_of_remit", 0)])
def test_one_that_became_a_case_counts_when_that_is_solved(allied, outcome, number):
    case = FACTORIES[Case](allied.areas.taoyuan)
    Case.objects.filter(pk=case.pk).update(step="closed", outcome=outcome, closed_at=timezone.now() - timedelta(days=3))
    body = body_at(allied.areas.taoyuan)
    resolution_of(meeting_of(body, state=MeetingState.CLOSED, days=-30), member_of(body), case=case)
    assert of(allied.areas.taoyuan, -4, -2).get("resolutions", 0) == number


def test_they_are_counted_by_area_in_a_query_each(allied, django_assert_num_queries):
    commitment_of(allied.agreement, state=CommitmentState.DONE)
    areas = [allied.areas.taoyuan, allied.areas.liuyuan]
    with django_assert_num_queries(len(all_figures())):
        found = counted_by_area(areas, allied.areas.east, day(-200), today())
    numbers = {area: {key: n for key, n in one.items() if key in OURS} for area, one in found.items()}
    assert numbers == {
        allied.areas.taoyuan.pk: {"agreements": 1, "commitments": 1},
        allied.areas.liuyuan.pk: {"agreements": 1},
    }


def test_grids_do_not_report_them(allied):
    assert OURS.isdisjoint(figure.key for figure in figures_of_grids())
    assert OURS.isdisjoint(counted(allied.areas.grid1, day(-9), today()))
    assert OURS.issubset(counted(allied.areas.taoyuan, day(-9), today()))
