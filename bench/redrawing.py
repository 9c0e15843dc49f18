"""Random redrawing of the tree, as eight people do it who know nothing of each other. Used by bench.proof and by tests."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager

from django.db import transaction

from bench import places
from gridparty.lib.errors import Refused
from grids import actions, tree
from grids.actions import Part
from grids.choices import AreaKind
from grids.locks import _held
from grids.models import Area

DONE, REFUSED, FAILED = "done", "refused", "failed"


def draw_tree(districts: int = 2) -> int:
    """A tree of several hundred areas; returns how many."""
    for number in range(districts):
        areas = places.full_district(number, streets=2, communities=6, grids=3, buildings=18)
        actions.load_areas(areas=areas, by=None)
    return Area.objects.count()


def redraw(seed: int, operations: int) -> Counter:
    """So many random operations; how many were done, refused with a sentence, and failed in any other way (by their error)."""
    chance = random.Random(seed)
    came = Counter()
    for number in range(operations):
        operation = chance.choice(OPERATIONS)
        try:
            operation(chance, f"{seed}-{number}")
            came[DONE] += 1
        except Refused:
            came[REFUSED] += 1
        except Exception as error:  # whatever it is, it is what the promise excludes
            came[FAILED] += 1
            came[type(error).__name__] += 1
    return came


def broken() -> int:
    """Areas whose numbers or copies are wrong, and placed rows that are not where their area is."""
    return sum(1 for _area in tree.wrong_areas()) + sum(tree.misplaced(model).count() for model in tree.placed_models())


@contextmanager
def no_lock():
    """What tree_lock would be without the lock: for the comparison only."""
    with transaction.atomic():
        token = _held.set(True)
        try:
            yield
        finally:
            _held.reset(token)


def _any(chance: random.Random, *kinds: AreaKind, **where) -> Area:
    keys = list(Area.objects.open().filter(kind__in=kinds, **where).order_by("pk").values_list("pk", flat=True))
    if not keys:
        raise Refused("Nothing left to choose from.")
    return Area.objects.get(pk=chance.choice(keys))


def _create(chance: random.Random, name: str) -> None:
    kind = chance.choice([AreaKind.GRID, AreaKind.BUILDING])
    parent = _any(chance, AreaKind.COMMUNITY) if kind == AreaKind.GRID else _any(chance, AreaKind.GRID)
    actions.create_area(kind=kind, name=name, parent=parent, by=None)


def _rename(chance: random.Random, name: str) -> None:
    actions.rename_area(area=_any(chance, AreaKind.GRID, AreaKind.BUILDING), name=name, full_name="", by=None)


def _move(chance: random.Random, name: str) -> None:
    """A street to the other district, a community to another street, a grid or building to another parent."""
    above = {
        AreaKind.STREET: [AreaKind.DISTRICT],
        AreaKind.COMMUNITY: [AreaKind.STREET],
        AreaKind.GRID: [AreaKind.COMMUNITY, AreaKind.GRID],
        AreaKind.BUILDING: [AreaKind.GRID],
    }
    area = _any(chance, chance.choice(list(above)))
    actions.move_area(area=area, parent=_any(chance, *above[AreaKind(area.kind)]), by=None)


def _split(chance: random.Random, name: str) -> None:
    grid = _any(chance, AreaKind.GRID)
    children = list(Area.objects.open().filter(parent=grid).order_by("pk").values_list("pk", flat=True))
    some = chance.sample(children, len(children) // 2)
    actions.split_grid(grid=grid, parts=[Part(name, some)], by=None, revision=grid.revision)


def _merge(chance: random.Random, name: str) -> None:
    into = _any(chance, AreaKind.GRID)
    grid = _any(chance, AreaKind.GRID, community=into.community_id)
    actions.merge_grids(grids=[grid], into=into, by=None, revision=into.revision)


def _close(chance: random.Random, name: str) -> None:
    actions.close_area(area=_any(chance, AreaKind.BUILDING), by=None)


OPERATIONS: list[Callable[[random.Random, str], None]] = [_create, _rename, _move, _split, _merge, _close]
