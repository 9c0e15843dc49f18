"""A job is a row: queued with its cause, run once whatever the broker does, taken up again when its worker died."""

import base64
import json
import logging
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import ChangeEntry
from gridparty.lib.errors import Refused
from jobs import broker
from jobs.actions import enqueue, prune_jobs, rerun, run_job, sweep
from jobs.actions.running import MAX_ATTEMPTS
from jobs.choices import ALLOWED, JobStatus
from jobs.errors import NotRerun
from jobs.kinds import UnknownKind
from jobs.models import Job, Schedule
from jobs.runs import Run, TakenOver

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def queued(kind="test.work", **values):
    return Job.objects.create(kind=kind, **{"send_again_at": timezone.now() + MINUTE} | values)


def sent(folder) -> list[int]:
    """The numbers of the jobs in the messages of a queue folder."""
    bodies = [json.loads(base64.b64decode(json.loads(file.read_text())["body"])) for file in sorted(folder.iterdir())]
    return [args[0] for args, _kwargs, _embedded in bodies]


def running(*, silent_for, **values):
    """A job whose worker has not been heard of for so long."""
    at = timezone.now() - silent_for
    return queued(status=JobStatus.RUNNING, attempts=values.pop("attempts", 1), heartbeat_at=at, started_at=at, **values)


