"""The questions asked of lists of journal entries, cases, reports and ratings. None looks at every value of a column."""

from datetime import date, datetime, timedelta

from django.contrib import admin
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.choices import ReportState
from cases.models import Subject, WeeklyReport
from gridparty.lib.addresses import row_named
from gridparty.lib.dates import Week, start_of, today
from people.filters import RowFilter

WEEKS = 12  # to choose from


class TodoFilter(admin.SimpleListFilter):
    """What waits, for whom; the desk's first page counts the same rows."""

    title = _("待办")
    parameter_name = "todo"

    def lookups(self, request, model_admin):
        return [
            ("mine", _("我单位待办")),
            ("decide", _("待我单位审批、同意")),
            ("late", _("逾期")),
            ("supervised", _("我单位督办")),
            ("urgent", _("紧急")),
            ("open", _("全部未结案")),
        ]

    def queryset(self, request, rows):
        match self.value():
            case "mine":
                return rows.held_by(request.user).waiting()
            case "decide":
                return rows.to_decide(request.user)
            case "late":
                return rows.late(timezone.now())
            case "supervised":
                return rows.supervised_by(request.user).waiting()
            case "urgent":
                return rows.urgent().waiting()
            case "open":
                return rows.open()
        return rows


class SubjectFilter(RowFilter):
    title = _("类别")
    parameter_name = "subject"
    path = "subject"

    def lookups(self, request, model_admin):
        return list(Subject.objects.visible_to(request.user).order_by("position", "pk").values_list("pk", "name"))

    def narrowed(self, request, rows):
        return rows.filter(**{self.path: self.value()})


class RatedSubjectFilter(SubjectFilter):
    path = "case__subject"


# --- Periods


def periods() -> dict[str, tuple[date, date]]:
    """{value: first and last day}."""
    day = today()
    week, month = Week.of(day), day.replace(day=1)
    last_month, last_week = month - timedelta(days=1), Week.of(week.first_day - timedelta(days=1))
    return {
        "week": (week.first_day, week.last_day),
        "last_week": (last_week.first_day, last_week.last_day),
        "month": (month, day),
        "last_month": (last_month.replace(day=1), last_month),
        "year": (day.replace(month=1, day=1), day),
    }


class PeriodFilter(admin.SimpleListFilter):
    """By a column that holds a day."""

    title = _("时间")
    parameter_name = "period"
    column = "on"

    def lookups(self, request, model_admin):
        return [
            ("week", _("本周")),
            ("last_week", _("上周")),
            ("month", _("本月")),
            ("last_month", _("上月")),
            ("year", _("今年")),
        ]

    def queryset(self, request, rows):
        period = periods().get(self.value() or "")
        return self.between(rows, *period) if period else rows

    def between(self, rows, first: date, last: date):
        return rows.filter(**{f"{self.column}__range": (first, last)})


class MomentFilter(PeriodFilter):
    """By a column that holds an instant: days are those in China."""

    def between(self, rows, first: date, last: date):
        begins, ends = (start_of(day) for day in (first, last + timedelta(days=1)))
        return rows.filter(**{f"{self.column}__gte": begins, f"{self.column}__lt": ends})


class OpenedFilter(MomentFilter):
    title = _("受理时间")
    column = "opened_at"


class RatedAtFilter(MomentFilter):
    title = _("评价时间")
    column = "at"


# --- The journal


class ByFilter(admin.SimpleListFilter):
    """What I wrote, or what somebody did; one comes here from an entry of theirs."""

    title = _("记录人")
    parameter_name = "by"

    def lookups(self, request, model_admin):
        self.chosen = row_named(User.objects.visible_to(request.user), self.value())
        return [("me", _("我记录的")), *([(str(self.chosen.pk), self.chosen.name)] if self.chosen else [])]

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        if self.value() == "me":
            return rows.filter(by=request.user)
        return rows.filter(by=self.chosen) if self.chosen else rows.none()


