"""The register of buildings: grids, buildings and the grids' branches in one list, which makes those that are missing."""

import re
from collections.abc import Iterable
from contextlib import suppress

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.operations import action
from gridparty.lib.registers import column, drop_remark, fill_down, read_up_to, said
from gridparty.lib.roster import CellRefused, Roster, Row, Verdict, read_code, rosters
from grids.choices import AreaKind
from grids.models import Area
from grids.places import Places
from grids.rosters.paths import Node, Paths, Step, tell, write
from grids.spellings import name_of_new, read_place, tidy
from members.actions import found_organisations
from members.bodies import Bodies, new_organisations

MOST_AT_ONCE = 100  # buildings named in one cell
_A_CODE = re.compile(r"\d{12}[A-Z]{0,4}\d{1,8}", re.ASCII)

COLUMNS = [
    column(
        "community",
        gettext_lazy("社区"),
        "社区 社区名称 村 村居 社区村 村社区 所属社区 所在社区 居委会 村委会 社区居委会 社区代码 社区编码 community",
        read_up_to(100),
        example="桃园社区",
    ),
    column(
        "grid",
        gettext_lazy("网格"),
        "网格 网格名称 所属网格 所在网格 网格名 网格号 基础网格 grid",
        read_place,
        example="第1网格",
    ),
    column("grid_code", gettext_lazy("网格编码"), "网格编码 网格代码 网格编号", read_code),
    column(
        "building",
        gettext_lazy("楼栋"),
        "楼栋 楼号 楼栋号 楼栋名称 楼宇 楼宇名称 楼幢 楼 栋 幢 栋号 幢号 楼栋名 building",
        read_place,
        required=True,
        example="1号楼",
        note=gettext_lazy("可写 1-5号楼，或 1、2、3号楼"),
    ),
    column("building_code", gettext_lazy("楼栋编码"), "楼栋编码 楼栋代码 楼栋编号 楼宇编码", read_code),
    column(
        "branch",
        gettext_lazy("网格党支部"),
        "网格党支部 党支部 党支部名称 网格党支部名称 所属党支部 所在党支部 网格支部 支部 支部名称",
        read_up_to(60),
        example="第1网格党支部",
    ),
    column(
        "group",
        gettext_lazy("楼栋党小组"),
        "楼栋党小组 党小组 党小组名称 楼栋党小组名称 所属党小组 楼组党小组",
        read_up_to(60),
    ),
]
LABELS = {one.field: str(one.label) for one in COLUMNS}
FIELDS = {kind: kind for kind in ("community", "grid", "building")}


def judge(rows: list[Row], by, area: Area | None = None) -> None:
    """New (`changes` names what the row makes), unchanged, skipped or refused, for each row."""
    for row in rows:
        for one in COLUMNS:
            if not one.field.endswith("_code"):
                drop_remark(row, one)
    fill_down(rows, [("community",), ("grid", "grid_code"), ("building", "building_code")], LABELS)
    paths = Paths(by, area)
    walked: dict[int, list[Node]] = {}
    for index, row in enumerate(rows):
        path = _walk(paths, row)
        if row.verdict is not Verdict.REFUSED:
            walked[index] = path
    paths.settle(rows, walked, LABELS)
    bodies = Bodies(by, paths.places, walked.values())
    standing = {index: path for index, path in walked.items() if rows[index].verdict is not Verdict.REFUSED}
    made = bodies.judge(rows, standing, LABELS)
    tell(rows, walked, FIELDS, made)
    for index, path in walked.items():
        rows[index].plan = path, made.get(index, [])
        rows[index].changes += [(body.field, "", body.name) for body in made.get(index, [])]


def _walk(paths: Paths, row: Row) -> list[Node]:
    """The nodes of a row: its grid, then its buildings; with the community before them where it is named."""
    community, grid = said(row, "community"), _step(row, AreaKind.GRID)
    try:
        start = paths.record(paths.places.find(community, AreaKind.COMMUNITY)) if community else None
    except CellRefused as refusal:
        row.refuse(LABELS["community"], str(refusal))
        return []
    buildings = _buildings(row, paths.places, start.area if start else None)
    if not grid and not buildings:
        row.refuse(LABELS["building"], _("网格和楼栋都没有填写，请至少填写一项。"))
        return []
    path = paths.walk(row, [grid], start) if grid else [start] if start else []
    if grid and not path:
        return []
    lines = [paths.walk(row, [building], path[-1] if path else None) for building in buildings]
    return list(dict.fromkeys([*path, *(node for line in lines for node in line)]))


