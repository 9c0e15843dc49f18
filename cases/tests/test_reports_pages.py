"""The pages of weekly reports: written, read, judged, counted at every level, printed; who sees what; queries."""

import io
import re
import uuid
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from cases import actions
from cases.actions import Written
from cases.models import ReportException, WeeklyReport
from cases.reporting import SHOWS, overview, reports_in
from cases.tests.conftest import entry_at, open_at, reports_of
from cases.tests.test_reports_actions import GRID1, GRID2, MONDAY, SAID, WEEK, at
from gridparty.lib.figures import all_figures
from grids.actions import load_areas
from grids.models import Area
from grids.rules import NewArea
from jobs.models import SpecialDay

LIUYUAN, XINGYUAN = "370199001002001", "370199002001001"


def phone_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client, name: str, *args, **query) -> str:
    answer = client.get(reverse(f"cases:{name}", args=args), query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def post(client, name: str, *args, form_id=None, **typed):
    address = reverse(f"cases:{name}", args=args)
    return client.post(address, {"form_id": str(form_id or uuid.uuid4()), **typed})


def told(answer) -> str:
    """What the page says that a form led to."""
    assert answer.status_code == 302, answer.content.decode()
    return unescape(answer.client.get(answer["Location"]).content.decode())


def field(text: str, name: str) -> str:
    return re.search(rf'<textarea name="{name}"[^>]*>\s*(.*?)</textarea>', text, re.S)[1]


@pytest.fixture
def week(voices):
    """{grid code: report}, on the Tuesday of an ordinary week."""
    with at("2026-06-09"):
        yield reports_of(WEEK)


@pytest.fixture
def mine(week) -> WeeklyReport:
    return week[GRID1]


@pytest.fixture
def leader(voices) -> Client:
    return phone_of(voices.grid_leader)


@pytest.fixture
def secretary(voices) -> Client:
    return phone_of(voices.secretary)


def send(report, by, written=SAID) -> WeeklyReport:
    return actions.send_report(report=report, written=written, by=by)


def closed() -> None:
    with at("2026-06-14", 23, 50):
        actions.close_reports()


# --- The leader


class TestWriting:
    def test_the_week_is_prepared_and_what_is_missing_shown(self, voices, areas, leader, mine):
        open_at(voices, areas.building1, voices.grid_leader)
        text = page(leader, "report", mine.pk)
        assert "新受理事件 1 件" in field(text, "done")
        assert "本周没有走访记录" in text
        assert "6月12日 18:00" in text
        assert "提交周报" in text

    def test_each_figure_leads_to_its_rows(self, voices, areas, leader, mine):
        open_at(voices, areas.building1, voices.grid_leader)
        entry_at(voices, areas.building1, voices.grid_leader)
        text = page(leader, "report", mine.pk)
        found = re.findall(r'<a href="([^"]+)"><b>(\d+)</b> (\w+)</a>', text)
        assert {label: number for _url, number, label in found} == {
            "民情日志": "1",
            "新受理事件": "1",
            "已答复事件": "0",
            "结案事件": "0",
        }
        for url, number, _label in found:
            assert len(
                re.findall(r'<a class="gp-row" href="/voices/(?:cases|journal)/\d+/"', leader.get(url).content.decode())
            ) == int(number)

    def test_sent_it_is_shown_as_sent(self, leader, mine):
        text = told(post(leader, "report", mine.pk, done="清理楼道", trouble="停车难", plan="走访"))
        assert "周报已提交。" in text
        assert all(words in text for words in ("清理楼道", "停车难", "等待社区审阅", "按时"))
        assert "提交周报" not in text

    def test_four_times_is_once(self, leader, mine):
        form_id = uuid.uuid4()
        texts = [told(post(leader, "report", mine.pk, form_id=form_id, done="清理楼道")) for _n in range(4)]
        assert all("周报已提交" in text for text in texts)
        mine.refresh_from_db()
        assert mine.seq == 1

    def test_another_form_later_is_told_so_and_nothing_is_lost(self, leader, mine):
        post(leader, "report", mine.pk, done="清理楼道")
        answer = post(leader, "report", mine.pk, done="另写一份")
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "没有重复提交" in text
        assert "另写一份" in text
        mine.refresh_from_db()
        assert mine.done == "清理楼道"

    def test_nothing_in_it_is_told_by_its_field(self, leader, mine):
        answer = post(leader, "report", mine.pk, done=" ", trouble="停车难")
        text = answer.content.decode()
        assert "没有时写“无”" in text
        assert "停车难" in text

    def test_script_in_every_field_stays_text(self, leader, mine):
        evil = "<script>alert(1)</script>"
        post(leader, "report", mine.pk, done=evil, trouble=evil, plan=evil)
        raw = leader.get(reverse("cases:report", args=[mine.pk])).content.decode()
        assert evil not in raw
        assert raw.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3

    def test_late_it_says_so_before_and_after(self, leader, mine):
        with at("2026-06-13"):
            assert "已过截止时间，提交后按迟交计。6月14日夜间关账。" in page(leader, "report", mine.pk)
            assert "按迟交计" in told(post(leader, "report", mine.pk, done="清理楼道"))

    def test_closed_it_says_so_and_keeps_what_was_typed(self, leader, mine):
        closed()
        assert "需要补报，请联系社区书记重新打开" in page(leader, "report", mine.pk)
        answer = post(leader, "report", mine.pk, done="清理楼道")
        assert "这一周的周报已关账，没有提交" in answer.content.decode()
        assert "清理楼道" in answer.content.decode()

    def test_returned_the_reason_stands_above_what_was_sent(self, voices, leader, mine):
        send(mine, voices.grid_leader)
        actions.return_report(report=mine, reason="请补走访数", by=voices.secretary)
        text = page(leader, "report", mine.pk)
        assert "请补走访数" in text
        assert field(text, "done") == "清理楼道"
        assert "周报已提交" in told(post(leader, "report", mine.pk, done="清理楼道，走访3户"))

    def test_what_was_planned_last_week_stands_above(self, voices, leader, mine):
        send(mine, voices.grid_leader)
        with at("2026-06-16"):
            following = reports_of()[GRID1]
            text = page(leader, "report", following.pk)
        assert "上周打算" in text
        assert "走访独居老人" in text

    def test_excused_it_may_be_left(self, voices, areas, leader, mine):
        actions.excuse(areas=[areas.grid1], from_on=MONDAY, until_on=MONDAY, reason="换届", by=voices.secretary)
        assert "这一周免报，可以不交。" in page(leader, "report", mine.pk)

    def test_the_own_grid_and_its_weeks(self, leader, mine):
        with at("2026-06-16"):
            reports_of()
            text = page(leader, "reports")
        assert "写周报" in text
        assert "第24周（6月8日起）" in text

    def test_the_neighbours_report_is_not_there(self, leader, week):
        for code in (GRID2, LIUYUAN, XINGYUAN):
            for name in ("report", "report_pdf"):
                assert leader.get(reverse(f"cases:{name}", args=[week[code].pk])).status_code == 404
        assert post(leader, "report", week[GRID2].pk, done="x").status_code == 404

    def test_who_does_not_write_reads_and_is_refused(self, voices, mine):
        officer = phone_of(voices.building_leader)
        assert officer.get(reverse("cases:report", args=[mine.pk])).status_code == 404  # a building has no report
        reader = phone_of(voices.cadre)
        assert "还没有提交" in page(reader, "report", mine.pk)
        assert "周报由本网格的网格长提交" in post(reader, "report", mine.pk, done="x").content.decode()
        mine.refresh_from_db()
        assert mine.state == "draft"

    def test_without_the_capability_there_is_nothing(self, voices, mine):
        for name, args in (("reports", []), ("report", [mine.pk]), ("report_pdf", [mine.pk]), ("reports_pdf", [mine.area_id])):
            assert phone_of(voices.member).get(reverse(f"cases:{name}", args=args)).status_code == 403


# --- The secretary


class TestJudging:
    @pytest.fixture
    def sent(self, voices, week):
        for code, user in ((GRID1, voices.grid_leader), (GRID2, voices.next_grid_leader)):
            send(week[code], user)
        return week

    def test_accepted_the_next_one_comes(self, secretary, sent):
        assert "提交审阅" in page(secretary, "report", sent[GRID1].pk)
        answer = post(secretary, "report_judge", sent[GRID1].pk, verdict="accepted", comment="")
        assert answer["Location"] == reverse("cases:report", args=[sent[GRID2].pk])
        assert "下面是下一份待审阅的周报" in told(answer)
        assert "已全部看完" in told(post(secretary, "report_judge", sent[GRID2].pk, verdict="accepted"))

    def test_back_with_its_reason(self, secretary, sent):
        answer = post(secretary, "report_judge", sent[GRID1].pk, verdict="returned", comment="")
        assert "请写明需要修改什么" in answer.content.decode()
        assert "已退回修改" in told(post(secretary, "report_judge", sent[GRID1].pk, verdict="returned", comment="补走访"))
        sent[GRID1].refresh_from_db()
        assert (sent[GRID1].state, sent[GRID1].comment) == ("returned", "补走访")

    def test_a_word_only(self, secretary, sent):
        assert "批注已保存" in told(post(secretary, "report_judge", sent[GRID1].pk, verdict="commented", comment="很好"))
        sent[GRID1].refresh_from_db()
        assert (sent[GRID1].state, sent[GRID1].comment) == ("sent", "很好")

    def test_closed_it_is_read_and_accepted_but_not_returned(self, secretary, sent):
        closed()
        with at("2026-06-15"):
            text = page(secretary, "report", sent[GRID1].pk)
            assert 'value="returned"' not in text
            assert "重新打开" in text
            assert post(secretary, "report_judge", sent[GRID1].pk, verdict="returned", comment="x").status_code == 200
            assert "已阅" in told(post(secretary, "report_judge", sent[GRID1].pk, verdict="accepted"))

    def test_twice_is_once(self, secretary, sent):
        form_id = uuid.uuid4()
        for _n in range(2):
            answer = post(secretary, "report_judge", sent[GRID1].pk, form_id=form_id, verdict="accepted")
            assert answer["Location"] == reverse("cases:report", args=[sent[GRID2].pk])
        sent[GRID1].refresh_from_db()
        assert sent[GRID1].seq == 2

    def test_opened_again_with_a_reason(self, secretary, leader, week):
        closed()
        with at("2026-06-16"):
            assert "请写明为什么重新打开" in post(secretary, "report_reopen", week[GRID1].pk, reason="").content.decode()
            assert "6月19日夜间再次关账" in told(post(secretary, "report_reopen", week[GRID1].pk, reason="补报"))
            assert "按迟交计" in told(post(leader, "report", week[GRID1].pk, done="清理楼道"))

    @pytest.mark.parametrize("name", ["report_judge", "report_reopen"])
    def test_the_neighbours_is_not_there_and_others_may_not(self, voices, secretary, week, name):
        assert secretary.get(reverse(f"cases:{name}", args=[week[GRID1].pk])).status_code == 200
        assert post(secretary, name, week[LIUYUAN].pk, verdict="accepted", reason="x").status_code == 404
        for user in (voices.grid_leader, voices.cadre, voices.clerk):
            assert post(phone_of(user), name, week[GRID1].pk, verdict="accepted", reason="x").status_code == 403

    def test_who_waits_anywhere_is_listed(self, voices, secretary, sent):
        with at("2026-06-16"):
            text = page(secretary, "reports", show="sent")
            assert all(reverse("cases:report", args=[sent[code].pk]) in text for code in (GRID1, GRID2))
            assert reverse("cases:report", args=[sent[GRID1].pk]) not in page(secretary, "reports", show="sent", week="2026-W25")


class TestExcusing:
    def test_some_grids_for_some_time(self, areas, secretary, week):
        sent = {"areas": [areas.grid1.pk, areas.grid2.pk], "from_on": "2026-06-08", "until_on": "2026-06-14", "reason": "换届"}
        assert "已为 2 个网格办理免报。" in told(post(secretary, "report_excuse", **sent))
        assert "免报" in page(secretary, "reports", week="2026-W24")
        text = page(secretary, "report_excuse", area=areas.taoyuan.pk)
        assert "换届" in text

    def test_not_the_neighbours(self, areas, secretary, week):
        other = areas.at(LIUYUAN)
        sent = {"areas": [other.pk], "from_on": "2026-06-08", "until_on": "2026-06-14", "reason": "换届"}
        assert "不在您管理范围内" in post(secretary, "report_excuse", **sent).content.decode()
        assert not ReportException.objects.exists()

    def test_not_by_everybody(self, voices, week):
        for user in (voices.grid_leader, voices.cadre, voices.member):
            assert phone_of(user).get(reverse("cases:report_excuse")).status_code == 403


# --- Who has reported


@pytest.fixture
def mixed(voices, areas, week):
    """第1网格 in time and returned once, 第2网格 late, 柳园 missing, 杏园 excused."""
    send(week[GRID1], voices.grid_leader)
    actions.return_report(report=week[GRID1], reason="补", by=voices.secretary)
    send(week[GRID1], voices.grid_leader)
    actions.excuse(areas=[areas.at(XINGYUAN)], from_on=MONDAY, until_on=MONDAY, reason="换届", by=voices.district_official)
    with at("2026-06-13"):
        send(week[GRID2], voices.next_grid_leader)
    with at("2026-06-13", 13):
        yield week


TOTALS = {
    "taoyuan": {"expected": 2, "received": 2, "on_time": 1, "late": 1, "missing": 0, "returned": 1, "sent": 2, "excused": 0},
    "east": {"expected": 3, "received": 2, "on_time": 1, "late": 1, "missing": 1, "returned": 1, "sent": 2, "excused": 0},
    "west": {"expected": 0, "received": 0, "on_time": 0, "late": 0, "missing": 0, "returned": 0, "sent": 0, "excused": 1},
    "district": {"expected": 3, "received": 2, "on_time": 1, "late": 1, "missing": 1, "returned": 1, "sent": 2, "excused": 1},
}


class TestCounting:
    @pytest.mark.parametrize("place", TOTALS)
    def test_every_number_is_the_length_of_its_list_at_every_level(self, voices, areas, mixed, place):
        area = getattr(areas, place)
        found = overview(voices.district_official, area, WEEK)
        assert {name: found.total[name] for name in SHOWS} == TOTALS[place]
        for name, (_label, condition) in SHOWS.items():
            assert reports_in(voices.district_official, area, WEEK).filter(condition).count() == TOTALS[place][name]

    def test_it_goes_down_from_the_district_to_the_report(self, voices, areas, mixed):
        client = phone_of(voices.district_official)
        text = page(client, "reports", week="2026-W24")
        assert "东街" in text
        assert "已交 2/3" in text
        assert f"?week=2026-W24&area={areas.east.pk}" in text
        text = page(client, "reports", week="2026-W24", area=areas.east.pk)
        assert "桃园" in text
        assert "柳园" in text
        text = page(client, "reports", week="2026-W24", area=areas.taoyuan.pk)
        assert reverse("cases:report", args=[mixed[GRID1].pk]) in text
        assert "按时" in text
        assert "迟交" in text

    def test_the_missing_are_named_at_every_level(self, voices, mixed):
        for user in (voices.district_official, voices.street_officer, voices.all_districts_official):
            text = page(phone_of(user), "reports", week="2026-W24", show="missing")
            assert reverse("cases:report", args=[mixed[LIUYUAN].pk]) in text
            assert "未交" in text

    def test_only_ones_own_area(self, voices, areas, secretary, mixed):
        text = page(secretary, "reports", week="2026-W24", show="expected")
        assert reverse("cases:report", args=[mixed[GRID1].pk]) in text
        assert reverse("cases:report", args=[mixed[LIUYUAN].pk]) not in text
        for area in (areas.liuyuan, areas.east, areas.other_district):
            assert secretary.get(reverse("cases:reports"), {"area": area.pk}).status_code == 404
            assert secretary.get(reverse("cases:reports_pdf", args=[area.pk])).status_code == 404

    def test_the_weeks_before_stand_beside(self, voices, mixed, areas):
        with at("2026-06-16"):
            reports_of()
            found = overview(voices.secretary, areas.taoyuan, WEEK.next)
        assert found.trend[-2:] == [(WEEK, 1, 2), (WEEK.next, 0, 2)]
        assert [line.on_time[-2:] for line in found.lines] == [[1, 0], [0, 0]]

    @pytest.mark.parametrize("typed", ["2026-W60", "nonsense", "2026-W00", "0000-W01", "2026-W24'--"])
    def test_a_week_that_is_none_is_this_one(self, secretary, mixed, typed):
        assert "第24周（6月8日—14日）" in page(secretary, "reports", week=typed)

    def test_a_year_whose_holidays_are_not_known_says_so(self, voices, secretary):
        SpecialDay.objects.filter(on__year=2027).delete()
        assert "2027年的放假和调休安排还没有录入" in page(secretary, "reports", week="2027-W08")
        assert "还没有录入" not in page(secretary, "reports", week="2026-W24")

    def test_long_lists_are_paged(self, voices, areas, week):
        new = [
            NewArea("grid", f"3701990010010{n}", f"第{n}网格", f"第{n}网格", "other", areas.taoyuan.code) for n in range(50, 85)
        ]
        load_areas(areas=new, by=None)
        reports_of(WEEK)
        client = phone_of(voices.secretary)
        text = page(client, "reports", week="2026-W24", show="expected")
        assert "week=2026-W24&show=expected&page=2" in text
        second = page(client, "reports", week="2026-W24", show="expected", page=2)
        assert second.count('class="gp-row"') == 37 - 30


# --- On paper


def printed(answer) -> str:
    assert answer["Content-Type"] == "application/pdf"
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.content)).pages)


