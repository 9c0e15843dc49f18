"""A grid leader goes through a building, in and out of signal: one tap a door, one visit, none lost or double."""

from datetime import timedelta

import pytest
from django.urls import reverse

from gridparty.lib.dates import today
from gridparty.tests.browser.conftest import PASSWORD, PHONE
from gridparty.tests.browser.test_phone_walks import LETTERS, SMALL
from grids.models import Norm
from jobs.models import FormReceipt
from people.actions import NewHousehold, NewPerson, NewVisit, add_care, enter_people, open_households, record_visits
from people.models import CareClass, Visit
from people.tests.conftest import number

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOMS = [f"{floor}0{n}" for floor in range(1, 7) for n in (1, 2)]
NAMES = ["王建国", "李秀英", "赵桂兰", "周德胜", "吴玉梅", "郑卫东", "冯淑珍", "陈志强", "褚桂香", "卫红军", "蒋丽华", "沈国强"]
OFFLINE = "ERR_INTERNET_DISCONNECTED"


@pytest.fixture
def building(areas, cast):
    """桃园 1号楼: six floors, two doors each; two who live alone are due, one was seen; nobody else was."""
    Norm.objects.create(kind="days_between_visits", low=1, high=90)
    alone = CareClass.objects.create(name="独居老人", interval_days=7)
    homes = open_households(households=[NewHousehold(areas.building1, "1", room) for room in ROOMS], by=None)
    lives = [
        NewPerson(name, number(2 * n + 1), phone=f"1540000{n:04d}", household=home, relation="head")
        for n, (name, home) in enumerate(zip(NAMES, homes, strict=True))
    ]
    people = enter_people(people=lives, by=None)
    for n, days in ((0, 30), (2, 9), (4, 3)):
        since = today() - timedelta(days=days)
        add_care(person=people[n], care_class=alone, since_on=since, reason="子女在外地", responsible=cast.grid_leader, by=None)
    record_visits(visits=[NewVisit(person=people[4], on=today() - timedelta(days=1), note="血压平稳")], by=cast.grid_leader)
    return areas.building1


@pytest.fixture
def phone(visit, building):
    visitor = visit(PHONE)
    visitor.log_in("grid_leader")
    return visitor


def round_of(building) -> str:
    """The building in the round of the last nine days."""
    return f"{reverse('people:place', args=[building.pk])}?since={today() - timedelta(days=9)}"


def tap(phone, room: str, word: str) -> None:
    phone.page.click(f"[data-door='1-{room}'] button:has-text('{word}')")


def mark(phone, room: str) -> str:
    return phone.page.inner_text(f"[data-door='1-{room}'] [data-mark]")


def pressed(phone, room: str) -> list[str]:
    return phone.page.locator(f"[data-door='1-{room}'] button[aria-pressed=true]").all_inner_texts()


def counts(phone) -> list[str]:
    return phone.page.locator("[data-count]").all_inner_texts()


def outcomes() -> dict[str, str]:
    """{room: outcome} of today's visits; a door visited twice would be two."""
    rows = list(Visit.objects.filter(on=today()).values_list("household__room", "outcome"))
    assert len(dict(rows)) == len(rows)
    return dict(rows)


def signal(phone, there: bool) -> None:
    phone.page.context.set_offline(not there)


def settled(phone) -> None:
    phone.page.wait_for_selector("#gp-waiting >> text=已保存", timeout=30_000)
    phone.wrong = [one for one in phone.wrong if OFFLINE not in str(one)]


def test_ten_taps_without_signal_are_ten_visits(phone, building):
    phone.open(round_of(building))
    signal(phone, False)
    for n, room in enumerate(ROOMS[:10]):
        tap(phone, room, ("见到", "不在家", "谢绝")[n % 3])
    phone.page.wait_for_selector("text=已存手机，待发送 10 条")
    assert mark(phone, "101") == "待发送"
    assert pressed(phone, "102") == ["不在家"]
    assert counts(phone) == ["5", "5", "2"]  # 301 was met before
    phone.examine("phone-round-offline")
    tap(phone, "101", "见到")  # noted already: no second form
    tap(phone, "102", "见到")  # corrected: a form of its own
    phone.page.wait_for_selector("text=已存手机，待发送 11 条")
    phone.page.locator("#gp-waiting summary").click()
    phone.look("phone-round-offline-list")
    signal(phone, True)
    settled(phone)
    expected = {room: ("met", "absent", "declined")[n % 3] for n, room in enumerate(ROOMS[:10])} | {"102": "met"}
    assert outcomes() == expected
    assert FormReceipt.objects.count() == 11
    assert mark(phone, "101") == "已保存"
    phone.look("phone-round-sent")
    phone.open(round_of(building))
    assert pressed(phone, "102") == ["见到"]
    assert counts(phone) == ["6", "4", "2"]


