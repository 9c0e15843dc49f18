"""Agreements and quarterly reports on paper, as both sides sign, seal and file them."""

from datetime import date

from django.utils import timezone

from gridparty.lib import pdf
from gridparty.lib.dates import CHINA, day_of
from liaison.agreements import in_words, party_name
from liaison.choices import AgreementState, CommitmentState, ReportState
from liaison.models import Agreement, QuarterReport
from services.periods import Period

_MARKS = {AgreementState.DRAFT: "征求意见稿", AgreementState.DISCARDED: "未签订"}
_PARTIES = ("unit", "organisation", "area")


def agreement_pdf(agreement: Agreement, *, by) -> bytes:
    """The agreement, ready to be signed; its commitments are the annex, without those that were dropped. Two queries."""
    row = Agreement.objects.select_related(*_PARTIES).defer("unit__contact_phone").get(pk=agreement.pk)
    promised = row.commitments.exclude(state=CommitmentState.DROPPED).order_by("side", "due_on", "pk")
    return pdf.render(
        "agreement.typ",
        _printed(row, by)
        | {
            "mark": _MARKS.get(row.state, ""),
            "our_head": row.our_head,
            "their_head": row.their_head,
            "contact": row.unit.contact_name,
            "clauses": _below_the_parties(row),
            "our_duties": row.our_duties,
            "their_duties": row.their_duties,
            "signed": _day(row.signed_on),
            "commitments": [[str(one.get_side_display()), one.text, one.who, _day(one.due_on)] for one in promised],
        },
    )


def report_pdf(report: QuarterReport, *, by) -> bytes:
    """A quarter's report for the unit, with what it said to it. One query."""
    rows = QuarterReport.objects.select_related(*(f"agreement__{name}" for name in _PARTIES))
    row = rows.defer("agreement__unit__contact_phone").get(pk=report.pk)
    return pdf.render(
        "quarter_report.typ",
        _printed(row.agreement, by)
        | {
            "mark": "草稿" if row.state == ReportState.DRAFT else "",
            "quarter": Period.of_card(row).label,
            "done": row.done,
            "trouble": row.trouble,
            "plan": row.plan,
            "day": _day(day_of(row.sent_at or timezone.now())),
            "answer_text": row.answer_text,
            "answerer": row.answerer,
            "answered": _day(day_of(row.answered_at)) if row.answered_at else "",
        },
    )


def _below_the_parties(row: Agreement) -> str:
    """The clauses without lines that only name the parties: the head of the paper does."""
    named = {f"甲方：{party_name(row)}", f"乙方：{row.unit.name}"}
    return "\n".join(line for line in row.clauses.splitlines() if line.strip() not in named)


def _printed(agreement: Agreement, by) -> dict:
    """What both papers say of the agreement, and who printed them when."""
    return {
        "title": agreement.title,
        "ours": party_name(agreement),
        "theirs": agreement.unit.name,
        "starts": _day(agreement.starts_on),
        "ends": _day(agreement.ends_on),
        "printed_by": by.name,
        "printed_at": f"{timezone.now().astimezone(CHINA):%Y-%m-%d %H:%M}",
    }


def _day(day: date | None) -> str:
    return in_words(day) if day else ""
