"""Feedback cards at the desk, many at once: buttons over the list, what goes out, what waits; the member's page, the rule."""

from datetime import date, timedelta

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Appointment
from audit.models import ViewEntry
from conftest import make_user
from gridparty.lib.dates import today
from gridparty.lib.registry import panels
from grids.actions import place
from members.actions import NewUnit, add_unit
from services.admin.cards import BULK
from services.choices import Answer, CardState
from services.feedback import card_by_link
from services.models import CardRule, FeedbackCard
from services.tests.card_rows import LAST_YEAR, card_of, logged_in, of_year, state_of, words_of
from services.tests.desk_pages import exported, queries
from services.worklists import cards_work

STEM = "admin:services_feedbackcard"
LIST = f"{STEM}_changelist"


@pytest.fixture
def desk(served) -> Client:
    """Of the community's clerk, who keeps cards."""
    return logged_in(served.clerk)


@pytest.fixture
def boss(served) -> Client:
    """Of the community's secretary, who approves them."""
    return logged_in(served.secretary)


def page(name: str, *args) -> str:
    return reverse(name, args=args)


def others(served):
    """Three members besides 周五, each with a place for a card."""
    return [served.wu, served.sun, served.qian]


class TestManyAtOnce:
    def press(self, client, name: str, cards=(), *, across: bool = False, query: str = "", **more):
        data = {"action": name, ACTION_CHECKBOX_NAME: [card.pk for card in cards], "select_across": "1" if across else "0"}
        return client.post(f"{page(LIST)}?{query}", data | more, follow=True)

    def drafts(self, served) -> list[FeedbackCard]:
        where = {"area": served.areas.grid1, "unit": served.school, "state": CardState.DRAFT}
        for member in others(served):
            member.employer = served.school
            member.save()
        return [card_of(served.zhou, state=CardState.DRAFT), *(card_of(member, **where) for member in others(served))]

    def test_it_is_said_first_and_then_done(self, desk, served):
        cards = self.drafts(served)
        said = self.press(desk, "submit", cards[:2])
        assert "将对 2 张反馈卡办理“提交审批”" in words_of(said)
        assert set(state_of(*cards)) == {CardState.DRAFT}
        done = self.press(desk, "submit", cards[:2], sure="2")
        assert "已办理 2 张反馈卡" in words_of(done)
        assert state_of(*cards) == [CardState.SUBMITTED] * 2 + [CardState.DRAFT] * 2

    def test_what_cannot_be_moved_is_left_and_told(self, boss, served):
        cards = self.drafts(served)
        FeedbackCard.objects.filter(pk=cards[0].pk).update(state=CardState.DROPPED)
        served.wu.employer = None
        served.wu.save()
        said = words_of(self.press(boss, "approve", cards))
        assert "将对 2 张反馈卡" in said
        assert "2 张不办理" in said
        self.press(boss, "approve", cards, sure="2")
        assert state_of(*cards) == [CardState.DROPPED, CardState.DRAFT, CardState.APPROVED, CardState.APPROVED]

    def test_all_the_filters_leave(self, boss, served):
        cards = self.drafts(served)
        card_of(served.zhou, state=CardState.DRAFT, **of_year(LAST_YEAR - 1))
        query = f"period={LAST_YEAR}"
        said = self.press(boss, "approve", cards[:1], across=True, query=query)
        assert "将对 4 张反馈卡" in words_of(said)
        assert f'action="{page(LIST)}?{query}"' in words_of(said)
        self.press(boss, "approve", cards[:1], across=True, query=query, sure="4")
        assert set(state_of(*cards)) == {CardState.APPROVED}
        assert FeedbackCard.objects.filter(state=CardState.DRAFT).count() == 1

    def test_what_others_did_meanwhile_is_said_again(self, desk, served):
        cards = self.drafts(served)
        self.press(desk, "submit", cards)
        FeedbackCard.objects.filter(pk=cards[0].pk).update(state=CardState.DROPPED)
        said = self.press(desk, "submit", cards, sure="4")
        assert "将对 3 张反馈卡" in words_of(said)
        assert set(state_of(*cards[1:])) == {CardState.DRAFT}

    def test_sent_twice_it_is_done_once(self, desk, served):
        cards = self.drafts(served)
        self.press(desk, "submit", cards, sure="4")
        assert "都不能办理" in words_of(self.press(desk, "submit", cards, sure="4"))

    @pytest.mark.parametrize(("name", "way"), [("send_link", "link"), ("send_paper", "paper")])
    def test_they_are_sent(self, desk, served, name, way):
        cards = self.drafts(served)
        FeedbackCard.objects.update(state=CardState.APPROVED)
        self.press(desk, name, cards, sure="4")
        assert set(FeedbackCard.objects.values_list("state", "sent_by")) == {(CardState.SENT, way)}

    def test_the_buttons_are_for_whose_they_are(self, served):
        card_of(served.zhou)
        buttons = {}
        for name in ("clerk", "secretary", "cadre"):
            form = logged_in(getattr(served, name)).get(page(LIST)).context["action_form"]
            buttons[name] = {value for value, _label in form.fields["action"].choices if value} if form else set()
        assert buttons == {"clerk": set(BULK) - {"approve"}, "secretary": set(BULK), "cadre": set()}

    def test_ones_own_is_left_out(self, boss, served):
        served.zhou.person.user = served.secretary
        served.zhou.person.save()
        cards = self.drafts(served)
        self.press(boss, "approve", cards, sure="3")
        assert state_of(*cards) == [CardState.DRAFT, *[CardState.APPROVED] * 3]


