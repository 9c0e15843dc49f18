"""The ledger of points: proposing, awarding, deciding, appealing, reversing. Every write holds the balances it concerns.

The balance of a member and year is the lock: entries are checked, written and counted under it, so that of two at once
neither is lost. Who may do what: the member proposes, withdraws and appeals for themselves; others by the item
(choices.PROPOSING, choices.APPROVING) within the reach of their posts; nobody decides on their own points, nor on an appeal
against what they decided.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib import photos
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from grids.queries import chunks
from members.actions.balances import AT_ONCE, locked, settle
from members.choices import (
    APPROVING,
    ENTRY_MOVES,
    ON_ROLL,
    PROPOSING,
    AppealState,
    EntryMove,
    EntryState,
    Proposer,
    SchemeState,
)
from members.errors import PointsRefused
from members.models import ItemClass, Member, NamedDay, PointBalance, PointEntry, PointItem, PointScheme
from members.points import factor_on, rules_for, to_half


@dataclass(frozen=True)
class NewEntry:
    """Something to be scored. `source` says where it comes from; of one source an item is scored once a member."""

    member: Member
    item: PointItem
    on: date
    source: str
    quantity: Decimal = Decimal(1)
    note: str = field(default="", repr=False)
    photo: UploadedFile | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Posted:
    """What came of a batch: how many await somebody else's approval, and how many counted for less than they earned."""

    entries: list[PointEntry]
    waiting: int = 0
    beyond: int = 0


# --- Writing entries


@action("members.post_points")
def post_points(*, entries: Sequence[NewEntry], by) -> Posted:
    """Enter points, all or none: for oneself, or for those within one's reach (a meeting by ticking names, a list).

    They are approved at once where `by` may approve the item for that member; else, and always for one's own, they wait.
    `by` None is the set-up of a system. Raises PointsRefused, naming the first that cannot be.
    """
    return _post(entries, by, _may_propose, _approves)


@action("members.award_points")
def award_points(*, entries: Sequence[NewEntry], by) -> Posted:
    """Enter what another room found to be earned (attendance, hours), `by` who confirmed it there.

    What has been entered from the same source already is left as it is, so that a job may run twice. Raises PointsRefused.
    """
    keys = {(new.member.pk, new.item.pk, new.source) for new in entries}
    known = set()
    for some in chunks(sorted({new.source for new in entries})):
        rows = PointEntry.objects.filter(source__in=some, balance__member__in={new.member.pk for new in entries})
        known.update(rows.values_list("balance__member", "item", "source"))
    fresh = [new for new in entries if (new.member.pk, new.item.pk, new.source) in keys - known]
    return _post(fresh, by, lambda new, balance, by: None, lambda new, balance: True, twice=False)


def _post(entries: Sequence[NewEntry], by, may: Callable, approves: Callable, twice: bool = True) -> Posted:
    found = Posted([])
    members = sorted({new.member.pk for new in entries})
    for start in range(0, len(members), AT_ONCE):
        some = set(members[start : start + AT_ONCE])
        done = _post_some([new for new in entries if new.member.pk in some], by, may, approves, twice)
        found = Posted(found.entries + done.entries, found.waiting + done.waiting, found.beyond + done.beyond)
    return found


def _post_some(entries: Sequence[NewEntry], by, may: Callable, approves: Callable, twice: bool) -> Posted:
    balances = _held(entries, by)
    ledger = _Ledger(balances.values(), entries)
    now, rows = timezone.now(), []
    for new in entries:
        balance = _balance(new, balances)
        if (balance.pk, new.item.pk, new.source) in ledger.sources:
            if twice:
                raise PointsRefused(_("%(name)s已因同一事项按“%(item)s”记过分，不能重复记分。") % _words(new, balance))
            continue  # another delivery wrote it while this one waited
        ledger.sources.add((balance.pk, new.item.pk, new.source))
        may(new, balance, by)
        ledger.check(new, balance)
        done = approves(new, balance) and not _is_own(balance, by)
        rows.append(_entry(new, balance, by, done, now, ledger.days))
    if len(rows) == 1:
        rows[0].save()
    else:
        PointEntry.objects.bulk_create(rows)
    scored = [row for row in rows if row.state == EntryState.APPROVED]
    for row in scored:
        ledger.approved.setdefault(row.balance_id, []).append((row.pk, row.item_id, row.on, row.points))
    counted = settle((row.balance for row in scored), ledger.approved, ledger.rules)
    beyond = sum(counted[row.pk] != row.points for row in scored)
    return Posted(rows, len(rows) - len(scored), beyond)


