"""When a schedule is due, by the clock of China."""

from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta

from celery.schedules import ParseException, crontab

from gridparty.lib.dates import CHINA

# 29 February may be eight years away (2096 to 2104).
HORIZON = timedelta(days=8 * 366)


class BadCrontab(ValueError):
    """The fields cannot be read, or name a time that never comes."""


@dataclass(frozen=True)
class Crontab:
    """Five fields as in cron; all of them must match (cron itself joins the two day fields by "or")."""

    minute: str = "*"
    hour: str = "*"
    day_of_week: str = "*"  # 0 is Sunday
    day_of_month: str = "*"
    month_of_year: str = "*"

    def next_after(self, instant: datetime) -> datetime:
        """The first matching minute after `instant`. Raises BadCrontab."""
        try:
            due = crontab(**asdict(self))
        except (ParseException, ValueError) as error:
            raise BadCrontab(str(error)) from error
        first = instant.astimezone(CHINA).date()
        for days in range(HORIZON.days):
            day = first + timedelta(days=days)
            if (
                day.month not in due.month_of_year
                or day.day not in due.day_of_month
                or day.isoweekday() % 7 not in due.day_of_week
            ):
                continue
            for hour in sorted(due.hour):
                for minute in sorted(due.minute):
                    slot = datetime.combine(day, time(hour, minute), tzinfo=CHINA)
                    if slot > instant:
                        return slot
        raise BadCrontab("never due")
