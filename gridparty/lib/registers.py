"""What the registers of several apps do alike: cells of a limited length, numbers, dates, phones and places of a row."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from gridparty.lib.cells import PartialDate, Phones, read_date
from gridparty.lib.roster import CLEAR, CellRefused, Column, Row, Verdict, plain, read_text

read_day = partial(read_date, partial=True)  # settle_date makes it a day


def column(field: str, label: str, headings: str, read: Callable[[Any], Any], general: str = "", **more) -> Column:
    """A column that a file may lack unless `required`; its headings parted by spaces."""
    return Column(field, label, headings.split(), read, general=general.split(), **({"required": False} | more))


def read_up_to(most: int) -> Callable[[Any], str]:
    """A reader of text of at most so many characters: a longer one would be cut or fail in the database."""

    def read(value: Any) -> str:
        text = read_text(value)
        if len(text) > most:
            words = {"text": text[:20], "n": len(text), "most": most}
            raise CellRefused(_("“%(text)s…”有 %(n)d 个字，最多 %(most)d 个，请缩短，或核对是否填错了列。") % words)
        return text

    return read


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


def settle_phone(row: Row, column: Column) -> None:
    """Make the numbers of a cell the one that is kept, with a warning where there are others."""
    found = row.values.get(column.field)
    if not isinstance(found, Phones):
        return
    row.values[column.field] = found.first
    if found.others:
        row.warn(column.label, _("写有 %(n)d 个号码，只登记第一个手机号。") % {"n": len(found.others) + 1})


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
