"""Agreements and reports on paper: all that both sides sign, printed as it was typed, over as many pages as it takes."""

import io
import re

import pytest
from django.utils import timezone
from pypdf import PdfReader

from liaison import papers
from liaison.agreements import in_words
from liaison.choices import AgreementState, CommitmentState, Side
from liaison.models import Agreement, Commitment, QuarterReport
from liaison.tests.conftest import commitment_of
from liaison.tests.test_agreement_links import QUARTER, report_of
from members.models import Unit
from services.tests.test_card_papers import HOSTILE

RARE = "买买提·𠮷䶮㼆 <i>#x</i> $y$ *a*"


def closed(text: str) -> str:
    return re.sub(r"\s", "", text)


def pages(made: bytes) -> list[str]:
    """The text of each page without its spaces and line ends."""
    return [closed(page.extract_text()) for page in PdfReader(io.BytesIO(made)).pages]


def printed(row, by) -> list[str]:
    return pages((papers.agreement_pdf if isinstance(row, Agreement) else papers.report_pdf)(row, by=by))


def changed(row, **values):
    type(row).objects.filter(pk=row.pk).update(**values)
    return type(row).objects.get(pk=row.pk)


class TestAgreement:
    def test_what_both_sides_sign(self, allied):
        row = changed(allied.agreement, our_head="王书记", signed_on=allied.agreement.starts_on)
        paper = "".join(printed(row, allied.clerk))
        for words in (
            f"{allied.parties.taoyuan.full_name}结对共建协议书甲方：{allied.parties.taoyuan.full_name}负责人：王书记",
            "乙方：市第一中学负责人：周校长联系人：周老师",
            f"协议期限：{in_words(row.starts_on)}至{in_words(row.ends_on)}",
            f"共同约定{row.clauses}",
            f"甲方职责{row.our_duties}",
            f"乙方职责{row.their_duties}",
            "附件：共建事项清单（3项）",
            "甲方（盖章）",
            "乙方（盖章）",
            "负责人（签字）：",
            in_words(row.signed_on),
            "序号责任方事项责任人完成期限",
            f"单位方开放会议室一次{in_words(allied.theirs.due_on)}",
            f"社区方为教职工体检一次{in_words(allied.ours.due_on)}",
            "张三",
            "第1页，共2页",
        ):
            assert closed(words) in paper, words
        assert paper.count("负责人（签字）") == 2
        assert "0531" not in paper

    def test_the_annex_begins_a_page_and_leaves_out_what_was_dropped(self, allied):
        changed(allied.theirs, state=CommitmentState.DROPPED)
        text, annex = printed(allied.agreement, allied.clerk)
        assert ("（2项）" in text, annex.startswith("附件共建事项清单")) == (True, True)
        assert "开放会议室" not in annex

    def test_without_promises_there_is_no_annex(self, allied):
        (page,) = printed(allied.draft, allied.clerk)
        assert "附件" not in page
        assert "年月日" in page  # to be written by hand

    @pytest.mark.parametrize(
        ("state", "mark"), [("draft", "征求意见稿"), ("discarded", "未签订"), ("offered", ""), ("agreed", ""), ("in_force", "")]
    )
    def test_what_may_not_be_signed_says_so(self, allied, state, mark):
        paper = printed(changed(allied.agreement, state=state), allied.clerk)[0]
        assert [word for word in ("征求意见稿", "未签订") if word in paper] == ([mark] if mark else [])

    @pytest.mark.parametrize("text", [HOSTILE, RARE])
    def test_markup_prints_as_text_and_rare_characters_are_right(self, allied, text):
        Unit.objects.filter(pk=allied.school.pk).update(name=text[:60], contact_name=text[:40])
        Commitment.objects.filter(pk=allied.theirs.pk).update(text=text, who=text[:30])
        given = {"title": text[:40], "our_head": text[:50], "clauses": text, "our_duties": text, "their_duties": text}
        paper = "".join(printed(changed(allied.agreement, **given), allied.clerk))
        for words in (
            f"乙方：{text[:60]}",
            f"联系人：{text[:40]}",
            f"负责人：{text[:50]}",
            f"共同约定{text}",
            f"甲方职责{text}",
        ):
            assert closed(words) in paper, words
        assert closed(text) in "".join(printed(allied.agreement, allied.clerk)[1:])

    def test_the_longest_texts_flow_over_pages(self, allied):
        signs = "一二三四五六七八九十" * 400
        commitments = [commitment_of(allied.agreement, text=f"第{n}件" + "长" * 190, who="责" * 60) for n in range(60)]
        row = changed(allied.agreement, clauses=signs, our_duties=signs[:2000], their_duties=signs[:2000], title="题" * 60)
        made = printed(row, allied.clerk)
        paper = "".join(re.sub(r"张三\d{4}-\d{2}-\d{2}\d{2}:\d{2}打印第\d+页，共\d+页", "", page) for page in made)
        assert [words in paper for words in (signs, "题" * 60)] == [True, True]
        assert [one.text[:4] for one in commitments if one.text[:4] not in paper] == []
        assert f"第{len(made)}页，共{len(made)}页" in made[-1]
        assert len(made) > 10

    def test_signatures_alone_on_a_page_say_that_it_holds_no_text(self, allied):
        """Whatever the length of the texts, both sides sign on one page, below the text or on one marked so."""
        for lines in range(8, 24):
            paper = printed(changed(allied.draft, clauses="\n".join(["约定"] * lines)), allied.clerk)
            (signing,) = [page for page in paper if "甲方（盖章）" in page]
            assert signing.count("负责人（签字）") == 2
            assert (
                ("此页无正文" in signing)
                == signing.startswith("（此页无正文）")
                == ("约定" not in signing and "职责" not in signing)
            )

    @pytest.mark.parametrize("number", [1, 3])
    def test_the_queries_do_not_grow(self, allied, number, django_assert_num_queries):
        for _n in range(number):
            commitment_of(allied.agreement, side=Side.OURS)
        with django_assert_num_queries(2):
            papers.agreement_pdf(allied.agreement, by=allied.clerk)

    def test_the_parties_are_named_once(self, allied):
        ours = allied.parties.taoyuan.full_name
        row = changed(allied.agreement, clauses=f"甲方：{ours}\n乙方：市第一中学\n甲方：另有约定\n一、共同做事。")
        paper = printed(row, allied.clerk)[0]
        assert [paper.count(closed(words)) for words in (f"甲方：{ours}", "乙方：市第一中学", "甲方：另有约定")] == [1, 1, 1]

    def test_without_a_party_organisation_the_place_agrees(self, allied):
        row = changed(allied.agreement, organisation=None)
        assert f"甲方：{allied.areas.taoyuan.full_name}" in printed(row, allied.clerk)[0]


