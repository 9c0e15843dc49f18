"""The branches of grids and the groups of buildings that a list names: which are on record, which are to be founded."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.registers import said, state_in
from gridparty.lib.roster import CellRefused, Row, Verdict
from grids.choices import AreaKind
from grids.models import Area
from grids.places import Places
from grids.queries import chunks
from grids.rosters.paths import Node
from members.actions import NewOrganisation
from members.choices import OrganisationKind
from members.finding import folded, likened, named_alike
from members.models import PartyOrganisation

_K = OrganisationKind
_FIELDS = {_K.BRANCH: "branch", _K.GROUP: "group"}


@dataclass(eq=False, slots=True)
class Body:
    """An organisation to be founded at a node, under one on record or another of the list."""

    kind: str
    name: str
    node: Node
    parent: "PartyOrganisation | Body"
    row: int  # the line that named it first, as Excel shows it

    @property
    def field(self) -> str:
        return _FIELDS[self.kind]

    @property
    def above(self) -> "tuple[Body, ...]":
        return (self.parent,) if isinstance(self.parent, Body) else ()


class Bodies:
    """The organisations of a list of grids and buildings. `paths`: the nodes its rows name."""

    def __init__(self, by, places: Places, paths: Iterable[Iterable[Node]]):
        self.by, self.places = by, places
        communities = {at.area.pk: at.area for path in paths for node in path if (at := _community(node)) and at.area}
        self._at: dict[int | None, list[PartyOrganisation]] = defaultdict(list)
        self._in: dict[int | None, list[PartyOrganisation]] = defaultdict(list)
        for row in self._on_record(communities):
            self._at[row.area_id].append(row)
            self._in[row.community_id].append(row)
        self._branches: dict[Node, Body | PartyOrganisation] = {}
        self._named: dict[tuple, Body] = {}
        self._meant: dict[tuple, PartyOrganisation] = {}  # {(node, name): the one on record that is meant by it}

    def _on_record(self, communities: dict[int, Area]) -> Iterable[PartyOrganisation]:
        seen = PartyOrganisation.objects.all() if self.by is None else PartyOrganisation.objects.visible_to(self.by)
        for some in chunks(sorted(communities)):
            yield from seen.open().filter(Q(community__in=some) | Q(parent__area__in=some, area=None))

    def judge(self, rows: Sequence[Row], paths: dict[int, list[Node]], labels: dict[str, str]) -> dict[int, list[Body]]:
        """{index: what its row is the first to found}; refuses rows whose organisations cannot be."""
        wanted: dict[int, list[Body]] = defaultdict(list)
        for kind, field in _FIELDS.items():  # a group may hang on the branch of another row
            for index, path in paths.items():
                row, name = rows[index], said(rows[index], field)
                try:
                    body = self._wanted(kind, name, path, row) if name else None
                except CellRefused as refusal:
                    row.refuse(labels[field], str(refusal))
                else:
                    wanted[index] += (*body.above, body) if body else ()
        first: dict[Body, int] = {}
        for index in sorted(wanted):
            if rows[index].verdict is not Verdict.REFUSED:
                for body in wanted[index]:
                    first.setdefault(body, index)
        made: dict[int, list[Body]] = defaultdict(list)
        for body, index in first.items():
            made[index].append(body)
        return dict(made)

    def _wanted(self, kind: str, name: str, path: list[Node], row: Row) -> Body | None:
        """The organisation of a row that is to be founded; None for one on record."""
        node = next((node for node in path if node.kind == (AreaKind.GRID if kind == _K.BRANCH else AreaKind.BUILDING)), None)
        if node is None:
            raise CellRefused(_("写了“%(name)s”，却没有写明它的网格或楼栋，请补上。") % {"name": name})
        if message := state_in(name):
            raise CellRefused(message)
        if named_alike(name)[1] != kind:
            words = {"name": name, "kind": OrganisationKind(kind).label}
            raise CellRefused(_("“%(name)s”不是%(kind)s的名称，应写全，如“第1网格党支部”“1号楼党小组”。") % words)
        self._check_reach(node)
        return self._branch(name, node, row) if kind == _K.BRANCH else self._group(name, node, row)

    def _check_reach(self, node: Node) -> None:
        community = _community(node)
        scope = scope_of(self.by)
        may = (
            community
            and community.area
            and all(scope.covers(can, community.area) for can in (Can.EDIT_MEMBERS, Can.IMPORT_ROSTERS))
        )
        if self.by is not None and not may:
            raise CellRefused(_("您不能在这里登记党组织，请清空该列，由社区或街道办理。"))

    # --- Branches

    def _branch(self, name: str, node: Node, row: Row) -> Body | None:
        if (node, folded(name)) in self._meant:
            return None
        if node in self._branches:
            return self._same(name, node, self._branches[node])
        here = [one for one in self._standing(node) if one.kind == _K.BRANCH]
        if found := self._called(name, here, node):
            self._branches[node] = found
            return None
        if here:
            words = {"place": node.shown, "known": here[0].name, "name": name}
            raise CellRefused(_("“%(place)s”已有“%(known)s”，与“%(name)s”不同；改名或增设请在党组织页面办理。") % words)
        community = _community(node)
        committee = self._committee(community)
        far = [one for one in self._in[None] if one.parent_id == committee.pk]
        among = [*self._in[_key(community)], *far]
        self._check_elsewhere(name, among, node)
        if meant := self._meant_by(name, among, row):
            self._branches[node] = self._meant[node, folded(name)] = meant
            return None
        body = Body(_K.BRANCH, name, node, committee, row.number)
        self._branches[node] = self._once(body)
        return body

    def _meant_by(self, name: str, among: Iterable[PartyOrganisation], row: Row) -> PartyOrganisation | None:
        """The one on record with a name much like this one, if the writer says that it is meant. Raises CellRefused."""
        near = [one for one in among if one.kind == _K.BRANCH and _likeness(name) & _likeness(*_names(one))]
        if not near:
            return None
        words = {"name": name, "known": near[0].name, "place": self._place(near[0])}
        message = _("“%(name)s”与在案设在“%(place)s”的“%(known)s”名称相近，可能是同一个，请选择。") % words
        options = [("hold", _("暂不导入")), ("same", _("就是在案的，不另设")), ("new", _("不是同一个，新增"))]
        answer = row.warn("", message, "branch", options)
        if answer == "hold":
            raise CellRefused(_("是否就是在案的“%(known)s”还没有选择，请先选择。") % words)
        return near[0] if answer == "same" else None

    def _same(self, name: str, node: Node, known: "Body | PartyOrganisation") -> Body | None:
        if not self._called(name, [known], node):
            words = {"place": node.shown, "known": known.name, "name": name}
            raise CellRefused(_("“%(place)s”的党支部在名单中或在案的是“%(known)s”，与“%(name)s”不同，请核对。") % words)
        return known if isinstance(known, Body) else None

    def _committee(self, community: Node) -> PartyOrganisation:
        here = self._standing(community)
        found = [one for one in here if one.kind in (_K.COMMITTEE, _K.GENERAL_BRANCH) and one.unit_id is None]
        words = {"community": community.shown, "names": "、".join(one.name for one in found[:3])}
        if not found:
            raise CellRefused(_("“%(community)s”还没有登记党委或党总支，请先登记，再导入网格党支部。") % words)
        if len(found) > 1:
            raise CellRefused(
                _("“%(community)s”有不止一个上级党组织（%(names)s），不知设在哪个之下，请在党组织页面登记该支部。") % words
            )
        return found[0]

    # --- Groups

    def _group(self, name: str, node: Node, row: Row) -> Body | None:
        branch = self._branch_of(node)
        here = [one for one in self._standing(node) if one.kind == _K.GROUP]
        if self._called(name, here, node):
            return None
        if here:
            words = {"place": node.shown, "known": here[0].name, "name": name}
            raise CellRefused(_("“%(place)s”已有“%(known)s”，与“%(name)s”不同；改名或增设请在党组织页面办理。") % words)
        known = (
            [] if isinstance(branch, Body) else [one for one in self._in[_key(_community(node))] if one.parent_id == branch.pk]
        )
        named = self._named.get((branch, folded(name)))
        if found := named or next((one for one in known if folded(name) in map(folded, _names(one))), None):
            if named is None or named.node is not node:
                words = {"name": found.name, "place": self._place(found)}
                row.warn("", _("“%(name)s”设在“%(place)s”，本行只登记楼栋；责任楼栋请在党组织页面划定。") % words)
            return named
        return self._once(Body(_K.GROUP, name, node, branch, row.number))

    def _branch_of(self, node: Node) -> "Body | PartyOrganisation":
        grid = node.parent
        while grid is not None and grid.kind == AreaKind.GRID and grid not in self._branches:
            here = [one for one in self._standing(grid) if one.kind == _K.BRANCH]
            if len(here) == 1:
                return here[0]
            grid = grid.parent
        if grid is None or grid not in self._branches:
            words = {"place": node.parent.shown if node.parent else ""}
            raise CellRefused(_("“%(place)s”没有可作上级的党支部（或不止一个），请填写网格党支部。") % words)
        return self._branches[grid]

    # --- Both

    def _once(self, body: Body) -> Body:
        """Remember what is to be founded. Raises CellRefused where the list has it at another place already."""
        other = self._named.setdefault((body.parent, folded(body.name)), body)
        if other is not body:
            words = {"name": body.name, "row": other.row, "place": other.node.shown}
            raise CellRefused(_("“%(name)s”在第 %(row)d 行设在“%(place)s”，一个党组织只设在一处，请核对。") % words)
        return body

    def _standing(self, node: Node) -> list[PartyOrganisation]:
        return self._at[node.area.pk] if node.area else []

    def _called(self, name: str, among: Iterable, node: Node):
        """The one of these that is called so, with the names of the places above before it or not."""
        wanted = self._short(name, node)
        return next((one for one in among if wanted in {self._short(each, node) for each in _names(one)}), None)

    def _short(self, name: str, node: Node) -> str:
        """第1网格 of 中共东街街道桃园社区第一网格支部委员会."""
        text = named_alike(name)[0]
        above: list[str] = []
        at = node.parent
        while at is not None:
            forms = {at.name, at.area.name, at.area.full_name} if at.area else {at.name}
            above += {named_alike(form)[0] for form in forms if form}
            at = at.parent
        above += [word[:-2] for word in above if word.endswith(("社区", "街道"))]
        begun = True
        while begun:
            begun = next((word for word in above if word and text.startswith(word) and text != word), None)
            text = text.removeprefix(begun or "")
        return text

    def _check_elsewhere(self, name: str, among: Iterable[PartyOrganisation], node: Node) -> None:
        for one in among:
            if folded(name) in map(folded, _names(one)):
                words = {"name": name, "place": self._place(one), "here": node.shown}
                raise CellRefused(_("“%(name)s”在案设在“%(place)s”，不在“%(here)s”；如需调整请在党组织页面办理。") % words)

    def _place(self, one: "PartyOrganisation | Body") -> str:
        area = self.places.at_id(one.area_id) if isinstance(one, PartyOrganisation) else None
        return one.node.shown if isinstance(one, Body) else area.name if area else _("别处")


def _names(one: "PartyOrganisation | Body") -> tuple[str, ...]:
    return (one.name,) if isinstance(one, Body) else (one.name, one.full_name)


def _likeness(*names: str) -> set[tuple]:
    return {key for name in names if any(key := likened(named_alike(name)[0]))}


def _key(node: Node | None) -> int | None:
    return node.area.pk if node and node.area else None


def _community(node: Node) -> Node | None:
    at: Node | None = node
    while at is not None and at.kind != AreaKind.COMMUNITY:
        at = at.parent
    return at


def new_organisations(bodies: Iterable[Body], by) -> list[NewOrganisation]:
    """These as found_organisations takes them, branches before their groups; their areas have been made."""
    bodies = list(dict.fromkeys(one for body in bodies for one in (*body.above, body)))
    seen = Area.objects.all() if by is None else Area.objects.visible_to(by)
    codes = sorted({body.node.code for body in bodies})
    areas = {area.code: area for some in chunks(codes) for area in seen.filter(code__in=some)}
    above = {body.parent.pk for body in bodies if isinstance(body.parent, PartyOrganisation)}
    parents = {row.pk: row for some in chunks(sorted(above)) for row in PartyOrganisation.objects.filter(pk__in=some)}
    made: dict[Body, NewOrganisation] = {}
    for body in bodies:
        parent = made[body.parent] if isinstance(body.parent, Body) else parents[body.parent.pk]
        made[body] = NewOrganisation(body.kind, body.name, areas[body.node.code], parent=parent)
    return list(made.values())
