"""The page on which a meeting is run: each part saved by itself, once, and what is refused shown in its place."""

import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Subject
from gridparty.lib.dates import today
from jobs.models import Notice
from liaison.choices import BodyKind, MeetingState, Reply
from liaison.models import AgendaItem, Meeting, Resolution
from liaison.tests.meeting_rows import attendance_of, body_at, logged_in, meeting_of, member_of, resolution_of
from members.tests.conftest import ledger, parties  # noqa: F401 - fixtures of the cast

S = MeetingState


@pytest.fixture
def joint(areas, allied, ledger) -> SimpleNamespace:  # noqa: F811
    """A body of 桃园: 赵一 (may log in, chairs), 王主任 of the school, and 孙三 as a guest; more than half have to come."""
    body = body_at(areas.taoyuan)
    zhao = member_of(body, ledger.zhao, chairs=True)
    wang = member_of(body, unit=allied.school, duty="主任")
    sun = member_of(body, ledger.sun, votes=False)
    return SimpleNamespace(body=body, zhao=zhao, wang=wang, sun=sun, allied=allied, areas=areas, user=ledger.zhao_user)


@pytest.fixture
def desk(joint):
    return logged_in(joint.allied.clerk)


def address(meeting, query: str = "") -> str:
    return f"/liaison/meetings/{meeting.pk}/run/{query}"


def send(client, meeting, part: str, row=None, *, form_id=None, **data):
    given = {"part": part, "key": row.pk if row else "", "form_id": form_id or uuid.uuid4()}
    return client.post(address(meeting), given | data)


def words(answer) -> str:
    return answer.content.decode()


def shown(client, meeting, query: str = "") -> dict:
    answer = client.get(address(meeting, query))
    assert answer.status_code == 200
    return answer.context


def ticked(client, meeting, query: str = "") -> set:
    return {one.body_member for _title, rows in shown(client, meeting, query)["groups"] for one, came, _proxy in rows if came}


class TestSigningIn:
    def test_who_said_that_they_come_is_ticked_already(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED, days=0)
        meeting.attendances.filter(body_member=joint.wang).update(reply=Reply.COMING)
        meeting.attendances.filter(body_member=joint.zhao).update(reply=Reply.EXCUSED, reason="出差")
        page = words(desk.get(address(meeting)))
        assert "须到 2 人" in page
        assert "出差" in page
        assert ticked(desk, meeting) == {joint.wang}
        assert ticked(desk, meeting, "?all=1") == {joint.zhao, joint.wang, joint.sun}

    def test_saved_the_meeting_is_held(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED, days=0)
        came = [attendance_of(meeting, one).pk for one in (joint.zhao, joint.wang)]
        proxied = {f"proxy_{came[1]}": "小张", f"initial-proxy_{came[1]}": ""}
        answer = send(desk, meeting, "attend", came=came, **proxied)
        assert answer.url == f"{address(meeting)}#attend"
        meeting.refresh_from_db()
        assert (meeting.state, meeting.voters, meeting.present) == (S.HELD, 2, 2)
        assert attendance_of(meeting, joint.wang).proxy == "小张"
        assert "应到 2 人，实到 2 人，须到 2 人，符合到会要求" in words(desk.get(address(meeting)))
        assert ticked(desk, meeting) == {joint.zhao, joint.wang}

    def test_two_people_at_two_doors(self, desk, joint):
        """Both opened the page when nobody was entered; each enters who came by them."""
        meeting = meeting_of(joint.body, state=S.CONVENED, days=0)
        zhao, wang = (attendance_of(meeting, one).pk for one in (joint.zhao, joint.wang))
        send(desk, meeting, "attend", came=[zhao], shown="")
        send(logged_in(joint.allied.secretary), meeting, "attend", came=[wang], shown="")
        assert ticked(desk, meeting) == {joint.zhao, joint.wang}
        send(desk, meeting, "attend", came=[wang], shown=f"{zhao},{wang}")
        assert ticked(desk, meeting) == {joint.wang}

    def test_not_before_its_day(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.CONVENED, days=2)
        wang = attendance_of(meeting, joint.wang).pk
        answer = send(desk, meeting, "attend", came=[wang])
        assert "当天起才能登记到会" in words(answer)
        assert {one.body_member for _t, rows in answer.context["groups"] for one, came, _p in rows if came} == {joint.wang}
        assert Meeting.objects.get().state == S.CONVENED

    def test_somebody_elses_invitation_is_refused(self, desk, joint):
        meeting, other = (meeting_of(joint.body, state=S.CONVENED, days=0) for _n in range(2))
        assert "名单有变" in words(send(desk, meeting, "attend", came=[attendance_of(other, joint.wang).pk]))

    def test_a_large_congress_is_found_by_letters_and_nobody_stands_in(self, desk, joint, ledger):  # noqa: F811
        joint.body.kind = BodyKind.CONGRESS
        joint.body.save()
        for n in range(45):
            member_of(joint.body, f"{'陈李周'[n % 3]}{n}")
        meeting = meeting_of(joint.body, state=S.CONVENED, days=0)
        groups = {title: len(rows) for title, rows in shown(desk, meeting)["groups"]}
        assert groups == {"C": 15, "L": 15, "S": 1, "W": 1, "Z": 16}
        page = words(desk.get(address(meeting)))
        assert 'href="#letter-Z"' in page
        assert "代为参加" not in page


