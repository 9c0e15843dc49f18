"""A slot of a schedule makes one job: two beats, a late tick, a night without power and a clock that jumps notwithstanding."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from audit.models import ChangeEntry
from gridparty.lib.dates import CHINA
from jobs.actions import change_schedule, ensure_schedules, run_due_schedules, tick
from jobs.actions.schedules import _run_slot
from jobs.choices import JobStatus
from jobs.crontab import BadCrontab, Crontab
from jobs.errors import ScheduleRefused
from jobs.models import Job, Schedule

HOUR = timedelta(hours=1)


def china(*parts) -> datetime:
    return datetime(*parts, tzinfo=CHINA)


class TestCrontab:
    @pytest.mark.parametrize(
        ("crontab", "after", "due"),
        [
            (Crontab(minute="30", hour="3"), china(2026, 11, 22, 3, 29), china(2026, 11, 22, 3, 30)),
            (Crontab(minute="30", hour="3"), china(2026, 11, 22, 3, 30), china(2026, 11, 23, 3, 30)),
            (Crontab(minute="*/20"), china(2026, 12, 31, 23, 40), china(2027, 1, 1, 0, 0)),
            (Crontab(minute="0", hour="8", day_of_week="1"), china(2026, 11, 22, 9, 0), china(2026, 11, 23, 8, 0)),
            (Crontab(minute="0", hour="8", day_of_week="0"), china(2026, 11, 22, 7, 0), china(2026, 11, 22, 8, 0)),
            (Crontab(minute="0", hour="8", day_of_week="sun"), china(2026, 11, 22, 9, 0), china(2026, 11, 29, 8, 0)),
            (Crontab(minute="0", hour="0", day_of_month="31"), china(2026, 11, 1), china(2026, 12, 31)),
            (Crontab(minute="0", hour="0", day_of_month="29", month_of_year="2"), china(2096, 3, 1), china(2104, 2, 29)),
            # Sunday 19:00 in London is Monday 03:00 in China.
            (Crontab(minute="0", hour="3", day_of_week="1"), datetime(2026, 11, 22, 18, 59, tzinfo=UTC), china(2026, 11, 23, 3)),
        ],
    )
    def test_the_next_slot_by_the_clock_of_china(self, crontab, after, due):
        assert crontab.next_after(after) == due

    @pytest.mark.parametrize(
        "wrong", [{"minute": "60"}, {"hour": "x"}, {"day_of_month": "30", "month_of_year": "2"}, {"minute": ""}]
    )
    def test_what_cannot_be_read_or_never_comes(self, wrong):
        with pytest.raises(BadCrontab):
            Crontab(**wrong).next_after(china(2026, 1, 1))


@pytest.fixture
def hourly(db, counted):
    """Due at every full hour; the next slot is 10:00."""
    return Schedule.objects.create(
        name="hourly", kind="test.work", args={"week": "2026-W47"}, next_due_at=china(2026, 11, 22, 10)
    )


def ticks_at(*parts):
    with time_machine.travel(china(*parts), tick=False):
        tick()


class TestSlots:
    def test_a_slot_makes_its_job_and_moves_on(self, hourly):
        ticks_at(2026, 11, 22, 9, 59)
        assert not Job.objects.exists()
        ticks_at(2026, 11, 22, 10, 0)
        hourly.refresh_from_db()
        job = Job.objects.get()
        assert (job.kind, job.args, job.created_by) == ("test.work", {"week": "2026-W47"}, None)
        assert job.once_key == "schedule:hourly:2026-11-22T10:00:00+08:00"
        assert (hourly.next_due_at, hourly.last_job) == (china(2026, 11, 22, 11), job)

    def test_ticks_of_two_beats_run_a_slot_once(self, hourly):
        for _beat in range(2):
            ticks_at(2026, 11, 22, 10, 0)
        assert Job.objects.count() == 1

    def test_two_that_read_the_same_slot_run_it_once(self, hourly):
        stale = Schedule.objects.get()
        for read in (hourly, stale):
            _run_slot(read, china(2026, 11, 22, 11))
        assert Job.objects.count() == 1

    def test_missed_slots_become_one(self, hourly):
        ticks_at(2026, 11, 25, 17, 30)
        hourly.refresh_from_db()
        assert Job.objects.count() == 1
        assert hourly.next_due_at == china(2026, 11, 25, 18)

    def test_a_clock_that_goes_back_runs_no_slot_again(self, hourly):
        ticks_at(2026, 11, 22, 10, 0)
        ticks_at(2026, 11, 22, 9, 30)
        hourly.refresh_from_db()
        assert hourly.next_due_at == china(2026, 11, 22, 10)
        ticks_at(2026, 11, 22, 10, 0)
        assert Job.objects.count() == 1
        ticks_at(2026, 11, 22, 11, 0)
        assert Job.objects.count() == 2

    def test_a_clock_that_was_years_ahead_does_not_stop_the_schedule(self, hourly):
        ticks_at(2040, 1, 1)
        ticks_at(2026, 11, 22, 10, 30)
        ticks_at(2026, 11, 22, 11, 0)
        assert Job.objects.count() == 2

    def test_switched_off_it_does_not_run(self, hourly):
        Schedule.objects.update(enabled=False)
        ticks_at(2026, 11, 22, 12)
        assert not Job.objects.exists()

    def test_a_broken_schedule_does_not_stop_the_others(self, hourly, caplog):
        Schedule.objects.create(name="a-broken", kind="no.more", next_due_at=china(2026, 11, 22, 10))
        ticks_at(2026, 11, 22, 10)
        assert Job.objects.get().kind == "test.work"
        assert "schedule a-broken: UnknownKind" in caplog.text

    @pytest.mark.parametrize("number", [1, 3])
    def test_a_tick_with_nothing_to_do_only_reads(self, hourly, number, django_assert_num_queries):
        for extra in range(number - 1):
            Schedule.objects.create(name=f"more-{extra}", kind="test.work", next_due_at=hourly.next_due_at)
        with time_machine.travel(china(2026, 11, 22, 9, 59), tick=False), django_assert_num_queries(4):
            tick()  # schedules, running jobs, waiting jobs, outbox


@pytest.mark.django_db
class TestDefaults:
    def test_every_installation_prunes_at_night(self, django_capture_on_commit_callbacks):
        with time_machine.travel(china(2026, 11, 22, 12), tick=False):
            assert ensure_schedules() == 13
        with django_capture_on_commit_callbacks(execute=True):
            ticks_at(2026, 11, 23, 3, 55)
        assert set(Job.objects.values_list("kind", "status")) == {
            ("jobs.prune", JobStatus.DONE),
            ("jobs.clear_sessions", JobStatus.DONE),
            ("rosters.expire", JobStatus.DONE),
            ("cases.clocks", JobStatus.DONE),
            ("cases.draft_reports", JobStatus.DONE),
            ("cases.remind_reports", JobStatus.DONE),
            ("cases.close_reports", JobStatus.DONE),
            ("services.draft_cards", JobStatus.DONE),
            ("services.turn_terms", JobStatus.DONE),
            ("liaison.turn_terms", JobStatus.DONE),
            ("liaison.draft_reports", JobStatus.DONE),
        }

    def test_what_people_changed_stays(self, cast):
        ensure_schedules()
        schedule = Schedule.objects.get(name="jobs.prune")
        schedule.hour = "5"
        change_schedule(schedule=schedule, by=cast.system_admin)
        assert ensure_schedules() == 0
        assert Schedule.objects.get(name="jobs.prune").hour == "5"


@pytest.mark.django_db
class TestChange:
    def test_new_times_count_from_now_and_stand_in_the_change_log(self, hourly, cast):
        hourly.hour = "6"
        with time_machine.travel(china(2026, 11, 22, 12), tick=False):
            change_schedule(schedule=hourly, by=cast.system_admin)
        hourly.refresh_from_db()
        assert hourly.next_due_at == china(2026, 11, 23, 6)
        entry = ChangeEntry.objects.get(model="jobs.schedule", kind="changed")
        assert (entry.operation, entry.actor, entry.changes) == (
            "jobs.change_schedule",
            cast.system_admin,
            {"hour": ["*", "6"]},
        )

    def test_switched_on_again_a_missed_slot_stays_missed(self, hourly, cast):
        hourly.enabled = True
        with time_machine.travel(china(2026, 11, 22, 12, 30), tick=False):
            change_schedule(schedule=hourly, by=cast.system_admin)
            run_due_schedules()
        assert not Job.objects.exists()

    def test_a_time_that_never_comes_is_refused(self, hourly, cast):
        hourly.day_of_month, hourly.month_of_year = "31", "4"
        with pytest.raises(ScheduleRefused):
            change_schedule(schedule=hourly, by=cast.system_admin)
        with pytest.raises(ValidationError, match="永远不会到"):
            hourly.clean()
