"""The work calendar against the State Council's notices (T46): every day of the years known, deadlines across each holiday.

The notices of 2025 and 2026 are typed here by hand, apart from the library that the rows are first filled from.
"""

from datetime import date, datetime, timedelta

import pytest
from chinese_calendar import is_workday

from gridparty.lib.dates import CHINA, Week
from gridparty.lib.workdays import WorkCalendar, closing_of
from jobs.defaults import special_days
from jobs.models import SpecialDay
from jobs.workdays import work_calendar

# (first day off, last day off, days made up for it), as in the notices.
NOTICES = {
    2025: [
        ("2025-01-01", "2025-01-01", []),
        ("2025-01-28", "2025-02-04", ["2025-01-26", "2025-02-08"]),
        ("2025-04-04", "2025-04-06", []),
        ("2025-05-01", "2025-05-05", ["2025-04-27"]),
        ("2025-05-31", "2025-06-02", []),
        ("2025-10-01", "2025-10-08", ["2025-09-28", "2025-10-11"]),
    ],
    2026: [
        ("2026-01-01", "2026-01-03", ["2026-01-04"]),
        ("2026-02-15", "2026-02-23", ["2026-02-14", "2026-02-28"]),
        ("2026-04-04", "2026-04-06", []),
        ("2026-05-01", "2026-05-05", ["2026-05-09"]),
        ("2026-06-19", "2026-06-21", []),
        ("2026-09-25", "2026-09-27", []),
        ("2026-10-01", "2026-10-07", ["2026-09-20", "2026-10-10"]),
    ],
}
# Workdays of each year, counted by hand: 261 Mondays to Fridays, less the days off among them, and those made up.
WORKDAYS = {2025: 248, 2026: 248}


def days(first: str, last: str) -> list[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


HOLIDAYS = [(year, first, last) for year, notice in NOTICES.items() for first, last, _made_up in notice]
OFF = {day for _year, first, last in HOLIDAYS for day in days(first, last)}
MADE_UP = {date.fromisoformat(day) for notice in NOTICES.values() for _first, _last, made_up in notice for day in made_up}


def is_worked(day: date) -> bool:
    """By the notices alone."""
    return day in MADE_UP or (day.weekday() < 5 and day not in OFF)


@pytest.fixture
def calendar(db) -> WorkCalendar:
    """As on record in an installation."""
    special_days()
    rows = dict(SpecialDay.objects.values_list("on", "works"))
    return WorkCalendar(rows, frozenset(day.year for day in rows))


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_is_as_the_notice_says(calendar, year):
    wrong = [day for day in days(f"{year}-01-01", f"{year}-12-31") if calendar.works(day) != is_worked(day)]
    assert wrong == []
    assert sum(map(calendar.works, days(f"{year}-01-01", f"{year}-12-31"))) == WORKDAYS[year]


def test_2024_is_as_the_library_has_it(calendar):
    assert [day for day in days("2024-01-01", "2024-12-31") if calendar.works(day) != is_workday(day)] == []


def test_a_deadline_from_every_day_is_so_many_workdays_on(calendar):
    """Counted on by hand, day by day, over 2025 and 2026; a deadline of 0 days is the day itself or the next workday."""
    wrong = []
    for day in days("2025-01-01", "2026-12-01"):
        ahead = [after for after in days(str(day + timedelta(days=1)), str(day + timedelta(days=30))) if is_worked(after)]
        for number in (1, 2, 5, 7, 10):
            if calendar.after(day, number) != ahead[number - 1]:
                wrong.append((day, number))
        if calendar.after(day, 0) != (day if is_worked(day) else ahead[0]):
            wrong.append((day, 0))
    assert wrong == []


@pytest.mark.parametrize(("year", "first", "last"), HOLIDAYS)
def test_a_deadline_across_each_holiday(calendar, year, first, last):
    """From the last workday before it, one workday is the first after it: nothing falls due while offices are closed."""
    before = date.fromisoformat(first) - timedelta(days=1)
    while not is_worked(before):
        before -= timedelta(days=1)
    after = date.fromisoformat(last) + timedelta(days=1)
    while not is_worked(after):
        after += timedelta(days=1)
    assert calendar.after(before, 1) == after
    assert {calendar.after(day, 0) for day in days(first, last)} == {after}


def test_the_last_workday_of_every_week(calendar):
    week, wrong = Week(2025, 1), []
    while week.year < 2027:
        worked = [day for day in days(str(week.first_day), str(week.last_day)) if is_worked(day)]
        if week.last_day.year < 2027 and calendar.last_of(week) != (worked[-1] if worked else calendar.after(week.last_day, 0)):
            wrong.append(week)
        week = week.next
    assert wrong == []


def test_a_week_without_a_workday_ends_on_the_first_one_after_it(calendar):
    assert calendar.last_of(Week.of(date(2026, 2, 16))) == date(2026, 2, 24)


def test_a_year_that_is_not_known_says_so(calendar):
    assert [calendar.knows(date(year, 6, 1)) for year in (2024, 2025, 2026, 2027)] == [True, True, True, False]
    assert calendar.works(date(2027, 2, 8))  # a Monday, in the spring festival as it will be


@pytest.mark.parametrize("day", [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)])
def test_days_the_law_fixes_are_off_in_any_year(calendar, day):
    assert not any(calendar.works(date(year, *day)) for year in range(2027, 2035))


def test_what_an_office_entered_counts_before_the_law(db):
    calendar = WorkCalendar({date(2027, 1, 1): True}, frozenset({2027}))
    assert calendar.works(date(2027, 1, 1))
    assert WorkCalendar({}, frozenset({2027})).works(date(2027, 10, 1))  # of a known year only what is on record


def test_what_an_office_corrected_stays(db):
    SpecialDay.objects.create(on=date(2026, 6, 10), works=False, name="本地停工")
    special_days()
    assert not work_calendar().works(date(2026, 6, 10))
    assert SpecialDay.objects.filter(on__year=2026).count() == 1


def test_a_day_ends_with_the_office_hours():
    assert closing_of(date(2026, 6, 12)) == datetime(2026, 6, 12, 18, tzinfo=CHINA)


def test_counting_days_is_one_query(db, django_assert_num_queries):
    special_days()
    with django_assert_num_queries(1):
        calendar = work_calendar()
        calendar.after(date(2026, 9, 30), 10)
        calendar.last_of(Week.of(date(2026, 9, 30)))
