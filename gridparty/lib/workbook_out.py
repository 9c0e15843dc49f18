"""Writes spreadsheets as offices edit them: every cell is text, and nothing in it can become a formula.

Tables go out row by row; a template and an error workbook come back through gridparty.lib.workbook as they went out.
"""

import csv
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from gridparty.lib.roster import Column, Roster, plain
from gridparty.lib.workbook import Cell, Sheet

EXAMPLE = "示例："  # the reader leaves out lines with a cell that begins so
REASON = "原因"
LAST_ROW = 5_000  # of a template: as far as its drop-downs reach
SAMPLE = 200  # rows looked at to find the widths of columns
NARROW, WIDE = 8, 40

# What XML cannot hold: nothing of it can be seen, and Excel takes a file with it for damaged.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Excel reads such a beginning in a text file as a formula, behind blanks and in full width, too.
_DANGEROUS = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
_MOST = 16_000  # characters; Excel takes 32,767 halves of characters

_TEXT = {"num_format": "@", "quote_prefix": True, "valign": "vcenter"}
_HEADING = _TEXT | {"bold": True, "bg_color": "#DDE8E0", "border": 1, "text_wrap": True}
_SAMPLE_LINE = _TEXT | {"italic": True, "font_color": "#808080"}
_REASON = _TEXT | {"font_color": "#C00000", "text_wrap": True, "valign": "top"}
_KINDS = {  # of cells in an error workbook; what is typed into a number's cell is text, too
    "heading": _HEADING,
    "reason": _REASON,
    "text": _TEXT,
    "kept": {"num_format": "@"},
    "day": {"num_format": "yyyy-mm-dd"},
}
_BAD = {"bg_color": "#FFC7CE"}


def as_text(value: Any) -> str:
    """A value as offices write it: days as 1978-05-01, whole numbers without “.0”, without what a file cannot hold."""
    if value is None:
        return ""
    if type(value) is str:
        pass
    elif isinstance(value, datetime):
        value = value.replace(tzinfo=None, microsecond=0)
        value = value.date() if value.time() == datetime.min.time() else value
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _UNWRITABLE.sub("", str(value))
    return text if len(text) <= _MOST else text[:_MOST] + "…"


# --- Tables


def write_table(path: Path, *, columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> int:
    """Write the headings and the rows, one at a time, to .xlsx or, by the name of the path, .csv. Returns how many rows.

    `title` names the sheet. Whatever `rows` raises is raised, and leaves no file behind.
    """
    write = _write_csv if path.suffix == ".csv" else _write_xlsx
    return write(path, [str(column) for column in columns], ([as_text(cell) for cell in row] for row in rows), str(title))


def _write_csv(path: Path, columns: list[str], rows: Iterable[list[str]], title: str) -> int:
    count = 0
    with _new_file(path), path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)  # a reader finds the comma, whatever stands in the cells
        writer.writerow(map(_harmless, columns))
        for count, row in enumerate(rows, 1):  # noqa: B007
            writer.writerow(map(_harmless, row))
    return count


def _harmless(text: str) -> str:
    return f"'{text}" if _DANGEROUS.match(text) else text


def _write_xlsx(path: Path, columns: list[str], rows: Iterable[list[str]], title: str) -> int:
    rows = iter(rows)
    with _book(path) as book:
        text, heading = book.add_format(_TEXT), book.add_format(_HEADING)
        (name,) = _sheet_names([title])
        sheet = _add_sheet(book, name)
        sheet.freeze_panes(1, 0)
        _write_row(sheet, 0, columns, heading)
        number, sample = 0, list(islice(rows, SAMPLE))
        _set_columns(sheet, [columns, *sample], text)
        for number, row in enumerate(chain(sample, rows), 1):
            _write_row(sheet, number, row, text)
        sheet.autofilter(0, 0, number, max(len(columns) - 1, 0))
    return number


# --- Templates


