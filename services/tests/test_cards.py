"""Feedback cards: what they count, who has one, and how they are drafted, remarked, approved, sent and revoked."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import ChangeEntry
from gridparty.lib.dates import CHINA, today
from grids.actions import place
from jobs.models import Notice
from members.actions import (
    NewMember,
    NewOrganisation,
    NewSeat,
    NewUnit,
    add_unit,
    award_points,
    enrol_many,
    fill_seats,
    found_organisations,
    reverse_points,
)
from members.models import ManagementMode, Member
from members.tests.conftest import earned, typed
from services.actions import draft_cards, move_cards, remark_card
from services.choices import CardMove, CardState
from services.errors import CardRefused
from services.feedback import CARD_LINK, Figures, card_by_code, card_by_link, figures_of, suggestion_of
from services.models import CardRule, Claim, FeedbackCard, ServiceHours, SignUp
from services.periods import Period
from services.tests.conftest import activity_at, post_at

YEAR = Period.holding("year", today())
QUARTER = Period.holding("quarter", today())


def at(*parts):
    return time_machine.travel(datetime(*parts, tzinfo=CHINA), tick=False)


def drafted(period: Period = YEAR) -> FeedbackCard:
    """周五's card."""
    draft_cards(period=period)
    return FeedbackCard.objects.get(from_on=period.first, until_on=period.last)


def claimed(served, *, post=None, state="serving", started=None, ended=None) -> Claim:
    post = post or post_at(served.areas.taoyuan)
    return Claim.objects.create(post=post, member=served.zhou, state=state, started_on=started, ended_on=ended)


def hours(served, on: date, *, begins: int = 9, ends: int = 11, state="confirmed") -> ServiceHours:
    row = ServiceHours(member=served.zhou, on=on, begins=time(begins), ends=time(ends), hours=ends - begins, state=state)
    place(row=row, area=served.areas.taoyuan)
    row.save()
    return row


def came(served, on: date, attended="tick") -> SignUp:
    activity = activity_at(served.areas.taoyuan, on=on)
    return SignUp.objects.create(activity=activity, member=served.zhou, state="signed", attended=attended)


class TestWhatIsCounted:
    def test_posts_served_in_the_period(self, served):
        first, last = QUARTER.first, QUARTER.last
        counting = [
            {"started": first - timedelta(days=100), "state": "serving"},  # still going on
            {"started": last, "state": "serving"},
            {"started": first - timedelta(days=9), "ended": first, "state": "ended"},
        ]
        not_counting = [
            {"started": first - timedelta(days=9), "ended": first - timedelta(days=1), "state": "ended"},
            {"started": last + timedelta(days=1), "state": "serving"},
            {"started": None, "state": "approved"},
            {"started": None, "ended": first, "state": "ended"},  # released before it began
        ]
        for claim in (*counting, *not_counting):
            claimed(served, **claim)
        assert figures_of(QUARTER) == {served.zhou.pk: Figures(posts=3)}

    def test_a_post_held_twice_is_one(self, served):
        post = post_at(served.areas.taoyuan)
        claimed(served, post=post, started=YEAR.first, ended=YEAR.first, state="ended")
        claimed(served, post=post, started=today())
        assert figures_of(YEAR)[served.zhou.pk].posts == 1

    def test_hours_that_were_confirmed(self, served):
        hours(served, QUARTER.first)
        hours(served, QUARTER.last, ends=12)
        hours(served, QUARTER.first - timedelta(days=1))
        for state in ("proposed", "refused", "withdrawn", "taken_back"):
            hours(served, QUARTER.first, state=state)
        assert figures_of(QUARTER) == {served.zhou.pk: Figures(hours=Decimal(5))}

    def test_activities_somebody_came_to(self, served):
        came(served, QUARTER.first)
        came(served, QUARTER.last, attended="qr")
        came(served, QUARTER.last, attended="")
        came(served, QUARTER.first - timedelta(days=1))
        assert figures_of(QUARTER) == {served.zhou.pk: Figures(activities=2)}

    def test_points_without_what_was_taken_back(self, served):
        items = [served.items[code] for code in ("B1", "C1")]
        days = (today(), today(), today() - timedelta(days=1) if today() > QUARTER.first else today())
        new = [earned(served.zhou, item, on=day) for item, day in zip((*items, items[0]), days, strict=True)]
        posted = award_points(entries=new, by=served.secretary)
        reverse_points(entry=posted.entries[0], by=served.secretary, reason="记错")
        assert figures_of(QUARTER) == {served.zhou.pk: Figures(entries=2, points=items[0].points + items[1].points)}

    def test_four_queries_for_everybody(self, served, django_assert_num_queries):
        for _n in range(3):
            hours(served, today())
        with django_assert_num_queries(4):
            figures_of(YEAR)

    def test_the_remark_that_follows(self):
        assert suggestion_of(Figures()) == "本期在社区暂无服务记录。"
        assert suggestion_of(Figures(hours=Decimal("12.5"))) == "本期在社区累计服务 12.5 小时。"
        everything = Figures(2, Decimal(30), 3, 4, Decimal("10.5"))
        told = "本期在社区承担服务岗位 2 个，参加活动 3 次，累计服务 30 小时。社区党员积分记 4 项，合计 10.5 分。"
        assert suggestion_of(everything) == told
        assert suggestion_of(Figures(entries=1, points=Decimal(-2))) == "社区党员积分记 1 项，合计 -2 分。"


