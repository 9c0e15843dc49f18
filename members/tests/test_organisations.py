"""The tree of organisations, units, seats and what they grant."""

from datetime import date

import pytest

from accounts.models import Appointment, User
from grids.actions import close_area
from members.actions import (
    NewMember,
    NewOrganisation,
    NewSeat,
    NewUnit,
    add_unit,
    change_organisation,
    change_unit,
    close_organisation,
    empty_seat,
    enrol,
    fill_seat,
    fill_seats,
    found_organisations,
    set_zones,
)
from members.errors import OrganisationRefused
from members.models import Member, PartyOrganisation, Seat, Zone
from members.queries import branches_without_secretary
from members.tests.conftest import typed
from people.actions import enter_person


def found(by=None, **values):
    return found_organisations(organisations=[NewOrganisation(**values)], by=by)[0]


def below(organisation) -> set[str]:
    return set(PartyOrganisation.objects.filter(path__startswith=organisation.path).values_list("name", flat=True))


def test_what_stands_below_begins_with_the_path(parties):
    assert below(parties.taoyuan) == {"桃园社区党委", "第1网格党支部", "第2网格党支部", "1号楼党小组"}
    assert parties.branch1.next_election_on == date(2027, 3, 1)


@pytest.mark.parametrize(
    ("kind", "above", "where", "sentence"),
    [
        ("group", "taoyuan", "grid1", "党小组的上级应为党总支、党支部"),
        ("branch", "group", "grid1", "党支部的上级应为"),
        ("branch", "taoyuan", "building1", "党支部应设在街道、社区、网格，不能设在“1号楼”"),
        ("work_committee", None, "grid1", "党工委应设在区、街道"),
    ],
)
def test_kinds_stand_where_they_may(areas, parties, kind, above, where, sentence):
    with pytest.raises(OrganisationRefused, match=sentence):
        found(kind=kind, name="某组织", area=getattr(areas, where), parent=above and getattr(parties, above))


def test_names_are_unique_under_one_parent(areas, cast, parties):
    with pytest.raises(OrganisationRefused, match="已有同名的党组织"):
        found(cast.secretary, kind="branch", name="第1网格党支部", area=areas.grid1, parent=parties.taoyuan)


def test_nobody_founds_beyond_the_scope(areas, cast, parties):
    with pytest.raises(OrganisationRefused, match="“柳园社区”不在您的管理范围内"):
        found(cast.secretary, kind="branch", name="新支部", area=areas.liuyuan, parent=parties.street)
    with pytest.raises(OrganisationRefused, match="请选择所在区域"):
        found(cast.secretary, kind="branch", name="区外支部")


def test_a_move_takes_along_what_stands_below(areas, cast, parties):
    general = found(kind="general_branch", name="桃园党总支", area=areas.taoyuan, parent=parties.taoyuan)
    new = NewOrganisation("branch", "第1网格党支部", areas.grid1, parent=general)
    change_organisation(organisation=parties.branch1, new=new, by=cast.secretary)
    assert below(general) == {"桃园党总支", "第1网格党支部", "1号楼党小组"}
    ring = NewOrganisation("general_branch", "桃园党总支", areas.taoyuan, parent=parties.branch1)
    with pytest.raises(OrganisationRefused, match="它自己或其下级"):
        change_organisation(organisation=general, new=ring, by=cast.secretary)


def test_closing_asks_for_what_is_open(cast, parties):
    with pytest.raises(OrganisationRefused, match="还有 1 个党组织"):
        close_organisation(organisation=parties.branch1, by=cast.secretary)
    enrol(new=NewMember(parties.branch2, parties.ordinary, typed=typed("赵一", 1)), by=None)
    with pytest.raises(OrganisationRefused, match="还有 1 名党员"):
        close_organisation(organisation=parties.branch2, by=cast.secretary)
    assert close_organisation(organisation=parties.group, by=cast.secretary).closed_on


def test_each_building_has_one_group(areas, cast, parties):
    other = found(kind="group", name="2号楼党小组", area=areas.building2, parent=parties.branch1)
    set_zones(organisation=parties.group, buildings=[areas.building1, areas.building2], by=cast.secretary)
    with pytest.raises(OrganisationRefused, match="“2号楼”已由“1号楼党小组”负责"):
        set_zones(organisation=other, buildings=[areas.building2], by=cast.secretary)
    set_zones(organisation=parties.group, buildings=[areas.building1], by=cast.secretary)
    set_zones(organisation=other, buildings=[areas.building2], by=cast.secretary)
    assert Zone.objects.count() == 2
    with pytest.raises(OrganisationRefused, match="请选择本社区的楼栋"):
        set_zones(organisation=other, buildings=[areas.liuyuan], by=cast.secretary)


