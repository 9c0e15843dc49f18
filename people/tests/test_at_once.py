"""Two clerks at the same moment: one person, one head, one merge."""

import pytest
from django.db import connection

from gridparty.lib.errors import Refused
from grids.tests.test_at_once import together
from people.actions import NewPerson, enter_person, merge_people, move_out, note_door
from people.models import Person, Visit
from people.tests.conftest import number

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 10


@pytest.fixture(autouse=True)
def postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite admits one writer by itself; .ci/run runs this on PostgreSQL")


def told(results) -> list[str]:
    """The sentences of those who were refused; anything else that went wrong is raised."""
    for one in results:
        if isinstance(one, Exception) and not isinstance(one, Refused):
            raise one
    return [str(one) for one in results if isinstance(one, Refused)]


def enter(name, serial, home, relation="other"):
    return lambda: enter_person(new=NewPerson(name, number(serial), household=home, relation=relation), by=None)


def test_one_human_entered_by_two_clerks_is_one_person(areas, home):
    for serial in range(11, 11 + ROUNDS):
        (sentence,) = told(together(enter("王五", serial, home), enter("王五", serial, home)))
        assert "该证件号码" in sentence
        assert Person.objects.with_id_number(number(serial)).count() == 1


def test_two_heads_for_one_household_are_one(areas, home):
    move_out(people=[home.wife], by=None)
    move_out(people=[home.head], by=None)
    results = together(enter("赵一", 31, home, "head"), enter("钱二", 33, home, "head"))
    assert told(results) == ["该户已有户主，请改选与户主关系，或先更换户主。"]
    assert Person.objects.filter(household=home, relation="head").count() == 1


def test_two_records_are_merged_once(areas, cast, home):
    twin = enter_person(new=NewPerson("王建国", area=areas.building1), by=cast.secretary)

    def merge():
        return merge_people(keep=home.head, drop=twin, by=cast.secretary)

    assert len(told(together(merge, merge))) == 1
    assert Person.objects.get(pk=twin.pk).merged_into == home.head


def test_two_taps_at_one_door_are_one_visit(areas, cast, home):
    def tap(outcome):
        return lambda: note_door(household=home, outcome=outcome, by=cast.grid_leader)

    for _round in range(ROUNDS):
        assert told(together(tap("met"), tap("absent"))) == []
        assert Visit.objects.count() == 1
