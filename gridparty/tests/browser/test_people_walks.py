"""Residents and members kept at the desk."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.choices import Role
from audit.models import ViewEntry
from conftest import make_user
from gridparty.lib.idnumbers import synthetic
from gridparty.lib.registry import defaults
from gridparty.tests.browser.conftest import DESK, PHONE
from members.actions import NewOrganisation, found_organisations
from members.models import Member, PartyOrganisation
from people.actions import NewHousehold, NewPerson, enter_people, enter_person, open_households
from people.models import MoveRequest, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def number(serial: int) -> str:
    return synthetic("370199", date(1980, 5, 1), serial)


@pytest.fixture
def office(areas):
    """A clerk of 桃园, the Wangs at 1号楼 1-101, and 赵六 on record in 柳园."""
    for default in defaults:
        default()
    ours, theirs = open_households(
        households=[NewHousehold(areas.building1, "1", "101"), NewHousehold(areas.at("370199001002L001"), "1", "101")], by=None
    )
    people = [
        NewPerson("王建国", number(1), phone="15400000001", household=ours, relation="head"),
        NewPerson("李秀英", number(2), phone="15400000002", household=ours, relation="spouse"),
        NewPerson("赵六", number(9), household=theirs, relation="head"),
    ]
    enter_people(people=people, by=None)
    make_user(Role.COMMUNITY_CLERK, areas.taoyuan, username="shequ", name="周干事")
    make_user(Role.COMMUNITY_SECRETARY, areas.liuyuan, username="liuyuan", name="吴书记")
    return ours


def choose(desk, field: str, typed: str, shown: str) -> None:
    """Pick a row by typing, as people do."""
    desk.page.click(f".field-{field} .select2-selection")
    desk.page.fill(".select2-search__field", typed)
    desk.page.click(f".select2-results__option:has-text('{shown}')")


def test_a_clerk_asks_for_somebody_on_record_elsewhere_and_they_are_let_go(visit, areas, office):
    desk = visit(DESK)
    desk.log_in("shequ")
    desk.open(reverse("admin:people_person_add"))
    choose(desk, "household", "1-101", "1-101")
    desk.page.select_option("[name=relation]", "other")
    desk.page.fill("[name=name]", "赵六")
    desk.page.fill("[name=id_number]", number(9))
    desk.follow("input[name=_save]")
    assert "已在其他辖区登记" in desk.text()
    assert desk.page.input_value("[name=name]") == "赵六"
    desk.look("desk-person-elsewhere")
    desk.page.check("[name=ask]")
    desk.follow("input[name=_save]")
    request = MoveRequest.objects.get()
    desk.look("desk-request-asked")
    other = visit(DESK)
    other.log_in("liuyuan")
    assert "转入申请待答复" in other.text()
    other.open(reverse("admin:people_moverequest_change", args=[request.pk]))
    other.look("desk-request-held")
    other.follow("text=同意 >> nth=0")
    other.follow("input[type=submit].default")
    assert Person.objects.with_id_number(number(9)).get().community == areas.taoyuan


def test_a_number_is_shown_in_full_when_asked_for_and_that_is_logged(visit, areas, office):
    desk = visit(DESK)
    desk.log_in("shequ")
    desk.open(f"{reverse('admin:people_person_changelist')}?q=wjg")
    desk.look("desk-people")
    assert number(1) not in desk.text()
    desk.follow("text=王建国")
    assert "15400000001" not in desk.page.content()
    desk.look("desk-person")
    desk.follow("button:has-text('显示') >> nth=1")
    assert "15400000001" in desk.text()
    assert ViewEntry.objects.filter(kind="revealed", actor__username="shequ").count() == 1


def test_the_head_moves_out_and_another_follows(visit, areas, office):
    desk = visit(DESK)
    desk.log_in("shequ")
    desk.open(reverse("admin:people_person_leave", args=[office.people.get(relation="head").pk]))
    desk.look("desk-person-leave")
    assert "请指定新户主" in desk.text()
    wife = Person.objects.get(name="李秀英")
    desk.page.select_option("[name=new_head]", str(wife.pk))
    desk.follow("input[type=submit].default")
    assert Person.objects.get(pk=wife.pk).relation == "head"


def test_a_gap_in_the_net_is_closed_from_its_list(visit, areas, office):
    (committee,) = found_organisations(organisations=[NewOrganisation("committee", "桃园社区党委", areas.taoyuan)], by=None)
    desk = visit(DESK)
    desk.log_in("shequ")
    desk.follow("text=未设支部的网格")
    desk.look("desk-coverage")
    desk.follow("text=设立 >> nth=0")
    desk.page.fill("[name=name]", "第1网格党支部")
    desk.look("desk-organisation-add")
    desk.follow("input[name=_save]")
    assert PartyOrganisation.objects.get(kind="branch").parent == committee


def test_a_member_is_enrolled_and_reads_on_a_phone(visit, areas, office):
    committee = NewOrganisation("committee", "桃园社区党委", areas.taoyuan)
    branch = NewOrganisation("branch", "第1网格党支部", areas.grid1, parent=committee)
    found_organisations(organisations=[committee, branch], by=None)
    resident = enter_person(new=NewPerson("孙七", number(21), area=areas.building1), by=None)
    desk = visit(DESK)
    desk.log_in("shequ")
    desk.open(reverse("admin:members_member_add"))
    desk.page.fill("[name=name]", "孙七")
    desk.page.fill("[name=id_number]", number(21))
    choose(desk, "organisation", "第1网格", "第1网格党支部")
    desk.page.select_option("[name=member_class]", label="五类党员：普通党员")
    desk.look("desk-member-add")
    desk.follow("input[name=_save]")
    member = Member.objects.get()
    assert (member.person, member.grid) == (resident, areas.grid1)
    desk.look("desk-member")
    phone = visit(PHONE)
    phone.log_in("shequ")
    for name, args in (
        ("people_person_changelist", []),
        ("people_person_change", [resident.pk]),
        ("members_member_changelist", []),
    ):
        phone.open(reverse(f"admin:{name}", args=args))
        phone.look(f"phone-{name}")
