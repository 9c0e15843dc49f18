"""Cells that registers share, each way to fill them with its right answer; whatever stands there, only CellRefused is raised."""

import re
from datetime import date, datetime, time
from functools import partial

import pytest
from django.db.models import TextChoices
from hypothesis import given, settings
from hypothesis import strategies as st

from gridparty.lib import idnumbers
from gridparty.lib.cells import (
    PartialDate,
    Phones,
    is_ditto,
    read_choice,
    read_date,
    read_id_number,
    read_name,
    read_phone,
    read_phones,
    read_sex,
    read_span,
)
from gridparty.lib.roster import CellRefused

MAN, WOMAN = idnumbers.synthetic("370199", date(1980, 1, 1), 1), idnumbers.synthetic("370198", date(1962, 2, 28), 20)
WITH_X = next(number for serial in range(999) if (number := idnumbers.synthetic("370199", date(1978, 5, 1), serial))[-1] == "X")
ROUND = next(year for year in range(1900, 2000) if idnumbers.check_digit(f"370199{year}0101000") == "0")
FITTING = int(f"370199{ROUND}01010000")  # its last three digits are lost, and its check digit fits all the same

NOTHING = [None, "", "  \u3000\n", "无", " 无 ", "—", "——", "－", "-", "--", "/", "//", "／", "\\", "不详", "空白", "空", "NULL"]
NOTHING += [
    "null",
    "N/A",
    "n/a",
    "None",
    "nan",
    "未填写",
    "暂无",
    "没有",
    "（无）",
    "未知",
    "_",
    "...",
    "'",
    "\u200b",
    float("nan"),
]


class Relation(TextChoices):
    HEAD = "head", "户主"
    SPOUSE = "spouse", "配偶"
    CHILD = "child", "子女"
    PARENT = "parent", "父母"
    NONE = "none", "无"


RELATION_WORDS = {Relation.HEAD: "本人 自己", Relation.SPOUSE: "妻 夫", Relation.CHILD: "儿 女 儿子", Relation.PARENT: "父 母"}
read_relation = read_choice(Relation, RELATION_WORDS)
read_month = partial(read_date, partial=True)
READERS = {
    "name": read_name,
    "id_number": read_id_number,
    "sex": read_sex,
    "date": read_date,
    "partial_date": read_month,
    "phone": read_phone,
    "choice": read_relation,
}


def refusal(read, cell):
    with pytest.raises(CellRefused) as refused:
        read(cell)
    return str(refused.value)


@pytest.mark.parametrize("cell", NOTHING, ids=repr)
def test_every_word_for_nothing_is_nothing(cell):
    assert (read_name(cell), read_id_number(cell), read_sex(cell)) == ("", "", "")
    assert (read_date(cell), read_month(cell)) == (None, None)
    assert (read_phone(cell), read_phones(cell)) == ("", Phones())


ERRORS = ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "＃N/A", "Err:502"]


@pytest.mark.parametrize("cell", ERRORS)
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_broken_formula_is_no_value(read, cell):
    assert refusal(read, cell) == f"“{cell.replace('＃', '#')}”是公式出错的结果，请改成实际内容。"


DITTOS = ["同上", " 同　上 ", "〃", '"', "＂", "″", "”", "同前", "（同上）", "''", "ditto", "Ditto"]


@pytest.mark.parametrize("cell", DITTOS)
def test_the_same_as_above(cell):
    assert is_ditto(cell)
    assert "上面没有可以沿用的内容" in refusal(read_name, cell)


@pytest.mark.parametrize("cell", [None, "", "同", "同上海", "无", 1, True, date(1978, 5, 1), "上", '"王"', '"' * 40])
def test_what_is_not_the_same_as_above(cell):
    assert not is_ditto(cell)


