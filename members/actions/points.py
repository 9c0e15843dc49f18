"""The ledger of points: proposing and awarding; members.actions.rulings has what becomes of an entry.

Every write holds the balances it concerns. The balance of a member and year is the lock: entries are checked, written and
counted under it, so that of two at once neither is lost. Who may do what: the member proposes, withdraws and appeals for
themselves; others by the item (choices.PROPOSING, choices.APPROVING) within the reach of their posts; nobody decides on their
own points, nor on an appeal against what they decided.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib import photos
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from grids.queries import chunks
from members.actions.balances import AT_ONCE, locked, looked_at, settle
from members.choices import APPROVING, ON_ROLL, PROPOSING, EntryState, Proposer, SchemeState
from members.errors import PointsRefused
from members.models import ItemClass, Member, NamedDay, PointBalance, PointEntry, PointItem
from members.points import Account, Explained, factor_on, numbered, reckon, rules_for, to_half, unnumbered, was_undone


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
    for some in _parts(entries):
        done = _post_some(some, by, may, approves, twice)
        found = Posted(found.entries + done.entries, found.waiting + done.waiting, found.beyond + done.beyond)
    return found


def _parts(entries: Sequence[NewEntry]) -> Iterator[list[NewEntry]]:
    """By so many members as are held at once."""
    members = sorted({new.member.pk for new in entries})
    for start in range(0, len(members), AT_ONCE):
        some = set(members[start : start + AT_ONCE])
        yield [new for new in entries if new.member.pk in some]


def _post_some(entries: Sequence[NewEntry], by, may: Callable, approves: Callable, twice: bool) -> Posted:
    balances = _held(entries, by)
    ledger = _Ledger(balances.values(), entries)
    now, rows = timezone.now(), []
    for new in entries:
        balance = _balance(new, balances)
        if ledger.standing(new, balance):
            if twice:
                raise PointsRefused(_("%(name)s已因同一事项按“%(item)s”记过分，不能重复记分。") % _words(new, balance))
            continue  # another delivery wrote it while this one waited
        may(new, balance, by)
        ledger.check(new, balance)
        done = approves(new, balance) and not is_own(balance, by)
        rows.append(_entry(new, balance, by, done, now, ledger))
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


def _entry(new: NewEntry, balance: PointBalance, by, done: bool, now, ledger: "_Ledger") -> PointEntry:
    return PointEntry(
        balance=balance,
        item=new.item,
        on=new.on,
        quantity=new.quantity,
        factor=ledger.factor(new, balance),
        points=ledger.points(new, balance),
        source=ledger.take(new, balance),
        note=new.note.strip(),
        photo=photos.reencode(new.photo) if new.photo else "",
        state=EntryState.APPROVED if done else EntryState.PROPOSED,
        proposed_by=by,
        proposed_at=now,
        decided_by=by if done else None,
        decided_at=now if done else None,
    )


def _held(entries: Sequence[NewEntry], by, read: Callable = locked) -> dict[tuple[int, int], PointBalance]:
    """{(member, year): balance}, locked in one order."""
    members, years = {new.member.pk for new in entries}, {new.on.year for new in entries}
    can = {PROPOSING[new.item.proposer] for new in entries} | {APPROVING[new.item.approver] for new in entries}
    rows = read(Q(member__in=members, year__in=years), by, can - {None} | {PointBalance.see})
    return {(row.member_id, row.year): row for row in rows}


def check_day(member: Member, on: date, has_scheme: bool) -> None:
    """Whether the member can have earned something on that day. Raises PointsRefused."""
    if on > today():
        raise PointsRefused(_("日期%(on)s在今天之后，请核对。") % {"on": on}, "on")
    if not has_scheme:
        words = {"name": member.name, "year": on.year}
        raise PointsRefused(_("%(name)s在%(year)d年没有适用的积分办法，请先由街道或区发布办法。") % words, "on")


def _balance(new: NewEntry, balances: dict) -> PointBalance:
    balance = balances.get((new.member.pk, new.on.year))
    check_day(new.member, new.on, balance is not None)
    return balance


class Held(NamedTuple):
    """A line of the ledger from the source an entry is to be of."""

    pk: int
    state: str
    quantity: Decimal
    is_reversed: bool
    is_undone: bool  # taken back with the list it came by, or withdrawn: it may be entered again


class _Ledger:
    """What the balances at hand hold already, and the rules by which more can be entered: each looked up once, all held."""

    def __init__(self, balances: Iterable[PointBalance], entries: Sequence[NewEntry]):
        balances = list(balances)
        columns = ("pk", "balance", "item", "on", "points", "source", "state", "reverses", "quantity")
        rows = list(PointEntry.objects.filter(balance__in=[balance.pk for balance in balances]).values_list(*columns))
        self.rules = rules_for(balances, {row[2] for row in rows})
        self.approved: dict[int, list] = {}
        for pk, balance, item, on, points, _source, state, *_more in rows:
            if state == EntryState.APPROVED:
                self.approved.setdefault(balance, []).append((pk, item, on, points))
        self._keep_sources({balance.pk: balance for balance in balances}, rows)
        self.only: dict[int, set[int]] = {}
        for item, one in ItemClass.objects.filter(item__in={new.item.pk for new in entries}).values_list("item", "member_class"):
            self.only.setdefault(item, set()).add(one)
        self.days: dict[int, list[NamedDay]] = {}
        for day in NamedDay.objects.filter(scheme__in={balance.scheme_id for balance in balances}):
            self.days.setdefault(day.scheme_id, []).append(day)

    def _keep_sources(self, balances: dict[int, PointBalance], rows: Sequence[tuple]) -> None:
        """By source and item, of whatever version of the scheme it is; and on which days an item stands."""
        reversed_by = {row[7]: row[5] for row in rows if row[7]}
        self.sources: dict[tuple, list[Held]] = defaultdict(list)
        self.scored: set[tuple] = set()
        for pk, balance, item, on, _points, source, state, reverses, quantity in rows:
            if reverses:
                continue
            by = reversed_by.get(pk, "")
            held = Held(pk, state, quantity, bool(by), state == EntryState.WITHDRAWN or was_undone(by))
            key = self._key(balances[balance], item)
            self.sources[*key, unnumbered(source)].append(held)
            if not by and state in (EntryState.PROPOSED, EntryState.APPROVED):
                self.scored.add((*key, on))

    def _key(self, balance: PointBalance, item: int) -> tuple:
        rule = self.rules[balance.year].get(item)
        return balance.pk, rule.key if rule else item

    def standing(self, new: NewEntry, balance: PointBalance) -> Held | None:
        """What the member has by this item from this source."""
        lines = self.sources.get((*self._key(balance, new.item.pk), new.source), ())
        return next((line for line in lines if not line.is_undone), None)

    def is_scored(self, new: NewEntry, balance: PointBalance) -> bool:
        """Whether the member has an entry of this item on that day, from whatever source."""
        return (*self._key(balance, new.item.pk), new.on) in self.scored

    def take(self, new: NewEntry, balance: PointBalance) -> str:
        """The source under which it is entered: with a number, where others from it were taken back."""
        lines = self.sources[*self._key(balance, new.item.pk), new.source]
        lines.append(Held(0, EntryState.PROPOSED, new.quantity, False, False))
        return numbered(new.source, len(lines))

    def factor(self, new: NewEntry, balance: PointBalance) -> Decimal:
        return factor_on(self.days.get(balance.scheme_id, ()), new.on)

    def points(self, new: NewEntry, balance: PointBalance) -> Decimal:
        return to_half(new.item.points * new.quantity * self.factor(new, balance))

    def check(self, new: NewEntry, balance: PointBalance) -> None:
        """Whether the year is open, the item of the scheme in force and for the member's class. Raises PointsRefused."""
        rules = self.rules[balance.year]
        if rules.states.get(balance.scheme_id, balance.scheme.state) != SchemeState.IN_FORCE:
            state = SchemeState(rules.states[balance.scheme_id]).label
            raise PointsRefused(_("%(year)d年度积分%(state)s，不能再记分。") % {"year": balance.year, "state": state}, "on")
        if balance.member.state not in ON_ROLL:
            raise PointsRefused(_("%(name)s不在册（%(standing)s），不能记分。") % _words(new, balance), "name")
        if not balance.ranked:
            raise PointsRefused(_("%(name)s所属类别不参加积分，不能记分。") % _words(new, balance), "name")
        if rules.schemes.get(new.item.pk) != balance.scheme_id:
            raise PointsRefused(_("“%(item)s”不是%(name)s适用的积分办法中的项目，请重新选择。") % _words(new, balance), "item")
        if balance.member_class_id not in self.only.get(new.item.pk, {balance.member_class_id}):
            raise PointsRefused(_("“%(item)s”不适用于%(name)s所属类别。") % _words(new, balance), "item")
        if not 0 < new.quantity <= 1000:
            raise PointsRefused(_("%(name)s的数量应大于0、不超过1000，请核对。") % _words(new, balance), "quantity")
        if to_half(new.item.points * new.quantity) == 0:
            raise PointsRefused(_("%(name)s的数量折算不足半分，请核对。") % _words(new, balance), "quantity")


