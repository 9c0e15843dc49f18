"""Finding the header of a table and matching its headings; what the user says goes first."""

from dataclasses import replace

import pytest

from gridparty.lib.roster import Roster
from rosters.tables import Chosen, ColumnsMissing, bare
from rosters.tests.corpus import COLUMNS, PLACES
from rosters.tests.sheets import SHORT, THREE, names, read, refusal, sheet

# --- Headings


@pytest.mark.parametrize(
    ("heading", "plainer"),
    [
        ("★姓  名※", "姓名"),
        ("＊身份证号码\n（18位，文本格式）：", "身份证号码"),
        ("电话（手机）", "电话"),
        ("电话(手机", "电话"),
        ("【姓名】", "姓名"),
        ("（必填）姓名", "姓名"),
        ("1.姓名", "姓名"),
        ("三、姓名", "姓名"),
        ("“姓名”", "姓名"),
        ("ＮＡＭＥ", "name"),
        ("id_number", "idnumber"),
        ("（）", ""),
        (None, ""),
        (2024.0, "2024"),
    ],
)
def test_bare_headings(heading, plainer):
    assert bare(heading) == plainer
    assert bare(plainer) == plainer


@pytest.mark.parametrize("heading", ["户主姓名", "配偶姓名", "联系人姓名", "原姓名", "姓名拼音"])
def test_the_name_of_another_is_only_suggested(heading):
    with pytest.raises(ColumnsMissing) as refused:
        read(sheet([heading, "身份证号"], ["钱一", "x"]))
    assert str(refused.value) == f"第 1 行的表头里缺少“姓名”；“{heading}”是否就是？请改成上述名称。"
    assert refused.value.suggestions == {"name": heading}
    assert [column.field for column in refused.value.missing] == ["name"]
    assert refused.value.table.headings == {0: heading, 1: "身份证号"}


def test_near_misses_of_columns_that_may_be_missing_are_suggestions():
    found = read(sheet([*SHORT, "家庭地址", "年龄", "出生年月日"], *THREE))
    assert found.unmatched == ["家庭地址", "年龄", "出生年月日"]
    assert found.suggestions == {"address": "家庭地址", "birth_date": "出生年月日"}


@pytest.mark.parametrize("heading", ["姓名（户主）", "姓名【配偶】", "姓名(联系人)", "姓名（监护人填）"])
def test_a_hint_may_say_whose_name_it_is(heading):
    found = read(sheet([heading, *SHORT], *(["冯某", *row] for row in THREE)))
    assert names(found) == ["钱一", "孙一", "李一"]
    assert found.unmatched == [heading.translate(str.maketrans("（）", "()"))]


@pytest.mark.parametrize("heading", ["姓名（与户口本一致）", "姓名（与户籍一致）", "姓名（原件）", "姓名（必填）"])
def test_other_hints_only_explain(heading):
    assert names(read(sheet([heading, "身份证号"], ["钱一", "x"]))) == ["钱一"]


@pytest.mark.parametrize("group", ["户主", "配偶信息", "联系人", "入党介绍人", "网格长", "工作单位", "户籍"])
def test_a_heading_below_that_of_another_is_not_the_persons_own(group):
    rows = (["姓名", "身份证号", group, None], [None, None, "电话", "备注"], ["钱一", "x", "1540000", "y"])
    found = read(sheet(*rows, merged=[(1, 1, 2, 1), (1, 2, 2, 2), (1, 3, 1, 4)]))
    assert {column.field for column in found.tables[0].columns.values()} == {"name", "id_number"}
    assert found.unmatched == [f"{group} 电话", f"{group} 备注"]


def test_a_group_that_names_again_who_it_is_about_is_somebody_else():
    rows = (["本人", None, "其他", None, None], ["姓名", "身份证号", "姓名", "关系", "电话"], ["钱一", "x", "钱二", "父", "154"])
    found = read(sheet(*rows, merged=[(1, 1, 1, 2), (1, 3, 1, 5)]))
    assert [row.cells for row in found.rows()] == [{"name": "钱一", "id_number": "x"}]
    assert found.unmatched == ["其他 姓名", "其他 关系", "其他 电话"]


