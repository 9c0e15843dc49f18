"""Default data: kinds of posts, the rule of feedback cards. Examples to adapt."""

from gridparty.lib.registry import defaults
from services.models import CardRule, PostKind

# Ten posts as offices name them for in-service members, ten for members without a post.
KINDS = {
    "在职党员": (
        *("民情信息", "治安巡逻", "就业信息", "扶贫帮困", "法律服务"),
        *("文化宣传", "青少年教育", "文明劝导", "便民服务", "绿化养护"),
    ),
    "无职党员": (
        *("科技示范", "流通服务", "信息咨询", "财务监督", "重大事项监督"),
        *("治安维护", "公共设施维护", "环境卫生巡护", "政策宣传", "文明新风"),
    ),
}


@defaults
def post_kinds() -> None:
    known = set(PostKind.objects.values_list("name", flat=True))
    kinds = [(name, for_whom) for for_whom, names in KINDS.items() for name in names]
    PostKind.objects.bulk_create(
        PostKind(name=name, for_whom=for_whom, position=at) for at, (name, for_whom) in enumerate(kinds) if name not in known
    )


@defaults
def card_rule() -> None:
    if not CardRule.objects.exists():
        CardRule.objects.create(name="反馈卡")
