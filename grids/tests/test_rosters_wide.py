"""Area lists that name a path a line: what is made, what is on record already, what is refused, and how far anybody reaches."""

import pytest
from django.db import connection

from audit.models import ChangeEntry
from gridparty.lib.roster import Verdict
from gridparty.lib.workbook import BROWSER
from grids.actions import close_area, move_area
from grids.choices import AreaForm
from grids.errors import AreaRefused
from grids.models import Area, CodeRule
from rosters.engine import commit_roster, read_roster, roster_of
from rosters.tests.rolls import line_reader, reasons, verdicts

HEAD = "街道,社区,社区代码,网格,楼栋"
DOWN = "东街街道,桃园社区"


@pytest.fixture(autouse=True)
def numbering(db):
    CodeRule.objects.bulk_create([CodeRule(kind="grid", width=3), CodeRule(kind="building", prefix="L", width=3)])


@pytest.fixture
def read(tmp_path):
    return line_reader(roster_of("areas").wide, tmp_path, HEAD)


def tree(under=""):
    """{code: (full name, code of the parent)} of the areas whose code begins so."""
    rows = Area.objects.filter(code__startswith=under).values_list("code", "full_name", "parent__code")
    return {code: (name, parent) for code, name, parent in rows}


# --- Making


def test_a_whole_district_is_made_from_paths(read, db):
    lines = [
        "海棠区,370199000000,东街街道办事处,桃园社区居民委员会,370199001001,第一网格,1号楼",
        "海棠区,,东街街道办事处,桃园社区居民委员会,370199001001,第1网格,2号楼",
        "海棠区,,东街街道办事处,桃园社区居民委员会,,2,3",
        "海棠区,,东街街道办事处,柳园村民委员会,370199001202,,",
    ]
    reading = read(*lines, head="区,区代码,街道,社区,社区代码,网格,楼栋")
    assert verdicts(reading) == ["new"] * 4
    assert [row.changes for row in reading.rows] == [
        [
            ("district", "", "海棠区"),
            ("street", "", "东街街道办事处"),
            ("community", "", "桃园社区居民委员会"),
            ("grid", "", "第一网格"),
            ("building", "", "1号楼"),
        ],
        [("building", "", "2号楼")],
        [("grid", "", "第2网格"), ("building", "", "3号楼")],
        [("community", "", "柳园村民委员会")],
    ]
    assert commit_roster(reading=reading, by=None) == 9
    assert tree() == {
        "370199000000": ("海棠区", None),
        "370199001000": ("东街街道办事处", "370199000000"),
        "370199001001": ("桃园社区居民委员会", "370199001000"),
        "370199001001001": ("第一网格", "370199001001"),
        "370199001001002": ("第2网格", "370199001001"),
        "370199001001L001": ("1号楼", "370199001001001"),
        "370199001001L002": ("2号楼", "370199001001001"),
        "370199001001L003": ("3号楼", "370199001001002"),
        "370199001202": ("柳园村民委员会", "370199001000"),
    }
    assert set(Area.objects.values_list("name", "form")) >= {
        ("东街街道", "subdistrict"),
        ("桃园社区", "community"),
        ("柳园村", "village"),
    }
    again = read(*lines, head="区,区代码,街道,社区,社区代码,网格,楼栋")
    assert verdicts(again) == ["unchanged"] * 4
    assert commit_roster(reading=again, by=None) == 0


def test_what_is_on_record_is_matched_by_name_and_the_rest_gets_the_next_numbers(read, areas):
    reading = read(f"{DOWN},,第一网格,一号楼", f"{DOWN},,第2网格,4栋", "东街,桃园,,第3网格,5#", f"{DOWN}居委会,,网格三,6号楼")
    assert verdicts(reading) == ["unchanged", "new", "new", "new"]
    assert commit_roster(reading=reading, by=None) == 4
    assert {code: tree()[code] for code in ("370199001001003", *(f"370199001001L00{n}" for n in (4, 5, 6)))} == {
        "370199001001003": ("第3网格", "370199001001"),
        "370199001001L004": ("4栋", "370199001001002"),
        "370199001001L005": ("5号楼", "370199001001003"),
        "370199001001L006": ("6号楼", "370199001001003"),
    }


def test_the_numbers_of_closed_areas_are_not_given_again(read, areas):
    close_area(area=areas.building3, by=None)
    commit_roster(reading=read(f"{DOWN},,第2网格,3号楼"), by=None)
    assert Area.objects.get(code="370199001001L004").name == "3号楼"


