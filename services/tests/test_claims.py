"""Claims: who may do what with them, why a post cannot be claimed, who is next in line, who did not come."""

from datetime import date, time, timedelta

import pytest
from django.db import transaction

from gridparty.lib.dates import today
from jobs.models import Notice
from members.actions import leave
from people.models import PersonSkill, Skill
from services.actions import answer_absence, claim_post, explain_absence, move_claim, note_absence
from services.choices import CLAIM_MOVES, ActivityState, ClaimState, SignUpState
from services.errors import ClaimRefused
from services.models import Absence, Claim, PostClass, PostSkill, ServicePost, SignUp
from services.offers import claim_moves, offered, takers, why_not
from services.tests.conftest import activity_at, post_at

# Who may do what with a claim of 赵一 on a post of 第1网格, written down anew.
RUNS = ("grid_leader", "clerk", "secretary", "street_officer", "district_official", "all_districts_official")
LOOK_ON = (
    *("cadre", "next_grid_leader", "building_leader", "member", "system_admin", "security_admin", "audit_admin", "nobody"),
    *("qian_user", "li_user", "sun_user"),
)
BY_RUNNER = {
    "waiting": {"refuse"},
    "applied": {"approve", "refuse"},
    "approved": {"release"},
    "serving": {"release"},
    "ended": set(),
    "withdrawn": set(),
    "refused": set(),
}
BY_MEMBER = {state: {"withdraw"} if state in ("waiting", "applied", "approved") else set() for state in BY_RUNNER}
AFTER = {"approve": "approved", "refuse": "refused", "withdraw": "withdrawn", "release": "ended"}
BY_SYSTEM = {"take_up", "start"}


def in_days(n: int) -> date:
    return today() + timedelta(days=n)


def allowed(name: str, state: str) -> set[str]:
    return BY_RUNNER[state] if name in RUNS else BY_MEMBER[state] if name == "zhao_user" else set()


def states(post=None) -> list[str]:
    """In the order of coming."""
    rows = Claim.objects.filter(post=post) if post else Claim.objects.all()
    return list(rows.order_by("pk").values_list("state", flat=True))


@pytest.fixture
def post(served) -> ServicePost:
    return post_at(served.areas.grid1, places=2)


def refusal(post, user, **more) -> str:
    with pytest.raises(ClaimRefused) as refused:
        claim_post(post=post, by=user, **more)
    return str(refused.value)


def test_the_oracle_knows_every_state_and_move():
    assert set(BY_RUNNER) == set(ClaimState.values)
    assert set(AFTER) | BY_SYSTEM == set(CLAIM_MOVES)


@pytest.mark.parametrize("state", ClaimState.values)
def test_every_move_by_everybody_is_made_or_refused_and_a_refusal_changes_nothing(served, post, state):
    claim = Claim.objects.create(post=post, member=served.zhao, state=state)
    ServicePost.objects.filter(pk=post.pk).update(taken=1 if state in ("applied", "approved", "serving") else 0)
    for name in (*RUNS, *LOOK_ON, "zhao_user"):
        user = getattr(served, name)
        assert set(claim_moves(claim, user)) == allowed(name, state), name
        for move in CLAIM_MOVES:
            try:
                with transaction.atomic():
                    moved = move_claim(claim=claim, move=move, by=user, reason="家中有事")
                    assert move in allowed(name, state), f"{name} made {move}"
                    assert Claim.objects.get(pk=claim.pk).state == moved.state == AFTER[move]
                    holds = moved.state in ("applied", "approved", "serving")
                    assert ServicePost.objects.get(pk=post.pk).taken == holds
                    transaction.set_rollback(True)
            except ClaimRefused:
                assert move not in allowed(name, state), f"{name} could not make {move}"
            assert Claim.objects.get(pk=claim.pk).state == state


