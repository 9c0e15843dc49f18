"""The desk of organisations, members, transfers and units."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils.html import escape

from audit.models import ViewEntry
from conftest import make_user
from gridparty.lib.dates import today
from gridparty.lib.registry import panels
from members.actions import NewMember, NewSeat, NewUnit, add_unit, enrol, fill_seat, move_member, send, use_classes
from members.models import ClassScheme, Member, MemberMove, PartyOrganisation, Seat, Unit, Zone
from members.tests.conftest import number, typed
from members.worklists import party_work
from people.actions import NewHousehold, NewPerson, enter_person, move_people, open_households

ORGANISATION, MEMBER, MOVE = "admin:members_partyorganisation", "admin:members_member", "admin:members_membermove"


@pytest.fixture
def at_desk(client):
    """at_desk(user) → the browser of that user."""

    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def zhao(cast, parties):
    """赵一 of 第1网格党支部, without a residence on record."""
    one = typed("赵一", 1, phone="15400000011")
    return enrol(new=NewMember(parties.branch1, parties.ordinary, typed=one, joined_on=date(2010, 7, 1)), by=cast.secretary)


@pytest.fixture
def apart(areas, cast, parties):
    """钱二 lives in 柳园; 桃园 typed 钱儿 and knows no more."""
    (home,) = open_households(households=[NewHousehold(areas.at("370199001002L001"), "1", "101")], by=None)
    enter_person(new=NewPerson("钱二", number(2), phone="15400000022", household=home, relation="head"), by=None)
    one = typed("钱儿", 2, phone="15400000033")
    return enrol(new=NewMember(parties.branch1, parties.ordinary, typed=one), by=cast.secretary)


@pytest.fixture
def neighbour(areas, cast):
    return make_user("community_secretary", areas.liuyuan, username="liuyuan")


def rows_of(answer) -> list:
    return [*answer.context["cl"].result_list]


def step(client, route: str, row, **data):
    return client.post(reverse(route, args=[row.pk]), {"on": today().isoformat(), **data})


class TestOrganisations:
    def test_the_list_shows_those_in_reach_with_who_leads_them(self, at_desk, cast, parties, zhao):
        fill_seat(new=NewSeat(parties.branch1, "secretary", zhao.person), by=cast.secretary)
        listed = at_desk(cast.secretary).get(reverse(f"{ORGANISATION}_changelist"))
        rows = rows_of(listed)
        shown = {row.name: (row.on_roll, [seat.held_by for seat in row.led_by]) for row in rows}
        assert shown == {
            "桃园社区党委": (0, []),
            "第1网格党支部": (1, ["赵一"]),
            "1号楼党小组": (0, []),
            "第2网格党支部": (0, []),
        }

    def test_elections_that_are_due_are_found(self, at_desk, cast, parties):
        soon = today() + timedelta(days=60)
        PartyOrganisation.objects.filter(pk=parties.branch1.pk).update(next_election_on=soon)
        PartyOrganisation.objects.filter(pk=parties.branch2.pk).update(next_election_on=today() - timedelta(days=1))
        client = at_desk(cast.secretary)
        found = {
            asked: {*rows_of(client.get(f"{reverse(f'{ORGANISATION}_changelist')}?election={asked}"))}
            for asked in ("soon", "late")
        }
        assert found == {"soon": {parties.branch1, parties.branch2}, "late": {parties.branch2}}

    def test_a_neighbours_page_is_not_there_and_who_only_looks_changes_nothing(self, at_desk, cast, parties, neighbour):
        page = reverse(f"{ORGANISATION}_change", args=[parties.branch1.pk])
        assert at_desk(neighbour).get(page).status_code == 404
        client = at_desk(cast.cadre)
        assert client.get(page).status_code == 200
        assert client.post(page, {"name": "东片党支部"}).status_code == 403
        assert client.get(reverse(f"{ORGANISATION}_fill", args=[parties.branch1.pk])).status_code == 403

    def test_the_parent_above_ones_own_area_is_named_and_kept(self, at_desk, cast, parties):
        client = at_desk(cast.secretary)
        page = reverse(f"{ORGANISATION}_change", args=[parties.taoyuan.pk])
        assert "parent" not in client.get(page).context["adminform"].form.fields
        data = {"kind": "committee", "name": "桃园党委", "area": parties.taoyuan.area_id, "term_years": 5}
        assert client.post(page, data).status_code == 302
        row = PartyOrganisation.objects.get(pk=parties.taoyuan.pk)
        assert (row.name, row.parent) == ("桃园党委", parties.street)

    def test_a_seat_is_filled_and_emptied(self, at_desk, cast, parties, zhao):
        client = at_desk(cast.secretary)
        asked = {"title": "secretary", "member": zhao.pk, "origin": "elected", "starts_on": today().isoformat()}
        step(client, f"{ORGANISATION}_fill", parties.branch1, **asked)
        seat = Seat.objects.get(ended_on=None)
        assert (seat.person, seat.appointment.role) == (zhao.person, "branch_secretary")
        step(client, f"{ORGANISATION}_empty", parties.branch1, seat=seat.pk, reason="resigned")
        assert Seat.objects.filter(ended_on=None).count() == 0

    def test_buildings_are_given_to_a_group(self, areas, at_desk, cast, parties):
        client = at_desk(cast.secretary)
        step(client, f"{ORGANISATION}_zones", parties.group, buildings=[areas.building1.pk, areas.building3.pk])
        assert {zone.building for zone in Zone.objects.all()} == {areas.building1, areas.building3}

    def test_what_still_has_members_is_not_closed(self, at_desk, cast, parties, zhao):
        answer = step(at_desk(cast.secretary), f"{ORGANISATION}_close", parties.branch1)
        assert "之下还有 1 个党组织" in answer.content.decode()


class TestCoverage:
    def test_a_gap_leads_to_a_founded_branch(self, areas, at_desk, cast, parties):
        PartyOrganisation.objects.filter(pk=parties.branch2.pk).update(closed_on=today())
        client = at_desk(cast.secretary)
        page = client.get(reverse(f"{ORGANISATION}_coverage"))
        ((area, name, missing, address, words),) = page.context["rows"]
        assert (area, name, missing, words) == (areas.grid2, "第2网格", "未设党支部", "设立")
        form = client.get(address).context["adminform"].form
        given = {key: form[key].value() for key in ("kind", "name", "area", "parent", "term_years")}
        assert given == {
            "kind": "branch",
            "name": "第2网格党支部",
            "area": str(areas.grid2.pk),
            "parent": str(parties.taoyuan.pk),
            "term_years": 3,
        }
        client.post(address, given)
        assert PartyOrganisation.objects.open().get(area=areas.grid2).parent == parties.taoyuan
        assert client.get(reverse(f"{ORGANISATION}_coverage")).context["rows"] == []

    def test_a_branch_without_secretary_leads_to_the_seat(self, at_desk, cast, parties):
        page = at_desk(cast.secretary).get(f"{reverse(f'{ORGANISATION}_coverage')}?gap=branches_without_secretary")
        assert [(row[1], row[3]) for row in page.context["rows"]] == [
            (one.name, reverse(f"{ORGANISATION}_fill", args=[one.pk])) for one in (parties.branch1, parties.branch2)
        ]

    def test_it_is_narrowed_to_ones_own_areas_alone(self, areas, at_desk, cast, parties, neighbour):
        address = f"{reverse(f'{ORGANISATION}_coverage')}?within={areas.taoyuan.pk}"
        assert at_desk(cast.secretary).get(address).context["within"] == areas.taoyuan
        assert at_desk(neighbour).get(address).context["within"] is None

    def test_people_are_counted_in_a_street_or_community_only(self, at_desk, cast, parties):
        address = f"{reverse(f'{ORGANISATION}_coverage')}?gap=grids_by_people"
        assert at_desk(cast.district_official).get(address).context["choose"] is True
        page = at_desk(cast.secretary).get(address)
        assert (page.context["choose"], [row[2] for row in page.context["rows"]]) == (False, ["现有 0，标准 1000—1500"] * 2)

    def test_who_sees_no_members_sees_no_coverage(self, at_desk, cast):
        for page in ("coverage", "concurrent"):
            assert at_desk(cast.system_admin).get(reverse(f"{ORGANISATION}_{page}")).status_code == 403

    def test_concurrent_posts_of_ones_community(self, at_desk, cast, parties, zhao):
        fill_seat(new=NewSeat(parties.group, "group_leader", zhao.person), by=cast.secretary)
        page = at_desk(cast.secretary).get(reverse(f"{ORGANISATION}_concurrent"))
        assert [(one.seat.held_by, one.expected, one.holds) for one in page.context["rows"]] == [("赵一", "楼栋长", False)]

    def test_the_worklists_count_what_waits(self, cast, parties, zhao, neighbour):
        send(member=zhao, to=parties.liuyuan, by=cast.secretary)
        counts = {one.title: one.count for one in party_work(cast.secretary)}
        assert counts == {
            "未设支部的网格": 0,
            "未设党小组的楼栋": 2,
            "无书记的支部": 2,
            "无组长的党小组": 1,
            "未入册党员": 0,
            "未建党组织的两新组织": 0,
            "应换届党组织": 1,
            "转接待回执": 0,
        }
        assert {one.title: one.count for one in party_work(neighbour)}["转接待回执"] == 1
        assert party_work(cast.cadre) == []


class TestMembers:
    def test_the_list_shows_numbers_masked(self, at_desk, cast, zhao):
        page = at_desk(cast.secretary).get(reverse(f"{MEMBER}_changelist"))
        assert rows_of(page) == [zhao]
        assert "****0011" in page.content.decode()
        assert "15400000011" not in page.content.decode()

    def test_both_sides_open_the_page_and_one_changes_it(self, areas, at_desk, cast, zhao, neighbour):
        page = reverse(f"{MEMBER}_change", args=[zhao.pk])
        assert at_desk(neighbour).get(page).status_code == 404
        move_people(people=[zhao.person], household=None, area=areas.at("370199001002L001"), by=None)
        client = at_desk(neighbour)
        assert client.get(page).status_code == 200
        assert client.post(page, {"joined_on": "2011-07-01"}).status_code == 403
        assert step(client, f"{MEMBER}_float", zhao).status_code == 403

    def test_who_only_looks_changes_nothing(self, at_desk, cast, zhao):
        client = at_desk(cast.cadre)
        assert client.get(reverse(f"{MEMBER}_change", args=[zhao.pk])).status_code == 200
        assert step(client, f"{MEMBER}_float", zhao).status_code == 403
        assert client.get(reverse(f"{MEMBER}_add")).status_code == 403

    def test_somebody_is_enrolled_as_typed(self, at_desk, cast, parties):
        data = {"name": "孙三", "id_number": number(3), "phone_number": "15400000013", "standing": "full"}
        data |= {"organisation": parties.branch1.pk, "member_class": parties.ordinary.pk}
        client = at_desk(cast.secretary)
        client.post(reverse(f"{MEMBER}_add"), data)
        member = Member.objects.get()
        assert (member.name, member.person.sex, member.person.born_on, member.mode.name) == (
            "孙三",
            "male",
            date(1970, 7, 1),
            "楼宇管",
        )
        again = client.post(reverse(f"{MEMBER}_add"), data)
        assert "已有党员档案（在册）" in again.content.decode()

    def test_the_class_is_one_of_the_scheme_in_force(self, areas, at_desk, cast, parties):
        use_classes(area=areas.east, scheme=ClassScheme.objects.get(name="五管合一"), by=None)
        data = {"name": "孙三", "id_number": number(3), "standing": "full"}
        data |= {"organisation": parties.branch1.pk, "member_class": parties.ordinary.pk}
        answer = at_desk(cast.secretary).post(reverse(f"{MEMBER}_add"), data)
        assert "采用“五管合一”，请选择其中的类别" in answer.content.decode()
        assert Member.objects.count() == 0

    @pytest.mark.parametrize(
        ("state", "standing", "offered"),
        [
            ("active", "full", ["reclass", "float", "lost", "send", "leave"]),
            ("active", "probationary", ["confirm", "prolong", "reclass", "float", "lost", "send", "leave"]),
            ("floating", "full", ["reclass", "return", "lost", "send", "leave"]),
            ("lost", "full", ["reclass", "found", "leave"]),
            ("transferring", "full", []),
            ("gone", "full", []),
            ("settled", "full", ["reopen"]),
        ],
    )
    def test_the_page_offers_what_the_state_allows(self, at_desk, cast, zhao, state, standing, offered):
        Member.objects.filter(pk=zhao.pk).update(state=state, standing=standing)
        page = at_desk(cast.secretary).get(reverse(f"{MEMBER}_change", args=[zhao.pk]))
        assert [one.name for one in page.context["steps"]] == offered

    def test_a_step_is_taken_and_stands_in_the_history(self, at_desk, cast, zhao):
        client = at_desk(cast.secretary)
        step(client, f"{MEMBER}_float", zhao, note="外出务工")
        assert Member.objects.get().state == "floating"
        page = client.get(reverse(f"{MEMBER}_change", args=[zhao.pk]))
        history = page.context["panels"][1]
        assert [text for _day, text, _url in history.rows] == ["流出　外出务工", "建档　正式党员　第1网格党支部"]
        answer = client.get(reverse(f"{MEMBER}_float", args=[zhao.pk]), follow=True)
        assert "目前为“流出”，不能办理流出" in answer.content.decode()

    def test_opening_the_page_is_logged(self, at_desk, cast, zhao):
        at_desk(cast.secretary).get(reverse(f"{MEMBER}_change", args=[zhao.pk]))
        assert [*ViewEntry.objects.values_list("kind", "model", "object_id")] == [("opened", "members.member", zhao.pk)]

    def test_those_on_the_roll_are_listed_unless_asked_otherwise(self, at_desk, cast, zhao):
        Member.objects.filter(pk=zhao.pk).update(state="left")
        client = at_desk(cast.secretary)
        listed = reverse(f"{MEMBER}_changelist")
        found = {
            asked: rows_of(client.get(f"{listed}{asked}")) for asked in ("", "?state=left", "?state=all", "?home=none&state=all")
        }
        assert found == {"": [], "?state=left": [zhao], "?state=all": [zhao], "?home=none&state=all": [zhao]}


class TestApart:
    """Whom others have on record: nothing of the person shows."""

    def test_only_what_was_typed_is_shown(self, areas, at_desk, cast, apart):
        client = at_desk(cast.secretary)
        page = client.get(reverse(f"{MEMBER}_change", args=[apart.pk])).content.decode()
        listed = client.get(reverse(f"{MEMBER}_changelist")).content.decode()
        for text in (page, listed):
            assert "钱儿" in text
            for hidden in ("钱二", "0022", "柳园", "1970", reverse("admin:people_person_change", args=[apart.person_id])):
                assert hidden not in text

    def test_the_revealed_phone_is_the_typed_one(self, at_desk, cast, apart):
        answer = at_desk(cast.secretary).post(reverse("members:reveal", args=[apart.pk]))
        assert "15400000033" in answer.content.decode()

    def test_a_seat_goes_by_the_typed_name(self, at_desk, cast, parties, apart):
        fill_seat(new=NewSeat(parties.branch1, "secretary", apart.person), by=cast.secretary)
        client = at_desk(cast.secretary)
        for address in (reverse(f"{ORGANISATION}_changelist"), reverse(f"{ORGANISATION}_change", args=[parties.branch1.pk])):
            text = client.get(address).content.decode()
            assert "钱儿" in text
            assert "钱二" not in text
        assert Seat.objects.get().appointment.user.name == "钱儿"


class TestReveal:
    def test_it_is_logged(self, at_desk, cast, zhao):
        answer = at_desk(cast.secretary).post(reverse("members:reveal", args=[zhao.pk]))
        assert "15400000011" in answer.content.decode()
        assert [*ViewEntry.objects.values_list("kind", "object_id", "actor__username")] == [("revealed", zhao.pk, "secretary")]

    def test_who_holds_a_seat_asks_for_their_members(self, at_desk, cast, parties, zhao):
        fill_seat(new=NewSeat(parties.branch1, "secretary", zhao.person), by=cast.secretary)
        leader = Seat.objects.get().appointment.user
        assert at_desk(leader).post(reverse("members:reveal", args=[zhao.pk])).status_code == 200

    def test_it_is_asked_for_by_post_in_reach_with_the_right(self, at_desk, cast, zhao, neighbour):
        address = reverse("members:reveal", args=[zhao.pk])
        assert at_desk(cast.secretary).get(address).status_code == 405
        assert at_desk(neighbour).post(address).status_code == 404
        assert at_desk(cast.cadre).post(address).status_code == 403
        assert at_desk(cast.grid_leader).post(address).status_code == 404
        assert ViewEntry.objects.count() == 0


class TestTransfers:
    def test_from_sending_to_the_receipt(self, at_desk, cast, parties, zhao, neighbour):
        """The receiver stands outside the sender's scope and is typed by its full name."""
        client = at_desk(cast.secretary)
        step(client, f"{MEMBER}_send", zhao, elsewhere="柳园党支部")
        move = MemberMove.objects.get(kind="sent")
        assert (move.to_organisation, move.elsewhere) == (parties.liuyuan, "")
        answer = client.get(reverse(f"{MOVE}_receive", args=[move.pk]), follow=True)
        assert "由转入的党组织办理回执" in answer.content.decode()
        theirs = at_desk(neighbour)
        assert rows_of(theirs.get(f"{reverse(f'{MOVE}_changelist')}?side=receive")) == [move]
        assert theirs.get(reverse(f"{MEMBER}_change", args=[zhao.pk])).status_code == 404
        step(theirs, f"{MOVE}_receive", move)
        member = Member.objects.get()
        assert (member.organisation, member.state) == (parties.liuyuan, "active")
        assert theirs.get(reverse(f"{MEMBER}_change", args=[zhao.pk])).status_code == 200
        assert at_desk(cast.secretary).get(reverse(f"{MEMBER}_change", args=[zhao.pk])).status_code == 404

    def test_to_elsewhere_the_sender_notes_the_receipt(self, at_desk, cast, zhao):
        client = at_desk(cast.secretary)
        step(client, f"{MEMBER}_send", zhao, elsewhere="中共外市某局机关支部")
        move = MemberMove.objects.get(kind="sent")
        assert rows_of(client.get(f"{reverse(f'{MOVE}_changelist')}?side=receive")) == [move]
        step(client, f"{MOVE}_receive", move)
        assert Member.objects.get().state == "gone"

    def test_it_is_sent_back(self, at_desk, cast, parties, zhao, neighbour):
        move = send(member=zhao, to=parties.liuyuan, by=cast.secretary)
        step(at_desk(neighbour), f"{MOVE}_recall", move, note="不在本社区居住")
        assert (Member.objects.get().organisation, Member.objects.get().state) == (parties.branch1, "active")

    def test_nobody_rewrites_the_history(self, at_desk, cast, zhao):
        move = move_member(member=zhao, kind="floated", by=cast.secretary)
        page = reverse(f"{MOVE}_change", args=[move.pk])
        assert at_desk(cast.secretary).post(page, {"note": "改"}).status_code == 403
        assert step(at_desk(cast.secretary), f"{MOVE}_recall", move).status_code == 302
        assert Member.objects.get().state == "floating"


