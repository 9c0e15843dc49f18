"""Lines that name a path of areas, level by level: what of it is on record, and what is to be made.

A path has a node for each area; lines that name the same area share its node, so it is made once.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from gridparty.lib.registers import state_in
from gridparty.lib.roster import CellRefused, Row, Verdict
from grids import actions, rules
from grids.choices import ALLOWED_PARENTS, AreaKind
from grids.errors import AreaRefused
from grids.locks import tree_lock
from grids.models import Area
from grids.numbering import COMMUNITY_DIGITS, Numbers
from grids.places import Places
from grids.queries import known_areas
from grids.rosters.areas import keep_within
from grids.spellings import name_of_new, read_numbers, spell, tidy

_OFFICIAL_DIGITS = {AreaKind.DISTRICT: 6, AreaKind.STREET: 9, AreaKind.COMMUNITY: 12}  # of a national code: the rest is 0


@dataclass(frozen=True, slots=True)
class Step:
    """One level of a line: what it says, and the labels of the columns that say it."""

    kind: str
    name: str
    code: str = ""
    label: str = ""
    code_label: str = ""


@dataclass(eq=False, slots=True)
class Node:
    """One area that lines name: on record (`area`), or to be made."""

    kind: str
    name: str  # in full; of an area on record the name it is to get, "" when it keeps its own
    code: str = ""
    parent: "Node | None" = None
    area: Area | None = None
    row: int = 0  # the line that named it first
    numbered: bool = False  # its code is the next number
    short_name: str = ""
    problems: list[tuple[str, str]] = field(default_factory=list)  # (field, sentence)

    @property
    def shown(self) -> str:
        return self.name or self.area.name

    def new_area(self) -> rules.NewArea:
        short = rules.shorten(self.kind, self.name)
        above = self.parent.code if self.parent else None
        return rules.NewArea(self.kind, self.code, self.short_name or short.name, self.name, short.form, above)


class Paths:
    """The paths of one list. Walk every line, then settle, then tell each its verdict."""

    def __init__(self, by, area: Area | None = None):
        self.by, self.places = by, Places(by, area)
        self._recorded: dict[int, Node] = {}
        self._new: dict[tuple, Node] = {}
        self._by_code: dict[str, Node] = {}
        self._parents: dict[tuple, set[Node | None]] = defaultdict(set)
        self._short: dict[tuple, list[Node]] = defaultdict(list)

    # --- Walking

    def walk(self, row: Row, steps: Sequence[Step], below: Node | None = None) -> list[Node]:
        """The nodes of a line from the top (or from `below`) down; [] when the row was refused on the way."""
        path: list[Node] = [below] if below else []
        for number, step in enumerate(steps):
            hint = next((one.code for one in steps[number:] if one.code), "")
            try:
                path.append(self._step(path[-1] if path else None, step, hint, row.number))
            except CellRefused as refusal:
                row.refuse(step.label, str(refusal))
                return []
        return path

    def record(self, area: Area) -> Node:
        """The node of an area on record, with those above it."""
        if area.pk not in self._recorded:
            above = self.places.parent(area)
            self._recorded[area.pk] = Node(area.kind, "", area.code, self.record(above) if above else None, area)
        return self._recorded[area.pk]

    def _step(self, parent: Node | None, step: Step, hint: str, row: int) -> Node:
        if not step.name and not step.code:
            raise CellRefused(_("没有填写，请补上。"))
        if step.code and (area := self.places.at(step.code)):
            return self._by_its_code(area, parent, step)
        if not step.name:
            raise CellRefused(_("编码 %(code)s 不在案，新增%(kind)s请写明名称。") % _words(step))
        if parent is None:
            parent, found = self._at_the_top(step, hint)
        else:
            found = self._below(parent, step)
        if found is None:
            return self._make(parent, step, hint, row)
        if step.code:
            words = _words(step) | {"known": found.code}
            raise CellRefused(_("“%(name)s”在案的编码是 %(known)s，与 %(code)s 不同，请核对名称和编码。") % words)
        return self.record(found)

    def _by_its_code(self, area: Area, parent: Node | None, step: Step) -> Node:
        words = _words(step) | {"known": area.name, "known_kind": area.get_kind_display()}
        if area.kind != step.kind:
            raise CellRefused(_("编码 %(code)s 在案的级别是%(known_kind)s，请核对级别和编码。") % words)
        if not area.is_open:
            raise CellRefused(_("编码 %(code)s 的“%(known)s”已撤销，编码不再使用。请删去此行或改用新编码。") % words)
        if parent and (parent.area is None or not parent.area.reach.covers(area)):
            above = self.places.parent(area)
            words["parent"] = above.name if above else _("无")
            raise CellRefused(_("编码 %(code)s 在案的上级是“%(parent)s”，请核对；如需划转，请在区域页面办理。") % words)
        node = self.record(area)
        if step.name and not self.places.is_called(area, step.name):
            if message := state_in(step.name):
                raise CellRefused(message)
            if node.name and node.name != step.name:
                raise CellRefused(
                    _("编码 %(code)s 在名单中有“%(other)s”和“%(name)s”两个名称，请核对。") % (words | {"other": node.name})
                )
            node.name = step.name
        return node

    def _at_the_top(self, step: Step, hint: str) -> tuple[Node | None, Area | None]:
        """What a line begins with: the node it stands below, and the area if it is on record."""
        inside = self.places.context
        if step.kind in (AreaKind.GRID, AreaKind.BUILDING):
            above = self.places.at(hint[:COMMUNITY_DIGITS]) if hint else inside
            if above is None or above.kind not in ALLOWED_PARENTS[AreaKind(step.kind)]:
                raise CellRefused(_("没有写明“%(name)s”所在的社区，请补上社区的名称或编码。") % _words(step))
            return self.record(above), self._below(self.record(above), step)
        if step.code:  # not on record: four villages may have one name, so only the one in its place is the same
            parent = self._default_parent(step.kind, hint)
            return parent, self._below(parent, step) if parent else None
        found = self.places.matches(step.name, step.kind, inside) or self.places.matches(step.name, step.kind)
        if len(found) > 1:
            raise CellRefused(self.places.which(step.name, found))
        return self._default_parent(step.kind, hint), found[0] if found else None

    def _default_parent(self, kind: str, hint: str) -> Node | None:
        """Where a new area stands whose line does not say it: in the list's area, or where its code belongs."""
        inside, digits = self.places.context, {AreaKind.STREET: 6, AreaKind.COMMUNITY: 9}.get(kind, 0)
        if digits and inside is not None and inside.kind in ALLOWED_PARENTS[AreaKind(kind)]:
            return self.record(inside)
        area = self.places.at(hint[:digits].ljust(COMMUNITY_DIGITS, "0")) if digits and len(hint) >= digits else None
        return self.record(area) if area else None

    def _below(self, parent: Node, step: Step) -> Area | None:
        """The open area of that name below the parent. A building of another grid is not moved without a word."""
        if parent.area is None:
            return None
        found = self.places.matches(step.name, step.kind, parent.area)
        if len(found) > 1:
            raise CellRefused(self.places.which(step.name, found))
        if not found and not step.code and parent.kind == AreaKind.GRID:
            community = self.places.at_id(parent.area.community_id)
            if others := self.places.matches(step.name, step.kind, community):
                there = self.places.parent(others[0])
                words = _words(step) | {"there": there.name if there else "", "here": parent.area.name}
                raise CellRefused(_("“%(name)s”在案属于“%(there)s”，不在“%(here)s”；如需划转，请在区域页面办理。") % words)
        return found[0] if found else None

    # --- New ones

    def _make(self, parent: Node | None, step: Step, hint: str, row: int) -> Node:
        if message := state_in(step.name) or _no_name(step):
            raise CellRefused(message)
        self._refuse_remark(parent, step)
        name = name_of_new(step.kind, step.name)
        text = read_numbers(tidy(name))
        official = step.kind in _OFFICIAL_DIGITS
        parent = self._same_parent(parent, step.kind, text)
        key = (parent, step.kind, text if official else spell(step.kind, text).stem)
        short = (parent, step.kind, rules.shorten(step.kind, text).name if official else key[2])
        node = self._by_code.get(step.code) if step.code else None
        if node is not None and node not in self._short[short]:
            raise CellRefused(_two_lines(step.code, node))
        node = node or self._new.get(key)
        if node is None and not step.code and len(self._short[short]) == 1:
            node = self._short[short][0]
        if node is None:
            node = self._new[key] = Node(step.kind, name, parent=parent, row=row)
            self._short[short].append(node)
        elif step.code and node.code not in ("", step.code):
            words = _words(step) | {"row": node.row, "other": node.code}
            raise CellRefused(_("“%(name)s”在第 %(row)d 行的编码是 %(other)s，与 %(code)s 不同，请核对两行。") % words)
        self._give_code(node, step.code, hint)
        return node

    def _refuse_remark(self, parent: Node | None, step: Step) -> None:
        """第1网格（王小明） beside 第1网格 on record is no new grid."""
        base = _BRACKETS.sub("", step.name).strip()
        if step.kind != AreaKind.GRID or base in ("", step.name) or parent is None or parent.area is None:
            return
        if found := self.places.matches(base, step.kind, parent.area):
            words = _words(step) | {"known": found[0].name}
            raise CellRefused(
                _("“%(known)s”已在案，“%(name)s”像是加了说明：是同一个的请删去括号，另设的请在区域页面办理。") % words
            )

    def _same_parent(self, parent: Node | None, kind: str, text: str) -> Node | None:
        """Where a line leaves out what stands above, it is where another line has the same; one line is enough to say it."""
        parents = self._parents[kind, text]
        if parent is None and len(parents) == 1:
            return next(iter(parents))
        if parent is not None and (orphan := self._new.pop((None, kind, text), None)):
            orphan.parent = parent
            self._new[parent, kind, text] = orphan
            self._short[parent, kind, rules.shorten(kind, text).name].append(orphan)
            parents.discard(None)
        parents.add(parent)
        return parent

    def _give_code(self, node: Node, code: str, hint: str) -> None:
        """The code the line gives; of a street or community also the beginning of what stands below it."""
        digits = _OFFICIAL_DIGITS.get(node.kind, 0)
        derived = hint[:digits].ljust(COMMUNITY_DIGITS, "0") if digits and len(hint) >= COMMUNITY_DIGITS else ""
        if not code and not node.code and derived:
            if known := self.places.at(derived):
                words = {"code": derived, "known": known.name, "name": node.name}
                raise CellRefused(_("编码 %(code)s 在案的是“%(known)s”，与“%(name)s”不同，请核对名称和编码。") % words)
            code = derived
        if code and not node.code:
            other = self._by_code.setdefault(code, node)
            if other is not node:
                raise CellRefused(_two_lines(code, other))
            node.code = code

    # --- Settling

    def settle(self, rows: Iterable[Row], paths: dict[int, list[Node]], labels: dict[str, str]) -> None:
        """Number what has no code, check all that is new or renamed, and refuse the rows that pass through what is wrong.

        `paths`: {row number in the list: its nodes}; `labels`: {kind: the column that names it}.
        """
        nodes = list(dict.fromkeys(node for path in paths.values() for node in path))
        new = [node for node in nodes if node.area is None]
        try:
            number(new)
        except AreaRefused as refusal:
            for node in new:
                if not node.code:
                    node.problems.append(("code", str(refusal)))
        for node in new:
            if not node.code and not node.problems:
                node.problems.append(("code", _no_code(node)))
        self._check([node for node in nodes if node.code and (node.area is None or node.name)])
        for index, row in enumerate(rows):
            for node in paths.get(index, ()):
                for _field, message in node.problems[:1]:
                    row.refuse(labels[node.kind], message)

    def _check(self, nodes: list[Node]) -> None:
        node_of = {node.code: node for node in nodes}
        areas = [node.new_area() for node in nodes]
        known, beyond = keep_within(self.by, areas, known_areas(areas))
        for area, one, message in beyond:
            node_of[area.code].problems.append((one, message))
        for area, message in rules.settle_names(areas, known):
            node_of[area.code].problems.append(("name", message))
        for area in areas:
            node_of[area.code].short_name = area.name
        made = [area for area in areas if node_of[area.code].area is None]
        for problem in rules.problems(made, known):
            node_of[made[problem.index].code].problems.append((problem.field, problem.message))


