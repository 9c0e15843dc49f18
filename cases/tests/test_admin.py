"""Voices at the desk: who finds which cases, what goes out masked, the moves allowed now, settings, what waits."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from cases.actions import Said, Written, excuse, make_case, move_case, rate, return_report, send_report
from cases.admin.moves import BY_STAFF
from cases.choices import Outcome, Procedure, Side, Step
from cases.exports import without_numbers
from cases.models import Case, Deadline, JournalEntry, ReportException, Subject, WeeklyReport
from cases.tests.conftest import entry_at, open_at, reports_of
from cases.worklists import voices as waiting
from conftest import make_user
from gridparty.lib.dates import Week, today
from gridparty.lib.registry import worklists

CASES, JOURNAL, REPORTS, RATINGS = (f"admin:cases_{name}" for name in ("case", "journalentry", "weeklyreport", "rating"))
LISTS = [f"{stem}_changelist" for stem in (CASES, JOURNAL, REPORTS, RATINGS, "admin:cases_reportexception")]
TOLD = {"teller": "赵小明", "teller_phone": "15400001234"}
HOSTILE = "=1+1 电话15400009876"


@pytest.fixture
def desk(client, voices):
    client.force_login(voices.secretary)
    return client


@pytest.fixture
def theirs(client, areas):
    """The desk of the neighbouring community."""
    client.force_login(make_user("community_secretary", areas.liuyuan, username="liuyuan"))
    return client


def page(name: str, *args) -> str:
    return reverse(name, args=args)


def listed(client, name: str, query: str = "") -> list:
    return list(client.get(f"{page(name)}?{query}").context["cl"].result_list)


def said(answer) -> str:
    """What the page tells, and what is wrong with its form."""
    messages = "".join(str(one) for one in answer.context["messages"]) if answer.context and "messages" in answer.context else ""
    return messages + answer.content.decode()


def exported(client, name: str, query: str = "") -> list[dict]:
    answer = client.get(f"{page(f'{name}_export')}?{query}")
    rows = list(load_workbook(BytesIO(b"".join(answer.streaming_content))).active.iter_rows())
    assert all(cell.data_type in ("s", "n") for row in rows for cell in row), "a formula went out"
    headings = [cell.value for cell in rows[0]]
    return [dict(zip(headings, (cell.value or "" for cell in row), strict=True)) for row in rows[1:]]


def step(client, case: Case, kind: str, **data):
    """Send the form of a move as the page shows it."""
    address = page(f"{CASES}_{kind}", case.pk)
    shown = client.get(address)
    seq = {"seq": shown.context["form"]["seq"].value()} if shown.context and "form" in shown.context else {}
    return client.post(address, seq | data, follow=True)


def offered(client, case: Case) -> list[str]:
    return [one.name for one in client.get(page(f"{CASES}_change", case.pk)).context["steps"]]


def handled(case: Case, by, *, answer: str = "已更换灯管") -> Case:
    """Filed, handled and answered."""
    for kind, words in (("file", Said(procedure="coordinated")), ("handle", Said("已办")), ("answer", Said(answer=answer))):
        case = move_case(case=case, kind=kind, by=by, said=words)
    return case


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


class TestList:
    def test_each_sees_their_own(self, client, voices, areas):
        here = open_at(voices, areas.building1, voices.grid_leader)
        there = open_at(voices, areas.liuyuan, voices.street_officer)
        seen = {}
        for name in ("secretary", "cadre", "street_officer", "district_official"):
            client.force_login(getattr(voices, name))
            seen[name] = [row.pk for row in listed(client, f"{CASES}_changelist")]
        both = [there.pk, here.pk]
        assert seen == {"secretary": both[1:], "cadre": both[1:], "street_officer": both, "district_official": both}

    @pytest.mark.parametrize("name", ["system_admin", "audit_admin"])
    def test_who_hears_no_voices_has_no_list(self, client, voices, name):
        client.force_login(getattr(voices, name))
        assert {client.get(page(one)).status_code for one in LISTS} == {403}

    def test_the_filters_answer_questions(self, desk, voices, areas):
        by = voices.secretary
        found = open_at(voices, areas.grid1, voices.grid_leader)
        own = open_at(voices, areas.taoyuan, by, source="counter")
        urgent = open_at(voices, areas.grid2, by, urgent=True)
        asked = move_case(case=open_at(voices, areas.grid1, by), kind="ask_remit", by=voices.grid_leader, said=Said("属物业"))
        late = open_at(voices, areas.grid1, by)
        Case.objects.filter(pk=late.pk).update(step_due_at=timezone.now() - timedelta(hours=1))
        urged = move_case(case=open_at(voices, areas.grid2, by), kind="urge", by=by, said=Said("请尽快"))
        closed = move_case(case=handled(open_at(voices, areas.grid1, by), by), kind="close", by=by)
        other = Subject.objects.exclude(pk=voices.subject.pk).first()
        Case.objects.filter(pk=own.pk).update(subject=other)
        asked_for = {
            "todo=mine": {own},
            "todo=decide": {asked},
            "todo=late": {late},
            "todo=supervised": {urged},
            "todo=urgent": {urgent},
            "todo=open": {found, own, urgent, asked, late, urged},
            "step__exact=closed": {closed},
            "procedure__exact=urgent": {urgent},
            "source__exact=counter": {own},
            f"subject={other.pk}": {own},
            "subject=99999": set(),
            f"within={areas.grid2.pk}": {urgent, urged},
            f"within={areas.liuyuan.pk}": set(),
            "period=last_month": set(),
            f"q={found.number}": {found},
            f"q={found.receipt.lower()}": {found},
            f"q={found.pk}": {found},
            "q=楼道灯": set(),
        }
        answers = {query: {row.pk for row in listed(desk, f"{CASES}_changelist", query)} for query in asked_for}
        assert answers == {query: {row.pk for row in rows} for query, rows in asked_for.items()}

    def test_what_waits_stands_by_its_deadline(self, desk, voices, areas):
        first, second = (open_at(voices, areas.taoyuan, voices.secretary) for _n in range(2))
        Case.objects.filter(pk=second.pk).update(step_due_at=timezone.now())
        assert [row.pk for row in listed(desk, f"{CASES}_changelist", "todo=mine")] == [second.pk, first.pk]
        assert [row.pk for row in listed(desk, f"{CASES}_changelist")] == [second.pk, first.pk]
        text = desk.get(page(f"{CASES}_changelist")).content.decode()
        assert text.count('<span class="badge late">逾期</span>') == 1

    @pytest.mark.parametrize("query", ["text=1", "teller__contains=1", "teller_phone=1", "rating_key=1", "opened_by__username=x"])
    def test_columns_are_not_probed_through_the_address(self, desk, voices, areas, query):
        open_at(voices, areas.grid1, voices.secretary, **TOLD)
        assert desk.get(f"{page(f'{CASES}_changelist')}?{query}").status_code in (302, 400)

    def test_a_neighbour_finds_nothing_by_number_or_code(self, theirs, voices, areas):
        case = open_at(voices, areas.grid1, voices.secretary)
        assert listed(theirs, f"{CASES}_changelist", f"q={case.number}") == []
        assert listed(theirs, f"{CASES}_changelist", f"q={case.receipt}") == []

    def test_the_counter_is_offered_to_who_takes_up_matters(self, client, voices):
        client.force_login(voices.clerk)
        assert page("cases:counter") in said(client.get(page(f"{CASES}_changelist")))
        client.force_login(voices.cadre)
        assert page("cases:counter") not in said(client.get(page(f"{CASES}_changelist")))


class TestExports:
    def test_who_told_a_case_goes_out_masked(self, desk, voices, areas):
        case = open_at(voices, areas.building1, voices.grid_leader, text=HOSTILE, spot="@SUM(A1)", **TOLD)
        (row,) = exported(desk, CASES, "todo=open")
        assert (row["编号"], row["地点"], row["环节"]) == (case.number, "桃园社区 1号楼", "发现")
        assert (row["反映人"], row["联系电话"]) == ("赵**", "154****1234")
        assert row["反映内容"] == "=1+1 电话****76"
        assert row["具体位置"] == "@SUM(A1)"

    def test_the_journal_goes_out_masked(self, desk, voices, areas):
        entry_at(voices, areas.building1, voices.grid_leader, text=HOSTILE, **TOLD)
        (row,) = exported(desk, JOURNAL)
        assert (row["反映人"], row["联系电话"], row["内容"]) == ("赵**", "154****1234", "=1+1 电话****76")

    def test_reports_go_out_with_their_figures(self, desk, voices, areas):
        entry_at(voices, areas.building1, voices.grid_leader)
        report = reports_of()[areas.grid1.code]
        send_report(report=report, written=Written(done=HOSTILE), by=voices.grid_leader)
        rows = {row["网格"]: row for row in exported(desk, REPORTS)}
        assert rows["第1网格"]["本周重点工作"] == "=1+1 电话****76"
        assert str(rows["第1网格"]["民情日志（条）"]) == "1"
        assert rows["第2网格"]["民情日志（条）"] == ""

    def test_ratings_go_out_without_who_gave_them(self, desk, voices, areas):
        case = handled(open_at(voices, areas.grid1, voices.grid_leader, **TOLD), voices.grid_leader)
        rate(case=case, side=Side.RESIDENT, score=2, text=HOSTILE)
        (row,) = exported(desk, RATINGS)
        assert (row["评价方"], str(row["评分"]), row["意见"]) == ("居民", "2", "=1+1 电话****76")
        assert "赵" not in "".join(map(str, row.values()))

    @pytest.mark.parametrize(
        ("text", "out"),
        [
            ("3号楼2单元101室", "3号楼2单元101室"),
            ("2026-11-23 收到", "****23 收到"),
            ("打 0531-88881234", "打 ****34"),
            ("证件37019919900101123X", "证件****3X"),
            ("154 0000 1234", "****34"),
        ],
    )
    def test_numbers_in_texts(self, text, out):
        assert without_numbers(text) == out

    @pytest.mark.parametrize("stem", [CASES, JOURNAL, REPORTS, RATINGS])
    def test_the_neighbours_rows_are_absent(self, theirs, voices, areas, stem):
        case = handled(open_at(voices, areas.grid1, voices.grid_leader), voices.grid_leader)
        rate(case=case, side=Side.RESIDENT, score=2)
        entry_at(voices, areas.grid1, voices.grid_leader)
        reports_of()
        assert len(exported(theirs, stem)) == (1 if stem == REPORTS else 0)


class TestCase:
    def test_its_page_tells_the_history_in_order_and_masks_who_told_it(self, desk, voices, areas):
        case = open_at(voices, areas.building1, voices.grid_leader, text="三楼漏水", **TOLD)
        move_case(case=case, kind="note", by=voices.grid_leader, said=Said("已联系物业"))
        answer = desk.get(page(f"{CASES}_change", case.pk))
        text = said(answer)
        assert [event.kind for event in answer.context["history"]] == ["opened", "note"]
        assert "三楼漏水" in text
        assert "已联系物业" in text
        assert "赵**" in text
        assert "154****1234" in text
        assert "赵小明" not in text
        assert "15400001234" not in text
        assert f'action="{page("cases:case_reveal", case.pk)}"' in text

    def test_who_may_not_reveal_is_not_offered_it(self, client, voices, areas):
        case = open_at(voices, areas.building1, voices.grid_leader, **TOLD)
        client.force_login(voices.cadre)
        assert 'id="reveal"' not in said(client.get(page(f"{CASES}_change", case.pk)))

    def test_it_is_never_typed_over(self, desk, voices, areas):
        case = open_at(voices, areas.grid1, voices.secretary)
        assert desk.post(page(f"{CASES}_change", case.pk), {"step": "closed"}).status_code == 403
        assert desk.get(page(f"{CASES}_add")).status_code == 403

    @pytest.mark.parametrize("kind", sorted(BY_STAFF))
    def test_a_neighbour_finds_no_step(self, theirs, voices, areas, kind):
        case = open_at(voices, areas.grid1, voices.secretary)
        assert theirs.get(page(f"{CASES}_{kind}", case.pk)).status_code == 404
        assert theirs.post(page(f"{CASES}_{kind}", case.pk), {"seq": 1, "text": "x"}).status_code == 404
        assert Case.objects.get(pk=case.pk).seq == 1

    def test_who_only_looks_on_is_offered_nothing(self, client, voices, areas):
        case = open_at(voices, areas.grid1, voices.secretary)
        client.force_login(voices.cadre)
        assert offered(client, case) == []
        assert client.post(page(f"{CASES}_collect", case.pk), {"seq": 1}).status_code == 403

    def test_a_case_held_above_is_read_only(self, desk, voices, areas):
        case = move_case(
            case=open_at(voices, areas.taoyuan, voices.secretary), kind="pass_up", by=voices.secretary, said=Said("x")
        )
        assert offered(desk, case) == []
        assert desk.post(page(f"{CASES}_note", case.pk), {"seq": 2, "text": "x"}).status_code == 403


class TestMoves:
    def test_those_allowed_now_are_offered(self, desk, voices, areas):
        case = open_at(voices, areas.grid1, voices.grid_leader)
        early = ["collect", "file", "ask_approval", "pass_up", "pass_down", "note", "ask_remit", "urge"]
        assert offered(desk, case) == early
        case = move_case(case=case, kind="ask_remit", by=voices.grid_leader, said=Said("属物业"))
        assert offered(desk, case) == ["collect", "note", "agree_remit", "refuse_remit", "urge"]

    def test_a_matter_goes_its_way(self, desk, voices, areas):
        case = open_at(voices, areas.taoyuan, voices.secretary)
        assert "已办理：核实收集" in said(step(desk, case, "collect"))
        step(desk, case, "file", procedure="coordinated")
        step(desk, case, "handle", text="已请电工")
        step(desk, case, "answer", answer="灯已修好")
        step(desk, case, "close")
        case.refresh_from_db()
        assert (case.step, case.procedure, case.answer, case.outcome) == ("closed", "coordinated", "灯已修好", Outcome.SOLVED)
        assert [event.by_id for event in case.events.all()] == [voices.secretary.pk] * 6

    def test_approval_is_given_above(self, client, voices, areas):
        client.force_login(voices.secretary)
        case = open_at(voices, areas.taoyuan, voices.secretary)
        step(client, case, "ask_approval", text="需区里协调")
        case.refresh_from_db()
        assert case.holder == areas.east
        client.force_login(voices.street_officer)
        assert "deny" in offered(client, case)
        step(client, case, "approve")
        case.refresh_from_db()
        assert (case.step, case.procedure, case.holder) == ("filed", Procedure.APPROVAL, areas.taoyuan)

    def test_the_form_asks_what_the_move_asks(self, desk, voices, areas):
        case = open_at(voices, areas.taoyuan, voices.secretary)
        fields = {
            kind: set(desk.get(page(f"{CASES}_{kind}", case.pk)).context["form"].fields) for kind in ("file", "note", "collect")
        }
        both = {"seq", "text"}
        assert fields == {"file": both | {"procedure"}, "note": both | {"is_public"}, "collect": both}
        assert "approval" not in said(desk.get(page(f"{CASES}_file", case.pk)))
        assert "该字段是必填项" in said(step(desk, case, "file", text="x"))
        assert Case.objects.get(pk=case.pk).step == Step.FOUND

    def test_of_two_at_once_the_second_is_told(self, desk, voices, areas):
        case = open_at(voices, areas.taoyuan, voices.secretary)
        seq = desk.get(page(f"{CASES}_note", case.pk)).context["form"]["seq"].value()
        move_case(case=case, kind="note", by=voices.clerk, said=Said("先办了"))
        answer = desk.post(page(f"{CASES}_note", case.pk), {"seq": seq, "text": "也要办"})
        assert "该事件刚由他人办理" in said(answer)
        assert "也要办" in said(answer)
        assert Case.objects.get(pk=case.pk).seq == 2

    def test_what_is_no_longer_possible_is_said(self, desk, voices, areas):
        case = open_at(voices, areas.taoyuan, voices.secretary)
        move_case(case=case, kind="collect", by=voices.clerk)
        assert "现为“收集”" in said(desk.get(page(f"{CASES}_collect", case.pk), follow=True))

    def test_who_asked_does_not_agree(self, desk, voices, areas):
        case = open_at(voices, areas.taoyuan, voices.secretary)
        step(desk, case, "ask_remit", text="属供电公司")
        assert "有待他人同意的申请" in said(desk.get(page(f"{CASES}_agree_remit", case.pk), follow=True))

    def test_a_refused_move_changes_nothing(self, desk, voices, areas):
        """There is nothing below a community for what happened in no grid."""
        case = open_at(voices, areas.taoyuan, voices.secretary)
        assert "没有更下一级" in said(step(desk, case, "pass_down", text="请网格办"))
        assert Case.objects.get(pk=case.pk).seq == 1


class TestJournal:
    def test_the_filters_answer_questions(self, desk, voices, areas):
        mine = entry_at(voices, areas.taoyuan, voices.secretary)
        old = entry_at(voices, areas.grid2, voices.next_grid_leader, on=today() - timedelta(days=31))
        became = open_case_of(entry_at(voices, areas.building1, voices.grid_leader), voices)
        other = voices.grid_leader
        asked_for = {
            "by=me": {mine},
            f"by={other.pk}": {became},
            f"by={make_user('grid_leader', areas.at('370199002001001')).pk}": set(),
            "case=yes": {became},
            "case=no": {mine, old},
            f"within={areas.grid2.pk}": {old},
            f"subject={voices.subject.pk}": {mine, old, became},
        }
        answers = {query: {row.pk for row in listed(desk, f"{JOURNAL}_changelist", query)} for query in asked_for}
        assert answers == {query: {row.pk for row in rows} for query, rows in asked_for.items()}
        assert old.pk not in {row.pk for row in listed(desk, f"{JOURNAL}_changelist", "period=week")}

    def test_its_page_masks_who_told_it(self, desk, theirs, voices, areas):
        entry = entry_at(voices, areas.grid1, voices.grid_leader, **TOLD)
        theirs.force_login(voices.secretary)
        text = said(desk.get(page(f"{JOURNAL}_change", entry.pk)))
        assert "垃圾没有清走" in text
        assert "赵** 154****1234" in text
        assert "赵小明" not in text
        assert page("cases:journal_reveal", entry.pk) in text

    def test_an_entry_is_taken_up_once(self, desk, voices, areas):
        entry = entry_at(voices, areas.grid1, voices.grid_leader, **TOLD)
        assert "由第1网格办理" in said(desk.post(page(f"{JOURNAL}_case", entry.pk), follow=True))
        assert Case.objects.get().journal == entry
        assert "已转为事件" in said(desk.post(page(f"{JOURNAL}_case", entry.pk), follow=True))
        assert Case.objects.count() == 1

    def test_the_neighbours_entry_is_not_there(self, theirs, voices, areas):
        entry = entry_at(voices, areas.grid1, voices.grid_leader)
        assert theirs.get(page(f"{JOURNAL}_change", entry.pk)).status_code == 404
        assert theirs.post(page(f"{JOURNAL}_case", entry.pk)).status_code == 404

    def test_an_entry_is_never_typed_over(self, desk, voices, areas):
        entry = entry_at(voices, areas.grid1, voices.secretary)
        assert desk.post(page(f"{JOURNAL}_change", entry.pk), {"text": "x"}).status_code == 403


def open_case_of(entry: JournalEntry, voices) -> JournalEntry:
    make_case(entry=entry, by=voices.grid_leader)
    return entry


class TestReports:
    @pytest.fixture
    def week(self, voices, areas):
        return reports_of()

    def test_how_they_came_in(self, desk, voices, areas, week):
        for code in (areas.grid1.code, areas.grid2.code):
            WeeklyReport.objects.filter(pk=week[code].pk).update(due_at=timezone.now() - timedelta(hours=1))
        assert {row.area for row in listed(desk, f"{REPORTS}_changelist", "timing=missing")} == {areas.grid1, areas.grid2}
        send_report(report=week[areas.grid1.code], written=Written("x"), by=voices.grid_leader)
        WeeklyReport.objects.filter(pk=week[areas.grid2.code].pk).update(excused=True)
        asked_for = {
            "timing=late": {areas.grid1},
            "timing=on_time": set(),
            "timing=missing": set(),
            "timing=excused": {areas.grid2},
            "timing=open": set(),
            "todo=judge": {areas.grid1},
            "todo=returned": set(),
            "todo=locked": set(),
            "state__exact=sent": {areas.grid1},
            f"within={areas.grid2.pk}": {areas.grid2},
        }
        answers = {query: {row.area for row in listed(desk, f"{REPORTS}_changelist", query)} for query in asked_for}
        assert answers == asked_for

    def test_a_week_is_chosen(self, desk, voices, areas, week):
        last = Week.of(today() - timedelta(days=7))
        reports_of(last)
        assert {row.week for row in listed(desk, f"{REPORTS}_changelist")} == {Week.of(today())}
        assert {row.week for row in listed(desk, f"{REPORTS}_changelist", f"week={last}")} == {last}
        assert len(listed(desk, f"{REPORTS}_changelist", "week=all")) == 4

    def test_its_page_tells_what_was_sent(self, desk, voices, areas, week):
        entry_at(voices, areas.grid1, voices.grid_leader)
        report = week[areas.grid1.code]
        assert "本周数字（截至现在）" in said(desk.get(page(f"{REPORTS}_change", report.pk)))
        send_report(report=report, written=Written("清理楼道"), by=voices.grid_leader)
        return_report(report=report, reason="补充数字", by=voices.secretary)
        entry_at(voices, areas.grid1, voices.grid_leader)
        answer = desk.get(page(f"{REPORTS}_change", report.pk))
        figures, history = answer.context["panels"]
        assert ("民情日志", "1 条") in [row[:2] for row in figures.rows]
        assert [row[1] for row in history.rows] == ["张三", "张三　补充数字"]
        assert "清理楼道" in said(answer)
        assert page("cases:report", report.pk) in said(answer)

    def test_it_is_judged_elsewhere(self, desk, areas, week):
        assert desk.post(page(f"{REPORTS}_change", week[areas.grid1.code].pk), {"state": "accepted"}).status_code == 403

    def test_the_neighbours_report_is_not_there(self, theirs, areas, week):
        assert theirs.get(page(f"{REPORTS}_change", week[areas.grid1.code].pk)).status_code == 404


class TestRatings:
    @pytest.fixture
    def rated(self, voices, areas):
        """Two answered cases of 第1网格: residents gave 2 and 4, the grid itself 5."""
        for score in (2, 4):
            case = handled(open_at(voices, areas.grid1, voices.grid_leader), voices.grid_leader)
            rate(case=case, side=Side.RESIDENT, score=score, text=f"意见{score}")
        rate(case=case, side=Side.TEAM, score=5, by=voices.grid_leader)

    def test_single_ones_and_how_both_sides_compare(self, desk, rated, areas):
        answer = desk.get(page(f"{RATINGS}_changelist"))
        assert [(row.side, row.score) for row in answer.context["cl"].result_list] == [
            ("team", 5),
            ("resident", 4),
            ("resident", 2),
        ]
        (average,) = answer.context["averages"]
        assert (average["area"], average["residents"], average["theirs"], average["own"], average["gap"]) == (
            areas.grid1.pk,
            2,
            3,
            5,
            2,
        )
        (low,) = listed(desk, f"{RATINGS}_changelist", "side__exact=resident&score=low")
        text = said(desk.get(page(f"{RATINGS}_change", low.pk)))
        assert "意见2" in text

    def test_those_rated_see_none(self, client, voices, areas):
        """A community that held the case itself is rated; the street above sees it."""
        case = handled(open_at(voices, areas.taoyuan, voices.secretary), voices.secretary)
        rating = rate(case=case, side=Side.RESIDENT, score=1)
        seen = {}
        for name in ("secretary", "street_officer"):
            client.force_login(getattr(voices, name))
            rows, averages = (
                listed(client, f"{RATINGS}_changelist"),
                client.get(page(f"{RATINGS}_changelist")).context["averages"],
            )
            seen[name] = (len(rows), len(averages), client.get(page(f"{RATINGS}_change", rating.pk)).status_code)
        assert seen == {"secretary": (0, 0, 404), "street_officer": (1, 1, 200)}

    def test_who_sees_no_ratings_has_no_list(self, client, voices, rated):
        for user in (voices.clerk, voices.cadre):
            client.force_login(user)
            assert client.get(page(f"{RATINGS}_changelist")).status_code == 403


class TestSettings:
    def test_a_subject_and_a_deadline_are_changed_by_who_sets_them(self, client, voices):
        client.force_login(voices.system_admin)
        client.post(page("admin:cases_subject_add"), {"name": "电梯", "position": 3, "in_use": "on"})
        assert Subject.objects.get(name="电梯").in_use
        limit = Deadline.objects.get(procedure="urgent", step="filed")
        data = {"procedure": "urgent", "step": "filed", "amount": 4, "unit": "hours"}
        client.post(page("admin:cases_deadline_change", limit.pk), data)
        assert Deadline.objects.get(pk=limit.pk).amount == 4
        client.force_login(voices.secretary)
        assert client.post(page("admin:cases_deadline_change", limit.pk), data).status_code == 403

    def test_all_grids_of_an_area_are_excused_at_once(self, desk, voices, areas):
        reports = reports_of()
        data = {"area": areas.taoyuan.pk, "from_on": today(), "until_on": today(), "reason": "网格调整"}
        assert "已为 2 个网格办理免报" in said(desk.post(page("admin:cases_reportexception_add"), data, follow=True))
        assert set(ReportException.objects.values_list("area", "by")) == {
            (areas.grid1.pk, voices.secretary.pk),
            (areas.grid2.pk, voices.secretary.pk),
        }
        reports[areas.grid1.code].refresh_from_db()
        assert reports[areas.grid1.code].excused
        (first, _second) = listed(desk, "admin:cases_reportexception_changelist", "over=no")
        assert desk.post(page("admin:cases_reportexception_change", first.pk), {"reason": "x"}).status_code == 403

    @pytest.mark.parametrize(
        ("where", "days", "sentence"),
        [("building1", 0, "没有网格"), ("grid1", -1, "结束日期早于开始日期"), ("liuyuan", 0, "选择一个有效的选项")],
    )
    def test_what_cannot_be_excused_is_said(self, desk, areas, where, days, sentence):
        area, until = getattr(areas, where), today() + timedelta(days=days)
        data = {"area": area.pk, "from_on": today(), "until_on": until, "reason": "x"}
        assert sentence in said(desk.post(page("admin:cases_reportexception_add"), data))
        assert not ReportException.objects.exists()

    def test_who_reads_no_reports_excuses_nobody(self, client, voices):
        client.force_login(voices.clerk)
        assert client.get(page("admin:cases_reportexception_add")).status_code == 403


class TestWorklists:
    def shown(self, user) -> dict[str, tuple[int, str]]:
        return {one.title: (one.count, one.url) for worklist in worklists for one in worklist(user) if "cases" in one.url}

    def test_each_number_is_the_number_of_its_rows(self, desk, voices, areas):
        by = voices.secretary
        open_at(voices, areas.taoyuan, by)
        open_at(voices, areas.taoyuan, by, urgent=True)
        move_case(case=open_at(voices, areas.grid1, by), kind="ask_remit", by=voices.grid_leader, said=Said("属物业"))
        move_case(case=open_at(voices, areas.grid2, by), kind="urge", by=by, said=Said("请尽快"))
        handled(open_at(voices, areas.taoyuan, by), by)
        Case.objects.filter(procedure="urgent").update(due_at=timezone.now())
        reports = reports_of()
        reports_of(Week.of(today() - timedelta(days=7)))
        send_report(report=reports[areas.grid1.code], written=Written("x"), by=voices.grid_leader)
        WeeklyReport.objects.filter(pk=reports[areas.grid2.code].pk).update(due_at=timezone.now())
        found = self.shown(by)
        assert {title: count for title, (count, _url) in found.items()} == {
            "待办事件": 2,
            "逾期事件": 1,
            "待审批、同意": 1,
            "督办事件": 1,
            "紧急事件": 1,
            "周报待阅": 1,
            "周报未交": 1,
        }
        assert {title: len(desk.get(url).context["cl"].result_list) for title, (_count, url) in found.items()} == {
            title: count for title, (count, _url) in found.items()
        }

    def test_one_query_for_all_of_it(self, voices, areas, django_assert_num_queries):
        user = voices.secretary
        _scope = user.scope
        with django_assert_num_queries(1):
            assert len(waiting(user)) == 7

    def test_who_handles_nothing_has_none_of_it(self, voices):
        assert self.shown(voices.cadre) == {}
        assert self.shown(voices.system_admin) == {}
        assert set(self.shown(voices.clerk)) == {"待办事件", "逾期事件", "待审批、同意", "督办事件", "紧急事件"}


class TestQueries:
    """Session, user and posts are three of them."""

    def fill(self, voices, areas, place, by):
        case = handled(open_at(voices, place, by, **TOLD), by)
        rate(case=case, side=Side.RESIDENT, score=3)
        open_case_of(entry_at(voices, place, by, **TOLD), voices)
        entry_at(voices, place, by)
        excuse(areas=[areas.grid1], from_on=today(), until_on=today(), reason="x", by=voices.secretary)

    def test_lists_and_files_ask_no_more_with_more_rows(self, desk, voices, areas):
        reports_of()
        lists = [page(one) for one in LISTS] + [page(f"{stem}_export") for stem in (CASES, JOURNAL, REPORTS, RATINGS)]
        self.fill(voices, areas, areas.grid1, voices.grid_leader)
        one = [queries(desk, address) for address in lists]
        self.fill(voices, areas, areas.building1, voices.grid_leader)
        self.fill(voices, areas, areas.building2, voices.grid_leader)
        assert [queries(desk, address) for address in lists] == one == [8, 8, 7, 9, 7, 15, 15, 13, 15]

    def test_pages_ask_no_more_with_a_longer_history(self, desk, voices, areas):
        case = open_at(voices, areas.grid1, voices.grid_leader, **TOLD)
        report = reports_of()[areas.grid1.code]
        send_report(report=report, written=Written("x"), by=voices.grid_leader)
        pages = [page(f"{CASES}_change", case.pk), page(f"{CASES}_note", case.pk), page(f"{REPORTS}_change", report.pk)]
        one = [queries(desk, address) for address in pages]
        for _n in range(2):
            move_case(case=case, kind="note", by=voices.grid_leader, said=Said("x"))
            return_report(report=report, reason="x", by=voices.secretary)
            send_report(report=report, written=Written("x"), by=voices.grid_leader)
        assert [queries(desk, address) for address in pages] == one == [7, 5, 5]
