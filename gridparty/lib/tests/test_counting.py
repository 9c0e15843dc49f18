"""Several numbers in one query, none of them further than anybody looks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gridparty.lib import counting
from grids.models import Area

pytestmark = pytest.mark.django_db


def of(kind: str):
    return Area.objects.filter(kind=kind).select_related("parent").order_by("name")


def test_each_is_counted_and_parts_are_added_up_in_one_query(areas):
    found = {"streets": of("street"), "below": (of("grid"), of("building")), "none": Area.objects.none(), "villages": of("x")}
    with CaptureQueriesContext(connection) as captured:
        assert counting.numbers_of(found) == {"streets": 3, "below": 12, "none": 0, "villages": 0}
    assert len(captured) == 1


def test_nothing_is_counted_further_than_the_limit(areas, monkeypatch):
    monkeypatch.setattr(counting, "COUNT_LIMIT", 4)
    assert counting.numbers_of({"buildings": of("building"), "streets": of("street")}) == {"buildings": 5, "streets": 3}


def test_nothing_to_be_found_asks_nothing(areas, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert counting.numbers_of({"none": Area.objects.none()}) == {"none": 0}
