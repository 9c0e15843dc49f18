"""On the phone: the place of services in the tab bar, and what waits there: for who runs them, and for who takes part."""

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.roles import ON_BODIES
from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.dates import Week, today
from gridparty.lib.registry import Tab, Worklist, tabs, todos
from services.choices import AbsenceState, ActivityState, ClaimState, PostState, SignUpState
from services.models import Absence, Claim, ServiceHours, SignUp
from services.worklists import running

BELOW = ("post", "my_claim", "propose", "activity", "team", "hours", "hours_new", "my_card", "run")
BELOW += ("run_new", "run_post", "run_edit", "run_activities", "run_activity", "run_activity_new", "run_activity_edit")
BELOW += ("run_activity_code", "run_hours")


def _runs(user) -> bool:
    return scope_of(user).has(Can.USE_PHONE) and scope_of(user).has(Can.RUN_SERVICES)


@tabs
def services_tab(user) -> list[Tab]:
    """For who runs services, and for who has the post of a member or a seat as one."""
    if not (_runs(user) or scope_of(user).roles() & {Role.MEMBER, *ON_BODIES}):
        return []
    return [Tab(_("服务"), "services:hub", order=20, below=tuple(f"services:{name}" for name in BELOW))]


@todos
def services_to_run(user) -> list[Worklist]:
    """What the desk's first page counts, too. One query."""
    if not _runs(user):
        return []
    numbers, page = numbers_of(running(user)), reverse("services:run")
    published, hours = f"{page}?show={PostState.PUBLISHED}", reverse("services:run_hours")
    found = {
        "approve": (_("岗位待审批"), f"{page}?show={PostState.SUBMITTED}", _("已提交，审批后发布")),
        "decide": (_("认领待确认"), published, _("党员选岗，由您定岗")),
        "confirm": (_("服务时长待确认"), hours, _("确认后自动计入积分")),
        "answer": (_("未到岗说明待答复"), published, ""),
    }
    return [Worklist(title, numbers[name], url, hint) for name, (title, url, hint) in found.items() if name in numbers]


@todos
def services_of_mine(user) -> list[Worklist]:
    """What somebody took on and when it begins; what they may still explain; hours of the teams they lead. One query."""
    if not scope_of(user).has(Can.USE_PHONE):
        return []
    day, hub = today(), reverse("services:hub")
    approved = Claim.objects.own(user).filter(state=ClaimState.APPROVED)
    signed = SignUp.objects.own(user).filter(state=SignUpState.SIGNED, activity__state=ActivityState.OPEN)
    waiting = {
        "starting": approved.filter(post__starts_on__range=(day, Week.of(day).last_day)),
        "today": signed.filter(activity__on=day),
        "tomorrow": signed.filter(activity__on=day + timedelta(days=1)),
        "absent": Absence.objects.own(user).filter(state=AbsenceState.NOTED),
    }
    if not _runs(user):
        waiting["led"] = ServiceHours.objects.to_confirm(user)
    numbers = numbers_of(waiting)
    return [
        Worklist(_("今天参加的活动"), numbers["today"], hub),
        Worklist(_("明天参加的活动"), numbers["tomorrow"], hub),
        Worklist(_("本周上岗"), numbers["starting"], hub, _("您认领的岗位")),
        Worklist(_("未到岗记录"), numbers["absent"], hub, _("可以说明原因")),
        Worklist(_("队员时长待确认"), numbers.get("led", 0), reverse("services:run_hours"), _("您带队的活动")),
    ]
