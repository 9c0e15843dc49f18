"""The register of party organisations: the tree as offices list it, parents and children in any order."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.operations import action
from gridparty.lib.dates import today
from gridparty.lib.registers import change, drop_remark, said, settle_date, state_in, stated
from gridparty.lib.roster import CLEAR, CellRefused, Roster, Row, Verdict, compare, rosters, skip_repeats
from grids.choices import AreaKind
from grids.models import Area
from grids.places import Places
from members.actions import NewOrganisation, change_organisations, found_organisations, misfits
from members.choices import STANDS_ON, OrganisationKind
from members.finding import Organisations, Units, covers, folded, kind_in, named_alike, official_parts
from members.models import PartyOrganisation, Unit
from members.rosters.organisation_cells import (
    AREA,
    COLUMNS,
    COMMUNITY,
    ELECTED,
    FOUNDED,
    FULL_NAME,
    KIND,
    NAME,
    PARENT,
    TERM,
    UNIT,
    settle_term,
)
from members.rosters.units import refusal_of

MOST_LEVELS = 8  # of rows of one file below each other; a path holds no more
_LABELS = {one.field: one.label for one in COLUMNS}


@dataclass(eq=False)
class _Line:
    """A row on its way to a verdict."""

    row: Row
    kind: str = ""
    area: Area | None = None
    unit: Unit | None = None
    parent: "PartyOrganisation | _Line | None" = None
    record: PartyOrganisation | None = None
    new: NewOrganisation | None = None
    depth: int = 0  # -1 while it is being settled
    settled: bool = False
    short: str = ""
    unplaced: str = ""  # why the area could not be found without its parent
    is_placed: bool = field(default=False)  # the row itself says where

    @property
    def full(self) -> str:
        return said(self.row, "full_name")

    @property
    def above(self) -> PartyOrganisation | None:
        """The parent on record, where it is."""
        return self.parent.record if isinstance(self.parent, _Line) else self.parent

    @property
    def parent_kind(self) -> str | None:
        above = self.above or self.parent
        return above.kind if above is not None else None

    @property
    def parent_area(self) -> Area | None:
        above = self.above or self.parent
        return above.area if above is not None else None

    def refuse(self, name: str, message: str) -> None:
        self.row.refuse(_LABELS[name], message)

    @property
    def waits(self) -> bool:
        return self.row.verdict is Verdict.SKIPPED

    @property
    def refused(self) -> bool:
        return self.row.verdict is Verdict.REFUSED


class _Judging:
    """What is on record, loaded once, and the lines of the file by their names."""

    def __init__(self, by, area: Area | None):
        self.by, self.places = by, Places(by, area)
        self.organisations, self.units = Organisations(by), Units(by)
        self.editable = None
        if by is not None:
            self.editable = set(PartyOrganisation.objects.editable_by(by).values_list("pk", flat=True))
        self.lines: dict[Any, dict[int, _Line]] = defaultdict(dict)
        self.taken: dict[Any, Row] = {}
        self.open = 0  # lines that wait for their parent

    # --- What a row says by itself

    def read(self, row: Row) -> _Line:
        line = _Line(row)
        settle_term(row)
        for one in (FULL_NAME, NAME, PARENT):
            drop_remark(row, one)
        for one in (FOUNDED, ELECTED):
            settle_date(row, one)
            if said(row, one.field) and said(row, one.field) > today():
                row.refuse(one.label, _("%(on)s 还没有到，请填写已经成立或选举的日期。") % {"on": said(row, one.field)})
        self._read_place(line)
        self._read_kind(line)
        if text := said(row, "unit"):
            try:
                line.unit = self.units.find(text, line.area or self.places.context)
            except CellRefused as refusal:
                line.refuse("unit", str(refusal))
        return line

    def _read_place(self, line: _Line) -> None:
        """The area of the row. 第1网格 alone, which every community has, waits for the parent to tell the community."""
        row, text = line.row, said(line.row, "area")
        found = stated(row, ((COMMUNITY, AreaKind.COMMUNITY),), self.places.find)
        line.area, line.is_placed = (found[0], True) if found else (None, False)
        if not text or line.refused:
            return
        try:
            line.area, line.is_placed = self.places.find(text, None, line.area), True
        except CellRefused as refusal:
            if line.area is not None or not said(row, "parent"):
                line.refuse("area", str(refusal))
            line.unplaced = str(refusal)

    def _place_by_parent(self, line: _Line) -> None:
        """Look for what could not be found alone in the community of the parent."""
        above = line.parent_area
        try:
            if above is None or above.kind in (AreaKind.DISTRICT, AreaKind.STREET):
                raise CellRefused(line.unplaced)
            within = self.places.at_id(above.community_id) or above
            line.area, line.is_placed = self.places.find(said(line.row, "area"), None, within), True
        except CellRefused:
            line.refuse("area", line.unplaced)

    def _read_kind(self, line: _Line) -> None:
        told = kind_in(line.full) if line.full else None
        line.kind = said(line.row, "kind") or told or ""
        words = {"name": line.full[:40], "kind": OrganisationKind(line.kind).label if line.kind else ""}
        if not line.kind and line.full:
            line.refuse(
                "kind", state_in(line.full) or _("从“%(name)s”看不出组织类别，请填写党委、党总支、党支部或党小组等。") % words
            )
        elif told and told != line.kind:
            line.row.warn(KIND.label, _("“%(name)s”的结尾与组织类别“%(kind)s”不一致，按组织类别登记，请核对。") % words)

    def index(self, line: _Line) -> None:
        for name in {line.full, said(line.row, "name"), self._short(line)} - {""}:
            for key in (folded(name), named_alike(name)):
                self.lines[key][id(line)] = line

    # --- Its place in the tree

    def settle(self, line: _Line) -> None:
        """Find the parent, the area and the record of a line, its parent's before it."""
        if line.settled:
            return
        line.settled, line.depth = True, -1
        self._find_parent(line)
        line.depth = line.parent.depth + 1 if isinstance(line.parent, _Line) else 0
        if line.depth > MOST_LEVELS:
            line.refuse("parent", _("上下级超过 %(n)d 层，请核对上级党组织。") % {"n": MOST_LEVELS})
        if isinstance(line.parent, _Line) and line.parent.refused:
            words = {"row": line.parent.row.number}
            line.refuse("parent", _("上级（第 %(row)d 行）未通过核对，请先改正该行。") % words)
        if isinstance(line.parent, _Line) and line.parent.waits:
            words = {"row": line.parent.row.number}
            line.refuse("parent", _("上级（第 %(row)d 行）是否在案还没有选择，请先选择。") % words)
        if line.unplaced and not line.refused:
            self._place_by_parent(line)
        if line.full and line.kind and not line.refused:
            self._find_area(line)
            self._find_record(line)
            if not line.refused and not line.record:
                self._ask(line)
            if not line.refused and not line.waits:
                self._correct(line) if line.record else self._found(line)

    def _find_parent(self, line: _Line) -> None:
        text = said(line.row, "parent")
        if not text:
            return
        named = self.lines.get(folded(text)) or self.lines.get(named_alike(text)) or {}
        rows = [one for one in named.values() if one is not line]
        near = [one for one in rows if one.area and line.area and covers(one.area, line.area)] or rows
        try:
            on_record = self.organisations.find_above(text, line.area)
        except CellRefused as refusal:
            on_record, message = None, str(refusal)
        if not near:
            line.parent = on_record
            if on_record is None:
                line.refuse("parent", message)
        elif len(near) > 1:
            words = {"text": text[:40], "rows": "、".join(str(one.row.number) for one in near[:3])}
            line.refuse("parent", _("“%(text)s”对应本表第 %(rows)s 行，请写明所在区域或全称。") % words)
        else:
            self._take_line(line, near[0], on_record)

    def _take_line(self, line: _Line, parent: _Line, on_record: PartyOrganisation | None) -> None:
        if parent.settled and parent.depth == -1:
            line.refuse("parent", _("与第 %(row)d 行互为上下级，请核对上级党组织。") % {"row": parent.row.number})
            return
        if self.open > 2 * MOST_LEVELS:  # no tree of offices, and more than Python follows
            line.refuse("parent", _("上下级超过 %(n)d 层，请核对上级党组织。") % {"n": MOST_LEVELS})
            return
        self.open += 1
        self.settle(parent)
        self.open -= 1
        if parent.refused and on_record:
            line.parent = on_record
            return
        line.parent = parent
        if on_record and _may_stand_below(line, on_record) and (parent.record is None or parent.record.pk != on_record.pk):
            words = {"text": said(line.row, "parent")[:40], "row": parent.row.number}
            line.refuse("parent", _("“%(text)s”既是本表第 %(row)d 行，又是在案的另一个党组织，请写全称。") % words)

    def _find_area(self, line: _Line) -> None:
        if line.area is not None:
            return
        if line.unit is not None:
            line.area = line.unit.area
        elif line.parent_area is not None and line.parent_area.kind in STANDS_ON[line.kind]:
            line.area = line.parent_area
        elif line.parent is None and self.places.context is not None and self.places.context.kind in STANDS_ON[line.kind]:
            line.area = self.places.context

    def _find_record(self, line: _Line) -> None:
        """The organisation on record that the row speaks of; refuses the row where that cannot be told."""
        line.short = said(line.row, "name") or self._short(line)
        found = self._alike(line)
        here = [one for one in found if line.area and one.area_id == line.area.pk]
        found = here if len(found) > 1 and here else found
        words = {"name": line.full[:40], "names": "、".join(f"“{one.name}”" for one in found[:3])}
        if len(found) > 1:
            line.refuse("full_name", _("“%(name)s”可能是在案的%(names)s之一，请写在案的全称和上级党组织。") % words)
        elif found:
            line.record = found[0]
        elif moved := self._moved(line):
            self._refuse_parent(line, moved[0])

    def _refuse_parent(self, line: _Line, record: PartyOrganisation) -> None:
        above = self.organisations.at(record.parent_id)
        words = {"name": line.full[:40], "above": above.name if above else _("其他党组织")}
        line.refuse("parent", _("“%(name)s”在案的上级是“%(above)s”，与此不同；划转请在党组织页面办理。") % words)

    def _ask(self, line: _Line) -> None:
        """老年二支部 may be 老年第二党支部 of another parent, 桃园物业公司支部 the one of 桃园物业: the user tells."""
        near = [one for one in self.organisations.likely(line.full, line.short) if self._is_near(line, one)]
        near = [one for one in near if one.kind == line.kind and one.pk not in self.taken][:3]
        if not near:
            return
        same = [(f"is{one.pk}", _("就是在案的“%(name)s”") % {"name": one.name}) for one in near]
        words = {"name": line.full[:40], "names": "、".join(f"“{one.name}”" for one in near)}
        message = _("“%(name)s”与在案的%(names)s名称相近，可能是同一个，请选择。") % words
        options = [("hold", _("暂不导入")), *same, ("new", _("不是同一个，新增"))]
        answer = line.row.warn(FULL_NAME.label, message, "same", options)
        if answer == "hold":
            line.row.skip(FULL_NAME.label, _("可能已经在案，没有新增。"))
        elif answer != "new":
            line.record = next(one for one in near if answer == f"is{one.pk}")
            if line.parent is not None and line.record.parent_id != (line.above.pk if line.above else None):
                self._refuse_parent(line, line.record)

    def _alike(self, line: _Line) -> list[PartyOrganisation]:
        """Those that stand where the row says: of just its names, else of names that mean the same."""
        if line.parent is not None and line.above is None:
            return []
        if line.parent is not None:
            exact = {one for name in (line.full, line.short) for one in self.organisations.exactly(name, line.above.pk)}
            return list(exact) or self.organisations.alike_below(line.full, line.above.pk)
        exact = {one for name in (line.full, line.short) for one in self.organisations.exactly(name)}
        near = [one for one in exact if self._is_near(line, one)]
        return near or [one for one in self.organisations.called(line.full) if self._is_near(line, one)]

    def _moved(self, line: _Line) -> list[PartyOrganisation]:
        """Those of the same full name and place below another parent."""
        if line.parent is None:
            return []
        full = folded(line.full)
        near = [one for one in self.organisations.exactly(line.full) if self._is_near(line, one)]
        return [one for one in near if folded(one.full_name) == full]

    def _is_near(self, line: _Line, one: PartyOrganisation) -> bool:
        place = line.area or line.parent_area
        if place is None or one.area is None:
            return True
        return one.community_id == place.community_id if place.community_id else one.area_id == place.pk

    def _short(self, line: _Line) -> str:
        """第1网格党支部 from 中共东街街道桃园社区第1网格支部委员会."""
        parts = official_parts(line.full)
        if parts is None or not parts[0]:
            return line.full
        stem, kind = parts
        code = line.area.code if line.area else ""
        for length in (6, 9, 12):
            above = self.places.at(code[:length].ljust(12, "0")) if len(code) >= length else None
            if above is None or above.pk == line.area.pk:
                break
            for name in sorted({above.full_name, above.name}, key=len, reverse=True):
                stem = stem.removeprefix(name) or stem
        return f"{stem}{kind.label}"

    # --- What becomes of it

    def _found(self, line: _Line) -> None:
        row = line.row
        for name, text in (("full_name", line.full), ("name", said(row, "name"))):
            if message := state_in(text) or refusal_of_name(text):
                line.refuse(name, message)
        for name, message in misfits(line.kind, line.parent_kind, line.area, line.unit):
            line.refuse(name, message)
        if line.area is None and line.unit is None and not line.refused:
            line.refuse("area", _("没有填写所在区域，上级所在区域也不适合，请填写区域名称或编码。"))
        elif message := refusal_of(line.area, self.by):
            line.refuse("area", message)
        if len(line.short) > 60:
            line.refuse("name", _("由全称得出的简称超过 60 个字，请填写简称。"))
        before = self.taken.setdefault((line.above or line.parent, line.short), row)
        if before is not row:
            words = {"row": before.number, "name": line.short[:40]}
            line.refuse("full_name", _("与第 %(row)d 行同属一个上级，又同为“%(name)s”，请核对。") % words)
        if line.refused:
            return
        self._warn_of_guesses(line)
        row.verdict, row.values["name"] = Verdict.NEW, line.short
        line.new = NewOrganisation(
            kind=line.kind,
            name=line.short,
            full_name=line.full,
            area=line.area,
            parent=line.parent.record or line.parent.new if isinstance(line.parent, _Line) else line.parent,
            unit=line.unit,
            founded_on=said(row, "founded_on") or None,
            term_years=said(row, "term_years") or 3,
            elected_on=said(row, "elected_on") or None,
        )
        row.plan = (line.depth, line.new)

    def _warn_of_guesses(self, line: _Line) -> None:
        if not line.is_placed and line.area is not None:
            line.row.warn(AREA.label, _("没有填写，按“%(area)s”登记，请核对。") % {"area": line.area.name})
        if line.above is not None and line.unit is None and not _may_stand_below(line, line.above):
            words = {"area": line.above.area.name}
            line.row.warn(PARENT.label, _("上级所在的“%(area)s”不包括本行的所在区域，请核对。") % words)
        if line.parent is None and line.kind != OrganisationKind.WORK_COMMITTEE:
            line.row.warn(PARENT.label, _("没有填写，登记为没有上级的党组织，请核对。"))

    def _correct(self, line: _Line) -> None:
        row, record = line.row, line.record
        if (before := self.taken.setdefault(record.pk, row)) is not row:
            line.refuse("full_name", _("与第 %(row)d 行是同一个在案党组织，请核对后只留一行。") % {"row": before.number})
            return
        self._refuse_moves(line)
        columns, current = [FOUNDED, ELECTED, TERM], {}
        if said(row, "name") and folded(record.name) != folded(said(row, "name")):
            columns.append(NAME)
        otherwise = official_parts(line.full) or named_alike(line.full) != named_alike(record.full_name)
        if otherwise and len(folded(line.full)) > len(folded(record.full_name)):  # a shorter one is another way to write it
            columns.append(FULL_NAME)
        current = {one.field: getattr(record, one.field) for one in columns}
        new = compare(row, columns, current)
        for name in {"name", "full_name"}.intersection(new):
            if message := state_in(new[name] or ""):
                line.refuse(name, message)
        self._compare_unit(line, new)
        if "name" in new and any(one.parent_id == record.parent_id for one in self.organisations.exactly(new["name"])):
            line.refuse("name", _("该上级之下已有同名的党组织，请换一个名称。"))
        if new and ((self.editable is not None and record.pk not in self.editable) or refusal_of(record.area, self.by)):
            line.refuse("full_name", _("“%(name)s”不由您修改，请上级或其所在区域办理。") % {"name": record.name})
        row.plan = (record.pk, new)

    def _refuse_moves(self, line: _Line) -> None:
        record = line.record
        if said(line.row, "kind") and record.kind != line.kind:
            words = {"kind": record.get_kind_display()}
            line.refuse("kind", _("在案的组织类别是%(kind)s；改变类别请在党组织页面办理。") % words)
        if line.is_placed and record.area_id != line.area.pk:
            words = {"area": record.area.name if record.area else _("无")}
            line.refuse("area", _("在案的所在区域是“%(area)s”，与此不同；划转请在党组织页面办理。") % words)

    def _compare_unit(self, line: _Line, new: dict[str, Any]) -> None:
        cleared = line.row.values.get("unit") is CLEAR
        if (cleared or line.unit) and line.record.unit_id != (line.unit and line.unit.pk):
            old = next((unit.name for unit in self.units.all if unit.pk == line.record.unit_id), "")
            change(line.row, UNIT, old, line.unit.name if line.unit else "")
            new["unit"] = line.unit
        if cleared and line.record.unit_id:
            above = self.organisations.at(line.record.parent_id)
            for name, message in misfits(line.record.kind, above.kind if above else None, line.record.area, None):
                if name == "area":
                    line.refuse("unit", message)


