"""An import as its pages show it: masked, in words, with what can be mended and answered."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from gridparty.lib.roster import Column, Roster, Verdict, plain
from rosters.actions import Left, left_over
from rosters.actions.staging import loads
from rosters.models import Import, ImportRow

MAIN_COLUMNS = 6  # of a row; the others are in the file
MOST_LEFT = 100
COLOURS = {"new": "good", "updated": "good", "refused": "late"}


@dataclass(frozen=True)
class Cell:
    """A cell that can be mended. A masked one is typed anew, not shown."""

    field: str
    label: str
    text: str
    masked: bool


@dataclass(frozen=True)
class Question:
    """A remark that the user may answer, with the answer that counts now."""

    choice: str
    options: list[tuple[str, str]]
    answer: str


@dataclass(frozen=True)
class ShownRow:
    row: ImportRow
    cells: list[tuple[str, bool]]  # (text, whether the user typed it)
    mended: list[str]  # columns of the cells that the user typed
    reasons: list[tuple[str, str]]  # (column, sentence)
    warnings: list[tuple[str, str, Question | None]]
    changes: list[tuple[str, str, str]]  # (column, old, new)
    mendable: list[Cell]

    @property
    def verdict(self):
        return self.row.get_verdict_display()

    @property
    def colour(self) -> str:
        return COLOURS.get(self.row.verdict, "quiet")

    @property
    def is_refused(self) -> bool:
        return self.row.verdict == Verdict.REFUSED

    @property
    def has_more(self) -> bool:
        return bool(self.reasons or self.warnings or self.changes or self.mended)


def main_columns(register: Roster, understood: dict) -> list[Column]:
    """The columns by which a row of the file is known again."""
    return [column for column in register.columns if column.field in understood.get("columns", {})][:MAIN_COLUMNS]


def shown_rows(rows: list[ImportRow], register: Roster, main: list[Column]) -> list[ShownRow]:
    by_label = {str(column.label): column for column in register.columns}
    return [_shown(row, register, main, by_label) for row in rows]


def _shown(row: ImportRow, register: Roster, main: list[Column], by_label: dict[str, Column]) -> ShownRow:
    told, cells = json.loads(row.told), loads(row.cells)
    reasons = [(reason["column"], reason["message"]) for reason in told["reasons"]]
    bad = dict.fromkeys(by_label[label].field for label, _message in reasons if label in by_label)
    fields = {column.field: column for column in register.columns}
    return ShownRow(
        row=row,
        cells=[
            (_value(column, told["values"].get(column.field), cells.get(column.field)), column.field in row.mended)
            for column in main
        ],
        mended=[str(column.label) for column in register.columns if column.field in row.mended],
        reasons=reasons,
        warnings=[(one["column"], one["message"], _question(one, row)) for one in told["warnings"]],
        changes=[_change(fields.get(name), name, old, new) for name, old, new in told["changes"]],
        mendable=[_cell(fields[name], cells.get(name)) for name in bad] if row.verdict == Verdict.REFUSED else [],
    )


def _value(column: Column, value: Any, cell: Any) -> str:
    """What was understood, or, where nothing was, what stands in the file. A word for nothing is nothing."""
    if value == "":
        return ""
    if value is None:
        return _masked(column, _text(cell))
    try:
        return column.shown(value)
    except ValueError:  # 清空, and what JSON has made text
        return _masked(column, str(value))


def _text(cell: Any) -> str:
    return f"{cell:%Y-%m-%d}" if isinstance(cell, date) else plain(cell)


def _masked(column: Column, text: str) -> str:
    return column.mask(text) if column.mask and text else text


def _question(remark: dict, row: ImportRow) -> Question | None:
    if not remark.get("choice"):
        return None
    options = [(value, label) for value, label in remark["options"]]
    return Question(remark["choice"], options, row.answers.get(remark["choice"]) or options[0][0])


def _change(column: Column | None, name: str, old: str, new: str) -> tuple[str, str, str]:
    if column is None:
        return name, old, new
    return str(column.label), _masked(column, old), _masked(column, new)


def _cell(column: Column, cell: Any) -> Cell:
    text = _text(cell)
    return Cell(column.field, str(column.label), _masked(column, text), bool(column.mask))


# --- What taking back has left


@dataclass(frozen=True)
class ShownLeft:
    left: Left
    what: str
    name: str
    url: str


def shown_left(imported: Import, user) -> tuple[list[ShownLeft], int]:
    """The first rows that taking back has left, named where `user` sees them, and how many there are."""
    left = sorted(left_over(imported), key=lambda one: one.changed is None)  # what can be decided first
    some = left[:MOST_LEFT]
    names = {}
    for model in dict.fromkeys(one.model for one in some):
        if hasattr(model.objects.none(), "visible_to"):
            pks = [one.object_id for one in some if one.model is model]
            rows = model.objects.visible_to(user).filter(pk__in=pks)
            if any(field.name == "person" for field in model._meta.concrete_fields):
                rows = rows.select_related("person")
            names |= {(model, row.pk): getattr(row, "name", "") or str(row) for row in rows}
    return [
        ShownLeft(one, str(one.model._meta.verbose_name), names.get((one.model, one.object_id), ""), _url(one, names))
        for one in some
    ], len(left)


def _url(left: Left, names: dict[tuple[type[Model], int], str]) -> str:
    if (left.model, left.object_id) not in names or left.model not in admin.site._registry:
        return ""
    return reverse(f"admin:{left.model._meta.app_label}_{left.model._meta.model_name}_change", args=[left.object_id])
