"""Weekly reports: drafted, reminded, sent, returned, accepted, closed, opened again, excused."""

import time
from datetime import date, datetime, timedelta

import pytest
import time_machine

from audit.models import ChangeEntry
from cases import actions
from cases.actions import Written
from cases.errors import ReportRefused
from cases.models import ReportEvent, ReportException, ReportRule, WeeklyReport
from cases.reporting import WeekOfWork
from cases.tests.conftest import entry_at, open_at, reports_of
from gridparty.lib.dates import CHINA, Week
from grids.actions import Part, create_area, merge_grids, split_grid
from grids.models import Area
from jobs.models import Notice, SpecialDay

GRID1, GRID2 = "370199001001001", "370199001001002"
MONDAY = date(2026, 6, 8)  # an ordinary week
WEEK = Week.of(MONDAY)
SAID = Written(done="清理楼道", trouble="停车难", plan="走访独居老人")


def at(day: date | str, hour: int = 12, minute: int = 0) -> time_machine.travel:
    """It is that hour in China."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return time_machine.travel(datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA), tick=False)


@pytest.fixture
def week(voices):
    """{grid code: report}, on the Tuesday of an ordinary week."""
    with at("2026-06-09"):
        yield reports_of(WEEK)


@pytest.fixture
def mine(week) -> WeeklyReport:
    return week[GRID1]


def send(report, by, written=SAID) -> WeeklyReport:
    return actions.send_report(report=report, written=written, by=by)


def kinds(report) -> list[str]:
    return list(ReportEvent.objects.filter(report=report).values_list("kind", flat=True))


def told(user) -> list[str]:
    return list(Notice.objects.filter(recipient=user).order_by("pk").values_list("subject", flat=True))


# --- Drafting


class TestDrafting:
    def test_every_grid_has_one_and_no_more_when_it_runs_again(self, voices):
        with at("2026-06-08", 0, 10):
            assert actions.draft_reports() == 5
            assert actions.draft_reports() == 0
        assert set(WeeklyReport.objects.values_list("week_on", "state", "excused")) == {(MONDAY, "draft", False)}
        assert WeeklyReport.objects.filter(area__kind="grid").count() == WeeklyReport.objects.count() == 5

    def test_a_grid_drawn_in_the_week_gets_one_the_next_night(self, voices, areas):
        with at("2026-06-08"):
            actions.draft_reports()
        with at("2026-06-10"):
            new = create_area(kind="grid", name="第8网格", parent=areas.taoyuan, by=voices.secretary)
        with at("2026-06-11", 0, 10):
            assert actions.draft_reports() == 1
        row = WeeklyReport.objects.get(area=new)
        assert (row.week_on, row.excused) == (MONDAY, False)

    def test_one_drawn_after_reports_were_due_need_not_report_that_week(self, voices, areas):
        with at("2026-06-12", 20):
            new = create_area(kind="grid", name="第8网格", parent=areas.taoyuan, by=voices.secretary)
        with at("2026-06-13", 0, 10):
            actions.draft_reports()
        assert WeeklyReport.objects.get(area=new).excused
        with at("2026-06-15", 0, 10):
            actions.draft_reports()
        assert not WeeklyReport.objects.get(area=new, week_on=date(2026, 6, 15)).excused

    def test_grids_within_a_grid_report_in_its_place(self, voices, areas):
        with at("2026-06-08", 0, 10):
            actions.draft_reports()
        with at("2026-06-09"):
            inner = create_area(kind="grid", name="第1微网格", parent=areas.grid1, by=voices.secretary)
        with at("2026-06-10", 0, 10):
            assert actions.draft_reports() == 1
        assert WeeklyReport.objects.get(area=areas.grid1).excused
        assert not WeeklyReport.objects.get(area=inner).excused
        with at("2026-06-15", 0, 10):
            actions.draft_reports()
        assert not WeeklyReport.objects.filter(area=areas.grid1, week_on=date(2026, 6, 15)).exists()

    def test_what_an_outer_grid_had_sent_stays_expected(self, voices, areas, mine):
        send(mine, voices.grid_leader)
        create_area(kind="grid", name="第1微网格", parent=areas.grid1, by=voices.secretary)
        actions.draft_reports()
        mine.refresh_from_db()
        assert not mine.excused

    def test_a_merged_grid_is_excused_and_a_split_one_reports(self, voices, areas, week):
        merge_grids(grids=[areas.grid2], into=areas.grid1, by=voices.secretary)
        assert WeeklyReport.objects.get(area=areas.grid2).excused
        grid1 = Area.objects.get(pk=areas.grid1.pk)
        (new,) = split_grid(
            grid=grid1, parts=[Part("第8网格", [areas.building1.pk])], by=voices.secretary, revision=grid1.revision
        )
        actions.draft_reports()
        assert {row.area_id: row.excused for row in WeeklyReport.objects.filter(area__in=[grid1, new])} == {
            grid1.pk: False,
            new.pk: False,
        }

    def test_the_hour_of_the_rule_counts(self, voices):
        ReportRule.objects.update(due_hour=16)
        due = {row.due_at for row in reports_of(WEEK).values()}
        assert due == {datetime(2026, 6, 12, 16, tzinfo=CHINA)}

    def test_without_a_rule_it_is_six(self, voices):
        ReportRule.objects.all().delete()
        assert {row.due_at for row in reports_of(WEEK).values()} == {datetime(2026, 6, 12, 18, tzinfo=CHINA)}


# (a day of the week, when it is due, when it closes): ordinary, National Day, make-up days, weeks off
DUE = [
    ("2026-06-08", "2026-06-12", "2026-06-14"),
    ("2026-09-14", "2026-09-20", "2026-09-20"),  # Sunday is made up
    ("2026-09-21", "2026-09-24", "2026-09-27"),  # 中秋节 on Friday
    ("2026-09-28", "2026-09-30", "2026-10-04"),  # 国庆节 from Thursday
    ("2026-10-05", "2026-10-10", "2026-10-11"),  # Saturday is made up
    ("2026-02-09", "2026-02-14", "2026-02-15"),  # Saturday is made up
    ("2026-02-16", "2026-02-24", "2026-02-24"),  # 春节: no workday at all, so the first one after
    ("2026-02-23", "2026-02-28", "2026-03-01"),
    ("2026-04-27", "2026-04-30", "2026-05-03"),  # 劳动节 on Friday
    ("2025-12-29", "2026-01-04", "2026-01-04"),  # over the year's end, Sunday is made up
    ("2026-12-28", "2026-12-31", "2027-01-03"),  # the notice of 2027 is not out, New Year's Day is sure
]


@pytest.mark.parametrize(("day", "due", "lock"), DUE)
def test_due_on_the_last_workday_of_the_week_and_closed_on_sunday(voices, day, due, lock):
    SpecialDay.objects.filter(on__year=2027).delete()
    with at(day, 0, 10):
        row = reports_of()[GRID1]
    assert row.due_at == datetime.combine(date.fromisoformat(due), datetime.min.time(), CHINA) + timedelta(hours=18)
    assert row.lock_on == date.fromisoformat(lock)


# --- Reminding


class TestReminding:
    @pytest.mark.parametrize(("day", "due"), [(day, due) for day, due, _lock in DUE])
    def test_it_comes_on_that_day_and_no_other(self, voices, day, due):
        SpecialDay.objects.filter(on__year=2027).delete()
        first, last = date.fromisoformat(day), date.fromisoformat(due)
        with at(first, 0, 10):
            actions.draft_reports()
        reminded = []
        for step in range((last - first).days + 3):
            on = first + timedelta(days=step)
            with at(on, 9, 5):
                if actions.remind_reports():
                    reminded.append(on)
        assert reminded == [last]

    def test_once_before_and_once_after_the_hour_however_often_it_runs(self, voices, mine):
        for hour in (9, 9, 15, 18, 19, 21):
            with at("2026-06-12", hour, 5):
                actions.remind_reports()
        assert told(voices.grid_leader) == ["本周周报待提交", "周报已过截止时间"]
        assert told(voices.secretary) == []

    def test_who_sent_hears_nothing_and_who_was_sent_back_is_reminded(self, voices, week):
        send(week[GRID1], voices.grid_leader)
        send(week[GRID2], voices.next_grid_leader)
        actions.return_report(report=week[GRID2], reason="补充走访", by=voices.secretary)
        with at("2026-06-12", 9, 5):
            actions.remind_reports()
        assert told(voices.grid_leader) == []
        assert told(voices.next_grid_leader) == ["周报被退回修改", "周报退回后待修改"]

    def test_the_excused_hear_nothing(self, voices, areas, mine):
        actions.excuse(areas=[areas.grid1], from_on=MONDAY, until_on=MONDAY, reason="换届", by=voices.secretary)
        with at("2026-06-12", 9, 5):
            actions.remind_reports()
        assert told(voices.grid_leader) == []

    def test_the_hour_stands_in_it(self, voices):
        ReportRule.objects.update(due_hour=16)
        reports_of(WEEK)
        with at("2026-06-12", 9, 5):
            actions.remind_reports()
        notice = Notice.objects.get(recipient=voices.grid_leader)
        assert "16:00" in notice.body
        assert notice.link.endswith(f"/reports/{WeeklyReport.objects.get(area__code=GRID1).pk}/")


# --- Sending


class TestSending:
    def test_the_figures_are_those_of_the_week_and_stay_as_they_were_sent(self, voices, areas, mine):
        entry_at(voices, areas.grid1, voices.grid_leader)
        open_at(voices, areas.building1, voices.grid_leader)
        open_at(voices, areas.building1, voices.grid_leader, urgent=True)
        open_at(voices, areas.grid2, voices.next_grid_leader)
        sent = send(mine, voices.grid_leader)
        assert {key: sent.figures[key] for key in ("journal", "cases_opened", "cases_urgent", "visits")} == {
            "journal": 1,
            "cases_opened": 2,
            "cases_urgent": 1,
            "visits": 0,
        }
        open_at(voices, areas.building1, voices.grid_leader)
        assert WeeklyReport.objects.get(pk=mine.pk).figures["cases_opened"] == 2

    def test_in_time_until_the_hour_and_late_after_it(self, voices, week):
        with at("2026-06-12", 18):
            assert send(week[GRID1], voices.grid_leader).is_on_time
        with at("2026-06-12", 18, 1):
            assert not send(week[GRID2], voices.next_grid_leader).is_on_time

    @pytest.mark.parametrize("who", ["next_grid_leader", "secretary", "building_leader", "member", "nobody", "cadre"])
    def test_only_the_leader_of_the_grid_sends(self, voices, mine, who):
        with pytest.raises(ReportRefused, match="本网格的网格长"):
            send(mine, getattr(voices, who))

    def test_not_twice(self, voices, mine):
        send(mine, voices.grid_leader)
        with pytest.raises(ReportRefused, match="没有重复提交"):
            send(mine, voices.grid_leader, Written(done="另一份"))
        assert WeeklyReport.objects.get(pk=mine.pk).done == "清理楼道"

    def test_mended_it_is_in_time_by_its_first_sending(self, voices, mine):
        send(mine, voices.grid_leader)
        actions.return_report(report=mine, reason="补充走访", by=voices.secretary)
        with at("2026-06-13"):
            sent = send(mine, voices.grid_leader, Written(done="清理楼道，走访3户"))
        assert (sent.is_on_time, sent.returns, sent.state) == (True, 1, "sent")
        assert kinds(mine) == ["sent", "returned", "sent"]

    def test_closed_it_is_not_taken(self, voices, mine):
        with at("2026-06-14", 23, 50):
            actions.close_reports()
        with at("2026-06-15"), pytest.raises(ReportRefused, match="已关账"):
            send(mine, voices.grid_leader)

    def test_the_log_knows_who_and_what_but_not_the_words(self, voices, mine):
        send(mine, voices.grid_leader)
        entry = ChangeEntry.objects.filter(model="cases.weeklyreport", object_id=mine.pk, kind="changed").get()
        assert (entry.operation, entry.actor_id) == ("cases.send_report", voices.grid_leader.pk)
        assert "清理楼道" not in str(entry.changes)


# --- Judging


class TestJudging:
    @pytest.fixture
    def sent(self, voices, mine):
        return send(mine, voices.grid_leader)

    def test_read_with_a_word_the_leader_hears(self, voices, sent):
        actions.accept_report(report=sent, by=voices.secretary, comment="写得实在")
        sent.refresh_from_db()
        assert (sent.state, sent.comment) == ("accepted", "写得实在")
        assert told(voices.grid_leader) == ["周报有新批注"]

    def test_without_a_word_nobody_is_disturbed(self, voices, sent):
        actions.accept_report(report=sent, by=voices.secretary)
        assert told(voices.grid_leader) == []

    def test_back_with_a_reason_only(self, voices, sent):
        with pytest.raises(ReportRefused, match="写明需要修改什么"):
            actions.return_report(report=sent, reason=" ", by=voices.secretary)
        sent.refresh_from_db()
        assert (sent.state, sent.returns) == ("sent", 0)

    def test_what_was_read_by_mistake_goes_back_before_it_is_closed(self, voices, sent):
        actions.accept_report(report=sent, by=voices.secretary)
        actions.return_report(report=sent, reason="数字不对", by=voices.secretary)
        sent.refresh_from_db()
        assert sent.state == "returned"

    def test_what_came_on_friday_is_read_on_monday(self, voices, sent):
        with at("2026-06-14", 23, 50):
            actions.close_reports()
        with at("2026-06-15"):
            assert list(WeeklyReport.objects.to_judge(voices.secretary)) == [sent]
            with pytest.raises(ReportRefused, match="先重新打开"):
                actions.return_report(report=sent, reason="补充", by=voices.secretary)
            actions.accept_report(report=sent, by=voices.secretary)
        sent.refresh_from_db()
        assert (sent.state, sent.is_locked) == ("accepted", True)
        assert kinds(sent) == ["sent", "closed", "accepted"]

    @pytest.mark.parametrize("who", ["grid_leader", "clerk", "cadre", "member"])
    def test_not_by_everybody(self, voices, sent, who):
        for judge in (actions.accept_report, actions.return_report, actions.comment_report):
            words = {} if judge is actions.accept_report else {"reason": "x"} if "return" in judge.__name__ else {"comment": "x"}
            with pytest.raises(ReportRefused, match="不由您审阅"):
                judge(report=sent, by=getattr(voices, who), **words)

    def test_nobody_reads_their_own(self, voices, sent):
        WeeklyReport.objects.filter(pk=sent.pk).update(sent_by=voices.secretary)
        assert not WeeklyReport.objects.to_judge(voices.secretary).exists()
        with pytest.raises(ReportRefused, match="由他人审阅"):
            actions.accept_report(report=sent, by=voices.secretary)
        actions.accept_report(report=sent, by=voices.street_officer)

    def test_a_word_on_what_was_not_sent(self, voices, week):
        with pytest.raises(ReportRefused, match="还没有提交"):
            actions.comment_report(report=week[GRID2], comment="快交", by=voices.secretary)


# --- Closing and opening again


class TestClosing:
    def test_once_however_often_it_runs(self, voices, week):
        send(week[GRID1], voices.grid_leader)
        with at("2026-06-13", 23, 50):
            assert actions.close_reports() == 0
        with at("2026-06-14", 23, 50):
            assert [actions.close_reports(), actions.close_reports()] == [5, 0]
        assert ReportEvent.objects.filter(kind="closed").count() == 5
        assert list(WeeklyReport.objects.values_list("state", flat=True).order_by("state")) == ["draft"] * 4 + ["sent"]

    def test_a_night_that_was_missed_is_made_good(self, voices, week):
        with at("2026-06-16", 8):
            assert actions.close_reports() == 5

    def test_opened_again_for_some_days_the_leader_hears(self, voices, mine):
        with at("2026-06-14", 23, 50):
            actions.close_reports()
        with at("2026-06-16"):
            opened = actions.reopen_report(report=mine, reason="住院补报", by=voices.secretary)
            assert (opened.state, opened.is_locked, opened.lock_on) == ("draft", False, date(2026, 6, 19))
            sent = send(mine, voices.grid_leader)
            assert not sent.is_on_time
            assert told(voices.grid_leader) == ["周报已重新打开"]
        with at("2026-06-18", 23, 50):
            assert actions.close_reports() == 0
        with at("2026-06-19", 23, 50):
            assert actions.close_reports() == 1
        assert kinds(mine) == ["closed", "reopened", "sent", "closed"]

    def test_what_had_been_sent_is_thereby_returned(self, voices, mine):
        send(mine, voices.grid_leader)
        with at("2026-06-14", 23, 50):
            actions.close_reports()
        with at("2026-06-16"):
            opened = actions.reopen_report(report=mine, reason="数字有误", by=voices.secretary)
        assert (opened.state, opened.comment, opened.returns, opened.is_on_time) == ("returned", "数字有误", 1, True)

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_only_with_a_reason(self, voices, mine, reason):
        with at("2026-06-14", 23, 50):
            actions.close_reports()
        with pytest.raises(ReportRefused, match="为什么重新打开"):
            actions.reopen_report(report=mine, reason=reason, by=voices.secretary)

    def test_not_what_is_open_and_not_by_the_leader(self, voices, mine):
        with pytest.raises(ReportRefused, match="没有关账"):
            actions.reopen_report(report=mine, reason="x", by=voices.secretary)
        with pytest.raises(ReportRefused, match="不由您审阅"):
            actions.reopen_report(report=mine, reason="x", by=voices.grid_leader)


# --- Exceptions


class TestExcusing:
    def test_the_weeks_its_days_fall_in(self, voices, areas, week):
        actions.excuse(
            areas=[areas.grid1], from_on=date(2026, 6, 10), until_on=date(2026, 6, 22), reason="病假", by=voices.secretary
        )
        week[GRID1].refresh_from_db()
        week[GRID2].refresh_from_db()
        assert (week[GRID1].excused, week[GRID2].excused) == (True, False)
        for day, excused in (("2026-06-15", True), ("2026-06-22", True), ("2026-06-29", False)):
            with at(day, 0, 10):
                assert reports_of()[GRID1].excused is excused

    def test_what_was_sent_stays_expected(self, voices, areas, mine):
        send(mine, voices.grid_leader)
        actions.excuse(areas=[areas.grid1], from_on=MONDAY, until_on=MONDAY, reason="病假", by=voices.secretary)
        mine.refresh_from_db()
        assert not mine.excused

    def test_the_excused_may_send_all_the_same(self, voices, areas, mine):
        actions.excuse(areas=[areas.grid1], from_on=MONDAY, until_on=MONDAY, reason="病假", by=voices.secretary)
        assert send(mine, voices.grid_leader).state == "sent"

    @pytest.mark.parametrize(
        ("who", "area", "values", "said"),
        [
            ("secretary", "grid1", {"until_on": date(2026, 6, 1)}, "早于"),
            ("secretary", "grid1", {"reason": " "}, "原因"),
            ("grid_leader", "grid1", {}, "本辖区的网格"),
            ("secretary", "taoyuan", {}, "本辖区的网格"),
            ("secretary", "other_district", {}, "本辖区的网格"),
        ],
    )
    def test_not_like_this(self, voices, areas, mine, who, area, values, said):
        given = {"from_on": MONDAY, "until_on": MONDAY, "reason": "病假"} | values
        with pytest.raises(ReportRefused, match=said):
            actions.excuse(areas=[getattr(areas, area)], **given, by=getattr(voices, who))
        assert not ReportException.objects.exists()


# --- What is prepared


class TestPrepared:
    def test_matters_and_numbers_never_names(self, voices, areas, mine):
        entry_at(voices, areas.building1, voices.grid_leader, text="王小明家漏水", teller="王小明")
        entry_at(voices, areas.building1, voices.grid_leader, subject=voices.subjects["停车秩序"])
        solved = open_at(voices, areas.building1, voices.grid_leader, text="王小明家漏水", teller="王小明", urgent=True)
        actions.move_case(case=solved, kind="handle", by=voices.grid_leader, said=actions.Said(text="王小明家已修"))
        actions.move_case(case=solved, kind="answer", by=voices.grid_leader, said=actions.Said(answer="已答复王小明"))
        late = open_at(voices, areas.building2, voices.grid_leader, text="李大爷反映")
        with at("2026-06-12", 17):
            texts = WeekOfWork(WeeklyReport.objects.select_related("area").get(pk=mine.pk)).prepared()
        assert "记民情日志 2 条：环境卫生 1、停车秩序 1。" in texts["done"]
        assert "新受理事件 2 件，其中紧急 1 件。" in texts["done"]
        assert f"已答复：环境卫生（紧急），1号楼，{solved.number}。" in texts["done"]
        assert texts["trouble"] == f"逾期未办结：环境卫生，2号楼，{late.number}。"
        assert not {"王小明", "李大爷"} & set("".join(texts.values()).split())
        assert "王小明" not in str(texts)
        assert "李大爷" not in str(texts)

    def test_an_empty_week_says_what_is_missing(self, voices, mine):
        work = WeekOfWork(WeeklyReport.objects.select_related("area").get(pk=mine.pk))
        assert set(work.prepared().values()) == {""}
        assert [hint.text for hint in work.hints()] == ["本周没有走访记录", "本周没有民情日志"]


# --- Weeks are China's (T45)

EDGES = [("2026-06-07T15:59:59", "2026-06-01"), ("2026-06-07T16:00:00", "2026-06-08"), ("2027-01-03T15:59:59", "2026-12-28")]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
@pytest.mark.parametrize(("instant", "monday"), EDGES)
def test_a_report_belongs_to_the_week_it_is_in_china(voices, monkeypatch, zone, instant, monday):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        with time_machine.travel(datetime.fromisoformat(instant + "+00:00"), tick=False):
            actions.draft_reports()
        assert set(WeeklyReport.objects.values_list("week_on", flat=True)) == {date.fromisoformat(monday)}
    finally:
        monkeypatch.undo()
        time.tzset()
