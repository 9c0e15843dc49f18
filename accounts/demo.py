"""The demo's people: posts filled by synthetic holders, and a named cast with log-ins. No name is a real person's."""

from datetime import timedelta
from itertools import cycle, islice

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from accounts.actions import NewUser, Post, appoint_many, create_users, use_scheme
from accounts.choices import Engagement, Origin, Role
from accounts.models import Appointment, RoleScheme, User
from audit.operations import action
from gridparty.lib.dates import today
from gridparty.lib.registry import demos
from grids.choices import AreaKind
from grids.models import Area

CAST_PASSWORD = "gridparty-demo"  # noqa: S105 - printed at the start of the demo, on synthetic data only
HOME = "桑园南"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = ("建国", "秀英", "志强", "桂兰", "文博", "晓燕", "海涛", "雅琴", "立新", "玉梅", "春生", "佳宁", "德明", "思远")

# (log-in name, role, which area: index into the chain district, street, community, grid, building; None everywhere)
CAST = [
    ("shiji", Role.ALL_DISTRICTS_OFFICIAL, None),
    ("quji", Role.DISTRICT_OFFICIAL, 0),
    ("jiedao", Role.STREET_OFFICER, 1),
    ("shuji", Role.COMMUNITY_SECRETARY, 2),
    ("shequ", Role.COMMUNITY_CLERK, 2),
    ("baolian", Role.LEADING_CADRE, 2),
    ("wanggezhang", Role.GRID_LEADER, 3),
    ("minqing", Role.SENTIMENT_OFFICER, 3),
    ("anquan", Role.SAFETY_OFFICER, 3),
    ("shirong", Role.CITYSCAPE_OFFICER, 3),
    ("zuzhang", Role.GROUP_LEADER, 3),
    ("tuiguan", Role.RETIREE_LEADER, 3),
    ("louzhang", Role.BUILDING_LEADER, 4),
    ("jiandu", Role.SUPERVISOR, 2),
    ("zhibu", Role.BRANCH_SECRETARY, 3),
    ("dangyuan", Role.MEMBER, 3),
    ("xitong", Role.SYSTEM_ADMIN, None),
    ("anquanyuan", Role.SECURITY_ADMIN, None),
    ("shenji", Role.AUDIT_ADMIN, None),
]
STAFFED = {  # which posts the rest of the district has filled; some stay vacant, so that the worklists have work
    AreaKind.STREET: [Role.STREET_OFFICER],
    AreaKind.COMMUNITY: [Role.COMMUNITY_SECRETARY],
    AreaKind.GRID: [Role.GRID_LEADER, Role.SENTIMENT_OFFICER],
}


def _names():
    return (surname + given for given in cycle(GIVEN) for surname in SURNAMES)


@demos
def people() -> str:
    district = Area.objects.get(kind=AreaKind.DISTRICT)
    use_scheme(area=district, scheme=RoleScheme.objects.get(name="一长三员"), by=None)
    _make_cast(district)
    return _("任职：%(n)d 个") % {"n": _staff(district)}


def _chain(district: Area) -> list[Area]:
    communities = Area.objects.within(district).filter(kind=AreaKind.COMMUNITY).select_related("street")
    community = communities.get(name__startswith=HOME)
    grid = Area.objects.filter(parent=community, kind=AreaKind.GRID).order_by("code").first()
    building = Area.objects.filter(parent=grid, kind=AreaKind.BUILDING).order_by("code").first()
    return [district, community.street, community, grid, building]


@action("accounts.demo_cast")
def _make_cast(district: Area) -> None:
    chain = _chain(district)
    names = islice(_names(), len(CAST))
    users = create_users(users=[NewUser(username, name) for (username, *_rest), name in zip(CAST, names, strict=False)], by=None)
    password = make_password(CAST_PASSWORD)
    for user in users:
        user.password = password
    User.objects.bulk_update(users, ["password"])
    posts = [
        Post(user, role, None if level is None else chain[level], today() - timedelta(days=300))
        for user, (_username, role, level) in zip(users, CAST, strict=True)
    ]
    appoint_many(posts=posts, by=None)


def _staff(district: Area) -> int:
    """Fill the posts of the district, but for those of the cast and about one in ten grid posts."""
    held = set(Appointment.objects.values_list("area", "role"))
    wanted = [
        (area, role)
        for area in Area.objects.within(district).filter(kind__in=STAFFED).order_by("code")
        for role in STAFFED[AreaKind(area.kind)]
        if (area.pk, role) not in held
    ]
    wanted = [pair for n, pair in enumerate(wanted) if n % 10 != 3]
    names = _names()
    new = [NewUser(f"demo{n:05d}", next(names), phone=f"154{n:08d}") for n in range(1, len(wanted) + 1)]
    users = create_users(users=new, by=None)
    posts = []
    for n, (user, (area, role)) in enumerate(zip(users, wanted, strict=True)):
        ends_on = today() + timedelta(days=20 + n % 900) if role == Role.COMMUNITY_SECRETARY else None
        origin = Origin.ELECTED if role == Role.COMMUNITY_SECRETARY else Origin.APPOINTED
        engagement = Engagement.PART_TIME if area.kind == AreaKind.GRID else Engagement.FULL_TIME
        posts.append(Post(user, role, area, today() - timedelta(days=400), ends_on, origin, engagement))
    return len(appoint_many(posts=posts, by=None))


def cast() -> list[tuple[str, str]]:
    """(log-in name, role and area in words) of the cast, for the screen."""
    order = {username: n for n, (username, *_rest) in enumerate(CAST)}
    # Offices of a party organisation are filled by members.demo, beside the post in the grid.
    posts = Appointment.objects.filter(user__username__in=order, body="").select_related("area", "community", "user")
    rows = sorted(posts, key=lambda post: order[post.user.username])
    return [(post.user.username, f"{post.get_role_display()}　{_place(post)}") for post in rows]


def _place(post: Appointment) -> str:
    if post.area is None:
        return _("全部区域")
    return " ".join(dict.fromkeys(area.name for area in (post.community, post.area) if area))
