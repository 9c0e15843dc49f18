"""The register of organisations, and how organisations are found by what offices call them."""

from datetime import date

import pytest

from gridparty.lib.roster import CellRefused
from members.actions import (
    NewOrganisation,
    NewUnit,
    add_unit,
    change_organisations,
    close_organisation,
    found_organisations,
)
from members.errors import OrganisationRefused
from members.finding import Organisations
from members.models import PartyOrganisation
from members.rosters.organisation_cells import read_kind
from rosters.tests.rolls import answered, commit, reader, reasons, verdicts, warnings


@pytest.fixture
def read(areas, tmp_path):
    return reader("organisations", tmp_path)


def tree() -> set[tuple]:
    """(kind, short name, parent, area) of every open organisation."""
    return set(PartyOrganisation.objects.open().values_list("kind", "name", "parent__name", "area__name"))


TAOYUAN = (
    "党组织名称（全称） 书记 联系人 联系电话（含区号） 组织类别 上级党组织 所在网格 成立时间 换届时间",
    ["桃园1号楼党小组", "", "", "", "", "中共东街街道桃园社区第1网格支部委员会", "1号楼", "", ""],
    [
        "中共东街街道桃园社区第1网格支部委员会",
        "王一",
        "李二",
        "0531-88880000",
        "",
        "中共东街街道桃园社区委员会",
        "第1网格",
        "2015-07-01",
        "2024年3月",
    ],
    ["中共东街街道桃园社区委员会", "", "", "", "党委", "", "桃园社区", "", ""],
    ["第2网格党支部", "", "", "", "网格支部", "桃园社区党委", "第2网格", "", ""],
)


def test_a_tree_is_founded_from_a_list_in_any_order(areas, cast, read):
    reading = read(*TAOYUAN, by=cast.secretary)
    assert verdicts(reading) == ["new"] * 4, reasons(reading)
    assert reading.unmatched == ["书记", "联系人", "联系电话(含区号)"]
    assert warnings(reading)[3] == [("本届选举日期", "只有年月，按 1 日登记。")]
    assert commit(reading, cast.secretary) == 4
    assert tree() == {
        ("committee", "桃园社区党委", None, "桃园社区"),
        ("branch", "第1网格党支部", "桃园社区党委", "第1网格"),
        ("branch", "第2网格党支部", "桃园社区党委", "第2网格"),
        ("group", "桃园1号楼党小组", "第1网格党支部", "1号楼"),
    }
    branch = PartyOrganisation.objects.get(name="第1网格党支部")
    assert branch.full_name == "中共东街街道桃园社区第1网格支部委员会"
    assert (branch.founded_on, branch.elected_on, branch.next_election_on) == (
        date(2015, 7, 1),
        date(2024, 3, 1),
        date(2027, 3, 1),
    )


def test_a_second_time_changes_nothing(areas, cast, read):
    commit(read(*TAOYUAN, by=cast.secretary), cast.secretary)
    again = read(*TAOYUAN, by=cast.secretary)
    assert verdicts(again) == ["unchanged"] * 4, reasons(again)
    assert commit(again, cast.secretary) == 0
    assert PartyOrganisation.objects.count() == 4


def test_what_is_on_record_is_corrected_where_it_stands(areas, cast, parties, read):
    unit = add_unit(new=NewUnit("桃园超市", area=areas.grid1), by=None)
    reading = read(
        "党组织名称 简称 上级党组织 成立日期 选举日期 任期 所在单位",
        "第1网格党支部 东片党支部 桃园社区党委 2015-07-01 2025-03-01 五年 桃园超市",
        by=cast.secretary,
    )
    assert reading.rows[0].changes == [
        ("founded_on", "", "2015-07-01"),
        ("elected_on", "2024-03-01", "2025-03-01"),
        ("term_years", "3", "5"),
        ("name", "第1网格党支部", "东片党支部"),
        ("unit", "", "桃园超市"),
    ]
    assert commit(reading, cast.secretary) == 1
    branch = PartyOrganisation.objects.get(pk=parties.branch1.pk)
    assert (branch.name, branch.unit, branch.next_election_on, branch.parent) == (
        "东片党支部",
        unit,
        date(2030, 3, 1),
        parties.taoyuan,
    )


