"""Reads spreadsheets as people send them. The kind is found by content; the cells come back as they stand, or a refusal says why.

Text is read here. Workbooks are read in a child process (workbook_guard.py), because they can be made to eat all memory.
"""

import codecs
import csv
import json
import logging
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path
from threading import Timer

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gridparty.lib import workbook_guard
from gridparty.lib.workbook_guard import MB, OLE, Limits, Refused, filled

__all__ = ["BROWSER", "COMMAND_LINE", "FileRefused", "Limits", "Sheet", "read_sheets", "unmerged"]

BROWSER = Limits()
COMMAND_LINE = Limits(packed=1024 * MB, unpacked=8192 * MB, member=4096 * MB, rows=5_000_000, seconds=900, memory=8192 * MB)

Cell = str | float | int | bool | date | datetime | None

logger = logging.getLogger(__name__)


class FileRefused(Exception):
    """The file cannot be taken. The message is one sentence for the user: what is wrong and how to mend it."""


@dataclass(frozen=True)
class Sheet:
    """One sheet. Cells count from column A, empty ones are None; a row ends with its last filled cell, a blank row is []."""

    name: str  # "" for text files
    rows: list[list[Cell]]
    first_row: int = 1
    visible: bool = True
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First row, first column, last row, last column, counted from 1; no further than what is filled. Text files have none."""

    def number(self, index: int) -> int:
        """The number of rows[index] as Excel shows it; for text files the number of the record."""
        return self.first_row + index


def unmerged(sheet: Sheet) -> Sheet:
    """The sheet as people read it: the value of a merged range stands in every cell of the range."""
    rows = [list(row) for row in sheet.rows]
    for first, left, last, right in sheet.merged:
        lines = rows[first - sheet.first_row : last - sheet.first_row + 1]
        value = lines[0][left - 1] if left <= len(lines[0]) else None
        for line in lines if value is not None else ():
            line.extend([None] * (right - len(line)))
            line[left - 1 : right] = [value] * (right - left + 1)
    return replace(sheet, rows=rows)


def read_sheets(path: Path, limits: Limits) -> list[Sheet]:
    """All sheets of the file, hidden ones too. Raises FileRefused; a file that cannot be opened raises OSError."""
    try:
        if check_kind(path, limits) == "workbook":
            return _read_workbook(path, limits)
        return [_read_text(path, limits)]
    except Refused as refusal:
        raise FileRefused(_sentence(refusal)) from refusal


HEAD = 64 * 1024
SIGNATURES = (
    (b"%PDF", "pdf"),
    (b"\xff\xd8\xff", "picture"),
    (b"\x89PNG", "picture"),
    (b"GIF8", "picture"),
    (b"RIFF", "picture"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"PK\x05\x06", "archive"),
    (b"MIME-Version:", "html"),
    (b"\x09\x00\x04\x00", "biff5"),  # Excel 2, 3, 4; then a later one without its container
    (b"\x09\x02\x06\x00", "biff5"),
    (b"\x09\x04\x06\x00", "biff5"),
    (b"\x09\x08", "biff5"),
)
MARKUP = (b"<!doctype html", b"<html", b"<head", b"<meta", b"<body", b"<div", b"<table", b"<style", b"<script")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\v"))


def check_kind(path: Path, limits: Limits) -> str:
    """By content: "workbook" (zip or OLE) or "text". Raises Refused for other kinds, an empty file and one that is too big."""
    size = path.stat().st_size
    if size > limits.packed:
        raise Refused("packed", limit=limits.packed // MB)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise Refused("empty")
    if head.startswith((b"PK\x03\x04", OLE)):
        return "workbook"
    for signature, code in SIGNATURES:
        if head.startswith(signature):
            raise Refused(code)
    _check_text(head)
    return "text"


def _check_text(head: bytes) -> None:
    """Raises Refused when the first bytes are markup, or nothing that people write."""
    utf16 = head.startswith(UTF16_MARKS)
    start = head.replace(b"\0", b"")[2:] if utf16 else head.removeprefix(b"\xef\xbb\xbf")
    start = start.lstrip().lower()
    if start.startswith(b"<?xml"):
        raise Refused("html" if b"<html" in start else "xml")
    if start.startswith(MARKUP):
        raise Refused("html")
    if not utf16 and len(head) - len(head.translate(None, CONTROLS)) > len(head) // 20 + 2:
        raise Refused("binary")


def _read_workbook(path: Path, limits: Limits) -> list[Sheet]:
    """The sheets as the child process reads them. Raises Refused."""
    # -I and the empty environment: the child loads nothing but what is installed and knows no key or password.
    command = [sys.executable, "-I", workbook_guard.__file__, str(path.resolve()), json.dumps(asdict(limits))]
    deadline = time.monotonic() + limits.seconds
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd="/", env={}, **pipes) as child:  # noqa: S603 our own file, and a path without a shell
        timer = Timer(limits.seconds, child.kill)
        timer.start()
        try:
            sheets = _received(child.stdout)
            if sheets is None:
                child.wait()  # for its return code, before the kill
        finally:
            timer.cancel()
            child.kill()
    if sheets is not None:
        return sheets
    if time.monotonic() >= deadline:
        raise Refused("seconds", limit=round(limits.seconds))
    if child.returncode == -signal.SIGABRT:  # how Rust ends when it gets no memory
        raise Refused("memory")
    logger.error("The workbook reader ended with %s.", child.returncode)  # what it had to say may hold personal data
    raise Refused("damaged")


def _received(lines: Iterable[bytes]) -> list[Sheet] | None:
    """The sheets from the child's lines; None when it ended before its end. Raises Refused when the child says so."""
    # Rosters repeat their values, a few bytes of .ods repeat one a million times: one copy of each text, few of a number.
    decode = json.JSONDecoder(object_hook=_moment, parse_float=lru_cache(10_000)(float)).decode
    same = {}
    sheets = []
    for line in lines:
        try:
            said = decode(line.decode())
        except ValueError:  # a child that is stopped may leave half a line
            return None
        if isinstance(said, list):
            sheets[-1].rows.append([same.setdefault(cell, cell) if type(cell) is str else cell for cell in said])
        elif "sheet" in said:
            sheets.append(Sheet(said["sheet"], [], said["first_row"], said["visible"]))
        elif "merged" in said:
            sheets[-1].merged.extend(map(tuple, said["merged"]))
        elif "refused" in said:
            raise Refused(said["refused"], **said["params"])
        else:
            return sheets
    return None


