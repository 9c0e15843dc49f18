"""T33: numbers are unreadable in the database, and another key loses none of them."""

import base64

import pytest
from django.core.management import call_command
from django.db import connection

from people.actions import NewPerson, enter_person
from people.models import Person
from people.tests.conftest import number

OLD, NEW = "1:" + "1a" * 32, "2:" + "2b" * 32
COUNT = 30


@pytest.fixture
def people(areas, settings):
    settings.FIELD_KEYS = [OLD]
    return [
        enter_person(new=NewPerson("王五", number(n), phone=f"154{n:08d}", area=areas.grid1), by=None) for n in range(1, COUNT)
    ]


def stored() -> str:
    """The table as a thief reads it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM people_person")
        return repr(cursor.fetchall())


def test_no_number_stands_in_the_table_in_any_clear_form(people):
    text = stored()
    for person in people:
        for clear in (person.id_number, person.phone):
            forms = (clear, clear[::-1], clear.encode().hex(), base64.b64encode(clear.encode()).decode().rstrip("="))
            assert not [form for form in forms if form in text]


def test_rotation_loses_none_and_the_old_key_can_go(people, settings):
    settings.FIELD_KEYS = [NEW, OLD]
    assert Person.objects.with_id_number(number(1)).count() == 1
    call_command("rotate_field_keys", verbosity=0)
    settings.FIELD_KEYS = [NEW]
    again = {person.pk: (person.id_number, person.phone) for person in Person.objects.all()}
    assert again == {person.pk: (person.id_number, person.phone) for person in people}
    found = [Person.objects.with_id_number(person.id_number).get().pk for person in people]
    assert found == [person.pk for person in people]


def test_a_human_entered_under_the_old_key_is_not_entered_twice(areas, people, settings):
    settings.FIELD_KEYS = [NEW, OLD]
    with pytest.raises(Exception, match="已登记"):
        enter_person(new=NewPerson("王五", number(1), area=areas.grid1), by=None)