def test_the_official_name_of_what_is_on_record_by_a_short_one_is_taken_up(cast, parties, read):
    official = "中共东街街道桃园社区第1网格支部委员会"
    reading = read("党组织名称 上级党组织", f"{official} 中共桃园社区委员会", by=cast.secretary)
    assert reading.rows[0].changes == [("full_name", "第1网格党支部", official)]
    commit(reading, cast.secretary)
    assert verdicts(read("党组织名称", "第1网格党支部", by=cast.secretary)) == ["unchanged"]
    assert PartyOrganisation.objects.get(pk=parties.branch1.pk).full_name == official


@pytest.mark.parametrize(
    ("row", "column", "sentence"),
    [
        ("第9党小组 桃园社区党委 第1网格", "上级党组织", "党小组的上级应为党总支、党支部"),
        ("第9党支部 桃园社区党委 1号楼", "所在区域", "党支部应设在街道、社区、网格，不能设在“1号楼”"),
        ("第9党支部 桃花党委 第1网格", "上级党组织", "没有找到党组织“桃花党委”"),
        ("第9党支部 第9党支部 第1网格", "上级党组织", "没有找到党组织“第9党支部”"),
        ("第9网格党员之家 桃园社区党委 第1网格", "组织类别", "看不出组织类别"),
        ("第1网格党支部 第2网格党支部 第1网格", "上级党组织", "在案的上级是“桃园社区党委”，与此不同；划转请在党组织页面办理"),
        ("第1网格党支部 桃园社区党委 第2网格", "所在区域", "在案的所在区域是“第1网格”，与此不同；划转"),
        ("1号楼第2党小组 第1网格党支部 3号楼社区", "所在区域", "没有找到"),
        ("第9党支部 桃园社区党委 柳园社区", "所在区域", "没有找到"),
    ],
)
def test_a_wrong_place_is_told(cast, parties, read, row, column, sentence):
    found = reasons(read("党组织名称 上级党组织 所在网格", row, by=cast.secretary))
    assert [one for one in found[2] if one[0] == column and sentence in one[1]], found


def test_all_that_is_wrong_with_a_row_is_told_at_once(cast, parties, read):
    reading = read("党组织名称 上级党组织 所在网格", "第9党小组 桃园社区党委 桃园社区", by=cast.secretary)
    assert [column for column, _message in reasons(reading)[2]] == ["上级党组织", "所在区域"]


def test_a_closed_parent_is_told(cast, parties, read):
    close_organisation(organisation=parties.branch2, by=None)
    reading = read("党组织名称 上级党组织 所在网格", "第3党小组 第2网格党支部 第2网格", by=cast.secretary)
    assert "已撤销" in reasons(reading)[2][0][1]


def test_rings_and_children_of_refused_rows_are_refused(cast, read):
    reading = read(
        "党组织名称 上级党组织 所在区域",
        "甲党工委 乙党工委 东街街道",
        "乙党工委 甲党工委 东街街道",
        "丙党小组 丁党支部 第1网格",
        "丁党支部 无此党委 第1网格",
        by=None,
    )
    assert verdicts(reading) == ["refused"] * 4
    assert "互为上下级" in str(reasons(reading))
    assert "上级（第 5 行）未通过核对" in str(reasons(reading)[4])


def test_a_chain_without_end_is_refused(areas, read):
    rows = [[f"第{n}党工委", f"第{n + 1}党工委", "东街街道"] for n in range(1, 1500)]
    reading = read("党组织名称 上级党组织 所在区域", *rows, by=None)
    assert "new" not in verdicts(reading)
    assert "上下级超过 8 层" in str(reasons(reading))


def test_one_name_under_one_parent(cast, parties, read):
    reading = read(
        "党组织名称 简称 上级党组织 所在网格",
        "桃园退休党支部 退休党支部 桃园社区党委 第1网格",
        "桃园社区离退休党支部 退休党支部 桃园社区党委 第2网格",
        "桃园退休党支部 退休党支部 桃园社区党委 第1网格",
        by=cast.secretary,
    )
    assert verdicts(reading) == ["new", "refused", "skipped"]
    assert reasons(reading)[4] == [("党组织名称", "与第 2 行重复，不再导入。")]


