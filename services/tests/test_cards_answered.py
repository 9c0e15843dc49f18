"""What the employer answers, once; and who is reminded where it does not."""

from datetime import date, timedelta

import pytest

from accounts.models import Appointment
from gridparty.lib.dates import today
from jobs.models import Notice
from members.actions import NewOrganisation, NewSeat, fill_seats, found_organisations
from members.models import Member
from services.actions import answer_card, draft_cards, move_cards, remind_cards
from services.errors import CardRefused
from services.feedback import CARD_LINK, who_answers
from services.models import CardRule, FeedbackCard
from services.tests.test_cards import YEAR


@pytest.fixture
def sent(served) -> FeedbackCard:
    """周五's card, with 市第一中学 since today."""
    draft_cards(period=YEAR)
    card = FeedbackCard.objects.get()
    move_cards(cards=[card], move="approve", by=served.secretary)
    move_cards(cards=[card], move="send", by=served.clerk, sent_by="link")
    return FeedbackCard.objects.get()


def told() -> dict[str, str]:
    """{who: subject} of what was told since the last time, without the demand of several to one."""
    found = {notice.recipient.username: notice.subject for notice in Notice.objects.select_related("recipient")}
    Notice.objects.all().delete()
    return found


def after(card: FeedbackCard, days: int) -> date:
    """So many days after the day named on the card."""
    return card.answer_by + timedelta(days=days)


class TestAnswers:
    def test_taken_note_of(self, served, sent):
        card = answer_card(card=sent, answer="confirmed", answerer=" 学校党办 王老师 ")
        assert (card.state, card.answer, card.answerer, card.answer_text) == ("answered", "confirmed", "学校党办 王老师", "")
        assert told() == {
            "secretary": "反馈卡有单位回执：已知悉",
            "clerk": "反馈卡有单位回执：已知悉",
            "zhou": "您的反馈卡有单位回执",
        }

    def test_no_name_and_no_opinion_goes_out_with_the_notices(self, served, sent):
        answer_card(card=sent, answer="remarked", text="请多参加周末活动。", answerer="王老师")
        texts = "".join(f"{one.subject}{one.body}{one.link}" for one in Notice.objects.all())
        assert not [word for word in ("周五", "王老师", "周末", "市第一中学", sent.code) if word in texts]

    def test_an_opinion_is_written(self, served, sent):
        for text in ("", "  "):
            with pytest.raises(CardRefused, match="请填写意见"):
                answer_card(card=sent, answer="remarked", text=text)
        with pytest.raises(CardRefused, match="最多 500 字"):
            answer_card(card=sent, answer="remarked", text="长" * 501)
        assert answer_card(card=sent, answer="remarked", text=" <b>好</b> #set $x$ ").answer_text == "<b>好</b> #set $x$"

    @pytest.mark.parametrize("answer", ["", "yes", "draft"])
    def test_anything_else_is_no_answer(self, served, sent, answer):
        with pytest.raises(CardRefused, match="请选择回执内容"):
            answer_card(card=sent, answer=answer)

    def test_not_theirs_any_more_changes_no_membership(self, served, sent):
        before = Member.objects.values().get(pk=served.zhou.pk)
        answer_card(card=sent, answer="not_ours", text="已调离")
        assert Member.objects.values().get(pk=served.zhou.pk) == before
        assert "请核实其工作单位" in Notice.objects.get(recipient=served.clerk).body

    def test_a_second_answer_is_refused(self, served, sent):
        answer_card(card=sent, answer="confirmed")
        with pytest.raises(CardRefused, match=rf"已于{today().year}年.*日回执（已知悉），不能重复回执"):
            answer_card(card=sent, answer="not_ours")
        assert FeedbackCard.objects.get().answer == "confirmed"

    def test_revoked_or_sent_anew_it_takes_none(self, served, sent):
        move_cards(cards=[sent], move="revoke", by=served.clerk, reason="数字有误")
        with pytest.raises(CardRefused, match="已由社区撤回"):
            answer_card(card=sent, answer="confirmed")
        move_cards(cards=[sent], move="send", by=served.clerk, sent_by="paper")
        with pytest.raises(CardRefused, match="已由社区撤回"):
            answer_card(card=sent, answer="confirmed")
        assert answer_card(card=FeedbackCard.objects.get(), answer="confirmed").state == "answered"

    @pytest.mark.parametrize("state", ["draft", "submitted", "approved", "dropped"])
    def test_what_is_not_out_takes_none(self, served, sent, state):
        FeedbackCard.objects.update(state=state)
        with pytest.raises(CardRefused, match="已由社区撤回"):
            answer_card(card=sent, answer="confirmed")

    def test_from_paper_a_keeper_enters_it(self, served, sent):
        for user in (served.next_grid_leader, served.grid_leader, served.cadre, served.zhou_user):
            with pytest.raises(CardRefused, match="相应权限"):
                answer_card(card=sent, answer="confirmed", by=user)
        assert answer_card(card=sent, answer="confirmed", by=served.clerk).state == "answered"

    def test_but_not_for_their_own(self, served, sent):
        served.zhou.person.user = served.clerk
        served.zhou.person.save()
        with pytest.raises(CardRefused, match="本人的反馈卡由他人办理"):
            answer_card(card=sent, answer="confirmed", by=served.clerk)


