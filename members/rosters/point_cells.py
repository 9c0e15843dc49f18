"""The columns of the register of points: who did what, when and how much of it."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib.cells import read_date
from gridparty.lib.registers import column, read_up_to
from gridparty.lib.roster import CellRefused, plain, read_text
from members.rosters.member_cells import BY_FIELD as MEMBER_FIELDS
from people.rosters.cells import RECORD


@dataclass(frozen=True)
class Amount:
    """How much of something, and in what it was counted, where that is written."""

    number: Decimal
    unit: str = ""

    def __str__(self):
        return f"{self.number:f}{self.unit}"


_AMOUNT = re.compile(r"(\d{1,6})(\.\d+)? ?(个?小时|学时|人?次|季度|[篇件年月天场份])?", re.ASCII)
_SAME_UNIT = {"个小时": "小时", "学时": "小时", "人次": "次"}


def read_amount(value: Any) -> Amount | str:
    """2, 2.5, 2小时; "" for nothing."""
    text = read_text(value if type(value) is str else plain(value))
    if not text:
        return ""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise CellRefused(_("“%(text)s”不是数量，应为次数、小时数等，如 2 或 2.5（不是分值），请改正。") % {"text": text[:20]})
    number = Decimal(match[1] + (match[2] or "").rstrip("0").rstrip("."))
    if number.as_tuple().exponent < -1:
        raise CellRefused(_("“%(text)s”最多写一位小数，请改正。") % {"text": text[:20]})
    return Amount(number, _SAME_UNIT.get(match[3], match[3] or ""))


NAME, ID, ORGANISATION = (MEMBER_FIELDS[name] for name in ("name", "id_number", "organisation"))
ITEM = column(
    "item",
    gettext_lazy("积分项目"),
    "积分项目 项目 项目名称 积分事项 加分项目 扣分项目 加减分项目 考核项目 积分项 得分项目 积分内容 item",
    read_up_to(80),
    general="项目编号 项目编码 项目代码",
    required=True,
    filled=True,
    example="B1 参加三会一课",
    note=gettext_lazy("执行中的积分办法里的编号或名称"),
)
ON = column(
    "on",
    gettext_lazy("日期"),
    "日期 活动日期 积分日期 记分日期 得分日期 发生日期 会议日期 时间 活动时间 会议时间 发生时间 date",
    read_date,
    required=True,
    filled=True,
    example="2026-03-05",
)
QUANTITY = column(
    "quantity",
    gettext_lazy("数量"),
    "数量 次数 时长 小时数 服务时长 学时 quantity",
    read_amount,
    example="1",
    note=gettext_lazy("次数、小时数等，不是分值；不填为 1"),
)
NOTE = column(
    "note",
    gettext_lazy("事由"),
    "事由 活动名称 会议名称 会议或活动 会议或活动名称 活动内容 会议内容 具体事项 事项 积分事由 加分事由 reason",
    read_up_to(500),
    example="3月支部党员大会",
    note=gettext_lazy("同一天同一事由，每人同一项目只记一次"),
)
COLUMNS = (RECORD, NAME, ID, ORGANISATION, ITEM, ON, QUANTITY, NOTE)
