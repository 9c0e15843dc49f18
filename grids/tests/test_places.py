"""Areas and doors by what offices write: found by every usual spelling, asked about where two could be meant, never guessed."""

import pytest

from accounts.choices import Role
from accounts.models import Appointment
from gridparty.lib.roster import CellRefused
from grids.actions import close_area, create_area, load_areas, place, rename_area
from grids.choices import AreaKind
from grids.models import Area
from grids.places import Places
from grids.rules import NewArea
from grids.spellings import floor_of


@pytest.fixture
def everywhere(areas):
    return Places(None)


@pytest.fixture
def in_taoyuan(areas):
    """As for a list said to be of 桃园."""
    return Places(None, areas.taoyuan)


def refusal(search, *args, **more) -> str:
    with pytest.raises(CellRefused) as refused:
        search(*args, **more)
    return str(refused.value)


def door(places, text, within=None, **parts):
    found = places.find_door(text, within, **parts)
    return found.building.code, found.unit, found.room


BUILDING1, BUILDING3 = "370199001001L001", "370199001001L003"
NOT_FOUND = "您的管理范围内没有找到区域“%s”，请核对名称，或填写编码。"


# --- Names and codes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("370199001001", "370199001001"),
        ("370199001001l003", BUILDING3),
        ("370199001", "370199001000"),
        ("370199", "370199000000"),
        ("海棠区", "370199000000"),
        ("东街街道", "370199001000"),
        ("东街街道办事处", "370199001000"),
        ("东街街道办", "370199001000"),
        ("东街", "370199001000"),
        ("桃园社区", "370199001001"),
        ("桃园社区居民委员会", "370199001001"),
        ("桃园居委会", "370199001001"),
        ("桃 园 社 区", "370199001001"),
        ("桃园", "370199001001"),
        ("杏园村", "370199002001"),
        ("杏园村委会", "370199002001"),
        ("杏园", "370199002001"),
        ("桃园社区第一网格", "370199001001001"),
        ("桃园第1网格", "370199001001001"),
        ("桃园社区１网格", "370199001001001"),
        ("桃园社区网格一", "370199001001001"),
        ("桃园社区第01网格", "370199001001001"),
        ("东街街道桃园社区第二网格3号楼", BUILDING3),
        ("东街街道 / 桃园社区 / 第2网格 / 3号楼", BUILDING3),
        ("桃园社区-3栋", BUILDING3),
        ("山东省济南市海棠区东街街道桃园社区3号楼", BUILDING3),
        ("桃园3#", BUILDING3),
        ("柳园1号楼", "370199001002L001"),
    ],
)
def test_one_area_by_its_many_names(everywhere, text, code):
    assert everywhere.find(text).code == code


@pytest.mark.parametrize(
    "text", ["3号楼", "3栋", "3幢", "3座", "3#楼", "3#", "3号", "三号楼", "第3栋", "03号楼", "3", "３号楼", "楼栋3"]
)
def test_a_building_by_its_many_names(in_taoyuan, text):
    assert in_taoyuan.find(text, AreaKind.BUILDING).code == BUILDING3


@pytest.mark.parametrize("text", ["第二网格", "第2网格", "2网格", "网格二", "2号网格", "第二", "2", "002"])
def test_a_grid_by_its_many_names(in_taoyuan, text):
    assert in_taoyuan.find(text, AreaKind.GRID).code == "370199001001002"


@pytest.mark.parametrize(
    "text",
    ["11号楼", "桃园社区11号楼", "竹园社区", "桃园社区第3网格1号楼", "柳园社区3号楼", "杏园社区", "杏园社区1号楼", "", "楼"],
)
def test_what_is_not_there_is_not_found(everywhere, text):
    assert refusal(everywhere.find, text) == NOT_FOUND % text


def test_a_grid_named_with_its_community_goes_by_its_number_too(areas):
    rename_area(area=areas.grid2, name="桃园东片网格", full_name="桃园社区东片网格", by=None)
    places = Places(None, areas.taoyuan)
    assert {places.find(text).pk for text in ("东片网格", "东片", "桃园东片网格", "桃园社区东片网格")} == {areas.grid2.pk}


def test_a_village_and_a_community_of_one_stem_are_two(areas):
    load_areas(areas=[NewArea("community", "370199001201", "桃园村", "桃园村民委员会", "village", "370199001000")], by=None)
    places = Places(None)
    assert places.find("桃园村").code == "370199001201"
    assert places.find("桃园社区").code == "370199001001"
    assert refusal(places.find, "桃园") == (
        "“桃园”有 2 处：桃园社区（370199001001）、桃园村（370199001201），请连同社区一起写明（如“桃园社区”）或填写编码。"
    )


