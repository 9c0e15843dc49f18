"""Files that LibreOffice has saved: they say what the file before said, or are refused where something was lost.

The files of the corpus, cells of every kind and our own workbooks go through soffice and are read again. Needs LibreOffice.
"""

import re
import shutil
import subprocess
import zipfile
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import openpyxl
import pytest

from gridparty.lib.cells import PartialDate, read_date, read_id_number, read_name, read_phone, read_sex
from gridparty.lib.roster import CellRefused, Column, Roster, read_text
from gridparty.lib.workbook import BROWSER, FileRefused, Sheet, read_sheets
from gridparty.lib.workbook_out import write_errors, write_table, write_template
from rosters.engine import read_roster
from rosters.tables import Understood, understand
from rosters.tests.corpus import HEADINGS, MESSES, Mess, cells, people, person

pytestmark = pytest.mark.proof

WORKBOOKS = ("ods", "xls", "xlsx")
CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true"  # comma, quotes where needed, UTF-8, as it is shown
READERS = {
    "name": read_name,
    "gender": read_sex,
    "id_number": read_id_number,
    "birth_date": partial(read_date, partial=True),
    "phone": read_phone,
}
REFUSED = "refused"
TEXTS = {"as_above": (44, 85), "groups_without_merged_cells": (44, 76), "tabs_of_utf16": (9, 65535)}  # delimiter, character set


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    """`office(files, kind)`: {stem: path} of what LibreOffice makes of the files; `opened` is the filter to open them with."""
    if shutil.which("soffice") is None:
        pytest.fail("LibreOffice is missing: apt-get install -y --no-install-recommends libreoffice-calc-nogui")
    profile = tmp_path_factory.mktemp("profile").as_uri()

    def save(files, kind: str, opened: str = "") -> dict[str, Path]:
        folder = tmp_path_factory.mktemp(kind.partition(":")[0])
        filters = [f"--infilter={opened}"] if opened else []
        command = [
            "soffice",
            f"-env:UserInstallation={profile}",
            "--headless",
            *filters,
            "--convert-to",
            kind,
            "--outdir",
            folder,
        ]
        done = subprocess.run([*command, *files], capture_output=True, text=True, timeout=300, check=False)
        saved = {path.stem: folder / f"{path.stem}.{kind.partition(':')[0]}" for path in files}
        assert [path.name for path in saved.values() if not path.exists()] == [], done.stderr
        return saved

    return save


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> dict[str, tuple[Mess, Path]]:
    folder = tmp_path_factory.mktemp("corpus")
    return {mess.name: (mess, mess.write(folder)) for mess in MESSES}


def said(found: Understood, of_text: bool = False) -> tuple:
    """What a file was understood to say. Text files know no sheets: there only the cells count, as the registers read them."""
    if of_text:
        return [{name: value(name, cell) for name, cell in row.cells.items()} for row in found.rows()]
    return [(row.sheet, row.number, row.cells) for row in found.rows()], found.notes, found.unmatched


def value(name: str, cell) -> object:
    """The cell as a register of people reads it."""
    try:
        return READERS.get(name, read_text)(cell)
    except CellRefused:
        return REFUSED


def about_sheets(sheets: list[Sheet]) -> list[tuple]:
    return [(sheet.name, sheet.visible, sheet.first_row if sheet.rows else 1, sorted(sheet.merged)) for sheet in sheets]


def column(path: Path) -> list:
    """The cells of column B."""
    (sheet,) = read_sheets(path, BROWSER)
    return [row[1] if len(row) > 1 else None for row in sheet.rows]


# --- The files of offices


@pytest.mark.parametrize("kind", WORKBOOKS)
def test_a_workbook_of_the_corpus_saved_again_says_the_same(kind, office, corpus):
    books = {name: pair for name, pair in corpus.items() if name not in TEXTS}
    saved = office([path for _mess, path in books.values()], kind)
    differing, rows = [], 0
    for name, (mess, path) in books.items():
        before, after = read_sheets(path, BROWSER), read_sheets(saved[name], BROWSER)
        old, new = (understand(mess.roster, sheets) for sheets in (before, after))
        rows += len(mess.rows)
        assert [row.cells for row in old.rows()] == mess.rows
        if (about_sheets(before), said(old)) != (about_sheets(after), said(new)):
            differing.append(name)
    print(f"\nLibreOffice {kind}: {len(books)} workbooks, {rows} rows, {len(differing)} differ")
    assert differing == []


