"""Posts on the phone: three taps to a claim, one's own claims, and running posts; the right rows, nobody else's."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gridparty.lib.dates import today
from services.actions import claim_post, explain_absence, move_claim, note_absence
from services.models import Absence, Claim, PostClass, PostKind, ServicePost
from services.tests.conftest import activity_at, post_at


def phone_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client, name: str, *args, **query) -> str:
    answer = client.get(reverse(f"services:{name}", args=args), query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def send(client, name: str, *args, form_id=None, **typed):
    return client.post(reverse(f"services:{name}", args=args), {"form_id": str(form_id or uuid.uuid4()), **typed})


def told(answer) -> str:
    """What the page says that a form led to."""
    assert answer.status_code == 302, answer.content.decode()
    return " ".join(answer.client.get(answer["Location"]).content.decode().split())


def in_days(n: int):
    return today() + timedelta(days=n)


@pytest.fixture
def zhao(served) -> Client:
    return phone_of(served.zhao_user)


@pytest.fixture
def leader(served) -> Client:
    return phone_of(served.grid_leader)


@pytest.fixture
def secretary(served) -> Client:
    return phone_of(served.secretary)


@pytest.fixture
def post(served) -> ServicePost:
    return post_at(served.areas.grid1, places=2, spot="1号楼前")


def serving(served, user=None, **values) -> Claim:
    """A claim of somebody who has been in post for five days."""
    post = post_at(served.areas.grid1, starts_on=in_days(-5), **values)
    claim = move_claim(claim=claim_post(post=post, by=user or served.zhao_user), move="approve", by=served.secretary)
    claim.started_on = in_days(-5)
    claim.save()
    return claim


def posts_on(text: str) -> list[int]:
    return [int(key) for key in re.findall(r"/services/posts/(\d+)/\"", text)]


# --- Who claims


class TestThreeTaps:
    def test_tab_post_button(self, served, zhao, post):
        assert posts_on(page(zhao, "hub")) == [post.pk]
        text = page(zhao, "post", post.pk)
        assert "认领岗位</button>" in text
        assert "2 人，还缺 2 人" in text
        said = told(send(zhao, "claim", post.pk))
        assert "已认领，等社区确认。" in said
        claim = Claim.objects.get()
        assert (claim.member, claim.state, claim.wish) == (served.zhao, "applied", "")
        text = page(zhao, "hub")
        assert f"/services/claims/{claim.pk}/" in text
        assert posts_on(text) == []
        assert "认领岗位</button>" not in page(zhao, "post", post.pk)

    def test_sent_twice_it_is_claimed_once(self, zhao, post):
        form_id = uuid.uuid4()
        answers = [send(zhao, "claim", post.pk, form_id=form_id, wish="周末有空") for _time in range(3)]
        assert {answer["Location"] for answer in answers} == {f"/services/claims/{Claim.objects.get().pk}/"}

    def test_full_meanwhile_the_page_says_so_and_offers_to_wait(self, served, zhao):
        post = post_at(served.areas.grid1, places=1)
        assert "认领岗位</button>" in page(zhao, "post", post.pk)
        claim_post(post=post, by=served.qian_user)
        answer = send(zhao, "claim", post.pk, wish="周末有空")
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "名额已满，可以加入候补" in text
        assert "加入候补</button>" in text
        assert "周末有空" in text
        assert "已加入候补" in told(send(zhao, "claim", post.pk, wait="1"))
        assert "候补第 1 位" in page(zhao, "my_claim", Claim.objects.get(state="waiting").pk)

    def test_what_may_be_claimed_comes_first_and_the_others_say_why_not(self, served, zhao):
        late = post_at(served.areas.grid1, title="甲岗", claim_until=in_days(-1))
        other = post_at(served.areas.grid1, title="乙岗")
        PostClass.objects.create(post=other, member_class=served.parties.classes["在职党员"])
        full = post_at(served.areas.grid1, title="丙岗", places=1)
        claim_post(post=full, by=served.qian_user)
        free = post_at(served.areas.taoyuan, title="丁岗")
        post_at(served.areas.liuyuan, title="戊岗")
        post_at(served.areas.grid1, title="己岗", state="draft")
        text = page(zhao, "hub")
        assert posts_on(text) == [free.pk, full.pk, other.pk]
        for words in ("缺 2 人", "可候补", "不能认领", "该岗位面向在职党员，您登记为普通党员。"):
            assert words in text
        assert "认领已于" in page(zhao, "post", late.pk)
        assert "加入候补</button>" in page(zhao, "post", full.pk)

    def test_activities_stand_beside(self, served, zhao):
        activity = activity_at(served.areas.taoyuan)
        activity_at(served.areas.liuyuan, title="别处的活动")
        activity_at(served.areas.taoyuan, title="昨天的活动", on=in_days(-1))
        text = page(zhao, "hub", show="activities")
        assert re.findall(r"/services/activities/(\d+)/", text) == [str(activity.pk)]

    def test_who_is_no_member_is_told_kindly(self, served, leader):
        text = page(leader, "hub")
        assert "没有与您账号对应的在册党员档案" in text
        assert reverse("services:run") in text
        assert reverse("services:run") not in page(phone_of(served.zhao_user), "hub")


class TestMine:
    def test_withdrawing_until_the_day(self, served, zhao, post):
        claim = claim_post(post=post, by=served.zhao_user)
        move_claim(claim=claim, move="approve", by=served.secretary)
        assert "退出认领</button>" in page(zhao, "my_claim", claim.pk)
        ServicePost.objects.filter(pk=post.pk).update(starts_on=in_days(2))
        assert "不能继续服务的请联系桃园社区" in page(zhao, "my_claim", claim.pk)
        assert "自行退出的期限是" in told(send(zhao, "withdraw", claim.pk))
        ServicePost.objects.filter(pk=post.pk).update(starts_on=in_days(20))
        assert "已退出。" in told(send(zhao, "withdraw", claim.pk))
        assert Claim.objects.get().state == "withdrawn"

    def test_what_one_took_on_before(self, served, zhao, post):
        claim = claim_post(post=post, by=served.zhao_user)
        theirs = claim_post(post=post, by=served.qian_user)
        assert f"/claims/{claim.pk}/" not in page(zhao, "hub", show="past")
        for one, user in ((claim, served.zhao_user), (theirs, served.qian_user)):
            move_claim(claim=one, move="withdraw", by=user)
        assert re.findall(r"/claims/(\d+)/", page(zhao, "hub", show="past")) == [str(claim.pk)]

    def test_explaining_why_one_did_not_come(self, served, zhao):
        claim = serving(served)
        absence = note_absence(claim=claim, on=in_days(-1), by=served.secretary, note="电话未接")
        assert "说明情况</a>" in page(zhao, "my_claim", claim.pk)
        assert "电话未接" in page(zhao, "explain", absence.pk)
        assert "已提交说明" in told(send(zhao, "explain", absence.pk, text="住院了"))
        text = page(zhao, "my_claim", claim.pk)
        assert "我的说明：住院了" in text
        assert "说明情况</a>" not in text
        assert "已经说明，不能再改" in page(zhao, "explain", absence.pk)

    def test_proposing_a_post(self, served, zhao):
        assert "桃园社区" in page(zhao, "propose")
        typed = {"title": "代购药品", "duties": "每周为独居老人代购一次。", "places": 1, "kind": PostKind.objects.first().pk}
        typed |= {"area": served.areas.taoyuan.pk, "starts_on": in_days(5), "ends_on": in_days(50)}
        assert "请选择。" in send(zhao, "propose", **typed | {"area": served.areas.liuyuan.pk}).content.decode()
        assert "结束日期早于上岗日期" in send(zhao, "propose", **typed | {"ends_on": in_days(1)}).content.decode()
        assert "已提交建议，由社区审批。" in told(send(zhao, "propose", **typed))
        post = ServicePost.objects.get()
        assert (post.state, post.origin, post.proposed_by) == ("submitted", "proposal", served.zhao)

    def test_who_is_no_member_proposes_nothing(self, served, leader):
        assert "没有与您账号对应的在册党员档案" in page(leader, "propose")
        assert send(leader, "propose", title="代购").status_code == 200
        assert not ServicePost.objects.exists()


class TestReachOfMembers:
    def test_what_is_elsewhere_or_somebody_elses_is_not_there(self, served, zhao):
        elsewhere = post_at(served.areas.liuyuan)
        draft = post_at(served.areas.grid1, state="draft")
        for row in (elsewhere, draft):
            assert zhao.get(reverse("services:post", args=[row.pk])).status_code == 404
            assert send(zhao, "claim", row.pk).status_code == 404
        claim = serving(served, served.qian_user)
        absence = note_absence(claim=claim, on=today(), by=served.secretary)
        for who in (zhao, phone_of(served.secretary)):
            assert who.get(reverse("services:my_claim", args=[claim.pk])).status_code == 404
            assert send(who, "withdraw", claim.pk).status_code == 404
            assert who.get(reverse("services:explain", args=[absence.pk])).status_code == 404
            assert send(who, "explain", absence.pk, text="代为说明").status_code == 404
        assert Absence.objects.get().state == "noted"

    def test_what_writes_takes_no_get_and_strangers_log_in(self, served, client, zhao, post):
        claim = claim_post(post=post, by=served.zhao_user)
        for name, pk in (("claim", post.pk), ("withdraw", claim.pk)):
            assert zhao.get(reverse(f"services:{name}", args=[pk])).status_code == 405
        for name in ("hub", "propose"):
            assert client.get(reverse(f"services:{name}"))["Location"].startswith(reverse("account_login"))

    def test_what_a_member_typed_is_shown_as_text(self, served, secretary, post):
        claim_post(post=post, by=served.zhao_user, wish="<script>alert(1)</script>")
        assert "&lt;script&gt;" in page(secretary, "run_post", post.pk)


# --- Who runs


def typed_post(served, **more) -> dict:
    typed = {"title": "楼院巡逻", "duties": "每周巡逻一次。", "places": 2, "kind": PostKind.objects.get(name="治安巡逻").pk}
    typed |= {"area": served.areas.grid1.pk, "starts_on": in_days(10), "ends_on": in_days(100), "withdraw_days": 3}
    return typed | more


class TestRunning:
    def test_from_the_draft_to_who_serves(self, served, leader, secretary, zhao):
        """设岗 → 提交 → 发布 → 认领 → 定岗."""
        shift = {"day_0": "2", "begins_0": "08:00", "ends_0": "10:00", "day_1": "once", "on_1": in_days(12)}
        shift |= {"begins_1": "14:00", "ends_1": "15:00"}
        assert "已存为草稿。" in told(send(leader, "run_new", **typed_post(served), **shift))
        post = ServicePost.objects.get()
        assert [str(one)[-11:] for one in post.shifts.order_by("begins")] == ["08:00—10:00", "14:00—15:00"]
        assert "已办理“提交审批”。" in told(send(leader, "run_move", post.pk, "submit"))
        assert str(post.pk) in page(secretary, "run")
        assert "已办理“发布”。" in told(send(secretary, "run_move", post.pk, "publish"))
        told(send(zhao, "claim", post.pk, wish="周末有空"))
        text = page(leader, "run_post", post.pk)
        for words in ("赵一", "第1网格党支部", "周末有空", "同意</button>", "不同意</a>"):
            assert words in text
        assert "已办理“同意”。" in told(send(leader, "run_claim", Claim.objects.get().pk, "approve"))
        assert Claim.objects.get().state == "approved"
        assert "待确认 1" not in page(leader, "run", show="published")

    def test_where_a_post_comes_from_is_kept(self, served, leader, secretary, zhao):
        told(send(leader, "run_new", **typed_post(served, origin="need")))
        assert ServicePost.objects.get().origin == "need"
        told(send(zhao, "propose", **typed_post(served, area=served.areas.taoyuan.pk)))
        proposed = ServicePost.objects.get(state="submitted")
        assert "设岗来源" not in page(secretary, "run_edit", proposed.pk)
        told(send(secretary, "run_edit", proposed.pk, **typed_post(served, title="代购药品")))
        proposed.refresh_from_db()
        assert (proposed.origin, proposed.title, proposed.area) == ("proposal", "代购药品", served.areas.grid1)

    def test_how_one_may_leave_is_said_before_one_claims(self, served, zhao, post):
        assert "（含）前可以自行退出" in page(zhao, "post", post.pk)
        begun = post_at(served.areas.grid1, starts_on=in_days(-5))
        assert "确认后不能自行退出" in page(zhao, "post", begun.pk)

    def test_claims_to_decide_come_first_and_the_line_in_its_order(self, served, leader):
        post = post_at(served.areas.grid1, places=1)
        for user in (served.zhao_user, served.qian_user, served.li_user, served.zhou_user):
            claim_post(post=post, by=user, wait=True)
        text = page(leader, "run_post", post.pk)
        places = [text.index(name) for name in ("赵一", "钱二", "李四", "周五")]
        assert places == sorted(places)
        assert "待确认 1" in page(leader, "run")
        assert "候补 3" in page(leader, "run")

    def test_refusing_asks_why_and_tells(self, served, leader, post):
        claim = claim_post(post=post, by=served.zhao_user)
        assert "原因" in page(leader, "run_claim", claim.pk, "refuse")
        assert "请写明原因，党员本人会看到。" in send(leader, "run_claim", claim.pk, "refuse").content.decode()
        told(send(leader, "run_claim", claim.pk, "refuse", reason="需要有驾照"))
        assert "需要有驾照" in page(phone_of(served.zhao_user), "my_claim", claim.pk)

    def test_what_may_not_be_done_is_said_before_anything_is_typed(self, served, leader, post):
        claim = claim_post(post=post, by=served.zhao_user)
        assert "现为“待确认”，或不由您办理" in page(leader, "run_claim", claim.pk, "release")
        assert "现为“招募中”，或不由您办理" in page(leader, "run_move", post.pk, "publish")
        assert "刷新后再办理" in send(leader, "run_claim", claim.pk, "release", reason="无").content.decode()

    def test_ones_own_claim_is_left_to_others(self, served, leader, post):
        person = served.li.person
        person.user = served.grid_leader
        person.save()
        claim = claim_post(post=post, by=served.grid_leader)
        text = page(leader, "run_post", post.pk)
        assert "本人的认领由他人办理" in text
        assert f"/run/claims/{claim.pk}/" not in text
        assert "由他人办理" in send(leader, "run_claim", claim.pk, "approve").content.decode()
        assert Claim.objects.get().state == "applied"

    def test_a_no_show_and_its_answer(self, served, leader, zhao):
        claim = serving(served)
        assert "登记未到</a>" in page(leader, "run_post", claim.post_id)
        assert "已登记，本人可以说明。" in told(send(leader, "run_absent", claim.pk, on=in_days(-1), note="电话未接"))
        absence = Absence.objects.get()
        assert f"/run/absences/{absence.pk}/" not in page(leader, "run_post", claim.post_id)
        told(send(zhao, "explain", absence.pk, text="住院了"))
        assert f"/run/absences/{absence.pk}/" in page(leader, "run_post", claim.post_id)
        assert "说明待答复 1" in page(leader, "run")
        assert "住院了" in page(leader, "run_absence", absence.pk)
        assert "请写明理由" in send(leader, "run_absence", absence.pk, verdict="uphold").content.decode()
        assert "已答复，已通知本人。" in told(send(leader, "run_absence", absence.pk, verdict="excuse"))
        assert Absence.objects.get().state == "excused"

    def test_changing_what_was_published(self, served, leader, post):
        PostClass.objects.create(post=post, member_class=served.parties.ordinary)
        text = page(leader, "run_edit", post.pk)
        assert "岗位已发布，地点、类型和适用类别不能再改" in text
        elsewhere = {"area": served.areas.building1.pk, "places": 5}
        assert "已保存修改。" in told(send(leader, "run_edit", post.pk, **typed_post(served, **elsewhere)))
        post.refresh_from_db()
        assert (post.area, post.places, post.classes.count()) == (served.areas.grid1, 5, 1)

    def test_a_shift_that_is_half_typed_is_sent_back(self, served, leader):
        text = send(leader, "run_new", **typed_post(served, day_0="2", begins_0="08:00")).content.decode()
        assert "请填写开始和结束时间。" in text
        once = {"day_0": "once", "begins_0": "08:00", "ends_0": "09:00"}
        assert "请填写日期。" in send(leader, "run_new", **typed_post(served, **once)).content.decode()
        assert not ServicePost.objects.exists()


class TestReachOfRunners:
    WRITE = (("run_edit", ()), ("run_move", ("end",)))

    def test_the_neighbours_post_and_claims_are_not_there(self, served, leader):
        post = post_at(served.areas.grid2)
        claim = claim_post(post=post, by=served.sun_user)
        assert str(post.pk) not in posts_on(page(leader, "run"))
        for name, args in (*self.WRITE, ("run_post", ())):
            assert leader.get(reverse(f"services:{name}", args=[post.pk, *args])).status_code == 404
        for name, args in (("run_claim", ["approve"]), ("run_absent", [])):
            assert leader.get(reverse(f"services:{name}", args=[claim.pk, *args])).status_code == 404
            assert send(leader, name, claim.pk, *args).status_code == 404
        assert send(leader, "run_move", post.pk, "end", reason="无").status_code == 404
        assert Claim.objects.get().state == "applied"

    @pytest.mark.parametrize("name", ["zhao_user", "building_leader", "system_admin", "nobody"])
    def test_who_holds_no_capability_is_refused(self, served, post, name):
        claim = serving(served, served.qian_user)
        absence = note_absence(claim=claim, on=today(), by=served.secretary)
        explain_absence(absence=absence, by=served.qian_user, text="住院了")
        who = phone_of(getattr(served, name))
        pages = [("run", []), ("run_new", []), ("run_post", [post.pk]), ("run_edit", [post.pk]), ("run_move", [post.pk, "end"])]
        pages += [("run_claim", [claim.pk, "release"]), ("run_absent", [claim.pk]), ("run_absence", [absence.pk])]
        for page_name, args in pages:
            assert who.get(reverse(f"services:{page_name}", args=args)).status_code == 403, page_name

    def test_who_only_looks_on_sees_and_changes_nothing(self, served, post):
        claim = claim_post(post=post, by=served.zhao_user)
        cadre = phone_of(served.cadre)
        text = page(cadre, "run_post", post.pk)
        assert "赵一" in text
        assert not re.search(r"/run/(claims|posts/\d+/(edit|end))", text)
        assert "新设岗位" not in page(cadre, "run")
        assert cadre.get(reverse("services:run_edit", args=[post.pk])).status_code == 403
        assert send(cadre, "run_claim", claim.pk, "approve").status_code == 403

    def test_a_move_that_is_none_is_not_there(self, served, leader, post):
        claim = claim_post(post=post, by=served.zhao_user)
        for name, pk, move in (
            *(("run_move", post.pk, "vanish"), ("run_claim", claim.pk, "vanish")),
            *(("run_claim", claim.pk, "withdraw"), ("run_claim", claim.pk, "start")),
        ):
            assert leader.get(reverse(f"services:{name}", args=[pk, move])).status_code == 404


# --- Queries


class TestQueries:
    """The same with one row and with three."""

    def fill(self, served, n: int) -> tuple[ServicePost, Claim]:
        """So many posts open to 赵一, claims of 赵一, and claims on one post."""
        for one in range(n):
            open_post = post_at(served.areas.grid1, shifts=[(one, 18, 19)])
            PostClass.objects.create(post=open_post, member_class=served.parties.ordinary)
        claims = [claim_post(post=post_at(served.areas.grid1, shifts=[(one, 8, 9)]), by=served.zhao_user) for one in range(n)]
        busy = post_at(served.areas.grid1, places=3, starts_on=in_days(-5))
        for user in (served.qian_user, served.li_user, served.zhou_user)[:n]:
            claim = move_claim(claim=claim_post(post=busy, by=user), move="approve", by=served.secretary)
            explain_absence(absence=note_absence(claim=claim, on=today(), by=served.secretary), by=user, text="住院")
        activity_at(served.areas.taoyuan)
        return busy, claims[0]

    @pytest.mark.parametrize("n", [1, 3])
    def test_of_each_page(self, served, zhao, leader, n):
        busy, claim = self.fill(served, n)
        mine = {"hub": ((), 10), "post": ((busy.pk,), 10), "my_claim": ((claim.pk,), 9), "propose": ((), 6)}
        runs = {"run": ((), 4), "run_post": ((busy.pk,), 8), "run_new": ((), 7), "run_edit": ((busy.pk,), 10)}
        absence = Absence.objects.first()
        runs |= {"run_claim": ((claim.pk, "approve"), 4), "run_absence": ((absence.pk,), 4), "run_absent": ((claim.pk,), 4)}
        found = {}
        for client, pages in ((zhao, mine), (leader, runs)):
            for name, (args, _number) in pages.items():
                found[name] = queries(client, name, *args)
        assert found == {name: number for name, (_args, number) in (mine | runs).items()}


def queries(client, name: str, *args) -> int:
    with CaptureQueriesContext(connection) as captured:
        page(client, name, *args)
    return len(captured)