def test_what_is_found_can_be_placed_at(everywhere, areas, django_assert_num_queries):
    with django_assert_num_queries(0):
        area = everywhere.find("桃园社区3号楼")
        post = Appointment(role=Role.BUILDING_LEADER)
        place(row=post, area=area)
        assert areas.taoyuan.reach.covers(area)
    assert (post.area_id, post.grid_id, post.community_id) == (areas.building3.pk, areas.grid2.pk, areas.taoyuan.pk)


def test_another_kind_than_the_column_asks_for_is_told(everywhere):
    message = refusal(everywhere.find, "370199001001001", AreaKind.COMMUNITY)
    assert message == "编码 370199001001001 是网格，这里应填社区的名称或编码。"
    assert refusal(everywhere.find, "桃园社区", AreaKind.GRID) == "您的管理范围内没有找到网格“桃园社区”，请核对名称，或填写编码。"


def test_a_closed_area_is_told_as_closed_where_nothing_else_is_meant(areas):
    close_area(area=areas.building3, by=None)
    places = Places(None, areas.taoyuan)
    closed = "“3号楼”（编码 370199001001L003）已撤销，请改填现有的区域。"
    assert refusal(places.find, "3号楼") == refusal(places.find, BUILDING3) == closed
    create_area(kind="building", name="3号楼", code="370199001001L103", parent=areas.grid2, by=None)
    assert Places(None, areas.taoyuan).find("3号楼").code == "370199001001L103"


# --- Names that stand in several places


def test_a_repeated_name_is_asked_about(everywhere):
    assert refusal(everywhere.find, "1号楼") == (
        "“1号楼”有 4 处：桃园社区第1网格1号楼（370199001001L001）、柳园社区第1网格1号楼（370199001002L001）、"
        "杏园村第1网格1号楼（370199002001L001）等，请连同社区一起写明（如“桃园社区第1网格1号楼”）或填写编码。"
    )


def test_another_cell_of_the_row_decides(everywhere, areas):
    assert everywhere.find("1号楼", within=areas.liuyuan).code == "370199001002L001"
    assert everywhere.find("1号楼", within=areas.grid1).code == BUILDING1
    assert refusal(everywhere.find, "3号楼", within=areas.grid1) == ("“第1网格”之下没有找到区域“3号楼”，请核对两者，或填写编码。")
    assert refusal(everywhere.find, "柳园社区1号楼", within=areas.taoyuan).startswith("“桃园社区”之下没有找到")
    assert refusal(everywhere.find, "370199001002L001", within=areas.taoyuan).startswith("“桃园社区”之下没有找到")


def test_else_the_area_of_the_list_decides(in_taoyuan, areas):
    assert in_taoyuan.find("1号楼").code == BUILDING1
    assert in_taoyuan.find("柳园社区1号楼").code == "370199001002L001"
    assert in_taoyuan.find("1号楼", within=areas.liuyuan).code == "370199001002L001"


def test_else_the_only_place_of_the_user(cast):
    assert Places(cast.clerk).find("1号楼").code == BUILDING1
    assert Places(cast.grid_leader).find("2号楼").code == "370199001001L002"


def test_a_bare_number_says_nothing_over_several_communities(everywhere, cast):
    """Only 桃园 has a 3号楼 on record; the one that is meant may be missing."""
    asked = "只写“3号楼”看不出是哪个社区的，请写明社区（如“桃园社区第2网格3号楼”）或填写编码。"
    assert refusal(everywhere.find, "3号楼") == refusal(Places(cast.street_officer).find, "3号楼") == asked
    assert refusal(everywhere.find, "东街街道3号楼").startswith("您的管理范围内没有找到")
    assert Places(cast.clerk).find("3号楼").code == BUILDING3


# --- Reach (T4)


@pytest.mark.parametrize(
    "text", ["柳园社区", "370199001002", "柳园1号楼", "杏园村", "竹园社区", "370199001009", "东街街道", "西街街道"]
)
def test_foreign_areas_are_told_like_those_that_are_not_there(cast, text):
    assert refusal(Places(cast.clerk).find, text) == NOT_FOUND % text


def test_the_names_above_may_stand_before(cast):
    places = Places(cast.grid_leader)
    assert places.find("海棠区东街街道桃园社区第1网格2号楼").code == "370199001001L002"
    assert refusal(places.find, "桃园社区3号楼") == NOT_FOUND % "桃园社区3号楼"


def test_who_has_no_area_finds_none(cast):
    assert refusal(Places(cast.nobody).find, "桃园社区") == NOT_FOUND % "桃园社区"


