"""One list makes the grids, buildings and branches that are missing: judged and written, and how far anybody reaches."""

import pytest
from django.db import connection

from gridparty.lib.roster import Verdict
from grids.models import Area
from members.actions import NewOrganisation, close_organisation, found_organisations
from members.errors import OrganisationRefused
from members.models import PartyOrganisation
from rosters.engine import commit_roster, roster_of
from rosters.tests.rolls import line_reader, reasons, verdicts

HEAD = "社区,网格,楼栋,网格党支部,楼栋党小组"


@pytest.fixture
def read(tmp_path):
    """Judge lines below a header row: `read(*lines, head=…, by=…)` returns the reading."""
    return line_reader(roster_of("buildings"), tmp_path, HEAD)


def below(area):
    """{(name, name of the parent)} of the open areas in an area."""
    rows = Area.objects.within(area).open().exclude(pk=area.pk)
    return set(rows.values_list("name", "parent__name"))


TAOYUAN = {
    ("第1网格", "桃园社区"),
    ("第2网格", "桃园社区"),
    ("1号楼", "第1网格"),
    ("2号楼", "第1网格"),
    ("3号楼", "第2网格"),
}
PARTIES = {
    ("东街党工委", None, "东街街道"),
    ("桃园社区党委", "东街党工委", "桃园社区"),
    ("第1网格党支部", "桃园社区党委", "第1网格"),
    ("第2网格党支部", "桃园社区党委", "第2网格"),
    ("1号楼党小组", "第1网格党支部", "1号楼"),
    ("柳园党支部", "东街党工委", "柳园社区"),
}


def organisations():
    """{(name, name of the parent, name of the area)} of the open ones."""
    return set(PartyOrganisation.objects.open().values_list("name", "parent__name", "area__name"))


# --- Making


def test_a_list_makes_what_is_missing_and_a_second_run_nothing(read, areas, parties):
    lines = [
        "桃园社区,第一网格,1栋,第一网格党支部,",
        "桃园社区,第3网格,4号楼,桃园社区第三网格党支部,4号楼党小组",
        "桃园社区,第3网格,5号楼,桃园社区第三网格党支部,",
        "桃园社区居民委员会,4,6,,",
    ]
    reading = read(*lines)
    assert verdicts(reading) == ["unchanged", "new", "new", "new"]
    assert reading.rows[1].changes == [
        ("grid", "", "第3网格"),
        ("building", "", "4号楼"),
        ("branch", "", "桃园社区第三网格党支部"),
        ("group", "", "4号楼党小组"),
    ]
    assert commit_roster(reading=reading, by=None) == 7
    assert below(areas.taoyuan) == TAOYUAN | {
        ("第3网格", "桃园社区"),
        ("4号楼", "第3网格"),
        ("5号楼", "第3网格"),
        ("第4网格", "桃园社区"),
        ("6号楼", "第4网格"),
    }
    assert organisations() == PARTIES | {
        ("桃园社区第三网格党支部", "桃园社区党委", "第3网格"),
        ("4号楼党小组", "桃园社区第三网格党支部", "4号楼"),
    }
    again = read(*lines)
    assert verdicts(again) == ["unchanged"] * 4
    assert commit_roster(reading=again, by=None) == 0


def test_a_branch_for_a_grid_and_a_building_on_record(read, areas, parties):
    close_organisation(organisation=parties.branch2, by=None)
    reading = read("桃园社区,第2网格,3号楼,中共桃园社区第2网格支部委员会,3号楼党小组")
    assert verdicts(reading) == ["new"]
    assert commit_roster(reading=reading, by=None) == 2
    assert organisations() - PARTIES == {
        ("中共桃园社区第2网格支部委员会", "桃园社区党委", "第2网格"),
        ("3号楼党小组", "中共桃园社区第2网格支部委员会", "3号楼"),
    }
    assert verdicts(read("桃园社区,第2网格,3号楼,桃园第二网格党支部,")) == ["unchanged"]


def test_the_branch_may_stand_on_a_later_line_of_the_grid(read, areas, parties):
    reading = read("桃园社区,第3网格,4号楼,,4号楼党小组", "桃园社区,第3网格,4号楼,第3网格党支部,")
    assert verdicts(reading) == ["new", "skipped"]
    assert commit_roster(reading=reading, by=None) == 4
    assert organisations() - PARTIES == {
        ("第3网格党支部", "桃园社区党委", "第3网格"),
        ("4号楼党小组", "第3网格党支部", "4号楼"),
    }


def test_a_branch_on_a_line_that_repeats_its_building_is_not_lost(read, areas, parties):
    reading = read("桃园社区,第3网格,4号楼,,", "桃园社区,第3网格,4号楼,第3网格党支部,")
    assert verdicts(reading) == ["new", "new"]
    assert commit_roster(reading=reading, by=None) == 3


