"""On the phone: the place of the rounds in the tab bar, and who waits to be visited."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.dates import today
from gridparty.lib.registry import Tab, Worklist, tabs, todos
from people.rounds import due

BELOW = ("places", "place", "search", "household", "visit_household", "note_door", "person", "visit_person", "change_care")


@tabs
def rounds_tab(user) -> list[Tab]:
    scope = scope_of(user)
    if not (scope.has(Can.USE_PHONE) and scope.has(Can.SEE_PEOPLE)):
        return []
    return [Tab(_("走访"), "people:rounds", order=20, below=tuple(f"people:{name}" for name in BELOW))]


@todos
def visits(user) -> list[Worklist]:
    """Those cared for whose day is here or past. One query."""
    scope = scope_of(user)
    if not (scope.has(Can.USE_PHONE) and scope.has(Can.RECORD_VISITS)):
        return []
    waiting = due(user)
    numbers = numbers_of({"late": waiting.filter(next_visit_on__lt=today()), "today": waiting.filter(next_visit_on=today())})
    rounds = reverse("people:rounds")
    return [
        Worklist(_("关爱走访逾期"), numbers["late"], rounds, _("已过下次走访日期"), late=True),
        Worklist(_("今天到期的关爱走访"), numbers["today"], rounds),
    ]