def _words(new: NewEntry, balance: PointBalance) -> dict:
    return {"name": balance.member.name, "item": new.item.name, "standing": balance.member.get_state_display()}


# --- Foretelling


@dataclass(frozen=True)
class Foretold:
    """What posting an entry would come to: why it cannot be, or what is there already, or that it waits and what counts."""

    refusal: str = ""
    about: str = ""  # what of it is refused: name, item, on, quantity
    standing: Held | None = None
    waits: bool = False
    is_own: bool = False
    is_scored: bool = False  # the item stands on that day already, from another source
    less: tuple[str, ...] = ()  # why it counts for less than its points


def foretell(*, entries: Sequence[NewEntry], by) -> list[Foretold]:
    """What `post_points` would make of each of these, one after the other. Nothing is held and nothing written."""
    found: dict[int, Foretold] = {}
    for some in _parts(entries):
        balances = _held(some, by, looked_at)
        ledger = _Ledger(balances.values(), some)
        accounts: dict[int, Account] = {}
        for new in some:
            found[id(new)] = _foretold(new, balances, ledger, accounts, by)
    return [found[id(new)] for new in entries]


def _foretold(new: NewEntry, balances: dict, ledger: _Ledger, accounts: dict[int, Account], by) -> Foretold:
    try:
        balance = _balance(new, balances)
        _may_propose(new, balance, by)
        if held := ledger.standing(new, balance):
            return Foretold(standing=held)
        ledger.check(new, balance)
    except PointsRefused as refusal:
        return Foretold(str(refusal), refusal.about)
    own, scored = is_own(balance, by), ledger.is_scored(new, balance)
    if own or not _approves(new, balance):
        return Foretold(waits=True, is_own=own, is_scored=scored)
    rules = ledger.rules[balance.year]
    if balance.pk not in accounts:
        accounts[balance.pk] = reckon(balance.scheme, rules, ledger.approved.get(balance.pk, ()))
    line = accounts[balance.pk].add(0, new.item.pk, new.on, ledger.points(new, balance))
    explained = Explained(PointEntry(on=new.on), rules[new.item.pk], line)
    return Foretold(is_scored=scored, less=tuple(explained.why))


# --- Who may


def reached(balance: PointBalance, can: Can) -> bool:
    """Whether this right of whom it was held for leads there."""
    return getattr(balance, f"reached_by_{can}")


def is_own(balance: PointBalance, by) -> bool:
    """Whether these are the points of `by`."""
    return by is not None and balance.member.person.user_id == by.pk


def _may_propose(new: NewEntry, balance: PointBalance, by) -> None:
    if by is None:
        return
    can = PROPOSING[new.item.proposer]
    own = is_own(balance, by) and new.item.proposer == Proposer.MEMBER
    if can is None:
        raise PointsRefused(_("“%(item)s”由系统自动记分，不能手工申报。") % {"item": new.item.name}, "item")
    if not own and not reached(balance, can):
        words = {"item": new.item.name, "who": new.item.get_proposer_display(), "name": balance.member.name}
        seen = is_own(balance, by) or reached(balance, PointBalance.see)
        who = _("“%(item)s”由%(who)s申报，请由其办理。") % words
        raise PointsRefused(who if seen else _("其中有不在您管理范围内的党员，请重新选择。"), "item" if seen else "name")


def _approves(new: NewEntry, balance: PointBalance) -> bool:
    return reached(balance, APPROVING[new.item.approver])
