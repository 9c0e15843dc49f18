"""Somebody on record with others: asked for, let go or not; neither side learns what it did not know."""

import pytest

from conftest import make_user
from gridparty.lib.idnumbers import BadIdNumber
from people.actions import (
    NewHousehold,
    NewPerson,
    decide_request,
    enter_person,
    open_households,
    request_move,
    withdraw_request,
)
from people.errors import PersonRefused
from people.models import MoveRequest, Person
from people.tests.conftest import number


@pytest.fixture
def away(areas):
    """赵六, head of a household in 柳园."""
    (household,) = open_households(households=[NewHousehold(areas.at("370199001002L001"), "1", "101")], by=None)
    return enter_person(new=NewPerson("赵六", number(9), household=household, relation="head"), by=None)


@pytest.fixture
def asked(cast, home, away):
    return request_move(id_number=number(9), name="赵 六", household=home, relation="other", reason="新购房", by=cast.secretary)


@pytest.fixture
def their_secretary(areas):
    return make_user("community_secretary", areas.liuyuan, username="liuyuan")


def test_both_sides_see_it_and_nobody_else(cast, asked, their_secretary):
    assert [*MoveRequest.objects.visible_to(cast.secretary)] == [asked]
    assert [*MoveRequest.objects.visible_to(their_secretary)] == [asked]
    assert [*MoveRequest.objects.to_decide(their_secretary)] == [asked]
    assert [*MoveRequest.objects.to_decide(cast.secretary)] == []
    assert [*MoveRequest.objects.visible_to(cast.next_grid_leader)] == []
    assert asked.typed_name == "赵六"


def test_the_other_side_lets_go(areas, asked, away, home, their_secretary):
    decide_request(request=asked, agree=True, by=their_secretary)
    person = Person.objects.get(pk=away.pk)
    assert (person.household, person.community, person.relation) == (home, areas.taoyuan, "other")
    assert [stay.went for stay in person.residences.order_by("pk")] == ["transferred", ""]
    with pytest.raises(PersonRefused, match="已办结（已同意）"):
        decide_request(request=asked, agree=True, by=their_secretary)


def test_the_other_side_says_why_not(asked, away, their_secretary):
    with pytest.raises(PersonRefused, match="请填写不同意的原因"):
        decide_request(request=asked, agree=False, by=their_secretary)
    assert decide_request(request=asked, agree=False, answer="仍居住在本社区", by=their_secretary).state == "refused"
    assert Person.objects.get(pk=away.pk).household == away.household


def test_who_asks_does_not_decide_and_who_decides_does_not_withdraw(cast, asked, their_secretary):
    with pytest.raises(PersonRefused, match="由现登记地办理"):
        decide_request(request=asked, agree=True, by=cast.secretary)
    with pytest.raises(PersonRefused, match="由申请方撤回"):
        withdraw_request(request=asked, by=their_secretary)
    assert withdraw_request(request=asked, by=cast.secretary).state == "withdrawn"


def test_it_is_asked_once(cast, home, asked):
    with pytest.raises(PersonRefused, match="已申请转入"):
        request_move(id_number=number(9), name="赵六", household=home, relation="other", by=cast.secretary)


@pytest.mark.parametrize("serial", [1, 77])  # one's own, and one on record nowhere
def test_what_needs_no_request_is_told(cast, home, away, serial):
    with pytest.raises(PersonRefused, match="不需要申请转入"):
        request_move(id_number=number(serial), name="赵六", household=home, relation="other", by=cast.secretary)


def test_a_wrong_number_is_told(cast, home):
    with pytest.raises(BadIdNumber):
        request_move(id_number="370199198005010010", name="赵六", household=home, relation="other", by=cast.secretary)
