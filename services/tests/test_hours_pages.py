"""Hours on the phone: entering, confirming by ticks, the certificate of a year."""

import uuid
from datetime import time, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from gridparty.lib.dates import today
from members.models import Member, PointEntry
from services.actions import NewTeam, decide_hours, enter_hours, found_team, join_team
from services.choices import HoursState
from services.models import ServiceHours
from services.tests.conftest import activity_at
from services.tests.test_hours import YESTERDAY, claim_of, hours_row, new_in


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(name: str, *args) -> str:
    return reverse(f"services:{name}", args=args)


def send(client, address: str, form_id=None, **typed):
    return client.post(address, {"form_id": str(form_id or uuid.uuid4()), **typed}, follow=True)


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def zhao(served) -> Client:
    return client_of(served.zhao_user)


@pytest.fixture
def clerk(served) -> Client:
    return client_of(served.clerk)


def typed_in(served, **more) -> dict:
    what = f"area-{served.areas.taoyuan.pk}"
    return {"what": what, "on": str(YESTERDAY), "begins": "09:00", "ends": "11:30", "note": "看望独居老人"} | more


class TestTheWholeWay:
    def test_entered_confirmed_counted(self, served, zhao, clerk):
        form_id = uuid.uuid4()
        for _n in range(2):
            answer = send(zhao, at("hours_new"), form_id, **typed_in(served))
            assert "已登记 2.5 小时，待他人确认后计入。" in text(answer)
        row = ServiceHours.objects.get()
        assert "看望独居老人" in text(clerk.get(at("run_hours")))
        assert "已确认 1 条时长。" in text(send(clerk, at("run_hours"), rows=[row.pk], verdict="yes"))
        assert PointEntry.objects.get().points == Decimal("2.5")
        shown = text(zhao.get(at("hours")))
        assert f"{YESTERDAY.year}年 2.5 小时" in shown
        assert "已确认" in shown

    def test_of_a_post_and_of_an_activity_that_is_asked_for(self, served, zhao):
        claim = claim_of(served, served.zhao)
        shown = text(zhao.get(at("hours_new"), {"claim": claim.pk}))
        assert "岗位：楼院巡逻" in shown
        assert f'value="claim-{claim.pk}"' in shown
        send(zhao, at("hours_new"), **typed_in(served, what=f"claim-{claim.pk}", note=""))
        assert ServiceHours.objects.get().claim == claim

    def test_what_overlaps_is_told_and_what_was_typed_stays(self, served, zhao):
        send(zhao, at("hours_new"), **typed_in(served))
        shown = text(send(zhao, at("hours_new"), **typed_in(served, begins="10:00", note="义诊")))
        assert "时间重叠" in shown
        assert 'value="义诊"' in shown
        assert ServiceHours.objects.count() == 1

    def test_not_those_of_somebody_else(self, served, zhao):
        theirs = claim_of(served, served.qian)
        assert "请选择服务事项" in text(send(zhao, at("hours_new"), **typed_in(served, what=f"claim-{theirs.pk}")))
        row = hours_row(served, served.qian)
        assert send(zhao, at("hours_withdraw", row.pk)).status_code == 404
        assert "清扫" not in text(zhao.get(at("hours")))

    def test_withdrawn(self, served, zhao):
        row = enter_hours(new=new_in(served), by=served.zhao_user)
        assert "已撤回时长登记。" in text(send(zhao, at("hours_withdraw", row.pk)))
        row.refresh_from_db()
        assert row.state == HoursState.WITHDRAWN

    def test_refused_with_a_reason(self, served, zhao, clerk):
        row = hours_row(served, served.zhao)
        assert "请填写不予确认的原因" in text(send(clerk, at("run_hours"), rows=[row.pk], verdict="no"))
        assert "1 条时长不予确认" in text(send(clerk, at("run_hours"), rows=[row.pk], verdict="no", reason="没有到场"))
        assert "没有到场" in text(zhao.get(at("hours")))

    def test_confirmed_without_points_is_told_to_both(self, served, clerk):
        row = hours_row(served, served.zhou, on=today().replace(year=today().year - 1, month=12, day=1))
        assert "其中 1 条不计积分" in text(send(clerk, at("run_hours"), rows=[row.pk], verdict="yes"))
        assert "未计积分：" in text(client_of(served.zhou_user).get(at("hours")))


