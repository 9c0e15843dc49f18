"""Weekly reports: drafted for every grid, sent by its leader, read by the secretary, closed when the week is over.

Drafting, reminding and closing are jobs: each may run twice, at once, or be taken up after a crash.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.queries import post_holders
from audit.operations import action
from cases.choices import REPORT_MOVES, ReportEventKind, ReportState
from cases.errors import ReportRefused
from cases.models import ReportEvent, ReportException, ReportRule, WeeklyReport
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import CHINA, Week, start_of, today
from gridparty.lib.figures import counted
from grids.actions import place
from grids.choices import AreaKind
from grids.models import Area
from grids.queries import chunks
from jobs.actions import notify
from jobs.workdays import work_calendar

DUE_HOUR = 18  # where no ReportRule says another
REOPENED_DAYS = 3  # a reopened report closes again by itself


@dataclass(frozen=True)
class Written:
    """What only the leader knows."""

    done: str = field(default="", repr=False)
    trouble: str = field(default="", repr=False)
    plan: str = field(default="", repr=False)


# --- What the system does by itself


@action("cases.draft_reports")
def draft_reports(*, week: Week | None = None) -> int:
    """A report for every open grid that holds no grids, for this week unless another is named; how many were missing.

    Nobody need report for a grid drawn after the report was due, nor for one that was cut into grids before it was sent.
    """
    late_born = week is None
    week = week or Week.of(today())
    inner = Area.objects.open().filter(parent=OuterRef("pk"), kind=AreaKind.GRID)
    there = WeeklyReport.objects.filter(area=OuterRef("pk"), week_on=week.first_day)
    grids = Area.objects.open().filter(~Exists(inner), ~Exists(there), kind=AreaKind.GRID).order_by("pk")
    due_at = _due_at(week)
    late_born = late_born and due_at < timezone.now()
    lock_on = max(week.last_day, due_at.astimezone(CHINA).date())
    excused = set(_excused(week).values_list("area", flat=True))
    rows = []
    for area in grids:
        row = WeeklyReport(week_on=week.first_day, due_at=due_at, lock_on=lock_on, excused=late_born or area.pk in excused)
        place(row=row, area=area)
        rows.append(row)
    try:
        with transaction.atomic():
            WeeklyReport.objects.bulk_create(rows)
    except IntegrityError:  # drafted by another worker meanwhile
        return 0
    unsent = WeeklyReport.objects.filter(week_on=week.first_day, first_sent_at=None, locked_at=None, excused=False)
    unsent.filter(Exists(Area.objects.open().filter(parent=OuterRef("area"), kind=AreaKind.GRID))).update(excused=True)
    return len(rows)


def _due_at(week: Week) -> datetime:
    rule = ReportRule.objects.order_by("pk").first()
    hour = rule.due_hour if rule else DUE_HOUR
    return datetime.combine(work_calendar().last_of(week), time(hour), CHINA)


def _excused(week: Week):
    return ReportException.objects.filter(from_on__lte=week.last_day, until_on__gte=week.first_day)


@action("cases.remind_reports")
def remind_reports(*, now: datetime | None = None) -> int:
    """On the day a report is due: who is to write it hears so, before and once more after the hour; how many were told."""
    now = now or timezone.now()
    day = now.astimezone(CHINA).date()
    begins = start_of(day)
    due = WeeklyReport.objects.expected().filter(
        state__in=[ReportState.DRAFT, ReportState.RETURNED],
        locked_at=None,
        due_at__gte=begins,
        due_at__lt=begins + timedelta(days=1),
    )
    reports, writers = list(due), {}
    for some in chunks(sorted({report.area_id for report in reports})):
        writers |= post_holders(some, Can.WRITE_REPORTS)
    return sum(
        notify(
            recipients=writers.get(report.area_id, ()),
            **_reminder(report, now),
            link=reverse("cases:report", args=[report.pk]),
        )
        for report in reports
    )


def _reminder(report: WeeklyReport, now: datetime) -> dict[str, str]:
    """Once before it is due, once when it was not sent in time; of a returned one, that it waits to be mended."""
    lock = f"{report.lock_on.month}月{report.lock_on.day}日"
    if report.is_received:
        said = {"subject": _("周报退回后待修改"), "body": _("请于%(day)s关账前修改并重新提交。") % {"day": lock}}
    elif report.due_at < now:
        said = {"subject": _("周报已过截止时间"), "body": _("请尽快提交，%(day)s夜间关账。") % {"day": lock}}
    else:
        said = {
            "subject": _("本周周报待提交"),
            "body": _("请于今天 %(time)s 前提交。") % {"time": f"{report.due_at.astimezone(CHINA):%H:%M}"},
        }
    return said | {"once_key": f"report-{report.pk}-{report.seq}-{'late' if report.due_at < now else 'due'}"}


@action("cases.close_reports")
def close_reports(*, day: date | None = None) -> int:
    """Lock the reports whose time is over (Sunday night, as a rule); how many. What was not sent stays missing; what was sent
    and not read yet can still be read, commented and accepted."""
    now = timezone.now()
    with transaction.atomic():
        due = WeeklyReport.objects.filter(locked_at=None, lock_on__lte=day or today())
        rows = list(due.select_for_update(of=("self",)).order_by("pk"))
        keys = [row.pk for row in rows]
        for some in chunks(keys):
            WeeklyReport.objects.filter(pk__in=some).update(locked_at=now, seq=F("seq") + 1)
        ReportEvent.objects.bulk_create(
            ReportEvent(report=row, seq=row.seq + 1, kind=ReportEventKind.CLOSED, at=now) for row in rows
        )
    return len(rows)


# --- What people do


@action("cases.send_report")
def send_report(*, report: WeeklyReport, written: Written, by) -> WeeklyReport:
    """Send the report with the figures of its week as they are now. Raises ReportRefused."""
    report = _locked(report)
    if not any(reach.area_id == report.area_id for reach in scope_of(by).reaches(Can.WRITE_REPORTS)):
        raise ReportRefused(_("周报由本网格的网格长提交。"))
    _move(report, ReportEventKind.SENT)
    week = report.week
    report.figures = dict(counted(report.area, week.first_day, week.last_day))
    report.done, report.trouble, report.plan = written.done.strip(), written.trouble.strip(), written.plan.strip()
    report.sent_at, report.sent_by = timezone.now(), by
    report.first_sent_at = report.first_sent_at or report.sent_at
    return _save(report, ReportEventKind.SENT, by)


@action("cases.return_report")
def return_report(*, report: WeeklyReport, reason: str, by) -> WeeklyReport:
    """Send it back with what is to be mended; the leader hears. Raises ReportRefused."""
    report = _judged(report, by)
    _move(report, ReportEventKind.RETURNED)
    if not reason.strip():
        raise ReportRefused(_("请写明需要修改什么。"))
    report.comment, report.returns = reason.strip(), report.returns + 1
    _save(report, ReportEventKind.RETURNED, by, reason)
    return _tell_writers(report, _("周报被退回修改"), by)


@action("cases.accept_report")
def accept_report(*, report: WeeklyReport, by, comment: str = "") -> WeeklyReport:
    """Take it as read, with a word or without. Raises ReportRefused."""
    report = _judged(report, by)
    if report.sent_by_id == by.pk:
        raise ReportRefused(_("本人提交的周报由他人审阅。"))
    _move(report, ReportEventKind.ACCEPTED)
    report.comment = comment.strip()
    _save(report, ReportEventKind.ACCEPTED, by, comment)
    return _tell_writers(report, _("周报有新批注"), by) if report.comment else report


@action("cases.comment_report")
def comment_report(*, report: WeeklyReport, comment: str, by) -> WeeklyReport:
    """Leave a word on a report that was sent, closed or not. Raises ReportRefused."""
    report = _judged(report, by)
    if not report.is_received:
        raise ReportRefused(_("该周报还没有提交。"))
    if not comment.strip():
        raise ReportRefused(_("请填写批注。"))
    report.comment = comment.strip()
    _save(report, ReportEventKind.COMMENTED, by, comment)
    return _tell_writers(report, _("周报有新批注"), by)


@action("cases.reopen_report")
def reopen_report(*, report: WeeklyReport, reason: str, by) -> WeeklyReport:
    """Open a closed report for some days, with the reason; one that had been sent is thereby returned. The leader hears.

    What is sent for the first time then counts as late. Raises ReportRefused.
    """
    report = _judged(report, by)
    if not report.is_locked:
        raise ReportRefused(_("该周报没有关账，不用重新打开。"))
    if not reason.strip():
        raise ReportRefused(_("请写明为什么重新打开。"))
    report.locked_at, report.lock_on = None, today() + timedelta(days=REOPENED_DAYS)
    if report.state in (ReportState.SENT, ReportState.ACCEPTED):
        report.state, report.comment, report.returns = ReportState.RETURNED, reason.strip(), report.returns + 1
    _save(report, ReportEventKind.REOPENED, by, reason)
    return _tell_writers(report, _("周报已重新打开"), by)


@action("cases.excuse")
def excuse(*, areas: Sequence[Area], from_on: date, until_on: date, reason: str, by) -> list[ReportException]:
    """Agree that grids need not report for some time; reports not sent yet of those weeks are excused. Raises ReportRefused."""
    if until_on < from_on:
        raise ReportRefused(_("结束日期早于开始日期，请核对。"))
    if not reason.strip():
        raise ReportRefused(_("请填写免报原因。"))
    rows = []
    for area in areas:
        if not scope_of(by).covers(Can.REVIEW_REPORTS, area) or area.kind != AreaKind.GRID:
            raise ReportRefused(_("只能为本辖区的网格办理免报。"))
        row = ReportException(from_on=from_on, until_on=until_on, reason=reason.strip(), by=by)
        place(row=row, area=area)
        rows.append(row)
    ReportException.objects.bulk_create(rows)
    first = Week.of(from_on).first_day
    unsent = WeeklyReport.objects.filter(week_on__gte=first, week_on__lte=until_on, first_sent_at=None, locked_at=None)
    unsent.filter(area__in=areas).update(excused=True)
    return rows


def _locked(report: WeeklyReport) -> WeeklyReport:
    return WeeklyReport.objects.select_for_update(of=("self",)).select_related("area").get(pk=report.pk)


def _judged(report: WeeklyReport, by) -> WeeklyReport:
    report = _locked(report)
    if not scope_of(by).covers(Can.REVIEW_REPORTS, report.area):
        raise ReportRefused(_("该周报不由您审阅。"))
    return report


def _move(report: WeeklyReport, kind: str) -> None:
    """What was closed can still be read and accepted; what it says stays."""
    states, to = REPORT_MOVES[kind]
    words = {"state": report.get_state_display()}
    if report.is_locked and kind == ReportEventKind.SENT:
        raise ReportRefused(_("这一周的周报已关账，没有提交。请联系社区书记重新打开。"))
    if report.is_locked and kind == ReportEventKind.RETURNED:
        raise ReportRefused(_("这一周的周报已关账，要退回修改请先重新打开。"))
    if report.state not in states and kind == ReportEventKind.SENT:
        raise ReportRefused(_("该周报现为“%(state)s”，没有重复提交。需要修改请联系社区书记退回。") % words)
    if report.state not in states:
        raise ReportRefused(_("该周报现为“%(state)s”，请刷新后再办理。") % words)
    report.state = to


def _tell_writers(report: WeeklyReport, what: str, by) -> WeeklyReport:
    """Who writes the report hears which week's it is; what was said stands on its page."""
    body = _("%(first)s起的一周，请打开查看。") % {"first": f"{report.week_on.month}月{report.week_on.day}日"}
    writers = post_holders([report.area_id], Can.WRITE_REPORTS).get(report.area_id, ())
    notify(recipients=writers, subject=what, body=body, link=reverse("cases:report", args=[report.pk]), by=by)
    return report


def _save(report: WeeklyReport, kind: str, by, text: str = "") -> WeeklyReport:
    report.seq += 1
    report.save()
    ReportEvent.objects.create(report=report, seq=report.seq, kind=kind, by=by, text=text.strip())
    return report