def test_who_runs_the_post_decides_nothing_about_their_own_claim(served, post):
    """李四 is made a grid leader: others decide, they may only withdraw."""
    person = served.li.person
    person.user = served.grid_leader
    person.save()
    claim = claim_post(post=post, by=served.grid_leader)
    for move in ("approve", "refuse", "release"):
        with pytest.raises(ClaimRefused, match="本人的认领由他人办理"):
            move_claim(claim=claim, move=move, by=served.grid_leader, reason="无")
    assert claim_moves(claim, served.grid_leader) == ["withdraw"]
    assert list(Claim.objects.to_decide(served.grid_leader)) == []
    assert list(Claim.objects.to_decide(served.secretary)) == [claim]
    assert move_claim(claim=claim, move="approve", by=served.secretary).state == "approved"


@pytest.mark.parametrize("move", ["refuse", "release"])
def test_a_reason_is_asked_for(served, post, move):
    claim = claim_post(post=post, by=served.zhao_user)
    if move == "release":
        claim = move_claim(claim=claim, move="approve", by=served.secretary)
    with pytest.raises(ClaimRefused, match="请写明原因"):
        move_claim(claim=claim, move=move, by=served.secretary, reason="  ")


class TestWhyNot:
    def test_a_member_claims_and_holds_a_place_at_once(self, served, post):
        claim = claim_post(post=post, by=served.zhao_user, wish=" 周末有空 ")
        post.refresh_from_db()
        assert (claim.state, claim.wish, claim.member, post.taken) == ("applied", "周末有空", served.zhao, 1)

    def test_who_is_no_member_or_left_the_roll(self, served, post):
        assert refusal(post, served.nobody) == "只有在册党员可以认领岗位，请联系所在党支部核对。"
        leave(member=served.zhao, by=served.secretary, note="退党决定〔2026〕1号")
        assert "只有在册党员" in refusal(post, served.zhao_user)

    @pytest.mark.parametrize(
        ("state", "said"),
        [
            ("draft", "该岗位还没有发布，发布后再认领。"),
            ("submitted", "该岗位还没有发布，发布后再认领。"),
            ("ended", "该岗位已结束，请选择其他岗位。"),
            ("discarded", "该岗位未采用，请选择其他岗位。"),
        ],
    )
    def test_what_is_not_published(self, served, state, said):
        assert refusal(post_at(served.areas.grid1, state=state), served.zhao_user) == said

    def test_the_last_day_is_over(self, served):
        yesterday = in_days(-1)
        late = post_at(served.areas.grid1, claim_until=yesterday)
        assert refusal(late, served.zhao_user) == f"认领已于{yesterday.month}月{yesterday.day}日截止，请选择其他岗位。"
        assert claim_post(post=post_at(served.areas.grid1, claim_until=today()), by=served.zhao_user).state == "applied"

    def test_another_place(self, served):
        said = "该岗位只面向本辖区居住或组织关系在本辖区的党员，请选择其他岗位。"
        assert refusal(post_at(served.areas.liuyuan), served.zhao_user) == said
        assert refusal(post_at(served.areas.taoyuan), served.wu_user) == said

    def test_another_class(self, served, post):
        PostClass.objects.create(post=post, member_class=served.parties.classes["在职党员"])
        said = "该岗位面向在职党员，您登记为普通党员。登记有误请联系所在党支部核对。"
        assert refusal(post, served.zhao_user) == said
        assert claim_post(post=post, by=served.zhou_user).state == "applied"

    def test_a_skill_is_missing_and_one_of_several_is_enough(self, served, post):
        skills = [Skill.objects.create(name=name) for name in ("法律", "电工")]
        for skill in skills:
            PostSkill.objects.create(post=post, skill=skill)
        said = "该岗位需要特长：法律、电工。您有此特长的，请先到社区登记。"
        assert refusal(post, served.zhao_user) == said
        known = PersonSkill.objects.create(person=served.zhao.person, skill=skills[1], agreed_on=today(), withdrawn_on=today())
        assert refusal(post, served.zhao_user) == said
        known.withdrawn_on = None
        known.save()
        assert claim_post(post=post, by=served.zhao_user).state == "applied"

    def test_claimed_already(self, served, post):
        claim_post(post=post, by=served.zhao_user)
        assert refusal(post, served.zhao_user, wait=True) == "您已认领该岗位，现为“待确认”，不用重复认领。"

    def test_full_is_said_with_the_offer_to_wait(self, served):
        post = post_at(served.areas.grid1, places=1)
        claim_post(post=post, by=served.qian_user)
        assert refusal(post, served.zhao_user) == "名额已满，可以加入候补，有空缺时依次递补。"
        assert claim_post(post=post, by=served.zhao_user, wait=True).state == "waiting"
        assert refusal(post, served.zhao_user, wait=True) == "您已认领该岗位，现为“候补”，不用重复认领。"

    def test_who_offers_to_wait_takes_a_place_where_there_is_one(self, served, post):
        assert claim_post(post=post, by=served.zhao_user, wait=True).state == "applied"

    def test_the_same_places_as_the_door(self, served):
        """Python and SQL say the same about who is reached."""
        found = takers([served.zhao, served.sun, served.zhou, served.wu])
        users = {served.zhao: served.zhao_user, served.sun: served.sun_user, served.zhou: served.zhou_user}
        users[served.wu] = served.wu_user
        for name in (
            "grid1",
            "grid2",
            "taoyuan",
            "liuyuan",
            "xingyuan",
            "east",
            "west",
            "district",
            "building3",
            "other_district",
        ):
            post = post_at(getattr(served.areas, name))
            for member, user in users.items():
                assert found[member.pk].reaches(post) == ServicePost.objects.offered_to(user).filter(pk=post.pk).exists(), name


