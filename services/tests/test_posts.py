"""Posts: who may do what with them in which state, what none may be, and what the clock does."""

from datetime import time, timedelta

import pytest
from django.db import transaction

from gridparty.lib.dates import today
from jobs.crontab import Crontab
from jobs.kinds import KINDS
from jobs.models import Notice
from members.models import MemberClass
from people.models import Skill
from services.actions import (
    NewPost,
    NewShift,
    change_post,
    claim_post,
    draft_post,
    move_claim,
    move_post,
    propose_post,
    turn_terms,
)
from services.choices import POST_MOVES, PostState
from services.errors import PostRefused
from services.models import Claim, PostKind, PostShift, ServicePost
from services.offers import post_moves
from services.tests.conftest import post_at

# Who may do what, written down anew. Everybody else may nothing.
RUNS = ("grid_leader", "clerk")
APPROVES = ("secretary", "street_officer", "district_official", "all_districts_official")
LOOK_ON = (
    *("cadre", "next_grid_leader", "building_leader", "member", "system_admin", "security_admin", "audit_admin", "nobody"),
    *("zhao_user", "qian_user", "li_user"),
)
BY_RUNNER = {"draft": {"submit"}, "submitted": set(), "published": {"end"}, "ended": set(), "discarded": set()}
BY_APPROVER = {
    "draft": {"submit", "publish", "discard"},
    "submitted": {"publish", "return", "discard"},
    "published": {"end"},
    "ended": set(),
    "discarded": set(),
}
AFTER = {"submit": "submitted", "publish": "published", "return": "draft", "discard": "discarded", "end": "ended"}


def in_days(n: int):
    return today() + timedelta(days=n)


def wanted(area, **more) -> NewPost:
    """A post as the office fills in the form: from in ten days for ninety."""
    kind = PostKind.objects.get(name="治安巡逻")
    given = {
        "title": "楼院巡逻",
        "duties": "每周在小区巡逻一次。",
        "places": 2,
        "starts_on": in_days(10),
        "ends_on": in_days(100),
    }
    return NewPost(**{"area": area, "kind": kind, **given, **more})


def allowed(name: str, state: str) -> set[str]:
    return BY_APPROVER[state] if name in APPROVES else BY_RUNNER[state] if name in RUNS else set()


def test_the_oracle_knows_every_state_and_move():
    assert set(BY_RUNNER) == set(BY_APPROVER) == set(PostState.values)
    assert set(AFTER) == set(POST_MOVES)


@pytest.mark.parametrize("state", PostState.values)
def test_every_move_by_everybody_is_made_or_refused_and_a_refusal_changes_nothing(served, state):
    post = post_at(served.areas.grid1, state=state)
    for name in (*RUNS, *APPROVES, *LOOK_ON):
        user = getattr(served, name)
        assert set(post_moves(post, user)) == allowed(name, state), name
        for move in POST_MOVES:
            try:
                with transaction.atomic():
                    moved = move_post(post=post, move=move, by=user, reason="居民已有安排")
                    assert move in allowed(name, state), f"{name} made {move}"
                    assert ServicePost.objects.get(pk=post.pk).state == moved.state == AFTER[move]
                    transaction.set_rollback(True)
            except PostRefused:
                assert move not in allowed(name, state), f"{name} could not make {move}"
            assert ServicePost.objects.get(pk=post.pk).state == state


@pytest.mark.parametrize(("state", "move"), [("submitted", "return"), ("draft", "discard"), ("published", "end")])
def test_a_reason_is_asked_for(served, state, move):
    with pytest.raises(PostRefused, match="请写明原因"):
        move_post(post=post_at(served.areas.grid1, state=state), move=move, by=served.secretary, reason=" ")