def _moment(said: dict) -> dict | date | datetime:
    """A date cell is the only dict with an empty key."""
    text = said.get("")
    if text is None:
        return said
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


DELIMITERS = ",\t;"
SNIFFED = 20  # lines looked at to find the delimiter
QUOTED = re.compile(r'(?:^|(?<=[,\t;\r\n]))"[^"]*(?:""[^"]*)*"')


def _read_text(path: Path, limits: Limits) -> Sheet:
    """The records of a text file. Raises Refused."""
    with path.open(encoding=_encoding(path), newline="") as file:
        delimiter = _delimiter(file.read(HEAD).lstrip("\ufeff"))
        file.seek(0)
        lines = chain([next(file).lstrip("\ufeff")], file)
        same = {}
        records = _records(lines, delimiter, limits)
        cells = ([same.setdefault(cell, cell) if cell else None for cell in record] for record in records)
        return Sheet("", list(filled(cells, 1, limits)))


def _records(lines: Iterable[str], delimiter: str, limits: Limits) -> Iterator[list[str]]:
    """Parsed records. Raises Refused where quotes are wrong: reading on would swallow or glue together what follows."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    deadline = time.monotonic() + limits.seconds
    count = line = 0
    try:
        for record in reader:
            yield record
            count, line = count + 1, reader.line_num
            if count % 10_000 == 0 and time.monotonic() > deadline:
                raise Refused("seconds", limit=round(limits.seconds))
    except csv.Error as error:
        one_line = reader.line_num == line + 1
        raise Refused("long_cell" if one_line and "field limit" in str(error) else "quotes", row=count + 1) from error


def _delimiter(head: str) -> str:
    """The delimiter that stands most often, and equally often, in the first lines outside quotes; a comma if there is none."""
    lines = QUOTED.sub("", head).splitlines()[:SNIFFED]

    def score(delimiter: str) -> int:
        counts = [line.count(delimiter) for line in lines]
        return max((counts.count(count) * count for count in counts), default=0)

    return max(DELIMITERS, key=score)


def _encoding(path: Path) -> str:
    """The encoding in which the whole file makes sense. Raises Refused."""
    with path.open("rb") as file:
        mark = file.read(2)
    for encoding in ["utf-16"] if mark in UTF16_MARKS else ["utf-8", "gb18030"]:
        wound = _wound(path, encoding)
        if wound is None:
            return encoding
        if encoding == "utf-8" and _mostly_utf8(wound):
            raise Refused("damaged_text")  # as GB18030 it may pass, and be nonsense
    raise Refused("encoding")


def _wound(path: Path, encoding: str) -> bytes | None:
    """The stretch of the file that is no text in this encoding, None if all is. Raises Refused for a blank file and for NUL."""
    decode = codecs.getincrementaldecoder(encoding)().decode
    line, blank, ended = 1, True, False
    with path.open("rb") as file:
        stretch = b""
        while not ended:
            new = file.read(MB)
            stretch, ended = new or stretch, not new
            try:
                text = decode(new, ended)
            except UnicodeDecodeError:
                return stretch
            before, nul, _rest = text.partition("\0")
            line += before.count("\n")
            if nul:
                raise Refused("nul", row=line)
            blank = blank and not text.strip("\ufeff \t\r\n\f\v\u3000\x1a")
    if blank:
        raise Refused("empty")
    return None


def _mostly_utf8(stretch: bytes) -> bool:
    """Whether more of it is good UTF-8 than bad: then it is UTF-8 with a wound, not another encoding."""
    text = stretch.decode(errors="replace")
    bad = text.count("\ufffd")
    good = (len(text.encode()) - len(text)) // 2 - bad  # a Chinese character takes two bytes more than an ASCII one
    return good > bad


SENTENCES = {
    "empty": gettext_noop("文件是空的，没有任何内容。请确认选对了文件，重新导出后再上传。"),
    "packed": gettext_noop("文件超过 %(limit)s MB 的上限。请删去图片和不用的工作表，或分成几个文件上传。"),
    "password": gettext_noop(
        "工作簿设有打开密码，无法读取。请用 Excel 打开，在“文件—信息—保护工作簿—用密码进行加密”里清空密码"
        "（WPS 在“文件—文档加密—密码加密”；.xls 设有“保护工作簿”的也要撤销），保存后再上传。"
    ),
    "locked_zip": gettext_noop("文件的内容加了密，无法读取。请取消加密，用 Excel 或 WPS 另存为 .xlsx 后再上传。"),
    "biff5": gettext_noop("这是 Excel 5.0/95 或更早版本的文件（.xls）。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。"),
    "xlsb": gettext_noop("这是二进制工作簿（.xlsb）。请用 Excel 打开，另存为 .xlsx 后再上传。"),
    "macros": gettext_noop("工作簿里有宏，不能上传。请用 Excel 或 WPS 打开，另存为不含宏的 .xlsx 后再上传。"),
    "document": gettext_noop("这是文字文档或演示文稿，不是表格。请把其中的表格复制到 Excel 或 WPS 表格，存为 .xlsx 后再上传。"),
    "archive": gettext_noop("这是压缩包，不是表格。请先解压，再上传其中的表格。"),
    "pdf": gettext_noop("这是 PDF 文件，不是表格。请向提供者要原来的 Excel 表格，或用 WPS 转成表格并核对后再上传。"),
    "picture": gettext_noop("这是图片，不是表格。请上传 Excel 或 WPS 的表格文件（.xlsx）。"),
    "html": gettext_noop(
        "这是网页文件，只是文件名像表格（有些系统导出的 .xls 就是这样）。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。"
    ),
    "xml": gettext_noop("这是 XML 文件，只是文件名像表格。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。"),
    "half": gettext_noop(
        "文件不完整，后面的部分缺失了，可能是下载或拷贝时中断。请重新取得完整的文件，能用 Excel 或 WPS 打开后再上传。"
    ),
    "damaged": gettext_noop("工作簿已损坏，无法读取。请用 Excel 或 WPS 打开检查，另存为 .xlsx 后再上传。"),
    "binary": gettext_noop("认不出文件的格式，它不是表格，也不是文本。请上传 Excel 或 WPS 的表格文件（.xlsx）或 .csv 文件。"),
    "nul": gettext_noop("第 %(row)s 行夹有看不见的空字符，文件可能已损坏。请用 Excel 或 WPS 打开检查，另存为 .xlsx 后再上传。"),
    "encoding": gettext_noop(
        "文件的文字编码无法识别，读出来会是乱码。请用 Excel 或 WPS 打开，确认文字正常后另存为 .xlsx 再上传。"
    ),
    "damaged_text": gettext_noop(
        "文件里有损坏的文字，或混用了两种编码，读出来会有乱码。请用 Excel 或 WPS 打开，改正乱码后另存为 .xlsx 再上传。"
    ),
    "quotes": gettext_noop(
        "从第 %(row)s 行起，英文双引号没有成对，后面的内容无法分清。请补上或删去多余的双引号，或另存为 .xlsx 后再上传。"
    ),
    "members": gettext_noop("工作簿内部的文件超过 %(limit)s 个，多半是粘贴了大量图片。请删去图片，另存后再上传。"),
    "unpacked": gettext_noop("工作簿展开后过大（上限 %(limit)s MB）。请删去图片和不用的工作表，或分成几个文件上传。"),
    "bomb": gettext_noop("工作簿展开后大得反常，已停止读取。请新建一个工作簿，只复制需要的数据，保存后再上传。"),
    "entities": gettext_noop("工作簿里有不该出现的实体声明，可能被人改动过。请新建一个工作簿，只复制需要的数据，保存后再上传。"),
    "sheets": gettext_noop("工作表超过 %(limit)s 个。请只留下需要的工作表，另存后再上传。"),
    "rows": gettext_noop(
        "第 %(row)s 行仍有内容，超过 %(limit)s 行的上限。请分成几个文件上传；如果那里只是多余的空格或公式，请删去这些行。"
    ),
    "columns": gettext_noop(
        "第 %(row)s 行一直写到 %(column)s 列，超过 %(limit)s 列的上限。请删去右边多余的内容（可能只是空格），保存后再上传。"
    ),
    "merged": gettext_noop("合并的单元格超过 %(limit)s 处。请取消不需要的合并，保存后再上传。"),
    "cell": gettext_noop("第 %(row)s 行 %(column)s 列的文字超过 %(limit)s 字。请缩短后再上传。"),
    "long_cell": gettext_noop("第 %(row)s 行有一格文字过长。请缩短后再上传。"),
    "seconds": gettext_noop("读取超过 %(limit)s 秒，已停止。请删去不用的工作表和格式，或分成几个文件上传。"),
    "memory": gettext_noop(
        "读取这个工作簿要占用过多内存，已停止。请检查最下面的行和最右边的列是否有多余的内容并删去，或分成几个文件上传。"
    ),
}


def _sentence(refusal: Refused) -> str:
    """The sentence for a refusal, headed by the sheet it speaks of."""
    sentence = _(SENTENCES[refusal.code]) % refusal.params
    sheet = refusal.params.get("sheet")
    return _("工作表“%(sheet)s”：") % {"sheet": sheet} + sentence if sheet else sentence