HOSTILE = '#read("/etc/passwd") $x$ *粗* _斜_ <b> {{ 7*7 }} \\ "引"'


class TestPaper:
    def test_one_report(self, voices, leader, mine):
        send(mine, voices.grid_leader, Written(done=f"清理楼道\n{HOSTILE}", trouble="", plan="走访"))
        text = printed(leader.get(reverse("cases:report_pdf", args=[mine.pk])))
        flat = text.replace(" ", "").replace("\n", "")
        assert "桃园社区居民委员会" in flat
        assert "第1网格周报" in flat
        assert "2026年第24周（2026年6月8日至2026年6月14日）" in flat
        assert '#read("/etc/passwd")$x$*粗*_斜_<b>{{7*7}}' in flat
        assert "存在问题和需协调事项无" in flat
        assert "第1页，共1页" in flat

    def test_a_communitys_week(self, voices, areas, secretary, mixed):
        text = printed(secretary.get(reverse("cases:reports_pdf", args=[areas.taoyuan.pk]), {"week": "2026-W24"}))
        flat = text.replace(" ", "").replace("\n", "")
        assert "应交2，已交2，按时1，迟交1，未交0，退回1" in flat
        assert flat.count("本周重点工作：清理楼道") == 2

    def test_a_streets_week_is_the_table_alone(self, voices, areas, mixed):
        answer = phone_of(voices.street_officer).get(reverse("cases:reports_pdf", args=[areas.east.pk]), {"week": "2026-W24"})
        flat = printed(answer).replace(" ", "").replace("\n", "")
        assert "柳园" in flat
        assert "合计" in flat
        assert "清理楼道" not in flat

    def test_a_week_without_reports(self, areas, secretary, week):
        assert "网格周报汇总" in printed(
            secretary.get(reverse("cases:reports_pdf", args=[areas.taoyuan.pk]), {"week": "2020-W01"})
        )