def number(nodes: Iterable[Node]) -> None:
    """Give grids and buildings without a code the next one of their community. Raises AreaRefused without a rule."""
    nodes = list(nodes)
    wanting = [node for node in nodes if node.kind not in _OFFICIAL_DIGITS and (node.numbered or not node.code)]
    communities = {id(node): _community_code(node) for node in wanting}
    if not wanting:
        return
    numbers = Numbers(filter(None, communities.values()), (node.code for node in nodes if node.code and not node.numbered))
    for node in wanting:
        if communities[id(node)]:
            node.code, node.numbered = numbers.next(node.kind, communities[id(node)]), True


def _community_code(node: Node) -> str:
    at: Node | None = node
    while at is not None and at.kind != AreaKind.COMMUNITY:
        at = at.parent
    return at.code if at else ""


def tell(rows: Sequence[Row], paths: dict[int, list[Node]], fields: dict[str, str], more: Collection[int] = ()) -> None:
    """New, updated, unchanged or skipped, for each row that is not refused. `changes` names what the row is the first to make.

    `fields`: {kind: field}; `more`: the rows that make something else and are new anyway.
    """
    twins: dict[tuple, Node] = {}
    owner: dict[Node, Row] = {}
    ends: dict[Node, Row] = {}
    for index, row in enumerate(rows):
        if row.verdict is Verdict.REFUSED:
            continue
        path = paths[index]
        first = [node for node in path if owner.setdefault(node, row) is row]
        made = [node for node in first if node.area is None]
        renamed = [node for node in first if node.area is not None and node.name]
        row.changes += [(fields[node.kind], "", node.name) for node in made]
        for node in made:
            _warn_of_twin(row, node, twins)
        row.changes += [(fields[node.kind], node.area.full_name, node.name) for node in renamed]
        row.verdict = Verdict.NEW if made or index in more else Verdict.UPDATED if renamed else Verdict.UNCHANGED
        before = ends.setdefault(path[-1], row)
        if row.verdict is Verdict.UNCHANGED and (before is not row or path[-1].area is None):
            row.skip("", _("与第 %(row)d 行重复，不再导入。") % {"row": owner[path[-1]].number})


