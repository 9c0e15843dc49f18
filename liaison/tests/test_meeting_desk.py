"""Bodies, their members and meetings at the desk: forms, steps, filters, exports."""

from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from gridparty.lib.dates import today
from jobs.models import Notice
from liaison.choices import BodyKind, MeetingState, Reply
from liaison.models import AgendaItem, Body, BodyMember, Meeting
from liaison.tests.meeting_rows import at_clock, attendance_of, body_at, logged_in, meeting_of, member_of, resolution_of
from members.tests.conftest import ledger, parties  # noqa: F401 - fixtures of the cast

BODY, MEMBER, MEETING = "body", "bodymember", "meeting"
S = MeetingState


@pytest.fixture
def joint(areas, allied, ledger) -> SimpleNamespace:  # noqa: F811
    """A body of 桃园 with 赵一, who chairs and may log in, and 王主任; the neighbour's body of 柳园."""
    body = body_at(areas.taoyuan)
    zhao, wang = member_of(body, ledger.zhao, chairs=True), member_of(body)
    return SimpleNamespace(
        body=body, zhao=zhao, wang=wang, other=body_at(areas.liuyuan), areas=areas, allied=allied, ledger=ledger
    )


@pytest.fixture
def desk(joint):
    return logged_in(joint.allied.clerk)


@pytest.fixture
def theirs(joint):
    return logged_in(joint.allied.liuyuan_secretary)


@pytest.fixture
def looker(joint):
    """Who sees, and changes nothing."""
    return logged_in(joint.allied.cadre)


def page(model: str, what: str, *args) -> str:
    return reverse(f"admin:liaison_{model}_{what}", args=args)


def said(answer) -> str:
    told = "".join(str(one) for one in answer.context["messages"]) if answer.context and "messages" in answer.context else ""
    return told + answer.content.decode()


def step(client, model: str, row, what: str, **data):
    return client.post(page(model, what, row.pk), data, follow=True)


def opened(client, model: str, row) -> dict:
    return client.get(page(model, "change", row.pk)).context


def panels(client, model: str, row) -> dict[str, list[tuple[str, str]]]:
    found = opened(client, model, row)["panels"]
    return {str(one.title): [(str(label), str(text)) for label, text, _url in one.rows] for one in found}


def keys(client, model: str, queries: dict) -> dict:
    lists = {query: client.get(f"{page(model, 'changelist')}?{query}").context["cl"].result_list for query in queries}
    return {query: {row.pk for row in rows} for query, rows in lists.items()}


def exported(client, model: str, query: str = "") -> list[dict]:
    answer = client.get(f"{page(model, 'export')}?{query}")
    rows = list(load_workbook(BytesIO(b"".join(answer.streaming_content))).active.iter_rows(values_only=True))
    return [dict(zip(rows[0], (str(value or "") for value in row), strict=True)) for row in rows[1:]]


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def when(moment) -> dict:
    return {"at_0": f"{moment:%Y-%m-%d}", "at_1": f"{moment:%H:%M}"}


