"""Agreements: from the template to the signature, who is asked, what may not overlap, what the link opens, what is renewed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils import timezone

from audit.models import ChangeEntry
from gridparty.lib.dates import today
from grids.errors import AreaRefused
from grids.models import Area
from jobs.models import Notice
from liaison.actions import (
    NewAgreement,
    answer_agreement,
    change_agreement,
    draft_agreement,
    move_agreement,
    renew_agreement,
    revoke_link,
)
from liaison.actions.agreements import moved_on
from liaison.agreements import AGREEMENT_LINK, agreement_by_link, done_by_agreement, done_in, filled, link_of, with_progress
from liaison.choices import BINDING, AgreementState, Side
from liaison.errors import AgreementRefused
from liaison.models import Agreement, AgreementTemplate, Commitment
from liaison.tests.conftest import TEXTS, agreement_with, commitment_of, day


def new_of(allied, **values) -> NewAgreement:
    """桃园 with the hospital, from tomorrow for a year."""
    given = {"area": allied.areas.taoyuan, "unit": allied.hospital, "starts_on": day(1), "ends_on": day(365)}
    return NewAgreement(**given | TEXTS | values)


def state_of(agreement) -> str:
    return Agreement.objects.get(pk=agreement.pk).state


def offered(allied) -> Agreement:
    return move_agreement(agreement=allied.draft, move="offer", by=allied.clerk)


class TestTemplates:
    def test_two_are_shipped_and_filled(self, allied):
        first, second = AgreementTemplate.objects.all()
        assert (first.name, second.name) == ("结对共建协议书（示例）", "共驻共建协议书（简式，示例）")
        for one in (first, second):
            texts = filled(one, ours="桃园社区党委", theirs="市第一中学", starts_on=date(2026, 3, 1), ends_on=date(2027, 2, 28))
            assert not any("{" in text for text in texts.values())
            assert "甲方：桃园社区党委\n乙方：市第一中学\n" in texts["clauses"]
            assert "自2026年3月1日起" in texts["clauses"]
            assert "至2027年2月28日止" in texts["clauses"]

    @pytest.mark.parametrize("clause", ["主要负责人亲自抓", "共同制定共建计划", "联络员", "联席会", "智力", "设施", "五个一"])
    def test_the_example_says_what_offices_agree_on(self, allied, clause):
        assert clause in AgreementTemplate.objects.get(name="结对共建协议书（示例）").clauses

    def test_each_time_is_recorded_and_each_quarter_reported(self, allied):
        clauses = AgreementTemplate.objects.get(name="结对共建协议书（示例）").clauses
        assert "每次共建活动都有记录，每季度书面汇报一次" in clauses
        assert "共同探索共建的新路子，及时总结推广" in clauses


class TestDrafting:
    @pytest.mark.parametrize("name", ["clerk", "secretary", "street_officer", "district_official"])
    def test_by_who_runs_liaison_there(self, allied, name):
        row = draft_agreement(new=new_of(allied, our_head=" 王书记 "), by=getattr(allied, name))
        assert (row.state, row.community, row.our_head, row.signed_on) == ("draft", allied.areas.taoyuan, "王书记", None)

    @pytest.mark.parametrize("name", ["cadre", "grid_leader", "liuyuan_secretary", "system_admin", "nobody"])
    def test_by_nobody_else(self, allied, name):
        with pytest.raises(AgreementRefused, match="只能为本辖区拟订协议"):
            draft_agreement(new=new_of(allied), by=getattr(allied, name))
        assert Agreement.objects.count() == 3

    def test_with_a_unit_one_cannot_see_it_is_as_if_there_were_none(self, allied):
        with pytest.raises(AgreementRefused, match="没有找到该单位"):
            draft_agreement(new=new_of(allied, unit=allied.mill), by=allied.clerk)

    def test_the_street_agrees_with_any_unit_of_its_own(self, allied):
        row = draft_agreement(new=new_of(allied, unit=allied.mill, area=allied.areas.east), by=allied.street_officer)
        assert (row.street, row.community) == (allied.areas.east, None)

    def test_nor_for_an_organisation_of_elsewhere(self, allied):
        with pytest.raises(AgreementRefused, match="没有找到该党组织"):
            draft_agreement(new=new_of(allied, organisation=allied.parties.liuyuan), by=allied.clerk)

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"ends_on": day(0)}, "结束日期早于开始日期"),
            ({"ends_on": day(4000)}, "协议期最长 10 年"),
            ({"clauses": "  "}, "请填写协议标题、共同约定和双方职责"),
            ({"title": "字" * 61}, "“协议标题”最多 60 字，现有 61 字"),
            ({"their_duties": "字" * 2001}, "“乙方职责”最多 2000 字，现有 2001 字"),
        ],
    )
    def test_what_no_agreement_may_be(self, allied, values, said):
        with pytest.raises(AgreementRefused, match=said):
            draft_agreement(new=new_of(allied, **values), by=allied.clerk)
        assert Agreement.objects.count() == 3

    def test_not_where_the_area_is_closed(self, allied):
        Area.objects.filter(pk=allied.areas.grid1.pk).update(closed_on=today())
        with pytest.raises(AreaRefused):
            draft_agreement(new=new_of(allied, area=Area.objects.get(pk=allied.areas.grid1.pk)), by=allied.clerk)

    def test_one_day_is_a_term(self, allied):
        assert draft_agreement(new=new_of(allied, ends_on=day(1)), by=allied.clerk).pk

    def test_a_draft_is_changed_in_every_part(self, allied):
        new = new_of(allied, unit=allied.school, starts_on=day(300), ends_on=day(400), title="共驻共建协议书")
        row = change_agreement(agreement=allied.draft, new=new, by=allied.clerk)
        assert (row.unit, row.starts_on, row.title, row.organisation) == (allied.school, day(300), "共驻共建协议书", None)

    @pytest.mark.parametrize("state", sorted(set(AgreementState) - {"draft"}))
    def test_only_drafts_are_changed(self, allied, state):
        row = agreement_with(allied.hospital, allied.areas.grid1, state=state)
        with pytest.raises(AgreementRefused, match="只有草稿可以修改"):
            change_agreement(agreement=row, new=new_of(allied, title="改了"), by=allied.clerk)
        assert Agreement.objects.get(pk=row.pk).title == TEXTS["title"]

    @pytest.mark.parametrize("name", ["cadre", "liuyuan_secretary"])
    def test_a_draft_is_not_changed_by_others(self, allied, name):
        with pytest.raises(AgreementRefused, match="不在您的管理范围内"):
            change_agreement(agreement=allied.draft, new=new_of(allied), by=getattr(allied, name))

    def test_names_are_logged_as_set_only(self, allied):
        row = draft_agreement(new=new_of(allied, our_head="王大山"), by=allied.clerk)
        entry = ChangeEntry.objects.get(model="liaison.agreement", object_id=row.pk)
        assert "王大山" not in str(entry.changes)
        assert "our_head" in entry.changes


class TestOverlap:
    """`agreement` binds 桃园 and the school from 100 days ago for 265 days more."""

    @pytest.mark.parametrize(
        ("first", "last", "free"),
        [
            (-200, -101, True),
            (-200, -100, False),
            (0, 10, False),
            (-300, 400, False),
            (265, 300, False),
            (266, 300, True),
        ],
    )
    def test_told_when_drafting(self, allied, first, last, free):
        new = new_of(allied, unit=allied.school, starts_on=day(first), ends_on=day(last))
        if free:
            assert draft_agreement(new=new, by=allied.clerk).pk
        else:
            term = "（{0.year}年{0.month}月{0.day}日—".format(day(-100))
            with pytest.raises(AgreementRefused, match=f"“市第一中学”已有一份履行中的协议{term}.*不能重叠"):
                draft_agreement(new=new, by=allied.clerk)

    @pytest.mark.parametrize("state", list(AgreementState))
    def test_only_what_binds_counts(self, allied, state):
        agreement_with(allied.hospital, allied.areas.taoyuan, state=state)
        if state in BINDING:
            with pytest.raises(AgreementRefused, match="不能重叠"):
                draft_agreement(new=new_of(allied), by=allied.clerk)
        else:
            assert draft_agreement(new=new_of(allied), by=allied.clerk).pk

    def test_another_area_or_another_unit_is_free(self, allied):
        assert draft_agreement(new=new_of(allied, unit=allied.school, area=allied.areas.grid1), by=allied.clerk).pk
        assert draft_agreement(new=new_of(allied, unit=allied.school, area=allied.areas.east), by=allied.street_officer).pk

    def test_a_draft_cannot_be_changed_into_it(self, allied):
        with pytest.raises(AgreementRefused, match="不能重叠"):
            change_agreement(agreement=allied.draft, new=new_of(allied, unit=allied.school), by=allied.clerk)
        assert Agreement.objects.get(pk=allied.draft.pk).unit == allied.hospital

    def test_of_two_drafts_the_second_is_not_offered(self, allied):
        second = draft_agreement(new=new_of(allied, starts_on=day(365), ends_on=day(700)), by=allied.clerk)
        offered(allied)
        with pytest.raises(AgreementRefused, match="已有一份待对方确认的协议"):
            move_agreement(agreement=second, move="offer", by=allied.clerk)
        assert state_of(second) == "draft"

    def test_looked_at_once_more_when_it_is_signed(self, allied):
        row = offered(allied)
        agreement_with(allied.hospital, allied.areas.taoyuan)  # by whatever way it came
        with pytest.raises(AgreementRefused, match="不能重叠"):
            move_agreement(agreement=row, move="sign", by=allied.secretary)


class TestMoving:
    def test_the_way_with_the_link(self, allied):
        row = offered(allied)
        assert state_of(row) == "offered"
        row = answer_agreement(agreement=agreement_by_link(AGREEMENT_LINK.token(row)), agrees=True, answerer="院办 吴主任")
        assert (row.state, row.answerer, row.answered_at is not None) == ("agreed", "院办 吴主任", True)
        row = move_agreement(agreement=row, move="sign", by=allied.secretary)
        assert (row.state, row.signed_on) == ("in_force", today())

    def test_signed_on_paper_without_the_link(self, allied):
        row = move_agreement(agreement=offered(allied), move="sign", by=allied.secretary, signed_on=day(-3))
        assert (row.state, row.signed_on, row.answered_at) == ("in_force", day(-3), None)

    def test_not_signed_tomorrow(self, allied):
        row = offered(allied)
        with pytest.raises(AgreementRefused, match="签订日期不能晚于今天"):
            move_agreement(agreement=row, move="sign", by=allied.secretary, signed_on=day(1))
        assert state_of(row) == "offered"

    def test_what_is_over_is_not_offered(self, allied):
        row = agreement_with(allied.hospital, allied.areas.taoyuan, state="draft", starts_on=day(-20), ends_on=day(-1))
        with pytest.raises(AgreementRefused, match=r"协议期已于 .* 结束"):
            move_agreement(agreement=row, move="offer", by=allied.clerk)

    def test_nor_with_a_promise_outside_its_term(self, allied):
        commitment_of(allied.draft, text="节前慰问", due_on=day(366))
        with pytest.raises(AgreementRefused, match=r"“节前慰问”的期限 .* 不在协议期内"):
            offered(allied)
        Commitment.objects.filter(agreement=allied.draft).update(state="dropped")
        assert offered(allied).state == "offered"

    def test_the_unit_objects_and_is_asked_again(self, allied):
        row = answer_agreement(agreement=offered(allied), agrees=False, text="期限改到六月", answerer="吴主任")
        assert (row.state, row.answer_text) == ("draft", "期限改到六月")
        assert list(Agreement.objects.objected()) == [row]
        row = offered(allied)
        assert (row.state, row.answer_text, row.answerer, row.answered_at) == ("offered", "", "", None)

    def test_recalled_it_is_a_draft_without_an_answer(self, allied):
        row = answer_agreement(agreement=offered(allied), agrees=True)
        row = move_agreement(agreement=row, move="recall", by=allied.clerk, reason="金额有误")
        assert (row.state, row.reason, row.answered_at) == ("draft", "金额有误", None)
        assert not Agreement.objects.objected().exists()

    @pytest.mark.parametrize(("state", "move"), [("offered", "recall"), ("draft", "discard"), ("in_force", "end")])
    def test_some_ask_for_a_reason(self, allied, state, move):
        row = agreement_with(allied.hospital, allied.areas.taoyuan, state=state)
        with pytest.raises(AgreementRefused, match="请写明原因"):
            move_agreement(agreement=row, move=move, by=allied.secretary, reason="  ")
        assert state_of(row) == state

    def test_ended_before_its_time(self, allied):
        row = move_agreement(agreement=allied.agreement, move="end", by=allied.secretary, reason="单位迁出")
        assert (row.state, row.ended_on, row.reason) == ("ended", today(), "单位迁出")

    def test_a_second_click_is_told_the_state(self, allied):
        offered(allied)
        with pytest.raises(AgreementRefused, match="该协议现为“待对方确认”，请刷新后再办理。"):
            offered(allied)

    @pytest.mark.parametrize("move", ["agree", "object", "expire"])
    def test_what_the_unit_or_the_clock_does_is_not_done_at_the_desk(self, allied, move):
        with pytest.raises(AgreementRefused, match="由单位凭链接办理或到期自动办理"):
            move_agreement(agreement=offered(allied), move=move, by=allied.district_official, reason="x")


class TestAnswering:
    def test_an_objection_says_what(self, allied):
        row = offered(allied)
        with pytest.raises(AgreementRefused, match="请写明要修改什么"):
            answer_agreement(agreement=row, agrees=False, text=" ")
        assert state_of(row) == "offered"

    def test_once(self, allied):
        row = answer_agreement(agreement=offered(allied), agrees=True)
        with pytest.raises(AgreementRefused, match="该协议现为“待签订”，不用再答复"):
            answer_agreement(agreement=row, agrees=False, text="不同意了")
        assert state_of(row) == "agreed"

    def test_not_by_a_link_that_was_revoked_meanwhile(self, allied):
        opened = agreement_by_link(AGREEMENT_LINK.token(offered(allied)))
        revoke_link(agreement=allied.draft, by=allied.clerk)
        with pytest.raises(AgreementRefused, match="该链接已失效"):
            answer_agreement(agreement=opened, agrees=True)
        assert state_of(opened) == "offered"

    def test_who_signs_hears_of_agreement_and_who_keeps_it_of_objections(self, allied):
        def told() -> set:
            found = {(one.recipient.username, one.subject) for one in Notice.objects.select_related("recipient")}
            Notice.objects.all().delete()
            return found

        answer_agreement(agreement=offered(allied), agrees=False, text="改", answerer="吴主任")
        subject = "共建单位对协议提出修改"
        assert told() == {("secretary", subject), ("clerk", subject)}
        answer_agreement(agreement=offered(allied), agrees=True, answerer="吴主任")
        assert told() == {("secretary", "共建单位同意协议，请签订")}

    def test_notices_name_no_person(self, allied):
        answer_agreement(agreement=offered(allied), agrees=False, text="吴主任不同意", answerer="吴主任")
        assert not [one for one in Notice.objects.all() if "吴" in one.subject + one.body + one.link]


class TestLink:
    @pytest.mark.parametrize("state", list(AgreementState))
    def test_opens_what_is_with_the_unit(self, allied, state):
        row = agreement_with(allied.hospital, allied.areas.taoyuan, state=state, ends_on=day(-1), starts_on=day(-50))
        found = agreement_by_link(AGREEMENT_LINK.token(row))
        assert (found == row) == (state in {"offered", "agreed", "in_force", "expired"})

    @pytest.mark.parametrize(("days", "opens"), [(-30, True), (-31, False)])
    def test_a_month_after_the_end_and_no_longer(self, allied, days, opens):
        row = agreement_with(allied.hospital, allied.areas.taoyuan, state="expired", ends_on=day(days), starts_on=day(-90))
        assert (agreement_by_link(AGREEMENT_LINK.token(row)) is not None) == opens

    @pytest.mark.parametrize("token", ["", "x", "1-00000000000000000000000000000000", "1:x:y"])
    def test_forged(self, allied, token):
        assert agreement_by_link(token) is None

    def test_expires(self, allied, time_machine):
        token = AGREEMENT_LINK.token(allied.agreement)
        time_machine.move_to(timezone.now() + timedelta(days=401))
        assert agreement_by_link(token) is None

    def test_revoked(self, allied):
        token = AGREEMENT_LINK.token(allied.agreement)
        revoke_link(agreement=allied.agreement, by=allied.clerk)
        assert agreement_by_link(token) is None
        assert agreement_by_link(AGREEMENT_LINK.token(Agreement.objects.get(pk=allied.agreement.pk))) == allied.agreement

    @pytest.mark.parametrize("name", ["cadre", "liuyuan_secretary"])
    def test_not_revoked_by_others(self, allied, name):
        with pytest.raises(AgreementRefused, match="不在您的管理范围内"):
            revoke_link(agreement=allied.agreement, by=getattr(allied, name))

    def test_another_kind_of_link_opens_nothing(self, allied):
        other = replace(AGREEMENT_LINK, purpose="liaison.invitation")
        assert agreement_by_link(other.token(allied.agreement)) is None

    def test_read_in_one_query_without_the_phone(self, allied, django_assert_num_queries):
        token = AGREEMENT_LINK.token(allied.agreement)
        with django_assert_num_queries(1):
            row = agreement_by_link(token)
            assert (row.unit.name, row.community.name, row.organisation.name) == ("市第一中学", "桃园社区", "桃园社区党委")
        assert "contact_phone" in row.unit.get_deferred_fields()
        assert link_of(row).endswith(f"/liaison/agreement/{AGREEMENT_LINK.token(row)}/")


class TestRenewing:
    def renewed(self, allied, **values) -> Agreement:
        return renew_agreement(agreement=allied.agreement, by=allied.clerk, **{"ends_on": day(630)} | values)

    def test_begins_the_day_after_with_the_same_texts(self, allied):
        row = self.renewed(allied)
        old = Agreement.objects.get(pk=allied.agreement.pk)
        assert (row.state, row.starts_on, row.ends_on, row.renews) == ("draft", day(266), day(630), old)
        assert (row.unit, row.area, row.organisation, row.their_head) == (old.unit, old.area, old.organisation, "周校长")
        assert {name: getattr(row, name) for name in TEXTS} == TEXTS
        assert (row.signed_on, row.link_key != old.link_key) == (None, True)

    def test_what_was_promised_comes_along_as_new(self, allied):
        Commitment.objects.all().delete()
        term = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
        old = agreement_with(allied.hospital, allied.areas.taoyuan, **term)
        done = {"state": "done", "side": Side.OURS, "who": "王书记"}
        commitment_of(old, text="体检", due_on=date(2026, 3, 31), **done)
        commitment_of(old, text="开放", due_on=date(2026, 2, 28))
        commitment_of(old, text="不办", due_on=date(2026, 5, 1), state="dropped")
        commitment_of(old, text="年底", due_on=date(2026, 12, 31))
        row = renew_agreement(agreement=old, ends_on=date(2027, 9, 30), by=allied.clerk)
        found = [(one.text, one.side, one.who, one.due_on, one.state) for one in row.commitments.order_by("due_on")]
        assert found == [
            ("开放", "theirs", "", date(2027, 2, 28), "open"),
            ("体检", "ours", "王书记", date(2027, 3, 31), "open"),
        ]
        assert not row.commitments.exclude(done_text="", done_on=None, done_by=None).exists()

    @pytest.mark.parametrize("state", sorted(set(AgreementState) - {"in_force", "expired"}))
    def test_only_what_is_or_was_in_force_to_its_end(self, allied, state):
        row = agreement_with(allied.hospital, allied.areas.grid1, state=state)
        with pytest.raises(AgreementRefused, match="不能续签"):
            renew_agreement(agreement=row, ends_on=day(700), by=allied.clerk)

    def test_once(self, allied):
        self.renewed(allied)
        with pytest.raises(AgreementRefused, match="该协议已有续签的协议"):
            self.renewed(allied)
        assert Agreement.objects.filter(renews=allied.agreement).count() == 1

    def test_a_renewal_that_is_not_signed_leaves_the_way_free(self, allied):
        move_agreement(agreement=self.renewed(allied), move="discard", by=allied.clerk, reason="另议")
        assert self.renewed(allied).renews == allied.agreement

    def test_ends_after_it_began(self, allied):
        with pytest.raises(AgreementRefused, match="结束日期早于开始日期"):
            self.renewed(allied, ends_on=day(265))

    def test_never_begins_before_the_old_one_ends(self, allied):
        row = self.renewed(allied)
        new = new_of(allied, unit=allied.school, starts_on=day(265), ends_on=day(630))
        with pytest.raises(AgreementRefused, match="续签的协议应从次日或以后开始"):
            change_agreement(agreement=row, new=new, by=allied.clerk)
        row = change_agreement(agreement=row, new=replace(new, starts_on=day(270)), by=allied.clerk)
        assert row.starts_on == day(270)

    def test_stays_with_its_unit(self, allied):
        row = self.renewed(allied)
        with pytest.raises(AgreementRefused, match="不能更换单位和区域"):
            change_agreement(agreement=row, new=new_of(allied, starts_on=day(270), ends_on=day(600)), by=allied.clerk)

    def test_offered_while_the_old_one_is_in_force(self, allied):
        assert move_agreement(agreement=self.renewed(allied), move="offer", by=allied.clerk).state == "offered"

    def test_is_no_more_among_those_to_renew(self, allied):
        Agreement.objects.filter(pk=allied.agreement.pk).update(ends_on=day(30))
        Agreement.objects.filter(pk=allied.neighbour.pk).update(ends_on=day(30))
        old = Agreement.objects.get(pk=allied.agreement.pk)
        assert set(Agreement.objects.ending_soon()) == {old, allied.neighbour}
        renew_agreement(agreement=old, ends_on=day(395), by=allied.clerk)
        assert set(Agreement.objects.ending_soon()) == {allied.neighbour}

    @pytest.mark.parametrize(
        ("then", "due", "moved"),
        [
            (date(2028, 1, 1), date(2027, 2, 28), date(2028, 2, 29)),
            (date(2028, 1, 1), date(2027, 12, 31), date(2028, 12, 31)),
            (date(2027, 7, 1), date(2027, 3, 31), date(2027, 9, 30)),
            (date(2027, 7, 1), date(2027, 8, 30), date(2028, 2, 29)),
            (date(2027, 1, 11), date(2027, 2, 28), date(2027, 3, 10)),
        ],
    )
    def test_days_move_on_by_the_calendar(self, then, due, moved):
        assert moved_on(due, date(2027, 1, 1), then) == moved


class TestReading:
    def test_what_was_done_in_a_quarter(self, allied):
        rows = [
            {"text": "体检", "side": "ours", "done_on": day(-5), "done_text": "体检 30 人。"},
            {"text": "开放", "done_on": day(-9), "done_text": "到场 12 人"},
            {"text": "太早", "done_on": day(-60)},
            {"text": "太晚", "done_on": day(0)},
        ]
        for one in rows:
            commitment_of(allied.agreement, state="done", **one)
        commitment_of(allied.agreement, state="reported", done_on=day(-5))
        commitment_of(allied.neighbour, state="done", done_on=day(-5), text="别处", done_text="做了")
        five, nine = day(-5), day(-9)
        sentences = [
            f"{five.month}月{five.day}日，社区方完成“体检”：体检 30 人。",
            f"{nine.month}月{nine.day}日，单位方完成“开放”：到场 12 人。",
        ]
        assert done_in(allied.agreement, day(-30), day(-1)) == sentences
        both = done_by_agreement([allied.agreement.pk, allied.neighbour.pk, allied.draft.pk], day(-30), day(-1))
        there = f"{five.month}月{five.day}日，单位方完成“别处”：做了。"
        assert both == {allied.agreement.pk: sentences, allied.neighbour.pk: [there]}

    def test_many_in_one_query(self, allied, django_assert_num_queries):
        commitment_of(allied.agreement, state="done")
        with django_assert_num_queries(1):
            done_by_agreement([allied.agreement.pk, allied.neighbour.pk], day(-30), day(0))

    def test_progress(self, allied, django_assert_num_queries):
        commitment_of(allied.agreement, state="done")
        commitment_of(allied.agreement, state="reported", due_on=day(-3))
        commitment_of(allied.agreement, state="dropped", due_on=day(-3))
        commitment_of(allied.draft, due_on=day(-3))
        with django_assert_num_queries(1):
            rows = list(with_progress(Agreement.objects.all()))
        found = {row.pk: (row.promised, row.done, row.late, row.to_confirm) for row in rows}
        assert found == {
            allied.agreement.pk: (5, 1, 1, 1),
            allied.draft.pk: (1, 0, 0, 0),
            allied.neighbour.pk: (1, 0, 0, 0),
        }