def write_template(path: Path, *, roster: Roster) -> None:
    """The empty form of a register: headings, drop-downs, notes, an example line that is never imported, and how to fill it."""
    columns = roster.columns
    with _book(path, constant_memory=False) as book:
        text, heading, grey = (book.add_format(look) for look in (_TEXT, _HEADING, _SAMPLE_LINE))
        form, guide, words = (_add_sheet(book, name) for name in (_("填写"), _("填写说明"), _("字典")))
        form.freeze_panes(1, 0)
        headings = [f"{column.label}{'*' if column.filled else ''}" for column in columns]
        examples = [as_text(column.example) for column in columns]
        if not any(example.startswith(EXAMPLE) for example in examples):
            examples[0] = EXAMPLE + examples[0]
        _set_columns(form, [headings, examples], text)
        _write_row(form, 0, headings, heading)
        _write_row(form, 1, examples, grey)
        choices = {column.field: _choices(column) for column in columns}
        for place, column in enumerate(columns):
            form.data_validation(1, place, LAST_ROW - 1, place, _guidance(column, _source(words, place, choices[column.field])))
        words.hide()
        guide.set_column(0, 0, 100, book.add_format(_TEXT | {"text_wrap": True}))
        for number, line in enumerate(chain(_rules(), (_about(column, choices[column.field]) for column in columns))):
            guide.write_string(number, 0, line)


def _choices(column: Column) -> list[str]:
    return [str(choice) for choice in (column.choices() if callable(column.choices) else column.choices)]


def _source(words: Worksheet, place: int, choices: list[str]) -> list[str] | str:
    """Where a drop-down takes its words from: Excel holds 255 characters parted by commas, more stands on the hidden sheet."""
    if len(",".join(choices)) <= 200 and not any(re.search('[,"=]', choice) for choice in choices):
        return choices
    for number, choice in enumerate(choices):
        words.write_string(number, place, as_text(choice))
    letter = xl_col_to_name(place)
    return f"='{words.name}'!${letter}$1:${letter}${len(choices)}"


def _guidance(column: Column, source: list[str] | str) -> dict[str, Any]:
    """Beside the cell stands the note. Words off the list are questioned, not forbidden: the import knows more of them."""
    message = column.note or (_("必填。") if column.filled else _("可以不填。"))
    shown = {"input_title": str(column.label)[:32], "input_message": str(message)[:255]}
    if not source:
        return {"validate": "any"} | shown
    title, question = _("不在列表里"), _("这里的内容不在下拉列表里，确定这样填写吗？")
    return {
        "validate": "list",
        "source": source,
        "error_type": "warning",
        "error_title": title,
        "error_message": question,
    } | shown


def _rules() -> list[str]:
    return [
        _("填写说明"),
        _("1. 在“填写”表里填写，一行一条记录；不要改动表头，不要合并单元格，不要在数据下方写合计和备注。"),
        _("2. 表头带 * 的必须填写；其他栏目没有内容的可以空着，也可以写“无”或“—”。"),
        _("3. 更新已有记录时，空白的格子保留原来的内容；要清空原来的内容，请在格子里写“清空”。"),
        _("4. 各栏已设为文本格式，身份证号码等长号码照原件完整填写；从别处粘贴时请选择“只粘贴文本”或“值”。"),
        _("5. 日期写成 1978-05-01 的形式，也可以写 1978年5月1日、19780501；年份写四位。"),
        _("6. 以“示例：”开头的一行只作参考，不会导入，可以删去。"),
        _("各栏说明"),
    ]


def _about(column: Column, choices: list[str]) -> str:
    """One column in one sentence: a cell with nothing but its heading would be taken for a table."""
    words = {"label": column.label, "note": column.note, "example": column.example, "choices": "、".join(choices[:50])}
    parts = [_("“%(label)s”：必填。") if column.filled else _("“%(label)s”：可以不填。")]
    parts += [_("　说明：%(note)s")] if column.note else []
    parts += [_("　例：%(example)s")] if column.example else []
    parts += [_("　可选：%(choices)s")] if choices else []
    parts += ["……"] if len(choices) > 50 else []
    parts += [_("　可写“清空”。")] if column.clearable else []
    return as_text("".join(parts) % words)


# --- The user's own workbook, with what is wrong in it


Problems = Mapping[tuple[str, int], tuple[Sequence[str], Iterable[int]]]