# --- Names


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("王明", "王明"),
        (" 王　明 ", "王明"),
        ("王 \n明", "王明"),
        ("'王明", "王明"),
        ("艾力•买买提", "艾力·买买提"),
        ("艾力．买买提", "艾力·买买提"),
        ("𠮷田", "𠮷田"),
        ("王䶮", "王䶮"),
        ("王\ue863", "王\ue863"),
        ("\ue863", "\ue863"),
        ("〇", "〇"),
        ("Ｊｏｈｎ　Ｓｍｉｔｈ", "John Smith"),
        ("O'Brien", "O'Brien"),
        ("王伟2", "王伟2"),  # homonyms are told apart so
        ("王伟（大）", "王伟(大)"),
        ("无忌", "无忌"),
        ("欧阳 小明", "欧阳小明"),
        ("欧 阳 小 明", "欧阳小明"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("Smith, John", "Smith, John"),
        ("王" * 60, "王" * 60),
    ],
)
def test_a_name(cell, name):
    assert read_name(cell) == name


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("123", "“123”不是姓名，应为文字，请核对是否填错了列。"),
        (15400000001, "“154******01”不是姓名，应为文字，请核对是否填错了列。"),
        (MAN, f"“370*************{MAN[-2:]}”不是姓名，应为文字，请核对是否填错了列。"),
        ("王明" + MAN, f"“王明370*************{MAN[-2:]}”不是姓名，应为文字，请核对是否填错了列。"),
        (3.5, "“3.5”不是姓名，应为文字，请核对是否填错了列。"),
        ("***", "“***”不是姓名，应为文字，请核对是否填错了列。"),
        ("王*", "“王*”里有遮盖或无法显示的字，请按身份证填写完整的姓名。"),
        ("王?明", "“王?明”里有遮盖或无法显示的字，请按身份证填写完整的姓名。"),
        ("王？明", "“王?明”里有遮盖或无法显示的字，请按身份证填写完整的姓名。"),
        ("王\ufffd", "“王\ufffd”里有遮盖或无法显示的字，请按身份证填写完整的姓名。"),
        ("王□", "“王□”里有遮盖或无法显示的字，请按身份证填写完整的姓名。"),
        ("王" * 61, f"“{'王' * 19}…”过长，姓名不超过 60 个字，请核对是否填错了列。"),
        (date(1978, 5, 1), "“1978-05-01”是日期或逻辑值，应为文字或号码，请核对是否填错了列。"),
        (True, "“True”是日期或逻辑值，应为文字或号码，请核对是否填错了列。"),
    ],
)
def test_what_is_no_name(cell, sentence):
    assert refusal(read_name, cell) == sentence


@pytest.mark.parametrize("cell", ["王明、李红", "王明，李红", "王明/李红", "王明 李红", "王明\n李红", "王明;李红", "买买提 艾力"])
def test_two_names_in_a_cell_are_not_one(cell):
    assert refusal(read_name, cell).endswith("像是几个人的姓名，请每人一行；是一个人的，请去掉中间的空格，或写成“·”。")


@pytest.mark.parametrize("cell", ["王明（已故）", "王明(故)", "王明（户主）", "王明（曾用名：王小明）", "王明（外出务工"])
def test_a_remark_behind_a_name_is_no_part_of_it(cell):
    assert refusal(read_name, cell).endswith("的括号里是说明，请只写姓名；已去世或离开的，请从名单中删去。")


@pytest.mark.parametrize("cell", ["空缺", "暂缺", "待定", "空房", "空置", "租户", "拒 访", "户主"])
def test_words_for_nobody_are_no_name(cell):
    assert refusal(read_name, cell).endswith("不是人的姓名，没有人的请删去此行。")


_PARTIAL = (
    "王某 王某某 某某 王XX 王xx 王×× 王× 王X明 王×明 王ｘｘ 王○○ 王○明 王OO 王oo 王__ 王~ 王… 王... 王#明 王# 王** 王＊明"
    " 王◯明 王✕ 张女士 李先生 王大爷 赵阿姨 张师傅 孙大妈 王大娘 李老师 王主任 刘书记 周经理 陈老板 王小姐 张爷爷 张奶奶"
    " 欧阳女士 王建国先生 张建国师傅 小王 老李 小张 王 张总 李四之妻 王医生"
)


@pytest.mark.parametrize("cell", [*_PARTIAL.split(), "王 某", "张 女士"])
def test_parts_of_a_name_are_refused(cell):
    assert "完整的姓名" in refusal(read_name, cell)


