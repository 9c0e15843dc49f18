"""The register of areas on the engine: names, renaming, parents, rings, reach, writing."""

import csv

import pytest
from django.conf import settings
from django.db import connection

from accounts.choices import Role
from accounts.models import Appointment
from audit.models import ChangeEntry
from gridparty.lib.roster import Verdict
from gridparty.lib.workbook import BROWSER
from grids.actions import close_area, move_area, place
from grids.errors import AreaRefused
from grids.models import Area, AreaEvent
from rosters.engine import commit_roster, read_roster, roster_of
from rosters.tests.rolls import line_reader, reasons, verdicts

DIVISIONS = settings.BASE_DIR / "grids" / "data" / "licheng-divisions.csv"


@pytest.fixture
def read(tmp_path):
    """Judge lines "level,name,code,parent"."""
    return line_reader(roster_of("areas"), tmp_path, "level,name,code,parent_code")


# --- Names

SHORT_NAMES = {
    "370112000000": ("历城区", "district"),
    "370112001000": ("山大路街道", "subdistrict"),
    "370112004012": ("桑园南社区", "community"),
    "370112004010": ("电建一公司社区", "community"),
    "370112004016": ("清河新居社区", "community"),
    "370112013006": ("文旅城兰亭居社区", "community"),
    "370112007205": ("小洼庄村", "village"),
    "370112007209": ("北小街村", "village"),
    "370112007213": ("盖家沟村", "village"),
    "370112018270": ("王府村庄村", "village"),
    "370112018304": ("毛家村峪村", "village"),
    "370112010208": ("刘家庄村", "village"),
    "370112010222": ("刘家庄村民委员会", "village"),  # its older twin is 刘家庄村
    "370112018226": ("刘家庄村", "village"),
    "370112020209": ("刘家庄村", "village"),
}


@pytest.fixture
def licheng(db):
    reading = read_roster(roster=roster_of("areas"), path=DIVISIONS, limits=BROWSER)
    commit_roster(reading=reading, by=None)


def test_short_names_of_the_real_list(licheng):
    assert {area.code: (area.name, area.form) for area in Area.objects.filter(code__in=SHORT_NAMES)} == SHORT_NAMES


def test_the_official_names_of_the_real_list_are_kept(licheng):
    with DIVISIONS.open(encoding="utf-8-sig", newline="") as file:
        official = {line["code"]: line["name"] for line in csv.DictReader(file)}
    assert dict(Area.objects.values_list("code", "full_name")) == official


def test_no_two_siblings_of_the_real_list_share_a_name(licheng):
    siblings = list(Area.objects.values_list("parent", "name"))
    assert len(siblings) == len(set(siblings)) == 650


def test_a_new_area_whose_short_name_is_taken_goes_by_its_full_name(read, areas):
    reading = read("community,桃园居委会,370199001003,370199001000", "community,柳园村村民委员会,370199001203,370199001000")
    commit_roster(reading=reading, by=None)
    assert Area.objects.get(code="370199001003").name == "桃园居委会"
    assert Area.objects.get(code="370199001203").name == "柳园村"


def test_two_areas_of_one_official_name_are_refused(read, areas):
    reading = read(
        "grid,第3网格,370199001001003,370199001001",
        "grid,第3网格,370199001001004,370199001001",
        "grid,第1网格,370199001001005,370199001001",
    )
    assert reasons(reading) == {
        3: [("名称", "同一上级下已有“第3网格”（编码 370199001001003），名称不能相同，请加以区别。")],
        4: [("名称", "同一上级下已有“第1网格”（编码 370199001001001），名称不能相同，请加以区别。")],
    }


def test_full_width_brackets_of_a_name_stay(read, areas):
    commit_roster(reading=read("grid,第３网格（东）,370199001001003,370199001001"), by=None)
    assert Area.objects.get(code="370199001001003").name == "第3网格（东）"
    assert verdicts(read("grid,第３网格（东）,370199001001003,370199001001")) == ["unchanged"]


# --- Renaming


def test_a_changed_official_name_renames_once(read, areas):
    line = "community,桃花园社区居民委员会,370199001001,370199001000"
    reading = read(line)
    assert verdicts(reading) == ["updated"]
    assert commit_roster(reading=reading, by=None) == 1
    areas.taoyuan.refresh_from_db()
    assert (areas.taoyuan.name, areas.taoyuan.full_name) == ("桃花园社区", "桃花园社区居民委员会")
    event = AreaEvent.objects.get()
    assert (event.kind, event.before, event.after) == ("renamed", "桃园社区居民委员会", "桃花园社区居民委员会")
    assert verdicts(read(line)) == ["unchanged"]


def test_a_village_that_becomes_a_community_changes_its_form(read, areas):
    commit_roster(reading=read("community,杏园社区居民委员会,370199002001,370199002000"), by=None)
    areas.xingyuan.refresh_from_db()
    assert (areas.xingyuan.name, areas.xingyuan.form) == ("杏园社区", "community")


