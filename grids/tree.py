"""The numbers and copies that follow from an area's parent and kind."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.apps import apps
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from gridparty.lib import bulk
from grids.choices import AreaKind
from grids.models import LEVELS, Area, Placed


def lineage(*, pk: int, kind: str, parent) -> dict[str, int | None]:
    """The ancestor columns of an area from its parent's (anything with `<level>_id`, or None for a root)."""
    columns = {f"{level}_id": getattr(parent, f"{level}_id") if parent else None for level in LEVELS}
    if kind in LEVELS and columns[f"{kind}_id"] is None:
        columns[f"{kind}_id"] = pk  # a grid within a grid keeps the outermost one
    return columns


def number_tree(root: int, children: dict[int, list[int]]) -> Iterator[tuple[int, int, int, int]]:
    """(id, lft, rght, level) of every node below and including `root`, parents before their children."""
    order, lft, rght, level = [], {}, {}, {root: 0}
    counter = 0
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        counter += 1
        if done:
            rght[node] = counter
            continue
        lft[node] = counter
        order.append(node)
        stack.append((node, True))
        for child in reversed(children.get(node, ())):
            level[child] = level[node] + 1
            stack.append((child, False))
    for node in order:
        yield node, lft[node], rght[node], level[node]


def placed_models() -> list[type[Placed]]:
    return [model for model in apps.get_models() if issubclass(model, Placed)]


def renumber(tree_ids: set[int]) -> None:
    """Bring the numbers of these trees in line with their parents, which may have changed within and between them.

    django-mptt moves one node at a time and pushes the rest of the tree for each: twenty buildings took half a minute.
    """
    children, numbers = defaultdict(list), {}
    rows = Area.objects.filter(tree_id__in=tree_ids).order_by("tree_id", "lft", "pk")
    for pk, parent, *held in rows.values_list("pk", "parent_id", "tree_id", "lft", "rght", "level"):
        children[parent].append(pk)
        numbers[pk] = tuple(held)
    right = ((pk, numbers[root][0], *place) for root in children[None] for pk, *place in number_tree(root, children))
    write_numbers([one for one in right if numbers[one[0]] != one[1:]])


def write_numbers(rows: Sequence[tuple[int, int, int, int, int]]) -> None:
    """Set (id, tree_id, lft, rght, level) of these areas."""
    bulk.update_rows(Area, ("tree_id", "lft", "rght", "level"), rows)


def carry(areas: Iterable[Area]) -> dict[str, int]:
    """Bring the copies of areas just moved, of all below them and of every row placed there in line with their new parents.

    Returns {model label: rows}. One UPDATE a model for areas of one kind under one parent, whatever the number of rows.
    """
    groups: dict[tuple, Q] = defaultdict(Q)
    for area in areas:
        groups[tuple(_copies_above(area).items())] |= Q(tree_id=area.tree_id, lft__gte=area.lft, rght__lte=area.rght)
    carried: dict[str, int] = defaultdict(int)
    for above, below in groups.items():
        moved = Area.objects.filter(below)
        moved.update(**dict(above))
        for model in placed_models():
            carried[model._meta.label_lower] += model.objects.filter(area__in=moved).update(**dict(above))
    return {label: rows for label, rows in carried.items() if rows}


def _copies_above(area: Area) -> dict[str, int | None]:
    """The ancestor columns that an area and all below it share."""
    columns = lineage(pk=area.pk, kind=area.kind, parent=area.parent)
    own = LEVELS.index(area.kind) if area.kind in LEVELS else len(LEVELS)
    above = {f"{level}_id": columns[f"{level}_id"] for level in LEVELS[:own]}
    if area.kind == AreaKind.GRID:
        above["grid_id"] = columns["grid_id"]
    return above


def misplaced(model: type[Placed]):
    """The rows whose copies differ from their area's."""
    differs = Q(pk__in=[])
    for level in LEVELS:
        differs |= ~Q(Exact(Coalesce(F(f"{level}_id"), Value(0)), Coalesce(F(f"area__{level}_id"), Value(0))))
    return model.objects.filter(differs, area__isnull=False)


def wrong_areas() -> Iterator[Area]:
    """Areas whose tree numbers or copies are not what their parents say, with the right values set and not saved.

    One district's tree in memory at a time; a parent ring (possible only by hand in the database) raises ValueError.
    """
    taken: set[int] = set()
    reached = 0
    roots = list(Area.objects.filter(parent=None).order_by("tree_id", "pk"))
    for root in roots:
        tree_id = root.tree_id if root.tree_id not in taken else max(taken | {one.tree_id for one in roots}) + 1
        taken.add(tree_id)
        nodes, children = _family(root)
        reached += len(nodes)
        for pk, lft, rght, level in number_tree(root.pk, children):
            area = nodes[pk]
            right = {"lft": lft, "rght": rght, "level": level, "tree_id": tree_id}
            right |= lineage(pk=pk, kind=area.kind, parent=nodes.get(area.parent_id))
            wrong = {name: value for name, value in right.items() if getattr(area, name) != value}
            for name, value in wrong.items():
                setattr(area, name, value)
            if wrong:
                yield area
    if lost := Area.objects.count() - reached:
        raise ValueError(f"{lost} areas hang on no district: they are their own ancestors.")


def _family(root: Area) -> tuple[dict[int, Area], dict[int, list[int]]]:
    """All descendants of a root by parent, whatever their tree numbers say: ({id: area}, {id: child ids in order})."""
    nodes, children, layer = {root.pk: root}, {}, [root.pk]
    while layer:
        below = []
        for start in range(0, len(layer), 900):
            below += Area.objects.filter(parent__in=layer[start : start + 900]).order_by("lft", "pk")
        for area in below:
            nodes[area.pk] = area
            children.setdefault(area.parent_id, []).append(area.pk)
        layer = [area.pk for area in below]
    return nodes, children