_RARE = "王女 王先 先生明 王生 师傅强 大爷 阿姨 王书 王经 李主 王子书 毛毛 王师 老舍 小云 王总明 赵C 王爷 王小奶 Xavier Max"


@pytest.mark.parametrize("name", _RARE.split())
def test_rare_names_are_names(name):
    assert read_name(name) == name


# --- ID numbers


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (MAN, MAN),
        (WOMAN, WOMAN),
        (WITH_X, WITH_X),
        (WITH_X.lower(), WITH_X),
        (WITH_X[:17] + "Ⅹ", WITH_X),
        (WITH_X[:17] + "×", WITH_X),
        (WITH_X.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}), WITH_X),
        ("'" + MAN, MAN),
        ("’" + MAN, MAN),
        ("＇" + MAN, MAN),
        (f'="{MAN}"', MAN),
        (f"“{MAN}”", MAN),
        (f"\t{MAN}\n", MAN),
        (f"{MAN[:6]} {MAN[6:14]} {MAN[14:]}", MAN),
        (f"{MAN[:6]}-{MAN[6:14]}-{MAN[14:]}", MAN),
        (f"\u200b{MAN}\ufeff", MAN),
        ("370199800101001", MAN),
        (370199800101001, MAN),
        (370199800101001.0, MAN),
        ("11010519491231002x", "11010519491231002X"),  # the standard's own examples
        ("440524188001010014", "440524188001010014"),
    ],
)
def test_an_id_number(cell, number):
    assert read_id_number(cell) == number


LOST = "曾是数字格式，15 位以后的数字已丢失，请把该列设为文本格式，按原件重新填写 18 位号码。"


def test_the_number_that_fits_by_chance_is_one():
    assert idnumbers.parse(str(FITTING)).value == str(FITTING)


@pytest.mark.parametrize(
    "cell",
    [
        FITTING,
        float(FITTING),
        int(MAN),
        float(MAN),
        10**15,
        3701998001010011,
        370199800101001.5,
        1e300,
        float("inf"),
        "3.70199E+17",
        "3.70199198001010E+17",
        "3.7e17",
        "４E+17",
        MAN + ".0",
        f'="{MAN}.00"',
        MAN[:15] + "000",
    ],
)
def test_an_id_number_that_was_a_number_is_refused_with_the_cure(cell):
    assert refusal(read_id_number, cell).endswith(LOST)


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (MAN[:17] + str((int(MAN[17]) + 1) % 10), f"身份证号码校验码应为 {MAN[17]}，请核对原件。"),
        (MAN[:17], "身份证号码应为 18 位，这里是 17 位，请核对原件。"),
        (MAN + "1", "身份证号码应为 18 位，这里是 19 位，请核对原件。"),
        (f"{MAN}、{WOMAN}", "身份证号码应为 18 位，这里是 37 位，请核对原件。"),
        (MAN[:6] + "********" + MAN[14:], "身份证号码第 7 位不是数字（只有第 18 位可以是 X），请核对原件。"),
        ("00" + MAN[2:], "身份证号码前两位 00 不是省级代码，请核对原件。"),
        (15400000001, "身份证号码应为 18 位，这里是 11 位，请核对原件。"),
        ("王明", "身份证号码应为 18 位，这里是 2 位，请核对原件。"),
        (date(1978, 5, 1), "“1978-05-01”是日期或逻辑值，应为文字或号码，请核对是否填错了列。"),
        (False, "“False”是日期或逻辑值，应为文字或号码，请核对是否填错了列。"),
    ],
)
def test_what_is_no_id_number(cell, sentence):
    assert refusal(read_id_number, cell) == sentence


def test_a_number_that_was_rounded_is_quoted_by_its_ends_only():
    assert refusal(read_id_number, FITTING) == f"“370*************00”{LOST}"


# --- Sex


MEN = ["男", " 男 ", "男性", "男　性", "M", "m", "Male", "male", "MALE", 1, 1.0, "1", "１", "1.男", "1-男", "男(1)"]
WOMEN = ["女", "女　", "女性", "F", "ｆ", "Female", "FEMALE", 2, 2.0, "2", "２", "2 女", "女士", "'女"]


