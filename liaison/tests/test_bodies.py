"""Bodies and who belongs to them: founded, changed, closed; members by hand and by what the kind of the body says."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import make_user
from gridparty.lib.dates import today
from liaison.actions.bodies import (
    NewBody,
    NewBodyMember,
    add_body_members,
    change_body,
    change_body_member,
    close_body,
    draw_members,
    found_body,
    leave_body,
)
from liaison.choices import BodyKind, MeetingState, Quorum
from liaison.convening import candidates, drawing
from liaison.errors import MeetingRefused
from liaison.models import Body, BodyMember
from liaison.tests.conftest import agreement_with, unit_at
from liaison.tests.meeting_rows import body_at, meeting_of, member_of
from members.actions import NewMember, NewOrganisation, NewSeat, enrol, fill_seats, found_organisations
from members.models import Member
from members.tests.conftest import ledger, parties, typed  # noqa: F401 - fixtures of the cast
from people.actions import NewPerson
from people.tests.conftest import home  # noqa: F401

NAMES = ["王主任", "李校长"]


@pytest.fixture
def joint(areas) -> Body:
    return body_at(areas.taoyuan)


@pytest.fixture
def congress(areas, ledger) -> Body:  # noqa: F811
    """The members of 第1网格党支部 and its group: 赵一, 钱二, 李四."""
    organisation = ledger.zhao.organisation
    return body_at(
        areas.grid1, kind=BodyKind.CONGRESS, name="第1网格党员大会", organisation=organisation, quorum=Quorum.FOUR_FIFTHS
    )


def current(body) -> set[str]:
    return {one.called for one in body.members.current().select_related("person")}


class TestFounding:
    def test_a_body_stands_where_it_was_founded(self, cast, areas):
        body = found_body(new=NewBody(areas.taoyuan, BodyKind.JOINT_MEETING, " 桃园联席会 "), by=cast.clerk)
        assert (body.name, body.area, body.community, body.quorum) == ("桃园联席会", areas.taoyuan, areas.taoyuan, Quorum.HALF)

    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({"name": " "}, "请填写名称"),
            ({"kind": "club"}, "请选择会议类型"),
            ({"quorum": "all"}, "请选择会议类型"),
            ({"kind": BodyKind.CONGRESS}, "请选择召集党组织"),
            ({"name": "桃园社区党建联席会"}, "请换一个名称"),
        ],
    )
    def test_refused_with_the_reason(self, cast, areas, joint, values, why):
        given = {"area": areas.taoyuan, "kind": BodyKind.JOINT_MEETING, "name": "新会"} | values
        with pytest.raises(MeetingRefused, match=why):
            found_body(new=NewBody(**given), by=cast.secretary)
        assert Body.objects.count() == 1

    def test_only_where_one_runs_meetings(self, cast, areas):
        for who, area in ((cast.secretary, areas.liuyuan), (cast.secretary, areas.east), (cast.cadre, areas.taoyuan)):
            with pytest.raises(MeetingRefused, match="不由您办理"):
                found_body(new=NewBody(area, BodyKind.JOINT_MEETING, "新会"), by=who)

    def test_a_congress_of_an_organisation_that_stands_elsewhere_is_refused(self, cast, areas, parties):  # noqa: F811
        new = NewBody(areas.taoyuan, BodyKind.CONGRESS, "党员大会", parties.liuyuan)
        with pytest.raises(MeetingRefused, match="不在您的管理范围内"):
            found_body(new=new, by=cast.secretary)
        with pytest.raises(MeetingRefused, match="召集党组织应在"):
            found_body(new=new, by=cast.street_officer)
        assert found_body(new=NewBody(areas.taoyuan, BodyKind.CONGRESS, "党员大会", parties.taoyuan), by=cast.secretary).pk

    def test_name_and_quorum_change_any_time_what_it_is_only_while_nobody_belongs(self, cast, areas, joint):
        new = NewBody(areas.east, BodyKind.GRID_HEADS, "例会", quorum=Quorum.NONE)
        assert change_body(body=joint, new=new, by=cast.street_officer).community is None
        member_of(joint)
        with pytest.raises(MeetingRefused, match="已有成员或会议"):
            change_body(body=joint, new=NewBody(areas.taoyuan, BodyKind.GRID_HEADS, "例会"), by=cast.street_officer)
        assert (
            change_body(body=joint, new=NewBody(areas.east, BodyKind.GRID_HEADS, "周例会"), by=cast.street_officer).name
            == "周例会"
        )

    def test_closed_its_members_leave_unless_a_meeting_is_not_settled(self, cast, joint):
        member = member_of(joint)
        meeting = meeting_of(joint)
        with pytest.raises(MeetingRefused, match="还有 1 次会议"):
            close_body(body=joint, by=cast.secretary)
        meeting.state = MeetingState.CANCELLED
        meeting.save()
        close_body(body=joint, by=cast.secretary)
        member.refresh_from_db()
        assert member.left_on == Body.objects.get().closed_on == today()
        with pytest.raises(MeetingRefused, match="撤销"):
            add_body_members(body=joint, new=[NewBodyMember(name="王主任")], by=cast.secretary)


class TestMembersByHand:
    def test_people_on_record_and_names(self, cast, joint, ledger, home):  # noqa: F811
        new = [
            NewBodyMember(person=ledger.zhao.person),
            NewBodyMember(person=home.head),
            NewBodyMember(name="王主任", votes=False),
        ]
        add_body_members(body=joint, new=new, by=cast.secretary)
        assert current(joint) == {"赵一", "王建国", "王主任"}
        assert [one.called for one in joint.members.filter(votes=False)] == ["王主任"]

    @pytest.mark.parametrize(
        ("new", "why"),
        [([NewBodyMember()], "填写姓名"), ([NewBodyMember(name=name, chairs=True) for name in NAMES], "只能有一名")],
    )
    def test_refused_with_the_reason(self, cast, joint, new, why):
        with pytest.raises(MeetingRefused, match=why):
            add_body_members(body=joint, new=new, by=cast.secretary)
        assert not joint.members.exists()

    def test_nobody_twice_and_nobody_from_elsewhere(self, cast, joint, ledger, areas, parties):  # noqa: F811
        member_of(joint, ledger.zhao)
        with pytest.raises(MeetingRefused, match="已是成员"):
            add_body_members(body=joint, new=[NewBodyMember(person=ledger.zhao.person)], by=cast.secretary)
        wu = enrol(new=NewMember(parties.liuyuan, parties.ordinary, typed=typed("吴六", 6)), by=cast.street_officer)
        with pytest.raises(MeetingRefused, match="不在您的管理范围内"):
            add_body_members(body=joint, new=[NewBodyMember(person=wu.person)], by=cast.secretary)
        mill = unit_at(areas.liuyuan, "柳园纸厂")
        with pytest.raises(MeetingRefused, match="所选单位不在"):
            add_body_members(body=joint, new=[NewBodyMember(name="厂长", unit=mill)], by=cast.secretary)
        assert current(joint) == {"赵一"}

    def test_of_a_membership_typed_apart_only_what_was_typed_is_shown(self, cast, joint, home, parties, areas):  # noqa: F811
        """王建国 lives in 桃园; 柳园's branch typed a member of his number under another name."""
        liuyuan = make_user("community_secretary", areas.liuyuan, username="liuyuan")
        apart = NewPerson("王某", home.head.id_number)
        member = enrol(new=NewMember(parties.liuyuan, parties.ordinary, typed=apart), by=liuyuan)
        body = body_at(areas.liuyuan)
        add_body_members(body=body, new=[NewBodyMember(person=member.person)], by=liuyuan)
        assert current(body) == {"王某"}

    def test_a_new_chair_takes_over(self, cast, joint):
        member_of(joint, chairs=True)
        add_body_members(body=joint, new=[NewBodyMember(name="李校长", chairs=True)], by=cast.secretary)
        assert {one.name: one.chairs for one in joint.members.all()} == {"王主任": False, "李校长": True}
        change_body_member(
            member=joint.members.get(name="王主任"), new=NewBodyMember(name="王主任", chairs=True), by=cast.secretary
        )
        assert {one.name: one.chairs for one in joint.members.all()} == {"王主任": True, "李校长": False}

    def test_changed_and_taken_off(self, cast, joint, areas):
        member, school = member_of(joint), unit_at(areas.taoyuan, "市第一中学")
        new = NewBodyMember(name="王校长", unit=school, duty="校长", votes=False)
        changed = change_body_member(member=member, new=new, by=cast.clerk)
        assert (changed.name, changed.unit, changed.duty, changed.votes) == ("王校长", school, "校长", False)
        with pytest.raises(MeetingRefused, match="请填写姓名"):
            change_body_member(member=member, new=NewBodyMember(), by=cast.clerk)
        leave_body(member=member, by=cast.clerk)
        member.refresh_from_db()
        assert member.left_on == today()
        with pytest.raises(MeetingRefused, match="退出"):
            leave_body(member=member, by=cast.clerk)

    def test_only_by_who_runs_the_body(self, cast, joint, areas):
        member = member_of(joint)
        neighbour = make_user("community_secretary", areas.liuyuan, username="liuyuan")
        for who in (neighbour, cast.cadre, cast.nobody):
            for act in (
                lambda who=who: add_body_members(body=joint, new=[NewBodyMember(name="x")], by=who),
                lambda who=who: change_body_member(member=member, new=NewBodyMember(name="x"), by=who),
                lambda who=who: leave_body(member=member, by=who),
                lambda who=who: draw_members(body=joint, by=who),
                lambda who=who: close_body(body=joint, by=who),
            ):
                with pytest.raises(MeetingRefused, match="不由您办理"):
                    act()
        assert current(joint) == {"王主任"}


