"""Years, halves and quarters: where they begin and end, and what they are called."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from services.choices import PeriodKind
from services.periods import Period


@pytest.mark.parametrize(
    ("kind", "day", "first", "last", "slug", "label"),
    [
        ("year", date(2026, 1, 1), date(2026, 1, 1), date(2026, 12, 31), "2026", "2026年度"),
        ("half", date(2026, 6, 30), date(2026, 1, 1), date(2026, 6, 30), "2026H1", "2026年上半年"),
        ("half", date(2026, 7, 1), date(2026, 7, 1), date(2026, 12, 31), "2026H2", "2026年下半年"),
        ("quarter", date(2028, 2, 29), date(2028, 1, 1), date(2028, 3, 31), "2028Q1", "2028年第一季度"),
        ("quarter", date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30), "2026Q3", "2026年第三季度"),
        ("quarter", date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31), "2026Q4", "2026年第四季度"),
    ],
)
def test_the_period_of_a_day(kind, day, first, last, slug, label):
    period = Period.holding(kind, day)
    assert (period.first, period.last, period.slug, period.label) == (first, last, slug, label)
    assert Period.of_slug(slug) == period


@pytest.mark.parametrize("kind", PeriodKind)
def test_one_follows_the_other_without_a_gap_for_twelve_years(kind):
    day, period = date(2020, 1, 1), Period.holding(kind, date(2020, 1, 1))
    while day < date(2032, 1, 1):
        if day > period.last:
            assert Period.before(kind, day) == period
            period = Period.holding(kind, day)
            assert period.first == day
        assert Period.holding(kind, day) == period
        day += timedelta(days=1)


def test_the_last_one_over_before_a_day_is_never_that_of_the_day():
    assert Period.before("year", date(2026, 12, 31)).slug == "2025"
    assert Period.before("year", date(2027, 1, 1)).slug == "2026"
    assert Period.before("half", date(2027, 1, 3)).slug == "2026H2"
    assert Period.before("quarter", date(2026, 7, 1)).slug == "2026Q2"


@pytest.mark.parametrize("text", ["", "26", "2026H3", "2026Q0", "2026Q5", "2026h1", "0000", "２０２６", "2026Q1 ", "2026\n"])
def test_what_names_no_period(text):
    assert Period.of_slug(text) is None


@pytest.mark.parametrize("slug", ["2026", "2026H1", "2026H2", "2026Q1", "2026Q4"])
def test_a_card_tells_its_period_by_its_days(slug):
    period = Period.of_slug(slug)
    assert Period.of_card(SimpleNamespace(from_on=period.first, until_on=period.last)) == period


def test_other_days_are_no_period():
    with pytest.raises(ValueError, match="no period"):
        Period.of_card(SimpleNamespace(from_on=date(2026, 1, 1), until_on=date(2026, 2, 28)))
