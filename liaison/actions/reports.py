"""The quarter's written report of each agreement: drafted by the clock, put into words, sent, remarked on by the unit."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib import bulk
from gridparty.lib.dates import today
from jobs.actions import notify
from liaison.actions.agreements import check_keeps, check_link, locked
from liaison.agreements import done_by_agreement, keepers_of
from liaison.choices import AgreementState, ReportState
from liaison.errors import AgreementRefused
from liaison.models import Agreement, QuarterReport
from services.choices import PeriodKind
from services.periods import Period

_SIGNED = (AgreementState.IN_FORCE, AgreementState.EXPIRED, AgreementState.ENDED)
_REMARKED_IN = (AgreementState.IN_FORCE, AgreementState.EXPIRED)
_LONGEST = {name: QuarterReport._meta.get_field(name).max_length for name in ("done", "trouble", "plan")}


# --- What the system does by itself


@action("liaison.draft_reports")
def draft_reports(*, day: date | None = None) -> int:
    """A draft for every agreement that was in force some day of the quarter before `day`'s; how many are new.

    Reports that are there are left as people edited them. The agreements are the lock: at once by two, none is made twice.
    """
    quarter = Period.before(PeriodKind.QUARTER, day or today())
    agreements = list(_in_force_within(quarter).select_for_update(of=("self",)).order_by("pk"))
    there = set(QuarterReport.objects.filter(from_on=quarter.first).values_list("agreement", flat=True))
    days = {"from_on": quarter.first, "until_on": quarter.last}
    missing = [one.pk for one in agreements if one.pk not in there]
    done = done_by_agreement(missing, quarter.first, quarter.last)
    new = [{"agreement_id": pk, **days, "done": _fitting(done.get(pk, ()))} for pk in missing]
    QuarterReport.objects.bulk_create(bulk.new_objects(QuarterReport, new))
    return len(new)


def _in_force_within(quarter: Period) -> QuerySet[Agreement]:
    """Signed and running on some day of it, also those that ended in it."""
    begun = Q(starts_on__lte=quarter.last, signed_on__lte=quarter.last, ends_on__gte=quarter.first)
    stayed = Q(ended_on=None) | Q(ended_on__gte=quarter.first)
    return Agreement.objects.filter(begun, stayed, state__in=_SIGNED)


def _fitting(lines: Iterable[str]) -> str:
    """As many whole lines as the report holds."""
    text = ""
    for line in lines:
        if len(text) + len(line) + 1 > _LONGEST["done"]:
            break
        text += f"{line}\n"
    return text.rstrip("\n")


# --- What the community does


@action("liaison.write_report")
def write_report(*, report: QuarterReport, done: str, trouble: str, plan: str, by) -> QuarterReport:
    """Put a draft into words. Raises AgreementRefused."""
    row = _held(report, by)
    _check_state(row, ReportState.DRAFT, _("修改"))
    for name, typed in (("done", done), ("trouble", trouble), ("plan", plan)):
        setattr(row, name, _text(typed, _LONGEST[name]))
    row.save()
    return row


@action("liaison.send_report")
def send_report(*, report: QuarterReport, by) -> QuarterReport:
    """From now on the unit sees it by its link. Raises AgreementRefused."""
    row = _held(report, by)
    _check_state(row, ReportState.DRAFT, _("提交"))
    if not row.done.strip():
        raise AgreementRefused(_("“本季度工作”没有填写，请填写保存后再提交；本季度没有开展工作的，请写明原因。"))
    row.state, row.sent_at, row.sent_by = ReportState.SENT, timezone.now(), by
    row.save()
    return row


@action("liaison.reopen_report")
def reopen_report(*, report: QuarterReport, by) -> QuarterReport:
    """Take it back to mend it: not once the unit has said something to it. Raises AgreementRefused."""
    row = _held(report, by)
    _check_state(row, ReportState.SENT, _("撤回"))
    if row.answered_at:
        raise AgreementRefused(_("单位已对这份汇报提出意见，不能撤回；后续情况请写入下一季度的汇报。"))
    row.state, row.sent_at, row.sent_by = ReportState.DRAFT, None, None
    row.save()
    return row


def _held(report: QuarterReport, by) -> QuarterReport:
    """The row as it is now, locked and `by`'s to keep. Its agreement is locked first, as everywhere."""
    check_keeps(locked(report.agreement), by)
    return QuarterReport.objects.select_for_update(of=("self",)).get(pk=report.pk)


def _check_state(row: QuarterReport, state: str, verb: str) -> None:
    if row.state != state:
        words = {"state": row.get_state_display(), "verb": verb}
        raise AgreementRefused(_("汇报目前为“%(state)s”，不能%(verb)s，可能刚由他人办理，请刷新后查看。") % words)


def _text(typed: str, most: int) -> str:
    text = typed.replace("\r\n", "\n").strip()
    if len(text) > most:
        raise AgreementRefused(_("文字最多 %(most)d 字，现有 %(n)d 字，请删减。") % {"most": most, "n": len(text)})
    return text


# --- What the unit does


@action("liaison.remark_report")
def remark_report(*, report: QuarterReport, agreement: Agreement, text: str, answerer: str = "") -> QuarterReport:
    """What the unit says to a report, once, by the link `agreement` was found by. Keepers hear of it. Raises AgreementRefused."""
    held = locked(agreement)
    check_link(held, agreement)
    if held.state not in _REMARKED_IN:
        raise AgreementRefused(_("协议%(state)s，不能再填写意见，请联系社区。") % {"state": held.get_state_display()})
    row = QuarterReport.objects.select_for_update(of=("self",)).filter(pk=report.pk, agreement=held).first()
    if row is None or row.state != ReportState.SENT:
        raise AgreementRefused(_("这份汇报已由社区撤回修改，请等社区重新提交后再填写意见。"))
    if row.answered_at:
        raise AgreementRefused(_("这份汇报已经填写过意见，不能重复填写；如需补充，请联系社区。"))
    if not text.strip():
        raise AgreementRefused(_("请填写意见。"))
    row.answer_text, row.answerer, row.answered_at = _text(text, 500), _text(answerer, 60), timezone.now()
    row.save()
    notify(
        recipients=keepers_of(held),
        subject=_("共建季度汇报收到单位意见"),
        body=_("%(period)s共建汇报。请打开查看。") % {"period": Period.of_card(row).label},
        link=reverse("admin:liaison_quarterreport_change", args=[row.pk]),
    )
    return row