def _entry(new: NewEntry, balance: PointBalance, by, done: bool, now, days: dict) -> PointEntry:
    factor = factor_on(days.get(balance.scheme_id, ()), new.on)
    return PointEntry(
        balance=balance,
        item=new.item,
        on=new.on,
        quantity=new.quantity,
        factor=factor,
        points=to_half(new.item.points * new.quantity * factor),
        source=new.source,
        note=new.note.strip(),
        photo=photos.reencode(new.photo) if new.photo else "",
        state=EntryState.APPROVED if done else EntryState.PROPOSED,
        proposed_by=by,
        proposed_at=now,
        decided_by=by if done else None,
        decided_at=now if done else None,
    )


def _held(entries: Sequence[NewEntry], by) -> dict[tuple[int, int], PointBalance]:
    """{(member, year): balance}, locked in one order."""
    members, years = {new.member.pk for new in entries}, {new.on.year for new in entries}
    can = {PROPOSING[new.item.proposer] for new in entries} | {APPROVING[new.item.approver] for new in entries}
    rows = locked(Q(member__in=members, year__in=years), by, can - {None})
    return {(row.member_id, row.year): row for row in rows}


def _balance(new: NewEntry, balances: dict) -> PointBalance:
    if new.on > today():
        raise PointsRefused(_("日期%(on)s在今天之后，请核对。") % {"on": new.on})
    if (balance := balances.get((new.member.pk, new.on.year))) is None:
        words = {"name": new.member.name, "year": new.on.year}
        raise PointsRefused(_("%(name)s在%(year)d年没有适用的积分办法，请先由街道或区发布办法。") % words)
    return balance


class _Ledger:
    """What the balances at hand hold already, and the rules by which more can be entered: each looked up once, all held."""

    def __init__(self, balances: Iterable[PointBalance], entries: Sequence[NewEntry]):
        balances = list(balances)
        self.sources: set[tuple[int, int, str]] = set()
        self.approved: dict[int, list] = {}
        rows = PointEntry.objects.filter(balance__in=[balance.pk for balance in balances])
        for pk, balance, item, on, points, source, state in rows.values_list(
            "pk", "balance", "item", "on", "points", "source", "state"
        ):
            self.sources.add((balance, item, source))
            if state == EntryState.APPROVED:
                self.approved.setdefault(balance, []).append((pk, item, on, points))
        items = {line[1] for lines in self.approved.values() for line in lines}
        self.rules = rules_for(balances, items)
        self.only: dict[int, set[int]] = {}
        for item, one in ItemClass.objects.filter(item__in={new.item.pk for new in entries}).values_list("item", "member_class"):
            self.only.setdefault(item, set()).add(one)
        self.days: dict[int, list[NamedDay]] = {}
        for day in NamedDay.objects.filter(scheme__in={balance.scheme_id for balance in balances}):
            self.days.setdefault(day.scheme_id, []).append(day)

    def check(self, new: NewEntry, balance: PointBalance) -> None:
        """Whether the year is open, the item of the scheme in force and for the member's class. Raises PointsRefused."""
        rules = self.rules[balance.year]
        if rules.states.get(balance.scheme_id, balance.scheme.state) != SchemeState.IN_FORCE:
            state = SchemeState(rules.states[balance.scheme_id]).label
            raise PointsRefused(_("%(year)d年度积分%(state)s，不能再记分。") % {"year": balance.year, "state": state})
        if balance.member.state not in ON_ROLL:
            raise PointsRefused(_("%(name)s不在册（%(standing)s），不能记分。") % _words(new, balance))
        if not balance.ranked:
            raise PointsRefused(_("%(name)s所属类别不参加积分，不能记分。") % _words(new, balance))
        if rules.schemes.get(new.item.pk) != balance.scheme_id:
            raise PointsRefused(_("“%(item)s”不是%(name)s适用的积分办法中的项目，请重新选择。") % _words(new, balance))
        if balance.member_class_id not in self.only.get(new.item.pk, {balance.member_class_id}):
            raise PointsRefused(_("“%(item)s”不适用于%(name)s所属类别。") % _words(new, balance))
        if not 0 < new.quantity <= 1000:
            raise PointsRefused(_("%(name)s的数量应大于0、不超过1000，请核对。") % _words(new, balance))
        if to_half(new.item.points * new.quantity) == 0:
            raise PointsRefused(_("%(name)s的数量折算不足半分，请核对。") % _words(new, balance))