_SEVERAL = re.compile("(支部|总支|党委|小组|委员会|工委)[/、,，;；和 ]+[^（(]+(支部|总支|党委|小组|委员会|工委)$")


def refusal_of_name(text: str) -> str:
    """Why this is the name of no one organisation; "" where it is."""
    if text and _SEVERAL.search(text):
        return _("“%(text)s”像是几个党组织的名称，请每个一行。") % {"text": text[:40]}
    if text and not named_alike(text)[0]:
        return _("“%(text)s”只写了类别，请写明是哪个党组织，如“第1网格党支部”。") % {"text": text[:40]}
    return ""


def _may_stand_below(line: _Line, parent: PartyOrganisation) -> bool:
    return line.area is None or parent.area is None or covers(parent.area, line.area)


def _key(line: _Line) -> tuple | None:
    area = said(line.row, "area") if line.unplaced else line.area.pk if line.is_placed else None
    return (folded(line.full), folded(said(line.row, "parent")), area) if line.full else None


def judge(rows: list[Row], by, area: Area | None = None) -> None:
    """New, updated, unchanged, skipped or refused; parents may stand in the same file, in any order."""
    judging = _Judging(by, area)
    lines = {id(row): judging.read(row) for row in rows}
    kept = skip_repeats(rows, lambda row: _key(lines[id(row)]), FULL_NAME, same=("kind",))
    for row in kept:
        judging.index(lines[id(row)])
    for row in kept:
        judging.settle(lines[id(row)])


@action("members.import_organisations")
def commit(*, rows: Iterable[Row], by) -> int:
    """Found the new organisations, parents first, and correct the updated ones, all or none. Raises OrganisationRefused."""
    rows = list(rows)
    new = sorted((row.plan for row in rows if row.verdict is Verdict.NEW), key=lambda plan: plan[0])
    changes = dict(row.plan for row in rows if row.verdict is Verdict.UPDATED)
    made = found_organisations(organisations=[one for _depth, one in new], by=by) if new else []
    return len(made) + change_organisations(changes=changes, by=by)


@rosters
def organisations() -> Roster:
    return Roster("organisations", gettext_lazy("党组织"), COLUMNS, judge, commit)
