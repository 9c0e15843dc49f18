"""Activities on the phone: from signing up to the points, the rotating code, who sees which page."""

import re
import uuid
from datetime import time, timedelta

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gridparty.lib.dates import today
from members.models import PointEntry
from members.tests.conftest import a_picture
from services.actions import NewTeam, found_team, join_team
from services.actions.activities import add_photos
from services.choices import SignUpState
from services.gatherings import CODE, attended_by, pass_of
from services.models import Activity, SignUp
from services.tests.conftest import activity_at

ALL_DAY = {"begins": time(0), "ends": time(23, 59)}


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
def activity(served) -> Activity:
    """All of today, in 桃园."""
    return activity_at(served.areas.taoyuan, on=today(), **ALL_DAY)


@pytest.fixture
def zhao(served) -> Client:
    return client_of(served.zhao_user)


@pytest.fixture
def clerk(served) -> Client:
    return client_of(served.clerk)


class TestTheWholeWay:
    def test_sign_up_scan_confirm_close_points(self, served, zhao, clerk, activity):
        assert "报名参加" in text(zhao.get(at("activity", activity.pk)))
        assert "已报名，请按时参加。" in text(send(zhao, at("sign_up", activity.pk)))
        shown = clerk.get(at("run_activity_code", activity.pk))
        assert shown["Refresh"] == "20"
        assert "data:image/svg+xml" in text(shown)
        code = at("attend", CODE.token(activity))
        page = zhao.get(code)
        typed = re.search(r'name="token" value="([^"]+)"', page.content.decode())[1]
        assert "已签到。" in text(send(zhao, code, token=typed))
        assert "已签到" in text(zhao.get(at("activity", activity.pk)))
        assert "将为签到的 1 人登记" in text(clerk.get(at("run_activity_hold", activity.pk)))
        assert "活动已办结，1 人的服务时长已登记。" in text(send(clerk, at("run_activity_hold", activity.pk)))
        entry = PointEntry.objects.get()
        assert (entry.balance.member, entry.item.code, entry.note) == (served.zhao, "C1", "清扫楼道")
        assert "23.5 小时" in text(zhao.get(at("hours")))

    def test_a_form_sent_twice_does_its_work_once(self, served, zhao, activity):
        form_id = uuid.uuid4()
        for _n in range(2):
            assert "已报名" in text(send(zhao, at("sign_up", activity.pk), form_id))
        assert SignUp.objects.count() == 1

    def test_from_the_waiting_list(self, served, zhao):
        one = activity_at(served.areas.taoyuan, places=1)
        qian = client_of(served.qian_user)
        send(zhao, at("sign_up", one.pk))
        assert "列入候补" in text(qian.get(at("activity", one.pk)))
        assert "名额已满" in text(send(qian, at("sign_up", one.pk)))
        assert "已列入候补" in text(send(qian, at("sign_up", one.pk), wait="1"))
        assert "已退出报名" in text(send(zhao, at("sign_up_withdraw", one.pk)))
        assert SignUp.objects.get(member=served.qian).state == SignUpState.SIGNED

    def test_published_changed_ticked_and_cancelled_on_the_phone(self, served, clerk):
        typed = {"title": "义诊", "area": served.areas.taoyuan.pk, "spot": "居委会", "on": str(today())}
        typed |= {"begins": "09:00", "ends": "11:00", "places": "1", "text": ""}
        assert "活动已发布" in text(send(clerk, at("run_activity_new"), **typed))
        one = Activity.objects.get()
        assert "活动已修改" in text(send(clerk, at("run_activity_edit", one.pk), **(typed | {"places": "2"})))
        ticking = at("run_activity_tick", one.pk)
        assert "已登记 2 人签到" in text(send(clerk, ticking, others="赵一、钱二"))
        assert "名额已满，李四没有名额" in text(send(clerk, ticking, came=[served.zhao.pk], others="李四"))
        assert "“张四”不是活动所在社区的在册党员" in text(send(clerk, ticking, others="张四"))
        were = [served.zhao.pk, served.qian.pk]
        assert "签到名单已保存" in text(send(clerk, ticking, were=were))
        assert "活动已取消" in text(send(clerk, at("run_activity_cancel", one.pk), reason="大雨"))

    def test_all_are_ticked_with_one_link(self, served, clerk, activity):
        for member, state in ((served.zhao, SignUpState.SIGNED), (served.qian, SignUpState.WAITING)):
            SignUp.objects.create(activity=activity, member=member, state=state)
        shown = text(clerk.get(at("run_activity", activity.pk), {"all": "1"}))
        assert f'name="came" value="{served.zhao.pk}" checked>' in shown
        assert f'name="came" value="{served.qian.pk}">' in shown

    def test_a_tick_of_somebody_else_meanwhile_stays(self, served, clerk, activity):
        for member in (served.zhao, served.qian):
            SignUp.objects.create(activity=activity, member=member, state=SignUpState.SIGNED)
        send(clerk, at("run_activity_tick", activity.pk), came=[served.zhao.pk])
        send(client_of(served.secretary), at("run_activity_tick", activity.pk), came=[served.qian.pk])
        assert SignUp.objects.exclude(attended="").count() == 2


