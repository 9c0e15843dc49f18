"""Synthetic areas. All codes begin with county codes that were never assigned (73…)."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from grids.choices import AreaKind
from grids.models import LEVELS
from grids.rules import NewArea, shorten
from grids.tree import number_tree

STREETS, COMMUNITIES = 17, 202  # with the district 220 areas, as many as an average county has

# The columns of grids_area, as rows() fills them.
_OWN = ("id", "kind", "form", "code", "name", "full_name", "parent_id", "opened_on", "closed_on")
COLUMNS = (*_OWN, "lft", "rght", "level", "tree_id", "revision", *(f"{level}_id" for level in LEVELS))

Line = tuple[str, str, str, str]  # level, official name, code, parent's code


def county(number: int) -> str:
    return f"{730_000 + number}"


def country(districts: int) -> Iterator[Line]:
    """Districts with 17 streets and 202 communities each: 3,000 of them are the whole country, 660,000 areas."""
    for number in range(districts):
        yield from average_district(number)


def average_district(number: int) -> Iterator[Line]:
    six = county(number)
    yield AreaKind.DISTRICT.value, f"第{number + 1}试验区", f"{six}000000", ""
    for street in range(1, STREETS + 1):
        yield AreaKind.STREET.value, f"试验{street}街道", f"{six}{street:03d}000", f"{six}000000"
    for number in range(COMMUNITIES):
        street, place = number % STREETS + 1, number // STREETS + 1
        name = f"第{place}社区居民委员会" if number % 3 else f"第{place}庄村村民委员会"
        yield AreaKind.COMMUNITY.value, name, f"{six}{street:03d}{place:03d}", f"{six}{street:03d}000"


def write(path: str, districts: str) -> int:
    """The list of so many districts as a csv file; returns how many areas it holds."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["level", "name", "code", "parent_code"])
        return sum(out.writerow(line) > 0 for line in country(int(districts)))


def full_district(
    number: int, *, streets: int = 17, communities: int = 632, grids: int = 4, buildings: int = 10
) -> list[NewArea]:
    """One district down to its buildings, a level after the other (the default is about 9,600 areas)."""
    six = county(number)
    inner = []
    lines: list[Line] = [(AreaKind.DISTRICT.value, f"第{number + 1}试验区", f"{six}000000", "")]
    for street in range(1, streets + 1):
        lines.append((AreaKind.STREET.value, f"试验{street}街道", f"{six}{street:03d}000", f"{six}000000"))
    for n in range(communities):
        street, place = n % streets + 1, n // streets + 1
        code = f"{six}{street:03d}{place:03d}"
        lines.append((AreaKind.COMMUNITY.value, f"第{place}社区居民委员会", code, f"{six}{street:03d}000"))
        for grid in range(1, grids + 1):
            inner.append((AreaKind.GRID.value, f"第{grid}网格", f"{code}{grid:03d}", code))
        for building in range(1, buildings + 1):
            inner.append(
                (AreaKind.BUILDING.value, f"{building}号楼", f"{code}L{building:03d}", f"{code}{building % grids + 1:03d}")
            )
    inner.sort(key=lambda line: line[0] == AreaKind.BUILDING)
    return [new_area(line) for line in (*lines, *inner)]


def new_area(line: Line) -> NewArea:
    kind, full_name, code, parent_code = line
    short = shorten(kind, full_name)
    return NewArea(kind, code, short.name, full_name, short.form, parent_code or None)


def rows(areas: list[NewArea], *, first_key: int, tree_id: int) -> list[tuple]:
    """One district's areas as finished rows of the table: COLUMNS."""
    keys = {area.code: first_key + n for n, area in enumerate(areas)}
    children = defaultdict(list)
    for area in areas:
        children[keys.get(area.parent_code)].append(keys[area.code])
    numbers = {key: (lft, rght, level) for key, lft, rght, level in number_tree(first_key, children)}
    places: dict[str | None, tuple] = {None: (None,) * len(LEVELS)}
    made = []
    for area in areas:  # parents come before their children
        key = keys[area.code]
        places[area.code] = _lineage(area.kind, key, places[area.parent_code])
        own = (key, area.kind, area.form, area.code, area.name, area.full_name, keys.get(area.parent_code), None, None)
        made.append((*own, *numbers[key], tree_id, 0, *places[area.code]))
    return made


def _lineage(kind: str, key: int, above: tuple) -> tuple:
    return tuple(key if level == kind else upper for level, upper in zip(LEVELS, above, strict=True))
