"""T6: every (state, move, who) of agreements and of commitments; what the tables below leave out is refused, changing nothing."""

from itertools import product

import pytest
from django.db import transaction

from conftest import CAST
from liaison.actions import move_agreement, move_commitment
from liaison.choices import AgreementMove, AgreementState, CommitmentMove, CommitmentState
from liaison.errors import AgreementRefused
from liaison.models import Agreement, Commitment
from liaison.tests.conftest import agreement_with, commitment_of

KEEPERS = frozenset({"all_districts_official", "district_official", "street_officer", "secretary", "clerk"})
SIGNERS = KEEPERS - {"clerk"}
# {(state, move): (what it is then, who may)}
AGREEMENTS = {
    ("draft", "offer"): ("offered", KEEPERS),
    ("draft", "discard"): ("discarded", KEEPERS),
    ("offered", "recall"): ("draft", KEEPERS),
    ("offered", "sign"): ("in_force", SIGNERS),
    ("offered", "discard"): ("discarded", KEEPERS),
    ("agreed", "recall"): ("draft", KEEPERS),
    ("agreed", "sign"): ("in_force", SIGNERS),
    ("agreed", "discard"): ("discarded", KEEPERS),
    ("in_force", "end"): ("ended", SIGNERS),
}
COMMITMENTS = {
    ("open", "finish"): ("done", KEEPERS),
    ("open", "drop"): ("dropped", KEEPERS),
    ("reported", "confirm"): ("done", KEEPERS),
    ("reported", "return"): ("open", KEEPERS),
    ("reported", "drop"): ("dropped", KEEPERS),
    ("done", "reopen"): ("open", KEEPERS),
    ("dropped", "reopen"): ("open", KEEPERS),
}
WHO = [*CAST, "liuyuan_secretary"]


class Undone(Exception):
    """Takes back what was tried."""


def tried(act) -> str | None:
    """The state it leads to, or None where it is refused; nothing stays."""
    state = None
    try:
        with transaction.atomic():
            state = act().state
            raise Undone
    except (AgreementRefused, Undone):
        return state


def expected(table: dict, states, moves) -> dict:
    """{(state, move, who): the state then or None}"""
    return {
        (state, move, who): table[state, move][0] if (state, move) in table and who in table[state, move][1] else None
        for state, move, who in product(states, moves, WHO)
    }


def test_agreements(allied):
    rows = {state: agreement_with(allied.hospital, allied.areas.grid1, state=state) for state in AgreementState}
    found = {}
    for state, row in rows.items():  # the others of its area bind, too
        Agreement.objects.exclude(pk=row.pk).update(unit=allied.mill)
        Agreement.objects.filter(pk=row.pk).update(unit=allied.hospital)
        for move, who in product(AgreementMove, WHO):
            act = lambda row=row, move=move, who=who: move_agreement(  # noqa: E731
                agreement=row, move=move, by=getattr(allied, who), reason="原因"
            )
            found[state, move, who] = tried(act)
    assert found == expected(AGREEMENTS, AgreementState, AgreementMove)
    assert {state: Agreement.objects.get(pk=row.pk).state for state, row in rows.items()} == {state: state for state in rows}


def test_commitments(allied):
    rows = {state: commitment_of(allied.agreement, state=state) for state in CommitmentState}
    found = {}
    for (state, row), move, who in product(rows.items(), CommitmentMove, WHO):
        act = lambda row=row, move=move, who=who: move_commitment(  # noqa: E731
            commitment=row, move=move, by=getattr(allied, who), reason="原因", text="做了"
        )
        found[state, move, who] = tried(act)
    assert found == expected(COMMITMENTS, CommitmentState, CommitmentMove)
    assert {state: Commitment.objects.get(pk=row.pk).state for state, row in rows.items()} == {state: state for state in rows}


@pytest.mark.parametrize("of_agreement", list(AgreementState))
def test_commitments_of_agreements_in_every_state(allied, of_agreement):
    agreement = agreement_with(allied.hospital, allied.areas.grid1, state=of_agreement)
    rows = {state: commitment_of(agreement, state=state) for state in CommitmentState}
    found = set()
    for (state, row), move in product(rows.items(), CommitmentMove):
        act = lambda row=row, move=move: move_commitment(  # noqa: E731
            commitment=row, move=move, by=allied.secretary, reason="原因", text="做了"
        )
        if tried(act):
            found.add((state, move))
    allowed = {"in_force": set(COMMITMENTS), "expired": set(COMMITMENTS), "ended": set(COMMITMENTS)}
    allowed["draft"] = {("open", "drop"), ("reported", "drop")}
    assert found == allowed.get(of_agreement, set())
