"""Hidden members: who is on the list, which organisation is nearest, and the two ways off the list."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actions import Post, appoint
from audit.models import ChangeEntry, ViewEntry
from conftest import make_user
from gridparty.lib.counting import numbers_of
from gridparty.lib.dates import today
from gridparty.lib.masking import mask_id
from members.actions import (
    NewMember,
    NewOrganisation,
    NewUnit,
    add_unit,
    close_organisation,
    enrol,
    found_organisations,
    leave,
    move_member,
    receive,
    send,
    set_zones,
    settle,
)
from members.errors import MemberRefused
from members.hidden import hidden_members, nearest_organisations
from members.models import Member
from members.queries import gap_numbers
from members.tests.conftest import number
from members.worklists import party_work
from people.actions import NewHousehold, NewPerson, enter_people, erase_person, move_out, open_households, record_death
from people.models import Person

ADD = reverse("admin:members_member_add")
LIST = reverse("admin:members_partyorganisation_coverage")


@pytest.fixture
def residents(areas, parties):
    """王一, 王二, 王三 and 王四 of 桃园 and 柳一 of 柳园 are said to be members; 王二 is one, of 第1网格党支部; 李一 is not."""
    (door,) = open_households(households=[NewHousehold(areas.building1, "1", "101")], by=None)
    liuyuan = areas.at("370199001002L001")
    new = [
        NewPerson("王一", number(1), household=door, relation="head", stated_member=True),
        NewPerson("王二", number(2), household=door, relation="spouse", stated_member=True),
        NewPerson("李一", number(3), household=door, relation="child"),
        NewPerson("王三", number(4), area=areas.building3, stated_member=True),
        NewPerson("王四", area=areas.grid2, stated_member=True),
        NewPerson("柳一", number(5), area=liuyuan, stated_member=True),
    ]
    names = ("wang", "second", "li", "third", "fourth", "liu")
    rows = dict(zip(names, enter_people(people=new, by=None), strict=True))
    enrol(new=NewMember(parties.branch1, parties.ordinary, person=rows["second"]), by=None)
    return SimpleNamespace(**rows)


@pytest.fixture
def list_of(client):
    """list_of(user) → the answer of the list, by the browser that `client` stays."""

    def open_list(user, **given):
        client.force_login(user)
        return client.get(LIST, {"gap": "hidden_members"} | given)

    return open_list


def names(user, within=None) -> set[str]:
    return set(hidden_members(user, within).values_list("name", flat=True))


class TestWhoIsOnTheList:
    def test_each_office_sees_its_own(self, areas, cast, residents):
        ours = {"王一", "王三", "王四"}
        assert {
            who: names(getattr(cast, who)) for who in ("secretary", "clerk", "cadre", "street_officer", "district_official")
        } == {
            "secretary": ours,
            "clerk": ours,
            "cadre": ours,
            "street_officer": ours | {"柳一"},
            "district_official": ours | {"柳一"},
        }
        assert names(cast.street_officer, areas.liuyuan) == {"柳一"}
        assert names(cast.street_officer, areas.grid2) == {"王三", "王四"}
        assert names(cast.secretary, areas.liuyuan) == set()

    @pytest.mark.parametrize("who", ["grid_leader", "building_leader", "member", "system_admin", "audit_admin", "nobody"])
    def test_who_sees_not_both_residents_and_members_sees_nobody(self, cast, residents, who):
        assert names(getattr(cast, who)) == set()

    def test_two_rights_at_different_places_do_not_add_up(self, areas, residents):
        user = make_user("grid_leader", areas.grid1)
        appoint(post=Post(user, "branch_secretary", areas.grid2, today()), by=None)
        assert names(type(user).objects.get(pk=user.pk)) == set()

    def test_members_sent_elsewhere_who_live_on_here_are_listed_and_say_so(self, cast, parties, residents):
        send_away(residents.second)
        rows = {row.name: row.gone for row in hidden_members(cast.secretary)}
        assert rows == {"王一": False, "王二": True, "王三": False, "王四": False}

    def test_who_is_sent_elsewhere_need_not_be_called_a_member(self, cast, parties, residents):
        enrol(new=NewMember(parties.branch1, parties.ordinary, person=residents.li), by=None)
        assert "李一" not in names(cast.secretary)
        send_away(residents.li)
        assert "李一" in names(cast.secretary)

    def test_a_transfer_on_its_way_is_still_on_the_roll(self, cast, residents):
        send(member=Member.objects.get(person=residents.second), elsewhere="市医院党支部", by=None)
        assert "王二" not in names(cast.secretary)

    def test_who_left_the_party_is_not_listed(self, cast, residents):
        leave(member=Member.objects.get(person=residents.second), note="决定〔2026〕1号", by=None)
        assert "王二" not in names(cast.secretary)

    def test_who_belongs_to_an_organisation_elsewhere_is_not_listed(self, cast, parties, residents):
        enrol(new=NewMember(parties.liuyuan, parties.ordinary, person=residents.third), by=None)
        assert names(cast.secretary) == {"王一", "王四"}

    def test_who_died_moved_away_or_was_erased_is_not_listed(self, cast, residents):
        record_death(person=residents.wang, new_head=residents.second, by=None)
        move_out(people=[residents.third], by=None)
        erase_person(person=residents.fourth, by=None)
        assert names(cast.district_official) == {"柳一"}

    def test_the_number_is_that_of_the_list(self, areas, cast, parties, residents):
        send_away(residents.second)
        assert gap_numbers(cast.secretary)["hidden_members"] == 4
        assert gap_numbers(cast.street_officer, areas.liuyuan)["hidden_members"] == 1
        assert {one.title: one.count for one in party_work(cast.secretary)}["未入册党员"] == 4
        with CaptureQueriesContext(connection) as captured:
            assert numbers_of({"hidden": hidden_members(cast.street_officer)}) == {"hidden": 5}
        assert len(captured) == 1


def send_away(person) -> None:
    receive(move=send(member=Member.objects.get(person=person), elsewhere="市医院党支部", by=None), by=None)


class TestTheNearestOrganisation:
    def near(self, user) -> dict[str, str]:
        people = list(hidden_members(user))
        found = nearest_organisations(user, people)
        return {one.name: found[one.pk].name for one in people if one.pk in found}

    def test_a_group_on_the_building_a_branch_of_the_grid_one_of_the_community(self, cast, residents):
        assert self.near(cast.street_officer) == {
            "王一": "1号楼党小组",
            "王三": "第2网格党支部",
            "王四": "第2网格党支部",
            "柳一": "柳园党支部",
        }

    def test_the_group_that_answers_for_the_building_comes_first(self, areas, cast, parties, residents):
        (other,) = found_organisations(
            organisations=[NewOrganisation("group", "2号楼党小组", areas.building2, parent=parties.branch1)], by=None
        )
        assert self.near(cast.secretary)["王一"] == "1号楼党小组"
        set_zones(organisation=other, buildings=[areas.building1], by=None)
        assert self.near(cast.secretary)["王一"] == "2号楼党小组"

    def test_the_only_group_of_the_grid_of_two_none(self, areas, cast, parties, residents):
        first, second = (NewOrganisation("group", name, areas.grid2, parent=parties.branch2) for name in ("甲组", "乙组"))
        found_organisations(organisations=[first], by=None)
        assert self.near(cast.secretary)["王三"] == "甲组"
        found_organisations(organisations=[second], by=None)
        assert self.near(cast.secretary)["王三"] == "第2网格党支部"

    def test_closed_ones_and_those_of_units_do_not_count(self, areas, cast, parties, residents):
        close_organisation(organisation=parties.branch2, by=None)
        assert self.near(cast.secretary)["王三"] == "桃园社区党委"
        shop = add_unit(new=NewUnit("桃园超市", "private_enterprise", areas.grid2), by=None)
        new = NewOrganisation("branch", "桃园超市党支部", areas.grid2, parent=parties.taoyuan, unit=shop)
        found_organisations(organisations=[new], by=None)
        assert self.near(cast.secretary)["王三"] == "桃园社区党委"

    def test_where_there_is_nothing_near_nothing_is_proposed(self, areas, cast, parties, residents):
        close_organisation(organisation=parties.liuyuan, by=None)
        assert "柳一" not in self.near(cast.street_officer)


class TestThePage:
    def test_a_row_says_who_where_why_and_what_can_be_done(self, cast, parties, residents, list_of):
        send_away(residents.second)
        answer = list_of(cast.clerk)
        rows = {row.person.name: (row.door, row.why, row.nearest.name, row.may_strike) for row in answer.context["rows"]}
        assert rows == {
            "王一": ("1号楼 1-101", "自报党员，未入册", "1号楼党小组", True),
            "王二": ("1号楼 1-101", "已转出，仍居住本地", "1号楼党小组", True),
            "王三": ("3号楼", "自报党员，未入册", "第2网格党支部", True),
            "王四": ("第2网格", "自报党员，未入册", "第2网格党支部", True),
        }
        page = answer.content.decode()
        assert "未入册党员" in page
        assert "柳一" not in page
        assert number(1) not in page

    def test_who_only_looks_finds_no_buttons(self, cast, residents, list_of):
        rows = list_of(cast.cadre).context["rows"]
        assert [(row.enrols, row.may_strike) for row in rows] == [("", False)] * 3

    def test_its_queries_do_not_grow_with_the_rows(self, areas, cast, parties, residents, list_of):
        list_of(cast.street_officer)
        with CaptureQueriesContext(connection) as few:
            assert len(list_of(cast.street_officer, within=areas.liuyuan.pk).context["rows"]) == 1
        new = [NewPerson(f"刘{n}", area=areas.at("370199001002L001"), stated_member=True) for n in range(30)]
        enter_people(people=new, by=None)
        with CaptureQueriesContext(connection) as many:
            assert len(list_of(cast.street_officer, within=areas.liuyuan.pk).context["rows"]) == 31
        assert len(few) == len(many)
        assert len(list_queries(many)) == 8

    def test_long_lists_go_page_by_page(self, areas, cast, residents, list_of):
        enter_people(people=[NewPerson(f"刘{n}", area=areas.building2, stated_member=True) for n in range(60)], by=None)
        first, second = (list_of(cast.secretary, page=n).context["rows"] for n in (1, 2))
        assert (len(first), len(second)) == (50, 13)
        assert not {row.person.pk for row in first} & {row.person.pk for row in second}


def list_queries(captured) -> list[str]:
    """Those of the page, without the log-in before it."""
    at = max(n for n, query in enumerate(captured.captured_queries) if "django_session" in query["sql"])
    return captured.captured_queries[at:]


class TestEnrolling:
    def data(self, parties, **more) -> dict:
        given = {"organisation": parties.group.pk, "member_class": parties.ordinary.pk, "standing": "full"}
        return given | {"joined_on": "2001-07-01", "full_on": "2002-07-01"} | more

    def row(self, answer, person):
        return next(row for row in answer.context["rows"] if row.person.pk == person.pk)

    def test_from_the_list_to_the_roll_and_off_the_list(self, areas, cast, parties, residents, list_of, client):
        row = self.row(list_of(cast.clerk, within=areas.taoyuan.pk), residents.wang)
        form = client.get(row.enrols)
        page = form.content.decode()
        assert "王一" in page
        assert mask_id(number(1)) in page
        assert number(1) not in page
        assert 'name="id_number"' not in page
        assert form.context["adminform"].form["organisation"].value() == str(parties.group.pk)
        assert ViewEntry.objects.filter(model="people.person", object_id=residents.wang.pk, purpose="members.enrol").count() == 1
        answer = client.post(row.enrols, self.data(parties))
        assert answer.url == f"{LIST}?gap=hidden_members&within={areas.taoyuan.pk}&page=1"
        member = Member.objects.get(person=residents.wang)
        assert (member.organisation, member.state, member.known_as, member.area_id) == (
            parties.group,
            "active",
            "",
            areas.building1.pk,
        )
        assert names(cast.clerk) == {"王三", "王四"}
        assert Person.objects.count() == 6, "nobody is entered twice"

    def test_somebody_without_an_id_number_is_enrolled_as_they_are_on_record(self, cast, parties, residents, list_of, client):
        row = self.row(list_of(cast.clerk), residents.fourth)
        client.post(row.enrols, self.data(parties, organisation=parties.branch2.pk))
        assert Member.objects.get(person=residents.fourth).organisation == parties.branch2

    def test_who_was_sent_elsewhere_takes_up_the_old_membership(self, cast, parties, residents, list_of, client):
        send_away(residents.second)
        client.post(self.row(list_of(cast.clerk), residents.second).enrols, self.data(parties))
        member = Member.objects.get(person=residents.second)
        assert (member.state, member.organisation, member.moves.filter(kind="rejoined").count()) == ("active", parties.group, 1)
        assert names(cast.clerk) == {"王一", "王三", "王四"}

    def test_a_refusal_keeps_the_form_and_the_person(self, cast, parties, residents, list_of, client):
        row = self.row(list_of(cast.clerk), residents.wang)
        answer = client.post(row.enrols, self.data(parties, joined_on="1985-01-01"))
        assert "入党日期距出生不满十八年" in answer.content.decode()
        assert mask_id(number(1)) in answer.content.decode()
        enrol(new=NewMember(parties.branch2, parties.ordinary, person=residents.wang), by=None)
        assert "该人员已有党员档案" in client.post(row.enrols, self.data(parties)).content.decode()

    def test_what_is_typed_beside_somebody_on_record_changes_nothing(self, cast, parties, residents, list_of, client):
        typed = {"name": "赵九", "id_number": number(9), "phone_number": "15400000009", "person": residents.liu.pk}
        client.post(self.row(list_of(cast.clerk), residents.wang).enrols, self.data(parties, **typed))
        assert Member.objects.get(person=residents.wang).name == "王一"
        assert not Member.objects.filter(person=residents.liu).exists()

    @pytest.mark.parametrize("key", ["0", "999999999999999999999999", "x", "-1"])
    def test_nobody_is_found_by_guessing(self, cast, parties, residents, client, key):
        client.force_login(cast.clerk)
        assert client.get(f"{ADD}?person={key}").status_code == 404

    def test_the_neighbours_residents_are_out_of_sight(self, cast, parties, residents, client):
        client.force_login(cast.clerk)
        address = f"{ADD}?person={residents.liu.pk}"
        assert client.get(address).status_code == 404
        assert client.post(address, self.data(parties)).status_code == 404
        assert not Member.objects.filter(person=residents.liu).exists()

    def test_an_organisation_of_others_is_not_to_be_chosen(self, cast, parties, residents, client):
        client.force_login(cast.clerk)
        client.post(f"{ADD}?person={residents.wang.pk}", self.data(parties, organisation=parties.liuyuan.pk))
        assert not Member.objects.filter(person=residents.wang).exists()


class TestNoMember:
    def deny(self, client, user, person, **given):
        client.force_login(user)
        return client.post(reverse("members:not_a_member", args=[person.pk]), given)

    def test_off_the_list_and_logged(self, areas, cast, residents, client):
        answer = self.deny(client, cast.clerk, residents.wang, page="2", within=str(areas.taoyuan.pk))
        assert answer.url == f"{LIST}?gap=hidden_members&within={areas.taoyuan.pk}&page=2"
        assert names(cast.clerk) == {"王三", "王四"}
        entry = ChangeEntry.objects.filter(model="people.person", object_id=residents.wang.pk).latest("pk")
        assert (entry.actor, entry.operation) == (cast.clerk, "people.deny_membership")

    def test_a_second_time_it_says_so(self, cast, residents, client):
        self.deny(client, cast.clerk, residents.wang)
        answer = self.deny(client, cast.clerk, residents.wang)
        assert "该人员现在不是自报党员" in client.get(answer.url).content.decode()

    def test_where_it_leads_back_to_is_not_for_the_sender_to_say(self, cast, residents, client):
        answer = self.deny(client, cast.clerk, residents.wang, page="//evil", within="1&gap=x")
        assert answer.url == f"{LIST}?gap=hidden_members"

    def test_only_by_who_keeps_the_residents_there(self, cast, residents, client):
        assert self.deny(client, cast.clerk, residents.liu).status_code == 404
        assert self.deny(client, cast.cadre, residents.wang).status_code == 403
        assert Person.objects.filter(stated_member=True).count() == 5

    def test_looking_changes_nothing(self, cast, residents, client):
        client.force_login(cast.clerk)
        assert client.get(reverse("members:not_a_member", args=[residents.wang.pk])).status_code == 405


class TestAccountedFor:
    """A member sent elsewhere who lives on here."""

    @pytest.fixture
    def gone(self, residents):
        send_away(residents.second)
        return residents.second

    def settle(self, client, user, person, **given):
        client.force_login(user)
        return client.post(reverse("members:settle", args=[person.pk]), given)

    def test_off_the_list_with_the_reason_in_the_history(self, areas, cast, gone, client):
        answer = self.settle(client, cast.clerk, gone, note=" 组织关系在工作单位 ", within=str(areas.taoyuan.pk))
        assert answer.url == f"{LIST}?gap=hidden_members&within={areas.taoyuan.pk}"
        assert "王二" not in names(cast.clerk)
        member = Member.objects.get(person=gone)
        move = member.moves.latest("pk")
        assert (member.state, move.kind, move.note, move.by) == ("settled", "settled", "组织关系在工作单位", cast.clerk)

    @pytest.mark.parametrize("note", ["", " ", "长" * 201])
    def test_not_without_a_reason(self, cast, gone, client, note):
        answer = self.settle(client, cast.clerk, gone, note=note)
        assert "请填写核实的情况" in client.get(answer.url).content.decode()
        assert "王二" in names(cast.clerk)

    def test_by_whom_the_residents_are_kept_though_the_membership_is_anothers(self, cast, parties, gone, client):
        Member.objects.filter(person=gone).update(organisation=parties.liuyuan)
        assert self.settle(client, cast.cadre, gone, note="在外").status_code == 403
        self.settle(client, cast.clerk, gone, note="在外")
        assert Member.objects.get(person=gone).state == "settled"

    def test_the_neighbours_are_out_of_sight_and_who_is_no_member_cannot_be(self, cast, residents, client):
        assert self.settle(client, cast.clerk, residents.liu, note="在外").status_code == 404
        answer = self.settle(client, cast.clerk, residents.wang, note="在外")
        assert "没有需要核实的党员档案" in client.get(answer.url).content.decode()

    def test_who_is_on_a_roll_is_not_struck_off(self, cast, residents):
        with pytest.raises(MemberRefused, match="目前为“在册”，不能办理核实去向"):
            settle(person=residents.second, note="在外", by=cast.clerk)

    def test_opened_again_or_come_back_and_gone_again_they_are_listed_again(self, cast, parties, gone):
        settle(person=gone, note="在外", by=None)
        move_member(member=Member.objects.get(person=gone), kind="reopened", by=None)
        assert "王二" in names(cast.clerk)
        settle(person=gone, note="在外", by=None)
        enrol(new=NewMember(parties.branch1, parties.ordinary, person=gone), by=None)
        send_away(gone)
        assert "王二" in names(cast.clerk)

    def test_looking_changes_nothing(self, cast, gone, client):
        client.force_login(cast.clerk)
        assert client.get(reverse("members:settle", args=[gone.pk])).status_code == 405
