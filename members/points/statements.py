"""The ledger of points, read: what a member has and why, who leads, a year's scheme as people read it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from gridparty.lib.counting import numbers_of
from grids.models import Area
from members.choices import LIVE, AppealState, CapPeriod, EntryState, OrganisationKind
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
from members.points.counting import (
    ZERO,
    Account,
    Line,
    Rule,
    at_most,
    in_order,
    items_for,
    period_of,
    reckon,
    rulebook,
    within_cap,
)

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
    """What the member can still earn by each item on that day, with items whose cap is used up last. Two queries."""
    found = []
    for item in items_for(balance.scheme, balance.member_class_id):
        if item.points < 0:
            continue
        rule = account.rules[item.pk]
        used = within_cap(account.in_item.get((rule.key, period_of(on, rule.period)), ZERO), rule.cap)
        room = [] if rule.cap is None else [rule.cap - used]
        if rule.category_cap is not None:
            room.append(rule.category_cap - at_most(account.in_category.get(rule.category, ZERO), rule.category_cap))
        found.append(Chance(item, used, max(ZERO, min(room)) if room else None))
    return sorted(found, key=lambda chance: chance.left == 0)


# --- Who leads


def board(rows: QuerySet[PointBalance], year: int) -> QuerySet[PointBalance]:
    """Those who take part, the most points first. `rows` is narrowed by the caller (a place, an organisation)."""
    return rows.filter(year=year, ranked=True).order_by("-total", "pk")


def places_of(totals: Iterable[Decimal]) -> dict[Decimal, int]:
    """{total: its place}; the same total shares a place."""
    numbers, places, ahead = Counter(totals), {}, 0
    for total in sorted(numbers, reverse=True):
        places[total] = ahead + 1
        ahead += numbers[total]
    return places


def places_on(rows: Sequence[PointBalance], ahead: int = 0) -> list[tuple[int, PointBalance]]:
    """(place, row) for rows in order; `ahead` rows stand before the first."""
    places = places_of(row.total for row in rows)
    return [(ahead + places[row.total], row) for row in rows]


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
    found: dict[int, tuple[PointCategory, list]] = {}
    for item in in_order(PointItem.objects.filter(category__scheme=scheme)):
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