def test_two_posts_in_two_communities_ask_which(cast, areas):
    post = Appointment(user=cast.clerk, role=Role.GRID_LEADER, starts_on="2020-01-01")
    place(row=post, area=areas.at("370199001002001"))
    post.save()
    places = Places(type(cast.clerk).objects.get(pk=cast.clerk.pk))
    assert refusal(places.find, "1号楼").startswith("“1号楼”有 2 处")
    assert places.find("柳园1号楼").code == "370199001002L001"


# --- Doors


@pytest.mark.parametrize(
    ("text", "unit", "room"),
    [
        ("桃园社区3号楼2单元301室", "2", "301"),
        ("桃园社区第二网格3号楼2单元301", "2", "301"),
        ("海棠区东街街道桃园社区3号楼二单元三〇一室", "2", "301"),
        ("3号楼2单元301", "2", "301"),
        ("3-2-301", "2", "301"),
        ("3—2—301", "2", "301"),
        ("3 2 301", "2", "301"),
        ("桃园3-2-301", "2", "301"),
        ("3#2-301", "2", "301"),
        ("3#-2-301", "2", "301"),
        ("3号楼2-301", "2", "301"),
        ("３号楼２单元３０１室", "2", "301"),
        ("3栋301", "", "301"),
        ("3号楼301室", "", "301"),
        ("3栋2单元3楼301", "2", "301"),
        ("3-2-3〇1", "2", "301"),
        ("3号楼东单元501", "东", "501"),
        ("3号楼2单元301A", "2", "301A"),
        ("3号楼2单元东户", "2", "东户"),
        ("桃园路12号院3号楼2单元301", "2", "301"),
        ("海棠区桃园路12号院3号楼2单元301", "2", "301"),
        ("海棠区东街街道桃园社区桃园路12号3号楼2-301", "2", "301"),
        ("翠苑小区3号楼2单元301", "2", "301"),
        ("3.2.301", "2", "301"),
        ("3/2/301", "2", "301"),
        ("3_2_301", "2", "301"),
        ("3,2,301", "2", "301"),
        ("桃园社区3.2.301室", "2", "301"),
        ("3＃2单元301", "2", "301"),
        ("3-2-301室", "2", "301"),
        ("3号楼2门301", "2", "301"),
        ("3栋二门301室", "2", "301"),
        ("3号楼2单301", "2", "301"),
        ("3号楼2单元301户", "2", "301"),
        ("3号楼2单元301（租户）", "2", "301"),
        ("3号楼2单元301(人户分离)", "2", "301"),
    ],
)
def test_a_door_in_one_cell(in_taoyuan, text, unit, room):
    assert door(in_taoyuan, text) == (BUILDING3, unit, room)


@pytest.mark.parametrize(
    ("building", "unit", "room"),
    [
        ("3号楼", "2单元", "301室"),
        ("桃园社区3栋", "二", "301"),
        ("3", "2", "301"),
        ("3号楼", "", "2-301"),
        ("3号楼", "", "2单元301室"),
        ("3号楼2单元", "", "301"),
        (BUILDING3, "第2单元", "301户"),
        ("3号楼", "2", "2-301"),
        ("3号楼", "2单元", "2单元301"),
        ("3号楼", "2", "3-2-301"),
        ("3.0", "2.0", "301.0"),
    ],
)
def test_a_door_in_several_cells(in_taoyuan, building, unit, room):
    assert door(in_taoyuan, building, unit=unit, room=room) == (BUILDING3, "2", "301")


def test_a_room_that_names_another_unit_or_building_is_refused(in_taoyuan):
    for unit, room in (("2", "3-301"), ("2", "1-2-301"), ("2", "3单元301")):
        message = refusal(lambda: in_taoyuan.find_door("3号楼", unit=unit, room=room))  # noqa: B023 called at once
        assert message == f"“3号楼{unit}{room}”里室号写的单元或楼栋与前面的不一致，请核对，室号只写 301 这样的号码。"
    assert door(in_taoyuan, "3号楼", unit="2", room="1-1") == (BUILDING3, "2", "1-1")


