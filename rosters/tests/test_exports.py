"""A list goes out as it stands on the page: the same rows, masked the same, and nothing in it that counts."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import ViewEntry
from conftest import make_user
from gridparty.lib.dates import today
from gridparty.lib.workbook import BROWSER
from gridparty.tests.factories import FACTORIES
from grids.models import Area
from members.actions import (
    NewEntry,
    NewMember,
    NewOrganisation,
    NewUnit,
    add_unit,
    enrol,
    found_organisations,
    leave,
    post_points,
    reverse_points,
)
from members.models import Member, PartyOrganisation, PointEntry, Unit
from members.tests.conftest import ledger, parties  # noqa: F401
from people.actions import NewHousehold, NewPerson, enter_people, open_households, record_death
from people.choices import IdKind
from people.models import Person
from people.tests.conftest import number
from rosters.engine import read_roster, roster_of

HEADINGS = ["编号", "姓名", "性别", "年龄", "证件号码", "联系电话"]
HEADINGS += ["社区", "网格", "楼栋", "单元", "室号", "与户主关系", "关爱"]


@pytest.fixture
def desk(client, cast):
    client.force_login(cast.secretary)
    return client


@pytest.fixture
def enter(areas):
    """Enter people in 桃园 1号楼, from serial number `first` on."""
    (household,) = open_households(households=[NewHousehold(areas.building1, "1", "101")], by=None)

    def enter(*names, first=1):
        relations = ("head" if first == 1 else "child", *["other"] * len(names))
        new = [
            NewPerson(name, number(serial), phone=f"1540000{serial:04}", household=household, relation=relation)
            for (serial, name), relation in zip(enumerate(names, first), relations, strict=False)
        ]
        return enter_people(people=new, by=None)

    return enter


def export(client, model, **query) -> bytes:
    answer = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_export"), query)
    assert answer.status_code == 200
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]
    return answer.getvalue()


def cells(content: bytes) -> list[list]:
    return [["" if cell is None else cell for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content)).active.values]


def listed(client, model, **query):
    answer = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"), query)
    return answer.context["cl"].result_list


def test_a_list_goes_out_masked_as_it_is_shown(desk, enter):
    enter("王建国", '=HYPERLINK("http://203.0.113.1")', "+1")
    head, *rows = cells(export(desk, Person))
    assert head == HEADINGS
    door = ["桃园社区", "第1网格", "1号楼", "1", "101"]
    assert [[*row[1:3], *row[4:12]] for row in rows] == [
        ["王建国", "男", "****" + number(1)[-3:], "****0001", *door, "户主"],
        ['=HYPERLINK("http://203.0.113.1")', "女", "****" + number(2)[-3:], "****0002", *door, "其他"],
        ["+1", "男", "****" + number(3)[-3:], "****0003", *door, "其他"],
    ]


def test_filters_and_search_hold_and_pages_do_not(desk, enter):
    enter("王建国", "李秀英", "王小明")
    assert [row[1] for row in cells(export(desk, Person, q="王"))[1:]] == ["王建国", "王小明"]
    assert [row[1] for row in cells(export(desk, Person, q="王", p="2", all=""))[1:]] == ["王建国", "王小明"]
    assert cells(export(desk, Person, q="没有这个人")) == [HEADINGS]
    assert len(listed(desk, Person, q="王")) == 2


def test_nobody_gets_rows_of_elsewhere(client, areas, enter):
    enter("王建国")
    client.force_login(make_user("community_secretary", areas.liuyuan, username="liuyuan"))
    assert cells(export(client, Person)) == [HEADINGS]


def test_who_sees_no_list_gets_no_file(client, cast, enter):
    enter("王建国")
    address = reverse("admin:people_person_export")
    for user, status in ((cast.grid_leader, 403), (cast.system_admin, 403), (None, 302)):
        client.logout()
        if user:
            client.force_login(user)
        assert client.get(address).status_code == status
    assert not ViewEntry.objects.exists()


def test_every_export_is_noted(desk, cast, enter):
    enter("王建国", "李秀英")
    export(desk, Person, q="王")
    export(desk, Person, living="no")
    entries = list(ViewEntry.objects.order_by("id").values_list("actor", "kind", "model", "object_id", "rows", "purpose"))
    assert entries == [
        (cast.secretary.pk, "exported", "people.person", None, 1, ""),
        (cast.secretary.pk, "exported", "people.person", None, 0, "筛选：在世情况"),
    ]


def test_a_wrong_address_leads_back_to_the_list(desk, enter):
    answer = desk.get(reverse("admin:jobs_job_export"), {"created_at__gte": "昨天"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("admin:jobs_job_changelist") + "?e=1")
    assert desk.get(reverse("admin:people_person_export"), {"phone__contains": "1"}).status_code == 400
    assert desk.post(reverse("admin:people_person_export")).status_code == 405


def test_an_export_takes_the_same_queries_for_one_row_and_for_three(desk, enter):
    enter("王建国")
    export(desk, Person)
    counts = []
    for names in ((), ("李秀英", "王小明")):
        enter(*names, first=2)
        with CaptureQueriesContext(connection) as captured:
            export(desk, Person)
        counts.append(len(captured))
    assert counts == [16, 16]


def test_every_list_of_the_desk_has_its_button_and_its_file(client, areas, cast, enter):
    enter("王建国")
    lookers = [cast.district_official, cast.system_admin, cast.audit_admin, cast.security_admin]
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for user in lookers:
            client.force_login(user)
            answer = client.get(address)
            if answer.status_code == 200:
                break
        changelist = answer.context["cl"]
        assert f'href="{address}export/' in answer.content.decode(), model
        head, *rows = cells(export(client, model))
        assert len(rows) == changelist.result_count, model
        columns = [name for name in changelist.list_display if name != "action_checkbox"]
        assert hasattr(changelist.model_admin, "export") or len(head) == 1 + len(columns), model


def test_exports_take_no_more_queries_for_three_rows_than_for_one(client, areas, cast):
    """Of every list there is."""
    lookers = [cast.district_official, cast.system_admin, cast.audit_admin, cast.security_admin]

    def counts():
        found = {}
        for model in admin.site._registry:
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_export")
            for user in lookers:
                client.force_login(user)
                with CaptureQueriesContext(connection) as captured:
                    answer = client.get(address)
                if answer.status_code == 200:
                    found[model] = len(captured)
                    break
            answer.getvalue()  # closes the file; close() would close the database, too
        return found

    grow(areas.grid1)
    counts()  # what a process learns once is not counted
    one = counts()
    grow(areas.grid2, areas.building1)
    assert counts() == one
    assert set(one) == set(admin.site._registry)


def grow(*places):
    """One row of every model at each of these places."""
    for place in places:
        for make in FACTORIES.values():
            make(place)


def test_areas_are_edited_and_read_in_again(client, cast, areas, tmp_path):
    client.force_login(cast.all_districts_official)
    path = tmp_path / "区域.xlsx"
    path.write_bytes(export(client, Area, q="37019900100"))
    book = openpyxl.load_workbook(path)
    assert [cell.value for cell in book.active[3]][:4] == ["社区", "桃园社区居民委员会", "370199001001", "370199001000"]
    book.active["B3"] = "桃花源社区居民委员会"
    book.save(path)
    reading = read_roster(roster=roster_of("areas"), path=path, limits=BROWSER)
    assert reading.counts == {"new": 0, "updated": 1, "unchanged": 9, "skipped": 0, "refused": 0}
    assert [row.values["name"] for row in reading.rows if row.verdict == "updated"] == ["桃花源社区居民委员会"]


@pytest.fixture
def read_again(desk, tmp_path, cast):
    """Exports a list as the secretary, and reads the file into a register; `edit` changes the workbook before."""

    def read(model, kind, edit=lambda sheet: None, **query):
        path = tmp_path / "名单.xlsx"
        path.write_bytes(export(desk, model, **query))
        book = openpyxl.load_workbook(path)
        edit(book.active)
        book.save(path)
        return read_roster(roster=roster_of(kind), path=path, limits=BROWSER, by=cast.secretary)

    return read


def said(reading):
    return [(str(row.verdict), row.reasons, [str(one.message) for one in row.warnings], row.changes) for row in reading.rows]


UNCHANGED = ("unchanged", [], [], [])


def test_units_are_edited_and_read_in_again(read_again, areas):
    unit = NewUnit(
        area=areas.taoyuan,
        name="桃园小学",
        kind="school",
        head="李四",
        contact_name="张三",
        contact_phone="15400000001",
        staff_count=40,
        offers="操场（周末、假期）\n打印、复印",
        needs="门前停车、接送",
    )
    add_unit(new=unit, by=None)
    add_unit(new=NewUnit(area=areas.grid1, name="桃园超市", kind="private_enterprise"), by=None)
    assert said(read_again(Unit, "units")) == [UNCHANGED, UNCHANGED]

    def edit(sheet):
        assert (sheet["K2"].value, sheet["L2"].value) == ("操场（周末、假期）；打印、复印", "门前停车；接送")
        sheet["J2"], sheet["L2"] = "41", "门前停车"

    (changed, same) = said(read_again(Unit, "units", edit))
    new = [("staff_count", "40", "41"), ("needs", "门前停车；接送", "门前停车")]
    assert (changed[0], changed[3], same) == ("updated", new, UNCHANGED)


def test_organisations_are_edited_and_read_in_again(read_again, areas):
    top = NewOrganisation(area=areas.taoyuan, kind="committee", name="桃园党委", full_name="中共桃园社区委员会")
    below = NewOrganisation(
        area=areas.taoyuan, kind="branch", name="第一支部", full_name="中共桃园社区第一支部委员会", parent=top
    )
    found_organisations(organisations=[top, below], by=None)
    assert said(read_again(PartyOrganisation, "organisations")) == [UNCHANGED, UNCHANGED]


def like_ends(id_number: str) -> str:
    """Another number that looks the same in a list."""
    others = (number(serial, date(1980, 5, day)) for day in range(2, 29) for serial in range(1000))
    return next(one for one in others if one[-3:] == id_number[-3:])


def test_residents_are_edited_and_read_in_again(read_again, areas, cast, enter):
    """Masked numbers and the place as they went out mean what is on record, wherever somebody lives and however it is spelled."""
    enter("王建国", "李秀英")
    (odd,) = open_households(households=[NewHousehold(areas.building1, "一单元", "101室")], by=None)
    more = [
        NewPerson("王小明", number(11), household=odd, relation="head"),
        NewPerson("赵大伟", area=areas.grid2),
        NewPerson("赵大伟", area=areas.grid2),
        NewPerson("孙远", area=areas.taoyuan),
        NewPerson("周八", "AB1234567", IdKind.PASSPORT, area=areas.building1),
        NewPerson("钱七", like_ends(number(1)), area=areas.grid1),
    ]
    enter_people(people=more, by=None)
    assert said(read_again(Person, "residents")) == [UNCHANGED] * 8

    def edit(sheet):
        sheet["F2"] = "15400000009"

    changed, *others = said(read_again(Person, "residents", edit))
    assert (changed[0], [name for name, _old, _new in changed[3]], others) == ("updated", ["phone"], [UNCHANGED] * 7)


def test_another_number_behind_the_mask_is_refused(read_again, enter):
    enter("王建国", "李秀英")

    def edit(sheet):
        sheet["F2"] = "****0009"

    refused, other = said(read_again(Person, "residents", edit))
    assert (refused[0], [column for column, _why in refused[1]], other) == ("refused", ["联系电话"], UNCHANGED)


def test_who_has_died_goes_out_and_is_left_alone(read_again, enter):
    _head, wife = enter("王建国", "李秀英")
    record_death(person=wife, on=today(), by=None)
    died = said(read_again(Person, "residents"))
    assert [(row[0], [why for _column, why in row[1]]) for row in died] == [
        ("unchanged", []),
        ("skipped", ["该人员已去世，记录不再修改。"]),
    ]


@pytest.fixture
def enrolled(areas, cast, parties):  # noqa: F811
    """Of 桃园: 王建国, who lives there; 李四, known only as typed, for he lives elsewhere; two who live nowhere."""
    enter_people(people=[NewPerson("王建国", number(1), phone="15400000001", area=areas.grid1)], by=None)
    enter_people(people=[NewPerson("李四", number(4), phone="15400000004", area=areas.liuyuan)], by=None)
    at = {"organisation": parties.branch1, "member_class": parties.classes["在职党员"]}
    typed = [
        NewPerson("王建国", number(1)),
        NewPerson("李四", number(4), phone="15400000044"),
        NewPerson("李四", number(5)),
        NewPerson("赵六", number(6)),
    ]
    return [enrol(new=NewMember(**at, typed=one), by=cast.secretary) for one in typed]


def test_lines_of_the_ledger_are_read_in_again_and_new_ones_added(read_again, ledger, cast):  # noqa: F811
    """A reversal and what it takes back among them; what stands is never changed by a list."""
    items = [("B1", "1"), ("C1", "2.5")]
    new = [NewEntry(ledger.zhao, ledger.items[code], today(), f"meeting:{code}", Decimal(n), "大会") for code, n in items]
    entry = post_points(entries=new, by=cast.secretary).entries[0]
    reverse_points(entry=entry, by=cast.secretary, reason="记错")
    assert said(read_again(PointEntry, "points")) == [UNCHANGED] * 3

    def edit(sheet):
        sheet["G2"] = "3"
        (head, *_rows) = sheet.values
        row = {"日期": str(today()), "姓名": "钱二", "所在党组织": "第1网格党支部", "项目": "参加三会一课"}
        sheet.append([row.get(heading) for heading in head])

    changed, *others, added = said(read_again(PointEntry, "points", edit))
    assert (changed[0], changed[1][0][1][:13]) == ("refused", "与该编号的积分记录不同；已")
    assert (others, added[:2]) == ([UNCHANGED] * 2, ("new", []))


def test_members_are_edited_and_read_in_again(read_again, enrolled):
    leave(member=enrolled[3], note="桃组〔2025〕1号，自行脱党", by=None)
    assert said(read_again(Member, "members", state="all"))[:3] == [UNCHANGED] * 3
    assert said(read_again(Member, "members", state="all"))[3][0] == "skipped"
    assert said(read_again(Member, "members")) == [UNCHANGED] * 3

    def edit(sheet):
        sheet["J3"] = "15400000009"

    first, changed, last = said(read_again(Member, "members", edit))
    assert (changed[0], [name for name, _old, _new in changed[3]]) == ("updated", ["phone"])
    assert [first, last] == [UNCHANGED] * 2
