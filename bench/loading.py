"""The parts of bench.load_areas that run on a database."""

import io
import time
from collections.abc import Callable, Iterable

from django.db import connection, transaction

from bench import ground, places
from grids.actions import load_areas
from grids.locks import tree_lock
from grids.models import Area

TIMES = 3  # the quickest of so many counts, where a run is short
STRETCHES, STRETCH = 6, 50  # save() is timed on so many stretches of so many nodes, spread over the growing tree


def limit(districts: str) -> float:
    """Seconds for the bare rows of the whole list, in one transaction; nothing is checked, logged or read from a file."""
    rows: list[tuple] = []
    for number in range(int(districts)):
        areas = [places.new_area(line) for line in places.average_district(number)]
        rows += places.rows(areas, first_key=len(rows) + 1, tree_id=number + 1)
    return _seconds(lambda: _insert_bare(rows))


def district(database: str) -> str:
    """The table for one full district."""
    areas = places.full_district(0)
    product = min(_fresh_seconds(lambda: load_areas(areas=areas, by=None)) for _ in range(TIMES))
    rows = places.rows(areas, first_key=1, tree_id=1)
    limit = min(_fresh_seconds(lambda: _insert_bare(rows)) for _ in range(TIMES))
    ways = [
        (f"save() one by one, extrapolated from {STRETCHES} × {STRETCH} nodes along the way", _saving(areas)),
        ("load_areas: checked, numbered, logged", product),
        ("limit: the computed rows, nothing checked", limit),
    ]
    rows = [(way, f"{seconds:.2f}", f"{seconds / limit:.1f}", f"{seconds / product:.1f}") for way, seconds in ways]
    return ground.table(f"{database}: one district of {len(areas):,} areas", ("way", "s", "÷ limit", "÷ load_areas"), rows)


def _saving(areas: list) -> float:
    """Seconds for the whole district by save() in level order, from stretches timed at growing sizes of the tree."""
    spent = 0.0
    for stretch in range(STRETCHES):
        start = max(1, stretch * (len(areas) - STRETCH) // (STRETCHES - 1))
        _empty()
        load_areas(areas=areas[:start], by=None)
        keys = dict(Area.objects.values_list("code", "pk"))
        spent += _seconds(lambda start=start, keys=keys: _save_each(areas[start : start + STRETCH], keys))
    return spent / (STRETCHES * STRETCH) * len(areas)


def _save_each(areas: list, keys: dict[str, int]) -> None:
    for new in areas:
        area = Area(kind=new.kind, code=new.code, name=new.name, full_name=new.full_name, parent_id=keys[new.parent_code])
        with tree_lock():  # and a transaction each
            area.save()
        keys[area.code] = area.pk


def _insert_bare(rows: Iterable[tuple]) -> None:
    names = ", ".join(f'"{column}"' for column in places.COLUMNS)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = "".join("\t".join("\\N" if value is None else str(value) for value in row) + "\n" for row in rows)
            cursor.copy_expert(f"COPY grids_area ({names}) FROM STDIN", io.StringIO(text))
        else:
            cursor.executemany(f"INSERT INTO grids_area ({names}) VALUES ({', '.join(['%s'] * len(places.COLUMNS))})", rows)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _fresh_seconds(work: Callable[[], object]) -> float:
    _empty()
    return _seconds(work)


def _empty() -> None:
    with connection.cursor() as cursor:
        for table in ("audit_changeentry", "grids_areaevent", "grids_area"):
            cursor.execute(f"TRUNCATE {table} CASCADE" if connection.vendor == "postgresql" else f"DELETE FROM {table}")
