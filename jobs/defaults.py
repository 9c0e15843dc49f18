"""The schedules every installation has."""

from gridparty.lib.registry import defaults
from jobs.actions import ensure_schedules


@defaults
def schedules() -> None:
    ensure_schedules()
