"""A grid leader keeps the journal from a stairwell: few taps, no signal, words that try to be more, what the week adds up to."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from cases.models import Case, JournalEntry
from cases.tests.conftest import entry_at, open_at, reports_of, voices  # noqa: F401
from cases.tests.test_journal import put
from gridparty.lib.dates import today
from gridparty.tests.browser.conftest import PASSWORD, PHONE
from gridparty.tests.browser.test_phone_walks import LETTERS, SMALL
from people.actions import NewHousehold, open_households

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = "\"><script>document.title='taken'</script><img src=x>"


def a_photo() -> dict:
    """As a camera makes it, with where and by what it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "secret camera"
    file = BytesIO()
    Image.new("RGB", (3000, 2000), (90, 120, 60)).save(file, "JPEG", exif=exif, comment=b"secret comment")
    return {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


@pytest.fixture
def phone(visit, voices):  # noqa: F811
    """The phone of the leader of 第1网格, who has a report to write and cases to handle."""
    home = NewHousehold(voices.areas.building1, "1", "101")
    open_households(households=[home], by=voices.secretary)
    reports_of()
    open_at(voices, voices.areas.building1, voices.building_leader, text="楼道有焦糊味", urgent=True)
    open_at(voices, voices.areas.building2, voices.grid_leader)
    voices.grid_leader.set_password(PASSWORD)
    voices.grid_leader.save()
    visitor = visit(PHONE)
    visitor.log_in("grid_leader")
    return visitor


def test_an_entry_in_few_taps_and_another_without_signal(phone):
    assert "紧急事件" in phone.text()
    phone.examine("journal-home")
    phone.follow(".gp-begin >> text=记日志")
    phone.examine("journal-new")
    # Three taps and some words.
    phone.page.click("label:has-text('环境卫生')")
    phone.page.fill("[name=text]", "三单元门口垃圾没有清走")
    phone.follow("text=保存日志")
    assert "已记日志" in phone.text()
    phone.examine("journal-entry")
    phone.follow(".gp-bottom-main >> text=再记一条")
    phone.page.click("label:has-text('安全隐患')")
    phone.page.fill("[name=text]", "在电梯里写的：灭火器过期")
    phone.page.click("label:has-text('1号楼')")
    phone.page.fill("[name=room]", "1-101")
    phone.page.click("label:has-text('需要转为事件办理')")
    phone.page.set_input_files("[name=photo]", a_photo())
    phone.page.context.set_offline(True)
    phone.page.click("text=保存日志")
    phone.page.wait_for_selector("text=已存手机，待发送 1 条")
    phone.look("journal-waiting")
    assert JournalEntry.objects.count() == 1
    phone.page.context.set_offline(False)
    phone.page.wait_for_selector("#gp-waiting >> text=已保存")
    phone.wrong = [one for one in phone.wrong if "ERR_INTERNET_DISCONNECTED" not in str(one)]
    for _time in range(2):
        phone.open(reverse("cases:hub"))
    phone.examine("journal-hub")
    first, second = JournalEntry.objects.order_by("pk")
    assert (first.text, second.text) == ("三单元门口垃圾没有清走", "在电梯里写的：灭火器过期")
    assert (str(second.household), second.case.text) == ("1-101", second.text)
    with second.photo.open("rb") as kept:
        data = kept.read()
    assert b"secret" not in data
    assert Image.open(BytesIO(data)).size == (1600, 1067)
    assert Case.objects.filter(journal=second).count() == 1


def test_words_that_try_to_be_more_are_words(phone):
    phone.open(reverse("cases:journal_new"))
    phone.page.click("label:has-text('其他')")
    phone.page.click("summary")
    for name in ("text", "spot", "teller"):
        phone.page.fill(f"[name={name}]", HOSTILE)
    phone.page.fill("[name=room]", '"><i>')
    phone.page.fill("[name=teller_phone]", HOSTILE[:20])
    phone.follow("text=保存日志")
    phone.look("journal-hostile")
    entry = JournalEntry.objects.get()
    for route, args in (("journal_entry", [entry.pk]), ("journal", []), ("hub", []), ("journal_subjects", [])):
        phone.open(reverse(f"cases:{route}", args=args))
        assert "taken" not in phone.page.title()
        assert phone.page.locator("img[src=x]").count() == 0
    phone.open(reverse("cases:journal_entry", args=[entry.pk]))
    assert HOSTILE in phone.text()
    phone.follow("text=显示反映人姓名和电话")
    assert HOSTILE in phone.text()
    assert "已记入查看日志" in phone.text()


def test_what_is_missing_is_said(phone):
    phone.open(reverse("cases:journal_new"))
    phone.page.click("text=保存日志")
    phone.page.wait_for_selector("text=请选择类别")
    phone.examine("journal-wrong")
    assert not JournalEntry.objects.exists()


def test_lists_and_what_rises(phone, voices):  # noqa: F811
    put(voices, voices.areas.building1, today(), times=3)
    put(voices, voices.areas.building1, today().replace(day=1) - timedelta(days=1))
    put(voices, voices.areas.building2, today(), "停车秩序", times=2)
    photo = a_photo()
    upload = SimpleUploadedFile(photo["name"], photo["buffer"], photo["mimeType"])
    told = {"teller": "王小明", "teller_phone": "15400000001", "photo": upload}
    entry = entry_at(voices, voices.areas.building1, voices.grid_leader, text="电动车在楼道充电，已劝阻两次", **told)
    phone.open(reverse("cases:journal_entry", args=[entry.pk]))
    phone.page.evaluate("document.querySelector('.gp-picture').decode()")
    phone.examine("journal-entry-photo")
    assert "王** 154****0001" in phone.text()
    phone.open(reverse("cases:journal"))
    phone.examine("journal-list")
    phone.follow("text=按类别统计")
    assert phone.page.locator(".gp-badge:has-text('明显增多')").count() == 1
    phone.examine("journal-subjects")
    phone.follow(".gp-row:has-text('环境卫生')")
    assert "4 条" in phone.text()
    phone.examine("journal-list-narrowed")
    phone.follow("text=清除筛选")
    assert "7 条" in phone.text()


def test_large_type_and_small_targets(phone, voices):  # noqa: F811
    entry = entry_at(voices, voices.areas.building1, voices.grid_leader, teller="王小明", teller_phone="15400000001")
    pages = [(name, []) for name in ("hub", "journal", "journal_new", "journal_subjects")] + [("journal_entry", [entry.pk])]
    for elder in (False, True):
        if elder:
            phone.open(reverse("accounts:me"))
            phone.follow("text=开启")
        for address in [reverse("phone"), *(reverse(f"cases:{name}", args=args) for name, args in pages)]:
            phone.open(address)
            phone.examine(f"journal-{'elder' if elder else 'plain'}{address.replace('/', '-')}")
            assert phone.page.evaluate(SMALL, 60 if elder else 44) == [], address
            assert not elder or min(phone.page.evaluate(LETTERS)) >= 18, address
