"""Hours at the desk: confirmed by somebody else than who served, alone or many at once."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.access import scope_of
from gridparty.lib.masking import mask_name
from gridparty.lib.scoped_admin import two_lines
from grids.filters import WithinFilter
from people.admin.steps import Step
from services import actions
from services.admin.common import AT_ONCE, EMPTY, OfMemberAdmin, moment, not_ones_own
from services.choices import HoursState
from services.exports import HoursResource, clock, served_in
from services.filters import HoursTodoFilter, ServedFilter
from services.forms.desk import ReasonForm
from services.models import ServiceHours

HOURS_BADGES = {HoursState.PROPOSED: "watch", HoursState.CONFIRMED: "good", HoursState.REFUSED: "late"}

# --- Steps


def _says(sentence):
    """One sentence in which the member and the hours are named."""

    def says(row: ServiceHours, user) -> list[str]:
        return [str(sentence) % {"name": mask_name(row.member.name), "on": row.on, "hours": row.hours.normalize()}]

    return says


def _unless(state: str):
    """Only hours in this state, and never one's own."""

    def unfit(row: ServiceHours, user) -> str:
        if row.state != state:
            return gettext("这条时长目前为“%(state)s”，不能这样办理。") % {"state": row.get_state_display()}
        return not_ones_own(lambda one: one.member)(row, user)

    return unfit


def _decide(confirm: bool):
    def run(row: ServiceHours, data, by) -> ServiceHours:
        actions.decide_hours(rows=[row], confirm=confirm, reason=data.get("reason", ""), by=by)
        row.refresh_from_db()
        if row.unpaid:
            row.told = gettext("已确认，没有计入积分：%(why)s") % {"why": row.unpaid}
        return row

    return run


STEPS = (
    Step(
        "confirm",
        _("确认"),
        _says(_("确认%(name)s %(on)s 服务 %(hours)s 小时，自动计入积分。")),
        _decide(True),
        unfit=_unless(HoursState.PROPOSED),
    ),
    Step(
        "refuse",
        _("不予确认"),
        _says(_("%(name)s %(on)s 的 %(hours)s 小时不予确认，不计时长和积分。")),
        _decide(False),
        ReasonForm,
        _unless(HoursState.PROPOSED),
    ),
    Step(
        "take_back",
        _("更正"),
        _says(_("取消%(name)s %(on)s 的 %(hours)s 小时，已计的积分由一条相反的记录抵消。正确的时长由本人重新登记。")),
        lambda row, data, by: actions.take_back_hours(hours=row, reason=data["reason"], by=by),
        ReasonForm,
        _unless(HoursState.CONFIRMED),
    ),
)

# --- The page


@admin.register(ServiceHours)
class ServiceHoursAdmin(OfMemberAdmin):
    steps = STEPS
    badges = HOURS_BADGES
    list_display = ("when", "member_name", "served", "hours_shown", "state_shown", "place_shown")
    list_display_links = ("when", "member_name")
    list_filter = (HoursTodoFilter, "state", ServedFilter, WithinFilter)
    search_fields = ("member__known_as",)  # Member.objects.search decides by the shape of what is typed
    ordering = ("-on", "-id")
    actions = ("confirm",)
    export = HoursResource
    _about = (("member_name", "organisation"), ("on", "time_shown", "hours"), ("served_shown", "place_shown"), "note_shown")
    _decision = ("state_shown", ("enterer", "entered_shown"), ("decider", "decided_shown"), "reason_shown", "unpaid_shown")

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("area", "community", "entered_by", "decided_by")
        return rows.select_related("claim__post", "signup__activity")

    def heading(self, row) -> str:
        return f"{row.member.name} {row.on}"

    def get_fieldsets(self, request, obj=None):
        return [(_("服务"), {"fields": self._about}), (_("办理"), {"fields": self._decision})]

    def get_actions(self, request):
        """The button is for those who decide."""
        return super().get_actions(request) if scope_of(request.user).has(ServiceHours.edit) else {}

    # --- Columns
    @admin.display(description=_("日期、时间"))
    def when(self, row):
        return two_lines(str(row.on), clock(row))

    @admin.display(description=_("小时"))
    def hours_shown(self, row):
        return row.hours.normalize()

    @admin.display(description=_("岗位或活动、内容"))
    def served(self, row):
        return two_lines(self.served_shown(row), row.note)

    @admin.display(description=_("岗位或活动"))
    def served_shown(self, row):
        return served_in(row) or _("其他服务")

    @admin.display(description=_("时间"))
    def time_shown(self, row):
        return clock(row)

    @admin.display(description=_("服务内容"))
    def note_shown(self, row):
        return row.note or EMPTY

    @admin.display(description=_("登记人"))
    def enterer(self, row):
        return row.entered_by.name if row.entered_by else EMPTY

    @admin.display(description=_("登记时间"))
    def entered_shown(self, row):
        return moment(row.entered_at)

    @admin.display(description=_("确认人"))
    def decider(self, row):
        return row.decided_by.name if row.decided_by else EMPTY

    @admin.display(description=_("确认时间"))
    def decided_shown(self, row):
        return moment(row.decided_at)

    @admin.display(description=_("意见"))
    def reason_shown(self, row):
        return row.reason or EMPTY

    @admin.display(description=_("未计积分的原因"))
    def unpaid_shown(self, row):
        return row.unpaid or EMPTY

    # --- The button over the list
    @admin.action(description=_("确认"))
    def confirm(self, request, rows):
        """Those ticked that wait for the user; what is decided already stays as it is."""
        if not scope_of(request.user).has(ServiceHours.edit):
            raise PermissionDenied
        waiting = list(rows.to_confirm(request.user)[: AT_ONCE + 1])
        if not waiting or len(waiting) > AT_ONCE:
            wrong = gettext("一次最多办理 %(n)d 条，请分批办理。") if waiting else gettext("所选时长没有待您确认的。")
            self.message_user(request, wrong % {"n": AT_ONCE} if waiting else wrong, messages.ERROR)
            return
        self.run(request, lambda: actions.decide_hours(rows=waiting, confirm=True, by=request.user), _told)


def _told(n: int) -> str:
    return ngettext("已确认 %(n)d 条。", "已确认 %(n)d 条。", n) % {"n": n}