def _warn_of_twin(row: Row, node: Node, twins: dict[tuple, Node]) -> None:
    """The same building in two grids of a community may be one that was written twice."""
    stem = spell(node.kind, read_numbers(tidy(node.name))).stem
    other = twins.setdefault((_community_code(node), node.kind, stem), node)
    if node.kind == AreaKind.BUILDING and other is not node:
        words = {"name": node.name, "row": other.row, "grid": other.parent.shown if other.parent else ""}
        row.warn("", _("第 %(row)d 行的“%(grid)s”也有“%(name)s”，将按两栋登记，请核对是否同一栋。") % words)


def write(nodes: Iterable[Node], by) -> int:
    """Make what is new of these and above them, give the others their new names. Returns how many. Raises AreaRefused."""
    nodes = list(dict.fromkeys(lineage(nodes)))
    new = [node for node in nodes if node.area is None]
    renamed = [node for node in nodes if node.area is not None and node.name]
    with tree_lock():  # the numbers are nobody else's until the areas are made
        for node in renamed:
            actions.rename_area(area=node.area, name=node.new_area().name, full_name=node.name, by=by)
        number(new)
        return len(renamed) + (actions.load_areas(areas=[node.new_area() for node in new], by=by) if new else 0)


def lineage(nodes: Iterable[Node]) -> Iterator[Node]:
    """These nodes and all above them."""
    for node in nodes:
        at: Node | None = node
        while at is not None:
            yield at
            at = at.parent


