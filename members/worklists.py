"""What waits at the desk: gaps in the net, elections, transfers whose receipt is ours to give."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.registry import Worklist, worklists
from members.models import MemberMove, PartyOrganisation
from members.queries import CHEAP, elections_due


@worklists
def party_work(user) -> list[Worklist]:
    """One query for all of it."""
    if not scope_of(user).has(Can.EDIT_MEMBERS):
        return []
    stem = "admin:members_partyorganisation"
    waiting = {gap.name: gap.find(user) for gap in CHEAP}
    waiting["elections"] = elections_due(PartyOrganisation.objects.visible_to(user))
    waiting["transfers"] = MemberMove.objects.visible_to(user).to_receive(user)
    numbers = numbers_of(waiting)
    coverage, organisations = reverse(f"{stem}_coverage"), reverse(f"{stem}_changelist")
    return [
        *(Worklist(str(gap.label), numbers[gap.name], f"{coverage}?gap={gap.name}", late=True) for gap in CHEAP),
        Worklist(_("应换届党组织"), numbers["elections"], f"{organisations}?election=soon", _("半年内到期或已逾期")),
        Worklist(
            _("转接待回执"),
            numbers["transfers"],
            f"{reverse('admin:members_membermove_changelist')}?side=receive",
            _("组织关系转入，由本组织办理"),
            late=True,
        ),
    ]