def _words(new: NewEntry, balance: PointBalance) -> dict:
    return {"name": balance.member.name, "item": new.item.name, "standing": balance.member.get_state_display()}


# --- Who may


def _reached(balance: PointBalance, can: Can) -> bool:
    """Whether this right of whom it was held for leads there."""
    return getattr(balance, f"reached_by_{can}")


def _is_own(balance: PointBalance, by) -> bool:
    return by is not None and balance.member.person.user_id == by.pk


def _may_propose(new: NewEntry, balance: PointBalance, by) -> None:
    if by is None:
        return
    can = PROPOSING[new.item.proposer]
    own = _is_own(balance, by) and new.item.proposer == Proposer.MEMBER
    if can is None:
        raise PointsRefused(_("“%(item)s”由系统自动记分，不能手工申报。") % {"item": new.item.name})
    if not own and not _reached(balance, can):
        words = {"item": new.item.name, "who": new.item.get_proposer_display(), "name": balance.member.name}
        seen = _is_own(balance, by) or PointBalance.objects.visible_to(by).filter(pk=balance.pk).exists()
        who = _("“%(item)s”由%(who)s申报，请由其办理。") % words
        raise PointsRefused(who if seen else _("其中有不在您管理范围内的党员，请重新选择。"))


def _approves(new: NewEntry, balance: PointBalance) -> bool:
    return _reached(balance, APPROVING[new.item.approver])


# --- Deciding


@action("members.decide_points")
def decide_points(*, entries: Iterable[PointEntry], approve: bool, by, reason: str = "") -> int:
    """Approve or refuse proposals, all or none; returns how many were decided now. One decided the same way before is left.

    A refusal names its reason. Raises PointsRefused.
    """
    if not approve and not reason.strip():
        raise PointsRefused(_("请填写不通过的原因，申报人会看到。"))
    move, state = (EntryMove.APPROVE, EntryState.APPROVED) if approve else (EntryMove.REFUSE, EntryState.REFUSED)
    rows = [row for row in _taken(entries, by) if row.state != state]
    _check_move(rows, move)
    _check_decider(rows, by)
    now = timezone.now()
    for row in rows:
        row.state, row.decided_by, row.decided_at, row.reason = state, by, now, reason.strip()
    PointEntry.objects.bulk_update(rows, ["state", "decided_by", "decided_at", "reason"])
    if approve:
        settle(row.balance for row in rows)
    return len(rows)


def _taken(entries: Iterable[PointEntry], by) -> list[PointEntry]:
    """The entries as they are now, with their balances held; each has `balance` with member, person, scheme at hand."""
    entries = list(entries)
    found = []
    for some in chunks(sorted({entry.balance_id for entry in entries})):
        balances = {row.pk: row for row in locked(Q(pk__in=some), by, set(APPROVING.values()))}
        keys = [entry.pk for entry in entries if entry.balance_id in balances]
        for row in PointEntry.objects.filter(pk__in=keys).select_related("item", "reversal").order_by("pk"):
            row.balance = balances[row.balance_id]
            found.append(row)
    return found


def _check_move(rows: Sequence[PointEntry], move: str) -> None:
    states, appeals, years = ENTRY_MOVES[move]
    open_years = dict(PointScheme.objects.filter(pk__in={row.balance.scheme_id for row in rows}).values_list("pk", "state"))
    for row in rows:
        words = {"name": row.balance.member.name, "item": row.item.name, "move": EntryMove(move).label, "year": row.balance.year}
        if open_years[row.balance.scheme_id] not in years:
            state = SchemeState(open_years[row.balance.scheme_id]).label
            raise PointsRefused(_("%(year)d年度积分%(state)s，不能办理%(move)s。") % (words | {"state": state}))
        if row.state not in states or row.appeal not in appeals or row.reverses_id or _reversed(row):
            standing = _("已冲正") if row.reverses_id or _reversed(row) else row.get_appeal_display() or row.get_state_display()
            raise PointsRefused(_("%(name)s的“%(item)s”目前为%(state)s，不能办理%(move)s。") % (words | {"state": standing}))


