"""Lists as offices send them, one file for each kind of mess, written by different programs; each knows the rows it holds.

`for mess in MESSES: path = mess.write(folder)` makes the file; `mess.rows` is what must be read from it. All people are invented.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl
import xlsxwriter
import xlwt

from gridparty.lib.idnumbers import synthetic
from gridparty.lib.roster import Column, Roster
from gridparty.lib.tests.test_workbook_ods import COVERED, cell, ods, row, table

_COLUMNS = (
    # field, label, headings, required, filled
    ("name", "姓名", "姓名 党员姓名", True, True),
    ("gender", "性别", "性别", False, False),
    ("id_number", "身份证号码", "身份证号 身份证 公民身份号码", True, True),
    ("birth_date", "出生日期", "出生年月", False, False),
    ("phone", "联系电话", "电话 手机 手机号码", False, False),
    ("address", "家庭住址", "住址 现住址 地址", False, False),
    ("branch", "所在支部", "支部 党支部", False, False),
)
COLUMNS = tuple(
    Column(field, label, headings.split(), str, required=required, filled=filled)
    for field, label, headings, required, filled in _COLUMNS
)
PEOPLE = Roster("people", "人员", COLUMNS, lambda *_: None, lambda *_: 0)
_PLACES = (("community", "社区", "所属社区", True), ("grid", "网格", "所属网格", True), ("building", "楼栋", "楼号 楼栋号", True))
PLACES = Roster(
    "places",
    "楼栋",
    tuple(Column(field, label, words.split(), str, filled=filled) for field, label, words, filled in _PLACES),
    lambda *_: None,
    lambda *_: 0,
)

HEADINGS = [str(column.label) for column in COLUMNS]
FIELDS = [column.field for column in COLUMNS]


def person(number: int, **other) -> dict:
    """One invented human, the same for the same number."""
    surname, given = "赵钱孙李周吴郑王冯陈"[number % 10], "一二三四五六七八九十"[number // 10 % 10]
    sex = "女男"[number % 2]
    values = {
        "name": surname + given,
        "gender": sex,
        "id_number": synthetic("370199", date(1978, number % 12 + 1, number % 28 + 1), number % 1000),
        "birth_date": f"1978.{number % 12 + 1:02}",
        "phone": f"1540000{number:04}",
        "address": f"东街{number % 30 + 1}号楼",
        "branch": f"第{'一二三'[number % 3]}支部",
    }
    return values | other


def people(*numbers: int) -> list[dict]:
    return [person(number) for number in numbers]


def cells(rows: Sequence[dict], fields: Sequence[str] = FIELDS) -> list[list]:
    return [[each.get(field) for field in fields] for each in rows]


@dataclass(frozen=True)
class Mess:
    """One kind of mess: what a file of it is called, how it is written, which rows must come out of it."""

    name: str
    suffix: str
    save: Callable[[Path], None]
    rows: list[dict]
    roster: Roster = PEOPLE

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.name}{self.suffix}"
        self.save(path)
        return path


def _openpyxl(sheets: dict[str, list[list]], merged=(), hidden=()) -> Callable[[Path], None]:
    """`merged` are ranges of the first sheet, as Excel writes them."""

    def save(path: Path) -> None:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, lines in sheets.items():
            sheet = book.create_sheet(name)
            for line in lines:
                sheet.append(line)
            sheet.sheet_state = "hidden" if name in hidden else "visible"
        for each in merged:
            book.worksheets[0].merge_cells(each)
        book.save(path)

    return save


def _xlsxwriter(lines: list[list], merged=(), at=(0, 0)) -> Callable[[Path], None]:
    """The list begins at a cell; below it stand 500 empty lines with borders. `merged` are (row, column, row, column) from 0."""

    def save(path: Path) -> None:
        with xlsxwriter.Workbook(path) as book:
            sheet, border = book.add_worksheet("名单"), book.add_format({"border": 1})
            for number, line in enumerate(lines):
                for column, value in enumerate(line):
                    sheet.write(at[0] + number, at[1] + column, value, border)
            for number in range(500):
                for column in range(8):
                    sheet.write_blank(at[0] + len(lines) + number, at[1] + column, None, border)
            for top, left, bottom, right in merged:
                sheet.merge_range(top, left, bottom, right, lines[top - at[0]][left - at[1]], border)

    return save


def _xls(lines: list[list], merged=()) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        book = xlwt.Workbook()
        sheet = book.add_sheet("名单")
        inside = {
            (row, column)
            for top, bottom, left, right in merged
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        }
        for number, line in enumerate(lines):
            for column, value in enumerate(line):
                if value is not None and (number, column) not in inside:
                    sheet.write(number, column, value)
        for top, bottom, left, right in merged:
            sheet.write_merge(top, bottom, left, right, lines[top][left])
        book.save(str(path))

    return save


def _text(lines: list[list], encoding="utf-8-sig", delimiter=",") -> Callable[[Path], None]:
    def save(path: Path) -> None:
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows(lines)
        path.write_bytes(text.getvalue().encode(encoding))

    return save


def _bytes(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def _only(rows: list[dict], *fields: str) -> list[dict]:
    return [{field: each.get(field) for field in fields} for each in rows]


_FIVE = people(1, 2, 3, 4, 5)
_FEW = ("name", "id_number", "phone")
_TITLE = [["东街街道桃园社区党员花名册"], ["填报单位：桃园社区党委", None, None, "填报日期：2026年3月1日"], []]
_FOOT = [[], ["填表人：钱二", None, "审核人：孙三", None, "联系电话：15400000000"], ["备注：姓名与身份证一致。"]]


def _numbered(rows: Sequence[dict], fields: Sequence[str] = FIELDS, first=1) -> list[list]:
    return [[number, *line] for number, line in enumerate(cells(rows, fields), first)]


MESSES = [
    Mess("plain", ".xlsx", _openpyxl({"Sheet1": [HEADINGS, *cells(_FIVE)]}), _FIVE),
    Mess(
        "titles_and_signatures",
        ".xlsx",
        _openpyxl({"名册": [*_TITLE, ["序号", *HEADINGS], *_numbered(_FIVE), *_FOOT]}, merged=["A1:H1"]),
        _FIVE,
    ),
    Mess(
        "anywhere",
        ".xlsx",
        _xlsxwriter([["序号", *HEADINGS], *_numbered(_FIVE)], at=(6, 3)),
        _FIVE,
    ),
    Mess(
        "two_header_rows",
        ".xlsx",
        _openpyxl(
            {
                "花名册": [
                    ["桃园社区党员名册"],
                    ["序号", "基本信息", None, None, None, "联系方式", None, "所在\n支部"],
                    [None, "姓 名", "性别", "身份证号码\n（18位）", "★出生年月", "手机", "现住址（到门牌）", None],
                    [1, 2, 3, 4, 5, 6, 7, 8],
                    *_numbered(_FIVE),
                ]
            },
            merged=["A1:H1", "A2:A3", "B2:E2", "F2:G2", "H2:H3"],
        ),
        _FIVE,
    ),
    Mess(
        "split_headings",
        ".xlsx",
        _xlsxwriter([["姓", "身份证", "联系"], ["名", "号码", "电话"], *cells(_FIVE, _FEW)]),
        _only(_FIVE, *_FEW),
    ),
    Mess(
        "spouse_beside",
        ".xlsx",
        _openpyxl(
            {
                "名册": [
                    ["姓名", "身份证号", "配偶", None, None],
                    [None, None, "姓名", "身份证号", "电话"],
                    *([each["name"], each["id_number"], "冯某", person(90)["id_number"], "15400009999"] for each in _FIVE),
                ]
            },
            merged=["A1:A2", "B1:B2", "C1:E1"],
        ),
        _only(_FIVE, "name", "id_number"),
    ),
    Mess(
        "families",
        ".xlsx",
        _openpyxl(
            {
                "入户": [
                    ["家庭住址", "姓名", "身份证号", "电话"],
                    *(["东街9号楼" if at == 0 else None, *line] for at, line in enumerate(cells(_FIVE, _FEW))),
                ]
            },
            merged=["A2:A6"],
        ),
        [each | {"address": "东街9号楼"} for each in _only(_FIVE, *_FEW)],
    ),
    Mess(
        "person_over_two_lines",
        ".xlsx",
        _openpyxl(
            {
                "名单": [
                    ["姓名", "身份证号", "电话", "备注"],
                    [*cells([_FIVE[0]], _FEW)[0], "低保"],
                    [None, None, None, "残疾"],
                    [*cells([_FIVE[1]], _FEW)[0], None],
                    [None, None, "15400007777", None],
                    [*cells([_FIVE[2]], _FEW)[0], None],
                ]
            },
            merged=["A2:A3", "B2:B3", "C2:C3", "A4:A5", "B4:B5"],
        ),
        _only(_FIVE[:3], *_FEW),
    ),
    Mess(
        "titles_in_between",
        ".xlsx",
        _openpyxl(
            {
                "名单": [
                    HEADINGS,
                    ["第一网格"],
                    *cells(_FIVE[:2]),
                    ["小计", 2],
                    ["第二网格（东区）"],
                    *cells(_FIVE[2:]),
                    ["合 计", "5人"],
                    ["以下空白"],
                ]
            },
            merged=["A2:G2", "A6:G6"],
        ),
        _FIVE,
    ),
    Mess(
        "pages_of_a_printed_list",
        ".xls",
        _xls(
            [
                ["党员名册（2026年）"],
                ["序号", *HEADINGS],
                *_numbered(_FIVE[:3]),
                ["第1页 共2页"],
                ["党员名册（2026年）"],
                ["序号", "姓　名", *HEADINGS[1:]],
                *_numbered(_FIVE[3:], first=4),
                ["第2页 共2页"],
            ],
            merged=[(0, 0, 0, 7), (6, 6, 0, 7)],
        ),
        _FIVE,
    ),
    Mess(
        "as_above",
        ".csv",
        _text(
            [
                HEADINGS,
                *cells([person(1, address="东街1号楼", branch="第一支部")]),
                *cells([person(2, address="同上", branch="〃")]),
                *cells([person(3, address="″", branch='"')]),
            ],
            encoding="gb18030",
        ),
        [person(number, address="东街1号楼", branch="第一支部") for number in (1, 2, 3)],
    ),
    Mess(
        "sheet_for_each_branch",
        ".xlsx",
        _openpyxl(
            {
                "填写说明": [["一、姓名与身份证一致"], ["二、身份证号设为文本"]],
                "第一支部": [["第一支部党员"], HEADINGS, *cells(_FIVE[:2])],
                "第二支部": [["序号", *HEADINGS], *_numbered(_FIVE[2:])],
                "示例": [HEADINGS, *cells(people(77))],
                "旧名单": [HEADINGS, *cells(people(88, 89))],
                "字典": [["男", "第一支部"], ["女", "第二支部"]],
                "Sheet9": [],
            },
            hidden=["旧名单", "字典"],
        ),
        _FIVE,
    ),
    Mess(
        "side_by_side",
        ".xlsx",
        _openpyxl(
            {
                "通讯录": [
                    ["序号", "姓名", "身份证号", "电话", None, "序号", "姓名", "身份证号", "电话"],
                    *(
                        [1, *left, None, 4, *right]
                        for left, right in zip(cells(_FIVE[:2], _FEW), cells(_FIVE[3:], _FEW), strict=True)
                    ),
                    [3, *cells([_FIVE[2]], _FEW)[0]],
                ]
            }
        ),
        _only(_FIVE, *_FEW),
    ),
    Mess(
        "one_below_the_other",
        ".xlsx",
        _openpyxl(
            {
                "名单": [
                    ["在职党员"],
                    ["姓名", "身份证号", "电话"],
                    *cells(_FIVE[:2], _FEW),
                    [],
                    ["退休党员"],
                    ["序号", "姓名", "电话", "身份证号", "住址"],
                    *_numbered(_FIVE[2:], ("name", "phone", "id_number", "address")),
                ]
            }
        ),
        [*_only(_FIVE[:2], *_FEW), *_only(_FIVE[2:], "name", "phone", "id_number", "address")],
    ),
    Mess(
        "own_error_workbook",
        ".xlsx",
        _openpyxl({"名单": [["原因", "名册"], ["原因", *HEADINGS], *(["身份证号：校验位不对", *line] for line in cells(_FIVE))]}),
        _FIVE,
    ),
    Mess(
        "template_with_example",
        ".xlsx",
        _openpyxl(
            {
                "名单": [["*" + heading for heading in HEADINGS], ["示例：张某", "男", "370199…"], *cells(_FIVE)],
                "怎样填写": [["1. 逐行填写"]],
            }
        ),
        _FIVE,
    ),
    Mess(
        "many_unused_lines",
        ".xlsx",
        _openpyxl(
            {"名单": [["序号", *HEADINGS], *_numbered(_FIVE), *([number, *[None] * 6, "第三支部"] for number in range(6, 60))]}
        ),
        _FIVE,
    ),
    Mess(
        "open_document",
        ".ods",
        _bytes(
            ods(
                table(
                    row(cell("党员名册", span=(1, 3)), COVERED, COVERED),
                    row(*map(cell, ("姓名", "身份证号", "住址"))),
                    row(cell(_FIVE[0]["name"]), cell(_FIVE[0]["id_number"]), cell("东街9号楼", span=(2, 1))),
                    row(cell(_FIVE[1]["name"]), cell(_FIVE[1]["id_number"]), COVERED),
                    row(cell(repeats=3), repeats=40),
                    row(cell("合计"), cell("2")),
                )
            )
        ),
        [each | {"address": "东街9号楼"} for each in _only(_FIVE[:2], "name", "id_number")],
    ),
    Mess("tabs_of_utf16", ".txt", _text([["名册"], HEADINGS, *cells(_FIVE)], encoding="utf-16", delimiter="\t"), _FIVE),
    Mess(
        "groups_without_merged_cells",
        ".csv",
        _text(
            [
                ["姓名", "性别", "身份证号", "联系人", "", "联系方式", ""],
                ["", "", "", "姓名", "电话", "手机", "住址"],
                *([e["name"], e["gender"], e["id_number"], "某某", "15400009999", e["phone"], e["address"]] for e in _FIVE),
            ]
        ),
        _only(_FIVE, "name", "gender", "id_number", "phone", "address"),
    ),
    Mess(
        "places_merged_and_as_above",
        ".xlsx",
        _openpyxl(
            {
                "楼栋": [
                    ["社区", "网格", "楼栋"],
                    ["桃园社区", "第一网格", "1号楼"],
                    [None, "同上", "2号楼"],
                    [None, "第二网格", "3号楼"],
                    ["梨园社区", "第一网格", "1号楼"],
                ]
            },
            merged=["A2:A4"],
        ),
        [
            {"community": community, "grid": grid, "building": building}
            for community, grid, building in (
                ("桃园社区", "第一网格", "1号楼"),
                ("桃园社区", "第一网格", "2号楼"),
                ("桃园社区", "第二网格", "3号楼"),
                ("梨园社区", "第一网格", "1号楼"),
            )
        ],
        PLACES,
    ),
]