def test_taps_outlive_the_page_and_arrive_from_another(phone, building):
    phone.open(round_of(building))
    signal(phone, False)
    tap(phone, "101", "见到")
    tap(phone, "101", "谢绝")
    phone.page.wait_for_selector("text=已存手机，待发送 2 条")
    phone.page.goto("about:blank")
    signal(phone, True)
    phone.page.route("**/tap/", lambda route: route.abort())
    phone.open(round_of(building))
    phone.page.wait_for_selector("[data-door='1-101'] [data-mark]:has-text('待发送')")
    assert pressed(phone, "101") == ["谢绝"]
    phone.page.unroute("**/tap/")
    phone.open(reverse("accounts:me"))
    phone.page.wait_for_selector("#gp-waiting >> text=已保存")
    phone.wrong = [one for one in phone.wrong if OFFLINE not in str(one) and "ERR_FAILED" not in str(one)]
    assert outcomes() == {"101": "declined"}


def test_an_answer_lost_on_the_way_makes_no_second_visit(phone, building):
    lost = []

    def lose(route):
        if not lost:
            lost.append(route.fetch(max_redirects=0))  # it arrives; the answer does not
            return route.abort()
        return route.continue_()

    phone.page.route("**/tap/", lose)
    phone.open(round_of(building))
    tap(phone, "201", "见到")
    phone.page.wait_for_selector("[data-door='1-201'] [data-mark]:has-text('已保存')", timeout=30_000)
    phone.wrong = [one for one in phone.wrong if "ERR_FAILED" not in str(one)]
    assert lost
    assert outcomes() == {"201": "met"}


def test_what_is_refused_stays_with_its_reason(phone, building, cast):
    phone.open(round_of(building))
    phone.page.evaluate("document.querySelector('form[data-tap]').dataset.now = '4102444800'")  # a day to come
    tap(phone, "301", "见到")
    phone.page.wait_for_selector("text=走访日期在今天之后")
    assert mark(phone, "301") == "未能保存"
    assert pressed(phone, "301") == []
    assert counts(phone) == ["1", "0", "11"]
    phone.examine("phone-round-refused")
    assert outcomes() == {}


def test_without_script_a_tap_is_a_plain_form(chromium, live_server, building):
    context = chromium.new_context(**PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}{reverse('account_login')}?next={reverse('people:place', args=[building.pk])}")
    page.fill("[name=login]", "grid_leader")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.click("[data-door='1-101'] button:has-text('见到')")
    page.wait_for_selector("[data-door='1-101'] button[aria-pressed=true]:has-text('见到')")
    page.click("[data-door='1-101'] button:has-text('不在家')")
    page.wait_for_selector("[data-door='1-101'] button[aria-pressed=true]:has-text('不在家')")
    context.close()
    assert outcomes() == {"101": "absent"}


def test_from_what_is_due_to_what_was_noted(phone, building):
    phone.open(reverse("phone"))
    phone.examine("phone-round-todos")
    phone.follow("text=关爱走访逾期")
    phone.examine("phone-round-due")
    phone.follow("text=逾期 30 天")
    assert "王建国" not in phone.text()
    phone.examine("phone-round-person")
    phone.follow("text=显示姓名和电话")
    assert "王建国" in phone.text()
    phone.look("phone-round-revealed")
    phone.follow("text=返回")
    phone.page.fill("[name=note]", "<script>alert(1)</script> 一切安好，想要一副老花镜")
    phone.page.locator("[name=note]").scroll_into_view_if_needed()
    phone.look("phone-round-note")
    phone.follow(".gp-bottom-main button")
    assert "已记走访：见到。" in phone.text()
    assert "逾期 30 天" not in phone.text()
    phone.follow("text=我的网格楼栋")
    phone.examine("phone-round-places")
    phone.follow("a:has-text('1号楼')")
    phone.examine("phone-round-building")
    phone.follow("[data-door='1-301'] a")
    phone.examine("phone-round-household")
    phone.page.click("button:has-text('见到')")
    phone.page.wait_for_selector("[data-mark]:has-text('已保存')")
    phone.follow("text=写走访记录")
    phone.examine("phone-round-visit")
    phone.follow(".gp-bottom-main button")
    assert "已记走访：见到。" in phone.text()
    phone.open(reverse("people:search"))
    phone.page.fill("[name=term]", "王建国")
    phone.follow("main button:has-text('查找')")
    assert "王**" in phone.text()
    assert "王建国" not in phone.page.url
    phone.examine("phone-round-search")
    assert phone.page.evaluate("JSON.stringify(localStorage)") == "{}"


@pytest.mark.parametrize("elder", [False, True], ids=["plain", "elder"])
def test_every_thumb_and_eye_can_use_it(phone, building, elder):
    if elder:
        phone.open(reverse("accounts:me"))
        phone.follow("text=开启")
    home = building.pk
    for name, args in (("rounds", []), ("places", []), ("place", [home]), ("search", [])):
        phone.open(reverse(f"people:{name}", args=args))
        phone.examine(f"phone-{'elder' if elder else 'plain'}-round-{name}")
        assert phone.page.evaluate(SMALL, 60 if elder else 44) == [], name
        assert not elder or min(phone.page.evaluate(LETTERS)) >= 18


def test_a_secretary_changes_how_often_somebody_is_visited(visit, building, cast):
    visitor = visit(PHONE)
    visitor.log_in("secretary")
    visitor.open(reverse("people:rounds"))
    visitor.follow("text=逾期 30 天")
    visitor.follow("text=更改间隔或责任人")
    visitor.examine("phone-round-care")
    visitor.page.fill("[name=interval_days]", "3")
    visitor.follow(".gp-bottom-main button")
    assert "每 3 天" in visitor.text()
