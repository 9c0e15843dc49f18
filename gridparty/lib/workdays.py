"""Workdays as the State Council's yearly notice sets them: weekends and weekdays, holidays and the days made up for them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gridparty.lib.dates import CHINA, Week

CLOSING_TIME = time(18)  # a deadline on a day ends with the office hours
# Days off that the law (全国年节及纪念日放假办法, 2024) fixes by date, (month, day): sure before the notice of a year is out.
FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


@dataclass(frozen=True)
class WorkCalendar:
    """`special` tells of days that differ from Monday to Friday whether they are worked; `years` are those it is known for.

    In a year that is not known yet Monday to Friday are taken for workdays, but for the days fixed by law; `knows` says so.
    """

    special: Mapping[date, bool]
    years: frozenset[int]

    def knows(self, day: date) -> bool:
        return day.year in self.years

    def works(self, day: date) -> bool:
        fixed = not self.knows(day) and (day.month, day.day) in FIXED
        return self.special.get(day, day.weekday() < 5 and not fixed)

    def after(self, day: date, number: int) -> date:
        """The workday that is `number` workdays after `day`; with 0, `day` itself or the next workday."""
        days = self._from(day if number == 0 else day + timedelta(days=1))
        for _step in range(max(number, 1) - 1):
            next(days)
        return next(days)

    def between(self, day: date, until: date) -> int:
        """How many workdays come after `day`, up to and with `until`."""
        return sum(self.works(day + timedelta(days=n)) for n in range(1, (until - day).days + 1))

    def last_of(self, week: Week) -> date:
        """The last workday of a week; of a week without any, the first one after it."""
        days = (week.last_day - timedelta(days=back) for back in range(7))
        return next((day for day in days if self.works(day)), None) or self.after(week.last_day, 0)

    def _from(self, day: date) -> Iterator[date]:
        while True:
            if self.works(day):
                yield day
            day += timedelta(days=1)


def closing_of(day: date) -> datetime:
    """The instant at which a day's office hours end in China."""
    return datetime.combine(day, CLOSING_TIME, CHINA)