class TestChecks:
    @pytest.fixture
    def checked(self, joint) -> SimpleNamespace:
        """Held, with one earlier resolution to look at."""
        earlier = resolution_of(meeting_of(joint.body, state=S.CLOSED, days=-30), joint.wang, due_on=today() - timedelta(days=3))
        meeting = meeting_of(joint.body, state=S.HELD)
        item = AgendaItem.objects.create(meeting=meeting, position=1, title=earlier.text, resolution=earlier)
        return SimpleNamespace(meeting=meeting, item=item, resolution=earlier)

    def test_each_has_its_outcome(self, desk, checked):
        page = words(desk.get(address(checked.meeting)))
        assert "未检查" in page
        assert "逾期" in page
        assert "还有 1 项上次决议没有检查结果" in page
        answer = send(desk, checked.meeting, "check", checked.item, outcome="done", text="路灯已修好")
        assert answer.url == f"{address(checked.meeting)}#check-{checked.item.pk}"
        checked.resolution.refresh_from_db()
        assert (checked.resolution.state, checked.resolution.done_text) == ("done", "路灯已修好")
        assert "未检查" not in words(desk.get(address(checked.meeting)))

    def test_going_on_with_a_new_day(self, desk, checked):
        later = today() + timedelta(days=20)
        send(desk, checked.meeting, "check", checked.item, outcome="goes_on", text="等待供货", due_on=later)
        checked.resolution.refresh_from_db()
        assert (checked.resolution.state, checked.resolution.due_on) == ("open", later)

    def test_what_is_refused_is_shown_again_in_its_place(self, desk, checked):
        assert "请选择检查结果" in words(send(desk, checked.meeting, "check", checked.item))
        answer = send(desk, checked.meeting, "check", checked.item, outcome="dropped", text="")
        assert "请写明为什么不再办理" in words(answer)
        ((_item, form),) = answer.context["checks"]
        assert form["outcome"].value() == "dropped"
        assert AgendaItem.objects.get().outcome == ""

    def test_of_two_who_check_it_the_second_sees_what_the_first_found(self, desk, checked, joint):
        ((_item, form),) = shown(desk, checked.meeting)["checks"]
        mark = form["mark"].value()
        send(logged_in(joint.allied.secretary), checked.meeting, "check", checked.item, outcome="done", text="已修好", mark=mark)
        answer = send(desk, checked.meeting, "check", checked.item, outcome="goes_on", text="等待", mark=mark)
        assert "刚由他人改为：已落实　已修好" in words(answer)
        checked.item.refresh_from_db()
        assert checked.item.outcome == "done"