class TestDrafting:
    def test_a_card_for_each_of_whom_the_employer_hears(self, served):
        """Only 周五 is in service, on the roll, and lives here."""
        hours(served, today())
        assert draft_cards(period=YEAR) == 1
        card = FeedbackCard.objects.get()
        assert (card.member, card.unit, card.state) == (served.zhou, served.school, "draft")
        assert (card.from_on, card.until_on, card.hours) == (YEAR.first, YEAR.last, 2)
        assert (card.area, card.grid, card.community) == (served.areas.building1, served.areas.grid1, served.areas.taoyuan)
        assert card.words == "本期在社区累计服务 2 小时。"

    def test_who_left_or_lives_nowhere_has_none(self, served):
        ManagementMode.objects.update(feeds_back=True)  # 赵一 and the others live nowhere on record
        Member.objects.filter(pk=served.zhou.pk).update(state="moved_out")
        assert draft_cards(period=YEAR) == 0

    def test_again_nothing_changes(self, served):
        hours(served, today())
        draft_cards(period=YEAR)
        before, log = list(FeedbackCard.objects.values()), ChangeEntry.objects.count()
        assert [draft_cards(period=YEAR) for _time in range(3)] == [0, 0, 0]
        assert (list(FeedbackCard.objects.values()), ChangeEntry.objects.count()) == (before, log)

    def test_drafts_follow_figures_and_employer_what_is_handed_in_stays(self, served):
        card = drafted()
        hours(served, today())
        hospital = add_unit(new=NewUnit(name="市人民医院", kind="institution"), by=None)
        Member.objects.filter(pk=served.zhou.pk).update(employer=hospital)
        assert draft_cards(period=YEAR) == 1
        card.refresh_from_db()
        assert (card.hours, card.unit, card.suggestion) == (2, hospital, "本期在社区累计服务 2 小时。")
        FeedbackCard.objects.update(state=CardState.SUBMITTED)
        hours(served, today(), begins=13, ends=14)
        assert draft_cards(period=YEAR) == 0
        assert FeedbackCard.objects.get().hours == 2

    def test_the_communitys_remark_is_kept(self, served):
        card = drafted()
        remark_card(card=card, remark="热心为邻居修理家电。", by=served.clerk)
        hours(served, today())
        draft_cards(period=YEAR)
        card.refresh_from_db()
        assert (card.words, card.suggestion) == ("热心为邻居修理家电。", "本期在社区累计服务 2 小时。")

    @pytest.mark.parametrize(
        ("period", "days"),
        [
            ("year", {(2027, 1, 2): None, (2027, 1, 3): "2026", (2027, 1, 16): "2026", (2027, 1, 17): None}),
            ("half", {(2026, 7, 2): None, (2026, 7, 3): "2026H1", (2026, 12, 31): None, (2027, 1, 3): "2026H2"}),
            ("quarter", {(2026, 10, 3): "2026Q3", (2026, 10, 17): None, (2027, 1, 4): "2026Q4"}),
        ],
    )
    def test_each_night_but_only_after_a_period(self, served, period, days):
        CardRule.objects.update(period=period)
        for day, slug in days.items():
            with at(*day, 2, 10):
                assert draft_cards() == (1 if slug else 0)
            made = [Period.of_card(card).slug for card in FeedbackCard.objects.all()]
            assert made == ([slug] if slug else [])
            FeedbackCard.objects.all().delete()

    def test_without_a_rule_nothing_is_drafted(self, served):
        CardRule.objects.all().delete()
        assert draft_cards(period=YEAR) == 0

    def test_the_queries_do_not_grow(self, served):
        def counted():
            with CaptureQueriesContext(
                connection,
            ) as made:
                draft_cards(period=YEAR)
            return len([one for one in made if "SAVEPOINT" not in one["sql"]])

        first = counted()
        lives = [typed(f"王{n}", 20 + n, area=served.areas.building1) for n in range(30)]
        new = [NewMember(served.parties.branch1, served.parties.classes["在职党员"], typed=one) for one in lives]
        enrol_many(members=new, by=served.secretary)
        hours(served, today())
        assert counted() <= 20
        assert FeedbackCard.objects.count() == 31
        assert first <= 20


