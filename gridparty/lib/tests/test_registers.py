"""What registers do alike."""

from datetime import date

import pytest

from gridparty.lib.cells import read_phones
from gridparty.lib.registers import column, read_day, read_number, read_up_to, said, settle_date, settle_phone
from gridparty.lib.roster import CLEAR, CellRefused, Row

DAY = column("on", "日期", "日期", read_day)
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
