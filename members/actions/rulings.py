"""What becomes of an entry of points: decided, withdrawn, appealed against, reversed, taken back with the list it came by."""

from collections.abc import Callable, Iterable, Sequence

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from grids.queries import chunks
from members.actions.balances import locked, looked_at, settle
from members.actions.points import is_own, reached
from members.choices import APPROVING, ENTRY_MOVES, AppealState, EntryMove, EntryState, SchemeState
from members.errors import PointsRefused
from members.models import PointEntry, PointScheme
from members.points import UNDONE

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


def _taken(entries: Iterable[PointEntry], by, read: Callable = locked) -> list[PointEntry]:
    """The entries as they are now, with their balances held; each has `balance` with member, person, scheme at hand."""
    entries = list(entries)
    found = []
    for some in chunks(sorted({entry.balance_id for entry in entries})):
        balances = {row.pk: row for row in read(Q(pk__in=some), by, set(APPROVING.values()))}
        keys = [entry.pk for entry in entries if entry.balance_id in balances]
        for row in PointEntry.objects.filter(pk__in=keys).select_related("item", "reversal").order_by("pk"):
            row.balance = balances[row.balance_id]
            found.append(row)
    return found


def _years(rows: Iterable[PointEntry]) -> dict[int, str]:
    """{scheme: its state now}"""
    return dict(PointScheme.objects.filter(pk__in={row.balance.scheme_id for row in rows}).values_list("pk", "state"))


def _check_move(rows: Sequence[PointEntry], move: str) -> None:
    years = _years(rows)
    for row in rows:
        if unfit := _unfit(row, move, years):
            raise PointsRefused(unfit)


def _unfit(row: PointEntry, move: str, years: dict[int, str]) -> str:
    """Why an entry cannot make this move now; "" where it can."""
    states, appeals, open_years = ENTRY_MOVES[move]
    words = {"name": row.balance.member.name, "item": row.item.name, "move": EntryMove(move).label, "year": row.balance.year}
    if years[row.balance.scheme_id] not in open_years:
        state = SchemeState(years[row.balance.scheme_id]).label
        return _("%(year)d年度积分%(state)s，不能办理%(move)s。") % (words | {"state": state})
    if row.state not in states or row.appeal not in appeals or row.reverses_id or _reversed(row):
        standing = _("已冲正") if row.reverses_id or _reversed(row) else row.get_appeal_display() or row.get_state_display()
        return _("%(name)s的“%(item)s”目前为%(state)s，不能办理%(move)s。") % (words | {"state": standing})
    return ""


def _reversed(row: PointEntry) -> bool:
    return hasattr(row, "reversal")


def _check_decider(rows: Sequence[PointEntry], by) -> None:
    for row in rows:
        if refusal := _not_theirs(row, by):
            raise PointsRefused(refusal)


def _not_theirs(row: PointEntry, by) -> str:
    """Why an entry is not `by`'s to decide: their own, or of an item they do not approve for its member."""
    if is_own(row.balance, by):
        return _("不能审核自己的积分，请由支部其他负责人或上级办理。")
    if not reached(row.balance, APPROVING[row.item.approver]):
        words = {"item": row.item.name, "who": row.item.get_approver_display()}
        return _("“%(item)s”由%(who)s审核，请由其办理。") % words
    return ""


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
    if not is_own(row.balance, by):
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


def _opposite(row: PointEntry, by, reason: str, source: str = "reversal:") -> PointEntry:
    now = timezone.now()
    return PointEntry(
        balance=row.balance,
        item=row.item,
        on=row.on,
        quantity=row.quantity,
        factor=row.factor,
        points=-row.points,
        source=f"{source}{row.pk}",
        reverses=row,
        state=EntryState.APPROVED,
        proposed_by=by,
        proposed_at=now,
        decided_by=by,
        decided_at=now,
        reason=reason,
    )


# --- Taking back a list


@action("members.take_back_points")
def take_back_points(*, keys: Iterable[int], by) -> dict[int, str]:
    """Take back the entries that came by a list of `by`'s: what counts is reversed, what waits is withdrawn.

    Returns {entry: why} of those that are left: what was done with them since, or that they are not to be taken back any more.
    """
    rows = _taken(_of(keys), by)
    left = _left(rows, by)
    now, reason = timezone.now(), _("撤销表格导入")
    waiting = [row for row in rows if row.pk not in left and row.state == EntryState.PROPOSED]
    counting = [row for row in rows if row.pk not in left and row.state == EntryState.APPROVED]
    for row in waiting:
        row.state, row.reason, row.decided_at = EntryState.WITHDRAWN, reason, now
    PointEntry.objects.bulk_update(waiting, ["state", "reason", "decided_at"])
    PointEntry.objects.bulk_create(_opposite(row, by, reason, UNDONE) for row in counting)
    settle(row.balance for row in counting)
    return left


def left_of_points(*, keys: Iterable[int], by) -> dict[int, str]:
    """{entry: why} of those that `take_back_points` would leave."""
    return _left(_taken(_of(keys), by, looked_at), by)


def _of(keys: Iterable[int]) -> list[PointEntry]:
    return [row for some in chunks(sorted(keys)) for row in PointEntry.objects.filter(pk__in=some).only("balance")]


def _left(rows: Sequence[PointEntry], by) -> dict[int, str]:
    years = _years(rows)
    whys = {row.pk: _why_left(row, by, years) for row in rows}
    return {pk: why for pk, why in whys.items() if why}


def _why_left(row: PointEntry, by, years: dict[int, str]) -> str:
    if _reversed(row):
        return _("导入之后已冲正。")
    if row.appeal:
        return _("导入之后党员提出了申诉。")
    if row.state == EntryState.PROPOSED:
        return _unfit(row, EntryMove.WITHDRAW, years)
    if row.state == EntryState.WITHDRAWN:
        return _("导入之后已撤回。")
    if row.state != EntryState.APPROVED or row.decided_at != row.proposed_at:
        return _("导入之后已审核：%(state)s。") % {"state": row.get_state_display()}
    return _unfit(row, EntryMove.REVERSE, years) or _not_theirs(row, by)
