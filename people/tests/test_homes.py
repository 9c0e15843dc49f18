"""Who lives where: entering, moving, heads, death."""

from datetime import date

import pytest

from people.actions import (
    NewHousehold,
    NewPerson,
    enter_person,
    move_household,
    move_out,
    move_people,
    open_households,
    record_death,
    set_head,
)
from people.errors import HouseholdRefused, OnRecordElsewhere, PersonRefused
from people.models import Person, Residence
from people.tests.conftest import number


def test_people_are_placed_by_their_household(areas, home):
    person = Person.objects.get(pk=home.head.pk)
    assert (person.area, person.grid, person.community) == (areas.building1, areas.grid1, areas.taoyuan)
    assert (person.pinyin, person.initials, person.phone_tail, person.id_tail) == ("wangjianguo", "wjg", "0001", number(1)[-4:])
    assert (person.sex, person.born_on) == ("male", date(1980, 5, 1))
    assert person.residences.get().until_on is None


def test_one_human_is_entered_once(cast, home):
    with pytest.raises(PersonRefused, match="该证件号码已登记：王建国，居住在1号楼"):
        enter_person(new=NewPerson("王建国", number(1), household=home, relation="other"), by=cast.secretary)


def test_what_others_have_on_record_is_not_told(areas, cast, home):
    (away,) = open_households(households=[NewHousehold(areas.at("370199001002L001"), "1", "101")], by=None)
    theirs = NewPerson("赵六", number(9), household=away, relation="head")
    enter_person(new=theirs, by=None)
    with pytest.raises(OnRecordElsewhere) as told:
        enter_person(new=NewPerson("赵六", number(9), household=home, relation="other"), by=cast.secretary)
    assert "赵" not in str(told.value)
    assert "柳园" not in str(told.value)


def test_somebody_without_a_residence_moves_in(cast, home):
    member = enter_person(new=NewPerson("孙七", number(5)), by=None)
    assert member.area is None
    found = enter_person(new=NewPerson("孙七", number(5), household=home, relation="other"), by=cast.secretary)
    assert found.pk == member.pk
    assert Person.objects.get(pk=member.pk).household == home
    assert Person.objects.count() == 3


def test_a_household_has_one_head(cast, home):
    with pytest.raises(HouseholdRefused, match="该户已有户主"):
        enter_person(new=NewPerson("周八", number(3), household=home, relation="head"), by=cast.secretary)
    with pytest.raises(HouseholdRefused, match="住户1-101没有户主"):
        move_out(people=[home.head], by=cast.secretary)
    assert Person.objects.get(pk=home.head.pk).household == home


def test_the_head_leaves_and_another_follows(cast, home):
    move_out(people=[home.head], by=cast.secretary, new_head=home.wife)
    head, wife = (Person.objects.get(pk=person.pk) for person in (home.head, home.wife))
    assert (head.area, head.household, head.relation) == (None, None, "")
    assert wife.relation == "head"
    assert Residence.objects.get(person=head).went == "left"


def test_nobody_becomes_head_of_a_household_that_nobody_leaves(areas, cast, home):
    (other,) = open_households(households=[NewHousehold(areas.building3, "2", "302")], by=None)
    enter_person(new=NewPerson("周八", number(3), household=other, relation="head"), by=None)
    child = enter_person(new=NewPerson("周九", number(5), household=other, relation="child"), by=None)
    with pytest.raises(HouseholdRefused, match="新户主须是留在该户的人员"):
        move_out(people=[home.wife], by=cast.secretary, new_head=child)
    assert Person.objects.get(pk=child.pk).relation == "child"


def test_heads_change(cast, home):
    set_head(person=home.wife, by=cast.secretary)
    assert dict(Person.objects.values_list("name", "relation")) == {"王建国": "other", "李秀英": "head"}


def test_all_move_to_another_building(areas, cast, home):
    (new,) = open_households(households=[NewHousehold(areas.building3, "2", "302")], by=cast.secretary)
    with pytest.raises(HouseholdRefused):
        move_people(people=[home.wife], household=new, relation="other", by=cast.secretary)
    move_people(people=[home.wife], household=new, relation="head", by=cast.secretary, on=date(2024, 3, 1))
    wife = Person.objects.get(pk=home.wife.pk)
    assert (wife.grid, wife.area, wife.relation) == (areas.grid2, areas.building3, "head")
    stays = [(stay.area.name, stay.from_on, stay.until_on) for stay in wife.residences.order_by("from_on")]
    assert stays == [("1号楼", date(2020, 1, 1), date(2024, 3, 1)), ("3号楼", date(2024, 3, 1), None)]


def test_a_family_moves_as_a_whole(areas, cast, home):
    (empty,) = open_households(households=[NewHousehold(areas.building3, "2", "302")], by=cast.secretary)
    move_household(household=home, to=empty, by=cast.secretary, on=date(2024, 3, 1))
    assert dict(empty.people.values_list("name", "relation")) == {"王建国": "head", "李秀英": "spouse"}
    assert set(empty.people.values_list("grid", flat=True)) == {areas.grid2.pk}
    with pytest.raises(HouseholdRefused, match="无人可迁"):
        move_household(household=home, to=empty, by=cast.secretary)
    (other,) = open_households(households=[NewHousehold(areas.building3, "2", "303")], by=cast.secretary)
    enter_person(new=NewPerson("周八", number(3), household=other, relation="head"), by=cast.secretary)
    with pytest.raises(HouseholdRefused, match="请另选空户"):
        move_household(household=empty, to=other, by=cast.secretary)


def test_nobody_moves_beyond_the_scope_or_before_they_came(areas, cast, home):
    (away,) = open_households(households=[NewHousehold(areas.at("370199001002L001"), "1", "101")], by=None)
    with pytest.raises(PersonRefused, match="不在您的管理范围内"):
        move_people(people=[home.wife], household=away, relation="head", by=cast.secretary)
    with pytest.raises(PersonRefused, match="早于现住址的迁入日期"):
        move_out(people=[home.wife], by=cast.secretary, on=date(2019, 1, 1))


def test_a_death_ends_the_residence(cast, home):
    record_death(person=home.head, by=cast.secretary, on=date(2024, 2, 1), new_head=home.wife)
    head = Person.objects.get(pk=home.head.pk)
    assert (head.died_on, head.household) == (date(2024, 2, 1), None)
    assert head.area == home.area
    assert [(stay.went, stay.until_on) for stay in head.residences.order_by("pk")] == [("died", date(2024, 2, 1))]
