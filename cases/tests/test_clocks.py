"""The two clocks of a case: on the work calendar of 2026, in a year that is not known yet, and on a server clock that jumps."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.actions import end_appointments
from accounts.choices import EndReason
from accounts.models import Appointment
from cases import tasks
from cases.actions import Said, clocks, move_case, watch_clocks
from cases.choices import Who
from cases.handling import clocks_of, history, nearer, took, unknown_year
from cases.models import Case, CaseEvent, Deadline
from cases.tests.conftest import open_at
from gridparty.lib.dates import CHINA
from grids.actions import move_area
from grids.models import Area
from jobs.models import Notice, SpecialDay
from jobs.workdays import work_calendar

NOTHING = {"followed": 0, "reminded": 0, "escalated": 0, "closed": 0}
MONDAY = (2026, 11, 23, 9)


def china(*parts) -> datetime:
    return datetime(*parts, tzinfo=CHINA)


def at(*parts):
    return time_machine.travel(china(*parts), tick=False)


def opened(voices, *parts, urgent: bool = False) -> Case:
    with at(*parts):
        return open_at(voices, voices.areas.building1, voices.grid_leader, urgent=urgent)


def moved(case: Case, kind: str, by, *parts, **said) -> Case:
    with at(*parts):
        return move_case(case=case, kind=kind, by=by, said=Said(**said))


def watched(*parts) -> dict[str, int]:
    with at(*parts):
        return watch_clocks()


def told() -> set[str]:
    names = set(Notice.objects.values_list("recipient__username", flat=True))
    Notice.objects.all().delete()
    return names


def vacate(user) -> None:
    end_appointments(appointments=Appointment.objects.filter(user=user), reason=EndReason.REMOVED, by=None)


# --- Limits


class TestLimits:
    @pytest.mark.parametrize(
        ("start", "step_due", "due"),
        [
            ((2026, 11, 23, 9), (2026, 11, 24, 18), (2026, 12, 7, 18)),  # a Monday
            ((2026, 11, 27, 23, 59), (2026, 11, 30, 18), (2026, 12, 11, 18)),  # late on a Friday
            ((2026, 11, 28, 9), (2026, 11, 30, 18), (2026, 12, 11, 18)),  # a Saturday
            # National Day: 1–7 October off, Sunday 20 September and Saturday 10 October worked, 25 September off.
            ((2026, 9, 30, 17), (2026, 10, 8, 18), (2026, 10, 20, 18)),
            ((2026, 10, 3, 9), (2026, 10, 8, 18), (2026, 10, 20, 18)),
            ((2026, 10, 9, 9), (2026, 10, 10, 18), (2026, 10, 22, 18)),
            ((2026, 9, 18, 9), (2026, 9, 20, 18), (2026, 10, 9, 18)),
            ((2026, 9, 24, 9), (2026, 9, 28, 18), (2026, 10, 15, 18)),
        ],
    )
    def test_workdays_are_those_of_the_work_calendar(self, voices, start, step_due, due):
        case = opened(voices, *start)
        assert (case.step_due_at, case.due_at) == (china(*step_due), china(*due))

    def test_an_urgent_one_runs_by_the_hour_day_and_night(self, voices):
        case = opened(voices, 2026, 10, 1, 23, urgent=True)
        assert (case.step_due_at, case.due_at) == (china(2026, 10, 2, 1), china(2026, 10, 2, 23))

    def test_the_procedure_sets_the_limits_from_when_it_was_opened(self, voices):
        case = opened(voices, *MONDAY)
        case = moved(case, "file", voices.grid_leader, 2026, 11, 24, 9, procedure="coordinated")
        assert (case.step_due_at, case.due_at) == (china(2026, 12, 1, 18), china(2026, 12, 2, 18))

    def test_passing_on_starts_the_step_anew_and_not_the_whole(self, voices):
        case = opened(voices, *MONDAY)
        case = moved(case, "pass_up", voices.grid_leader, 2026, 11, 24, 9, text="需协调")
        assert (case.step_due_at, case.due_at) == (china(2026, 11, 25, 18), china(2026, 12, 7, 18))

    def test_a_limit_is_data_and_where_there_is_none_it_is_five_workdays(self, voices):
        Deadline.objects.filter(procedure="", step="found").update(amount=3, unit="hours")
        assert opened(voices, *MONDAY).step_due_at == china(2026, 11, 23, 12)
        Deadline.objects.all().delete()
        assert opened(voices, *MONDAY).step_due_at == china(2026, 11, 30, 18)


class TestUnknownYear:
    def test_it_is_said_and_the_usual_days_are_taken(self, voices, client):
        with at(2026, 12, 29, 9):
            case = open_at(voices, voices.areas.building1, voices.grid_leader)
            assert case.due_at == china(2027, 1, 13, 18)  # 1 January is off in any year
            assert unknown_year(case, work_calendar()) == 2027
            client.force_login(voices.grid_leader)
            page = client.get(reverse("cases:case", args=[case.pk])).content.decode()
            assert "2027 年放假安排尚未公布，时限暂按周一至周五上班、固定节日放假计算。" in page
            SpecialDay.objects.create(on=china(2027, 1, 4).date(), works=False)
            assert unknown_year(case, work_calendar()) is None
            assert "尚未公布" not in client.get(reverse("cases:case", args=[case.pk])).content.decode()
            assert open_at(voices, voices.areas.building1, voices.grid_leader).due_at == china(2027, 1, 13, 18)


# --- What happens by itself


class TestWatching:
    def test_reminded_once_and_escalated_level_by_level(self, voices):
        case = opened(voices, *MONDAY)
        assert watched(2026, 11, 24, 9) == NOTHING
        assert watched(2026, 11, 24, 10) == NOTHING | {"reminded": 1}
        assert told() == {"grid_leader"}
        assert watched(2026, 11, 24, 17, 59) == NOTHING
        levels = [
            ((2026, 11, 24, 18), "taoyuan", {"grid_leader", "secretary", "clerk"}),
            ((2026, 11, 25, 18), "east", {"grid_leader", "street_officer"}),
            ((2026, 11, 26, 18), "district", {"grid_leader", "district_official"}),
        ]
        for when, place, who in levels:
            assert watched(*when) == NOTHING | {"escalated": 1}
            assert told() == who
            case.refresh_from_db()
            assert (case.supervisor, case.holder) == (getattr(voices.areas, place), voices.areas.grid1)
        assert case.escalate_at is None
        assert watched(2027, 3, 1, 9) == NOTHING
        assert [event.kind for event in case.events.all()] == ["opened", "remind", *["escalate"] * 3]

    def test_over_a_holiday_it_waits_for_a_workday(self, voices):
        case = opened(voices, 2026, 9, 29, 9)
        assert watched(2026, 9, 30, 18)["escalated"] == 1
        case.refresh_from_db()
        assert case.escalate_at == china(2026, 10, 8, 18)
        assert watched(2026, 10, 7, 18) == NOTHING

    def test_levels_without_anybody_are_passed_over(self, voices):
        vacate(voices.secretary)
        vacate(voices.clerk)
        case = opened(voices, *MONDAY)
        watched(2026, 11, 24, 18)
        case.refresh_from_db()
        assert case.supervisor == voices.areas.east

    def test_supervised_at_the_top_already_those_there_hear_it(self, voices):
        case = opened(voices, *MONDAY)
        moved(case, "urge", voices.district_official, 2026, 11, 23, 10, text="请抓紧")
        told()
        assert watched(2026, 11, 24, 18) == NOTHING | {"reminded": 1, "escalated": 1}
        assert told() == {"grid_leader", "district_official"}
        case.refresh_from_db()
        assert (case.supervisor, case.escalate_at) == (voices.areas.district, None)

    def test_the_whole_case_running_out_within_a_step_is_noticed(self, voices):
        case = opened(voices, *MONDAY)
        case = moved(case, "file", voices.grid_leader, 2026, 11, 26, 9, procedure="coordinated")
        assert (case.step_due_at, case.due_at) == (china(2026, 12, 3, 18), china(2026, 12, 2, 18))
        assert case.escalate_at == case.due_at
        watched(2026, 12, 1, 9)
        assert watched(2026, 12, 2, 18)["escalated"] == 1

    def test_the_next_step_has_its_own_time(self, voices):
        case = opened(voices, *MONDAY)
        moved(case, "collect", voices.grid_leader, 2026, 11, 24, 9)
        assert watched(2026, 11, 24, 18) == NOTHING
        assert watched(2026, 11, 25, 18) == NOTHING | {"reminded": 1, "escalated": 1}

    def test_ten_days_after_the_answer_it_closes_by_itself(self, voices):
        case = opened(voices, *MONDAY)
        for kind, said in (("file", {"procedure": "on_spot"}), ("handle", {"text": "换灯"}), ("answer", {"answer": "已换"})):
            case = moved(case, kind, voices.grid_leader, *MONDAY, **said)
        assert watched(2026, 12, 3, 8, 59) == NOTHING
        assert watched(2026, 12, 3, 9) == NOTHING | {"closed": 1}
        case.refresh_from_db()
        assert (case.step, case.outcome, case.closed_at) == ("closed", "solved", china(2026, 12, 3, 9))
        assert [line.who for line in history(case)][-1] == "系统"
        assert took(case) == "历时 10 天"

    def test_run_twice_it_changes_nothing(self, voices):
        opened(voices, *MONDAY)
        opened(voices, 2026, 11, 10, 9)
        with at(2026, 11, 24, 18):
            assert tasks.clocks(None) == NOTHING | {"reminded": 2, "escalated": 2}
            before = [*Case.objects.values().order_by("pk")], CaseEvent.objects.count(), Notice.objects.count()
            assert tasks.clocks(None) == NOTHING
            assert ([*Case.objects.values().order_by("pk")], CaseEvent.objects.count(), Notice.objects.count()) == before

    def test_one_that_fails_does_not_keep_the_others_waiting(self, voices, caplog):
        broken, sound = opened(voices, *MONDAY), opened(voices, *MONDAY)
        # A line of the history with the number that comes next: as a bug or a hand in the database would leave it.
        CaseEvent.objects.create(case=broken, seq=2, kind="note", step="found", holder=broken.holder)
        with at(2026, 11, 24, 18):
            assert clocks.watch_clocks() == NOTHING | {"reminded": 1, "escalated": 1}
        assert f"the clock of case {broken.pk}: IntegrityError" in caplog.text
        sound.refresh_from_db()
        broken.refresh_from_db()
        assert (sound.seq, broken.seq) == (3, 1)

    def test_what_waits_for_the_resident_is_not_late(self, voices):
        case = opened(voices, *MONDAY)
        case = moved(case, "file", voices.grid_leader, *MONDAY, procedure="on_spot")
        moved(case, "handle", voices.grid_leader, *MONDAY, text="换灯")
        assert Case.objects.late(china(2026, 11, 30, 9)).count() == 1
        moved(case, "answer", voices.grid_leader, *MONDAY, answer="已换")
        assert not Case.objects.late(china(2026, 11, 30, 9)).exists()


class TestRedrawing:
    def test_a_building_drawn_into_another_grid_takes_its_open_cases_along(self, voices, areas):
        case = opened(voices, *MONDAY)
        building, grid2 = (Area.objects.get(pk=area.pk) for area in (areas.building1, areas.grid2))
        move_area(area=building, parent=grid2, by=voices.street_officer)
        assert watched(*MONDAY) == NOTHING | {"followed": 1}
        due = case.step_due_at
        case.refresh_from_db()
        assert (case.holder, case.grid, case.step_due_at) == (areas.grid2, areas.grid2, due)
        assert Case.objects.visible_to(voices.next_grid_leader).held_by(voices.next_grid_leader).get() == case
        assert watched(*MONDAY) == NOTHING
        assert "next_grid_leader" in told()

    def test_what_a_level_above_holds_stays_there(self, voices, areas):
        case = moved(opened(voices, *MONDAY), "pass_up", voices.grid_leader, *MONDAY, text="需协调")
        building, grid2 = (Area.objects.get(pk=area.pk) for area in (areas.building1, areas.grid2))
        move_area(area=building, parent=grid2, by=voices.street_officer)
        assert watched(*MONDAY) == NOTHING
        case.refresh_from_db()
        assert case.holder == areas.taoyuan


# --- A server clock that was wrong


class TestClockSetBack:
    """T47: between two steps the server's clock goes back one hour."""

    def test_the_history_stays_in_order_and_nothing_takes_less_than_no_time(self, voices, client):
        case = opened(voices, 2026, 11, 24, 0, 30)
        case = moved(case, "collect", voices.grid_leader, 2026, 11, 23, 23, 30)
        case = moved(case, "file", voices.grid_leader, 2026, 11, 23, 23, 31, procedure="on_spot")
        case = moved(case, "handle", voices.grid_leader, 2026, 11, 23, 23, 32, text="换灯")
        case = moved(case, "answer", voices.grid_leader, 2026, 11, 23, 23, 33, answer="已换")
        case = moved(case, "close", voices.grid_leader, 2026, 11, 23, 23, 34)
        assert case.closed_at < case.opened_at
        assert [line.event.kind for line in history(case)] == ["opened", "collect", "file", "handle", "answer", "close"]
        assert [line.event.seq for line in history(case)] == [1, 2, 3, 4, 5, 6]
        assert took(case) == "当天办结"
        client.force_login(voices.grid_leader)
        page = client.get(reverse("cases:case", args=[case.pk])).content.decode()
        assert "历时 -" not in page
        assert page.index("核实收集") < page.index("处理完毕") < page.index("反馈答复")

    def test_set_back_it_reminds_no_second_time(self, voices):
        opened(voices, *MONDAY)
        assert watched(2026, 11, 24, 10)["reminded"] == 1
        assert watched(2026, 11, 24, 9) == NOTHING
        assert watched(2026, 11, 24, 10) == NOTHING

    def test_reopened_with_a_clock_set_back_it_still_has_time(self, voices):
        case = opened(voices, *MONDAY)
        for kind, said in (("file", {"procedure": "on_spot"}), ("handle", {"text": "换灯"}), ("answer", {"answer": "已换"})):
            case = moved(case, kind, voices.grid_leader, *MONDAY, **said)
        with at(2026, 11, 23, 8):
            case = move_case(case=case, kind="reopen", by=None, who=Who.RESIDENT, said=Said(text="又坏了"))
        assert case.step_due_at == case.due_at == china(2026, 11, 24, 18)


