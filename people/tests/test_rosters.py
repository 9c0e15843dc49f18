"""The register of residents: what a community's list comes to, row by row, and what it leaves on record."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.actions import NewHousehold, NewPerson, enter_people, open_households
from people.models import Household, MoveRequest, Person, Residence
from people.tests.conftest import number
from rosters.engine import commit_roster
from rosters.tests.rolls import answered_alike, reader, remarks, sentences, verdicts

pytestmark = pytest.mark.django_db

HEADINGS = ["姓名", "身份证号码", "与户主关系", "家庭住址", "联系电话"]


@pytest.fixture
def read(tmp_path):
    """`read(rows, by=…)`: the reading of a csv of these rows."""
    read_lines = reader("residents", tmp_path)
    return lambda rows, by, headings=HEADINGS, area=None: read_lines(headings, *rows, by=by, area=area)


FAMILY = [
    ("赵 大伟", number(11), "户主", "3号楼2单元301室", "154 0000 0011"),
    ("钱小红", number(12), "妻子", "3号楼2单元301室", "15400000012"),
    ("赵小宝", number(13, date(2015, 6, 1)), "儿子", "〃", ""),
]


def test_a_family_is_entered_with_its_household(read, cast, areas):
    reading = read(FAMILY, cast.clerk)
    assert (verdicts(reading), sentences(reading), remarks(reading)) == (["new"] * 3, [], [])
    assert commit_roster(reading=reading, by=cast.clerk) == 3
    home = Household.objects.get(area=areas.building3, unit="2", room="301")
    people = Person.objects.filter(household=home).order_by("pk")
    assert [(one.name, one.relation, one.phone, one.sex) for one in people] == [
        ("赵大伟", "head", "15400000011", "male"),
        ("钱小红", "spouse", "15400000012", "female"),
        ("赵小宝", "child", "", "male"),
    ]
    assert Residence.objects.filter(household=home, until_on=None).count() == 3


def test_the_same_list_twice_changes_nothing(read, cast):
    commit_roster(reading=read(FAMILY, cast.clerk), by=cast.clerk)
    again = read(FAMILY, cast.clerk)
    assert (verdicts(again), remarks(again)) == (["unchanged"] * 3, [])


def test_people_without_a_number_are_offered_and_never_entered_twice(read, cast):
    rows = [
        ("赵大伟", number(11), "户主", "3号楼2单元301室", ""),
        ("赵小宝", "", "儿子", "3号楼2单元301室", ""),
    ]
    first = read(rows, cast.clerk)
    assert verdicts(first) == ["new", "new"]
    commit_roster(reading=first, by=cast.clerk)
    again = read(rows, cast.clerk)
    assert verdicts(again) == ["unchanged", "skipped"]
    child = Person.objects.get(name="赵小宝")
    same = answered_alike(read(rows, cast.clerk), cast.clerk, same=f"is{child.pk}")
    assert verdicts(same) == ["unchanged", "unchanged"]
    another = answered_alike(read(rows, cast.clerk), cast.clerk, same="new")
    assert verdicts(another) == ["unchanged", "new"]


def test_a_blank_cell_keeps_and_the_word_empties(read, cast, home):
    rows = [("王建国", number(1), "", "1号楼1-101", ""), ("李秀英", number(2), "", "1号楼1-101", "清空")]
    reading = read(rows, cast.clerk)
    assert verdicts(reading) == ["unchanged", "updated"]
    assert reading.rows[1].changes == [("phone", "15400000002", "")]
    commit_roster(reading=reading, by=cast.clerk)
    assert Person.objects.get(pk=home.head.pk).phone == "15400000001"
    assert (Person.objects.get(pk=home.wife.pk).phone, Person.objects.get(pk=home.wife.pk).phone_tail) == ("", "")


def test_somebody_who_lives_elsewhere_in_the_community_moves_or_stays_as_answered(read, cast, home):
    rows = [("李秀英", number(2), "户主", "3号楼2单元301室", "")]
    reading = read(rows, cast.clerk)
    assert verdicts(reading) == ["updated"]
    assert remarks(reading) == ["在册住址是“1号楼 1-101”，名单写的是“3号楼 2-301”。"]
    stays = answered_alike(read(rows, cast.clerk), cast.clerk, **{"": ""}, move="stay")
    assert verdicts(stays) == ["unchanged"]
    commit_roster(reading=reading, by=cast.clerk)
    wife = Person.objects.select_related("household").get(pk=home.wife.pk)
    assert (str(wife.household), wife.relation) == ("2-301", "head")
    assert [(one.until_on is None, one.went) for one in wife.residences.order_by("pk")] == [(False, "moved"), (True, "")]


def test_a_household_that_loses_its_head_gets_another_and_says_so(read, cast, home):
    reading = read([("王建国", number(1), "户主", "3号楼2单元301室", "")], cast.clerk)
    assert "该户将没有户主，暂以“李秀英”为户主，请随后核对。" in remarks(reading)
    commit_roster(reading=reading, by=cast.clerk)
    assert Person.objects.get(pk=home.wife.pk).relation == "head"


def test_below_the_head_an_empty_address_is_the_one_above(read, cast):
    rows = [
        ("赵大伟", number(11), "户主", "3-2-301", ""),
        ("钱小红", number(12), "妻", "", ""),
        ("孙远", number(13), "户主", "", ""),
        ("李强", number(14), "", "", ""),
    ]
    reading = read(rows, cast.clerk)
    assert verdicts(reading) == ["new", "new", "refused", "refused"]
    assert remarks(reading) == ["没有写住址，按上一行登记在“3号楼 2-301”。"]


def test_two_heads_in_one_household_become_one(read, cast):
    rows = [("赵大伟", number(11), "户主", "3-2-301", ""), ("钱小红", number(12), "户主", "3-2-301", "")]
    reading = read(rows, cast.clerk)
    assert remarks(reading) == ["同一户里第 2 行已是户主，本人按“其他”登记。"]
    assert commit_roster(reading=reading, by=cast.clerk) == 2


def test_a_new_head_beside_the_one_on_record_waits_for_the_answer(read, cast, home):
    rows = [("赵大伟", number(11), "户主", "1号楼1-101", "")]
    reading = read(rows, cast.clerk)
    assert remarks(reading) == ["该户在册的户主是“王建国”，不在名单中。"]
    commit_roster(reading=reading, by=cast.clerk)
    assert Person.objects.get(name="赵大伟").relation == "other"


def test_the_head_changes_where_the_user_says_so(read, cast, home):
    rows = [("赵大伟", number(11), "户主", "1号楼1-101", "")]
    reading = answered_alike(read(rows, cast.clerk), cast.clerk, head="change")
    commit_roster(reading=reading, by=cast.clerk)
    assert Person.objects.get(name="赵大伟").relation == "head"
    assert Person.objects.get(pk=home.head.pk).relation == "other"


def test_birth_and_sex_that_contradict_the_number_are_told(read, cast):
    headings = ["姓名", "身份证号码", "性别", "出生年月", "家庭住址", "与户主关系"]
    rows = [("赵大伟", number(11), "女", "1981.5", "3-2-301", "户主"), ("钱小红", number(12), "女", "1980.5", "3-2-301", "妻")]
    reading = read(rows, cast.clerk, headings=headings)
    assert verdicts(reading) == ["new", "new"]
    assert remarks(reading) == [
        "所填“1981-05”与身份证号码不符，按号码应为“1980-05-01”。",
        "所填“女”与身份证号码不符，按号码应为“男”。",
    ]
    assert [row.values["birth_date"] for row in reading.rows] == [date(1980, 5, 1)] * 2
    held = answered_alike(read(rows, cast.clerk, headings=headings), cast.clerk, gender_conflict="hold")
    assert verdicts(held) == ["skipped", "new"]


def test_somebody_on_record_elsewhere_is_refused_and_asked_for(read, cast, areas):
    far = open_households(households=[NewHousehold(areas.at("370199002001L001"), "1", "101")], by=None)[0]
    enter_people(people=[NewPerson("孙远", number(21), household=far, relation="head")], by=None)
    rows = [*FAMILY, ("孙远", number(21), "租户", "3-2-301", "15400000021")]
    reading = read(rows, cast.clerk)
    assert verdicts(reading) == ["new", "new", "new", "refused"]
    assert sentences(reading) == ["该证件号码已在其他辖区登记，不能直接登记居住；写入时将向对方发出转入申请，由对方办理。"]
    commit_roster(reading=reading, by=cast.clerk, partial=True)
    request = MoveRequest.objects.get()
    assert (request.typed_name, request.held_area, request.area, str(request.household)) == (
        "孙远",
        far.area,
        areas.building3,
        "2-301",
    )
    assert Person.objects.get(name="孙远").household_id == far.pk


def test_two_hundred_rows_aimed_at_foreign_places(read, cast, areas):
    foreign = ["370199001002L001", "370199002001L001", "370198001001L001", "370199001999L001"]
    rows = [(f"赵{'一二三四五六七八九十'[n % 10]}", number(100 + n), "户主", "", "") for n in range(200)]
    headings = ["姓名", "身份证号码", "与户主关系", "楼栋", "室号"]
    rows = [(name, card, relation, foreign[n % 4], str(101 + n)) for n, (name, card, relation, _a, _p) in enumerate(rows)]
    reading = read(rows, cast.clerk, headings=headings)
    assert verdicts(reading) == ["refused"] * 200
    assert commit_roster(reading=reading, by=cast.clerk, partial=True) == 0
    assert Person.objects.count() == 0


def test_repeated_rows_are_skipped_and_contradicting_ones_refused(read, cast):
    rows = [FAMILY[0], FAMILY[0], ("赵小伟", number(11), "户主", "3号楼2单元301室", "")]
    reading = read(rows, cast.clerk)
    assert verdicts(reading) == ["new", "skipped", "refused"]
    assert sentences(reading)[0] == "与第 2 行重复，不再导入。"


def test_a_refused_row_does_not_stand_in_the_way_of_its_repetition(read, cast):
    rows = [("赵大伟", number(11), "户主", "3-2-301", "打不通"), ("赵大伟", number(11), "户主", "3-2-301", "15400000011")]
    assert verdicts(read(rows, cast.clerk)) == ["refused", "new"]


def test_without_an_address_the_relation_is_that_in_their_household(read, cast, home):
    rows = [(home.wife.pk, "李秀英", "父亲", "出租")]
    reading = read(rows, cast.clerk, headings=["编号", "姓名", "与户主关系", "房屋情况"])
    assert reading.rows[0].changes == [("relation", "配偶", "父母"), ("tenure", "自住", "出租")]
    commit_roster(reading=reading, by=cast.clerk)
    assert (Person.objects.get(pk=home.wife.pk).relation, Household.objects.get(pk=home.pk).tenure) == ("parent", "rented")


def test_numbers_that_lost_digits_masked_ones_and_nonsense_are_refused(read, cast):
    rows = [
        ("赵大伟", "3.70199E+17", "户主", "3-2-301", ""),
        ("钱小红", "370199********1234", "妻", "3-2-301", ""),
        ("孙远", number(13)[:-1] + "0", "子", "3-2-301", "电话"),
        ("李强", number(14), "子", "九号楼301", ""),
        ("周同", number(15), "子", "", ""),
        ("", number(16), "子", "3-2-301", ""),
    ]
    reading = read(rows, cast.clerk)
    assert verdicts(reading) == ["refused"] * 6


def test_a_unit_written_once_goes_down_with_its_building(read, cast):
    rows = [
        ("赵大伟", number(11), "3号楼", "2", "301"),
        ("钱小红", number(12), "", "", "302"),
        ("孙丽", number(13), "", "3", "301"),
    ]
    reading = read(rows, cast.clerk, headings=["姓名", "身份证号码", "楼栋", "单元", "室号"])
    assert [(row.plan[0].door.unit, row.plan[0].door.room) for row in reading.rows] == [("2", "301"), ("2", "302"), ("3", "301")]


def test_a_room_that_became_a_day_is_refused(read, cast):
    rows = [("赵大伟", number(11), "3号楼", "2", "2026-03-02"), ("钱小红", number(12), "3号楼", "3月2日", "301")]
    reading = read(rows, cast.clerk, headings=["姓名", "身份证号码", "楼栋", "单元", "室号"])
    assert verdicts(reading) == ["refused", "refused"]
    assert [(row.reasons[0][0], row.reasons[0][1][:15]) for row in reading.rows] == [
        ("室号", "“2026-03-02”成了日"),
        ("单元", "“3月2日”成了日期，原来的内"),
    ]


def test_an_edited_export_finds_its_people_by_the_record_number(read, cast, home):
    headings = ["编号", "姓名", "身份证号码", "联系电话", "民族"]
    masked = "37*************" + number(1)[-3:]
    rows = [(home.head.pk, "王建国", masked, "154****0001", "汉族"), (home.wife.pk, "李秀英", "", "15400000099", "")]
    reading = read(rows, cast.clerk, headings=headings)
    assert (verdicts(reading), sentences(reading)) == (["updated", "updated"], [])
    assert [row.changes for row in reading.rows] == [
        [("ethnicity", "", "汉族")],
        [("phone", "15400000002", "15400000099")],
    ]
    commit_roster(reading=reading, by=cast.clerk)
    assert Person.objects.get(pk=home.wife.pk).phone == "15400000099"
    assert Person.objects.get(pk=home.head.pk).id_number == number(1)


def test_the_number_of_queries_does_not_grow_with_the_rows(read, cast, home):
    counts = []
    for people in (1, 30):
        rows = [(f"赵{chr(0x4E00 + n)}", number(200 + n), "户主", f"3-2-{100 + n}", "") for n in range(people)]
        cast.clerk.refresh_from_db()
        with CaptureQueriesContext(connection) as context:
            commit_roster(reading=read(rows, cast.clerk), by=cast.clerk)
        counts.append(len(context))
        Residence.objects.all()._raw_delete("default")
        Person.objects.filter(name__startswith="赵")._raw_delete("default")
    assert counts[0] == counts[1]


# --- One door, however it is spelled


def doors_of_people() -> dict[str, str]:
    rows = Person.objects.filter(household__isnull=False).select_related("household")
    return {one.name: f"{one.household.unit}-{one.household.room}" for one in rows}


def test_a_door_on_record_is_found_with_and_without_leading_zeros(read, cast, areas):
    open_households(households=[NewHousehold(areas.building3, "2", "0901"), NewHousehold(areas.building3, "1", "801")], by=None)
    rows = [
        ("赵大伟", number(11), "户主", "3号楼2单元901室", ""),
        ("钱小红", number(12), "户主", "3号楼01单元0801室", ""),
    ]
    reading = read(rows, cast.clerk)
    assert (sentences(reading), remarks(reading)) == ([], [])
    commit_roster(reading=reading, by=cast.clerk)
    assert doors_of_people() == {"赵大伟": "2-0901", "钱小红": "1-801"}
    assert Household.objects.count() == 2
    again = read([("赵大伟", number(11), "户主", "3号楼2单元0901室", "")], cast.clerk)
    assert (verdicts(again), remarks(again)) == (["unchanged"], [])


def test_two_spellings_of_a_new_door_in_one_list_are_one_household(read, cast):
    rows = [
        ("赵大伟", number(11), "户主", "3号楼2单元0901室", ""),
        ("钱小红", number(12), "妻子", "3号楼2单元901室", ""),
        ("孙小明", number(13), "户主", "3号楼2单元0902室", ""),
    ]
    reading = read(rows, cast.clerk)
    assert (verdicts(reading), remarks(reading)) == (["new"] * 3, ["与第 2 行的“0901”按同一户登记，请核对。"])
    commit_roster(reading=reading, by=cast.clerk)
    assert doors_of_people() == {"赵大伟": "2-0901", "钱小红": "2-0901", "孙小明": "2-0902"}


def test_a_third_spelling_of_two_doors_on_record_is_asked_about(read, cast, areas):
    open_households(households=[NewHousehold(areas.building3, "2", "0901"), NewHousehold(areas.building3, "2", "901")], by=None)
    rows = [(f"赵大{n}", number(11 + n), "户主", f"3号楼2单元{room}", "") for n, room in enumerate(("901", "0901", "00901"))]
    reading = read(rows, cast.clerk)
    assert verdicts(reading) == ["new", "new", "refused"]
    assert sentences(reading) == ["“00901”在册有“0901”、“901”，是同一处的几种写法，请写成其中之一。"]


# --- Who the head is


def test_the_name_of_the_head_tells_who_lives_together(read, cast):
    rows = [
        ("赵大伟", number(11), "", "3号楼2单元301室", "赵大伟"),
        ("钱小红", number(12), "户主", "3号楼2单元302室", "钱小红"),
        ("赵小宝", number(13), "儿子", "", "赵大伟"),
        ("孙小明", number(14), "", "", "孙大明"),
    ]
    reading = read(rows, cast.clerk, headings=[*HEADINGS[:4], "户主姓名"])
    assert verdicts(reading) == ["new", "new", "new", "refused"]
    assert remarks(reading) == ["没有写住址，随户主“赵大伟”登记在“3号楼 2-301”。"]
    reading = read(rows[:3], cast.clerk, headings=[*HEADINGS[:4], "户主姓名"])
    commit_roster(reading=reading, by=cast.clerk)
    assert doors_of_people() == {"赵大伟": "2-301", "钱小红": "2-302", "赵小宝": "2-301"}
    assert dict(Person.objects.values_list("name", "relation")) == {"赵大伟": "head", "钱小红": "head", "赵小宝": "child"}


def test_a_relation_that_contradicts_the_name_of_the_head_is_told(read, cast):
    rows = [
        ("赵大伟", number(11), "儿子", "3号楼2单元301室", "赵大伟"),
        ("钱小红", number(12), "户主", "3号楼2单元301室", "赵大伟"),
        ("孙小明", number(13), "其他", "3号楼2单元301室", "孙大明"),
    ]
    reading = read(rows, cast.clerk, headings=[*HEADINGS[:4], "户主姓名"])
    assert remarks(reading) == [
        "户主姓名是“赵大伟”，与户主关系却是“子女”，按与户主关系登记，请核对。",
        "户主姓名是“赵大伟”，与户主关系却是“户主”，按与户主关系登记，请核对。",
        "与第 2 行住址相同，户主姓名不同；一处住址只登记一户，请核对。",
    ]