class TestReminding:
    def test_after_the_day_named_and_every_week_from_then(self, served, sent):
        days = {day: remind_cards(day=after(sent, day)) for day in (-30, 0, 1, 2, 7, 8, 9, 15)}
        assert days == {-30: 0, 0: 0, 1: 1, 2: 0, 7: 0, 8: 1, 9: 0, 15: 1}
        assert FeedbackCard.objects.get().reminded == 3

    def test_the_communitys_keepers_hear_once_a_day(self, served, sent):
        assert [remind_cards(day=after(sent, 1)) for _time in range(3)] == [1, 0, 0]
        assert told() == {"secretary": "1 张反馈卡逾期未回执", "clerk": "1 张反馈卡逾期未回执"}

    def test_what_was_answered_or_revoked_is_left_alone(self, served, sent):
        answer_card(card=sent, answer="confirmed")
        assert remind_cards(day=after(sent, 1)) == 0
        FeedbackCard.objects.update(state="approved", answer="")
        assert remind_cards(day=after(sent, 1)) == 0

    def test_the_office_says_how_often(self, served, sent):
        CardRule.objects.update(remind_every_days=1)
        assert [remind_cards(day=after(sent, day)) for day in (1, 2, 3)] == [1, 1, 1]

    def test_where_nobody_keeps_cards_nobody_hears(self, served, sent):
        Appointment.objects.filter(user__in=[served.clerk, served.secretary]).delete()
        assert remind_cards(day=after(sent, 1)) == 1
        assert told() == {}

    def test_one_notice_a_community_with_the_number(self, served, sent):
        copies = [
            FeedbackCard(**(values | {"id": None, "code": f"X{n:011d}", "member_id": member.pk}))
            for n, member in enumerate((served.zhao, served.qian, served.sun))
            for values in FeedbackCard.objects.values()
        ]
        FeedbackCard.objects.bulk_create(copies)
        FeedbackCard.objects.filter(member=served.sun).update(community=served.areas.liuyuan)
        assert remind_cards(day=after(sent, 1)) == 4
        assert told() == {"secretary": "3 张反馈卡逾期未回执", "clerk": "3 张反馈卡逾期未回执"}

    def test_the_employers_own_organisation_gets_the_link_but_never_of_oneself(self, served, sent):
        body = NewOrganisation("branch", "市第一中学党支部", None, unit=served.school)
        (branch,) = found_organisations(organisations=[body], by=None)
        seats = [NewSeat(branch, title, one.person) for title, one in (("secretary", served.sun), ("organiser", served.zhou))]
        fill_seats(seats=seats, by=None)
        assert {unit: {user.username for user in users} for unit, users in who_answers([served.school.pk]).items()} == {
            served.school.pk: {"sun", "zhou"}
        }
        remind_cards(day=after(sent, 1))
        notice = Notice.objects.get(recipient=served.sun_user)
        assert notice.link == f"/services/card/link/{CARD_LINK.token(sent)}/"
        assert "zhou" not in told()
