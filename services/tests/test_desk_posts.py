"""Posts at the desk: who finds which, the form with its shifts, the steps, claims, absences, exports."""

from datetime import time, timedelta

import pytest

from conftest import make_user
from gridparty.lib.dates import today
from members.models import MemberClass
from people.models import Skill
from services.actions import claim_post, explain_absence, move_claim, note_absence
from services.models import Absence, Claim, PostKind, PostShift, ServicePost
from services.tests.conftest import post_at
from services.tests.desk_pages import exported, keys, listed, offered, page, panels, queries, said, step

POST, CLAIM, ABSENCE = "servicepost", "claim", "absence"
HOSTILE = "=1+1"


@pytest.fixture
def desk(client, served):
    client.force_login(served.secretary)
    return client


@pytest.fixture
def theirs(client, served, areas):
    """The desk of the neighbouring community."""
    client.force_login(make_user("community_secretary", areas.liuyuan, username="liuyuan"))
    return client


@pytest.fixture
def post(served, areas) -> ServicePost:
    return post_at(areas.taoyuan)


def serving(served, areas) -> Claim:
    """赵一 in post since this morning."""
    begun = post_at(areas.taoyuan, title="门岗", starts_on=today(), ends_on=today() + timedelta(days=60))
    return move_claim(claim=claim_post(post=begun, by=served.zhao_user), move="approve", by=served.secretary)


def explained(served, areas) -> Absence:
    noted = note_absence(claim=serving(served, areas), on=today(), by=served.secretary, note="未到")
    return explain_absence(absence=noted, by=served.zhao_user, text="孩子发烧")


def typed(areas, **more) -> dict:
    """What somebody types into the form of a post, with one weekly shift."""
    kind = PostKind.objects.get(name="绿化养护")
    term = {"starts_on": today() + timedelta(days=5), "ends_on": today() + timedelta(days=65)}
    texts = {"title": "护绿", "duties": "浇水除草。", "spot": "南门花坛", "origin": "need"}
    lines = {"shifts-TOTAL_FORMS": 2, "shifts-INITIAL_FORMS": 0, "shifts-0-weekday": 5}
    lines |= {"shifts-0-begins": "09:00", "shifts-0-ends": "11:00"}
    return {"area": areas.taoyuan.pk, "kind": kind.pk, "places": 4, "withdraw_days": 3} | texts | term | lines | more


