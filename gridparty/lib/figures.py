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
    """`rows(first, last)` are the rows of a period, both days included; `link(area, first, last)` leads to them.

    The rows are placed, or parts of what `path` leads to ("agreement__").
    """

    key: str
    label: str
    unit: str
    rows: Callable[[date, date], QuerySet]
    link: Callable[[object, date, date], str] | None = None
    path: str = ""
    of_grids: bool = True  # False: its rows stand in communities and above, and grids do not report them

    def within(self, area, first: date, last: date) -> QuerySet:
        """Its rows in an area (an Area row) and below."""
        return self.rows(first, last).filter(area.reach.q(f"{self.path}area__", self.path))


def all_figures() -> list[Figure]:
    return [figure for contribute in figures for figure in contribute()]


def figures_of_grids() -> list[Figure]:
    return [figure for figure in all_figures() if figure.of_grids]


def rows_within(area, first: date, last: date) -> dict[str, QuerySet]:
    """{key: rows} of every figure in an area (an Area row) and below."""
    found = figures_of_grids() if area.reach.column == "grid" else all_figures()
    return {figure.key: figure.within(area, first, last) for figure in found}


def counted(area, first: date, last: date) -> dict[str, int]:
    """{key: number} of every figure in an area and below. One query."""
    return numbers_of(rows_within(area, first, last))


def counted_by_area(areas: Sequence, above, first: date, last: date) -> dict[int, dict[str, int]]:
    """{area id: {key: number}} for areas that do not overlap, all below `above`. One query a figure."""
    spans = sorted((area.tree_id, area.lft, area.rght, area.pk) for area in areas)
    starts = [span[:2] for span in spans]
    numbers: dict[int, dict[str, int]] = {area.pk: defaultdict(int) for area in areas}
    for figure in all_figures():
        rows, place = figure.within(above, first, last).order_by(), f"{figure.path}area__"
        for tree, lft, rght, n in rows.values_list(f"{place}tree_id", f"{place}lft", f"{place}rght").annotate(n=Count("pk")):
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
