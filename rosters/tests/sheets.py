"""Sheets as the reader gives them, and what is understood of them."""

import pytest

from gridparty.lib.workbook import FileRefused, Sheet
from rosters.tables import Understood, understand
from rosters.tests.corpus import PEOPLE, cells, people

FEW = ("name", "id_number", "phone")
SHORT = ["姓名", "身份证号", "电话"]
THREE = cells(people(1, 2, 3), FEW)


def sheet(*rows, name="名单", **other) -> Sheet:
    """A sheet as the reader gives it: rows end with their last filled cell."""
    trimmed = []
    for row in rows:
        row = list(row)
        while row and row[-1] is None:
            row.pop()
        trimmed.append(row)
    return Sheet(name, trimmed, **other)


def read(*sheets, roster=PEOPLE, **other) -> Understood:
    return understand(roster, list(sheets), **other)


def names(found: Understood) -> list:
    return [row.cells["name"] for row in found.rows()]


def numbers(found: Understood) -> list[int]:
    return [row.number for row in found.rows()]


def refusal(*sheets, **other) -> str:
    with pytest.raises(FileRefused) as refused:
        read(*sheets, **other)
    return str(refused.value)
