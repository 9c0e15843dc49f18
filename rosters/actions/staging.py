"""What was read and judged, kept row by row until it is written or taken away."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from gridparty.lib import bulk
from gridparty.lib.access import Can, scope_of
from gridparty.lib.roster import Roster, Row, Verdict
from rosters.choices import ALLOWED, ImportState, Kind
from rosters.engine import Reading, checked, judge_rows, roster_of, told
from rosters.errors import ImportRefused
from rosters.models import Import, ImportProblem, ImportRow
from rosters.tables import RawRow


def untold(done: int, total: int, message: str) -> None:
    """Nobody waits to hear how far the work is."""


def move(imported: Import, state: ImportState, **values) -> bool:
    """Bring an import to this state, from one it may be reached from; False when somebody else was first."""
    rows = Import.objects.filter(pk=imported.pk, state__in=ALLOWED[state])
    values["state"] = state
    done = rows.update(**values)
    for name, value in values.items():
        setattr(imported, name, value)
    return bool(done)


def owned(imported: Import, by) -> Import:
    """The import as now, locked, if it is `by`'s. Raises ImportRefused."""
    found = Import.objects.select_for_update(of=("self",)).select_related("by", "area").get(pk=imported.pk)
    if found.by_id != by.pk or not scope_of(by).has(Can.IMPORT_ROSTERS):
        raise ImportRefused(_("这次导入由他人上传，只能由其本人办理。"))
    return found


# --- Cells as JSON: a day is the only dict, with an empty key


def dumps(cells: dict) -> str:
    def default(value):
        if isinstance(value, date | datetime):
            return {"": value.isoformat()}
        raise TypeError

    return json.dumps(cells, ensure_ascii=False, default=default)


def loads(text: str) -> dict:
    def hook(said):
        moment = said.get("")
        if moment is None:
            return said
        return datetime.fromisoformat(moment) if "T" in moment else date.fromisoformat(moment)

    return json.loads(text, object_hook=hook)


# --- Keeping


def register_of(imported: Import, understood: dict | None = None) -> Roster:
    """The register, in the form (long or wide) that was found to fit the file."""
    roster = roster_of(imported.kind)
    wide = (understood or json.loads(imported.understood)).get("wide")
    return roster.wide if wide and roster.wide else roster


def keep_reading(imported: Import, reading: Reading) -> None:
    """Keep what a file was found to say, in place of what was kept before, and let the user decide."""
    understood = {
        "wide": reading.roster is not roster_of(imported.kind) and reading.roster == roster_of(imported.kind).wide,
        "sheets": reading.sheets,
        "header_rows": reading.header_rows,
        "columns": reading.columns,
        "unmatched": reading.unmatched,
        "suggestions": reading.suggestions,
        "notes": reading.notes,
    }
    with transaction.atomic():
        ImportRow.objects.filter(of=imported).delete()
        rows = zip(reading.cells, reading.rows, strict=True)
        bulk.insert_rows(ImportRow, [field.column for field in _ROW], _rows(imported, rows))
        _keep_problems(imported, reading.rows)
        values = _said_of(reading.rows) | {"understood": json.dumps(understood, ensure_ascii=False), "said": ""}
        move(imported, ImportState.READY, **values)


def kept(imported: Import) -> tuple[list[RawRow], dict[int, dict]]:
    """The cells of an import, mended ones as they are now, and the answers given to its remarks by position."""
    cells, answers = [], {}
    rows = ImportRow.objects.filter(of=imported).order_by("position")
    for position, sheet, number, text, given in rows.values_list("position", "sheet", "number", "cells", "answers"):
        cells.append(RawRow(sheet, number, loads(text)))
        if given:
            answers[position] = given
    return cells, answers


def judge_kept(imported: Import) -> list[Row]:
    """What is to happen to the rows as things are now."""
    cells, answers = kept(imported)
    return judge_rows(roster=register_of(imported), cells=cells, by=imported.by, area=imported.area, answers=answers)


def keep_verdicts(imported: Import, rows: list[Row], said: str = "") -> None:
    """Keep what was found on judging the kept rows anew; only rows that differ are written."""
    with transaction.atomic():
        changed = []
        stored = ImportRow.objects.filter(of=imported).order_by("position")
        for row, (pk, verdict, text) in zip(rows, stored.values_list("pk", "verdict", "told"), strict=True):
            now = json.dumps(told(row), ensure_ascii=False)
            if (verdict, text) != (row.verdict.value, now):
                field = ImportRow._meta.get_field("told")
                changed.append([pk, row.verdict.value, bool(row.warnings), field.get_db_prep_save(now, connection)])
        bulk.update_rows(ImportRow, ["verdict", "warned", "told"], changed)
        _keep_problems(imported, rows)
        move(imported, ImportState.READY, said=said, **_said_of(rows))


def _said_of(rows: list[Row]) -> dict:
    found = Counter(row.verdict for row in rows)
    counts = {verdict.value: found[verdict] for verdict in Verdict}
    counts |= {"warned": sum(bool(row.warnings) for row in rows), "asks": sum(row.asks for row in rows)}
    return {"counts": counts, "checked": checked(rows)}


_ROW = [field for field in ImportRow._meta.local_concrete_fields if not field.primary_key]
_PROBLEM = [field for field in ImportProblem._meta.local_concrete_fields if not field.primary_key]


def _rows(imported: Import, rows) -> Iterator[list]:
    for position, (raw, row) in enumerate(rows):
        values = {
            "of": imported.pk,
            "position": position,
            "sheet": raw.sheet[:100],
            "number": raw.number,
            "verdict": row.verdict.value,
            "warned": bool(row.warnings),
            "cells": dumps(raw.cells),
            "told": json.dumps(told(row), ensure_ascii=False),
            "mended": [],
            "answers": row.answers,
        }
        yield [field.get_db_prep_save(values[field.name], connection) for field in _ROW]


def _keep_problems(imported: Import, rows: list[Row]) -> None:
    ImportProblem.objects.filter(of=imported).delete()
    bulk.insert_rows(ImportProblem, [field.column for field in _PROBLEM], _problems(imported, rows))


def _problems(imported: Import, rows: list[Row]) -> Iterator[list]:
    for position, row in enumerate(rows):
        kind = Kind.REASON if row.verdict is Verdict.REFUSED else Kind.WARNING
        for column, message in row.reasons:
            yield [imported.pk, position, kind.value, column[:60], cause_of(message), ""]
        for remark in row.warnings:
            yield [imported.pk, position, Kind.WARNING.value, remark.column[:60], cause_of(remark.message), remark.choice]


_QUOTED = re.compile("“[^”]*”")
_NUMBER = re.compile(r"[\d*]+([-.:/][\d*]+)*")


def cause_of(message: str) -> str:
    """A sentence without what is particular to one row, which also is what it holds of a person."""
    return _NUMBER.sub("…", _QUOTED.sub("“…”", message))[:200]
