"""Who dies or leaves the roll keeps no place."""

import pytest

from gridparty.lib.dates import today
from members.models import Member
from people.actions import record_death
from services.actions import claim_post, move_claim, release_gone, sign_up
from services.erasures import blank_services
from services.models import Activity, Claim, ServicePost, SignUp
from services.tests.conftest import activity_at, post_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(served):
    """赵一 has the one place of a post and of an activity; 周五 waits for both."""
    post, activity = post_at(served.areas.taoyuan, places=1), activity_at(served.areas.taoyuan, places=1)
    for user, wait in ((served.zhao_user, False), (served.zhou_user, True)):
        claim_post(post=post, by=user, wait=wait)
        sign_up(activity=activity, by=user, wait=wait)
    return post


def states(served) -> dict[str, tuple[str, str]]:
    return {
        name: (Claim.objects.get(member=member).state, SignUp.objects.get(member=member).state)
        for name, member in (("赵一", served.zhao), ("周五", served.zhou))
    }


def test_the_places_of_the_dead_go_to_the_next(served, held):
    record_death(person=served.zhao.person, on=today(), by=served.secretary)
    assert states(served) == {"赵一": ("withdrawn", "withdrawn"), "周五": ("applied", "signed")}
    assert (ServicePost.objects.get().taken, Activity.objects.get().taken) == (1, 1)


def test_who_left_the_roll_is_found_at_night_and_once(served, held):
    claim = Claim.objects.get(member=served.zhao)
    ServicePost.objects.update(starts_on=today())
    move_claim(claim=claim, move="approve", by=served.secretary)
    Member.objects.filter(pk=served.zhao.pk).update(state="gone")
    assert [release_gone(), release_gone()] == [2, 0]
    assert states(served) == {"赵一": ("ended", "withdrawn"), "周五": ("applied", "signed")}
    assert Claim.objects.get(pk=claim.pk).ended_on == today()


def test_who_is_on_the_roll_keeps_theirs(served, held):
    assert release_gone() == 0
    assert states(served) == {"赵一": ("applied", "signed"), "周五": ("waiting", "waiting")}


def test_of_whose_data_are_erased_no_words_stay(served, held):
    claim = Claim.objects.get(member=served.zhao)
    Claim.objects.filter(pk=claim.pk).update(wish="腿脚不便，想就近", reason="家里有事")
    Member.objects.filter(pk=served.zhao.pk).update(state="gone")
    blank_services(person=served.zhao.person, by=served.secretary)
    claim.refresh_from_db()
    assert (claim.wish, claim.reason, claim.state) == ("", "", "applied")
