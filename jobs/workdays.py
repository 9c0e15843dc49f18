"""The work calendar as it is on record."""

from gridparty.lib.dates import today
from gridparty.lib.workdays import WorkCalendar
from jobs.models import SpecialDay


def work_calendar() -> WorkCalendar:
    """From last year on. One query."""
    days = dict(SpecialDay.objects.filter(on__year__gte=today().year - 1).values_list("on", "works"))
    return WorkCalendar(days, frozenset(day.year for day in days))
