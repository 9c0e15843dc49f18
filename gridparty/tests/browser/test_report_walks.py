"""A grid leader's week on the phone, sent from a lift, and the secretary who reads it at the desk and on the phone."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from cases import actions
from cases.models import WeeklyReport
from cases.tests.conftest import entry_at, open_at, reports_of, voices  # noqa: F401
from gridparty.lib.dates import Week, today
from gridparty.tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def week(voices, areas):  # noqa: F811
    """A week of work in 第1网格, and the reports of this week and the one before."""
    User.objects.filter(pk=voices.grid_leader.pk).update(name="王桂兰")
    before = Week.of(today() - timedelta(days=7))
    last = reports_of(before)["370199001001001"]
    written = actions.Written(done="走访 8 户", plan="走访独居老人 5 户\n催办 2 号楼路灯")
    actions.send_report(report=last, written=written, by=voices.grid_leader)
    actions.close_reports(day=before.last_day)
    for text in ("垃圾没有清走", "楼道堆物"):
        entry_at(voices, areas.building1, voices.grid_leader, text=text)
    entry_at(voices, areas.building2, voices.grid_leader, subject=voices.subjects["停车秩序"], text="占道停车")
    solved = open_at(voices, areas.building1, voices.grid_leader)
    said = actions.Said(text="已换灯泡", answer="已换灯泡。")
    actions.settle_on_spot(case=solved, by=voices.grid_leader, said=said)
    late = open_at(voices, areas.building2, voices.grid_leader)
    type(late).objects.filter(pk=late.pk).update(step_due_at=timezone.now() - timedelta(days=1))
    reports = reports_of()
    actions.send_report(report=reports["370199001001002"], written=actions.Written(done="巡查 5 次"), by=voices.next_grid_leader)
    return reports


@pytest.fixture
def phone(visit, week):
    visitor = visit(PHONE)
    visitor.log_in("grid_leader")
    return visitor


def mine(week) -> WeeklyReport:
    return WeeklyReport.objects.get(pk=week["370199001001001"].pk)


def test_a_leaders_week(phone, visit, week, voices):  # noqa: F811
    phone.open(reverse("cases:reports"))
    phone.examine("phone-reports-mine")
    phone.follow("text=写周报")
    assert "1 件事件已逾期" in phone.text()
    assert "催办 2 号楼路灯" in phone.text()
    phone.examine("phone-report-write")
    phone.page.locator("[name=done]").scroll_into_view_if_needed()
    phone.look("phone-report-write-below")
    done = phone.page.input_value("[name=done]")
    assert "记民情日志 3 条" in done
    phone.page.fill("[name=done]", f"{done}\n组织楼道清理一次。")
    phone.open(reverse("phone"))
    phone.open(reverse("cases:report", args=[mine(week).pk]))
    assert phone.page.input_value("[name=done]").endswith("组织楼道清理一次。")
    # In a lift
    phone.page.context.set_offline(True)
    phone.page.click("button[form=report]")
    phone.page.wait_for_selector("text=已存手机，待发送 1 条")
    phone.look("phone-report-offline")
    assert mine(week).state == "draft"
    phone.page.context.set_offline(False)
    phone.page.wait_for_selector("#gp-waiting >> text=已保存")
    assert mine(week).state == "sent"
    assert mine(week).done.endswith("组织楼道清理一次。")
    phone.wrong = [one for one in phone.wrong if "ERR_INTERNET_DISCONNECTED" not in str(one)]
    phone.open(reverse("cases:report", args=[mine(week).pk]))
    phone.examine("phone-report-sent")
    # The secretary sends it back from the phone, the leader mends it, the secretary reads it at the desk
    office = visit(PHONE)
    office.log_in("secretary")
    office.open(reverse("cases:reports"))
    office.examine("phone-reports-community")
    office.follow("text=审阅 2 份")
    office.examine("phone-reports-waiting")
    office.follow(f"a[href='{reverse('cases:report', args=[mine(week).pk])}']")
    office.examine("phone-report-judge")
    office.page.check("label:has-text('退回修改') input")
    office.page.click("button[form=judge]")
    office.page.wait_for_selector("text=请写明需要修改什么")
    office.page.fill("[name=comment]", "请写明路灯何时修好")
    office.page.locator("[name=comment]").scroll_into_view_if_needed()
    office.look("phone-report-judge-below")
    office.follow("button[form=judge]")
    assert "已退回修改" in office.text()
    phone.open(reverse("cases:report", args=[mine(week).pk]))
    assert "请写明路灯何时修好" in phone.text()
    phone.examine("phone-report-returned")
    phone.page.fill("[name=trouble]", "路灯周四修好")
    phone.follow("button[form=report]")
    assert "周报已提交" in phone.text()


def test_the_secretary_and_those_above_at_the_desk(visit, week, voices):  # noqa: F811
    actions.send_report(report=mine(week), written=actions.Written(done="清理楼道", plan="走访"), by=voices.grid_leader)
    desk = visit(DESK)
    desk.log_in("secretary")
    desk.open(reverse("cases:reports"))
    desk.examine("desk-reports")
    desk.open(reverse("cases:report", args=[mine(week).pk]))
    desk.examine("desk-report")
    desk.page.fill("[name=comment]", "写得实在")
    desk.follow("button[form=judge]")
    for _report in range(2):  # 第2网格 of this week, then the one of last week
        assert "下面是下一份待审阅的周报" in desk.text()
        desk.follow("button[form=judge]")
    assert "已全部看完" in desk.text()
    desk.look("desk-reports-done")
    before = f"?week={Week.of(today() - timedelta(days=7))}"
    desk.open(reverse("cases:reports") + before)
    desk.examine("desk-reports-before")
    closed = WeeklyReport.objects.get(area=voices.areas.grid2, week_on__lt=Week.of(today()).first_day)
    desk.open(reverse("cases:report_reopen", args=[closed.pk]))
    desk.examine("desk-report-reopen")
    desk.page.fill("[name=reason]", "住院补报")
    desk.follow("button[form=reopen]")
    assert "已重新打开" in desk.text()
    desk.open(reverse("cases:report_excuse") + f"?area={voices.areas.taoyuan.pk}")
    desk.examine("desk-report-excuse")
    desk.page.check("label:has-text('第2网格') input")
    desk.page.fill("[name=reason]", "集中换届")
    desk.follow("button[form=excuse]")
    assert "已为 1 个网格办理免报" in desk.text()
    above = visit(DESK)
    above.log_in("district_official")
    above.open(reverse("cases:reports") + before)
    above.examine("desk-reports-district")
    above.follow("a.gp-row:has-text('东街')")
    above.examine("desk-reports-street")
    above.follow(".gp-figures a:has-text('未交')")
    above.examine("desk-reports-missing")
