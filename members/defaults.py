"""Default data: the two ways of the reports to sort and manage members, and two schemes of points, as examples to adapt."""

from django.utils.translation import gettext as _

from gridparty.lib.registry import defaults
from members.choices import Approver, CapPeriod, Feed, Proposer
from members.models import (
    ClassScheme,
    ExemptClass,
    ManagementMode,
    MemberClass,
    PointCategory,
    PointItem,
    PointScheme,
)

# Days between contacts are ours to begin with; the reports name the modes only.
FEEDS_BACK = {"双重管"}  # S0: in-service members, to their employers
MODES = {
    "楼宇管": (30, "由所在楼栋党小组联系管理"),
    "双重管": (90, "单位党组织和居住地党组织共同管理，每年反馈一次"),
    "动态管": (60, "流出、流入随时登记，定期联系"),
    "属地管": (60, "由居住地党组织管理"),
    "直管": (30, "由社区党组织直接管理"),
    "接管": (60, "由社区党组织接收管理"),
    "参管": (60, "社区党组织参与管理"),
    "重点管": (30, "由社区党组织重点联系和帮扶"),
}
# (scheme, class → mode); S4 (珠海香洲), S0 (海口凤翔, 五管合一).
SCHEMES = {
    "五类党员": {
        "普通党员": "楼宇管",
        "在职党员": "双重管",
        "流动党员": "动态管",
        "无业或失业党员": "属地管",
        "年老党员": "属地管",
    },
    "五管合一": {
        "居民党员": "直管",
        "在职党员": "双重管",
        "离退休党员": "接管",
        "流动党员": "参管",
        "下岗破产企业党员": "重点管",
    },
}


@defaults
def class_schemes() -> None:
    modes = {}
    for name, (days, duty) in MODES.items():
        modes[name] = ManagementMode.objects.filter(name=name).first()
        modes[name] = modes[name] or ManagementMode.objects.create(
            name=name, contact_days=days, duty=duty, feeds_back=name in FEEDS_BACK
        )
    for name, classes in SCHEMES.items():
        if ClassScheme.objects.filter(name=name).exists():
            continue
        scheme = ClassScheme.objects.create(name=name, is_example=True, note=_("示例，请按本地文件调整"))
        MemberClass.objects.bulk_create(MemberClass(scheme=scheme, name=one, mode=modes[mode]) for one, mode in classes.items())


# Composed from real score tables (FIELD.md §5). (name, base, ceiling, {category: (cap, items)}, classes that take no part); an
# item is (code, name, points, per, cap, period, who proposes, who approves).
_Y, _Q = CapPeriod.YEAR, CapPeriod.QUARTER
_ME, _LEADER, _BRANCH = Proposer.MEMBER, Proposer.LEADER, Proposer.BRANCH
_OWN, _OFFICE = Approver.BRANCH, Approver.OFFICE
FEEDS = {"志愿服务": Feed.HOURS}  # which item earns what other rooms find
POINT_SCHEMES = [
    (
        "党员积分百分制",
        60,
        100,
        {
            "学习教育": (
                20,
                [
                    ("A1", "参加集中学习", 2, "次", 12, _Y, _LEADER, _OWN),
                    ("A2", "学习笔记", 1, "季度", 1, _Q, _LEADER, _OWN),
                    ("A3", "心得体会", 1, "篇", 1, _Q, _ME, _OWN),
                ],
            ),
            "组织生活": (
                20,
                [
                    ("B1", "参加三会一课", 3, "次", 12, _Y, _LEADER, _OWN),
                    ("B2", "参加主题党日", 2, "次", 8, _Y, _LEADER, _OWN),
                ],
            ),
            "服务群众": (
                30,
                [
                    ("C1", "志愿服务", 1, "小时", 10, _Q, _ME, _OWN),
                    ("C2", "认领服务岗位并履职", 2, "季度", 2, _Q, _LEADER, _OWN),
                    ("C3", "结对帮扶走访", 1, "次", 4, _Q, _ME, _OWN),
                    ("C4", "反映民情并得到解决", 2, "件", 10, _Y, _ME, _OWN),
                ],
            ),
            "表彰奖励": (
                20,
                [
                    ("D1", "街道以上表彰", 5, "次", 10, _Y, _BRANCH, _OFFICE),
                    ("D2", "见义勇为", 10, "次", None, _Y, _BRANCH, _OFFICE),
                ],
            ),
            "扣分": (
                None,
                [
                    ("E1", "无故缺席集中学习", -3, "次", 12, _Y, _LEADER, _OWN),
                    ("E2", "无故缺席三会一课", -2, "次", 12, _Y, _LEADER, _OWN),
                    ("E3", "六个月未缴党费", -2, "次", None, _Y, _BRANCH, _OWN),
                    ("E4", "未完成支部交办任务", -3, "次", None, _Y, _BRANCH, _OWN),
                ],
            ),
        },
        (),
    ),
    (
        "党员积分加分不封顶",
        60,
        None,
        {
            "日常参加": (
                None,
                [
                    ("A1", "参加三会一课", 1, "次", None, _Y, _LEADER, _OWN),
                    ("A2", "上级培训（一周以内）", 1, "次", None, _Y, _LEADER, _OWN),
                    ("A3", "上级培训（一周至一月）", 2, "次", None, _Y, _LEADER, _OWN),
                    ("A4", "上级培训（两月以上）", 3, "次", None, _Y, _LEADER, _OWN),
                ],
            ),
            "发挥作用": (
                None,
                [
                    ("B1", "撰写学习体会", 3, "篇", None, _Y, _ME, _OWN),
                    ("B2", "学习体会获市级表彰", 3, "篇", None, _Y, _BRANCH, _OFFICE),
                    ("B3", "微宣讲", 3, "次", None, _Y, _ME, _OWN),
                    ("B4", "受邀讲课", 5, "次", None, _Y, _ME, _OWN),
                    ("B5", "志愿服务", 1, "小时", None, _Y, _ME, _OWN),
                ],
            ),
            "扣分": (
                None,
                [
                    ("C1", "无故缺席三会一课", -2, "次", None, _Y, _LEADER, _OWN),
                    ("C2", "无学习笔记", -5, "年", 5, _Y, _LEADER, _OWN),
                ],
            ),
        },
        ("年老党员", "离退休党员"),
    ),
]


@defaults
def point_schemes() -> None:
    for name, base, ceiling, categories, exempt in POINT_SCHEMES:
        if PointScheme.objects.filter(name=name, is_example=True).exists():
            continue
        note = _("示例，请按本地文件调整")
        scheme = PointScheme.objects.create(name=name, is_example=True, base=base, ceiling=ceiling, note=note)
        classes = MemberClass.objects.filter(name__in=exempt, scheme__is_example=True)
        ExemptClass.objects.bulk_create(ExemptClass(scheme=scheme, member_class=one) for one in classes)
        for n, (category, (cap, items)) in enumerate(categories.items()):
            row = PointCategory.objects.create(scheme=scheme, name=category, cap=cap, position=n)
            columns = ("code", "name", "points", "per", "cap", "cap_period", "proposer", "approver")
            values = (dict(zip(columns, item, strict=True)) | {"feed": FEEDS.get(item[1], "")} for item in items)
            PointItem.objects.bulk_create(PointItem(category=row, position=n, **one) for n, one in enumerate(values))
