"""The register of units: companies, schools, offices … of the neighbourhood."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.cells import read_choice, read_name, read_phones
from gridparty.lib.masking import mask_name, mask_phone
from gridparty.lib.registers import (
    change,
    column,
    drop_remark,
    read_list,
    read_number,
    read_up_to,
    said,
    settle_phone,
    state_in,
    stated,
)
from gridparty.lib.roster import CellRefused, Column, Roster, Row, Verdict, compare, read_code, rosters, skip_repeats
from grids.choices import AreaKind
from grids.models import Area
from grids.places import Places
from members.actions import NewUnit, change_units, check_area, enter_units
from members.choices import UnitKind
from members.errors import OrganisationRefused
from members.finding import Units, folded, inside
from members.models import Unit
from members.queries import units_with_codes

# --- Cells

_K = UnitKind
KIND_WORDS = {
    _K.GOVERNMENT: "党政机关 政府机关 行政机关 国家机关 机关单位 政府部门 政府 群团 群团组织 人民团体 派出机构",
    _K.INSTITUTION: "事业 公益事业单位 参公事业单位 参公单位 科研院所 科研单位",
    _K.STATE_ENTERPRISE: "国企 国有 国营 国营企业 国有独资 国有独资企业 国有控股 国有控股企业 央企 中央企业 公有制企业 公有企业",
    _K.SCHOOL: "教育 教育单位 教育机构 院校 高校 大学 大专院校 中学 小学 中小学 幼儿园",
    _K.HOSPITAL: "医院 医疗 医疗单位 医疗卫生 医疗卫生机构 卫生机构 卫生院 诊所 卫生服务中心 社区卫生服务中心 社区卫生服务站",
    _K.PRIVATE_ENTERPRISE: "非公 非公企业 非公有制 非公经济 非公经济组织 非公有制经济组织 新经济组织 两新企业 民营 民营企业 民企 "
    "私营 私营企业 私企 个体 个体户 个体工商户 个体经营 商户 商铺 门店 沿街商户 沿街商铺 合伙企业 外企 外资 外资企业 "
    "外商投资企业 合资企业 港澳台企业",
    _K.SOCIAL_ORGANISATION: "社会团体 社团 社团组织 社会服务机构 新社会组织 民非 民办非企业 民办非企业单位 基金会 协会 商会 "
    "公益组织",
    _K.OTHER: "其它 集体 集体企业 农民专业合作社 合作社 物业",
}
EITHER_NEW_BODY = frozenset(["两新", "两新组织", "两新单位", "两新领域"])
_read_kind = read_choice(UnitKind, KIND_WORDS)
_SOCIAL_NAME = re.compile("(协会|学会|商会|联合会|促进会|基金会|服务中心|工作室|福利院)$")


def read_kind(value: Any) -> str:
    """The kind of a unit. 两新 is either of two and stays as it is, for the other cells to tell which."""
    return "两新" if type(value) is str and folded(value) in EITHER_NEW_BODY else _read_kind(value)


_CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_CREDIT_WEIGHTS = [pow(3, place, 31) for place in range(17)]


def read_credit_code(value: Any) -> str:
    """A unified social credit code by GB 32100: 18 signs, the last of which checks the others."""
    code = read_code(value).replace("-", "")
    if not code:
        return ""
    words = {"code": code[:20], "n": len(code)}
    if len(code) != 18:
        text = _("“%(code)s”有 %(n)d 位，统一社会信用代码应为 18 位（不是注册号或组织机构代码），请按营业执照填写。")
        raise CellRefused(text % words)
    if wrong := "".join(dict.fromkeys(sign for sign in code if sign not in _CREDIT_SIGNS)):
        text = _("“%(code)s”里的“%(wrong)s”不会出现在统一社会信用代码中（没有字母 I、O、S、V、Z），请按营业执照改正。")
        raise CellRefused(text % (words | {"wrong": wrong}))
    total = sum(weight * _CREDIT_SIGNS.index(sign) for weight, sign in zip(_CREDIT_WEIGHTS, code, strict=False))
    if _CREDIT_SIGNS[-total % 31] != code[17]:
        raise CellRefused(_("“%(code)s”的校验码不对，可能抄错了某一位，请按营业执照逐位核对。") % words)
    return code


ELSEWHERE = frozenset(["区外", "辖区外", "外地", "外区", "市外", "省外", "不在辖区"])

NAME = column(
    "name",
    gettext_lazy("单位名称"),
    "单位名称 单位全称 单位 企业名称 企业 公司名称 机构名称 学校名称 商户名称 商户 名称 驻区单位 驻区单位名称 成员单位 "
    "成员单位名称 非公企业名称 社会组织名称 两新组织名称 法人单位名称 单位名称全称 经营主体名称",
    read_up_to(100),
    required=True,
    filled=True,
    example="桃园超市有限公司",
    note=gettext_lazy("与营业执照或登记证一致"),
)
KIND = column(
    "kind",
    gettext_lazy("单位类型"),
    "单位类型 单位性质 单位类别 单位性质类别 类型 性质 类别 企业类型 企业性质 机构类型 经济类型 组织类型 登记类型 单位属性",
    read_kind,
    show=lambda value: UnitKind(value).label if value in UnitKind.values else value,
    choices=lambda: [str(kind.label) for kind in UnitKind],
    example="非公有制企业",
)
CODE = column(
    "credit_code",
    gettext_lazy("统一社会信用代码"),
    "统一社会信用代码 社会信用代码 信用代码 统一信用代码 统一代码 统一社会信用代码号 税号 纳税人识别号",
    read_credit_code,
    example="91370199MA0000001D",
    note=gettext_lazy("18 位，按文本填写；没有可不填"),
)
COMMUNITY = column(
    "community",
    gettext_lazy("所在社区"),
    "所在社区 所属社区 社区 社区名称 村居 村社区 所在村居 所属村居 社区村 所在社区村",
    read_up_to(200),
    note=gettext_lazy("不填为本名单所属社区"),
)
AREA = column(
    "area",
    gettext_lazy("所在区域"),
    "所在区域 区域 所属区域 区域名称 区域编码 所在网格 所属网格 网格 网格名称 网格编码 属地 属地网格 所在楼栋 楼栋",
    read_up_to(200),
    example="第1网格",
    note=gettext_lazy("网格、楼栋等的名称或编码；不填为所在社区"),
)
ADDRESS = column(
    "address",
    gettext_lazy("地址"),
    "地址 单位地址 详细地址 办公地址 经营地址 注册地址 通讯地址 住所 所在地 单位所在地 经营场所 营业地址 地点 办公地点",
    read_up_to(120),
    clearable=True,
    example="桃园路 1 号",
)
HEAD = column(
    "head",
    gettext_lazy("负责人"),
    "负责人 单位负责人 主要负责人 负责人姓名 法定代表人 法人代表 法人 法定代表人姓名 法人姓名 单位法人 企业法人 "
    "法定代表人（负责人） 单位主要负责人 主要领导 单位领导 行政负责人 企业负责人 经营者 经营者姓名",
    read_name,
    clearable=True,
    mask=mask_name,
    example="张大伟",
)
CONTACT = column(
    "contact_name",
    gettext_lazy("联系人"),
    "联系人 联络人 联络员 单位联系人 单位联络员 联系人姓名 联络员姓名 党建联络员 经办人",
    read_name,
    clearable=True,
    mask=mask_name,
    example="王小明",
)
PHONE = column(
    "contact_phone",
    gettext_lazy("联系电话"),
    "联系电话 联系方式 电话 手机 手机号 手机号码 联系人电话 联系人手机 联络员电话 单位电话 办公电话 固定电话 座机 电话号码",
    read_phones,
    clearable=True,
    mask=mask_phone,
    show=lambda value: getattr(value, "first", value),
    example="0531-88880000",
    note=gettext_lazy("座机写区号"),
)
STAFF = column(
    "staff_count",
    gettext_lazy("职工人数"),
    "职工人数 职工数 员工人数 员工数 从业人数 从业人员 从业人员数 人数 在职人数 单位人数 用工人数 教职工人数 职工总数 在岗职工数",
    read_number(0, 9_999_999, "人|名|位"),
    clearable=True,
    example="30",
)


def _things(field: str, label, headings: str, example: str) -> Column:
    """A cell with several things, one a line on record."""
    note = gettext_lazy("多项用“；”隔开")
    words = {"clearable": True, "show": lambda value: value.replace("\n", "；"), "example": example, "note": note}
    return column(field, label, headings, read_list(500), **words)


OFFERS = _things(
    "offers",
    gettext_lazy("可提供资源"),
    "可提供资源 可提供的资源 资源 资源清单 共享资源 共享资源清单 共治资源 共治资源清单 可共享资源 单位资源 资源项目 提供资源 "
    "资源名称 资源内容 优势资源 可提供服务 可提供的服务 服务资源 可开放资源 开放资源",
    "会议室（50人）；停车位10个",
)
NEEDS = _things(
    "needs",
    gettext_lazy("需求"),
    "需求 需求清单 单位需求 服务需求 服务需求清单 治理需求 治理需求清单 需求项目 需求内容 需求名称 存在需求 共建需求 "
    "需要解决的问题 需社区解决的问题 所需服务 需求事项",
    "暑期托管；政策咨询",
)
COLUMNS = (NAME, KIND, CODE, COMMUNITY, AREA, ADDRESS, HEAD, CONTACT, PHONE, STAFF, OFFERS, NEEDS)
_COMPARED = (NAME, KIND, CODE, ADDRESS, HEAD, CONTACT, PHONE, STAFF, OFFERS, NEEDS)


# --- Judging


def refusal_of(area: Area | None, by) -> str:
    """Why `by` imports nothing there; "" where they do."""
    try:
        check_area(area, by)
    except OrganisationRefused as refusal:
        return str(refusal)
    if by is not None and area is not None and not scope_of(by).covers(Can.IMPORT_ROSTERS, area):
        return _("您不能向“%(area)s”导入名单，请由该区域的人员导入。") % {"area": area.name}
    return ""


_NO_NAMES_WORDS = (
    "待定 个体 个体户 个体工商户 无名 未命名 其他 其它 全部 空置 待租 暂无 商户 商铺 门店 门市 企业 单位 公司 公司名称"
)
_NO_NAMES = frozenset(_NO_NAMES_WORDS.split())
_SEVERAL = re.compile("(公司|[店厂院校所社站馆超市]|中心|集团)[、,，;；/][^（(]+(公司|[店厂院校所社站馆]|超市|中心|集团)$")


def refusal_of_name(name: str) -> str:
    """Why this is the name of no one unit; "" where it is."""
    words = {"text": name[:30]}
    if name in _NO_NAMES or not re.search(r"[^\W\d_]", name) or re.fullmatch(r"共?\d+[家个户]", name):
        return _("“%(text)s”不是单位的名称，请写营业执照或登记证上的名称，没有的请删去此行。") % words
    if _SEVERAL.search(name):
        return _("“%(text)s”像是几个单位的名称，请每个一行。") % words
    return ""


class _Judging:
    """What is on record, loaded once, and where each row says that its unit stands."""

    def __init__(self, rows: Iterable[Row], by, area: Area | None):
        self.by, self.places, self.units = by, Places(by, area), Units(by)
        self.here = self.places.context
        self.visible = {unit.pk: unit for unit in self.units.all}
        self.coded = units_with_codes({said(row, "credit_code") for row in rows} - {""})
        self.area_of: dict[int, Area | None] = {}  # by id(row)

    def tidy(self, row: Row) -> None:
        settle_phone(row, PHONE)
        drop_remark(row, NAME)
        if said(row, "area") in ELSEWHERE:
            self.area_of[id(row)] = None
        else:
            found = stated(row, ((COMMUNITY, AreaKind.COMMUNITY), (AREA, None)), self.places.find)
            self.area_of[id(row)] = found[-1] if found else self.here
        if row.values.get("kind") == "两新":
            row.values["kind"] = self._new_body(row)

    def _is_said(self, row: Row) -> bool:
        """Whether the row names a place; one that does not is of wherever its unit stands."""
        return bool(said(row, "community") or said(row, "area"))

    def _new_body(self, row: Row) -> str:
        code = said(row, "credit_code")
        if code[:1] == "5" or (not code and _SOCIAL_NAME.search(folded(said(row, "name")))):
            kind = UnitKind.SOCIAL_ORGANISATION  # registered with civil affairs
        else:
            kind = UnitKind.PRIVATE_ENTERPRISE
        if not code:
            row.warn(KIND.label, _("“两新”按%(kind)s登记，请核对。") % {"kind": kind.label})
        return kind.value

    def key(self, row: Row) -> tuple | None:
        area, name = self.area_of[id(row)], said(row, "name")
        return (area and area.pk, folded(name)) if name else None

    def unit_of(self, row: Row) -> Unit | None:
        """The unit on record that the row speaks of; refuses the row where that cannot be told."""
        code, area = said(row, "credit_code"), self.area_of[id(row)]
        unit = self.visible.get(self.coded.get(code))
        if code in self.coded and unit is None:
            row.refuse(CODE.label, _("该统一社会信用代码已由其他区域登记，请核对代码，或请上级办理。"))
            return None
        where = area if unit is None or self._is_said(row) else unit.area
        named = self._named(row, where)
        words = {"name": said(row, "name")}
        if len(named) > 1:
            row.refuse(NAME.label, _("辖区内有多个“%(name)s”，请写明所在区域或统一社会信用代码。") % words)
        elif unit and named and named[0].pk != unit.pk:
            text = _("统一社会信用代码属于在案的“%(other)s”，“%(name)s”是另一个单位，请核对代码和名称。")
            row.refuse(CODE.label, text % (words | {"other": unit.name}))
        elif not unit and named and code and named[0].credit_code:
            text = _("“%(name)s”在案的统一社会信用代码是 %(old)s，与此不同，请核对；如为另一单位请写明不同的名称。")
            row.refuse(CODE.label, text % (words | {"old": named[0].credit_code}))
        return unit or (named[0] if named else None)

    def _named(self, row: Row, where: Area | None) -> list[Unit]:
        found = self.units.called(said(row, "name"))
        if self._is_said(row) or where is None:
            return [unit for unit in found if unit.area_id == (where and where.pk)]
        return inside(found, where)

    def ask(self, row: Row) -> Unit | None:
        """桃园物业有限公司 may be 桃园物业 of the same community: the user tells."""
        name, code, area = said(row, "name"), said(row, "credit_code"), self.area_of[id(row)]
        if area is None or state_in(name) or refusal_of_name(name) or self.units.called(name):
            return None
        around = area.community_id or area.pk
        near = [one for one in self.units.likely(name) if one.area and around in (one.community_id, one.area_id)]
        near = [one for one in near if not (code and one.credit_code)][:3]
        if not near:
            return None
        same = [(f"is{one.pk}", _("就是在案的“%(name)s”，更新其登记") % {"name": one.name}) for one in near]
        words = {"name": name[:40], "names": "、".join(f"“{one.name}”" for one in near)}
        message = _("“%(name)s”与在案的%(names)s名称相近，可能是同一个，请选择。") % words
        answer = row.warn(NAME.label, message, "same", [("hold", _("暂不导入")), *same, ("new", _("不是同一个，新增"))])
        if answer == "hold":
            row.skip(NAME.label, _("可能已经在案，没有新增。"))
        return next((one for one in near if answer == f"is{one.pk}"), None)

    def enter(self, row: Row) -> None:
        area, values = self.area_of[id(row)], {one.field: said(row, one.field) for one in _COMPARED}
        if message := refusal_of(area, self.by):
            row.refuse(AREA.label, message)
            return
        if message := state_in(values["name"]) or refusal_of_name(values["name"]):
            row.refuse(NAME.label, message)
            return
        if area is None and not self._is_said(row):
            row.warn(AREA.label, _("没有填写，按区外单位登记，请核对。"))
        if not values["kind"]:
            row.warn(KIND.label, _("没有填写，按“其他”登记。"))
        others = self.units.called(values["name"])
        if others and not values["credit_code"]:
            words = {"place": others[0].area.name if others[0].area else _("区外")}
            row.warn(NAME.label, _("“%(place)s”已有同名单位，本行将另行登记；如为同一单位，请改用在案的所在区域。") % words)
        row.verdict = Verdict.NEW
        values |= {"kind": values["kind"] or UnitKind.OTHER, "staff_count": _number(values["staff_count"])}
        row.plan = NewUnit(area=area, **values)

    def correct(self, row: Row, unit: Unit, phone: str) -> None:
        fields = [one.field for one in _COMPARED if one is not PHONE]
        current = {name: getattr(unit, name) for name in fields} | {"contact_phone": phone}
        if folded(unit.name) == folded(said(row, "name")):
            del current["name"]  # written otherwise, with other brackets: no other name
        new = compare(row, _COMPARED, current)
        if message := state_in(new.get("name", "")):
            row.refuse(NAME.label, message)
        area = self.area_of[id(row)]
        if self._is_said(row) and unit.area_id != (area and area.pk):
            change(row, AREA, unit.area.name if unit.area else _("区外"), area.name if area else _("区外"))
            new["area"] = area
        if new and (message := refusal_of(unit.area, self.by)):
            row.refuse("", _("“%(name)s”在案的内容与此不同，您不能修改：%(why)s") % {"name": unit.name, "why": message})
        elif "area" in new and (message := refusal_of(area, self.by)):
            row.refuse(AREA.label, message)
        row.plan = (unit.pk, new)


def _number(value: Any) -> int | None:
    return None if value == "" else value


def judge(rows: list[Row], by, area: Area | None = None) -> None:
    """New, updated, unchanged, skipped or refused, by the credit code, else by the name in its area."""
    judging = _Judging(rows, by, area)
    for row in rows:
        judging.tidy(row)
    kept = skip_repeats(rows, lambda row: said(row, "credit_code") or None, CODE, same=("name",))
    kept = skip_repeats(kept, judging.key, NAME, same=("credit_code",))
    found = {}
    for row in kept:
        unit = judging.unit_of(row) if row.verdict is not Verdict.REFUSED else None
        if unit is None and row.verdict is not Verdict.REFUSED:
            unit = judging.ask(row)
        if row.verdict in (Verdict.REFUSED, Verdict.SKIPPED):
            continue
        if unit is None:
            judging.enter(row)
        elif found.setdefault(unit.pk, row) is not row:
            row.refuse(NAME.label, _("与第 %(row)d 行是同一个在案单位，请核对后只留一行。") % {"row": found[unit.pk].number})
    phones = judging.units.phones(found)
    for pk, row in found.items():
        judging.correct(row, judging.visible[pk], phones[pk])


@action("members.import_units")
def commit(*, rows: Iterable[Row], by) -> int:
    """Enter the new units and correct the updated ones, all or none. Returns how many. Raises OrganisationRefused."""
    rows = list(rows)
    new = [row.plan for row in rows if row.verdict is Verdict.NEW]
    changes = dict(row.plan for row in rows if row.verdict is Verdict.UPDATED)
    return len(enter_units(units=new, by=by)) + change_units(changes=changes, by=by)


@rosters
def units() -> Roster:
    return Roster("units", gettext_lazy("单位"), COLUMNS, judge, commit)
