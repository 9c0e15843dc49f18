"""What writing to the ledger costs, in statements: the same for one member and for many."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from members.actions import decide_points, post_points, reverse_points
from members.tests.conftest import earned

FRAME = re.compile(r"(SAVEPOINT|RELEASE|BEGIN|COMMIT)")


def statements(act) -> list[str]:
    with CaptureQueriesContext(connection) as found:
        act()
    return [one["sql"] for one in found if not FRAME.match(one["sql"])]


@pytest.fixture
def secretary(ledger):
    """As a request has them: their posts and seats are known."""
    user = User.objects.get(pk=ledger.branch_secretary.pk)
    post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=user)
    return user


class TestPosting:
    def test_one_entry(self, ledger, secretary):
        """The balance held and looked at, its entries, the rules, classes of the item, named days; entry, log, balance."""
        found = statements(lambda: post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=secretary))
        assert len(found) == 9, found

    @pytest.mark.parametrize("times", [1, 4])
    def test_a_meeting(self, ledger, secretary, times):
        """However many names are ticked: one statement more, for the keys of all entries."""
        new = [earned(one, ledger.items["B1"]) for one in (ledger.zhao, ledger.qian) for _time in range(times)]
        found = statements(lambda: post_points(entries=new, by=secretary))
        assert len(found) == 10, found

    def test_a_proposal(self, ledger, secretary):
        """The posts of the member are looked up, and nothing is counted yet."""
        found = statements(lambda: post_points(entries=[earned(ledger.zhao, ledger.items["C1"])], by=ledger.zhao_user))
        assert len(found) == 9, found


def test_approving(ledger, secretary):
    """Balance held and looked at, the entry, the year; the entry held, written and logged; entries, rules, balance."""
    entry = post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=ledger.organiser).entries[0]
    found = statements(lambda: decide_points(entries=[entry], approve=True, by=secretary))
    assert len(found) == 10, found


def test_reversing(ledger, secretary):
    entry = post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=secretary).entries[0]
    found = statements(lambda: reverse_points(entry=entry, by=secretary, reason="记错人"))
    assert len(found) == 9, found
