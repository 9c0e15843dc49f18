"""Every write to the area tree: load, create, rename, move, split, merge, close; and placing a row in it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Max
from django.utils.translation import gettext as _

from audit import journal, log
from audit.operations import action
from gridparty.lib import bulk
from gridparty.lib.dates import today
from gridparty.lib.registry import handovers
from grids import rules, tree
from grids.choices import AreaEventKind, AreaKind
from grids.errors import AreaRefused, DrawnAnew
from grids.locks import tree_lock
from grids.models import LEVELS, Area, AreaEvent, CodeRule, Placed
from grids.queries import known_areas


def place(*, row: Placed, area: Area) -> None:
    """Put an unsaved or loaded row into an area: the area and the copies of its ancestors. The caller saves.

    Raises AreaRefused for a closed area.
    """
    if not area.is_open:
        raise AreaRefused(_("“%(area)s”已撤销，请选择现有的区域。") % {"area": area.name})
    row.area = area
    for level in LEVELS:
        setattr(row, f"{level}_id", getattr(area, f"{level}_id"))


# --- Many at once


@action("grids.load_areas")
def load_areas(*, areas: Sequence[rules.NewArea], by) -> int:
    """Make all these areas, in any order, below what is on record or as new districts. All or none; returns how many.

    Raises AreaRefused with the first problem (rules.problems tells all of them beforehand). Linear in the areas and the nodes
    of the districts they touch.
    """
    with tree_lock():
        known = known_areas(areas)
        for problem in rules.problems(areas, known):
            raise AreaRefused(problem.message)
        ids = dict(zip((area.code for area in areas), bulk.reserve_ids(Area, len(areas)), strict=True))
        rows = _load_trees(_by_tree(areas, known), ids)
        bulk.insert_rows(Area, _COLUMNS, _logged(rows))
        journal.made(Area, ids.values())
    return len(areas)


_TREE = ("lft", "rght", "level", "tree_id", "revision")
_BUSINESS = ("kind", "form", "code", "name", "full_name", "parent_id", "opened_on", "closed_on")
_COLUMNS = ("id", *_BUSINESS, *_TREE, *(f"{level}_id" for level in LEVELS))
_LOGGED = ("kind", "form", "code", "name", "full_name", "parent")


def _logged(rows: Iterable[tuple], size: int = bulk.CHUNK):
    """Pass the rows on and log them, chunk by chunk."""
    chunk = []

    def flush():
        log.created_rows(Area, ((row[0], dict(zip(_LOGGED, row[1:], strict=False))) for row in chunk))
        chunk.clear()

    for row in rows:
        chunk.append(row)
        yield row
        if len(chunk) == size:
            flush()
    flush()


def _by_tree(areas: Sequence[rules.NewArea], known: dict[str, rules.Known]) -> dict[int | str, list[rules.NewArea]]:
    """The new areas by the tree they go to: its tree_id, or the code of the district that begins it."""
    new = {area.code: area for area in areas}
    tree_of: dict[str, int | str] = {}
    for area in areas:
        path, code = [], area.code
        while code in new and code not in tree_of:
            path.append(code)
            code = new[code].parent_code
        found = path[-1] if code is None else tree_of.get(code) or known[code].tree_id
        tree_of.update(dict.fromkeys(path, found))
    by_tree = defaultdict(list)
    for area in areas:
        by_tree[tree_of[area.code]].append(area)
    return by_tree


def _load_trees(by_tree: dict, ids: dict[str, int]) -> Iterable[tuple]:
    """The rows of all new areas, district by district, with their final tree numbers."""
    next_tree_id = (Area.objects.aggregate(top=Max("tree_id"))["top"] or 0) + 1
    for key, areas in by_tree.items():
        if isinstance(key, str):
            yield from _tree_rows(areas, ids, {}, next_tree_id)
            next_tree_id += 1
        else:
            nodes = {node.code: node for node in Area.objects.filter(tree_id=key).order_by("lft")}
            yield from _tree_rows(areas, ids, nodes, key)


def _tree_rows(areas: list[rules.NewArea], ids: dict[str, int], recorded: dict[str, Area], tree_id: int) -> Iterable[tuple]:
    """The rows of one district's new areas; its recorded nodes are renumbered where the new ones push them."""
    new = {ids[area.code]: area for area in areas}
    parent_of = {node.pk: node.parent_id for node in recorded.values()}
    for pk, area in new.items():
        parent_of[pk] = (ids.get(area.parent_code) or recorded[area.parent_code].pk) if area.parent_code else None
    children = defaultdict(list)
    for pk, parent in parent_of.items():
        children[parent].append(pk)
    columns = {node.pk: node for node in recorded.values()}
    pushed = []
    for pk, lft, rght, level in tree.number_tree(children[None][0], children):
        if pk in new:
            area = new[pk]
            place = _Place(**tree.lineage(pk=pk, kind=area.kind, parent=columns.get(parent_of[pk])))
            columns[pk] = place
            yield (
                *(pk, area.kind, area.form, area.code, area.name, area.full_name, parent_of[pk], None, None),
                *(lft, rght, level, tree_id, 0),
                *(getattr(place, f"{name}_id") for name in LEVELS),
            )
        elif (columns[pk].lft, columns[pk].rght) != (lft, rght):
            pushed.append((pk, tree_id, lft, rght, level))
    tree.write_numbers(pushed)