def test_areas_that_swap_their_names_go_by_the_full_ones(read, areas):
    reading = read(
        "community,柳园社区居民委员会,370199001001,370199001000", "community,桃园社区居民委员会,370199001002,370199001000"
    )
    assert commit_roster(reading=reading, by=None) == 2
    assert Area.objects.get(code="370199001001").name == "柳园社区居民委员会"
    assert Area.objects.get(code="370199001002").name == "桃园社区居民委员会"


def test_a_renamed_area_and_a_new_one_may_not_meet(read, areas):
    reading = read("grid,第9网格,370199001001001,370199001001", "grid,第9网格,370199001001009,370199001001")
    assert list(reasons(reading)) == [3]


# --- Levels and parents


@pytest.mark.parametrize(
    ("line", "column", "sentence"),
    [
        ("street,南街街道,370199003000,", "上级编码", "没有上级，街道的上级应为区。"),
        ("district,木棉区,370197000000,370199000000", "上级编码", "区是最上一级，不能有上级，请留空。"),
        ("grid,第3网格,370199001001003,370199001000", "上级编码", "网格不能设在街道之下，上级应为社区、网格。"),
        ("grid,第3网格,370199001001003,370199001009", "上级编码", "找不到上级编码 370199001009，请先补上该区域或改正编码。"),
        ("grid,第3网格,370199001001003,370199001001003", "上级编码", "上级编码就是自己的编码 370199001001003，请改正。"),
        (
            "grid,第3网格,370199001002003,370199001001",
            "编码",
            "编码 370199001002003 与上级编码 370199001001 不一致：前 12 位应相同，请核对两者。",
        ),
        (
            "community,梅园社区,3701990010,370199001000",
            "编码",
            "编码 3701990010 不符合规则：社区的编码应为 12 位数字，后 3 位不全为 0。",
        ),
        (
            "community,梅园社区,370199001000,370199001000",
            "级别",
            "编码 370199001000 在案的级别是街道，请核对级别和编码。",
        ),
        (
            "grid,第1网格,370199001001001,370199001002",
            "上级编码",
            "编码 370199001001001 在案的上级是 370199001001，请核对；如需划转，请在区域页面办理。",
        ),
        (f"grid,{'长' * 61},370199001001003,370199001001", "名称", "名称过长，最多 60 个字，请缩短。"),
    ],
)
def test_each_mistake_has_its_sentence(read, areas, line, column, sentence):
    reading = read(line)
    assert (column, sentence) in reasons(reading)[2]


def test_an_area_below_a_closed_one_is_refused(read, areas):
    for building in (areas.building1, areas.building2):
        close_area(area=building, by=None)
    close_area(area=areas.grid1, by=None)
    reading = read("building,9号楼,370199001001L009,370199001001001", "grid,第1网格,370199001001001,370199001001")
    assert reasons(reading) == {
        2: [("上级编码", "上级 370199001001001“第1网格”已撤销，请改为现有区域的编码。")],
        3: [("编码", "编码 370199001001001 的“第1网格”已撤销，编码不再使用。请删去此行或改用新编码。")],
    }


def test_a_row_that_could_not_be_read_is_not_blamed_on_those_below_it(read, areas):
    reading = read("部落,第3网格,370199001001003,370199001001", "building,9号楼,370199001001L009,370199001001003")
    assert list(reasons(reading)) == [2]


def test_a_row_tells_all_its_mistakes(read, areas):
    reading = read("部落,,370199001001003,370199001009")
    assert [column for column, _sentence in reasons(reading)[2]] == ["级别", "名称", "上级编码"]


def test_a_moved_community_keeps_its_code_and_its_new_grids_fit(read, areas):
    move_area(area=areas.liuyuan, parent=areas.west, by=None)
    reading = read("community,柳园社区居民委员会,370199001002,370199002000", "grid,第2网格,370199001002002,370199001002")
    assert verdicts(reading) == ["unchanged", "new"]
    commit_roster(reading=reading, by=None)
    assert Area.objects.get(code="370199001002002").street_id == areas.west.pk


# --- Rings


def grid(number, parent):
    return f"grid,第{number}网格,370199001001{number:05d},370199001001{parent:05d}"


def test_rings_are_told_and_what_hangs_on_them_is_not(read, areas):
    reading = read(grid(10, 11), grid(11, 10), grid(12, 12), grid(13, 12), grid(14, 10))
    ring = "上级关系成了环：37019900100100010 → 37019900100100011 → 37019900100100010，请改正其中一个的上级编码。"
    assert reasons(reading) == {
        2: [("上级编码", ring)],
        3: [("上级编码", ring)],
        4: [("上级编码", "上级编码就是自己的编码 37019900100100012，请改正。")],
    }


def test_a_ring_of_thirty_thousand_is_walked_once(read, areas, django_assert_num_queries):
    length = 30_000
    lines = [grid(n, n % length + 1) for n in range(1, length + 1)]
    with django_assert_num_queries(1):  # the codes, 900 at a time
        reading = read(*lines)
    assert len(reading.refused) == length


# --- Reach (T4)


