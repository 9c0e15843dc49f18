"""Enrolling members, double belonging, and every step of a membership."""

from datetime import date, timedelta
from itertools import product

import pytest

from conftest import make_user
from gridparty.lib.dates import today
from members.actions import (
    NewMember,
    NewSeat,
    change_class,
    confirm,
    enrol,
    fill_seat,
    leave,
    move_member,
    prolong,
    recall,
    receive,
    send,
)
from members.actions.membership import PLAIN
from members.choices import MOVES, MemberState
from members.errors import MemberRefused
from members.models import Member, MemberMove, Seat
from members.tests.conftest import number, typed
from people.actions import NewHousehold, NewPerson, enter_person, move_people, open_households, record_death
from people.models import Person


@pytest.fixture
def zhao(cast, parties):
    """赵一, full member of 第1网格党支部, without a residence on record."""
    return enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("赵一", 1)), by=cast.secretary)


def fresh(member) -> Member:
    return Member.objects.get(pk=member.pk)


def test_the_class_gives_the_mode(zhao):
    assert (zhao.member_class.name, zhao.mode.name, zhao.state) == ("普通党员", "楼宇管", "active")
    assert [(move.kind, move.after) for move in zhao.moves.all()] == [("enrolled", "正式党员")]


def test_both_sides_see_a_member(areas, cast, parties, zhao):
    neighbour = make_user("community_secretary", areas.liuyuan, username="liuyuan")
    assert [*Member.objects.visible_to(neighbour)] == []
    move_people(people=[zhao.person], household=None, area=areas.at("370199001002L001"), by=None)
    assert [*Member.objects.visible_to(neighbour)] == [zhao]
    assert [*Member.objects.visible_to(cast.secretary)] == [zhao]
    assert fresh(zhao).community == areas.liuyuan
    with pytest.raises(MemberRefused, match="由其所在党组织办理"):
        confirm(member=zhao, by=neighbour)


def test_whom_others_have_on_record_is_taken_as_typed_and_not_altered(areas, cast, parties):
    (away,) = open_households(households=[NewHousehold(areas.at("370199001002L001"), "1", "101")], by=None)
    person = NewPerson("钱二", number(2), phone="15400000022", household=away, relation="head")
    record = enter_person(new=person, by=None)
    member = enrol(
        new=NewMember(parties.branch1, parties.ordinary, typed=typed("钱儿", 2, phone="15400000033")), by=cast.secretary
    )
    assert (member.person, member.name, member.phone) == (record, "钱儿", "15400000033")
    assert Person.objects.get(pk=record.pk).phone == "15400000022"
    assert [*Member.objects.visible_to(cast.secretary).search("钱二")] == []
    assert [*Member.objects.visible_to(cast.secretary).search("钱儿")] == [member]
    assert [*Member.objects.visible_to(cast.secretary).search("0022")] == []


def test_residents_and_members_meet(areas, cast, parties):
    resident = enter_person(new=typed("孙三", 3, area=areas.building1), by=cast.secretary)
    member = enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("孙三", 3)), by=cast.secretary)
    assert (member.person, member.grid, member.known_as) == (resident, areas.grid1, "")
    with pytest.raises(MemberRefused, match="已有党员档案（在册）"):
        enrol(new=NewMember(parties.branch2, parties.ordinary, person=resident), by=cast.secretary)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"joined_on": date(1980, 7, 1)}, "不满十八年"),
        ({"joined_on": date(2000, 7, 1), "full_on": date(2000, 6, 1)}, "转正日期早于入党日期"),
        ({"joined_on": today() + timedelta(days=1)}, "在今天之后"),
        ({"typed": NewPerson("赵一")}, "请填写证件号码或选择在册人员"),
    ],
)
def test_what_does_not_fit_is_told(cast, parties, values, sentence):
    new = {"organisation": parties.branch1, "member_class": parties.ordinary, "typed": typed("赵一", 1)} | values
    with pytest.raises(MemberRefused, match=sentence):
        enrol(new=NewMember(**new), by=cast.secretary)
    assert Member.objects.count() == 0


ALLOWED = {
    ("active", "floated"): "floating",
    ("floating", "returned"): "active",
    ("active", "lost"): "lost",
    ("floating", "lost"): "lost",
    ("lost", "found"): "active",
    ("settled", "reopened"): "gone",
}


@pytest.mark.parametrize(("state", "kind"), [*product(MemberState.values, sorted(PLAIN))])
def test_every_state_takes_exactly_its_moves(cast, zhao, state, kind):
    Member.objects.filter(pk=zhao.pk).update(state=state)
    if (state, kind) in ALLOWED:
        move_member(member=zhao, kind=kind, by=cast.secretary)
        assert fresh(zhao).state == ALLOWED[state, kind]
    else:
        with pytest.raises(MemberRefused, match="不能办理"):
            move_member(member=zhao, kind=kind, by=cast.secretary)
        assert fresh(zhao).state == state