def _step(row: Row, kind: AreaKind) -> Step | None:
    """What the row says of its grid or building; a code may stand in the column of the name."""
    name, code = said(row, kind.value), said(row, f"{kind.value}_code")
    if not code and _A_CODE.fullmatch(tidy(name)):
        name, code = "", tidy(name)
    return Step(kind.value, name, code, LABELS[kind.value]) if name or code else None


# --- Several buildings in a cell

_SPAN = re.compile(r"第?(\d{1,4})(?:号楼|号|栋|幢|#楼?)?-(\d{1,4})(?:号楼|号|栋|幢|座|#楼?|楼)?")
_LISTED = re.compile(r"(?<=[0-9楼栋幢#号])\s+(?=[0-9第])")
_PARTS = re.compile("[、,;/]|和|及")
_NUMBER_NAME = re.compile(r"第?[A-Z]?\d{1,4}[A-Z]?(号楼|号|栋|幢|座|#楼?)?")
_NAMES = {"": "{}号楼", "#": "{}号楼", "#楼": "{}号楼", "号": "{}号楼"}


def _buildings(row: Row, places: Places, community: Area | None) -> list[Step]:
    """The buildings of a row: mostly one; 1-5号楼 and 1、2、3号楼 are several, with a warning that says so."""
    text, one = said(row, "building"), _step(row, AreaKind.BUILDING)
    names = [name_of_new(AreaKind.BUILDING, name) for name in _several(text)]
    if len(names) < 2 or places.matches(text, AreaKind.BUILDING, community or places.context):
        return [one] if one else []
    words = {"text": text[:30], "n": len(names), "most": MOST_AT_ONCE}
    words["names"] = "、".join([*names[:3], *(["…"] if len(names) > 3 else [])])
    options = (("many", _("%(n)d 栋") % words), ("one", _("一栋，名称就是“%(text)s”") % words))
    if row.warn(LABELS["building"], _("“%(text)s”读作 %(n)d 栋：%(names)s，请核对。") % words, "buildings", options) == "one":
        return [one]
    if said(row, "building_code"):
        row.refuse(LABELS["building_code"], _("一格写了 %(n)d 栋，却只有一个编码，请每栋一行。") % words)
    if len(names) > MOST_AT_ONCE:
        row.refuse(LABELS["building"], _("一格写了 %(n)d 栋，最多 %(most)d 栋，请核对或分行填写。") % words)
        return [one]
    return [Step(AreaKind.BUILDING.value, name, "", LABELS["building"]) for name in names]


def _several(text: str) -> list[str]:
    """The names of several buildings in one text; [] for one."""
    tidied = tidy(_LISTED.sub("、", text))
    if (span := _SPAN.fullmatch(tidied)) and int(span[1]) < int(span[2]):
        ending = _ending(tidied)
        return [ending.format(number) for number in range(int(span[1]), int(span[2]) + 1)]
    parts = [part for part in _PARTS.split(tidied) if part]
    if len(parts) < 2 or not all(_NUMBER_NAME.fullmatch(part) or _SPAN.fullmatch(part) for part in parts):
        return []
    ending = _ending(parts[-1])
    named = [_several(part) or [part] for part in parts]
    return list(dict.fromkeys(ending.format(one) if one.isalnum() and one.isascii() else one for some in named for one in some))


def _ending(text: str) -> str:
    """How the buildings of a list are called: as its last one is."""
    word = re.search(r"(号楼|号|栋|幢|座|#楼?|楼)?$", text)[0]
    return _NAMES.get(word, "{}" + word)


# --- Writing


@action("members.import_buildings")
def commit(*, rows: Iterable[Row], by) -> int:
    """Make the areas and organisations that are missing, all or none. Returns how many. Raises Refused."""
    plans = [row.plan for row in rows]
    written = write((node for path, _bodies in plans for node in path), by)
    bodies = [body for _path, some in plans for body in some]
    if not bodies:
        return written
    with suppress(AttributeError):
        del by.scope  # its tree numbers are those from before the new areas
    return written + len(found_organisations(organisations=new_organisations(bodies, by), by=by))


@rosters
def buildings() -> Roster:
    return Roster("buildings", gettext_lazy("网格和楼栋"), COLUMNS, judge, commit)
