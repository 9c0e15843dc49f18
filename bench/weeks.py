"""T45: days and weeks in China at every week's and year's end, whatever zone the server's clock is in."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from gridparty.lib.dates import Week, day_of, today

YEARS = range(2015, 2036)
AROUND = [
    timedelta(seconds=seconds) for seconds in (-86_400, -57_600, -28_801, -28_800, -1, 0, 1, 28_799, 28_800, 57_600, 86_399)
]
ZONES = [UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")]
LONG_YEARS = {2015, 2020, 2026, 2032}  # with 53 weeks


def check(server_zone: str) -> str:
    """ "instants weeks wrong" with the process's clock in `server_zone`."""
    os.environ["TZ"] = server_zone
    time.tzset()
    instants = weeks = wrong = 0
    for midnight in _boundaries():
        weeks += 1
        wrong += not _week_is_right(midnight)
        for offset in AROUND:
            instants += 1
            wrong += not _instant_is_right(midnight + offset)
    wrong += {year for year in YEARS if Week.of(date(year, 12, 28)).number == 53} != LONG_YEARS
    wrong += str(Week.of(date(2027, 1, 1))) != "2026-W53"
    return f"{instants} {weeks} {wrong}"


def _boundaries() -> Iterator[datetime]:
    """Midnight in China at the beginning of every week and year; China has had no summer time since 1991."""
    day = date(YEARS[0], 1, 1)
    while day.year in YEARS:
        if day.weekday() == 0 or (day.month, day.day) == (1, 1):
            yield datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
        day += timedelta(days=1)


def _instant_is_right(instant: datetime) -> bool:
    day = (instant.replace(tzinfo=None) + timedelta(hours=8)).date()
    given = [instant.astimezone(zone) for zone in ZONES]
    with patch("django.utils.timezone.now", return_value=instant):
        now = today()
    return now == day and all(day_of(one) == day and Week.of(one) == Week.of(day) for one in given)


def _week_is_right(midnight: datetime) -> bool:
    """Against ISO 8601 by its own words: a week belongs to the year of its Thursday and counts from the first one."""
    day = (midnight.replace(tzinfo=None) + timedelta(hours=8)).date()
    week, monday = Week.of(day), day - timedelta(days=day.weekday())
    thursday = monday + timedelta(days=3)
    number = (thursday - date(thursday.year, 1, 1)).days // 7 + 1
    ends = (week.first_day, week.last_day) == (monday, monday + timedelta(days=6))
    return (week.year, week.number) == (thursday.year, number) and ends and week.next.first_day == monday + timedelta(days=7)
