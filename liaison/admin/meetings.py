"""Meetings at the desk. What happens at one is entered on a page of its own (liaison.views.desk)."""

from django.contrib import admin
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import day_of, today
from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import badge, two_lines
from grids.filters import WithinFilter
from liaison.actions import meetings
from liaison.actions.meetings import AHEAD, NewMeeting
from liaison.admin.bodies import BodyFilter, FormAdmin
from liaison.admin.common import EMPTY, moment, state_badge, unfit, with_user
from liaison.choices import INVITED_TO, MEETING_MOVES, MeetingMove, MeetingState, Reply, ResolutionState
from liaison.convening import agenda_of, members_of, quorum_in_words, replies_of
from liaison.forms.meetings import MeetingForm
from liaison.forms.resolutions import WhyForm
from liaison.meeting_exports import MeetingResource
from liaison.models import Body, Meeting, Resolution
from people.admin.steps import Step
from people.forms import StepForm

MEETING_BADGES = {MeetingState.CONVENED: "watch", MeetingState.HELD: "watch", MeetingState.CLOSED: "good"}
MINUTED = frozenset({MeetingState.HELD, MeetingState.CLOSED})


def _says_convene(meeting: Meeting, user) -> list[str]:
    rows = members_of(meeting.body)
    words = {"n": rows.count(), "m": rows.filter(person__user__is_active=True).count()}
    lines = [gettext("邀请现有成员 %(n)d 人：其中 %(m)d 人有账号，立即收到通知；其余的请在“邀请链接”页复制链接发送。") % words]
    lines.append(gettext("时间：%(at)s　地点：%(spot)s") % {"at": moment(meeting.at), "spot": meeting.spot})
    if day_of(meeting.at) < today():
        lines.append(gettext("开会日期已过：补记的会议，成员不会收到通知。"))
    return lines


FOLLOWS = {
    MeetingMove.CONVENE: _says_convene,
    MeetingMove.CANCEL: lambda meeting, user: [gettext("会议取消，已通知的成员收到取消通知和原因。取消后不能恢复。")],
    MeetingMove.REOPEN: lambda meeting, user: [
        gettext("纪要退回修改，可以更正到会、讨论情况和决议。改完再次“发出纪要”，成员收到更正通知。")
    ],
}


def _run(move: str):
    return lambda meeting, data, by: meetings.move_meeting(meeting=meeting, move=move, by=by, reason=data.get("reason", ""))


MEETING_STEPS = tuple(
    Step(
        str(move),
        move.label,
        says,
        _run(move),
        WhyForm if MEETING_MOVES[move].asks else StepForm,
        unfit(MEETING_MOVES[move], move.label, area=lambda meeting: meeting.area),
    )
    for move, says in FOLLOWS.items()
)


class WhenFilter(admin.SimpleListFilter):
    title = _("进度")
    parameter_name = "when"

    def lookups(self, request, model_admin):
        return [("ahead", _("尚未召开")), ("overdue", _("已过时间，待登记到会")), ("minutes", _("待发纪要"))]

    def queryset(self, request, rows):
        match self.value():
            case "ahead":
                return rows.filter(state__in=sorted(AHEAD))
            case "overdue":
                return rows.filter(state__in=sorted(AHEAD), at__lt=timezone.now())
            case "minutes":
                return rows.to_minute()
        return rows


