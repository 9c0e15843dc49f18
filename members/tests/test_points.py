"""The ledger: what is entered, who may decide, what counts, and that totals never drift."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from conftest import make_user
from gridparty.lib.dates import today
from members.actions import (
    NewMember,
    answer_appeal,
    appeal_points,
    award_points,
    change_class,
    decide_points,
    enrol,
    leave,
    post_points,
    rebuild_points,
    receive,
    reverse_points,
    send,
    withdraw_points,
)
from members.errors import PointsRefused
from members.models import PointBalance, PointEntry
from members.points import statement
from members.tests.conftest import earned, typed


def balance(member) -> PointBalance:
    return PointBalance.objects.select_related("scheme").get(member=member, year=today().year)


def figures(member) -> tuple:
    row = balance(member)
    return row.earned, row.counted, row.total


def post(ledger, code, member=None, by=None, **more):
    posted = post_points(entries=[earned(member or ledger.zhao, ledger.items[code], **more)], by=by or ledger.branch_secretary)
    return posted.entries[0]


@pytest.fixture(autouse=True)
def nothing_drifts(ledger):
    """After every story of this file the balances are what the ledger says."""
    yield
    assert rebuild_points(by=None) == []


class TestEntering:
    def test_everybody_under_a_scheme_begins_with_its_base(self, ledger):
        assert {row.member_id: row.total for row in PointBalance.objects.all()} == {
            member.pk: 60 for member in (ledger.zhao, ledger.qian, ledger.li, ledger.sun)
        }

    def test_the_secretary_scores_and_it_counts_at_once(self, ledger):
        entry = post(ledger, "B1")
        assert (entry.state, entry.points, entry.decided_by) == ("approved", 3, ledger.branch_secretary)
        assert figures(ledger.zhao) == (3, 3, 63)

    def test_what_an_organiser_enters_waits(self, ledger):
        entry = post(ledger, "B1", by=ledger.organiser)
        assert entry.state == "proposed"
        assert figures(ledger.zhao) == (0, 0, 60)
        assert decide_points(entries=[entry], approve=True, by=ledger.branch_secretary) == 1
        assert figures(ledger.zhao) == (3, 3, 63)
        assert decide_points(entries=[entry], approve=True, by=ledger.branch_secretary) == 0

    def test_a_member_proposes_for_themselves(self, ledger):
        entry = post(ledger, "C1", by=ledger.zhao_user, quantity=Decimal("2.5"), note="义务巡逻")
        assert (entry.state, entry.points) == ("proposed", Decimal("2.5"))
        withdraw_points(entry=entry, by=ledger.zhao_user)
        with pytest.raises(PointsRefused, match="已撤回"):
            decide_points(entries=[entry], approve=True, by=ledger.branch_secretary)

    def test_beyond_a_cap_it_counts_to_the_cap(self, ledger):
        posted = [post_points(entries=[earned(ledger.zhao, ledger.items["A1"])], by=ledger.branch_secretary) for _n in range(15)]
        assert [one.beyond for one in posted] == [0] * 6 + [1] * 9
        assert figures(ledger.zhao) == (30, 12, 72)

    def test_a_category_has_a_cap_of_its_own(self, ledger):
        for _n in range(5):
            post(ledger, "B1")
            post(ledger, "B2")
        assert figures(ledger.zhao) == (25, 20, 80)

    def test_deductions_stop_at_their_cap_and_totals_at_the_floor(self, ledger):
        for _n in range(7):
            post(ledger, "E1")
        assert figures(ledger.zhao) == (-21, -12, 48)
        for _n in range(30):
            post(ledger, "E4")
        assert figures(ledger.zhao) == (-111, -102, 0)

    def test_the_ceiling_holds(self, ledger, cast):
        for _n in range(6):
            post(ledger, "D2", by=cast.secretary)
        for _n in range(10):
            post(ledger, "B1"), post(ledger, "A1"), post(ledger, "B2")
        assert figures(ledger.zhao) == (130, 52, 100)

    def test_of_one_source_a_member_is_scored_once(self, ledger):
        post(ledger, "B1", source="meeting:1")
        with pytest.raises(PointsRefused, match="赵一已因同一事项按“参加三会一课”记过分"):
            post(ledger, "B1", source="meeting:1")
        post(ledger, "B2", source="meeting:1")

    def test_a_job_delivered_twice_awards_once(self, ledger, cast):
        entries = [earned(member, ledger.items["C1"], source="activity:7") for member in (ledger.zhao, ledger.qian)]
        assert len(award_points(entries=entries, by=cast.secretary).entries) == 2
        assert len(award_points(entries=entries, by=cast.secretary).entries) == 0
        assert figures(ledger.zhao) == (1, 1, 61)

    def test_one_that_cannot_be_stops_all(self, ledger):
        new = [earned(ledger.qian, ledger.items["B1"]), earned(ledger.zhao, ledger.items["B1"], on=today() + timedelta(days=1))]
        with pytest.raises(PointsRefused, match="在今天之后"):
            post_points(entries=new, by=ledger.branch_secretary)
        assert not PointEntry.objects.exists()


class TestRefusals:
    def test_who_may_not(self, ledger, cast, areas):
        neighbour = make_user("community_secretary", areas.liuyuan, username="liuyuan")
        with pytest.raises(PointsRefused, match="不在您管理范围内"):
            post(ledger, "B1", by=neighbour)
        with pytest.raises(PointsRefused, match="不在您管理范围内"):
            post(ledger, "B1", member=ledger.sun)
        with pytest.raises(PointsRefused, match="由党小组长或支部委员申报"):
            post(ledger, "B1", by=ledger.zhao_user)
        with pytest.raises(PointsRefused, match="不在您管理范围内"):
            post(ledger, "C1", member=ledger.qian, by=ledger.zhao_user)

    def test_nobody_approves_their_own(self, ledger, cast):
        entry = post(ledger, "B1", member=ledger.li)
        assert entry.state == "proposed"
        with pytest.raises(PointsRefused, match="不能审核自己的积分"):
            decide_points(entries=[entry], approve=True, by=ledger.branch_secretary)
        decide_points(entries=[entry], approve=True, by=cast.secretary)
        assert figures(ledger.li) == (3, 3, 63)

    def test_a_reserved_item_goes_up(self, ledger, cast):
        entry = post(ledger, "D1")
        assert entry.state == "proposed"
        with pytest.raises(PointsRefused, match="由社区或街道审核"):
            decide_points(entries=[entry], approve=True, by=ledger.branch_secretary)
        decide_points(entries=[entry], approve=True, by=cast.secretary)

    def test_a_refusal_needs_its_reason(self, ledger):
        entry = post(ledger, "C1", by=ledger.zhao_user)
        with pytest.raises(PointsRefused, match="原因"):
            decide_points(entries=[entry], approve=False, by=ledger.branch_secretary, reason=" ")

    @pytest.mark.parametrize("quantity", [Decimal(0), Decimal(-1), Decimal(1001)])
    def test_a_quantity_that_cannot_be(self, ledger, quantity):
        with pytest.raises(PointsRefused, match="数量"):
            post(ledger, "C1", quantity=quantity)

    def test_a_year_without_scheme(self, ledger):
        with pytest.raises(PointsRefused, match="没有适用的积分办法"):
            post(ledger, "B1", on=date(2019, 5, 1))

    def test_the_ledger_is_neither_edited_nor_deleted(self, ledger):
        entry = post(ledger, "B1")
        entry.points = 50
        with pytest.raises(RuntimeError, match="not edited"):
            entry.save()
        with pytest.raises(RuntimeError, match="not edited"):
            PointEntry.objects.update(points=50)
        with pytest.raises(RuntimeError, match="not edited"):
            PointEntry.objects.bulk_update([entry], ["points"])
        with pytest.raises(RuntimeError, match="not deleted"):
            entry.delete()
        with pytest.raises(RuntimeError, match="not deleted"):
            PointEntry.objects.all().delete()


class TestSecondThoughts:
    def test_a_reversal_takes_back_what_still_counted(self, ledger):
        entries = [post(ledger, "A1") for _n in range(7)]
        assert figures(ledger.zhao) == (14, 12, 72)
        reversal = reverse_points(entry=entries[0], by=ledger.branch_secretary, reason="记错人")
        assert (reversal.points, reversal.on) == (-2, entries[0].on)
        assert figures(ledger.zhao) == (12, 12, 72)
        with pytest.raises(PointsRefused, match="已冲正"):
            reverse_points(entry=entries[0], by=ledger.branch_secretary, reason="再来")
        with pytest.raises(PointsRefused, match="已冲正"):
            reverse_points(entry=reversal, by=ledger.branch_secretary, reason="再来")

    def test_an_appeal_against_a_deduction(self, ledger, cast):
        entry = post(ledger, "E1")
        appeal_points(entry=entry, by=ledger.zhao_user, text="当天请过假")
        assert figures(ledger.zhao) == (-3, -3, 57)
        with pytest.raises(PointsRefused, match="不能由原审核人答复"):
            answer_appeal(entry=entry, uphold=True, by=ledger.branch_secretary, answer="属实")
        answer_appeal(entry=entry, uphold=True, by=cast.secretary, answer="请假属实")
        assert figures(ledger.zhao) == (0, 0, 60)
        with pytest.raises(PointsRefused):
            appeal_points(entry=entry, by=ledger.zhao_user, text="再申诉")

    def test_an_appeal_against_a_refusal(self, ledger, cast):
        entry = post(ledger, "C1", by=ledger.zhao_user)
        decide_points(entries=[entry], approve=False, by=ledger.branch_secretary, reason="无照片")
        with pytest.raises(PointsRefused, match="本人"):
            appeal_points(entry=entry, by=ledger.organiser, text="冤枉")
        appeal_points(entry=entry, by=ledger.zhao_user, text="现补照片")
        answer_appeal(entry=entry, uphold=True, by=cast.secretary, answer="属实")
        assert figures(ledger.zhao) == (1, 1, 61)


class TestFollowing:
    def test_an_exempt_class_takes_no_part(self, ledger, cast, parties):
        change_class(member=ledger.zhao, member_class=parties.classes["年老党员"], by=cast.secretary)
        assert balance(ledger.zhao).ranked  # the scheme of a hundred points exempts nobody
        ledger.scheme.exempt.create(member_class=parties.classes["流动党员"])
        change_class(member=ledger.zhao, member_class=parties.classes["流动党员"], by=cast.secretary)
        assert not balance(ledger.zhao).ranked
        with pytest.raises(PointsRefused, match="所属类别不参加积分"):
            post(ledger, "B1")

    def test_a_member_takes_the_points_to_another_branch(self, ledger, cast, parties):
        post(ledger, "B1")
        receive(move=send(member=ledger.zhao, to=parties.branch2, by=cast.secretary), by=cast.secretary)
        row = balance(ledger.zhao)
        assert (row.organisation, row.total) == (parties.branch2, 63)
        assert not PointBalance.objects.visible_to(ledger.branch_secretary).filter(pk=row.pk).exists()

    def test_who_leaves_is_ranked_no_more_and_who_comes_begins(self, ledger, cast, parties):
        leave(member=ledger.zhao, by=cast.secretary, note="本人申请")
        assert not balance(ledger.zhao).ranked
        wu = enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("吴六", 9)), by=cast.secretary)
        assert balance(wu).total == 60


def test_a_statement_explains_the_total(ledger):
    for _n in range(7):
        post(ledger, "A1")
    told = statement(balance(ledger.zhao))
    assert [(one.entry.points, one.line.counted, one.line.over_item) for one in told.entries] == [(2, 0, 2)] + [(2, 2, 0)] * 6
    assert told.account.base + sum(line.counted for line in told.account.lines) - told.account.clipped == told.balance.total
    assert (told.rank_in_organisation, told.of_organisation) == (1, 3)


def test_a_branch_and_its_groups_are_ranked_as_one(ledger, cast, parties):
    grouped = enrol(new=NewMember(parties.group, parties.ordinary, typed=typed("周七", 7)), by=cast.secretary)
    post(ledger, "B1")
    assert (statement(balance(grouped)).rank_in_organisation, statement(balance(grouped)).of_organisation) == (2, 4)
    assert statement(balance(ledger.zhao)).of_organisation == 4
    assert statement(balance(ledger.sun)).of_organisation == 1
