"""Days and ISO weeks as people in China see them, whatever zone the server's clock is in."""

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """The day it is in China now."""
    return _today(int(time.time()) // 60)


@lru_cache(maxsize=1)  # a list of a hundred thousand people asks ten times for each
def _today(minute: int) -> date:
    return datetime.fromtimestamp(minute * 60, CHINA).date()


def start_of(day: date) -> datetime:
    """The first moment of a day in China."""
    return datetime(day.year, day.month, day.day, tzinfo=CHINA)


def day_of(instant: datetime) -> date:
    """The day in China at an aware instant. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("An instant needs its time zone.")
    return instant.astimezone(CHINA).date()


@dataclass(frozen=True, order=True)
class Week:
    """An ISO 8601 week: it belongs to the year of its Thursday, so 1 January 2027 is in 2026-W53."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: date | datetime) -> "Week":
        """The week of a day, or of an aware instant by the day in China."""
        day = day_of(moment) if isinstance(moment, datetime) else moment
        return cls(*day.isocalendar()[:2])

    @property
    def first_day(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return date.fromisocalendar(self.year, self.number, 7)

    @property
    def next(self) -> "Week":
        return Week.of(self.last_day + timedelta(days=1))

    def __str__(self):
        return f"{self.year}-W{self.number:02d}"