class TestUnits:
    @pytest.fixture
    def shop(self, areas, cast):
        new = NewUnit("桃园超市", "private_enterprise", areas.grid1, contact_name="周四", contact_phone="15400000044")
        return add_unit(new=new, by=cast.secretary)

    def test_new_bodies_without_an_organisation_are_found(self, areas, at_desk, cast, parties, shop):
        add_unit(new=NewUnit("桃园小学", "school", areas.grid1), by=cast.secretary)
        client, listed = at_desk(cast.secretary), reverse("admin:members_unit_changelist")
        assert rows_of(client.get(f"{listed}?new_body=yes&party=none")) == [shop]
        PartyOrganisation.objects.filter(pk=parties.branch1.pk).update(unit=shop)
        assert rows_of(client.get(f"{listed}?new_body=yes&party=none")) == []

    def test_the_phone_is_masked_and_kept(self, areas, at_desk, cast, shop):
        client, page = at_desk(cast.secretary), reverse("admin:members_unit_change", args=[shop.pk])
        text = client.get(page).content.decode()
        assert escape("154****0044") in text
        assert "15400000044" not in text
        client.post(page, {"name": "桃园商场", "kind": "private_enterprise", "area": areas.grid1.pk})
        row = Unit.objects.get()
        assert (row.name, row.contact_phone) == ("桃园商场", "15400000044")


class TestPanels:
    def test_the_person_page_shows_membership_and_offices_to_who_may_see_members(self, areas, cast, parties):
        resident = enter_person(new=typed("孙三", 3, area=areas.building1), by=cast.secretary)
        enrol(new=NewMember(parties.branch1, parties.ordinary, person=resident), by=cast.secretary)
        fill_seat(new=NewSeat(parties.branch1, "secretary", resident), by=cast.secretary)

        def ours(user):
            shown = [panel for found in panels if found.__module__ == "members.panels" for panel in found(resident, user)]
            return {panel.title: [line[0] for line in panel.rows] for panel in shown}

        assert ours(cast.secretary) == {"党员档案": ["党组织", "状态", "类别", "入党日期"], "党内职务": ["书记"]}
        assert ours(cast.grid_leader) == {}
