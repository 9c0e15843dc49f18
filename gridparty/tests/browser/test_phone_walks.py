"""The shell of the phone: what is typed is not lost, what is sent without signal arrives once, every thumb and eye can use it."""

from io import BytesIO

import pytest
from django.urls import reverse
from PIL import Image

from conftest import make_user
from gridparty.tests.browser.conftest import DESK, PASSWORD, PHONE
from jobs.actions import notify
from jobs.models import FormReceipt
from members.models import PointEntry
from members.tests.conftest import a_picture, ledger, parties  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PROPOSE = "members:mine_propose"
# Every control a thumb meets: (what, width, height) of those smaller than asked. A native button lies in its label.
SMALL = """(least) => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, label:has(input)')]
    .filter((one) => !one.classList.contains('gp-skip') && !one.closest('label') || one.matches('label'))
    .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.width < least || box.height < least - 0.5))
    .map(([html, box]) => `${html} ${box.width}×${box.height}`)"""

# The sizes of all letters on the page, in px.
LETTERS = """() => [...document.querySelectorAll('body *')]
    .filter((one) => one.offsetParent && [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
    .map((one) => parseFloat(getComputedStyle(one).fontSize))"""


@pytest.fixture
def phone(visit, ledger):  # noqa: F811
    """The phone of 赵一, a member, on the page where points are proposed."""
    visitor = visit(PHONE)
    visitor.log_in("zhao")
    visitor.page.route("**/worth/**", lambda route: route.fulfill(body=""))  # the tests' SQLite answers one request at a time
    visitor.open(reverse(PROPOSE))
    return visitor


@pytest.fixture
def secretary(ledger):  # noqa: F811
    """李四, secretary of the branch."""
    ledger.branch_secretary.set_password(PASSWORD)
    ledger.branch_secretary.save()
    return ledger.branch_secretary.username


def choose(phone) -> None:
    """The first thing that can be proposed."""
    if phone.page.locator("input[name=item]").count():
        phone.page.locator("label:has(input[name=item])").first.click()
    else:
        phone.page.select_option("select[name=item]", index=1)
    if phone.page.input_value("[name=quantity]") == "":
        phone.page.fill("[name=quantity]", "1")


def type_in(phone, note: str) -> None:
    choose(phone)
    phone.page.fill("[name=note]", note)


def notes() -> list[str]:
    return list(PointEntry.objects.order_by("pk").values_list("note", flat=True))


def large_photo() -> bytes:
    """3,000 × 2,000 points of noise: several megabytes, as a camera makes them."""
    picture, file = Image.effect_noise((3000, 2000), 80).convert("RGB"), BytesIO()
    picture.save(file, "JPEG", quality=95)
    return file.getvalue()


class TestPhoto:
    def test_a_large_one_is_made_small_before_it_is_sent(self, phone):
        photo = large_photo()
        type_in(phone, "清理楼道")
        phone.page.set_input_files("[name=photo]", {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo})
        small = "async (least) => { const one = document.querySelector('[name=photo]');"
        small += " while (one.files[0].size > least) await new Promise((done) => setTimeout(done, 50)); return true; }"
        assert phone.page.evaluate(small, len(photo) // 2)
        phone.follow("button[form=propose]")
        with PointEntry.objects.get().photo.open() as kept, Image.open(kept) as picture:
            assert picture.size == (1600, 1066)


class TestDraft:
    def test_what_is_typed_is_there_again_after_a_reload_and_gone_when_sent(self, phone):
        type_in(phone, "帮邻居修灯")
        chosen = phone.page.evaluate("document.querySelector('form[data-draft]').elements.item.value")
        phone.open(reverse(PROPOSE))
        assert phone.page.input_value("[name=note]") == "帮邻居修灯"
        assert phone.page.evaluate("document.querySelector('form[data-draft]').elements.item.value") == chosen
        assert "已恢复上次没有提交的内容" in phone.text()
        phone.look("phone-draft")
        phone.follow("button[form=propose]")
        assert "已保存" in phone.text()
        phone.open(reverse(PROPOSE))
        assert phone.page.input_value("[name=note]") == ""
        assert notes() == ["帮邻居修灯"]

    def test_it_can_be_cleared(self, phone):
        type_in(phone, "帮邻居修灯")
        phone.open(reverse(PROPOSE))
        phone.page.click("text=清空重填")
        assert phone.page.input_value("[name=note]") == ""
        phone.open(reverse(PROPOSE))
        assert phone.page.input_value("[name=note]") == ""

    def test_logging_out_clears_it(self, phone):
        type_in(phone, "帮邻居修灯")
        phone.open(reverse("account_logout"))
        phone.follow("main button[type=submit]")
        assert phone.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('gp-draft:')).length") == 0

    def test_another_user_of_the_phone_does_not_see_it(self, phone, secretary):
        type_in(phone, "帮邻居修灯")
        phone.page.context.clear_cookies()
        phone.log_in(secretary)
        phone.open(reverse(PROPOSE))
        assert phone.page.input_value("[name=note]") == ""


