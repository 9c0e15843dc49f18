"""From a file to judged rows, and from judged rows to the database. What each register means is declared by its app."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.roster import CellRefused, Column, Roster, Row, Verdict, plain, rosters
from gridparty.lib.workbook import FileRefused, Limits, Sheet, read_sheets

HEADER_DEPTH = 20  # a heading stands within the first filled rows, below titles and units


@dataclass
class Reading:
    """What a file was understood to say."""

    roster: Roster
    sheet: str = ""
    header_row: int = 0
    columns: dict[str, str] = field(default_factory=dict)  # field → heading in the file
    unmatched: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(row.verdict for row in self.rows)
        return {verdict.value: found[verdict] for verdict in Verdict}

    @property
    def refused(self) -> list[Row]:
        return [row for row in self.rows if row.verdict is Verdict.REFUSED]


def roster_of(kind: str) -> Roster:
    """The declared register of this kind. Raises KeyError."""
    return {roster.kind: roster for roster in all_rosters()}[kind]


def all_rosters() -> list[Roster]:
    return [declare() for declare in rosters]


def read_roster(*, roster: Roster, path: Path, limits: Limits, by=None, sheet: str | None = None) -> Reading:
    """Read, match and judge a file; writes nothing. Raises FileRefused for a file that cannot be understood as this register."""
    if by is not None and not scope_of(by).has(Can.IMPORT_ROSTERS):
        raise FileRefused(_("您没有导入名单的权限，请由有权限的人员导入，或请管理员为您任职。"))
    chosen, header, columns = _find_table(roster, _sheets(path, limits, sheet))
    reading = Reading(roster, chosen.name, chosen.number(header))
    headings = {index: plain(cell) for index, cell in enumerate(chosen.rows[header]) if plain(cell)}
    reading.columns = {column.field: headings[index] for index, column in columns.items()}
    reading.unmatched = [text for index, text in headings.items() if index not in columns]
    for index in range(header + 1, len(chosen.rows)):
        if any(plain(cell) for cell in chosen.rows[index]):
            reading.rows.append(_read_row(chosen, index, columns))
    if not reading.rows:
        raise FileRefused(_("表头下面没有数据，请填写后再导入。"))
    roster.judge(reading.rows, by)
    return reading


def commit_roster(*, reading: Reading, by) -> int:
    """Write what was judged new or updated, all or none. Raises Refused; refuses a reading with refused rows."""
    if reading.refused:
        raise ValueError("A reading with refused rows is not committed.")
    work = [row for row in reading.rows if row.verdict in (Verdict.NEW, Verdict.UPDATED)]
    return reading.roster.commit(rows=work, by=by) if work else 0


def _sheets(path: Path, limits: Limits, name: str | None) -> list[Sheet]:
    sheets = read_sheets(path, limits)
    if name is None:
        return [sheet for sheet in sheets if sheet.visible] or sheets
    named = [sheet for sheet in sheets if sheet.name == name]
    if not named:
        words = {"name": name, "names": "、".join(sheet.name for sheet in sheets)}
        raise FileRefused(_("没有名为“%(name)s”的工作表，文件中有：%(names)s。") % words)
    return named


Table = tuple[Sheet, int, dict[int, Column]]  # the sheet, the index of its header row, {position: column}


def _find_table(roster: Roster, sheets: Iterable[Sheet]) -> Table:
    """The one table of the file that names all columns the register must have. Raises FileRefused."""
    tables = [table for sheet in sheets if (table := _header_of(roster, sheet))]
    whole = [table for table in tables if not _missing(roster, table)]
    if len(whole) == 1:
        return whole[0]
    if whole:  # reading one of them would lose the others without a word
        words = {"names": "、".join(f"“{sheet.name}”" for sheet, _header, _columns in whole)}
        raise FileRefused(_("%(names)s都有完整的表头，一次只能读一张。请合并到一张工作表，或指明工作表。") % words)
    raise FileRefused(_incomplete(roster, max(tables, key=lambda table: len(table[2]), default=None)))


def _header_of(roster: Roster, sheet: Sheet) -> Table | None:
    """Where most columns of the register are named, among the first filled rows of a sheet."""
    filled = (index for index, cells in enumerate(sheet.rows) if any(plain(cell) for cell in cells))
    headers = [(sheet, index, match_columns(roster, sheet.rows[index])) for index in islice(filled, HEADER_DEPTH)]
    best = max(headers, key=lambda header: len(header[2]), default=None)
    return best if best and best[2] else None


def _missing(roster: Roster, table: Table | None) -> list[Column]:
    matched = table[2].values() if table else ()
    return [column for column in roster.columns if column.required and column not in matched]


def _incomplete(roster: Roster, best: Table | None) -> str:
    missing = _missing(roster, best)
    words = {"missing": "、".join(f"“{column.label}”" for column in missing)}
    if best is None:
        return _("没有找到表头。请确认选对了文件，并在数据上方用一行写明%(missing)s。") % words
    sheet, index, columns = best
    texts = [plain(cell) for position, cell in enumerate(sheet.rows[index]) if position not in columns and plain(cell)]
    known = {_bare(heading): heading for column in missing for heading in column.headings}
    near = [text for text in texts if get_close_matches(_bare(text), known, n=1, cutoff=0.6)]
    words |= {"row": sheet.number(index), "near": "、".join(f"“{text[:20]}”" for text in near)}
    if near:
        return _("第 %(row)d 行的表头里缺少%(missing)s；%(near)s是否就是？请改成上述名称。") % words
    return _("第 %(row)d 行的表头里缺少%(missing)s，请补上该列。") % words


_HINT = re.compile(r"[(（\[【].*?[)）\]】]")
_NOISE = re.compile(r"[\s*＊:：_★☆※]+")


def _bare(heading: Any) -> str:
    """A heading without stars, hints in brackets, line breaks and spaces."""
    return _NOISE.sub("", _HINT.sub("", plain(heading))).lower()


def match_columns(roster: Roster, cells: Iterable[Any]) -> dict[int, Column]:
    """{position: column} of a header row. A column named twice keeps its first place."""
    names = {_bare(heading): column for column in roster.columns for heading in (*column.headings, str(column.label))}
    matched: dict[int, Column] = {}
    for position, cell in enumerate(cells):
        column = names.get(_bare(cell)) if isinstance(cell, str) else None
        if column is not None and column not in matched.values():
            matched[position] = column
    return matched


def _read_row(sheet: Sheet, index: int, columns: dict[int, Column]) -> Row:
    row = Row(sheet.name, sheet.number(index), {})
    cells = sheet.rows[index]
    for position, column in columns.items():
        try:
            row.values[column.field] = column.read(cells[position] if position < len(cells) else None)
        except CellRefused as refusal:
            row.values[column.field] = None
            row.refuse(str(column.label), str(refusal))
        else:
            if column.filled and row.values[column.field] == "":
                row.refuse(str(column.label), _("没有填写，请补上。"))
    return row
