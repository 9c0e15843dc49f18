"""T6: who may do what with an entry in which state of entry, appeal and year: all of it against a table written out here."""

from types import SimpleNamespace

import pytest
from django.db import models, transaction

from accounts.models import User
from conftest import make_user
from members.actions import (
    NewMember,
    NewSeat,
    answer_appeal,
    appeal_points,
    decide_points,
    enrol_many,
    fill_seats,
    post_points,
    reverse_points,
    withdraw_points,
)
from members.choices import AppealState, EntryMove, EntryState
from members.errors import PointsRefused
from members.models import Member, PointBalance, PointEntry, PointScheme
from members.tests.conftest import earned, typed

YEARS = ("in_force", "frozen", "notice", "closed")
NOT_CLOSED = {"in_force", "frozen", "notice"}
# Which states of entry, of appeal and of the year each move takes.
STATES = {
    "approve": ({"proposed"}, {""}, {"in_force"}),
    "refuse": ({"proposed"}, {""}, {"in_force"}),
    "withdraw": ({"proposed"}, {""}, {"in_force"}),
    "appeal": ({"approved", "refused"}, {""}, NOT_CLOSED),
    "uphold": ({"approved", "refused"}, {"open"}, NOT_CLOSED),
    "dismiss": ({"approved", "refused"}, {"open"}, NOT_CLOSED),
    "reverse": ({"approved"}, {"", "dismissed"}, {"in_force"}),
}
OWN, DECIDE, OFFICE = {"withdraw", "appeal"}, {"approve", "refuse", "reverse"}, set(EntryMove) - {"withdraw", "appeal"}
NOBODY = ("other_member", "group_leader", "organiser", "clerk", "neighbour_secretary", "neighbour_community", "nobody")
ABOVE = {"community_secretary": OFFICE, "street_officer": OFFICE, "district_official": OFFICE}
# Whose entry, and what each may do with it: one the member proposed, which the branch secretary decided where it is decided.
MAY = {
    "of the branch": ABOVE | {"own": OWN, "branch_secretary": DECIDE},
    "of the office": ABOVE | {"own": OWN, "branch_secretary": set()},
    "of the secretary": ABOVE | {"own": set(), "branch_secretary": OWN},
}
MOVES = {
    "approve": lambda entry, by: decide_points(entries=[entry], approve=True, by=by),
    "refuse": lambda entry, by: decide_points(entries=[entry], approve=False, by=by, reason="无记录"),
    "withdraw": lambda entry, by: withdraw_points(entry=entry, by=by),
    "appeal": lambda entry, by: appeal_points(entry=entry, by=by, text="请核实"),
    "uphold": lambda entry, by: answer_appeal(entry=entry, uphold=True, by=by, answer="属实"),
    "dismiss": lambda entry, by: answer_appeal(entry=entry, uphold=False, by=by, answer="不属实"),
    "reverse": lambda entry, by: reverse_points(entry=entry, by=by, reason="记错"),
}


@pytest.fixture
def branch(ledger, cast, parties, areas) -> SimpleNamespace:
    """赵一 belongs to the group of 第1网格党支部, which has a leader; the neighbouring branch has a secretary, too."""
    new = [NewMember(parties.branch1, parties.ordinary, typed=typed(name, n)) for n, name in enumerate(("周五", "吴六"), start=7)]
    leader, other = enrol_many(members=new, by=cast.secretary)
    seats = [NewSeat(parties.group, "group_leader", leader.person), NewSeat(parties.branch2, "secretary", ledger.sun.person)]
    fill_seats(seats=seats, by=cast.secretary)
    other.person.user = make_user(None, None, username="other")
    other.person.save()
    group = {"organisation": parties.group, "area": parties.group.area, "grid": parties.group.grid}
    Member.objects.filter(pk=ledger.zhao.pk).update(organisation=parties.group)
    PointBalance.objects.filter(member=ledger.zhao).update(**group)
    users = {
        "own": ledger.zhao_user,
        "other_member": other.person.user,
        "group_leader": Member.objects.get(pk=leader.pk).person.user,
        "organiser": ledger.organiser,
        "branch_secretary": ledger.branch_secretary,
        "clerk": cast.clerk,
        "community_secretary": cast.secretary,
        "street_officer": cast.street_officer,
        "district_official": cast.district_official,
        "neighbour_secretary": Member.objects.get(pk=ledger.sun.pk).person.user,
        "neighbour_community": make_user("community_secretary", areas.liuyuan, username="liuyuan"),
        "nobody": cast.nobody,
    }
    return SimpleNamespace(ledger=ledger, users={name: User.objects.get(pk=user.pk) for name, user in users.items()})


def entry_of(branch, whose: str) -> PointEntry:
    """Proposed by the member."""
    member, by = {"of the secretary": (branch.ledger.li, "branch_secretary")}.get(whose, (branch.ledger.zhao, "own"))
    entry = post_points(entries=[earned(member, branch.ledger.items["C1"])], by=branch.users[by]).entries[0]
    type(entry.item).objects.filter(pk=entry.item_id).update(approver="office" if whose == "of the office" else "branch")
    return entry


def wrong(branch, whose: str, years) -> list[str]:
    """Every state, move and person in which what happened is not what the table says."""
    entry, found = entry_of(branch, whose), []
    for year in years:
        PointScheme.objects.filter(pk=branch.ledger.scheme.pk).update(state=year)
        for state in EntryState:
            decided = branch.users["branch_secretary"] if state in ("approved", "refused") else None
            for appeal in ("", *AppealState):
                PointEntry.objects.filter(pk=entry.pk).update(state=state, appeal=appeal, decided_by=decided)
                before = _stored()
                for move, act in MOVES.items():
                    states, appeals, open_years = STATES[move]
                    possible = state in states and appeal in appeals and year in open_years
                    for name, user in branch.users.items():
                        allowed = possible and move in MAY[whose].get(name, set())
                        if did(act, entry, user, before) != allowed:
                            found.append(f"{name} {move} {state} {appeal} in {year}: {'refused' if allowed else 'done'}")
    return found


def did(act, entry: PointEntry, by: User, before: list) -> bool:
    """Whether anything was written; it is undone."""
    point, refused = transaction.savepoint(), False
    try:
        act(entry, by)
    except PointsRefused:
        refused = True
    changed = _stored() != before
    transaction.savepoint_rollback(point)
    assert not (refused and changed), "a refusal wrote something"
    return changed


def _stored() -> list:
    columns = ("pk", "state", "appeal", "decided_by", "answered_by", "balance__earned", "balance__total")
    return list(models.QuerySet(PointEntry).order_by("pk").values_list(*columns))


def test_the_table_names_everybody(branch):
    for whose in MAY:
        assert {*NOBODY, *MAY[whose]} == set(branch.users)


def test_who_may_do_what_in_an_open_year(branch):
    assert wrong(branch, "of the branch", ["in_force"]) == []


@pytest.mark.slow
@pytest.mark.parametrize("whose", MAY)
def test_who_may_do_what_in_any_year(branch, whose):
    assert wrong(branch, whose, YEARS) == []
