"""Takes an uploaded workbook apart. Runs as a script in a child process of its own, started by workbook.py.

Everything a hostile file could blow up happens here, under limits of the operating system and without the environment of the
server. So this file imports nothing of the project: it starts in a tenth of a second and knows no secret. It writes JSON lines:
a list is one row of the sheet before it, a dict announces a sheet, a refusal or the end.
"""

import io
import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import islice
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MB = 1024 * 1024
CHUNK = 64 * 1024
SHEET_NAME = 31  # characters, as in Excel; a forged name may be megabytes
ERROR_CELL = re.compile(rb"""(<(?:\w+:)?c\s(?:[^<>]*\s)?t\s*=\s*)["']e["']""")
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


def check_zip(path: str, limits: Limits) -> bool:
    """Unpack every member once, keeping nothing. Raises Refused unless this is a sound .xlsx within the limits.

    True when it may hold error values.
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
        check_kind({member.filename.replace("\\", "/").lower() for member in members})
        total, errors = 0, False
        for member in members:
            try:
                size, error = check_member(archive, member, limits, limits.unpacked - total)
            except BROKEN_ZIP as error:
                raise Refused("damaged") from error
            total, errors = total + size, errors or error
    return errors


def check_kind(names: set[str]) -> None:
    """Raises Refused when the names inside a zip are not those of a workbook without macros."""
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Refused("macros")
    if "xl/workbook.xml" in names:
        return
    for mark, code in (
        ("xl/workbook.bin", "xlsb"),
        ("content.xml", "ods"),
        ("word/document.xml", "document"),
        ("ppt/presentation.xml", "document"),
        ("[content_types].xml", "damaged"),
    ):
        if mark in names:
            raise Refused(code)
    raise Refused("archive")


def check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits, budget: int) -> tuple[int, bool]:
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
            if size > MB and size > limits.ratio * member.compress_size:
                raise Refused("bomb")
            seen = tail + chunk
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


def lines(source: str | BinaryIO, limits: Limits) -> Iterator[dict | list]:
    """Each worksheet of a checked .xlsx: its heading, then its rows. Charts are left out. Raises Refused, CalamineError."""
    with CalamineWorkbook.from_object(source) as workbook:
        if len(workbook.sheets_metadata) > limits.sheets:
            raise Refused("sheets", limit=limits.sheets)
        for index, about in enumerate(workbook.sheets_metadata):
            if about.typ in (SheetTypeEnum.MacroSheet, SheetTypeEnum.Vba):
                raise Refused("macros")
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            name = about.name[:SHEET_NAME]
            try:
                sheet = workbook.get_sheet_by_index(index)
                first = sheet.start[0] + 1 if sheet.start else 1
                yield {"sheet": name, "visible": about.visible == SheetVisibleEnum.Visible, "first_row": first}
                yield from rows_of(sheet, first, limits)
            except Refused as refusal:
                raise Refused(refusal.code, **refusal.params, sheet=name) from refusal


def rows_of(sheet: CalamineSheet, first: int, limits: Limits) -> Iterator[list]:
    """The rows of a sheet from row `first` and column A on, empty cells None. Raises Refused."""
    if first > limits.rows:  # before walking there: a forged number may be two thousand million
        raise Refused("rows", row=first, limit=limits.rows)
    left = [None] * (sheet.start[1] if sheet.start else 0)
    if len(left) >= limits.columns:
        raise Refused("columns", row=first, column=column_letters(len(left)), limit=limits.columns)
    # calamine gives the empty rows above the first filled one, but not the empty columns left of it.
    rows = islice(sheet.iter_rows(), first - 1, None)
    return filled((left + [None if cell == "" else cell for cell in row] for row in rows), first, limits)


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
        source = with_errors_as_text(path) if check_zip(path, limits) else path
        for line in lines(source, limits):
            write(line)
        write({"end": True})
    except Refused as refusal:
        write({"refused": refusal.code, "params": refusal.params})
    except MemoryError:
        write({"refused": "memory", "params": {}})
    except (CalamineError, ValueError):  # ValueError: a number that is none
        write({"refused": "damaged", "params": {}})
    with suppress(BrokenPipeError):
        out.close()


if __name__ == "__main__":
    limits = Limits(**json.loads(sys.argv[2]))
    confine(limits)
    main(sys.argv[1], limits)
