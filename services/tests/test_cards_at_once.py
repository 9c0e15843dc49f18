"""Cards drafted, reminded of and answered by several at once, and by workers that are killed: the rows are those of one (T40)."""

import multiprocessing
import os
import random
import signal
import time
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from audit.models import ChangeEntry
from gridparty.celery import app
from gridparty.lib.dates import CHINA, today
from grids.tests.test_at_once import together
from jobs.actions import run_job, sweep
from jobs.choices import JobStatus
from jobs.models import Job, Notice
from members.actions import NewMember, enrol_many
from members.tests.conftest import typed
from services import actions
from services.errors import CardRefused
from services.models import FeedbackCard
from services.periods import Period
from services.tests.test_cards import YEAR, at, hours

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time"),
    pytest.mark.django_db(transaction=True),
]
PEOPLE = 300
ROUNDS = [3, pytest.param(20, marks=pytest.mark.proof)]
NEXT_YEAR = YEAR.first.year + 1


@pytest.fixture(autouse=True)
def worker_elsewhere():
    """Queued jobs wait until a test runs them."""
    before = {name: getattr(app.conf, name) for name in ("task_always_eager", "broker_url")}
    app.conf.update(task_always_eager=False, broker_url="memory://")
    yield
    app.conf.update(before)


@pytest.fixture
def people(served) -> int:
    """As many in service as a street has; how many cards there are to be."""
    lives = [typed(f"王{n}", 20 + n, area=served.areas.building1) for n in range(PEOPLE)]
    new = [
        NewMember(served.parties.branch1, served.parties.classes["在职党员"], typed=one, employer=served.school) for one in lives
    ]
    enrol_many(members=new, by=served.secretary)
    hours(served, today())
    return PEOPLE + 1


def january(hour: int = 2):
    return time_machine.travel(datetime(NEXT_YEAR, 1, 5, hour, 10, tzinfo=CHINA), tick=True)


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
    _let_the_server_notice()
    return Job.objects.get(pk=job.pk).status == JobStatus.RUNNING


def _let_the_server_notice() -> None:
    """What the killed worker had sent is done to its end before the server finds nobody there."""
    others = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for _time in range(500):
        with connection.cursor() as cursor:
            cursor.execute(others)
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.02)


def taken_up_again(job: Job) -> None:
    """The job is found without a heartbeat, queued and run by another worker; delivered twice more it does nothing."""
    Job.objects.filter(status=JobStatus.RUNNING).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    sweep()
    for _time in range(3):
        run_job(job_id=job.pk)
    assert Job.objects.get(pk=job.pk).status == JobStatus.DONE


def rows() -> list[tuple]:
    """What the cards say, whenever they were made."""
    return list(
        FeedbackCard.objects.order_by("member").values_list("member", "unit", "community", "hours", "suggestion", "state")
    )


def logged() -> int:
    return ChangeEntry.objects.filter(model="services.feedbackcard", kind="created").count()


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_killed_while_it_drafts_everybody_has_one_card(rounds, people):
    with january():
        begun = time.perf_counter()
        a_worker(queued("services.draft_cards")).join()
        longest = time.perf_counter() - begun
        complete, dice, amid = rows(), random.Random(40), 0
        assert (len(complete), logged()) == (people, people)
        for _round in range(rounds):
            FeedbackCard.objects.all().delete()
            ChangeEntry.objects.filter(model="services.feedbackcard").delete()
            job = queued("services.draft_cards")
            amid += killed_after(job, dice.uniform(0, longest))
            assert (rows(), logged()) in (([], 0), (complete, people))
            taken_up_again(job)
            assert (rows(), logged()) == (complete, people)
    print(f"\nT40  {rounds} workers killed while drafting {people} cards, {amid} of them at work: everybody has one")


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_killed_while_it_refreshes_the_drafts_they_are_as_before_or_as_they_should_be(rounds, people, served):
    with january():
        actions.draft_cards()
        FeedbackCard.objects.update(hours=9)
        before = rows()
        begun = time.perf_counter()
        a_worker(queued("services.draft_cards")).join()
        longest = time.perf_counter() - begun
        fresh, dice = rows(), random.Random(41)
        for _round in range(rounds):
            FeedbackCard.objects.update(hours=9)
            job = queued("services.draft_cards")
            killed_after(job, dice.uniform(0, longest))
            assert rows() in (before, fresh)
            taken_up_again(job)
            assert rows() == fresh


