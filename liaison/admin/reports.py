"""Quarterly reports at the desk: put into words, sent, printed, and what the unit said to them."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.scoped_admin import two_lines
from liaison.actions.reports import reopen_report, send_report, write_report
from liaison.admin.common import moment, state_badge
from liaison.agreements import party_name, term_of
from liaison.choices import ReportState
from liaison.forms.papers import ReportForm
from liaison.models import QuarterReport
from people.admin.steps import Step, StepAdmin
from services.filters import WithinPostFilter
from services.periods import Period

_WORDS = ("done", "trouble", "plan")


class ReportTodoFilter(admin.SimpleListFilter):
    """What waits for the user; the desk's first page counts the same rows."""

    title = _("待办")
    parameter_name = "todo"

    def lookups(self, request, model_admin):
        return [("send", _("待提交"))]

    def queryset(self, request, rows):
        return rows.editable_by(request.user).to_send() if self.value() == "send" else rows


class AnsweredFilter(admin.SimpleListFilter):
    title = _("单位意见")
    parameter_name = "answered"

    def lookups(self, request, model_admin):
        return [("yes", _("已填写")), ("no", _("未填写"))]

    def queryset(self, request, rows):
        if self.value() not in ("yes", "no"):
            return rows
        return rows.filter(state=ReportState.SENT, answered_at__isnull=self.value() == "no")


class WithinAgreementFilter(WithinPostFilter):
    """Reports stand where their agreement does."""

    path = "agreement__"


def _unfit(state: str, verb):
    def why(report: QuarterReport, user) -> str:
        words = {"state": report.get_state_display(), "verb": verb}
        return "" if report.state == state else gettext("目前为“%(state)s”，不能%(verb)s。") % words

    return why


def _not_reopened(report: QuarterReport, user) -> str:
    if report.answered_at:
        return gettext("单位已填写意见，不能撤回；后续情况请写入下一季度的汇报。")
    return _unfit(ReportState.SENT, _("撤回"))(report, user)


STEPS = (
    Step(
        "send",
        _("提交汇报"),
        lambda report, user: [gettext("提交后单位凭链接可以看到这份汇报，并填写一次意见。请同时打印盖章送达。")],
        lambda report, data, by: send_report(report=report, by=by),
        unfit=_unfit(ReportState.DRAFT, _("提交")),
    ),
    Step(
        "reopen",
        _("撤回修改"),
        lambda report, user: [gettext("撤回后单位看不到这份汇报，修改后请重新提交。")],
        lambda report, data, by: reopen_report(report=report, by=by),
        unfit=_not_reopened,
    ),
)


@admin.register(QuarterReport)
class QuarterReportAdmin(StepAdmin):
    steps = STEPS
    form = ReportForm
    list_display = ("unit_shown", "quarter", "state_shown", "sent", "answered")
    list_display_links = ("unit_shown",)
    list_filter = (ReportTodoFilter, "state", AnsweredFilter, WithinAgreementFilter)
    search_fields = ("agreement__unit__name",)  # see get_search_results
    search_help_text = _("单位名称或协议标题开头")
    ordering = ("-from_on", "-id")
    _about = (("unit", "quarter"), ("ours", "term"), ("state_shown", "sent"))
    _answer = (("answerer", "answered"), "answer_text")

    def get_queryset(self, request):
        rows = (
            super()
            .get_queryset(request)
            .select_related("agreement__unit", "agreement__area", "agreement__organisation", "sent_by")
        )
        return rows.defer("agreement__unit__contact_phone")

    def get_search_results(self, request, rows, term):
        if not (term := term.strip()):
            return rows, False
        return rows.filter(Q(agreement__unit__name__startswith=term) | Q(agreement__title__startswith=term)), False

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == ReportState.DRAFT)

    def heading(self, report) -> str:
        return gettext("%(unit)s %(quarter)s共建汇报") % {"unit": report.agreement.unit.name, "quarter": self.quarter(report)}

    def get_fieldsets(self, request, obj=None):
        shown = [(None, {"fields": self._about}), (_("汇报内容"), {"fields": _WORDS})]
        return [*shown, (_("单位意见"), {"fields": self._answer})] if obj and obj.answered_at else shown

    def get_readonly_fields(self, request, obj=None):
        fields = flatten_fieldsets(self.get_fieldsets(request, obj))
        return [name for name in fields if name not in _WORDS] if self.has_change_permission(request, obj) else fields

    def beside(self, request, report) -> dict:
        links = [
            (_("打印"), reverse("liaison:report_print", args=[report.pk])),
            (_("协议"), reverse("admin:liaison_agreement_change", args=[report.agreement_id])),
        ]
        if report.state == ReportState.SENT and self.may_step(request, report):
            links.append((_("单位链接"), reverse("liaison:agreement_link", args=[report.agreement_id])))
        hint = gettext("“本季度工作”已按完成的共建事项填好。请核对、补充后保存，再点“提交汇报”。")
        return {"links": links, "hint": hint if self.has_change_permission(request, report) else ""}

    def act(self, request, obj, form):
        return write_report(report=obj, by=request.user, **{name: form.cleaned_data[name] for name in _WORDS})

    # --- Columns
    @admin.display(description=_("共建单位、协议"))
    def unit_shown(self, report):
        return two_lines(report.agreement.unit.name, report.agreement.title)

    @admin.display(description=_("共建单位"))
    def unit(self, report):
        return report.agreement.unit.name

    @admin.display(description=_("甲方"))
    def ours(self, report):
        return party_name(report.agreement)

    @admin.display(description=_("协议期限"))
    def term(self, report):
        return term_of(report.agreement)

    @admin.display(description=_("季度"))
    def quarter(self, report):
        return Period.of_card(report).label

    @admin.display(description=_("状态"))
    def state_shown(self, report):
        return state_badge(report, {ReportState.DRAFT: "watch", ReportState.SENT: "good"})

    @admin.display(description=_("提交"))
    def sent(self, report):
        return f"{report.sent_by.name if report.sent_by else ''} {moment(report.sent_at)}".strip()

    @admin.display(description=_("单位意见"))
    def answered(self, report):
        return moment(report.answered_at)