def test_the_same_name_in_another_community_is_another_organisation(areas, cast, parties, read):
    reading = read(
        "党组织名称 上级党组织 所在社区 所在网格", ["第1网格党支部", "东街党工委", "柳园社区", "第1网格"], by=cast.street_officer
    )
    assert verdicts(reading) == ["new"]
    commit(reading, cast.street_officer)
    assert ("branch", "第1网格党支部", "东街党工委", "第1网格") in tree()


def test_a_parent_of_another_community_is_not_taken_for_one_that_is_missing(areas, cast, parties, read):
    rows = ["1号楼党小组 第1网格党支部 370199001002L001", "第1网格党支部 柳园党支部 370199001002001"]
    alone = read("党组织名称 上级党组织 所在区域", rows[0], by=cast.street_officer)
    assert "没有找到党组织“第1网格党支部”" in str(reasons(alone)[2])
    both = read(
        "党组织名称 上级党组织 所在区域", rows[0], ["第1网格党支部", "东街党工委", "370199001002001"], by=cast.street_officer
    )
    assert verdicts(both) == ["new", "new"], reasons(both)
    commit(both, cast.street_officer)
    group = PartyOrganisation.objects.get(area__code="370199001002L001")
    assert group.parent.area.code == "370199001002001"


def test_a_parent_elsewhere_is_taken_by_its_own_name_with_a_warning(areas, cast, parties, read):
    reading = read("党组织名称 上级党组织 所在区域", ["第9党支部", "桃园社区党委", "柳园社区"], by=cast.street_officer)
    assert verdicts(reading) == ["new"]
    assert warnings(reading)[2] == [("上级党组织", "上级所在的“桃园社区”不包括本行的所在区域，请核对。")]


@pytest.mark.parametrize("word", ["631党支部", "631 党支部", "基层党支部", "支部", "联合党支部", "网格（党）支部"])
def test_kinds_as_offices_write_them(word):
    assert read_kind(word) == "branch"


def test_without_a_place_it_stands_where_its_parent_does_if_it_may(areas, cast, parties, read):
    reading = read(
        "党组织名称 上级党组织", "退休党支部 桃园社区党委", "第2党小组 桃园退休党支部", "退休党小组 退休党支部", by=cast.secretary
    )
    assert verdicts(reading) == ["new", "refused", "refused"]
    assert warnings(reading)[2] == [("所在区域", "没有填写，按“桃园社区”登记，请核对。")]
    assert reasons(reading)[4] == [("所在区域", "没有填写所在区域，上级所在区域也不适合，请填写区域名称或编码。")]


def test_of_a_unit_it_stands_where_the_unit_does(areas, cast, parties, read):
    add_unit(new=NewUnit("桃园超市", area=areas.building1), by=None)
    reading = read("党组织名称 上级党组织 所属单位", "桃园超市党支部 桃园社区党委 桃园超市", by=cast.secretary)
    commit(reading, cast.secretary)
    assert ("branch", "桃园超市党支部", "桃园社区党委", "1号楼") in tree()


def test_a_day_to_come_is_no_election_held(cast, parties, read):
    reading = read("党组织名称 换届时间", "第1网格党支部 2099-01-01", by=cast.secretary)
    assert reasons(reading)[2][0][0] == "本届选举日期"


def test_rows_aimed_at_other_areas_are_refused_and_nothing_is_written(areas, cast, parties, read):
    before = tree()
    reading = read(
        "党组织名称 上级党组织 所在区域",
        ["柳园第9党支部", "", areas.liuyuan.code],
        ["柳园第8党支部", "柳园党支部", "第1网格"],
        ["东街第9党支部", "", "东街街道"],
        ["第7党支部", "东街党工委", "第1网格"],
        by=cast.secretary,
    )
    assert verdicts(reading) == ["refused"] * 4
    assert tree() == before