# --- In words


class TestWords:
    @pytest.mark.parametrize(
        ("now", "words", "state"),
        [
            ((2026, 11, 23, 9), "还有 1 个工作日", "watch"),
            ((2026, 11, 24, 9), "还有 9 小时 0 分", "watch"),
            ((2026, 11, 24, 17, 35), "还有 25 分钟", "watch"),
            ((2026, 11, 24, 20), "已逾期 2 小时 0 分", "late"),
            ((2026, 11, 26, 9), "已逾期 2 个工作日", "late"),
        ],
    )
    def test_the_nearer_clock_says_how_much_is_left(self, voices, now, words, state):
        clock = nearer(opened(voices, *MONDAY), work_calendar(), china(*now))
        assert (clock.label, clock.words, clock.state) == ("本环节", words, state)

    def test_days_off_are_not_counted(self, voices):
        case = opened(voices, 2026, 9, 30, 9)
        step, whole = clocks_of(case, work_calendar(), china(2026, 10, 2, 9))
        assert (step.words, whole.words) == ("还有 1 个工作日", "还有 10 个工作日")
        assert whole.state == "good"

    def test_an_urgent_one_counts_hours(self, voices):
        case = opened(voices, 2026, 11, 23, 23, urgent=True)
        assert nearer(case, work_calendar(), china(2026, 11, 23, 23, 20)).words == "还有 1 小时 40 分"
        assert clocks_of(case, work_calendar(), china(2026, 11, 24, 0, 20))[1].words == "还有 22 小时"

    def test_once_answered_no_clock_runs(self, voices):
        case = opened(voices, *MONDAY)
        case.step, case.answered_at = "answered", china(*MONDAY) + timedelta(hours=1)
        assert clocks_of(case, work_calendar(), china(*MONDAY)) == []