def test_the_register_may_be_about_what_elsewhere_is_another():
    units = Roster("units", "单位", COLUMNS, lambda *_: None, lambda *_: 0)
    rows = (["单位信息", None, None], ["姓名", "身份证号", "电话"], *THREE)
    found = read(sheet(*rows, merged=[(1, 1, 1, 2)]), roster=units)
    assert found.unmatched == []


def test_a_column_named_twice_keeps_its_first_place():
    found = read(sheet([*SHORT, "手机"], *([*row, "0531"] for row in THREE)))
    assert [row.cells["phone"] for row in found.rows()] == [row[2] for row in THREE]
    assert found.unmatched == ["手机"]
    assert found.notes == ["D 列的“手机”也是联系电话，只读取前面的一列，这一列没有读取。"]


def test_values_below_no_heading_are_told():
    found = read(sheet(["姓名", "身份证号", None, "电话"], ["钱一", "x", "党员", "154", "住东街"]))
    assert found.notes == ["C、E 列没有表头，其中的内容没有读取。"]


def test_the_second_column_below_a_merged_heading_is_told():
    rows = (["姓名", "身份证号", "家庭住址", None], ["钱一", "x", "东街", "1号楼"])
    found = read(sheet(*rows, merged=[(1, 3, 1, 4)]))
    assert [row.cells["address"] for row in found.rows()] == ["东街"]
    assert found.notes == ["D 列没有表头，其中的内容没有读取。"]


def test_a_merged_heading_over_merged_values_is_one_column():
    rows = (["姓名", None, "身份证号"], ["钱一", None, "x"], ["孙二", None, "y"])
    found = read(sheet(*rows, merged=[(1, 1, 1, 2), (2, 1, 2, 2), (3, 1, 3, 2)]))
    assert [row.cells for row in found.rows()] == [{"name": "钱一", "id_number": "x"}, {"name": "孙二", "id_number": "y"}]
    assert (found.unmatched, found.notes) == ([], [])


@pytest.mark.parametrize("above", [["姓名", "填表人"], ["姓名：", None, "电话："], ["联系人", "电话", "15400000000"]])
def test_a_line_of_words_above_the_header_is_not_taken_for_it(above):
    assert names(read(sheet(above, SHORT, *THREE))) == ["钱一", "孙一", "李一"]


def test_a_line_of_data_with_one_word_of_the_register_is_no_header():
    roster = replace(
        PLACES, columns=[replace(column, filled=False, required=column.field == "community") for column in PLACES.columns]
    )
    rows = sheet(["甲", "乙", "丙"], ["社区", "桃园社区", "370199001001"], ["网格", "第一网格", "370199001001001"])
    assert refusal(rows, roster=roster) == "没有找到表头。请确认选对了文件，并在数据上方用一行写明“社区”。"


def test_one_word_at_the_head_of_a_sheet_is_a_header_and_one_further_down_is_not():
    roster = replace(PLACES, columns=[replace(column, required=False) for column in PLACES.columns])
    assert [row.cells for row in read(sheet(["社区"], ["桃园"], ["柳园"]), roster=roster).rows()] == [
        {"community": "桃园"},
        {"community": "柳园"},
    ]
    assert refusal(sheet(["怎样填写"], ["社区"], ["写全称"]), roster=roster).startswith("没有找到表头。")


def test_the_header_may_stand_below_many_titles_but_not_below_too_many():
    titles = [["关于报送名单的通知", number] for number in range(1, 20)]
    assert names(read(sheet(*titles, SHORT, *THREE))) == ["钱一", "孙一", "李一"]
    assert refusal(sheet(*titles, ["又一行"], SHORT, *THREE)).startswith("没有找到表头。")


# --- What the user and the office said


def test_the_user_names_columns_by_the_headings_of_the_file():
    rows = (["户主姓名", "身份证号", "号码", "电话"], ["钱一", "x", "1540001", "1540002"])
    chosen = Chosen(columns={"name": "户主姓名", "phone": "号码", "address": ""})
    found = read(sheet(*rows), chosen=chosen)
    assert [row.cells for row in found.rows()] == [{"name": "钱一", "id_number": "x", "phone": "1540001"}]
    assert found.unmatched == ["电话"]


