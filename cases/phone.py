"""On the phone: the place of the voices in the tab bar, and what waits there: cases, the own weekly report, reports to read."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.choices import ReportState
from cases.models import Case, WeeklyReport
from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.dates import CHINA, start_of, today
from gridparty.lib.registry import Tab, Worklist, tabs, todos


def _has(user, can: Can) -> bool:
    return scope_of(user).has(Can.USE_PHONE) and scope_of(user).has(can)


@tabs
def voices_tab(user) -> list[Tab]:
    """Who only looks on reports nothing."""
    if not _has(user, Can.SEE_VOICES):
        return []
    return [Tab(_("上报") if _has(user, Can.KEEP_JOURNAL) else _("民情"), "cases:hub", order=10)]


@todos
def voices_that_wait(user) -> list[Worklist]:
    """Urgent cases wherever the user may act, then those of the own office; reports to read. One query."""
    lists = (_cases(user) if _has(user, Can.HANDLE_CASES) else {}) | (
        {"read": WeeklyReport.objects.to_judge(user)} if _has(user, Can.REVIEW_REPORTS) else {}
    )
    numbers = numbers_of(lists) if lists else {}
    page, late = reverse("cases:cases"), numbers.get("late", 0)
    hint = _("其中 %d 件逾期") % late if late else ""
    found = {
        "urgent": Worklist(_("紧急事件"), 0, f"{page}?show=urgent", _("尚未办结，请先处理"), late=True, urgent=True),
        "mine": Worklist(_("我办理的事件"), 0, f"{page}?show=mine", hint, late=late > 0),
        "decide": Worklist(_("事件待我审批"), 0, f"{page}?show=decide", _("报请审批、申请按职责外结案")),
        "supervised": Worklist(_("我督办的事件"), 0, f"{page}?show=supervised", _("下级逾期或已督办")),
        "read": Worklist(_("周报待阅"), 0, f"{reverse('cases:reports')}?show=sent"),
    }
    return [replace(one, count=numbers[name]) for name, one in found.items() if name in numbers]


def _cases(user) -> dict:
    """What the lists at cases:cases show."""
    rows = Case.objects.visible_to(user)
    mine = rows.held_by(user).waiting()
    return {
        "urgent": Case.objects.editable_by(user).urgent().waiting(),
        "mine": mine,
        "late": mine.late(timezone.now()),
        "decide": rows.to_decide(user),
        "supervised": rows.supervised_by(user).waiting(),
    }


@todos
def report_to_send(user) -> list[Worklist]:
    """The own weekly reports that were returned, are late or fall due today. One query."""
    if not _has(user, Can.WRITE_REPORTS):
        return []
    tomorrow = start_of(today() + timedelta(days=1))
    rows = WeeklyReport.objects.to_write(user).select_related("area").order_by("due_at", "pk")
    return [
        _to_send(report, timezone.now()) for report in rows if report.due_at < tomorrow or report.state == ReportState.RETURNED
    ]


def _to_send(report: WeeklyReport, now: datetime) -> Worklist:
    """One of them, by name: there is one a grid and week."""
    late = report.is_missing(now)
    title = _("周报逾期未交") if late else _("今天交周报")
    if report.state == ReportState.RETURNED:
        title = _("周报退回修改")
    until = f"{report.due_at.astimezone(CHINA):%H:%M}"
    words = {"grid": report.area.name, "week": _("第%d周") % report.week.number, "until": until}
    hint = _("%(grid)s %(week)s") % words if late or report.is_received else _("%(grid)s %(week)s，%(until)s 前") % words
    return Worklist(title, 1, reverse("cases:report", args=[report.pk]), hint, late=late)
