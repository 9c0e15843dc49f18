"""Points for confirmed hours, through the ledger's one action (members.actions.award_points). Part of other actions."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from members.actions import NewEntry, award_points, foretell
from members.actions.balances import locked
from members.choices import EntryState, Feed
from members.models import PointBalance, PointEntry, PointItem
from services.gatherings import what
from services.models import ServiceHours

_OURS = ("hours:", "activity:")  # sources of ours: several services of a day all count


def hours_source(row: ServiceHours) -> str:
    return f"{_OURS[0]}{row.pk}"


def activity_source(row: ServiceHours) -> str:
    return f"{_OURS[1]}{row.signup.activity_id}"


def credit(rows: Sequence[ServiceHours], by) -> None:
    """Award what these hours earn where it can count; of the others `unpaid` says why not. One bad row never stops the others.

    The balances are held first, so that what is found here still holds when the points are written.
    """
    if not rows:
        return
    found = list(_entries(rows))
    told = foretell(entries=[new for _row, new in found], by=None)
    for (row, _new), one in zip(found, told, strict=True):
        _note(row, one.refusal)
    award_points(entries=[new for (_row, new), one in zip(found, told, strict=True) if not one.refusal], by=by)
    ServiceHours.objects.bulk_update([row for row in rows if row.unpaid], ["unpaid"])


def _entries(rows: Sequence[ServiceHours]) -> Iterator[tuple[ServiceHours, NewEntry]]:
    """What is to be awarded; what the member's scheme has no item for, or has counted from elsewhere, is noted instead."""
    held = locked(Q(member__in={row.member_id for row in rows}, year__in={row.on.year for row in rows}))
    balances = {(one.member_id, one.year): one for one in held}
    items, scored = _fed(held), _scored_elsewhere(held, rows)
    for row in rows:
        balance = balances.get((row.member_id, row.on.year))
        if balance is None:
            _note(row, _("%(year)d年没有适用的积分办法。") % {"year": row.on.year})
            continue
        for feed, quantity, source in _feeds(row):
            item = items.get((balance.scheme_id, feed))
            if item is None and feed == Feed.HOURS:
                _note(row, _("积分办法中没有按服务时长自动记分的项目。"))
            elif item and (balance.pk, item.category.scheme.area_id, item.code, row.on) in scored:
                _note(row, _("当天已按“%(item)s”申报或记过分，不重复计分。") % {"item": item.name})
            elif item:
                yield row, NewEntry(row.member, item, row.on, source, quantity, note=what(row))


def _feeds(row: ServiceHours) -> Iterator[tuple[str, Decimal, str]]:
    yield Feed.HOURS, row.hours, hours_source(row)
    if row.signup_id:
        yield Feed.ATTENDANCE, Decimal(1), activity_source(row)


def _fed(balances: Iterable[PointBalance]) -> dict[tuple[int, str], PointItem]:
    """{(scheme, feed): the item that is fed}"""
    rows = PointItem.objects.filter(category__scheme__in={one.scheme_id for one in balances}).exclude(feed="")
    return {(row.category.scheme_id, row.feed): row for row in rows.select_related("category__scheme").order_by("-pk")}


def _scored_elsewhere(balances: Iterable[PointBalance], rows: Sequence[ServiceHours]) -> set[tuple]:
    """(balance, item through all versions, day) of what the ledger has, or is asked for, from somewhere else."""
    entries = PointEntry.objects.filter(balance__in=[one.pk for one in balances], on__in={row.on for row in rows})
    entries = entries.filter(state__in=(EntryState.PROPOSED, EntryState.APPROVED), reverses=None, reversal=None)
    for ours in _OURS:
        entries = entries.exclude(source__startswith=ours)
    return set(entries.values_list("balance", "item__category__scheme__area", "item__code", "on"))


def _note(row: ServiceHours, why: str) -> None:
    row.unpaid = f"{row.unpaid}{why}"[:200]
