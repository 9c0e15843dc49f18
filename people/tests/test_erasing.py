"""T34: nothing personal stays of somebody whose data were taken away, but masked entries of the log."""

import re
from datetime import date

import pytest
from django.apps import apps

from members.actions import NewMember, enrol, leave
from members.errors import MemberRefused
from members.tests.conftest import parties  # noqa: F401 - a fixture of the next room
from people.actions import NewPerson, NewVisit, add_care, add_skill, enter_person, erase_person, merge_people, record_visits
from people.errors import HouseholdRefused, PersonRefused
from people.models import CareClass, Person, Skill
from people.tests.conftest import number

TOLD = {
    "name": "欧阳明珠",
    "employer": "红星机械厂",
    "phone": "15400007777",
    "care": "腿脚不便",
    "note": "想装扶手",
    "skill": "会修钟表",
}


@pytest.fixture
def told(areas, cast, home):
    """Somebody of whom much is on record, a second record merged in."""
    new = NewPerson(TOLD["name"], number(8), phone=TOLD["phone"], employer=TOLD["employer"], household=home, relation="other")
    person = enter_person(new=new, by=cast.secretary)
    add_care(person=person, care_class=CareClass.objects.create(name="残疾"), reason=TOLD["care"], by=cast.secretary)
    record_visits(visits=[NewVisit(person=person, note=TOLD["note"])], by=cast.secretary)
    skill = Skill.objects.create(name="修表")
    add_skill(person=person, skill=skill, detail=TOLD["skill"], agreed_on=date(2024, 1, 1), by=cast.secretary)
    twin = enter_person(new=NewPerson(TOLD["name"], phone=TOLD["phone"], area=areas.building1), by=cast.secretary)
    merge_people(keep=person, drop=twin, by=cast.secretary)
    return person


def everything() -> str:
    """All tables of ours, as the application reads them."""
    rooms = ("people", "members", "audit", "accounts", "grids", "jobs")
    models = [model for model in apps.get_models() if model._meta.app_label in rooms]
    text = repr([list(model._base_manager.values()) for model in models])
    return re.sub(r"[0-9a-f-]{32,}", "", text)  # keys and hashes hold any four digits by chance


def test_no_trace_stays(cast, told):
    before = everything()
    assert all(word in before for word in TOLD.values())
    erase_person(person=told, by=cast.secretary)
    after = everything()
    traces = [*TOLD.values(), number(8), number(8)[-4:], "ouyangmingzhu", "oymz"]
    assert [word for word in traces if word in after] == []
    assert Person.objects.with_id_number(number(8)).count() == 0
    assert [*Person.objects.visible_to(cast.secretary).search("欧阳明珠")] == []


def test_the_number_can_be_entered_anew(cast, home, told):
    erase_person(person=told, by=cast.secretary)
    again = enter_person(new=NewPerson("欧阳明珠", number(8), household=home, relation="other"), by=cast.secretary)
    assert again.pk != told.pk


def test_who_may_not_be_erased(areas, cast, home, parties, told):  # noqa: F811
    with pytest.raises(PersonRefused, match="不在您的管理范围内"):
        erase_person(person=told, by=cast.next_grid_leader)
    with pytest.raises(HouseholdRefused, match="没有户主"):
        erase_person(person=home.head, by=cast.secretary)
    member = enrol(new=NewMember(parties.branch1, parties.ordinary, person=told), by=None)
    with pytest.raises(MemberRefused, match="在册党员"):
        erase_person(person=told, by=cast.secretary)
    leave(member=member, note="支部大会决议", by=None)
    assert erase_person(person=told, by=cast.secretary).erased_on
