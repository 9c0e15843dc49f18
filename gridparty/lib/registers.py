"""What the registers of several apps do alike: cells of a limited length, numbers, dates, phones and places of a row."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from gridparty.lib.cells import PartialDate, Phones, Span, read_date
from gridparty.lib.roster import CLEAR, CellRefused, Column, Row, Verdict, plain, read_text
from gridparty.lib.text import one_a_line

read_day = partial(read_date, partial=True)  # settle_date makes it a day


def column(field: str, label: str, headings: str, read: Callable[[Any], Any], general: str = "", **more) -> Column:
    """A column that a file may lack unless `required`; its headings parted by spaces."""
    return Column(field, label, headings.split(), read, general=general.split(), **({"required": False} | more))


def read_up_to(most: int, read_one: Callable[[Any], str] = read_text) -> Callable[[Any], str]:
    """A reader of text of at most so many characters: a longer one would be cut or fail in the database."""

    def read(value: Any) -> str:
        text = read_one(value)
        if len(text) > most:
            words = {"text": text[:20], "n": len(text), "most": most}
            raise CellRefused(_("“%(text)s…”有 %(n)d 个字，最多 %(most)d 个，请缩短，或核对是否填错了列。") % words)
        return text

    return read


def read_list(most: int) -> Callable[[Any], str]:
    """A reader of several things in one cell, one a line, of at most so many characters."""

    def read_things(value: Any) -> str:
        return one_a_line("\n".join(map(read_text, value.splitlines()))) if type(value) is str else read_text(value)

    return read_up_to(most, read_things)


def read_number(low: int, high: int, units: str) -> Callable[[Any], int | str]:
    """A reader of whole numbers, with or without one of the words in `units` (parted by |) behind them."""
    pattern = re.compile(rf"(\d{{1,9}}) ?(?:{units})?", re.ASCII)

    def read(value: Any) -> int | str:
        text = read_text(value if type(value) is str else plain(value))
        if not text:
            return ""
        match = pattern.fullmatch(text)
        if match is None or not low <= int(match[1]) <= high:
            words = {"text": text[:20], "low": low, "high": high}
            raise CellRefused(_("“%(text)s”应为 %(low)d 至 %(high)d 之间的整数，请改正。") % words)
        return int(match[1])

    return read


def said(row: Row, name: str) -> Any:
    """What the row says in a column; "" where nothing, nothing readable or 清空 stands."""
    value = row.values.get(name)
    return "" if value is None or value is CLEAR else value


def settle_date(row: Row, column: Column, last: bool = False) -> None:
    """Make the PartialDate of a row a day: of a month alone its first day (`last`: its last), with a warning."""
    found = row.values.get(column.field)
    if not isinstance(found, PartialDate):
        return
    row.values[column.field] = found.first_day
    if found.day is None:
        day = monthrange(found.year, found.month)[1] if last else 1
        row.values[column.field] = date(found.year, found.month, day)
        row.warn(column.label, _("只有年月，按 %(day)d 日登记。") % {"day": day})


def settle_span(row: Row, column: Column, starts: Column, ends: Column) -> None:
    """Give the term of one cell to the columns of its first and last day, before these are settled.

    Refuses a term that contradicts them; of years alone it takes the first day that stands elsewhere in the row.
    """
    span = row.values.get(column.field)
    if not isinstance(span, Span):
        return
    for one, found in ((starts, span.start), (ends, span.end)):
        stated = said(row, one.field) if one is not column else ""
        if found and isinstance(stated, PartialDate) and not found.may_be(stated):
            words = {"label": one.label, "stated": stated, "found": found}
            row.refuse(column.label, _("写的是 %(found)s，“%(label)s”却是 %(stated)s，请核对后只留一个。") % words)
        elif found and (not stated or stated.day is None):
            row.values[one.field] = found
    start = said(row, starts.field)
    if span.years and isinstance(start, PartialDate) and not said(row, ends.field):
        day = _after_years(start.first_day, span.years)
        row.values[ends.field] = PartialDate(day.year, day.month, day.day)
        row.warn(ends.label, _("按任期 %(n)d 年算到 %(day)s，请核对。") % {"n": span.years, "day": day.isoformat()})
    elif span.years and not said(row, ends.field):
        row.warn(column.label, _("只写了 %(n)d 年，没有写从何时起，按不定期登记，请核对。") % {"n": span.years})


def _after_years(day: date, years: int) -> date:
    """The last day of so many years that begin with a day."""
    month_end = monthrange(day.year + years, day.month)[1]
    return day.replace(year=day.year + years, day=min(day.day, month_end)) - timedelta(1)


def settle_phone(row: Row, column: Column) -> None:
    """Make the numbers of a cell the one that is kept, with a warning where there are others."""
    found = row.values.get(column.field)
    if not isinstance(found, Phones):
        return
    row.values[column.field] = found.first
    if found.others:
        row.warn(column.label, _("写有 %(n)d 个号码，只登记第一个手机号。") % {"n": len(found.others) + 1})


# What offices write in brackets behind a name: what became of it, and who or how many stand behind it.
_BRACKETS = re.compile(r"[(（\[【〔]([^()（）\[\]【】〔〕]*)[)）\]】〕]?\s*$")
_STATE = re.compile(
    "(已|现已|现为|现名|原名|原为|原来|原址|曾用|曾名|拟|待[拆撤建定]|注销|吊销|撤销|撤并|拆除|拆迁|征收|合并|并入|并到|更名|改名|改为|停业|歇业|停用"
    "|关闭|关门|倒闭|搬[迁走到至离]|迁[出走至往]|外迁|解散|作废|重复|失联).*|原(?![子料种创野生阳]).{2,}|[拆撤]|新增|新建|新成立|在建|未建|未成立|筹建|空置"
    "|暂停|不存在|无效|备用|删除|取消"
)
_ENDED = re.compile(
    "[ ,，、:：—–-]*(已经?|现已)(拆除?|拆迁|注销|吊销|撤销|撤并|合并|解散|停业|关闭|倒闭|停用|搬走|搬迁|迁走|作废|更名)$"
)
_BEHIND = re.compile(
    r"(党支部|支部|总支|党委|党小组|网格|楼栋|单位)?(第一书记|副?书记|支书|负责人|联系人|联络员|副?组长|副?主任|法人|法定代表人|总?经理"
    r"|校长|院长|店长|网格长|网格员|楼栋?长|片长)"
    r"([:： ].*|(?!工作|办公|之家|驿站)[\u3400-\u9fff]{0,4}\d{0,12})|(电话|手机|联系电话)[:： ]*[\d-]*"
    r"|(共|现有|党员|正式党员)*[:： ]?\d+ ?(人|名|户|名党员|个党员)"
)


def drop_remark(row: Row, column: Column) -> None:
    """Take off what tells who or how many stand behind a name (书记 王某; 30人), with a warning that says so."""
    text = said(row, column.field)
    found = _BRACKETS.search(text) if type(text) is str else None
    if found and found.start() and _BEHIND.fullmatch(found[1].strip()):
        row.values[column.field] = text[: found.start()].rstrip()
        row.warn(
            column.label,
            _("括号里的“%(remark)s”是说明，名称按“%(name)s”读取。")
            % {
                "remark": found[1][:20],
                "name": row.values[column.field][:40],
            },
        )


def state_in(name: str) -> str:
    """Why a name is none to be entered: behind it stands what became of it (已注销, 拆除, 合并到 …, 原 …). "" for a name."""
    rest, remark = name, ""
    while not remark and (found := _BRACKETS.search(rest)) and found.start():
        remark, rest = found[1] if _STATE.fullmatch(found[1].strip()) else "", rest[: found.start()]
    if not remark and (ended := _ENDED.search(name)):
        remark = ended[0].strip()
    if not remark:
        return ""
    words = {"text": name[:30], "remark": remark[:20]}
    return (
        _("“%(text)s”里的“%(remark)s”是说明，不是名称：仍在的请删去说明，已撤销、注销或拆除的请删去此行，并到其页面办理。")
        % words
    )


def stated(row: Row, columns: Iterable[tuple[Column, str | None]], find: Callable) -> list:
    """The areas a row names, outermost first: each (column, kind) is looked for by `find(text, kind, within)` in the one before.

    Refuses the row where one is not found.
    """
    found: list = []
    for one, kind in columns:
        if text := said(row, one.field):
            try:
                found.append(find(text, kind, found[-1] if found else None))
            except CellRefused as refusal:
                row.refuse(one.label, str(refusal))
                break
    return found


def change(row: Row, column: Column, old: Any, new: Any) -> None:
    """Note a change that `compare` could not see."""
    row.changes.append((column.field, column.written(old), column.written(new)))
    if row.verdict is Verdict.UNCHANGED:
        row.verdict = Verdict.UPDATED


def fill_down(rows: Iterable[Row], levels: Sequence[tuple[str, ...]], labels: Mapping[str, str]) -> None:
    """Where a row names only the lower of `levels` (fields, from the top down), the upper ones are those of the row above.

    Offices write 街道 and 社区 once and leave them empty below. What was filled in is told.
    """
    above: Row | None = None
    for row in rows:
        first = next((at for at, fields in enumerate(levels) if any(row.values.get(name) for name in fields)), 0)
        empty = [name for fields in levels[:first] for name in fields if name in row.values]
        if above is not None and above.sheet == row.sheet and empty:
            filled = {name: above.values[name] for name in empty if above.values.get(name)}
            row.values |= filled
            if filled:
                words = {"above": "、".join(dict.fromkeys(map(str, filled.values())))}
                row.warn(labels[next(iter(filled))], _("空着的上级按上一行的“%(above)s”读取，请核对。") % words)
        above = row