class TestMoves:
    @pytest.fixture
    def card(self, served) -> FeedbackCard:
        hours(served, today())
        return drafted()

    @staticmethod
    def move(card, move, by, **more) -> FeedbackCard:
        move_cards(cards=[card], move=move, by=by, **more)
        card.refresh_from_db()
        return card

    def test_from_draft_to_sent(self, served, card):
        assert self.move(card, "submit", served.clerk).state == "submitted"
        self.move(card, "approve", served.secretary)
        assert (card.state, card.approved_by, card.remark) == ("approved", served.secretary, "本期在社区累计服务 2 小时。")
        self.move(card, "send", served.clerk, sent_by="link")
        assert (card.state, card.sent_by, card.answer_by) == ("sent", "link", today() + timedelta(days=30))

    @pytest.mark.parametrize(
        ("state", "move", "names"),
        [
            ("draft", "submit", {"clerk", "secretary", "street_officer", "district_official", "all_districts_official"}),
            ("submitted", "approve", {"secretary", "street_officer", "district_official", "all_districts_official"}),
            ("draft", "approve", {"secretary", "street_officer", "district_official", "all_districts_official"}),
            ("approved", "return", {"secretary", "street_officer", "district_official", "all_districts_official"}),
            ("approved", "send", {"clerk", "secretary", "street_officer", "district_official", "all_districts_official"}),
            ("draft", "drop", {"clerk", "secretary", "street_officer", "district_official", "all_districts_official"}),
        ],
    )
    def test_by_whom(self, served, cast, card, state, move, names):
        done = set()
        for name, user in vars(cast).items():
            FeedbackCard.objects.update(state=state, sent_by="")
            try:
                move_cards(cards=[card], move=move, by=user, reason="核对", sent_by="paper")
            except CardRefused:
                continue
            done.add(name)
        assert done == names

    @pytest.mark.parametrize("move", CardMove)
    def test_only_as_the_table_allows(self, served, card, move):
        allowed = {
            "submit": {"draft"},
            "approve": {"draft", "submitted"},
            "return": {"submitted", "approved"},
            "send": {"approved"},
            "revoke": {"sent"},
            "drop": {"draft", "submitted", "approved"},
        }
        done = set()
        for state in CardState:
            FeedbackCard.objects.update(state=state, sent_by="link", answer="confirmed")
            try:
                move_cards(cards=[card], move=move, by=served.secretary, reason="核对", sent_by="paper")
            except CardRefused:
                continue
            done.add(state)
        assert done == allowed[move]

    def test_all_or_none(self, served, card):
        other = FeedbackCard.objects.create(
            **{f"{name}_id": getattr(card, f"{name}_id") for name in ("area", "district", "street", "community", "grid")},
            member=served.zhao,
            from_on=YEAR.first,
            until_on=YEAR.last,
            code="X" * 12,
            state="dropped",
        )
        with pytest.raises(CardRefused, match="1 张反馈卡不能“提交审批”"):
            move_cards(cards=[card, other], move="submit", by=served.clerk)
        FeedbackCard.objects.filter(pk=other.pk).update(state="draft")
        with pytest.raises(CardRefused, match="赵一等 1 人没有登记工作单位，请先在党员页面填写"):
            move_cards(cards=[card, other], move="approve", by=served.secretary)
        assert set(FeedbackCard.objects.values_list("state", flat=True)) == {"draft"}
        assert move_cards(cards=[card, other], move="submit", by=served.clerk) == 2

    def test_the_employer_entered_meanwhile_is_taken(self, served, card):
        FeedbackCard.objects.update(unit=None)
        assert self.move(card, "approve", served.secretary).unit == served.school

    def test_nobody_handles_their_own(self, served, card):
        served.zhou.person.user = served.secretary
        served.zhou.person.save()
        with pytest.raises(CardRefused, match="本人的反馈卡由他人办理"):
            move_cards(cards=[card], move="approve", by=served.secretary)
        with pytest.raises(CardRefused, match="本人的反馈卡由他人办理"):
            remark_card(card=card, remark="表现优秀", by=served.secretary)

    @pytest.mark.parametrize("move", ["return", "revoke", "drop"])
    def test_with_a_reason(self, served, card, move):
        state = {"return": "submitted", "revoke": "sent", "drop": "draft"}[move]
        FeedbackCard.objects.update(state=state, sent_by="link")
        with pytest.raises(CardRefused, match="请填写原因"):
            move_cards(cards=[card], move=move, by=served.secretary, reason="  ")
        assert self.move(card, move, served.secretary, reason="单位有误").reason == "单位有误"

    def test_sent_somehow(self, served, card):
        FeedbackCard.objects.update(state="approved")
        for way in ("", "pigeon"):
            with pytest.raises(CardRefused, match="请选择发出方式"):
                move_cards(cards=[card], move="send", by=served.clerk, sent_by=way)

    def test_returned_it_follows_the_figures_again(self, served, card):
        self.move(card, "approve", served.secretary)
        self.move(card, "return", served.secretary, reason="时长有误")
        assert (card.state, card.remark, card.approved_by, card.approved_at) == ("draft", "", None, None)
        hours(served, today(), begins=13, ends=14)
        assert draft_cards(period=YEAR) == 1

    def test_revoked_what_is_out_opens_nothing(self, served, card):
        self.move(card, "approve", served.secretary)
        self.move(card, "send", served.clerk, sent_by="paper")
        token, code = CARD_LINK.token(card), card.code
        assert (card_by_link(token), card_by_code(code.lower())) == (card, card)
        self.move(card, "revoke", served.clerk, reason="单位写错")
        assert (card.state, card.sent_by, card.sent_at, card.answer_by) == ("approved", "", None, None)
        assert (card_by_link(token), card_by_code(code)) == (None, None)
        self.move(card, "send", served.clerk, sent_by="paper")
        assert (card_by_link(token), card_by_code(code)) == (None, None)
        assert card_by_code(card.code) == card

    def test_no_code_stands_in_the_log(self, served, card):
        self.test_revoked_what_is_out_opens_nothing(served, card)
        told = str(list(ChangeEntry.objects.filter(model="services.feedbackcard").values_list("changes", flat=True)))
        assert card.code not in told
        assert card.link_key.hex not in told.replace("-", "")

    def test_the_remark_is_the_keepers_then_the_approvers(self, served, card):
        for user in (served.grid_leader, served.cadre, served.next_grid_leader):
            with pytest.raises(CardRefused, match="只能办理本辖区"):
                remark_card(card=card, remark="好", by=user)
        assert remark_card(card=card, remark=" 热心。 ", by=served.clerk).words == "热心。"
        self.move(card, "submit", served.clerk)
        with pytest.raises(CardRefused, match="相应权限"):
            remark_card(card=card, remark="改", by=served.clerk)
        assert remark_card(card=card, remark="", by=served.secretary).words == card.suggestion
        self.move(card, "approve", served.secretary)
        with pytest.raises(CardRefused, match="已审批"):
            remark_card(card=card, remark="改", by=served.secretary)

    def test_too_long_it_says_so(self, served, card):
        with pytest.raises(CardRefused, match="最多 500 字，现有 501 字"):
            remark_card(card=card, remark="长" * 501, by=served.clerk)
        with pytest.raises(CardRefused, match="最多 200 字"):
            move_cards(cards=[card], move="drop", by=served.clerk, reason="长" * 201)

    def test_who_sits_in_the_employers_organisation_gets_the_link(self, served, card):
        body = NewOrganisation("branch", "市第一中学党支部", None, unit=served.school)
        (branch,) = found_organisations(organisations=[body], by=None)
        fill_seats(seats=[NewSeat(branch, "secretary", served.sun.person)], by=None)
        self.move(card, "approve", served.secretary)
        self.move(card, "send", served.clerk, sent_by="link")
        notice = Notice.objects.get(recipient=served.sun_user)
        assert (notice.subject, notice.link) == ("有反馈卡待回执", f"/services/card/link/{CARD_LINK.token(card)}/")
        assert "周五" not in notice.subject + notice.body