@dataclass(slots=True)
class _Place:
    district_id: int | None
    street_id: int | None
    community_id: int | None
    grid_id: int | None


# --- One at a time


@action("grids.create_area")
def create_area(
    *, kind: str, name: str, parent: Area | None, by, code: str = "", full_name: str = "", on: date | None = None
) -> Area:
    """Make one area; grids and buildings without a code get the next number of their community (CodeRule).

    Raises AreaRefused.
    """
    full_name = (full_name or name).strip()
    short, form = rules.shorten(kind, full_name)
    with tree_lock():
        parent = _fresh(parent) if parent else None
        if message := rules.parent_problem(kind, parent.kind if parent else None):
            raise AreaRefused(message)
        if parent and not parent.is_open:
            raise AreaRefused(_("上级“%(area)s”已撤销。") % {"area": parent.name})
        name = name.strip() or short
        area = Area(kind=kind, name=name, full_name=full_name, form=form, parent=parent, opened_on=on or today())
        area.code = code.strip() or _next_code(kind, parent)
        _check_new(area, parent)
        area.save()
        for column, value in tree.lineage(pk=area.pk, kind=kind, parent=parent).items():
            setattr(area, column, value)
        area.save(update_fields=[f"{level}_id" for level in LEVELS])
    return area


def _check_new(area: Area, parent: Area | None) -> None:
    new = rules.NewArea(area.kind, area.code, area.name, area.full_name, area.form, parent.code if parent else None)
    for problem in rules.problems([new], known_areas([new])):
        raise AreaRefused(problem.message)


def _next_code(kind: str, parent: Area | None) -> str:
    """The next free code of the kind in the parent's community; numbers of closed areas are not given again."""
    rule = CodeRule.objects.filter(kind=kind).first()
    if rule is None or parent is None:
        raise AreaRefused(_("请填写编码。"))
    stem = f"{parent.community.code}{rule.prefix}"
    taken = Area.objects.filter(community=parent.community_id, kind=kind, code__startswith=stem).values_list("code", flat=True)
    numbers = [int(code.removeprefix(stem)) for code in taken if code.removeprefix(stem).isdecimal()]
    return f"{stem}{max(numbers, default=0) + 1:0{rule.width}d}"


@action("grids.rename_area")
def rename_area(*, area: Area, name: str, full_name: str, by, revision: int | None = None, on: date | None = None) -> Area:
    """Give an area another name. Raises AreaRefused for a name a sibling has, DrawnAnew when it changed meanwhile."""
    with tree_lock():
        area = _claim(area, revision)
        name, full_name = name.strip(), full_name.strip() or name.strip()
        if not name:
            raise AreaRefused(_("没有名称，请填写。"))
        if name != area.name:
            _check_names_free([name], area.parent_id)
        before, area.name, area.full_name = area.full_name, name, full_name
        area.form = rules.shorten(area.kind, full_name).form
        area.save()
        _event(area, AreaEventKind.RENAMED, on, before=before, after=full_name)
    return area


