"""A branch secretary keeps the branch from the phone: who is due, a meeting, what is proposed, who leads."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from gridparty.lib.dates import today
from gridparty.tests.browser.conftest import PASSWORD, PHONE
from members.actions import NewMember, appeal_points, enrol_many, note_contacts, post_points
from members.models import Member, PartyOrganisation, PointEntry
from members.tests.conftest import earned, ledger, parties, typed  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAMES = ["周建国", "吴桂英", "郑志强", "王秀兰", "冯德胜", "陈玉梅", "褚卫东", "卫淑珍", "蒋红军", "沈丽华"]


@pytest.fixture
def branch(ledger, parties, cast):  # noqa: F811
    """第1网格党支部 with a dozen members of three classes, contacts of all ages, proposals, an appeal, a birthday."""
    classes = [parties.ordinary, parties.classes["在职党员"], parties.classes["年老党员"]]
    new = [
        NewMember(parties.branch1, classes[n % 3], typed=typed(name, 200 + n), joined_on=today() - timedelta(days=365 * (3 + n)))
        for n, name in enumerate(NAMES)
    ]
    rows = enrol_many(members=new, by=cast.secretary)
    for days, members in ((3, rows[:4]), (28, rows[3:4]), (58, rows[4:6]), (200, rows[6:8])):
        note_contacts(members=members, on=today() - timedelta(days=days), by=ledger.organiser, note="上门看望")
    person = rows[0].person
    person.born_on = today().replace(year=1958, day=min(today().day, 28))
    person.save()
    PartyOrganisation.objects.filter(pk=parties.branch1.pk).update(next_election_on=today() + timedelta(days=90))
    picture = BytesIO()
    Image.new("RGB", (320, 240), (60, 120, 90)).save(picture, "JPEG")
    photo = SimpleUploadedFile("photo.jpg", picture.getvalue())
    new = [
        earned(ledger.zhao, ledger.items["C1"], quantity=Decimal(9), note="楼道清扫，义务巡逻", photo=photo),
        earned(ledger.zhao, ledger.items["C1"], quantity=Decimal(3), note="社区义诊值守"),
        earned(ledger.zhao, ledger.items["C4"], note="反映路灯不亮"),
    ]
    post_points(entries=new, by=ledger.zhao_user)
    (deduction,) = post_points(entries=[earned(ledger.zhao, ledger.items["E1"])], by=cast.secretary).entries
    appeal_points(entry=deduction, by=ledger.zhao_user, text="当天已向书记请假")
    ledger.branch_secretary.set_password(PASSWORD)
    ledger.branch_secretary.save()
    return parties.branch1


@pytest.fixture
def phone(visit, branch, ledger):  # noqa: F811
    visitor = visit(PHONE)
    visitor.log_in(ledger.branch_secretary.username)
    return visitor


def test_meeting_deciding_and_the_board(phone, branch, ledger):  # noqa: F811
    phone.open(reverse("phone"))
    assert "积分待审核" in phone.text()
    phone.examine("phone-branch-todos")
    phone.follow(".gp-tabs a:has-text('支部')")
    assert "周建国" in phone.text()
    phone.examine("phone-branch")
    phone.follow(".gp-chips a:has-text('到期联系')")
    phone.look("phone-branch-due")
    phone.follow(".gp-bottom-main a:has-text('记分')")
    phone.examine("phone-branch-items")
    phone.follow("text=参加三会一课")
    phone.examine("phone-branch-meeting")
    phone.page.click(".gp-bottom-main button")
    phone.page.wait_for_selector("text=请填写会议或活动的名称")
    phone.examine("phone-branch-meeting-wrong")
    phone.page.fill("[name=title]", "三月支部党员大会")
    phone.page.uncheck("label:has-text('吴桂英') input")
    phone.follow(".gp-bottom-main button")
    assert "12 人：11 人已计分，1 人待审核" in phone.text()
    phone.examine("phone-branch-met")
    assert PointEntry.objects.filter(note="三月支部党员大会").count() == 12
    phone.open(reverse("members:branch_meeting", args=[branch.pk]) + f"?item={ledger.items['B1'].pk}&all=1")
    phone.page.fill("[name=title]", "三月支部党员大会")
    phone.page.click("text=全部取消")
    phone.page.check("label:has-text('吴桂英') input")
    phone.page.check("label:has-text('周建国') input")
    assert phone.page.input_value("[name=title]") == "三月支部党员大会"
    phone.page.click(".gp-bottom-main button")
    phone.page.wait_for_selector("text=只给其余 1 人记分")
    phone.examine("phone-branch-meeting-again")
    phone.follow("text=只给其余 1 人记分")
    assert PointEntry.objects.filter(note="三月支部党员大会").count() == 13
    phone.open(reverse("members:branch_decide"))
    phone.examine("phone-branch-decide")
    phone.page.check("label:has-text('9 分') input")
    phone.page.check("label:has-text('3 分') input")
    phone.page.locator("[name=reason]").scroll_into_view_if_needed()
    phone.look("phone-branch-decide-below")
    phone.follow(".gp-bottom-main button")
    assert "通过 2 项" in phone.text()
    phone.follow("text=无故缺席集中学习")
    phone.examine("phone-branch-appeal")
    phone.page.check("label:has-text('申诉成立') input")
    phone.page.fill("[name=answer]", "请假属实")
    phone.follow(".gp-bottom-main button")
    assert "申诉成立，积分已更正" in phone.text()
    phone.open(reverse("members:branch_board", args=[branch.pk]))
    assert "平均" in phone.text()
    phone.examine("phone-branch-board")


def test_one_member_and_a_contact(phone, branch, ledger):  # noqa: F811
    phone.open(reverse("members:branch_member", args=[ledger.zhao.pk]))
    phone.examine("phone-branch-member")
    phone.follow("text=记联系")
    phone.examine("phone-branch-contacts")
    phone.page.check("label:has-text('电话') input")
    phone.follow(".gp-bottom-main button")
    assert "已记联系 1 人" in phone.text()
    phone.open(reverse("members:branch_member", args=[ledger.zhao.pk]))
    phone.follow("a:has-text('-3 分')")
    phone.examine("phone-branch-entry")
    phone.open(reverse("members:branch_meeting", args=[branch.pk]) + f"?member={ledger.zhao.pk}")
    phone.follow("text=参加主题党日")
    phone.examine("phone-branch-one")
    phone.page.fill("[name=title]", "七一主题党日")
    phone.follow(".gp-bottom-main button")
    assert Member.objects.get(pk=ledger.zhao.pk).balances.get().entries.filter(note="七一主题党日").count() == 1