def _reversed(row: PointEntry) -> bool:
    return hasattr(row, "reversal")


def _check_decider(rows: Sequence[PointEntry], by) -> None:
    """`by` may approve each item for its member, and none is their own."""
    for row in rows:
        if _is_own(row.balance, by):
            raise PointsRefused(_("不能审核自己的积分，请由支部其他负责人或上级办理。"))
        if not _reached(row.balance, APPROVING[row.item.approver]):
            words = {"item": row.item.name, "who": row.item.get_approver_display()}
            raise PointsRefused(_("“%(item)s”由%(who)s审核，请由其办理。") % words)


@action("members.withdraw_points")
def withdraw_points(*, entry: PointEntry, by) -> PointEntry:
    """Take back a proposal of one's own. Raises PointsRefused."""
    row = _taken([entry], by)[0]
    if row.proposed_by_id != by.pk:
        raise PointsRefused(_("只能撤回自己的申报。"))
    _check_move([row], EntryMove.WITHDRAW)
    row.state = EntryState.WITHDRAWN
    row.save()
    return row


# --- Appeals and reversals


@action("members.appeal_points")
def appeal_points(*, entry: PointEntry, by, text: str) -> PointEntry:
    """The member asks to look again at what was refused or deducted; once for an entry. Raises PointsRefused."""
    row = _taken([entry], by)[0]
    if not _is_own(row.balance, by):
        raise PointsRefused(_("申诉由党员本人提出。"))
    if not text.strip():
        raise PointsRefused(_("请写明申诉理由。"))
    _check_move([row], EntryMove.APPEAL)
    row.appeal, row.appeal_text, row.appealed_at = AppealState.OPEN, text.strip(), timezone.now()
    row.save()
    return row


@action("members.answer_appeal")
def answer_appeal(*, entry: PointEntry, uphold: bool, by, answer: str) -> PointEntry:
    """Answer an appeal: what was refused is approved, what counted is reversed, or it stays. Raises PointsRefused.

    By somebody who may approve the item and did not decide the entry.
    """
    row = _taken([entry], by)[0]
    _check_move([row], EntryMove.UPHOLD if uphold else EntryMove.DISMISS)
    _check_decider([row], by)
    if by is not None and row.decided_by_id == by.pk:
        raise PointsRefused(_("申诉不能由原审核人答复，请由支部其他负责人或上级办理。"))
    if not answer.strip():
        raise PointsRefused(_("请写明答复，申诉人会看到。"))
    row.appeal = AppealState.UPHELD if uphold else AppealState.DISMISSED
    row.appeal_answer, row.answered_by, row.answered_at = answer.strip(), by, timezone.now()
    if uphold and row.state == EntryState.REFUSED:
        row.state = EntryState.APPROVED
    elif uphold:
        _opposite(row, by, answer.strip()).save()
    row.save()
    settle([row.balance])
    return row


@action("members.reverse_points")
def reverse_points(*, entry: PointEntry, by, reason: str) -> PointEntry:
    """Take back an approved entry by one with the opposite points on the same day; returns it. Raises PointsRefused."""
    row = _taken([entry], by)[0]
    if not reason.strip():
        raise PointsRefused(_("请填写冲正的原因。"))
    _check_move([row], EntryMove.REVERSE)
    _check_decider([row], by)
    reversal = _opposite(row, by, reason.strip())
    reversal.save()
    settle([row.balance])
    return reversal


def _opposite(row: PointEntry, by, reason: str) -> PointEntry:
    now = timezone.now()
    return PointEntry(
        balance=row.balance,
        item=row.item,
        on=row.on,
        quantity=row.quantity,
        factor=row.factor,
        points=-row.points,
        source=f"reversal:{row.pk}",
        reverses=row,
        state=EntryState.APPROVED,
        proposed_by=by,
        proposed_at=now,
        decided_by=by,
        decided_at=now,
        reason=reason,
    )
