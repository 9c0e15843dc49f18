"""T6: every move at every step, waiting or not, by everybody, at every level: allowed or refused as written down here anew."""

import pytest
from django.db import transaction
from django.utils import timezone

from cases.actions import Said, move_case
from cases.choices import MOVES, MoveKind, Step, Who
from cases.errors import CaseRefused
from cases.models import Case
from cases.queries import may, moves_for
from cases.tests.conftest import open_at

LEVELS = ("grid1", "taoyuan", "east", "district")
# On which level somebody handles cases; who is not named here handles none of 第1网格.
RANK = {"grid_leader": 0, "secretary": 1, "clerk": 1, "street_officer": 2, "district_official": 3, "all_districts_official": 4}
LOOK_ON = ("cadre", "next_grid_leader", "building_leader", "member", "system_admin", "security_admin", "audit_admin", "nobody")

_PASS = {"pass_up", "pass_down"}
# What whoever handles a case may do with it at each step, while nothing waits for a decision …
FREE = {
    "found": {"collect", "file", "ask_approval", "note", "ask_remit", *_PASS},
    "collected": {"file", "ask_approval", "note", "ask_remit", *_PASS},
    "filed": {"handle", "note", "ask_remit", *_PASS},
    "handled": {"answer", "note", *_PASS},
    "answered": {"close", "reopen", "note"},
    "closed": {"reopen"},
}
# … and while a request waits: whoever asked, and beside that everybody else.
WAITING = {"found": {"collect", "note"}, "collected": {"note"}, "filed": {"note"}, "approving": {"note"}}
_REMIT = {"agree_remit", "refuse_remit"}
DECIDING = {"found": _REMIT, "collected": _REMIT, "filed": _REMIT, "approving": {"approve", "deny"}}
STATES = [*((step, False) for step in FREE), *((step, True) for step in WAITING)]
BY_CLOCK = {"remind", "escalate"}
AFTER = {
    "collect": "collected",
    "file": "filed",
    "ask_approval": "approving",
    "approve": "filed",
    "deny": "collected",
    "handle": "handled",
    "answer": "answered",
    "close": "closed",
    "reopen": "filed",
    "agree_remit": "closed",
}


def allowed(name: str, level: int, step: str, waits: bool, asked: bool) -> set[str]:
    """What somebody may do with a case held on a level; `asked`: it is they who asked."""
    rank = RANK.get(name, -1)
    moves = {"urge"} if rank > level and step != "closed" else set()
    if rank < level:
        return moves
    if not waits:
        return moves | FREE[step]
    return moves | WAITING[step] | (set() if asked else DECIDING[step])


@pytest.fixture
def case(voices) -> Case:
    return open_at(voices, voices.areas.building1, voices.grid_leader)


def test_the_oracle_knows_every_step_move_and_actor(cast):
    assert {*FREE, "approving"} == set(Step.values)
    named = {"urge", "opened", *BY_CLOCK}.union(*FREE.values(), *WAITING.values(), *DECIDING.values())
    assert named == set(MoveKind.values)
    assert {*RANK, *LOOK_ON} == set(vars(cast))


@pytest.mark.parametrize(("step", "waits"), STATES)
def test_every_move_is_allowed_to_those_and_to_nobody_else(voices, case, step, waits):
    asker = voices.street_officer
    wrong = []
    for level, held in enumerate(LEVELS):
        case.step, case.holder = step, getattr(voices.areas, held)
        for name in (*RANK, *LOOK_ON):
            user = getattr(voices, name)
            for asked in (False, True) if waits else (False,):
                case.asked_by = (user if asked else voices.next_grid_leader if user == asker else asker) if waits else None
                found = {kind for kind in MOVES if may(case, kind, user)}
                if found != allowed(name, level, step, waits, asked):
                    wrong.append((held, name, asked, found ^ allowed(name, level, step, waits, asked)))
    assert wrong == []


@pytest.mark.parametrize(("step", "waits"), STATES)
def test_residents_and_the_clock_make_their_own_moves_only(voices, case, step, waits):
    case.step, case.asked_by = step, voices.secretary if waits else None
    by_resident = {kind for kind in MOVES if may(case, kind, None, Who.RESIDENT)}
    by_clock = {kind for kind in MOVES if may(case, kind, None, Who.CLOCK)}
    assert by_resident == ({"reopen"} if step in ("answered", "closed") else set())
    assert by_clock == (set() if step == "closed" else BY_CLOCK | ({"close"} if step == "answered" else set()))


def test_at_the_bottom_nothing_is_passed_down_and_at_the_top_nothing_up(voices, case):
    for held, missing in (("grid1", "pass_down"), ("district", "pass_up"), ("taoyuan", ""), ("east", "")):
        case.holder = getattr(voices.areas, held)
        assert _PASS - set(moves_for(case, voices.all_districts_official)) == ({missing} if missing else set())


SAID = {"text": "楼道灯已换新", "answer": "已换新灯，谢谢反映", "procedure": "coordinated"}


def put(case: Case, step: str, waits: bool, asker) -> Case:
    """The case at a step as it would stand there."""
    now = timezone.now()
    late = step in ("answered", "closed")
    values = {"step": step, "procedure": "approval" if step == "approving" else "coordinated"}
    values |= {"answer": "已修好", "answered_at": now} if late else {}
    values |= {"outcome": "solved", "closed_at": now} if step == "closed" else {}
    Case.objects.filter(pk=case.pk).update(**values, asked_by=asker if waits else None)
    return Case.objects.get(pk=case.pk)


@pytest.mark.parametrize("name", ["grid_leader", "secretary", "next_grid_leader", "cadre", "building_leader"])
@pytest.mark.parametrize(("step", "waits"), STATES)
def test_moves_are_made_or_refused_and_a_refusal_changes_nothing(voices, case, step, waits, name):
    user = getattr(voices, name)
    case = put(case, step, waits, voices.clerk)
    for kind in MOVES:
        may_be = kind in allowed(name, 0, step, waits, False) and kind != "pass_down"  # below a grid is nothing
        try:
            with transaction.atomic():
                moved = move_case(case=case, kind=kind, by=user, said=Said(**SAID, seq=case.seq))
                assert may_be, f"{name} made {kind}"
                assert moved.step == AFTER.get(kind, step)
                assert (moved.seq, moved.events.latest("seq").kind) == (case.seq + 1, kind)
                transaction.set_rollback(True)
        except CaseRefused:
            assert not may_be, f"{name} could not make {kind}"
        now = Case.objects.get(pk=case.pk)
        assert (now.step, now.seq, now.events.count()) == (step, 1, 1)
