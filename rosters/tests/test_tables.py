"""Finding the tables of a file, matching their columns, telling data from all else: no row lost, none made up."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridparty.lib.workbook import BROWSER, FileRefused, read_sheets
from rosters.headings import Names, find_header
from rosters.lines import lines_of, split
from rosters.tables import Chosen, Understood, letters, understand
from rosters.tests.corpus import COLUMNS, FIELDS, HEADINGS, MESSES, PEOPLE, PLACES, cells, people, person
from rosters.tests.corpus_of_bodies import BODIES
from rosters.tests.sheets import SHORT, THREE, names, numbers, read, refusal, sheet

# --- Whole files


@pytest.mark.parametrize("mess", [*MESSES, *BODIES], ids=lambda mess: mess.name)
def test_each_mess_gives_exactly_its_rows(mess, tmp_path):
    found = understand(mess.roster, read_sheets(mess.write(tmp_path), BROWSER))
    assert [row.cells for row in found.rows()] == mess.rows


def of(name: str, tmp_path) -> Understood:
    mess = next(mess for mess in MESSES if mess.name == name)
    return understand(mess.roster, read_sheets(mess.write(tmp_path), BROWSER))


def test_what_was_left_out_of_a_printed_list_is_told_line_by_line(tmp_path):
    assert of("pages_of_a_printed_list", tmp_path).notes == [
        "第 7 至 8 行与上方的表头或标题重复，没有读取。",
        "第 6 行“第1页 共2页”、第 11 行“第2页 共2页”是标题、合计或说明，不是名单中的一行，没有读取。",
    ]


def test_sheets_read_together_and_sheets_left_out_are_told(tmp_path):
    found = of("sheet_for_each_branch", tmp_path)
    assert [(row.sheet, row.number) for row in found.rows()] == [
        *[("第一支部", 3), ("第一支部", 4)],
        *[("第二支部", 2), ("第二支部", 3), ("第二支部", 4)],
    ]
    assert found.notes == [
        "“第一支部”、“第二支部”都有完整的表头，按顺序一起读取。",
        "没有读取的工作表：“填写说明”（没有名单的表头）、“示例”（是示例）、"
        "“旧名单”（隐藏的，其中有完整的名单 2 行）、“字典”（隐藏的）。",
    ]


def test_several_header_rows_are_joined_and_the_row_of_numbers_is_no_data(tmp_path):
    found = of("two_header_rows", tmp_path)
    (table,) = found.tables
    assert table.header_rows == [2, 3]
    assert table.headings[1] == "基本信息 姓 名"
    assert {column.field: at for at, column in table.columns.items()} == dict(zip(FIELDS, range(1, 8), strict=True))
    assert found.notes == ["第 4 行是栏号，没有读取。"]


def test_a_person_over_two_lines_stays_one_and_what_is_not_read_is_told(tmp_path):
    found = of("person_over_two_lines", tmp_path)
    assert numbers(found) == [2, 4, 6]
    assert found.notes == [
        "第 3 行“残疾”只在没有对应的列里有内容，没有读取。",
        "第 5 行与上一行合并了姓名等单元格，是同一人的续行，其中另填的内容没有读取，请核对。",
    ]


def test_tables_side_by_side_are_two_and_their_lines_have_the_same_numbers(tmp_path):
    found = of("side_by_side", tmp_path)
    assert [(min(table.columns), len(list(table.rows()))) for table in found.tables] == [(1, 3), (6, 2)]
    assert numbers(found) == [2, 3, 4, 2, 3]
    assert (found.unmatched, found.notes) == (["序号"], [])


def test_our_own_list_of_refused_rows_has_no_column_more(tmp_path):
    found = of("own_error_workbook", tmp_path)
    assert (found.unmatched, found.notes) == ([], [])


# --- Sheets


def test_a_list_in_a_hidden_sheet_only_is_refused_with_the_way_out():
    hidden, shown = sheet(SHORT, *THREE, name="数据", visible=False), sheet(["封面"], name="封面")
    assert refusal(shown, hidden) == "名单在隐藏的工作表“数据”里，没有读取。请取消隐藏后再导入，或指明这张工作表。"
    assert names(read(shown, hidden, chosen=Chosen(sheets=("数据",)))) == ["钱一", "孙一", "李一"]


def test_a_sheet_that_lacks_a_column_or_lines_is_told():
    found = read(
        sheet(SHORT, *THREE),
        sheet(["姓名", "电话"], ["周八", "154"], name="西街"),
        sheet(SHORT, name="空表"),
        sheet(name="Sheet3"),
    )
    assert found.notes == ["没有读取的工作表：“西街”（表头缺少“身份证号码”）、“空表”（没有数据）。"]


def test_a_list_is_not_an_example_for_its_name_only():
    sheets = [sheet(SHORT, row, name=name) for name, row in zip(("示例社区", "说明", "示例 (2)"), THREE, strict=True)]
    assert names(read(*sheets)) == ["钱一"]


def test_a_sheet_called_example_is_read_when_it_is_all_there_is():
    assert names(read(sheet(SHORT, *THREE, name="示例"))) == ["钱一", "孙一", "李一"]


def test_a_table_without_lines_is_refused():
    assert refusal(sheet(SHORT)) == "表头下面没有数据，请填写后再导入。"
    assert refusal(sheet(SHORT, [], [" ", "\u3000"])) == "表头下面没有数据，请填写后再导入。"
    assert refusal(sheet(["序号", *SHORT], [1], [2], [3])) == "表头下面没有数据，请填写后再导入。"


def test_the_wide_form_is_taken_where_it_fits():
    roster = replace(PEOPLE, wide=PLACES)
    wide = sheet(["社区", "网格", "楼栋"], ["桃园", "一", "1"])
    assert read(wide, roster=roster).roster is PLACES
    assert read(sheet(SHORT, *THREE), roster=roster).roster is roster
    both = sheet(["姓名", "身份证号", "社区", "网格", "楼栋"], ["钱一", "x", "桃园", "一", "1"])
    assert read(both, roster=roster).roster is PLACES
    assert refusal(sheet(["姓名", "年龄"], ["钱一", 3]), roster=roster) == "第 1 行的表头里缺少“身份证号码”，请补上该列。"
    found = read(wide, roster=roster, chosen=Chosen(columns={"grid": "网格"}))
    assert found.roster is PLACES


# --- Lines


@pytest.mark.parametrize(
    "line",
    [
        ["合计", None, 3],
        [None, "总  计", 3],
        ["小计：3人"],
        ["共3人"],
        ["填表人：钱二", None, "审核人：孙三"],
        ["负责人（签字）：", "日期：2026年1月1日"],
        ["单位（盖章）"],
        ["备注：以上人员均已核实", None, None],
        ["注：1.姓名与身份证一致"],
        ["2.身份证号为18位。"],
        ["（二）离退休党员"],
        ["第二网格"],
        ["东街第三党支部（5人）"],
        ["3号楼"],
        ["离退休党员（12人）"],
        ["填表人", "钱二"],
        ["以下空白"],
        ["（以下无正文）"],
        ["第 2 页"],
        ["示例：张某", "370199000000000000", "15400000000"],
        ["【示例】张某", "370199000000000000", "15400000000"],
        ["姓  名", "身份证号", "电话"],
        ["本表由社区填写，一式两份，社区和街道各存一份，保存期限为三年以上，不得遗失或者外借他人"],
    ],
)
def test_lines_that_are_no_data_are_left_out_and_told(line):
    found = read(sheet(SHORT, *THREE[:2], line, THREE[2]))
    assert numbers(found) == [2, 3, 5]
    (note,) = found.notes
    assert note.startswith("第 4 行")


@pytest.mark.parametrize(
    "name", ["单合计", "第五明", "公孙三", "共三", "总平", "小计生", "备一", "说明", "村上", "注一", "汇二", "本五"]
)
@pytest.mark.parametrize("columns", [SHORT, ["电话", "姓名", "身份证号"], ["序号", "姓名", "身份证号"]])
def test_people_whose_names_look_like_something_else_are_people(name, columns):
    values = {"姓名": name, "身份证号": "370199197801010013", "电话": "15400000000", "序号": 7}
    found = read(sheet(columns, [values[column] for column in columns], [values[column] for column in columns]))
    assert names(found) == [name, name]
    assert found.notes == []


@pytest.mark.parametrize(
    "line",
    [["钱一"], [None, "370199197801010013"], [None, None, "15400000000"], ["无", "无", "无"], ["钱一：党员", "3701991978"]],
)
def test_lines_that_may_be_somebody_are_data(line):
    assert numbers(read(sheet(SHORT, THREE[0], line, THREE[1]))) == [2, 3, 4]


@pytest.mark.parametrize(
    "line",
    [
        [1, 2, 3],
        ["1", "2", "3"],
        [1.0, 2.0, 3.0],
        ["（1）", "（2）", "（3）"],
        ["①", "②", "③"],
        ["甲", "乙", 1],
        ["甲", 1, "2=1"],
        ["A", "B", "C"],
    ],
)
def test_numbers_of_columns_below_the_header_are_no_data(line):
    assert numbers(read(sheet(SHORT, line, *THREE))) == [3, 4, 5]
    assert 5 in numbers(read(sheet(SHORT, *THREE, line)))


def test_a_form_for_one_person_is_no_list():
    loose = replace(PEOPLE, columns=[replace(column, required=column.field == "name", filled=False) for column in COLUMNS])
    form = sheet(["姓名", "钱一", "性别", "男"], ["出生日期", "1978.1", "住址", "东街1号楼"])
    assert refusal(form, roster=loose) == (
        "第 2 行的姓名是“出生日期”，像是另一张表的表头，或一人一表的登记表，不能按名单读取。请整理成一行一人的名单后再导入。"
    )


def test_a_table_of_something_else_below_the_list_is_not_read_as_people():
    assert refusal(sheet(SHORT, *THREE, [], ["支部", "人数"], ["第一支部", 3])).startswith("第 6 行的姓名是“支部”")


def test_long_names_of_places_are_no_titles():
    rows = [["桃园社区：东区", None, None], ["中" * 40, None, None]]
    found = read(sheet(["社区", "网格", "楼栋"], *rows), roster=PLACES)
    assert numbers(found) == [2, 3]


def test_a_place_merged_over_lines_with_other_places_is_not_one_place():
    roster = replace(PLACES, columns=[replace(column, filled=column.field == "community") for column in PLACES.columns])
    found = read(
        sheet(["社区", "网格", "楼栋"], ["桃园", "一"], [None, "二"], [None, "三"], merged=[(2, 1, 4, 1)]), roster=roster
    )
    assert [(row.cells["community"], row.cells["grid"]) for row in found.rows()] == [
        ("桃园", "一"),
        ("桃园", "二"),
        ("桃园", "三"),
    ]


def test_a_numbered_title_in_a_list_of_people_is_no_person():
    loose = replace(PEOPLE, columns=[replace(column, filled=False, required=column.field == "name") for column in COLUMNS])
    rows = [["一", "第一网格", None, "共1人"], [1, "钱一", "154"], ["二", "离退休人员"], [2, "李国栋"]]
    assert names(read(sheet(["序号", "姓名", "手机", "备注"], *rows), roster=loose)) == ["钱一", "李国栋"]


def test_a_title_of_one_word_before_a_further_header_is_a_title():
    found = read(sheet(SHORT, *THREE[:2], [], ["流动"], SHORT, THREE[2]))
    assert names(found) == ["钱一", "孙一", "李一"]
    assert found.notes[1] == "第 5 行“流动”是标题、合计或说明，不是名单中的一行，没有读取。"


def test_words_for_as_above_take_the_value_above_but_nobody_has_name_number_or_phone_from_above():
    head = [*SHORT, "住址"]
    rows = [
        ["钱一", "x", "154", "东街"],
        ["同上", "〃", "″", "同 上"],
        ["孙二", "y", "155", "〃"],
        ["李三", "z", "156", None],
        ["周四", "w", "157", '"'],
    ]
    found = read(sheet(head, *rows))
    assert [list(row.cells.values()) for row in found.rows()] == [
        ["钱一", "x", "154", "东街"],
        ["同上", "〃", "″", "东街"],
        ["孙二", "y", "155", "东街"],
        ["李三", "z", "156", None],
        ["周四", "w", "157", '"'],
    ]


def test_as_above_in_the_first_line_stays():
    assert [row.cells["address"] for row in read(sheet([*SHORT, "住址"], ["钱一", "x", "154", "同上"])).rows()] == ["同上"]


def test_a_branch_merged_over_its_members_is_that_of_each():
    rows = ([*SHORT, "支部"], [*THREE[0], "一"], THREE[1], [*THREE[2], "二"])
    found = read(sheet(*rows, merged=[(2, 4, 3, 4)]))
    assert [row.cells["branch"] for row in found.rows()] == ["一", "一", "二"]


def test_merged_values_below_the_last_person_make_no_person():
    found = read(sheet([*SHORT, "支部"], [*THREE[0], "一"], [], [], merged=[(2, 4, 4, 4)]))
    assert (numbers(found), found.notes) == ([2], [])


def test_two_people_under_one_merged_name_are_two():
    found = read(sheet(SHORT, ["钱一", "x", "154"], [None, "y", "155"], merged=[(2, 1, 3, 1)]))
    assert [row.cells for row in found.rows()] == [
        {"name": "钱一", "id_number": "x", "phone": "154"},
        {"name": "钱一", "id_number": "y", "phone": "155"},
    ]


def test_rows_are_counted_from_where_the_sheet_begins():
    found = read(replace(sheet([], SHORT, [], THREE[0]), first_row=11))
    assert (found.tables[0].header_rows, numbers(found)) == ([12], [14])


def test_letters_of_columns():
    assert [letters(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


# --- A known list in random surroundings

JUNK_ABOVE = [
    ["东街街道桃园社区居民信息登记表"],
    ["填报单位：桃园社区", None, "填报时间：2026-03-01"],
    ["单位：人"],
    [2026.0],
    ["附件1"],
    [None, None, "（内部资料）"],
    [],
]
JUNK_BELOW = [
    [],
    ["合计", 3],
    ["填表人：", "审核人："],
    ["说明：一、据实填写。"],
    ["备注：无"],
    ["第1页 共1页"],
    [" "],
]
DECORATED = ["{}", "*{}", "{}（必填）", " {}\n", "★{}：", "{} (18位)"]


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_known_list_in_any_surroundings_gives_back_exactly_its_rows(dice: random.Random):
    fields = [
        "name",
        "id_number",
        *dice.sample([field for field in FIELDS if field not in ("name", "id_number")], dice.randint(1, 5)),
    ]
    dice.shuffle(fields)
    rows = [{field: person(dice.randrange(100))[field] for field in fields} for _ in range(dice.randint(1, 12))]
    for row in rows:
        for field in set(fields) - {"name", "id_number"}:
            row[field] = row[field] if dice.random() < 0.8 else None
    left, serial, spare = dice.randint(0, 5), dice.random() < 0.5, dice.random() < 0.5
    labels = dict(zip(FIELDS, HEADINGS, strict=True))
    headings = [*(["序号"] * serial), *(dice.choice(DECORATED).format(labels[field]) for field in fields), *(["备注"] * spare)]
    width = len(headings)
    lines = [dice.choice(JUNK_ABOVE) for _ in range(dice.randint(0, 6))]
    merged = [(number, 1, number, left + width) for number, line in enumerate(lines, 1) if len(line) == 1 and dice.random() < 0.5]
    lines += [[None] * left + headings]
    expected = []
    for number, row in enumerate(rows, 1):
        for _ in range(dice.choice([0, 0, 0, 1, 2])):
            lines.append(dice.choice([[], [None, " "], [None] * left + headings]))
        lines.append(
            [None] * left + [number] * serial + [row[field] for field in fields] + ["迁出"] * (spare and dice.random() < 0.3)
        )
        expected.append((len(lines), row))
    for _ in range(dice.randint(0, 5)):
        line = [None] * left + dice.choice(JUNK_BELOW)
        lines.append(line)
        if len([cell for cell in line if cell]) == 1 and dice.random() < 0.5:
            merged.append((len(lines), left + 1, len(lines), left + width))
    clipped = [each for each in merged if each[3] > each[1]]
    sheets = [
        sheet(*lines, merged=clipped),
        sheet(HEADINGS, *cells(people(50, 51)), name="旧", visible=False),
        sheet(["填写说明"], ["姓名", "与身份证一致"], name="说明"),
    ]
    dice.shuffle(sheets)
    found = read(*sheets)
    assert [(row.number, row.cells) for row in found.rows()] == expected


WORDS = [
    *SHORT,
    "序号",
    "备注",
    "示例：某",
    "合计",
    "同上",
    "第一网格",
    "注：",
    "钱一",
    "孙二",
    "370199197801010013",
    "a\nb",
    " ",
    "",
    "（",
    "*",
]
ANY_CELL = st.one_of(st.none(), st.sampled_from(WORDS), st.integers(0, 5), st.floats(allow_nan=False), st.booleans(), st.dates())


@settings(max_examples=500, deadline=None)
@given(
    above=st.lists(st.lists(ANY_CELL, max_size=5), max_size=4),
    below=st.lists(st.lists(ANY_CELL, max_size=5), max_size=12),
    ranges=st.lists(st.tuples(*[st.integers(1, 12)] * 2, *[st.integers(0, 3)] * 2), max_size=3),
)
def test_no_line_below_a_header_goes_without_a_word(above, below, ranges):
    rows = [*above, ["序号", *SHORT], *below]
    merged = [
        (top, left, min(top + down, len(rows)), left + right)
        for top, left, down, right in ranges
        if top <= len(rows) and left + right <= 5 and (down or right) and not top <= len(above) + 1 <= top + down
    ]
    lines, known = lines_of(sheet(*rows, merged=merged)), Names(PEOPLE, {}, {})
    header = find_header(known, lines.rows, lines.merged)
    try:
        parts = split(lines, known, header)
    except FileRefused as refused:
        assert "像是另一张表的表头" in str(refused)  # noqa: PT017 most examples are not refused
        return
    told = {number - 1 for _why, number, _text in lines.left_out}
    data = [index for _header, indexes in parts for index in indexes]
    headers = {index for each, _indexes in parts for index in each.rows}
    assert not told.intersection(data)
    assert not headers.intersection(data)
    matched = set.intersection(*(set(each.columns) for each, _indexes in parts))
    for index in range(header.rows[-1] + 1, len(rows)):
        if matched & lines.own(index).keys():
            assert index in told or index in data or index in headers
