"""Finds the tables of a register in the sheets of a file, matches their columns and hands out their rows, cells as they stand.

What was decided on the way is told in `notes`; what cannot be understood is refused whole.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from gridparty.lib.cells import is_ditto
from gridparty.lib.roster import Column, Roster
from gridparty.lib.workbook import Cell, FileRefused, Sheet
from rosters.headings import HEADER_DEPTH, HEADER_LINES, Header, Names, bare, find_header, read_header, suggest
from rosters.lines import Lines, describe, filled, lines_of, split

__all__ = ["HEADER_DEPTH", "Chosen", "ColumnsMissing", "RawRow", "Table", "Understood", "bare", "understand"]

# Nobody has these from the line above: 同上 stays, and is refused.
ONES_OWN = frozenset(["name", "full_name", "id_number", "phone", "code", "building_code", "credit_code", "record", "username"])
NOT_THE_LIST = re.compile(r"\s*(填写示例|示例|样表|样例|范例|例表|(填写|填表|填报)?说明)表?[\s\d()（）]*")  # names of sheets


@dataclass(frozen=True)
class Chosen:
    """What the user, on the page or the command line, said about the file. All of it may be left out."""

    sheets: tuple[str, ...] = ()  # names of the sheets to read; (): found by itself
    header_rows: tuple[int, ...] = ()  # numbers as Excel shows them, in the first sheet that is read
    columns: Mapping[str, str] = field(default_factory=dict)  # {field: heading as in the file}; "": the field is in no column


@dataclass
class Table:
    """One table in one sheet, merged ranges filled. Positions count from 0."""

    sheet: Sheet
    header_rows: list[int]  # numbers as Excel shows them
    columns: dict[int, Column]
    headings: dict[int, str]  # several header rows joined by a space
    lines: list[int] = field(default_factory=list, repr=False)  # indexes of the data lines in sheet.rows

    def rows(self) -> Iterator["RawRow"]:
        """The data lines, 同上 replaced by what stands above."""
        sheet, positions = self.sheet, list(self.columns)
        fields, width = [column.field for column in self.columns.values()], max(positions, default=-1) + 1
        dittos = {self.columns[at].field: words for at in positions if (words := self._dittos(at))}
        above: dict[str, Cell] = {}
        for index in self.lines:
            cells = sheet.rows[index]
            if len(cells) < width:
                cells = cells + [None] * (width - len(cells))
            row = dict(zip(fields, [cells[at] for at in positions], strict=True))
            for name, words in dittos.items():
                if row[name] in words and filled(above.get(name)):
                    row[name] = above[name]
            above = row
            yield RawRow(sheet.name, sheet.number(index), row)

    def _dittos(self, at: int) -> set[Cell]:
        """The words for "as above" in this column, where they may stand."""
        if self.columns[at].field in ONES_OWN:
            return set()
        rows = self.sheet.rows
        cells = {cells[at] for index in self.lines if len(cells := rows[index]) > at}
        return {cell for cell in cells if type(cell) is str and len(cell) < 12 and is_ditto(cell)}


@dataclass(slots=True)
class RawRow:
    """One data line: its sheet, its number as Excel shows it (text files: that of the record), {field: cell as it stands}."""

    sheet: str
    number: int
    cells: dict[str, Cell]


@dataclass
class Understood:
    """What was found in a file."""

    roster: Roster  # the one asked for, or its wide form
    tables: list[Table]
    unmatched: list[str]  # headings that name no column: what stands below them is not read
    suggestions: dict[str, str]  # {field that is in no column: heading that may be meant}
    notes: list[str]  # sentences: what was decided that the user should see

    def rows(self) -> Iterator[RawRow]:
        """All data lines, sheet by sheet."""
        for table in self.tables:
            yield from table.rows()


class ColumnsMissing(FileRefused):
    """No header names all columns that the register must have. Carries the nearest one, so that a page can ask for them."""

    def __init__(self, message: str, table: Table | None, missing: list[Column], suggestions: dict[str, str]):
        super().__init__(message)
        self.table, self.missing, self.suggestions = table, missing, suggestions


def understand(
    roster: Roster,
    sheets: list[Sheet],
    chosen: Chosen = Chosen(),
    known: Mapping[str, str] | None = None,
) -> Understood:
    """Find, match and sort what a file holds of this register. Raises FileRefused.

    `known` are headings the office has explained before: {bare heading: field}, "" for one that is to be left alone.
    """
    forms = [form for form in (roster, roster.wide) if form is not None]
    fields = dict.fromkeys(column.field for form in forms for column in form.columns)
    for name in chosen.columns:
        if name not in fields:
            words = {"field": name, "fields": "、".join(fields)}
            raise FileRefused(_("这份名单没有“%(field)s”这一栏，可用的有：%(fields)s。") % words)
    views = [lines_of(sheet) for sheet in _named(sheets, chosen.sheets)]
    searches = [_Search(form, views, chosen, known or {}) for form in forms]
    return max(searches, key=lambda search: (bool(search.whole), search.matched)).understood()


def _named(sheets: list[Sheet], names: Sequence[str]) -> list[Sheet]:
    missing = [name for name in names if name not in {sheet.name for sheet in sheets}]
    if missing:
        words = {"name": missing[0], "names": "、".join(sheet.name for sheet in sheets)}
        raise FileRefused(_("没有名为“%(name)s”的工作表，文件中有：%(names)s。") % words)
    return [sheet for name in names for sheet in sheets if sheet.name == name] or sheets


class _Search:
    """The headers of one register in the sheets of a file."""

    def __init__(self, roster: Roster, views: list[Lines], chosen: Chosen, known: Mapping[str, str]):
        self.roster, self.views, self.chosen = roster, views, chosen
        self.names = Names(roster, chosen.columns, known)
        self.headers = [find_header(self.names, view.rows, view.merged) for view in views]
        self.open = [bool(chosen.sheets) or view.sheet.visible for view in views]
        if not any(self.open):  # a file of hidden sheets only
            self.open = [True] * len(views)
        if chosen.header_rows and views:
            at = next((at for at, header in enumerate(self.headers) if self.open[at] and self._is_whole(header)), None)
            at = 0 if chosen.sheets else self.open.index(True) if at is None else at
            self.headers[at] = self._header_said(views[at])
        self.whole = [at for at, header in enumerate(self.headers) if self.open[at] and self._is_whole(header)]
        self.matched = max((len(header.columns) for at, header in enumerate(self.headers) if header and self.open[at]), default=0)

    def _is_whole(self, header: Header | None) -> bool:
        return header is not None and header.is_whole(self.roster)

    def _header_said(self, view: Lines) -> Header:
        """The header in the rows that the user named."""
        block = sorted({number - view.sheet.first_row for number in self.chosen.header_rows})
        if block[0] < 0 or block[-1] >= len(view.rows) or len(block) > HEADER_LINES:
            words = {"rows": "、".join(map(str, self.chosen.header_rows))}
            raise FileRefused(_("表头不能是第 %(rows)s 行：应为有内容的一至三行，请核对行号。") % words)
        return replace(read_header(self.names, view.rows, view.merged, block), sure=True)

    def understood(self) -> Understood:
        """Reads the lines. Raises FileRefused where columns or lines are missing."""
        self._check_said()
        if not self.whole or (self.chosen.sheets and len(self.whole) < len(self.views)):
            raise self._incomplete()
        split_up = {at: self._split(at) for at in self._readable()}
        read = self._worth_reading({at for at, parts in split_up.items() if any(indexes for _header, indexes in parts)})
        if not read:
            raise FileRefused(_("表头下面没有数据，请填写后再导入。"))
        found = Understood(self.roster, [], [], {}, self._about_sheets(read, split_up))
        for at in read:
            found.tables += [_table(self.views[at], header, indexes) for header, indexes in split_up[at]]
            found.notes += describe(self.views[at], with_name=len(read) > 1)
        for at in read:
            found.notes += _about_columns(self.views[at], split_up[at])
        matched = {column.field for table in found.tables for column in table.columns.values()}
        found.unmatched = list(
            dict.fromkeys(text for table in found.tables for at, text in table.headings.items() if at not in table.columns)
        )
        found.notes = list(dict.fromkeys(found.notes))
        free = [
            column for column in self.roster.columns if column.field not in matched and column.field not in self.chosen.columns
        ]
        found.suggestions = suggest(free, found.unmatched)
        return found

    def _split(self, at: int) -> list[tuple[Header, list[int]]]:
        try:
            return split(self.views[at], self.names, self.headers[at])
        except FileRefused:
            if self.open[at]:
                raise
            return []  # a hidden sheet is only counted

    def _readable(self) -> list[int]:
        return [at for at, header in enumerate(self.headers) if self._is_whole(header)]

    def _worth_reading(self, filled_ones: set[int]) -> list[int]:
        """Of the sheets with lines those that are shown, and no example beside the list itself."""
        read = [at for at in self.whole if at in filled_ones]
        lists = [at for at in read if not NOT_THE_LIST.fullmatch(self.views[at].sheet.name)]
        return read if self.chosen.sheets or len(self.views) == 1 else lists

    def _about_sheets(self, read: list[int], split_up: Mapping[int, list]) -> list[str]:
        """Which sheets are read together, and which are left out and why."""
        notes = []
        if len(read) > 1:
            words = {"names": "、".join(f"“{self.views[at].sheet.name}”" for at in read)}
            notes.append(_("%(names)s都有完整的表头，按顺序一起读取。") % words)
        left = [at for at, view in enumerate(self.views) if at not in read and any(any(map(filled, row)) for row in view.rows)]
        reasons = [f"“{self.views[at].sheet.name}”（{self._why_left(at, split_up.get(at, []))}）" for at in left]
        if reasons:
            notes.append(_("没有读取的工作表：%(sheets)s。") % {"sheets": "、".join(reasons)})
        return notes

    def _why_left(self, at: int, parts: list) -> str:
        header, count = self.headers[at], sum(len(indexes) for _header, indexes in parts)
        if not self.open[at]:
            return _("隐藏的，其中有完整的名单 %(count)d 行") % {"count": count} if count else _("隐藏的")
        if header is None or len(header.columns) < 2:
            return _("没有名单的表头")
        missing = header.missing(self.roster)
        if missing:
            return _("表头缺少%(missing)s") % {"missing": _quoted(column.label for column in missing)}
        return _("是示例") if count else _("没有数据")

    def _check_said(self) -> None:
        """Headings that the user named stand in the file. Raises FileRefused."""
        headings = [
            text for at, header in enumerate(self.headers) if header and self.open[at] for text in header.headings.values()
        ]
        for heading in filter(None, self.chosen.columns.values()):
            if not any(bare(text).endswith(bare(heading)) for text in headings):
                words = {"heading": heading, "headings": "、".join(dict.fromkeys(headings))}
                raise FileRefused(_("表头里没有“%(heading)s”，有：%(headings)s。") % words)

    def _incomplete(self) -> FileRefused:
        """What the nearest header lacks, and which of its headings may be meant."""
        hidden = [at for at in self._readable() if not self.open[at]]
        if hidden:
            words = {"names": _quoted(self.views[at].sheet.name for at in hidden)}
            return FileRefused(_("名单在隐藏的工作表%(names)s里，没有读取。请取消隐藏后再导入，或指明这张工作表。") % words)
        near = [at for at, header in enumerate(self.headers) if header and self.open[at] and header.missing(self.roster)]
        if not near:
            words = {"missing": _quoted(column.label for column in self.roster.columns if column.required)}
            return ColumnsMissing(_("没有找到表头。请确认选对了文件，并在数据上方用一行写明%(missing)s。") % words, None, [], {})
        at = max(near, key=lambda at: (-len(self.headers[at].missing(self.roster)), len(self.headers[at].columns)))
        table, missing = _table(self.views[at], self.headers[at], []), self.headers[at].missing(self.roster)
        free = [text for position, text in table.headings.items() if position not in table.columns]
        meant = suggest(missing, free)
        words = {"missing": _quoted(column.label for column in missing), "row": table.header_rows[-1]}
        words["near"] = _quoted(text[:20] for text in free if text in meant.values())
        if meant:
            sentence = _("第 %(row)d 行的表头里缺少%(missing)s；%(near)s是否就是？请改成上述名称。") % words
        else:
            sentence = _("第 %(row)d 行的表头里缺少%(missing)s，请补上该列。") % words
        return ColumnsMissing(sentence, table, missing, meant)


def _quoted(texts: Iterable[Any]) -> str:
    return "、".join(f"“{text}”" for text in texts)


def _table(view: Lines, header: Header, indexes: list[int]) -> Table:
    rows = [view.sheet.number(index) for index in header.rows]
    return Table(view.sheet, rows, header.columns, header.headings, indexes)


def _about_columns(view: Lines, parts: list[tuple[Header, list[int]]]) -> Iterator[str]:
    """Columns that are named twice, and columns with values that have no heading."""
    nameless = set()
    for header, indexes in parts:
        for at in header.twice:
            words = {"heading": header.headings[at], "label": header.twice[at].label, "column": letters(at)}
            yield _("%(column)s 列的“%(heading)s”也是%(label)s，只读取前面的一列，这一列没有读取。") % words
        beside = [other for other, _indexes in parts if other.rows == header.rows]
        named = {at for other in beside for at in (*other.headings, *other.passed_over)}
        candidates = set(range(max((len(view.rows[index]) for index in indexes), default=0))) - named
        nameless |= {at for at in candidates if any(view.has(index, at) for index in indexes)}
    if nameless:
        yield _("%(columns)s 列没有表头，其中的内容没有读取。") % {"columns": "、".join(map(letters, sorted(nameless)))}


def letters(at: int) -> str:
    """What Excel calls the column at this position, counted from 0."""
    name, number = "", at + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name
