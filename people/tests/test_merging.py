"""Two records of one human made one, and two again."""

from datetime import date

import pytest

from audit.models import ChangeEntry
from people.actions import NewPerson, NewVisit, add_care, enter_person, merge_people, record_visits, undo_merge
from people.errors import HouseholdRefused, PersonRefused
from people.models import Care, CareClass, Person, Residence, Visit
from people.tests.conftest import number


@pytest.fixture
def twin(areas, cast):
    """王建国 once more, without an ID number, noted on a round in 1号楼, on the list of those who live alone."""
    person = enter_person(
        new=NewPerson("王建国", phone="15400009999", employer="供销社", area=areas.building1), by=cast.secretary
    )
    add_care(person=person, care_class=CareClass.objects.create(name="独居老人"), by=cast.secretary)
    record_visits(visits=[NewVisit(person=person, on=date(2024, 5, 1))], by=cast.secretary)
    return person


def state() -> dict:
    """Every row of people as stored, but for what merging itself leaves behind."""
    rows = {}
    for model in (Person, Residence, Care, Visit):
        rows[model.__name__] = list(model.objects.order_by("pk").values())
    return rows


def test_what_was_noted_of_one_is_noted_of_the_other(cast, home, twin):
    merge_people(keep=home.head, drop=twin, by=cast.secretary)
    kept, dropped = Person.objects.get(pk=home.head.pk), Person.objects.get(pk=twin.pk)
    assert (kept.phone, kept.employer) == ("15400000001", "供销社")
    assert dropped.merged_into == kept
    assert Care.objects.get().person == kept
    assert Visit.objects.get().person == kept
    assert Residence.objects.filter(person=dropped, until_on=None).count() == 0
    assert kept.household == home


def test_undoing_gives_the_exact_state_before(cast, home, twin):
    before = state()
    merge = merge_people(keep=home.head, drop=twin, by=cast.secretary)
    assert state() != before
    undo_merge(merge=merge, by=cast.secretary)
    assert state() == before
    with pytest.raises(PersonRefused, match="该合并已撤销"):
        undo_merge(merge=merge, by=cast.secretary)


def test_the_kept_record_takes_over_the_number(cast, home, twin):
    before = state()
    merge = merge_people(keep=twin, drop=home.wife, by=cast.secretary)
    kept = Person.objects.with_id_number(number(2)).get()
    assert (kept.pk, kept.id_number, kept.sex) == (twin.pk, number(2), "female")
    undo_merge(merge=merge, by=cast.secretary)
    assert state() == before


def test_two_numbers_are_two_humans(cast, home):
    with pytest.raises(PersonRefused, match="不是同一人"):
        merge_people(keep=home.head, drop=home.wife, by=cast.secretary)


def test_a_head_is_not_merged_away_from_the_household(cast, home, twin):
    with pytest.raises(HouseholdRefused, match="没有户主"):
        merge_people(keep=twin, drop=home.head, by=cast.secretary)


def test_nobody_merges_with_a_record_of_others(areas, cast, home):
    theirs = enter_person(new=NewPerson("王建国", area=areas.liuyuan), by=None)
    with pytest.raises(PersonRefused, match="都须在您的管理范围内"):
        merge_people(keep=home.head, drop=theirs, by=cast.secretary)


def test_the_log_holds_no_name(cast, home, twin):
    merge_people(keep=home.head, drop=twin, by=cast.secretary)
    text = str(list(ChangeEntry.objects.values_list("changes", flat=True)))
    assert "王建国" not in text
    assert "供销社" not in text
