"""The register of members: enrolled from a list, corrected by it, and never enrolled twice."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.actions import NewMember, NewUnit, add_unit, enrol, leave
from members.choices import MemberState, MoveKind
from members.models import Member, MemberMove, Unit
from members.tests.conftest import number, typed
from people.actions import NewHousehold, NewPerson, enter_people, open_households
from people.models import Person
from rosters.engine import commit_roster
from rosters.tests.rolls import answered_alike, reader, remarks, sentences, verdicts

pytestmark = pytest.mark.django_db

HEADINGS = ["姓名", "公民身份号码", "所在党支部", "入党时间", "人员类别", "党员类别", "手机"]


@pytest.fixture
def read(tmp_path):
    """`read(rows, by=…)`: the reading of a csv of these rows."""
    read_lines = reader("members", tmp_path)
    return lambda rows, by, headings=HEADINGS, area=None: read_lines(headings, *rows, by=by, area=area)


ROWS = [
    ("王建国", number(1), "第1网格党支部", "1995.7.1", "正式党员", "在职党员", "15400000001"),
    ("李秀英", number(2), "中共桃园社区第二网格支部委员会", "1996年12月", "中共党员", "普通党员", "15400000002"),
]


def test_a_list_enrols_its_members(read, cast, parties):
    reading = read(ROWS, cast.clerk)
    assert (verdicts(reading), sentences(reading)) == (["new", "new"], [])
    assert remarks(reading) == ["只有年月，按 1 日登记。"]
    assert commit_roster(reading=reading, by=cast.clerk) == 2
    first, second = Member.objects.select_related("person", "member_class").order_by("pk")
    assert (first.organisation, first.member_class.name, first.joined_on) == (parties.branch1, "在职党员", date(1995, 7, 1))
    assert (second.organisation, second.person.name, second.joined_on) == (parties.branch2, "李秀英", date(1996, 12, 1))
    assert first.person.phone == "15400000001"
    assert list(MemberMove.objects.values_list("kind", flat=True)) == [MoveKind.ENROLLED] * 2


def test_the_same_list_twice_enrols_nobody(read, cast, parties):
    commit_roster(reading=read(ROWS, cast.clerk), by=cast.clerk)
    assert verdicts(read(ROWS, cast.clerk)) == ["unchanged", "unchanged"]


def test_a_member_without_a_number_is_offered_not_assumed(read, cast, parties):
    rows = [("王建国", "", "第1网格党支部", "", "", "普通党员", "")]
    commit_roster(reading=read(rows, cast.clerk), by=cast.clerk)
    assert verdicts(read(rows, cast.clerk)) == ["skipped"]
    assert verdicts(answered_alike(read(rows, cast.clerk), cast.clerk, same="new")) == ["new"]
    key = Member.objects.get().pk
    assert verdicts(answered_alike(read(rows, cast.clerk), cast.clerk, same=f"is{key}")) == ["unchanged"]


def test_a_resident_of_the_same_name_and_birth_is_offered(read, cast, parties, areas):
    home = open_households(households=[NewHousehold(areas.building1, "1", "101")], by=None)[0]
    born = date(1970, 7, 1)
    enter_people(people=[NewPerson("王建国", number(1), household=home, relation="head")], by=None)
    headings = ["姓名", "出生日期", "所在党支部", "党员类别"]
    rows = [("王建国", str(born), "第1网格党支部", "普通党员")]
    assert verdicts(read(rows, cast.clerk, headings=headings)) == ["skipped"]
    key = Person.objects.get().pk
    same = answered_alike(read(rows, cast.clerk, headings=headings), cast.clerk, resident=f"resident{key}")
    assert verdicts(same) == ["new"]
    commit_roster(reading=same, by=cast.clerk)
    assert (Person.objects.count(), Member.objects.get().person_id) == (1, key)


def test_what_changes_is_written_and_noted(read, cast, parties):
    commit_roster(reading=read(ROWS, cast.clerk), by=cast.clerk)
    rows = [("王建国", number(1), "第1网格党支部", "", "", "年老党员", "15400000099"), ROWS[1]]
    reading = read(rows, cast.clerk)
    assert verdicts(reading) == ["updated", "unchanged"]
    assert reading.rows[0].changes == [("phone", "15400000001", "15400000099"), ("member_class", "在职党员", "年老党员")]
    commit_roster(reading=reading, by=cast.clerk)
    member = Member.objects.select_related("person", "member_class", "mode").get(person__name="王建国")
    assert (member.person.phone, member.member_class.name, member.mode.name) == ("15400000099", "年老党员", "属地管")
    moves = MemberMove.objects.filter(member=member, kind=MoveKind.RECLASSED)
    assert [(one.before, one.after) for one in moves] == [("在职党员", "年老党员")]


def test_a_member_of_another_branch_of_ours_stays_or_is_transferred_as_answered(read, cast, parties):
    commit_roster(reading=read(ROWS, cast.clerk), by=cast.clerk)
    rows = [("王建国", number(1), "第2网格党支部", "", "", "", "")]
    reading = read(rows, cast.clerk)
    assert (verdicts(reading), remarks(reading)) == (
        ["unchanged"],
        ["组织关系在“第1网格党支部”，名单写的是“第2网格党支部”。"],
    )
    moved = answered_alike(read(rows, cast.clerk), cast.clerk, transfer="transfer")
    assert verdicts(moved) == ["updated"]
    commit_roster(reading=moved, by=cast.clerk)
    member = Member.objects.get(person__name="王建国")
    assert (member.organisation, member.state) == (parties.branch2, MemberState.ACTIVE)
    kinds = MemberMove.objects.filter(member=member).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [MoveKind.ENROLLED, MoveKind.SENT, MoveKind.RECEIVED]


def test_members_of_others_and_foreign_branches_are_refused_without_a_word_of_them(read, cast, parties):
    enrol(new=NewMember(parties.liuyuan, parties.ordinary, typed=typed("孙远", 3)), by=None)
    rows = [
        ("孙远", number(3), "第1网格党支部", "", "", "", ""),
        ("周同", number(4), "柳园党支部", "", "", "", ""),
        ("吴凡", number(5), "没有的党支部", "", "", "", ""),
    ]
    reading = read(rows, cast.clerk)
    assert verdicts(reading) == ["refused"] * 3
    assert sentences(reading) == [
        "该人员的党员档案在其他党组织，请由其办理组织关系转出。",
        "没有找到党组织“柳园党支部”，或不在您的管理范围内，请按在案的全称填写。",
        "没有找到党组织“没有的党支部”，或不在您的管理范围内，请按在案的全称填写。",
    ]


def test_two_hundred_rows_aimed_at_foreign_branches(read, cast, parties):
    rows = [(f"赵{chr(0x4E00 + n)}", number(300 + n), "柳园党支部", "", "", "普通党员", "") for n in range(200)]
    reading = read(rows, cast.clerk)
    assert verdicts(reading) == ["refused"] * 200
    assert commit_roster(reading=reading, by=cast.clerk, partial=True) == 0
    assert Member.objects.count() == 0


def test_somebody_on_record_elsewhere_is_taken_as_typed(read, cast, parties, areas):
    far = open_households(households=[NewHousehold(areas.at("370199002001L001"), "1", "101")], by=None)[0]
    enter_people(people=[NewPerson("孙远大", number(3), phone="15400000033", household=far, relation="head")], by=None)
    reading = read([("孙远", number(3), "第1网格党支部", "", "", "普通党员", "15400000003")], cast.clerk)
    assert (verdicts(reading), remarks(reading)) == (["new"], [])
    commit_roster(reading=reading, by=cast.clerk)
    member = Member.objects.select_related("person").get()
    assert (member.known_as, member.phone, member.person.name, member.person.phone) == (
        "孙远",
        "15400000003",
        "孙远大",
        "15400000033",
    )
    again = read([("孙远", number(3), "第1网格党支部", "", "", "普通党员", "15400000004")], cast.clerk)
    assert [row.changes for row in again.rows] == [[("phone", "15400000003", "15400000004")]]
    commit_roster(reading=again, by=cast.clerk)
    assert Member.objects.get().phone == "15400000004"
    assert Person.objects.get().phone == "15400000033"


def test_an_employer_on_record_is_named_and_any_other_kept_as_words(read, cast, parties, areas):
    unit = add_unit(new=NewUnit("桃园小学", area=areas.taoyuan), by=None)
    headings = [*HEADINGS[:3], "工作单位", "党员类别"]
    rows = [
        ("王建国", number(1), "第1网格党支部", "桃园小学", "普通党员"),
        ("李秀英", number(2), "第1网格党支部", "红星厂", "普通党员"),
    ]
    commit_roster(reading=read(rows, cast.clerk, headings=headings), by=cast.clerk)
    found = Member.objects.order_by("pk").values_list("employer", "person__employer")
    assert list(found) == [(unit.pk, "桃园小学"), (None, "红星厂")]
    assert Unit.objects.count() == 1


def test_of_two_columns_the_one_that_says_more_counts(read, cast, parties):
    headings = ["姓名", "公民身份号码", "政治面貌", "人员类别", "所属党组织", "所在党支部", "联系电话", "手机"]
    rows = [("王建国", number(1), "中共党员", "预备党员", "桃园社区党委", "第1网格党支部", "0531-88880000", "15400000001")]
    reading = read(rows, cast.clerk, headings=headings)
    values = reading.rows[0].values
    assert (values["standing"], values["organisation"], values["phone"]) == ("probationary", "第1网格党支部", "15400000001")
    assert set(reading.unmatched) == {"政治面貌", "所属党组织", "联系电话"}


def test_impossible_dates_and_classes_are_refused(read, cast, parties):
    rows = [
        ("王建国", number(1), "第1网格党支部", "1980-07-01", "", "普通党员", ""),
        ("李秀英", number(2), "第1网格党支部", "2999-07-01", "", "普通党员", ""),
        ("周同", number(4), "第1网格党支部", "", "", "一号党员", ""),
        ("吴凡", number(5), "", "", "", "普通党员", ""),
    ]
    assert verdicts(read(rows, cast.clerk)) == ["refused"] * 4


def test_who_had_left_is_enrolled_again(read, cast, parties):
    commit_roster(reading=read(ROWS, cast.clerk), by=cast.clerk)
    leave(member=Member.objects.get(person__name="王建国"), note="决定", by=cast.clerk)
    reading = read(ROWS, cast.clerk)
    assert verdicts(reading) == ["updated", "unchanged"]
    commit_roster(reading=reading, by=cast.clerk)
    assert Member.objects.get(person__name="王建国").state == MemberState.ACTIVE


def test_the_number_of_queries_does_not_grow_with_the_rows(read, cast, parties):
    counts = []
    for some in (range(1), range(10, 60)):
        rows = [(f"赵{chr(0x4E00 + n)}", number(300 + n), "第1网格党支部", "", "", "普通党员", "") for n in some]
        with CaptureQueriesContext(connection) as context:
            commit_roster(reading=read(rows, cast.clerk), by=cast.clerk)
        counts.append(len(context))
    assert counts[0] >= counts[1]
