"""The register of units: cells, identity, reach, what is written."""

import pytest

from gridparty.lib.roster import CellRefused
from members.actions import NewUnit, add_unit, change_units, enter_units
from members.choices import UnitKind
from members.errors import OrganisationRefused
from members.finding import Units
from members.models import Unit
from members.rosters.units import read_credit_code, read_kind
from rosters.tests.rolls import commit, reader, reasons, verdicts, warnings

CODE, OTHER_CODE, SOCIAL_CODE = "91370199MA0000001D", "91370199MA0000002G", "52370199MJ0000001Y"


@pytest.fixture
def read(areas, tmp_path):
    return reader("units", tmp_path)


@pytest.fixture
def market(areas):
    new = NewUnit("桃园超市（东店）", UnitKind.PRIVATE_ENTERPRISE, areas.grid1, CODE, "桃园路1号", "王一", "15400000001", 30)
    return add_unit(new=new, by=None)


# --- Cells


@pytest.mark.parametrize(
    "text", [CODE, CODE.lower(), f" {CODE} ", f"'{CODE}", "9137 0199 MA00 0000 1D", "９１３７０１９９ＭＡ００００００１Ｄ"]
)
def test_a_credit_code_is_read_however_it_is_typed(text):
    assert read_credit_code(text) == CODE


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("91370199MA0000001E", "校验码不对"),
        ("91370199MA000000", "有 16 位，统一社会信用代码应为 18 位"),
        ("370199000000001", "有 15 位"),
        ("91370199MA000O001D", "“O”不会出现"),
        (9.1370199e17, "数字格式，末尾数字已丢失"),
        ("9.13702E+17", "科学计数"),
    ],
)
def test_a_wrong_credit_code_is_told_what_is_wrong(text, sentence):
    with pytest.raises(CellRefused, match=sentence):
        read_credit_code(text)


@pytest.mark.parametrize("text", ["", None, "无", "—"])
def test_no_credit_code_is_none(text):
    assert read_credit_code(text) == ""


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("机关 党政机关", UnitKind.GOVERNMENT),
        ("事业单位 事业", UnitKind.INSTITUTION),
        ("国企 国有企业 央企", UnitKind.STATE_ENTERPRISE),
        ("学校 幼儿园", UnitKind.SCHOOL),
        ("医院 卫生院", UnitKind.HOSPITAL),
        ("民企 私企 个体 个体工商户 非公企业 非公有制企业 新经济组织", UnitKind.PRIVATE_ENTERPRISE),
        ("社会组织 民非 新社会组织 协会", UnitKind.SOCIAL_ORGANISATION),
        ("其他 其它", UnitKind.OTHER),
    ],
)
def test_kinds_as_offices_write_them(words, kind):
    assert {read_kind(word) for word in words.split()} == {kind}


# --- What becomes of rows


def test_a_list_is_entered_and_a_second_time_changes_nothing(areas, cast, read):
    lines = (
        "单位名称* 单位性质 社会信用代码（18位） 所属网格 单位地址 联系人 联系电话（含区号） 员工数",
        f"桃园超市 民企 {CODE} 第1网格 桃园路1号 王一 0531-88880000 30人",
        "桃园小学 学校 无 第2网格 桃园路2号 李二 15400000002 120",
    )
    reading = read(*lines, by=cast.secretary)
    assert (verdicts(reading), reading.unmatched) == (["new", "new"], [])
    assert commit(reading, cast.secretary) == 2
    fields = ("name", "kind", "credit_code", "area", "address", "contact_name", "contact_tail", "staff_count", "community")
    assert set(Unit.objects.values_list(*fields)) == {
        ("桃园超市", "private_enterprise", CODE, areas.grid1.pk, "桃园路1号", "王一", "0000", 30, areas.taoyuan.pk),
        ("桃园小学", "school", "", areas.grid2.pk, "桃园路2号", "李二", "0002", 120, areas.taoyuan.pk),
    }
    again = read(*lines, by=cast.secretary)
    assert verdicts(again) == ["unchanged", "unchanged"]
    assert commit(again, cast.secretary) == 0


def test_without_a_place_a_unit_stands_in_the_area_of_the_list_or_of_the_user(areas, cast, read):
    for by, area in ((cast.secretary, None), (cast.street_officer, areas.taoyuan)):
        Unit.objects.all().delete()
        assert commit(read("单位名称 类型", "桃园超市 个体", by=by, area=area), by) == 1
        assert set(Unit.objects.values_list("area", flat=True)) == {areas.taoyuan.pk}