def test_a_unit_is_entered_once(areas, cast):
    unit = add_unit(new=NewUnit("第一机床厂", area=areas.taoyuan, credit_code="91370199MA0000001X"), by=cast.secretary)
    with pytest.raises(OrganisationRefused, match="该单位已登记"):
        add_unit(new=NewUnit("机床厂", area=areas.taoyuan, credit_code="91370199ma0000001x"), by=cast.secretary)
    with pytest.raises(OrganisationRefused, match="不在您的管理范围内"):
        change_unit(unit=unit, new=NewUnit("第一机床厂", area=areas.liuyuan), by=cast.secretary)


def test_an_area_closes_with_its_organisations_handed_over(areas, parties):
    with pytest.raises(OrganisationRefused, match="还有党组织“1号楼党小组”"):
        close_area(area=areas.building1, by=None)
    close_area(area=areas.building1, into=areas.building2, by=None)
    assert PartyOrganisation.objects.get(pk=parties.group.pk).area == areas.building2


class TestSeats:
    @pytest.fixture
    def zhao(self, parties):
        return enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("赵一", 1)), by=None).person

    def test_filling_one_makes_the_appointment_and_emptying_it_ends_it(self, cast, parties, zhao):
        seat = fill_seat(new=NewSeat(parties.branch1, "secretary", zhao, date(2024, 3, 1)), by=cast.secretary)
        user = User.objects.get(person=zhao)
        assert not user.has_usable_password()
        assert [(post.role, post.body, post.area) for post in user.posts.in_force()] == [
            ("branch_secretary", f"members.partyorganisation:{parties.branch1.pk}", None)
        ]
        empty_seat(seat=seat, by=cast.secretary)
        assert [*user.posts.in_force()] == []

    def test_it_grants_the_organisation_and_what_stands_below_and_no_area(self, areas, cast, parties, zhao):
        mine = enrol(new=NewMember(parties.group, parties.ordinary, typed=typed("钱二", 2)), by=None)
        theirs = enrol(new=NewMember(parties.branch2, parties.ordinary, typed=typed("孙三", 3)), by=None)
        fill_seat(new=NewSeat(parties.branch1, "secretary", zhao), by=cast.secretary)
        user = User.objects.get(person=zhao)
        seen = set(Member.objects.visible_to(user).values_list("person__name", flat=True))
        assert seen == {"赵一", "钱二"}
        assert mine.pk != theirs.pk
        assert type(areas.grid1).objects.visible_to(user).count() == 0
        assert Member.objects.editable_by(user).count() == 0

    def test_two_offices_of_one_right_are_one_appointment(self, cast, parties, zhao):
        titles = ("organiser", "publicist")
        seats = fill_seats(seats=[NewSeat(parties.branch1, title, zhao) for title in titles], by=cast.secretary)
        assert Appointment.objects.filter(user__person=zhao).in_force().count() == 1
        empty_seat(seat=seats[0], by=cast.secretary)
        assert Appointment.objects.filter(user__person=zhao).in_force().count() == 1
        empty_seat(seat=seats[1], by=cast.secretary)
        assert Appointment.objects.filter(user__person=zhao).in_force().count() == 0

    def test_a_seat_ends_with_its_term_and_can_be_filled_anew(self, cast, parties, zhao):
        over = NewSeat(parties.branch1, "secretary", zhao, date(2020, 3, 1), date(2023, 2, 28))
        fill_seat(new=over, by=cast.secretary)
        assert Seat.objects.in_force().count() == 0
        assert [str(one) for one in branches_without_secretary(cast.secretary)] == ["第1网格党支部", "第2网格党支部"]
        assert Member.objects.visible_to(User.objects.get(person=zhao)).count() == 0
        fill_seat(new=NewSeat(parties.branch1, "secretary", zhao), by=cast.secretary)
        assert list(Seat.objects.order_by("pk").values_list("ended_on", flat=True)) == [date(2023, 2, 28), None]

    def test_one_secretary_and_no_secretary_of_a_group(self, cast, parties, zhao):
        fill_seat(new=NewSeat(parties.branch1, "secretary", zhao), by=cast.secretary)
        qian = enter_person(new=typed("钱二", 2), by=None)
        with pytest.raises(OrganisationRefused, match="已有书记"):
            fill_seat(new=NewSeat(parties.branch1, "secretary", qian), by=cast.secretary)
        with pytest.raises(OrganisationRefused, match="党小组设党小组长"):
            fill_seat(new=NewSeat(parties.group, "secretary", qian), by=cast.secretary)
        with pytest.raises(OrganisationRefused, match="不在您的管理范围内"):
            fill_seat(new=NewSeat(parties.liuyuan, "secretary", qian), by=cast.secretary)
        assert Seat.objects.count() == 1
