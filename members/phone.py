"""On the phone: the places of the branch and of one's own points in the tab bar, and what waits there for who leads it."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.choices import Role
from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.dates import Week, today
from gridparty.lib.registry import Tab, Worklist, tabs, todos
from members.branch import birthdays, days_of_joining, overdue, waiting_for
from members.models import Member, PartyOrganisation
from members.queries import elections_due


def _leads(user) -> bool:
    return scope_of(user).has(Can.USE_PHONE) and scope_of(user).has(Can.PROPOSE_POINTS)


@tabs
def branch_tab(user) -> list[Tab]:
    return [Tab(_("支部"), "members:branch", order=30)] if _leads(user) else []


@tabs
def points_tab(user) -> list[Tab]:
    """For who has the post of a member; the others find their points under 我的."""
    return [Tab(_("积分"), "members:mine", order=40)] if Role.MEMBER in scope_of(user).roles() else []


@todos
def branch_work(user) -> list[Worklist]:
    """What is to be decided, who is due, whose day it is this week, which elections are due. One query for all of it, and those
    that build it."""
    if not _leads(user):
        return []
    ours = PartyOrganisation.objects.kept_by(user, Can.PROPOSE_POINTS).open()
    members = Member.objects.on_roll().filter(organisation__in=ours)
    week = Week.of(today())
    waiting = {
        "due": overdue(members, today()),
        "born": members.filter(birthdays(week)),
        "joined": members.filter(days_of_joining(week)),
        "elections": elections_due(ours),
    }
    if scope_of(user).has(Can.DECIDE_POINTS):
        waiting["judging"] = waiting_for(user)
    numbers, branch = numbers_of(waiting), reverse("members:branch")
    days = numbers.get("born", 0) + numbers.get("joined", 0)
    return [
        Worklist(_("积分待审核"), numbers.get("judging", 0), reverse("members:branch_decide"), _("申报和申诉，由您办理")),
        Worklist(_("党员联系逾期"), numbers.get("due", 0), f"{branch}?show=late", _("按管理方式的联系间隔"), late=True),
        Worklist(_("本周生日和政治生日"), days, f"{branch}#days"),
        Worklist(_("应换届党组织"), numbers.get("elections", 0), branch, _("半年内到期或已逾期")),
    ]
