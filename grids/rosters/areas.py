"""The register of areas: one line an area, with its level, name, code and the code of its parent."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.registers import state_in
from gridparty.lib.roster import CellRefused, Column, Row, Verdict, plain, read_code, read_text
from grids import actions, rules
from grids.choices import AreaKind
from grids.models import LEVELS, Area
from grids.queries import chunks, known_areas

# Without brackets, strokes and spaces: 街道（镇） is 街道镇.
_LEVEL_WORDS = {
    AreaKind.DISTRICT: "区 县 市 区县 县区 区县市 市辖区 县级市 区级 县级 区县级 county",
    AreaKind.STREET: "街道 镇 乡 街 街道办 街道办事处 乡镇 镇街 街镇 镇街道 街道镇 街道乡镇 街道镇乡 乡镇街道 街道级 镇级 乡镇级 "
    "subdistrict town township",
    AreaKind.COMMUNITY: "社区 村 村社区 社区村 村居 社区居委会 居委会 村委会 居民委员会 村民委员会 行政村 社区级 村级 village",
    AreaKind.GRID: "网格 片区 大网格 中网格 小网格 基础网格 网格级",
    AreaKind.BUILDING: "楼栋 楼 楼宇 栋 幢 楼幢 楼栋级",
}
_LEVELS = {word: kind for kind, words in _LEVEL_WORDS.items() for word in (*words.split(), kind.value)}


def read_level(value: Any) -> str:
    """The kind of area, from Chinese or English words as offices write them; "" when nothing is written."""
    if value in _LEVELS:
        return _LEVELS[value]
    text = plain(value)
    word = "".join(character for character in text.lower() if character.isalnum())
    if word in _LEVELS or not text:
        return _LEVELS.get(word, "")
    kinds = "、".join(str(kind.label) for kind in AreaKind)
    raise CellRefused(_("不认识“%(text)s”，应为%(kinds)s之一。") % {"text": text[:30], "kinds": kinds})


COLUMNS = [
    Column(field, label, headings.split(), read, filled=filled)
    for field, label, headings, read, filled in (
        ("level", gettext_lazy("级别"), "级别 层级 等级 类型 类别 区划级别 level kind type", read_level, True),
        ("name", gettext_lazy("名称"), "名称 全称 区划名称 单位名称 区域名称 社区名称 name full_name", read_text, True),
        (
            "code",
            gettext_lazy("编码"),
            "编码 代码 区划代码 区划编码 统计用区划代码 行政区划代码 统一编码 code",
            read_code,
            True,
        ),
        (
            "parent_code",
            gettext_lazy("上级编码"),
            "上级编码 上级代码 上级区划代码 上级区划编码 父级代码 父级编码 所属编码 所属代码 parent_code parent",
            read_code,
            False,
        ),
    )
]
_LABELS = {column.field: column.label for column in COLUMNS} | {"kind": COLUMNS[0].label}


def _new_area(row: Row) -> rules.NewArea:
    """What the row says; what could not be read is empty."""
    values = row.values
    kind, full_name = values["level"] or "", values["name"] or ""
    short = rules.shorten(kind, full_name)
    return rules.NewArea(
        kind, values["code"], values.get("short_name") or short.name, full_name, short.form, values["parent_code"] or None
    )


def judge(rows: list[Row], by, area: Area | None = None) -> None:
    """New, updated (another name), unchanged or refused, for each row."""
    areas, row_of = [], {}
    for row in rows:
        code = row.values["code"]
        if code and row_of.setdefault(code, row) is row:
            areas.append(_new_area(row))
        elif code:
            words = {"code": code, "row": row_of[code].number}
            _refuse(row, "code", _("编码 %(code)s 与第 %(row)d 行重复，请核对。") % words)
    known, beyond = keep_within(by, areas, known_areas(areas))
    for one, field, message in beyond:
        _refuse(row_of[one.code], field, message)
    new = [area for area in areas if area.code not in known]
    renamed = [area for area in areas if area.code in known and _judge_known(row_of[area.code], area, known[area.code])]
    for area in (*new, *renamed):
        if message := state_in(area.full_name):
            _refuse(row_of[area.code], "name", message)
    for area, message in rules.settle_names([*new, *renamed], known):
        _refuse(row_of[area.code], "name", message)
    for area in (*new, *renamed):
        row_of[area.code].values["short_name"] = area.name
    for problem in rules.problems(new, known):
        _refuse(row_of[new[problem.index].code], problem.field, problem.message)


def _refuse(row: Row, field: str, message: str) -> None:
    """One sentence for a cell: what was found first is what the others follow from."""
    label = str(_LABELS[field])
    if label not in {column for column, _message in row.reasons}:
        row.refuse(label, message)


def _judge_known(row: Row, area: rules.NewArea, known: rules.Known) -> bool:
    """Whether the area on record is to get another name. What a row could not tell is not compared."""
    if not known.open:
        words = {"code": area.code, "name": known.name}
        _refuse(row, "code", _("编码 %(code)s 的“%(name)s”已撤销，编码不再使用。请删去此行或改用新编码。") % words)
    if area.kind and area.kind != known.kind:
        words = {"code": area.code, "kind": AreaKind(known.kind).label}
        _refuse(row, "kind", _("编码 %(code)s 在案的级别是%(kind)s，请核对级别和编码。") % words)
    if area.parent_code != known.parent_code:
        words = {"code": area.code, "parent": known.parent_code or _("无")}
        _refuse(row, "parent_code", _("编码 %(code)s 在案的上级是 %(parent)s，请核对；如需划转，请在区域页面办理。") % words)
    if row.verdict is not Verdict.REFUSED:
        row.verdict = Verdict.UNCHANGED if area.full_name == known.full_name else Verdict.UPDATED
    return row.verdict is Verdict.UPDATED


Beyond = list[tuple[rules.NewArea, str, str]]  # what reaches beyond the user: the area, the field, the sentence


def keep_within(by, areas: Sequence[rules.NewArea], known: dict[str, rules.Known]) -> tuple[dict[str, rules.Known], Beyond]:
    """What is on record as far as the user may know it, and what of these areas reaches beyond the user (T4).

    A foreign area is told as one that does not exist. Nobody makes or renames by import what the desk would not let them.
    """
    scope = scope_of(by)
    if by is None or all(scope.everywhere(can) for can in (Can.IMPORT_ROSTERS, Area.see, Area.edit)):
        return known, []
    both = scope.q(Can.IMPORT_ROSTERS, area_path="") & scope.q(Area.edit, area_path="")
    reached = set(Area.objects.filter(both).values_list("code", flat=True))
    editable = reached.intersection(Area.objects.editable_by(by).values_list("code", flat=True))
    seen = _seen(by)
    visible = {code: one for code, one in known.items() if code in seen}
    anchors = rules.anchors(area for area in areas if area.code not in visible)
    beyond: Beyond = []
    for area in areas:
        if area.code not in visible:
            beyond += ((area, *told) for told in _beyond(anchors[area.code], anchors, reached))
        elif area.code not in editable and area.full_name and area.full_name != visible[area.code].full_name:
            words = {"name": visible[area.code].full_name}
            beyond.append((area, "name", _("在案的名称是“%(name)s”，您不能修改，请改回或请上级办理。") % words))
    return visible, beyond


def _beyond(anchor: str | None, anchors: dict, reached: set[str]) -> Iterable[tuple[str, str]]:
    """Why a new area would not stand below one the user may put something under; rings are told elsewhere."""
    if anchor is None:
        yield "code", _("新设区不在您的管理范围内，未写入。")
    elif anchor not in anchors and anchor not in reached:
        yield "parent_code", _("上级编码 %(code)s 不存在，或不在您的管理范围内，未写入。") % {"code": anchor}


def _seen(by) -> set[str]:
    """The codes the user sees, and those of the areas above, which every page of theirs names."""
    rows = Area.objects.visible_to(by).values_list("code", *(f"{level}__code" for level in LEVELS))
    return {code for row in rows for code in row if code}


@action("grids.import_areas")
def commit(*, rows: Iterable[Row], by) -> int:
    """Make the new areas and rename the updated ones, all or none. Returns how many. Raises AreaRefused."""
    rows = list(rows)
    renamed = {row.values["code"]: row for row in rows if row.verdict is Verdict.UPDATED}
    for some in chunks(sorted(renamed)):
        for area in Area.objects.filter(code__in=some):
            values = renamed[area.code].values
            actions.rename_area(area=area, name=values["short_name"], full_name=values["name"], by=by)
    new = [_new_area(row) for row in rows if row.verdict is Verdict.NEW]
    return len(renamed) + (actions.load_areas(areas=new, by=by) if new else 0)
