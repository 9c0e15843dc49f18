"""How points are counted: which rule holds, what an entry comes to, what caps let, where entries come from."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import QuerySet

from members.choices import CapPeriod, EntryState, SchemeState
from members.models import (
    ItemClass,
    NamedDay,
    PointBalance,
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

    scheme: PointScheme
    rules: dict[int, Rule]
    earned: Decimal = ZERO
    counted: Decimal = ZERO
    lines: list[Line] = field(default_factory=list)
    in_item: dict[tuple, Decimal] = field(default_factory=lambda: defaultdict(Decimal))  # {(item, period): before the cap}
    in_category: dict[tuple, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, entry: int, item: int, on: date, points: Decimal) -> Line:
        """Count one more entry: what it adds to all before it. In whatever order entries come, the total is the same."""
        rule = self.rules[item]
        place = (rule.key, period_of(on, rule.period))
        before = within_cap(self.in_item[place], rule.cap)
        self.in_item[place] += points
        let = within_cap(self.in_item[place], rule.cap) - before
        before = at_most(self.in_category[rule.category], rule.category_cap)
        self.in_category[rule.category] += let
        counted = at_most(self.in_category[rule.category], rule.category_cap) - before
        self.lines.append(Line(entry, points, counted, points - let, let - counted))
        self.earned += points
        self.counted += counted
        return self.lines[-1]

    @property
    def base(self) -> Decimal:
        return self.scheme.base

    @property
    def total(self) -> Decimal:
        total = max(self.scheme.floor, self.base + self.counted)
        return total if self.scheme.ceiling is None else min(self.scheme.ceiling, total)

    @property
    def clipped(self) -> Decimal:
        """What the ceiling took (positive) or the floor gave (negative)."""
        return self.base + self.counted - self.total


def reckon(scheme: PointScheme, rules: dict[int, Rule], entries: Iterable[tuple[int, int, date, Decimal]]) -> Account:
    """Count approved entries (key, item, day, points) in the order of their days.

    The cap of an item holds in each of its periods, for deductions as for points; the cap of a category holds for the year;
    a reversal takes back what its entry still counted for.
    """
    account = Account(scheme, rules)
    for entry in sorted(entries, key=lambda entry: (entry[2], entry[0])):
        account.add(*entry)
    return account


def within_cap(points: Decimal, cap: Decimal | None) -> Decimal:
    """What the cap of an item lets through, of deductions as of points."""
    return points if cap is None else max(-cap, min(cap, points))


def at_most(points: Decimal, cap: Decimal | None) -> Decimal:
    """What the cap of a category lets through."""
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


def in_order(items: QuerySet[PointItem]) -> QuerySet[PointItem]:
    """As the schemes have them, with their categories at hand."""
    return items.select_related("category").order_by("category__position", "category", "position", "pk")


def items_for(scheme: PointScheme, member_class_id: int | None = None) -> list[PointItem]:
    """The items of a scheme in their order; those that are for a class, where one is given. Two queries."""
    rows = in_order(PointItem.objects.filter(category__scheme=scheme))
    only = defaultdict(set)
    for item, one in ItemClass.objects.filter(item__category__scheme=scheme).values_list("item", "member_class"):
        only[item].add(one)
    return [row for row in rows if member_class_id is None or not only[row.pk] or member_class_id in only[row.pk]]


# --- Where entries come from

_LONGEST_SOURCE = 76  # and a number
_NUMBER = re.compile(r"~\d+$")
UNDONE = "undone:"  # the source of a reversal that takes back a list


def meeting_source(on: date, title: str) -> str:
    """Where the points of a meeting come from: the same for all who enter it, however they space and punctuate its title."""
    words = "".join(sign for sign in unicodedata.normalize("NFKC", title).casefold() if sign.isalnum())
    source = f"meeting:{on}:{words}"
    return source if len(source) <= _LONGEST_SOURCE else f"meeting:{on}:{hashlib.sha256(words.encode()).hexdigest()[:40]}"


def numbered(source: str, number: int) -> str:
    """The source of an entry, told from those before it that were taken back."""
    return source if number == 1 else f"{source}~{number}"


def unnumbered(source: str) -> str:
    """The source without the number."""
    return _NUMBER.sub("", source)


def was_undone(reversal: str) -> bool:
    """Whether a reversal of this source took back the list by which its entry came: then it may be entered anew."""
    return reversal.startswith(UNDONE)