def test_a_line_that_says_the_same_again_is_skipped(read, areas):
    reading = read(f"{DOWN},,第1网格,9号楼", f"{DOWN},,第一网格,9栋", f"{DOWN},,第3网格,10号楼", f"{DOWN},,第3网格,")
    assert verdicts(reading) == ["new", "skipped", "new", "skipped"]
    assert reading.rows[1].reasons == [("", "与第 2 行重复，不再导入。")]
    assert commit_roster(reading=reading, by=None) == 3


def test_the_code_without_a_level_is_that_of_the_lowest(read, areas):
    head = "街道,社区,网格,统计用区划代码"
    reading = read("东街街道,梅园社区居民委员会,,370199001003", "东街街道,桃园社区,第8网格,370199001001008", head=head)
    commit_roster(reading=reading, by=None)
    assert tree("370199001003") == {"370199001003": ("梅园社区居民委员会", "370199001000")}
    assert tree("370199001001008") == {"370199001001008": ("第8网格", "370199001001")}


def test_a_new_street_takes_its_code_from_its_communities(read, areas):
    reading = read("南街镇,兰园社区,,,", "南街镇,竹园社区,370199003001,,", "南街镇,兰园社区,370199003002,,")
    assert verdicts(reading) == ["new", "new", "skipped"]
    commit_roster(reading=reading, by=None)
    assert tree("370199003") == {
        "370199003000": ("南街镇", "370199000000"),
        "370199003001": ("竹园社区", "370199003000"),
        "370199003002": ("兰园社区", "370199003000"),
    }
    assert Area.objects.get(code="370199003000").form == AreaForm.TOWN


def test_a_community_without_its_street_stands_where_its_code_says(read, areas):
    commit_roster(reading=read("梅园社区,370199001003", head="社区,社区代码"), by=None)
    assert Area.objects.get(code="370199001003").parent == areas.east


def test_the_same_number_in_two_grids_is_asked_about(read, areas):
    reading = read(f"{DOWN},,第3网格,9号楼", f"{DOWN},,第4网格,9号楼")
    assert verdicts(reading) == ["new", "new"]
    assert [remark.message for remark in reading.rows[1].warnings] == [
        "第 2 行的“第3网格”也有“9号楼”，将按两栋登记，请核对是否同一栋。"
    ]


# --- Other names


def test_another_name_for_a_code_renames_and_another_way_to_write_it_does_not(read, areas):
    reading = read("东街街道,桃花园社区居民委员会,370199001001,,", "东街街道,柳园社区居委会,370199001002,,")
    assert verdicts(reading) == ["updated", "unchanged"]
    assert reading.rows[0].changes == [("community", "桃园社区居民委员会", "桃花园社区居民委员会")]
    assert commit_roster(reading=reading, by=None) == 1
    areas.taoyuan.refresh_from_db()
    assert (areas.taoyuan.name, areas.taoyuan.full_name) == ("桃花园社区", "桃花园社区居民委员会")
    assert verdicts(read("东街街道,桃花园社区居民委员会,370199001001,,")) == ["unchanged"]


def test_a_code_goes_by_one_new_name_in_a_list(read, areas):
    reading = read("东街街道,桃花园社区,370199001001,,", "东街街道,桃李园社区,370199001001,,")
    assert reasons(reading) == {3: [("社区", "编码 370199001001 在名单中有“桃花园社区”和“桃李园社区”两个名称，请核对。")]}


# --- Mistakes