class TestWithoutSignal:
    @pytest.fixture
    def sent(self, phone):
        """A proposal with a photo, sent in a lift."""
        type_in(phone, "在电梯里提交")
        photo = a_picture()
        phone.page.set_input_files("[name=photo]", {"name": photo.name, "mimeType": "image/jpeg", "buffer": photo.read()})
        phone.page.context.set_offline(True)
        phone.page.click("button[form=propose]")
        phone.page.wait_for_selector("text=已存手机，待发送 1 条")
        yield phone
        phone.wrong = [one for one in phone.wrong if "ERR_INTERNET_DISCONNECTED" not in str(one)]

    def test_it_waits_on_the_phone_and_is_sent_once_there_is_one(self, sent):
        sent.look("phone-waiting")
        assert not PointEntry.objects.exists()
        assert sent.page.input_value("[name=note]") == ""
        sent.page.context.set_offline(False)
        sent.page.wait_for_selector("#gp-waiting >> text=已保存")
        entry = PointEntry.objects.get()
        assert entry.note == "在电梯里提交"
        assert entry.photo
        for _time in range(2):
            sent.open(reverse("phone"))
        assert PointEntry.objects.count() == FormReceipt.objects.count() == 1
        assert "待发送" not in sent.text()

    def test_a_second_one_waits_beside_it_and_both_arrive(self, sent):
        type_in(sent, "又一份")
        sent.page.click("button[form=propose]")
        sent.page.wait_for_selector("text=已存手机，待发送 2 条")
        sent.page.context.set_offline(False)
        sent.page.wait_for_selector("#gp-waiting >> text=已保存")
        assert notes() == ["在电梯里提交", "又一份"]

    def test_it_can_be_thrown_away(self, sent):
        sent.page.click("#gp-waiting >> text=删除")
        sent.page.click("#gp-waiting >> text=确认删除")
        sent.page.wait_for_selector("#gp-waiting", state="hidden")
        sent.page.context.set_offline(False)
        sent.open(reverse("phone"))
        assert not PointEntry.objects.exists()

    def test_it_outlives_the_page_and_is_sent_from_another(self, sent):
        sent.page.goto("about:blank")
        sent.page.context.set_offline(False)
        sent.open(reverse("accounts:me"))
        sent.page.wait_for_selector("#gp-waiting >> text=已保存")
        assert notes() == ["在电梯里提交"]

    def test_without_log_in_it_waits_for_its_user(self, sent, secretary):
        sent.page.context.clear_cookies()
        sent.page.context.set_offline(False)
        sent.page.wait_for_selector("text=登录已过期")
        sent.log_in(secretary)
        assert "李四" in sent.text()
        assert "待发送" not in sent.text()
        assert not PointEntry.objects.exists()
        sent.page.context.clear_cookies()
        sent.log_in("zhao")
        sent.page.wait_for_selector("#gp-waiting >> text=已保存")
        assert notes() == ["在电梯里提交"]

    def test_refused_later_it_is_kept_with_the_reason_and_can_be_mended(self, phone):
        phone.page.fill("[name=note]", "没有选项目")
        photo = a_picture()
        phone.page.set_input_files("[name=photo]", {"name": photo.name, "mimeType": "image/jpeg", "buffer": photo.read()})
        phone.page.context.set_offline(True)
        phone.page.click("button[form=propose]")
        phone.page.wait_for_selector("text=已存手机，待发送 1 条")
        phone.page.context.set_offline(False)
        phone.page.wait_for_selector("text=未能保存：请选择项目。")
        phone.examine("phone-refused-later")
        phone.open(reverse("phone"))
        phone.follow("text=打开修改")
        phone.page.wait_for_function("document.querySelector('[name=note]').value === '没有选项目'")
        choose(phone)
        phone.follow("button[form=propose]")
        phone.wrong = [one for one in phone.wrong if "ERR_INTERNET_DISCONNECTED" not in str(one)]
        entry = PointEntry.objects.get()
        assert entry.note == "没有选项目"
        assert entry.photo
        phone.open(reverse("phone"))
        assert "待发送" not in phone.text()

    def test_logging_out_warns_of_it(self, sent):
        page = sent.page
        page.goto("about:blank")
        page.context.set_offline(False)
        page.route("**/receipts/**", lambda route: route.abort())
        sent.open(reverse("account_logout"))
        page.wait_for_selector("text=还有没发送的内容")
        sent.examine("phone-logout-waiting")
        sent.wrong = [one for one in sent.wrong if "ERR_FAILED" not in str(one)]


