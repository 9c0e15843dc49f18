"""Reads across the area tree."""

from collections.abc import Iterable, Iterator, Sequence

from grids.models import Area
from grids.rules import Known, NewArea

CHUNK = 30_000  # values in one statement; SQLite takes 32,766


def known_areas(areas: Iterable[NewArea]) -> dict[str, Known]:
    """What is on record of these areas (code → Known): themselves, their parents, and the siblings of those that are new."""
    areas = list(areas)
    parents = {area.parent_code for area in areas if area.parent_code}
    known = _known("code", parents.union(area.code for area in areas if area.code))
    families = {area.parent_code for area in areas if area.code not in known and area.parent_code in known}
    return known | _known("parent__code", families)


def _known(column: str, values: Iterable[str]) -> dict[str, Known]:
    rows = Area.objects.values_list("id", "kind", "code", "name", "full_name", "parent__code", "tree_id", "closed_on")
    return {
        row[2]: Known(*row[:7], open=row[7] is None)
        for some in chunks(sorted(values))
        for row in rows.filter(**{f"{column}__in": some})
    }


def chunks(values: Sequence) -> Iterator[Sequence]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
