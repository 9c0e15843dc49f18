"""What waits at the desk: cases to handle, to decide, to watch over; weekly reports to read, and those that did not come."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Case, WeeklyReport
from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.dates import Week, today
from gridparty.lib.registry import Worklist, worklists


@worklists
def voices(user) -> list[Worklist]:
    """One query for all of it."""
    waiting = (_cases(user) if scope_of(user).has(Can.HANDLE_CASES) else {}) | (
        _reports(user) if scope_of(user).has(Can.REVIEW_REPORTS) else {}
    )
    numbers = numbers_of(waiting) if waiting else {}
    cases, reports = (reverse(f"admin:cases_{name}_changelist") for name in ("case", "weeklyreport"))
    lists = {
        "mine": (_("待办事件"), f"{cases}?todo=mine", _("由本单位办理"), False),
        "late": (_("逾期事件"), f"{cases}?todo=late", _("本辖区已过时限"), True),
        "decide": (_("待审批、同意"), f"{cases}?todo=decide", _("报请审批、申请职责外结案"), True),
        "supervised": (_("督办事件"), f"{cases}?todo=supervised", _("由本单位督办"), False),
        "urgent": (_("紧急事件"), f"{cases}?todo=urgent", _("尚未答复"), True),
        "judge": (_("周报待阅"), f"{reports}?todo=judge&week=all", _("已提交，待审阅"), False),
        "missing": (_("周报未交"), f"{reports}?timing=missing", _("本周已过截止时间"), True),
    }
    return [
        Worklist(title, numbers[name], url, hint, late) for name, (title, url, hint, late) in lists.items() if name in numbers
    ]


def _cases(user) -> dict:
    rows = Case.objects.visible_to(user)
    return {
        "mine": rows.held_by(user).waiting(),
        "late": rows.late(timezone.now()),
        "decide": rows.to_decide(user),
        "supervised": rows.supervised_by(user).waiting(),
        "urgent": rows.urgent().waiting(),
    }


def _reports(user) -> dict:
    rows = WeeklyReport.objects.visible_to(user)
    this_week = rows.filter(week_on=Week.of(today()).first_day)
    return {"judge": rows.to_judge(user), "missing": this_week.missing(timezone.now())}
