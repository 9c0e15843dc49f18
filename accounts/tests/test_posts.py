"""Appointments are the rights: who may give them, when they hold, what they open."""

from datetime import date, timedelta

import pytest

from accounts.actions import NewUser, Post, appoint, appoint_many, create_users, end_appointments, use_scheme
from accounts.choices import EndReason, Role
from accounts.errors import AppointmentRefused, UserRefused
from accounts.models import Appointment, RoleScheme, SchemePost, User
from accounts.queries import ending_soon, vacancies
from audit.models import ChangeEntry
from conftest import make_user
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from grids.actions import close_area, merge_grids, move_area
from grids.models import Area


def codes(user):
    return set(Area.objects.visible_to(user).values_list("code", flat=True))


def newcomer(name="newcomer"):
    return create_users(users=[NewUser(username=name, name="李四")], by=None)[0]


def test_each_role_sees_its_area_and_what_lies_below(cast, areas):
    grid1 = {"370199001001001", "370199001001L001", "370199001001L002"}
    taoyuan = grid1 | {"370199001001", "370199001001002", "370199001001L003"}
    assert codes(cast.grid_leader) == codes(cast.grid_leader) & grid1 == grid1
    assert codes(cast.building_leader) == {"370199001001L001"}
    assert codes(cast.secretary) == codes(cast.clerk) == taoyuan
    assert codes(cast.street_officer) == taoyuan | {
        "370199001000",
        "370199001002",
        "370199001002001",
        "370199001002L001",
    }
    assert "370198000000" not in codes(cast.district_official)
    assert len(codes(cast.district_official)) == 16
    assert len(codes(cast.all_districts_official)) == 21
    for nobody in (cast.system_admin, cast.security_admin, cast.audit_admin, cast.member, cast.nobody):
        assert codes(nobody) == set()


def test_rights_of_two_posts_do_not_mix(areas):
    """A clerk of 桃园 who also leads the grid of 杏园 imports in 桃园 only."""
    user = make_user(Role.COMMUNITY_CLERK, areas.taoyuan, username="two")
    appoint(post=Post(user, Role.GRID_LEADER, areas.at("370199002001001"), date(2020, 1, 1)), by=None)
    user = User.objects.get(pk=user.pk)
    assert Area.objects.visible_to(user).filter(code="370199002001L001").exists()
    assert not Area.objects.editable_by(user).filter(street=areas.west).exists()
    assert user.scope.covers(Can.IMPORT_ROSTERS, areas.grid1)
    assert not user.scope.covers(Can.IMPORT_ROSTERS, areas.at("370199002001001"))


def test_what_one_edits_begins_below_the_own_area(cast, areas):
    assert areas.east not in Area.objects.editable_by(cast.street_officer)
    assert areas.taoyuan in Area.objects.editable_by(cast.street_officer)


def test_the_scope_is_one_query(cast, django_assert_num_queries):
    user = User.objects.get(pk=cast.street_officer.pk)
    with django_assert_num_queries(1):
        user.scope.has(Can.USE_DESK)
        user.scope.q(Can.SEE_AREAS)


@pytest.mark.parametrize(
    ("starts", "ends", "seen"), [(0, 0, 3), (-10, -1, 0), (1, None, 0), (-1, 1, 3)], ids=["today", "over", "to come", "in term"]
)
def test_a_post_holds_from_its_first_to_its_last_day(areas, starts, ends, seen):
    term = {
        "starts_on": today() + timedelta(days=starts),
        "ends_on": None if ends is None else today() + timedelta(days=ends),
    }
    assert len(codes(make_user(Role.GRID_LEADER, areas.grid1, **term))) == seen


def test_appointing_raises_the_epoch_and_is_logged(cast, areas):
    user = newcomer()
    appoint(post=Post(user, Role.GRID_LEADER, areas.grid1, today()), by=cast.secretary)
    assert User.objects.get(pk=user.pk).session_epoch == user.session_epoch + 1
    entry = ChangeEntry.objects.get(model="accounts.appointment", object_id=Appointment.objects.get(user=user).pk)
    assert (entry.operation, entry.actor_id, entry.kind) == ("accounts.appoint", cast.secretary.pk, "created")


@pytest.mark.parametrize(
    ("by", "role", "area", "sentence"),
    [
        ("secretary", Role.GRID_LEADER, "370199001002001", "不能在“第1网格”任命网格长"),
        ("secretary", Role.STREET_OFFICER, "370199001000", "不能在“东街街道”任命"),
        ("street_officer", Role.STREET_OFFICER, "370199001000", "不能在“东街街道”任命"),
        ("clerk", Role.GRID_LEADER, "370199001001001", "不能在“第1网格”任命"),
        ("grid_leader", Role.BUILDING_LEADER, "370199001001L001", "不能在“1号楼”任命"),
        ("street_officer", Role.GRID_LEADER, "370199001001", "网格长应设在网格"),
        ("security_admin", Role.SECURITY_ADMIN, None, "不能在“全部区域”任命安全管理员"),
    ],
)
def test_nobody_appoints_beyond_reach_or_rank(cast, areas, by, role, area, sentence):
    with pytest.raises(AppointmentRefused, match=sentence):
        appoint(post=Post(newcomer(), role, areas.at(area) if area else None, today()), by=getattr(cast, by))
    assert not Appointment.objects.filter(user__username="newcomer").exists()


