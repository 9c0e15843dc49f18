"""The first page of the phone for each role: what waits in the room of voices, and the ways to begin."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.choices import Role
from accounts.models import Appointment
from cases.actions import Said, Written, move_case, return_report, send_report
from cases.choices import MoveKind
from cases.models import Case, WeeklyReport
from cases.phone import report_to_send, voices_that_wait
from cases.tests.conftest import open_at, reports_of
from grids.actions import place
from jobs.actions import notify

pytestmark = pytest.mark.django_db


def counts(todos) -> dict[str, tuple[int, bool]]:
    return {todo.title: (todo.count, todo.late) for todo in todos if todo.count}


def home(user) -> str:
    client = Client()
    client.force_login(user)
    return client.get(reverse("phone")).content.decode()


class TestCases:
    def test_what_my_office_holds_and_what_of_it_is_late(self, voices):
        open_at(voices, voices.areas.building1, voices.grid_leader)
        late = open_at(voices, voices.areas.building2, voices.grid_leader)
        Case.objects.filter(pk=late.pk).update(step_due_at=timezone.now() - timedelta(hours=1))
        open_at(voices, voices.areas.building3, voices.next_grid_leader)
        assert counts(voices_that_wait(voices.grid_leader)) == {"我办理的事件": (2, True)}
        assert counts(voices_that_wait(voices.secretary)) == {}

    @pytest.mark.parametrize("who", ["grid_leader", "next_grid_leader", "secretary"])
    def test_each_number_is_that_of_the_list_it_leads_to(self, voices, who):
        user = getattr(voices, who)
        one = open_at(voices, voices.areas.building1, voices.grid_leader)
        move_case(case=one, kind=MoveKind.ASK_REMIT, by=voices.grid_leader, said=Said(text="属物业公司"))
        open_at(voices, voices.areas.building2, voices.grid_leader, urgent=True)
        three = open_at(voices, voices.areas.building3, voices.next_grid_leader)
        move_case(case=three, kind=MoveKind.URGE, by=voices.secretary, said=Said(text="请尽快"))
        client = Client()
        client.force_login(user)
        for todo in voices_that_wait(user):
            text = client.get(todo.url).content.decode()
            assert len(set(re.findall(r'href="/voices/cases/(\d+)/"', text))) == todo.count, todo.title

    def test_urgent_ones_wherever_one_may_act(self, voices):
        open_at(voices, voices.areas.building1, voices.building_leader, urgent=True)
        for user in (voices.grid_leader, voices.secretary):
            assert counts(voices_that_wait(user))["紧急事件"] == (1, True)
        assert "紧急事件" not in counts(voices_that_wait(voices.next_grid_leader))

    def test_what_somebody_else_asked(self, voices):
        case = open_at(voices, voices.areas.building1, voices.grid_leader)
        move_case(case=case, kind=MoveKind.ASK_REMIT, by=voices.grid_leader, said=Said(text="属物业公司"))
        other = open_at(voices, voices.areas.building1, voices.grid_leader)
        move_case(case=other, kind=MoveKind.ASK_APPROVAL, by=voices.grid_leader, said=Said(text="需经费"))
        found = counts(voices_that_wait(voices.secretary))
        assert found["事件待我审批"] == (2, False)
        assert "事件待我审批" not in counts(voices_that_wait(voices.grid_leader))
        assert "事件待我审批" not in counts(voices_that_wait(voices.next_grid_leader))

    def test_what_my_office_supervises(self, voices):
        case = open_at(voices, voices.areas.building1, voices.grid_leader)
        move_case(case=case, kind=MoveKind.URGE, by=voices.secretary, said=Said(text="请尽快"))
        assert counts(voices_that_wait(voices.secretary))["我督办的事件"] == (1, False)

    def test_one_query_for_any_number(self, voices, django_assert_num_queries):
        for _n in range(3):
            open_at(voices, voices.areas.building1, voices.grid_leader)
            voices.grid_leader.scope  # noqa: B018
            with django_assert_num_queries(1):
                voices_that_wait(voices.grid_leader)

    def test_answered_ones_wait_for_the_resident_alone(self, voices):
        case = open_at(voices, voices.areas.building1, voices.grid_leader, urgent=True)
        move_case(case=case, kind=MoveKind.HANDLE, by=voices.grid_leader, said=Said(text="已修"))
        move_case(case=case, kind=MoveKind.ANSWER, by=voices.grid_leader, said=Said(answer="已修好"))
        assert counts(voices_that_wait(voices.grid_leader)) == {}

    @pytest.mark.parametrize("who", ["building_leader", "cadre", "member", "system_admin", "nobody"])
    def test_who_handles_none_has_none(self, voices, who):
        open_at(voices, voices.areas.building1, voices.grid_leader, urgent=True)
        assert voices_that_wait(getattr(voices, who)) == []


class TestReports:
    @pytest.fixture
    def report(self, voices) -> WeeklyReport:
        return reports_of()[voices.areas.grid1.code]

    def due(self, report, when) -> None:
        WeeklyReport.objects.filter(pk=report.pk).update(due_at=when)

    def test_not_before_its_day(self, voices, report):
        self.due(report, timezone.now() + timedelta(days=2))
        assert report_to_send(voices.grid_leader) == []

    def test_on_its_day_and_when_it_is_late(self, voices, report, django_assert_num_queries):
        self.due(report, timezone.now() - timedelta(minutes=1))
        voices.grid_leader.scope  # noqa: B018
        with django_assert_num_queries(1):
            (todo,) = report_to_send(voices.grid_leader)
        assert (todo.title, todo.late, todo.url) == ("周报逾期未交", True, reverse("cases:report", args=[report.pk]))
        assert report_to_send(voices.next_grid_leader) != [todo]

    def test_returned_it_waits_at_once(self, voices, report):
        self.due(report, timezone.now() + timedelta(days=2))
        report = send_report(report=report, written=Written(done="走访"), by=voices.grid_leader)
        assert report_to_send(voices.grid_leader) == []
        assert counts(voices_that_wait(voices.secretary)) == {"周报待阅": (1, False)}
        return_report(report=report, reason="请补充", by=voices.secretary)
        assert counts(report_to_send(voices.grid_leader)) == {"周报退回修改": (1, False)}
        assert counts(voices_that_wait(voices.secretary)) == {}

    def test_who_reads_or_writes_none_has_none(self, voices, report):
        for user in (voices.building_leader, voices.cadre, voices.member, voices.nobody):
            assert report_to_send(user) == voices_that_wait(user) == []


class TestHome:
    BEGIN = {"记日志": "cases:journal_new", "走访": "people:rounds", "紧急上报": "cases:case_urgent"}

    @pytest.mark.parametrize("who", ["grid_leader", "building_leader", "secretary"])
    def test_a_button_for_each_thing_to_begin(self, voices, who):
        text = home(getattr(voices, who)).partition('class="gp-begin"')[2].partition("</div>")[0]
        for label, route in self.BEGIN.items():
            assert f'href="{reverse(route)}">{label}<' in text

    def test_the_way_to_ones_places_and_a_search(self, voices):
        text = home(voices.grid_leader)
        assert f'href="{reverse("people:places")}"' in text
        assert f'action="{reverse("people:search")}"' in text

    @pytest.mark.parametrize("who", ["member", "system_admin", "nobody"])
    def test_who_may_begin_nothing_is_offered_nothing(self, voices, who):
        text = home(getattr(voices, who))
        assert "gp-begin" not in text
        assert "gp-search" not in text

    def test_urgent_comes_before_late_and_late_before_the_rest(self, voices):
        notify(recipients=[voices.grid_leader], subject="换届提醒", body="", by=voices.secretary)
        open_at(voices, voices.areas.building1, voices.grid_leader)
        Case.objects.update(step_due_at=timezone.now() - timedelta(hours=1))
        open_at(voices, voices.areas.building1, voices.building_leader, urgent=True)
        text = home(voices.grid_leader)
        assert text.index("紧急事件") < text.index("我办理的事件") < text.index("未读通知")

    @pytest.mark.parametrize(
        ("who", "bar", "beside"),
        [
            ("grid_leader", ["待办", "上报", "走访", "我的"], []),
            ("cadre", ["待办", "民情", "走访", "我的"], []),
            ("secretary", ["待办", "上报", "走访", "我的"], ["支部"]),
            ("member", ["待办", "积分", "我的"], []),
        ],
    )
    def test_four_places_and_none_is_lost(self, voices, who, bar, beside):
        text = home(getattr(voices, who))
        tabs = text.partition('<nav class="gp-tabs"')[2]
        assert [label for label in ("待办", "上报", "民情", "走访", "支部", "积分", "我的") if f">{label}<" in tabs] == bar
        assert all(f">{label}</a>" in text.partition('<nav class="gp-links"')[2] for label in beside)

    def test_a_grid_leader_who_is_a_member_finds_the_points_beside(self, voices):
        post = Appointment(user=voices.grid_leader, role=Role.MEMBER, starts_on=date(2020, 1, 1))
        place(row=post, area=voices.areas.grid1)
        post.save()
        assert f'href="{reverse("members:mine")}">积分</a>' in home(voices.grid_leader).partition('<nav class="gp-links"')[2]