def write_errors(path: Path, *, sheets: Sequence[Sheet], problems: Problems, headers: Mapping[str, int]) -> None:
    """The workbook as it was read, as .xlsx, with a new first column that says why a row was refused.

    `problems`: {(sheet, row number): (sentences, positions of the bad cells)}; `headers`: {sheet: row number of its header}.
    Positions count from 0 as read. In a sheet with a header all cells move one column to the right, or take the place of the
    reasons of an earlier error workbook; other sheets stay as they are.
    """
    with _book(path) as book:
        looks = {
            (kind, bad): book.add_format(look | (_BAD if bad else {})) for kind, look in _KINDS.items() for bad in (False, True)
        }
        written = [_add_sheet(book, name, _Shared) for name in _sheet_names([sheet.name for sheet in sheets])]
        for sheet, out in zip(sheets, written, strict=True):
            here = {number: problem for (name, number), problem in problems.items() if name == sheet.name}
            _ErrorSheet(out, looks, sheet, headers.get(sheet.name)).write(here)
        shown = [out for sheet, out in zip(sheets, written, strict=True) if sheet.visible] or written[:1]
        shown[0].activate()
        shown[0].set_first_sheet()
        for out in written:
            if not any(out is one for one in shown):
                out.hide()


class _Shared(Worksheet):
    """A sheet that goes out row by row, and whose texts stand once beside it, as in Excel's own: half the size.

    A large workbook must not outgrow the limits of the reader on its way back. XlsxWriter has the one or the other.
    """

    def _write_cell(self, row, col, cell):
        if hasattr(cell, "string"):
            cell = cell._replace(string=self.str_table._get_shared_string_index(cell.string))
        self.constant_memory = False  # which decides whether the text stands in the cell
        super()._write_cell(row, col, cell)
        self.constant_memory = True

    def finish(self) -> None:
        """Write the last row, while its texts can still be noted."""
        self._write_single_row()


class _ErrorSheet:
    """One sheet of an error workbook."""

    def __init__(self, out: _Shared, looks: Mapping, sheet: Sheet, header: int | None):
        self.out, self.looks, self.sheet, self.header = out, looks, sheet, header
        self.dropped = int(header is not None and self._has_reasons())
        self.shift = int(header is not None) - self.dropped

    def _has_reasons(self) -> bool:
        index = self.header - self.sheet.first_row
        cells = self.sheet.rows[index] if 0 <= index < len(self.sheet.rows) else []
        return bool(cells) and plain(cells[0]) == REASON

    def write(self, problems: Mapping[int, tuple[Sequence[str], Iterable[int]]]) -> None:
        self._set_columns()
        for index, cells in enumerate(self.sheet.rows):
            number = self.sheet.number(index)
            reasons, bad = problems.get(number, ((), ()))
            if number == self.header:
                self.out.write_string(number - 1, 0, REASON, self.looks["heading", False])
            elif reasons:
                _write_text(self.out, number - 1, 0, as_text("\n".join(map(str, reasons))), self.looks["reason", False])
            self._write_cells(number - 1, cells, set(bad))
        self.out.finish()
        self._merge()

    def _set_columns(self) -> None:
        texts = [[as_text(cell) for cell in cells[self.dropped :]] for cells in self.sheet.rows[:SAMPLE]]
        first = [REASON] if self.header is not None else []
        _set_columns(self.out, [[*first, *cells] for cells in texts], self.looks["text", False])
        if self.header is not None:
            last = self.sheet.number(len(self.sheet.rows)) - 2
            self.out.set_column(0, 0, WIDE, self.looks["text", False])
            self.out.freeze_panes(self.header, 1)
            self.out.autofilter(self.header - 1, 0, max(last, self.header - 1), max(map(len, self.sheet.rows)) + self.shift - 1)

    def _write_cells(self, row: int, cells: Sequence[Cell], bad: set[int]) -> None:
        for position in range(self.dropped, max([len(cells), *(place + 1 for place in bad)])):
            cell = cells[position] if position < len(cells) else None
            self._write_cell(row, position + self.shift, cell, position in bad)

    def _write_cell(self, row: int, column: int, cell: Cell, bad: bool) -> None:
        if cell is None:
            if bad:
                self.out.write_blank(row, column, None, self.looks["text", bad])
        elif isinstance(cell, bool):
            self.out.write_boolean(row, column, cell, self.looks["kept", bad])
        elif not _reads_otherwise_as_text(cell):
            _write_text(self.out, row, column, as_text(cell), self.looks["text", bad])
        elif isinstance(cell, date):
            self.out.write_datetime(row, column, cell, self.looks["day", bad])
        else:
            self.out.write_number(row, column, cell, self.looks["kept", bad])

    def _merge(self) -> None:
        """The merged ranges. Not by merge_range, which writes cells: here rows that are past cannot be written again."""
        taken: dict[int, int] = defaultdict(int)  # {row: its covered columns, a bit each}
        for top, left, bottom, right in self.sheet.merged:
            left = max(left, self.dropped + 1)
            if (top, left) >= (bottom, right) or left > right:
                continue
            covered = (1 << right + 1) - (1 << left)
            if any(taken[row] & covered for row in range(top, bottom + 1)):
                continue  # Excel takes a file with ranges on top of each other for damaged
            for row in range(top, bottom + 1):
                taken[row] |= covered
            self.out.merge.append([top - 1, left - 1 + self.shift, bottom - 1, right - 1 + self.shift])