class TestDrawing:
    def test_a_joint_meeting_has_the_units_with_an_agreement_in_force(self, allied, areas):
        body = body_at(areas.taoyuan)
        assert [(one.unit, one.name) for one in candidates(body)] == [(allied.school, "周老师")]
        agreement_with(allied.hospital, areas.taoyuan)
        agreement_with(allied.hospital, areas.taoyuan, starts_on=today() - timedelta(days=5))
        assert draw_members(body=body, by=allied.secretary) == 2
        assert {(one.unit.name, one.name) for one in body.members.select_related("unit")} == {
            ("市第一中学", "周老师"),
            ("区中医院", "单位代表"),
        }
        assert draw_members(body=body, by=allied.secretary) == 0

    def test_a_unit_that_sends_somebody_on_record_is_there_already(self, allied, areas, ledger):  # noqa: F811
        body = body_at(areas.taoyuan)
        member_of(body, ledger.zhao, unit=allied.school)
        assert draw_members(body=body, by=allied.secretary) == 0

    def test_of_a_joint_meeting_nobody_goes_by_themselves(self, allied, areas):
        body = body_at(areas.taoyuan)
        draw_members(body=body, by=allied.secretary)
        allied.agreement.state = "ended"
        allied.agreement.save()
        assert draw_members(body=body, by=allied.secretary) == 0
        assert current(body) == {"周老师"}

    def test_grid_heads_are_secretaries_and_leaders_where_there_are_only_groups(self, areas, ledger, parties):  # noqa: F811
        """李四 leads the branch of grid 1, whose group's leader does not count; grid 2 has a branch without a secretary."""
        group2 = NewOrganisation("group", "第1网格党小组", areas.at("370199001002001"), parent=parties.liuyuan)
        (group2,) = found_organisations(organisations=[group2], by=None)
        seats = [NewSeat(parties.group, "group_leader", ledger.zhao.person), NewSeat(group2, "group_leader", ledger.sun.person)]
        fill_seats(seats=seats, by=None)
        assert [(one.person, one.duty) for one in candidates(body_at(areas.taoyuan, kind=BodyKind.GRID_HEADS))] == [
            (ledger.li.person, "第1网格党支部书记")
        ]
        east = candidates(body_at(areas.east, kind=BodyKind.GRID_HEADS))
        assert {(one.person, one.duty) for one in east} == {
            (ledger.li.person, "第1网格党支部书记"),
            (ledger.sun.person, "第1网格党小组长"),
        }

    def test_a_congress_has_the_roll_and_probationary_members_no_vote(self, cast, congress, ledger):  # noqa: F811
        Member.objects.filter(pk=ledger.qian.pk).update(standing="probationary")
        assert draw_members(body=congress, by=cast.secretary) == 3
        assert current(congress) == {"赵一", "钱二", "李四"}
        assert {one.person for one in congress.members.filter(votes=False)} == {ledger.qian.person}

    def test_who_left_the_roll_leaves_the_chair_and_guests_stay(self, cast, congress, ledger, parties):  # noqa: F811
        draw_members(body=congress, by=cast.secretary)
        guest = member_of(congress, ledger.sun, votes=False)
        member_of(congress, "街道组织委员", votes=False)
        congress.members.filter(person=ledger.li.person).update(chairs=True)
        Member.objects.filter(pk__in=[ledger.zhao.pk, ledger.li.pk]).update(organisation=parties.branch2)
        assert [one.person for one in drawing(congress).going] == [ledger.zhao.person]
        assert draw_members(body=congress, by=cast.secretary) == 1
        assert current(congress) == {"钱二", "李四", "孙三", "街道组织委员"}
        guest.refresh_from_db()
        assert guest.left_on is None

    def test_who_became_a_full_member_since_has_a_vote(self, cast, congress, ledger):  # noqa: F811
        Member.objects.filter(pk=ledger.qian.pk).update(standing="probationary")
        draw_members(body=congress, by=cast.secretary)
        congress.members.filter(person=ledger.zhao.person).update(votes=False)  # by hand, long a full member
        Member.objects.filter(pk=ledger.qian.pk).update(standing="full", full_on=today())
        assert draw_members(body=congress, by=cast.secretary) == 1
        assert {one.called for one in congress.members.filter(votes=False).select_related("person")} == {"赵一"}

    def test_costs_the_same_for_few_and_many(self, cast, congress, ledger, parties):  # noqa: F811
        def cost() -> int:
            BodyMember.objects.all().delete()
            with CaptureQueriesContext(connection) as captured:
                draw_members(body=congress, by=cast.secretary)
            return len(captured)

        Member.objects.filter(pk__in=[ledger.qian.pk, ledger.li.pk]).update(organisation=parties.branch2)
        few = cost()
        Member.objects.filter(pk__in=[ledger.qian.pk, ledger.li.pk]).update(organisation=parties.branch1)
        assert cost() == few