class TestMaking:
    def test_a_draft_stands_where_it_was_set_with_all_its_parts(self, served):
        skill = Skill.objects.create(name="法律")
        shifts = [NewShift(weekday=2, begins=time(8), ends=time(10)), NewShift(on=in_days(11), begins=time(14), ends=time(15))]
        new = wanted(served.areas.grid1, spot="1号楼前", skills=[skill], classes=[served.parties.ordinary], shifts=shifts)
        post = draft_post(new=new, by=served.grid_leader)
        assert (post.state, post.origin, post.area, post.community) == (
            *("draft", "community"),
            *(served.areas.grid1, served.areas.taoyuan),
        )
        assert [(one.weekday, one.on, one.begins) for one in post.shifts.order_by("begins")] == [
            (2, None, time(8)),
            (None, in_days(11), time(14)),
        ]
        assert [one.skill for one in post.skills.all()] == [skill]
        assert [one.member_class for one in post.classes.all()] == [served.parties.ordinary]

    @pytest.mark.parametrize("name", ["next_grid_leader", "cadre", "building_leader", "zhao_user", "nobody"])
    def test_who_does_not_run_services_there_sets_no_post(self, served, name):
        with pytest.raises(PostRefused, match="只能在本辖区设岗"):
            draft_post(new=wanted(served.areas.grid1), by=getattr(served, name))

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"title": " "}, "请填写岗位名称"),
            ({"duties": ""}, "请填写岗位名称和职责"),
            ({"places": 0}, "1 到 500"),
            ({"places": 501}, "1 到 500"),
            ({"starts_on": in_days(101)}, "结束日期早于上岗日期"),
            ({"starts_on": in_days(-9), "ends_on": in_days(-1)}, "结束日期已过"),
            ({"claim_until": in_days(101)}, "认领截止晚于结束日期"),
            ({"claim_until": in_days(-1)}, "认领截止日期已过"),
            ({"shifts": [NewShift(begins=time(8), ends=time(9))]}, "请选择星期几或填写一个日期"),
            ({"shifts": [NewShift(weekday=1, on=in_days(11), begins=time(8), ends=time(9))]}, "请选择星期几或填写一个日期"),
            ({"shifts": [NewShift(weekday=1, begins=time(9), ends=time(9))]}, "结束应晚于开始"),
            ({"shifts": [NewShift(on=in_days(9), begins=time(8), ends=time(9))]}, "不在岗位起止日期之内"),
            ({"ends_on": in_days(10), "shifts": [NewShift(weekday=in_days(11).weekday(), begins=time(8), ends=time(9))]}, "不在"),
            ({"shifts": [NewShift(weekday=1, begins=time(8), ends=time(h)) for h in (9, 10)]}, "与另一个服务时间重叠"),
            (
                {"shifts": [NewShift(weekday=in_days(11).weekday(), begins=time(8), ends=time(10)),
                            NewShift(on=in_days(11), begins=time(9), ends=time(11))]},
                "与另一个服务时间重叠",
            ),
        ],
    )  # fmt: skip
    def test_what_no_post_may_be_is_said(self, served, values, said):
        with pytest.raises(PostRefused, match=said):
            draft_post(new=wanted(served.areas.grid1, **values), by=served.grid_leader)
        assert not ServicePost.objects.exists()


class TestProposing:
    def test_a_member_proposes_and_hears_what_came_of_it(self, served):
        post = propose_post(new=wanted(served.areas.taoyuan), by=served.zhao_user)
        assert (post.state, post.origin, post.proposed_by) == ("submitted", "proposal", served.zhao)
        assert list(ServicePost.objects.to_approve(served.secretary)) == [post]
        move_post(post=post, move="publish", by=served.secretary)
        (notice,) = Notice.objects.filter(recipient=served.zhao_user)
        assert (notice.subject, notice.link) == ("您建议的岗位已发布", f"/services/posts/{post.pk}/")

    def test_elsewhere_than_where_one_lives_or_belongs_nothing_is_proposed(self, served):
        with pytest.raises(PostRefused, match="只能为本人居住或组织关系所在的社区"):
            propose_post(new=wanted(served.areas.liuyuan), by=served.zhao_user)

    def test_who_is_no_member_proposes_nothing(self, served):
        with pytest.raises(PostRefused, match="只有在册党员"):
            propose_post(new=wanted(served.areas.taoyuan), by=served.grid_leader)

    def test_five_at_a_time(self, served):
        for _n in range(5):
            propose_post(new=wanted(served.areas.taoyuan), by=served.zhao_user)
        with pytest.raises(PostRefused, match="5 条建议等社区答复"):
            propose_post(new=wanted(served.areas.taoyuan), by=served.zhao_user)


