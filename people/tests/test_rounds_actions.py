"""A knock at a door: noted once a day by each visitor, corrected by another tap, and what follows for care."""

from datetime import timedelta

import pytest

from audit.models import ChangeEntry
from gridparty.lib.dates import today
from people.actions import NewHousehold, NewPerson, NewVisit, add_care, enter_person, note_door, open_households, record_visits
from people.errors import CareRefused
from people.models import Care, CareClass, Visit


@pytest.fixture
def alone(db):
    return CareClass.objects.create(name="独居老人", interval_days=7)


@pytest.fixture
def widow(areas):
    """赵桂兰 alone in 桃园 1号楼 1-102."""
    (household,) = open_households(households=[NewHousehold(areas.building1, "1", "102")], by=None)
    return enter_person(new=NewPerson("赵桂兰", household=household, relation="head"), by=None)


def noted() -> list[tuple]:
    return list(Visit.objects.order_by("pk").values_list("household", "person", "by__username", "on", "outcome"))


def test_a_knock_is_a_visit_to_the_household(cast, home):
    note_door(household=home, outcome="met", by=cast.grid_leader)
    assert noted() == [(home.pk, None, "grid_leader", today(), "met")]


def test_the_same_answer_twice_is_one_visit(cast, home):
    first = note_door(household=home, outcome="absent", by=cast.grid_leader)
    assert note_door(household=home, outcome="absent", by=cast.grid_leader) == first
    assert len(noted()) == 1


def test_another_answer_the_same_day_corrects_the_first_and_is_in_the_log(cast, home):
    first = note_door(household=home, outcome="met", by=cast.grid_leader)
    note_door(household=home, outcome="declined", by=cast.grid_leader)
    assert noted() == [(home.pk, None, "grid_leader", today(), "declined")]
    entry = ChangeEntry.objects.get(model="people.visit", object_id=first.pk, kind="changed")
    assert (entry.operation, entry.changes) == ("people.note_door", {"outcome": ["met", "declined"]})


def test_another_visitor_and_another_day_are_visits_of_their_own(cast, home):
    yesterday = today() - timedelta(days=1)
    note_door(household=home, outcome="absent", on=yesterday, by=cast.grid_leader)
    note_door(household=home, outcome="met", by=cast.grid_leader)
    note_door(household=home, outcome="declined", by=cast.building_leader)
    assert [(by, on, outcome) for _home, _person, by, on, outcome in noted()] == [
        ("grid_leader", yesterday, "absent"),
        ("grid_leader", today(), "met"),
        ("building_leader", today(), "declined"),
    ]


def test_who_lives_alone_was_met_with_the_household_until_it_is_corrected(cast, widow, alone):
    care = add_care(person=widow, care_class=alone, since_on=today() - timedelta(days=30), by=None)
    note_door(household=widow.household, outcome="met", by=cast.grid_leader)
    care = Care.objects.get(pk=care.pk)
    assert (care.last_visit_on, care.next_visit_on) == (today(), today() + timedelta(days=7))
    note_door(household=widow.household, outcome="absent", by=cast.grid_leader)
    care = Care.objects.get(pk=care.pk)
    assert (care.last_visit_on, care.next_visit_on) == (None, today() - timedelta(days=30))
    note_door(household=widow.household, outcome="met", by=cast.grid_leader)
    assert Care.objects.get(pk=care.pk).last_visit_on == today()


def test_a_correction_leaves_an_earlier_visit_as_the_last(cast, widow, alone):
    care = add_care(person=widow, care_class=alone, by=None)
    record_visits(visits=[NewVisit(person=widow, on=today() - timedelta(days=3))], by=cast.grid_leader)
    note_door(household=widow.household, outcome="met", by=cast.grid_leader)
    note_door(household=widow.household, outcome="absent", by=cast.grid_leader)
    assert Care.objects.get(pk=care.pk).last_visit_on == today() - timedelta(days=3)


def test_where_several_live_a_knock_is_no_visit_to_one_of_them(cast, home, alone):
    care = add_care(person=home.head, care_class=alone, by=None)
    note_door(household=home, outcome="met", by=cast.grid_leader)
    assert Care.objects.get(pk=care.pk).last_visit_on is None


def test_a_visit_written_out_that_day_is_what_a_tap_corrects(cast, home):
    record_visits(visits=[NewVisit(person=home.head, note="一切安好")], by=cast.grid_leader)
    note_door(household=home, outcome="met", by=cast.grid_leader)
    visit = Visit.objects.get()
    assert (visit.person, visit.note, visit.outcome) == (home.head, "一切安好", "met")


def test_outside_the_scope_and_in_the_future_nothing_is_noted(cast, home):
    with pytest.raises(CareRefused, match="不在您的管理范围内"):
        note_door(household=home, outcome="met", by=cast.next_grid_leader)
    with pytest.raises(CareRefused, match="在今天之后"):
        note_door(household=home, outcome="met", on=today() + timedelta(days=1), by=cast.grid_leader)
    assert noted() == []