@pytest.mark.parametrize(
    ("format", "lost"), [(2, False), (1, True)], ids=["columns of text", "columns as LibreOffice takes them"]
)
def test_a_text_file_opened_and_saved_says_the_same_or_is_refused(format, lost, office, corpus):
    """Opened as LibreOffice proposes, columns of digits become numbers: ID numbers are rounded, and all of them refused."""
    kept = "/".join(f"{number}/{format}" for number in range(1, 10))
    saved = {}
    for name, (delimiter, charset) in TEXTS.items():
        saved |= office([corpus[name][1]], "ods", f"Text - txt - csv (StarCalc):{delimiter},34,{charset},1,{kept}")
    kinds = {"ods": saved, **{kind: office(list(saved.values()), kind) for kind in ("xls", "xlsx")}}
    kinds["csv"] = office(list(saved.values()), CSV)
    rows = 0
    for files in kinds.values():
        for name, path in files.items():
            mess, before = corpus[name]
            right = said(understand(mess.roster, read_sheets(before, BROWSER)), of_text=True)
            if lost:
                right = [row | {"id_number": REFUSED if row["id_number"][-1] != "X" else row["id_number"]} for row in right]
            assert said(understand(mess.roster, read_sheets(path, BROWSER)), of_text=True) == right
            rows += len(right)
    print(f"\nLibreOffice, text files: {len(TEXTS)} files in {len(kinds)} formats, {rows} rows")


@pytest.mark.parametrize("kind", [*WORKBOOKS, CSV], ids=[*WORKBOOKS, "csv"])
def test_october_that_became_the_number_of_january_is_refused(kind, office, tmp_path):
    lines = ["姓名,出生日期", "钱一,1978.10", "孙一,1978.1", "李一,1978.01", "周一,1978.12"]
    path = tmp_path / "october.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    saved = office([path], kind, "Text - txt - csv (StarCalc):44,34,76,1")["october"]
    columns = [Column(name, label, [], READERS[name]) for name, label in (("name", "姓名"), ("birth_date", "出生日期"))]
    roster = Roster("days", "生日", columns, lambda *_: None, lambda *_: 0)
    read = [row.values["birth_date"] for row in read_roster(roster=roster, path=saved, limits=BROWSER).rows]
    assert read == [None, None, PartialDate(1978, 1), PartialDate(1978, 12)]


ONE_SHEET, NO_MERGED = "only the first sheet is in a csv", "what merged cells cover is empty in a csv"
OTHERWISE = {  # what a csv cannot hold, and what is read then
    "sheet_for_each_branch": (ONE_SHEET, None),
    "families": (NO_MERGED, lambda rows: [rows[0], *(row | {"address": None} for row in rows[1:])]),
    "places_merged_and_as_above": (
        NO_MERGED,
        lambda rows: [row | {"community": None} if at in (1, 2) else row for at, row in enumerate(rows)],
    ),
    "open_document": (NO_MERGED, lambda rows: [rows[0], rows[1] | {"address": None}]),
    "person_over_two_lines": (
        NO_MERGED,  # a row without a name is refused
        lambda rows: [*rows[:2], {"name": None, "id_number": None, "phone": "15400007777"}, rows[2]],
    ),
}


def test_a_workbook_of_the_corpus_saved_as_csv_says_the_same_but_what_a_csv_cannot_hold(office, corpus):
    books = {name: pair for name, pair in corpus.items() if name not in TEXTS}
    saved = office([path for _mess, path in books.values()], CSV)
    read = 0
    for name, (mess, _path) in books.items():
        _why, change = OTHERWISE.get(name, ("", list))
        sheets = read_sheets(saved[name], BROWSER)
        if change is None:
            with pytest.raises(FileRefused, match="没有找到表头"):
                understand(mess.roster, sheets)
            continue
        found = [row.cells for row in understand(mess.roster, sheets).rows()]
        assert (name, found) == (name, change(mess.rows))
        read += len(found)
    print(f"\nLibreOffice csv: {len(books)} workbooks, {read} rows, {len(OTHERWISE)} truly say something else")


# --- Cells of every kind


DAY = date(1978, 5, 1)
CELLS = [  # what stands in the cell, how it is shown
    *((one, "@") for one in ("370199197802020015", "2001.1", "2001.10", "007", "053188880001", "+8615400000001", "'007", "=1+1")),
    *(
        (one, "General")
        for one in ("同上", "〃", '"', "-", "@名", "一行\n二行", "  前  后  ", "a\tb", "姓　名", "a\n\nb\n", "#N/A")
    ),
    *((one, "General") for one in ("𠮷田𬭩", "王\ue863", "👨\u200d👩\u200d👧", "a\u200bb", "<a>&amp;", "a\u00a0b", "长" * 1999)),
    *((370199197802020015, shown) for shown in ("General", "@", "0", "0.00")),
    *((2001.1, shown) for shown in ("General", "0.00", "@", "yyyy.m")),
    *((one, "General") for one in (2001.12, 15400000001, 28611, 19780501, 1978, 123456789012345, 0.1, -3, 0)),
    *((7, "000"), (15400000001, "000-0000-0000"), (0.5, "0%"), (12.5, '"¥"#,##0.00')),
    *((DAY, shown) for shown in ("yyyy-mm-dd", '[$-804]yyyy"年"m"月"d"日"', 'yyyy"年"m"月"', "m/d/yy", "mm-dd-yy", "yyyy.mm")),
    *((DAY, shown) for shown in ("mmm-yy", '[DBNum1][$-804]yyyy"年"m"月"d"日"', "yyyy/m/d aaaa", '[$-F800]dddd", "mmmm", "yyyy')),
    *(
        (one, "yyyy-mm-dd")
        for one in (date(1969, 12, 31), date(1921, 7, 1), date(1905, 5, 31), date(1900, 3, 1), date(2099, 12, 31))
    ),
    (datetime(1978, 5, 1, 8, 30, 15), "yyyy-mm-dd hh:mm:ss"),
    *((time(8, 30), "h:mm"), (timedelta(hours=30), "[h]:mm"), (True, "General"), (False, "General")),
]


