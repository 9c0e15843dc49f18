"""Cases at the desk: what waits for whom, the history of one in order, and the moves allowed now."""

import re

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from cases.admin.common import EMPTY, ToldAdmin
from cases.admin.moves import steps
from cases.choices import Source, Step
from cases.exports import CaseResource, office
from cases.filters import OpenedFilter, SubjectFilter, TodoFilter
from cases.models import Case, CaseEvent
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import CHINA
from gridparty.lib.scoped_admin import badge, two_lines
from grids.filters import WithinFilter

STEP_BADGES = {Step.ANSWERED: "good", Step.CLOSED: "quiet"}
BY_URGENCY = ("mine", "decide", "late", "supervised", "urgent", "open")  # of the to-do filter
NUMBER = re.compile(r"(?:\d{4}[-—－])?0*(\d{1,9})")


@admin.register(Case)
class CaseAdmin(ToldAdmin):
    steps = steps()
    reveal_route = "cases:case_reveal"
    change_form_template = "admin/cases/case/change_form.html"
    list_display = ("taken_up", "matter", "standing", "due_shown", "holder_name")
    list_display_links = ("taken_up",)
    list_filter = (TodoFilter, "step", "procedure", OpenedFilter, SubjectFilter, WithinFilter, "source")
    search_fields = ("receipt",)  # see get_search_results
    search_help_text = _("事件编号或查询码")
    export = CaseResource
    _told = (("subject_name", "source"), ("place_shown", "spot"), "text_shown", "teller_shown", ("opened_shown", "opener"))
    _handled = (("step_shown", "procedure_shown"), ("due_shown", "whole_due"), ("holder_shown", "supervisor_shown"), "asked")
    _ended = ("answer", ("answered_shown", "round"), ("outcome", "closed_shown"))

    def get_ordering(self, request):
        """What waits stands by its deadline; else the newest first."""
        return ("step_due_at", "id") if request.GET.get("todo") in BY_URGENCY else ("-id",)

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("area", "community", "household", "subject", "holder__community")
        return rows.select_related("opened_by", "supervisor", "asked_by")

    def get_search_results(self, request, rows, term):
        """By the number on the list, or by the code the resident was given."""
        if not term.strip():
            return rows, False
        if number := NUMBER.fullmatch(term.strip()):
            return rows.filter(pk=number[1]), False
        return rows.filter(receipt="".join(sign for sign in term.upper() if sign.isalnum())), False

    def changelist_view(self, request, extra_context=None):
        may = scope_of(request.user).has(Can.KEEP_JOURNAL)
        return super().changelist_view(request, {"counter": may} | (extra_context or {}))

    def get_fieldsets(self, request, obj=None):
        shown = [(_("反映"), {"fields": self._told}), (_("办理"), {"fields": self._handled})]
        ended = obj and (obj.answered_at or obj.closed_at)
        return [*shown, (_("结果"), {"fields": self._ended})] if ended else shown

    def beside(self, request, case) -> dict:
        letter = case.source == Source.MAILBOX  # its code is its writer's alone
        links = [] if letter else [(_("打印回执"), reverse("cases:case_slip", args=[case.pk]))]
        return super().beside(request, case) | {"history": _history(case, request.user), "links": links}

    # --- Columns
    @admin.display(description=_("编号、受理"))
    def taken_up(self, case):
        return two_lines(case.number, f"{_moment(case.opened_at)} {case.get_source_display()}")

    @admin.display(description=_("环节、程序"))
    def standing(self, case):
        return two_lines(self.step_shown(case), self.procedure_shown(case) if case.procedure else "")

    @admin.display(description=_("环节"))
    def step_shown(self, case):
        shown = [badge(STEP_BADGES.get(case.step, "watch"), case.get_step_display())]
        if case.waits_for_remit:
            shown.append(badge("watch", _("待同意职责外")))
        if case.supervisor_id and case.is_open:
            shown.append(badge("late", _("督办")))
        return format_html_join(" ", "{}", ((one,) for one in shown))

    @admin.display(description=_("程序"))
    def procedure_shown(self, case):
        if not case.procedure:
            return EMPTY
        return badge("late", case.get_procedure_display()) if case.is_urgent and case.is_open else case.get_procedure_display()

    @admin.display(description=_("本环节时限"))
    def due_shown(self, case):
        if not case.is_open or case.step == Step.ANSWERED:
            return EMPTY
        due = _moment(min(case.step_due_at, case.due_at))
        return two_lines(badge("late", _("逾期")), due) if case.is_late(timezone.now()) else due

    @admin.display(description=_("全程时限"))
    def whole_due(self, case):
        return _moment(case.due_at)

    @admin.display(description=_("办理单位"))
    def holder_shown(self, case):
        return office(case.holder, case.holder.community)

    @admin.display(description=_("办理单位"))
    def holder_name(self, case):
        """The place beside it tells of which community."""
        return case.holder.name

    @admin.display(description=_("督办单位"))
    def supervisor_shown(self, case):
        return case.supervisor.name if case.supervisor else EMPTY

    @admin.display(description=_("申请人"))
    def asked(self, case):
        return case.asked_by.name if case.asked_by else EMPTY

    @admin.display(description=_("受理时间"))
    def opened_shown(self, case):
        return _moment(case.opened_at)

    @admin.display(description=_("受理人"))
    def opener(self, case):
        return case.opened_by.name if case.opened_by else _("居民自行提交")

    @admin.display(description=_("反馈时间"))
    def answered_shown(self, case):
        return _moment(case.answered_at) if case.answered_at else EMPTY

    @admin.display(description=_("结案时间"))
    def closed_shown(self, case):
        return _moment(case.closed_at) if case.closed_at else EMPTY


def _moment(at) -> str:
    return date_format(at.astimezone(CHINA), "m-d H:i")


def _history(case: Case, user) -> list[CaseEvent]:
    """In the order of their numbers, whatever the clock said; with their pictures. Two queries."""
    events = CaseEvent.objects.visible_to(user).filter(case=case).order_by("seq")
    return list(events.select_related("by", "holder").prefetch_related("photos"))
