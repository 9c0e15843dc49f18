"""The home written in a list of members is asked about: it becomes a residence only where somebody says so."""

import pytest

from members.models import Member
from members.tests.conftest import number
from people.actions import NewHousehold, NewPerson, enter_people, open_households
from people.models import Household, MoveRequest, Person, Residence
from rosters.tests.rolls import answered_alike, commit, reader, remarks, verdicts

HEADINGS = ["姓名", "公民身份号码", "所在党支部", "党员类别", "家庭住址"]
NOT_KEPT = "家庭住址没有登记：不是本辖区内写明楼栋和室号的住址。"


@pytest.fixture
def read(parties, tmp_path):
    return reader("members", tmp_path)


def line(name="王建国", serial=1, home="桃园社区3号楼2单元301室") -> list:
    return [name, number(serial), "第1网格党支部", "普通党员", home]


def accepted(read, cast, *lines):
    return answered_alike(read(HEADINGS, *lines, by=cast.clerk), cast.clerk, home="enter")


def live(name: str, serial: int, area, unit="1", room="101") -> Person:
    (home,) = open_households(households=[NewHousehold(area, unit, room)], by=None)
    return enter_people(people=[NewPerson(name, number(serial), household=home, relation="head")], by=None)[0]


def test_a_home_is_asked_about_and_left_out_unless_somebody_says_so(cast, read):
    reading = read(HEADINGS, line(), by=cast.clerk)
    assert (verdicts(reading), reading.unmatched) == (["new"], [])
    assert remarks(reading) == ["家庭住址可读作“3号楼 2-301”。"]
    commit(reading, cast.clerk)
    assert (Member.objects.count(), Residence.objects.count(), Household.objects.count()) == (1, 0, 0)


def test_who_is_said_to_live_there_lives_there(areas, cast, read):
    reading = accepted(read, cast, line(), line("李秀英", 2), line("赵大伟", 3, "3-2-302"))
    assert verdicts(reading) == ["new"] * 3
    assert commit(reading, cast.clerk) == 3
    columns = ("name", "household__area", "household__unit", "household__room", "relation")
    assert list(Person.objects.order_by("pk").values_list(*columns)) == [
        ("王建国", areas.building3.pk, "2", "301", "head"),
        ("李秀英", areas.building3.pk, "2", "301", "other"),
        ("赵大伟", areas.building3.pk, "2", "302", "head"),
    ]
    assert set(Member.objects.values_list("area", flat=True)) == {areas.building3.pk}
    again = accepted(read, cast, line(), line("李秀英", 2), line("赵大伟", 3, "3-2-302"))
    assert (verdicts(again), remarks(again)) == (["unchanged"] * 3, [])


def test_a_member_on_record_without_a_home_gets_one(areas, cast, read):
    commit(read(HEADINGS, line(home=""), by=cast.clerk), cast.clerk)
    reading = accepted(read, cast, line())
    assert (verdicts(reading), reading.rows[0].changes) == (["updated"], [("address", "", "3号楼 2-301")])
    commit(reading, cast.clerk)
    assert Member.objects.get().area == areas.building3


@pytest.mark.parametrize("home", ["桃园路8号", "外地", "柳园社区1号楼1单元101室", "9号楼1单元101", "3号楼"])
def test_what_is_no_door_of_ones_own_is_not_kept_and_told(cast, read, home):
    reading = accepted(read, cast, line(home=home))
    assert (verdicts(reading), remarks(reading)) == (["new"], [NOT_KEPT])
    commit(reading, cast.clerk)
    assert Residence.objects.count() == 0


def test_nobody_is_moved_by_a_list_of_members(areas, cast, read):
    live("王建国", 1, areas.building1)
    reading = accepted(read, cast, line())
    assert remarks(reading)[0] == "家庭住址没有登记：与在册的居住地不同，搬家请在居民页面办理。"
    commit(reading, cast.clerk)
    assert Person.objects.get().area == areas.building1
    assert remarks(read(HEADINGS, line(home="1号楼1单元101"), by=cast.clerk)) == []


def test_whom_others_keep_is_asked_for_and_the_preview_tells_nothing(areas, cast, read):
    live("王建国", 1, areas.at("370199001002L001"))
    reading, stranger = (read(HEADINGS, line(serial=serial), by=cast.clerk) for serial in (1, 9))
    assert remarks(reading) == remarks(stranger)
    commit(accepted(read, cast, line()), cast.clerk)
    request = MoveRequest.objects.get()
    assert (request.area, request.person.area) == (areas.building3, areas.at("370199001002L001"))


@pytest.mark.parametrize("n", [1, 12])
def test_queries_do_not_grow_with_the_rows(areas, cast, read, django_assert_num_queries, n):
    rows = [line(serial=serial, home=f"3号楼2单元{serial}01") for serial in range(1, n + 1)]
    assert cast.clerk.scope
    with django_assert_num_queries(19):
        accepted(read, cast, *rows)