class TestPosts:
    def test_each_sees_their_own(self, client, served, areas):
        here, there = post_at(areas.grid1), post_at(areas.liuyuan)
        seen = {}
        for name in ("secretary", "clerk", "cadre", "street_officer"):
            client.force_login(getattr(served, name))
            seen[name] = [row.pk for row in listed(client, POST)]
        own, both = [here.pk], [there.pk, here.pk]
        assert seen == {"secretary": own, "clerk": own, "cadre": own, "street_officer": both}

    @pytest.mark.parametrize("name", ["system_admin", "audit_admin"])
    def test_who_sees_no_services_has_no_list(self, client, served, name):
        client.force_login(getattr(served, name))
        assert {client.get(page(model, "changelist")).status_code for model in (POST, CLAIM, ABSENCE)} == {403}

    def test_the_filters_answer_questions(self, desk, served, areas):
        free, full = post_at(areas.taoyuan), post_at(areas.grid1, title="法律咨询", places=1, taken=1)
        waiting, over = post_at(areas.grid2, state="submitted"), post_at(areas.grid2, state="ended")
        other = PostKind.objects.get(name="法律服务")
        ServicePost.objects.filter(pk=full.pk).update(kind=other, ends_on=today() + timedelta(days=20), starts_on=today())
        wanted = {
            "todo=approve": {waiting},
            "state__exact=ended": {over},
            "places=vacant": {free},
            "places=ending": {full},
            f"kind={other.pk}": {full},
            "kind=99999": set(),
            f"within={areas.grid2.pk}": {waiting, over},
            f"within={areas.liuyuan.pk}": set(),
            "q=咨询": {full},
        }
        assert keys(desk, POST, wanted) == {query: {row.pk for row in rows} for query, rows in wanted.items()}

    @pytest.mark.parametrize("query", ["reason=1", "published_by__username=x", "proposed_by__known_as=x"])
    def test_columns_are_not_probed_through_the_address(self, desk, query):
        assert desk.get(f"{page(POST, 'changelist')}?{query}").status_code in (302, 400)

    def test_set_up_with_its_shifts(self, desk, served, areas):
        skill, every = Skill.objects.first(), MemberClass.objects.filter(name="在职党员").first()
        answer = desk.post(page(POST, "add"), typed(areas, skills=[skill.pk], classes=[every.pk]), follow=True)
        post = ServicePost.objects.get()
        assert "已保存" in said(answer)
        assert (post.title, post.state, post.area, post.places, post.origin) == ("护绿", "draft", areas.taoyuan, 4, "need")
        assert [str(shift) for shift in post.shifts.all()] == ["星期六 09:00—11:00"]
        assert [one.skill for one in post.skills.all()] == [skill]
        assert [one.member_class for one in post.classes.all()] == [every]

    def test_what_is_wrong_is_said_and_nothing_is_lost(self, desk, served, areas):
        late = {"ends_on": today() - timedelta(days=1)}
        answer = desk.post(page(POST, "add"), typed(areas, **late))
        assert "结束日期早于上岗日期" in said(answer)
        assert "浇水除草。" in said(answer)
        answer = desk.post(page(POST, "add"), typed(areas, **{"shifts-0-on": today()}))
        assert "二者填一" in said(answer)
        answer = desk.post(page(POST, "add"), typed(areas, **{"shifts-0-ends": "08:00"}))
        assert "结束时间不晚于开始时间" in said(answer)
        assert not ServicePost.objects.exists()

    def test_set_up_next_door_is_refused(self, desk, areas):
        desk.post(page(POST, "add"), typed(areas, area=areas.liuyuan.pk))
        assert not ServicePost.objects.exists()

    def test_changed_while_it_is_a_draft(self, desk, served, areas):
        draft = post_at(areas.taoyuan, state="draft", shifts=[(0, 9, 10), (2, 9, 10)])
        first, second = PostShift.objects.order_by("weekday")
        kept = {"shifts-INITIAL_FORMS": 2, "shifts-TOTAL_FORMS": 3, "shifts-0-id": first.pk, "shifts-1-id": second.pk}
        kept |= {"shifts-0-weekday": 0, "shifts-0-begins": "14:00", "shifts-0-ends": "16:00", "shifts-1-DELETE": "on"}
        kept |= {"shifts-1-weekday": 2, "shifts-1-begins": "09:00", "shifts-1-ends": "10:00"}
        kept |= {"shifts-2-on": today() + timedelta(days=6), "shifts-2-begins": "09:00", "shifts-2-ends": "10:00"}
        desk.post(page(POST, "change", draft.pk), typed(areas, title="护花", **kept))
        draft.refresh_from_db()
        assert draft.title == "护花"
        once = today() + timedelta(days=6)
        assert {(row.weekday, row.on, row.begins) for row in draft.shifts.all()} == {(0, None, time(14)), (None, once, time(9))}

    def test_once_published_place_kind_and_classes_stay(self, desk, served, areas, post):
        fields = desk.get(page(POST, "change", post.pk)).context["adminform"].form.fields
        assert not {"area", "kind", "classes"} & set(fields)
        desk.post(page(POST, "change", post.pk), typed(areas, places=9, area=areas.grid1.pk))
        post.refresh_from_db()
        assert (post.places, post.area, post.kind.name) == (9, areas.taoyuan, "治安巡逻")

    def test_what_is_over_is_only_read(self, desk, served, areas):
        over = post_at(areas.taoyuan, state="ended", shifts=[(0, 9, 10)])
        text = said(desk.get(page(POST, "change", over.pk)))
        assert "星期一 09:00—10:00" in text
        assert 'name="title"' not in text
        assert desk.post(page(POST, "change", over.pk), typed(areas)).status_code == 403

    def test_a_clerk_does_not_change_what_was_handed_in(self, client, served, areas):
        waiting = post_at(areas.taoyuan, state="submitted")
        client.force_login(served.clerk)
        assert client.post(page(POST, "change", waiting.pk), typed(areas)).status_code == 403

    def test_from_draft_to_its_end(self, client, served, areas):
        draft = post_at(areas.taoyuan, state="draft")
        client.force_login(served.clerk)
        assert offered(client, POST, draft) == ["submit"]
        assert "已办理：提交审批" in said(step(client, POST, draft, "submit"))
        assert "由社区书记或街道、区办理" in said(step(client, POST, draft, "publish"))
        client.force_login(served.secretary)
        assert offered(client, POST, draft) == ["publish", "return", "discard"]
        assert "需要 2 人" in said(client.get(page(POST, "publish", draft.pk)))
        step(client, POST, draft, "publish")
        draft.refresh_from_db()
        assert (draft.state, draft.published_by) == ("published", served.secretary)
        assert offered(client, POST, draft) == ["end"]
        step(client, POST, draft, "end", reason="需求已满足")
        draft.refresh_from_db()
        assert (draft.state, draft.reason) == ("ended", "需求已满足")
        assert offered(client, POST, draft) == []

    @pytest.mark.parametrize(("move", "state"), [("return", "draft"), ("discard", "discarded")])
    def test_not_approved_with_a_reason(self, desk, served, areas, move, state):
        waiting = post_at(areas.taoyuan, state="submitted")
        step(desk, POST, waiting, move)
        assert ServicePost.objects.get().state == "submitted"
        step(desk, POST, waiting, move, reason="与现有岗位重复")
        assert (ServicePost.objects.get().state, ServicePost.objects.get().reason) == (state, "与现有岗位重复")

    def test_its_claims_stand_below_it_first_who_waits_for_an_answer(self, desk, served, post):
        first = claim_post(post=post, by=served.zhao_user)
        move_claim(claim=first, move="approve", by=served.secretary)
        claim_post(post=post, by=served.qian_user)
        claim_post(post=post, by=served.li_user, wait=True)
        shown = panels(desk, POST, post)["认领"]
        assert [(name, text.partition("　")[0]) for name, text in shown] == [
            ("钱二", "待确认"),
            ("赵一", "已定岗"),
            ("李四", "候补"),
        ]

    def test_the_neighbours_post_is_not_there(self, theirs, post):
        for what in ("change", "publish", "end", "history"):
            assert theirs.get(page(POST, what, post.pk)).status_code == 404

    def test_who_only_looks_on_changes_nothing(self, client, served, areas, post):
        client.force_login(served.cadre)
        assert offered(client, POST, post) == []
        assert client.get(page(POST, "end", post.pk)).status_code == 403
        assert client.get(page(POST, "add")).status_code == 403
        assert client.post(page(POST, "change", post.pk), typed(areas)).status_code == 403

    def test_the_list_goes_out(self, desk, served, areas):
        post_at(areas.grid1, title=HOSTILE, taken=1)
        post_at(areas.taoyuan, state="draft")
        assert len(exported(desk, POST)) == len(listed(desk, POST)) == 2
        (row,) = exported(desk, POST, "state__exact=published")
        assert (row["岗位名称"], row["所在区域"], row["需要人数"], row["已认领"], row["状态"]) == (
            *(HOSTILE, "桃园社区 / 第1网格", "2", "1", "招募中"),
        )