class TestWriting:
    def test_what_was_said_under_each_item(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.HELD, items=["停车", "绿化"])
        item = meeting.agenda.get(title="绿化")
        assert send(desk, meeting, "note", item, text="补种 30 棵").url == f"{address(meeting)}#note-{item.pk}"
        send(desk, meeting, "item", title="电梯")
        rows = meeting.agenda.order_by("position").values_list("title", "text")
        assert list(rows) == [("停车", ""), ("绿化", "补种 30 棵"), ("电梯", "")]

    def test_sent_twice_it_counts_once(self, desk, joint):
        meeting, form_id = meeting_of(joint.body, state=S.HELD), uuid.uuid4()
        for _n in range(2):
            assert send(desk, meeting, "item", title="电梯", form_id=form_id).status_code == 302
        form_id = uuid.uuid4()
        for _n in range(2):
            send(desk, meeting, "resolve", text="修路灯", owner=joint.wang.pk, due_on=today(), form_id=form_id)
        assert (meeting.agenda.count(), meeting.resolutions.count()) == (1, 1)

    def test_of_two_who_write_the_second_sees_what_the_first_wrote_and_may_then_overwrite_it(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.HELD, items=["停车"])
        item = meeting.agenda.get()
        ((_item, form),) = shown(desk, meeting)["items"]
        mark = form["mark"].value()
        send(logged_in(joint.allied.secretary), meeting, "note", item, text="划线", mark=mark)
        answer = send(desk, meeting, "note", item, text="拆除", mark=mark)
        assert "刚由他人改为：划线" in words(answer)
        ((_item, form),) = answer.context["items"]
        assert form["text"].value() == "拆除"
        send(desk, meeting, "note", item, text="划线，拆除", mark=form["mark"].value())
        item.refresh_from_db()
        assert item.text == "划线，拆除"

    def test_what_was_typed_into_a_meeting_that_was_closed_meanwhile_is_shown(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.CLOSED, items=["停车"])
        answer = send(desk, meeting, "note", meeting.agenda.get(), text="划线 12 个")
        assert "没有保存" in words(answer)
        assert "划线 12 个" in words(answer)
        assert meeting.agenda.get().text == ""

    def test_of_a_row_that_is_gone_the_page_says_so(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.HELD, items=["停车"])
        other = meeting_of(joint.body, state=S.HELD, items=["绿化"])
        for part, row in (("note", other.agenda.get()), ("nonsense", None), ("change", joint.wang)):
            answer = send(desk, meeting, part, row, text="划线")
            assert answer.url == address(meeting)
        assert set(AgendaItem.objects.values_list("text", flat=True)) == {""}


class TestResolutions:
    def test_passed_with_owner_and_day(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.HELD)
        assert "王主任（市第一中学，主任）" in words(desk.get(address(meeting)))
        due = today() + timedelta(days=14)
        answer = send(desk, meeting, "resolve", text="修路灯", owner=joint.wang.pk, due_on=due)
        assert answer.url == f"{address(meeting)}#resolve"
        row = Resolution.objects.get()
        assert (row.number, row.text, row.owner, row.due_on, row.case) == (1, "修路灯", joint.wang, due, None)

    def test_passed_as_a_case(self, desk, joint):
        meeting, subject = meeting_of(joint.body, state=S.HELD), Subject.objects.order_by("pk").first()
        data = {"text": "修路灯", "owner": joint.wang.pk, "due_on": today(), "subject": subject.pk}
        assert "民情类别和发生地都要选择" in words(send(desk, meeting, "resolve", **data))
        assert "民情类别和发生地都要选择" not in words(send(desk, meeting, "resolve", **data, area=joint.areas.liuyuan.pk))
        assert not Case.objects.exists()
        send(desk, meeting, "resolve", **data, area=joint.areas.grid1.pk)
        case = Case.objects.get()
        assert (case.resolution.text, case.area, case.source) == ("修路灯", joint.areas.grid1, "meeting")

    def test_without_a_quorum_none_is_passed_and_the_page_says_so(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.HELD, came=[joint.wang, joint.sun])
        page = words(desk.get(address(meeting)))
        assert "应到 2 人，实到 1 人，须到 2 人：不足法定人数，不能形成决议" in page
        assert shown(desk, meeting)["new_resolution"] is None
        answer = send(desk, meeting, "resolve", text="修路灯", owner=joint.wang.pk, due_on=today())
        assert "不能形成决议" in words(answer)
        assert "修路灯" in words(answer)
        assert not Resolution.objects.exists()

    def test_only_members_of_the_body_take_it_on(self, desk, joint):
        stranger = member_of(body_at(joint.areas.taoyuan, name="另一个会"))
        meeting = meeting_of(joint.body, state=S.HELD)
        answer = send(desk, meeting, "resolve", text="修路灯", owner=stranger.pk, due_on=today())
        assert answer.context["new_resolution"].errors["owner"]
        assert not Resolution.objects.exists()

    def test_changed_or_withdrawn_until_the_minutes_are_sent(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.HELD)
        row = resolution_of(meeting, joint.wang)
        ((_row, change, withdraw),) = shown(desk, meeting, f"?change={row.pk}")["passed"]
        assert change["text"].value() == row.text
        assert withdraw is not None
        data = {"text": "换路灯", "owner": joint.zhao.pk, "due_on": row.due_on}
        send(desk, meeting, "change", row, **data)
        row.refresh_from_db()
        assert (row.text, row.owner) == ("换路灯", joint.zhao)
        assert "请写明撤回的原因" in words(send(desk, meeting, "withdraw", row, reason=""))
        send(desk, meeting, "withdraw", row, reason="没有通过")
        row.refresh_from_db()
        assert (row.state, row.reason) == ("dropped", "没有通过")

    def test_of_two_who_change_one_the_second_is_told(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.HELD)
        row = resolution_of(meeting, joint.wang)
        ((_row, change, _withdraw),) = shown(desk, meeting, f"?change={row.pk}")["passed"]
        data = {"owner": joint.zhao.pk, "due_on": row.due_on, "mark": change["mark"].value()}
        send(logged_in(joint.allied.secretary), meeting, "change", row, text="换路灯", **data)
        assert f"刚由他人改为：换路灯　赵一　{row.due_on}" in words(send(desk, meeting, "change", row, text="装路灯", **data))
        row.refresh_from_db()
        assert row.text == "换路灯"


