"""What was promised: entered for one time or again and again, reported by the unit's link, confirmed, and brought to an end."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from audit.models import ChangeEntry
from gridparty.lib.dates import today
from gridparty.lib.photos import PhotoRefused
from jobs.models import Notice
from liaison.actions import (
    NewCommitment,
    add_commitments,
    change_commitment,
    move_agreement,
    move_commitment,
    report_commitment,
    revoke_link,
)
from liaison.actions.commitments import period_ends
from liaison.choices import AgreementState, CommitmentState, Side
from liaison.errors import AgreementRefused
from liaison.models import Agreement, Commitment, CommitmentPhoto
from liaison.tests.conftest import agreement_with, commitment_of, day
from members.tests.conftest import a_picture

THEIRS = {"side": Side.THEIRS, "text": "开放会议室"}
TERM = {"starts_on": date(2026, 3, 15), "ends_on": date(2027, 3, 14)}


def now(commitment) -> Commitment:
    return Commitment.objects.get(pk=commitment.pk)


def add(allied, agreement=None, by=None, **values) -> list[Commitment]:
    new = NewCommitment(**{"due_on": day(30)} | THEIRS | values)
    return add_commitments(agreement=agreement or allied.agreement, new=[new], by=by or allied.clerk)


def report(allied, **values) -> Commitment:
    given = {
        "commitment": allied.theirs,
        "agreement": allied.agreement,
        "text": "5 月 3 日开放，到场 20 人。",
        "answerer": "周老师",
    }
    return report_commitment(**given | values)


class TestAdding:
    @pytest.mark.parametrize("name", ["clerk", "secretary", "street_officer"])
    def test_by_who_runs_liaison_there(self, allied, name):
        (row,) = add(allied, by=getattr(allied, name), who=" 周老师 ")
        assert (row.state, row.who, row.due_on, row.agreement) == ("open", "周老师", day(30), allied.agreement)

    @pytest.mark.parametrize("name", ["cadre", "grid_leader", "liuyuan_secretary"])
    def test_by_nobody_else(self, allied, name):
        with pytest.raises(AgreementRefused, match="不在您的管理范围内"):
            add(allied, by=getattr(allied, name))
        assert Commitment.objects.count() == 4

    @pytest.mark.parametrize("state", list(AgreementState))
    def test_into_a_draft_or_into_what_is_in_force(self, allied, state):
        row = agreement_with(allied.hospital, allied.areas.grid1, state=state)
        if state in {"draft", "in_force"}:
            assert add(allied, row)
        else:
            with pytest.raises(AgreementRefused, match="共建事项不能增改"):
                add(allied, row)

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"text": " "}, "请填写共建事项"),
            ({"side": "both"}, "请选择责任方"),
            ({"due_on": None}, "请填写“开放会议室”的完成期限"),
            ({"due_on": day(266)}, "“开放会议室”的完成期限不在协议期"),
            ({"due_on": day(-101)}, "“开放会议室”的完成期限不在协议期"),
            ({"text": "字" * 201}, "“事项”最多 200 字，现有 201 字"),
            ({"every": "week"}, "请选择多久一次"),
        ],
    )
    def test_what_no_commitment_may_be(self, allied, values, said):
        with pytest.raises(AgreementRefused, match=said):
            add(allied, **values)
        assert Commitment.objects.count() == 4

    def test_all_or_none(self, allied):
        new = [NewCommitment(**THEIRS, due_on=day(30)), NewCommitment(**THEIRS, due_on=day(900))]
        with pytest.raises(AgreementRefused):
            add_commitments(agreement=allied.agreement, new=new, by=allied.clerk)
        assert Commitment.objects.count() == 4

    @pytest.mark.parametrize(
        ("every", "due"),
        [
            ("quarter", [date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), date(2026, 12, 31)]),
            ("half", [date(2026, 6, 30), date(2026, 12, 31)]),
            ("year", [date(2026, 12, 31)]),
        ],
    )
    def test_what_comes_again_is_a_row_for_each_time(self, allied, every, due):
        row = agreement_with(allied.hospital, allied.areas.taoyuan, **TERM)
        assert [one.due_on for one in add(allied, row, every=every, due_on=None)] == due
        assert {(one.text, one.side, one.state) for one in row.commitments.all()} == {("开放会议室", "theirs", "open")}

    def test_every_month(self):
        days = list(period_ends(date(2026, 11, 30), date(2027, 3, 31), 1))
        assert days == [date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]

    def test_a_term_without_the_end_of_a_period(self, allied):
        row = agreement_with(allied.hospital, allied.areas.taoyuan, starts_on=date(2026, 1, 1), ends_on=date(2026, 11, 30))
        with pytest.raises(AgreementRefused, match="没有一个“每年”的期末，请改为一次"):
            add(allied, row, every="year")

    def test_not_without_end(self, allied):
        new = [NewCommitment(**THEIRS, due_on=day(30))] * 198
        with pytest.raises(AgreementRefused, match="一份协议最多 200 项共建事项，已有 3 项"):
            add_commitments(agreement=allied.agreement, new=new, by=allied.clerk)

    def test_many_cost_what_one_does(self, allied, django_assert_max_num_queries):
        with django_assert_max_num_queries(14):
            add(allied, every="month")


class TestChanging:
    def test_of_what_is_open(self, allied):
        new = NewCommitment(side=Side.OURS, text="体检两次", who="王书记", due_on=day(60))
        row = change_commitment(commitment=allied.theirs, new=new, by=allied.clerk)
        assert (row.side, row.text, row.who, row.due_on) == ("ours", "体检两次", "王书记", day(60))

    @pytest.mark.parametrize("state", sorted(set(CommitmentState) - {"open"}))
    def test_of_nothing_else(self, allied, state):
        row = commitment_of(allied.agreement, state=state)
        with pytest.raises(AgreementRefused, match="不能修改"):
            change_commitment(commitment=row, new=NewCommitment(**THEIRS, due_on=day(60)), by=allied.clerk)
        assert now(row).due_on == day(20)

    def test_not_while_the_unit_looks_at_it(self, allied):
        row = commitment_of(allied.draft)
        move_agreement(agreement=allied.draft, move="offer", by=allied.clerk)
        with pytest.raises(AgreementRefused, match="请先撤回修改"):
            change_commitment(commitment=row, new=NewCommitment(**THEIRS, due_on=day(60)), by=allied.clerk)

    def test_within_the_term(self, allied):
        with pytest.raises(AgreementRefused, match="不在协议期"):
            change_commitment(commitment=allied.theirs, new=NewCommitment(**THEIRS, due_on=day(266)), by=allied.clerk)

    @pytest.mark.parametrize("name", ["cadre", "liuyuan_secretary"])
    def test_not_by_others(self, allied, name):
        with pytest.raises(AgreementRefused, match="不在您的管理范围内"):
            change_commitment(commitment=allied.theirs, new=NewCommitment(**THEIRS, due_on=day(60)), by=getattr(allied, name))


class TestMoving:
    def test_entered_as_done(self, allied):
        row = move_commitment(
            commitment=allied.late, move="finish", by=allied.clerk, text="5 月 3 日清扫。", done_on=day(-4), photos=[a_picture()]
        )
        assert (row.state, row.done_text, row.done_on, row.done_by, row.answerer) == (
            "done",
            "5 月 3 日清扫。",
            day(-4),
            allied.clerk,
            "",
        )
        assert row.photos.count() == 1

    def test_today_unless_it_is_said(self, allied):
        assert move_commitment(commitment=allied.ours, move="finish", by=allied.clerk, text="做了").done_on == today()

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"text": "  "}, "请写明完成情况"),
            ({"text": "做了", "done_on": day(1)}, "完成日期不能晚于今天"),
            ({"text": "做了", "done_on": day(-101)}, "完成日期不在协议期"),
            ({"text": "字" * 501}, "“完成情况”最多 500 字"),
        ],
    )
    def test_how_it_is_not_done(self, allied, values, said):
        with pytest.raises(AgreementRefused, match=said):
            move_commitment(commitment=allied.ours, move="finish", by=allied.clerk, **values)
        assert now(allied.ours).state == "open"

    def test_confirmed_by_who_keeps_it(self, allied):
        row = move_commitment(commitment=report(allied), move="confirm", by=allied.clerk)
        assert (row.state, row.done_on, row.done_by, row.answerer) == ("done", today(), allied.clerk, "周老师")

    def test_returned_it_is_open_and_what_was_said_stays(self, allied):
        row = move_commitment(commitment=report(allied), move="return", by=allied.clerk, reason="请补充照片")
        assert (row.state, row.reason, row.done_on, row.done_text) == ("open", "请补充照片", None, "5 月 3 日开放，到场 20 人。")
        row = report(allied, commitment=row, text="已补充。")
        assert (row.state, row.reason, row.done_text) == ("reported", "", "已补充。")

    def test_done_by_mistake(self, allied):
        row = move_commitment(commitment=allied.ours, move="finish", by=allied.clerk, text="做了")
        row = move_commitment(commitment=row, move="reopen", by=allied.clerk, reason="登记错了")
        assert (row.state, row.done_on, row.done_by) == ("open", None, None)

    @pytest.mark.parametrize(("state", "move"), [("reported", "return"), ("done", "reopen"), ("open", "drop")])
    def test_some_ask_for_a_reason(self, allied, state, move):
        row = commitment_of(allied.agreement, state=state)
        with pytest.raises(AgreementRefused, match="请写明原因"):
            move_commitment(commitment=row, move=move, by=allied.clerk)
        assert now(row).state == state

    def test_a_second_click_is_told_the_state(self, allied):
        row = move_commitment(commitment=report(allied), move="confirm", by=allied.clerk)
        with pytest.raises(AgreementRefused, match="该事项现为“已完成”，请刷新后再办理。"):
            move_commitment(commitment=row, move="confirm", by=allied.secretary)
        assert now(row).done_by == allied.clerk

    @pytest.mark.parametrize("state", list(AgreementState))
    def test_settled_from_the_signature_on(self, allied, state):
        row = commitment_of(agreement_with(allied.hospital, allied.areas.grid1, state=state))
        if state in {"in_force", "expired", "ended"}:
            assert move_commitment(commitment=row, move="finish", by=allied.clerk, text="做了").state == "done"
        else:
            with pytest.raises(AgreementRefused, match="签订以后才能办理"):
                move_commitment(commitment=row, move="finish", by=allied.clerk, text="做了")

    def test_after_the_end_it_was_done_on_the_last_day_at_most(self, allied):
        over = agreement_with(allied.hospital, allied.areas.grid1, state="expired", ends_on=day(-5))
        row = commitment_of(over, due_on=day(-8))
        with pytest.raises(AgreementRefused, match="完成日期不在协议期"):
            move_commitment(commitment=row, move="finish", by=allied.clerk, text="做了", done_on=day(-4))
        assert move_commitment(commitment=row, move="finish", by=allied.clerk, text="做了").done_on == day(-5)

    def test_of_a_draft_it_is_only_dropped(self, allied):
        row = move_commitment(commitment=commitment_of(allied.draft), move="drop", by=allied.clerk, reason="另议")
        assert row.state == "dropped"
        with pytest.raises(AgreementRefused, match="签订以后才能办理"):
            move_commitment(commitment=row, move="reopen", by=allied.clerk, reason="还办")

    def test_reported_by_the_link_alone(self, allied):
        with pytest.raises(AgreementRefused, match="由单位凭链接办理"):
            move_commitment(commitment=allied.theirs, move="report", by=allied.district_official, text="做了")

    def test_too_many_pictures_or_none_at_all(self, allied):
        words = {"commitment": allied.ours, "move": "finish", "by": allied.clerk, "text": "做了"}
        with pytest.raises(AgreementRefused, match="一次最多上传 3 张照片"):
            move_commitment(**words, photos=[a_picture() for _n in range(4)])
        with pytest.raises(PhotoRefused):
            move_commitment(**words, photos=[a_picture(), SimpleUploadedFile("x.jpg", b"<script>", "image/jpeg")])
        assert (now(allied.ours).state, CommitmentPhoto.objects.count()) == ("open", 0)


class TestReporting:
    def test_in_words_and_pictures(self, allied):
        row = report(allied, photos=[a_picture(), a_picture()])
        assert (row.state, row.done_on, row.done_text, row.answerer, row.done_by) == (
            "reported",
            today(),
            "5 月 3 日开放，到场 20 人。",
            "周老师",
            None,
        )
        names = [one.photo.name for one in row.photos.all()]
        assert all(name.startswith("commitments/") and "IMG_0001" not in name for name in names)
        with row.photos.first().photo.open() as file:
            assert Image.open(file).format == "JPEG"
        assert list(Commitment.objects.to_confirm()) == [row]

    def test_who_keeps_it_hears(self, allied):
        row = report(allied)
        found = {(one.recipient.username, one.subject, one.link) for one in Notice.objects.select_related("recipient")}
        link = reverse("admin:liaison_commitment_change", args=[row.pk])
        assert found == {(name, "共建事项待核实", link) for name in ("secretary", "clerk")}
        assert not [one for one in Notice.objects.all() if "周老师" in one.body]

    def test_late_ones_too(self, allied):
        assert report(allied, commitment=allied.late).state == "reported"
        assert not Commitment.objects.late().exists()

    @pytest.mark.parametrize("state", sorted(set(CommitmentState) - {"open"}))
    def test_once(self, allied, state):
        row = commitment_of(allied.agreement, state=state)
        with pytest.raises(AgreementRefused, match="不用重复报告"):
            report(allied, commitment=row)
        assert now(row).state == state

    def test_nothing_of_our_side(self, allied):
        with pytest.raises(AgreementRefused, match="不由贵单位报告"):
            report(allied, commitment=allied.ours)
        assert now(allied.ours).state == "open"

    def test_nothing_of_another_agreement(self, allied):
        with pytest.raises(AgreementRefused, match="不由贵单位报告"):
            report(allied, commitment=allied.neighbours)
        assert now(allied.neighbours).state == "open"

    @pytest.mark.parametrize("state", sorted(set(AgreementState) - {"in_force"}))
    def test_nothing_unless_it_is_in_force(self, allied, state):
        agreement = agreement_with(allied.hospital, allied.areas.grid1, state=state)
        row = commitment_of(agreement)
        with pytest.raises(AgreementRefused, match="不能再报告"):
            report(allied, commitment=row, agreement=agreement)
        assert now(row).state == "open"

    def test_not_by_a_link_that_was_revoked_meanwhile(self, allied):
        revoke_link(agreement=allied.agreement, by=allied.clerk)
        with pytest.raises(AgreementRefused, match="该链接已失效"):
            report(allied)
        assert now(allied.theirs).state == "open"

    @pytest.mark.parametrize("text", ["", "   "])
    def test_not_without_words(self, allied, text):
        with pytest.raises(AgreementRefused, match="请写明完成情况"):
            report(allied, text=text, photos=[a_picture()])
        assert (now(allied.theirs).state, CommitmentPhoto.objects.count()) == ("open", 0)

    def test_on_the_day_the_clock_has_not_come_round_to(self, allied):
        Agreement.objects.filter(pk=allied.agreement.pk).update(ends_on=day(-1))
        row = report(allied, agreement=Agreement.objects.get(pk=allied.agreement.pk))
        assert row.done_on == day(-1)
        assert move_commitment(commitment=row, move="confirm", by=allied.clerk).state == "done"

    def test_names_are_logged_as_set_only(self, allied):
        row = report(allied)
        entries = ChangeEntry.objects.filter(model="liaison.commitment", object_id=row.pk)
        assert "周老师" not in str([entry.changes for entry in entries])