class TestClaims:
    def test_the_filters_answer_questions(self, desk, served, areas, post):
        applied, own = claim_post(post=post, by=served.zhao_user), claim_post(post=post, by=served.qian_user)
        served_by = serving(served, areas)
        wanted = {
            "todo=decide": {applied, own},
            "state__exact=serving": {served_by},
            f"post={post.pk}": {applied, own},
            "post=99999": set(),
            f"kind={post.kind_id}": {applied, own, served_by},
            f"within={areas.taoyuan.pk}": {applied, own, served_by},
            f"within={areas.grid1.pk}": set(),
            "q=钱二": {own},
        }
        assert keys(desk, CLAIM, wanted) == {query: {row.pk for row in rows} for query, rows in wanted.items()}

    def test_agreed_and_released(self, desk, served, post):
        claim = claim_post(post=post, by=served.zhao_user, wish="周末有空")
        assert offered(desk, CLAIM, claim) == ["approve", "refuse"]
        text = said(desk.get(page(CLAIM, "approve", claim.pk)))
        assert "赵*" in text
        assert "楼院巡逻" in text
        step(desk, CLAIM, claim, "approve")
        claim.refresh_from_db()
        assert (claim.state, claim.decided_by) == ("approved", served.secretary)
        step(desk, CLAIM, claim, "release", reason="本人搬走")
        claim.refresh_from_db()
        assert (claim.state, claim.reason) == ("ended", "本人搬走")

    def test_refused_with_a_reason(self, desk, served, post):
        claim = claim_post(post=post, by=served.zhao_user)
        step(desk, CLAIM, claim, "refuse")
        assert Claim.objects.get().state == "applied"
        step(desk, CLAIM, claim, "refuse", reason="岗位需要夜班")
        assert (Claim.objects.get().state, Claim.objects.get().reason) == ("refused", "岗位需要夜班")

    def test_nobody_decides_their_own(self, client, served, areas, post):
        claim = claim_post(post=post, by=served.zhao_user)
        own = make_user("community_clerk", areas.taoyuan, username="zhao-clerk")
        served.zhao.person.user = own
        served.zhao.person.save()
        client.force_login(own)
        assert offered(client, CLAIM, claim) == []
        assert "不能办理本人的事项" in said(step(client, CLAIM, claim, "approve"))
        assert keys(client, CLAIM, {"todo=decide": 0}) == {"todo=decide": set()}

    def test_a_day_off_is_noted_and_explained(self, desk, served, areas):
        claim = serving(served, areas)
        assert offered(desk, CLAIM, claim) == ["release", "absent"]
        step(desk, CLAIM, claim, "absent", on=today(), note="没有请假")
        absence = Absence.objects.get()
        assert (absence.on, absence.note, absence.noted_by) == (today(), "没有请假", served.secretary)
        assert panels(desk, CLAIM, claim)["未到岗记录"] == [(str(today()), "未到")]
        assert "本人说明后才能答复" in said(step(desk, ABSENCE, absence, "answer", excuse="yes"))
        explain_absence(absence=absence, by=served.zhao_user, text="孩子发烧")
        assert "孩子发烧" in said(desk.get(page(ABSENCE, "answer", absence.pk)))
        step(desk, ABSENCE, absence, "answer", excuse="yes", text="知道了")
        absence.refresh_from_db()
        assert (absence.state, absence.answer, absence.answered_by) == ("excused", "知道了", served.secretary)

    def test_absences_by_what_waits(self, desk, served, areas):
        waiting = explained(served, areas)
        earlier = Absence.objects.create(claim=waiting.claim, on=today() - timedelta(days=9), noted_by=served.secretary)
        wanted = {
            "todo=answer": {waiting},
            "state=noted": {earlier},
            f"within={areas.liuyuan.pk}": set(),
            "q=赵": {waiting, earlier},
        }
        assert keys(desk, ABSENCE, wanted) == {query: {row.pk for row in rows} for query, rows in wanted.items()}

    @pytest.mark.parametrize("name", ["approve", "refuse", "release", "absent", "change"])
    def test_the_neighbours_claim_is_not_there(self, theirs, served, post, name):
        claim = claim_post(post=post, by=served.zhao_user)
        assert theirs.get(page(CLAIM, name, claim.pk)).status_code == 404
        assert theirs.post(page(CLAIM, name, claim.pk), {"reason": "x", "on": today()}).status_code == 404

    def test_who_only_looks_on_decides_nothing(self, client, served, areas):
        absence = explained(served, areas)
        client.force_login(served.cadre)
        assert client.post(page(CLAIM, "release", absence.claim_id), {"reason": "x"}).status_code == 403
        assert client.post(page(ABSENCE, "answer", absence.pk), {"excuse": "yes"}).status_code == 403

    def test_the_list_goes_out_without_what_somebody_said_of_themselves(self, desk, served, post):
        claim_post(post=post, by=served.zhao_user, wish="身体不好")
        (row,) = exported(desk, CLAIM)
        assert (row["姓名"], row["岗位名称"], row["状态"]) == ("赵一", "楼院巡逻", "待确认")
        assert "第1网格党支部" in row["所在党组织"]
        assert "身体不好" not in "".join(row.values())

    def test_the_neighbours_rows_are_absent(self, theirs, served, areas):
        explained(served, areas)
        assert [exported(theirs, model) for model in (POST, CLAIM, ABSENCE)] == [[], [], []]


class TestQueries:
    def test_lists_and_pages_do_not_grow_with_their_rows(self, desk, served, areas):
        def one_more(user) -> Claim:
            post = post_at(areas.taoyuan, starts_on=today(), places=5)
            claim = move_claim(claim=claim_post(post=post, by=user), move="approve", by=served.secretary)
            note_absence(claim=claim, on=today(), by=served.secretary)
            return claim

        claim = one_more(served.zhao_user)
        pages = {model: page(model, "changelist") for model in (POST, CLAIM, ABSENCE)}
        pages |= {"post": page(POST, "change", claim.post_id), "claim": page(CLAIM, "change", claim.pk)}
        pages |= {"absence": page(ABSENCE, "change", Absence.objects.get().pk)}
        first = {name: queries(desk, address) for name, address in pages.items()}
        for user in (served.qian_user, served.sun_user):
            one_more(user)
            claim_post(post=claim.post, by=user)
        assert {name: queries(desk, address) for name, address in pages.items()} == first == COSTS


COSTS = {POST: 8, CLAIM: 7, ABSENCE: 6, "post": 10, "claim": 7, "absence": 5}