def test_a_foreign_parent_is_told_like_one_that_is_not_there(read, cast):
    reading = read(
        "grid,第9网格,370199002001009,370199002001", "grid,第9网格,370199002009009,370199002009", by=cast.street_officer
    )
    there, not_there = (row.reasons for row in reading.rows)
    assert there == [("上级编码", "上级编码 370199002001 不存在，或不在您的管理范围内，未写入。")]
    assert not_there == [("上级编码", "上级编码 370199002009 不存在，或不在您的管理范围内，未写入。")]


@pytest.mark.parametrize(
    "line",
    [
        "grid,第1网格,370199002001001,370199002001",  # as it is on record
        "grid,新名网格,370199002001001,370199002001",
        "building,第1网格,370199002001001,370199002001",
        "grid,第1网格,370199002001099,370199002001",  # not on record
    ],
)
def test_a_foreign_row_tells_nothing_of_what_is_on_record(read, cast, line):
    reading = read(line, by=cast.street_officer)
    assert reasons(reading) == {2: [("上级编码", "上级编码 370199002001 不存在，或不在您的管理范围内，未写入。")]}


def test_what_stands_below_a_foreign_row_is_foreign_too(read, cast):
    reading = read(
        "street,南街街道,370199003000,370199000000",
        "community,梅园社区,370199003001,370199003000",
        "grid,第1网格,370199003001001,370199003001",
        by=cast.street_officer,
    )
    assert [row.verdict for row in reading.rows] == [Verdict.REFUSED] * 3


def test_the_areas_above_may_stand_in_the_file_unchanged(read, cast):
    reading = read(
        "district,海棠区,370199000000,",
        "street,东街街道,370199001000,370199000000",
        "community,梅园社区,370199001009,370199001000",
        by=cast.street_officer,
    )
    assert verdicts(reading) == ["unchanged", "unchanged", "new"]
    assert commit_roster(reading=reading, by=cast.street_officer) == 1


def test_nobody_renames_the_area_one_is_appointed_to(read, cast):
    reading = read("street,东大街街道,370199001000,370199000000", by=cast.street_officer)
    assert reasons(reading) == {2: [("名称", "在案的名称是“东街街道”，您不能修改，请改回或请上级办理。")]}


def test_only_who_stands_over_all_districts_makes_a_district(read, cast):
    line = "district,木棉区,370197000000,"
    assert reasons(read(line, by=cast.district_official)) == {2: [("编码", "新设区不在您的管理范围内，未写入。")]}
    assert verdicts(read(line, by=cast.all_districts_official)) == ["new"]


def test_the_right_of_one_post_does_not_reach_where_another_stands(read, cast, areas):
    """Clerk in 桃园, and in 柳园 only leader of a grid."""
    post = Appointment(user=cast.clerk, role=Role.GRID_LEADER, starts_on="2020-01-01")
    place(row=post, area=areas.at("370199001002001"))
    post.save()
    clerk = type(cast.clerk).objects.get(pk=cast.clerk.pk)
    reading = read("building,9号楼,370199001001L009,370199001001001", "building,9号楼,370199001002L009,370199001002001", by=clerk)
    assert verdicts(reading) == ["new", "refused"]


def test_rings_do_not_hold_up_a_limited_user(read, cast):
    reading = read(grid(10, 11), grid(11, 10), by=cast.street_officer)
    assert all("成了环" in row.reasons[0][1] for row in reading.rows)


# --- Writing


def test_the_same_list_committed_by_two_is_made_once(read, areas):
    first, second = read("grid,第3网格,370199001001003,370199001001"), read("grid,第3网格,370199001001003,370199001001")
    commit_roster(reading=first, by=None)
    entries = ChangeEntry.objects.count()
    with pytest.raises(AreaRefused, match="编码 370199001001003 已被使用"):
        commit_roster(reading=second, by=None)
    assert ChangeEntry.objects.count() == entries


def test_an_import_is_logged_row_by_row_under_its_name_and_user(read, cast):
    reading = read("grid,第3网格,370199001001003,370199001001", "grid,东网格,370199001001001,370199001001", by=cast.secretary)
    commit_roster(reading=reading, by=cast.secretary)
    entries = ChangeEntry.objects.filter(operation="grids.import_areas", actor=cast.secretary).order_by("id")
    assert [(entry.model, entry.kind) for entry in entries] == [
        ("grids.area", "changed"),
        ("grids.areaevent", "created"),
        ("grids.area", "created"),
    ]
    assert entries[0].changes == {"name": ["第1网格", "东网格"], "full_name": ["第1网格", "东网格"]}


def test_queries_do_not_grow_with_the_rows(read, areas, django_assert_num_queries):
    for first, rows in ((100, 3), (200, 300)):
        lines = [f"building,{n}号楼,370199001001L{n},370199001001001" for n in range(first, first + rows)]
        with django_assert_num_queries(2):  # what is on record, and the siblings of the new ones
            reading = read(*lines)
        with django_assert_num_queries(WRITING[connection.vendor]):
            assert commit_roster(reading=reading, by=None) == rows


WRITING = {"postgresql": 15, "sqlite": 14}
