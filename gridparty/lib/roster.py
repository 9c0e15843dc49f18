"""How an app declares a register that comes and goes as a spreadsheet. The engine (rosters) reads, matches and commits."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from gridparty.lib.registry import Registry

rosters = Registry("rosters")  # roster() -> Roster


class CellRefused(Exception):
    """This cell cannot be taken; the message says what stands there, what is expected and how to mend it."""


class Verdict(StrEnum):
    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True)
class Column:
    """One fact of a register: the headings it goes by, how its cells are read (raising CellRefused), how it is shown."""

    field: str
    label: str
    headings: Sequence[str]
    read: Callable[[Any], Any]
    required: bool = True  # the file must have the column
    filled: bool = False  # and a value in every row
    clearable: bool = False  # the word 清空 empties what is on record; a blank cell never does
    general: Sequence[str] = ()  # headings that mean it only where no other column of the file does
    mask: Callable[[str], str] | None = None  # how the value looks on a page; None: as it is
    show: Callable[[Any], str] = str  # a value of `read` as offices write it
    choices: Sequence[str] | Callable[[], Sequence[str]] = ()  # the drop-down of the template
    example: str = ""  # what stands in the example line of the template
    note: str = ""  # what the template says below the heading

    def written(self, value: Any) -> str:
        """The value in full, as the office writes it."""
        return "" if value is None or value == "" else str(self.show(value))

    def shown(self, value: Any) -> str:
        """The value as a page shows it."""
        text = self.written(value)
        return self.mask(text) if self.mask and text and value is not CLEAR else text


class _Clear(str):
    """What the word 清空 is read as; told by `is CLEAR`."""


CLEAR = _Clear("清空")


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning at a row. With `choice`, the user may answer it: options are (value, label), the first counts unless chosen."""

    column: str  # its label; "" speaks of the whole row
    message: str
    choice: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Row:
    """One line of the file: where it stands, what was read from it, and what is to happen."""

    sheet: str
    number: int  # as Excel shows it; for csv the number of the record
    values: dict[str, Any]
    verdict: Verdict = Verdict.NEW
    reasons: list[tuple[str, str]] = field(default_factory=list)  # (column label, sentence): refused, or skipped
    warnings: list[Remark] = field(default_factory=list)
    changes: list[tuple[str, str, str]] = field(default_factory=list)  # (field, old, new) of an updated row, as written
    asks: bool = False  # refused, and on commit others are asked about it: commit gets the row as well
    answers: dict[str, str] = field(default_factory=dict)  # {choice: value} as the user answered the remarks
    plan: Any = None  # what judge found out and commit needs; lives as long as the reading

    def refuse(self, column: str, message: str) -> None:
        """Refused, for one more reason."""
        self.verdict = Verdict.REFUSED
        self.reasons.append((str(column), message))

    def skip(self, column: str, message: str) -> None:
        """Nothing is to happen, and why; a refused row stays refused."""
        if self.verdict is not Verdict.REFUSED:
            self.verdict = Verdict.SKIPPED
            self.reasons.append((str(column), message))

    def warn(self, column: str, message: str, choice: str = "", options: Sequence[tuple[str, str]] = ()) -> str:
        """Add a remark; returns the value answered to it, or the first option's."""
        self.warnings.append(Remark(str(column), message, choice, tuple((value, str(label)) for value, label in options)))
        values = [value for value, _label in options]
        answer = self.answers.get(choice, "")
        return answer if answer in values else (values[0] if values else "")


@dataclass(frozen=True)
class Reversal:
    """How a register of rows that are never deleted is taken back: by an action of its own, all rows being of one model.

    Both return {key: why} of the rows that are left as they are, because of what was done with them since.
    """

    take_back: Callable[..., dict[int, str]]  # (keys=, by=)
    left: Callable[..., dict[int, str]]  # (keys=, by=): what take_back would leave
    words: str  # what taking back does, said before somebody asks for it


@dataclass(frozen=True)
class Roster:
    """A register that comes and goes as a spreadsheet.

    `judge(rows, by, area)` gives every row its verdict, reasons, warnings and changes, with a number of queries that does not
    grow with the rows. A row with cells that could not be read (value None) is refused already, and is there so that the others
    are told the truth about it. `area` (or None) is the Area the list was said to be of: names of places are looked for there
    first. `commit(rows, by)` writes the new and updated ones, all or none, and raises Refused; it gets the very rows judge has
    seen in the same process. `by` None is the system's command line. `wide` is the same register with other columns, tried when
    the first does not fit. `reversal` None: what was made is deleted again, what was changed gets back what it held.
    """

    kind: str
    label: str
    columns: Sequence[Column]
    judge: Callable[..., None]
    commit: Callable[..., int]
    wide: "Roster | None" = None
    reversal: Reversal | None = None

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.field == name)


# --- Judging