class TestEnqueue:
    def test_it_runs_when_the_transaction_commits(self, counted, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            job = enqueue(kind="test.work", args={"grid": 7}, by=None)
            assert counted == []
        assert counted == [{"grid": 7}]
        job.refresh_from_db()
        assert (job.status, job.attempts, job.error) == (JobStatus.DONE, 1, "")

    def test_a_rolled_back_request_leaves_no_job(self, counted, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            enqueue(kind="test.work", args={}, by=None)
            transaction.set_rollback(True)
        assert counted == []
        assert not Job.objects.exists()

    def test_a_double_click_makes_one_job(self, counted, cast, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            first = enqueue(kind="test.work", args={"roster": 3}, by=cast.clerk, once_key="roster:3")
            second = enqueue(kind="test.work", args={"roster": 3}, by=cast.clerk, once_key="roster:3")
        assert first.pk == second.pk
        assert counted == [{"roster": 3}]

    def test_jobs_without_a_key_are_many(self, counted):
        assert enqueue(kind="test.work", args={}, by=None).pk != enqueue(kind="test.work", args={}, by=None).pk

    def test_an_undeclared_kind_is_a_programming_error(self):
        with pytest.raises(UnknownKind):
            enqueue(kind="nobody.knows", args={}, by=None)

    def test_arguments_the_handler_does_not_take_are_a_programming_error(self, kind):
        kind(lambda run, *, grid: None)
        with pytest.raises(TypeError, match="grid"):
            enqueue(kind="test.work", args={"gird": 7}, by=None)

    @pytest.mark.parametrize("value", ["张三", "138 0000 0000", "第1网格", ["东街街道"], {"name": "李四"}, object()])
    def test_names_and_sentences_stay_out_of_the_queue(self, counted, value):
        with pytest.raises(ValueError, match="ids and codes only"):
            enqueue(kind="test.work", args={"value": value}, by=None)
        assert not Job.objects.exists()

    @pytest.mark.parametrize("value", [7, "370199001001", "2026-11-22T08:00:00+08:00", [1, 2], None, True, {"grid": 1}])
    def test_ids_codes_and_instants_go_in(self, counted, value):
        assert enqueue(kind="test.work", args={"value": value}, by=None).args == {"value": value}

    @pytest.mark.parametrize("there", [1, 3])
    def test_queries(self, counted, django_assert_num_queries, there):
        for number in range(there):
            enqueue(kind="test.work", args={}, by=None, once_key=f"there:{number}")
        with django_assert_num_queries(3):  # savepoint, insert, release
            enqueue(kind="test.work", args={}, by=None)
        with django_assert_num_queries(6):  # the same with a look for the key and a savepoint around the insert
            enqueue(kind="test.work", args={}, by=None, once_key="new")
        with django_assert_num_queries(3):
            enqueue(kind="test.work", args={}, by=None, once_key="there:0")


class TestBrokerDown:
    def test_the_job_is_kept_and_sent_when_the_broker_is_back(
        self, counted, dead_broker, django_capture_on_commit_callbacks, request, caplog
    ):
        with django_capture_on_commit_callbacks(execute=True), caplog.at_level(logging.WARNING):
            job = enqueue(kind="test.work", args={}, by=None)
        assert "waiting jobs are sent later" in caplog.text
        job.refresh_from_db()
        assert job.status == JobStatus.QUEUED
        messages = request.getfixturevalue("folder_queue")
        sweep()
        assert sent(messages) == []  # not yet due: the first message may still be on its way
        with time_machine.travel(timezone.now() + MINUTE + timedelta(seconds=1), tick=False):
            sweep()
        assert sent(messages) == [job.pk]

    def test_a_dead_broker_is_not_asked_by_every_write(self, counted, dead_broker, caplog, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True), caplog.at_level(logging.WARNING):
            for _number in range(20):
                enqueue(kind="test.work", args={}, by=None)
        assert len([line for line in caplog.records if line.name == "jobs.broker"]) == 1
        assert Job.objects.filter(status=JobStatus.QUEUED).count() == 20

    def test_the_queue_is_the_kinds(self, kind, folder_queue):
        kind(lambda run: None, name="test.big", queue="bulk")
        broker.send([queued("test.big")])
        [message] = folder_queue.iterdir()
        assert message.name.endswith(".bulk.msg")

    def test_waiting_jobs_are_sent_again_ever_more_rarely(self, counted, folder_queue):
        start = timezone.now()
        job = queued(created_at=start, send_again_at=start + MINUTE)
        sent_at = []
        for minutes in range(1, 61):
            with time_machine.travel(start + minutes * MINUTE + timedelta(seconds=1), tick=False):
                sweep()
            if len(sent(folder_queue)) > len(sent_at):
                sent_at.append(minutes)
        assert sent_at == [1, 3, 7, 15, 31, 47]
        job.refresh_from_db()
        assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)


class TestRun:
    def test_delivered_again_it_does_nothing(self, counted):
        job = queued(args={"grid": 7})
        for _delivery in range(3):
            run_job(job_id=job.pk)
        assert counted == [{"grid": 7}]

    def test_an_unknown_number_does_nothing(self, counted):
        run_job(job_id=99)
        assert counted == []

    def test_a_kind_of_a_newer_version_waits_for_its_worker(self):
        job = queued("later.version")
        run_job(job_id=job.pk)
        job.refresh_from_db()
        assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)

    def test_result_and_progress_are_kept(self, kind):
        def handler(run):
            run.progress(1, 3, "第一批")
            run.progress(3)
            return {"rows": 3}

        job = queued(kind(handler))
        run_job(job_id=job.pk)
        job.refresh_from_db()
        assert (job.status, job.done, job.total, job.result) == (JobStatus.DONE, 3, 3, {"rows": 3})

    def test_a_refusal_shows_its_sentence(self, kind):
        def handler(run):
            raise Refused("第1网格已撤销，请选择其他网格。")

        job = queued(kind(handler))
        run_job(job_id=job.pk)
        job.refresh_from_db()
        assert (job.status, job.error) == (JobStatus.FAILED, "第1网格已撤销，请选择其他网格。")

    def test_an_errors_text_reaches_neither_row_nor_log(self, kind, caplog):
        number = "".join(["370199", "19900101", "1234"])

        def handler(run):
            try:
                raise IntegrityError(f"Key (id_number)=({number}) already exists.")
            except IntegrityError as error:
                raise ValueError(number) from error

        job = queued(kind(handler))
        run_job(job_id=job.pk)
        job.refresh_from_db()
        assert (job.status, job.error) == (JobStatus.FAILED, "程序出错（ValueError），请把任务编号告诉管理员。")
        assert "ValueError from IntegrityError" in caplog.text
        assert "test_running.py" in caplog.text  # where it happened
        assert number not in caplog.text

    def test_a_result_that_is_no_json_fails_the_job(self, kind):
        job = queued(kind(lambda run: {"when": timezone.now()}))
        run_job(job_id=job.pk)
        job.refresh_from_db()
        assert (job.status, job.result) == (JobStatus.FAILED, None)

    def test_the_change_log_names_job_and_person(self, kind, cast):
        def handler(run):
            Schedule.objects.create(name="x", kind="test.work", next_due_at=timezone.now())

        job = queued(kind(handler), created_by=cast.clerk)
        run_job(job_id=job.pk)
        entry = ChangeEntry.objects.get(model="jobs.schedule")
        assert (entry.operation, entry.request_id, entry.actor) == ("job test.work", f"job-{job.pk}", cast.clerk)

    def test_a_clock_that_goes_back_makes_no_negative_duration(self, kind):
        start = timezone.now()
        with time_machine.travel(start, tick=False) as clock:
            job = queued(kind(lambda run: clock.move_to(start - timedelta(hours=1))))
            run_job(job_id=job.pk)
        job.refresh_from_db()
        assert job.finished_at == job.started_at
        assert job.duration == timedelta(0)

    def test_the_broker_may_deliver_a_done_job_once_more(self, counted):
        job = queued(status=JobStatus.DONE)
        run_job(job_id=job.pk)
        assert counted == []

    def test_no_move_leads_out_of_done(self):
        assert ALLOWED[JobStatus.DONE] == frozenset()
        job = queued(status=JobStatus.DONE)
        assert [Job.objects.filter(pk=job.pk).move(to) for to in JobStatus] == [0, 0, 0, 0]


class TestSweep:
    def test_what_a_dead_worker_left_is_run_again(self, counted, django_capture_on_commit_callbacks):
        job = running(silent_for=5 * MINUTE, args={"grid": 7})
        sweep()
        job.refresh_from_db()
        assert (job.status, job.attempts, counted) == (JobStatus.DONE, 2, [{"grid": 7}])

    def test_a_beating_job_is_left_alone(self, counted):
        job = running(silent_for=MINUTE)
        sweep()
        job.refresh_from_db()
        assert (job.status, counted) == (JobStatus.RUNNING, [])

    def test_after_five_attempts_it_is_given_up(self, counted):
        job = running(silent_for=5 * MINUTE, attempts=MAX_ATTEMPTS)
        sweep()
        job.refresh_from_db()
        assert (job.status, job.error) == (JobStatus.FAILED, "执行中断 5 次，不再重试。请联系管理员。")
        assert job.finished_at is not None

    def test_what_must_not_run_twice_is_not_run_again(self, kind):
        job = running(kind=kind(lambda run: pytest.fail("ran twice"), retry_safe=False), silent_for=5 * MINUTE)
        sweep()
        job.refresh_from_db()
        assert (job.status, job.error) == (JobStatus.FAILED, "执行中断，没有做完。请核对已办的部分，再重新办理。")

    def test_a_worker_taken_for_dead_takes_its_job_back(self, counted, folder_queue):
        """As when one statement of the handler held SQLite's only lock for minutes."""
        job = running(silent_for=5 * MINUTE)
        slow = Run(Job.objects.get(pk=job.pk))
        sweep()
        assert slow.write(JobStatus.DONE, result={"rows": 1})
        run_job(job_id=job.pk)  # the message of the sweeper arrives
        job.refresh_from_db()
        assert (job.status, job.result, counted) == (JobStatus.DONE, {"rows": 1}, [])

    def test_the_one_that_was_replaced_speaks_no_more(self, kind, folder_queue):
        job = running(kind=kind(lambda run: {"by": "second"}, retry_safe=True), silent_for=5 * MINUTE)
        slow = Run(Job.objects.get(pk=job.pk))
        sweep()
        run_job(job_id=job.pk)
        assert not slow.write(JobStatus.DONE, result={"by": "first"})
        with pytest.raises(TakenOver):
            slow.progress(2)
        job.refresh_from_db()
        assert job.result == {"by": "second"}

    def test_taken_over_in_the_middle_the_handler_ends_without_a_trace(self, kind):
        def handler(run):
            Job.objects.filter(pk=run.job_id).update(attempts=2)
            run.write()
            run.progress(1)

        job = queued(kind(handler))
        run_job(job_id=job.pk)
        job.refresh_from_db()
        assert (job.status, job.attempts, job.error) == (JobStatus.RUNNING, 2, "")

    def test_a_clock_that_goes_back_only_delays(self, counted, folder_queue):
        job, waiting = running(silent_for=-60 * MINUTE), queued(send_again_at=timezone.now() + 60 * MINUTE)
        sweep()
        job.refresh_from_db()
        assert job.status == JobStatus.RUNNING  # the worker, if it lives, beats under the new clock
        assert sent(folder_queue) == [waiting.pk]
        with time_machine.travel(timezone.now() + 3 * MINUTE):
            sweep()
        job.refresh_from_db()
        waiting.refresh_from_db()
        assert (job.status, waiting.status) == (JobStatus.QUEUED, JobStatus.QUEUED)

    def test_all_well_it_only_reads(self, counted, django_assert_num_queries):
        for _number in range(3):
            running(silent_for=MINUTE)
            queued()
        with django_assert_num_queries(2):
            sweep()

    @pytest.mark.parametrize("left", [1, 3])
    def test_queries(self, counted, folder_queue, django_assert_num_queries, left):
        for _number in range(left):
            running(silent_for=5 * MINUTE)
        with django_assert_num_queries(5):  # who runs, clocks gone back, queued anew, who waits, their next time
            sweep()
        assert len(sent(folder_queue)) == left


class TestRerun:
    @pytest.mark.parametrize("status", [JobStatus.DONE, JobStatus.FAILED])
    def test_the_same_work_again(self, counted, cast, status, django_capture_on_commit_callbacks):
        job = queued(args={"grid": 7}, created_by=cast.clerk, status=status)
        with django_capture_on_commit_callbacks(execute=True):
            again = rerun(job=job, by=cast.system_admin)
        assert counted == [{"grid": 7}]
        # The result stays that of the one it was first done for: running a job gives no look at it.
        assert (again.again_of, again.created_by, again.again_by) == (job, cast.clerk, cast.system_admin)

    def test_not_while_it_is_open(self, counted, cast):
        with pytest.raises(NotRerun, match="还在排队或执行"):
            rerun(job=queued(), by=cast.system_admin)

    def test_a_double_click_runs_it_once(self, counted, cast):
        job = queued(status=JobStatus.FAILED)
        rerun(job=job, by=cast.system_admin)
        with pytest.raises(NotRerun, match="还在排队或执行"):
            rerun(job=job, by=cast.system_admin)
        assert Job.objects.count() == 2

    def test_not_what_must_not_run_twice(self, kind, cast):
        with pytest.raises(NotRerun, match="请在原页面重新办理"):
            rerun(job=queued(kind(lambda run: None), status=JobStatus.FAILED), by=cast.system_admin)


class TestPrune:
    def test_only_what_was_done_long_ago(self, counted, django_capture_on_commit_callbacks):
        long_ago = timezone.now() - timedelta(days=181)
        old = queued(status=JobStatus.DONE, finished_at=long_ago)
        kept = [
            queued(status=JobStatus.DONE, finished_at=timezone.now() - timedelta(days=179), again_of=old),
            queued(status=JobStatus.FAILED, finished_at=long_ago),
            queued(),
        ]
        with django_capture_on_commit_callbacks(execute=True):
            job = enqueue(kind="jobs.prune", args={}, by=None)
        job.refresh_from_db()
        assert job.result == {"deleted": 1, "receipts": 0}
        assert set(Job.objects.all()) == {*kept, job}
        assert prune_jobs() == 0

    def test_expired_sessions_go(self, client, cast):
        client.force_login(cast.clerk)
        with time_machine.travel(timezone.now() + timedelta(days=1)):
            job = queued("jobs.clear_sessions")
            run_job(job_id=job.pk)
        job.refresh_from_db()
        assert job.status == JobStatus.DONE
        assert not client.session.exists(client.session.session_key)