def sent(people: int, served) -> None:
    """All cards, with their employers for long."""
    actions.draft_cards(period=YEAR)
    past = YEAR.first
    FeedbackCard.objects.update(state="sent", sent_by="link", sent_at=timezone.now(), answer_by=past)
    assert FeedbackCard.objects.count() == people


def reminded() -> tuple[set[int], int]:
    return set(FeedbackCard.objects.values_list("reminded", flat=True)), Notice.objects.count()


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_killed_while_it_reminds_everybody_hears_once(rounds, people, served):
    sent(people, served)
    begun = time.perf_counter()
    a_worker(queued("services.remind_cards")).join()
    longest = time.perf_counter() - begun
    assert reminded() == ({1}, 2)
    dice = random.Random(42)
    for _round in range(rounds):
        Notice.objects.all().delete()
        FeedbackCard.objects.update(reminded=0, reminded_on=None)
        job = queued("services.remind_cards")
        killed_after(job, dice.uniform(0, longest))
        assert reminded() in (({0}, 0), ({1}, 2))
        taken_up_again(job)
        assert reminded() == ({1}, 2)


def test_drafted_by_several_at_once_everybody_has_one(people):
    made = together(*(lambda: actions.draft_cards(period=YEAR) for _worker in range(3)))
    assert sorted(made) == [0, 0, people]
    assert len(rows()) == logged() == people


def test_refreshed_by_several_at_once(people, served):
    actions.draft_cards(period=YEAR)
    FeedbackCard.objects.update(hours=9)
    assert sorted(together(*(lambda: actions.draft_cards(period=YEAR) for _worker in range(3)))) == [0, 0, people]


def test_reminded_by_several_at_once(people, served):
    sent(people, served)
    assert sorted(together(*(actions.remind_cards for _worker in range(3)))) == [0, 0, people]
    assert reminded() == ({1}, 2)


def test_of_several_answers_at_once_one_counts(served):
    actions.draft_cards(period=YEAR)
    FeedbackCard.objects.update(state="sent", sent_by="link")
    card = FeedbackCard.objects.get()
    answers = ("confirmed", "remarked", "not_ours", "confirmed")
    done = together(*(lambda one=one: actions.answer_card(card=card, answer=one, text="有出入") for one in answers))
    (counted,) = [one for one in done if not isinstance(one, CardRefused)]
    card.refresh_from_db()
    assert card.answer == counted.answer
    assert all("不能重复回执" in str(one) for one in done if isinstance(one, CardRefused))
    assert Notice.objects.filter(recipient=served.clerk).count() == 1


def test_moved_by_two_at_once_it_moves_once(people, served):
    actions.draft_cards(period=YEAR)
    cards = list(FeedbackCard.objects.all())
    draw = random.Random(3)
    works = [
        lambda some=some, by=by: actions.move_cards(cards=some, move="submit", by=by)
        for by in (served.clerk, served.secretary, served.street_officer)
        for some in [draw.sample(cards, len(cards))]
    ]
    done = together(*works)
    assert [one for one in done if not isinstance(one, CardRefused)] == [people]
    assert len([one for one in done if isinstance(one, CardRefused)]) == 2


def test_drafts_are_refreshed_while_they_are_handed_in(people, served):
    """What was handed in keeps the figures it was handed in with, and its employer."""
    actions.draft_cards(period=YEAR)
    FeedbackCard.objects.update(hours=9)
    cards = list(FeedbackCard.objects.all())
    done = together(
        lambda: actions.draft_cards(period=YEAR), lambda: actions.move_cards(cards=cards, move="submit", by=served.clerk)
    )
    assert [one for one in done if isinstance(one, Exception)] == []
    assert set(FeedbackCard.objects.values_list("state", flat=True)) == {"submitted"}
    assert done[0] in (0, people)


def test_the_period_of_the_nightly_job(people):
    with at(NEXT_YEAR, 1, 3, 2, 10):
        assert actions.draft_cards() == people
        assert {Period.of_card(card) for card in FeedbackCard.objects.all()} == {YEAR}
        assert [actions.draft_cards() for _time in range(3)] == [0, 0, 0]