WEDNESDAY = 2


def next_wednesday(after: int = 10) -> date:
    return in_days(after) + timedelta(days=(WEDNESDAY - in_days(after).weekday()) % 7)


class TestClashes:
    """赵一 serves on Wednesdays from eight to ten."""

    @pytest.fixture
    def served_post(self, served) -> ServicePost:
        post = post_at(served.areas.grid1, title="楼院巡逻", shifts=[(WEDNESDAY, 8, 10)])
        claim_post(post=post, by=served.zhao_user)
        return post

    def other(self, served, *shifts, **values) -> ServicePost:
        return post_at(served.areas.grid1, title="绿化养护", shifts=shifts, **values)

    def test_the_same_hour_of_the_same_weekday(self, served, served_post):
        said = "与您的“楼院巡逻”（星期三 08:00—10:00）时间冲突，请先退出后再认领。"
        assert refusal(self.other(served, (WEDNESDAY, 9, 11)), served.zhao_user) == said

    def test_one_day_that_is_a_wednesday(self, served, served_post):
        assert "时间冲突" in refusal(self.other(served, (next_wednesday(), 9, 11)), served.zhao_user)

    @pytest.mark.parametrize("shift", [(WEDNESDAY, 10, 12), (WEDNESDAY + 1, 8, 10), (next_wednesday() + timedelta(days=1), 8, 9)])
    def test_another_hour_or_day_does_not_clash(self, served, served_post, shift):
        assert claim_post(post=self.other(served, shift), by=served.zhao_user).state == "applied"

    def test_a_post_by_arrangement_does_not_clash(self, served, served_post):
        assert claim_post(post=self.other(served), by=served.zhao_user).state == "applied"

    def test_terms_that_have_no_wednesday_in_common_do_not_clash(self, served, served_post):
        early = self.other(served, (WEDNESDAY, 8, 10), starts_on=today(), ends_on=next_wednesday() - timedelta(days=1))
        assert claim_post(post=early, by=served.zhao_user).state == "applied"

    def test_what_was_withdrawn_clashes_no_more(self, served, served_post):
        move_claim(claim=Claim.objects.get(), move="withdraw", by=served.zhao_user)
        assert claim_post(post=self.other(served, (WEDNESDAY, 9, 11)), by=served.zhao_user).state == "applied"

    def test_an_activity_one_signed_up_for_clashes(self, served):
        activity = activity_at(served.areas.taoyuan, on=next_wednesday(), begins=time(9), ends=time(11))
        row = SignUp.objects.create(activity=activity, member=served.zhao, state=SignUpState.SIGNED)
        post = self.other(served, (WEDNESDAY, 8, 10))
        day = activity.on
        said = f"与您的“清扫楼道”（{day.month}月{day.day}日 09:00—11:00）时间冲突，请先退出后再认领。"
        assert refusal(post, served.zhao_user) == said
        activity.state = ActivityState.CANCELLED
        activity.save()
        assert why_not(offered([post])[0], takers([row.member])[served.zhao.pk]) == ""

    def test_two_posts_clash_though_claimed_by_a_list_of_shifts(self, served, served_post):
        post = self.other(served, (0, 8, 10), (WEDNESDAY, 9, 10), (4, 8, 10))
        assert "星期三 08:00—10:00" in refusal(post, served.zhao_user)


