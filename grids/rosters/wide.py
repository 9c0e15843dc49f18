"""The register of areas as a path a line: 区、街道、社区、网格、楼栋 are columns, the same street stands on many lines."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.operations import action
from gridparty.lib.registers import drop_remark, fill_down
from gridparty.lib.roster import Column, Row, Verdict, read_code
from grids.choices import AreaKind
from grids.models import Area
from grids.rosters.paths import Paths, Step, is_several, tell, write
from grids.spellings import read_numbers, read_place, tidy

_LEVELS = (
    (AreaKind.DISTRICT, gettext_lazy("区"), "区 县 区县 县区 县市区 区县市 区县名称 区名称 所属区 所属区县 县级 district"),
    (
        AreaKind.STREET,
        gettext_lazy("街道"),
        "街道 镇 乡 街道镇 镇街 街镇 乡镇 街道乡镇 乡镇街道 街道办 街道办事处 办事处 镇街道 街道名称 乡镇名称 镇街名称 街镇名称 "
        "所属街道 所属乡镇 所属镇街 乡级 street",
    ),
    (
        AreaKind.COMMUNITY,
        gettext_lazy("社区"),
        "社区 村 村社区 社区村 村居 居委会 村委会 村居委会 居民委员会 村民委员会 社区居委会 社区名称 村名称 村居名称 村社区名称 "
        "居委会名称 所属社区 所在社区 所属村居 行政村 村级 community",
    ),
    (AreaKind.GRID, gettext_lazy("网格"), "网格 网格名称 所属网格 所在网格 基础网格 网格名 网格号 grid"),
    (AreaKind.BUILDING, gettext_lazy("楼栋"), "楼栋 楼 楼号 楼栋号 楼栋名称 楼宇 楼宇名称 楼幢 幢 栋 栋号 幢号 楼栋名 building"),
)
_CODES = {
    AreaKind.DISTRICT: "区代码 区编码 区县代码 区县编码 县代码 县编码 district_code",
    AreaKind.STREET: "街道代码 街道编码 镇街代码 镇街编码 乡镇代码 乡镇编码 街镇代码 街镇编码 镇代码 乡代码 办事处代码 "
    "办事处编码 street_code",
    AreaKind.COMMUNITY: "社区代码 社区编码 村代码 村编码 村居代码 村居编码 村社区代码 村社区编码 居委会代码 居委会编码 "
    "community_code",
    AreaKind.GRID: "网格代码 网格编码 网格编号 grid_code",
    AreaKind.BUILDING: "楼栋代码 楼栋编码 楼栋编号 楼宇编码 楼宇代码 building_code",
}
_LOWEST = "编码 代码 区划代码 区划编码 统计用区划代码 行政区划代码 统一编码 code"

COLUMNS = [
    *(
        Column(kind.value, label, headings.split(), read_place, required=kind == AreaKind.COMMUNITY)
        for kind, label, headings in _LEVELS
    ),
    *(
        Column(f"{kind.value}_code", _CODES[kind].split()[1], _CODES[kind].split(), read_code, required=False)
        for kind, _label, _headings in _LEVELS
    ),
    Column("code", gettext_lazy("编码"), _LOWEST.split(), read_code, required=False),
]
LABELS = {column.field: str(column.label) for column in COLUMNS}
FIELDS = {kind.value: kind.value for kind, _label, _headings in _LEVELS}


def judge(rows: list[Row], by, area: Area | None = None) -> None:
    """New (`changes` names what the line makes), updated (another name), unchanged, skipped or refused, for each row."""
    for row in rows:
        for column in COLUMNS[: len(_LEVELS)]:
            drop_remark(row, column)
        if is_several(read_numbers(tidy(row.values.get("building") or ""))):
            words = {"text": row.values["building"][:30]}
            row.refuse(LABELS["building"], _("“%(text)s”像是几栋楼，请每栋一行，或用“网格和楼栋”名单导入。") % words)
    fill_down(rows, [(kind.value, f"{kind.value}_code") for kind, _label, _headings in _LEVELS], LABELS)
    paths = Paths(by, area)
    walked: dict[int, list] = {}
    for index, row in enumerate(rows):
        path = paths.walk(row, _steps(row))
        if row.verdict is not Verdict.REFUSED:
            walked[index] = row.plan = path
    paths.settle(rows, walked, LABELS)
    tell(rows, walked, FIELDS)


def _steps(row: Row) -> list[Step]:
    """What the line names, from the top down; [] when it is refused. The code without a level of its own is the lowest's."""
    said = [
        Step(kind.value, row.values.get(kind.value) or "", row.values.get(f"{kind.value}_code") or "", LABELS[kind.value])
        for kind, _label, _headings in _LEVELS
    ]
    said = [step for step in said if step.name or step.code]
    code = row.values.get("code") or ""
    if not said:
        row.refuse(LABELS["community"], _("没有填写任何区域名称，请补上。"))
    elif code and said[-1].code not in ("", code):
        words = {"code": code, "other": said[-1].code}
        row.refuse(LABELS["code"], _("编码 %(code)s 与同一行的 %(other)s 不一致，请只留正确的一个。") % words)
    elif code:
        said[-1] = Step(said[-1].kind, said[-1].name, code, said[-1].label)
    kinds = [step.kind for step in said]
    if kinds and kinds[0] in ("district", "street") and kinds[-1] in ("grid", "building") and "community" not in kinds:
        row.refuse(LABELS["community"], _("没有填写，请补上。"))
    if "district" in kinds and "community" in kinds and "street" not in kinds:
        row.refuse(LABELS["street"], _("没有填写，请补上。"))
    return [] if row.verdict is Verdict.REFUSED else said


@action("grids.import_area_paths")
def commit(*, rows: Iterable[Row], by) -> int:
    """Make what these lines name and is not on record, and rename what is to be called otherwise, all or none.

    Returns how many areas. Raises AreaRefused.
    """
    return write((node for row in rows for node in row.plan), by)
