"""Days and weeks are China's, whatever zone the server's clock is in (T45)."""

import os
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from gridparty.lib.dates import Week, day_of, today

MIDNIGHT = timezone(timedelta(hours=8))  # China has kept one clock without summer time since 1991


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/New_York"])
def server_zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def edges():
    """(instant, day in China) just before and at every midnight in China that begins a week or a year, 2015 to 2035."""
    day = date(2015, 1, 1)
    while day <= date(2036, 1, 1):
        if day.weekday() == 0 or (day.month, day.day) == (1, 1):
            midnight = datetime(day.year, day.month, day.day, tzinfo=MIDNIGHT)
            yield midnight - timedelta(microseconds=1), day - timedelta(days=1)
            yield midnight, day
        day += timedelta(days=1)


EDGES = list(edges())


def iso_week(day):
    """The ISO week by its rule: the year and number of the week's Thursday."""
    thursday = day + timedelta(days=3 - day.weekday())
    return thursday.year, (thursday - date(thursday.year, 1, 1)).days // 7 + 1


def test_the_edges_are_all_there():
    assert len(EDGES) > 2 * 52 * 21


def test_every_week_and_year_end_is_chinas(server_zone):
    for instant, day in EDGES:
        for seen in (instant, instant.astimezone(UTC), instant.astimezone()):
            assert day_of(seen) == day
            week = Week.of(seen)
            assert (week.year, week.number) == iso_week(day)
            assert week.first_day <= day <= week.last_day


def test_today_is_chinas(server_zone):
    wrong = []
    for instant, day in EDGES[:: len(EDGES) // 60]:
        with time_machine.travel(instant, tick=False):
            if today() != day:
                wrong.append((server_zone, instant, today()))
    assert wrong == []


@pytest.mark.parametrize("year", range(2015, 2036))
def test_years_have_52_weeks_but_those_with_53(year):
    last = Week.of(date(year, 12, 28))
    assert last == Week(year, 53 if year in (2015, 2020, 2026, 2032) else 52)
    assert last.next == Week(year + 1, 1)


def test_new_year_2027_is_in_the_last_week_of_2026():
    assert str(Week.of(date(2027, 1, 1))) == "2026-W53"
    assert str(Week.of(datetime(2026, 12, 31, 16, tzinfo=UTC))) == "2026-W53"
    assert Week.of(datetime(2027, 1, 3, 15, 59, tzinfo=UTC)) == Week(2026, 53)
    assert Week.of(datetime(2027, 1, 3, 16, tzinfo=UTC)) == Week(2027, 1)


def test_a_week_is_written_with_two_digits():
    assert str(Week(2026, 3)) == "2026-W03"


@pytest.mark.parametrize("naive", [datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)])
def test_an_instant_without_a_zone_is_refused(naive):
    for ask in (day_of, Week.of):
        with pytest.raises(ValueError, match="time zone"):
            ask(naive)


DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(DAYS)
def test_weeks_follow_each_other_without_gap(day):
    week = Week.of(day)
    assert week.first_day.weekday() == 0
    assert week.last_day - week.first_day == timedelta(days=6)
    assert week.next.first_day - week.last_day == timedelta(days=1)
    assert (week.year, week.number) == iso_week(day)


@given(DAYS, DAYS)
def test_weeks_sort_as_their_days_do(one, other):
    if Week.of(one) < Week.of(other):
        assert one < other


def test_the_zone_under_test_is_really_set(server_zone):
    assert os.environ["TZ"] == server_zone
    offsets = {"UTC": 0, "Asia/Shanghai": 8 * 3600, "America/New_York": -5 * 3600}
    assert time.localtime(datetime(2026, 1, 1, tzinfo=UTC).timestamp()).tm_gmtoff == offsets[server_zone]
