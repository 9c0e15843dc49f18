"""每季度书面汇报: drafted by the clock for each agreement in force, put into words, sent, taken back, remarked on once."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from jobs.models import Notice
from liaison.actions.reports import draft_reports, remark_report, reopen_report, send_report, write_report
from liaison.choices import AgreementState, CommitmentState, ReportState, Side
from liaison.errors import AgreementRefused
from liaison.models import Agreement, QuarterReport
from liaison.tests.conftest import agreement_with, commitment_of

DAY = date(2026, 10, 5)  # the quarter before it is the third of 2026
FIRST, LAST = date(2026, 7, 1), date(2026, 9, 30)
WHOLE_YEAR = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}


@pytest.fixture
def agreement(allied) -> Agreement:
    """The only one, in force all through 2026."""
    QuarterReport.objects.all().delete()
    Agreement.objects.exclude(pk=allied.agreement.pk).update(state=AgreementState.DISCARDED)
    Agreement.objects.filter(pk=allied.agreement.pk).update(**WHOLE_YEAR, signed_on=date(2026, 1, 1))
    return Agreement.objects.get(pk=allied.agreement.pk)


@pytest.fixture
def report(agreement) -> QuarterReport:
    draft_reports(day=DAY)
    return QuarterReport.objects.get()


def done(agreement, on: date, **values):
    return commitment_of(agreement, state=CommitmentState.DONE, done_on=on, due_on=on, **values)


class TestDrafting:
    def test_it_tells_what_was_done_in_the_quarter(self, allied, agreement):
        for on in (FIRST - timedelta(days=1), FIRST, LAST, LAST + timedelta(days=1)):
            done(agreement, on, text=f"事项{on:%m%d}", done_text="已办。")
        done(agreement, date(2026, 8, 8), text="为教职工体检", side=Side.OURS, done_text="32 人参加")
        assert draft_reports(day=DAY) == 1
        row = QuarterReport.objects.get()
        assert (row.from_on, row.until_on, row.state, row.trouble, row.plan) == (FIRST, LAST, ReportState.DRAFT, "", "")
        assert row.done.splitlines() == [
            "8月8日，社区方完成“为教职工体检”：32 人参加。",
            "7月1日，单位方完成“事项0701”：已办。",
            "9月30日，单位方完成“事项0930”：已办。",
        ]

    def test_again_it_makes_nothing_and_changes_nothing(self, allied, report):
        write_report(report=report, done="改过的", trouble="", plan="", by=allied.clerk)
        done(report.agreement, date(2026, 8, 8))
        assert [draft_reports(day=DAY), draft_reports(day=DAY + timedelta(days=80))] == [0, 0]
        assert QuarterReport.objects.get().done == "改过的"

    def test_the_next_quarter_has_its_own(self, report):
        assert draft_reports(day=date(2027, 1, 2)) == 1
        assert set(QuarterReport.objects.values_list("from_on", flat=True)) == {FIRST, date(2026, 10, 1)}

    @pytest.mark.parametrize(
        ("state", "values", "drafts"),
        [
            ("in_force", {}, True),
            ("in_force", {"starts_on": LAST}, True),
            ("in_force", {"starts_on": LAST + timedelta(days=1)}, False),
            ("in_force", {"signed_on": LAST + timedelta(days=1)}, False),
            ("expired", {"ends_on": FIRST}, True),
            ("expired", {"ends_on": FIRST - timedelta(days=1)}, False),
            ("ended", {"ended_on": FIRST}, True),
            ("ended", {"ended_on": FIRST - timedelta(days=1)}, False),
            ("offered", {}, False),
            ("agreed", {}, False),
            ("draft", {}, False),
            ("discarded", {}, False),
        ],
    )
    def test_of_agreements_in_force_some_day_of_it(self, agreement, state, values, drafts):
        Agreement.objects.filter(pk=agreement.pk).update(**{"state": state} | values)
        assert draft_reports(day=DAY) == drafts

    def test_as_many_whole_sentences_as_there_is_room_for(self, agreement):
        for n in range(20):
            done(agreement, date(2026, 8, 1 + n), done_text="长" * 400)
        draft_reports(day=DAY)
        lines = QuarterReport.objects.get().done.splitlines()
        assert (len(lines), {line[-3:] for line in lines}) == (7, {"长长。"})

    @pytest.mark.parametrize("number", [1, 3])
    def test_the_queries_do_not_grow(self, allied, agreement, number, django_assert_max_num_queries):
        for _n in range(number - 1):
            agreement_with(allied.mill, allied.areas.liuyuan, **WHOLE_YEAR)
        done(agreement, date(2026, 8, 8))
        with django_assert_max_num_queries(QUERIES):
            assert draft_reports(day=DAY) == number


QUERIES = 12  # some more on SQLite, where keys are reserved one statement at a time


class TestWriting:
    def test_a_draft_is_put_into_words(self, allied, report):
        row = write_report(report=report, done=" 做了三件事。\r\n一是 ", trouble="场地不足", plan="再做三件", by=allied.clerk)
        assert (row.done, row.trouble, row.plan) == ("做了三件事。\n一是", "场地不足", "再做三件")

    def test_what_was_sent_is_not_changed(self, allied, report):
        write_report(report=report, done="做了", trouble="", plan="", by=allied.clerk)
        send_report(report=report, by=allied.clerk)
        with pytest.raises(AgreementRefused, match="不能修改"):
            write_report(report=report, done="没做", trouble="", plan="", by=allied.clerk)
        assert QuarterReport.objects.get().done == "做了"

    @pytest.mark.parametrize(("name", "most"), [("done", 3000), ("trouble", 1000), ("plan", 1000)])
    def test_too_long_is_refused(self, allied, report, name, most):
        texts = {"done": "", "trouble": "", "plan": ""}
        write_report(report=report, by=allied.clerk, **texts | {name: "长" * most})
        with pytest.raises(AgreementRefused, match=f"最多 {most} 字，现有 {most + 1} 字"):
            write_report(report=report, by=allied.clerk, **texts | {name: "长" * (most + 1)})
        assert len(getattr(QuarterReport.objects.get(), name)) == most

    @pytest.mark.parametrize("who", ["liuyuan_secretary", "cadre", "grid_leader", "nobody"])
    def test_only_by_who_keeps_agreements_there(self, allied, report, who):
        by = getattr(allied, who)
        QuarterReport.objects.update(done="做了")
        acts = [
            lambda: write_report(report=report, done="改", trouble="", plan="", by=by),
            lambda: send_report(report=report, by=by),
            lambda: reopen_report(report=report, by=by),
        ]
        for act in acts:
            with pytest.raises(AgreementRefused, match="管理范围"):
                act()
        assert QuarterReport.objects.get().done == "做了"


class TestSending:
    def test_it_says_who_and_when(self, allied, report):
        write_report(report=report, done="做了", trouble="", plan="", by=allied.clerk)
        send_report(report=report, by=allied.secretary)
        row = QuarterReport.objects.get()
        assert (row.state, row.sent_by, row.sent_at is None) == (ReportState.SENT, allied.secretary, False)

    @pytest.mark.parametrize("done", ["", " \n "])
    def test_one_that_says_nothing_is_not_sent(self, allied, report, done):
        QuarterReport.objects.update(done=done)
        with pytest.raises(AgreementRefused, match="本季度工作”没有填写"):
            send_report(report=report, by=allied.clerk)
        assert QuarterReport.objects.get().state == ReportState.DRAFT

    def test_once(self, allied, report):
        QuarterReport.objects.update(done="做了")
        send_report(report=report, by=allied.clerk)
        with pytest.raises(AgreementRefused, match="不能提交"):
            send_report(report=report, by=allied.secretary)
        assert QuarterReport.objects.get().sent_by == allied.clerk

    def test_it_is_taken_back_to_be_mended(self, allied, report):
        QuarterReport.objects.update(done="做了")
        send_report(report=report, by=allied.clerk)
        row = reopen_report(report=report, by=allied.secretary)
        assert (row.state, row.sent_at, row.sent_by, row.done) == (ReportState.DRAFT, None, None, "做了")
        with pytest.raises(AgreementRefused, match="不能撤回"):
            reopen_report(report=report, by=allied.secretary)


@pytest.fixture
def sent(report) -> QuarterReport:
    QuarterReport.objects.update(done="做了", state=ReportState.SENT, sent_at=timezone.now())
    return QuarterReport.objects.select_related("agreement").get()


class TestRemarking:
    def test_once_and_keepers_hear_of_it_without_a_name(self, allied, sent):
        remark_report(report=sent, agreement=sent.agreement, text=" 情况属实。 ", answerer="周老师")
        row = QuarterReport.objects.get()
        assert (row.answer_text, row.answerer, row.answered_at is None) == ("情况属实。", "周老师", False)
        notices = list(Notice.objects.values_list("recipient", "body"))
        assert notices == [(pk, "2026年第三季度共建汇报。请打开查看。") for pk, _body in notices]
        assert {pk for pk, _body in notices} == {allied.secretary.pk, allied.clerk.pk}
        with pytest.raises(AgreementRefused, match="不能重复填写"):
            remark_report(report=sent, agreement=sent.agreement, text="再补", answerer="")
        with pytest.raises(AgreementRefused, match="下一季度"):
            reopen_report(report=sent, by=allied.clerk)
        assert QuarterReport.objects.get().answer_text == "情况属实。"

    @pytest.mark.parametrize(("text", "sentence"), [(" ", "请填写意见"), ("长" * 501, "最多 500 字")])
    def test_what_cannot_be_kept_is_refused(self, sent, text, sentence):
        with pytest.raises(AgreementRefused, match=sentence):
            remark_report(report=sent, agreement=sent.agreement, text=text, answerer="")

    def test_taken_back_meanwhile(self, allied, sent):
        reopen_report(report=sent, by=allied.clerk)
        with pytest.raises(AgreementRefused, match="已由社区撤回"):
            remark_report(report=sent, agreement=sent.agreement, text="好", answerer="")

    def test_of_another_agreement(self, allied, sent):
        Agreement.objects.filter(pk=allied.neighbour.pk).update(state=AgreementState.IN_FORCE)
        with pytest.raises(AgreementRefused, match="已由社区撤回"):
            remark_report(report=sent, agreement=allied.neighbour, text="好", answerer="")

    @pytest.mark.parametrize("state", ["ended", "draft", "discarded"])
    def test_when_the_agreement_is_over(self, sent, state):
        Agreement.objects.filter(pk=sent.agreement_id).update(state=state)
        with pytest.raises(AgreementRefused, match="不能再填写意见"):
            remark_report(report=sent, agreement=sent.agreement, text="好", answerer="")
        assert QuarterReport.objects.get().answered_at is None
