"""Every page of imports and exports can be used by everybody: axe finds nothing at the desk and on the phone."""

import pytest
from django.urls import reverse

from gridparty.tests.browser.conftest import DESK, PHONE
from gridparty.tests.browser.test_roster_walks import number, office, roll, upload  # noqa: F401
from jobs.models import Job
from people.actions import NewPerson, correct_person
from people.models import Person
from rosters import exports, queries
from rosters.choices import ImportState
from rosters.models import Import

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def desk(request, visit, areas, office):  # noqa: F811
    visitor = visit(request.param)
    visitor.size = request.node.callspec.id
    visitor.log_in("shequ")
    return visitor


def test_from_upload_to_undo(desk, roll):  # noqa: F811
    desk.open(reverse("rosters:imports"))
    desk.examine(f"{desk.size}-axe-imports-empty")
    desk.follow("input[type=submit].default")
    assert "请选择要上传的文件" in desk.text()
    desk.examine(f"{desk.size}-axe-imports-wrong")
    upload(desk, roll)
    desk.examine(f"{desk.size}-axe-preview")
    desk.page.click(".roster-match summary")
    desk.page.locator(".roster-match").scroll_into_view_if_needed()
    desk.examine(f"{desk.size}-axe-match")
    desk.page.click("#row-3 + .row-more summary")
    box = "#cell-3-id_number"
    desk.page.locator(box).scroll_into_view_if_needed()
    desk.examine(f"{desk.size}-axe-mend")
    desk.page.fill(box, number(24))
    desk.follow(f"form:has({box}) button")
    desk.open(f"{reverse('rosters:page', args=[Import.objects.get().pk])}?show=all#row-3")
    assert "已改动：身份证号码" in desk.text()
    desk.page.locator("#row-3").scroll_into_view_if_needed()
    desk.examine(f"{desk.size}-axe-mended")
    desk.follow("#causes a >> nth=0")
    desk.examine(f"{desk.size}-axe-cause")
    desk.follow("text=只写入无误的 10 行")
    desk.examine(f"{desk.size}-axe-done")
    correct_person(person=Person.objects.get(name="赵甲"), new=NewPerson("赵甲", phone="15400000077"), by=None)
    desk.follow("text=撤销这次导入")
    assert "仍然撤销" in desk.text()
    desk.examine(f"{desk.size}-axe-left")
    desk.follow("text=仍然撤销")
    desk.examine(f"{desk.size}-axe-undone")
    desk.open(reverse("rosters:imports"))
    desk.examine(f"{desk.size}-axe-imports")


def test_a_file_that_cannot_be_read_and_work_that_takes_time(desk, roll, tmp_path):  # noqa: F811
    (tmp_path / "名单.csv").write_text("称呼语,身份证号码,家庭住址\n赵甲,1,3号楼\n", encoding="utf-8")
    upload(desk, tmp_path / "名单.csv")
    assert "表头里缺少“姓名”" in desk.text()
    desk.examine(f"{desk.size}-axe-refused")
    page = reverse("rosters:page", args=[Import.objects.get().pk])
    Import.objects.update(state=ImportState.READING)
    for status, total in (("running", 100), ("running", 0), ("failed", 0)):
        Job.objects.update(status=status, done=40, total=total, message="正在核对", error="读取时出错。")
        desk.open(page)
        desk.examine(f"{desk.size}-axe-working-{status}-{total}")


def test_causes_on_several_pages(desk, roll, monkeypatch):  # noqa: F811
    monkeypatch.setattr(queries, "CAUSES_ON_A_PAGE", 1)
    monkeypatch.setattr(queries, "ROWS_ON_A_PAGE", 2)
    upload(desk, roll)
    desk.page.locator("#causes").scroll_into_view_if_needed()
    desk.examine(f"{desk.size}-axe-causes")
    desk.follow("#causes nav a")
    assert "第 2 页" in desk.text()
    desk.examine(f"{desk.size}-axe-causes-2")


def test_a_long_list_on_its_way_out(desk, roll, monkeypatch):  # noqa: F811
    monkeypatch.setattr(exports, "MOST", 0)
    upload(desk, roll)
    desk.follow("text=只写入无误的 9 行")
    desk.open(reverse("admin:people_person_changelist"))
    desk.follow("text=导出 Excel")
    desk.examine(f"{desk.size}-axe-export")