@pytest.mark.parametrize("cell", MEN, ids=repr)
def test_a_man(cell):
    assert read_sex(cell) == "male"


@pytest.mark.parametrize("cell", WOMEN, ids=repr)
def test_a_woman(cell):
    assert read_sex(cell) == "female"


@pytest.mark.parametrize("cell", ["未知", "不详", 0, 9, 0.0, "0", "9", "未说明的性别", "未知的性别", "未知性别"])
def test_an_unknown_sex(cell):
    assert read_sex(cell) == ""


@pytest.mark.parametrize("cell", ["男/女", "男女", "囡", 3, 1.5, -1, "-1", "1.5", "x", "王明", "是", "??", "汉族"])
def test_what_is_no_sex(cell):
    assert re.fullmatch("不认识性别“.+”，应为男或女，请改正。", refusal(read_sex, cell))


@pytest.mark.parametrize("cell", [True, False, date(1978, 5, 1)])
def test_truth_and_days_are_no_sex(cell):
    assert "请核对是否填错了列" in refusal(read_sex, cell)


# --- Dates

MAY_1 = [
    "1978-05-01",
    "1978-5-1",
    "1978/5/1",
    "1978/05/01",
    "1978.5.1",
    "1978.05.01",
    "1978.5.1.",
    "1978．5．1",
    "1978年5月1日",
    "1978年05月01日",
    "1978 年 5 月 1 日",
    "1978年5月1",
    "1978年5月1号",
    "１９７８年５月１日",
    "1978–05–01",
    "1978—5—1",
    "1978－5－1",
    "1978\\5\\1",
    "1978、5、1",
    "1978 5 1",
    "1978 05 01",
    "'1978-05-01",
    "\t1978-05-01 ",
    "19780501",
    19780501,
    19780501.0,
    "1978.0501",
    1978.0501,
    28611,
    28611.0,
    28611.75,
    date(1978, 5, 1),
    datetime(1978, 5, 1),
    datetime(1978, 5, 1, 23, 59, 59),
    "1978-05-01 00:00:00",
    "1978-05-01T00:00:00",
    "1978/5/1 0:00",
    "1978-05-01 13:45:10.25",
    "一九七八年五月一日",
    "一九七八年5月1日",
]


@pytest.mark.parametrize("cell", MAY_1, ids=repr)
def test_the_first_of_may(cell):
    assert read_date(cell) == date(1978, 5, 1)
    assert read_month(cell) == PartialDate(1978, 5, 1)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2000-02-29", date(2000, 2, 29)),
        ("1900-01-01", date(1900, 1, 1)),
        ("2100-12-31", date(2100, 12, 31)),
        (10_000, date(1927, 5, 18)),
        (36_526, date(2000, 1, 1)),
        (36_585, date(2000, 2, 29)),
        (73_415, date(2100, 12, 31)),
        (date(1920, 1, 1), date(1920, 1, 1)),
        ("1978年元月9日", date(1978, 1, 9)),
        ("一九七八年元月九日", date(1978, 1, 9)),
        ("二〇〇一年十月十日", date(2001, 10, 10)),
        ("二○○一年十二月三十一日", date(2001, 12, 31)),
        ("二零零一年十一月二十日", date(2001, 11, 20)),
        ("二OO一年七月二十一日", date(2001, 7, 21)),
        ("二〇二一年〇七月〇一日", date(2021, 7, 1)),
        ("1986-05-04 00:00:00", date(1986, 5, 4)),  # the first day of China's summer time
    ],
    ids=repr,
)
def test_other_days(cell, day):
    assert read_date(cell) == day


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("1978.5", (1978, 5)),
        ("1978.05", (1978, 5)),
        ("1978-05", (1978, 5)),
        ("1978/5", (1978, 5)),
        ("1978年5月", (1978, 5)),
        ("1978年05月", (1978, 5)),
        ("1978年5月份", (1978, 5)),
        ("1978年5", (1978, 5)),
        ("１９７８．５", (1978, 5)),
        ("1978 5", (1978, 5)),
        ("197805", (1978, 5)),
        (197805, (1978, 5)),
        (197805.0, (1978, 5)),
        (1978.5, (1978, 5)),
        (1978.05, (1978, 5)),
        (1978.12, (1978, 12)),
        (1978.11, (1978, 11)),
        (2001.2, (2001, 2)),
        ("2001.1", (2001, 1)),  # as text, what stands there
        ("2001.10", (2001, 10)),
        ("1978年元月", (1978, 1)),
        ("一九七八年五月", (1978, 5)),
        ("二〇〇一年十月", (2001, 10)),
    ],
    ids=repr,
)
def test_a_month_is_taken_only_where_months_are_enough(cell, month):
    assert read_month(cell) == PartialDate(*month)
    assert re.fullmatch("“.+”只有年月，应为年月日，请写成 1978-05-01 的形式。", refusal(read_date, cell))