def test_a_field_said_to_be_in_no_column_is_not_read_nor_suggested():
    found = read(sheet([*SHORT, "家庭地址"], *THREE), chosen=Chosen(columns={"phone": "", "address": ""}))
    assert {column.field for column in found.tables[0].columns.values()} == {"name", "id_number"}
    assert (found.unmatched, found.suggestions) == (["电话", "家庭地址"], {})


def test_a_heading_taken_for_one_field_is_not_taken_for_another():
    found = read(sheet([*SHORT, "手机"], *([*row, "0531"] for row in THREE)), chosen=Chosen(columns={"address": "电话"}))
    assert [row.cells["phone"] for row in found.rows()] == ["0531"] * 3
    assert [row.cells["address"] for row in found.rows()] == [row[2] for row in THREE]


def test_what_the_office_said_before_goes_before_the_register_and_after_the_user():
    rows = sheet(["姓名", "身份证号", "联系方式1", "电话"], ["钱一", "x", "1540001", "1540002"])
    known = {"联系方式1": "phone", "电话": "", "备用": "elsewhere"}
    assert [row.cells["phone"] for row in read(rows, known=known).rows()] == ["1540001"]
    assert read(rows, known=known).unmatched == ["电话"]
    chosen = Chosen(columns={"phone": "电话"})
    assert [row.cells["phone"] for row in read(rows, known=known, chosen=chosen).rows()] == ["1540002"]


def test_the_user_names_one_of_several_rows_of_headings():
    rows = sheet(["姓名", "身份证号", "甲"], ["户主", "证件", "电话"], *THREE)
    assert names(read(rows))[0] == "户主"
    assert refusal(rows, chosen=Chosen(header_rows=(1, 2))) == (
        "第 2 行的表头里缺少“姓名”、“身份证号码”；“姓名 户主”、“身份证号 证件”是否就是？请改成上述名称。"
    )
    found = read(rows, chosen=Chosen(header_rows=(1, 2), columns={"name": "姓名 户主", "id_number": "证件"}))
    assert names(found) == ["钱一", "孙一", "李一"]
    assert found.tables[0].headings == {0: "姓名 户主", 1: "身份证号 证件", 2: "甲 电话"}
    found = read(rows, chosen=Chosen(header_rows=(2,), columns={"name": "户主", "id_number": "证件"}))
    assert names(found) == ["钱一", "孙一", "李一"]


def test_what_the_user_names_and_is_not_there_is_told():
    rows = sheet(SHORT, *THREE)
    assert refusal(rows, chosen=Chosen(columns={"name": "名字"})) == "表头里没有“名字”，有：姓名、身份证号、电话。"
    assert refusal(rows, chosen=Chosen(columns={"colour": "姓名"})) == (
        "这份名单没有“colour”这一栏，可用的有：name、gender、id_number、birth_date、phone、address、branch。"
    )
    assert refusal(rows, chosen=Chosen(sheets=("别处",))) == "没有名为“别处”的工作表，文件中有：名单。"
    assert refusal(rows, chosen=Chosen(header_rows=(99,))) == "表头不能是第 99 行：应为有内容的一至三行，请核对行号。"
    assert refusal(rows, chosen=Chosen(header_rows=(2,))) == "第 2 行的表头里缺少“姓名”、“身份证号码”，请补上该列。"


def test_the_user_names_the_sheets_hidden_or_not_in_any_order():
    sheets = [sheet(SHORT, row, name=name, visible=name != "乙") for name, row in zip("甲乙丙", THREE, strict=True)]
    assert names(read(*sheets)) == ["钱一", "李一"]
    found = read(*sheets, chosen=Chosen(sheets=("丙", "乙")))
    assert names(found) == ["李一", "孙一"]
    assert refusal(*sheets, sheet(["姓名"], name="丁"), chosen=Chosen(sheets=("甲", "丁"))) == (
        "第 1 行的表头里缺少“身份证号码”，请补上该列。"
    )