class TestBodies:
    def test_founded_where_one_runs_meetings(self, desk, joint, allied):
        assert desk.get(page(BODY, "add")).context["adminform"].form.initial["area"] == joint.areas.taoyuan.pk
        data = {"area": joint.areas.taoyuan.pk, "kind": "grid_heads", "name": "网格例会", "quorum": "none"}
        desk.post(page(BODY, "add"), data)
        body = Body.objects.get(name="网格例会")
        assert (body.kind, body.quorum, body.community) == (BodyKind.GRID_HEADS, "none", joint.areas.taoyuan)
        assert "请换一个名称" in said(desk.post(page(BODY, "add"), data))
        assert "请选择召集党组织" in said(desk.post(page(BODY, "add"), data | {"name": "党员大会", "kind": "congress"}))

    def test_renamed(self, desk, joint):
        data = {"area": joint.areas.taoyuan.pk, "kind": joint.body.kind, "name": "大联席会", "quorum": "two_thirds"}
        desk.post(page(BODY, "change", joint.body.pk), data)
        joint.body.refresh_from_db()
        assert (joint.body.name, joint.body.quorum) == ("大联席会", "two_thirds")

    def test_members_by_hand(self, desk, joint):
        ledger, school = joint.ledger, joint.allied.school  # noqa: F811
        answer = step(desk, BODY, joint.body, "add-members", members=[ledger.qian.pk, ledger.li.pk], votes="on")
        assert "新增成员 2 人" in said(answer)
        step(desk, BODY, joint.body, "add-members", name="周老师", unit=school.pk, duty="工会主席")
        assert "填写姓名" in said(step(desk, BODY, joint.body, "add-members"))
        assert "已是成员" in said(step(desk, BODY, joint.body, "add-members", members=[ledger.qian.pk]))
        assert panels(desk, BODY, joint.body)["成员"] == [
            ("赵一", "召集人"),
            ("王主任", "成员"),
            ("钱二", "成员"),
            ("李四", "成员"),
            ("周老师", "市第一中学　工会主席　列席"),
        ]

    def test_members_by_the_kind_of_the_body(self, desk, joint):
        says = said(desk.get(page(BODY, "draw-members", joint.body.pk)))
        assert "新增 1 人：周老师（市第一中学）" in says
        assert "变动 1 人" in said(step(desk, BODY, joint.body, "draw-members"))
        assert "现有成员没有变化" in said(desk.get(page(BODY, "draw-members", joint.body.pk)))

    def test_a_congress_names_who_goes(self, desk, joint, ledger):  # noqa: F811
        congress = body_at(joint.areas.grid1, kind="congress", name="党员大会", organisation=ledger.zhao.organisation)
        step(desk, BODY, congress, "draw-members")
        member_of(congress, ledger.sun)
        says = said(desk.get(page(BODY, "draw-members", congress.pk)))
        assert "退出 1 人：孙三" in says
        assert "列席" in says

    def test_closed_it_is_only_read(self, desk, joint):
        step(desk, BODY, joint.body, "close")
        joint.body.refresh_from_db()
        assert joint.body.closed_on == today()
        assert opened(desk, BODY, joint.body)["steps"] == []
        assert desk.post(page(BODY, "change", joint.body.pk), {"name": "新名"}).status_code == 403
        assert keys(desk, BODY, {"": 0, "closed=yes": 0}) == {"": set(), "closed=yes": {joint.body.pk}}

    def test_the_list_goes_out(self, desk, joint):
        (row,) = exported(desk, BODY)
        assert (row["名称"], row["会议类型"], row["所在区域"], row["现有成员"]) == (
            "桃园社区党建联席会",
            "党建联席会",
            "桃园社区",
            "2",
        )


class TestMembers:
    def test_changed_and_taken_off(self, desk, joint):
        desk.post(page(MEMBER, "change", joint.wang.pk), {"name": "王书记", "duty": "书记", "votes": "on"})
        joint.wang.refresh_from_db()
        assert (joint.wang.name, joint.wang.duty, joint.wang.votes) == ("王书记", "书记", True)
        step(desk, MEMBER, joint.wang, "leave")
        assert keys(desk, MEMBER, {f"body={joint.body.pk}": 0, f"body={joint.body.pk}&left=yes": 0}) == {
            f"body={joint.body.pk}": {joint.zhao.pk},
            f"body={joint.body.pk}&left=yes": {joint.wang.pk},
        }
        assert desk.post(page(MEMBER, "change", joint.wang.pk), {"name": "x"}).status_code == 403

    def test_whoever_is_on_record_keeps_the_name(self, desk, joint):
        desk.post(page(MEMBER, "change", joint.zhao.pk), {"name": "别人", "duty": "书记", "chairs": "on", "votes": "on"})
        joint.zhao.refresh_from_db()
        assert (joint.zhao.called, joint.zhao.duty) == ("赵一", "书记")

    def test_found_by_the_name_they_go_by_here(self, desk, joint):
        BodyMember.objects.filter(pk=joint.zhao.pk).update(name="赵某")
        wanted = {"q=赵某": {joint.zhao.pk}, "q=赵一": set(), "q=王": {joint.wang.pk}}
        assert keys(desk, MEMBER, wanted) == wanted

    def test_the_list_goes_out(self, desk, joint):
        rows = exported(desk, MEMBER, f"body={joint.body.pk}")
        assert [(row["姓名"], row["召集人"], row["有表决权"]) for row in rows] == [("赵一", "是", "是"), ("王主任", "", "是")]


