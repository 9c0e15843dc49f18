"""Figures: one definition each, in the room whose rows they count, for reports, lists, exports and dashboards alike.

Rooms declare theirs in `figures.py`: functions decorated `@figures` that return a list of Figure.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet

from gridparty.lib.counting import numbers_of
from gridparty.lib.registry import Registry

figures = Registry("figures")


@dataclass(frozen=True)
class Figure:
    """`rows(first, last)` are the placed rows of a period, both days included; `link(area, first, last)` leads to them."""

    key: str
    label: str
    unit: str
    rows: Callable[[date, date], QuerySet]
    link: Callable[[object, date, date], str] | None = None


def all_figures() -> list[Figure]:
    return [figure for contribute in figures for figure in contribute()]


def rows_within(area, first: date, last: date) -> dict[str, QuerySet]:
    """{key: rows} of every figure in an area (an Area row) and below."""
    within = area.reach.q("area__")
    return {figure.key: figure.rows(first, last).filter(within) for figure in all_figures()}


def counted(area, first: date, last: date) -> dict[str, int]:
    """{key: number} of every figure in an area and below. One query."""
    return numbers_of(rows_within(area, first, last))


def counted_by_area(areas: Sequence, above, first: date, last: date) -> dict[int, dict[str, int]]:
    """{area id: {key: number}} for areas that do not overlap, all below `above`. One query a figure."""
    spans = sorted((area.tree_id, area.lft, area.rght, area.pk) for area in areas)
    starts = [span[:2] for span in spans]
    numbers: dict[int, dict[str, int]] = {area.pk: defaultdict(int) for area in areas}
    for figure in all_figures():
        rows = figure.rows(first, last).filter(above.reach.q("area__")).order_by()
        for tree, lft, rght, n in rows.values_list("area__tree_id", "area__lft", "area__rght").annotate(n=Count("pk")):
            at = bisect_right(starts, (tree, lft)) - 1
            if at >= 0 and spans[at][0] == tree and rght <= spans[at][2]:
                numbers[spans[at][3]][figure.key] += n
    return numbers


def summed(numbers: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for one in numbers:
        for key, number in one.items():
            total[key] += number
    return total