class TestChanging:
    def change(self, served, post, by=None, **values):
        here = {name: getattr(post, name) for name in ("area", "kind", "title", "duties", "places", "starts_on", "ends_on")}
        return change_post(post=post, new=NewPost(**here | values), by=by or served.grid_leader)

    def test_a_draft_may_become_another(self, served):
        post = draft_post(new=wanted(served.areas.grid1), by=served.secretary)
        shifts = [NewShift(weekday=5, begins=time(9), ends=time(11))]
        classes = list(MemberClass.objects.filter(name="在职党员"))
        changed = self.change(
            *(served, post, served.secretary), area=served.areas.grid2, title="绿化养护", shifts=shifts, classes=classes
        )
        assert (changed.title, changed.area, changed.grid) == ("绿化养护", served.areas.grid2, served.areas.grid2)
        assert [(one.weekday, one.begins) for one in PostShift.objects.filter(post=post)] == [(5, time(9))]
        assert [one.member_class for one in changed.classes.all()] == classes

    def test_what_was_handed_in_is_changed_by_who_approves(self, served):
        post = post_at(served.areas.grid1, state="submitted")
        with pytest.raises(PostRefused, match="已提交审批"):
            self.change(served, post, title="巡逻")
        assert self.change(served, post, served.secretary, title="巡逻").title == "巡逻"

    @pytest.mark.parametrize("state", ["ended", "discarded"])
    def test_what_is_over_stays(self, served, state):
        with pytest.raises(PostRefused, match="不能修改"):
            self.change(served, post_at(served.areas.grid1, state=state), title="巡逻")

    def test_the_neighbour_changes_nothing(self, served):
        with pytest.raises(PostRefused, match="不在您的管理范围内"):
            self.change(served, post_at(served.areas.grid1), served.next_grid_leader, title="巡逻")

    def test_what_was_published_keeps_its_place_kind_and_classes(self, served):
        post = post_at(served.areas.grid1)
        for values in (
            {"area": served.areas.building1},
            {"kind": PostKind.objects.get(name="绿化养护")},
            {"classes": [served.parties.ordinary]},
        ):
            with pytest.raises(PostRefused, match="地点、类型和适用类别不能再改"):
                self.change(served, post, **values)

    def test_more_places_go_to_those_who_wait_and_never_fewer_than_are_taken(self, served):
        post = post_at(served.areas.grid1, places=1)
        for user in (served.zhao_user, served.qian_user, served.li_user):
            claim_post(post=post, by=user, wait=True)
        changed = self.change(served, post, places=2)
        assert (changed.taken, changed.places) == (2, 2)
        assert list(Claim.objects.order_by("pk").values_list("state", flat=True)) == ["applied", "applied", "waiting"]
        assert Notice.objects.get(subject="候补递补成功").recipient == served.qian_user
        with pytest.raises(PostRefused, match="已有 2 人认领"):
            self.change(served, post, places=1)

    def test_when_the_time_changes_those_who_claimed_hear_of_it(self, served):
        post = post_at(served.areas.grid1)
        claim_post(post=post, by=served.zhao_user)
        self.change(served, post, title="巡逻")
        assert not Notice.objects.exists()
        self.change(served, post, shifts=[NewShift(weekday=1, begins=time(8), ends=time(9))])
        assert [one.recipient for one in Notice.objects.filter(subject="岗位的时间或地点有调整")] == [served.zhao_user]

    def test_a_term_that_began_keeps_its_first_day(self, served):
        post = post_at(served.areas.grid1, starts_on=today())
        with pytest.raises(PostRefused, match="上岗日期"):
            self.change(served, post, starts_on=in_days(3))


