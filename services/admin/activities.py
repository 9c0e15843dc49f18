"""Teams and their activities at the desk: who belongs, who signed up, who came."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today
from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import badge, two_lines
from grids.filters import WithinFilter
from members.filters import OpenFilter
from people.admin.steps import Step
from people.forms import CheckedByAction, StepForm
from services import actions
from services.actions import NewActivity, NewTeam
from services.admin.common import AT_ONCE, EMPTY, HereAdmin, OfMemberAdmin, moment, secrets, state_badge, with_user
from services.choices import ActivityState, SignUpState
from services.exports import ActivityResource, SignUpResource, TeamResource, clock, place_in_words
from services.filters import ActivityFilter, AttendedFilter, DayFilter, TeamFilter, WithinActivityFilter
from services.forms.desk import ActivityForm, JoinForm, LeaveForm, ReasonForm, TeamForm, TickForm
from services.models import Activity, SignUp, Team, TeamMember

ACTIVITY_BADGES = {ActivityState.OPEN: "watch", ActivityState.HELD: "good"}
SIGNUP_BADGES = {SignUpState.SIGNED: "good", SignUpState.WAITING: "watch"}


class _PlacedAdmin(HereAdmin):
    """Rows with a form, until they are over (`is_over`)."""

    can_add = True
    read: tuple = ()  # what is shown of one that is over

    def is_over(self, row) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return (obj is None or not self.is_over(obj)) and super().has_change_permission(request, obj)

    def get_fieldsets(self, request, obj=None):
        may = obj is None or self.has_change_permission(request, obj)
        return [(None, {"fields": self.typed if may else self.read})]

    def get_readonly_fields(self, request, obj=None):
        may = obj is None or self.has_change_permission(request, obj)
        return () if may else flatten_fieldsets(self.get_fieldsets(request, obj))

    @admin.display(description=_("所在区域"))
    def place_shown(self, row):
        return place_in_words(row)


# --- Teams


def _closed(team: Team, user) -> str:
    return gettext("该队已于%(day)s撤销。") % {"day": team.closed_on} if team.closed_on else ""


def _join(team: Team, data, by) -> Team:
    number = actions.join_team(team=team, members=data["members"], by=by)
    team.told = ngettext("新加入 %(n)d 人。", "新加入 %(n)d 人。", number) % {"n": number}
    return team


def _leave(team: Team, data, by) -> Team:
    for place in data["places"]:
        actions.leave_team(place=place, by=by)
    return team


TEAM_STEPS = (
    Step("join", _("加入队员"), lambda team, user: [gettext("所选党员从今日起为该队队员。")], _join, JoinForm, _closed),
    Step("leave", _("队员退出"), lambda team, user: [gettext("所选队员今日退出，记录保留。")], _leave, LeaveForm, _closed),
    Step(
        "close",
        _("撤销"),
        lambda team, user: [gettext("“%s”今日撤销，队员随之退出，已有的活动和时长保留。") % team.name],
        lambda team, data, by: actions.close_team(team=team, by=by),
        StepForm,
        _closed,
    ),
)


@admin.register(Team)
class TeamAdmin(_PlacedAdmin):
    steps = TEAM_STEPS
    list_display = ("name", "place_shown", "leader_name", "number_shown", "founded_on", "standing")
    list_filter = (OpenFilter, WithinFilter)
    search_fields = ("name",)
    search_help_text = _("队伍名称")
    ordering = ("-id",)
    autocomplete_fields = ("area", "leader")
    export = TeamResource
    typed = ("area", "name", "purpose", "leader", "founded_on")
    read = ("place_shown", "name", "purpose", "leader_name", "founded_on", "closed_on")

    def get_queryset(self, request):
        leader = ("leader__person", "leader__organisation__community")
        rows = super().get_queryset(request).select_related("area", "community", *leader).defer(*secrets("leader__"))
        return rows.annotate(number=Count("members", filter=Q(members__left_on=None)))

    def is_over(self, team) -> bool:
        return team.closed_on is not None

    def get_form(self, request, obj=None, change=False, **kwargs):
        may = obj is None or self.has_change_permission(request, obj)
        return super().get_form(request, obj, change=change, **kwargs | {"form": TeamForm if may else CheckedByAction})

    def beside(self, request, team) -> dict:
        held = f"{reverse('admin:services_activity_changelist')}?team={team.pk}"
        return {"links": [(gettext("活动"), held)], "panels": [_members(team, request.user)]}

    def act(self, request, obj, form):
        new = NewTeam(**{name: form.cleaned_data[name] for name in self.typed})
        if obj.pk:
            return actions.change_team(team=obj, new=new, by=request.user)
        return actions.found_team(new=new, by=request.user)

    # --- Columns
    @admin.display(description=_("队长"))
    def leader_name(self, team):
        return team.leader.name if team.leader else badge("watch", _("空缺"))

    @admin.display(description=_("队员"))
    def number_shown(self, team):
        return gettext("%(n)d 人") % {"n": team.number}

    @admin.display(description=_("状态"))
    def standing(self, team):
        return badge("quiet", _("已撤销")) if team.closed_on else badge("good", _("现有"))


def _members(team: Team, user) -> Panel:
    rows = TeamMember.objects.visible_to(user).filter(team=team, left_on=None)
    rows = rows.select_related("member__person", "member__organisation").defer(*secrets("member__")).order_by("pk")[:AT_ONCE]
    return Panel(_("队员"), [(one.member.name, one.member.organisation.full_name, "") for one in rows], _("还没有队员。"))


# --- Activities


def _not_open(activity: Activity, user) -> str:
    if activity.state == ActivityState.OPEN:
        return ""
    return gettext("活动目前为“%(state)s”，不能再办理。") % {"state": activity.get_state_display()}


def _not_yet(activity: Activity, user) -> str:
    early = gettext("活动在%(day)s举办，当天起才能办理。") % {"day": activity.on}
    return _not_open(activity, user) or (early if activity.on > today() else "")


def _says_hold(activity: Activity, user) -> list[str]:
    came = activity.signups.exclude(attended="").count()
    words = {"n": came, "clock": clock(activity)}
    lines = [gettext("到场 %(n)d 人，各记 %(clock)s 的服务时长，自动计入积分。办结后不能再签到。") % words]
    return lines if came else [*lines, gettext("还没有人签到：先办理“登记到场”。")]


def _says_cancel(activity: Activity, user) -> list[str]:
    return [gettext("活动取消，已报名的 %(n)d 人收到通知。取消后不能恢复。") % {"n": activity.taken}]


def _run_cancel(activity: Activity, data, by) -> Activity:
    return actions.cancel_activity(activity=activity, by=by, reason=data["reason"])


def _tick(activity: Activity, data, by) -> Activity:
    there = [*(one.member for one in data["there"]), *data["others"]]
    gone = [one.member for one in data["gone"]]
    number = actions.tick_attendance(activity=activity, members=there, gone=gone, by=by)
    words = {"n": number, "gone": len(gone)}
    activity.told = gettext("新登记 %(n)d 人到场，取消 %(gone)d 人。") % words
    return activity


def _hold(activity: Activity, data, by) -> Activity:
    held = actions.hold_activity(activity=activity, by=by)
    told = [gettext("已办结，记服务时长 %(n)d 人。") % {"n": len(held.hours)}]
    if names := "、".join(member.name for member in held.skipped):
        told.append(gettext("%(names)s当时已有其他时长，没有重复记。") % {"names": names})
    activity.told = "".join(told)
    return activity


ACTIVITY_STEPS = (
    Step(
        "tick", _("登记到场"), lambda row, user: [gettext("勾选的记为现场签到，去掉勾选的取消签到。")], _tick, TickForm, _not_yet
    ),
    Step("hold", _("办结"), _says_hold, _hold, StepForm, _not_yet),
    Step("cancel", _("取消活动"), _says_cancel, _run_cancel, ReasonForm, _not_open),
)


@admin.register(Activity)
class ActivityAdmin(_PlacedAdmin):
    steps = ACTIVITY_STEPS
    list_display = ("called", "when", "place_shown", "filled", "came_shown", "state_shown")
    list_display_links = ("called",)
    list_filter = (DayFilter, "state", TeamFilter, WithinFilter)
    search_fields = ("title",)
    search_help_text = _("活动名称")
    ordering = ("-on", "-id")
    autocomplete_fields = ("area",)
    export = ActivityResource
    typed = ("area", "team", "title", "on", ("begins", "ends"), "spot", "text", "places", "sign_up_until")
    read = (("title", "state_shown"), ("on", "time_shown"), ("place_shown", "spot"), "text", "team_name", "places", "reason")

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("area", "community", "team", "held_by")
        return rows.annotate(came=Count("signups", filter=~Q(signups__attended="")))

    def is_over(self, activity) -> bool:
        return activity.state != ActivityState.OPEN

    def get_form(self, request, obj=None, change=False, **kwargs):
        may = obj is None or self.has_change_permission(request, obj)
        form = super().get_form(request, obj, change=change, **kwargs | {"form": ActivityForm if may else CheckedByAction})
        return with_user(form, request.user) if may else form

    def beside(self, request, activity) -> dict:
        listed = f"{reverse('admin:services_signup_changelist')}?activity={activity.pk}"
        return {"links": [(gettext("报名和签到名单"), listed)], "panels": [_signed(activity, request.user)]}

    def act(self, request, obj, form):
        data, by = form.cleaned_data, request.user
        names = ("area", "team", "title", "on", "begins", "ends", "spot", "text", "places", "sign_up_until")
        new = NewActivity(**{name: data[name] for name in names})
        if obj.pk:
            return actions.change_activity(activity=obj, new=new, by=by)
        return actions.open_activity(new=new, by=by)

    # --- Columns
    @admin.display(description=_("活动"))
    def called(self, activity):
        return two_lines(activity.title, activity.team.name if activity.team else "")

    @admin.display(description=_("时间"))
    def time_shown(self, activity):
        return clock(activity)

    @admin.display(description=_("日期、时间"), ordering="on")
    def when(self, activity):
        return two_lines(f"{activity.on:%Y-%m-%d}", clock(activity))

    @admin.display(description=_("服务队"))
    def team_name(self, activity):
        return activity.team.name if activity.team else EMPTY

    @admin.display(description=_("已报名／名额"))
    def filled(self, activity):
        return f"{activity.taken}／{activity.places or _('不限')}"

    @admin.display(description=_("到场"))
    def came_shown(self, activity):
        return gettext("%(n)d 人") % {"n": activity.came}

    @admin.display(description=_("状态"))
    def state_shown(self, activity):
        return state_badge(activity, ACTIVITY_BADGES)


_ORDER = {SignUpState.SIGNED: 0, SignUpState.WAITING: 1}


def _signed(activity: Activity, user) -> Panel:
    rows = SignUp.objects.visible_to(user).filter(activity=activity).select_related("member__person").order_by("pk")
    found = sorted(rows.defer(*secrets("member__"))[:AT_ONCE], key=lambda one: (_ORDER.get(one.state, 9), one.pk))
    lines = [(one.member.name, _signed_in_words(one), "") for one in found]
    return Panel(_("报名和签到"), lines, _("还没有人报名。"))


def _signed_in_words(signup: SignUp) -> str:
    came = f"{signup.get_attended_display()} {moment(signup.attended_at)}" if signup.attended else ""
    return "　".join(filter(None, [signup.get_state_display(), came]))


@admin.register(SignUp)
class SignUpAdmin(OfMemberAdmin):
    """The list of who signed up and who came; one comes here from an activity."""

    badges = SIGNUP_BADGES
    list_display = ("member_name", "organisation", "activity_shown", "state_shown", "came_shown")
    list_display_links = ("member_name",)
    list_filter = (ActivityFilter, "state", AttendedFilter, WithinActivityFilter)
    search_fields = ("member__known_as",)  # Member.objects.search decides by the shape of what is typed
    ordering = ("-id",)
    export = SignUpResource
    _fields = (("member_name", "organisation"), "activity_link", ("state_shown", "at_shown"), "came_shown")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("activity__area", "activity__community")

    def has_module_permission(self, request) -> bool:
        return False

    def heading(self, signup) -> str:
        return f"{signup.member.name} {signup.activity.title}"

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": self._fields})]

    # --- Columns
    @admin.display(description=_("活动"))
    def activity_shown(self, signup):
        return two_lines(signup.activity.title, str(signup.activity.on))

    @admin.display(description=_("活动"))
    def activity_link(self, signup):
        address = reverse("admin:services_activity_change", args=[signup.activity_id])
        return format_html('<a href="{}">{} {}</a>', address, signup.activity.on, signup.activity.title)

    @admin.display(description=_("报名时间"))
    def at_shown(self, signup):
        return moment(signup.at)

    @admin.display(description=_("签到"))
    def came_shown(self, signup):
        return _signed_in_words(signup).partition("　")[2] or EMPTY
