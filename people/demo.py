"""The demo's residents: one community peopled whole, as S2 has it. No name is a real person's."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from random import Random

from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Appointment
from gridparty.lib.dates import today
from gridparty.lib.idnumbers import synthetic
from gridparty.lib.registry import demos
from grids.choices import AreaKind
from grids.demo import SHOWN_COMMUNITY
from grids.models import Area
from people.actions import (
    NewHousehold,
    NewPerson,
    NewVisit,
    add_care,
    add_skill,
    enter_people,
    open_households,
    record_visits,
)
from people.choices import Relation, Tenure
from people.models import CareClass, Household, Person, Skill

HOUSEHOLDS, PEOPLE = 3128, 8859
HIDDEN = 200  # one household in so many names a party member, mostly one in no list
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
FIRST = {"male": "建国志文海德明立永福家兴庆金长世", "female": "春秀桂玉晓雅佳思凤淑美慧月彩红丽"}
SECOND = {"male": "军华强波涛新生宁远平杰辉勇刚鹏林", "female": "英兰燕琴梅芳敏丽霞洁娟珍莲云香琳"}


class Register:
    """Invented people, each with a name, an ID number and a phone like no other's; the same at every start."""

    def __init__(self, seed: int, county: str = "370199"):
        self.county = county
        self.random = Random(seed)  # noqa: S311 - invented names, nothing secret
        self._number = seed * 100_000
        self._given: set[str] = set()

    def person(self, low: int, high: int, *, sex: str = "", surname: str = "", **values) -> NewPerson:
        """Somebody between `low` and `high` years old."""
        self._number += 1
        sex = sex or ("male" if self._number % 2 else "female")
        name = (surname or self.random.choice(SURNAMES)) + self.random.choice(FIRST[sex]) + self.random.choice(SECOND[sex])
        serial = self._number % 499 * 2 + (1 if sex == "male" else 2)
        born_on = today() - timedelta(days=low * 365 + 1 + self._number * 7919 % ((high - low) * 365))
        while (number := synthetic(self.county, born_on, serial)) in self._given:
            born_on -= timedelta(days=1)
        self._given.add(number)
        phone = f"154{self._number:08d}" if low >= 18 else ""
        return NewPerson(name, number, born_on=born_on, sex=sex, phone=phone, **values)

    def family(self, household: Household, size: int, since_on: date) -> Iterator[NewPerson]:
        """A head, then spouse, children, a parent."""
        lives = {"household": household, "since_on": since_on}
        old = self.random.random() < 0.25 or size == 1
        head = self.person(*((60, 88) if old else (30, 58)), relation=Relation.HEAD, **lives)
        yield head
        age = today().year - head.born_on.year
        if size > 1:
            other = "female" if head.sex == "male" else "male"
            yield self.person(max(22, age - 4), age + 2, sex=other, relation=Relation.SPOUSE, **lives)
        for _n in range(2, min(size, 4)):
            ages = (20, age - 24) if old else (1, max(3, min(17, age - 25)))
            yield self.person(*ages, surname=head.name[0], relation=Relation.CHILD, **lives)
        for _n in range(4, size):
            yield self.person(max(62, age + 22), max(64, age + 30), sex="female", relation=Relation.PARENT, **lives)


@demos
def residents() -> str:
    register = Register(1)
    community = Area.objects.get(kind=AreaKind.COMMUNITY, name__startswith=SHOWN_COMMUNITY)
    households = open_households(households=list(_doors(community, register)), by=None)
    people = enter_people(people=list(_families(households, register)), by=None)
    listed = _care(community, people, register)
    return _("居民：%(community)s %(households)d 户 %(people)d 人，关爱对象 %(listed)d 人") % {
        "community": community.name,
        "households": len(households),
        "people": len(people),
        "listed": listed,
    }


def _doors(community: Area, register: Register) -> Iterator[NewHousehold]:
    """The doors of the community, spread over its buildings: three units, six floors, three doors."""
    buildings = list(Area.objects.within(community).filter(kind=AreaKind.BUILDING).order_by("code"))
    doors = [(unit, f"{floor}0{door}") for unit, floor, door in product("123", range(1, 7), range(1, 4))]
    for n in range(HOUSEHOLDS):
        unit, room = doors[n // len(buildings)]
        tenure = Tenure.RENTED if register.random.random() < 0.15 else Tenure.OWNED
        yield NewHousehold(buildings[n % len(buildings)], unit, room, tenure=tenure)


def _families(households: list[Household], register: Register) -> Iterator[NewPerson]:
    """As many people as the community has, one to five a household."""
    left = PEOPLE
    for n, household in enumerate(households):
        doors_left = HOUSEHOLDS - n - 1
        wanted = round(left / (doors_left + 1)) + register.random.choice((-2, -1, -1, 0, 0, 0, 1, 1, 2))
        size = max(1, min(5, wanted, left - doors_left), left - 5 * doors_left)
        left -= size
        head, *others = register.family(household, size, date(2012 + n % 13, 1 + n % 12, 1 + n % 28))
        yield replace(head, stated_member=n % HIDDEN == 11)
        yield from others


def _care(community: Area, people: list[Person], register: Register) -> int:
    """S2 names 46 households cared for; the old who live alone and some in hardship, visited by the leader of their grid."""
    leaders = dict(Appointment.objects.in_force().filter(role=Role.GRID_LEADER, community=community).values_list("area", "user"))
    users = {post.user_id: post.user for post in Appointment.objects.filter(user__in=leaders.values()).select_related("user")}
    classes = {one.name: one for one in CareClass.objects.all()}
    alone = [one for one in people if one.relation == Relation.HEAD and one.born_on.year < today().year - 78][:30]
    others = register.random.sample([one for one in people if one not in alone], 16)
    for n, person in enumerate([*alone, *others]):
        care_class = classes["独居老人" if n < 30 else ("残疾人", "低保户", "困难家庭")[n % 3]]
        visitor = users.get(leaders.get(person.grid_id))
        since = today() - timedelta(days=300 + n)
        add_care(person=person, care_class=care_class, since_on=since, responsible=visitor, by=None)
        if n % 3 and visitor:
            record_visits(visits=[NewVisit(person=person, on=today() - timedelta(days=n % 12))], by=visitor)
    for n, (skill, person) in enumerate(zip(Skill.objects.all(), register.random.sample(people, 40), strict=False)):
        add_skill(person=person, skill=skill, agreed_on=today() - timedelta(days=20 + n), by=None)
    return len(alone) + len(others)