class TestTheLine:
    """One place; 赵一 has it, 钱二, 李四 and 周五 wait in this order."""

    @pytest.fixture
    def line(self, served):
        post = post_at(served.areas.grid1, places=1)
        users = (served.zhao_user, served.qian_user, served.li_user, served.zhou_user)
        return post, [claim_post(post=post, by=user, wait=True) for user in users]

    @pytest.mark.parametrize("move", ["withdraw", "refuse"])
    def test_the_first_in_line_takes_up_the_place_and_hears_of_it(self, served, line, move):
        post, claims = line
        by = served.zhao_user if move == "withdraw" else served.secretary
        move_claim(claim=claims[0], move=move, by=by, reason="另有安排")
        assert states() == [AFTER[move], "applied", "waiting", "waiting"]
        assert ServicePost.objects.get(pk=post.pk).taken == 1
        notice = Notice.objects.get(subject="候补递补成功")
        assert (notice.recipient, notice.link) == (served.qian_user, f"/services/claims/{claims[1].pk}/")

    def test_who_is_released_makes_room_too(self, served, line):
        _post, claims = line
        move_claim(claim=claims[0], move="approve", by=served.secretary)
        released = move_claim(claim=claims[0], move="release", by=served.secretary, reason="调离")
        assert (released.state, released.started_on, released.ended_on) == ("ended", None, None)
        assert states() == ["ended", "applied", "waiting", "waiting"]

    def test_who_no_longer_fits_is_passed_over_and_stays_in_line(self, served, line):
        _post, claims = line
        leave(member=served.qian, by=served.secretary, note="退党决定〔2026〕1号")
        move_claim(claim=claims[0], move="withdraw", by=served.zhao_user)
        assert states() == ["withdrawn", "waiting", "applied", "waiting"]

    def test_who_waits_gives_no_place_back(self, served, line):
        post, claims = line
        move_claim(claim=claims[1], move="withdraw", by=served.qian_user)
        assert states() == ["applied", "withdrawn", "waiting", "waiting"]
        assert ServicePost.objects.get(pk=post.pk).taken == 1

    def test_where_nobody_waits_the_place_is_open(self, served, post):
        claim = claim_post(post=post, by=served.zhao_user)
        move_claim(claim=claim, move="withdraw", by=served.zhao_user)
        assert ServicePost.objects.get(pk=post.pk).taken == 0
        assert claim_post(post=post, by=served.zhao_user).state == "applied"

    def test_after_the_term_nobody_is_taken_up(self, served, line):
        post, claims = line
        ServicePost.objects.filter(pk=post.pk).update(starts_on=in_days(-9), ends_on=in_days(-1))
        move_claim(claim=claims[0], move="refuse", by=served.secretary, reason="任期已满")
        assert states() == ["refused", "waiting", "waiting", "waiting"]


