"""A worker killed while it writes leaves nothing half done; two workers with the same people write each once. PostgreSQL."""

import multiprocessing
import os
import random
import signal
import time
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.models import Sum
from django.utils import timezone

from audit.models import ChangeEntry
from gridparty.celery import app
from grids.tests.test_at_once import together
from jobs.actions import run_job, sweep
from jobs.choices import JobStatus
from jobs.models import Job
from people.models import Household, Person, Residence
from rosters import actions
from rosters.choices import ImportState
from rosters.models import Import, ImportBefore
from rosters.tests.rounds import a_file, agreed, read, residents, worked

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time"),
    pytest.mark.django_db(transaction=True),
]
ROWS = 300


@pytest.fixture(autouse=True)
def worker_elsewhere():
    """Queued jobs wait until a test runs them."""
    before = {name: getattr(app.conf, name) for name in ("task_always_eager", "broker_url")}
    app.conf.update(task_always_eager=False, broker_url="memory://")
    yield
    app.conf.update(before)


def a_worker(job_id: int) -> multiprocessing.Process:
    connections.close_all()  # a connection is not shared over a fork
    worker = multiprocessing.get_context("fork").Process(target=run_job, kwargs={"job_id": job_id})
    worker.start()
    return worker


def ready(round_number: int, by) -> Import:
    imported = read("residents", a_file(residents(round_number, ROWS)), by)
    assert imported.counts["new"] == ROWS
    return agreed(imported, by)


def written(imported: Import) -> tuple[int, ...]:
    """What stands in the database of all imports, and of this one in log and journal."""
    entries = ChangeEntry.objects.filter(operation="rosters.import", model="people.person").count()
    tables = (Person, Residence, Household)
    kept = ImportBefore.objects.filter(of=imported).aggregate(rows=Sum("count"))["rows"] or 0
    return (*(table.objects.count() for table in tables), entries, kept)


def killed_after(imported: Import, seconds: float) -> None:
    worker = a_worker(imported.job_id)
    time.sleep(seconds)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()


def taken_up_again(imported: Import) -> Import:
    """The job is found without a heartbeat, queued and run by another worker."""
    Job.objects.filter(status=JobStatus.RUNNING).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    sweep()
    return worked(imported)


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.proof)])
def test_a_worker_killed_while_it_writes_leaves_all_or_nothing_and_another_finishes(kills, cast):
    first = ready(0, cast.clerk)
    begun = time.perf_counter()
    a_worker(first.job_id).join()
    longest = time.perf_counter() - begun
    assert written(first) == (ROWS, ROWS, ROWS // 3, ROWS, 2 * ROWS + ROWS // 3)
    dice, amid = random.Random(42), 0
    for number in range(1, kills + 1):
        imported = ready(number, cast.clerk)
        none = (number * ROWS, number * ROWS, number * ROWS // 3, number * ROWS, 0)
        everything = (*(figure + figure // number for figure in none[:4]), 2 * ROWS + ROWS // 3)
        killed_after(imported, dice.uniform(0, longest))
        assert written(imported) in (none, everything)
        amid += Job.objects.get(pk=imported.job_id).status == JobStatus.RUNNING
        done = taken_up_again(imported)
        assert (done.state, done.written, written(done)) == (ImportState.DONE, ROWS, everything)
        actions.write_import(of=done.pk)
        assert written(done) == everything
    print(f"\nT42  {kills} workers killed at random times, {amid} of them at work: {kills} clean, {kills} finished by another")


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.proof)])
def test_two_offices_with_the_same_list_at_once_enter_every_person_once(rounds, cast):
    for number in range(rounds):
        mine, theirs = ready(number, cast.clerk), ready(number, cast.secretary)
        results = together(*(lambda job=one.job_id: run_job(job_id=job) for one in (mine, theirs)))
        assert results == [None, None]
        assert Person.objects.count() == (number + 1) * ROWS
        assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.DONE}
        states = Import.objects.filter(pk__in=[mine.pk, theirs.pk]).values_list("state", "written")
        assert sorted(states) == sorted([(ImportState.DONE, ROWS), (ImportState.READY, 0)])
    print(f"\nT28  {rounds} × two users with the same list of {ROWS} at once: every person once, nobody failed")