class TestMeetings:
    def test_planned_with_its_agenda_as_lines(self, desk, joint):
        last = meeting_of(joint.body, state=S.CLOSED, days=-30)
        resolution_of(last, joint.wang)
        assert desk.get(page(MEETING, "add")).context["adminform"].form.initial["body"] == joint.body.pk
        data = {"body": joint.body.pk, "spot": "二楼会议室", "items": "停车\r\n\r\n绿化"} | when(at_clock(7))
        desk.post(page(MEETING, "add"), data)
        meeting = Meeting.objects.latest("pk")
        assert (meeting.title, meeting.at, meeting.state) == ("桃园社区党建联席会第2次会议", at_clock(7), S.PLANNED)
        assert panels(desk, MEETING, meeting)["议程"] == [("1", "修好东门路灯"), ("2", "停车"), ("3", "绿化")]
        form = desk.get(page(MEETING, "change", meeting.pk)).context["adminform"].form
        assert form.initial["items"] == "停车\n绿化"
        desk.post(page(MEETING, "change", meeting.pk), data | {"title": "联席会", "items": "绿化"})
        assert [item.title for item in meeting.agenda.order_by("position")] == ["修好东门路灯", "绿化"]
        assert "请填写开会地点" in said(desk.post(page(MEETING, "add"), data | {"spot": " "})) or not Meeting.objects.filter(
            spot=" "
        )

    def test_convened_the_page_says_whom_it_reaches(self, desk, joint):
        meeting = meeting_of(joint.body)
        assert [one.name for one in opened(desk, MEETING, meeting)["steps"]] == ["convene", "cancel"]
        assert "邀请现有成员 2 人：其中 1 人有账号" in said(desk.get(page(MEETING, "convene", meeting.pk)))
        step(desk, MEETING, meeting, "convene")
        meeting.refresh_from_db()
        assert (meeting.state, Notice.objects.count()) == (S.CONVENED, 1)
        attendance = attendance_of(meeting, joint.wang)
        attendance.reply = Reply.COMING
        attendance.save()
        assert panels(desk, MEETING, meeting)["参会答复"] == [
            ("参加", "1 人"),
            ("委托他人参加", "0 人"),
            ("请假", "0 人"),
            ("未答复", "1 人"),
        ]

    def test_cancelled_and_reopened_with_a_reason(self, desk, joint):
        meeting, closed = meeting_of(joint.body), meeting_of(joint.body, state=S.CLOSED)
        assert "请写明原因" in said(step(desk, MEETING, meeting, "cancel"))
        step(desk, MEETING, meeting, "cancel", reason="暴雨")
        step(desk, MEETING, closed, "reopen", reason="人数有误")
        assert [(one.state, one.reason) for one in Meeting.objects.order_by("pk")] == [
            ("cancelled", "暴雨"),
            ("held", "人数有误"),
        ]

    @pytest.mark.parametrize(
        ("state", "links"),
        [
            (S.PLANNED, ["会议机制"]),
            (S.CONVENED, ["会议现场", "邀请链接", "签到表", "会议机制"]),
            (S.HELD, ["会议现场", "邀请链接", "签到表", "会议纪要", "会议机制"]),
            (S.CANCELLED, ["会议机制"]),
        ],
    )
    def test_where_one_goes_from_it(self, desk, joint, state, links):
        assert [label for label, _url in opened(desk, MEETING, meeting_of(joint.body, state=state))["links"]] == links

    def test_held_it_is_only_read(self, desk, joint):
        held = meeting_of(joint.body, state=S.HELD, came=[joint.wang])
        assert desk.post(page(MEETING, "change", held.pk), {"title": "x"}).status_code == 403
        assert panels(desk, MEETING, held)["办理"] == [
            ("状态", "已召开"),
            ("到会", "应到 2 人，实到 1 人，须到 2 人：不足法定人数，不能形成决议。"),
        ]

    def test_the_filters_answer_questions(self, desk, joint):
        coming, overdue = meeting_of(joint.body), meeting_of(joint.body, state=S.CONVENED, days=-3)
        held, closed = meeting_of(joint.body, state=S.HELD), meeting_of(joint.body, state=S.CLOSED)
        wanted = {
            "when=ahead": {coming, overdue},
            "when=overdue": {overdue},
            "when=minutes": {held},
            "state__exact=closed": {closed},
            f"body={joint.other.pk}": set(),
            f"within={joint.areas.grid1.pk}": set(),
        }
        assert keys(desk, MEETING, wanted) == {query: {row.pk for row in rows} for query, rows in wanted.items()}

    def test_the_list_goes_out(self, desk, joint):
        resolution_of(meeting_of(joint.body, state=S.HELD, came=[joint.zhao]), joint.wang)
        (row,) = exported(desk, MEETING)
        assert (row["会议机制"], row["状态"], row["应到"], row["实到"], row["决议"]) == (
            "桃园社区党建联席会",
            "已召开",
            "2",
            "1",
            "1",
        )


