"""The cells of registers of people: what offices write about somebody, and the columns that tell it."""

import re
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib.cells import read_choice, read_date, read_id_number, read_name, read_phones, read_sex
from gridparty.lib.masking import mask_id, mask_phone
from gridparty.lib.registers import column, read_up_to
from gridparty.lib.roster import CellRefused, plain, read_code, read_text
from grids.spellings import read_place
from people.choices import HouseholdKind, IdKind, Relation, Sex, Tenure


class Unlisted(str):
    """A word for a relation that is not in the list; kept to be told."""


class Masked(str):
    """A number as an export shows it: 37*************123."""


_RELATIONS = {
    Relation.HEAD: "本人 自己 户主本人 本户户主",
    Relation.SPOUSE: "妻 夫 妻子 丈夫 爱人 老婆 老公 夫妻",
    Relation.CHILD: "儿 女 子 儿子 女儿 长子 次子 三子 长女 次女 三女 养子 养女 继子 继女 独生子 独生女 独子 独女",
    Relation.GRANDCHILD: "孙 孙子 孙女 外孙 外孙子 外孙女 长孙 长孙女",
    Relation.PARENT: "父 母 父亲 母亲 岳父 岳母 公公 婆婆 公婆 养父 养母",
    Relation.GRANDPARENT: "祖父 祖母 爷爷 奶奶 外祖父 外祖母 外公 外婆 姥爷 姥姥",
    Relation.SIBLING: "兄 弟 姐 妹 哥 哥哥 弟弟 姐姐 妹妹 兄弟 姐妹 兄妹 姐弟",
    Relation.OTHER: "儿媳 女婿 媳妇 租客 租户 承租人 亲属 非亲属 其他亲属 亲戚 朋友 同事 保姆 雇工 合租 侄子 侄女 外甥 外甥女",
}
_TENURES = {
    Tenure.OWNED: "自有 自有住房 自购 产权房 商品房 业主",
    Tenure.RENTED: "租 租赁 租住 承租 出租房 公租房 廉租房",
    Tenure.VACANT: "空 空房 空闲 未入住",
    Tenure.OTHER: "借住 单位宿舍 宿舍",
}
_ID_KINDS = {
    IdKind.CITIZEN: "身份证 二代身份证 中华人民共和国居民身份证 户口簿 户口本",
    IdKind.RESIDENCE_PERMIT: "港澳台居住证 台湾居民居住证 港澳居民居住证",
    IdKind.FOREIGNER: "外国人永久居留证 永久居留身份证 永居证",
    IdKind.PASSPORT: "外国护照 中国护照",
    IdKind.OTHER: "其他 军官证 士兵证 港澳居民来往内地通行证 台湾居民来往大陆通行证",
}
_read_relation = read_choice(Relation, _RELATIONS)
_MEMBER_WORDS = "中共党员 党员 中共正式党员 正式党员 共产党员 中国共产党党员 中共预备党员 预备党员 中国共产党预备党员 是 √ ✓ ✔"
_MEMBERS = frozenset(_MEMBER_WORDS.split())


def read_relation(value: Any) -> str:
    """The relation to the head; a word of no list is kept as it is, to be told."""
    try:
        return _read_relation(value)
    except CellRefused:
        return Unlisted(plain(value)[:20])


def read_head(value: Any) -> str:
    """The name of a household's head, which only helps to tell who lives together; "" for what is no name."""
    try:
        return read_name(value)
    except CellRefused:
        return ""


def read_stated(value: Any) -> str:
    """yes or no: whether somebody is said to be a party member. Nothing else of a 政治面貌 is taken in."""
    text = plain(read_text(value)).replace(" ", "")
    said = _MEMBERS.intersection((text, re.sub(r"\(.*", "", text)))
    return "" if not text else "yes" if said else "no"


_OTHER_PAPER = re.compile(r"(?=.*\d)[A-Z]{1,3}\d{6,12}[A-Z]?|\d{8,10}")


def read_paper(value: Any) -> str:
    """The number of an ID card or of another paper; a masked one, as lists show it, is told apart."""
    text = plain(value)
    if "*" in text and re.fullmatch(r"[0-9]{0,6}\*{4,}[0-9X]{1,4}", text.upper()):
        return Masked(text.upper())
    try:
        return read_id_number(value)
    except CellRefused:
        code = text.upper().replace(" ", "")
        if _OTHER_PAPER.fullmatch(code):
            return code
        raise


def read_masked_phones(value: Any) -> Any:
    text = plain(value)
    return Masked(text) if re.fullmatch(r"\d{0,3}\*{4}\d{2,4}", text) else read_phones(value)


def read_record(value: Any) -> str:
    code = read_code(value)
    if code and not (code.isdecimal() and len(code) < 19):  # which is as much as a key can hold
        raise CellRefused(_("“%(text)s”不是系统编号，请删去，或保留导出时的原样。") % {"text": code[:20]})
    return code


