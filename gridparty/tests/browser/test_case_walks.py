"""A case's life on the phone: found in a stairwell, passed up and back, handled, answered, rated, closed; one that is urgent."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import User
from cases.models import Case
from cases.tests.conftest import open_at, voices  # noqa: F401
from gridparty.tests.browser.conftest import PASSWORD, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAMES = {"grid_leader": "王芳", "secretary": "李建国", "clerk": "赵敏", "street_officer": "周强", "district_official": "吴丽"}


@pytest.fixture
def named(voices):  # noqa: F811
    """Those who handle cases go by their own names and log in."""
    for username, name in NAMES.items():
        user = User.objects.get(username=username)
        user.name = name
        user.set_password(PASSWORD)
        user.save()
    return voices


@pytest.fixture
def phones(visit, named):
    def phone_of(username: str):
        visitor = visit(PHONE)
        visitor.log_in(username)
        return visitor

    return phone_of


def picture() -> dict:
    file = BytesIO()
    Image.new("RGB", (320, 240), (90, 90, 60)).save(file, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


MAIN = ".gp-bottom-main button"


def make(phone, link: str, name: str, **typed) -> None:
    """Open a move from the page of the case, look at it, fill it in and send it."""
    phone.follow(f"main a:has-text('{link}'), .gp-bottom-main a:has-text('{link}')")
    phone.examine(f"phone-case-{name}")
    for field, text in typed.items():
        phone.page.fill(f"[name={field}]", text)
    phone.follow(MAIN)


def test_from_found_to_closed_with_the_community_in_between(phones, named):
    leader, office = phones("grid_leader"), phones("secretary")
    leader.open(reverse("cases:case_new"))
    leader.examine("phone-case-new")
    leader.page.click(MAIN)
    leader.page.wait_for_selector("text=请写明是什么事")
    leader.examine("phone-case-new-wrong")
    leader.page.check("label:has-text('公共设施') input")
    leader.page.check("label:has-text('1号楼') input")
    leader.page.fill("[name=spot]", "二单元三楼")
    leader.page.fill("[name=text]", "楼道灯坏了一周，晚上看不清台阶。")
    leader.page.set_input_files("[name=photos]", [picture(), picture()])
    leader.page.click("summary:has-text('反映人')")
    leader.page.fill("[name=teller]", "王小明")
    leader.page.fill("[name=teller_phone]", "15400000001")
    leader.follow(MAIN)
    assert "已受理，由第1网格办理" in leader.text()
    leader.examine("phone-case")
    case = Case.objects.get()
    assert case.events.get().photos.count() == 2

    make(leader, "核实收集", "collect", text="三盏灯都不亮")
    make(leader, "上报上级", "pass-up", text="物业不配合，请社区协调")
    assert "已转给桃园社区办理" in leader.text()
    leader.examine("phone-case-passed-up")
    office.open(reverse("cases:cases"))
    office.examine("phone-cases-office")
    office.follow(".gp-row:has-text('公共设施')")
    make(office, "交办下级", "pass-down", text="已与物业谈妥，请跟进")
    assert "已转给第1网格办理" in office.text()

    leader.open(reverse("cases:case", args=[case.pk]))
    leader.follow(".gp-bottom-main a:has-text('立案')")
    leader.examine("phone-case-file")
    leader.page.check("label:has-text('协调办理') input")
    leader.page.locator("[name=text]").scroll_into_view_if_needed()
    leader.look("phone-case-file-below")
    leader.follow(MAIN)
    make(leader, "处理完毕", "handle", text="物业已换三盏灯")
    make(leader, "反馈答复", "answer", answer="三盏楼道灯已换新，今晚起正常照明。")
    assert "等居民评价" in leader.text()
    leader.look("phone-case-answered")
    leader.follow("main a:has-text('自评')")
    leader.page.check("label:has-text('4 分') input")
    leader.examine("phone-case-rate")
    leader.follow(MAIN)
    make(leader, "结案", "close")
    assert "当天办结" in leader.text()
    leader.page.locator("h2:has-text('办理过程')").scroll_into_view_if_needed()
    leader.examine("phone-case-closed")
    leader.page.click("summary:has-text('告知居民查询码')")
    leader.page.locator(".gp-qr").scroll_into_view_if_needed()
    leader.look("phone-case-receipt")
    case.refresh_from_db()
    assert (case.step, case.outcome, case.holder) == ("closed", "solved", named.areas.grid1)
    assert [event.kind for event in case.events.all()] == [
        *("opened", "collect", "pass_up", "pass_down", "file", "handle", "answer", "close"),
    ]


def test_an_urgent_one_is_at_the_street_at_once(phones, named):
    leader, street = phones("grid_leader"), phones("street_officer")
    leader.open(reverse("cases:case_urgent"))
    assert "东街街道" in leader.text()
    assert "周强" not in leader.text()
    leader.examine("phone-case-urgent")
    leader.page.fill("[name=text]", "一楼燃气味道很大，已疏散")
    leader.page.select_option("[name=subject]", label="安全隐患")
    leader.follow(MAIN)
    assert "紧急事件已上报" in leader.text()
    leader.examine("phone-case-urgent-sent")
    street.open(reverse("jobs:notices"))
    assert "紧急事件" in street.text()
    street.open(reverse("cases:case", args=[Case.objects.get().pk]))
    street.follow("main a:has-text('督办')")
    street.page.fill("[name=text]", "每半小时报一次进展")
    street.follow(MAIN)
    assert "东街街道督办" in street.text()
    street.examine("phone-case-supervised")


def test_approval_remit_and_the_second_of_two(phones, named):
    grid = named.areas.grid1
    asked, remit, late = (open_at(named, grid, named.grid_leader, text=f"第 {n} 件") for n in range(3))
    Case.objects.filter(pk=late.pk).update(step_due_at=timezone.now() - timedelta(days=4))
    leader, office = phones("grid_leader"), phones("secretary")
    leader.open(reverse("cases:cases"))
    leader.examine("phone-cases")
    leader.page.click("summary:has-text('筛选')")
    leader.look("phone-cases-narrowed")
    leader.open(reverse("cases:case", args=[asked.pk]))
    leader.follow("main a:has-text('立案')")
    leader.page.check("label:has-text('审批办理') input")
    leader.page.fill("[name=text]", "购买灯具 200 元")
    leader.follow(MAIN)
    assert "已报桃园社区审批" in leader.text()
    leader.open(reverse("cases:case", args=[remit.pk]))
    make(leader, "申请按职责外结案", "ask-remit", text="属供电公司，已告知居民")
    assert "须由他人决定" in leader.text()

    office.open(f"{reverse('cases:cases')}?show=decide")
    office.examine("phone-cases-decide")
    office.open(reverse("cases:case", args=[asked.pk]))
    make(office, "审批同意", "approve", text="同意")
    office.open(reverse("cases:case", args=[remit.pk]))
    office.look("phone-case-remit-asked")
    office.follow(".gp-bottom-main a:has-text('同意职责外结案')")
    office.examine("phone-case-agree-remit")
    leader.follow("main a:has-text('办理进展')")
    office.follow(MAIN)
    assert "职责范围外" in office.text()
    leader.page.fill("[name=text]", "已再次联系供电公司")
    leader.page.click(MAIN)
    leader.page.wait_for_selector("text=刚由他人办理")
    leader.examine("phone-case-second")
    assert Case.objects.get(pk=remit.pk).seq == 3
