# ruff: noqa: F811 - fixtures are imported by name
"""A meeting on paper: what stands in the minutes and on the sheet, and who may print them."""

import pytest
from django.urls import reverse

from audit.models import ViewEntry
from gridparty.lib import pdf
from gridparty.lib.dates import today
from liaison import minutes
from liaison.actions.resolutions import resolution_to_case
from liaison.choices import Check, MeetingState, Reply, ResolutionState
from liaison.minutes import minutes_pdf, sheet_pdf
from liaison.models import AgendaItem, Meeting
from liaison.tests.assembled import assembly, invited, ledger, parties  # noqa: F401 - fixtures
from liaison.tests.meeting_rows import attendance_of, body_at, logged_in, meeting_of, member_of, resolution_of
from liaison.tests.test_resolutions import now, subject

DAY = f"{today().year}年{today().month}月{today().day}日"


@pytest.fixture
def printed(monkeypatch):
    """What the templates are given, in the order they are called."""
    given, render = [], pdf.render
    monkeypatch.setattr(minutes.pdf, "render", lambda template, data: given.append((template, data)) or render(template, data))
    return given


def written(meeting: Meeting, by, printed) -> dict:
    assert minutes_pdf(meeting, by=by).startswith(b"%PDF")
    return printed[-1][1]