def test_several_buildings_in_one_cell(read, areas, parties):
    reading = read("桃园社区,第3网格,4-6号楼,,", "桃园社区,第3网格,7、8、10栋,,", "桃园社区,第3网格,11#  12#,,")
    assert [[remark.message for remark in row.warnings] for row in reading.rows] == [
        ["“4-6号楼”读作 3 栋：4号楼、5号楼、6号楼，请核对。"],
        ["“7、8、10栋”读作 3 栋：7栋、8栋、10栋，请核对。"],
        ["“11# 12#”读作 2 栋：11号楼、12号楼，请核对。"],
    ]
    commit_roster(reading=reading, by=None)
    names = {"4号楼", "5号楼", "6号楼", "7栋", "8栋", "10栋", "11号楼", "12号楼"}
    assert below(areas.taoyuan) - TAOYUAN == {("第3网格", "桃园社区"), *((name, "第3网格") for name in names)}
    assert verdicts(read("桃园社区,第3网格,4-6号楼,,")) == ["unchanged"]


def test_a_cell_that_looks_like_several_may_be_one(read, areas, parties):
    reading = read("桃园社区,第3网格,4-6号楼,,")
    row = reading.rows[0]
    assert [option for option, _label in row.warnings[0].options] == ["many", "one"]
    again = read("桃园社区,第3网格,4-6号楼,,")
    answered = again.rows[0]
    fresh = type(answered)("", 2, answered.values, answers={"buildings": "one"})
    again.roster.judge([fresh], None)
    again.roster.commit(rows=[fresh], by=None)
    assert below(areas.taoyuan) - TAOYUAN == {("第3网格", "桃园社区"), ("4-6号楼", "第3网格")}
    assert read("桃园社区,第3网格,4-6号楼,,").rows[0].warnings == []


def test_codes_may_stand_for_names(read, areas, parties):
    head = "社区编码,网格,网格编码,楼栋,楼栋编码"
    lines = ["370199001001,370199001001001,,1号楼,", "370199001001,东网格,370199001001009,9号楼,370199001001L009"]
    reading = read(*lines, head=head)
    assert verdicts(reading) == ["unchanged", "new"]
    commit_roster(reading=reading, by=None)
    assert Area.objects.get(code="370199001001L009").parent.code == "370199001001009"


# --- What is refused


@pytest.mark.parametrize(
    ("line", "column", "sentence"),
    [
        ("竹园社区,第1网格,1号楼,,", "社区", "您的管理范围内没有找到社区“竹园社区”，请核对名称，或填写编码。"),
        ("桃园社区,第2网格,1号楼,,", "楼栋", "“1号楼”在案属于“第1网格”，不在“第2网格”；如需划转，请在区域页面办理。"),
        ("桃园社区,,,,", "楼栋", "网格和楼栋都没有填写，请至少填写一项。"),
        (",第1网格,1号楼,,", "网格", "没有写明“第1网格”所在的社区，请补上社区的名称或编码。"),
        (
            "桃园社区,第1网格,1号楼,东片党支部,",
            "网格党支部",
            "“第1网格”已有“第1网格党支部”，与“东片党支部”不同；改名或增设请在党组织页面办理。",
        ),
        ("桃园社区,第3网格,4号楼,有,", "网格党支部", "“有”不是党支部的名称，应写全，如“第1网格党支部”“1号楼党小组”。"),
        (
            "桃园社区,第3网格,4号楼,第2网格党支部,",
            "网格党支部",
            "“第2网格党支部”在案设在“第2网格”，不在“第3网格”；如需调整请在党组织页面办理。",
        ),
        (
            "柳园社区,第1网格,1号楼,第1网格党支部,",
            "网格党支部",
            "“柳园社区”还没有登记党委或党总支，请先登记，再导入网格党支部。",
        ),
        ("桃园社区,,9号楼,第9网格党支部,", "网格党支部", "写了“第9网格党支部”，却没有写明它的网格或楼栋，请补上。"),
        ("桃园社区,第3网格,4号楼,,4号楼党小组", "楼栋党小组", "“第3网格”没有可作上级的党支部（或不止一个），请填写网格党支部。"),
        (
            "桃园社区,第1网格,1号楼,,一单元党小组",
            "楼栋党小组",
            "“1号楼”已有“1号楼党小组”，与“一单元党小组”不同；改名或增设请在党组织页面办理。",
        ),
    ],
)
def test_each_mistake_has_its_sentence(read, areas, parties, line, column, sentence):
    reading = read(line)
    assert reasons(reading) == {2: [(column, sentence)]}


def test_one_branch_for_two_grids_and_two_branches_for_one_are_told(read, areas, parties):
    reading = read(
        "桃园社区,第3网格,4号楼,东片党支部,", "桃园社区,第4网格,5号楼,东片党支部,", "桃园社区,第3网格,6号楼,西片党支部,"
    )
    assert reasons(reading) == {
        3: [("网格党支部", "“东片党支部”在第 2 行设在“第3网格”，一个党组织只设在一处，请核对。")],
        4: [("网格党支部", "“第3网格”的党支部在名单中或在案的是“东片党支部”，与“西片党支部”不同，请核对。")],
    }