@pytest.mark.parametrize("read", [read_date, read_month])
@pytest.mark.parametrize(("cell", "year"), [(2001.1, 2001), (1978.1, 1978)])
def test_a_number_that_may_be_january_or_october_is_asked_about(read, cell, year):
    said = f"“{year}.1”是数字格式，分不清是 1 月还是 10 月，请写成 {year}-01 或 {year}-10（有日的写上日）。"
    assert refusal(read, cell) == said


UNCLEAR = [
    "78.5.1",
    "78年5月1日",
    "78-05",
    "5/1/1978",
    "01.05.1978",
    "1978",
    1978,
    "1978年",
    "1978501",
    "28611",
    60,
    59,
    1,
    0,
    -5,
]
UNCLEAR += [
    9_999,
    1978.051,
    "1978-05-01T00:00:00Z",
    "1978-05-01 00:00+08:00",
    "1978.5.1(农历)",
    "五月一日",
    "1978年腊月",
    "13:45:00",
]
UNCLEAR += [
    "2001.9-12",
    "2001年9.12",
    "王明",
    MAN,
    15400000001,
    "1978-05-01至今",
    "１９７８年",
    "١٩٧٨-٠٥-٠١",
    float("inf"),
    1e300,
]


@pytest.mark.parametrize("cell", UNCLEAR, ids=repr)
@pytest.mark.parametrize("read", [read_date, read_month])
def test_what_is_no_clear_day(read, cell):
    assert "认不出是哪一天，请写成 1978-05-01 的形式，年份写四位。" in refusal(read, cell)


IMPOSSIBLE = ["1978-02-30", "1979-02-29", "1900-02-29", "1978-13-01", "1978.13", 1978.13, "19780431", 19780431, "1978-05-00"]
IMPOSSIBLE += ["1978-00", "1978-5-32", "一九七八年二月三十日", "197851", "0000-05-01", 1978.25]


@pytest.mark.parametrize("cell", IMPOSSIBLE, ids=repr)
@pytest.mark.parametrize("read", [read_date, read_month])
def test_what_no_calendar_has(read, cell):
    assert "不是日历上有的日期，请核对原件后改正。" in refusal(read, cell)


@pytest.mark.parametrize(
    ("cell", "first"),
    [
        ("1078-05-01", 1900),
        ("1899-12-31", 1900),
        ("2101-01-01", 1900),
        ("780501", 1900),
        (780501, 1900),
        (date(1905, 5, 31), 1920),  # the year 1978 typed into a date column
        (date(1900, 2, 28), 1920),
        (datetime(1899, 12, 31), 1920),
        (date(2441, 8, 7), 1920),  # 197805 in a date column
        (73_416, 1920),
        (99_999, 1920),
    ],
    ids=repr,
)
@pytest.mark.parametrize("read", [read_date, read_month])
def test_a_year_beyond_belief(read, cell, first):
    assert f"的年份不在 {first} 至 2100 之间，请核对" in refusal(read, cell)


def test_a_partial_date_says_what_is_known():
    assert (str(PartialDate(1978, 5)), PartialDate(1978, 5).first_day) == ("1978-05", date(1978, 5, 1))
    assert (str(PartialDate(1978, 5, 9)), PartialDate(1978, 5, 9).first_day) == ("1978-05-09", date(1978, 5, 9))


