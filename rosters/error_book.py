"""The user's own workbook back, with what is wrong in it; sent in again as it is, it finishes the job."""

import json
import tempfile
from pathlib import Path

from django.db.models import Q
from django.utils.translation import gettext as _

from gridparty.lib.roster import Verdict
from gridparty.lib.workbook import BROWSER, FileRefused, read_sheets
from gridparty.lib.workbook_out import write_errors
from rosters.actions.files import chosen_of, known_headings, path_of
from rosters.actions.staging import loads
from rosters.engine import roster_of
from rosters.models import Import, ImportRow
from rosters.tables import RawRow, Table, understand


def write_error_book(imported: Import, path: Path) -> int:
    """Write it to `path`; returns how many rows were refused. What the user mended stands in it. Raises FileRefused."""
    with tempfile.TemporaryDirectory() as folder:
        sheets = read_sheets(path_of(imported, folder), BROWSER)
    found = understand(roster_of(imported.kind), sheets, chosen_of(imported), known_headings(imported))
    # By position: of tables side by side, two rows have the same number.
    lines = [(table, index, raw) for table in found.tables for index, raw in zip(table.lines, table.rows(), strict=True)]
    originals = {sheet.name: sheet for sheet in sheets}
    problems: dict[tuple[str, int], tuple[list[str], set[int]]] = {}
    rows = imported.rows.filter(Q(verdict=Verdict.REFUSED.value) | ~Q(mended=[])).order_by("position")
    for row in rows.iterator():
        table, index = _line_of(row, lines)
        if row.mended:
            _mend(originals[row.sheet].rows[index], table, row)
        if row.verdict == Verdict.REFUSED:
            sentences, bad = problems.setdefault((row.sheet, row.number), ([], set()))
            _tell(table, json.loads(row.told)["reasons"], sentences, bad)
    headers = {table.sheet.name: table.header_rows[-1] for table in reversed(found.tables)}
    write_errors(path, sheets=sheets, problems=problems, headers=headers)
    return len(problems)


def _line_of(row: ImportRow, lines: list[tuple[Table, int, RawRow]]) -> tuple[Table, int]:
    if row.position < len(lines):
        table, index, raw = lines[row.position]
        if (raw.sheet[:100], raw.number) == (row.sheet, row.number):
            return table, index
    raise FileRefused(_("表头的对应关系在上传之后有了变化，请重新上传这份文件，再下载错误清单。"))


def _mend(line: list, table: Table, row: ImportRow) -> None:
    """Put what was typed into the line; the rest stays as it is in the file."""
    cells = loads(row.cells)
    for position, column in table.columns.items():
        if column.field in row.mended:
            line += [None] * (position + 1 - len(line))
            line[position] = cells[column.field]


def _tell(table: Table, reasons: list[dict], sentences: list[str], bad: set[int]) -> None:
    places = {str(column.label): position for position, column in table.columns.items()}
    for one in reasons:
        sentences.append(f"“{one['column']}”：{one['message']}" if one["column"] else one["message"])
        bad |= {places[one["column"]]} if one["column"] in places else set()