@pytest.mark.parametrize("n", [1, 12])
def test_queries_do_not_grow_with_the_rows(cast, parties, read, django_assert_num_queries, n):
    rows = ["第1网格党支部 桃园社区党委 第1网格", *(f"第{k + 3}党支部 桃园社区党委 第1网格" for k in range(n))]
    assert cast.secretary.scope
    with django_assert_num_queries(6):
        read("党组织名称 上级党组织 所在网格", *rows, by=cast.secretary)


# --- Finding


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("第1网格党支部", "branch1"),
        ("第1网格支部", "branch1"),
        ("第一网格党支部", "branch1"),
        ("1网格支部委员会", "branch1"),
        ("中共桃园社区第1网格支部委员会", "branch1"),
        ("中共海棠区东街街道桃园社区第1网格支部委员会", "branch1"),
        ("桃园第1网格党支部", "branch1"),
        ("桃园社区党委第1网格党支部", "branch1"),
        ("桃园社区 / 第2网格党支部", "branch2"),
        ("桃园社区党委", "taoyuan"),
        ("桃园党委", "taoyuan"),
        ("中共桃园社区委员会", "taoyuan"),
        ("中国共产党东街街道桃园社区委员会", "taoyuan"),
        ("1号楼党小组", "group"),
        ("第1网格1号楼党小组", "group"),
        ("第1网格党小组", None),
        ("第11网格党支部", None),
        ("党支部", None),
        ("柳园党支部", None),
        ("东街党工委", None),
    ],
)
def test_organisations_are_found_by_what_they_are_called(cast, parties, text, found):
    organisations = Organisations(cast.secretary)
    if found is None:
        with pytest.raises(CellRefused, match="没有找到党组织"):
            organisations.find(text)
    else:
        assert organisations.find(text).pk == getattr(parties, found).pk


def test_two_of_one_name_are_told_apart_by_the_community_or_refused(areas, cast, parties):
    (other,) = found_organisations(
        organisations=[NewOrganisation("branch", "第1网格党支部", areas.at("370199001002001"), parent=parties.street)], by=None
    )
    organisations = Organisations(cast.street_officer)
    assert organisations.find("柳园社区第1网格党支部").pk == other.pk
    assert organisations.find("桃园第1网格党支部").pk == parties.branch1.pk
    assert organisations.find("第1网格党支部", areas.liuyuan).pk == other.pk
    with pytest.raises(CellRefused, match="对应 2 个：“桃园社区 / 第1网格党支部”、“柳园社区 / 第1网格党支部”"):
        organisations.find("第1网格党支部")
    with pytest.raises(CellRefused, match="没有找到"):
        organisations.find("第2网格党支部", areas.liuyuan)


def test_what_is_only_seen_is_not_found_for_changing(areas, cast, parties):
    assert Organisations(cast.cadre).find("第1网格党支部").pk == parties.branch1.pk
    with pytest.raises(CellRefused, match="没有找到"):
        Organisations(cast.cadre, editable=True).find("第1网格党支部")


def test_a_closed_one_is_named_as_closed(cast, parties):
    close_organisation(organisation=parties.branch2, by=None)
    with pytest.raises(CellRefused, match="“第2网格党支部”已撤销"):
        Organisations(cast.secretary).find("第2网格党支部")


def test_finding_takes_the_same_queries_for_many(cast, parties, django_assert_num_queries):
    assert cast.secretary.scope
    with django_assert_num_queries(2):
        organisations = Organisations(cast.secretary)
        for text in ("第1网格党支部", "桃园社区党委", "1号楼党小组"):
            organisations.find(text)


# --- The action by itself


def test_many_organisations_are_changed_only_within_reach(areas, cast, parties):
    changes = {parties.branch1.pk: {"name": "东片党支部"}, parties.liuyuan.pk: {"name": "柳园第1党支部"}}
    with pytest.raises(OrganisationRefused, match="不在您管理范围内"):
        change_organisations(changes=changes, by=cast.secretary)
    with pytest.raises(OrganisationRefused, match="已有同名的党组织"):
        change_organisations(changes={parties.branch1.pk: {"name": "第2网格党支部"}}, by=cast.secretary)
    assert change_organisations(changes={parties.branch1.pk: {"term_years": 5}}, by=cast.secretary) == 1
    branch = PartyOrganisation.objects.get(pk=parties.branch1.pk)
    assert (branch.name, branch.next_election_on) == ("第1网格党支部", date(2029, 3, 1))