def test_in_a_known_building_unit_and_room_are_enough(everywhere, areas):
    assert door(everywhere, "2-301", areas.building3) == (BUILDING3, "2", "301")
    assert door(everywhere, "2单元301室", areas.building3) == (BUILDING3, "2", "301")
    assert door(everywhere, "301", areas.building3) == (BUILDING3, "", "301")
    assert door(everywhere, "3-2-301", areas.building3) == (BUILDING3, "2", "301")
    assert refusal(everywhere.find_door, "1-2-301", areas.building3) == ("“3号楼”之下没有找到楼栋“1”，请核对两者，或填写编码。")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2-301", "“2-301”看不出是哪号楼还是哪个单元，请写成“3号楼2单元301室”或“3号楼301室”。"),
        ("301", "“301”看不出楼栋、单元和室号，请写成“桃园社区3号楼2单元301室”或“3-2-301”。"),
        ("3号楼2", "“3号楼2”看不出楼栋、单元和室号，请写成“桃园社区3号楼2单元301室”或“3-2-301”。"),
        ("3号楼2单元", "“3号楼2单元”看不出楼栋、单元和室号，请写成“桃园社区3号楼2单元301室”或“3-2-301”。"),
        ("3号楼", "“3号楼”看不出楼栋、单元和室号，请写成“桃园社区3号楼2单元301室”或“3-2-301”。"),
        ("桃园路12号301室", "“桃园路12号301室”看不出楼栋、单元和室号，请写成“桃园社区3号楼2单元301室”或“3-2-301”。"),
        ("", "没有填写楼栋和室号，请写成“桃园社区3号楼2单元301室”的样子。"),
        (
            "3号楼2单元301（东区）",
            "“3号楼2单元301（东区）”看不出楼栋、单元和室号，请写成“桃园社区3号楼2单元301室”或“3-2-301”。",
        ),
        ("2.301", "“2.301”看不出是哪号楼还是哪个单元，请写成“3号楼2单元301室”或“3号楼301室”。"),
        ("三2一", "“三2一”看不出楼栋、单元和室号，请写成“桃园社区3号楼2单元301室”或“3-2-301”。"),
        ("1号楼、3号楼2单元301", "您的管理范围内没有找到楼栋“1号楼、3号楼”，请核对名称，或填写编码。"),
        ("9-2-301", "您的管理范围内没有找到楼栋“9”，请核对名称，或填写编码。"),
        ("柳园社区3号楼2单元301", "您的管理范围内没有找到楼栋“柳园社区3号楼”，请核对名称，或填写编码。"),
        ("柳园3号楼2单元301", "您的管理范围内没有找到楼栋“柳园3号楼”，请核对名称，或填写编码。"),
        ("竹园社区3号楼2单元301", "您的管理范围内没有找到楼栋“竹园社区3号楼”，请核对名称，或填写编码。"),
        ("西街街道3号楼2单元301", "您的管理范围内没有找到楼栋“西街街道3号楼”，请核对名称，或填写编码。"),
        ("某某县某某镇12号院3号楼2单元301", "您的管理范围内没有找到楼栋“某某县某某镇12号院3号楼”，请核对名称，或填写编码。"),
    ],
)
def test_a_door_that_cannot_be_told_is_refused_with_an_example(in_taoyuan, text, sentence):
    assert refusal(in_taoyuan.find_door, text) == sentence


def test_an_address_is_passed_over_only_where_one_building_can_be_meant(areas):
    address = "桃园路12号院3号楼2单元301"
    assert refusal(Places(None).find_door, address).startswith("您的管理范围内没有找到楼栋")
    create_area(kind="building", name="阳光花园3号楼", code="370199001001L103", parent=areas.grid1, by=None)
    places = Places(None, areas.taoyuan)
    assert refusal(places.find_door, address).startswith("您的管理范围内没有找到楼栋")
    assert door(places, "阳光花园3号楼2单元301") == ("370199001001L103", "2", "301")
    assert door(places, "桃园社区3号楼2单元301") == (BUILDING3, "2", "301")


def test_a_foreign_community_in_an_address_is_never_ours(cast):
    places = Places(cast.clerk)
    for text in ("柳园社区3号楼2单元301", "柳园3号楼2单元301", "西街街道桃园路1号3号楼2单元301", "杏园村3号楼2单元301"):
        assert refusal(places.find_door, text).startswith("您的管理范围内没有找到楼栋")


# --- Cost


def test_loading_takes_two_queries_and_finding_none(cast, django_assert_num_queries):
    cast.clerk.scope  # noqa: B018 loaded once a request
    with django_assert_num_queries(3):  # the only place, the areas, those above
        places = Places(cast.clerk)
    with django_assert_num_queries(0):
        for text in ("1号楼", "桃园社区", "3号楼", "1号楼"):
            places.find(text)
    with django_assert_num_queries(1):
        Places(None)
    assert Area.objects.count() == 21


@pytest.mark.parametrize(
    ("room", "floor"),
    [
        ("302", 3), ("1203", 12), ("0302", 3), ("302室", 3), ("三〇二", 3), ("301A", 3), ("A301", 3), ("301-1", 3),
        ("301东户", 3), ("3层东户", 3), ("12层西户", 12), ("东户", None), ("5", None), ("12", None), ("003", None),
        ("10203", None), ("门卫", None), ("", None),
    ],
)  # fmt: skip
def test_the_floor_is_read_from_the_room(room, floor):
    assert floor_of(room) == floor