@action("grids.move_area")
def move_area(*, area: Area, parent: Area, by, revision: int | None = None, on: date | None = None, note: str = "") -> Area:
    """Put an area with all below it and all placed there under another parent.

    Codes stay: a code is an identity, not an address. Raises AreaRefused, DrawnAnew.
    """
    with tree_lock():
        area, parent, old = _claim(area, revision), _fresh(parent), area.parent
        if message := rules.parent_problem(area.kind, parent.kind):
            raise AreaRefused(message)
        if not parent.is_open:
            raise AreaRefused(_("“%(area)s”已撤销，不能划入。") % {"area": parent.name})
        if parent.pk == area.parent_id:
            raise AreaRefused(_("“%(area)s”已在“%(parent)s”之下。") % {"area": area.name, "parent": parent.name})
        if area.reach.covers(parent):
            raise AreaRefused(_("不能把“%(area)s”划入它自己的下级。") % {"area": area.name})
        _check_names_free([area.name], parent.pk)
        carried = _reparent([area], parent)
        area = _fresh(area)
        _event(area, AreaEventKind.MOVED, on, other=old, before=old.full_name, after=parent.full_name, carried=carried, note=note)
    return area


@dataclass(frozen=True)
class Part:
    """A new grid of a split and the children (inner grids, buildings) that go to it."""

    name: str
    children: Sequence[int]


@action("grids.split_grid")
def split_grid(*, grid: Area, parts: Sequence[Part], by, revision: int, on: date | None = None) -> list[Area]:
    """Cut new grids out of one: the children named go to them with all placed there, the rest stays with the old grid.

    The old grid keeps its code, its posts and its rows. Raises AreaRefused; DrawnAnew when another was quicker.
    """
    with tree_lock():
        grid = _claim(grid, revision)
        if grid.kind != AreaKind.GRID or not grid.is_open:
            raise AreaRefused(_("只能拆分现有的网格。"))
        moving = _children_of(grid, parts)
        made = []
        for part in parts:
            new = create_area(kind=AreaKind.GRID, name=part.name, parent=grid.parent, by=by, on=on)
            carried = _reparent([moving[child] for child in part.children], new)
            _event(new, AreaEventKind.SPLIT, on, other=grid, before=grid.full_name, after=new.full_name, carried=carried)
            made.append(_fresh(new))
        names = "、".join([grid.name, *(new.name for new in made)])
        _event(grid, AreaEventKind.SPLIT, on, before=grid.full_name, after=names[:100])
    return made


def _children_of(grid: Area, parts: Sequence[Part]) -> dict[int, Area]:
    children = {child.pk: child for child in Area.objects.filter(parent=grid, closed_on=None)}
    wanted = [child for part in parts for child in part.children]
    if not parts or not all(part.children for part in parts):
        raise AreaRefused(_("请为每个新网格选择要划出的楼栋。"))
    if len(set(wanted)) != len(wanted):
        raise AreaRefused(_("同一楼栋不能划给两个网格。"))
    if gone := [child for child in wanted if child not in children]:
        raise DrawnAnew(_("有 %(n)d 个楼栋已不在“%(grid)s”，请刷新后再拆分。") % {"n": len(gone), "grid": grid.name})
    return children


@action("grids.merge_grids")
def merge_grids(*, grids: Sequence[Area], into: Area, by, revision: int | None = None, on: date | None = None) -> Area:
    """Close grids of one community into another of it: what stands below them and is placed there goes along."""
    with tree_lock():
        into = _claim(into, revision)
        for grid in grids:
            grid, into = _claim(grid, None), _fresh(into)
            if grid.pk == into.pk or grid.kind != AreaKind.GRID or into.kind != AreaKind.GRID or not into.is_open:
                raise AreaRefused(_("请选择要并入的另一个网格。"))
            if grid.community_id != into.community_id:
                raise AreaRefused(_("只能合并同一社区的网格；跨社区请先划转。"))
            if grid.reach.covers(into):
                raise AreaRefused(_("不能把“%(area)s”并入它自己的下级。") % {"area": grid.name})
            children = list(Area.objects.filter(parent=grid, closed_on=None))
            _check_names_free([child.name for child in children], into.pk)
            _reparent(children, into)
            _close(_fresh(grid), AreaEventKind.MERGED, on, by, into=into)
        return _fresh(into)


