"""Drafting, reminding and closing by several workers at once, and by one that is killed: the rows are those of one run (T40)."""

import multiprocessing
import os
import random
import signal
import time
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from cases import actions
from cases.models import ReportEvent, WeeklyReport
from cases.tests.test_reports_actions import SAID, WEEK
from gridparty.celery import app
from gridparty.lib.dates import CHINA
from grids.actions import load_areas
from grids.rules import NewArea
from grids.tests.test_at_once import together
from jobs.actions import run_job, sweep
from jobs.choices import JobStatus
from jobs.models import Job, Notice

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time"),
    pytest.mark.django_db(transaction=True),
]
GRIDS = 300
ROUNDS = [2, pytest.param(20, marks=pytest.mark.proof)]


@pytest.fixture(autouse=True)
def worker_elsewhere():
    """Queued jobs wait until a test runs them."""
    before = {name: getattr(app.conf, name) for name in ("task_always_eager", "broker_url")}
    app.conf.update(task_always_eager=False, broker_url="memory://")
    yield
    app.conf.update(before)


@pytest.fixture
def grids(voices, areas) -> int:
    """A street's worth of grids; how many there are in all."""
    new = [
        NewArea("grid", f"{areas.taoyuan.code}{n}", f"第{n}网格", f"第{n}网格", "other", areas.taoyuan.code)
        for n in range(100, 100 + GRIDS)
    ]
    load_areas(areas=new, by=None)
    return GRIDS + 5


def at(day: int, hour: int, minute: int = 0):
    return time_machine.travel(datetime(2026, 6, day, hour, minute, tzinfo=CHINA), tick=True)


def queued(kind: str) -> Job:
    return Job.objects.create(kind=kind, send_again_at=timezone.now())


def a_worker(job: Job) -> multiprocessing.Process:
    connections.close_all()  # a connection is not shared over a fork
    worker = multiprocessing.get_context("fork").Process(target=run_job, kwargs={"job_id": job.pk})
    worker.start()
    return worker


def killed_after(job: Job, seconds: float) -> bool:
    """Whether it was still at work."""
    worker = a_worker(job)
    time.sleep(seconds)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    return Job.objects.get(pk=job.pk).status == JobStatus.RUNNING


def taken_up_again(job: Job) -> None:
    """The job is found without a heartbeat, queued and run by another worker; delivered once more it does nothing."""
    Job.objects.filter(status=JobStatus.RUNNING).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    sweep()
    for _time in range(2):
        run_job(job_id=job.pk)
    assert Job.objects.get(pk=job.pk).status == JobStatus.DONE


def closed() -> tuple[int, int, int]:
    locked = WeeklyReport.objects.exclude(locked_at=None)
    return locked.count(), ReportEvent.objects.filter(kind="closed").count(), sum(locked.values_list("seq", flat=True))


def open_again() -> None:
    """As before the close, without a trace."""
    ReportEvent.objects.filter(kind="closed").delete()
    WeeklyReport.objects.update(locked_at=None, seq=0)


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_killed_while_it_closes_it_leaves_all_or_nothing_and_another_finishes(rounds, grids):
    with at(8, 0, 10):
        assert actions.draft_reports(week=WEEK) == grids
    with at(14, 23, 50):
        begun = time.perf_counter()
        a_worker(queued("cases.close_reports")).join()
        longest = time.perf_counter() - begun
        assert closed() == (grids, grids, grids)
        dice, amid = random.Random(42), 0
        for _round in range(rounds):
            open_again()
            job = queued("cases.close_reports")
            amid += killed_after(job, dice.uniform(0, longest))
            assert closed() in ((0, 0, 0), (grids, grids, grids))
            taken_up_again(job)
            assert closed() == (grids, grids, grids)
            assert actions.close_reports() == 0
    print(
        f"\nT40  {rounds} workers killed during the Sunday close of {grids} reports, {amid} at work: all closed once by another"
    )


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_killed_while_it_drafts_every_grid_has_one_report(rounds, grids):
    with at(8, 0, 10):
        begun = time.perf_counter()
        a_worker(queued("cases.draft_reports")).join()
        longest = time.perf_counter() - begun
        dice, amid = random.Random(42), 0
        for _round in range(rounds):
            WeeklyReport.objects.all().delete()
            job = queued("cases.draft_reports")
            amid += killed_after(job, dice.uniform(0, longest))
            assert WeeklyReport.objects.count() in (0, grids)
            taken_up_again(job)
            assert WeeklyReport.objects.count() == grids
    print(f"\nT40  {rounds} workers killed while drafting {grids} reports, {amid} of them at work: each grid has one")


def test_drafted_by_two_at_once_every_grid_has_one(grids):
    with at(8, 0, 10):
        assert sorted(together(actions.draft_reports, actions.draft_reports)) == [0, grids]
    assert WeeklyReport.objects.count() == grids
    assert set(WeeklyReport.objects.values_list("week_on", flat=True)) == {date(2026, 6, 8)}


def test_closed_by_two_at_once_each_is_closed_once(grids):
    with at(8, 0, 10):
        actions.draft_reports()
    with at(14, 23, 50):
        assert sorted(together(actions.close_reports, actions.close_reports)) == [0, grids]
    assert closed() == (grids, grids, grids)


def test_reminded_by_two_at_once_each_leader_hears_once(voices):
    with at(8, 0, 10):
        actions.draft_reports()
    with at(12, 9, 5):
        assert sum(together(actions.remind_reports, actions.remind_reports)) == 2
    assert Notice.objects.count() == 2


def test_sent_and_closed_at_the_same_moment_one_of_them_is_first(voices):
    """Sent before the close it is in; after it the leader is told. Never both closed without it and told that it was taken."""
    with at(8, 0, 10):
        actions.draft_reports()
    report = WeeklyReport.objects.get(area=voices.areas.grid1)

    def send():
        return actions.send_report(report=report, written=SAID, by=voices.grid_leader)

    with at(14, 23, 50):
        sent, _closed = together(send, actions.close_reports)
    report.refresh_from_db()
    assert report.is_locked
    assert report.is_received == (not isinstance(sent, Exception))
    events = list(ReportEvent.objects.filter(report=report).values_list("kind", flat=True))
    assert events == (["sent", "closed"] if report.is_received else ["closed"])
    assert report.seq == len(events)