class TestClosing:
    def test_the_minutes_go_out(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.HELD)
        assert shown(desk, meeting)["lacking"] == ["议题的讨论情况和会议综述都没有填写。"]
        assert "纪要没有内容" in words(send(desk, meeting, "close"))
        send(desk, meeting, "minutes", minutes="到会 3 人。", recorder="小刘")
        assert shown(desk, meeting)["lacking"] == []
        send(desk, meeting, "close")
        meeting.refresh_from_db()
        assert (meeting.state, meeting.minutes, meeting.recorder) == (S.CLOSED, "到会 3 人。", "小刘")
        assert Notice.objects.get().recipient == joint.user

    def test_closed_the_page_is_only_read(self, desk, joint):
        meeting = meeting_of(joint.body, state=S.CLOSED, items=["停车"], minutes="到会 3 人。")
        page = words(desk.get(address(meeting)))
        assert "本页只能查看" in page
        assert "到会 3 人。" in page
        assert "data-part" not in page
        assert 'name="part"' not in page


class TestDoors:
    @pytest.mark.parametrize("state", [S.PLANNED, S.CANCELLED])
    def test_a_meeting_nobody_is_invited_to_is_not_run(self, desk, joint, state):
        meeting = meeting_of(joint.body, state=state)
        assert desk.get(address(meeting)).url == f"/admin/liaison/meeting/{meeting.pk}/change/"

    def test_the_neighbour_finds_nothing(self, joint):
        meeting = meeting_of(joint.body, state=S.HELD, items=["停车"])
        client = logged_in(joint.allied.liuyuan_secretary)
        assert client.get(address(meeting)).status_code == 404
        assert send(client, meeting, "note", meeting.agenda.get(), text="划线").status_code == 404
        assert meeting.agenda.get().text == ""

    def test_who_only_looks_on_is_refused(self, joint):
        meeting = meeting_of(joint.body, state=S.HELD, items=["停车"])
        for user in (joint.allied.cadre, joint.allied.grid_leader, joint.user):
            client = logged_in(user)
            assert client.get(address(meeting)).status_code == 403
            assert send(client, meeting, "note", meeting.agenda.get(), text="划线").status_code == 403
        assert meeting.agenda.get().text == ""


@pytest.mark.parametrize("state", [S.CONVENED, S.HELD, S.CLOSED])
def test_costs_the_same_for_few_and_many(desk, joint, state):
    def cost(meeting) -> int:
        desk.get(address(meeting))
        with CaptureQueriesContext(connection) as captured:
            shown(desk, meeting)
        return len(captured)

    last = meeting_of(joint.body, state=S.CLOSED, days=-30)

    def with_rows(n: int) -> Meeting:
        meeting = meeting_of(joint.body, state=state, days=0, items=[f"议题{k}" for k in range(n)])
        for k in range(n):
            earlier = resolution_of(last, joint.wang)
            AgendaItem.objects.create(meeting=meeting, position=k, title=earlier.text, resolution=earlier)
            if state != S.CONVENED:
                resolution_of(meeting, joint.wang)
        return meeting

    few = cost(with_rows(1))
    for n in range(6):
        member_of(joint.body, f"代表{n}", unit=joint.allied.hospital)
    assert cost(with_rows(4)) == few == COSTS[state]


COSTS = {S.CONVENED: 7, S.HELD: 10, S.CLOSED: 7}
