"""Cells as offices fill them, each with its right answer; whatever stands there, reading raises nothing but CellRefused."""

import re
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridparty.lib.roster import CellRefused, plain, read_code, read_text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("", ""),
        ("  \u3000\t\n", ""),
        ("桃园社区", "桃园社区"),
        ("  桃园  社区\n", "桃园 社区"),
        ("编码（必填）", "编码(必填)"),
        ("３７０", "370"),
        ("'370112", "370112"),
        ("' 370112", "370112"),
        ("桃园\u200b社\ufeff区\u202e", "桃园社区"),
        ("第\x00一\x1b网格", "第一网格"),
        (370112.0, "370112"),
        (3.5, "3.5"),
        (7, "7"),
    ],
)
def test_plain(cell, text):
    assert plain(cell) == text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("桃园社区（东区）", "桃园社区（东区）"),
        ("第１网格：Ａ区", "第1网格：A区"),
        ("Ⅱ期", "Ⅱ期"),
        ("䶮山社区", "䶮山社区"),  # rare characters stay, four bytes long or not
        ("𠮷祥里", "𠮷祥里"),
        (" 无 ", ""),
        ("—", ""),
        ("不详", ""),
        (None, ""),
        (12, "12"),
    ],
)
def test_names(cell, text):
    assert read_text(cell) == text


@pytest.mark.parametrize(
    "cell",
    [
        "370112004012",
        370112004012,
        370112004012.0,
        "370112004012.0",
        "'370112004012",
        "’370112004012",
        "＇370112004012",
        "３７０１１２００４０１２",
        " 370112004012\t",
        "370 112 004 012",
        "370112\u00a0004012",
        "\u200b370112004012",
    ],
)
def test_one_code_in_many_guises(cell):
    assert read_code(cell) == "370112004012"


@pytest.mark.parametrize(("cell", "code"), [("370112004012l001", "370112004012L001"), ("无", ""), (None, ""), ("/", "")])
def test_other_codes(cell, code):
    assert read_code(cell) == code


@pytest.mark.parametrize("cell", ["3.70112E+11", "3.70112e11", "3.7E+11", "4E+11"])
def test_scientific_text_is_refused_with_the_cure(cell):
    with pytest.raises(CellRefused, match="科学计数，末尾数字已丢失。请把该列设为文本格式"):
        read_code(cell)


@pytest.mark.parametrize("cell", [370112004012.5, 3.70112004012001e17, 370112004012001001, 1e300])
def test_numbers_a_workbook_has_rounded_are_refused_with_the_cure(cell):
    with pytest.raises(CellRefused, match="数字格式，末尾数字已丢失。请把该列设为文本格式"):
        read_code(cell)


@pytest.mark.parametrize("read", [read_text, read_code])
@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("#N/A", "“#N/A”是公式出错的结果，请改成实际内容。"),
        ("#REF!", "“#REF!”是公式出错的结果，请改成实际内容。"),
        ("Err:502", "“Err:502”是公式出错的结果，请改成实际内容。"),
        (date(2026, 3, 2), "“2026-03-02”是日期或逻辑值，应为文字或号码，请核对是否填错了列。"),
        (True, "“True”是日期或逻辑值，应为文字或号码，请核对是否填错了列。"),
    ],
)
def test_what_nobody_typed_is_refused(read, cell, said):
    with pytest.raises(CellRefused, match="^" + re.escape(said)):
        read(cell)


CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(), st.dates(), st.datetimes())


@settings(max_examples=1_000, deadline=None)
@given(CELLS)
def test_reading_raises_nothing_else_and_twice_is_once(cell):
    assert plain(plain(cell)) == plain(cell)
    with suppress(CellRefused):
        assert read_text(read_text(cell)) == read_text(cell)
    with suppress(CellRefused):
        assert read_code(read_code(cell)) == read_code(cell)
