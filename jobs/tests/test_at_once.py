"""The same thing asked for at the same moment by several: it happens once. And what a page sees while a job writes."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connection, connections, transaction
from django.utils import timezone

from jobs import runs
from jobs.actions import deliver_outbox, enqueue, notify, rerun, run_due_schedules, run_job
from jobs.choices import JobStatus
from jobs.errors import NotRerun
from jobs.models import Job, Notice, Schedule

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time"),
    pytest.mark.django_db(transaction=True),
]
THREADS = 6


def at_once(function):
    """The results of several threads that call `function` at the same moment; a refusal is a result."""
    start = threading.Barrier(THREADS)

    def call(_number):
        try:
            start.wait()
            return function()
        except NotRerun as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(call, range(THREADS)))


def queued(**values):
    return Job.objects.create(kind="test.work", send_again_at=timezone.now(), **values)


def test_a_job_delivered_to_all_workers_runs_once(counted):
    for number in range(10):
        job = queued(args={"number": number})
        at_once(lambda job=job: run_job(job_id=job.pk))
    assert counted == [{"number": number} for number in range(10)]


def test_a_double_click_makes_one_job(counted):
    jobs = at_once(lambda: enqueue(kind="test.work", args={}, by=None, once_key="roster:3"))
    assert len({job.pk for job in jobs}) == 1
    assert counted == [{}]


def test_running_again_by_two_makes_one_job(kind, cast):
    # Eager tasks run in the thread that queued them: the one job lasts until all the others were refused.
    all_refused = threading.Barrier(THREADS)
    kind(lambda run: all_refused.wait(10) and None, retry_safe=True)
    job = queued(status=JobStatus.FAILED)

    def again():
        try:
            return rerun(job=job, by=cast.system_admin)
        except NotRerun:
            all_refused.wait(10)
            raise

    results = at_once(again)
    assert sum(isinstance(result, Job) for result in results) == 1
    assert Job.objects.count() == 2


def test_a_slot_ticked_by_many_beats_runs_once(counted):
    Schedule.objects.create(name="hourly", kind="test.work", next_due_at=timezone.now())
    at_once(run_due_schedules)
    assert counted == [{}]


def test_the_same_event_told_by_many_is_one_notice_and_one_mail(cast):
    cast.clerk.email = "clerk@example.cn"
    cast.clerk.save()
    told = at_once(lambda: notify(recipients=[cast.clerk], subject="周报待审核", body="", once_key="week:7"))
    assert sorted(told) == [0] * (THREADS - 1) + [1]
    at_once(deliver_outbox)
    assert (Notice.objects.count(), len(mail.outbox)) == (1, 1)


def watch_until(job, condition):
    """Look at the job's row until it is as wanted."""
    for _look in range(1000):
        job.refresh_from_db()
        if condition(job):
            return
        time.sleep(0.01)


def in_a_worker(job) -> threading.Thread:
    worker = threading.Thread(target=lambda: (run_job(job_id=job.pk), connections.close_all()))
    worker.start()
    return worker


def test_progress_is_seen_while_the_handlers_transaction_is_open(kind, monkeypatch):
    monkeypatch.setattr(runs, "SHOW_EVERY", 0.02)
    seen = threading.Event()

    @transaction.atomic
    def handler(run):
        Notice.objects.exists()
        run.progress(40, 90, "正在写入")
        assert seen.wait(10)

    kind(handler)
    job = queued()
    worker = in_a_worker(job)
    watch_until(job, lambda job: job.done)
    assert (job.status, job.done, job.total, job.message) == (JobStatus.RUNNING, 40, 90, "正在写入")
    seen.set()
    worker.join()
    job.refresh_from_db()
    assert job.status == JobStatus.DONE


def test_a_handler_busy_with_one_long_statement_beats(kind, monkeypatch):
    monkeypatch.setattr(runs, "SHOW_EVERY", 0.02)
    monkeypatch.setattr(runs, "BEAT_EVERY", 0.02)
    seen = threading.Event()
    kind(lambda run: seen.wait(10) and None)
    job = queued()
    worker = in_a_worker(job)
    watch_until(job, lambda job: job.status == JobStatus.RUNNING and job.heartbeat_at > job.started_at)
    assert job.heartbeat_at > job.started_at
    # Taken for dead all the same, it takes itself back at the next beat.
    Job.objects.filter(pk=job.pk).move(JobStatus.QUEUED)
    watch_until(job, lambda job: job.status == JobStatus.RUNNING)
    assert (job.status, job.attempts) == (JobStatus.RUNNING, 1)
    seen.set()
    worker.join()