PERSON_COLUMNS = [
    column(
        "name",
        gettext_lazy("姓名"),
        "姓名 居民姓名 人员姓名 公民姓名 住户姓名 名字 name",
        read_name,
        required=True,
        filled=True,
        example="示例：王小明",
    ),
    column(
        "id_number",
        gettext_lazy("身份证号码"),
        "身份证号码 身份证号 身份证 公民身份号码 公民身份证号码 居民身份证号码 居民身份证号 证件号码 证件号 证件编号 "
        "id_number id",
        read_paper,
        mask=mask_id,
        example="37019919780501001X",
        note=gettext_lazy("文本格式，18 位；外籍人员填护照号"),
    ),
    column(
        "id_kind",
        gettext_lazy("证件类型"),
        "证件类型 证件种类 证件名称 id_kind",
        read_choice(IdKind, _ID_KINDS),
        show=lambda v: IdKind(v).label,
        choices=lambda: [str(one.label) for one in IdKind],
    ),
    column(
        "gender",
        gettext_lazy("性别"),
        "性别 男女 gender sex",
        read_sex,
        show=lambda v: Sex(v).label,
        choices=lambda: [str(one.label) for one in Sex],
        example="男",
    ),
    column(
        "birth_date",
        gettext_lazy("出生日期"),
        "出生日期 出生年月 出生年月日 出生 生日 出生时间 birth_date birthday",
        partial(read_date, partial=True),
        example="1978-05-01",
    ),
    column(
        "phone",
        gettext_lazy("联系电话"),
        "手机 手机号 手机号码 联系手机 移动电话 本人手机 mobile",
        read_masked_phones,
        general="联系电话 电话 电话号码 联系方式 本人电话 本人联系电话 phone tel",
        clearable=True,
        mask=mask_phone,
        example="15400000001",
    ),
    column("ethnicity", gettext_lazy("民族"), "民族 ethnicity", read_up_to(20), clearable=True, example="汉族"),
    column(
        "employer",
        gettext_lazy("服务处所"),
        "服务处所 工作单位 单位 工作单位名称 就业单位 employer",
        read_up_to(100),
        clearable=True,
    ),
    column(
        "stated_member",
        gettext_lazy("政治面貌"),
        "政治面貌 是否党员 党员 政治面目 stated_member",
        read_stated,
        show=lambda v: _("中共党员") if v == "yes" else _("非党员"),
        choices=lambda: [_("中共党员"), _("非党员")],
        note=gettext_lazy("只登记是否党员，用于查找未入册的党员"),
    ),
]
RECORD = column(
    "record", gettext_lazy("编号"), "系统编号 记录编号 编号 record", read_record, note=gettext_lazy("导出时带出，请勿改动")
)
COLUMNS = [
    RECORD,
    *PERSON_COLUMNS,
    column(
        "relation",
        gettext_lazy("与户主关系"),
        "与户主关系 户主关系 与户主的关系 家庭关系 家庭成员关系 关系 与产权人关系 relation",
        read_relation,
        show=lambda v: Relation(v).label,
        choices=lambda: [str(one.label) for one in Relation],
        example="户主",
    ),
    column(
        "head_name",
        gettext_lazy("户主姓名"),
        "户主姓名 户主名字 户主名 head_name",
        read_head,
        note=gettext_lazy("可不填；用来分清哪些人是一户"),
    ),
    column("community", gettext_lazy("社区"), "社区 所属社区 所在社区 社区名称 村居 community", read_text),
    column("grid", gettext_lazy("网格"), "网格 所属网格 所在网格 网格名称 网格号 grid", read_text),
    column(
        "building",
        gettext_lazy("楼栋"),
        "楼栋 楼号 栋号 楼栋号 幢号 楼 栋 楼宇 所在楼栋 building",
        read_text,
        example="3号楼",
    ),
    column("unit", gettext_lazy("单元"), "单元 单元号 unit", read_place, example="2"),
    column("room", gettext_lazy("室号"), "室号 房号 门牌号 房间号 户号 室 门牌 房间 room", read_place, example="301"),
    column(
        "address",
        gettext_lazy("住址"),
        "住址 家庭住址 现住址 居住地址 现居住地址 居住地 详细地址 详细住址 家庭地址 地址 现住地址 常住地址 房屋地址 address",
        read_text,
        note=gettext_lazy("如 桃园社区3号楼2单元301室；已填楼栋和室号的不必填"),
    ),
    column(
        "tenure",
        gettext_lazy("房屋情况"),
        "房屋情况 住房性质 房屋性质 居住性质 住房情况 房屋状态 房屋使用情况 tenure",
        read_choice(Tenure, _TENURES),
        show=lambda v: Tenure(v).label,
        choices=lambda: [str(one.label) for one in Tenure],
    ),
    column(
        "household_kind",
        gettext_lazy("户别"),
        "户别 户类型 household_kind",
        read_choice(HouseholdKind),
        show=lambda v: HouseholdKind(v).label,
        choices=lambda: [str(one.label) for one in HouseholdKind],
    ),
    column(
        "since_on",
        gettext_lazy("入住时间"),
        "入住时间 入住日期 迁入日期 迁入时间 居住起始日期 何时迁来 since_on",
        partial(read_date, partial=True),
    ),
]
BY_FIELD = {column.field: column for column in COLUMNS}
