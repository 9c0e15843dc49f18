"""Finding the table in a file, matching its columns, reading its rows; what cannot be understood is refused whole."""

import pytest

from gridparty.lib.roster import plain
from gridparty.lib.workbook import BROWSER, FileRefused
from grids.models import Area
from rosters.engine import commit_roster, read_roster, roster_of
from rosters.tests.conftest import HEADINGS, SMALL

pytestmark = pytest.mark.django_db

FIELDS = ("level", "name", "code", "parent_code")


def read(path, **options):
    return read_roster(roster=roster_of("areas"), path=path, limits=BROWSER, **options)


def refusal(path, **options) -> str:
    with pytest.raises(FileRefused) as refused:
        read(path, **options)
    return str(refused.value)


# --- Headings


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("级别", "level"),
        ("*级别", "level"),
        ("★级 别※", "level"),
        ("级别\n（区/街道/社区）", "level"),
        ("＊级别【必填】：", "level"),
        ("Level", "level"),
        ("名称[全称]", "name"),
        ("FULL_NAME", "name"),
        ("Full Name", "name"),
        ("统计用区划\r\n代码", "code"),
        ("编　码", "code"),
        ("Code*", "code"),
        ("上级编码(无上级留空)", "parent_code"),
        ("parent_code", "parent_code"),
        ("Parent Code", "parent_code"),
        ("备注", None),
        ("", None),
        (None, None),
        (12, None),
    ],
)
def test_headings_as_offices_write_them(workbook, heading, field):
    others = [one for one, name in zip(HEADINGS, FIELDS, strict=True) if name != field]
    reading = read(workbook({"名单": [[*others, heading], ["区", "海棠区", "370199000000", "370199000000"]]}))
    assert reading.columns.get(field, "") == ("" if field is None else plain(heading))


def test_a_column_named_twice_keeps_its_first_place_and_the_second_is_listed(csv_file):
    rows = [("区", "海棠区", "370199000000", "", "海棠")]
    reading = read(csv_file(rows, headings=("级别", "名称", "编码", "上级编码", "全称")))
    assert reading.columns == {"level": "级别", "name": "名称", "code": "编码", "parent_code": "上级编码"}
    assert reading.unmatched == ["全称"]
    assert reading.rows[0].values["name"] == "海棠区"


def test_columns_in_any_order_with_others_between(csv_file):
    rows = [(parent, "x", code, "", name, level) for level, name, code, parent in SMALL]
    reading = read(csv_file(rows, headings=("上级编码", "备注", "编码", "", "名称", "级别")))
    assert reading.counts["new"] == 3
    assert reading.unmatched == ["备注"]


# --- The table


def test_rows_carry_the_numbers_that_excel_shows(workbook):
    path = workbook({"名单": [["海棠区区划名单"], [], ["单位：民政局", None, "2026年"], HEADINGS, SMALL[1], [], SMALL[2]]})
    reading = read(path)
    assert (reading.sheets, reading.header_rows) == (["名单"], [4])
    assert [row.number for row in reading.rows] == [5, 7]


def test_rows_of_a_csv_carry_the_number_of_their_record(tmp_path):
    path = tmp_path / "areas.csv"
    path.write_text(
        '级别,名称,编码,上级编码\n区,"海棠\n区",370199000000,\n\n部落,x,370199001000,370199000000\n', encoding="utf-8"
    )
    (refused,) = read(path).refused
    assert refused.number == 4


def test_the_table_may_start_at_any_column(workbook):
    reading = read(workbook({"名单": [[None, None, *HEADINGS], *([None, None, *row] for row in SMALL)]}))
    assert reading.counts["new"] == 3


def test_a_sheet_of_instructions_and_a_hidden_one_are_passed_over(workbook):
    sheets = {"填写说明": [["级别怎么填"], ["名称", "写全称"]], "名单": [HEADINGS, *SMALL], "旧": [HEADINGS, *SMALL[:1]]}
    reading = read(workbook(sheets, hidden=["旧"]))
    assert (reading.sheets, len(reading.rows)) == (["名单"], 3)


def test_of_two_whole_tables_none_is_lost(workbook):
    path = workbook({"东街": [HEADINGS, SMALL[0]], "西街": [HEADINGS, *SMALL[1:]]})
    assert [(row.sheet, row.number) for row in read(path).rows] == [("东街", 2), ("西街", 2), ("西街", 3)]
    assert len(read(path, sheet="西街").rows) == 2


def test_a_sheet_that_is_not_there_is_told_with_those_there_are(workbook):
    path = workbook({"东街": [HEADINGS, *SMALL]})
    assert refusal(path, sheet="南街") == "没有名为“南街”的工作表，文件中有：东街。"


@pytest.mark.parametrize(
    ("headings", "sentence"),
    [
        (
            ("甲", "乙", "丙", "丁"),
            "没有找到表头。请确认选对了文件，并在数据上方用一行写明“级别”、“名称”、“编码”、“上级编码”。",
        ),
        (("级别", "名称", "编码", "备注"), "第 1 行的表头里缺少“上级编码”，请补上该列。"),
        (("级别", "名称", "编码", "上级编号"), "第 1 行的表头里缺少“上级编码”；“上级编号”是否就是？请改成上述名称。"),
    ],
)
def test_missing_columns_are_named_and_near_misses_pointed_out(csv_file, headings, sentence):
    assert refusal(csv_file(headings=headings)) == sentence


def test_a_table_without_rows(csv_file):
    assert refusal(csv_file([])) == "表头下面没有数据，请填写后再导入。"
    assert refusal(csv_file([("", "", " ", "")])) == "表头下面没有数据，请填写后再导入。"


# --- Rows


def test_required_cells_must_be_filled_and_others_need_not(csv_file):
    reading = read(csv_file([("", "无", "—", ""), ("区", "海棠区", "370199000000", "无")]))
    assert reading.rows[0].reasons == [(column, "没有填写，请补上。") for column in ("级别", "名称", "编码")]
    assert reading.rows[1].verdict.value == "new"


def test_cells_that_cannot_be_read_tell_all_at_once(csv_file):
    reading = read(csv_file([("部落", "x", "3.7E+11", "3.7E+11")]))
    assert [column for column, _sentence in reading.rows[0].reasons] == ["级别", "编码", "上级编码"]


# --- Who may, and what is committed


def test_without_the_right_to_import_the_file_is_refused(csv_file, cast):
    for user in (cast.cadre, cast.grid_leader, cast.system_admin, cast.nobody):
        assert refusal(csv_file(), by=user) == "您没有导入名单的权限，请由有权限的人员导入，或请管理员为您任职。"


def test_a_reading_with_refused_rows_is_never_committed(csv_file):
    reading = read(csv_file([*SMALL, ("部落", "x", "370199001009", "370199001000")]))
    with pytest.raises(ValueError, match="refused rows"):
        commit_roster(reading=reading, by=None)
    assert not Area.objects.exists()


def test_a_second_run_has_nothing_to_write(csv_file, django_assert_num_queries):
    assert commit_roster(reading=read(csv_file()), by=None) == 3
    reading = read(csv_file())
    assert reading.counts == {"new": 0, "updated": 0, "unchanged": 3, "skipped": 0, "refused": 0}
    with django_assert_num_queries(0):
        assert commit_roster(reading=reading, by=None) == 0