class TestDoors:
    def test_the_neighbour_finds_nothing(self, theirs, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED)
        pages = [(BODY, joint.body, name) for name in ("change", "add-members", "draw-members", "close")]
        pages += [(MEMBER, joint.wang, name) for name in ("change", "leave")]
        pages += [(MEETING, meeting, name) for name in ("change", "convene", "cancel", "reopen")]
        assert {theirs.post(page(model, name, row.pk)).status_code for model, row, name in pages} == {404}
        assert exported(theirs, MEETING) == exported(theirs, MEMBER) == []
        data = {"body": joint.body.pk, "spot": "二楼"} | when(at_clock(7))
        theirs.post(page(MEETING, "add"), data)
        assert Meeting.objects.get() == meeting

    def test_who_only_looks_on_changes_nothing(self, looker, joint):
        meeting = meeting_of(joint.body)
        assert looker.get(page(BODY, "change", joint.body.pk)).status_code == 200
        assert looker.get(page(MEMBER, "change", joint.wang.pk)).status_code == 200
        assert opened(looker, MEETING, meeting)["steps"] == []
        pages = [(BODY, joint.body, "close"), (BODY, joint.body, "add-members"), (MEMBER, joint.wang, "leave")]
        pages += [(MEETING, meeting, name) for name in ("convene", "cancel", "change")]
        assert {looker.post(page(model, name, row.pk)).status_code for model, row, name in pages} == {403}
        assert {looker.get(page(model, "add")).status_code for model in (BODY, MEETING, MEMBER)} == {403}

    def test_a_grid_leader_has_no_page_of_it(self, joint):
        client = logged_in(joint.allied.grid_leader)
        assert {client.get(page(model, "changelist")).status_code for model in (BODY, MEETING, MEMBER)} == {403}


COSTS = {BODY: 7, MEMBER: 5, MEETING: 7, "a body": 9, "a meeting": 7, "convening": 7}


def test_lists_and_pages_do_not_grow_with_their_rows(desk, joint):
    meeting, planned = meeting_of(joint.body, state=S.HELD, items=["停车"]), meeting_of(joint.body)
    pages = {model: page(model, "changelist") for model in (BODY, MEMBER, MEETING)}
    pages |= {"a body": page(BODY, "change", joint.body.pk), "a meeting": page(MEETING, "change", meeting.pk)}
    pages |= {"convening": page(MEETING, "convene", planned.pk)}
    first = {name: queries(desk, address) for name, address in pages.items()}
    for n in range(3):
        member = member_of(joint.body, f"代表{n}", unit=joint.allied.hospital)
        body_at(joint.areas.taoyuan, name=f"会{n}")
        meeting_of(joint.body, state=S.CLOSED, days=-n - 1)
        AgendaItem.objects.create(meeting=meeting, title=f"议题{n}", position=n + 2)
        resolution_of(meeting, member, due_on=today() + timedelta(days=n))
    assert {name: queries(desk, address) for name, address in pages.items()} == first == COSTS
