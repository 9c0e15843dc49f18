"""Quarterly reports drafted, sent, taken back and remarked on by several at once: what happens is what one of them does."""

import pytest
from django.db import connection
from django.utils import timezone

from gridparty.lib.tests.test_photos import upload
from gridparty.lib.tests.test_scans import PDF
from grids.tests.test_at_once import together
from jobs.models import Notice
from liaison.actions import revoke_link
from liaison.actions.reports import draft_reports, remark_report, reopen_report, send_report
from liaison.actions.scans import MOST_SCANS, add_scans
from liaison.choices import ReportState
from liaison.errors import AgreementRefused
from liaison.models import Agreement, AgreementScan, QuarterReport
from liaison.tests.conftest import agreement_with
from liaison.tests.test_agreement_links import report_of
from liaison.tests.test_reports import DAY, WHOLE_YEAR

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time"),
    pytest.mark.django_db(transaction=True),
]
ROUNDS = 5


def refusals(done: list) -> list[str]:
    return [str(one) for one in done if isinstance(one, AgreementRefused)]


def test_drafted_by_several_at_once(allied):
    Agreement.objects.filter(signed_on__isnull=False).update(**WHOLE_YEAR, signed_on=WHOLE_YEAR["starts_on"])
    for _n in range(20):
        agreement_with(allied.mill, allied.areas.liuyuan, **WHOLE_YEAR)
    assert sorted(together(*(lambda: draft_reports(day=DAY) for _worker in range(4)))) == [0, 0, 0, 22]
    assert QuarterReport.objects.count() == 22


def test_of_several_remarks_at_once_one_counts(allied):
    report = report_of(allied.agreement)
    words = ["好", "很好", "还需努力"]
    done = together(*(lambda one=one: remark_report(report=report, agreement=allied.agreement, text=one) for one in words))
    (counted,) = [one for one in done if isinstance(one, QuarterReport)]
    assert QuarterReport.objects.get().answer_text == counted.answer_text
    assert ["不能重复填写" in sentence for sentence in refusals(done)] == [True, True]
    assert Notice.objects.filter(recipient=allied.clerk).count() == 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_taken_back_while_the_unit_remarks(allied, round_):
    """Either it was taken back and says nothing, or it says something and stays."""
    report = report_of(allied.agreement)
    done = together(
        lambda: remark_report(report=report, agreement=allied.agreement, text="好"),
        lambda: reopen_report(report=report, by=allied.clerk),
    )
    row = QuarterReport.objects.get()
    assert len(refusals(done)) == 1
    assert (row.state, row.answer_text) in ((ReportState.DRAFT, ""), (ReportState.SENT, "好"))


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_the_link_is_revoked_while_the_unit_remarks(allied, round_):
    report = report_of(allied.agreement)
    remarked, _revoked = together(
        lambda: remark_report(report=report, agreement=allied.agreement, text="好"),
        lambda: revoke_link(agreement=allied.agreement, by=allied.clerk),
    )
    assert QuarterReport.objects.get().answer_text == ("" if isinstance(remarked, AgreementRefused) else "好")
    with pytest.raises(AgreementRefused, match="失效"):
        remark_report(report=report, agreement=allied.agreement, text="再说")


def test_sent_by_several_at_once(allied):
    report = report_of(allied.agreement, state=ReportState.DRAFT)
    done = together(*(lambda by=by: send_report(report=report, by=by) for by in (allied.clerk, allied.secretary)))
    (counted,) = [one for one in done if isinstance(one, QuarterReport)]
    assert (len(refusals(done)), QuarterReport.objects.get().sent_by) == (1, counted.sent_by)
    assert QuarterReport.objects.get().sent_at <= timezone.now()


def test_no_more_scans_than_allowed(allied):
    half = MOST_SCANS // 2 + 1
    works = [
        lambda: add_scans(agreement=allied.agreement, files=[upload(PDF) for _n in range(half)], by=allied.clerk)
        for _n in range(3)
    ]
    assert len(refusals(together(*works))) == 2
    assert AgreementScan.objects.count() == half