# --- Terms


@pytest.mark.parametrize(
    "cell",
    [
        "2023.5-2026.5",
        "2023年5月至2026年5月",
        "2023.05—2026.05",
        "2023-05-2026-05",
        "2023/5~2026/5",
        "自2023年5月起至2026年5月止",
        "202305-202605",
        "2023.5-2026.5（3年）",
        "二〇二三年五月至二〇二六年五月",
        "2023.5—— 2026.5",
    ],
)
def test_a_term_from_and_to(cell):
    assert str(read_span(cell)) == "2023-05 至 2026-05"


@pytest.mark.parametrize(
    ("cell", "years", "start"),
    [
        ("三年", 3, None),
        ("5年", 5, None),
        (3, 3, None),
        ("每届三年", 3, None),
        ("十年", 10, None),
        ("2023.5至今", None, "2023-05"),
        ("2023年5月1日起", None, "2023-05-01"),
        ("2023.5-", None, "2023-05"),
        ("2023年5月起三年", 3, "2023-05"),
        ("2023.5-长期", None, "2023-05"),
    ],
)
def test_a_term_that_is_half_written(cell, years, start):
    span = read_span(cell)
    assert (span.years, span.start and str(span.start), span.end) == (years, start, None)


@pytest.mark.parametrize("cell", ["", None, "长期", "至今", "无", "-"])
def test_no_term(cell):
    assert read_span(cell) == ""


@pytest.mark.parametrize(
    "cell",
    [
        "2023.5",
        "2023-05-01",
        "2023-2026",
        "2026.5-2023.5",
        "36个月",
        "20",
        "第三届",
        "2023.5-2026",
        "2001.9-12",
        date(2023, 5, 1),
    ],
)
def test_what_is_no_term_is_refused(cell):
    assert "看不出任期从何时到何时" in refusal(read_span, cell)


# --- Phones


@pytest.mark.parametrize(
    ("cell", "phone"),
    [
        ("15400000001", "15400000001"),
        (15400000001, "15400000001"),
        (15400000001.0, "15400000001"),
        ("15400000001.0", "15400000001"),
        ("154 0000 0001", "15400000001"),
        ("154-0000-0001", "15400000001"),
        ("154—0000—0001", "15400000001"),
        ("154.0000.0001", "15400000001"),
        ("１５４００００ ０００１", "15400000001"),
        ("+8615400000001", "15400000001"),
        ("+86 154 0000 0001", "15400000001"),
        ("＋86-15400000001", "15400000001"),
        ("(+86)15400000001", "15400000001"),
        ("008615400000001", "15400000001"),
        ("86-15400000001", "15400000001"),
        ("8615400000001", "15400000001"),
        ("015400000001", "15400000001"),  # the long-distance 0 of old
        ("'15400000001", "15400000001"),
        ('="15400000001"', "15400000001"),
        ("\u202d15400000001\u202c", "15400000001"),  # copied from a phone's contacts
        ("手机：15400000001", "15400000001"),
        ("15400000001（本人）", "15400000001"),
        ("联系电话:15400000001", "15400000001"),
        ("0531-88880000", "0531-88880000"),
        ("053188880000", "0531-88880000"),
        ("0531 88880000", "0531-88880000"),
        ("0531－8888 0000", "0531-88880000"),
        ("（0531）88880000", "0531-88880000"),
        ("0531—88880000", "0531-88880000"),
        ("+86 531 88880000", "0531-88880000"),
        ("+86-0531-88880000", "0531-88880000"),
        ("86-0531-88880000", "0531-88880000"),
        ("0632-3330000", "0632-3330000"),
        ("010-88880000", "010-88880000"),
        ("02188880000", "021-88880000"),
        ("+861088880000", "010-88880000"),
        ("0531-88880000-801", "0531-88880000-801"),
        ("0531-88880000转801", "0531-88880000-801"),
        ("88880000", "88880000"),
        (88880000, "88880000"),
        ("8888-0000", "88880000"),
        ("3330000", "3330000"),
        ("400-000-0000", "4000000000"),
    ],
)
def test_a_phone(cell, phone):
    assert read_phone(cell) == phone


