"""Organisations of the small tree."""

from datetime import date
from types import SimpleNamespace

import pytest

from gridparty.lib.idnumbers import synthetic
from gridparty.lib.registry import defaults
from members.actions import NewOrganisation, found_organisations
from members.models import MemberClass
from people.actions import NewPerson


def number(serial: int, born_on: date = date(1970, 7, 1)) -> str:
    return synthetic("370199", born_on, serial)


def typed(name: str, serial: int, **more) -> NewPerson:
    return NewPerson(name, number(serial), **more)


@pytest.fixture
def parties(areas) -> SimpleNamespace:
    """东街党工委 → 桃园党委 → two grid branches, the first with a group; a branch in 柳园; the shipped classes."""
    for default in defaults:
        default()
    street = NewOrganisation("work_committee", "东街党工委", areas.east)
    taoyuan = NewOrganisation("committee", "桃园社区党委", areas.taoyuan, parent=street)
    branch1 = NewOrganisation("branch", "第1网格党支部", areas.grid1, parent=taoyuan, elected_on=date(2024, 3, 1))
    branch2 = NewOrganisation("branch", "第2网格党支部", areas.grid2, parent=taoyuan)
    group = NewOrganisation("group", "1号楼党小组", areas.building1, parent=branch1)
    liuyuan = NewOrganisation("branch", "柳园党支部", areas.liuyuan, parent=street)
    rows = found_organisations(organisations=[street, taoyuan, branch1, branch2, group, liuyuan], by=None)
    names = ("street", "taoyuan", "branch1", "branch2", "group", "liuyuan")
    classes = {one.name: one for one in MemberClass.objects.filter(scheme__name="五类党员")}
    return SimpleNamespace(**dict(zip(names, rows, strict=True)), classes=classes, ordinary=classes["普通党员"])