class TestEnding:
    def test_ending_ends_what_was_claimed(self, served):
        post = post_at(served.areas.grid1, places=2, starts_on=in_days(-5))
        claims = [claim_post(post=post, by=user, wait=True) for user in (served.zhao_user, served.qian_user, served.li_user)]
        move_claim(claim=claims[0], move="approve", by=served.secretary)
        ended = move_post(post=post, move="end", by=served.grid_leader, reason="改由物业负责")
        assert (ended.state, ended.reason, ended.taken) == ("ended", "改由物业负责", 0)
        states = [(one.state, one.ended_on, one.reason) for one in Claim.objects.order_by("pk")]
        assert states == [("ended", today(), "改由物业负责"), *[("withdrawn", None, "改由物业负责")] * 2]
        told = Notice.objects.filter(subject="岗位已提前结束").values_list("recipient", flat=True)
        assert set(told) == {served.zhao_user.pk, served.qian_user.pk, served.li_user.pk}

    def test_what_is_too_late_to_be_claimed_is_not_published(self, served):
        post = post_at(served.areas.grid1, state="draft", claim_until=in_days(-1))
        with pytest.raises(PostRefused, match="已过，请先修改日期"):
            move_post(post=post, move="publish", by=served.secretary)


class TestTheClock:
    def claimed(self, served, approve=True, **values):
        post = post_at(served.areas.grid1, **values)
        claim = claim_post(post=post, by=served.zhao_user)
        return post, move_claim(claim=claim, move="approve", by=served.secretary) if approve else claim

    def seen(self, claim):
        row = Claim.objects.select_related("post").get(pk=claim.pk)
        return row.state, row.started_on, row.ended_on, row.post.state, row.post.taken

    def test_who_was_approved_serves_from_the_first_day(self, served):
        post, claim = self.claimed(served)
        assert turn_terms(day=in_days(9)) == {"started": 0, "ended": 0}
        assert turn_terms(day=in_days(10)) == {"started": 1, "ended": 0}
        assert self.seen(claim) == ("serving", post.starts_on, None, "published", 1)
        assert turn_terms(day=in_days(10)) == {"started": 0, "ended": 0}

    def test_after_the_last_day_all_is_over_however_late_the_clock(self, served):
        post, claim = self.claimed(served)
        other = claim_post(post=post, by=served.qian_user)
        assert turn_terms(day=in_days(100)) == {"started": 1, "ended": 0}
        assert turn_terms(day=in_days(130)) == {"started": 0, "ended": 1}
        assert self.seen(claim) == ("ended", post.starts_on, post.ends_on, "ended", 0)
        assert self.seen(other) == ("withdrawn", None, None, "ended", 0)
        assert turn_terms(day=in_days(130)) == {"started": 0, "ended": 0}

    def test_what_was_not_decided_does_not_begin(self, served):
        _post, claim = self.claimed(served, approve=False)
        assert turn_terms(day=in_days(10)) == {"started": 0, "ended": 0}
        assert self.seen(claim) == ("applied", None, None, "published", 1)

    def test_a_job_does_it_every_night(self):
        assert str(KINDS["services.turn_terms"].schedule) == str(Crontab(minute="5", hour="0"))

    @pytest.mark.parametrize("posts", [1, 3])
    def test_it_takes_no_more_queries_for_more_posts(self, served, django_assert_num_queries, posts):
        for _n in range(posts):
            self.claimed(served)
        with django_assert_num_queries(24):
            assert turn_terms(day=in_days(101)) == {"started": posts, "ended": posts}