class TestTheCode:
    def token_of(self, user, token) -> str:
        """The pass of the page behind a code, "" where there is none."""
        page = client_of(user).get(at("attend", token))
        found = re.search(r'name="token" value="([^"]+)"', page.content.decode())
        assert page.status_code == (200 if found else 404)
        return found[1] if found else ""

    def attends(self, user, token, passed) -> bool:
        answer = send(client_of(user), at("attend", token), token=passed)
        return SignUp.objects.filter(member__person__user=user).exclude(attended="").exists() and answer.status_code == 200

    def aged(self, link, row, seconds: int) -> str:
        """The same token, made so long ago."""
        value = f"{row.pk}-{row.attend_key.hex}"
        signer = signing.TimestampSigner(salt=f"gridparty.links:{link.purpose}")
        stamp = signing.b62_encode(int(timezone.now().timestamp()) - seconds)
        signed = f"{value}:{stamp}"
        return f"{signed}:{signer.signature(signed)}"

    def test_it_lives_a_minute(self, served, activity):
        assert self.token_of(served.zhao_user, self.aged(CODE, activity, 50))
        assert not self.token_of(served.zhao_user, self.aged(CODE, activity, 62))

    def test_the_page_behind_it_lives_three(self, served, activity):
        code = CODE.token(activity)
        old = self.aged(pass_of(served.zhao_user), activity, 182)
        assert not self.attends(served.zhao_user, code, old)
        slow = self.aged(pass_of(served.zhao_user), activity, 170)
        assert self.attends(served.zhao_user, self.aged(CODE, activity, 175), slow)

    def test_the_pass_is_its_reader_s_alone(self, served, activity):
        theirs = self.token_of(served.zhao_user, CODE.token(activity))
        assert not self.attends(served.qian_user, CODE.token(activity), theirs)

    def test_mutated_ones_are_refused(self, served, activity):
        code = CODE.token(activity)
        for place in range(len(code)):
            other = "A" if code[place] != "A" else "B"
            changed = code[:place] + other + code[place + 1 :]
            assert not attended_by(changed, served.zhao_user)
        assert not attended_by(CODE.token(activity).replace(":", ""), served.zhao_user)

    def test_that_of_another_activity_opens_only_that(self, served, activity):
        other = activity_at(served.areas.taoyuan, title="义诊", on=today(), **ALL_DAY)
        mixed = f"{activity.pk}-{other.attend_key.hex}"
        forged = signing.TimestampSigner(salt=f"gridparty.links:{CODE.purpose}").sign(mixed)
        assert not self.token_of(served.zhao_user, forged)

    def test_a_new_key_ends_all_of_them(self, served, activity):
        code = CODE.token(activity)
        Activity.objects.filter(pk=activity.pk).update(attend_key=uuid.uuid4())
        assert not self.token_of(served.zhao_user, code)

    @pytest.mark.parametrize("days", [-1, 1])
    def test_only_on_the_day(self, served, clerk, days):
        one = activity_at(served.areas.taoyuan, on=today() + timedelta(days=days), **ALL_DAY)
        shown = clerk.get(at("run_activity_code", one.pk))
        assert "可以扫码签到" in text(shown)
        assert "Refresh" not in shown
        assert not self.attends(served.zhao_user, CODE.token(one), pass_of(served.zhao_user).token(one))

    def test_who_did_not_sign_up_is_by_it_if_there_is_a_place(self, served):
        one = activity_at(served.areas.taoyuan, on=today(), places=1, **ALL_DAY)
        assert self.attends(served.zhao_user, CODE.token(one), pass_of(served.zhao_user).token(one))
        assert not self.attends(served.qian_user, CODE.token(one), pass_of(served.qian_user).token(one))
        one.refresh_from_db()
        assert (one.taken, SignUp.objects.get().attended) == (1, "qr")

    def test_twice_is_once(self, served, activity):
        for _n in range(2):
            assert self.attends(served.zhao_user, CODE.token(activity), pass_of(served.zhao_user).token(activity))
        assert SignUp.objects.count() == 1

    def test_not_for_members_of_elsewhere(self, served, activity):
        assert not self.token_of(served.wu_user, CODE.token(activity))

    def test_a_stranger_logs_in_first(self, client, activity):
        assert client.get(at("attend", CODE.token(activity)))["Location"].startswith(reverse("account_login"))


