"""A member on the phone, from the slip of paper to an appeal, and what is on record of them."""

import pytest
from django.urls import reverse

from accounts.passwords import printed
from audit.models import ViewEntry
from gridparty.tests.browser.conftest import DESK, PASSWORD, PHONE, SHOTS
from members.actions import answer_appeal, decide_points, invite_members, post_points, reverse_points
from members.models import PointEntry
from members.tests.conftest import a_picture, earned, ledger, parties  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def year(ledger):  # noqa: F811
    """What 赵一 has by now: more meetings than count, a double day, a reversal, a deduction, one of each state."""
    ledger.scheme.days.create(name="七一", first_on="2026-07-01", last_on="2026-07-01", factor=2)
    for code, times in (("A1", 7), ("B1", 3), ("E1", 1)):
        for _n in range(times):
            post_points(entries=[earned(ledger.zhao, ledger.items[code])], by=ledger.branch_secretary)
    (wrong,) = post_points(entries=[earned(ledger.zhao, ledger.items["B2"])], by=ledger.branch_secretary).entries
    reverse_points(entry=wrong, by=ledger.branch_secretary, reason="签到名单有误，本人当天请假")
    for n, approve in enumerate((True, False)):
        new = earned(ledger.zhao, ledger.items["C3"], note=f"走访结对户 {n + 1} 次")
        (entry,) = post_points(entries=[new], by=ledger.zhao_user).entries
        decide_points(entries=[entry], approve=approve, by=ledger.branch_secretary, reason="" if approve else "没有走访记录")
    return ledger


def propose(phone, picture) -> None:
    phone.page.click("label:has-text('志愿服务')")
    with phone.page.expect_response("**/worth/**"):
        phone.page.fill("[name=quantity]", "2.5")
    phone.page.wait_for_selector("[data-worth-told]:not(:empty)")
    phone.page.fill("[name=note]", "清理3号楼楼道堆物，和两位邻居一起清出旧家具两车。")
    phone.page.set_input_files("[name=photo]", {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": picture.read()})


def test_from_the_slip_to_an_appeal(visit, cast, year):
    (slip,) = invite_members(members=[year.qian], by=cast.secretary)
    phone = visit(PHONE)
    phone.log_in(slip.username, printed(slip.password))
    phone.examine("member-first-password")
    phone.page.fill("[name=password1]", "a better password 7")
    phone.page.fill("[name=password2]", "a better password 7")
    phone.follow("main button[type=submit]")
    phone.examine("member-home")
    phone.follow("nav a:has-text('积分')")
    phone.examine("member-points-new")
    assert "60 分" in phone.text()
    phone.follow("text=申报积分")
    phone.examine("member-propose")
    propose(phone, a_picture((800, 600)))
    assert "共2.5分；按目前积分可计入2.5分" in phone.text()
    phone.examine("member-propose-filled")
    phone.follow("button:has-text('提交申报')")
    assert "由支部书记审核" in phone.text()
    phone.examine("member-proposed")
    entry = PointEntry.objects.get(proposed_by__username=slip.username)
    assert phone.page.evaluate("document.querySelector('.gp-picture').naturalWidth") == 800
    decide_points(entries=[entry], approve=False, by=year.branch_secretary, reason="照片看不清是否本人")
    phone.open(reverse("members:mine"))
    assert "未通过：照片看不清是否本人" in phone.text()
    phone.examine("member-refused")
    phone.follow("a.gp-row >> nth=0")
    phone.follow("text=申诉")
    phone.page.fill("[name=text]", "照片左侧是本人，同楼王大姐可以作证。")
    phone.examine("member-appeal")
    phone.follow("button:has-text('提交申诉')")
    assert "申诉已提交" in phone.text()
    answer_appeal(entry=entry, uphold=True, by=cast.secretary, answer="已向邻居核实，属实。")
    phone.open(reverse("members:mine_entry", args=[entry.pk]))
    assert "已向邻居核实，属实。" in phone.text()
    phone.examine("member-appeal-upheld")
    phone.open(reverse("members:mine"))
    assert "62.5 分" in phone.text()


def test_accounts_for_a_branch_at_the_desk(visit, cast, year):
    desk = visit(DESK)
    desk.log_in("secretary")
    desk.open(reverse("admin:members_member_changelist"))
    desk.page.check("#action-toggle")
    desk.page.select_option("[name=action]", "give_accounts")
    desk.look("desk-members-chosen")
    desk.follow("button[name=index]")
    assert "已选 4 名党员：将为 1 人新开账号" in desk.text()
    desk.look("desk-accounts")
    with desk.page.expect_download() as slips:
        desk.page.click("input[value=打印密码条]")
    assert slips.value.suggested_filename.endswith(".pdf")


def test_points_are_explained_to_the_last_half_point(visit, year):
    phone = visit(PHONE)
    phone.log_in("zhao", PASSWORD)
    phone.open(reverse("members:mine"))
    for words in ("全年最多计12分，超出的2分不计", "签到名单有误", "未通过：没有走访记录", "还能得什么分"):
        assert words in phone.text()
    phone.page.screenshot(path=SHOTS / "member-points-whole.png", full_page=True)
    phone.examine("member-points")


def test_my_data_and_who_looked(visit, cast, year):
    for kind, purpose in (("opened", "members.member"), ("revealed", "phone")):
        ViewEntry.objects.create(actor=cast.secretary, kind=kind, model="members.member", object_id=year.zhao.pk, purpose=purpose)
    phone = visit(PHONE)
    phone.log_in("zhao", PASSWORD)
    phone.open(reverse("members:mine_data"))
    phone.page.screenshot(path=SHOTS / "member-data-whole.png", full_page=True)
    phone.examine("member-data")
    phone.follow("text=显示证件号码")
    phone.examine("member-number")
    phone.follow("text=返回")
    assert "您本人" in phone.text()


def test_who_is_no_member_is_told_kindly(visit, cast, year):
    phone = visit(PHONE)
    phone.log_in("grid_leader")
    phone.open(reverse("members:mine"))
    phone.examine("member-nothing")
