"""Households and people of the small tree."""

from datetime import date

import pytest

from gridparty.lib.idnumbers import synthetic
from people.actions import NewHousehold, NewPerson, enter_people, open_households


def number(serial: int, born_on: date = date(1980, 5, 1)) -> str:
    """An ID number like no other's; odd serials are men's."""
    return synthetic("370199", born_on, serial)


@pytest.fixture
def home(areas):
    """The Wangs in 桃园 1号楼 1-101: 王建国, head, and 李秀英, his wife."""
    (household,) = open_households(households=[NewHousehold(areas.building1, "1", "101")], by=None)
    people = [
        NewPerson("王建国", number(1), phone="15400000001", household=household, relation="head", since_on=date(2020, 1, 1)),
        NewPerson("李秀英", number(2), phone="15400000002", household=household, relation="spouse", since_on=date(2020, 1, 1)),
    ]
    household.head, household.wife = enter_people(people=people, by=None)
    return household
