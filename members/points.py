"""The ledger of points, read: which rule counts, what an entry came to, what a member has and why, who leads."""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from gridparty.lib.counting import numbers_of
from grids.models import Area
from members.choices import LIVE, AppealState, CapPeriod, EntryState, OrganisationKind, SchemeState
from members.models import (
    ExemptClass,
    ItemClass,
    Member,
    NamedDay,
    PartyOrganisation,
    PointBalance,
    PointCategory,
    PointEntry,
    PointItem,
    PointScheme,
)

ZERO = Decimal(0)


def to_half(number: Decimal) -> Decimal:
    """To the nearest half point, away from nought in the middle."""
    return (number * 2).quantize(Decimal(1), ROUND_HALF_UP) / 2


# --- Rules


@dataclass(frozen=True)
class Rule:
    """How entries of an item are counted."""

    key: tuple  # the item through all versions of its scheme
    name: str
    cap: Decimal | None
    period: str
    category: tuple
    category_name: str
    category_cap: Decimal | None


class Rulebook(dict[int, Rule]):
    """{item: its rule}, with the scheme each item is of and the states these schemes have now."""

    def __init__(self):
        super().__init__()
        self.schemes: dict[int, int] = {}
        self.states: dict[int, str] = {}


def rulebook(year: int, areas: Iterable[int] | None = None) -> Rulebook:
    """The rules of a year for the items of all its schemes, or of the schemes made for these areas. One query.

    An item is counted as the last version that has it says, of whichever version its entry is; so is a category. Drafts
    count for nothing but themselves.
    """
    rows = PointItem.objects.filter(category__scheme__year=year)
    rows = rows if areas is None else rows.filter(category__scheme__area__in=areas)
    found = rows.values_list(
        *("category__scheme__version", "category__scheme__state", "category__scheme", "category__scheme__area"),
        *("pk", "code", "name", "cap", "cap_period", "category__name", "category__cap"),
    )
    book, last, caps, keys = Rulebook(), {}, {}, {}
    for _version, state, scheme, area, pk, code, *rule, category, category_cap in sorted(
        found, key=lambda row: (row[1] != SchemeState.DRAFT, row[0])
    ):
        keys[pk] = key = (area, code)
        last[key] = (*rule, (area, category), category)
        caps[area, category] = category_cap
        book.schemes[pk], book.states[scheme] = scheme, state
    rules = {key: Rule(key, *one, caps[one[-2]]) for key, one in last.items()}
    book.update((pk, rules[key]) for pk, key in keys.items())
    return book


def rules_for(balances: Iterable[PointBalance], items: Iterable[int]) -> dict[int, Rulebook]:
    """{year: the rules for these items}: of the areas whose schemes the balances have, of all where an item is of another."""
    areas, items = defaultdict(set), set(items)
    for balance in balances:
        areas[balance.year].add(balance.scheme.area_id)
    books = {year: rulebook(year, some) for year, some in areas.items()}
    if items - {item for book in books.values() for item in book}:
        books = {year: rulebook(year) for year in areas}
    return books


_PERIODS = {
    CapPeriod.YEAR: lambda on: 0,
    CapPeriod.QUARTER: lambda on: (on.month + 2) // 3,
    CapPeriod.MONTH: lambda on: on.month,
}


def period_of(on: date, period: str) -> int:
    """Which month or quarter of the year; 0 for the year itself."""
    return _PERIODS[period](on)


# --- Reckoning


@dataclass(frozen=True)
class Line:
    """One approved entry and what of it counts: `over_item` and `over_category` are what the caps took."""

    entry: int
    points: Decimal
    counted: Decimal
    over_item: Decimal
    over_category: Decimal


