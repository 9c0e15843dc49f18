"""The demo's services on a small community: something of everything, none of it in the future."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gridparty.lib.dates import today
from grids.demo import SHOWN_COMMUNITY
from grids.models import Area
from members.actions import NewMember, enrol_many
from members.models import Member, PointEntry
from members.tests.conftest import typed
from services.choices import AbsenceState, ActivityState, ClaimState, HoursState, PostState, SignUpState
from services.demo import POSTS, services
from services.models import Absence, Activity, Claim, ServiceHours, ServicePost, SignUp, Team
from services.tests.conftest import give_user


@pytest.fixture
def shown(served, areas):
    """The shown community with a dozen members who log in and some who do not; 赵一 is the one of the cast."""
    Area.objects.filter(pk=areas.taoyuan.pk).update(name=SHOWN_COMMUNITY)
    new = [NewMember(served.parties.branch1, served.parties.ordinary, typed=typed(f"王小{n}", 20 + n)) for n in range(14)]
    for n, member in enumerate(enrol_many(members=new, by=None)[:8]):
        give_user(member, f"member{n}")
    served.zhao_user.username = "dangyuan"
    served.zhao_user.save()
    services()
    return served


def test_there_is_something_of_everything(shown):
    posts = ServicePost.objects.all()
    assert posts.count() == len(POSTS) + 1
    assert {post.state for post in posts} == set(PostState)
    assert {claim.state for claim in Claim.objects.all()} == set(ClaimState)
    assert {one.state for one in Activity.objects.all()} == set(ActivityState)
    assert {one.state for one in SignUp.objects.all()} == {SignUpState.SIGNED, SignUpState.WAITING}
    assert {row.state for row in ServiceHours.objects.all()} == {HoursState.CONFIRMED, HoursState.PROPOSED}
    assert {one.state for one in Absence.objects.all()} == {AbsenceState.NOTED, AbsenceState.EXPLAINED}
    assert Team.objects.open().count() == 2
    assert posts.filter(proposed_by=shown.zhao).get().state == PostState.SUBMITTED


def test_places_are_held_by_as_many_as_hold_them(shown):
    for post in ServicePost.objects.published():
        assert post.claims.holding().count() == post.taken <= post.places


def test_members_in_service_have_something_to_tell_of_both_years(shown):
    employed = Member.objects.filter(mode__feeds_back=True).exclude(employer=None)
    told = set(ServiceHours.objects.confirmed().filter(member__in=employed).values_list("member", "on__year"))
    assert len({member for member, _year in told}) >= 8
    assert {year for _member, year in told} >= {today().year - 1}


def test_none_of_it_is_in_the_future(shown):
    assert not ServiceHours.objects.filter(on__gt=today()).exists()
    assert not Claim.objects.filter(started_on__gt=today()).exists()
    assert not ServicePost.objects.filter(published_at__gt=timezone.now()).exists()
    assert not Activity.objects.filter(state=ActivityState.HELD, on__gte=today()).exists()
    assert not Absence.objects.filter(on__gt=today() - timedelta(days=1)).exists()


def test_hours_of_this_year_are_in_the_ledger(shown):
    paid = ServiceHours.objects.confirmed().filter(on__year=today().year, unpaid="")
    assert {f"hours:{pk}" for pk in paid.values_list("pk", flat=True)} <= set(PointEntry.objects.values_list("source", flat=True))


def test_the_cast_has_something_of_its_own(shown):
    states = set(Claim.objects.filter(member=shown.zhao).values_list("state", flat=True))
    assert ClaimState.SERVING in states
    assert Absence.objects.filter(claim__member=shown.zhao, state=AbsenceState.NOTED).count() == 1