@pytest.mark.parametrize(
    ("line", "column", "sentence"),
    [
        ("东街街道,梅园社区,,,", "社区", "“梅园社区”不在案；新增社区请填写编码，已有的请核对名称。"),
        (
            "东街街道,桃园社区,370199001003,,",
            "社区",
            "“桃园社区”在案的编码是 370199001001，与 370199001003 不同，请核对名称和编码。",
        ),
        (
            "西街街道,桃园社区,370199001001,,",
            "社区",
            "编码 370199001001 在案的上级是“东街街道”，请核对；如需划转，请在区域页面办理。",
        ),
        (
            "西街街道,梅园社区,370199001003,,",
            "社区",
            "编码 370199001003 与上级编码 370199002000 不一致：前 9 位应相同，请核对两者。",
        ),
        (
            "东大街街道,梅园社区,370199001003,,",
            "街道",
            "编码 370199001000 在案的是“东街街道”，与“东大街街道”不同，请核对名称和编码。",
        ),
        (f"{DOWN},370199001000,,", "社区", "编码 370199001000 在案的级别是街道，请核对级别和编码。"),
        (f"{DOWN},,第2网格,1号楼", "楼栋", "“1号楼”在案属于“第1网格”，不在“第2网格”；如需划转，请在区域页面办理。"),
        ("东街街道,,,第1网格,1号楼", "社区", "没有填写，请补上。"),
        (f"{DOWN},,第1网格,2026-01-02", "楼栋", "“2026-01-02”成了日期，原来的内容已丢失。请把该列设为文本格式，重新填写名称。"),
        (f"{DOWN},,合计,", "网格", "“合计”不是区域的名称，请删去合计行。"),
        (",,,,1号楼", "楼栋", "没有写明“1号楼”所在的社区，请补上社区的名称或编码。"),
    ],
)
def test_each_mistake_has_its_sentence(read, areas, line, column, sentence):
    assert (column, sentence) in reasons(read(line))[2]


def test_two_lines_that_contradict_each_other_are_told(read, areas):
    head = "社区,社区代码,网格,网格编码"
    reading = read(
        "桃园社区,,第3网格,370199001001003",
        "桃园社区,,第3网格,370199001001004",
        "桃园社区,,第5网格,370199001001003",
        head=head,
    )
    assert reasons(reading) == {
        3: [("网格", "“第3网格”在第 2 行的编码是 370199001001003，与 370199001001004 不同，请核对两行。")],
        4: [("网格", "编码 370199001001003 在第 2 行是“第3网格”，请核对两行。")],
    }


def test_every_line_through_a_wrong_street_is_refused_and_no_other(read, areas):
    reading = read("北街街道,,,,", "北街街道,竹园社区,,,", f"{DOWN},,第3网格,")
    assert verdicts(reading) == ["refused", "refused", "new"]


def test_without_a_rule_for_numbers_the_code_is_asked_for(read, areas):
    CodeRule.objects.all().delete()
    reading = read(f"{DOWN},,第3网格,")
    assert reasons(reading) == {2: [("网格", "没有网格的编码规则，请填写编码。")]}


def test_a_name_that_stands_twice_in_a_community_asks_for_its_grid(read, areas):
    read_lines = read(f"{DOWN},,第3网格,9号楼", f"{DOWN},,第4网格,9号楼")
    commit_roster(reading=read_lines, by=None)
    (message,) = [message for _column, message in reasons(read(f"{DOWN},,,9号楼"))[2]]
    assert message.startswith(
        "“9号楼”有 2 处：桃园社区第3网格9号楼（370199001001L004）、桃园社区第4网格9号楼（370199001001L005）"
    )


# --- Reach (T4)


def test_a_clerk_draws_in_the_own_community_alone(read, cast):
    reading = read(
        f"{DOWN},,第3网格,9号楼",
        "东街街道,柳园社区,,第1网格,9号楼",
        "东街街道,柳园社区,370199001002,第1网格,9号楼",
        "西街街道,杏园村,370199002001,第1网格,1号楼",
        "东街街道,梅园社区,370199001009,,",
        by=cast.clerk,
    )
    assert verdicts(reading) == ["new", "refused", "refused", "refused", "refused"]
    assert commit_roster_of_good_rows(reading, cast.clerk) == 2


def commit_roster_of_good_rows(reading, by):
    return reading.roster.commit(rows=[row for row in reading.rows if row.verdict is Verdict.NEW], by=by)


def test_a_foreign_community_is_told_like_one_that_is_not_there(read, cast):
    reading = read("东街街道,柳园社区,,,", "东街街道,竹园社区,,,", by=cast.clerk)
    there, not_there = (row.reasons for row in reading.rows)
    assert there == [("社区", "“柳园社区”不在案；新增社区请填写编码，已有的请核对名称。")]
    assert not_there == [("社区", "“竹园社区”不在案；新增社区请填写编码，已有的请核对名称。")]
    reading = read("东街街道,柳园社区,370199001002,,", "东街街道,竹园社区,370199001009,,", by=cast.clerk)
    there, not_there = (row.reasons for row in reading.rows)
    assert there == not_there == [("社区", "上级编码 370199001000 不存在，或不在您的管理范围内，未写入。")]


