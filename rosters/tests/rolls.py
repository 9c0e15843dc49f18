"""Lists as offices write them, read through the engine."""

import csv
from pathlib import Path

from gridparty.lib.roster import Roster, Verdict
from gridparty.lib.workbook import BROWSER
from rosters.engine import Reading, commit_roster, judge_rows, read_roster, roster_of


def reader(kind: str, folder: Path):
    """`read(headings, *rows, by=…, area=…)`: the reading of a csv; a line is a list of cells, or a text parted by spaces."""

    def read(*lines, by=None, area=None) -> Reading:
        path = folder / f"{kind}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(line.split() if isinstance(line, str) else line for line in lines)
        return read_roster(roster=roster_of(kind), path=path, limits=BROWSER, by=by, area=area)

    return read


def line_reader(roster: Roster, folder: Path, head: str):
    """`read(*lines, head=…, by=…, area=…)`: the reading of a csv of lines as they stand in the file, below a header row."""

    def read(*lines: str, head=head, by=None, area=None) -> Reading:
        path = folder / f"{roster.kind}.csv"
        path.write_text("\n".join([head, *lines]), encoding="utf-8")
        return read_roster(roster=roster, path=path, limits=BROWSER, by=by, area=area)

    return read


def answered(reading: Reading, answers: dict, by=None) -> Reading:
    """The same cells judged with answers: {position: {choice: value}}."""
    reading.rows = judge_rows(roster=reading.roster, cells=reading.cells, by=by, answers=answers)
    return reading


def answered_alike(reading: Reading, by, area=None, **answers) -> Reading:
    """The same cells judged with these answers at every row."""
    given = dict.fromkeys(range(len(reading.rows)), answers)
    reading.rows = judge_rows(roster=reading.roster, cells=reading.cells, by=by, area=area, answers=given)
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


def sentences(reading: Reading) -> list[str]:
    """What was said against any of the rows."""
    return [message for row in reading.rows for _column, message in row.reasons]


def remarks(reading: Reading) -> list[str]:
    return [remark.message for row in reading.rows for remark in row.warnings]