class BecameFilter(admin.SimpleListFilter):
    title = _("转办")
    parameter_name = "case"

    def lookups(self, request, model_admin):
        return [("yes", _("已转为事件")), ("no", _("未转为事件"))]

    def queryset(self, request, rows):
        return rows.filter(case__isnull=self.value() == "no") if self.value() in ("yes", "no") else rows


# --- Reports

TIMINGS = {
    "excused": _("免报"),
    "on_time": _("按时"),
    "late": _("迟交"),
    "missing": _("未交"),
    "open": _("未到期"),
}


def timing_of(report: WeeklyReport, now: datetime) -> str:
    """Which of TIMINGS a report is."""
    if report.excused and not report.is_received:
        return "excused"
    if report.is_received:
        return "on_time" if report.is_on_time else "late"
    return "missing" if report.due_at < now else "open"


class WeekFilter(admin.SimpleListFilter):
    """Without it, this week's."""

    title = _("周")
    parameter_name = "week"

    def lookups(self, request, model_admin):
        monday = Week.of(today()).first_day
        weeks = [Week.of(monday - timedelta(weeks=n)) for n in range(1, WEEKS)]
        return [*((str(week), _week_in_words(week)) for week in weeks), ("all", _("全部"))]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [first | {"display": _("本周")}, *others]

    def queryset(self, request, rows):
        if self.value() == "all":
            return rows
        known = {str(Week.of(day)): day for day in (today() - timedelta(weeks=n) for n in range(WEEKS))}
        day = known.get(self.value() or "", today())
        return rows.filter(week_on=Week.of(day).first_day)


def _week_in_words(week: Week) -> str:
    words = {"number": week.number, "first": f"{week.first_day:%m-%d}", "last": f"{week.last_day:%m-%d}"}
    return _("第%(number)d周 %(first)s—%(last)s") % words


class TimingFilter(admin.SimpleListFilter):
    title = _("报送情况")
    parameter_name = "timing"

    def lookups(self, request, model_admin):
        return list(TIMINGS.items())

    def queryset(self, request, rows):
        now = timezone.now()
        match self.value():
            case "excused":
                return rows.filter(excused=True, first_sent_at=None)
            case "on_time":
                return rows.filter(first_sent_at__lte=F("due_at"))
            case "late":
                return rows.filter(first_sent_at__gt=F("due_at"))
            case "missing":
                return rows.missing(now)
            case "open":
                return rows.expected().filter(first_sent_at=None, due_at__gte=now)
        return rows


class ReportTodoFilter(admin.SimpleListFilter):
    title = _("待办")
    parameter_name = "todo"

    def lookups(self, request, model_admin):
        return [("judge", _("待我审阅")), ("returned", ReportState.RETURNED.label), ("locked", _("已关账"))]

    def queryset(self, request, rows):
        match self.value():
            case "judge":
                return rows.to_judge(request.user)
            case "returned":
                return rows.filter(state=ReportState.RETURNED)
            case "locked":
                return rows.exclude(locked_at=None)
        return rows


class InForceFilter(admin.SimpleListFilter):
    """Exceptions from reporting that are in force or still to come."""

    title = _("期限")
    parameter_name = "over"

    def lookups(self, request, model_admin):
        return [("no", _("未到期")), ("yes", _("已到期"))]

    def queryset(self, request, rows):
        match self.value():
            case "no":
                return rows.filter(until_on__gte=today())
            case "yes":
                return rows.filter(until_on__lt=today())
        return rows


# --- Ratings

LOW = 2


class ScoreFilter(admin.SimpleListFilter):
    title = _("评分")
    parameter_name = "score"

    def lookups(self, request, model_admin):
        return [("low", _("%(n)d 分及以下") % {"n": LOW}), *((str(n), _("%(n)d 分") % {"n": n}) for n in range(5, 0, -1))]

    def queryset(self, request, rows):
        if self.value() == "low":
            return rows.filter(score__lte=LOW)
        return rows.filter(score=self.value()) if self.value() in dict(self.lookup_choices) else rows
