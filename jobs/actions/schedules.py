"""What is due, found by one clockwork: the tick that Celery beat sends every half minute."""

import logging

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.dates import CHINA
from jobs.actions.notices import deliver_outbox
from jobs.actions.running import enqueue, sweep
from jobs.crontab import BadCrontab
from jobs.errors import ScheduleRefused
from jobs.kinds import KINDS
from jobs.models import Schedule
from jobs.runs import log_failure

logger = logging.getLogger(__name__)


@action("jobs.ensure_schedules")
def ensure_schedules(*, by=None) -> int:
    """Create the schedules that kinds bring and the database lacks; how many. What people have changed stays."""
    known = set(Schedule.objects.values_list("name", flat=True))
    now = timezone.now()
    missing = [
        Schedule(name=kind.name, kind=kind.name, next_due_at=kind.schedule.next_after(now), **vars(kind.schedule))
        for kind in KINDS.values()
        if kind.schedule and kind.name not in known
    ]
    Schedule.objects.bulk_create(missing)
    return len(missing)


@action("jobs.change_schedule")
def change_schedule(*, schedule: Schedule, by) -> Schedule:
    """Save new times, or on and off. A slot missed while it was off stays missed. Raises ScheduleRefused."""
    try:
        schedule.next_due_at = schedule.crontab.next_after(timezone.now())
    except BadCrontab as error:
        raise ScheduleRefused(_("“%s”的时间写法有误，没有保存。") % schedule) from error
    schedule.save()
    return schedule


def run_due_schedules() -> None:
    """Make the job of every slot that has come, once, and once only for all the slots missed while nothing ran."""
    now = timezone.now()
    for schedule in Schedule.objects.filter(enabled=True):
        try:
            upcoming = schedule.crontab.next_after(now)
            if schedule.next_due_at <= now:
                _run_slot(schedule, upcoming)
            elif schedule.next_due_at > upcoming:
                # The clock went back. Slots that ran under the old clock come again and find their job made.
                _claim(schedule, upcoming)
        except Exception as error:  # one broken schedule must not stop the others
            log_failure(f"schedule {schedule.name}", error)


@action("jobs.run_slot")
def _run_slot(schedule: Schedule, upcoming) -> None:
    if not _claim(schedule, upcoming):
        return
    slot = schedule.next_due_at.astimezone(CHINA).isoformat()
    job = enqueue(kind=schedule.kind, args=schedule.args, by=None, once_key=f"schedule:{schedule.name}:{slot}")
    Schedule.objects.filter(pk=schedule.pk).update(last_job=job)


def _claim(schedule: Schedule, upcoming) -> bool:
    """Move the schedule on from the slot it was read with; False when another tick already did."""
    return bool(Schedule.objects.filter(pk=schedule.pk, next_due_at=schedule.next_due_at).update(next_due_at=upcoming))


def tick() -> None:
    """Schedules, sweeper, outbox. One that fails does not keep the next from its work."""
    for part in (run_due_schedules, sweep, deliver_outbox):
        try:
            part()
        except Exception as error:  # the database may be away for a moment; the next tick is near
            log_failure(f"tick: {part.__name__}", error)
