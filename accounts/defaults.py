"""Default data: the two role schemes of the reports, as examples to adapt."""

from django.utils.translation import gettext as _

from accounts.choices import Origin, Role
from accounts.models import RoleScheme, SchemePost
from gridparty.lib.registry import defaults
from grids.choices import AreaKind

# (kind of area, role, local title, origin, duties); sources: S4 (一长三员), S1 (一片三长).
SCHEMES = {
    "一长三员": [
        (AreaKind.COMMUNITY, Role.COMMUNITY_SECRETARY, "", Origin.ELECTED, "统领网格工作"),
        (AreaKind.GRID, Role.GRID_LEADER, "", Origin.APPOINTED, "由社区党委委员兼任，带领三员开展工作"),
        (AreaKind.GRID, Role.SENTIMENT_OFFICER, "", Origin.APPOINTED, "走访住户，收集民情"),
        (AreaKind.GRID, Role.SAFETY_OFFICER, "", Origin.APPOINTED, "安全生产、消防安全、食品药品安全"),
        (AreaKind.GRID, Role.CITYSCAPE_OFFICER, "", Origin.APPOINTED, "市容环境"),
    ],
    "一片三长": [
        (AreaKind.COMMUNITY, Role.COMMUNITY_SECRETARY, "", Origin.ELECTED, "统领片区工作"),
        (AreaKind.GRID, Role.GRID_LEADER, "片长", Origin.APPOINTED, "片区内为民服务事务，收集民意并上报"),
        (AreaKind.GRID, Role.GROUP_LEADER, "党小组长", Origin.ELECTED, "召集管理党员，兼统战委员"),
        (AreaKind.GRID, Role.RETIREE_LEADER, "退管小组长", Origin.ELECTED, "服务离退休人员，兼社会化服务协理员"),
        (AreaKind.BUILDING, Role.BUILDING_LEADER, "楼栋长", Origin.ELECTED, "兼关工小组长、城管卫生监督员、治安员、消防安全员"),
    ],
}


@defaults
def role_schemes() -> None:
    for name, posts in SCHEMES.items():
        scheme = RoleScheme.objects.filter(name=name).first()
        if scheme is None:
            scheme = RoleScheme.objects.create(name=name, is_example=True, note=_("示例，请按本地文件调整"))
            SchemePost.objects.bulk_create(
                SchemePost(scheme=scheme, kind=kind, role=role, title=title, origin=origin, duties=duties)
                for kind, role, title, origin, duties in posts
            )