class TestExport:
    def test_the_rows_are_those_of_the_list(self, desk, served):
        card_of(served.zhou, remark="=1+1")
        card_of(served.wu, area=served.areas.liuyuan, unit=served.school)
        (row,) = exported(desk, "feedbackcard")
        facts = {"姓名": "周五", "工作单位": "市第一中学", "期间": f"{LAST_YEAR}年度", "服务时长": "12.5", "社区评语": "=1+1"}
        assert {name: row[name] for name in facts} == facts
        assert list(ViewEntry.objects.values_list("kind", "model", "rows")) == [("exported", "services.feedbackcard", 1)]

    def test_links_go_to_who_may_send_them(self, desk, served):
        card = card_of(served.zhou)
        card_of(served.wu, area=served.areas.grid1, unit=served.school, state=CardState.APPROVED)
        links = {row["姓名"]: row["回执链接"] for row in exported(desk, "feedbackcard")}
        assert links["吴六"] == ""
        assert card_by_link(links["周五"].rstrip("/").rpartition("/")[2]) == card
        assert {row["回执链接"] for row in exported(logged_in(served.cadre), "feedbackcard")} == {""}

    def test_a_reader_of_two_places_gets_the_links_of_one(self, served):
        both = make_user("community_clerk", served.areas.liuyuan, username="both")
        post = Appointment(user=both, role="leading_cadre", starts_on=date(2020, 1, 1))
        place(row=post, area=served.areas.taoyuan)
        post.save()
        card_of(served.zhou)
        card_of(served.wu, area=served.areas.liuyuan, unit=served.school)
        links = {row["姓名"]: bool(row["回执链接"]) for row in exported(logged_in(both), "feedbackcard")}
        assert links == {"周五": False, "吴六": True}


class TestWaiting:
    def test_what_waits_and_where_it_is_worked_down(self, served):
        sun, qian = served.sun, served.qian
        where = {"area": served.areas.grid2, "unit": served.school}
        card_of(served.wu, state=CardState.DRAFT, **where)
        card_of(sun, state=CardState.SUBMITTED, **where)
        card_of(qian, state=CardState.APPROVED, **where)
        card_of(served.zhao, answer_by=today() - timedelta(days=1), **where)
        card_of(served.zhou, state=CardState.ANSWERED, answer=Answer.NOT_OURS)
        boss = {one.title: (one.count, one.url.partition("todo=")[2]) for one in cards_work(served.secretary)}
        assert boss == {
            "反馈卡待填评语": (1, "remark"),
            "反馈卡待审批": (1, "approve"),
            "反馈卡待发出": (1, "send"),
            "反馈卡逾期未回执": (1, "late"),
            "已不在本单位": (1, "left"),
        }
        assert [one.title for one in cards_work(served.clerk)] == [title for title in boss if title != "反馈卡待审批"]
        assert cards_work(served.cadre) == cards_work(served.grid_leader) == cards_work(served.zhou_user) == []

    def test_the_rows_counted_are_those_of_the_list(self, boss, served):
        card_of(served.zhou, state=CardState.SUBMITTED)
        card_of(served.wu, area=served.areas.liuyuan, unit=served.school, state=CardState.SUBMITTED)
        (one,) = cards_work(served.secretary)
        assert one.count == len(boss.get(one.url).context["cl"].result_list) == 1

    @pytest.mark.parametrize("number", [1, 3])
    def test_one_query(self, served, number):
        for member in others(served)[:number]:
            card_of(member, area=served.areas.grid1, unit=served.school, state=CardState.DRAFT)
        user = type(served.secretary).objects.get(pk=served.secretary.pk)
        assert user.scope
        with CaptureQueriesContext(connection) as captured:
            cards_work(user)
        assert len(captured) == 1