class TestWhoSeesWhat:
    PAGES = ("run_activity", "run_activity_edit", "run_activity_code", "run_activity_hold", "run_activity_cancel")
    WRITES = ("run_activity_tick", "run_activity_hold", "run_activity_cancel", "run_activity_photos", "run_activity_edit")

    @pytest.mark.parametrize("name", PAGES)
    def test_pages_of_who_runs_it(self, served, activity, name):
        assert client_of(served.clerk).get(at(name, activity.pk)).status_code == 200
        assert client_of(served.next_grid_leader).get(at(name, activity.pk)).status_code == 404
        for user in (served.zhao_user, served.cadre, served.member):
            assert client_of(user).get(at(name, activity.pk)).status_code == 403

    @pytest.mark.parametrize("name", WRITES)
    def test_writes_of_who_runs_it(self, served, activity, name):
        assert send(client_of(served.next_grid_leader), at(name, activity.pk), reason="大雨").status_code == 404
        assert send(client_of(served.zhao_user), at(name, activity.pk), reason="大雨").status_code == 403

    @pytest.mark.parametrize("name", ["sign_up", "sign_up_withdraw", "run_activity_tick", "run_activity_photos"])
    def test_what_writes_takes_no_get(self, served, clerk, activity, name):
        assert clerk.get(at(name, activity.pk)).status_code == 405

    def test_the_lists(self, served, clerk, activity):
        assert "清扫楼道" in text(clerk.get(at("run_activities")))
        assert "清扫楼道" not in text(clerk.get(at("run_activities"), {"show": "past"}))
        assert "清扫楼道" not in text(client_of(served.next_grid_leader).get(at("run_activities")))
        assert client_of(served.zhao_user).get(at("run_activities")).status_code == 403

    def test_who_leads_the_team_runs_its_activities_alone(self, served, zhao, activity):
        team = found_team(new=NewTeam(served.areas.grid1, "红马甲", leader=served.zhao), by=served.secretary)
        ours = activity_at(served.areas.grid1, title="义诊", on=today(), team=team)
        assert zhao.get(at("run_activity", ours.pk)).status_code == 200
        assert zhao.get(at("run_activity", activity.pk)).status_code == 404
        listed = text(zhao.get(at("run_activities")))
        assert "义诊" in listed
        assert "清扫楼道" not in listed

    def test_what_is_not_for_one_is_not_there(self, served, activity):
        wu = client_of(served.wu_user)
        assert wu.get(at("activity", activity.pk)).status_code == 404
        assert send(wu, at("sign_up", activity.pk)).status_code == 404

    def test_photos(self, served, zhao, clerk, activity):
        assert "照片已上传，共 1 张" in text(
            clerk.post(at("run_activity_photos", activity.pk), {"form_id": str(uuid.uuid4()), "photos": a_picture()}, follow=True)
        )
        fake = SimpleUploadedFile("x.jpg", b"<script>", "image/jpeg")
        answer = clerk.post(at("run_activity_photos", activity.pk), {"form_id": str(uuid.uuid4()), "photos": fake}, follow=True)
        assert "这不是可用的照片文件" in text(answer)
        one = activity.photos.get()
        shown = zhao.get(at("activity_photo", one.pk))
        assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
        shown.getvalue()
        assert client_of(served.wu_user).get(at("activity_photo", one.pk)).status_code == 404


class TestQueries:
    @pytest.mark.parametrize(
        ("name", "user", "queries"),
        [
            ("activity", "zhao_user", 8),
            ("run_activity", "clerk", 6),
            ("run_activities", "clerk", 4),
            ("run_activity_code", "clerk", 4),
        ],
    )
    def test_as_many_with_one_row_as_with_three(self, served, activity, name, user, queries, django_assert_num_queries):
        client = client_of(getattr(served, user))
        address = at(name) if name == "run_activities" else at(name, activity.pk)

        def grow(*members):
            for member in members:
                SignUp.objects.create(activity=activity, member=member, state=SignUpState.SIGNED)
                activity_at(served.areas.taoyuan, on=today())
                add_photos(activity=activity, photos=[a_picture()], by=served.clerk)

        grow(served.zhao)
        client.get(address)
        with django_assert_num_queries(queries):
            client.get(address)
        grow(served.qian, served.li)
        with django_assert_num_queries(queries):
            client.get(address)

    def test_the_team(self, served, zhao, django_assert_num_queries):
        team = found_team(new=NewTeam(served.areas.grid1, "红马甲", leader=served.zhao), by=served.secretary)
        activity_at(served.areas.grid1, team=team)
        zhao.get(at("team", team.pk))
        with django_assert_num_queries(6):
            zhao.get(at("team", team.pk))
        join_team(team=team, members=[served.qian, served.li], by=served.clerk)
        for _n in range(2):
            activity_at(served.areas.grid1, team=team)
        with django_assert_num_queries(6):
            zhao.get(at("team", team.pk))