class TestReport:
    def test_what_the_unit_reads(self, allied):
        report = report_of(allied.agreement, done="清扫楼道。\n体检一次。", plan="开放操场。")
        (page,) = printed(report, allied.clerk)
        for words in (
            f"{allied.parties.taoyuan.full_name}共建工作季度汇报（{QUARTER.label}）",
            "市第一中学：根据《结对共建协议书》",
            f"现将{QUARTER.label}共建工作情况汇报如下",
            "一、本季度工作清扫楼道。体检一次。",
            "二、存在问题无。",
            "三、下季度打算开放操场。",
            f"{allied.parties.taoyuan.full_name}（盖章）",
            "第1页，共1页",
        ):
            assert closed(words) in page, words
        assert [word for word in ("草稿", "单位意见") if word in page] == []

    def test_a_draft_says_so(self, allied):
        assert "草稿" in printed(report_of(allied.agreement, state="draft"), allied.clerk)[0]

    def test_with_what_the_unit_said(self, allied):
        said = {"answer_text": "情况属实。", "answerer": "周老师", "answered_at": timezone.now()}
        (page,) = printed(report_of(allied.agreement, **said), allied.clerk)
        assert "单位意见情况属实。周老师" in page

    @pytest.mark.parametrize("text", [HOSTILE, RARE])
    def test_markup_prints_as_text(self, allied, text):
        report = report_of(allied.agreement, done=text, trouble=text, plan=text, answer_text=text, answered_at=timezone.now())
        paper = "".join(printed(report, allied.clerk))
        assert paper.count(closed(text)) == 4

    def test_the_longest_texts_flow_over_pages(self, allied):
        texts = {"done": "做" * 3000, "trouble": "难" * 1000, "plan": "想" * 1000, "answer_text": "说" * 500}
        report = report_of(allied.agreement, **texts, answered_at=timezone.now())
        paper = "".join(printed(report, allied.clerk))
        assert [paper.count(text[0]) >= len(text) for text in texts.values()] == [True] * 4

    def test_one_query(self, allied, django_assert_num_queries):
        report = QuarterReport.objects.get(pk=report_of(allied.agreement).pk)
        with django_assert_num_queries(1):
            papers.report_pdf(report, by=allied.clerk)


def test_all_states_can_be_printed(allied):
    for state in AgreementState:
        assert printed(changed(allied.agreement, state=state), allied.clerk)
