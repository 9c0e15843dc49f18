"""What waits at the desk: gaps in the net, elections, transfers whose receipt is ours to give, points."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.registry import Worklist, worklists
from members.models import MemberMove, PartyOrganisation, PointEntry, PointScheme, Unit
from members.queries import CHEAP, elections_due, units_without_organisation


@worklists
def party_work(user) -> list[Worklist]:
    """One query for all of it."""
    if not scope_of(user).has(Can.EDIT_MEMBERS):
        return []
    stem = "admin:members_partyorganisation"
    waiting = {gap.name: gap.countable(user) for gap in CHEAP}
    waiting["elections"] = elections_due(PartyOrganisation.objects.visible_to(user))
    waiting["new_bodies"] = units_without_organisation(Unit.objects.visible_to(user).new_bodies())
    waiting["transfers"] = MemberMove.objects.visible_to(user).to_receive(user)
    numbers = numbers_of(waiting)
    coverage, organisations = reverse(f"{stem}_coverage"), reverse(f"{stem}_changelist")
    return [
        *(Worklist(str(gap.label), numbers[gap.name], f"{coverage}?gap={gap.name}", late=True) for gap in CHEAP),
        Worklist(
            _("未建党组织的两新组织"),
            numbers["new_bodies"],
            f"{reverse('admin:members_unit_changelist')}?new_body=yes&party=none",
            _("非公有制企业和社会组织"),
        ),
        Worklist(_("应换届党组织"), numbers["elections"], f"{organisations}?election=soon", _("半年内到期或已逾期")),
        Worklist(
            _("转接待回执"),
            numbers["transfers"],
            f"{reverse('admin:members_membermove_changelist')}?side=receive",
            _("组织关系转入，由本组织办理"),
            late=True,
        ),
    ]


@worklists
def points_work(user) -> list[Worklist]:
    """What waits in the ledger and the schemes; one query for all of it."""
    waiting = {}
    if scope_of(user).has(Can.DECIDE_POINTS):
        entries = PointEntry.objects.visible_to(user)
        waiting |= {"mine": entries.to_decide(user), "answer": entries.to_answer(user)}
    if scope_of(user).has(Can.SET_POINTS):
        schemes = PointScheme.objects.editable_by(user)
        waiting |= {"draft": schemes.drafts(), "close": schemes.to_close(), "reopen": schemes.to_reopen(user)}
    numbers = numbers_of(waiting) if waiting else {}
    entries, schemes = (reverse(f"admin:members_point{name}_changelist") for name in ("entry", "scheme"))
    lists = {
        "mine": (_("积分待审核"), f"{entries}?state=mine", _("由您审核的申报"), True),
        "answer": (_("积分申诉"), f"{entries}?state=answer", _("由您答复的申诉"), True),
        "draft": (_("起草中的积分办法"), f"{schemes}?todo=draft", "", False),
        "close": (_("未定稿的年度积分"), f"{schemes}?todo=close", _("已过完的年度，须冻结、公示、定稿"), True),
        "reopen": (_("申请重新打开的年度"), f"{schemes}?todo=reopen", _("须由申请人以外的人同意"), True),
    }
    always = ("mine", "answer")
    shown = [name for name in lists if name in numbers and (numbers[name] or name in always)]
    return [Worklist(title, numbers[name], url, hint, late) for name in shown for title, url, hint, late in [lists[name]]]
