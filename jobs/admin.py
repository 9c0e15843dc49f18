"""What ran, what failed, what is due, and running it again. Everybody sees their own jobs, RUN_JOBS sees all."""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from gridparty.lib.access import Can, scope_of
from gridparty.lib.errors import Refused
from gridparty.lib.scoped_admin import ScopedAdmin, SettingAdmin
from jobs import actions
from jobs.channels import CHANNELS
from jobs.kinds import KINDS
from jobs.models import Job, OutboxMessage, Schedule, SpecialDay


class _ReadOnly(ScopedAdmin):
    """Rows of the machinery: looked at, never added, typed over or deleted."""

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_run_permission(self, request) -> bool:
        return scope_of(request.user).has(Can.RUN_JOBS)

    def each(self, request, rows, function) -> int:
        """Do it to each row; a refusal becomes a message. How many were done."""
        count = 0
        for row in rows:
            try:
                function(row)
            except Refused as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                count += 1
        return count


class KindFilter(admin.SimpleListFilter):
    title = _("类别")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [(kind.name, kind.label) for kind in KINDS.values()]

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Job)
class JobAdmin(_ReadOnly):
    list_display = ["id", "title", "status", "progress", "created_by", "created_at", "finished_at", "error"]
    list_filter = ["status", KindFilter, "created_at"]
    list_select_related = ["created_by"]
    ordering = ["-id"]  # by sequence: clocks go back
    actions = ["run_again"]
    fields = [
        ("title", "kind", "args"),
        ("status", "progress", "message"),
        ("result", "error"),
        ("created_by", "again_of", "again_by"),
        ("created_at", "started_at", "finished_at", "heartbeat_at"),
        "attempts",
    ]

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.is_staff and (obj is None or Job.objects.visible_to(request.user).filter(pk=obj.pk).exists())

    @admin.display(description=_("任务"))
    def title(self, job):
        return job.label

    @admin.display(description=_("进度"))
    def progress(self, job):
        return f"{job.done} / {job.total}" if job.total else ""

    @admin.action(description=_("再次运行"), permissions=["run"])
    def run_again(self, request, rows):
        count = self.each(request, rows, lambda job: actions.rerun(job=job, by=request.user))
        if count:
            self.message_user(request, ngettext("%d 个任务已重新排队。", "%d 个任务已重新排队。", count) % count)


@admin.register(Schedule)
class ScheduleAdmin(_ReadOnly):
    list_display = ["__str__", "enabled", "minute", "hour", "day_of_week", "day_of_month", "month_of_year", "next_due_at", "last"]
    list_filter = ["enabled"]
    list_select_related = ["last_job"]
    ordering = ["next_due_at"]
    fields = [
        "name",
        "kind",
        "args",
        "enabled",
        ("minute", "hour"),
        ("day_of_week", "day_of_month", "month_of_year"),
        "next_due_at",
        "last",
    ]
    readonly_fields = ["name", "kind", "args", "next_due_at", "last"]

    def has_change_permission(self, request, obj=None) -> bool:
        return self.has_run_permission(request)

    def act(self, request, obj, form):
        actions.change_schedule(schedule=obj, by=request.user)
        return obj

    @admin.display(description=_("最近一次"))
    def last(self, schedule):
        return f"{schedule.last_job.get_status_display()}（{schedule.last_job_id}）" if schedule.last_job else ""


@admin.register(OutboxMessage)
class OutboxAdmin(_ReadOnly):
    list_display = ["id", "subject", "way", "state", "attempts", "next_try_at", "sent_at", "error"]
    list_filter = ["state"]
    list_select_related = ["notice"]
    list_display_links = None
    ordering = ["-id"]
    actions = ["send_again"]

    @admin.display(description=_("标题"))
    def subject(self, message):
        return message.notice.subject

    @admin.display(description=_("渠道"))
    def way(self, message):
        return CHANNELS[message.channel].label if message.channel in CHANNELS else message.channel

    @admin.action(description=_("再次发送"), permissions=["run"])
    def send_again(self, request, rows):
        count = self.each(request, rows, lambda message: actions.resend(message=message, by=request.user))
        if count:
            self.message_user(request, ngettext("%d 条消息将重新发送。", "%d 条消息将重新发送。", count) % count)


@admin.register(SpecialDay)
class SpecialDayAdmin(SettingAdmin):
    list_display = ["on", "works", "name"]
    list_filter = ["works"]
    date_hierarchy = "on"
    ordering = ["-on"]
