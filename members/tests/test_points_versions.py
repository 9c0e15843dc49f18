"""A scheme revised in the middle of the year: what was earned stays, and is counted by the last version that says how."""

import pytest

from gridparty.lib.dates import today
from members.actions import draft_scheme, post_points, publish_scheme, rebuild_points, save_parts
from members.models import PointBalance, PointItem
from members.tests.conftest import earned


@pytest.fixture
def revise(ledger, cast):
    """revise(A1=4) publishes a version in which A1 counts to 4; revise(A1=None) one without A1. Returns its items by code."""

    def act(**caps):
        draft = draft_scheme(source=ledger.scheme, area=ledger.scheme.area, year=today().year, by=cast.street_officer)
        items = {item.code: item for item in PointItem.objects.filter(category__scheme=draft)}
        for code, cap in caps.items():
            items[code].cap = cap
        gone = [items[code] for code, cap in caps.items() if cap is None]
        save_parts(scheme=draft, saved=[items[code] for code, cap in caps.items() if cap], removed=gone, by=cast.street_officer)
        publish_scheme(scheme=draft, by=cast.street_officer)
        ledger.scheme = draft
        return items

    return act


def scored(ledger, item, times: int):
    for _time in range(times):
        post_points(entries=[earned(ledger.zhao, item)], by=ledger.branch_secretary)
    return PointBalance.objects.get(member=ledger.zhao).counted


def test_what_was_earned_is_counted_by_the_new_cap(ledger, revise):
    assert scored(ledger, ledger.items["A1"], 7) == 12
    revise(A1=4)
    assert PointBalance.objects.get(member=ledger.zhao).counted == 4


def test_an_item_that_two_versions_capped_otherwise_and_the_third_drops_keeps_the_last_cap(ledger, revise):
    """Whichever of its entries came first, and of whichever version."""
    scored(ledger, ledger.items["A1"], 7)
    newer = revise(A1=4)["A1"]
    assert scored(ledger, newer, 1) == 4
    revise(A1=None)
    assert PointBalance.objects.get(member=ledger.zhao).counted == 4
    assert rebuild_points(by=None) == []


def test_a_draft_counts_for_nothing_until_it_is_published(ledger, cast):
    scored(ledger, ledger.items["A1"], 7)
    draft = draft_scheme(source=ledger.scheme, area=ledger.scheme.area, year=today().year, by=cast.street_officer)
    PointItem.objects.filter(category__scheme=draft, code="A1").update(cap=1)
    assert scored(ledger, ledger.items["A1"], 1) == 12
    assert rebuild_points(by=None) == []