def test_which_of_two_committees_is_asked(read, areas, parties):
    second = NewOrganisation("general_branch", "桃园党总支", areas.taoyuan, parent=parties.taoyuan)
    found_organisations(organisations=[second], by=None)
    (message,) = [message for _column, message in reasons(read("桃园社区,第3网格,4号楼,第3网格党支部,"))[2]]
    assert message == "“桃园社区”有不止一个上级党组织（桃园社区党委、桃园党总支），不知设在哪个之下，请在党组织页面登记该支部。"


def test_a_group_of_several_buildings_is_founded_once(read, areas, parties):
    reading = read("桃园社区,第3网格,4号楼,第3网格党支部,第一党小组", "桃园社区,第3网格,5号楼,第3网格党支部,第一党小组")
    assert verdicts(reading) == ["new", "new"]
    assert [remark.message for remark in reading.rows[1].warnings] == [
        "“第一党小组”设在“4号楼”，本行只登记楼栋；责任楼栋请在党组织页面划定。"
    ]
    commit_roster(reading=reading, by=None)
    assert organisations() - PARTIES == {
        ("第3网格党支部", "桃园社区党委", "第3网格"),
        ("第一党小组", "第3网格党支部", "4号楼"),
    }


# --- Reach (T4)


def test_a_clerk_makes_grids_buildings_and_branches_of_the_own_community(read, cast, parties, areas):
    lines = [",第3网格,4号楼,第3网格党支部,", "桃园社区,第1网格,9号楼,,"]
    reading = read(*lines, by=cast.clerk)
    assert verdicts(reading) == ["new", "new"]
    assert commit_roster(reading=reading, by=cast.clerk) == 4
    assert organisations() - PARTIES == {("第3网格党支部", "桃园社区党委", "第3网格")}
    clerk = type(cast.clerk).objects.get(pk=cast.clerk.pk)
    assert verdicts(read(*lines, by=clerk)) == ["unchanged", "unchanged"]


def test_a_street_officer_does_it_for_every_community_of_the_street(read, cast, parties):
    reading = read(
        "桃园社区,第3网格,4号楼,第3网格党支部,",
        "柳园社区,第2网格,2号楼,,",
        "杏园村,第2网格,3号楼,,",
        by=cast.street_officer,
    )
    assert verdicts(reading) == ["new", "new", "refused"]
    assert reading.rows[2].reasons == [("社区", "您的管理范围内没有找到社区“杏园村”，请核对名称，或填写编码。")]


def test_two_hundred_rows_into_foreign_communities_write_nothing(read, cast, parties):
    lines = [f"柳园社区,第{n}网格,{n}号楼,第{n}网格党支部," for n in range(1, 101)]
    lines += [f"370199002001,第{n}网格,{n}号楼,第{n}网格党支部," for n in range(1, 101)]
    areas_before, organisations_before = Area.objects.count(), organisations()
    reading = read(*lines, by=cast.clerk)
    assert len(reading.refused) == 200
    assert {row.reasons[0][0] for row in reading.rows} == {"社区"}
    good = [row for row in reading.rows if row.verdict is Verdict.NEW]
    assert reading.roster.commit(rows=good, by=cast.clerk) == 0
    assert (Area.objects.count(), organisations()) == (areas_before, organisations_before)


# --- Writing


def test_all_or_nothing(read, areas, parties):
    reading = read("桃园社区,第3网格,4号楼,第3网格党支部,")
    found_organisations(organisations=[NewOrganisation("branch", "第3网格党支部", areas.grid1, parent=parties.taoyuan)], by=None)
    with pytest.raises(OrganisationRefused):
        commit_roster(reading=reading, by=None)
    assert below(areas.taoyuan) == TAOYUAN


def test_queries_do_not_grow_with_the_rows(read, areas, parties, django_assert_max_num_queries):
    counts = []
    for first, rows in ((10, 3), (100, 150)):
        lines = [f"桃园社区,第{n}网格,{n}号楼,第{n}网格党支部,{n}号楼党小组" for n in range(first, first + rows)]
        with django_assert_max_num_queries(8) as judging:
            reading = read(*lines)
        with django_assert_max_num_queries(60) as writing:
            assert commit_roster(reading=reading, by=None) == rows * 4
        counts.append((len(judging), len(writing)))
    assert counts[0][0] == counts[1][0]
    assert counts[0][1] == counts[1][1], connection.vendor


@pytest.mark.parametrize("name", ["5号楼（拆除）", "5号楼（原6号楼）", "5号楼已拆除", "5号楼（在建）"])
def test_what_became_of_a_building_is_no_part_of_its_name(read, areas, name):
    reading = read(f"桃园社区,第1网格,{name},,")
    assert "是说明，不是名称" in reasons(reading)[2][0][1]


def test_who_stands_in_brackets_is_no_part_of_a_buildings_name(read, areas, parties):
    reading = read("桃园社区,第1网格,5号楼（楼长：王小明）,第1网格党支部（书记 王小明）,")
    assert [(name, new) for name, _old, new in reading.rows[0].changes] == [("building", "5号楼")], reasons(reading)
