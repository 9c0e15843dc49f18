"""What the register of party organisations asks for, and how its cells are read."""

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib.cells import PartialDate, Span, read_choice, read_span
from gridparty.lib.registers import column, read_day, read_number, read_up_to
from gridparty.lib.roster import CellRefused, Row, plain
from grids.spellings import read_numbers
from members.choices import OrganisationKind

_K = OrganisationKind
KIND_WORDS = {
    _K.WORK_COMMITTEE: "工委 党的工作委员会 工作委员会 街道党工委 镇党工委",
    _K.COMMITTEE: "基层党委 党的基层委员会 基层委员会 社区党委 党委会 企业党委 机关党委 两新党委 委员会",
    _K.GENERAL_BRANCH: "总支 总支部 党总支部 党的总支部 基层党总支 社区党总支 总支部委员会",
    _K.BRANCH: "支部 基层党支部 党的支部 联合党支部 联合支部 临时党支部 临时支部 社区党支部 网格党支部 网格支部 单位党支部 "
    "独立党支部 功能型党支部 流动党支部 退休党支部 支部委员会",
    _K.GROUP: "小组 楼栋党小组 楼组党小组 网格党小组 楼道党小组",
}
_read_term = read_number(1, 10, "年|年一届|年/届")


def read_term(value: Any) -> int | Span | str:
    """3, 3年, 三年; or the first and last day of the term in force: 2023.5-2026.5."""
    try:
        return _read_term(read_numbers(value) if type(value) is str else value)
    except CellRefused as refusal:
        try:
            span = read_span(value)
        except CellRefused:
            if _YEAR.search(plain(value)):
                raise
            raise refusal from None
    return span.years if isinstance(span, Span) and not span.start else span


def settle_term(row: Row) -> None:
    """Make a term with its first day the day of the election and, with its last, a number of years."""
    span = row.values.get("term_years")
    if not isinstance(span, Span):
        return
    row.values["term_years"] = span.years or ""
    if span.start and span.end:
        months = 12 * (span.end.year - span.start.year) + span.end.month - span.start.month
        years = row.values["term_years"] = round(months / 12)
        if abs(months - 12 * years) > 2 or not 1 <= years <= 10:
            row.refuse(TERM.label, _("“%(text)s”不是整年，请核对起止，或只写年数。") % {"text": span})
    elected = row.values.get("elected_on")
    if isinstance(elected, PartialDate) and not span.start.may_be(elected):
        words = {"start": span.start, "elected": elected, "label": ELECTED.label}
        row.warn(TERM.label, _("任期从 %(start)s 起，%(label)s却是 %(elected)s，以后者为准，请核对。") % words)
    elif span.start and not elected:
        row.values["elected_on"] = span.start


_read_kind = read_choice(OrganisationKind, KIND_WORDS)
_YEAR = re.compile(r"\d{4}|[〇○零一二三四五六七八九]{4}")
_KIND_CODE = re.compile(r"^\d{2,3}(?=\D)")  # 631 党支部


def read_kind(value: Any) -> str:
    """The kind of an organisation, with or without its code."""
    return _read_kind(_KIND_CODE.sub("", plain(value)) if type(value) is str else value)


FULL_NAME = column(
    "full_name",
    gettext_lazy("党组织名称"),
    "党组织名称 党组织全称 全称 党组织 组织名称 支部名称 党支部名称 党组织名称全称 基层党组织名称 支部全称 "
    "党支部全称 党支部 两新党组织名称 名称 本级党组织名称",
    read_up_to(120),
    required=True,
    filled=True,
    example="中共桃园社区第1网格支部委员会",
    note=gettext_lazy("全称"),
)
NAME = column(
    "name",
    gettext_lazy("简称"),
    "简称 党组织简称 支部简称 组织简称 党支部简称",
    read_up_to(60),
    example="第1网格党支部",
    note=gettext_lazy("不填由全称得出"),
)
KIND = column(
    "kind",
    gettext_lazy("组织类别"),
    "组织类别 党组织类别 组织类型 党组织类型 类别 类型 党组织形式 组织形式 党组织级别",
    read_kind,
    show=lambda value: OrganisationKind(value).label,
    choices=lambda: [str(kind.label) for kind in OrganisationKind],
    example="党支部",
    note=gettext_lazy("不填按名称的结尾"),
)
PARENT = column(
    "parent",
    gettext_lazy("上级党组织"),
    "上级党组织 上级党组织名称 上级党组织全称 上级组织 上级 隶属党组织 隶属关系 隶属 所属党委 上级党委 "
    "所属上级党组织 直接上级党组织 直属上级党组织",
    read_up_to(120),
    example="桃园社区党委",
    note=gettext_lazy("在案的名称，或本表另一行的名称"),
)
COMMUNITY = column(
    "community",
    gettext_lazy("所在社区"),
    "所在社区 所属社区 社区 社区名称 村居 村社区 所在村居 所属村居 社区村",
    read_up_to(200),
)
AREA = column(
    "area",
    gettext_lazy("所在区域"),
    "所在区域 区域 所属区域 区域名称 区域编码 所在网格 所属网格 网格 网格名称 网格编码 属地 覆盖网格 对应网格 所在楼栋 楼栋",
    read_up_to(200),
    example="第1网格",
    note=gettext_lazy("名称或编码；不填为上级所在区域"),
)
UNIT = column(
    "unit",
    gettext_lazy("所属单位"),
    "所属单位 所在单位 依托单位 单位 单位名称 所在单位名称 建立党组织单位 法人单位 企业名称 所属企业",
    read_up_to(100),
    clearable=True,
    note=gettext_lazy("单位的党组织填写，单位须已登记"),
)
FOUNDED = column(
    "founded_on",
    gettext_lazy("成立日期"),
    "成立日期 成立时间 建立日期 建立时间 批准成立日期 批准成立时间 党组织成立时间 党组织成立日期 组建时间 组建日期 "
    "批复时间 批准日期",
    read_day,
    clearable=True,
    example="2015-07-01",
)
ELECTED = column(
    "elected_on",
    gettext_lazy("本届选举日期"),
    "本届选举日期 本届选举时间 选举日期 选举时间 换届日期 换届时间 本届换届日期 本届换届时间 换届选举日期 换届选举时间 "
    "最近换届时间 最近换届日期 上次换届时间 上次换届日期 最近一次换届时间 最近一次换届日期 本届任期起始时间 届次起始日期",
    read_day,
    clearable=True,
    example="2024-03-01",
    note=gettext_lazy("最近一次，应换届日期由任期算出"),
)
TERM = column(
    "term_years",
    gettext_lazy("任期"),
    "任期 任期年 任期年限 届期 任期年数 每届任期 本届任期 任期起止 任期起止时间 任期时间 起止时间",
    read_term,
    choices=("3", "5"),
    example="3",
    note=gettext_lazy("年；新设的不填为 3 年"),
)
COLUMNS = (FULL_NAME, NAME, KIND, PARENT, COMMUNITY, AREA, UNIT, FOUNDED, ELECTED, TERM)
