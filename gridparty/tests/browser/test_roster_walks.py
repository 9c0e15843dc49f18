"""A clerk brings the office's own list in, mends it, writes it and takes it back."""

from datetime import date

import openpyxl
import pytest
from django.urls import reverse

from accounts.choices import Role
from conftest import make_user
from gridparty.lib.idnumbers import synthetic
from gridparty.tests.browser.conftest import DESK, PHONE
from people.models import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEADINGS = ["序号", "姓名", "身份证号码", "与户主关系", "家庭住址", "联系电话", "爱好"]


def number(serial: int) -> str:
    return synthetic("370199", date(1980, 5, 1), serial)


@pytest.fixture
def roll(tmp_path):
    """A workbook as an office writes it: a title, 12 residents, two of them with a wrong number, one with a wrong phone."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "居民花名册"
    sheet.append(["桃园社区居民花名册"])
    sheet.merge_cells("A1:G1")
    sheet.append(HEADINGS)
    for n in range(12):
        wrong = {3: "*", 7: "*"}.get(n)
        id_number = number(21 + n)[:-1] + wrong if wrong else number(21 + n)
        phone = "12" if n == 5 else f"154000000{21 + n}"
        sheet.append([n + 1, f"赵{'甲乙丙丁戊己庚辛壬癸子丑'[n]}", id_number, "户主", f"3号楼2单元{301 + n}室", phone, "下棋"])
    book.save(tmp_path / "居民花名册.xlsx")
    return tmp_path / "居民花名册.xlsx"


@pytest.fixture
def office(areas):
    return make_user(Role.COMMUNITY_CLERK, areas.taoyuan, username="shequ", name="周干事")


def upload(desk, roll) -> None:
    desk.open(f"{reverse('rosters:imports')}?kind=residents")
    desk.page.set_input_files("[name=file]", roll)
    desk.follow("input[type=submit].default")


def small_targets(visitor) -> list[str]:
    """Buttons and boxes of an import that a finger misses."""
    return visitor.page.evaluate(
        "[...document.querySelectorAll('.roster button, .roster input:not([type=hidden]), .roster select')]"
        ".filter(e => e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 36).map(e => e.outerHTML)"
    )


def test_a_list_comes_in_is_mended_written_and_taken_back(visit, areas, office, roll):
    desk = visit(DESK)
    desk.log_in("shequ")
    desk.look("desk-home-imports")
    desk.follow("a.worklist:has-text('从表格导入')")
    desk.look("desk-imports-empty")
    upload(desk, roll)
    assert "可以写入 9 行" in desk.text()
    assert "3 行没有通过" in desk.text()
    desk.look("desk-import-preview")
    desk.page.click(".roster-match summary")
    desk.page.locator("#rows").scroll_into_view_if_needed()
    desk.look("desk-import-match")
    desk.page.click(".roster-match summary")
    for position in (3, 7):
        box = f"#cell-{position}-id_number"
        assert desk.page.input_value(box) == ""
        desk.page.locator(box).scroll_into_view_if_needed()
        desk.look(f"desk-import-mend-{position}")
        desk.page.fill(box, number(21 + position))
        desk.follow(f"form:has({box}) button")
    assert "已改动并重新核对" in desk.text()
    desk.follow("#causes a >> nth=0")
    desk.look("desk-import-cause")
    desk.follow("text=只写入无误的 11 行，其余 1 行保留待改")
    assert "已写入 11 条" in desk.text()
    desk.look("desk-import-done")
    assert Person.objects.count() == 11
    desk.follow("text=撤销这次导入")
    assert "已全部撤销" in desk.text()
    desk.look("desk-import-undone")
    assert Person.objects.count() == 0
    desk.follow(".breadcrumbs >> text=从表格导入")
    desk.look("desk-imports")


def test_what_was_changed_since_is_left_and_overruled(visit, areas, office, roll):
    desk = visit(DESK)
    desk.log_in("shequ")
    upload(desk, roll)
    desk.follow("text=只写入无误的 9 行")
    person = Person.objects.get(name="赵甲")
    desk.open(reverse("admin:people_person_change", args=[person.pk]))
    desk.page.fill("[name=employer]", "区图书馆")
    desk.follow("input[name=_save]")
    desk.open(reverse("rosters:imports"))
    desk.follow(".roster table a:has-text('居民')")
    desk.follow("text=撤销这次导入")
    assert "周干事 改动" in desk.text()
    desk.look("desk-import-left")
    desk.follow("text=仍然撤销")
    assert "已全部撤销" in desk.text()


def test_the_pages_read_on_a_phone(visit, areas, office, roll):
    phone = visit(PHONE)
    phone.log_in("shequ")
    upload(phone, roll)
    phone.look("phone-import-preview")
    for place in ("#causes", "#rows", "#cell-3-id_number"):
        phone.page.locator(place).scroll_into_view_if_needed()
        phone.look(f"phone-import{place.replace('#', '-')}")
    assert small_targets(phone) == []
    phone.page.click(".roster-match summary")
    phone.page.locator(".roster-match").scroll_into_view_if_needed()
    phone.look("phone-import-match")
    phone.open(reverse("rosters:imports"))
    phone.look("phone-imports")
    assert small_targets(phone) == []


def test_a_file_that_cannot_be_read_says_why_and_what_to_do(visit, areas, office, tmp_path):
    (tmp_path / "名单.csv").write_text("称呼语,身份证号码,家庭住址\n赵甲,1,3号楼\n", encoding="utf-8")
    desk = visit(DESK)
    desk.log_in("shequ")
    upload(desk, tmp_path / "名单.csv")
    assert "表头里缺少“姓名”" in desk.text()
    desk.look("desk-import-refused")
    desk.page.select_option("[name=column_name]", "称呼语")
    desk.follow(".roster-match input[type=submit]")
    assert "没有通过" in desk.text()