class TestPanel:
    def shown(self, served, user):
        made = [one for panel in panels if panel.__module__ == "services.panels" for one in panel(served.zhou.person, user)]
        return {label: text for panel in made for label, text, _url in panel.rows}

    def test_the_last_card_stands_on_the_members_page(self, served):
        card_of(served.zhou, state=CardState.ANSWERED, answer=Answer.NOT_OURS, **of_year(LAST_YEAR - 1))
        card_of(served.zhou, state=CardState.ANSWERED)
        card_of(served.zhou, state=CardState.DRAFT, **of_year(LAST_YEAR + 1))
        assert self.shown(served, served.secretary) == {f"{LAST_YEAR}年度反馈卡": "已知悉"}

    def test_it_is_shown_to_who_sees_cards(self, served):
        card_of(served.zhou, state=CardState.ANSWERED)
        assert self.shown(served, served.grid_leader) == self.shown(served, served.zhou_user) == {}


class TestRule:
    def test_the_system_administrator_sets_it(self, served):
        rule = CardRule.objects.get()
        client = logged_in(served.system_admin)
        values = {"name": "反馈卡", "period": "half", "draft_after_days": 5, "answer_days": 20, "remind_every_days": 10}
        client.post(page("admin:services_cardrule_change", rule.pk), values)
        rule.refresh_from_db()
        assert (rule.period, rule.answer_days) == ("half", 20)
        assert client.get(page("admin:services_cardrule_add")).status_code == 403


class TestUnits:
    """The employers of a period, for who prints and sends."""

    PAGE = f"{STEM}_units"

    def test_each_with_its_numbers(self, desk, served):
        wu, sun, qian = others(served)
        second = add_unit(new=NewUnit(name="市第二中学", kind="institution"), by=None)
        where = {"area": served.areas.grid1, "unit": served.school}
        card_of(served.zhou, state=CardState.APPROVED)
        card_of(wu, answer_by=today() - timedelta(days=1), **where)
        card_of(sun, state=CardState.ANSWERED, **where)
        card_of(qian, state=CardState.DROPPED, **where)
        card_of(served.zhao, state=CardState.DRAFT, area=served.areas.grid2, unit=second)
        card_of(served.zhao, area=served.areas.liuyuan, unit=second, **of_year(LAST_YEAR - 1))
        names = ("unit__name", "cards", "printable", "waiting", "late", "answered")
        found = desk.get(page(self.PAGE)).context["page"].object_list
        assert [tuple(one[name] for name in names) for one in found] == [
            ("市第一中学", 3, 3, 1, 1, 1),
            ("市第二中学", 1, 0, 0, 0, 0),
        ]
        assert list(desk.get(f"{page(self.PAGE)}?period={LAST_YEAR - 1}").context["page"].object_list) == []
        assert page("services:cards_of_unit", served.school.pk, LAST_YEAR) in words_of(desk.get(page(self.PAGE)))

    def test_what_is_typed_into_the_address_does_no_harm(self, desk, served):
        card_of(served.zhou)
        for typed in ("?period=abc", "?period=2025H9&page=x", "?page=999"):
            assert desk.get(f"{page(self.PAGE)}{typed}").status_code == 200

    def test_it_is_for_who_keeps_cards(self, desk, served):
        assert page(self.PAGE) in words_of(desk.get(page(LIST)))
        client = logged_in(served.cadre)
        assert page(self.PAGE) not in words_of(client.get(page(LIST)))
        assert client.get(page(self.PAGE)).status_code == 403

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries(self, desk, served, number):
        for n, member in enumerate(others(served)[:number]):
            unit = add_unit(new=NewUnit(name=f"市第{n}中学", kind="institution"), by=None)
            card_of(member, area=served.areas.grid1, unit=unit)
        assert queries(desk, page(self.PAGE)) == 6
