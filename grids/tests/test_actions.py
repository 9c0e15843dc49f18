"""Redrawing the tree: what moves, what stays, what is refused."""

import pytest

from audit.models import ChangeEntry
from grids import tree
from grids.actions import (
    Part,
    close_area,
    create_area,
    load_areas,
    merge_grids,
    move_area,
    rename_area,
    repair_tree,
    split_grid,
)
from grids.choices import AreaEventKind, AreaKind
from grids.errors import AreaRefused, DrawnAnew
from grids.models import Area, AreaEvent, CodeRule
from grids.rules import NewArea


@pytest.fixture
def rules(db):
    CodeRule.objects.bulk_create([CodeRule(kind="grid", width=3), CodeRule(kind="building", prefix="L", width=3)])


def codes(rows):
    return set(rows.values_list("code", flat=True))


def assert_sound():
    assert list(tree.wrong_areas()) == []
    assert [model for model in tree.placed_models() if tree.misplaced(model).exists()] == []


def test_loading_numbers_the_tree_and_copies_ancestors(areas):
    assert_sound()
    building = areas.building1
    assert (building.street_id, building.community_id, building.grid_id) == (areas.east.pk, areas.taoyuan.pk, areas.grid1.pk)
    assert areas.xingyuan.name == "杏园村"
    assert codes(Area.objects.within(areas.grid1)) == {"370199001001001", "370199001001L001", "370199001001L002"}


def test_loading_below_a_recorded_district_keeps_its_nodes(areas):
    added = load_areas(areas=[NewArea("grid", "370199001002002", "第2网格", "第2网格", "other", "370199001002")], by=None)
    assert added == 1
    assert_sound()
    assert Area.objects.get(code="370199001002002").tree_id == areas.district.tree_id


def test_loading_logs_each_area_once(areas):
    assert ChangeEntry.objects.filter(model="grids.area", kind="created").count() == Area.objects.count()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("grid", "370199001009001", "第9网格", "370199001009"), "找不到上级编码 370199001009"),
        (("street", "370199001000", "东街街道", "370199000000"), "出现了两次"),
        (("community", "370199003001", "桃园社区", "370199001000"), "前 9 位应相同"),
        (("building", "370199001001L001", "1号楼", "370199001000"), "楼栋不能设在街道之下"),
        (("grid", "370199001001001", "第1网格", "370199001001001"), "上级编码就是自己的编码"),
    ],
)
def test_loading_refuses_and_writes_nothing(db, row, sentence):
    kind, code, name, parent = row
    areas = [
        NewArea("district", "370199000000", "海棠区", "海棠区", "district", None),
        NewArea("street", "370199001000", "东街街道", "东街街道", "subdistrict", "370199000000"),
        NewArea("community", "370199001001", "桃园社区", "桃园社区", "community", "370199001000"),
        NewArea(kind, code, name, name, "other", parent),
    ]
    with pytest.raises(AreaRefused, match=sentence):
        load_areas(areas=areas, by=None)
    assert not Area.objects.exists()


def test_a_new_grid_gets_the_next_number_of_its_community(areas, rules):
    grid = create_area(kind=AreaKind.GRID, name="第3网格", parent=areas.taoyuan, by=None)
    building = create_area(kind=AreaKind.BUILDING, name="9号楼", parent=grid, by=None)
    assert (grid.code, building.code) == ("370199001001003", "370199001001L004")
    assert building.grid_id == grid.pk
    assert_sound()


def test_a_grid_within_a_grid_keeps_the_outermost_one(areas, rules):
    inner = create_area(kind=AreaKind.GRID, name="西片", parent=areas.grid1, by=None)
    building = create_area(kind=AreaKind.BUILDING, name="9号楼", parent=inner, by=None)
    assert (inner.grid_id, building.grid_id) == (areas.grid1.pk, areas.grid1.pk)
    inner.refresh_from_db()
    assert codes(Area.objects.within(inner)) == {inner.code, building.code}
    move_area(area=inner, parent=areas.taoyuan, by=None)
    building.refresh_from_db()
    assert building.grid_id == inner.pk
    assert_sound()