def skip_repeats(rows: Iterable[Row], key: Callable[[Row], Any], column: Column, same: Sequence[str] = ()) -> list[Row]:
    """Skip each row whose key (None: none) stood in a row before it, with that row's number; returns the others.

    A repeated row that differs from the first in a field of `same` contradicts it: refused. Other differences are warned of.
    """
    first: dict[Any, Row] = {}
    kept = []
    for row in rows:
        found = key(row)
        before = row if found is None else first.setdefault(found, row)
        if before is row or before.verdict is Verdict.REFUSED:  # what is refused stands in nobody's way
            first[found] = row
            kept.append(row)
            continue
        differing = [name for name in row.values if row.values[name] and row.values[name] != before.values.get(name)]
        words = {"row": before.number, "label": column.label}
        if set(differing).intersection(same):
            row.refuse(column.label, _("与第 %(row)d 行的%(label)s相同，其他内容却互相矛盾，请核对后只留一行。") % words)
        else:
            row.skip(column.label, _("与第 %(row)d 行重复，不再导入。") % words)
            if differing:
                row.warn(column.label, _("与第 %(row)d 行重复但内容不完全相同，以第 %(row)d 行为准，请核对。") % words)
    return kept


def compare(row: Row, columns: Iterable[Column], current: Mapping[str, Any]) -> dict[str, Any]:
    """What the row changes of what is on record: {field: new value} of the fields of `current`, None or "" for cleared ones.

    A blank cell keeps the old value. Fills `row.changes` and says updated or unchanged, unless refused or skipped.
    """
    new = {}
    for column in columns:
        value = row.values.get(column.field)
        if column.field not in current or value is None or value == "":
            continue
        old = current[column.field]
        if value is CLEAR:
            value = None if old is None or not isinstance(old, str) else ""
        if (value or None) != (old or None):
            new[column.field] = value
            row.changes.append((column.field, column.written(old), column.written(value)))
    if row.verdict not in (Verdict.REFUSED, Verdict.SKIPPED):
        row.verdict = Verdict.UPDATED if new else Verdict.UNCHANGED
    return new


# --- Reading cells

EMPTY_WORDS = frozenset({"", "无", "—", "-", "/", "不详"})  # official forms forbid blanks: these mean no value
_SPACES = re.compile(r"\s+")
# Control characters, marks of direction and of width: nobody sees them, and PostgreSQL takes no NUL.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum()}


def _is_tidy(value: Any) -> bool:
    """Whether nothing is to be done to this text; true of most, and quick to say."""
    return type(value) is str and value.isprintable() and "  " not in value and unicodedata.is_normalized("NFKC", value)


def _tidy(text: str) -> str:
    return _SPACES.sub(" ", _UNSEEN.sub("", text))


def plain(value: Any) -> str:
    """A cell as text: full-width forms and odd spaces made plain, a leading apostrophe and a number's “.0” taken off."""
    if value is None:
        return ""
    if not _is_tidy(value):
        value = int(value) if isinstance(value, float) and value.is_integer() else value
        value = _tidy(unicodedata.normalize("NFKC", str(value)))
    return value.strip().removeprefix("'").strip()


# What Excel, WPS and LibreOffice show where a formula failed; some programs lose the sign at its end.
FORMULA_ERROR = re.compile(
    r"#(N/A|DIV/0!?|GETTING_DATA|NAME\??|(NULL|VALUE|REF|NUM|SPILL|CALC|FIELD|BLOCKED|CONNECT|BUSY|UNKNOWN)!?)|Err:\d+",
    re.IGNORECASE,
)


def _typed(value: Any, text: str) -> str:
    """The text, "" for words for nothing. Raises CellRefused for what nobody typed: a day, a logical value, a formula's error."""
    if isinstance(value, date | bool):
        raise CellRefused(_("“%(text)s”是日期或逻辑值，应为文字或号码，请核对是否填错了列。") % {"text": text[:10]})
    if FORMULA_ERROR.fullmatch(text):
        raise CellRefused(_("“%(text)s”是公式出错的结果，请改成实际内容。") % {"text": text[:20]})
    return "" if text in EMPTY_WORDS else text


def read_text(value: Any) -> str:
    """A name as it was written: only letters and digits lose their full width. Words for nothing are nothing."""
    if type(value) is not str or _is_tidy(value):
        text = plain(value)
    else:
        text = _tidy(value.translate(_WIDE)).strip().removeprefix("'").strip()
    return _typed(value, text)


_LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


def read_code(value: Any) -> str:
    """A code of digits and letters, typed as text or as a number. Refuses what a workbook has rounded."""
    if type(value) is str and value.isascii() and value.isalnum() and not _LOST_DIGITS.fullmatch(value):
        return value.upper()
    text = _typed(value, plain(value).strip("'‘’` "))
    if isinstance(value, int | float) and (not float(value).is_integer() or abs(value) >= 10**15):
        raise CellRefused(
            _("“%(text)s”是数字格式，末尾数字已丢失。请把该列设为文本格式，重新填写完整的编码。") % {"text": text[:30]}
        )
    if _LOST_DIGITS.fullmatch(text):
        raise CellRefused(
            _("“%(text)s”是科学计数，末尾数字已丢失。请把该列设为文本格式，重新填写完整的编码。") % {"text": text[:30]}
        )
    if text.isascii():
        text = re.sub(r"^(\d+)\.0+$", r"\1", text.replace(" ", "")).upper()
    return "" if text in EMPTY_WORDS else text
