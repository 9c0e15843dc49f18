"""Several write points at once to one SQLite file: one after the other, and nothing is lost. PostgreSQL: test_points_at_once."""

from types import SimpleNamespace

import pytest
from django.db import connection

from conftest import NAMED, new_areas
from gridparty.lib.dates import today
from grids.actions import load_areas
from grids.models import Area
from grids.tests.test_concurrency import at_once, shared  # noqa: F401 - the fixture
from members.actions import award_points, decide_points, post_points, rebuild_points
from members.errors import PointsRefused
from members.models import PointBalance, PointEntry
from members.tests.conftest import earned

pytestmark = pytest.mark.skipif(connection.vendor == "postgresql", reason="there test_points_at_once plays it whole")
WRITERS = 4


@pytest.fixture
def areas(shared):  # noqa: F811
    load_areas(areas=new_areas(), by=None)
    rows = {area.code: area for area in Area.objects.select_related("parent")}
    return SimpleNamespace(**{name: rows[code] for name, code in NAMED.items()})


def total(member):
    return PointBalance.objects.get(member=member, year=today().year).earned


def test_all_points_arrive_and_what_comes_twice_counts_once(ledger, cast):
    def post():
        return [post_points(entries=[earned(ledger.sun, ledger.items["C1"])], by=cast.secretary) for _time in range(5)]

    assert [len(one) for one in at_once(*[post] * WRITERS)] == [5] * WRITERS
    assert total(ledger.sun) == 5 * WRITERS
    new = [earned(ledger.zhao, ledger.items["C1"], source="activity:1")]
    awarded = at_once(*[lambda: award_points(entries=new, by=cast.secretary)] * WRITERS)
    assert sum(len(one.entries) for one in awarded) == 1
    again = [earned(ledger.zhao, ledger.items["B1"], source="form:1")]
    posted = at_once(*[lambda: post_points(entries=again, by=cast.secretary)] * WRITERS)
    assert sum(not isinstance(one, PointsRefused) for one in posted) == 1
    waiting = post_points(entries=[earned(ledger.zhao, ledger.items["B2"]) for _n in range(3)], by=ledger.organiser).entries
    decided = at_once(*[lambda: decide_points(entries=waiting, approve=True, by=cast.secretary)] * WRITERS)
    assert sum(decided) == 3
    assert total(ledger.zhao) == sum(row.points for row in PointEntry.objects.filter(balance__member=ledger.zhao))
    assert rebuild_points(by=None) == []