@dataclass
class Account:
    """What a member has in a year, and why: base + counted, between floor and ceiling, is the total."""

    base: Decimal
    earned: Decimal = ZERO
    counted: Decimal = ZERO
    total: Decimal = ZERO
    lines: list[Line] = field(default_factory=list)
    in_item: dict[tuple, Decimal] = field(default_factory=lambda: defaultdict(Decimal))  # {(item, period): before the cap}
    in_category: dict[tuple, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def clipped(self) -> Decimal:
        """What the ceiling took (positive) or the floor gave (negative)."""
        return self.base + self.counted - self.total


def reckon(scheme: PointScheme, rules: dict[int, Rule], entries: Iterable[tuple[int, int, date, Decimal]]) -> Account:
    """Count approved entries (key, item, day, points) in the order of their days.

    The cap of an item holds in each of its periods, for deductions as for points; the cap of a category holds for the year;
    a reversal takes back what its entry still counted for.
    """
    account = Account(scheme.base)
    for pk, item, on, points in sorted(entries, key=lambda entry: (entry[2], entry[0])):
        rule = rules[item]
        place = (rule.key, period_of(on, rule.period))
        before = _within(account.in_item[place], rule.cap)
        account.in_item[place] += points
        let = _within(account.in_item[place], rule.cap) - before
        before = _at_most(account.in_category[rule.category], rule.category_cap)
        account.in_category[rule.category] += let
        counted = _at_most(account.in_category[rule.category], rule.category_cap) - before
        account.lines.append(Line(pk, points, counted, points - let, let - counted))
        account.earned += points
        account.counted += counted
    total = max(scheme.floor, account.base + account.counted)
    account.total = total if scheme.ceiling is None else min(scheme.ceiling, total)
    return account


def _within(points: Decimal, cap: Decimal | None) -> Decimal:
    return points if cap is None else max(-cap, min(cap, points))


def _at_most(points: Decimal, cap: Decimal | None) -> Decimal:
    return points if cap is None else min(cap, points)


def approved_entries(balances: Iterable[int]) -> dict[int, list[tuple[int, int, date, Decimal]]]:
    """{balance: (key, item, day, points) of what was approved}."""
    found = defaultdict(list)
    rows = PointEntry.objects.filter(balance__in=list(balances), state=EntryState.APPROVED)
    for balance, *entry in rows.values_list("balance", "pk", "item", "on", "points"):
        found[balance].append(tuple(entry))
    return found


# --- Schemes


def schemes_in_force(years: Iterable[int] | None = None) -> dict[tuple[int, int], PointScheme]:
    """{(area, year): the scheme in which points can be earned now}."""
    rows = PointScheme.objects.filter(state=SchemeState.IN_FORCE)
    rows = rows if years is None else rows.filter(year__in=list(years))
    return {(row.area_id, row.year): row for row in rows}


def scheme_of(placed, year: int, schemes: dict[tuple[int, int], PointScheme]) -> PointScheme | None:
    """The scheme for what is placed there: the street's own, else the district's."""
    return schemes.get((placed.street_id, year)) or schemes.get((placed.district_id, year))


def exempt_classes(schemes: Iterable[PointScheme]) -> set[tuple[int, int]]:
    """(scheme, class) of classes that take no part."""
    rows = PointScheme.objects.filter(pk__in=[scheme.pk for scheme in schemes], exempt__isnull=False)
    return set(rows.values_list("pk", "exempt__member_class"))


def factor_on(days: Iterable[NamedDay], on: date) -> Decimal:
    """The largest multiplier of a named day that `on` falls on."""
    return max((day.factor for day in days if day.first_on <= on <= day.last_on), default=Decimal(1))


def items_for(scheme: PointScheme, member_class_id: int | None = None) -> list[PointItem]:
    """The items of a scheme in their order; those that are for a class, where one is given. Two queries."""
    rows = PointItem.objects.filter(category__scheme=scheme).select_related("category")
    rows = rows.order_by("category__position", "category", "position", "pk")
    only = defaultdict(set)
    for item, one in ItemClass.objects.filter(item__category__scheme=scheme).values_list("item", "member_class"):
        only[item].add(one)
    return [row for row in rows if member_class_id is None or not only[row.pk] or member_class_id in only[row.pk]]


def meeting_source(on: date, title: str) -> str:
    """Where the points of a meeting come from: the same for all who enter it, however they space and punctuate its title."""
    words = "".join(sign for sign in unicodedata.normalize("NFKC", title).casefold() if sign.isalnum())
    source = f"meeting:{on}:{words}"
    return source if len(source) <= 80 else f"meeting:{on}:{hashlib.sha256(words.encode()).hexdigest()[:40]}"


# --- What a member has, and why


@dataclass(frozen=True)
class Explained:
    """One entry on the page that explains: what it is, what came of it, and by what it was taken back."""

    entry: PointEntry
    rule: Rule
    line: Line | None  # None while it does not count
    reversal: "Explained | None" = None

    @property
    def why(self) -> list[str]:
        """Why it counts for something else than its points, in words."""
        if self.line is None or self.entry.reverses_id:
            return []
        rule, line = self.rule, self.line
        words = {"item": rule.name, "category": rule.category_name, "period": period_in_words(self.entry.on, rule.period)}
        words |= {"cap": plain(rule.cap), "all": plain(rule.category_cap)}
        words |= {"item_over": plain(abs(line.over_item)), "over": plain(abs(line.over_category))}
        found = []
        if line.over_item > 0:
            found.append(_("“%(item)s”%(period)s最多计%(cap)s分，超出的%(item_over)s分不计。"))
        elif line.over_item < 0:
            found.append(_("“%(item)s”%(period)s最多扣%(cap)s分，超出的%(item_over)s分不扣。"))
        if line.over_category > 0:
            found.append(_("“%(category)s”全年最多计%(all)s分，超出的%(over)s分不计。"))
        elif line.over_category < 0:
            found.append(_("“%(category)s”得分已超过全年封顶的%(all)s分，先从超出部分扣去%(over)s分。"))
        return [sentence % words for sentence in found]


@dataclass(frozen=True)
class OfItem:
    """The entries of an item; a reversal stands with what it takes back."""

    name: str
    entries: list[Explained]
    counted: Decimal


@dataclass(frozen=True)
class OfCategory:
    name: str
    cap: Decimal | None
    items: list[OfItem]
    counted: Decimal


def plain(number: Decimal | None) -> str:
    """12 or 12.5"""
    return "" if number is None else f"{number.normalize():f}"


def period_in_words(on: date, period: str) -> str:
    n = period_of(on, period)
    return {CapPeriod.YEAR: _("全年"), CapPeriod.QUARTER: _("第%(n)d季度"), CapPeriod.MONTH: _("%(n)d月")}[period] % {"n": n}


@dataclass(frozen=True)
class Chance:
    """What can still be earned with an item: `left` in this period, None without an end; `used` so far."""

    item: PointItem
    used: Decimal
    left: Decimal | None


@dataclass(frozen=True)
class Statement:
    balance: PointBalance
    account: Account
    entries: list[Explained]
    rank_in_organisation: int
    of_organisation: int
    rank_in_class: int
    of_class: int

    @property
    def groups(self) -> list[OfCategory]:
        """The entries by category and item, in the order of the scheme."""
        reversed_by = {one.entry.reverses_id: one for one in self.entries if one.entry.reverses_id}
        found: dict[tuple, dict[tuple, list[Explained]]] = defaultdict(lambda: defaultdict(list))
        for one in sorted(self.entries, key=_in_scheme):
            if not one.entry.reverses_id:
                found[one.rule.category][one.rule.key].append(replace(one, reversal=reversed_by.get(one.entry.pk)))
        return [_of_category(list(items.values())) for items in found.values()]


def _in_scheme(one: Explained) -> tuple:
    item = one.entry.item
    return item.category.position, item.category_id, item.position, item.pk


def _of_category(items: list[list[Explained]]) -> OfCategory:
    rows = [OfItem(entries[0].rule.name, entries, sum((_counted(one) for one in entries), ZERO)) for entries in items]
    rule = items[0][0].rule
    return OfCategory(rule.category_name, rule.category_cap, rows, sum((row.counted for row in rows), ZERO))


def _counted(one: Explained) -> Decimal:
    lines = [one.line, one.reversal.line if one.reversal else None]
    return sum((line.counted for line in lines if line), ZERO)


def statement(balance: PointBalance) -> Statement:
    """Everything that makes a balance, to the last half point. Needs `scheme` and `organisation` at hand; five queries."""
    rows = list(
        PointEntry.objects.filter(balance=balance)
        .select_related("item__category", "proposed_by", "decided_by", "answered_by", "reversal")
        .order_by("-on", "-pk")
    )
    counting = [(row.pk, row.item_id, row.on, row.points) for row in rows if row.state == EntryState.APPROVED]
    rules = rulebook(balance.year)
    account = reckon(balance.scheme, rules, counting)
    lines = {line.entry: line for line in account.lines}
    same = PointBalance.objects.filter(year=balance.year, organisation__in=ranked_together(balance.organisation), ranked=True)
    ahead, of_all, ahead_class, of_class = _places(same, balance)
    entries = [Explained(row, rules[row.item_id], lines.get(row.pk)) for row in rows]
    return Statement(balance, account, entries, ahead + 1, of_all, ahead_class + 1, of_class)


def with_groups(key: int) -> QuerySet[PartyOrganisation]:
    """The organisation of this key and the groups right under it: a branch and its groups are one."""
    return PartyOrganisation.objects.filter(Q(pk=key) | Q(parent=key, kind=OrganisationKind.GROUP))


def ranked_together(organisation: PartyOrganisation) -> QuerySet[PartyOrganisation]:
    """Among whose members one of `organisation` is ranked: those of the branch and of all its groups."""
    return with_groups(organisation.parent_id if organisation.kind == OrganisationKind.GROUP else organisation.pk)


def _places(rows: QuerySet[PointBalance], balance: PointBalance) -> tuple[int, int, int, int]:
    found = list(rows.values_list("total", "member_class"))
    ahead = [one for total, one in found if total > balance.total]
    own = balance.member_class_id
    return len(ahead), len(found), ahead.count(own), sum(one == own for _total, one in found)


def chances(balance: PointBalance, account: Account, on: date) -> list[Chance]:
    """What the member can still earn by each item on that day, with items whose cap is used up last."""
    rules = rulebook(balance.year)
    found = []
    for item in items_for(balance.scheme, balance.member_class_id):
        if item.points < 0:
            continue
        rule = rules[item.pk]
        used = _within(account.in_item.get((rule.key, period_of(on, rule.period)), ZERO), rule.cap)
        room = [] if rule.cap is None else [rule.cap - used]
        if rule.category_cap is not None:
            room.append(rule.category_cap - _at_most(account.in_category.get(rule.category, ZERO), rule.category_cap))
        found.append(Chance(item, used, max(ZERO, min(room)) if room else None))
    return sorted(found, key=lambda chance: chance.left == 0)


# --- Who leads


def board(rows: QuerySet[PointBalance], year: int) -> QuerySet[PointBalance]:
    """Those who take part, the most points first. `rows` is narrowed by the caller (a place, an organisation)."""
    return rows.filter(year=year, ranked=True).order_by("-total", "pk")


def places_on(rows: Sequence[PointBalance], ahead: int = 0) -> list[tuple[int, PointBalance]]:
    """(place, row) for rows in order; the same total shares a place. `ahead` rows stand before the first."""
    found: list[tuple[int, PointBalance]] = []
    for n, row in enumerate(rows, start=ahead + 1):
        shared = found and found[-1][1].total == row.total
        found.append((found[-1][0] if shared else n, row))
    return found


def members_under(area: Area) -> QuerySet[Member]:
    """Whose membership stands there, or who live there with a membership that stands nowhere."""
    reach = area.reach
    stands = Member.objects.filter(reach.q("organisation__area__", "organisation__"))
    return stands | Member.objects.filter(reach.q("area__"), organisation__area=None)


# --- A year's scheme, seen as a whole


@dataclass(frozen=True)
class Rules:
    """A scheme as people read it: [(category, [(item, names of the classes it is for)])], exempt classes, named days."""

    categories: list[tuple[PointCategory, list[tuple[PointItem, list[str]]]]]
    exempt: list[str]
    days: list[NamedDay]


def rules_of(scheme: PointScheme) -> Rules:
    """All of a scheme, in its order. Four queries."""
    only = defaultdict(list)
    of_items = ItemClass.objects.filter(item__category__scheme=scheme).order_by("member_class")
    for item, name in of_items.values_list("item", "member_class__name"):
        only[item].append(name)
    items = PointItem.objects.filter(category__scheme=scheme).select_related("category")
    found: dict[int, tuple[PointCategory, list]] = {}
    for item in items.order_by("category__position", "category", "position", "pk"):
        found.setdefault(item.category_id, (item.category, []))[1].append((item, only[item.pk]))
    exempt = ExemptClass.objects.filter(scheme=scheme).order_by("member_class").values_list("member_class__name", flat=True)
    days = NamedDay.objects.filter(scheme=scheme).order_by("first_on", "pk")
    return Rules(list(found.values()), list(exempt), list(days))


def taking_part(scheme: PointScheme) -> QuerySet[Member]:
    """The members a scheme is for: those on the roll there, but for streets that have a scheme of their own."""
    others = PointScheme.objects.filter(year=scheme.year, state__in=sorted(LIVE)).exclude(area=scheme.area_id)
    below = others.filter(scheme.area.reach.q("area__")).values("area")
    own = Q(organisation__street__in=below) | Q(organisation__area=None, street__in=below)
    exempt = ExemptClass.objects.filter(scheme=scheme).values("member_class")
    return members_under(scheme.area).on_roll().exclude(own).exclude(member_class__in=exempt)


def entries_under(scheme: PointScheme) -> QuerySet[PointEntry]:
    """What has been entered in the scheme's area and year, by whatever version."""
    return PointEntry.objects.filter(scheme.area.reach.q("balance__area__", "balance__"), balance__year=scheme.year)


def still_open(scheme: PointScheme) -> tuple[int, int]:
    """(proposals not decided, appeals not answered) of a year: with any of them it is not closed. One query."""
    entries = PointEntry.objects.filter(balance__scheme=scheme)
    waiting = {"proposed": entries.filter(state=EntryState.PROPOSED), "appeals": entries.filter(appeal=AppealState.OPEN)}
    numbers = numbers_of(waiting)
    return numbers["proposed"], numbers["appeals"]