@action("grids.close_area")
def close_area(*, area: Area, by, into: Area | None = None, revision: int | None = None, on: date | None = None) -> Area:
    """Close an area that has nothing open below it. What is placed there goes to `into`, which must then be given."""
    with tree_lock():
        area = _claim(area, revision)
        if below := Area.objects.filter(parent=area, closed_on=None).count():
            raise AreaRefused(_("“%(area)s”之下还有 %(n)d 个区域，请先划转或撤销它们。") % {"area": area.name, "n": below})
        into = _fresh(into) if into else None
        if into and (into.pk == area.pk or not into.is_open):
            raise AreaRefused(_("请选择另一个现有的区域接收。"))
        return _close(area, AreaEventKind.CLOSED, on, by, into=into)


def _close(area: Area, kind: str, on: date | None, by, *, into: Area | None) -> Area:
    for handover in handovers:
        handover(area=area, into=into, by=by)
    carried = {}
    for model in tree.placed_models():
        rows = model.objects.filter(area=area)
        if not model.moves_with_merge or not (count := rows.count()):
            continue
        if into is None:
            raise AreaRefused(
                _("“%(area)s”还有 %(n)d 条%(what)s，请选择接收的区域。")
                % {"area": area.name, "n": count, "what": model._meta.verbose_name}
            )
        rows.update(area=into, **{f"{level}_id": getattr(into, f"{level}_id") for level in LEVELS})
        carried[model._meta.label_lower] = count
    area.closed_on = on or today()
    area.save()
    after = into.full_name if into else ""
    _event(area, kind, on, other=into, before=area.full_name, after=after, carried=carried)
    if into:
        _event(into, kind, on, other=area, before=area.full_name, after=after, carried=carried)
    return area


# --- What they share


def _fresh(area: Area) -> Area:
    """The row as it is now, under the lock."""
    return Area.objects.select_related("parent", "community").get(pk=area.pk)


def _claim(area: Area, revision: int | None) -> Area:
    """The row as it is now, its revision raised. Raises DrawnAnew when it is not the drawing the user saw."""
    rows = Area.objects.filter(pk=area.pk)
    if revision is not None:
        rows = rows.filter(revision=revision)
    if not rows.update(revision=F("revision") + 1):
        raise DrawnAnew(_("“%(area)s”刚被他人调整过，请刷新后再操作。") % {"area": area.name})
    area = _fresh(area)
    if not area.is_open:
        raise DrawnAnew(_("“%(area)s”已撤销。") % {"area": area.name})
    return area


def _check_names_free(names: Sequence[str], parent_id: int | None) -> None:
    taken = Area.objects.filter(parent=parent_id, name__in=names, closed_on=None).first() if parent_id else None
    if taken:
        raise AreaRefused(rules.name_taken(taken.name, taken.code))


def _reparent(areas: Sequence[Area], parent: Area) -> dict[str, int]:
    """Put areas with all below them under another parent; returns how many placed rows went along, by model."""
    if not areas:
        return {}
    keys = [area.pk for area in areas]
    trees = set(Area.objects.filter(pk__in=[parent.pk, *keys]).values_list("tree_id", flat=True))
    Area.objects.filter(pk__in=keys).update(parent=parent.pk)
    tree.renumber(trees)
    return tree.carry(Area.objects.filter(pk__in=keys).select_related("parent"))


def _event(area: Area, kind: str, on: date | None, **values) -> None:
    event = AreaEvent(kind=kind, on=on or today(), **values)
    event.area = area
    for level in LEVELS:
        setattr(event, f"{level}_id", getattr(area, f"{level}_id"))
    event.save()


@action("grids.repair_tree")
def repair_tree(*, by=None) -> dict[str, int]:
    """Recompute tree numbers and copies from parents alone; returns {what: rows mended}."""
    with tree_lock():
        mended = {"areas": _repair_areas()}
        for model in tree.placed_models():
            rows = tree.misplaced(model)
            mended[model._meta.label_lower] = sum(
                model.objects.filter(pk__in=rows.filter(area=area).values("pk")).update(
                    **{f"{level}_id": getattr(area, f"{level}_id") for level in LEVELS}
                )
                for area in Area.objects.filter(pk__in=rows.values("area").distinct()).iterator()
            )
    return {what: rows for what, rows in mended.items() if rows}


def _repair_areas() -> int:
    wrong = list(tree.wrong_areas())
    fields = ["lft", "rght", "level", "tree_id", *LEVELS]
    Area.objects.bulk_update(wrong, fields, batch_size=200)
    return len(wrong)
