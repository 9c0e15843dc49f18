"""ID numbers: read by the standard, refused by one sentence that never repeats them."""

import re
from datetime import date

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from gridparty.lib.idnumbers import SYNTHETIC_COUNTIES, BadIdNumber, check_digit, normal, parse, synthetic

MAN, WOMAN = synthetic("370199", date(1990, 1, 1), 1), synthetic("370198", date(1962, 2, 28), 20)


def with_check(first17):
    return first17 + check_digit(first17)


@pytest.mark.parametrize(
    ("number", "kind", "born_on", "sex"),
    [
        ("11010519491231002X", "citizen", date(1949, 12, 31), "female"),  # the standard's own examples
        ("440524188001010014", "citizen", date(1880, 1, 1), "male"),
        (with_check("37019920000229001"), "citizen", date(2000, 2, 29), "male"),
        (with_check("71990019600601002"), "citizen", date(1960, 6, 1), "female"),
        (with_check("81990019850415003"), "residence_permit", date(1985, 4, 15), "male"),
        (with_check("82990019850415004"), "residence_permit", date(1985, 4, 15), "female"),
        (with_check("83990019850415005"), "residence_permit", date(1985, 4, 15), "male"),
        (with_check("93799919850504002"), "foreigner", date(1985, 5, 4), "female"),
    ],
)
def test_a_number_says_what_it_is(number, kind, born_on, sex):
    read = parse(number)
    assert (read.value, read.kind, read.born_on, read.sex, read.tail) == (number, kind, born_on, sex, number[-4:])


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("11010519491231002x", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("11010519491231002Ⅹ", "11010519491231002X"),
        ("　110105 19491231\t002X\n", "11010519491231002X"),
        ("110105-19491231-002X", "11010519491231002X"),
        ("110105–19491231—002−X", "11010519491231002X"),
        ("\ufeff110105\u200b19491231\u00a0002X\u202c", "11010519491231002X"),
        ("370199800101001", "370199198001010014"),  # 15 digits
        ("３７０１９９ ８００１０１ ００１", "370199198001010014"),
        ("37019980010100", "37019980010100"),
        ("37019980010100X", "37019980010100X"),
        ("e12345678", "e12345678"),
        ("", ""),
    ],
)
def test_a_number_is_kept_in_one_way(typed, kept):
    assert normal(typed) == kept


def test_fifteen_digits_are_of_the_century_before():
    assert parse("370199800101001").born_on == date(1980, 1, 1)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "身份证号码应为 18 位，这里是 0 位，请核对原件。"),
        ("3701991990010100", "身份证号码应为 18 位，这里是 16 位，请核对原件。"),
        (MAN + "1", "身份证号码应为 18 位，这里是 19 位，请核对原件。"),
        ("3701991990O1010011", "身份证号码第 11 位不是数字（只有第 18 位可以是 X），请核对原件。"),
        ("37019919900X010011", "身份证号码第 12 位不是数字（只有第 18 位可以是 X），请核对原件。"),
        ("37019919900101001A", "身份证号码第 18 位不是数字（只有第 18 位可以是 X），请核对原件。"),
        ("37019990010100X", "身份证号码第 15 位不是数字（只有第 18 位可以是 X），请核对原件。"),
        ("37019919900101٠٠١1", "身份证号码第 15 位不是数字（只有第 18 位可以是 X），请核对原件。"),
        (with_check("16019919900101001"), "身份证号码前两位 16 不是省级代码，请核对原件。"),
        (with_check("00019919900101001"), "身份证号码前两位 00 不是省级代码，请核对原件。"),
        (with_check("84000019900101001"), "身份证号码前两位 84 不是省级代码，请核对原件。"),
        (with_check("37019919900230001"), "身份证号码第 7 至 14 位不是可能的出生日期，请核对原件。"),
        (with_check("37019900000101001"), "身份证号码第 7 至 14 位不是可能的出生日期，请核对原件。"),
        (with_check("37019910900101001"), "身份证号码第 7 至 14 位不是可能的出生日期，请核对原件。"),
        ("370199901301001", "身份证号码第 7 至 14 位不是可能的出生日期，请核对原件。"),
        ("110105194912310021", "身份证号码校验码应为 X，请核对原件。"),
        ("440524188001010010", "身份证号码校验码应为 4，请核对原件。"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason(typed, sentence):
    with pytest.raises(BadIdNumber) as refused:
        parse(typed)
    assert str(refused.value) == sentence


def test_nobody_is_born_tomorrow():
    newborn = synthetic("370199", date(2026, 3, 2), 1)
    with time_machine.travel("2026-03-01T15:59:59Z", tick=False), pytest.raises(BadIdNumber, match="晚于今天"):
        parse(newborn)
    with time_machine.travel("2026-03-01T16:00:00Z", tick=False):  # it is 2 March in China
        assert parse(newborn).born_on == date(2026, 3, 2)


def test_a_number_does_not_show_itself():
    assert repr(parse(MAN)) == "IdNumber(kind='citizen', sex='male')"


@pytest.mark.parametrize(("county", "serial"), [("370102", 1), ("110105", 1), ("370199", -1), ("370199", 1000)])
def test_synthetic_numbers_can_be_nobodys(county, serial):
    with pytest.raises(ValueError, match="never assigned"):
        synthetic(county, date(1990, 1, 1), serial)


# Characters that mean something here come up often.
TEXT = st.text() | st.text(st.sampled_from("0123456789０９xXⅩ×-—−．　 \u200b\ufeff\t٣①A"), max_size=30)
COUNTIES = st.sampled_from(sorted(SYNTHETIC_COUNTIES))
DAYS = st.dates(date(1880, 1, 1), date(2026, 1, 1))
SERIALS = st.integers(0, 999)


@given(TEXT)
def test_any_text_has_one_normal_form(text):
    assert normal(normal(text)) == normal(text)


@given(TEXT | st.text(st.sampled_from("0123456789X"), min_size=18, max_size=18))
def test_a_refusal_never_holds_more_than_two_digits_in_a_row(text):
    sentence = ""
    try:
        parse(text)
    except BadIdNumber as refused:
        sentence = str(refused)
    assert not re.search("[0-9]{3}", sentence)


@given(COUNTIES, DAYS, SERIALS, st.booleans())
def test_what_went_into_a_number_comes_out(county, born_on, serial, wide):
    number = synthetic(county, born_on, serial)
    typed = number.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}) if wide else number
    read = parse(typed)
    assert (read.value, read.kind, read.born_on) == (number, "citizen", born_on)
    assert read.sex == ("male" if serial % 2 else "female")


@given(st.builds(synthetic, COUNTIES, DAYS, SERIALS), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_is_always_noticed(number, place, other):
    changed = number[:place] + other + number[place + 1 :]
    if changed != number:
        with pytest.raises(BadIdNumber):
            parse(changed)