def test_nobody_appoints_himself(cast, areas):
    with pytest.raises(AppointmentRefused, match="不能任免自己"):
        appoint(post=Post(cast.secretary, Role.GRID_LEADER, areas.grid1, today()), by=cast.secretary)


def test_the_same_post_is_not_given_twice(cast, areas):
    with pytest.raises(AppointmentRefused, match="已是“第1网格”的网格长"):
        appoint(post=Post(cast.grid_leader, Role.GRID_LEADER, areas.grid1, today()), by=cast.secretary)


@pytest.mark.parametrize("first", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
@pytest.mark.parametrize("second", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.STREET_OFFICER])
def test_administrators_hold_no_other_post(areas, first, second):
    if first == second:
        return
    user = make_user(first, None)
    area = areas.east if second == Role.STREET_OFFICER else None
    with pytest.raises(AppointmentRefused, match="不得兼任"):
        appoint(post=Post(user, second, area, today()), by=None)


def test_many_posts_are_given_in_a_fixed_number_of_queries(areas, django_assert_num_queries):
    def posts(n, offset):
        users = create_users(users=[NewUser(f"u{offset + i}", "王五") for i in range(n)], by=None)
        return [Post(user, Role.GRID_LEADER, areas.grid1, today()) for user in users]

    for n, offset in ((1, 0), (3, 10)):
        wanted = posts(n, offset)
        with django_assert_num_queries(10):
            appoint_many(posts=wanted, by=None)


def test_ending_a_post_closes_the_view_at_once(cast, areas):
    post = Appointment.objects.filter(user=cast.grid_leader)
    assert end_appointments(appointments=post, reason=EndReason.REMOVED, by=cast.secretary) == 1
    assert codes(User.objects.get(pk=cast.grid_leader.pk)) == set()


def test_ending_a_post_outside_ones_reach_is_refused(cast):
    post = Appointment.objects.filter(user=cast.street_officer)
    with pytest.raises(AppointmentRefused):
        end_appointments(appointments=post, reason=EndReason.REMOVED, by=cast.secretary)


def test_posts_end_with_their_grid_and_stay_as_history(cast, areas):
    merge_grids(grids=[areas.grid2], into=areas.grid1, by=cast.secretary)
    post = Appointment.objects.get(user=cast.next_grid_leader)
    assert (post.end_reason, post.area_id) == (EndReason.AREA_CLOSED, areas.grid2.pk)


def test_posts_follow_their_area_to_another_street(cast, areas):
    move_area(area=areas.taoyuan, parent=areas.west, by=cast.district_official)
    assert not Appointment.objects.visible_to(User.objects.get(pk=cast.street_officer.pk)).filter(area=areas.grid1).exists()
    assert Appointment.objects.get(user=cast.grid_leader).street_id == areas.west.pk


def test_a_log_in_name_is_used_once(cast):
    with pytest.raises(UserRefused, match="newcomer"):
        create_users(users=[NewUser("newcomer", "甲"), NewUser("newcomer", "乙")], by=None)


@pytest.fixture
def one_leader_three_officers(areas):
    scheme = RoleScheme.objects.create(name="一长三员")
    roles = (Role.GRID_LEADER, Role.SENTIMENT_OFFICER, Role.SAFETY_OFFICER, Role.CITYSCAPE_OFFICER)
    SchemePost.objects.bulk_create([SchemePost(scheme=scheme, kind="grid", role=role) for role in roles])
    use_scheme(area=areas.district, scheme=scheme, by=None)
    return scheme


def test_vacancies_are_the_posts_of_the_scheme_that_nobody_holds(cast, areas, one_leader_three_officers):
    empty = {(one.area.code, one.post.role) for one in vacancies(cast.secretary)}
    officers = {Role.SENTIMENT_OFFICER, Role.SAFETY_OFFICER, Role.CITYSCAPE_OFFICER}
    assert empty == {(code, role) for code in ("370199001001001", "370199001001002") for role in officers}


def test_the_nearest_scheme_holds(cast, areas, one_leader_three_officers):
    other = RoleScheme.objects.create(name="一片三长")
    SchemePost.objects.create(scheme=other, kind="building", role=Role.BUILDING_LEADER)
    use_scheme(area=areas.taoyuan, scheme=other, by=None)
    assert {one.area.code for one in vacancies(cast.secretary)} == {"370199001001L002", "370199001001L003"}


def test_vacancies_take_five_queries(cast, areas, one_leader_three_officers, django_assert_num_queries):
    user = User.objects.get(pk=cast.district_official.pk)
    assert user.scope.grants
    with django_assert_num_queries(5):
        vacancies(user)


def test_posts_that_end_within_sixty_days_are_listed(cast, areas):
    soon = make_user(Role.BUILDING_LEADER, areas.building2, username="soon", ends_on=today() + timedelta(days=60))
    make_user(Role.BUILDING_LEADER, areas.building3, username="later", ends_on=today() + timedelta(days=61))
    assert {post.user_id for post in ending_soon(cast.secretary)} == {soon.pk}


def test_closing_a_building_ends_its_leaders_post(cast, areas):
    close_area(area=areas.building1, by=cast.secretary)
    assert Appointment.objects.get(user=cast.building_leader).end_reason == EndReason.AREA_CLOSED
