# ruff: noqa: F811 - fixtures are imported by name
"""T6 for resolutions: every state × move × who, against an exact list of what is allowed."""

from datetime import timedelta
from itertools import product

import pytest

from gridparty.lib.dates import today
from liaison.actions.resolutions import move_resolution, report_resolution, resolution_to_case
from liaison.admin.resolutions import STEPS
from liaison.choices import MeetingState, ResolutionMove, ResolutionState
from liaison.errors import ResolutionRefused
from liaison.models import Resolution
from liaison.tests.assembled import assembly, ledger, parties  # noqa: F401 - fixtures
from liaison.tests.test_resolutions import now, remit, settled, subject

KEEPERS = {"secretary", "clerk", "street_officer", "district_official", "all_districts_official"}
OTHERS = {"cadre", "grid_leader", "next_grid_leader", "building_leader", "member", "system_admin", "security_admin"}
OTHERS |= {"audit_admin", "nobody", "liuyuan_secretary", "li_user"}
OWNER = "zhao_user"
# (state, move) → the state it leads to.
ALLOWED = {
    ("open", "finish"): "done",
    ("open", "drop"): "dropped",
    ("open", "extend"): "open",
    ("reported", "confirm"): "done",
    ("reported", "return"): "open",
    ("reported", "drop"): "dropped",
    ("done", "reopen"): "open",
    ("dropped", "reopen"): "open",
}
SAID = {
    "reason": "原因",
    "text": "灯已换好",
    "due_on": today() + timedelta(days=60),
}


def put(row: Resolution, state: str) -> Resolution:
    done = {"done_on": today(), "done_text": "灯已换好"} if state in ("reported", "done") else {"done_on": None, "done_text": ""}
    Resolution.objects.filter(pk=row.pk).update(state=state, reason="", due_on=today() + timedelta(days=30), **done)
    return now(row)


def tried(row: Resolution, move: str, by) -> str | None:
    """The state after a move, None where it was refused; then nothing was changed."""
    before = Resolution.objects.filter(pk=row.pk).values().get()
    try:
        move_resolution(resolution=row, move=move, by=by, **SAID)
    except ResolutionRefused:
        assert Resolution.objects.filter(pk=row.pk).values().get() == before
        return None
    return now(row).state


@pytest.mark.parametrize("who", sorted(KEEPERS | OTHERS | {OWNER}))
def test_moves_by_state_and_role(assembly, who):
    user, found = getattr(assembly, who), {}
    for state, move in product(ResolutionState.values, ResolutionMove.values):
        if after := tried(put(assembly.mine, state), move, user):
            found[state, move] = after
    assert found == (ALLOWED if who in KEEPERS else {})


def test_reporting_is_the_owners(assembly):
    users = sorted(KEEPERS | OTHERS | {OWNER})
    found = set()
    for state, who in product(ResolutionState.values, users):
        row = put(assembly.mine, state)
        try:
            report_resolution(resolution=row, text="灯已换好", by=getattr(assembly, who))
        except ResolutionRefused:
            assert now(row).state == state
        else:
            found.add((state, who, now(row).state))
    assert found == {("open", OWNER, "reported")}


@pytest.mark.parametrize("state", MeetingState.values)
def test_only_of_meetings_that_were_held(assembly, state):
    assembly.closed.state = state
    assembly.closed.save()
    moved = tried(assembly.mine, "finish", assembly.clerk)
    assert moved == ("done" if state in ("held", "closed") else None)


@pytest.mark.parametrize(
    ("end", "allowed"),
    [
        (lambda case: case, {("open", "drop"), ("open", "extend"), ("dropped", "reopen")}),
        (settled, {("dropped", "reopen")}),
        (remit, {("open", "drop"), ("open", "extend"), ("open", "finish"), ("dropped", "reopen")}),
    ],
    ids=["handled", "solved", "out of remit"],
)
def test_moves_of_what_became_a_case(assembly, end, allowed):
    """Its states are open and dropped; what is done is said by the case."""
    resolution_to_case(resolution=assembly.mine, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
    end(now(assembly.mine).case)
    found = {
        (state, move)
        for state, move in product(("open", "dropped"), ResolutionMove.values)
        if tried(put(assembly.mine, state), move, assembly.clerk)
    }
    assert found == allowed


@pytest.mark.parametrize("move", ["return", "reopen", "drop", "extend"])
def test_asks_why(assembly, move):
    state = next(state for state, one in ALLOWED if one == move)
    row = put(assembly.mine, state)
    with pytest.raises(ResolutionRefused, match="原因"):
        move_resolution(resolution=row, move=move, by=assembly.clerk, reason=" ", due_on=SAID["due_on"])
    assert now(row).state == state


@pytest.mark.parametrize("state", ResolutionState.values)
def test_the_desk_offers_just_these(assembly, state):
    row = put(assembly.mine, state)
    offered = {step.name for step in STEPS if not step.unfit(row, assembly.clerk)}
    assert offered == {move for at, move in ALLOWED if at == state} | ({"to_case"} if state == "open" else set())
    for nobody in ("liuyuan_secretary", "cadre", "li_user"):
        assert not [step for step in STEPS if not step.unfit(row, getattr(assembly, nobody))]


def test_of_two_at_once_the_second_is_told(assembly):
    first, second = now(assembly.mine), now(assembly.mine)
    move_resolution(resolution=first, move="drop", reason="不办了", by=assembly.clerk)
    assert tried(second, "finish", assembly.secretary) is None


def test_a_meeting_elsewhere_has_other_keepers(assembly):
    assert tried(assembly.neighbours, "finish", assembly.secretary) is None
    assert tried(assembly.neighbours, "finish", assembly.liuyuan_secretary) == "done"
