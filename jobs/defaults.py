"""The schedules every installation has, and the work calendar of the years that are known."""

from chinese_calendar.constants import Holiday, holidays, workdays

from gridparty.lib.registry import defaults
from jobs.actions import ensure_schedules
from jobs.models import SpecialDay

FIRST_YEAR = 2024


@defaults
def schedules() -> None:
    ensure_schedules()


@defaults
def special_days() -> None:
    """Only for years of which nothing is on record: what an office has corrected stays."""
    known = {day.year for day in SpecialDay.objects.values_list("on", flat=True)}
    differing = [*((day, False, name) for day, name in holidays.items() if day.weekday() < 5)]
    differing += [(day, True, name) for day, name in workdays.items() if day.weekday() >= 5]
    SpecialDay.objects.bulk_create(
        SpecialDay(on=day, works=works, name=Holiday(name).chinese)
        for day, works, name in sorted(differing)
        if day.year >= FIRST_YEAR and day.year not in known
    )
