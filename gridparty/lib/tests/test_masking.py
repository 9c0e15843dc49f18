"""What is shown of a number or a name to those who have not asked for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridparty.lib.masking import mask_id, mask_name, mask_phone


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("053188880000", "053****0000"),
        ("0531-88880000", "053****0000"),
        ("88880000", "****00"),
        ("110", "****10"),
        ("7", "****7"),
        ("", ""),
    ],
)
def test_a_phone_keeps_its_ends(phone, shown):
    assert mask_phone(phone) == shown


@given(st.from_regex(r"[0-9]{3,20}", fullmatch=True))
def test_at_least_half_of_a_short_number_and_four_digits_of_a_long_one_are_hidden(phone):
    kept = mask_phone(phone).replace("*", "")
    assert len(kept) <= (7 if len(phone) >= 11 else 2)
    assert len(phone) - len(kept) >= (4 if len(phone) >= 11 else 1)
    assert phone not in mask_phone(phone)


@pytest.mark.parametrize(("name", "shown"), [("王小明", "王**"), ("王明", "王*"), ("王", "王"), ("欧阳娜娜", "欧***"), ("", "")])
def test_a_name_keeps_its_first_character(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("11010519491231002X", "11*************02X"),
        ("110105491231002", "11**********002"),
        ("E12345678", "******678"),
        ("H1234567", "******67"),
        ("A1", "**"),
        ("7", "*"),
        ("", ""),
    ],
)
def test_an_id_number_keeps_its_ends(number, shown):
    assert mask_id(number) == shown


@given(st.from_regex(r"[0-9A-Z]{1,20}", fullmatch=True))
def test_at_least_two_thirds_of_an_id_number_are_hidden(number):
    shown = mask_id(number)
    assert len(shown) == len(number)
    assert shown.count("*") * 3 >= len(number) * 2