# --- Queries: as many for three grids as for one


def queries_of(client, address: str) -> int:
    client.get(address)  # what a process learns once is not counted
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_report_takes_the_same_queries_however_much_is_in_it(voices, areas, leader, secretary, mine):
    address = reverse("cases:report", args=[mine.pk])
    assert queries_of(leader, address) == 9
    for _n in range(3):
        open_at(voices, areas.building1, voices.grid_leader)
        entry_at(voices, areas.building1, voices.grid_leader)
    assert queries_of(leader, address) == 9
    send(mine, voices.grid_leader)
    assert queries_of(leader, address) == queries_of(secretary, address) == 6


def test_lists_take_the_same_queries_for_one_grid_as_for_three(voices, areas, secretary, week):
    one = phone_of(voices.district_official)
    addresses = {
        "community": (secretary, reverse("cases:reports")),
        "of one grid": (one, f"{reverse('cases:reports')}?area={areas.liuyuan.pk}"),
        "street": (one, f"{reverse('cases:reports')}?area={areas.east.pk}"),
        "district": (one, reverse("cases:reports")),
        "missing": (one, f"{reverse('cases:reports')}?show=missing"),
        "excuse": (secretary, f"{reverse('cases:report_excuse')}?area={areas.taoyuan.pk}"),
        "paper": (secretary, reverse("cases:reports_pdf", args=[areas.taoyuan.pk])),
    }
    few = {name: queries_of(*address) for name, address in addresses.items()}
    new = [
        NewArea("grid", f"{community.code}0{n}", f"第{n}网格", f"第{n}网格", "other", community.code)
        for community in (areas.taoyuan, areas.liuyuan)
        for n in (51, 52, 53)
    ]
    load_areas(areas=new, by=None)
    reports_of(WEEK)
    assert WeeklyReport.objects.filter(area__in=Area.objects.within(areas.liuyuan)).count() == 4
    assert (
        {name: queries_of(*address) for name, address in addresses.items()}
        == few
        == {
            "community": 8,
            "of one grid": 9,
            "street": 8,
            "district": 7,
            "missing": 8,
            "excuse": 7,
            "paper": 8,
        }
    )


def test_every_figure_of_a_report_has_a_name_and_a_unit():
    figures = all_figures()
    assert len({figure.key for figure in figures}) == len(figures)
    assert all(figure.label and figure.unit for figure in figures)
