"""Every write to jobs, schedules and notices."""

from jobs.actions.notices import deliver_outbox, mark_read, notify, resend
from jobs.actions.receipts import prune_receipts, send_once
from jobs.actions.running import enqueue, prune_jobs, rerun, run_job, sweep
from jobs.actions.schedules import change_schedule, ensure_schedules, run_due_schedules, tick

__all__ = [
    "change_schedule",
    "deliver_outbox",
    "enqueue",
    "ensure_schedules",
    "mark_read",
    "notify",
    "prune_jobs",
    "prune_receipts",
    "rerun",
    "resend",
    "run_due_schedules",
    "run_job",
    "send_once",
    "sweep",
    "tick",
]