def _no_code(node: Node) -> str:
    words = {"name": node.name, "kind": AreaKind(node.kind).label}
    return _("“%(name)s”不在案；新增%(kind)s请填写编码，已有的请核对名称。") % words


_BRACKETS = re.compile(r"[(（\[【〔].*$")
_NO_NAMES = frozenset(["全部", "所有", "其他", "其它", "全社区", "全小区", "整个小区", "多栋", "若干"])
_LISTED = re.compile(r"(\d+)(?:号楼|号|栋|幢|座|#楼?|楼|网格)?([、,;/]|-)第?(\d+)(?:号楼|号|栋|幢|座|#楼?|楼|网格)?$")
_NOT_ONE_BUILDING = re.compile(r"(?<=\d)\.\d|[楼栋幢座#](等|以[东西南北内外]).*$|^共\d+[栋幢座]|[楼栋幢座#]\d+-\d{3,}$")


def is_several(text: str) -> bool:
    """Whether a tidy text names several areas by their numbers: 63、64号楼, 1-2网格; 8-1号楼 is one."""
    found = _LISTED.search(text)
    return bool(found and (found[2] != "-" or int(found[1]) < int(found[3])))


def _no_name(step: Step) -> str:
    """Why a new grid or building cannot be called so; "" where it can."""
    text = read_numbers(tidy(step.name))
    if (
        (step.kind == AreaKind.GRID and is_several(text))
        or text in _NO_NAMES
        or (step.kind == AreaKind.BUILDING and _NOT_ONE_BUILDING.search(text))
    ):
        return _("“%(name)s”不是一个%(kind)s的名称，请每个一行，写成“第1网格”“1号楼”的样子。") % _words(step)
    if step.kind == AreaKind.BUILDING and "单元" in text:
        return _("“%(name)s”写到了单元，楼栋请只写到楼号，如“1号楼”。") % _words(step)
    return ""


def _two_lines(code: str, other: Node) -> str:
    words = {"code": code, "row": other.row, "other": other.shown}
    return _("编码 %(code)s 在第 %(row)d 行是“%(other)s”，请核对两行。") % words


def _words(step: Step) -> dict:
    return {"name": step.name[:30], "code": step.code, "kind": AreaKind(step.kind).label}