class TestLostAnswers:
    def test_an_answer_that_is_lost_on_the_way_makes_no_second_record(self, phone):
        lost = []

        def lose(route):
            if route.request.method == "POST" and not lost:
                lost.append(route.fetch(max_redirects=0))  # it arrives; the answer does not
                return route.abort()
            return route.continue_()

        phone.page.route(f"**{reverse(PROPOSE)}*", lose)
        type_in(phone, "答复丢了")
        phone.page.click("button[form=propose]")
        phone.page.wait_for_selector("#gp-waiting >> text=已保存", timeout=20000)
        phone.wrong = [one for one in phone.wrong if "ERR_FAILED" not in one]
        assert notes() == ["答复丢了"]
        assert lost

    def test_refused_it_is_shown_with_all_that_was_typed_and_the_photo(self, phone):
        phone.page.fill("[name=note]", "没有选项目")
        photo = a_picture()
        phone.page.set_input_files("[name=photo]", {"name": photo.name, "mimeType": "image/jpeg", "buffer": photo.read()})
        phone.page.click("button[form=propose]")
        phone.page.wait_for_selector("main .gp-wrong")
        phone.examine("phone-refused")
        assert phone.page.input_value("[name=note]") == "没有选项目"
        assert phone.page.evaluate("document.querySelector('[name=photo]').files.length") == 1
        choose(phone)
        phone.follow("button[form=propose]")
        entry = PointEntry.objects.get()
        assert entry.note == "没有选项目"
        assert entry.photo


class TestForEverybody:
    @pytest.mark.parametrize(("device", "name"), [(PHONE, "phone"), (DESK, "desk")], ids=["phone", "desk"])
    @pytest.mark.parametrize("elder", [False, True], ids=["plain", "elder"])
    def test_pages_of_the_shell(self, visit, ledger, secretary, device, name, elder):  # noqa: F811
        notify(recipients=[ledger.branch_secretary], subject="换届提醒", body="请在本月内办理换届。", link="/phone/", urgent=True)
        visitor = visit(device)
        visitor.log_in(secretary)
        visitor.open(reverse("accounts:me"))
        if elder:
            visitor.follow("text=开启")
        for route in ("phone", "accounts:me", "jobs:notices", "account_logout", PROPOSE):
            visitor.open(reverse(route))
            visitor.examine(f"{name}-{'elder' if elder else 'plain'}-{route.replace(':', '-')}")
            assert visitor.page.evaluate(SMALL, 60 if elder else 44) == [], route
            sizes = visitor.page.evaluate(LETTERS)
            assert not elder or (min(sizes) >= 18 and max(sizes) >= 30), (route, sorted(set(sizes)))

    def test_the_keyboard_meets_back_content_action_and_tabs_in_turn(self, visit, ledger):  # noqa: F811
        visitor = visit(DESK)
        visitor.log_in("zhao")
        visitor.open(reverse(PROPOSE))
        met = []
        for _press in range(40):
            visitor.page.keyboard.press("Tab")
            met.append(visitor.page.evaluate("document.activeElement.className || document.activeElement.name || 'tab'"))
        asked = ["gp-skip", "gp-back", "note", "btn btn-primary gp-main", "tab"]
        assert sorted(asked, key=met.index) == asked

    def test_without_script_it_is_a_plain_form(self, chromium, live_server, ledger):  # noqa: F811
        context = chromium.new_context(**PHONE, java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{live_server.url}{reverse('account_login')}?next={reverse(PROPOSE)}")
        page.fill("[name=login]", "zhao")
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        if page.locator("input[name=item]").count():
            page.locator("label:has(input[name=item])").first.click()
        else:
            page.select_option("select[name=item]", index=1)
        page.fill("[name=note]", "没有脚本")
        page.click("button[form=propose]")
        page.wait_for_selector("text=已保存")
        context.close()
        assert notes() == ["没有脚本"]


def test_a_user_without_posts_finds_the_way(visit, areas):
    make_user(None, None, username="nobody", name="张三")
    visitor = visit(PHONE)
    visitor.log_in("nobody")
    visitor.examine("phone-empty")
    assert "现在没有待办事项" in visitor.text()
