# ruff: noqa: F811 - fixtures are imported by name
"""What waits at the desk: as many as the list behind each line shows. And the list of resolutions itself."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from gridparty.lib.dates import today
from liaison.actions.resolutions import report_resolution, resolution_to_case
from liaison.choices import AgreementState, CommitmentState, ResolutionState
from liaison.models import Agreement, QuarterReport, Resolution
from liaison.tests.assembled import assembly, ledger, parties  # noqa: F401 - fixtures
from liaison.tests.conftest import agreement_with, commitment_of, unit_at
from liaison.tests.meeting_rows import logged_in, resolution_of
from liaison.tests.test_mine_pages import queries
from liaison.tests.test_resolutions import now, settled, subject
from liaison.worklists import liaison_work
from services.choices import PeriodKind
from services.periods import Period

LATE = today() - timedelta(days=1)
LIST = reverse("admin:liaison_resolution_changelist")


@pytest.fixture
def busy(assembly):
    """One of everything that waits in 桃园; a late commitment and a late resolution in 柳园."""
    taoyuan, unit = assembly.areas.taoyuan, assembly.school
    ending = agreement_with(unit, taoyuan, ends_on=today() + timedelta(days=60))
    agreement_with(unit_at(taoyuan, "区图书馆"), taoyuan, state=AgreementState.AGREED)
    objected = agreement_with(unit_at(taoyuan, "区文化馆"), taoyuan, state=AgreementState.DRAFT)
    Agreement.objects.filter(pk=objected.pk).update(answered_at=ending.starts_on.isoformat() + "T00:00Z")
    commitment_of(ending, due_on=LATE)
    commitment_of(ending, state=CommitmentState.REPORTED)
    quarter = Period.before(PeriodKind.QUARTER, today())
    QuarterReport.objects.create(agreement=ending, from_on=quarter.first, until_on=quarter.last)
    elsewhere = agreement_with(unit_at(assembly.areas.liuyuan, "柳园纸厂"), assembly.areas.liuyuan)
    commitment_of(elsewhere, due_on=LATE)
    Resolution.objects.update(due_on=LATE)
    report_resolution(resolution=assembly.theirs, text="操场周末开放", attendance=assembly.invitation)
    return assembly


ALL = {
    "共建协议：单位提出修改": 1,
    "共建协议待签订": 1,
    "共建协议即将到期": 1,
    "共建事项逾期": 1,
    "共建事项待核实": 1,
    "共建季度汇报待提交": 1,
    "会议纪要待发出": 1,
    "会议决议逾期": 1,
    "会议决议待核实": 1,
}


def waiting(user) -> dict[str, int]:
    return {str(line.title): line.count for line in liaison_work(user)}


class TestWorklist:
    def test_what_waits(self, busy):
        assert waiting(busy.secretary) == ALL
        assert waiting(busy.clerk) == {title: n for title, n in ALL.items() if title != "共建协议待签订"}  # who does not sign
        assert waiting(busy.street_officer) == ALL | {"共建事项逾期": 2, "会议决议逾期": 2}
        assert waiting(busy.liuyuan_secretary) == {"共建事项逾期": 1, "会议决议逾期": 1}

    def test_nothing_for_who_keeps_none(self, busy):
        for who in ("cadre", "grid_leader", "zhao_user", "nobody", "system_admin"):
            assert liaison_work(getattr(busy, who)) == []

    def test_no_line_without_work(self, assembly):
        assert waiting(assembly.secretary) == {"会议纪要待发出": 1}

    @pytest.mark.parametrize("who", ["secretary", "clerk", "street_officer", "liuyuan_secretary"])
    def test_each_line_leads_to_as_many_rows(self, busy, who):
        user = getattr(busy, who)
        client = logged_in(user)
        for line in liaison_work(user):
            page = client.get(line.url)
            assert page.status_code == 200, line.url
            assert len(page.context["cl"].result_list) == line.count, line.title

    def test_one_query(self, busy, django_assert_num_queries):
        busy.secretary.scope  # noqa: B018 - built once a request
        with django_assert_num_queries(1):
            liaison_work(busy.secretary)


def listed(client, query: str = "") -> set[Resolution]:
    return set(client.get(f"{LIST}?{query}").context["cl"].result_list)


class TestList:
    def test_the_questions(self, assembly):
        client = logged_in(assembly.clerk)
        late = resolution_of(assembly.closed, assembly.owner, due_on=LATE)
        soon = resolution_of(assembly.closed, assembly.owner, due_on=today() + timedelta(days=7))
        done = resolution_of(assembly.closed, assembly.owner, state="done", done_on=LATE, done_text="好了")
        dropped = resolution_of(assembly.closed, assembly.owner, state="dropped")
        reported = resolution_of(assembly.closed, assembly.owner, state="reported", done_on=LATE, done_text="好了", due_on=LATE)
        case = resolution_of(assembly.closed, assembly.owner)
        resolution_to_case(resolution=case, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        waiting = {late, soon, reported, case, assembly.mine, assembly.theirs}
        wanted = {
            "": waiting | {done, dropped},
            "todo=late": {late},
            "todo=confirm": {reported},
            "todo=soon": {soon},
            "todo=open": waiting,
            "todo=done": {done},
            "case=yes": {case},
            "todo=open&case=no": waiting - {case},
            "q=操场": {assembly.theirs},
            "todo=nonsense": waiting | {done, dropped},
            f"within={assembly.areas.taoyuan.pk}": waiting | {done, dropped},
            f"within={assembly.areas.liuyuan.pk}": set(),
        }
        assert {query: listed(client, query) for query in wanted} == wanted
        settled(now(case).case)
        assert listed(client, "todo=done") == {done, case}

    def test_the_neighbours_are_not_there(self, assembly):
        assert listed(logged_in(assembly.liuyuan_secretary)) == {assembly.neighbours}
        page = reverse("admin:liaison_resolution_change", args=[assembly.mine.pk])
        assert logged_in(assembly.liuyuan_secretary).get(page).status_code == 404
        assert logged_in(assembly.secretary).get(page).status_code == 200
        for who in ("zhao_user", "grid_leader"):
            assert logged_in(getattr(assembly, who)).get(page).status_code in (302, 403)

    def test_exported_as_they_are_listed(self, assembly):
        resolution_of(assembly.closed, assembly.owner, text="=1+1")
        answer = logged_in(assembly.clerk).get(reverse("admin:liaison_resolution_export") + "?todo=open")
        rows = [[cell.value for cell in row] for row in load_workbook(BytesIO(b"".join(answer.streaming_content))).active.rows]
        due = str(assembly.theirs.due_on)
        assert [row[2:8] for row in rows] == [
            ["序号", "决议内容", "责任人", "单位", "完成期限", "状态"],
            ["1", "修好东门路灯", "赵一", None, due, "办理中"],
            ["2", "开放操场", "周老师", "市第一中学", due, "办理中"],
            ["3", "=1+1", "赵一", None, due, "办理中"],
        ]

    def test_queries_do_not_grow(self, assembly):
        client = logged_in(assembly.clerk)
        resolution_of(assembly.held, assembly.guest)
        one = queries(client, LIST)
        for _n in range(3):
            resolution_of(assembly.closed, assembly.owner)
        assert queries(client, LIST) == one


class TestSteps:
    def page(self, row, name: str) -> str:
        return reverse(f"admin:liaison_resolution_{name}", args=[row.pk])

    def test_finished_at_the_desk(self, assembly):
        client = logged_in(assembly.clerk)
        assert "请写明落实情况" in client.post(self.page(assembly.mine, "finish"), {"text": ""}).content.decode()
        client.post(self.page(assembly.mine, "finish"), {"text": "灯已换好"})
        assert now(assembly.mine).state == ResolutionState.DONE

    def test_extended_at_the_desk(self, assembly):
        client, later = logged_in(assembly.clerk), today() + timedelta(days=90)
        typed = {"reason": "等货", "due_on": today().isoformat()}
        assert "晚于原期限" in client.post(self.page(assembly.mine, "extend"), typed).content.decode()
        client.post(self.page(assembly.mine, "extend"), typed | {"due_on": later.isoformat()})
        assert now(assembly.mine).due_on == later

    def test_handed_on_as_a_case_where_one_may_open_it(self, assembly):
        client = logged_in(assembly.clerk)
        form = client.get(self.page(assembly.mine, "to_case")).context["form"]
        assert {area.code[:12] for area in form.fields["area"].queryset} == {"370199001001"}
        other = {"area": assembly.areas.liuyuan.pk, "subject": subject().pk}
        client.post(self.page(assembly.mine, "to_case"), other)
        assert now(assembly.mine).case is None
        client.post(self.page(assembly.mine, "to_case"), other | {"area": assembly.areas.grid1.pk})
        case = now(assembly.mine).case
        page = client.get(reverse("admin:liaison_resolution_change", args=[assembly.mine.pk]))
        assert (str(page.context["links"][1][0]), page.context["links"][1][1]) == (
            "民情事件",
            reverse("admin:cases_case_change", args=[case.pk]),
        )
        assert "已转事件 · 发现" in page.content.decode()

    def test_who_only_looks_is_offered_nothing(self, assembly):
        page = logged_in(assembly.cadre).get(reverse("admin:liaison_resolution_change", args=[assembly.mine.pk]))
        assert page.context["steps"] == []
        assert logged_in(assembly.cadre).post(self.page(assembly.mine, "finish"), {"text": "x"}).status_code == 403
        assert now(assembly.mine).state == ResolutionState.OPEN
