"""The algebra of scopes: a right works in its own area and below it, and nowhere else."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.choices import Role
from accounts.models import Appointment, User
from conftest import make_user
from gridparty.lib.access import NO_SCOPE, Can, Grant, Scope, scope_of
from grids.actions import create_area
from grids.models import Area, CodeRule

pytestmark = pytest.mark.django_db
SEE = frozenset({Can.SEE_AREAS})
EDIT = frozenset({Can.EDIT_AREAS})
BOTH = SEE | EDIT


@pytest.fixture
def tree(areas):
    """The small tree with what makes reaches hard: grids within grids, and buildings no grid holds."""
    CodeRule.objects.bulk_create([CodeRule(kind="grid", width=3), CodeRule(kind="building", prefix="L", width=3)])

    def new(kind, name, parent):
        return create_area(kind=kind, name=name, parent=parent, by=None)

    west = new("grid", "西片", areas.grid1)
    north = new("grid", "北角", west)
    areas.inner, areas.innermost = west, north
    areas.inner_building = new("building", "71号楼", west)
    areas.innermost_building = new("building", "72号楼", north)
    areas.loose_building = new("building", "73号楼", areas.taoyuan)
    new("grid", "东片", areas.grid2)
    for place in Area.objects.order_by("pk"):
        make_user(Role.MEMBER, place, username=f"m{place.pk}", name=place.name)
    areas.all = list(Area.objects.order_by("pk"))
    return areas


def below(area, everything):
    """The area and what stands below it, by parents alone."""
    found, waiting = set(), {area.pk}
    while waiting:
        found |= waiting
        waiting = {one.pk for one in everything if one.parent_id in waiting} - found
    return found


def someone(*grants):
    """Somebody with these grants, as (capabilities, area or None for everywhere)."""
    rights = tuple(Grant("role", can, None if area is None else Area.objects.get(pk=area.pk).reach) for can, area in grants)
    return SimpleNamespace(pk=0, scope=Scope(rights))


def pks(rows):
    return set(rows.values_list("pk", flat=True))


class TestReach:
    def test_of_every_area_it_is_the_area_and_all_below(self, tree):
        for area in tree.all:
            assert pks(Area.objects.within(area)) == below(area, tree.all), area

    def test_rows_placed_there_are_the_same_ones(self, tree):
        for area in tree.all:
            placed = set(Appointment.objects.within(area).values_list("area", flat=True))
            assert placed == below(area, tree.all), area

    def test_covering_says_the_same_as_asking_the_database(self, tree):
        for area in tree.all:
            reach = area.reach
            assert {one.pk for one in tree.all if reach.covers(one)} == below(area, tree.all)

    @pytest.mark.parametrize(
        ("name", "column", "exact"),
        [
            ("district", "district", True),
            ("east", "street", True),
            ("taoyuan", "community", True),
            ("grid1", "grid", True),
            ("building1", "grid", False),
            ("inner", "grid", False),
            ("innermost_building", "grid", False),
            ("loose_building", "community", False),
        ],
    )
    def test_the_column_that_narrows_most(self, tree, name, column, exact):
        reach = Area.objects.get(pk=getattr(tree, name).pk).reach
        assert (reach.column, reach.exact) == (column, exact)

    def test_down_to_the_grid_it_is_an_equality_without_a_join(self, tree):
        for name in ("district", "east", "taoyuan", "grid1"):
            assert "JOIN" not in str(Appointment.objects.within(getattr(tree, name)).query)
        assert "JOIN" in str(Appointment.objects.within(tree.inner).query)

    def test_equal_numbers_in_another_district_are_another_place(self, tree):
        other = Area.objects.get(code="370198000000")
        assert (other.lft, other.tree_id) != (Area.objects.get(pk=tree.district.pk).lft, tree.district.tree_id)
        assert not other.reach.covers(tree.district)
        assert not Area.objects.within(other).filter(pk=tree.grid1.pk).exists()


class TestScope:
    def test_no_grant_no_rows(self, tree):
        for user in (someone(), AnonymousUser(), SimpleNamespace(pk=0)):
            assert not scope_of(user).has(Can.SEE_AREAS)
            assert not Area.objects.visible_to(user).exists()
            assert not Area.objects.editable_by(user).exists()
            assert not Area.objects.parents_for(user).exists()
            assert not Appointment.objects.visible_to(user).exists()
            assert not scope_of(user).covers(Can.SEE_AREAS, tree.grid1)
        assert scope_of(AnonymousUser()) is NO_SCOPE

    def test_everywhere_adds_no_filter(self, tree):
        user = someone((BOTH, None))
        assert pks(Area.objects.visible_to(user)) == {area.pk for area in tree.all}
        assert "WHERE" not in str(Area.objects.visible_to(user).query)
        assert scope_of(user).everywhere(Can.EDIT_AREAS)
        assert scope_of(user).reaches(Can.EDIT_AREAS) == []
        assert all(scope_of(user).covers(Can.EDIT_AREAS, area) for area in tree.all)

    def test_everywhere_for_one_thing_is_nowhere_for_another(self, tree):
        user = someone((SEE, None), (EDIT, tree.grid1))
        assert Area.objects.visible_to(user).count() == len(tree.all)
        assert pks(Area.objects.editable_by(user)) == below(tree.grid1, tree.all) - {tree.grid1.pk}
        assert not scope_of(user).everywhere(Can.EDIT_AREAS)

    def test_the_right_of_one_role_does_not_work_in_the_area_of_another(self, tree):
        user = someone((SEE, tree.taoyuan), (EDIT, tree.liuyuan))
        assert pks(Area.objects.visible_to(user)) == below(tree.taoyuan, tree.all)
        assert pks(Area.objects.editable_by(user)) == below(tree.liuyuan, tree.all) - {tree.liuyuan.pk}
        assert scope_of(user).has(Can.EDIT_AREAS)
        assert not scope_of(user).covers(Can.EDIT_AREAS, tree.taoyuan)

    def test_what_one_may_change_begins_below_the_own_area(self, tree):
        user = someone((EDIT, tree.taoyuan))
        assert pks(Area.objects.editable_by(user)) == below(tree.taoyuan, tree.all) - {tree.taoyuan.pk}
        assert pks(Area.objects.parents_for(user)) == below(tree.taoyuan, tree.all)

    def test_a_right_from_above_includes_the_area_of_a_lower_one(self, tree):
        user = someone((EDIT, tree.east), (EDIT, tree.taoyuan))
        assert pks(Area.objects.editable_by(user)) == below(tree.east, tree.all) - {tree.east.pk}

    def test_roles_and_capabilities(self, tree):
        scope = Scope((Grant("a", SEE, None), Grant("b", EDIT, tree.grid1.reach)))
        assert scope.roles() == {"a", "b"}
        assert [can for can in Can if scope.has(can)] == [Can.SEE_AREAS, Can.EDIT_AREAS]

    def test_through_another_table(self, tree):
        """Users by the place of their posts."""
        condition = scope_of(someone((SEE, tree.inner))).q(Can.SEE_AREAS, area_path="posts__area__", place_path="posts__")
        assert {int(user.username[1:]) for user in User.objects.filter(condition)} == below(tree.inner, tree.all)

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.data())
    def test_any_scope_is_the_union_of_its_grants(self, tree, data):
        places = st.one_of(st.none(), st.sampled_from(tree.all)) if data.draw(st.booleans()) else st.sampled_from(tree.all)
        grants = data.draw(st.lists(st.tuples(st.sampled_from([SEE, EDIT, BOTH]), places), max_size=4))
        user = someone(*grants)
        everything = {area.pk for area in tree.all}

        def reached(can, strictly=False):
            rows = set()
            for held, area in grants:
                if can in held:
                    rows |= everything if area is None else below(area, tree.all) - ({area.pk} if strictly else set())
            return rows

        assert pks(Area.objects.visible_to(user)) == reached(Can.SEE_AREAS)
        assert pks(Area.objects.editable_by(user)) == reached(Can.EDIT_AREAS, strictly=True)
        assert pks(Area.objects.parents_for(user)) == reached(Can.EDIT_AREAS)
        by_post = Appointment.objects.filter(scope_of(user).q(Can.SEE_AREAS))
        assert set(by_post.values_list("area", flat=True)) == reached(Can.SEE_AREAS)
        for can in (Can.SEE_AREAS, Can.EDIT_AREAS):
            assert {area.pk for area in tree.all if scope_of(user).covers(can, area)} == reached(can)
            assert scope_of(user).has(can) == any(can in held for held, _area in grants)
