"""The main journeys, at desk and phone size."""

import pytest
from django.urls import reverse

from accounts.actions import invite, use_scheme
from accounts.choices import Role
from accounts.models import RoleScheme, SchemePost
from accounts.passwords import printed
from conftest import make_user
from gridparty.tests.browser.conftest import DESK, PHONE
from grids.models import Area, CodeRule

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def office(areas):
    """Code rules, a scheme in force, and a secretary of 桃园 at work."""
    CodeRule.objects.bulk_create([CodeRule(kind="grid", width=3), CodeRule(kind="building", prefix="L", width=3)])
    scheme = RoleScheme.objects.create(name="一长三员")
    SchemePost.objects.create(scheme=scheme, kind="grid", role=Role.SAFETY_OFFICER)
    use_scheme(area=areas.district, scheme=scheme, by=None)
    return make_user(Role.COMMUNITY_SECRETARY, areas.taoyuan, username="shuji", name="李书记")


def test_a_secretary_splits_a_grid_at_the_desk(visit, areas, office):
    desk = visit(DESK)
    desk.log_in("shuji")
    desk.look("desk-home")
    assert "空缺岗位" in desk.text()
    desk.follow("text=区域 >> nth=0")
    desk.follow("text=第1网格")
    desk.look("desk-area")
    desk.follow("text=拆分")
    desk.page.fill("[name=name]", "第3网格")
    desk.page.check("text=2号楼")
    desk.look("desk-split")
    desk.follow("input[value=拆分]")
    assert "已完成拆分" in desk.text()
    desk.look("desk-split-done")
    assert Area.objects.get(code="370199001001L002").parent.name == "第3网格"


def test_a_vacancy_is_filled_from_the_worklist(visit, areas, office):
    candidate = make_user(None, None, username="anquan", name="王安全")
    candidate.created_by = office
    candidate.save()
    desk = visit(DESK)
    desk.log_in("shuji")
    desk.follow("text=空缺岗位")
    desk.look("desk-vacancies")
    desk.follow("text=任命 >> nth=0")
    desk.page.click(".field-user .select2-selection")
    desk.page.fill(".select2-search__field", "王安全")
    desk.page.click(".select2-results__option:has-text('王安全')")
    desk.look("desk-appoint")
    desk.follow("input[name=_save]")
    assert candidate.posts.get().role == Role.SAFETY_OFFICER


def test_a_grid_leader_starts_with_a_slip_on_the_phone(visit, areas, office):
    leader = make_user(Role.GRID_LEADER, areas.grid1, username="wanggezhang", name="张网格")
    leader.set_unusable_password()
    leader.save()
    (slip,) = invite(users=[leader], by=office)
    phone = visit(PHONE)
    phone.log_in("wanggezhang", printed(slip.password))
    phone.look("phone-first-password")
    phone.open(reverse("accounts:me"))
    assert "新密码" in phone.text()
    phone.page.fill("[name=password1]", "a better password 7")
    phone.page.fill("[name=password2]", "a better password 7")
    phone.follow("main button[type=submit]")
    phone.open("/")
    assert "现在没有待办事项" in phone.text()
    phone.follow("nav.gp-tabs >> text=我的")
    assert "网格长" in phone.text()
    assert "第1网格" in phone.text()
    phone.look("phone-me")
    small = phone.page.evaluate(
        "[...document.querySelectorAll('main a, main button, main input:not([type=hidden])')]"
        ".filter(e => e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"
    )
    assert small == []


def test_a_foreign_page_is_a_plain_sentence(visit, areas, office):
    desk = visit(DESK)
    desk.log_in("shuji")
    assert desk.open(reverse("admin:grids_area_change", args=[areas.liuyuan.pk])) == 404
    desk.look("desk-404")
    assert "柳园" not in desk.text()
    desk.wrong.clear()  # the browser itself reports the 404


def test_the_desk_reads_on_a_phone(visit, areas, office):
    phone = visit(PHONE)
    phone.log_in("shuji")
    phone.look("phone-desk-home")
    phone.open(reverse("admin:grids_area_changelist"))
    phone.look("phone-desk-tree")
    phone.open(reverse("admin:grids_area_split", args=[areas.grid1.pk]))
    phone.look("phone-desk-split")
