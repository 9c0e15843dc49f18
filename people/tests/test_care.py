"""Care lists, visits and skills."""

from datetime import date, timedelta

import pytest

from gridparty.lib.dates import today
from people.actions import (
    NewVisit,
    add_care,
    add_skill,
    change_care,
    end_care,
    move_people,
    record_visits,
    withdraw_skill,
)
from people.errors import CareRefused
from people.models import Care, CareClass, Skill


@pytest.fixture
def alone(db):
    return CareClass.objects.create(name="独居老人", interval_days=7)


def test_who_was_never_seen_is_due_at_once(cast, home, alone):
    care = add_care(person=home.head, care_class=alone, since_on=date(2024, 1, 1), by=cast.secretary)
    assert care.next_visit_on == date(2024, 1, 1)


def test_a_visit_makes_the_next_due_after_the_interval(cast, home, alone):
    care = add_care(person=home.head, care_class=alone, by=cast.secretary)
    record_visits(visits=[NewVisit(person=home.head, on=date(2024, 5, 1), outcome="absent")], by=cast.grid_leader)
    assert Care.objects.get(pk=care.pk).last_visit_on is None
    record_visits(visits=[NewVisit(person=home.head, on=date(2024, 5, 2))], by=cast.grid_leader)
    care = Care.objects.get(pk=care.pk)
    assert (care.last_visit_on, care.next_visit_on) == (date(2024, 5, 2), date(2024, 5, 9))
    change_care(care=care, reason="术后", interval_days=2, responsible=cast.grid_leader, by=cast.secretary)
    assert Care.objects.get(pk=care.pk).next_visit_on == date(2024, 5, 4)


def test_one_is_on_a_list_once(cast, home, alone):
    care = add_care(person=home.head, care_class=alone, by=cast.secretary)
    with pytest.raises(CareRefused, match="已列为“独居老人”"):
        add_care(person=home.head, care_class=alone, by=cast.secretary)
    with pytest.raises(CareRefused, match="请填写终止原因"):
        end_care(care=care, reason=" ", by=cast.secretary)
    end_care(care=care, reason="已与子女同住", by=cast.secretary)
    add_care(person=home.head, care_class=alone, by=cast.secretary)
    assert Care.objects.count() == 2


def test_care_goes_along_when_somebody_moves(areas, cast, home, alone):
    care = add_care(person=home.wife, care_class=alone, by=cast.secretary)
    move_people(people=[home.wife], household=None, area=areas.building3, by=cast.secretary)
    assert Care.objects.get(pk=care.pk).grid == areas.grid2
    assert [*Care.objects.visible_to(cast.grid_leader)] == []
    assert [*Care.objects.visible_to(cast.next_grid_leader)] == [care]


def test_visits_have_their_day_and_their_place(cast, home):
    with pytest.raises(CareRefused, match="在今天之后"):
        record_visits(visits=[NewVisit(household=home, on=today() + timedelta(days=1))], by=cast.secretary)
    with pytest.raises(CareRefused, match="不在您的管理范围内"):
        record_visits(visits=[NewVisit(household=home)], by=cast.next_grid_leader)
    with pytest.raises(CareRefused, match="请选择走访的住户或人员"):
        record_visits(visits=[NewVisit()], by=cast.secretary)


def test_a_skill_is_noted_with_consent_and_taken_back(cast, home):
    barber = Skill.objects.create(name="理发")
    with pytest.raises(CareRefused, match="同意公开的日期"):
        add_skill(person=home.head, skill=barber, by=cast.secretary)
    row = add_skill(person=home.head, skill=barber, agreed_on=date(2024, 1, 1), by=cast.secretary)
    with pytest.raises(CareRefused, match="已登记“理发”"):
        add_skill(person=home.head, skill=barber, agreed_on=date(2024, 1, 1), by=cast.secretary)
    assert withdraw_skill(skill=row, by=cast.secretary).withdrawn_on == today()