class TestMinutes:
    def test_who_was_there(self, assembly, printed):
        absent = member_of(assembly.body, "请假者")
        silent = member_of(assembly.body, "未到者")
        visitor = member_of(assembly.body, "来宾", votes=False, duty="街道干部")
        there = [assembly.chair, assembly.owner, assembly.guest, visitor]
        row = meeting_of(assembly.body, state=MeetingState.CLOSED, came=there, recorder="小王")
        for member, reply, more in (
            (absent, Reply.EXCUSED, {"reason": "住院"}),
            (assembly.guest, Reply.PROXY, {"proxy": "吴老师"}),
        ):
            row.attendances.filter(body_member=member).update(reply=reply, **more)
        data = written(row, assembly.clerk, printed)
        assert dict(data["people"]) == {
            "主持": "李四",
            "出席": "李四（社区党委副书记）、赵一、周老师（市第一中学 办公室主任，吴老师代）",
            "列席": "来宾（街道干部）",
            "缺席": "请假者（请假）、未到者",
            "记录": "小王",
        }
        assert data["numbers"] == "应到5人，实到3人，到会要求：过半数（3人）"
        assert silent.called in dict(data["people"])["缺席"]
        assert "住院" not in str(data)

    def test_what_was_said_and_decided(self, assembly, printed):
        row = assembly.held
        row.minutes, row.state = "会议讨论了路灯。", MeetingState.CLOSED
        row.save()
        AgendaItem.objects.create(
            meeting=row, position=1, title="检查", resolution=assembly.mine, outcome=Check.GOES_ON, text="等货"
        )
        AgendaItem.objects.create(meeting=row, position=2, title="停车", text="划线。")
        resolution_of(row, assembly.guest, text="开放停车场")
        resolution_of(row, assembly.owner, text="写错了", state=ResolutionState.DROPPED)
        data = written(row, assembly.clerk, printed)
        due = assembly.mine.due_on
        assert data["checks"] == [
            {
                "which": "桃园社区党建联席会第1次会议第1号决议",
                "text": "修好东门路灯",
                "owner": "赵一",
                "outcome": "继续办理",
                "said": "等货",
            }
        ]
        assert data["items"] == [["停车", "划线。"]]
        assert data["resolutions"] == [
            ["1", "开放停车场", "周老师", "市第一中学 办公室主任", f"{due.year}年{due.month}月{due.day}日"],
            ["2", "写错了（不再办理）", "赵一", "", f"{due.year}年{due.month}月{due.day}日"],
        ]
        assert (data["minutes"], data["mark"]) == ("会议讨论了路灯。", "")
        assert data["at"].startswith(DAY)

    def test_before_they_are_sent_they_are_a_draft(self, assembly, printed):
        assert written(assembly.held, assembly.clerk, printed)["mark"] == "草稿"
        assert written(assembly.closed, assembly.clerk, printed)["mark"] == ""

    def test_a_resolution_that_became_a_case_names_it(self, assembly, printed):
        resolution_to_case(resolution=assembly.mine, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        number = now(assembly.mine).case.number
        assert (
            written(assembly.closed, assembly.clerk, printed)["resolutions"][0][1] == f"修好东门路灯（已转为民情事件 {number}）"
        )

    def test_markup_prints_as_it_was_typed(self, assembly):
        assembly.held.minutes = '#panic("x") $a_b$ *x* \\ `y` <z>'
        assembly.held.title = "会" * 80
        assembly.held.save()
        assert minutes_pdf(assembly.held, by=assembly.clerk).startswith(b"%PDF")

    def test_queries_do_not_grow(self, assembly, django_assert_num_queries):
        for n in range(2):
            with django_assert_num_queries(4):
                minutes_pdf(assembly.held, by=assembly.clerk)
            AgendaItem.objects.create(
                meeting=assembly.held, position=n + 1, title="议题", resolution=None if n else assembly.mine
            )
            resolution_of(assembly.held, assembly.guest)


class TestSheet:
    def test_everybody_invited_with_what_they_answered(self, assembly, printed):
        member_of(assembly.body, "来宾", votes=False)
        row, invitation = invited(assembly)
        row.attendances.filter(pk=invitation.pk).update(reply=Reply.PROXY, proxy="吴老师")
        row.attendances.filter(body_member=assembly.owner).update(reply=Reply.EXCUSED, reason="住院")
        assert sheet_pdf(row, by=assembly.clerk).startswith(b"%PDF")
        lines = [(line["name"], line["about"], line["note"]) for line in printed[-1][1]["lines"]]
        assert lines == [
            ("李四", "社区党委副书记", ""),
            ("赵一", "", "请假"),
            ("周老师", "市第一中学 办公室主任", "吴老师代"),
            ("来宾", "", "列席"),
        ]
        assert "住院" not in str(printed[-1])

    def test_a_big_congress(self, assembly):
        body = body_at(assembly.areas.taoyuan, name="党员大会")
        for n in range(120):
            member_of(body, f"党员{n}")
        assert sheet_pdf(meeting_of(body, state=MeetingState.CONVENED), by=assembly.clerk).startswith(b"%PDF")

    def test_two_queries(self, assembly, django_assert_num_queries):
        with django_assert_num_queries(2):
            sheet_pdf(assembly.held, by=assembly.clerk)


class TestPages:
    @pytest.mark.parametrize(
        ("name", "states"), [("minutes_print", {"held", "closed"}), ("sheet_print", {"convened", "held", "closed"})]
    )
    def test_of_what_there_is(self, assembly, name, states):
        client = logged_in(assembly.clerk)
        for state in MeetingState.values:
            Meeting.objects.filter(pk=assembly.held.pk).update(state=state)
            answer = client.get(reverse(f"liaison:{name}", args=[assembly.held.pk]))
            assert answer.status_code == (200 if state in states else 404)
            if state in states:
                assert answer["Content-Type"] == "application/pdf"
                assert "no-store" in answer["Cache-Control"]
                assert "attachment" in answer["Content-Disposition"]
        assert ViewEntry.objects.filter(model="liaison.meeting", object_id=assembly.held.pk).count() == len(states)

    @pytest.mark.parametrize("name", ["minutes_print", "sheet_print"])
    def test_for_who_sees_the_meeting(self, assembly, client, name):
        address = reverse(f"liaison:{name}", args=[assembly.held.pk])
        for who in ("secretary", "clerk", "cadre", "street_officer"):
            assert logged_in(getattr(assembly, who)).get(address).status_code == 200
        assert logged_in(assembly.liuyuan_secretary).get(address).status_code == 404
        for who in ("zhao_user", "grid_leader"):
            assert logged_in(getattr(assembly, who)).get(address).status_code == 403
        assert client.get(address).status_code == 302
        assert logged_in(assembly.clerk).post(address).status_code == 405
        assert attendance_of(assembly.held, assembly.guest).came