def _reads_otherwise_as_text(cell: Cell) -> bool:
    """Whether the reader takes the cell for something else once it is text, so that it keeps its kind.

    A number of five digits may be a day, 2001.1 is January or October, after 15 digits the rest is lost; a day of 1905 is a year
    that was typed into a column of days. The user is asked about all of these, and would not be asked about their text.
    """
    if isinstance(cell, date):
        return 1900 <= cell.year < 1920
    if not isinstance(cell, int | float) or not math.isfinite(cell):
        return False
    return cell != int(cell) or 10_000 <= abs(cell) < 100_000 or abs(cell) >= 10**15


# --- What all have in common


@contextmanager
def _new_file(path: Path) -> Iterator[None]:
    """Half a file is taken away again."""
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _book(path: Path, constant_memory: bool = True) -> Iterator[xlsxwriter.Workbook]:
    options = {"constant_memory": constant_memory, "strings_to_formulas": False, "strings_to_urls": False}
    with _new_file(path), xlsxwriter.Workbook(str(path), options) as book:
        yield book


def _add_sheet(book: xlsxwriter.Workbook, name: str, kind: type[Worksheet] = Worksheet) -> Worksheet:
    sheet = book.add_worksheet(name, kind)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # no green corners
    return sheet


_NO_NAME = re.compile(r"[\[\]:*?/\\]|[^\S ]|" + _UNWRITABLE.pattern)


def _sheet_names(wanted: Iterable[str]) -> list[str]:
    """Names Excel takes: 31 halves of characters, no brackets and strokes, no two alike; unchanged where they are so."""
    names: list[str] = []
    taken: set[str] = set()
    for number, name in enumerate(wanted, 1):
        name = _cut(_NO_NAME.sub("_", name).strip("'"), 31) or f"Sheet{number}"
        stem, again = name, 1
        while name.lower() in taken or name.lower() == "history":
            again += 1
            name = f"{_cut(stem, 31 - len(f'~{again}'))}~{again}"
        taken.add(name.lower())
        names.append(name)
    return names


def _cut(text: str, units: int) -> str:
    return text.encode("utf-16-le")[: units * 2].decode("utf-16-le", "ignore").strip("'")


def _write_row(sheet: Worksheet, row: int, cells: Iterable[str], look) -> None:
    for column, text in enumerate(cells):
        if text:
            _write_text(sheet, row, column, text, look)


def _write_text(sheet: Worksheet, row: int, column: int, text: str, look) -> None:
    if text.startswith("<r>"):
        # XlsxWriter takes such a text for its own finished XML and writes it as it stands, formulas and all. Never let it.
        sheet.write_rich_string(row, column, text[0], text[1], text[2:], look)
    else:
        sheet.write_string(row, column, text, look)


def _set_columns(sheet: Worksheet, sample: Sequence[Sequence[str]], look) -> None:
    """Widths by what stands in the columns, and all of them text, so that what is typed there stays as it is typed."""
    for column in range(max(map(len, sample), default=0)):
        widest = max(_width(row[column]) for row in sample if column < len(row))
        sheet.set_column(column, column, min(max(widest + 2, NARROW), WIDE), look)


def _width(text: str) -> int:
    """In digits; a Chinese character takes two."""
    lines = text[:200].split("\n")
    return max(len(line) + sum(unicodedata.east_asian_width(one) in "WF" for one in line) for line in lines)
