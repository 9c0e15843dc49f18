"""The columns of the register of members."""

from dataclasses import replace
from functools import partial

from django.utils.translation import gettext_lazy

from gridparty.lib.cells import read_choice, read_date
from gridparty.lib.registers import column, read_up_to
from members.choices import Standing
from people.rosters.cells import BY_FIELD as PEOPLE_FIELDS
from people.rosters.cells import PERSON_COLUMNS, RECORD

_STANDINGS = {
    Standing.FULL: "正式 中共党员 党员 中共正式党员 中国共产党党员 共产党员 中共党员(正式)",
    Standing.PROBATIONARY: "预备 中共预备党员 中国共产党预备党员 预备期 中共党员(预备)",
}
_PERSON = [one for one in PERSON_COLUMNS if one.field != "stated_member"]
ORGANISATION = column(
    "organisation",
    gettext_lazy("所在党组织"),
    "所在党支部 所在支部 党支部 支部 党支部名称 支部名称 所属党支部 所属支部 组织关系所在支部 "
    "组织关系所在党支部 organisation branch",
    read_up_to(120),
    general="所在党组织 所属党组织 党组织 党组织名称 组织关系所在党组织 组织关系所在单位 所在党小组 党小组 所属党小组",
    example="第1网格党支部",
    note=gettext_lazy("全称或简称；不填为本名单所属区域的支部"),
)
STANDING = column(
    "standing",
    gettext_lazy("党籍"),
    "党籍 人员类别 党员类型 党员身份 正式或预备 是否预备党员 党员状态 党籍状况 standing",
    read_choice(Standing, _STANDINGS),
    general="政治面貌",
    show=lambda value: Standing(value).label,
    choices=lambda: [str(one.label) for one in Standing],
    example="正式党员",
)
CLASS = column(
    "member_class",
    gettext_lazy("党员类别"),
    "党员类别 党员分类 管理类别 分类管理类别 类别 分类 member_class class",
    read_up_to(30),
    note=gettext_lazy("所在党组织采用的分类方案中的类别"),
)
JOINED = column(
    "joined_on",
    gettext_lazy("入党日期"),
    "入党日期 入党时间 入党年月 加入党组织日期 加入中共日期 加入中国共产党日期 何时入党 入党 joined_on",
    partial(read_date, partial=True),
    clearable=True,
    example="1999-07-01",
)
FULL = column(
    "full_on",
    gettext_lazy("转正日期"),
    "转正日期 转正时间 转为正式党员日期 转正年月 转正 预备党员转正日期 full_on",
    partial(read_date, partial=True),
    clearable=True,
    example="2000-07-01",
)
ADDRESS = replace(
    PEOPLE_FIELDS["address"],
    label=gettext_lazy("家庭住址"),
    note=gettext_lazy("如 桃园社区3号楼2单元301室；能读出本辖区的楼栋和室号的，导入时询问是否登记为现住址"),
)
COLUMNS = [RECORD, *_PERSON, ORGANISATION, STANDING, CLASS, JOINED, FULL, ADDRESS]
BY_FIELD = {one.field: one for one in COLUMNS}
PERSONAL = {"name", "id_number", "gender", "birth_date", "phone", "ethnicity", "employer"}
