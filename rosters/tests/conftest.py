"""Files as offices send them, and the state of the database that a refusal must leave as it was."""

import hashlib
from pathlib import Path

import openpyxl
import pytest
from django.apps import apps

HEADINGS = ("级别", "名称", "编码", "上级编码")
SMALL = [
    ("社区", "桃园社区居民委员会", "370199001001", "370199001000"),
    ("区", "海棠区", "370199000000", ""),
    ("街道", "东街街道办事处", "370199001000", "370199000000"),
]


@pytest.fixture
def csv_file(tmp_path):
    """`csv_file(rows, encoding=…)`: the path of a csv with these rows, the headings above unless given."""

    def write(rows=SMALL, *, headings=HEADINGS, encoding="utf-8", end="\n", name="areas.csv") -> Path:
        path = tmp_path / name
        lines = [",".join(map(str, row)) for row in ([headings, *rows] if headings else rows)]
        path.write_bytes("".join(line + end for line in lines).encode(encoding))
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    """`workbook({sheet: rows}, hidden=…)`: the path of an .xlsx with these sheets."""

    def write(sheets, *, hidden=(), name="areas.xlsx") -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
            sheet.sheet_state = "hidden" if title in hidden else "visible"
        book.save(tmp_path / name)
        return tmp_path / name

    return write


def fingerprint() -> str:
    """A hash over all rows of all tables."""
    rows = hashlib.sha256()
    for model in sorted(apps.get_models(), key=lambda model: model._meta.label):
        for row in model._base_manager.order_by("pk").values_list():
            rows.update(repr((model._meta.label, row)).encode())
    return rows.hexdigest()
