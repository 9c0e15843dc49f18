"""What becomes of open cases and unsent reports when their area closes."""

from cases.models import Case, WeeklyReport
from gridparty.lib.registry import handovers
from grids.models import LEVELS


@handovers
def cases_of_closed_area(*, area, into, by) -> None:
    """Open cases go to the receiving area; without one they stay where they are and the level above has them."""
    rows = Case.objects.open()
    to = into or area.parent
    if into is not None:
        rows.filter(area=area).update(area=into, **{f"{level}_id": getattr(into, f"{level}_id") for level in LEVELS})
    rows.filter(holder=area).update(holder=to)
    rows.filter(supervisor=area).update(supervisor=to)
    rows.filter(asked_from=area).update(asked_from=to)


@handovers
def reports_of_closed_area(*, area, into, by) -> None:
    """A grid that is no more need not report the week it ended in."""
    WeeklyReport.objects.filter(area=area, first_sent_at=None, locked_at=None).update(excused=True)