def test_siblings_do_not_share_a_name(areas, rules):
    with pytest.raises(AreaRefused, match="名称不能相同"):
        create_area(kind=AreaKind.GRID, name="第1网格", parent=areas.taoyuan, by=None)
    with pytest.raises(AreaRefused, match="名称不能相同"):
        rename_area(area=areas.grid1, name="第2网格", full_name="", by=None)


def test_moving_a_community_carries_everything_along(areas):
    move_area(area=areas.liuyuan, parent=areas.west, by=None, note="区划调整")
    building = Area.objects.get(code="370199001002L001")
    assert (building.street_id, building.community_id) == (areas.west.pk, areas.liuyuan.pk)
    event = AreaEvent.objects.get(kind=AreaEventKind.MOVED)
    assert (event.before, event.after, event.street_id) == ("东街街道", "西街街道", areas.west.pk)
    assert_sound()


def test_an_area_cannot_move_below_itself(areas, rules):
    inner = create_area(kind=AreaKind.GRID, name="西片", parent=areas.grid1, by=None)
    with pytest.raises(AreaRefused, match="自己的下级"):
        move_area(area=areas.grid1, parent=inner, by=None)


def test_splitting_takes_the_named_buildings_and_leaves_the_rest(areas, rules):
    (new,) = split_grid(grid=areas.grid1, parts=[Part("第3网格", [areas.building2.pk])], by=None, revision=0)
    assert codes(Area.objects.within(new)) == {"370199001001003", "370199001001L002"}
    assert codes(Area.objects.within(Area.objects.get(pk=areas.grid1.pk))) == {"370199001001001", "370199001001L001"}
    assert AreaEvent.objects.filter(kind=AreaEventKind.SPLIT).count() == 2
    assert_sound()


def test_the_second_of_two_splits_is_told(areas, rules):
    split_grid(grid=areas.grid1, parts=[Part("第3网格", [areas.building2.pk])], by=None, revision=0)
    with pytest.raises(DrawnAnew, match="刚被他人调整过"):
        split_grid(grid=areas.grid1, parts=[Part("第4网格", [areas.building1.pk])], by=None, revision=0)
    assert not Area.objects.filter(name="第4网格").exists()


def test_merging_moves_what_is_below_and_closes_the_grid(areas):
    merge_grids(grids=[areas.grid2], into=areas.grid1, by=None)
    areas.grid2.refresh_from_db()
    areas.building3.refresh_from_db()
    assert not areas.grid2.is_open
    assert areas.building3.grid_id == areas.grid1.pk
    assert AreaEvent.objects.filter(kind=AreaEventKind.MERGED, area=areas.grid2, other=areas.grid1).exists()
    assert_sound()


def test_closing_needs_nothing_open_below(areas):
    with pytest.raises(AreaRefused, match="之下还有 2 个区域"):
        close_area(area=areas.grid1, by=None)
    close_area(area=areas.building1, by=None)
    areas.building1.refresh_from_db()
    assert not areas.building1.is_open
    assert_sound()


def test_the_name_of_a_closed_area_is_free_again_but_its_code_is_not(areas, rules):
    close_area(area=areas.building3, by=None)
    again = create_area(kind=AreaKind.BUILDING, name="3号楼", parent=areas.grid2, by=None)
    assert again.code == "370199001001L004"


def test_saving_a_moved_area_outside_the_lock_is_an_error(areas):
    areas.building1.parent = areas.grid2
    with pytest.raises(RuntimeError):
        areas.building1.save()


def test_repair_mends_numbers_and_copies(areas):
    Area.objects.filter(pk=areas.grid1.pk).update(level=9, street=areas.west)
    assert [area.code for area in tree.wrong_areas()] == ["370199001001001"]
    assert repair_tree() == {"areas": 1}
    assert_sound()
