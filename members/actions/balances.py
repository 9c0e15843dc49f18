"""Balances: held while entries are written, counted from the ledger, led to where their members belong, and proven.

A balance is the lock of a member and year. What is read of schemes must be read after it is held: freezing a year takes every
balance of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from audit.operations import action
from gridparty.lib.access import Can
from grids.models import LEVELS
from grids.queries import chunks
from members.choices import ON_ROLL, SchemeState
from members.models import Member, PointBalance
from members.points import approved_entries, exempt_classes, reckon, rules_for, scheme_of, schemes_in_force

AT_ONCE = 5_000  # balances whose entries are held in memory together
FIGURES = ("base", "earned", "counted", "total")
# What writing an entry needs of a balance and whose it is. Opening a number or a phone alone costs as much as all of it.
_NEEDED = ("year", "scheme", "organisation", "member_class", "ranked", "area", *LEVELS, *FIGURES)
_NEEDED += tuple(f"scheme__{name}" for name in ("area", "year", "state", "base", "floor", "ceiling"))
_NEEDED += ("member__state", "member__known_as", "member__person__name", "member__person__user")


def locked(which: Q, by=None, can: Iterable[Can] = ()) -> list[PointBalance]:
    """These balances, held, in one order: with scheme, member and person at hand, and where these rights of `by` lead.

    They are looked at once they are held: who waited would see them joined to the scheme and the organisation of before.
    """
    held = PointBalance.objects.select_for_update().filter(which).order_by("pk").values_list("pk", flat=True)
    return looked_at(Q(pk__in=list(held)), by, can)


def looked_at(which: Q, by=None, can: Iterable[Can] = ()) -> list[PointBalance]:
    """As `locked`, without holding them."""
    rows = PointBalance.objects.filter(which).order_by("pk")
    return list(rows.select_related("scheme", "member__person").only("member", *_NEEDED).with_reach(by, *can))


def settle(balances: Iterable[PointBalance], entries: Mapping[int, Sequence] | None = None, rules=None) -> dict[int, Decimal]:
    """Count these balances, which the caller holds, anew from the ledger; returns {entry: what it counts for}.

    `entries` ({balance: what was approved}) and `rules` ({year: rulebook}) are taken as they are where the caller has them.
    """
    rows = {balance.pk: balance for balance in balances}
    counted: dict[int, Decimal] = {}
    for some in _parts(list(rows.values())):
        known = approved_entries(row.pk for row in some) if entries is None else entries
        books = rules or rules_for(some, (item for row in some for _pk, item, _on, _points in known.get(row.pk, ())))
        for row in some:
            account = reckon(row.scheme, books[row.year], known.get(row.pk, ()))
            row.base, row.earned, row.counted, row.total = account.base, account.earned, account.counted, account.total
            counted |= {line.entry: line.counted for line in account.lines}
    if len(rows) == 1:  # as most are, and there it is quicker
        (row,) = rows.values()
        PointBalance.objects.filter(pk=row.pk).update(**{name: getattr(row, name) for name in FIGURES})
    elif rows:
        PointBalance.objects.bulk_update(list(rows.values()), FIGURES)
    return counted


def _parts(rows: Sequence) -> Iterable[Sequence]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


@action("members.follow")
def follow(*, members: Iterable[int], by) -> int:
    """Let the balances of open years go where these members (keys) belong now; returns how many are new or changed.

    Members who come under a scheme get a balance; who is no longer on the roll, or of an exempt class, is not ranked. Frozen
    years stay as they are. Called by every action that changes a membership.
    """
    schemes = schemes_in_force()
    if not schemes:
        return 0
    years = {year for _area, year in schemes}
    exempt = exempt_classes(schemes.values())
    number = 0
    for some in chunks(sorted(set(members))):
        rows = Member.objects.filter(pk__in=some).select_related("organisation")
        have = {(row.member_id, row.year): row for row in locked(Q(member__in=some, year__in=years))}
        number += _follow(list(rows), years, schemes, exempt, have)
    return number


_FOLLOWS = ("scheme_id", "organisation_id", "member_class_id", "ranked", "area_id")
_PLACE = ("district_id", "street_id", "community_id", "grid_id")


def _follow(rows: list[Member], years: set[int], schemes: dict, exempt: set, have: dict) -> int:
    new, changed, resettle = [], [], []
    for member in rows:
        placed = member.organisation if member.organisation.area_id else member
        for year in years:
            balance = have.get((member.pk, year))
            scheme = scheme_of(placed, year, schemes) or (balance.scheme if balance else None)
            if scheme is None or (balance and balance.scheme.state != SchemeState.IN_FORCE):
                continue
            on_roll = member.state in ON_ROLL
            if balance is None and not on_roll:
                continue
            wanted = {
                "scheme_id": scheme.pk,
                "organisation_id": member.organisation_id,
                "member_class_id": member.member_class_id,
                "ranked": on_roll and (scheme.pk, member.member_class_id) not in exempt,
                "area_id": member.organisation.area_id,
                **{column: getattr(member.organisation, column) for column in _PLACE},
            }
            if balance is None:
                start = reckon(scheme, {}, ()).total
                new.append(PointBalance(member=member, year=year, base=scheme.base, total=start, **wanted))
            elif any(getattr(balance, name) != value for name, value in wanted.items()):
                if balance.scheme_id != scheme.pk:
                    balance.scheme = scheme
                    resettle.append(balance)
                for name, value in wanted.items():
                    setattr(balance, name, value)
                changed.append(balance)
    PointBalance.objects.bulk_create(new)
    names = [name.removesuffix("_id") for name in (*_FOLLOWS, *_PLACE)]
    PointBalance.objects.bulk_update(changed, names)
    settle(resettle)
    return len(new) + len(changed)


# --- Proof


@dataclass(frozen=True)
class Difference:
    """A balance that is not what the ledger says."""

    balance: int
    column: str
    kept: object
    reckoned: object


@action("members.rebuild_points")
def rebuild_points(*, by, year: int | None = None, write: bool = False) -> list[Difference]:
    """Count every balance anew from the ledger, and where its member belongs; differences are returned and, if told, mended."""
    rows = PointBalance.objects.all() if year is None else PointBalance.objects.filter(year=year)
    found: list[Difference] = []
    for some in _parts(list(rows.order_by("pk").values_list("pk", flat=True))):
        held = locked(Q(pk__in=some))
        kept = {row.pk: _figures(row) for row in held}
        entries = approved_entries(kept)
        rules = rules_for(held, {item for lines in entries.values() for _pk, item, _on, _points in lines})
        for row in held:
            account = reckon(row.scheme, rules[row.year], entries.get(row.pk, ()))
            now = {name: getattr(account, name) for name in FIGURES}
            found += [
                Difference(row.pk, name, kept[row.pk][name], value) for name, value in now.items() if kept[row.pk][name] != value
            ]
        if write:
            wrong = {one.balance for one in found}
            settle([row for row in held if row.pk in wrong], entries, rules)
    if write:
        follow(members=rows.values_list("member", flat=True), by=by)
    return found


def _figures(row: PointBalance) -> dict[str, Decimal]:
    return {name: getattr(row, name) for name in FIGURES}
