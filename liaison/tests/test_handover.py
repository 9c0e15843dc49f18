"""What goes on when an area closes or becomes part of another."""

import pytest

from gridparty.lib.dates import today
from grids.actions import close_area, merge_grids
from liaison.choices import AgreementState, MeetingState
from liaison.errors import AgreementRefused, MeetingRefused
from liaison.models import Agreement, Body, Commitment, Meeting, Resolution
from liaison.tests.conftest import agreement_with, commitment_of, day
from liaison.tests.meeting_rows import body_at, meeting_of, member_of, resolution_of

S = AgreementState


def merge(allied, **more):
    return merge_grids(into=allied.areas.grid1, grids=[allied.areas.grid2], by=allied.secretary, **more)


def places_of(rows) -> set:
    return {(row.area_id, row.community_id, row.grid_id) for row in rows}


@pytest.fixture
def gone(allied):
    """grid2, whose organisation is closed: it may be merged."""
    allied.parties.branch2.closed_on = today()
    allied.parties.branch2.save()
    return allied.areas.grid2


@pytest.fixture
def here(allied):
    grid = allied.areas.grid1
    return {(grid.pk, grid.community_id, grid.pk)}


@pytest.mark.parametrize("state", [S.DRAFT, S.OFFERED, S.AGREED, S.IN_FORCE])
def test_agreements_that_go_on_go_along_with_what_was_promised(allied, gone, here, state):
    row = agreement_with(allied.school, gone, state=state)
    promised = commitment_of(row)
    merge(allied)
    assert places_of(Agreement.objects.filter(pk=row.pk)) == here
    assert set(Commitment.objects.filter(agreement__grid=allied.areas.grid1)) == {promised}


@pytest.mark.parametrize("state", [S.EXPIRED, S.ENDED, S.DISCARDED])
def test_what_is_over_stays_as_history(allied, gone, state):
    row = agreement_with(allied.school, gone, state=state)
    merge(allied)
    assert places_of(Agreement.objects.filter(pk=row.pk)) == {(gone.pk, gone.community_id, gone.pk)}


def test_two_agreements_that_bind_do_not_meet_in_one_area(allied, gone):
    kept = agreement_with(allied.school, allied.areas.grid1)
    row = agreement_with(allied.school, gone, starts_on=day(-10), ends_on=day(10))
    with pytest.raises(AgreementRefused, match="“第1网格”与“市第一中学”已有同期的共建协议"):
        merge(allied)
    gone.refresh_from_db()
    assert (gone.closed_on, set(Agreement.objects.filter(area=gone))) == (None, {row})
    Agreement.objects.filter(pk=kept.pk).update(ends_on=day(-11))
    merge(allied)
    assert set(Agreement.objects.filter(area=allied.areas.grid1)) == {kept, row}


def test_a_body_goes_on_with_its_meetings_and_what_they_resolved(allied, gone, here):
    body, over = body_at(gone), body_at(gone, name="旧例会", closed_on=today())
    owner = member_of(body)
    held = meeting_of(body, state=MeetingState.CLOSED, days=-30)
    resolution = resolution_of(held, owner)
    next_one, old = meeting_of(body, state=MeetingState.CONVENED), meeting_of(over, state=MeetingState.CLOSED, days=-60)
    merge(allied)
    assert places_of(Body.objects.filter(pk=body.pk)) == here
    assert places_of(Meeting.objects.filter(pk__in=[held.pk, next_one.pk])) == here
    assert set(Meeting.objects.filter(area=gone)) == {old}
    assert set(Body.objects.filter(area=gone)) == {over}
    assert set(Resolution.objects.open().filter(meeting__grid=allied.areas.grid1)) == {resolution}


def test_two_bodies_of_one_name_are_told_apart_first(allied, gone):
    kept, row = body_at(allied.areas.grid1, name="网格例会"), body_at(gone, name="网格例会")
    with pytest.raises(MeetingRefused, match="“第1网格”已有同名的会议机制“网格例会”"):
        merge(allied)
    gone.refresh_from_db()
    assert (gone.closed_on, Body.objects.get(pk=row.pk).area) == (None, gone)
    Body.objects.filter(pk=kept.pk).update(closed_on=today())
    merge(allied)
    assert Body.objects.get(pk=row.pk).area == allied.areas.grid1


def test_without_a_receiver_the_level_above_takes_them(allied, gone):
    building = allied.areas.building3
    row, body = agreement_with(allied.school, building), body_at(building)
    close_area(area=building, by=allied.secretary)
    grid = allied.areas.grid2
    assert places_of([Agreement.objects.get(pk=row.pk), Body.objects.get(pk=body.pk)]) == {(grid.pk, grid.community_id, grid.pk)}