def book(path: Path, lines: list[tuple]) -> Path:
    """A sheet with a number in A, the cell in B; text stays text, whatever it begins with."""
    made = openpyxl.Workbook()
    for number, (what, shown) in enumerate(lines, 1):
        made.active.cell(number, 1, number)
        one = made.active.cell(number, 2, what)
        if type(what) is str and not shown.startswith("formula"):
            one.data_type = "s"
        one.number_format = shown.removeprefix("formula ")
    made.save(path)
    return path


@pytest.mark.parametrize("kind", WORKBOOKS)
def test_cells_of_every_kind_stay_what_they_are(kind, office, tmp_path):
    path = book(tmp_path / "cells.xlsx", CELLS)
    before, after = column(path), column(office([path], kind)["cells"])
    kinds = [type(one) if type(one) is not int else float for one in after]
    assert (after, kinds) == (before, [type(one) for one in before])
    print(f"\nLibreOffice {kind}: {len(CELLS)} kinds of cells, 0 differ")


def test_days_saved_as_csv_as_they_are_shown_are_read_right_or_refused(office, tmp_path):
    days = [(what, shown) for what, shown in CELLS if isinstance(what, date)]
    shown = column(office([book(tmp_path / "days.xlsx", days)], CSV)["days"])
    read = [value("birth_date", text) for text in shown]
    right = [PartialDate(what.year, what.month, what.day) for what, _shown in days]
    for one, day, text in zip(read, right, shown, strict=True):
        assert one in (day, PartialDate(day.year, day.month), REFUSED), text
    assert read.count(REFUSED) == len([text for text in shown if not re.match(r"\d{4}", text)])


BROKEN = ["=NA()", "=#REF!", "=1/0", "=NOSUCH(1)", '="a"+1', "=SQRT(-1)", "=A1:A2 B1:B2", "=DATE(1,2)"]
RIGHT = [("=DATE(1978,5,1)", "formula yyyy-mm-dd"), ('="3701991978"&"02020015"', "formula General"), ("=1+1", "formula General")]


@pytest.mark.parametrize("kind", [*WORKBOOKS, CSV], ids=[*WORKBOOKS, "csv"])
def test_what_a_formula_gives_is_read_and_what_it_fails_to_give_is_refused(kind, office, tmp_path):
    lines = [*RIGHT, *((formula, "formula General") for formula in BROKEN)]
    found = column(office([book(tmp_path / "formulas.xlsx", lines)], kind)["formulas"])
    day, number, two = found[: len(RIGHT)]
    assert (value("birth_date", day), number, float(two)) == (PartialDate(1978, 5, 1), "370199197802020015", 2)
    for broken in found[len(RIGHT) :]:
        assert [value(name, broken) for name in READERS] == [REFUSED] * len(READERS), broken


@pytest.mark.parametrize("kind", WORKBOOKS)
def test_days_that_never_were_are_refused_and_old_ones_are_right(kind, office, tmp_path):
    """0, 1, 60 and 1978 in a column of days: what Excel shows for them, LibreOffice and the calendar do not agree on."""
    lines = [(what, "yyyy-mm-dd") for what in (0, 1, 60, -5, 1978, date(1920, 1, 1), date(1949, 10, 1), date(1969, 12, 31))]
    found = column(office([book(tmp_path / "days.xlsx", lines)], kind)["days"])
    read = [value("birth_date", one) for one in found]
    assert read == [*[REFUSED] * 5, *(PartialDate(*day) for day in ((1920, 1, 1), (1949, 10, 1), (1969, 12, 31)))]


@pytest.mark.parametrize("kind", ["fods", "html", "pdf"])
def test_what_is_no_workbook_is_refused(kind, office, corpus):
    with pytest.raises(FileRefused):
        read_sheets(office([corpus["plain"][1]], kind)["plain"], BROWSER)


