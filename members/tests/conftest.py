"""Organisations of the small tree."""

from datetime import date
from io import BytesIO
from itertools import count
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from conftest import make_user
from gridparty.lib.dates import today
from gridparty.lib.idnumbers import synthetic
from gridparty.lib.registry import defaults
from members.actions import (
    NewEntry,
    NewMember,
    NewOrganisation,
    NewSeat,
    draft_scheme,
    enrol_many,
    fill_seats,
    found_organisations,
    publish_scheme,
)
from members.models import MemberClass, PointItem, PointScheme, Seat
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


@pytest.fixture
def ledger(areas, cast, parties) -> SimpleNamespace:
    """This year's scheme of 东街 in force, from the example of a hundred points, and those who play by it.

    赵一, 钱二 (organiser) and 李四 (secretary) belong to 第1网格党支部, 孙三 to 第2网格党支部; all but 孙三 are users.
    """
    example = PointScheme.objects.get(name="党员积分百分制", area=None)
    draft = draft_scheme(source=example, area=areas.east, year=today().year, by=cast.street_officer)
    publish_scheme(scheme=draft, by=cast.street_officer)
    names = [("赵一", parties.branch1), ("钱二", parties.branch1), ("李四", parties.branch1), ("孙三", parties.branch2)]
    new = [NewMember(where, parties.ordinary, typed=typed(name, n)) for n, (name, where) in enumerate(names, start=1)]
    zhao, qian, li, sun = enrol_many(members=new, by=cast.secretary)
    seats = [NewSeat(parties.branch1, "secretary", li.person), NewSeat(parties.branch1, "organiser", qian.person)]
    fill_seats(seats=seats, by=cast.secretary)
    zhao.person.user = make_user(None, None, username="zhao", name="赵一")
    zhao.person.save()
    items = {item.code: item for item in PointItem.objects.filter(category__scheme=draft).select_related("category")}
    user_of = {seat.title: User.objects.get(pk=seat.person.user_id) for seat in Seat.objects.select_related("person")}
    return SimpleNamespace(
        scheme=PointScheme.objects.get(pk=draft.pk),
        items=items,
        zhao=zhao,
        qian=qian,
        li=li,
        sun=sun,
        zhao_user=zhao.person.user,
        branch_secretary=user_of["secretary"],
        organiser=user_of["organiser"],
    )


@pytest.fixture
def picture() -> SimpleUploadedFile:
    """A photo as a phone sends it."""
    return a_picture()


def a_picture(size: tuple[int, int] = (60, 40)) -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", size, "red").save(file, "JPEG")
    return SimpleUploadedFile("IMG_0001.jpg", file.getvalue(), "image/jpeg")


def earned(member, item, *, source: str = "", on: date | None = None, **more) -> NewEntry:
    """Something of today to be scored; each call of its own source unless one is given."""
    return NewEntry(member, item, on or today(), source or f"test:{next(_numbers)}", **more)


_numbers = count(1)