class TestDeciding:
    def test_approved_before_the_term_one_waits_for_it(self, served, post):
        claim = move_claim(claim=claim_post(post=post, by=served.zhao_user), move="approve", by=served.secretary)
        assert (claim.state, claim.started_on, claim.decided_by) == ("approved", None, served.secretary)
        (notice,) = Notice.objects.filter(recipient=served.zhao_user)
        begins = post.starts_on
        assert notice.subject == "岗位认领已通过"
        assert notice.body == f"“楼院巡逻”已为您定岗，{begins.month}月{begins.day}日上岗。"

    def test_approved_within_the_term_one_serves_at_once(self, served):
        post = post_at(served.areas.grid1, starts_on=in_days(-3))
        claim = move_claim(claim=claim_post(post=post, by=served.zhao_user), move="approve", by=served.secretary)
        assert (claim.state, claim.started_on) == ("serving", today())
        released = move_claim(claim=claim, move="release", by=served.grid_leader, reason="搬家")
        assert (released.state, released.ended_on, released.reason) == ("ended", today(), "搬家")

    def test_after_the_last_day_nobody_is_approved(self, served, post):
        claim = claim_post(post=post, by=served.zhao_user)
        ServicePost.objects.filter(pk=post.pk).update(starts_on=in_days(-9), ends_on=in_days(-1))
        with pytest.raises(ClaimRefused, match="结束，不能再定岗"):
            move_claim(claim=claim, move="approve", by=served.secretary)

    def test_the_reason_of_a_refusal_stands_on_the_page_not_in_the_notice(self, served, post):
        claim = claim_post(post=post, by=served.zhao_user)
        refused = move_claim(claim=claim, move="refuse", by=served.secretary, reason="需要有驾照")
        (notice,) = Notice.objects.filter(recipient=served.zhao_user)
        assert (refused.reason, notice.subject) == ("需要有驾照", "岗位认领未通过")
        assert "驾照" not in notice.body


class TestWithdrawing:
    def approved(self, served, starts_in: int, withdraw_days: int) -> Claim:
        post = post_at(served.areas.grid1, starts_on=in_days(starts_in), withdraw_days=withdraw_days)
        return move_claim(claim=claim_post(post=post, by=served.zhao_user), move="approve", by=served.secretary)

    @pytest.mark.parametrize(("starts_in", "days"), [(4, 3), (1, 0), (10, 3)])
    def test_until_some_days_before_the_term(self, served, starts_in, days):
        claim = self.approved(served, starts_in, days)
        assert move_claim(claim=claim, move="withdraw", by=served.zhao_user).state == "withdrawn"

    @pytest.mark.parametrize(("starts_in", "days"), [(3, 3), (1, 3)])
    def test_later_the_community_is_named(self, served, starts_in, days):
        claim = self.approved(served, starts_in, days)
        with pytest.raises(ClaimRefused, match="确实不能上岗的，请联系桃园社区。"):
            move_claim(claim=claim, move="withdraw", by=served.zhao_user)
        assert states() == ["approved"]

    def test_what_nobody_has_decided_can_always_be_withdrawn(self, served):
        claim = claim_post(post=post_at(served.areas.grid1, starts_on=in_days(-5)), by=served.zhao_user)
        assert move_claim(claim=claim, move="withdraw", by=served.zhao_user).state == "withdrawn"

    def test_who_serves_asks_the_community(self, served):
        claim = self.approved(served, -2, 0)
        with pytest.raises(ClaimRefused, match="现为“在岗”"):
            move_claim(claim=claim, move="withdraw", by=served.zhao_user)


