"""From a file to judged rows, and from judged rows to the database. What each register means is declared by its app."""

import gc
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.roster import CLEAR, CellRefused, Column, Remark, Roster, Row, Verdict, plain, rosters
from gridparty.lib.workbook import Cell, FileRefused, Limits, read_sheets
from rosters.tables import Chosen, RawRow, Understood, understand


@contextmanager
def uncollected() -> Iterator[None]:
    """All rows live until the end: looking for garbage among them took a fifth of the time and found none."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@dataclass
class Reading:
    """What a file was understood to say."""

    roster: Roster
    sheets: list[str] = field(default_factory=list)
    header_rows: list[int] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)  # field → heading in the file
    unmatched: list[str] = field(default_factory=list)
    suggestions: dict[str, str] = field(default_factory=dict)  # field → heading that may be meant
    notes: list[str] = field(default_factory=list)
    cells: list[RawRow] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(row.verdict for row in self.rows)
        return {verdict.value: found[verdict] for verdict in Verdict}

    @property
    def has_work(self) -> bool:
        return any(_is_work(row) for row in self.rows)

    @property
    def refused(self) -> list[Row]:
        return [row for row in self.rows if row.verdict is Verdict.REFUSED]


def roster_of(kind: str) -> Roster:
    """The declared register of this kind. Raises KeyError."""
    return {roster.kind: roster for roster in all_rosters()}[kind]


def all_rosters() -> list[Roster]:
    return [declare() for declare in rosters]


@uncollected()
def read_roster(
    *,
    roster: Roster,
    path: Path,
    limits: Limits,
    by=None,
    area=None,
    sheet: str | None = None,
    chosen: Chosen = Chosen(),  # noqa: B008 frozen
    known: Mapping[str, str] | None = None,
) -> Reading:
    """Read, match and judge a file; writes nothing. Raises FileRefused for a file that cannot be understood as this register."""
    if by is not None and not scope_of(by).has(Can.IMPORT_ROSTERS):
        raise FileRefused(_("您没有导入名单的权限，请由有权限的人员导入，或请管理员为您任职。"))
    chosen = Chosen(sheets=(sheet,)) if sheet is not None else chosen
    reading = _reading(understand(roster, read_sheets(path, limits), chosen, known or {}))
    reading.rows = judge_rows(roster=reading.roster, cells=reading.cells, by=by, area=area)
    return reading


def _reading(found: Understood) -> Reading:
    first = found.tables[0]
    return Reading(
        roster=found.roster,
        sheets=list(dict.fromkeys(table.sheet.name for table in found.tables)),
        header_rows=first.header_rows,
        columns={column.field: first.headings[position] for position, column in first.columns.items()},
        unmatched=found.unmatched,
        suggestions=found.suggestions,
        notes=found.notes,
        cells=list(found.rows()),
    )


@uncollected()
def judge_rows(
    *, roster: Roster, cells: Iterable[RawRow], by, area=None, answers: Mapping[int, Mapping] | None = None
) -> list[Row]:
    """Read the cells and let the register judge them. `answers`: {position: {choice: value}} to the remarks of earlier times."""
    columns = {column.field: (column, {}) for column in roster.columns}
    rows = [_read_row(raw, columns) for raw in cells]
    for position, given in (answers or {}).items():
        rows[position].answers = dict(given)
    roster.judge(rows, by, area)
    return rows


# A text file has lost whether 2001.1 was typed so, or was the 2001.10 of a number: the readers ask, as for a number.
_TENTH = re.compile(r"\d{4}\.1", re.ASCII)


def _read_row(raw: RawRow, columns: Mapping[str, tuple[Column, dict]]) -> Row:
    row = Row(raw.sheet, raw.number, {})
    for name, cell in raw.cells.items():
        column, read_before = columns[name]
        if type(cell) is str and len(cell) == 6 and not raw.sheet and _TENTH.fullmatch(cell):
            cell = float(cell)
        key = cell if type(cell) is str else (type(cell), cell)
        if key not in read_before:
            read_before[key] = _read(column, cell)
        value = read_before[key]
        if isinstance(value, CellRefused):
            row.values[name] = None
            row.refuse(column.label, str(value))
        else:
            row.values[name] = value
            if column.filled and (value == "" or value is None):
                row.refuse(column.label, _("没有填写，请补上。"))
    return row


def _read(column: Column, cell: Cell) -> Any:
    if type(cell) is str and column.clearable and plain(cell) == CLEAR:
        return CLEAR
    try:
        return column.read(cell)
    except CellRefused as refusal:
        return refusal


def _is_work(row: Row) -> bool:
    return row.verdict in (Verdict.NEW, Verdict.UPDATED) or row.asks


@uncollected()
def commit_rows(*, roster: Roster, rows: Iterable[Row], by) -> int:
    """Write what was judged new or updated, all or none; returns how many. Raises Refused."""
    work = [row for row in rows if _is_work(row)]
    return roster.commit(rows=work, by=by) if work else 0


def commit_roster(*, reading: Reading, by, partial: bool = False) -> int:
    """Write a reading. Raises Refused; without `partial`, a reading with refused rows is not committed."""
    if reading.refused and not partial:
        raise ValueError("A reading with refused rows is not committed.")
    return commit_rows(roster=reading.roster, rows=reading.rows, by=by)


# --- In words and in JSON


def told(row: Row) -> dict:
    """What is said of a row, as JSON holds it."""
    return {
        "reasons": [{"column": column, "message": message} for column, message in row.reasons],
        "warnings": [_remark(remark) for remark in row.warnings],
        "changes": [list(change) for change in row.changes],
        "values": {name: _plain(value) for name, value in row.values.items()},
    }


def _remark(remark: Remark) -> dict:
    said = {"column": remark.column, "message": remark.message}
    return said | {"choice": remark.choice, "options": [list(one) for one in remark.options]} if remark.choice else said


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def checked(rows: Iterable[Row]) -> str:
    """A hash over all that is to happen: what is written is what was shown, or nothing."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps([row.sheet, row.number, row.verdict, told(row)], ensure_ascii=False).encode())
    return digest.hexdigest()
