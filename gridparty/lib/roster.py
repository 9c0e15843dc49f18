"""How an app declares a register that comes and goes as a spreadsheet. The engine (rosters) reads, matches and commits."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
    """One fact of a register: the headings it goes by and how its cells are read (raising CellRefused)."""

    field: str
    label: str
    headings: Sequence[str]
    read: Callable[[Any], Any]
    required: bool = True  # the file must have the column
    filled: bool = False  # and a value in every row


@dataclass(slots=True)
class Row:
    """One line of the file: where it stands, what was read from it, and what is to happen."""

    sheet: str
    number: int  # as Excel shows it; for csv the number of the record
    values: dict[str, Any]
    verdict: Verdict = Verdict.NEW
    reasons: list[tuple[str, str]] = field(default_factory=list)  # (column label, sentence)
    warnings: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, column: str, message: str) -> None:
        self.verdict = Verdict.REFUSED
        self.reasons.append((column, message))


@dataclass(frozen=True)
class Roster:
    """A register. `judge(rows, by)` gives every row its verdict and reasons; a row with cells that could not be read (value
    None) is refused already, and is there so that the others are told the truth about it. `commit(rows, by)` writes the new
    and updated ones through the app's bulk actions, all or none, and raises Refused. `by` None is the system's command line."""

    kind: str
    label: str
    columns: Sequence[Column]
    judge: Callable[..., None]
    commit: Callable[..., int]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.field == name)


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


def read_text(value: Any) -> str:
    """A name as it was written: only letters and digits lose their full width. Words for nothing are nothing."""
    if type(value) is not str or _is_tidy(value):
        text = plain(value)
    else:
        text = _tidy(value.translate(_WIDE)).strip().removeprefix("'").strip()
    return "" if text in EMPTY_WORDS else text


_LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


def read_code(value: Any) -> str:
    """A code of digits and letters, typed as text or as a number. Refuses what a workbook has rounded."""
    if type(value) is str and value.isascii() and value.isalnum() and not _LOST_DIGITS.fullmatch(value):
        return value.upper()
    text = plain(value).strip("'‘’` ")
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