def test_changes_are_told_old_and_new_and_blank_cells_keep_what_is_on_record(cast, market, read):
    reading = read("单位名称 信用代码 联系人 联系电话 职工人数", ["桃园商场", CODE, "", "15400000009", "清空"], by=cast.secretary)
    assert reading.rows[0].changes == [
        ("name", "桃园超市（东店）", "桃园商场"),
        ("contact_phone", "15400000001", "15400000009"),
        ("staff_count", "30", ""),
    ]
    assert commit(reading, cast.secretary) == 1
    unit = Unit.objects.get()
    assert (unit.name, unit.contact_name, unit.contact_phone, unit.contact_tail) == ("桃园商场", "王一", "15400000009", "0009")
    assert unit.staff_count is None


@pytest.mark.parametrize("name", ["桃园超市（东店）", "桃园超市(东店)", "桃园超市东店", "桃园 超市 （东店）"])
def test_a_name_with_other_brackets_and_spaces_is_the_same_unit(cast, market, read, name):
    reading = read("单位名称 所在网格 地址", [name, "第1网格", "桃园路1号"], by=cast.secretary)
    assert verdicts(reading) == ["unchanged"]


def test_a_row_without_a_place_finds_the_unit_wherever_it_stands_in_the_community(cast, market, read):
    assert verdicts(read("单位名称 地址", "桃园超市（东店） 桃园路1号", by=cast.secretary)) == ["unchanged"]


def test_another_place_with_the_same_code_moves_the_unit(areas, cast, market, read):
    reading = read("单位名称 信用代码 所在网格", f"桃园超市（东店） {CODE} 第2网格", by=cast.secretary)
    assert reading.rows[0].changes == [("area", "第1网格", "第2网格")]
    commit(reading, cast.secretary)
    assert Unit.objects.values_list("area", "grid").get() == (areas.grid2.pk, areas.grid2.pk)


def test_another_code_for_a_unit_on_record_is_refused(cast, market, read):
    reading = read("单位名称 信用代码 所在网格", f"桃园超市（东店） {OTHER_CODE} 第1网格", by=cast.secretary)
    ((column, message),) = reasons(reading)[2]
    assert column == "统一社会信用代码"
    assert message.startswith(f"“桃园超市（东店）”在案的统一社会信用代码是 {CODE}，与此不同")


def test_repeats_in_the_file_are_skipped_or_refused_where_they_contradict(cast, read):
    reading = read(
        "单位名称 信用代码 所在网格",
        f"桃园超市 {CODE} 第1网格",
        f"桃园超市 {CODE} 第1网格",
        f"桃园商场 {CODE} 第1网格",
        f"桃园超市 {OTHER_CODE} 第1网格",
        "桃园超市 无 第2网格",
        by=cast.secretary,
    )
    assert verdicts(reading) == ["new", "skipped", "refused", "refused", "new"]
    assert "第 2 行" in reasons(reading)[3][0][1]


def test_either_new_body_is_told_by_the_code_or_the_name(cast, read):
    reading = read(
        "单位名称 类型 信用代码",
        f"甲 两新 {SOCIAL_CODE}",
        f"乙 两新 {CODE}",
        "桃园书画协会 两新 无",
        "丙 两新 无",
        by=cast.secretary,
    )
    kinds = ["social_organisation", "private_enterprise", "social_organisation", "private_enterprise"]
    assert [row.values["kind"] for row in reading.rows] == kinds
    assert {number for number, remarks in warnings(reading).items() if any("两新" in text for _c, text in remarks)} == {4, 5}


def test_a_second_number_is_told(cast, read):
    reading = read("单位名称 类型 联系电话", "桃园超市 个体 15400000001、0531-88880000", by=cast.secretary)
    assert warnings(reading) == {2: [("联系电话", "写有 2 个号码，只登记第一个手机号。")]}
    assert reading.rows[0].values["contact_phone"] == "15400000001"


def test_what_is_too_long_for_the_record_is_refused(cast, read):
    reading = read("单位名称 地址", ["长" * 101, "路" * 121], by=cast.secretary)
    assert [column for column, _message in reasons(reading)[2]] == ["单位名称", "地址"]


# --- Reach


def test_rows_aimed_at_other_areas_are_refused_and_nothing_is_written(areas, cast, read):
    reading = read(
        "单位名称 类型 所在社区 所在区域",
        ["甲", "个体", "柳园社区", ""],
        ["乙", "个体", "", areas.other_district.code],
        ["丙", "个体", "", "东街街道"],
        ["丁", "个体", "", "区外"],
        by=cast.secretary,
    )
    assert verdicts(reading) == ["refused"] * 4
    assert not Unit.objects.exists()