class TestAbsences:
    @pytest.fixture
    def claim(self, served) -> Claim:
        """赵一 has served for five days."""
        post = post_at(served.areas.grid1, starts_on=in_days(-5))
        claim = move_claim(claim=claim_post(post=post, by=served.zhao_user), move="approve", by=served.secretary)
        claim.started_on = in_days(-5)
        claim.save()
        return claim

    def refused(self, act, said: str):
        with pytest.raises(ClaimRefused, match=said):
            act()

    def test_noted_explained_excused(self, served, claim):
        absence = note_absence(claim=claim, on=in_days(-1), by=served.grid_leader, note="电话未接")
        absence = explain_absence(absence=absence, by=served.zhao_user, text="住院了")
        assert list(Absence.objects.to_answer(served.secretary)) == [absence]
        absence = answer_absence(absence=absence, excuse=True, by=served.secretary)
        assert (absence.state, absence.explanation, absence.answered_by) == ("excused", "住院了", served.secretary)
        told = Notice.objects.filter(recipient=served.zhao_user).order_by("pk").values_list("subject", flat=True)
        assert list(told) == ["岗位认领已通过", "有一次未到岗记录", "未到岗的说明已答复"]

    def test_upheld_with_a_reason(self, served, claim):
        absence = note_absence(claim=claim, on=today(), by=served.grid_leader)
        explain_absence(absence=absence, by=served.zhao_user, text="忘了")
        self.refused(lambda: answer_absence(absence=absence, excuse=False, by=served.secretary), "请写明理由")
        upheld = answer_absence(absence=absence, excuse=False, by=served.secretary, text="已是第三次")
        assert (upheld.state, upheld.answer) == ("upheld", "已是第三次")

    def test_each_step_once_and_in_order(self, served, claim):
        absence = note_absence(claim=claim, on=today(), by=served.grid_leader)
        self.refused(lambda: note_absence(claim=claim, on=today(), by=served.clerk), "已登记过未到")
        self.refused(lambda: answer_absence(absence=absence, excuse=True, by=served.secretary), "现为“未到”")
        self.refused(lambda: explain_absence(absence=absence, by=served.zhao_user, text=" "), "请写明没有到岗的原因")
        explain_absence(absence=absence, by=served.zhao_user, text="住院了")
        self.refused(lambda: explain_absence(absence=absence, by=served.zhao_user, text="再说一次"), "现为“已说明”")

    def test_days_on_which_nobody_served(self, served, claim):
        for day in (in_days(1), in_days(-6)):
            self.refused(lambda day=day: note_absence(claim=claim, on=day, by=served.grid_leader), "日期应在")
        post = post_at(served.areas.grid1, starts_on=in_days(-5), shifts=[(today().weekday(), 8, 9)])
        other = move_claim(claim=claim_post(post=post, by=served.qian_user), move="approve", by=served.secretary)
        Claim.objects.filter(pk=other.pk).update(started_on=in_days(-5))
        self.refused(lambda: note_absence(claim=other, on=in_days(-1), by=served.grid_leader), "没有安排服务")
        assert note_absence(claim=other, on=today(), by=served.grid_leader).state == "noted"

    def test_who_has_not_begun_cannot_be_absent(self, served):
        claim = claim_post(post=post_at(served.areas.grid1), by=served.zhao_user)
        self.refused(lambda: note_absence(claim=claim, on=today(), by=served.grid_leader), "还没有上岗")

    def test_only_the_member_explains_and_only_others_within_reach_note_and_answer(self, served, claim):
        for name in ("next_grid_leader", "cadre", "qian_user", "nobody"):
            self.refused(lambda name=name: note_absence(claim=claim, on=today(), by=getattr(served, name)), "不在您的管理范围")
        absence = note_absence(claim=claim, on=today(), by=served.grid_leader)
        for user in (served.secretary, served.qian_user):
            self.refused(lambda user=user: explain_absence(absence=absence, by=user, text="代为说明"), "由本人说明")
        explain_absence(absence=absence, by=served.zhao_user, text="住院了")
        self.refused(lambda: answer_absence(absence=absence, excuse=True, by=served.next_grid_leader), "不在您的管理范围")

    def test_nobody_notes_or_answers_their_own(self, served, claim):
        absence = note_absence(claim=claim, on=today(), by=served.secretary)
        explain_absence(absence=absence, by=served.zhao_user, text="住院了")
        person = served.zhao.person
        person.user = served.grid_leader
        person.save()
        assert list(Absence.objects.to_answer(served.grid_leader)) == []
        self.refused(lambda: answer_absence(absence=absence, excuse=True, by=served.grid_leader), "由他人登记和答复")
        self.refused(lambda: note_absence(claim=claim, on=in_days(-1), by=served.grid_leader), "由他人登记和答复")
