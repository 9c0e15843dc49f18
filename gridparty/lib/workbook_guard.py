"""Takes an uploaded workbook apart. Runs as a script in a child process of its own, started by workbook.py.

Everything a hostile file could blow up happens here, under limits of the operating system and without the environment of the
server. So this file imports nothing of the project: it starts in a tenth of a second and knows no secret. It writes JSON lines:
a list is one row of the sheet before it, a dict announces a sheet, a refusal or the end.
"""

import io
import json
import re
import resource
import struct
import sys
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, islice, repeat
from typing import BinaryIO
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MB = 1024 * 1024
CHUNK = 64 * 1024
SHEET_NAME = 31  # characters, as in Excel; a forged name may be megabytes
ERROR_CELL = re.compile(rb"""(<(?:\w+:)?c\s(?:[^<>]*\s)?t\s*=\s*)["']e["']""")
WORDY = {"xlsx": 1, "ods": 5}  # LibreOffice writes 170 characters around a 0: lists of marks pack a hundredfold and more
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Limits:
    """What one file may hold and cost. Sizes are bytes, `ratio` counts for members that unpack to more than 1 MB."""

    packed: int = 20 * MB
    unpacked: int = 200 * MB
    member: int = 120 * MB
    ratio: int = 100
    members: int = 2_000
    sheets: int = 50
    rows: int = 100_000
    columns: int = 200
    merged: int = 20_000
    cell: int = 2_000
    seconds: float = 30
    memory: int = 1024 * MB


class Refused(Exception):
    """The file is refused: `code` names a sentence of workbook.py, `params` fill it."""

    def __init__(self, code: str, **params):
        super().__init__(code)
        self.code, self.params = code, params


def column_letters(index: int) -> str:
    """The letters Excel shows for a column counted from 0."""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def filled(rows: Iterable[list], first: int, limits: Limits) -> Iterator[list]:
    """The rows up to the last filled one, each cut after its last filled cell; `first` is the number of the first row.

    Raises Refused for a filled cell outside the limits. What is empty never counts, however much of it there is.
    """
    blank = 0
    for number, row in enumerate(rows, first):
        while row and row[-1] is None:
            row.pop()
        if not row:
            blank += 1
            continue
        if number > limits.rows:
            raise Refused("rows", row=number, limit=limits.rows)
        if len(row) > limits.columns:
            raise Refused("columns", row=number, column=column_letters(len(row) - 1), limit=limits.columns)
        if sum(len(cell) for cell in row if type(cell) is str) > limits.cell:  # mostly not, so look closer only then
            _check_cells(row, number, limits)
        if blank:
            yield from ([] for _ in range(blank))
            blank = 0
        yield row


def _check_cells(row: list, number: int, limits: Limits) -> None:
    for index, cell in enumerate(row):
        if type(cell) is str and len(cell) > limits.cell:
            raise Refused("cell", row=number, column=column_letters(index), limit=limits.cell)


def check_zip(path: str, limits: Limits) -> tuple[str, bool]:
    """Unpack every member once, keeping nothing. Raises Refused unless this is a sound workbook within the limits.

    Returns "xlsx" or "ods", and whether an xlsx may hold error values.
    """
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN_ZIP as error:  # the directory stands at the end, a half file has none
        raise Refused("half") from error
    with archive:
        members = archive.infolist()
        if len(members) > limits.members:
            raise Refused("members", limit=limits.members)
        if any(member.flag_bits & 1 for member in members):
            raise Refused("locked_zip")
        kind = check_kind({member.filename.replace("\\", "/").lower() for member in members})
        total, errors = 0, False
        for member in members:
            try:
                size, error = check_member(archive, member, limits, limits.unpacked - total, kind)
            except BROKEN_ZIP as error:
                raise Refused("damaged") from error
            total, errors = total + size, errors or error
    return kind, errors


def check_kind(names: set[str]) -> str:
    """By the names inside a zip: "xlsx" or "ods". Raises Refused for every other kind and for an Excel workbook with macros."""
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Refused("macros")
    for mark, kind in (("xl/workbook.xml", "xlsx"), ("content.xml", "ods")):
        if mark in names:
            return kind
    for mark, code in (
        ("xl/workbook.bin", "xlsb"),
        ("encrypted-package", "password"),  # OpenDocument encrypted as a whole
        ("word/document.xml", "document"),
        ("ppt/presentation.xml", "document"),
        ("[content_types].xml", "damaged"),
    ):
        if mark in names:
            raise Refused(code)
    raise Refused("archive")