@pytest.mark.parametrize(
    ("cell", "first", "others"),
    [
        ("15400000001/15400000002", "15400000001", ("15400000002",)),
        ("15400000001 / 15400000002", "15400000001", ("15400000002",)),
        ("15400000001、15400000002", "15400000001", ("15400000002",)),
        ("15400000001，15400000002", "15400000001", ("15400000002",)),
        ("15400000001；15400000002；15400000003", "15400000001", ("15400000002", "15400000003")),
        ("15400000001\n15400000002", "15400000001", ("15400000002",)),
        ("15400000001\r\n15400000002", "15400000001", ("15400000002",)),
        ("15400000001 15400000002", "15400000001", ("15400000002",)),
        ("154 0000 0001 154 0000 0002", "15400000001", ("15400000002",)),
        ("15400000001或15400000002", "15400000001", ("15400000002",)),
        ("15400000001/15400000001", "15400000001", ()),
        ("0531-88880000/15400000001", "15400000001", ("0531-88880000",)),
        ("0531-88880000 15400000001", "15400000001", ("0531-88880000",)),
        ("0632-3330000 15400000001", "15400000001", ("0632-3330000",)),
        ("手机15400000001 电话0531-88880000", "15400000001", ("0531-88880000",)),
        ("宅电88880000", "88880000", ()),
        ("0531-88880000、0531-88880001", "0531-88880000", ("0531-88880001",)),
    ],
    ids=repr,
)
def test_several_phones_in_a_cell(cell, first, others):
    assert read_phones(cell) == Phones(first, others)
    assert read_phone(cell) == first


WRONG_PHONES = ["1540000000", "154000000011", 1540000000, 154000000011, "154 0000 000", "154 0000 00012", "12345678901"]
WRONG_PHONES += ["0531-888000", "0531-888800001", "010-8888000", "0531", "120", "88880", 53188880000, "1.54E+10"]
WRONG_PHONES += [
    "10400000001",
    "154****0001",
    "15400000001/1540000000",
    "15400000001儿子李四",
    "王明",
    "+85288880000",
    "1540000000l",
]
WRONG_PHONES += [
    15400000001.5,
    "15400000001.5",
    MAN,
    -15400000001.5,
    int(MAN),
    "19780501",
    "1978-05-01",
    float("inf"),
    "١٥٤٠٠٠٠٠٠٠١",
    "0",
    0,
    "15400000001 2",
]


@pytest.mark.parametrize("cell", WRONG_PHONES, ids=repr)
def test_what_is_no_phone(cell):
    assert "不是电话号码，应只写 11 位手机号，或区号加座机号（如 0531-88880000），请核对改正。" in refusal(read_phones, cell)


def test_a_refused_phone_is_quoted_by_its_ends_only():
    assert refusal(read_phone, "154 0000 00012").startswith("“154 **** ***12”")
    assert refusal(read_phone, MAN).startswith(f"“370*************{MAN[-2:]}”")


def test_phones_do_not_show_themselves():
    assert repr(Phones("15400000001", ("15400000002",))) == "Phones()"


@pytest.mark.parametrize("cell", [True, date(1978, 5, 1)])
def test_truth_and_days_are_no_phones(cell):
    assert "请核对是否填错了列" in refusal(read_phone, cell)


# --- Words from a list


@pytest.mark.parametrize(
    ("cell", "choice"),
    [
        ("户主", "head"),
        (" 户 主 ", "head"),
        ("本人", "head"),
        ("head", "head"),
        ("HEAD", "head"),
        ("妻", "spouse"),
        ("夫", "spouse"),
        ("配　偶", "spouse"),
        ("儿子", "child"),
        ("（女）", "child"),
        ("父", "parent"),
        ("母", "parent"),
        ("无", "none"),  # the list's own word for nothing
        ("—", ""),
        (None, ""),
        ("不详", ""),
    ],
)
def test_a_word_from_the_list(cell, choice):
    assert read_relation(cell) == choice


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("本人（户主）", "不认识“本人(户主)”，应为户主、配偶、子女、父母、无之一，请改正。"),
        ("女婿", "不认识“女婿”，应为户主、配偶、子女、父母、无之一，请改正。"),
        (MAN, f"不认识“370*************{MAN[-2:]}”，应为户主、配偶、子女、父母、无之一，请改正。"),
        ("同上", "“同上”上面没有可以沿用的内容，请填写实际内容。"),
        (True, "“True”是日期或逻辑值，应为文字或号码，请核对是否填错了列。"),
    ],
)
def test_a_word_that_is_not_in_the_list(cell, sentence):
    assert refusal(read_relation, cell) == sentence


