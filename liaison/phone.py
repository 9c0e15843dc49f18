"""On the phone: meetings one is invited to, and what one took on at them. They have no place of their own in the tab bar."""

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.choices import OPEN
from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.registry import Worklist, todos
from liaison.choices import ResolutionState
from liaison.models import Attendance, Resolution


@todos
def meetings_of_mine(user) -> list[Worklist]:
    """What somebody is asked and what they still have to see to; what is handled as a case is not theirs to do. One query."""
    if not scope_of(user).has(Can.USE_PHONE):
        return []
    resolutions = Resolution.objects.own(user).exclude(case__step__in=sorted(OPEN))
    waiting = {"open": resolutions.open().filter(state=ResolutionState.OPEN), "late": resolutions.late()}
    numbers = numbers_of({"answer": Attendance.objects.own(user).unanswered(), **waiting})
    hub, n = reverse("liaison:hub"), numbers["late"]
    return [
        Worklist(_("会议通知待答复"), numbers["answer"], hub, _("请答复是否参加")),
        Worklist(_("我负责的决议"), numbers["open"], hub, _("其中 %d 项逾期") % n if n else _("办结后请报告"), late=n > 0),
    ]
