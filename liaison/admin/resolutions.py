"""Resolutions at the desk: what is late, what was reported done, what became a case."""

from datetime import timedelta

from django.contrib import admin
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from gridparty.lib.dates import day_of, today
from gridparty.lib.scoped_admin import badge, two_lines
from grids.filters import WithinFilter
from liaison.actions.resolutions import move_resolution, resolution_to_case, why_no_case, why_not
from liaison.admin.common import EMPTY, ReadAdmin
from liaison.choices import RESOLUTION_MOVES, ResolutionMove
from liaison.forms.resolutions import CaseForm, ExtendForm, FinishForm, WhyForm
from liaison.mine import about, followed, with_all
from liaison.models import Resolution
from liaison.resolution_exports import ResolutionResource
from people.admin.steps import Step
from people.forms import StepForm

SOON_DAYS = 7
LONGEST = 30  # of a text on the list
M = ResolutionMove

# --- Filters


class ResolutionTodoFilter(admin.SimpleListFilter):
    """What waits for who keeps the meetings; the desk's first page counts the same rows."""

    title = _("待办")
    parameter_name = "todo"

    def lookups(self, request, model_admin):
        return [
            ("late", _("已逾期")),
            ("confirm", _("待核实")),
            ("soon", _("7 天内到期")),
            ("open", _("未落实")),
            ("done", _("已落实")),
        ]

    def queryset(self, request, rows):
        match self.value():
            case "late":
                return rows.editable_by(request.user).late()
            case "confirm":
                return rows.editable_by(request.user).to_confirm()
            case "soon":
                return rows.open().filter(due_on__range=(today(), today() + timedelta(days=SOON_DAYS)))
            case "open":
                return rows.open()
            case "done":
                return rows.done()
        return rows


class AsCaseFilter(admin.SimpleListFilter):
    title = _("转为事件")
    parameter_name = "case"

    def lookups(self, request, model_admin):
        return [("yes", _("已转事件")), ("no", _("未转事件"))]

    def queryset(self, request, rows):
        return rows.filter(case__isnull=self.value() == "no") if self.value() in ("yes", "no") else rows


class WithinMeetingFilter(WithinFilter):
    """Resolutions stand where their meeting does."""

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        return rows.filter(self.chosen.reach.q("meeting__area__", "meeting__")) if self.chosen else rows.none()


# --- Steps

SAYS = {
    M.CONFIRM: _("决议记为已落实。"),
    M.RETURN: _("退回责任人继续办理，并告知原因。"),
    M.FINISH: _("由工作人员登记落实情况，决议记为已落实，并告知责任人。"),
    M.REOPEN: _("决议重新办理，已登记的落实情况清除，并告知责任人。"),
    M.DROP: _("决议不再办理，并告知责任人；已转为民情事件的，事件照常办理。"),
    M.EXTEND: _("期限延后，并告知责任人。"),
}
FORMS = {M.CONFIRM: StepForm, M.FINISH: FinishForm, M.EXTEND: ExtendForm}


def _says(move: str):
    def says(row: Resolution, user) -> list[str]:
        reported = [gettext("报告的落实情况：%s") % row.done_text] if move == M.CONFIRM and row.done_text else []
        return [*reported, str(SAYS[move])]

    return says


def _step(move: str) -> Step:
    return Step(
        str(move),
        M(move).label,
        _says(move),
        lambda row, data, by: move_resolution(resolution=row, move=move, by=by, **data),
        FORMS.get(move, WhyForm),
        lambda row, user: why_not(row, move, user),
    )


STEPS = (
    *(_step(move) for move, rule in RESOLUTION_MOVES.items() if rule.can),
    Step(
        "to_case",
        _("转为民情事件"),
        lambda row, user: [gettext("按民情事件立案办理；事件办结，决议即为已落实。转出后决议内容不能再改。")],
        lambda row, data, by: resolution_to_case(resolution=row, by=by, **data),
        CaseForm,
        why_no_case,
    ),
)


@admin.register(Resolution)
class ResolutionAdmin(ReadAdmin):
    steps = STEPS
    list_display = ("text_listed", "standing", "owner_listed")
    list_display_links = ("text_listed",)
    list_filter = (ResolutionTodoFilter, AsCaseFilter, WithinMeetingFilter)
    search_fields = ("text",)  # see get_search_results
    search_help_text = _("决议内容或会议名称")
    export = ResolutionResource
    _decided = ("text", ("meeting_shown", "number"), ("owner_shown", "due_on"))
    _state = ("state_shown", "case_shown")
    _came_of_it = ("done_shown", "done_on")

    def get_ordering(self, request):
        """What is still to be done stands by its day; else the newest first."""
        return ("due_on", "id") if request.GET.get("todo") not in (None, "done") else ("-id",)

    def get_queryset(self, request):
        rows = with_all(super().get_queryset(request))
        return rows.select_related("meeting__area", "meeting__body", "owner__person__user")

    def get_search_results(self, request, rows, term):
        if not (term := term.strip()):
            return rows, False
        return rows.filter(text__contains=term) | rows.filter(meeting__title__contains=term), False

    def heading(self, row) -> str:
        return gettext("%(meeting)s第%(n)d号决议") % {"meeting": row.meeting.title, "n": row.number}

    def get_fieldsets(self, request, obj=None):
        state = (self._state, "reason") if obj and obj.reason else (self._state,)
        shown = [(None, {"fields": self._decided}), (_("办理"), {"fields": state})]
        if obj is None or not (obj.done_text or (obj.is_done and obj.case_id)):
            return shown
        return [*shown, (_("落实情况"), {"fields": self._came_of_it})]

    def beside(self, request, row) -> dict:
        links = [(_("会议"), reverse("admin:liaison_meeting_change", args=[row.meeting_id]))]
        if row.case_id and Case.objects.visible_to(request.user).filter(pk=row.case_id).exists():
            links.append((_("民情事件"), reverse("admin:cases_case_change", args=[row.case_id])))
        return {"links": links}

    # --- Columns
    @admin.display(description=_("决议、会议"))
    def text_listed(self, row):
        meeting = gettext("%(meeting)s第%(n)d号 · %(day)s")
        return two_lines(
            Truncator(row.text).chars(LONGEST),
            meeting % {"meeting": row.meeting.title, "n": row.number, "day": day_of(row.meeting.at)},
        )

    @admin.display(description=_("会议"))
    def meeting_shown(self, row):
        return two_lines(row.meeting.title, str(day_of(row.meeting.at)))

    @admin.display(description=_("责任人"))
    def owner_listed(self, row):
        return two_lines(row.owner.called, about(row.owner))

    @admin.display(description=_("责任人"))
    def owner_shown(self, row):
        return " ".join(filter(None, [row.owner.called, about(row.owner)]))

    @admin.display(description=_("状态、期限"))
    def standing(self, row):
        return two_lines(self.state_shown(row), row.due_on.isoformat())

    @admin.display(description=_("状态"))
    def state_shown(self, row):
        one = followed(row)
        return badge(one.tone or ("quiet" if row.state == "dropped" else "watch"), one.word)

    @admin.display(description=_("民情事件"))
    def case_shown(self, row):
        return row.case.number if row.case_id else EMPTY

    @admin.display(description=_("落实情况"))
    def done_shown(self, row):
        return row.done_text or row.case.answer