def test_a_word_for_two_choices_is_a_mistake_of_the_register():
    with pytest.raises(ValueError, match="本人 stands for two choices of Relation"):
        read_choice(Relation, {Relation.HEAD: "本人", Relation.SPOUSE: "本人"})("户主")


# --- Whatever stands there

SPICE = "0123456789０９xXⅩ×-—－/.,、年月日一二〇十元同上〃″\"'＂=+86()（）转男女王·?*\u200b\u3000 \n\ufeff٣①E#N/A\ue863"
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 10**18),
    st.integers(15_400_000_000, 15_400_009_999),
    st.integers(1, 100_000),
    st.floats(),
    st.floats(1900, 2101).map(lambda number: round(number, 2)),
    st.text(),
    st.text(st.sampled_from(SPICE), max_size=25),
    st.dates(),
    st.datetimes(timezones=st.none() | st.timezones()),
    st.sampled_from([*NOTHING, *DITTOS, *MAY_1, *UNCLEAR, *WRONG_PHONES]),
    st.builds(
        "{}{}{}".format, st.sampled_from(["", "'", "+86", "同上"]), st.integers(0, 10**18), st.sampled_from(["", "X", ".0"])
    ),
    st.builds(date.strftime, st.dates(), st.sampled_from(["%Y-%m-%d", "%Y.%m", "%Y年%m月%d日", "%Y%m%d", "%y.%m.%d"])),
    st.sampled_from([*MEN, *WOMEN, *IMPOSSIBLE]),
)


def holds(read, cell):
    """The reader takes or refuses the cell; what it took it takes again; what it refused it does not repeat whole."""
    is_ditto(cell)
    try:
        value, sentence = read(cell), ""
    except CellRefused as refused:
        value, sentence = None, str(refused)
    assert not re.search(r"(\d ?){9}", sentence)
    assert sentence or read("" if value is None else str(value)) == value


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@given(cell=CELLS)
def test_reading_raises_nothing_else_and_twice_is_once(read, cell):
    holds(read, cell)


@pytest.mark.proof
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@settings(max_examples=15_000)
@given(cell=CELLS)
def test_a_hundred_thousand_cells_and_more(read, cell):
    holds(read, cell)


DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
PARTS = ["{0.year}", "{0.month}", "{0.day}"]
FORMS = ["{0:%Y-%m-%d}", "{0:%Y%m%d}", "/".join(PARTS), ".".join(PARTS), "{}年{}月{}日".format(*PARTS)]


@given(DAYS, st.sampled_from(FORMS), st.booleans())
def test_every_day_is_read_in_every_form(day, form, wide):
    written = form.format(day)
    assert read_date(written.translate({code: code + 0xFEE0 for code in range(0x30, 0x3A)}) if wide else written) == day


@given(st.dates(date(1927, 5, 18), date(2100, 12, 31)), st.times())
def test_every_day_is_read_from_its_cell_and_its_serial(day, moment):
    assert read_date((day - date(1899, 12, 30)).days) == day
    assert read_date(datetime.combine(day, moment)) == read_date(datetime.combine(day, time())) == day


@given(st.integers(0, 9999), st.sampled_from(["", "+86", "86", "0086", "0"]), st.sampled_from(["", " ", "-"]))
def test_every_mobile_is_read_in_every_form(tail, prefix, gap):
    number = f"1540000{tail:04}"
    assert read_phone(f"{prefix}{'' if prefix == '0' else gap}{number[:3]}{gap}{number[3:7]}{gap}{number[7:]}") == number
