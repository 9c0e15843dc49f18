"""Who may appoint whom where: every (actor, role, area) against a table written out here and in oracle.py."""

import pytest

from accounts.actions import NewUser, Post, appoint, create_users
from accounts.choices import Role
from accounts.errors import AppointmentRefused
from accounts.models import Appointment
from accounts.queries import appointable_roles, may_appoint
from accounts.roles import ADMINISTRATORS, CAPABILITIES, STANDS_ON
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from gridparty.tests.access.matrix import PLACES
from gridparty.tests.access.oracle import APPOINTS
from gridparty.tests.access.world import ACTORS, STANDING
from grids.choices import AreaKind

EVERYBODY = [*ACTORS, *STANDING]


@pytest.mark.parametrize("actor", EVERYBODY)
def test_every_role_on_every_area(world, oracle, actor):
    user = world.actors[actor]
    for role in Role:
        for area in [None, *world.areas.values()]:
            allowed = oracle.appoints(actor, role, area.pk if area else None)
            assert may_appoint(user, role, area) == allowed, (role, area and area.code)


def test_the_table_has_every_appointer_and_nobody_else(world):
    for actor in EVERYBODY:
        roles = {role for own, _stand in (ACTORS | STANDING)[actor] for role in APPOINTS.get(own, ())}
        assert set(appointable_roles(world.actors[actor])) == roles, actor


@pytest.mark.parametrize("actor", EVERYBODY)
def test_appointing_beyond_the_table_is_refused(world, oracle, actor):
    """Through the action itself, for every role that stands on a grid, at every neighbour."""
    newcomer = create_users(users=[NewUser("newcomer", "王五")], by=None)[0]
    refused = 0
    for place in PLACES:
        for role in (role for role in Role if AreaKind.GRID in STANDS_ON[role]):
            if not oracle.appoints(actor, role, world.at(place).pk):
                with pytest.raises(AppointmentRefused):
                    appoint(post=Post(newcomer, role, world.at(place), today()), by=world.actors[actor])
                refused += 1
    assert refused or actor in (Role.ALL_DISTRICTS_OFFICIAL, Role.SECURITY_ADMIN)
    assert not Appointment.objects.filter(user=newcomer).exists()


def test_nobody_gives_themselves_a_post(world):
    for actor, user in world.actors.items():
        for role in appointable_roles(user):
            area = world.at("own") if AreaKind.GRID in STANDS_ON[role] else None
            with pytest.raises(AppointmentRefused):
                appoint(post=Post(user, role, area, today()), by=user)
            assert not user.posts.filter(starts_on=today()).exists(), actor


def test_administrators_share_nothing_but_the_desk():
    """And none of the three holds what the offices hold of places, but for posts, which one of them gives."""
    first, second, third = (CAPABILITIES[role] for role in sorted(ADMINISTRATORS))
    assert first & second == second & third == first & third == {Can.USE_DESK}
