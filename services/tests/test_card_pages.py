"""What the employer opens and answers without an account, what the member sees, what is printed and sent by the desk."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import ViewEntry
from gridparty.lib.codes import spelt
from jobs.models import FormReceipt
from people.models import Person
from services.card_lists import cards_of
from services.choices import Answer, CardState
from services.feedback import CARD_LINK, link_of
from services.models import FeedbackCard
from services.tests.card_rows import LAST_YEAR, card_of, logged_in, of_year, words_of
from services.tests.desk_pages import queries

HOSTILE = "<script>alert(1)</script>认真负责"
SLUG = str(LAST_YEAR)


@pytest.fixture
def card(served) -> FeedbackCard:
    return card_of(served.zhou)


def by_link(card) -> str:
    return reverse("services:card_by_link", args=[CARD_LINK.token(card)])


def by_code(card) -> str:
    return reverse("services:card_of_code", args=[card.code])


def send(client, address: str, answer: str = "confirmed", **typed):
    values = {"form_id": str(uuid.uuid4()), "answer": answer, "text": "", "answerer": ""} | typed
    return client.post(address, values, follow=True)


@pytest.fixture
def desk(served) -> Client:
    return logged_in(served.clerk)


class TestEmployersPage:
    @pytest.mark.parametrize("way", [by_link, by_code])
    def test_it_tells_what_the_card_holds(self, client, card, way):
        page = words_of(client.get(way(card)))
        told = [
            "周五",
            "市第一中学",
            "桃园社区",
            f"{LAST_YEAR}年度",
            "2 个",
            "12.5 小时",
            "3 次",
            "4 项",
            "16 分",
            "热心邻里，认真负责。",
        ]
        assert [one for one in told if one not in page] == []

    def test_it_holds_the_name_and_nothing_else_of_the_member(self, client, served, card):
        person = served.zhou.person
        Person.objects.filter(pk=person.pk).update(employer="单位金丝雀")
        person.refresh_from_db()
        person.phone = "15400007788"
        person.save()
        other = card_of(served.wu, area=served.areas.taoyuan, unit=served.school, remark="别人的金丝雀")
        for way in (by_link, by_code):
            page = words_of(client.get(way(card)))
            canaries = [
                person.id_number,
                person.id_number[-6:],
                "15400007788",
                "7788",
                "1号楼",
                "单位金丝雀",
                "吴六",
                "别人的金丝雀",
            ]
            canaries += [other.code, other.link_key.hex, spelt(card.code), served.zhou.organisation.name, served.secretary.name]
            assert [one for one in canaries if one in page] == []
            assert "周五" in page

    @pytest.mark.parametrize("way", [by_link, by_code])
    def test_nobody_keeps_it(self, client, card, way):
        for answer in (client.get(way(card)), client.get(reverse("services:card_by_code")), client.get(way(card)[:-3] + "xx/")):
            assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
            assert "no-store" in answer["Cache-Control"]

    def test_markup_is_text(self, client, served):
        card = card_of(served.zhou, remark=HOSTILE)
        page = words_of(client.get(by_link(card)))
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;认真负责" in page

    def test_it_stays_open_as_often_as_one_likes(self, client, card):
        assert {client.get(by_link(card)).status_code for _n in range(3)} == {200}
        assert client.head(by_link(card)).status_code == 200
        assert client.put(by_link(card)).status_code == 405

    def test_queries(self, client, card):
        assert queries(client, by_link(card)) == 1
        assert queries(client, by_code(card)) == 1


class TestAnswer:
    @pytest.mark.parametrize(
        ("answer", "text", "told"),
        [("confirmed", "", "已知悉"), ("remarked", "请多安排周末活动", "有意见"), ("not_ours", "去年六月调出", "已不在本单位")],
    )
    @pytest.mark.parametrize("way", [by_link, by_code])
    def test_it_is_given_once_and_shown_ever_after(self, client, card, way, answer, text, told):
        first = words_of(send(client, way(card), answer, text=text, answerer="组织委员"))
        assert "回执已收到" in first
        card.refresh_from_db()
        assert (card.state, card.answer, card.answer_text, card.answerer) == (CardState.ANSWERED, answer, text, "组织委员")
        page = words_of(Client().get(way(card)))
        assert told in page
        assert text in page
        assert "<form" not in page

    def test_a_second_one_is_refused_and_told_why(self, client, card):
        send(client, by_link(card))
        page = words_of(send(Client(), by_code(card), "remarked", text="改口"))
        assert "不能重复回执" in page
        assert "已知悉" in page
        assert "改口" not in page
        assert FeedbackCard.objects.get().answer == Answer.CONFIRMED

    def test_the_same_form_four_times_is_one_answer(self, client, card):
        form_id = str(uuid.uuid4())
        pages = [send(client, by_link(card), form_id=form_id) for _n in range(4)]
        assert {page.status_code for page in pages} == {200}
        assert not any("不能重复回执" in words_of(page) for page in pages)
        assert FormReceipt.objects.count() == 1

    def test_a_remark_needs_words(self, client, card):
        assert "请写明有什么意见" in words_of(send(client, by_link(card), "remarked", text="  "))
        assert "请选择回执意见" in words_of(send(client, by_link(card), ""))
        assert "请选择回执意见" in words_of(send(client, by_link(card), "maybe"))
        assert FeedbackCard.objects.get().state == CardState.SENT
        assert not FormReceipt.objects.exists()

    def test_nothing_typed_is_lost(self, client, card):
        page = words_of(send(client, by_link(card), "", text=HOSTILE, answerer="王老师"))
        assert "&lt;script&gt;alert(1)&lt;/script&gt;认真负责" in page
        assert "王老师" in page

    def test_what_is_longer_than_its_place_is_refused_with_a_sentence(self, client, card):
        assert "500" in words_of(send(client, by_link(card), "remarked", text="好" * 501))
        assert FeedbackCard.objects.get().state == CardState.SENT

    def test_a_form_without_a_number_does_nothing(self, client, card):
        assert "页面已过期" in words_of(send(client, by_link(card), form_id=""))
        assert FeedbackCard.objects.get().state == CardState.SENT

    def test_the_sender_does_not_answer_for_the_employer(self, served, card):
        for user in (served.clerk, served.secretary, served.street_officer):
            assert "不能代单位回执" in words_of(send(logged_in(user), by_link(card)))
        assert FeedbackCard.objects.get().state == CardState.SENT

    def test_the_member_does_not_answer_their_own(self, served, card):
        assert "本人不能代填" in words_of(send(logged_in(served.zhou_user), by_link(card)))
        assert FeedbackCard.objects.get().state == CardState.SENT

    def test_somebody_else_who_is_logged_in_may(self, served, card):
        send(logged_in(served.wu_user), by_link(card))
        assert FeedbackCard.objects.get().state == CardState.ANSWERED

    def test_who_is_no_resident_of_the_site_needs_a_token_of_the_page(self, card):
        client = Client(enforce_csrf_checks=True)
        assert send(client, by_link(card)).status_code == 403
        assert FeedbackCard.objects.get().state == CardState.SENT


class TestMine:
    def page(self, card) -> str:
        return reverse("services:my_card", args=[card.pk])

    def test_the_member_sees_what_was_told_and_answered(self, served):
        card = card_of(
            served.zhou, state=CardState.ANSWERED, answer="remarked", answer_text="请多安排周末活动", answerer="王老师"
        )
        page = words_of(logged_in(served.zhou_user).get(self.page(card)))
        told = ["周五", "热心邻里，认真负责。", "12.5 小时", "市第一中学", "有意见", "请多安排周末活动"]
        assert [one for one in told if one not in page] == []
        assert "王老师" not in page

    @pytest.mark.parametrize("state", [CardState.DRAFT, CardState.SUBMITTED, CardState.APPROVED, CardState.DROPPED])
    def test_what_was_not_told_is_not_theirs_to_see(self, served, state):
        assert logged_in(served.zhou_user).get(self.page(card_of(served.zhou, state=state))).status_code == 404
        assert cards_of(served.zhou_user) == []

    def test_it_is_nobody_elses(self, served, card, client):
        for user in (served.wu_user, served.zhao_user, served.clerk, served.secretary, served.nobody):
            assert logged_in(user).get(self.page(card)).status_code == 404
        assert client.get(self.page(card))["Location"].startswith(reverse("account_login"))
        assert logged_in(served.zhou_user).post(self.page(card)).status_code == 405

    def test_queries(self, served, card):
        client = logged_in(served.zhou_user)
        assert queries(client, self.page(card)) == 4

    def test_the_list_is_the_latest_first(self, served):
        years = [(LAST_YEAR - 1, CardState.ANSWERED), (LAST_YEAR, CardState.SENT), (LAST_YEAR - 2, CardState.DROPPED)]
        for year, state in years:
            card_of(served.zhou, state=state, **of_year(year))
        assert [label for _card, label in cards_of(served.zhou_user)] == [f"{LAST_YEAR}年度", f"{LAST_YEAR - 1}年度"]


class TestPrint:
    def page(self, card) -> str:
        return reverse("services:card_print", args=[card.pk])

    def of_unit(self, served, slug: str = SLUG) -> str:
        return reverse("services:cards_of_unit_print", args=[served.school.pk, slug])

    def test_what_is_approved_is_printed_and_logged(self, desk, served):
        card = card_of(served.zhou, state=CardState.APPROVED)
        answer = desk.get(self.page(card))
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
        assert "no-store" in answer["Cache-Control"]
        entry = ViewEntry.objects.get()
        assert (entry.kind, entry.model, entry.object_id) == ("printed", "services.feedbackcard", card.pk)
        assert entry.actor == served.clerk

    @pytest.mark.parametrize("state", [CardState.DRAFT, CardState.SUBMITTED, CardState.DROPPED])
    def test_what_is_not_approved_is_not(self, desk, served, state):
        assert desk.get(self.page(card_of(served.zhou, state=state))).status_code == 404
        assert desk.get(self.of_unit(served)).status_code == 404
        assert not ViewEntry.objects.exists()

    def test_all_of_an_employer_are_one_file(self, desk, served, card):
        card_of(served.wu, area=served.areas.grid2, unit=served.school, state=CardState.APPROVED)
        card_of(served.zhao, area=served.areas.grid2, unit=served.school, state=CardState.DRAFT)
        card_of(served.sun, area=served.areas.liuyuan, unit=served.school)
        answer = desk.get(self.of_unit(served))
        assert answer.content.startswith(b"%PDF")
        assert list(ViewEntry.objects.values_list("kind", "object_id", "rows")) == [("printed", None, 2)]

    def test_who_does_not_keep_cards_prints_none(self, served, card):
        for name in ("cadre", "grid_leader", "zhou_user", "system_admin"):
            client = logged_in(getattr(served, name))
            assert client.get(self.page(card)).status_code == client.get(self.of_unit(served)).status_code == 403
        for user in (served.street_officer, served.secretary):
            assert logged_in(user).get(self.page(card)).status_code == 200

    def test_those_of_elsewhere_are_not_there(self, desk, served):
        card = card_of(served.wu, area=served.areas.liuyuan, unit=served.school)
        assert desk.get(self.page(card)).status_code == desk.get(self.of_unit(served)).status_code == 404


class TestOfUnit:
    def page(self, served, slug: str = SLUG) -> str:
        return reverse("services:cards_of_unit", args=[served.school.pk, slug])

    def test_each_card_with_its_link_and_code(self, desk, served, card):
        approved = card_of(served.wu, area=served.areas.grid2, unit=served.school, state=CardState.APPROVED)
        page = desk.get(self.page(served))
        assert {(one.pk, bool(link)) for one, link, _code in page.context["lines"]} == {(card.pk, True), (approved.pk, False)}
        assert link_of(card).rpartition(":")[0].partition("link/")[2].split(":")[0] in words_of(page)
        assert spelt(card.code) in words_of(page)
        assert spelt(approved.code) not in words_of(page)
        assert page.context["printable"] == 2

    def test_only_within_reach_and_of_the_period(self, desk, served, card):
        card_of(served.wu, area=served.areas.liuyuan, unit=served.school)
        card_of(served.zhou, **of_year(LAST_YEAR - 1))
        card_of(served.sun, area=served.areas.grid2, unit=served.school, state=CardState.DROPPED)
        assert [one.pk for one, _link, _code in desk.get(self.page(served)).context["lines"]] == [card.pk]
        street = logged_in(served.street_officer).get(self.page(served))
        assert len(street.context["lines"]) == 2

    @pytest.mark.parametrize("slug", ["1999", "2026Q9", "abc", "0", f"{LAST_YEAR}H1"])
    def test_no_cards_no_page(self, desk, served, card, slug):
        assert desk.get(self.page(served, slug)).status_code == 404

    def test_who_does_not_keep_cards_is_not_let_in(self, served, card):
        for name in ("cadre", "grid_leader", "zhou_user", "system_admin"):
            assert logged_in(getattr(served, name)).get(self.page(served)).status_code == 403

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries(self, desk, served, card, number):
        for member in (served.wu, served.sun)[: number - 1]:
            card_of(member, area=served.areas.grid2, unit=served.school)
        assert queries(desk, self.page(served)) == 6


class TestBelowMyHours:
    def test_my_cards_stand_below_my_hours(self, served, card):
        page = words_of(logged_in(served.zhou_user).get(reverse("services:hours")))
        assert "我的反馈卡" in page
        assert reverse("services:my_card", args=[card.pk]) in page
        assert f"{LAST_YEAR}年度" in page

    def test_who_has_none_reads_nothing_of_them(self, served, card):
        assert "我的反馈卡" not in words_of(logged_in(served.zhao_user).get(reverse("services:hours")))
