"""The list of hidden members is worked down at the desk and on the phone."""

import pytest
from django.urls import reverse

from accounts.choices import Role
from conftest import make_user
from gridparty.tests.browser.conftest import DESK, PHONE
from members.actions import NewMember, enrol, receive, send
from members.models import Member
from members.tests.conftest import number, parties  # noqa: F401
from people.actions import NewHousehold, NewPerson, enter_people, open_households

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def residents(areas, parties):  # noqa: F811
    """王一 is said to be a member; 王二 was sent elsewhere and lives on here."""
    (door,) = open_households(households=[NewHousehold(areas.building1, "1", "101")], by=None)
    new = [
        NewPerson("王一", number(1), household=door, relation="head", stated_member=True),
        NewPerson("王二", number(2), household=door, relation="spouse"),
    ]
    _first, second = enter_people(people=new, by=None)
    member = enrol(new=NewMember(parties.branch1, parties.ordinary, person=second), by=None)
    receive(move=send(member=member, elsewhere="市医院党支部", by=None), by=None)


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_who_belongs_elsewhere_is_struck_off_with_the_reason(visit, areas, residents, device):
    make_user(Role.COMMUNITY_CLERK, areas.taoyuan, username="shequ")
    desk, name = visit(device), "phone" if device is PHONE else "desk"
    desk.log_in("shequ")
    desk.open(f"{reverse('admin:members_partyorganisation_coverage')}?gap=hidden_members")
    desk.page.click("summary:has-text('已核实')")
    desk.page.fill("[name=note]", "组织关系在工作单位")
    desk.page.locator("[name=note]").scroll_into_view_if_needed()
    desk.examine(f"{name}-axe-hidden-members")
    desk.follow("text=不再跟进 >> nth=-1")
    assert "已记为核实，不再列入名单" in desk.text()
    assert "王二" not in desk.text()
    assert Member.objects.get().state == "settled"
    desk.open(reverse("admin:members_member_change", args=[Member.objects.get().pk]))
    assert "重新核实" in desk.text()