def test_probation_lasts_a_year(cast, parties):
    joined = today() - timedelta(days=364)
    new = NewMember(parties.branch1, parties.ordinary, typed=typed("李四", 4), standing="probationary", joined_on=joined)
    member = enrol(new=new, by=cast.secretary)
    with pytest.raises(MemberRefused, match="尚未期满"):
        confirm(member=member, by=cast.secretary)
    prolong(member=member, note="尚需考察", by=cast.secretary)
    with pytest.raises(MemberRefused, match="只能延长一次"):
        prolong(member=member, note="再延长", by=cast.secretary)
    Member.objects.filter(pk=member.pk).update(joined_on=today() - timedelta(days=365))
    confirm(member=member, by=cast.secretary)
    assert (fresh(member).standing, fresh(member).full_on) == ("full", today())
    with pytest.raises(MemberRefused, match="已是正式党员"):
        confirm(member=member, by=cast.secretary)


def test_another_class_is_another_mode(cast, parties, zhao):
    move = change_class(member=zhao, member_class=parties.classes["流动党员"], by=cast.secretary)
    assert (move.before, move.after, fresh(zhao).mode.name) == ("普通党员", "流动党员", "动态管")


def test_who_leaves_loses_the_seat(cast, parties, zhao):
    fill_seat(new=NewSeat(parties.branch1, "secretary", zhao.person), by=cast.secretary)
    with pytest.raises(MemberRefused, match="请填写出党的依据"):
        leave(member=zhao, note="", by=cast.secretary)
    leave(member=zhao, note="本人申请退党，支部大会决议", by=cast.secretary)
    assert fresh(zhao).state == "left"
    assert Seat.objects.filter(ended_on=None).count() == 0


def test_a_death_ends_membership_and_seat(cast, parties, zhao):
    fill_seat(new=NewSeat(parties.branch1, "secretary", zhao.person), by=cast.secretary)
    record_death(person=zhao.person, by=cast.secretary)
    assert fresh(zhao).state == "died"
    assert Seat.objects.filter(ended_on=None).count() == 0


class TestTransfers:
    def test_the_membership_stays_until_the_receipt(self, areas, cast, parties, zhao):
        theirs = make_user("community_secretary", areas.liuyuan, username="liuyuan")
        move = send(member=zhao, to=parties.liuyuan, by=cast.secretary)
        assert (fresh(zhao).state, fresh(zhao).organisation) == ("transferring", parties.branch1)
        assert [*MemberMove.objects.visible_to(theirs)] == [move]
        with pytest.raises(MemberRefused, match="由转入的党组织办理回执"):
            receive(move=move, by=cast.secretary)
        receive(move=move, by=theirs)
        assert (fresh(zhao).state, fresh(zhao).organisation) == ("active", parties.liuyuan)
        with pytest.raises(MemberRefused, match="已办结"):
            receive(move=move, by=theirs)

    def test_to_elsewhere_the_sender_notes_the_receipt(self, cast, zhao):
        move = send(member=zhao, elsewhere="中共外市某局机关支部", by=cast.secretary)
        receive(move=move, by=cast.secretary)
        assert fresh(zhao).state == "gone"

    def test_it_is_taken_back(self, cast, parties, zhao):
        move = send(member=zhao, to=parties.liuyuan, by=cast.secretary)
        recall(move=move, by=cast.secretary)
        assert (fresh(zhao).state, fresh(zhao).organisation) == ("active", parties.branch1)

    def test_not_to_oneself_and_not_twice(self, cast, parties, zhao):
        with pytest.raises(MemberRefused, match="就是该党员所在党组织"):
            send(member=zhao, to=parties.branch1, by=cast.secretary)
        with pytest.raises(MemberRefused, match="二者填一"):
            send(member=zhao, by=cast.secretary)
        send(member=zhao, to=parties.liuyuan, by=cast.secretary)
        with pytest.raises(MemberRefused, match="不能办理转出"):
            send(member=zhao, to=parties.branch2, by=cast.secretary)


def test_who_was_sent_elsewhere_comes_back_to_the_old_record(cast, parties, zhao):
    receive(move=send(member=zhao, elsewhere="中共外市某局机关支部", by=cast.secretary), by=cast.secretary)
    again = enrol(new=NewMember(parties.branch2, parties.classes["年老党员"], typed=typed("赵一", 1)), by=cast.secretary)
    assert (again.pk, again.state, again.organisation) == (zhao.pk, "active", parties.branch2)
    assert list(zhao.moves.order_by("pk").values_list("kind", flat=True)) == ["enrolled", "sent", "received", "rejoined"]


def test_of_a_membership_out_of_sight_only_that_there_is_one_is_told(areas, cast, parties):
    enrol(new=NewMember(parties.liuyuan, parties.ordinary, typed=typed("周八", 8)), by=None)
    with pytest.raises(MemberRefused) as told:
        enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("周八", 8)), by=cast.secretary)
    assert str(told.value) == "该人员的党员档案在其他党组织，请由其办理组织关系转出。"


def test_every_move_of_the_table_has_states():
    assert all(states for states, _after in MOVES.values())