# --- Our own workbooks

NASTY = [
    "=1+1",
    "+8615400000001",
    "-",
    "@名",
    "<r>粗</r>",
    "007",
    "370199197802020015",
    "2001.1",
    "1E5",
    "TRUE",
    "#N/A",
    " 前后 ",
]


def formulas(path: Path) -> list[str]:
    """The cells of an .xlsx that are formulas. LibreOffice writes a logical value as one, when it is not shown as such."""
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    found = [one for sheet in sheets for one in re.findall(r"<f[ >/].*?</c>", sheet)]
    return [one for one in found if not re.search(r">(TRUE|FALSE)\(\)</f>", one)]


def same_again(office, path: Path, kinds=WORKBOOKS) -> list[Sheet]:
    """The sheets of the file, which LibreOffice has saved in each kind without a difference and without a formula."""
    before = read_sheets(path, BROWSER)
    for kind in kinds:
        saved = office([path], kind)[path.stem]
        after = read_sheets(saved, BROWSER)
        assert [(sheet.name, sheet.visible, sorted(sheet.merged)) for sheet in after] == [
            (sheet.name, sheet.visible, sorted(sheet.merged)) for sheet in before
        ]
        assert [sheet.rows for sheet in after] == [sheet.rows for sheet in before]
        assert kind != "xlsx" or formulas(saved) == []
    return before


def test_an_export_opened_and_saved_is_the_same(office, tmp_path):
    rows = [*cells(people(1, 2, 3)), NASTY[:7], NASTY[7:]]
    path = tmp_path / "table.xlsx"
    write_table(path, columns=HEADINGS, rows=rows, title="人员")
    (sheet,) = same_again(office, path)
    assert sheet.rows == [HEADINGS, *rows]


@pytest.mark.parametrize("format", [1, 2], ids=["as LibreOffice takes it", "columns of text"])
def test_an_exported_csv_runs_no_formula(format, office, tmp_path):
    path = tmp_path / "table.csv"
    texts = [*NASTY, '=HYPERLINK("http://a.example","x")', "\t=1+1", "＝1+1"]
    write_table(path, columns=["序号", "内容"], rows=list(enumerate(texts)), title="人员")
    saved = office([path], "xlsx", f"Text - txt - csv (StarCalc):44,34,76,1,2/{format}")["table"]
    assert formulas(saved) == []
    if format == 2:
        assert [text.lstrip("'") for text in column(saved)[1:]] == texts


def test_a_template_is_the_same_and_its_example_is_not_read(office, tmp_path):
    path = tmp_path / "template.xlsx"
    columns = [
        Column("name", "姓名", ["姓名"], read_name, filled=True, example="示例：王小明"),
        Column("id_number", "身份证号码", ["身份证号"], read_id_number, example=person(1)["id_number"]),
        Column("gender", "性别", ["性别"], read_sex, choices=("男", "女")),
        Column("branch", "所在支部", ["支部"], read_text, choices=[f"第{number}支部，东街" for number in range(60)]),
    ]
    roster = Roster("people", "人员", columns, lambda *_: None, lambda *_: 0)
    write_template(path, roster=roster)
    assert [(sheet.name, sheet.visible) for sheet in same_again(office, path)] == [
        ("填写", True),
        ("填写说明", True),
        ("字典", False),
    ]
    for kind in WORKBOOKS:
        with pytest.raises(FileRefused, match="表头下面没有数据"):
            understand(roster, read_sheets(office([path], kind)["template"], BROWSER))
    kept = openpyxl.load_workbook(office([path], "xlsx")["template"])["填写"].data_validations.dataValidation
    assert {one.formula1 for one in kept if one.type == "list"} == {'"男,女"', "字典!$D$1:$D$60"}


def test_an_error_workbook_is_the_same_and_finishes_the_job(office, tmp_path):
    path, kinds_of_cells = tmp_path / "errors.xlsx", [what for what, _shown in CELLS]
    rows = [["名册"], HEADINGS, *cells(people(1, 2, 3)), [], *([None, None, None, what] for what in NASTY)]
    odd = Sheet("各样", [[number, what] for number, what in enumerate(kinds_of_cells) if not isinstance(what, time | timedelta)])
    sheets = [Sheet("名单", rows, merged=[(1, 1, 1, 7)]), odd, Sheet("旧", [["x"]], visible=False)]
    write_errors(path, sheets=sheets, problems={("名单", 4): (["“身份证号码”：校验位不对。"], [2])}, headers={"名单": 2})
    first, *_others = same_again(office, path)
    assert first.rows[1] == ["原因", *HEADINGS]
    for kind in WORKBOOKS:
        found = understand(MESSES[0].roster, read_sheets(office([path], kind)["errors"], BROWSER))
        assert [row.cells for row in found.rows()][:3] == people(1, 2, 3)
