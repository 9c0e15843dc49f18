"""What registers do alike."""

from datetime import date

import pytest

from gridparty.lib.cells import read_phones, read_span
from gridparty.lib.registers import (
    column,
    drop_remark,
    read_day,
    read_number,
    read_up_to,
    said,
    settle_date,
    settle_phone,
    settle_span,
    state_in,
)
from gridparty.lib.roster import CLEAR, CellRefused, Row

DAY = column("on", "日期", "日期", read_day)
NAME = column("name", "名称", "名称", read_up_to(60))
PHONE = column("phone", "电话", "电话", read_phones)


def row(**values) -> Row:
    return Row("", 2, values)


@pytest.mark.parametrize(
    ("text", "last", "day", "warnings"),
    [
        ("2024-03-05", False, date(2024, 3, 5), []),
        ("2024年2月", False, date(2024, 2, 1), ["只有年月，按 1 日登记。"]),
        ("2024年2月", True, date(2024, 2, 29), ["只有年月，按 29 日登记。"]),
        ("", False, None, []),
    ],
)
def test_a_month_becomes_its_first_or_last_day_with_a_warning(text, last, day, warnings):
    one = row(on=DAY.read(text))
    settle_date(one, DAY, last)
    assert (one.values["on"], [remark.message for remark in one.warnings]) == (day, warnings)


def test_a_word_for_clearing_stays_and_says_nothing():
    one = row(on=CLEAR, phone=CLEAR)
    settle_date(one, DAY)
    settle_phone(one, PHONE)
    assert one.values == {"on": CLEAR, "phone": CLEAR}
    assert (said(one, "on"), said(one, "other")) == ("", "")


def test_of_several_numbers_the_first_mobile_is_kept_with_a_warning():
    one = row(phone=PHONE.read("0531-88880000、15400000001"))
    settle_phone(one, PHONE)
    assert one.values["phone"] == "15400000001"
    assert len(one.warnings) == 1


def test_a_text_that_the_record_cannot_hold_is_refused():
    read = read_up_to(3)
    assert (read("三个字"), read(" 无 "), read(None)) == ("三个字", "", "")
    with pytest.raises(CellRefused, match="有 4 个字，最多 3 个"):
        read("四个字了")


@pytest.mark.parametrize(("cell", "number"), [("30", 30), (30.0, 30), ("30人", 30), ("３０ 人", 30), ("", ""), ("0", 0)])
def test_whole_numbers(cell, number):
    assert read_number(0, 99, "人|名")(cell) == number


@pytest.mark.parametrize("cell", ["100", "-1", "3.5", "约30", "三十", "30-40", True])
def test_what_is_no_whole_number_in_bounds_is_refused(cell):
    with pytest.raises(CellRefused, match="应为 0 至 99 之间的整数"):
        read_number(0, 99, "人|名")(cell)


# --- Remarks behind names

_GONE = (
    "桃园物业（已注销） 3号楼（拆除） 第1网格党支部（已撤销） 第1网格党支部（合并到第2网格党支部）"
    " 桃园物业（原柳园物业） 桃园物业已注销 3号楼-已拆 5号楼(在建) 桃园社区（撤） 桃园物业(注销于2020年) 桃园物业[改为柳园物业]"
    " 3号楼（空置） 第1网格党支部（已撤销）（书记王某） 桃园物业（已注销"
)


@pytest.mark.parametrize("name", _GONE.split())
def test_what_became_of_something_is_no_part_of_its_name(name):
    assert "是说明，不是名称" in state_in(name)


_OF_THE_NAME = (
    "桃园物业（东区） 桃园公司（有限合伙） 第1网格（东片） 桃园店（原野路店） 桃园业委会（筹） 桃园医院（新院区）"
    " 柳园小学（新建路校区） 已亥书店"
)


@pytest.mark.parametrize("name", _OF_THE_NAME.split())
def test_brackets_that_belong_to_a_name_stay(name):
    one = row(name=name)
    drop_remark(one, NAME)
    assert (state_in(name), one.values["name"], one.warnings) == ("", name, [])


_BEHIND = "书记王某 书记：王某 楼长：王小明，15400000001 共300户 30人 党员30人 联系人 电话：15400000001 支部书记王小明"


@pytest.mark.parametrize("remark", _BEHIND.split())
def test_who_stands_behind_a_name_is_taken_off_and_told(remark):
    one = row(name=f"第1网格党支部（{remark}）")
    drop_remark(one, NAME)
    assert one.values["name"] == "第1网格党支部"
    assert [each.message for each in one.warnings] == [f"括号里的“{remark}”是说明，名称按“第1网格党支部”读取。"]


# --- Terms

STARTS, ENDS, TERM = (column(name, name, name, read_day) for name in ("starts", "ends", "term"))


def term(text: str, starts: str = "", ends: str = "") -> tuple:
    one = row(term=read_span(text), starts=read_day(starts), ends=read_day(ends))
    settle_span(one, TERM, STARTS, ENDS)
    days = [one.values[name] and str(one.values[name]) for name in ("starts", "ends")]
    return (*days, [message for _label, message in one.reasons] + [remark.message for remark in one.warnings])


def test_a_term_in_one_cell_fills_its_first_and_last_day():
    assert term("2023.5-2026.5") == ("2023-05", "2026-05", [])
    assert term("2023.5-2026.5", "2023-05-10") == ("2023-05-10", "2026-05", [])
    assert term("2023.5至今") == ("2023-05", None, [])
    assert term("三年", "2024-02-29") == ("2024-02-29", "2027-02-27", ["按任期 3 年算到 2027-02-27，请核对。"])
    assert term("2023.5起三年") == ("2023-05", "2026-04-30", ["按任期 3 年算到 2026-04-30，请核对。"])
    assert term("三年") == (None, None, ["只写了 3 年，没有写从何时起，按不定期登记，请核对。"])
    assert term("三年", "2023-05", "2026-05") == ("2023-05", "2026-05", [])


def test_a_term_that_contradicts_the_days_beside_it_is_refused():
    assert term("2023.5-2026.5", "2024-01")[2] == ["写的是 2023-05，“starts”却是 2024-01，请核对后只留一个。"]
    assert term("2023.5-2026.5", "", "2028-01")[2] == ["写的是 2026-05，“ends”却是 2028-01，请核对后只留一个。"]
