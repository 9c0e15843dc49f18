"""The small tree and the named cast that every test plays on. Codes 370199 and 370198 were never assigned."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import make_password

from accounts.choices import Role
from accounts.models import Appointment, User
from grids.actions import load_areas, place
from grids.models import Area
from grids.rules import NewArea, shorten

TREE = [
    ("district", "370199000000", "海棠区", None),
    ("street", "370199001000", "东街街道", "370199000000"),
    ("street", "370199002000", "西街街道", "370199000000"),
    ("community", "370199001001", "桃园社区居民委员会", "370199001000"),
    ("community", "370199001002", "柳园社区居民委员会", "370199001000"),
    ("community", "370199002001", "杏园村村民委员会", "370199002000"),
    ("grid", "370199001001001", "第1网格", "370199001001"),
    ("grid", "370199001001002", "第2网格", "370199001001"),
    ("grid", "370199001002001", "第1网格", "370199001002"),
    ("grid", "370199002001001", "第1网格", "370199002001"),
    ("building", "370199001001L001", "1号楼", "370199001001001"),
    ("building", "370199001001L002", "2号楼", "370199001001001"),
    ("building", "370199001001L003", "3号楼", "370199001001002"),
    ("building", "370199001002L001", "1号楼", "370199001002001"),
    ("building", "370199002001L001", "1号楼", "370199002001001"),
    ("building", "370199002001L002", "2号楼", "370199002001001"),
    ("district", "370198000000", "木兰区", None),
    ("street", "370198001000", "南街街道", "370198000000"),
    ("community", "370198001001", "梅园社区居民委员会", "370198001000"),
    ("grid", "370198001001001", "第1网格", "370198001001"),
    ("building", "370198001001L001", "1号楼", "370198001001001"),
]
# The same place seen from the grid leader of 桃园 第1网格: own, and each kind of neighbour a row could leak from.
PLACES = {
    "own": "370199001001001",
    "sibling_grid": "370199001001002",
    "sibling_community": "370199001002001",
    "other_street": "370199002001001",
    "other_district": "370198001001001",
}
NAMED = {
    "district": "370199000000",
    "east": "370199001000",
    "west": "370199002000",
    "taoyuan": "370199001001",
    "liuyuan": "370199001002",
    "xingyuan": "370199002001",
    "grid1": "370199001001001",
    "grid2": "370199001001002",
    "building1": "370199001001L001",
    "building2": "370199001001L002",
    "building3": "370199001001L003",
    "other_district": "370198000000",
}


def new_areas(rows=TREE) -> list[NewArea]:
    return [NewArea(kind, code, *_names(kind, full_name), parent) for kind, code, full_name, parent in rows]


def _names(kind, full_name):
    short = shorten(kind, full_name)
    return short.name, full_name, short.form


@pytest.fixture
def areas(db) -> SimpleNamespace:
    """The small tree: `areas.grid1` …, and `areas.at(code)`."""
    load_areas(areas=new_areas(), by=None)
    by_code = {area.code: area for area in Area.objects.select_related("parent")}
    return SimpleNamespace(at=by_code.__getitem__, **{name: by_code[code] for name, code in NAMED.items()})


def make_user(role: Role | None, area: Area | None, *, username: str = "", name: str = "", **post) -> User:
    """A user with a password and, where a role is given, that post in force."""
    user = User(username=username or f"{role}-{area.code if area else 'all'}", name=name or "张三")
    user.set_password("a long password")
    user.save()
    if role:
        appointment = Appointment(user=user, role=role, **({"starts_on": date(2020, 1, 1)} | post))
        if area:
            place(row=appointment, area=area)
        appointment.save()
    return User.objects.get(pk=user.pk)


CAST = {
    "all_districts_official": (Role.ALL_DISTRICTS_OFFICIAL, None),
    "district_official": (Role.DISTRICT_OFFICIAL, "district"),
    "street_officer": (Role.STREET_OFFICER, "east"),
    "secretary": (Role.COMMUNITY_SECRETARY, "taoyuan"),
    "clerk": (Role.COMMUNITY_CLERK, "taoyuan"),
    "cadre": (Role.LEADING_CADRE, "taoyuan"),
    "grid_leader": (Role.GRID_LEADER, "grid1"),
    "next_grid_leader": (Role.GRID_LEADER, "grid2"),
    "building_leader": (Role.BUILDING_LEADER, "building1"),
    "member": (Role.MEMBER, "grid1"),
    "system_admin": (Role.SYSTEM_ADMIN, None),
    "security_admin": (Role.SECURITY_ADMIN, None),
    "audit_admin": (Role.AUDIT_ADMIN, None),
    "nobody": (None, None),
}


@pytest.fixture
def cast(areas) -> SimpleNamespace:
    """One user for each part; `next_grid_leader` is the one who must see nothing of 第1网格."""
    password = make_password("a long password")
    users = User.objects.bulk_create([User(username=name, name="张三", password=password) for name in CAST])
    posts = []
    for user, (role, place_name) in zip(users, CAST.values(), strict=True):
        if role is None:
            continue
        posts.append(Appointment(user=user, role=role, starts_on=date(2020, 1, 1)))
        if place_name:
            place(row=posts[-1], area=getattr(areas, place_name))
    Appointment.objects.bulk_create(posts)
    return SimpleNamespace(**{user.username: user for user in User.objects.filter(username__in=CAST)})
