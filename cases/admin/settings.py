"""What offices set: subjects, time limits, the rule of reports, and grids that need not report."""

from django.contrib import admin, messages
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cases.actions import excuse
from cases.errors import ReportRefused
from cases.exports import office
from cases.filters import InForceFilter
from cases.forms.desk import ExceptionForm
from cases.models import Deadline, ReportException, ReportRule, Subject
from gridparty.lib.scoped_admin import SettingAdmin
from grids.choices import AreaKind
from grids.filters import WithinFilter
from grids.models import Area
from people.admin.steps import StepAdmin


@admin.register(Subject)
class SubjectAdmin(SettingAdmin):
    can_add = True
    list_display = ("name", "position", "in_use")
    fields = ("name", "position", "in_use")


@admin.register(Deadline)
class DeadlineAdmin(SettingAdmin):
    can_add = True
    list_display = ("procedure_shown", "step_shown", "limit")
    fields = ("procedure", "step", "amount", "unit")
    ordering = ("procedure", "step")

    @admin.display(description=_("程序"))
    def procedure_shown(self, deadline):
        return deadline.get_procedure_display() or _("选定程序前")

    @admin.display(description=_("环节"))
    def step_shown(self, deadline):
        return deadline.get_step_display() or _("全程")

    @admin.display(description=_("时限"))
    def limit(self, deadline):
        return f"{deadline.amount} {deadline.get_unit_display()}"


@admin.register(ReportRule)
class ReportRuleAdmin(SettingAdmin):
    list_display = ("name", "due_hour")
    fields = ("name", "due_hour")


@admin.register(ReportException)
class ReportExceptionAdmin(StepAdmin):
    """Agreed for all grids of an area at once; what was agreed stays on record."""

    can_add = True
    form = ExceptionForm
    list_display = ("grid_shown", "from_on", "until_on", "reason", "by_name")
    list_filter = (InForceFilter, WithinFilter)
    autocomplete_fields = ("area",)
    ordering = ("-until_on", "-id")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("area", "community", "by")

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def get_fields(self, request, obj=None):
        return ("grid_shown", "from_on", "until_on", "reason", "by_name") if obj else ("area", "from_on", "until_on", "reason")

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj) if obj else ()

    def heading(self, exception) -> str:
        return self.grid_shown(exception)

    @admin.display(description=_("网格"))
    def grid_shown(self, exception):
        return office(exception.area, exception.community)

    @admin.display(description=_("批准人"))
    def by_name(self, exception):
        return exception.by.name

    def act(self, request, obj, form):
        data = form.cleaned_data
        reached = Area.objects.visible_to(request.user).reached_by(request.user, ReportException.edit)
        grids = reached.within(data["area"]).open().filter(kind=AreaKind.GRID)
        if not grids:
            raise ReportRefused(gettext("所选区域里没有网格，请选择网格、社区或街道。"))
        days = {name: data[name] for name in ("from_on", "until_on", "reason")}
        made = excuse(areas=list(grids), **days, by=request.user)
        obj.made = len(made)
        return made[0]

    def response_add(self, request, obj, post_url_continue=None):
        told = ngettext("已为 %(n)d 个网格办理免报。", "已为 %(n)d 个网格办理免报。", obj.made) % {"n": obj.made}
        self.message_user(request, told, messages.SUCCESS)
        return redirect(request.get_full_path() if "_addanother" in request.POST else self._list())