class TestWhoSeesWhat:
    def test_who_confirms(self, served, clerk):
        row = hours_row(served, served.zhao)
        assert "赵一" in text(clerk.get(at("run_hours")))
        assert text(clerk.get(at("run_hours"), {"all": "1"})).count(f'value="{row.pk}" checked>') == 1
        assert "赵一" not in text(client_of(served.next_grid_leader).get(at("run_hours")))
        answer = send(client_of(served.next_grid_leader), at("run_hours"), rows=[row.pk], verdict="yes")
        assert "其中有不由您确认的时长" in text(answer)
        assert client_of(served.zhao_user).get(at("run_hours")).status_code == 403

    def test_who_is_no_member_is_told_kindly(self, served, clerk):
        assert "没有与您账号对应的在册党员档案" in text(clerk.get(at("hours")))
        assert clerk.get(at("hours_new")).status_code == 302
        assert clerk.get(at("certificate")).status_code == 404

    def test_a_stranger_is_led_to_the_log_in(self, client, served):
        for name in ("hours", "hours_new", "certificate", "run_hours"):
            assert client.get(at(name))["Location"].startswith(reverse("account_login"))


class TestCertificate:
    def text_of(self, answer) -> str:
        assert answer["Content-Type"] == "application/pdf"
        return "".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).replace("\n", "")

    def test_what_was_confirmed_in_the_year(self, served, zhao):
        claim = claim_of(served, served.zhao)
        rows = [hours_row(served, served.zhao, claim=claim, begins=time(h), ends=time(h + 1), hours=1) for h in (9, 13)]
        rows.append(hours_row(served, served.zhao, begins=time(15), ends=time(18), hours=3))
        decide_hours(rows=rows, confirm=True, by=served.clerk)
        hours_row(served, served.zhao, begins=time(19), ends=time(20), note="未确认的")
        answer = zhao.get(at("certificate"), {"year": YESTERDAY.year})
        told = self.text_of(answer)
        for words in (
            "服务时长证明",
            "赵一",
            "第1网格党支部",
            "参加志愿服务 3 次",
            "共计 5 小时",
            "楼院巡逻",
            "清扫",
            "桃园社区居民委员会（盖章）",
        ):
            assert words.replace(" ", "") in told.replace(" ", "")
        assert "未确认的" not in told
        assert "赵一" not in answer["Content-Disposition"]
        assert "no-store" in answer["Cache-Control"]

    def test_rare_characters_and_markup_are_printed_as_they_are(self, served, zhao):
        Member.objects.filter(pk=served.zhao.pk).update(known_as="龘㛃𠅤")
        decide_hours(rows=[hours_row(served, served.zhao, note="#strong[清扫] $x$ *粗*")], confirm=True, by=served.clerk)
        told = self.text_of(zhao.get(at("certificate")))
        assert "龘㛃𠅤" in told
        assert "#strong[清扫]$x$*粗*" in told.replace(" ", "")

    def test_of_a_year_without_any(self, served, zhao):
        assert zhao.get(at("certificate")).status_code == 404
        decide_hours(rows=[hours_row(served, served.zhao)], confirm=True, by=served.clerk)
        assert zhao.get(at("certificate"), {"year": "1999"}).status_code == 404
        assert zhao.get(at("certificate"), {"year": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "user", "queries"), [("hours", "zhao_user", 8), ("hours_new", "zhao_user", 7), ("run_hours", "clerk", 4)]
)
def test_pages_take_as_many_queries_with_one_row_as_with_three(served, name, user, queries, django_assert_num_queries):
    client = client_of(getattr(served, user))

    def grow(*hours):
        for hour in hours:
            claim = claim_of(served, served.zhao)
            hours_row(served, served.zhao, claim=claim, begins=time(hour), ends=time(hour + 1))
            done = hours_row(served, served.zhao, begins=time(hour), ends=time(hour + 1), on=today() - timedelta(days=2))
            decide_hours(rows=[done], confirm=True, by=served.clerk)

    grow(1)
    client.get(at(name))
    with django_assert_num_queries(queries):
        client.get(at(name))
    grow(2, 3)
    with django_assert_num_queries(queries):
        client.get(at(name))


def test_the_team_for_who_belongs_to_it(served, zhao, clerk):
    team = found_team(new=NewTeam(served.areas.grid1, "红马甲", "理发", leader=served.zhao), by=served.secretary)
    join_team(team=team, members=[served.qian], by=served.zhao_user)
    one = activity_at(served.areas.grid1, title="义务理发", team=team)
    for client in (zhao, clerk, client_of(served.qian_user)):
        shown = text(client.get(at("team", team.pk)))
        assert all(words in shown for words in ("红马甲", "理发", "义务理发", "赵一", "钱二"))
    assert at("run_activity", one.pk) in text(zhao.get(at("team", team.pk)))
    assert "发布活动" not in text(clerk.get(at("team", team.pk)))
    assert at("team", team.pk) in text(zhao.get(at("hours")))
    for user in (served.li_user, served.next_grid_leader, served.wu_user):
        assert client_of(user).get(at("team", team.pk)).status_code == 404