def test_a_clerk_may_leave_out_what_stands_above(read, cast):
    reading = read(",第3网格,9号楼", ",第1网格,1号楼", head="社区,网格,楼栋", by=cast.clerk)
    assert verdicts(reading) == ["new", "unchanged"]
    commit_roster(reading=reading, by=cast.clerk)
    assert tree("370199001001003") == {"370199001001003": ("第3网格", "370199001001")}


def test_a_street_officer_makes_a_community_and_renames_none_above(read, cast):
    reading = read("东街街道,梅园社区,370199001003,第1网格,1号楼", by=cast.street_officer)
    assert commit_roster(reading=reading, by=cast.street_officer) == 3
    reading = read("370199001000,东大街街道,桃园社区", head="街道代码,街道,社区", by=cast.street_officer)
    assert reasons(reading) == {2: [("街道", "在案的名称是“东街街道”，您不能修改，请改回或请上级办理。")]}


def test_two_hundred_lines_into_foreign_communities_write_nothing(read, cast):
    lines = [f"东街街道,柳园社区,370199001002,第{n}网格,{n}号楼" for n in range(1, 101)]
    lines += [f"西街街道,杏园村,370199002001,第{n}网格,{n}号楼" for n in range(1, 101)]
    before = tree()
    reading = read(*lines, by=cast.clerk)
    assert len(reading.refused) == 200
    assert commit_roster_of_good_rows(reading, cast.clerk) == 0
    assert tree() == before


def test_a_moved_community_keeps_its_code(read, areas):
    move_area(area=areas.liuyuan, parent=areas.west, by=None)
    reading = read("西街街道,柳园社区,370199001002,第2网格,")
    assert verdicts(reading) == ["new"]
    commit_roster(reading=reading, by=None)
    assert Area.objects.get(code="370199001002002").street_id == areas.west.pk


# --- Writing


def test_numbers_given_out_meanwhile_are_passed_over(read, areas):
    first, second = read(f"{DOWN},,第3网格,"), read(f"{DOWN},,第4网格,")
    commit_roster(reading=first, by=None)
    commit_roster(reading=second, by=None)
    assert Area.objects.get(code="370199001001004").name == "第4网格"


def test_the_same_list_committed_by_two_is_made_once(read, areas):
    first, second = read(f"{DOWN},,第3网格,"), read(f"{DOWN},,第3网格,")
    commit_roster(reading=first, by=None)
    entries = ChangeEntry.objects.count()
    with pytest.raises(AreaRefused, match="同一上级下已有“第3网格”"):
        commit_roster(reading=second, by=None)
    assert ChangeEntry.objects.count() == entries


def test_queries_do_not_grow_with_the_rows(read, areas, django_assert_num_queries):
    for first, rows in ((10, 3), (100, 300)):
        lines = [f"{DOWN},,第1网格,{n}号楼" for n in range(first, first + rows)]
        with django_assert_num_queries(5):  # areas; rules and numbers; what is on record and the siblings of the new ones
            reading = read(*lines)
        with django_assert_num_queries(WRITING[connection.vendor]):
            assert commit_roster(reading=reading, by=None) == rows


WRITING = {"postgresql": 20, "sqlite": 18}


def test_what_is_left_empty_is_that_of_the_line_above_and_said_so(areas, cast, tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("社区,网格,楼栋\n桃园社区,第8网格,81号楼\n,,82号楼\n没有的社区,第9网格,91号楼\n,,92号楼\n", encoding="utf-8")
    reading = read_roster(roster=roster_of("areas"), path=path, limits=BROWSER, by=cast.clerk)
    assert [row.verdict.value for row in reading.rows] == ["new", "new", "refused", "refused"]
    assert reading.rows[1].warnings[0].message == "空着的上级按上一行的“桃园社区、第8网格”读取，请核对。"
    commit_roster(reading=reading, by=cast.clerk, partial=True)
    assert Area.objects.get(name="82号楼").grid.name == "第8网格"


@pytest.mark.parametrize("name", ["5号楼（拆除）", "5号楼（原6号楼）", "5号楼已拆除"])
def test_what_became_of_a_building_is_no_part_of_its_name(areas, read, name):
    reading = read(f"{DOWN},,第1网格,{name}")
    assert [row.verdict.value for row in reading.rows] == ["refused"]
    assert "是说明，不是名称" in reading.rows[0].reasons[0][1]
