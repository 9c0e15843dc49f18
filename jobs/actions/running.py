"""Queueing a job, running it once whatever the broker does, and taking up what was left lying."""

import json
import logging
from datetime import timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action, operation
from gridparty.lib.errors import Refused
from jobs import broker
from jobs.choices import JobStatus
from jobs.errors import NotRerun
from jobs.kinds import KINDS, kind_of
from jobs.models import Job
from jobs.runs import Run, TakenOver, log_failure

logger = logging.getLogger(__name__)

STALE_AFTER = timedelta(minutes=2)  # without a heartbeat; a worker beats every ten seconds
MAX_ATTEMPTS = 5
# A queued job nobody took is sent again after as long as it has waited, within these bounds: a full queue is no lost message.
RESEND_FIRST, RESEND_LAST = timedelta(minutes=1), timedelta(minutes=16)
SENT_AT_ONCE = 500
KEEP_DONE = timedelta(days=180)
PRUNED_AT_ONCE = 1000


@action("jobs.enqueue")
def enqueue(*, kind: str, args: dict, by, once_key: str | None = None) -> Job:
    """Queue a job, in the transaction of the caller; workers hear of it when that commits.

    With a `once_key` that was used before, the job made then is returned and nothing happens. Raises UnknownKind, TypeError
    and ValueError for what only a programmer can get wrong.
    """
    kind_of(kind).check(args)
    values = {
        "kind": kind,
        "args": args,
        "created_by_id": by.pk if by is not None else None,
        "send_again_at": timezone.now() + RESEND_FIRST,
    }
    if once_key is None:
        job, fresh = Job.objects.create(**values), True
    else:
        job, fresh = Job.objects.get_or_create(once_key=once_key, defaults=values)
    if fresh:
        transaction.on_commit(partial(broker.send, [job]))
    return job


def run_job(*, job_id: int) -> None:
    """Run a queued job. Delivered twice, or for a job that is not waiting, it does nothing."""
    now = timezone.now()
    # A kind this version does not know (yet, in the middle of an update) is left for a worker that does.
    queued = Job.objects.filter(pk=job_id, status=JobStatus.QUEUED, kind__in=list(KINDS))
    if not queued.move(JobStatus.RUNNING, attempts=F("attempts") + 1, heartbeat_at=now, started_at=now, finished_at=None):
        return
    job = Job.objects.get(pk=job_id)
    run = Run(job)
    try:
        with operation(f"job {job.kind}", actor_id=job.created_by_id, request_id=f"job-{job.pk}"), run.beating():
            outcome = {"status": JobStatus.DONE, "result": kind_of(job.kind).handler(run, **job.args)}
            json.dumps(outcome["result"])
    except TakenOver:
        logger.warning("job %s (%s): taken over by another worker", job.pk, job.kind)
        return
    except Refused as refusal:
        outcome = {"status": JobStatus.FAILED, "error": str(refusal)[:300]}
    except Exception as error:  # whatever a handler raises, the job has an end
        log_failure(f"job {job.pk} ({job.kind})", error)
        outcome = {"status": JobStatus.FAILED, "error": _("程序出错（%s），请把任务编号告诉管理员。") % type(error).__name__}
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()  # the database went away under the handler: its end goes on a new one
    # A clock that went back meanwhile must not make an end before the beginning.
    run.write(finished_at=max(timezone.now(), job.started_at), **outcome)


@action("jobs.rerun")
def rerun(*, job: Job, by) -> Job:
    """Queue the same work again, for the one it was first done for. Raises NotRerun."""
    job = Job.objects.select_for_update().get(pk=job.pk)  # a double click waits here
    if job.kind not in KINDS or not KINDS[job.kind].retry_safe:
        raise NotRerun(_("“%s”不能再次运行，请在原页面重新办理。") % job.label)
    if job.is_open or job.reruns.open().exists():
        raise NotRerun(_("任务 %d 还在排队或执行，请等它结束。") % job.pk)
    again = Job.objects.create(
        kind=job.kind,
        args=job.args,
        created_by_id=job.created_by_id,
        again_of=job,
        again_by=by,
        send_again_at=timezone.now() + RESEND_FIRST,
    )
    transaction.on_commit(partial(broker.send, [again]))
    return again


def sweep() -> None:
    """Take up what a dead worker left, and send again what no worker has heard of. Reads only, when all is well."""
    now = timezone.now()
    running = Job.objects.filter(status=JobStatus.RUNNING).only("kind", "attempts", "heartbeat_at")
    stale = [job for job in running if abs(now - job.heartbeat_at) > STALE_AFTER]
    if stale:
        _take_up(stale, now)
    # A time further ahead than any wait comes from a clock that has since gone back.
    due = Q(send_again_at__lte=now) | Q(send_again_at__gt=now + RESEND_LAST)
    waiting = Job.objects.filter(due, status=JobStatus.QUEUED, kind__in=list(KINDS)).only("kind", "created_at")
    unheard = list(waiting.order_by("pk")[:SENT_AT_ONCE])
    if unheard:
        for job in unheard:
            job.send_again_at = now + min(max(now - job.created_at, RESEND_FIRST), RESEND_LAST)
        Job.objects.bulk_update(unheard, ["send_again_at"])
        broker.send(unheard)


def _take_up(stale: list[Job], now) -> None:
    """Queue what may run again, fail what may not. A worker that beats meanwhile keeps its job."""

    def still(jobs):
        return Job.objects.filter(pk__in=[job.pk for job in jobs], status=JobStatus.RUNNING, heartbeat_at__lt=now - STALE_AFTER)

    # A heartbeat ahead of the clock: the clock went back. The worker gets its time again under the new clock.
    Job.objects.filter(status=JobStatus.RUNNING, heartbeat_at__gt=now + STALE_AFTER).update(heartbeat_at=now)
    unsafe = [job for job in stale if job.kind not in KINDS or not KINDS[job.kind].retry_safe]
    spent = [job for job in stale if job not in unsafe and job.attempts >= MAX_ATTEMPTS]
    again = [job for job in stale if job not in unsafe and job not in spent]
    interrupted = _("执行中断，没有做完。请核对已办的部分，再重新办理。")
    given_up = _("执行中断 %d 次，不再重试。请联系管理员。") % MAX_ATTEMPTS
    still(unsafe).move(JobStatus.FAILED, error=interrupted, finished_at=now)
    still(spent).move(JobStatus.FAILED, error=given_up, finished_at=now)
    still(again).move(JobStatus.QUEUED, send_again_at=now)
    logger.warning("jobs without heartbeat: %s", ", ".join(f"{job.pk} ({job.kind})" for job in stale))


def prune_jobs() -> int:
    """Delete jobs done long ago, in short transactions; how many."""
    old = Job.objects.filter(status=JobStatus.DONE, finished_at__lt=timezone.now() - KEEP_DONE).order_by("pk")
    count = 0
    while pks := list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE]):
        Job.objects.filter(pk__in=pks).delete()
        count += len(pks)
    return count
