"""Members of the small tree who serve: the cast of points (赵一, 钱二, 李四, 孙三), and 周五, who works elsewhere."""

from datetime import time, timedelta
from types import SimpleNamespace

import pytest

from conftest import make_user
from gridparty.lib.dates import today
from grids.actions import place
from members.actions import NewMember, NewUnit, add_unit, enrol
from members.models import Member
from members.tests.conftest import a_picture, ledger, parties, picture, typed  # noqa: F401 - fixtures of the cast
from services.choices import PostState
from services.models import Activity, PostKind, PostShift, ServicePost


@pytest.fixture
def served(cast, areas, parties, ledger) -> SimpleNamespace:  # noqa: F811
    """All who play: users (`served.secretary`, `served.grid_leader`, `served.zhao_user` …), members (`served.zhao` …), places.

    赵一, 钱二, 李四 belong to 第1网格党支部 and 孙三 to 第2网格党支部 of 桃园; they live nowhere on record. 周五 (`zhou`) is
    in service: employed by 市第一中学 (`school`, of elsewhere), lives in 1号楼, belongs to 第1网格党支部. All of them are users;
    吴六 (`wu`) belongs to 柳园党支部, outside 桃园.
    """
    school = add_unit(new=NewUnit(name="市第一中学", kind="institution"), by=None)
    lives = typed("周五", 5, area=areas.building1, since_on=today() - timedelta(days=900))
    new = NewMember(parties.branch1, parties.classes["在职党员"], typed=lives, employer=school)
    zhou = enrol(new=new, by=cast.secretary)
    wu = enrol(new=NewMember(parties.liuyuan, parties.ordinary, typed=typed("吴六", 6)), by=cast.street_officer)
    users = {}
    for name, member in (("sun", ledger.sun), ("zhou", zhou), ("wu", wu)):
        users[f"{name}_user"] = give_user(member, name)
    own = {"qian_user": ledger.organiser, "li_user": ledger.branch_secretary}
    everything = vars(cast) | vars(ledger) | users | own
    return SimpleNamespace(**everything, areas=areas, parties=parties, zhou=zhou, wu=wu, school=school)


def give_user(member: Member, username: str):
    """The member may log in."""
    member.person.user = make_user(None, None, username=username, name=member.person.name)
    member.person.save()
    return member.person.user


def post_at(area, *, shifts=(), state=PostState.PUBLISHED, **values) -> ServicePost:
    """A post as it stands in the table, published unless said otherwise; `shifts` are (weekday or day, begins, ends) in hours."""
    kind = PostKind.objects.get(name="治安巡逻")
    term = {"starts_on": today() + timedelta(days=10), "ends_on": today() + timedelta(days=100)}
    given = {"title": "楼院巡逻", "duties": "每周在小区巡逻一次。", "kind": kind, "places": 2, "state": state}
    row = ServicePost(**given | term | values)
    place(row=row, area=area)
    row.save()
    for day, begins, ends in shifts:
        when = {"weekday": day} if isinstance(day, int) else {"on": day}
        PostShift.objects.create(post=row, **when, begins=time(begins), ends=time(ends))
    return row


def activity_at(area, **values) -> Activity:
    """An activity of next week, open for signing up."""
    when = {"on": today() + timedelta(days=7), "begins": time(9), "ends": time(11)}
    row = Activity(**{"title": "清扫楼道", "spot": "1号楼前", "text": "带手套。"} | when | values)
    place(row=row, area=area)
    row.save()
    return row
