"""T37: many who claim few places at the same moment, while others withdraw: none overbooked, none left empty by a race."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.models import Count, Q

from accounts.choices import Role
from conftest import NAMED, make_user, new_areas
from gridparty.lib.registry import defaults
from grids.actions import load_areas
from grids.models import Area
from grids.tests.test_concurrency import at_once, shared  # noqa: F401 - a fixture
from members.actions import NewMember, NewOrganisation, enrol_many, found_organisations
from members.models import MemberClass
from members.tests.conftest import typed
from services.actions import claim_post, move_claim, turn_terms
from services.choices import HOLDING, LIVE
from services.errors import ClaimRefused
from services.models import Claim, ServicePost
from services.tests.conftest import give_user, post_at

pytestmark = [pytest.mark.django_db(transaction=True)] if connection.vendor == "postgresql" else []
# People, posts, and how many of them each claims.
SIZES = [(12, 10, 10), pytest.param(50, 200, 40, marks=pytest.mark.proof)]
THREADS = 12


@pytest.fixture
def scene(shared):  # noqa: F811
    """A branch of 桃园 with as many members as are asked for, all of them users, and the secretary of the community."""
    for fill in defaults:
        fill()
    load_areas(areas=new_areas(), by=None)
    taoyuan = Area.objects.get(code=NAMED["taoyuan"])
    secretary = make_user(Role.COMMUNITY_SECRETARY, taoyuan)
    (branch,) = found_organisations(organisations=[NewOrganisation("branch", "桃园党支部", taoyuan)], by=None)
    ordinary = MemberClass.objects.get(scheme__name="五类党员", name="普通党员")

    def users(number: int) -> list:
        new = [NewMember(branch, ordinary, typed=typed("张三", n)) for n in range(1, number + 1)]
        members = enrol_many(members=new, by=secretary)
        return [give_user(member, f"crowd{n}") for n, member in enumerate(members)]

    return taoyuan, secretary, users


def of(post) -> list[str]:
    return list(Claim.objects.filter(post=post).order_by("pk").values_list("state", flat=True))


def try_to(act):
    """What became of it, in words; anything but a refusal is an error."""
    try:
        return act().state
    except ClaimRefused as refused:
        return str(refused)
    finally:
        connections.close_all()


def stories(people, posts, each, secretary) -> list:
    """What all of them do, in a random order: claim, and of three who claimed one withdraws or is refused."""
    draw, works = random.Random(37), []

    def story(user, post, fate, wait):
        def act():
            claim = claim_post(post=post, by=user, wait=wait)
            if fate == "withdraw":
                return move_claim(claim=claim, move="withdraw", by=user)
            if fate in ("refuse", "approve"):
                return move_claim(claim=claim, move=fate, by=secretary, reason="名额调整")
            return claim

        return lambda: try_to(act)

    for user in people:
        for post in draw.sample(posts, each):
            fate = draw.choice(["withdraw", "refuse", "approve", "", "", ""])
            works.append(story(user, post, fate, draw.random() < 0.7))
    draw.shuffle(works)
    return works


def count(posts) -> tuple[int, int]:
    """(places too many, places left empty while somebody wants one)."""
    rows = ServicePost.objects.filter(pk__in=[post.pk for post in posts]).annotate(
        holding=Count("claims", filter=Q(claims__state__in=sorted(HOLDING))),
        wanting=Count("claims", filter=Q(claims__state__in=sorted(LIVE))),
    )
    assert all(row.holding == row.taken for row in rows)
    return (
        sum(max(0, row.taken - row.places) for row in rows),
        sum(max(0, min(row.places, row.wanting) - row.taken) for row in rows),
    )


@pytest.mark.parametrize(("people", "number", "each"), SIZES)
def test_places_are_never_overbooked_nor_left_empty(scene, people, number, each):
    taoyuan, secretary, users = scene
    posts = [post_at(taoyuan, places=1 + n % 5) for n in range(number)]
    works = stories(users(people), posts, each, secretary)
    with ThreadPoolExecutor(THREADS) as pool:
        done = Counter(pool.map(lambda work: work(), works))
    overbooked, underfilled = count(posts)
    print(f"\n{len(works)} claims on {number} posts: overbooked {overbooked}, underfilled {underfilled}")
    assert (overbooked, underfilled) == (0, 0)
    full, late = "名额已满，可以加入候补，有空缺时依次递补。", "该认领现为“候补”，请刷新后再办理。"
    assert set(done) <= {"applied", "approved", "waiting", "withdrawn", "refused", full, late}
    assert min(done["applied"], done["withdrawn"], done[full]) > 0


def test_of_two_who_want_the_last_place_one_gets_it(scene):
    taoyuan, _secretary, users = scene
    people = users(2)
    for _round in range(5):
        post = post_at(taoyuan, places=1)
        results = at_once(*(lambda user=user, post=post: try_to(lambda: claim_post(post=post, by=user)) for user in people))
        assert sorted(results) == ["applied", "名额已满，可以加入候补，有空缺时依次递补。"]


def test_who_claims_twice_at_once_claims_once(scene):
    taoyuan, _secretary, users = scene
    (user,) = users(1)
    post = post_at(taoyuan, places=3)
    results = at_once(*[lambda: try_to(lambda: claim_post(post=post, by=user, wait=True))] * 4)
    assert Counter(results) == {"applied": 1, "您已认领该岗位，现为“待确认”，不用重复认领。": 3}


def test_who_claims_two_posts_of_one_hour_at_once_gets_one(scene):
    taoyuan, _secretary, users = scene
    (user,) = users(1)
    posts = [post_at(taoyuan, shifts=[(2, 8, 10)]) for _n in range(2)]
    results = at_once(*(lambda post=post: try_to(lambda: claim_post(post=post, by=user)) for post in posts))
    said = "与您的“楼院巡逻”（星期三 08:00—10:00）时间冲突，请先退出后再认领。"
    assert sorted(results) == sorted(["applied", said])


def test_one_withdraws_while_the_other_is_approved(scene):
    taoyuan, secretary, users = scene
    people = users(3)
    post = post_at(taoyuan, places=1)
    first, *_others = [claim_post(post=post, by=user, wait=True) for user in people]
    at_once(
        lambda: try_to(lambda: move_claim(claim=first, move="withdraw", by=people[0])),
        lambda: try_to(lambda: move_claim(claim=first, move="refuse", by=secretary, reason="另有安排")),
    )
    assert of(post)[0] in ("withdrawn", "refused")
    assert of(post)[1:] == ["applied", "waiting"]
    assert count([post]) == (0, 0)


def test_the_clock_in_two_workers_while_somebody_withdraws(scene):
    """Who withdraws first is free; who is later has begun."""
    taoyuan, secretary, users = scene
    people = users(2)
    for _round in range(3):
        post = post_at(taoyuan)
        claims = [claim_post(post=post, by=user) for user in people]
        for claim in claims:
            move_claim(claim=claim, move="approve", by=secretary)
        clock = lambda post=post: turned(post.starts_on)  # noqa: E731
        results = at_once(
            clock, clock, lambda one=claims[0]: try_to(lambda: move_claim(claim=one, move="withdraw", by=people[0]))
        )
        assert [one for one in results if isinstance(one, Exception)] == []
        started = results[0]["started"] + results[1]["started"]
        assert (started, of(post)) in [(1, ["withdrawn", "serving"]), (2, ["serving", "serving"])]
        assert count([post]) == (0, 0)
        assert sum(one["ended"] for one in at_once(*[lambda post=post: turned(post.ends_on + timedelta(days=1))] * 2)) == 1
        assert ServicePost.objects.get(pk=post.pk).taken == 0


def turned(day) -> dict[str, int]:
    try:
        return turn_terms(day=day)
    finally:
        connections.close_all()