@admin.register(Meeting)
class MeetingAdmin(FormAdmin):
    can_add = True
    steps = MEETING_STEPS
    form_class = MeetingForm
    list_display = ("called", "when", "came_shown", "passed_shown", "state_shown")
    list_display_links = ("called",)
    list_filter = (WhenFilter, "state", BodyFilter, WithinFilter)
    search_fields = ("title",)
    search_help_text = _("会议名称")
    ordering = ("-at", "-id")
    autocomplete_fields = ("body",)
    export = MeetingResource
    typed = ("body", "title", "at", "spot", "note", "items")
    read = (("body", "title"), ("when_shown", "spot"), "note", "state_shown")

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("area", "community", "body")
        return rows.annotate(passed=Count("resolutions", filter=~Q(resolutions__state=ResolutionState.DROPPED)))

    def is_over(self, meeting) -> bool:
        return meeting.state not in AHEAD

    def fields_of(self, obj) -> tuple:
        return self.typed[1:] if obj else self.typed

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        return with_user(form, request.user) if obj is None or self.has_change_permission(request, obj) else form

    def get_changeform_initial_data(self, request):
        """The body one came from, or the only one there is."""
        known = list(Body.objects.editable_by(request.user).open().order_by().values_list("pk", flat=True)[:2])
        return ({"body": known[0]} if len(known) == 1 else {}) | super().get_changeform_initial_data(request)

    def beside(self, request, meeting) -> dict:
        panels = [_handling(meeting), _agenda(meeting), _passed(meeting, request.user)]
        if meeting.state == MeetingState.CONVENED:
            panels.insert(1, _replies(meeting))
        return {"links": self._links(request, meeting), "panels": panels}

    def _links(self, request, meeting) -> list[tuple[str, str]]:
        pages = {"run_meeting": (_("会议现场"), INVITED_TO), "meeting_links": (_("邀请链接"), INVITED_TO)}
        pages |= {"sheet_print": (_("签到表"), INVITED_TO)}
        if not self._may_edit(request, meeting):
            pages = {}
        pages |= {"minutes_print": (_("会议纪要"), MINUTED)}
        links = [
            (str(label), reverse(f"liaison:{name}", args=[meeting.pk]))
            for name, (label, states) in pages.items()
            if meeting.state in states
        ]
        return [*links, (gettext("会议机制"), reverse("admin:liaison_body_change", args=[meeting.body_id]))]

    def act(self, request, obj, form):
        data, by = form.cleaned_data, request.user
        values = {name: data[name] for name in ("title", "at", "spot", "note")}
        new = NewMeeting(body=obj.body if obj.pk else data["body"], items=data["items"].splitlines(), **values)
        if obj.pk:
            return meetings.change_meeting(meeting=obj, new=new, by=by)
        return meetings.plan_meeting(new=new, by=by)

    # --- Columns
    @admin.display(description=_("会议"))
    def called(self, meeting):
        return two_lines(meeting.title, meeting.body.name)

    @admin.display(description=_("时间、地点"), ordering="at")
    def when(self, meeting):
        return two_lines(moment(meeting.at), meeting.spot)

    @admin.display(description=_("开会时间"))
    def when_shown(self, meeting):
        return moment(meeting.at)

    @admin.display(description=_("实到／应到"))
    def came_shown(self, meeting):
        if meeting.state not in MINUTED:
            return EMPTY
        numbers = f"{meeting.present}／{meeting.voters}"
        return numbers if meeting.is_quorate else two_lines(numbers, gettext("不足法定人数"))

    @admin.display(description=_("决议"))
    def passed_shown(self, meeting):
        return gettext("%(n)d 项") % {"n": meeting.passed}

    @admin.display(description=_("状态"))
    def state_shown(self, meeting):
        late = meeting.state in AHEAD and meeting.at < timezone.now()
        return badge("late", _("待登记到会")) if late else state_badge(meeting, MEETING_BADGES)


def _handling(meeting: Meeting) -> Panel:
    lines = [(_("状态"), meeting.get_state_display(), "")]
    if meeting.state in MINUTED:
        lines.append((_("到会"), quorum_in_words(meeting), ""))
    if meeting.closed_at:
        lines.append((_("纪要发出"), moment(meeting.closed_at), ""))
    if meeting.reason:
        lines.append((_("原因"), meeting.reason, ""))
    return Panel(_("办理"), lines, "")


def _agenda(meeting: Meeting) -> Panel:
    lines = [
        (str(n), "　".join(filter(None, [item.title, item.get_outcome_display(), item.text])), "")
        for n, item in enumerate(agenda_of(meeting), start=1)
    ]
    return Panel(_("议程"), lines, _("还没有议题。"))


def _replies(meeting: Meeting) -> Panel:
    numbers = replies_of(meeting)
    labels = {**dict(Reply.choices), "": _("未答复")}
    lines = [(label, gettext("%(n)d 人") % {"n": numbers[value]}, "") for value, label in labels.items()]
    return Panel(_("参会答复"), lines, "")


def _passed(meeting: Meeting, user) -> Panel:
    rows = Resolution.objects.visible_to(user).filter(meeting=meeting).order_by("number")
    lines = [
        (
            str(row.number),
            f"{row.text}　{row.due_on}　{row.get_state_display()}",
            reverse("admin:liaison_resolution_change", args=[row.pk]),
        )
        for row in rows
    ]
    return Panel(_("决议"), lines, _("没有决议。"))
