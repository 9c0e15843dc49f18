"""Weekly reports at the desk: who sent theirs, who did not, and what they say."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.choices import ReportState
from cases.exports import ReportResource, office
from cases.filters import TIMINGS, ReportTodoFilter, TimingFilter, WeekFilter, timing_of
from cases.models import ReportEvent, WeeklyReport
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import CHINA, Week
from gridparty.lib.figures import counted, figures_of_grids
from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import badge
from grids.filters import WithinFilter
from people.admin.steps import StepAdmin

EMPTY = "—"
STATE_BADGES = {ReportState.SENT: "watch", ReportState.RETURNED: "late", ReportState.ACCEPTED: "good"}
TIMING_BADGES = {"on_time": "good", "late": "watch", "missing": "late"}


@admin.register(WeeklyReport)
class WeeklyReportAdmin(StepAdmin):
    """Reports are judged on their own page (cases:report); here they are found."""

    change_form_template = "admin/cases/read_only.html"
    list_display = ("week_shown", "grid_shown", "state_shown", "timing", "first_sent", "sender", "returns")
    list_display_links = ("week_shown", "grid_shown")
    list_filter = (WeekFilter, ReportTodoFilter, TimingFilter, "state", WithinFilter)
    ordering = ("-week_on", "area__code")
    export = ReportResource
    _sent = (("state_shown", "timing"), ("due", "first_sent"), ("sender", "returns"), "comment")
    _written = ("done", "trouble", "plan")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("area", "community", "sent_by")

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def changelist_view(self, request, extra_context=None):
        may = scope_of(request.user).has(Can.REVIEW_REPORTS)
        return super().changelist_view(request, {"excuse": may} | (extra_context or {}))

    def heading(self, report) -> str:
        return f"{self.grid_shown(report)} {week_in_words(report.week)}"

    def get_fieldsets(self, request, obj=None):
        written = self._written if obj and obj.is_received else ()
        return [(None, {"fields": self._sent}), *([(_("内容"), {"fields": written})] if written else [])]

    def get_readonly_fields(self, request, obj=None):
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def beside(self, request, report) -> dict:
        panels = [_figures(report), _history(report, request.user)]
        return {"links": [(_("打开周报"), reverse("cases:report", args=[report.pk]))], "panels": panels}

    # --- Columns
    @admin.display(description=_("周"))
    def week_shown(self, report):
        return week_in_words(report.week)

    @admin.display(description=_("网格"))
    def grid_shown(self, report):
        return office(report.area, report.community)

    @admin.display(description=_("状态"))
    def state_shown(self, report):
        return badge(STATE_BADGES.get(report.state, "quiet"), report.get_state_display())

    @admin.display(description=_("报送情况"))
    def timing(self, report):
        found = timing_of(report, timezone.now())
        return badge(TIMING_BADGES.get(found, "quiet"), TIMINGS[found])

    @admin.display(description=_("截止时间"))
    def due(self, report):
        return _moment(report.due_at)

    @admin.display(description=_("首次提交"))
    def first_sent(self, report):
        return _moment(report.first_sent_at) if report.first_sent_at else EMPTY

    @admin.display(description=_("提交人"))
    def sender(self, report):
        return report.sent_by.name if report.sent_by else EMPTY


def week_in_words(week: Week) -> str:
    return gettext("%(year)d年第%(number)d周") % {"year": week.year, "number": week.number}


def _moment(at) -> str:
    return date_format(at.astimezone(CHINA), "m-d H:i")


def _figures(report: WeeklyReport) -> Panel:
    """As they were sent; before that as they are now."""
    week = report.week
    numbers = report.figures if report.is_received else counted(report.area, week.first_day, week.last_day)
    rows = [(figure.label, f"{numbers.get(figure.key, 0)} {figure.unit}", "") for figure in figures_of_grids()]
    return Panel(_("本周数字（提交时）") if report.is_received else _("本周数字（截至现在）"), rows, "")


def _history(report: WeeklyReport, user) -> Panel:
    events = ReportEvent.objects.visible_to(user).filter(report=report).order_by("seq").select_related("by")
    rows = [(f"{_moment(event.at)} {event.get_kind_display()}", _event_in_words(event), "") for event in events]
    return Panel(_("办理过程"), rows, _("还没有提交。"))


def _event_in_words(event: ReportEvent) -> str:
    return "　".join(filter(None, [event.by.name if event.by else "", event.text])) or EMPTY