def test_a_code_kept_by_others_is_refused_without_telling_by_whom(areas, cast, read):
    add_unit(new=NewUnit("梅园公司", area=areas.other_district, credit_code=CODE), by=None)
    reading = read("单位名称 信用代码", f"桃园超市 {CODE}", by=cast.secretary)
    assert reasons(reading) == {2: [("统一社会信用代码", "该统一社会信用代码已由其他区域登记，请核对代码，或请上级办理。")]}


def test_units_of_elsewhere_are_entered_by_officials_over_all_districts_and_only_read_by_others(cast, read):
    lines = ("单位名称 类型 所在区域", "省直某机关 机关 区外")
    assert commit(read(*lines, by=cast.all_districts_official), cast.all_districts_official) == 1
    assert verdicts(read(*lines, by=cast.secretary)) == ["unchanged"]
    (refusal,) = reasons(read("单位名称 类型 所在区域", "省直某机关 学校 区外", by=cast.secretary))[2]
    assert refusal[1].startswith("“省直某机关”在案的内容与此不同，您不能修改")


@pytest.mark.parametrize("n", [1, 12])
def test_queries_do_not_grow_with_the_rows(cast, market, read, django_assert_num_queries, n):
    rows = [["桃园超市（东店）", CODE, "第1网格", "15400000008"], *([f"商户{k}", "", "第1网格", ""] for k in range(n))]
    assert cast.secretary.scope
    with django_assert_num_queries(6):
        read("单位名称 信用代码 所在网格 联系电话", *rows, by=cast.secretary)


# --- Finding units


def test_units_are_found_by_name_and_code_within_reach(areas, cast, market):
    units = Units(cast.secretary)
    assert {units.find(text).pk for text in (" 桃园超市(东店)", CODE)} == {market.pk}
    for by, text in ((cast.secretary, "柳园超市"), (cast.next_grid_leader, "桃园超市（东店）")):
        with pytest.raises(CellRefused, match="没有找到单位"):
            Units(by).find(text)


# --- The actions by themselves


def test_many_units_are_entered_and_changed_only_within_reach(areas, cast, market):
    foreign = add_unit(new=NewUnit("柳园超市", area=areas.liuyuan), by=None)
    with pytest.raises(OrganisationRefused, match="不在您管理范围内"):
        change_units(changes={market.pk: {"address": "甲"}, foreign.pk: {"address": "乙"}}, by=cast.secretary)
    with pytest.raises(OrganisationRefused, match="“柳园社区”不在您的管理范围内"):
        change_units(changes={market.pk: {"area": areas.liuyuan}}, by=cast.secretary)
    with pytest.raises(OrganisationRefused, match="“柳园社区”不在您的管理范围内"):
        enter_units(units=[NewUnit("甲", area=areas.taoyuan), NewUnit("乙", area=areas.liuyuan)], by=cast.secretary)
    assert set(Unit.objects.values_list("name", "address", "area")) == {
        ("桃园超市（东店）", "桃园路1号", areas.grid1.pk),
        ("柳园超市", "", areas.liuyuan.pk),
    }


def test_of_two_units_with_one_name_none_is_entered(areas, cast):
    new = [NewUnit("甲", area=areas.taoyuan), NewUnit("甲", area=areas.taoyuan)]
    with pytest.raises(OrganisationRefused, match="该单位已登记"):
        enter_units(units=new, by=cast.secretary)
    assert not Unit.objects.exists()


@pytest.mark.parametrize("name", ["桃园物业（已注销）", "桃园物业（原柳园物业）", "桃园物业已注销"])
def test_what_became_of_a_unit_is_no_part_of_its_name(cast, read, name):
    reading = read("单位名称 单位类型", f"{name} 民企", by=cast.secretary)
    assert "是说明，不是名称" in reasons(reading)[2][0][1]


def test_who_stands_in_brackets_is_no_part_of_a_units_name(cast, read):
    reading = read("单位名称 单位类型", ["桃园物业（联系人：王小明）", "民企"], by=cast.secretary)
    assert (verdicts(reading), reading.rows[0].plan.name) == (["new"], "桃园物业")


def test_a_contact_of_whom_only_the_surname_is_told_is_refused(cast, read):
    reading = read("单位名称 单位类型 联系人", "桃园物业 民企 王女士", by=cast.secretary)
    assert reasons(reading) == {2: [("联系人", "“王女士”只是称呼或部分姓名，请按身份证填写完整的姓名。")]}
