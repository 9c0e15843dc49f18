"""A resident writes to the mailbox by phone, follows the case, rates the answer, has it taken up again; the counter beside it."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.cache import cache
from django.urls import reverse
from PIL import Image

from cases.actions import Said, move_case, rate, settle_on_spot
from cases.choices import MoveKind, Side, Step
from cases.models import Case, CasePhoto, Rating
from cases.ratings import past_quarters
from cases.tests.conftest import open_at, voices  # noqa: F401
from gridparty.tests.browser.conftest import DESK, PASSWORD, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


def photo(tmp_path):
    file = BytesIO()
    Image.new("RGB", (320, 240), (60, 120, 90)).save(file, "JPEG")
    path = tmp_path / "photo.jpg"
    path.write_bytes(file.getvalue())
    return path


def submit(visitor) -> None:
    visitor.follow(".gp-bottom-main button")


def test_a_letter_its_answer_a_rating_and_another_round(visit, voices, tmp_path):  # noqa: F811
    phone = visit(PHONE)
    assert phone.open(reverse("cases:mailbox", args=["370199001001L001"])) == 200
    phone.examine("phone-mailbox")
    submit(phone)
    assert "请写明是什么事" in phone.text()
    phone.examine("phone-mailbox-wrong")
    phone.page.fill("[name=text]", "3号楼东侧的路灯坏了三天，晚上看不见路。")
    phone.page.check("label:has-text('公共设施') input")
    phone.page.fill("[name=spot]", "3号楼东侧")
    phone.page.fill("[name=teller_phone]", "请打给我")
    phone.page.set_input_files("[name=photos]", photo(tmp_path))
    submit(phone)
    assert phone.page.input_value("[name=text]").startswith("3号楼东侧的路灯")
    assert "照片需要重新选择" in phone.text()
    phone.page.fill("[name=teller_phone]", "15400001234")
    phone.page.set_input_files("[name=photos]", photo(tmp_path))
    submit(phone)
    phone.examine("phone-mailbox-received")
    case = Case.objects.get()
    assert CasePhoto.objects.count() == 1
    phone.follow(".gp-bottom-main a")
    assert "网格办理中" in phone.text()
    phone.examine("phone-mailbox-tracked")

    case = move_case(case=case, kind=MoveKind.PASS_UP, by=voices.grid_leader, said=Said(text="请社区联系供电公司"))
    case = move_case(case=case, kind=MoveKind.NOTE, by=voices.secretary, said=Said(text="供电公司周三来修。", is_public=True))
    settle_on_spot(case=case, by=voices.secretary, said=Said(text="已换灯", answer="供电公司已换好路灯，请您看看。"))
    phone.open(reverse("cases:track"))
    phone.examine("phone-mailbox-track")
    phone.page.fill("[name=code]", case.receipt.lower())
    submit(phone)
    assert "已答复" in phone.text()
    assert "供电公司周三来修。" in phone.text()
    assert "请社区联系" not in phone.text()
    phone.examine("phone-mailbox-answered")
    phone.follow(".gp-bottom-main a:has-text('评价')")
    phone.examine("phone-mailbox-rate")
    phone.page.check("label:has-text('不满意') >> nth=0")
    phone.page.fill("[name=text]", "修得太慢")
    submit(phone)
    assert "感谢您的评价" in phone.text()
    assert Rating.objects.get().text == "修得太慢"
    phone.follow("text=没有解决，重新办理")
    phone.examine("phone-mailbox-reopen")
    phone.page.fill("[name=reason]", "灯又灭了")
    submit(phone)
    assert "已重新办理" in phone.text()
    assert "社区办理中" in phone.text()
    phone.examine("phone-mailbox-again")
    case = Case.objects.get()
    assert (case.step, case.round) == (Step.FILED, 2)


def test_dead_links_and_wrong_codes(visit, voices):  # noqa: F811
    phone = visit(PHONE)
    phone.open(reverse("cases:rate", args=["x"]))
    phone.examine("phone-mailbox-gone")
    phone.open(reverse("cases:track") + "?code=222222222222")
    assert "没有这个查询码" in phone.text()
    phone.examine("phone-mailbox-wrong-code")
    phone.wrong = [one for one in phone.wrong if "404" not in one]  # the browser tells of the status


def test_the_counter_takes_down_and_prints(visit, voices):  # noqa: F811
    voices.clerk.set_password(PASSWORD)
    voices.clerk.save()
    desk = visit(DESK)
    desk.log_in("clerk")
    desk.open(reverse("cases:counter"))
    desk.examine("desk-counter")
    desk.page.fill("[name=text]", "楼上漏水，请社区协调")
    desk.page.check("label:has-text('物业管理') input")
    place = desk.page.locator("[name=place]")
    if place.first.get_attribute("type") == "radio":
        desk.page.check("label:has-text('1号楼') input >> nth=0")
    else:
        place.select_option(str(voices.areas.building1.pk))
    desk.page.fill("[name=teller]", "刘先生")
    desk.follow("main button[type=submit]")
    case = Case.objects.get()
    assert f"已登记为 {case.number}" in desk.text()
    desk.examine("desk-counter-done")
    with desk.page.expect_download() as download:
        desk.page.click("text=打印受理回执")
    assert download.value.suggested_filename.endswith(f"{case.number}.pdf")


def test_the_rated_see_sums(visit, voices):  # noqa: F811
    """Five matters of last quarter, both sides; four of the one before."""
    for number, quarter in [(5, past_quarters()[0]), (4, past_quarters()[1])]:
        for _n in range(number):
            case = open_at(voices, voices.areas.grid1, voices.grid_leader)
            case = settle_on_spot(case=case, by=voices.grid_leader, said=Said(text="清走", answer="已清走。"))
            rows = [rate(case=case, side=Side.RESIDENT, score=3), rate(case=case, side=Side.TEAM, score=5, by=voices.grid_leader)]
            Rating.objects.filter(pk__in=[row.pk for row in rows]).update(at=quarter.begins + timedelta(days=9))
    voices.grid_leader.set_password(PASSWORD)
    voices.grid_leader.save()
    phone = visit(PHONE)
    phone.log_in("grid_leader")
    phone.open(reverse("cases:ratings"))
    assert "自评高 2.0 分" in phone.text()
    assert "不足 5 件，暂不显示" in phone.text()
    phone.examine("phone-ratings")
