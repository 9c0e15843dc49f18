"""Feedback cards at the desk: who finds which, remarks, moves one by one and many at once, what waits, what goes out."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import ViewEntry
from gridparty.lib.codes import spelt
from gridparty.lib.dates import today
from members.actions import NewUnit, add_unit
from services.admin.cards import STEPS
from services.choices import CARD_MOVES, Answer, CardMove, CardState
from services.feedback import card_by_link
from services.models import FeedbackCard
from services.tests import desk_pages
from services.tests.card_rows import LAST_YEAR, card_of, logged_in, of_year, state_of, words_of
from services.tests.desk_pages import queries

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


def listed(client, query: str = "") -> set[int]:
    return {row.pk for row in desk_pages.listed(client, "feedbackcard", query)}


def offered(client, card) -> list[str]:
    return desk_pages.offered(client, "feedbackcard", card)


def step(client, card, name: str, **data):
    return desk_pages.step(client, "feedbackcard", card, name, **data)


def others(served):
    """Three members besides 周五, each with a place for a card."""
    return [served.wu, served.sun, served.qian]


class TestList:
    def test_each_sees_their_own(self, served):
        here = card_of(served.zhou)
        there = card_of(served.wu, area=served.areas.liuyuan, unit=served.school)
        seen = {}
        for name in ("clerk", "secretary", "cadre", "street_officer", "district_official"):
            seen[name] = listed(logged_in(getattr(served, name)))
        both = {here.pk, there.pk}
        own = {name: {here.pk} for name in ("clerk", "secretary", "cadre")}
        assert seen == own | {"street_officer": both, "district_official": both}

    @pytest.mark.parametrize("name", ["system_admin", "audit_admin", "security_admin"])
    def test_who_sees_no_cards_has_no_list(self, served, name):
        card = card_of(served.zhou)
        client = logged_in(getattr(served, name))
        assert {client.get(page(one, *args)).status_code for one, args in ((LIST, ()), (f"{STEM}_change", (card.pk,)))} == {403}

    def test_the_cards_of_elsewhere_are_not_there(self, desk, served):
        card = card_of(served.wu, area=served.areas.liuyuan, unit=served.school)
        for name in ("change", *(one.name for one in STEPS)):
            assert desk.get(page(f"{STEM}_{name}", card.pk)).status_code == 404

    def test_the_filters_answer_questions(self, boss, served):
        wu, sun, qian = others(served)
        where = {"area": served.areas.grid2, "unit": served.school}
        draft = card_of(wu, state=CardState.DRAFT, area=served.areas.grid1, unit=None)
        handed_in = card_of(served.zhou, state=CardState.SUBMITTED)
        approved = card_of(sun, state=CardState.APPROVED, **where)
        late = card_of(qian, answer_by=today() - timedelta(days=1), **where)
        left = card_of(served.zhou, state=CardState.ANSWERED, answer=Answer.NOT_OURS, **of_year(LAST_YEAR - 1))
        long_ago = card_of(sun, state=CardState.ANSWERED, answer=Answer.NOT_OURS, **where, **of_year(LAST_YEAR - 1))
        asked = {
            "todo=remark": {draft},
            "todo=approve": {handed_in},
            "todo=send": {approved},
            "todo=sent": {late},
            "todo=late": {late},
            "todo=left": {left},
            "todo=no_unit": {draft},
            f"period={LAST_YEAR}": {draft, handed_in, approved, late},
            f"period={LAST_YEAR - 1}": {left, long_ago},
            "period=abc": set(),
            "state__exact=approved": {approved},
            "answer__exact=not_ours": {left, long_ago},
            f"within={served.areas.grid2.pk}": {approved, late, long_ago},
            "q=市第一": {handed_in, approved, late, left, long_ago},
            "q=周": {handed_in, left},
        }
        assert {query: listed(boss, query) for query in asked} == {
            query: {card.pk for card in cards} for query, cards in asked.items()
        }

    def test_who_works_elsewhere_now_waits_no_more(self, boss, served):
        card_of(served.zhou, state=CardState.ANSWERED, answer=Answer.NOT_OURS)
        served.zhou.employer = add_unit(new=NewUnit(name="市第二中学", kind="institution"), by=None)
        served.zhou.save()
        assert listed(boss, "todo=left") == set()

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries(self, desk, served, number):
        for member in (served.zhou, *others(served))[:number]:
            card_of(member, area=served.areas.grid1, unit=served.school)
        assert queries(desk, page(LIST)) == 8


class TestCard:
    def test_it_shows_all_and_that_it_was_opened_is_logged(self, desk, served):
        card = card_of(served.zhou)
        shown = words_of(desk.get(page(f"{STEM}_change", card.pk)))
        told = [
            "周五",
            "市第一中学",
            f"{LAST_YEAR}年度",
            "12.5",
            "本期在社区承担服务岗位 2 个。",
            "热心邻里，认真负责。",
            "待单位回执",
        ]
        assert [one for one in told if one not in shown] == []
        assert list(ViewEntry.objects.values_list("kind", "model", "object_id")) == [("opened", "services.feedbackcard", card.pk)]

    def test_its_link_is_for_who_may_send_it(self, desk, served):
        card = card_of(served.zhou)
        context = desk.get(page(f"{STEM}_change", card.pk)).context
        assert card_by_link(context["address"].rstrip("/").rpartition("/")[2]) == card
        assert context["code"] == spelt(card.code)
        shown = logged_in(served.cadre).get(page(f"{STEM}_change", card.pk))
        assert "card/link" not in words_of(shown)
        assert spelt(card.code) not in words_of(shown)
        assert shown.context["steps"] == []

    def test_what_is_not_out_has_no_link(self, desk, served):
        card = card_of(served.zhou, state=CardState.APPROVED)
        shown = words_of(desk.get(page(f"{STEM}_change", card.pk)))
        assert "card/link" not in shown
        assert page("services:card_print", card.pk) in shown
        assert page("services:cards_of_unit", served.school.pk, LAST_YEAR) in shown

    def test_the_remark_is_written(self, desk, served):
        card = card_of(served.zhou, state=CardState.DRAFT)
        desk.post(page(f"{STEM}_change", card.pk), {"remark": "<b>热心</b>"})
        card.refresh_from_db()
        assert (card.remark, card.state) == ("<b>热心</b>", CardState.DRAFT)
        assert "&lt;b&gt;热心" in words_of(desk.get(page(f"{STEM}_change", card.pk)))

    @pytest.mark.parametrize("state", sorted(set(CardState) - {CardState.DRAFT}))
    def test_what_is_handed_in_is_not_the_keepers_to_change(self, desk, served, state):
        card = card_of(served.zhou, state=state)
        assert desk.post(page(f"{STEM}_change", card.pk), {"remark": "改动"}).status_code == 403
        card.refresh_from_db()
        assert card.remark == "热心邻里，认真负责。"

    def test_what_is_handed_in_is_the_approvers(self, boss, served):
        card = card_of(served.zhou, state=CardState.SUBMITTED)
        boss.post(page(f"{STEM}_change", card.pk), {"remark": "改动"})
        card.refresh_from_db()
        assert card.remark == "改动"

    def test_nothing_else_is_changed_by_the_form(self, desk, served):
        card = card_of(served.zhou, state=CardState.DRAFT)
        desk.post(page(f"{STEM}_change", card.pk), {"remark": "好", "hours": "999", "state": "answered", "unit": ""})
        after = FeedbackCard.objects.get()
        assert (after.hours, after.state, after.unit) == (card.hours, CardState.DRAFT, served.school)

    def test_queries(self, desk, served):
        assert queries(desk, page(f"{STEM}_change", card_of(served.zhou).pk)) == 6


class TestSteps:
    def test_each_state_offers_its_own(self, desk, boss, served):
        keeper = {
            CardState.DRAFT: ["submit", "drop"],
            CardState.SUBMITTED: ["drop"],
            CardState.APPROVED: ["send_link", "send_paper", "drop"],
            CardState.SENT: ["answer", "revoke"],
            CardState.ANSWERED: [],
            CardState.DROPPED: [],
        }
        approver = keeper | {
            CardState.DRAFT: ["submit", "approve", "drop"],
            CardState.SUBMITTED: ["approve", "return", "drop"],
            CardState.APPROVED: ["return", "send_link", "send_paper", "drop"],
        }
        seen: dict = {"keeper": {}, "approver": {}}
        card = card_of(served.zhou, state=CardState.ANSWERED, sent_by="link")
        for state in CardState:
            FeedbackCard.objects.filter(pk=card.pk).update(state=state)
            seen["keeper"][state], seen["approver"][state] = offered(desk, card), offered(boss, card)
        assert seen == {"keeper": keeper, "approver": approver}

    def test_the_whole_way_by_link(self, desk, boss, served):
        card = card_of(served.zhou, state=CardState.DRAFT)
        step(desk, card, "submit")
        step(boss, card, "return", reason="请写具体些")
        assert "请写具体些" in words_of(desk.get(page(f"{STEM}_change", card.pk)))
        step(desk, card, "submit")
        step(boss, card, "approve")
        sent = step(desk, card, "send_link")
        assert sent.context["address"] in words_of(sent)
        card.refresh_from_db()
        assert (card.state, card.sent_by, card.approved_by) == (CardState.SENT, "link", served.secretary)

    def test_an_answer_on_paper_is_entered(self, desk, served):
        card = card_of(served.zhou, sent_by="paper")
        assert "请写明有什么意见" in words_of(step(desk, card, "answer", answer="remarked", text=""))
        step(desk, card, "answer", answer="remarked", text="请多安排周末活动", answerer="王老师")
        card.refresh_from_db()
        assert (card.state, card.answer, card.answer_text) == (CardState.ANSWERED, "remarked", "请多安排周末活动")
        assert "不能登记回执" in words_of(step(desk, card, "answer", answer="confirmed"))

    @pytest.mark.parametrize("name", ["return", "revoke", "drop"])
    def test_a_reason_is_asked(self, boss, served, name):
        states = {"return": CardState.SUBMITTED, "revoke": CardState.SENT, "drop": CardState.DRAFT}
        card = card_of(served.zhou, state=states[name])
        assert "请写明原因" in words_of(step(boss, card, name, reason=" "))
        assert state_of(card) == [states[name]]
        step(boss, card, name, reason="数字有误")
        assert state_of(card) == [CARD_MOVES[CardMove(name)].to]

    def test_the_keeper_does_not_approve(self, desk, served):
        card = card_of(served.zhou, state=CardState.SUBMITTED)
        assert "由社区书记或街道、区办理" in words_of(step(desk, card, "approve"))
        assert state_of(card) == [CardState.SUBMITTED]

    def test_without_an_employer_nothing_is_approved(self, boss, served):
        card = card_of(served.zhou, state=CardState.SUBMITTED, unit=None)
        served.zhou.employer = None
        served.zhou.save()
        assert "没有登记工作单位" in words_of(step(boss, card, "approve"))
        assert state_of(card) == [CardState.SUBMITTED]

    def test_nobody_approves_or_answers_their_own(self, boss, served):
        served.zhou.person.user = served.secretary
        served.zhou.person.save()
        card = card_of(served.zhou, state=CardState.SUBMITTED)
        assert offered(boss, card) == ["return", "drop"]
        assert "不能办理本人的事项" in words_of(step(boss, card, "approve"))
        FeedbackCard.objects.update(state=CardState.SENT, sent_by="paper")
        assert "不能办理本人的事项" in words_of(step(boss, card, "answer", answer="confirmed"))
        assert state_of(card) == [CardState.SENT]

    def test_who_only_looks_moves_nothing(self, served):
        card = card_of(served.zhou, state=CardState.DRAFT)
        client = logged_in(served.cadre)
        assert {client.post(page(f"{STEM}_{one.name}", card.pk)).status_code for one in STEPS} == {403}
        assert state_of(card) == [CardState.DRAFT]
