"""Default data: the two ways of the reports to sort and manage members, as examples to adapt."""

from django.utils.translation import gettext as _

from gridparty.lib.registry import defaults
from members.models import ClassScheme, ManagementMode, MemberClass

# Days between contacts are ours to begin with; the reports name the modes only.
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
        modes[name] = modes[name] or ManagementMode.objects.create(name=name, contact_days=days, duty=duty)
    for name, classes in SCHEMES.items():
        if ClassScheme.objects.filter(name=name).exists():
            continue
        scheme = ClassScheme.objects.create(name=name, is_example=True, note=_("示例，请按本地文件调整"))
        MemberClass.objects.bulk_create(MemberClass(scheme=scheme, name=one, mode=modes[mode]) for one, mode in classes.items())
