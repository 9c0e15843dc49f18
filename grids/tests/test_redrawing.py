"""Redrawing several areas at once: the tree stays sound, and its cost does not grow with what is moved."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grids import tree
from grids.actions import Part, create_area, load_areas, merge_grids, move_area, split_grid
from grids.models import Area, AreaEvent, CodeRule
from grids.rules import NewArea

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowded(areas):
    """第1网格 of 桃园 with twelve buildings and an inner grid that holds two of them more."""
    grid, community = areas.grid1.code, areas.taoyuan.code
    new = [NewArea("grid", f"{community}011", "西片", "西片", "other", grid)]
    new += [_building(community, n, grid) for n in range(4, 14)]
    new += [_building(community, n, f"{community}011") for n in range(14, 16)]
    load_areas(areas=new, by=None)
    return areas


def _building(community, n, parent):
    return NewArea("building", f"{community}L{n:03d}", f"{n}号楼", f"{n}号楼", "other", parent)


def below(area):
    return set(Area.objects.filter(parent=area, closed_on=None).values_list("name", flat=True))


def assert_sound():
    assert list(tree.wrong_areas()) == []
    assert [model for model in tree.placed_models() if tree.misplaced(model).exists()] == []


def test_splitting_moves_many_to_each_of_several_new_grids(crowded):
    CodeRule.objects.create(kind="grid", width=3)
    children = dict(Area.objects.filter(parent=crowded.grid1).values_list("name", "pk"))
    parts = [
        Part("第3网格", [children["1号楼"], children["5号楼"], children["9号楼"]]),
        Part("第4网格", [children["西片"], children["13号楼"], children["4号楼"]]),
    ]
    third, fourth = split_grid(grid=crowded.grid1, parts=parts, by=None, revision=0)
    assert below(third) == {"1号楼", "5号楼", "9号楼"}
    assert below(fourth) == {"西片", "13号楼", "4号楼"}
    assert below(crowded.grid1) == {f"{n}号楼" for n in (2, 6, 7, 8, 10, 11, 12)}
    inner = Area.objects.get(name="西片")
    assert inner.grid_id == fourth.pk
    assert set(Area.objects.within(fourth).values_list("name", flat=True)) == {
        *("第4网格", "西片", "13号楼", "4号楼", "14号楼", "15号楼")
    }
    assert_sound()


def test_merging_several_grids_brings_all_below_them_together(crowded):
    third = create_area(kind="grid", name="第3网格", code="370199001001003", parent=crowded.taoyuan, by=None)
    merge_grids(grids=[crowded.grid1, crowded.grid2], into=third, by=None)
    assert below(third) == {"西片", *(f"{n}号楼" for n in range(1, 14))}
    assert Area.objects.filter(grid=third, closed_on=None).count() == 17  # itself, the inner grid and fifteen buildings
    assert set(Area.objects.filter(closed_on__isnull=False).values_list("code", flat=True)) == {
        crowded.grid1.code,
        crowded.grid2.code,
    }
    assert_sound()


def test_an_inner_grid_becomes_a_grid_of_its_own(crowded):
    inner = Area.objects.get(name="西片")
    move_area(area=inner, parent=crowded.taoyuan, by=None)
    assert set(Area.objects.filter(grid=inner).values_list("name", flat=True)) == {"西片", "14号楼", "15号楼"}
    assert_sound()


def test_a_street_moves_to_another_district_with_its_history(crowded):
    move_area(area=crowded.liuyuan, parent=crowded.west, by=None)
    move_area(area=crowded.west, parent=crowded.other_district, by=None)
    west = Area.objects.get(pk=crowded.west.pk)
    assert west.tree_id == crowded.other_district.tree_id
    assert Area.objects.within(crowded.other_district).count() == 5 + 8
    assert set(AreaEvent.objects.values_list("district", flat=True)) == {crowded.other_district.pk}
    assert_sound()


def test_merging_many_costs_what_merging_one_costs(areas):
    third = create_area(kind="grid", name="第3网格", code="370199001001003", parent=areas.taoyuan, by=None)
    with CaptureQueriesContext(connection) as one:
        merge_grids(grids=[areas.grid2], into=third, by=None)
    load_areas(areas=[_building(areas.taoyuan.code, n, areas.grid1.code) for n in range(4, 64)], by=None)
    with CaptureQueriesContext(connection) as many:
        merge_grids(grids=[areas.grid1], into=third, by=None)
    assert len(many) == len(one)  # for sixty-two buildings
    assert_sound()


def test_check_tree_tells_of_a_ring_that_no_root_reaches(crowded):
    inner = Area.objects.get(name="西片")
    building = Area.objects.get(name="14号楼")
    Area.objects.filter(pk=inner.pk).update(parent=building)
    with pytest.raises(CommandError, match="上级关系成了环"):
        call_command("check_tree")
    with pytest.raises(CommandError, match="上级关系成了环"):
        call_command("check_tree", repair=True)
