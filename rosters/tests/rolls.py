"""Lists as offices write them, read through the engine."""

import csv
from pathlib import Path

from gridparty.lib.roster import Verdict
from gridparty.lib.workbook import BROWSER
from rosters.engine import Reading, commit_roster, judge_rows, read_roster, roster_of


def reader(kind: str, folder: Path):
    """`read(headings, *rows, by=…, area=…)`: the reading of a csv; headings and rows with their cells parted by spaces."""

    def read(headings: str, *rows, by=None, area=None) -> Reading:
        path = folder / f"{kind}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headings.split(), *(row.split() if isinstance(row, str) else row for row in rows)])
        return read_roster(roster=roster_of(kind), path=path, limits=BROWSER, by=by, area=area)

    return read


def answered(reading: Reading, answers: dict, by=None) -> Reading:
    """The same cells judged with answers: {position: {choice: value}}."""
    reading.rows = judge_rows(roster=reading.roster, cells=reading.cells, by=by, answers=answers)
    return reading


def commit(reading: Reading, by=None) -> int:
    return commit_roster(reading=reading, by=by)


def verdicts(reading: Reading) -> list[str]:
    return [row.verdict.value for row in reading.rows]


def reasons(reading: Reading) -> dict[int, list[tuple[str, str]]]:
    """{row: [(column, sentence)]} of rows that were refused or skipped."""
    return {row.number: row.reasons for row in reading.rows if row.verdict in (Verdict.REFUSED, Verdict.SKIPPED)}


def warnings(reading: Reading) -> dict[int, list[tuple[str, str]]]:
    return {row.number: [(one.column, one.message) for one in row.warnings] for row in reading.rows if row.warnings}
