"""What stands below an agreement and below what is promised in it: both sides, what is late, scans, reports, how far it is."""

from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today
from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import badge
from liaison.admin.common import AT_ONCE, moment, state_badge
from liaison.choices import AgreementState, CommitmentState, ReportState, Side
from liaison.models import Agreement, Commitment

COMMITMENT_BADGES = {CommitmentState.REPORTED: "watch", CommitmentState.DONE: "good"}
REPORT_BADGES = {ReportState.DRAFT: "watch", ReportState.SENT: "good"}


def listed(agreement: Agreement, **asked) -> str:
    """Its commitments as a list of their own."""
    return f"{reverse('admin:liaison_commitment_changelist')}?{urlencode({'agreement': agreement.pk} | asked)}"


def page_of(row) -> str:
    return reverse(f"admin:liaison_{row._meta.model_name}_change", args=[row.pk])


def renewal_of(agreement: Agreement) -> Agreement | None:
    return getattr(agreement, "renewal", None)


def due(row: Commitment) -> str:
    """Its day, and how late it is."""
    if not (row.is_late and row.agreement.state == AgreementState.IN_FORCE):
        return str(row.due_on)
    days = (today() - row.due_on).days
    return format_html("{} {}", row.due_on, badge("late", ngettext("逾期 %(n)d 天", "逾期 %(n)d 天", days) % {"n": days}))


# --- An agreement


def of_agreement(agreement: Agreement) -> list[Panel]:
    """Four queries."""
    rows = list(agreement.commitments.order_by("due_on", "pk")[:AT_ONCE])
    for row in rows:
        row.agreement = agreement
    sides = [_side(side, [row for row in rows if row.side == side]) for side in Side]
    return [_handling(agreement), *sides, _scans(agreement), _reports(agreement)]


def _handling(agreement: Agreement) -> Panel:
    """How far it is, and what was said about it."""
    said = [agreement.answer_text, agreement.answerer, moment(agreement.answered_at)]
    lines = [
        (_("状态"), agreement.get_state_display(), ""),
        (_("协议期"), f"{agreement.starts_on} — {agreement.ends_on}", ""),
        (_("签订日期"), agreement.signed_on, ""),
        (_("单位答复"), "　".join(filter(None, said)) if agreement.answered_at else "", ""),
        (_("原因"), agreement.reason, ""),
        (_("终止日期"), agreement.ended_on, ""),
        *((_("续签自"), _term(one), page_of(one)) for one in filter(None, [agreement.renews])),
        *((_("续签协议"), _term(one), page_of(one)) for one in filter(None, [renewal_of(agreement)])),
    ]
    return Panel(_("办理"), [line for line in lines if line[1]], "")


def _term(agreement: Agreement) -> str:
    return f"{agreement.starts_on} — {agreement.ends_on}　{agreement.get_state_display()}"


def _side(side: str, rows: list[Commitment]) -> Panel:
    title = _("共建事项：%(side)s") % {"side": Side(side).label}
    lines = [(due(row), format_html("{} {}", _promised(row), state_badge(row, COMMITMENT_BADGES)), page_of(row)) for row in rows]
    return Panel(title, lines, gettext("还没有共建事项，请点“增加事项”。"))


def _promised(row: Commitment) -> str:
    return f"{row.text}（{row.who}）" if row.who else row.text


def _scans(agreement: Agreement) -> Panel:
    keys = agreement.scans.order_by("pk").values_list("pk", flat=True)
    lines = [
        (_("第 %(n)d 份") % {"n": n}, gettext("查看"), reverse("liaison:scan", args=[key])) for n, key in enumerate(keys, start=1)
    ]
    return Panel(_("扫描件"), lines, gettext("还没有上传签字盖章的协议扫描件。"))


def _reports(agreement: Agreement) -> Panel:
    rows = agreement.reports.order_by("-from_on").only("from_on", "state")[:AT_ONCE]
    lines = [(_quarter(row.from_on), state_badge(row, REPORT_BADGES), page_of(row)) for row in rows]
    return Panel(_("季度汇报"), lines, gettext("每季度结束后自动生成汇报草稿。"))


def _quarter(first: date) -> str:
    return gettext("%(year)d年第%(n)d季度") % {"year": first.year, "n": (first.month - 1) // 3 + 1}


# --- A commitment


def of_commitment(row: Commitment) -> list[Panel]:
    """Two queries."""
    lines = [
        (_("状态"), row.get_state_display(), ""),
        (_("完成期限"), due(row), ""),
        (_("完成日期"), row.done_on, ""),
        (_("完成情况"), row.done_text, ""),
        (_("报告人"), row.answerer, ""),
        (_("经办人"), row.done_by.name if row.done_by else "", ""),
        (_("意见"), row.reason, ""),
    ]
    keys = row.photos.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
    photos = [(_("照片 %(n)d") % {"n": n}, gettext("查看"), _photo(key)) for n, key in enumerate(keys, start=1)]
    handling = Panel(_("办理"), [line for line in lines if line[1]], "")
    return [handling, Panel(_("照片"), photos, gettext("没有照片。"))]


def _photo(key: int) -> str:
    return reverse("liaison:commitment_photo", args=[key])
