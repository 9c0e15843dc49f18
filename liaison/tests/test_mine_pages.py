# ruff: noqa: F811 - fixtures are imported by name
"""Who takes part, on the phone: meetings to answer, minutes, what one took on and reports. Nobody sees anything of others'."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Role
from accounts.models import Appointment, User
from gridparty.lib.dates import today
from grids.actions import place
from jobs.models import Notice
from liaison.actions.resolutions import report_resolution, resolution_to_case
from liaison.choices import BodyKind, MeetingState, Reply, ResolutionState
from liaison.models import AgendaItem
from liaison.phone import meetings_of_mine
from liaison.tests.assembled import assembly, invited, ledger, parties  # noqa: F401 - fixtures
from liaison.tests.meeting_rows import attendance_of, logged_in, meeting_of, resolution_of
from liaison.tests.test_resolutions import now, remit, settled, subject

HUB = reverse("liaison:hub")


def meeting_page(row) -> str:
    return reverse("liaison:meeting", args=[row.pk])


def resolution_page(row) -> str:
    return reverse("liaison:resolution", args=[row.pk])


def sent(client, address: str, form_id=None, **typed):
    return client.post(address, {"form_id": str(form_id or uuid.uuid4())} | typed, follow=True)


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


@pytest.fixture
def zhao(assembly):
    return logged_in(assembly.zhao_user)


class TestHub:
    def test_what_is_mine(self, assembly, zhao):
        coming, _invitation = invited(assembly)
        late = resolution_of(assembly.closed, assembly.owner, text="清理楼道", due_on=today() - timedelta(days=1))
        done = resolution_of(assembly.closed, assembly.owner, state="done", done_on=today(), done_text="好了")
        found = zhao.get(HUB).context
        assert [row.meeting for row, _replied in found["coming"]] == [coming]
        assert [row.meeting for row in found["gone"]] == [assembly.held, assembly.closed]
        assert [(one.row, one.word) for one in found["to_do"]] == [(late, "已逾期"), (assembly.mine, "办理中")]
        assert [one.row for one in found["done"]] == [done]
        assert found["chaired"] == []

    def test_who_chairs_sees_what_others_took_on(self, assembly):
        found = logged_in(assembly.li_user).get(HUB).context
        assert [one.row for one in found["chaired"]] == [assembly.mine, assembly.theirs]
        assert (found["to_do"], found["done"]) == ([], [])
        assembly.chair.left_on = today()
        assembly.chair.save()
        assert logged_in(assembly.li_user).get(HUB).context["chaired"] == []

    @pytest.mark.parametrize("who", ["secretary", "nobody", "liuyuan_secretary"])
    def test_nothing_for_who_takes_no_part(self, assembly, who):
        invited(assembly)
        page = logged_in(getattr(assembly, who)).get(HUB)
        assert page.status_code == 200
        assert not any(page.context[name] for name in ("coming", "gone", "to_do", "done", "chaired"))

    def test_what_was_planned_or_called_off_is_not_shown(self, assembly, zhao):
        for state in (MeetingState.PLANNED, MeetingState.CANCELLED):
            row = meeting_of(assembly.body, state=state)
            row.attendances.create(body_member=assembly.owner)
            assert zhao.get(meeting_page(row)).status_code == 404
        assert zhao.get(HUB).context["coming"] == []

    def test_queries_do_not_grow(self, assembly, zhao):
        invited(assembly)
        one = queries(zhao, HUB)
        for n in range(2):
            meeting_of(assembly.body, state=MeetingState.CONVENED, title=f"会{n}")
            resolution_of(assembly.closed, assembly.owner)
        assert queries(zhao, HUB) == one == 8


class TestMeeting:
    def test_the_invitation_with_its_agenda(self, assembly, zhao):
        row, _invitation = invited(assembly, items=["消防通道", "停车位"])
        page = zhao.get(meeting_page(row))
        assert [item.title for item in page.context["agenda"]] == ["消防通道", "停车位"]
        assert page.context["answers"]
        assert "会议综述" not in page.content.decode()

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ({"reply": "coming", "reason": "不算", "proxy": "不算"}, (Reply.COMING, "", "")),
            ({"reply": "excused", "reason": "出差"}, (Reply.EXCUSED, "出差", "")),
            ({"reply": "proxy", "proxy": "钱二"}, (Reply.PROXY, "", "钱二")),
        ],
    )
    def test_answering(self, assembly, zhao, typed, kept):
        row, _invitation = invited(assembly)
        page = sent(zhao, meeting_page(row), **typed)
        mine = attendance_of(row, assembly.owner)
        assert "已答复" in page.content.decode()
        assert (mine.reply, mine.reason, mine.proxy) == kept

    @pytest.mark.parametrize(
        ("typed", "why"),
        [({}, "请选择是否参加"), ({"reply": "excused"}, "请填写请假事由"), ({"reply": "proxy"}, "请填写受委托人姓名")],
    )
    def test_an_answer_says_enough(self, assembly, zhao, typed, why):
        row, _invitation = invited(assembly)
        assert why in sent(zhao, meeting_page(row), **typed).content.decode()
        assert attendance_of(row, assembly.owner).reply == ""

    def test_changed_until_it_was_held(self, assembly, zhao):
        row, _invitation = invited(assembly)
        sent(zhao, meeting_page(row), reply="excused", reason="出差")
        sent(zhao, meeting_page(row), reply="coming")
        assert attendance_of(row, assembly.owner).reply == Reply.COMING
        row.state = MeetingState.HELD
        row.save()
        page = sent(zhao, meeting_page(row), reply="excused", reason="出差").content.decode()
        assert "不能再答复" in page
        assert attendance_of(row, assembly.owner).reply == Reply.COMING

    def test_sent_twice_counts_once(self, assembly, zhao):
        row, _invitation = invited(assembly)
        form_id = uuid.uuid4()
        sent(zhao, meeting_page(row), form_id, reply="coming")
        at = attendance_of(row, assembly.owner).replied_at
        sent(zhao, meeting_page(row), form_id, reply="coming")
        assert attendance_of(row, assembly.owner).replied_at == at

    def test_at_a_congress_nobody_sends_another(self, assembly, zhao):
        assembly.body.kind = BodyKind.CONGRESS
        assembly.body.save()
        row, _invitation = invited(assembly)
        form = zhao.get(meeting_page(row)).context["form"]
        assert [value for value, _label in form.fields["reply"].choices] == ["coming", "excused"]

    def test_minutes_only_once_they_are_sent(self, assembly, zhao):
        assembly.held.minutes = "会议讨论了路灯。"
        assembly.held.save()
        AgendaItem.objects.create(meeting=assembly.held, position=1, title="路灯", text="先换东门。")
        passed = resolution_of(assembly.held, assembly.guest, text="换掉东门的灯")
        before = zhao.get(meeting_page(assembly.held)).content.decode()
        assert "纪要正在整理" in before
        assert not [words for words in ("会议讨论了", "先换东门", "换掉东门") if words in before]
        assembly.held.state = MeetingState.CLOSED
        assembly.held.save()
        page = zhao.get(meeting_page(assembly.held))
        after = page.content.decode()
        assert [words for words in ("会议讨论了", "先换东门", "换掉东门", "周老师") if words not in after] == []
        assert ([one.row for one in page.context["resolutions"]], page.context["own"]) == ([passed], [])

    def test_what_became_of_a_resolution_is_told_to_all(self, assembly, zhao):
        resolution_to_case(resolution=assembly.theirs, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        settled(now(assembly.theirs).case)
        page = zhao.get(meeting_page(assembly.closed)).content.decode()
        assert "已转事件 · 已落实" in page
        assert "路灯已更换" in page

    @pytest.mark.parametrize("who", ["secretary", "qian_user", "liuyuan_secretary", "nobody"])
    def test_of_others_404(self, assembly, who):
        user = assembly.organiser if who == "qian_user" else getattr(assembly, who)
        row, _invitation = invited(assembly)
        client = logged_in(user)
        assert client.get(meeting_page(row)).status_code == 404
        assert sent(client, meeting_page(row), reply="coming").status_code == 404
        assert client.get(meeting_page(assembly.neighbours.meeting)).status_code == 404

    def test_not_without_logging_in(self, assembly, client):
        row, _invitation = invited(assembly)
        for address in (HUB, meeting_page(row), resolution_page(assembly.mine)):
            assert client.get(address).status_code == 302

    def test_queries_do_not_grow(self, assembly, zhao):
        AgendaItem.objects.create(meeting=assembly.closed, position=1, title="路灯")
        one = queries(zhao, meeting_page(assembly.closed))
        for n in range(2):
            AgendaItem.objects.create(
                meeting=assembly.closed, position=n + 2, title="议题", resolution=assembly.mine if n else None
            )
            resolution_of(assembly.closed, assembly.owner)
        assert queries(zhao, meeting_page(assembly.closed)) == one == 6


class TestResolution:
    def test_reported_once(self, assembly, zhao):
        form_id = uuid.uuid4()
        for _twice in range(2):
            page = sent(zhao, resolution_page(assembly.mine), form_id, text="灯已换好")
            assert "等待社区核实" in page.content.decode()
        assert (now(assembly.mine).state, now(assembly.mine).done_text) == (ResolutionState.REPORTED, "灯已换好")
        assert Notice.objects.filter(recipient=assembly.clerk, subject="决议待核实").count() == 1

    def test_asks_what_was_done(self, assembly, zhao):
        assert "请写明落实情况" in sent(zhao, resolution_page(assembly.mine), text=" ").content.decode()
        assert now(assembly.mine).state == ResolutionState.OPEN

    def test_one_that_was_returned_says_why(self, assembly, zhao):
        assembly.mine.reason, assembly.mine.done_text = "北侧还不亮", "灯已换好"
        assembly.mine.save()
        page = zhao.get(resolution_page(assembly.mine))
        assert "北侧还不亮" in page.content.decode()
        assert page.context["form"]["text"].value() == "灯已换好"

    def test_no_form_where_there_is_nothing_to_report(self, assembly, zhao):
        assert zhao.get(resolution_page(assembly.mine)).context["reports"]
        report_resolution(resolution=assembly.mine, text="灯已换好", by=assembly.zhao_user)
        assert not zhao.get(resolution_page(assembly.mine)).context["reports"]

    def test_as_a_case(self, assembly, zhao):
        resolution_to_case(resolution=assembly.mine, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        page = zhao.get(resolution_page(assembly.mine))
        assert not page.context["reports"]
        assert now(assembly.mine).case.number in page.content.decode()
        settled(now(assembly.mine).case)
        assert "路灯已更换" in zhao.get(resolution_page(assembly.mine)).content.decode()

    def test_of_others_404(self, assembly, zhao):
        unsent = resolution_of(assembly.held, assembly.owner)
        for row in (assembly.theirs, assembly.neighbours, unsent):
            assert zhao.get(resolution_page(row)).status_code == 404
            assert sent(zhao, resolution_page(row), text="办好了").status_code == 404
        for who in ("secretary", "li_user", "liuyuan_secretary"):
            assert logged_in(getattr(assembly, who)).get(resolution_page(assembly.mine)).status_code == 404


class TestTodos:
    @pytest.fixture
    def zhao_user(self, assembly) -> User:
        """赵一 with the post of a member, as who logs in on the phone has."""
        post = Appointment(user=assembly.zhao_user, role=Role.MEMBER, starts_on=today())
        place(row=post, area=assembly.areas.grid1)
        post.save()
        return User.objects.get(pk=assembly.zhao_user.pk)

    def waiting(self, user) -> dict:
        return {str(todo.title): (todo.count, todo.late) for todo in meetings_of_mine(user) if todo.count}

    def test_to_answer_and_to_see_to(self, assembly, zhao_user):
        row, _invitation = invited(assembly)
        assert self.waiting(zhao_user) == {"会议通知待答复": (1, False), "我负责的决议": (1, False)}
        resolution_of(assembly.closed, assembly.owner, due_on=today() - timedelta(days=1))
        assert self.waiting(zhao_user)["我负责的决议"] == (2, True)
        attendance = attendance_of(row, assembly.owner)
        attendance.reply = Reply.COMING
        attendance.save()
        assert "会议通知待答复" not in self.waiting(zhao_user)

    def test_not_what_is_reported_or_a_case(self, assembly, zhao_user):
        resolution_to_case(resolution=assembly.mine, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        resolution_of(assembly.closed, assembly.owner, state="reported", done_on=today(), done_text="好了")
        assert self.waiting(zhao_user) == {}
        remit(now(assembly.mine).case)
        assert self.waiting(zhao_user) == {"我负责的决议": (1, False)}

    def test_nothing_without_the_phone(self, assembly):
        invited(assembly)
        for who in ("zhao_user", "nobody", "street_officer"):
            assert meetings_of_mine(getattr(assembly, who)) == []

    def test_one_query(self, assembly, zhao_user, django_assert_num_queries):
        zhao_user.scope  # noqa: B018 - built once a request
        with django_assert_num_queries(1):
            meetings_of_mine(zhao_user)
