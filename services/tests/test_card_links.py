"""T35: a signed link or the code on paper opens one card, as long as it is out, and takes one answer. All else opens nothing."""

import random
import time
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from gridparty.lib.codes import SIGNS, spelt
from gridparty.lib.limits import Limit
from gridparty.lib.links import SignedLink
from gridparty.lib.tests.mutations import Mutations
from services.actions import move_cards
from services.card_lists import WRONG_CODES
from services.choices import CardState
from services.feedback import CARD_LINK, card_by_code, card_by_link
from services.models import FeedbackCard
from services.tests.card_rows import card_of
from services.views import cards as views

GONE = "链接已失效"


@pytest.fixture
def card(served) -> FeedbackCard:
    return card_of(served.zhou)


def by_link(token: str) -> str:
    return reverse("services:card_by_link", args=[token])


def by_code(code: str) -> str:
    return reverse("services:card_of_code", args=[code])


def answered(client, address: str, answer: str = "confirmed", **typed):
    return client.post(address, {"form_id": str(uuid.uuid4()), "answer": answer, "text": "", "answerer": ""} | typed, follow=True)


class TestMutatedTokens:
    """Whatever is done to a token, it opens nothing and answers nothing."""

    @pytest.mark.parametrize("number", [500, pytest.param(10_000, marks=pytest.mark.proof)])
    def test_none_is_accepted(self, served, card, number):
        other = card_of(served.wu, area=served.areas.liuyuan, unit=served.school)
        mutate = Mutations(random.Random(35), CARD_LINK, card, other)
        accepted = sum(card_by_link(mutate()) is not None for _n in range(number))
        assert accepted == 0
        assert [card_by_link(token) for token in (mutate.token, mutate.others)] == [card, other]
        print(f"\nT35: {number} mutated tokens of feedback cards, {accepted} accepted")

    def test_the_page_is_the_same_for_all(self, client, served, card):
        mutate = Mutations(random.Random(1), CARD_LINK, card, card)
        tokens = [mutate() for _n in range(30)]
        pages = {client.get(by_link(token)).content.decode() for token in tokens}
        assert len(pages) == 1
        assert GONE in pages.pop()
        assert not FeedbackCard.objects.filter(state=CardState.ANSWERED).exists()


class TestLinks:
    def test_it_opens_the_one_card(self, client, card):
        page = client.get(by_link(CARD_LINK.token(card)))
        assert page.status_code == 200
        assert page.context["card"] == card

    @pytest.mark.parametrize("state", [state for state in CardState if state not in (CardState.SENT, CardState.ANSWERED)])
    def test_what_is_not_out_opens_nothing(self, client, served, state):
        card = card_of(served.zhou, state=state)
        assert client.get(by_link(CARD_LINK.token(card))).status_code == 404
        assert client.get(by_code(card.code)).status_code == 404

    def test_it_expires(self, client, card, monkeypatch):
        token = CARD_LINK.token(card)
        monkeypatch.setattr("time.time", _days_later(89))
        assert client.get(by_link(token)).status_code == 200
        monkeypatch.setattr("time.time", _days_later(91))
        assert client.get(by_link(token)).status_code == 404
        assert GONE in answered(client, by_link(token)).content.decode()

    def test_what_is_revoked_opens_nothing_and_what_is_sent_anew_does(self, client, served, card):
        token, code = CARD_LINK.token(card), card.code
        move_cards(cards=[card], move="revoke", by=served.clerk, reason="数字有误")
        move_cards(cards=[card], move="send", by=served.clerk, sent_by="paper")
        card.refresh_from_db()
        assert [client.get(address).status_code for address in (by_link(token), by_code(code))] == [404, 404]
        assert [client.get(address).status_code for address in (by_link(CARD_LINK.token(card)), by_code(card.code))] == [200, 200]
        assert answered(client, by_link(token)).status_code == answered(client, by_code(code)).status_code == 404
        assert FeedbackCard.objects.get().state == CardState.SENT

    def test_a_link_of_something_else_opens_nothing(self, client, card):
        token = SignedLink("services.attend", 90, "link_key").token(card)
        answer = client.get(by_link(token))
        assert answer.status_code == 404
        assert GONE in answer.content.decode()


def _days_later(days: int):
    now = time.time()
    return lambda: now + days * 86_400


class TestCodes:
    def test_it_may_be_typed_as_people_do(self, client, card):
        for typed in (card.code.lower(), spelt(card.code), f" {spelt(card.code)} "):
            answer = client.get(reverse("services:card_by_code"), {"code": typed})
            assert answer["Location"] == by_code(card.code)
        assert client.get(by_code(card.code)).context["card"] == card

    def test_nothing_typed_is_told(self, client, card):
        assert "请填写查询码" in client.get(reverse("services:card_by_code"), {"code": ""}).content.decode()
        assert "核对" in client.get(reverse("services:card_by_code"), {"code": "——"}).content.decode()

    def test_a_wrong_one_leads_back_to_the_form(self, client, card):
        answer = client.get(by_code("2" * 12))
        assert answer.status_code == 404
        assert "没有这个查询码" in answer.content.decode()

    def test_wrong_ones_are_counted_and_right_ones_are_not(self, client, card, monkeypatch):
        monkeypatch.setattr(views, "WRONG_CODES", Limit("test_card_code", "2/h/ip"))
        assert [client.get(by_code(card.code)).status_code for _n in range(3)] == [200] * 3
        assert [client.get(by_code("2" * 12)).status_code for _n in range(3)] == [404, 404, 429]
        assert client.get(by_code(card.code)).status_code == 429
        assert Client(REMOTE_ADDR="10.0.0.9").get(by_code(card.code)).status_code == 200

    def test_a_thousand_guesses_find_nothing(self, card):
        chance = random.Random(12)
        assert not any(card_by_code("".join(chance.choices(SIGNS, k=12))) for _n in range(1_000))

    def test_so_many_an_hour(self):
        assert WRONG_CODES.rate == "30/h/ip"