# --- As offices write it


def test_a_term_in_one_cell_tells_the_election_and_the_years(cast, parties, read):
    reading = read("党组织名称 任期", "第2网格党支部 2023.5-2028.5", "第1网格党支部 2024年3月至2027年3月", by=cast.secretary)
    assert [row.changes for row in reading.rows] == [[("elected_on", "", "2023-05-01"), ("term_years", "3", "5")], []]
    odd = read("党组织名称 任期", "第2网格党支部 2023.5-2025.12", by=cast.secretary)
    assert reasons(odd) == {2: [("任期", "“2023-05 至 2025-12”不是整年，请核对起止，或只写年数。")]}


def test_a_grid_that_every_community_has_is_that_of_the_parent(cast, areas, parties, read):
    rows = ("第1网格老年党支部 桃园社区党委 第1网格", "第9网格党支部 桃园社区党委 第9网格")
    reading = read("党组织名称 上级党组织 所在网格", *rows)
    assert verdicts(reading) == ["new", "refused"], reasons(reading)
    assert reading.rows[0].plan[1].area == areas.grid1
    assert [column for column, _message in reasons(reading)[3]] == ["所在区域"]


def test_who_stands_in_brackets_is_no_part_of_the_name(cast, parties, read):
    reading = read("党组织名称 上级党组织", ["第1网格党支部（书记 王某）", "桃园社区党委（书记：李某）"], by=cast.secretary)
    assert verdicts(reading) == ["unchanged"]


@pytest.mark.parametrize("remark", ["已撤销", "合并到第1网格党支部", "原第3网格党支部"])
def test_what_became_of_an_organisation_is_no_part_of_its_name(cast, parties, read, remark):
    reading = read("党组织名称 上级党组织", f"第2网格党支部（{remark}） 桃园社区党委", by=cast.secretary)
    assert "是说明，不是名称" in reasons(reading)[2][0][1]


@pytest.mark.parametrize(
    ("known", "typed"),
    [
        ("老年第二党支部", "老年二支部"),
        ("老年第二党支部", "第二老年党支部"),
        ("老年第二党支部", "桃园社区老年第2支部"),
        ("桃园物业党支部", "桃园物业公司党支部"),
        ("离退休党支部", "退休党支部"),
        ("第1网格东片党支部", "一网格东片支部"),
    ],
)
def test_a_name_like_that_of_one_on_record_is_asked_about(cast, areas, parties, read, known, typed):
    new = NewOrganisation("branch", known, areas.grid2, parent=parties.taoyuan)
    found_organisations(organisations=[new], by=None)
    reading = read("党组织名称 上级党组织 所在网格", f"{typed} 桃园社区党委 第2网格", by=cast.secretary)
    assert verdicts(reading)[0] in ("skipped", "unchanged", "updated"), reading.rows[0]
    if verdicts(reading) == ["skipped"]:
        remark = reading.rows[0].warnings[-1]
        assert next(value for value, _label in remark.options) == "hold"
        assert known in remark.message
        same = remark.options[1][0]
        assert verdicts(answered(reading, {0: {"same": same}}, cast.secretary))[0] in ("unchanged", "updated")
        assert verdicts(answered(reading, {0: {"same": "new"}}, cast.secretary)) == ["new"]


def test_a_name_with_another_number_is_another_organisation(cast, areas, parties, read):
    rows = [f"老年第{n}党支部 桃园社区党委 第2网格" for n in "二三四"]
    found_organisations(organisations=[NewOrganisation("branch", "老年第一党支部", areas.grid2, parent=parties.taoyuan)], by=None)
    assert verdicts(read("党组织名称 上级党组织 所在网格", *rows, by=cast.secretary)) == ["new"] * 3