def check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits, budget: int, kind: str) -> tuple[int, bool]:
    """The unpacked size of one member, counted, and whether it may hold error values. Raises Refused.

    `budget` is what all members together have left.
    """
    declared, size, errors, tail = member.file_size, 0, False, b""
    member.file_size = sys.maxsize  # zipfile stops at the declared size, calamine does not: both must see the same bytes
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limits.member or size > budget:
                raise Refused("unpacked", limit=limits.unpacked // MB)
            if size > MB and size > limits.ratio * WORDY[kind] * member.compress_size:
                raise Refused("bomb")
            seen = tail + chunk
            if kind == "ods":  # a DOCTYPE is harmless in its members that nobody reads; content.xml is watched by OdsContent
                check_locked(member.filename, seen)
            else:
                check_content(member.filename, seen)
            errors = errors or b'"e"' in seen or b"'e'" in seen
            tail = chunk[-40:]
    if size != declared:
        raise Refused("damaged")
    return size, errors


def check_content(name: str, content: bytes) -> None:
    """Raises Refused for entity declarations (an own picture may hold them) and for a workbook meant to hold macros."""
    if (b"<!DOCTYPE" in content or b"<!ENTITY" in content) and not name.startswith("xl/media/"):
        raise Refused("entities")
    if name.lower() == "[content_types].xml" and b"sheet.macroEnabled.main" in content:
        raise Refused("macros")


def check_locked(name: str, content: bytes) -> None:
    """Raises Refused for an OpenDocument whose members are encrypted, each by itself."""
    if name == "META-INF/manifest.xml" and b":encryption-data" in content:
        raise Refused("password")


def with_errors_as_text(path: str) -> io.BytesIO:
    """A copy of a checked .xlsx: calamine makes error values empty cells, and gives up on those it does not know (#SPILL!)."""
    copy = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for member in source.infolist():
            with source.open(member) as stream, target.open(member.filename, "w") as out:
                for markup in whole_tags(stream):
                    out.write(ERROR_CELL.sub(rb'\1"str"', markup))
    copy.seek(0)
    return copy


def whole_tags(stream: BinaryIO) -> Iterator[bytes]:
    """The stream in pieces that cut no tag in two, as long as the tag is shorter than a piece."""
    rest = b""
    while chunk := stream.read(CHUNK):
        piece = rest + chunk
        cut = piece.rfind(b"<")
        if cut < 0 or b">" in piece[cut:] or len(piece) - cut > CHUNK:
            cut = len(piece)
        yield piece[:cut]
        rest = piece[cut:]
    yield rest


def lines(path: str, limits: Limits) -> Iterator[dict | list]:
    """Each worksheet: its heading, its rows, its merged ranges. Charts are left out. Raises Refused, CalamineError."""
    with open(path, "rb") as file:
        ole = file.read(len(OLE)) == OLE
    if ole:
        yield from excel_lines(*sound_xls(path, limits), limits)
        return
    kind, errors = check_zip(path, limits)
    if kind == "ods":
        yield from ods_lines(path, limits)
    else:
        yield from excel_lines(with_errors_as_text(path) if errors else path, None, limits)


def excel_lines(source: str | BinaryIO, errors: list[dict] | None, limits: Limits) -> Iterator[dict | list]:
    """The lines of a checked .xlsx or .xls; `errors` are the error values of each sheet by row and column, from 0."""
    with CalamineWorkbook.from_object(source) as workbook:
        if len(workbook.sheets_metadata) > limits.sheets:
            raise Refused("sheets", limit=limits.sheets)
        if len(set(workbook.sheet_names)) < len(workbook.sheet_names):  # calamine would show one of them twice
            raise Refused("damaged")
        for index, about in enumerate(workbook.sheets_metadata):
            if about.typ in (SheetTypeEnum.MacroSheet, SheetTypeEnum.Vba):
                raise Refused("macros")
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_index(index)
            first = sheet.start[0] + 1 if sheet.start else 1
            rows = rows_of(sheet, first, errors[index] if errors else {}, limits)
            ranges = ((top + 1, left + 1, last + 1, right + 1) for (top, left), (last, right) in sheet.merged_cell_ranges or ())
            visible = about.visible == SheetVisibleEnum.Visible
            yield from sheet_lines(about.name, visible, first, rows, ranges, limits)


def sheet_lines(
    name: str, visible: bool, first: int, rows: Iterable[list], merged: Iterable[tuple], limits: Limits
) -> Iterator[dict | list]:
    """What is told of one sheet, whose rows begin with row `first`. `merged` is asked when the rows are told. Raises Refused."""
    name = name[:SHEET_NAME]
    try:
        yield {"sheet": name, "visible": visible, "first_row": first}
        last, width = first - 1, 0
        for row in filled(rows, first, limits):
            last, width = last + 1, max(width, len(row))
            yield row
        yield {"merged": clipped(merged, first, last, width, limits)}
    except Refused as refusal:
        raise Refused(refusal.code, **{"sheet": name, **refusal.params}) from refusal


def clipped(merged: Iterable[tuple], first: int, last: int, width: int, limits: Limits) -> list[tuple]:
    """The merged ranges that begin in the filled area, cut at its end. Raises Refused."""
    ranges, room = [], (last - first + 1) * width
    for top, left, bottom, right in merged:
        bottom, right = min(bottom, last), min(right, width)
        if top < first or bottom < top or right < left or (top, left) == (bottom, right):
            continue
        ranges.append((top, left, bottom, right))
        room -= (bottom - top + 1) * (right - left + 1)
        if len(ranges) > limits.merged:
            raise Refused("merged", limit=limits.merged)
        if room < 0:  # filling them all would take for ever
            raise Refused("damaged")
    return ranges


def rows_of(sheet: CalamineSheet, first: int, errors: dict[int, dict[int, str]], limits: Limits) -> Iterator[list]:
    """The rows of a sheet from row `first` and column A on, empty cells None. Raises Refused."""
    if first > limits.rows:  # before walking there: a forged number may be two thousand million
        raise Refused("rows", row=first, limit=limits.rows)
    left = [None] * (sheet.start[1] if sheet.start else 0)
    if len(left) >= limits.columns:
        raise Refused("columns", row=first, column=column_letters(len(left)), limit=limits.columns)
    # calamine gives the empty rows above the first filled one, but not the empty columns left of it.
    for index, cells in enumerate(islice(sheet.iter_rows(), first - 1, None), first - 1):
        row = left + [None if cell == "" else cell for cell in cells]
        for column, text in errors.get(index, {}).items():
            row[column] = text
        yield row


# .xls: a file system in a file (OLE), in it one stream of records (BIFF8)

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SECTOR_END = 0xFFFFFFFA  # this and above are marks, not sectors
MINI = 64


class Ole:
    """The streams in the root of an OLE file. Raises Refused where a chain runs in circles or out of the file."""

    def __init__(self, data: bytes):
        self.data = data
        (shift,) = struct.unpack_from("<H", data, 30)
        if shift not in (9, 12):
            raise Refused("damaged")
        self.size = 1 << shift
        directory, _, self.cutoff, self.mini_fat, _, more = struct.unpack_from("<6L", data, 48)
        fats = array("I", data[76:512])
        while more < SECTOR_END:
            numbers = self.words([more])
            more = numbers.pop()
            fats += numbers
            if len(fats) > len(data) // 512 + 128 * 8:  # more than the file can have: it leads back to itself
                raise Refused("damaged")
        self.fat = self.words(number for number in fats if number < SECTOR_END)
        self.entries = b"".join(self.sector(number) for number in followed(self.fat, directory))
        self.streams = self.in_root()

    def sector(self, number: int) -> bytes:
        return self.data[(number + 1) * self.size : (number + 2) * self.size]

    def words(self, numbers: Iterable[int]) -> array:
        words = array("I")
        for number in numbers:
            sector = self.sector(number)
            if len(sector) < self.size:
                raise Refused("half")
            words.frombytes(sector)
        return words

    def in_root(self) -> dict[str, tuple[int, int]]:
        """First sector and size of each stream by its name in lower case. What is embedded lies deeper and is left alone."""
        found, seen = {}, set()
        left = [struct.unpack_from("<L", self.entries, 76)[0]]
        while left:
            number = left.pop()
            if number in seen or number >= SECTOR_END:
                continue
            seen.add(number)
            name, length, kind = struct.unpack_from("<64sHB", self.entries, number * 128)
            if kind == 2:
                stream = struct.unpack_from("<LL", self.entries, number * 128 + 116)
                found[name[: max(length - 2, 0)].decode("utf-16-le", "replace").lower()] = stream
            left += struct.unpack_from("<LL", self.entries, number * 128 + 68)
        return found

    def read(self, name: str) -> bytes:
        start, size = self.streams[name]
        if size >= self.cutoff:
            content = b"".join(self.sector(number) for number in followed(self.fat, start))
        else:
            (root,) = struct.unpack_from("<L", self.entries, 116)
            small = b"".join(self.sector(number) for number in followed(self.fat, root))
            fat = self.words(followed(self.fat, self.mini_fat))
            content = b"".join(small[number * MINI : (number + 1) * MINI] for number in followed(fat, start))
        if len(content) < size:
            raise Refused("half")
        return content[:size]


def followed(table: array, number: int) -> list[int]:
    """The sectors of a chain. Raises Refused."""
    numbers = []
    while number < SECTOR_END:
        if number >= len(table):
            raise Refused("half")
        if len(numbers) == len(table):
            raise Refused("damaged")
        numbers.append(number)
        number = table[number]
    return numbers


def as_ole(stream: bytes) -> io.BytesIO:
    """The smallest OLE file that holds the stream: calamine reads this one instead of what was uploaded."""
    size = 4096
    count = -(-len(stream) // size)
    fats = -(-(count + 2) // (size // 4 - 1))
    if fats > 109:
        raise Refused("memory")
    end, free, special = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    links = [*range(1, count), end, end, *[special] * fats]
    links += [free] * (fats * size // 4 - len(links))
    numbers = [*range(count + 1, count + 1 + fats), *[free] * (109 - fats)]
    head = struct.pack("<8s16x5H6x9L", OLE, 0x3E, 4, 0xFFFE, 12, 6, 1, fats, count, 0, 4096, end, 0, end, 0)
    head = (head + struct.pack("<109L", *numbers)).ljust(size, b"\0")
    entries = (("Root Entry", 5, 1, count, 0), ("Workbook", 2, free, 0, count * size))  # calamine wants a sector for the root
    directory = b"".join(
        struct.pack("<64sHBB3L36xLQ", name.encode("utf-16-le"), len(name) * 2 + 2, kind, 1, free, free, child, start, length)
        for name, kind, child, start, length in entries
    )
    return io.BytesIO(
        head + stream.ljust(count * size, b"\0") + directory.ljust(size, b"\0") + struct.pack(f"<{len(links)}L", *links)
    )


BOF, EOF, FILEPASS, CODEPAGE, BOUNDSHEET, SST = 0x0809, 0x000A, 0x002F, 0x0042, 0x0085, 0x00FC
LABELSST, LABEL, RSTRING, BOOLERR, FORMULA, IGNORED = 0x00FD, 0x0204, 0x00D6, 0x0205, 0x0006, 0x1001
BIFF8, UTF_16 = 0x0600, 1200
XLS_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A", 43: "#GETTING_DATA"}


def sound_xls(path: str, limits: Limits) -> tuple[io.BytesIO, list[dict]]:
    """A checked copy of an .xls that says nothing calamine gets wrong, and the error values of each sheet. Raises Refused."""
    with open(path, "rb") as file:
        ole = Ole(file.read())
    for mark, code in (
        ("encryptedpackage", "password"),
        ("worddocument", "document"),
        ("powerpoint document", "document"),
    ):
        if mark in ole.streams:
            raise Refused(code)
    if "workbook" not in ole.streams:
        raise Refused("biff5" if "book" in ole.streams else "binary")
    stream = bytearray(ole.read("workbook"))
    starts, texts = sound_globals(stream)
    if len(starts) > limits.sheets:
        raise Refused("sheets", limit=limits.sheets)
    errors = [sound_sheet(stream, start, texts) for start in starts]
    return as_ole(bytes(stream)), errors


def records(stream: bytearray, position: int) -> Iterator[tuple[int, int, int]]:
    """Depth, kind and place of the body of each record, from a BOF to the EOF that closes it. Raises Refused."""
    depth = 0
    while True:
        body = position + 4
        if body > len(stream):
            raise Refused("half")
        kind, length = struct.unpack_from("<HH", stream, position)
        position = body + length
        if position > len(stream):
            raise Refused("half")
        depth += kind == BOF
        if not depth:
            raise Refused("damaged")
        yield depth, kind, body
        if kind == EOF:
            depth -= 1
            if not depth:
                return


def sound_globals(stream: bytearray) -> tuple[list[int], int]:
    """Where the sheets begin, and how many shared texts there are. Raises Refused."""
    if stream[:2] in (b"\x09\x00", b"\x09\x02", b"\x09\x04"):
        raise Refused("biff5")
    starts, texts = [], 0
    for depth, kind, body in records(stream, 0):
        if kind == BOF and depth == 1 and struct.unpack_from("<H", stream, body)[0] != BIFF8:
            raise Refused("biff5")
        if kind == FILEPASS:
            raise Refused("password")
        if kind == CODEPAGE:  # BIFF8 is always UTF-16, but calamine believes what stands here
            struct.pack_into("<H", stream, body, UTF_16)
        elif kind == BOUNDSHEET:
            starts.append(struct.unpack_from("<L", stream, body)[0])
        elif kind == SST:
            (texts,) = struct.unpack_from("<L", stream, body + 4)
    return starts, texts


def sound_sheet(stream: bytearray, start: int, texts: int) -> dict[int, dict[int, str]]:
    """The error values of a sheet by row and column, from 0: calamine makes them empty. Raises Refused."""
    errors = {}
    for depth, kind, body in records(stream, start):
        if depth > 1:  # a chart on the sheet keeps copies of cells, and calamine would take them for the sheet's own
            struct.pack_into("<H", stream, body - 4, IGNORED)
        elif kind == RSTRING:  # begins like a LABEL, but calamine passes over it
            struct.pack_into("<H", stream, body - 4, LABEL)
        elif kind == LABELSST and struct.unpack_from("<L", stream, body + 6)[0] >= texts:  # calamine would leave it empty
            raise Refused("damaged")
        elif kind in (BOOLERR, FORMULA):
            row, column, code, is_error, number, formula_kind = struct.unpack_from("<HH2xBBB3xH", stream, body)
            if kind == FORMULA and formula_kind == 0xFFFF and code == 2:
                errors.setdefault(row, {})[column] = XLS_ERRORS.get(number, "#N/A")
            elif kind == BOOLERR and is_error:
                errors.setdefault(row, {})[column] = XLS_ERRORS.get(code, "#N/A")
    return errors


# .ods: read here, row by row. calamine tells no merged ranges and takes comments, errors and repeated rows wrong.

OPEN = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TABLE, TEXT, STYLE = (f"{OPEN}{part}:1.0 " for part in ("office", "table", "text", "style"))
CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
NOT_CELLS = {
    f"{OFFICE}annotation",
    f"{TABLE}shapes",
    f"{TABLE}dde-links",
    f"{TABLE}tracked-changes",
    f"{TEXT}ruby-text",
    f"{OPEN}drawing:1.0 frame",
    f"{OPEN}drawing:1.0 custom-shape",
}
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
ROWS_REPEATED, COLUMNS_REPEATED = f"{TABLE}number-rows-repeated", f"{TABLE}number-columns-repeated"
ROWS_SPANNED, COLUMNS_SPANNED = f"{TABLE}number-rows-spanned", f"{TABLE}number-columns-spanned"
KIND, VALUE, CALC_KIND, SHOWN = f"{OFFICE}value-type", f"{OFFICE}value", f"{CALCEXT}value-type", f"{OFFICE}string-value"
ERROR_TEXT = re.compile(r"#[A-Z/0]+[!?]?|#N/A|Err:\d+")
DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")


class OdsContent:
    """content.xml piece by piece. `told` gathers (name, visible) of a table, (row, repeats, spans) of its rows, then None."""

    def __init__(self, limits: Limits):
        self.limits, self.told, self.hidden, self.pieces = limits, [], set(), []
        self.style = self.table = None
        self.skipped = self.tables = 0
        self.spreadsheet = False
        self.in_text = False  # None between two paragraphs
        self.starts = {
            f"{STYLE}style": self.start_style,
            f"{STYLE}table-properties": self.start_table_properties,
            f"{OFFICE}spreadsheet": self.start_spreadsheet,
            f"{TABLE}table": self.start_table,
            f"{TABLE}table-row": self.start_row,
            **dict.fromkeys(CELLS, self.start_cell),
            f"{TEXT}p": self.start_paragraph,
            f"{TEXT}s": self.start_spaces,
            f"{TEXT}tab": lambda _about: self.pieces.append("\t"),
            f"{TEXT}line-break": lambda _about: self.pieces.append("\n"),
        }
        self.ends = {
            f"{TABLE}table": self.end_table,
            f"{TABLE}table-row": self.end_row,
            **dict.fromkeys(CELLS, self.end_cell),
            f"{TEXT}p": self.end_paragraph,
        }
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype

    def doctype(self, *_about) -> None:
        raise Refused("entities")  # before any of them is declared

    def start(self, name: str, about: dict) -> None:
        if self.skipped or name in NOT_CELLS:
            self.skipped += 1
        elif name in self.starts:
            self.starts[name](about)

    def end(self, name: str) -> None:
        if self.skipped:
            self.skipped -= 1
        elif name in self.ends:
            self.ends[name]()

    def start_style(self, about: dict) -> None:
        self.style = about.get(f"{STYLE}name")

    def start_table_properties(self, about: dict) -> None:
        if about.get(f"{TABLE}display") == "false":
            self.hidden.add(self.style)

    def start_spreadsheet(self, _about: dict) -> None:
        self.spreadsheet = True

    def start_table(self, about: dict) -> None:
        style = about.get(f"{TABLE}style-name")
        if self.table is not None or not self.spreadsheet or style == "ta_extref":  # LibreOffice's copy of another file
            self.skipped += 1
            return
        self.tables += 1
        if self.tables > self.limits.sheets:
            raise Refused("sheets", limit=self.limits.sheets)
        self.table, self.number = about.get(f"{TABLE}name", ""), 1
        self.told.append((self.table, style not in self.hidden))

    def end_table(self) -> None:
        self.told.append(None)
        self.table = None

    def start_row(self, about: dict) -> None:
        self.row, self.column, self.spans, self.repeats = [], 0, [], count(about, ROWS_REPEATED)

    def end_row(self) -> None:
        while self.row and self.row[-1] is None:
            self.row.pop()
        self.told.append((self.row, self.repeats, self.spans))
        self.number += self.repeats

    def start_cell(self, about: dict) -> None:
        self.cell, self.pieces, self.in_text = about, [], False

    def end_cell(self) -> None:
        about, limit = self.cell, self.limits.columns
        value = ods_value(about, "".join(self.pieces))
        repeats = count(about, COLUMNS_REPEATED) if COLUMNS_REPEATED in about else 1
        last = self.column + repeats
        if value is not None and last > limit:
            raise Refused("columns", sheet=self.table[:SHEET_NAME], row=self.number, column=column_letters(last - 1), limit=limit)
        if ROWS_SPANNED in about or COLUMNS_SPANNED in about:
            high, wide = count(about, ROWS_SPANNED), count(about, COLUMNS_SPANNED)
            if high > 1 or wide > 1:
                self.spans.append((self.column, repeats, high, wide))
        self.row += [value] * min(repeats, max(limit - self.column, 0))
        self.column = last

    def start_paragraph(self, _about: dict) -> None:
        if self.in_text is None:
            self.pieces.append("\n")
        self.in_text = True

    def end_paragraph(self) -> None:
        self.in_text = None

    def start_spaces(self, about: dict) -> None:
        self.pieces.append(" " * min(count(about, f"{TEXT}c"), self.limits.cell + 1))

    def characters(self, text: str) -> None:
        if self.in_text and not self.skipped:
            self.pieces.append(text)


def count(about: dict, name: str) -> int:
    return max(int(about.get(name, 1)), 1)


def ods_value(about: dict, text: str) -> object:
    """The cell as an .xlsx would tell it. `text` is what LibreOffice shows in it."""
    kind = about.get(KIND)
    if kind in ("float", "percentage", "currency"):
        error = about.get(CALC_KIND) == "error" or (text[:1] in "#E" and ERROR_TEXT.fullmatch(text))
        if error:
            return text or None
        return text == "TRUE" if text in ("TRUE", "FALSE") else float(about[VALUE])  # how LibreOffice keeps them of an .xlsx
    if kind == "boolean":
        return about[f"{OFFICE}boolean-value"] == "true"
    if kind == "date":
        with suppress(ValueError):  # a year before 1 stays as it is shown
            moment = datetime.fromisoformat(about[f"{OFFICE}date-value"]).replace(tzinfo=None)
            return moment if moment.time() != time() else moment.date()
    if kind == "time" and (parts := DURATION.fullmatch(about[f"{OFFICE}time-value"])):
        return ":".join(f"{int(part):02}" for part in parts.groups())
    return about.get(SHOWN) or text or None


def ods_lines(path: str, limits: Limits) -> Iterator[dict | list]:
    """The lines of a checked .ods. Raises Refused, ExpatError."""
    content = OdsContent(limits)
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
        told = all_told(content, stream)
        for name, visible in told:
            spans = []
            rows = ods_rows(name, told, spans, limits)
            first, row = next(((number, row) for number, row in enumerate(rows, 1) if row), (1, []))
            yield from sheet_lines(name, visible, first, chain([row], rows), ods_merged(spans, limits), limits)
    if not content.spreadsheet:
        raise Refused("document")


def all_told(content: OdsContent, stream: BinaryIO) -> Iterator[tuple | None]:
    while chunk := stream.read(CHUNK):
        content.parser.Parse(chunk)
        yield from content.told
        content.told.clear()
    content.parser.Parse(b"", True)
    yield from content.told


def ods_rows(name: str, told: Iterator[tuple | None], spans: list, limits: Limits) -> Iterator[list]:
    """The rows of a table from row 1 on, as often as they repeat; its merged cells go to `spans`. Raises Refused."""
    number = 1
    for row, repeats, row_spans in iter(told.__next__, None):
        spans.extend((number, repeats, *span) for span in row_spans)
        if row and number + repeats - 1 > limits.rows:
            raise Refused("rows", sheet=name[:SHEET_NAME], row=max(number, limits.rows + 1), limit=limits.rows)
        yield from repeat(row, min(repeats, max(limits.rows + 1 - number, 0)))
        number += repeats


def ods_merged(spans: list, limits: Limits) -> Iterator[tuple[int, int, int, int]]:
    for number, rows, column, columns, high, wide in spans:
        for top in range(number, number + min(rows, limits.rows)):
            for left in range(column + 1, column + 1 + min(columns, limits.columns)):
                yield top, left, top + high - 1, left + wide - 1


def as_json(cell: object) -> dict | str:
    """Days and moments as a dict, which no other cell is; times and durations as text."""
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    if isinstance(cell, timedelta):
        seconds = round(cell.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(cell, date):
        return {"": cell.isoformat()}
    raise TypeError(f"A cell cannot be a {type(cell).__name__}.")


def confine(limits: Limits) -> None:
    """Bound what this process can take from the machine; nothing it starts later can lift it. No file, no core dump."""
    for kind, value in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, int(limits.seconds) + 5),  # the parent stops it sooner, unless the parent is gone
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def main(path: str, limits: Limits) -> None:
    """Check and read the workbook at `path`, write its rows or one refusal to standard output."""
    encode = json.JSONEncoder(default=as_json, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", buffering=CHUNK)  # noqa: SIM115 closed by leaving

    def write(line: list | dict) -> None:
        out.write(encode(line) + "\n")

    try:
        for line in lines(path, limits):
            write(line)
        write({"end": True})
    except Refused as refusal:
        write({"refused": refusal.code, "params": refusal.params})
    except MemoryError:
        write({"refused": "memory", "params": {}})
    except (CalamineError, expat.ExpatError, struct.error, ValueError, LookupError):  # ValueError: a number that is none
        write({"refused": "damaged", "params": {}})
    with suppress(BrokenPipeError):
        out.close()


if __name__ == "__main__":
    limits = Limits(**json.loads(sys.argv[2]))
    confine(limits)
    main(sys.argv[1], limits)
