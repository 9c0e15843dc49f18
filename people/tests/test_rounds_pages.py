"""Rounds on the phone: who is due, a building door by door, taps, files, search; what is masked, logged and refused."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Appointment
from audit.models import ViewEntry
from conftest import make_user
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import Norm
from jobs.models import FormReceipt
from people.actions import (
    NewHousehold,
    NewPerson,
    NewVisit,
    add_care,
    end_care,
    enter_people,
    enter_person,
    open_households,
    record_visits,
)
from people.models import Care, CareClass, Visit
from people.phone import rounds_tab, visits
from people.rounds import rounds_since
from people.tests.conftest import number

HOSTILE = "<script>alert(1)</script>{{ 7|add:'7' }} ' \" 🙂 " + "长" * 300


def phone_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def phone(cast) -> Client:
    return phone_of(cast.grid_leader)


def page(client, name: str, *args, **query) -> str:
    answer = client.get(reverse(f"people:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def send(client, name: str, *args, form_id=None, **typed):
    """Send a form; each call is a form of its own unless one is given."""
    typed = {"form_id": str(form_id or uuid.uuid4()), "on": today().isoformat(), "outcome": "met"} | typed
    return client.post(reverse(f"people:{name}", args=args), typed)


def told(answer) -> str:
    """What the page says that a form led to."""
    assert answer.status_code == 302, answer.content.decode()
    return answer.client.get(answer["Location"]).content.decode()


@pytest.fixture
def alone(db):
    return CareClass.objects.create(name="独居老人", interval_days=7)


@pytest.fixture
def norm(db):
    return Norm.objects.create(kind="days_between_visits", low=1, high=90)


@pytest.fixture
def care(cast, home, alone):
    """王建国, due ten days ago, visited by the grid leader."""
    since = today() - timedelta(days=10)
    return add_care(
        person=home.head, care_class=alone, since_on=since, reason="子女在外地", responsible=cast.grid_leader, by=None
    )


@pytest.fixture
def away(areas, alone):
    """赵六 of 柳园 1号楼 1-101, due as well."""
    (household,) = open_households(households=[NewHousehold(areas.at("370199001002L001"), "1", "101")], by=None)
    household.head = enter_person(new=NewPerson("赵六", number(9), household=household, relation="head"), by=None)
    household.care = add_care(person=household.head, care_class=alone, by=None)
    return household


def doors(area, *rooms: str, unit: str = "1"):
    return open_households(households=[NewHousehold(area, unit, room) for room in rooms], by=None)


# --- Who sees what

READS = ("rounds", "places", "search")


class TestReach:
    def test_the_neighbours_rows_are_not_there(self, phone, home, care, away):
        for name, own, other in (
            ("place", home.area_id, away.area_id),
            ("household", home.pk, away.pk),
            ("visit_household", home.pk, away.pk),
            ("person", home.head.pk, away.head.pk),
            ("visit_person", home.head.pk, away.head.pk),
        ):
            page(phone, name, own)
            assert phone.get(reverse(f"people:{name}", args=[other])).status_code == 404
            assert phone.get(reverse(f"people:{name}", args=[987654])).status_code == 404
        for name, other in (("note_door", away.pk), ("visit_household", away.pk), ("visit_person", away.head.pk)):
            assert send(phone, name, other).status_code == 404
        assert not Visit.objects.exists()

    def test_who_only_looks_records_nothing(self, cast, home, care):
        viewer = phone_of(cast.cadre)
        assert "敲门结果" not in page(viewer, "household", home.pk)
        assert "保存走访" not in page(viewer, "person", home.head.pk)
        assert 'class="gp-taps"' not in page(viewer, "place", home.area_id)
        for name, pk in (("note_door", home.pk), ("visit_household", home.pk), ("visit_person", home.head.pk)):
            assert send(viewer, name, pk).status_code == 403
        assert not Visit.objects.exists()

    def test_who_does_not_see_residents_sees_no_page_of_theirs(self, cast, areas, home, care):
        for user in (cast.member, cast.nobody, make_user("branch_secretary", areas.grid1, username="branch")):
            client = phone_of(user)
            for name, args in [*((name, []) for name in READS), ("household", [home.pk]), ("person", [home.head.pk])]:
                assert client.get(reverse(f"people:{name}", args=args)).status_code == 403

    def test_a_tap_by_an_address_is_refused(self, phone, home):
        assert phone.get(reverse("people:note_door", args=[home.pk])).status_code == 405
        assert phone.post(reverse("people:rounds")).status_code == 405

    def test_nothing_is_kept_by_the_browser(self, phone, home, care):
        for name, args in (("rounds", []), ("place", [home.area_id]), ("household", [home.pk]), ("person", [home.head.pk])):
            assert "no-store" in phone.get(reverse(f"people:{name}", args=args))["Cache-Control"]

    def test_the_tab_is_for_who_goes_on_rounds(self, cast):
        assert [bool(rounds_tab(user)) for user in (cast.grid_leader, cast.secretary, cast.cadre, cast.member, cast.clerk)] == [
            True,
            True,
            True,
            False,
            False,
        ]

    def test_the_pages_below_stand_under_the_tab(self, phone, home):
        assert 'href="/people/rounds/" aria-current="page"' in page(phone, "rounds")
        assert 'href="/people/rounds/" aria-current="true"' in page(phone, "household", home.pk)


# --- Who is due


class TestDue:
    def test_a_row_says_who_where_why_how_long_and_by_whom(self, phone, care):
        record_visits(visits=[NewVisit(person=care.person, on=today() - timedelta(days=12))], by=care.responsible)
        text = page(phone, "rounds")
        assert "王建国" not in text
        for words in ("王**", "独居老人", "1号楼 1-101", "12 天未见", "由我负责", "逾期 5 天"):
            assert words in text

    def test_mine_come_before_others_and_the_neighbours_not_at_all(self, phone, cast, home, care, away, alone):
        add_care(person=home.wife, care_class=alone, since_on=today() - timedelta(days=99), by=None)
        text = page(phone, "rounds")
        assert text.index("由我走访</h2>") < text.index("逾期 10 天") < text.index("其他到期</h2>") < text.index("逾期 99 天")
        assert "赵*" not in text
        assert "逾期 99 天" not in page(phone, "rounds", show="mine")
        assert "逾期 10 天" not in page(phone, "rounds", show="others")

    def test_today_is_due_tomorrow_and_what_ended_is_not(self, phone, cast, home, alone):
        care = add_care(person=home.head, care_class=alone, since_on=today(), by=None)
        assert "今天到期" in page(phone, "rounds")
        Care.objects.filter(pk=care.pk).update(next_visit_on=today() + timedelta(days=1))
        assert "现在没有到期的走访" in page(phone, "rounds")
        Care.objects.filter(pk=care.pk).update(next_visit_on=today())
        end_care(care=care, reason="已与子女同住", by=None)
        assert "现在没有到期的走访" in page(phone, "rounds")

    def test_the_street_is_told_the_community(self, cast, areas, care):
        assert "桃园社区 1号楼 1-101" in page(phone_of(make_user("street_officer", areas.east, username="street")), "rounds")

    def test_ordinary_households_by_the_norm(self, phone, cast, areas, home, care, norm, away):
        cared_for, fresh, old, vacant = home, *doors(areas.building1, "201", "202", "203")
        vacant.tenure = "vacant"
        vacant.save()
        record_visits(visits=[NewVisit(fresh, on=today() - timedelta(days=89))], by=cast.grid_leader)
        record_visits(visits=[NewVisit(old, on=today() - timedelta(days=90))], by=cast.grid_leader)
        record_visits(visits=[NewVisit(old, outcome="absent")], by=cast.grid_leader)
        text = page(phone, "rounds", show="doors")
        assert re.findall(r"1号楼 1-(\d+)", text) == ["202"]
        assert "90 天未见" in text
        assert str(cared_for.room) not in re.findall(r"1号楼 1-(\d+)", text)
        norm.high = 30
        norm.save()
        assert re.findall(r"1号楼 1-(\d+)", page(phone, "rounds", show="doors")) == ["201", "202"]

    def test_without_a_norm_there_is_no_such_list(self, phone, areas):
        doors(areas.building1, "201")
        assert "久未见" not in page(phone, "rounds", show="doors")

    def test_a_long_list_comes_page_by_page(self, phone, areas, norm):
        doors(areas.building1, *(f"{n}01" for n in range(1, 36)))
        assert len(re.findall("1号楼 1-", page(phone, "rounds"))) == 10
        first, second = (re.findall(r"1号楼 1-(\d+)", page(phone, "rounds", show="doors", page=n)) for n in (1, 2))
        assert (len(first), len(second)) == (30, 5)
        assert not set(first) & set(second)
        assert "page=2" in page(phone, "rounds", show="doors")
        page(phone, "rounds", show="doors", page="x" * 9)


class TestTodos:
    def todos(self, user) -> dict[str, int]:
        return {one.title: one.count for one in visits(user)}

    def test_late_and_today_are_counted_apart_within_reach(self, cast, home, care, away, alone):
        add_care(person=home.wife, care_class=alone, since_on=today(), by=None)
        assert self.todos(cast.grid_leader) == {"关爱走访逾期": 1, "今天到期的关爱走访": 1}
        assert self.todos(cast.next_grid_leader) == {"关爱走访逾期": 0, "今天到期的关爱走访": 0}

    def test_who_makes_no_visits_is_told_nothing(self, cast, care):
        assert [self.todos(user) for user in (cast.cadre, cast.member, cast.nobody, cast.clerk)] == [{}] * 4

    def test_one_query_counts_them(self, cast, care):
        cast.grid_leader.scope  # noqa: B018 - the posts are read once a request
        with CaptureQueriesContext(connection) as captured:
            visits(cast.grid_leader)
        assert len(captured) == 1

    def test_they_stand_on_the_first_page(self, phone, care):
        assert "关爱走访逾期" in phone.get(reverse("phone")).content.decode()


# --- Places and doors


class TestPlaces:
    def test_a_grid_leader_comes_to_the_grid_and_its_buildings(self, phone, areas, home):
        text = page(phone, "places")
        assert "第1网格" in text
        assert "本月已见到 0 / 1 户" in text
        assert reverse("people:place", args=[areas.building1.pk]) in text
        assert reverse("people:place", args=[areas.building3.pk]) not in text

    def test_a_secretary_goes_down_from_the_community(self, cast, areas):
        client = phone_of(cast.secretary)
        assert reverse("people:place", args=[areas.grid2.pk]) in page(client, "places")
        assert reverse("people:place", args=[areas.building3.pk]) in page(client, "place", areas.grid2.pk)
        assert reverse("people:place", args=[areas.taoyuan.pk]) in page(client, "place", areas.grid2.pk)

    def test_with_posts_in_two_places_one_chooses(self, areas, cast):
        user = make_user("grid_leader", areas.grid1, username="two")
        both = phone_of(user)
        post = Appointment(user=user, role="grid_leader", starts_on=today())
        place(row=post, area=areas.grid2)
        post.save()
        text = page(both, "places")
        assert all(reverse("people:place", args=[one.pk]) in text for one in (areas.grid1, areas.grid2))

    def test_doors_stand_by_unit_floor_and_room(self, phone, areas):
        doors(areas.building1, "1203", "302", "301", "东户")
        doors(areas.building1, "101", unit="2")
        text = page(phone, "place", areas.building1.pk)
        assert re.findall(r"<h2>(.*?)</h2>", text) == ["3 层", "12 层", "其他门牌"]
        assert re.findall(r'data-door="(.*?)"', text) == ["1-301", "1-302", "1-1203", "1-东户"]
        assert re.findall(r'data-door="(.*?)"', page(phone, "place", areas.building1.pk, unit="2")) == ["2-101"]

    def test_a_round_counts_what_was_met_since_its_day(self, phone, cast, areas):
        met, gone, never = doors(areas.building1, "101", "102", "103")
        first = rounds_since()[0][1]
        record_visits(visits=[NewVisit(met, on=first), NewVisit(met, on=first, outcome="absent")], by=cast.building_leader)
        record_visits(visits=[NewVisit(gone, on=first, outcome="declined")], by=cast.building_leader)
        record_visits(visits=[NewVisit(never, on=first - timedelta(days=1))], by=cast.building_leader)

        def shown(**query):
            return re.findall(r'data-door="1-(.*?)"', page(phone, "place", areas.building1.pk, **query))

        text = page(phone, "place", areas.building1.pk)
        assert re.findall(r"<b(?: data-count=\"[a-z ]*\")?>(\d+)</b>", text) == ["3", "1", "1", "1"]
        assert [shown(show=show) for show in ("met", "away", "none", "left")] == [["101"], ["102"], ["103"], ["102", "103"]]
        assert shown(show="none", since=(first - timedelta(days=1)).isoformat()) == []
        assert shown(since="nonsense", show="nonsense") == ["101", "102", "103"]

    def test_a_door_tells_who_is_cared_for_and_names_nobody(self, phone, home, care):
        text = page(phone, "place", home.area_id)
        assert "独居老人 该走访" in text
        assert "2 人" in text
        assert "王" not in text.replace("王小", "")

    def test_many_doors_come_page_by_page(self, phone, areas):
        doors(areas.building1, *(f"{n:03d}" for n in range(1, 131)))
        found = [re.findall(r'data-door="(.*?)"', page(phone, "place", areas.building1.pk, page=n)) for n in (1, 2)]
        assert [len(one) for one in found] == [120, 10]


class TestTap:
    def test_it_is_one_visit_and_leads_back_to_the_door(self, phone, home):
        answer = send(phone, "note_door", home.pk, since="2026-01-01")
        assert answer["Location"] == f"{reverse('people:place', args=[home.area_id])}?unit=1&since=2026-01-01#door-{home.pk}"
        text = told(answer)
        assert "今天已记" in text
        assert re.findall(r'aria-pressed="(\w+)"', text) == ["true", "false", "false"]
        assert Visit.objects.get().household == home

    def test_on_the_households_own_page_it_leads_back_there(self, phone, home):
        answer = send(phone, "note_door", home.pk, file="True")
        assert answer["Location"] == reverse("people:household", args=[home.pk])
        assert re.findall(r'aria-pressed="(\w+)"', told(answer)) == ["true", "false", "false"]

    def test_the_same_form_four_times_is_one_visit(self, phone, home):
        form_id = uuid.uuid4()
        assert len({send(phone, "note_door", home.pk, form_id=form_id)["Location"] for _n in range(4)}) == 1
        assert (Visit.objects.count(), FormReceipt.objects.count()) == (1, 1)

    def test_a_second_tap_is_another_form_and_corrects(self, phone, home):
        send(phone, "note_door", home.pk)
        told(send(phone, "note_door", home.pk, outcome="declined"))
        assert [visit.outcome for visit in Visit.objects.all()] == ["declined"]

    def test_a_tap_of_yesterday_sent_today_counts_for_yesterday(self, phone, home):
        yesterday = today() - timedelta(days=1)
        send(phone, "note_door", home.pk, on=yesterday.isoformat())
        send(phone, "note_door", home.pk, outcome="absent")
        assert list(Visit.objects.order_by("on").values_list("on", "outcome")) == [(yesterday, "met"), (today(), "absent")]

    @pytest.mark.parametrize(
        ("typed", "why"),
        [
            ({"outcome": "eaten"}, "请选择走访结果"),
            ({"outcome": ""}, "请选择走访结果"),
            ({"on": ""}, "日期不对"),
            ({"on": (today() + timedelta(days=1)).isoformat()}, "在今天之后"),
            ({"form_id": "x"}, "页面已过期"),
        ],
    )
    def test_what_cannot_be_is_told_in_words(self, phone, home, typed, why):
        answer = send(phone, "note_door", home.pk, **typed)
        assert answer.status_code == 200
        assert why in answer.content.decode()
        assert not Visit.objects.exists()


# --- Files


class TestHousehold:
    def test_who_lives_there_is_masked_and_the_opening_logged(self, phone, cast, home, care):
        text = page(phone, "household", home.pk)
        for words in ("王**", "李**", "户主 男", "****0001", "独居老人", "责任人 张三"):
            assert words in text
        for hidden in ("王建国", "李秀英", "15400000001", number(1)):
            assert hidden not in text
        looked = ViewEntry.objects.get(actor=cast.grid_leader)
        assert (looked.kind, looked.model, looked.object_id, looked.purpose) == (
            "opened",
            "people.household",
            home.pk,
            "people.household",
        )

    def test_a_visit_to_one_of_them_renews_their_care(self, phone, home, care):
        answer = send(phone, "visit_household", home.pk, who=home.head.pk, note="一切安好")
        assert f"下次走访 {today() + timedelta(days=7):%Y年}" in told(answer)
        assert (visit := Visit.objects.get()).person == home.head
        assert (visit.note, visit.household) == ("一切安好", home)
        assert Care.objects.get(pk=care.pk).next_visit_on == today() + timedelta(days=7)

    def test_a_visit_to_all_names_nobody(self, phone, home):
        assert "已记走访：不在家。" in told(send(phone, "visit_household", home.pk, who="", outcome="absent"))
        assert Visit.objects.get().person is None

    def test_somebody_of_another_household_is_not_taken(self, phone, home, away):
        assert send(phone, "visit_household", home.pk, who=away.head.pk).status_code == 200
        assert not Visit.objects.exists()


class TestPerson:
    def test_why_how_often_and_by_whom_is_shown_and_the_opening_logged(self, phone, cast, home, care):
        text = page(phone, "person", home.head.pk)
        for words in ("王**", "独居老人", "子女在外地", "每 7 天", "还没见到过", "下次走访在 7 天后"):
            assert words in text
        assert "王建国" not in text
        assert reverse("people:change_care", args=[care.pk]) not in text
        assert ViewEntry.objects.get(actor=cast.grid_leader).model == "people.person"

    def test_the_same_form_twice_is_one_visit(self, phone, home, care):
        form_id = uuid.uuid4()
        for _n in range(2):
            assert "已记走访：见到。" in told(send(phone, "visit_person", home.head.pk, form_id=form_id, note="血压平稳"))
        assert Visit.objects.count() == 1
        assert "血压平稳" in page(phone, "person", home.head.pk)

    def test_a_hostile_note_is_shown_as_it_was_typed(self, phone, home):
        told(send(phone, "visit_person", home.head.pk, note=HOSTILE))
        text = page(phone, "person", home.head.pk)
        assert "<script>alert(1)" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7|add:" in text
        assert Visit.objects.get().note == HOSTILE

    @pytest.mark.parametrize(
        ("typed", "why"),
        [
            ({"on": (today() + timedelta(days=1)).isoformat()}, "在今天之后"),
            ({"outcome": ""}, "gp-wrong"),
            ({"note": "长" * 501}, "gp-wrong"),
        ],
    )
    def test_what_cannot_be_is_shown_again_with_what_was_typed(self, phone, home, typed, why):
        answer = send(phone, "visit_person", home.head.pk, **({"note": "说了很多"} | typed))
        assert answer.status_code == 200
        assert why in answer.content.decode()
        assert typed.get("note", "说了很多")[:4] in answer.content.decode()
        assert not Visit.objects.exists()

    def test_the_phone_is_told_with_the_name_and_that_is_logged(self, phone, cast, home):
        address = reverse("people:reveal", args=[home.head.pk])
        assert address in page(phone, "person", home.head.pk)
        text = phone.post(address, {"column": "phone", "phone": "1"}).content.decode()
        for words in ("王建国", "15400000001", reverse("people:person", args=[home.head.pk])):
            assert words in text
        assert ViewEntry.objects.filter(kind="revealed", actor=cast.grid_leader).count() == 1

    def test_somebody_without_a_door_can_be_visited(self, phone, cast, areas, alone):
        person = enter_person(new=NewPerson("孙七", number(7), area=areas.building2), by=None)
        add_care(person=person, care_class=alone, by=None)
        assert "2号楼" in page(phone, "rounds")
        told(send(phone, "visit_person", person.pk))
        assert Visit.objects.get().household is None


class TestCare:
    def change(self, client, care, **typed):
        typed = {"reason": "术后", "interval_days": "3", "responsible": "", "form_id": str(uuid.uuid4())} | typed
        return client.post(reverse("people:change_care", args=[care.pk]), typed)

    def test_a_secretary_changes_it(self, cast, care):
        client = phone_of(cast.secretary)
        assert reverse("people:change_care", args=[care.pk]) in page(client, "person", care.person_id)
        told(self.change(client, care, responsible=cast.building_leader.pk))
        care = Care.objects.get(pk=care.pk)
        assert (care.reason, care.interval_days, care.responsible) == ("术后", 3, cast.building_leader)

    def test_a_grid_leader_does_not(self, phone, care):
        assert phone.get(reverse("people:change_care", args=[care.pk])).status_code == 403
        assert self.change(phone, care).status_code == 403

    def test_the_neighbours_is_not_there(self, cast, away):
        assert phone_of(cast.secretary).get(reverse("people:change_care", args=[away.care.pk])).status_code == 404

    def test_those_with_a_post_there_may_be_asked(self, cast, care):
        text = page(phone_of(cast.secretary), "change_care", care.pk)
        offered = {int(pk) for pk in re.findall(r'<option value="(\d+)"', text)}
        assert offered == {cast.grid_leader.pk, cast.building_leader.pk, cast.secretary.pk, cast.clerk.pk}

    @pytest.mark.parametrize("typed", [{"interval_days": "0"}, {"interval_days": "x"}, {"responsible": "987654"}])
    def test_what_cannot_be_is_not_written(self, cast, care, typed):
        assert self.change(phone_of(cast.secretary), care, **typed).status_code == 200
        assert Care.objects.get(pk=care.pk).interval_days is None

    def test_what_ended_meanwhile_is_told(self, cast, care):
        end_care(care=care, reason="已搬走", by=None)
        answer = self.change(phone_of(cast.secretary), care)
        assert "已于" in answer.content.decode()


class TestSearch:
    def found(self, client, term: str) -> str:
        answer = client.post(reverse("people:search"), {"term": term})
        assert answer["Location"] == reverse("people:search")
        return client.get(answer["Location"]).content.decode()

    @pytest.mark.parametrize("term", ["王建", "wjg", "0001", number(1), "15400000001"])
    def test_somebody_is_found_masked(self, phone, home, term):
        text = self.found(phone, term)
        assert reverse("people:person", args=[home.head.pk]) in text
        assert "王**" in text
        assert "王建国" not in text

    @pytest.mark.parametrize("term", ["1-101", "1-1-101", "101"])
    def test_a_door_is_found(self, phone, home, away, term):
        text = self.found(phone, term)
        assert reverse("people:household", args=[home.pk]) in text
        assert reverse("people:household", args=[away.pk]) not in text

    def test_the_neighbours_are_not_found(self, phone, away):
        assert "没有找到" in self.found(phone, "赵六")

    def test_nothing_typed_finds_nothing(self, phone, home):
        assert "没有找到" not in self.found(phone, "  ")
        assert reverse("people:person", args=[home.head.pk]) not in self.found(phone, "  ")

    def test_what_is_typed_stays_out_of_addresses_and_is_sealed(self, phone, home):
        self.found(phone, "王建国")
        assert "王建国" not in str(dict(phone.session))

    def test_hostile_terms_are_words(self, phone):
        for term in (HOSTILE, "\x00王", "%_\\", "１-１０１", "9" * 40):
            assert "<script>alert" not in self.found(phone, term)


def test_a_double_click_at_the_desk_is_one_visit(client, cast, home):
    client.force_login(cast.secretary)
    address = reverse("admin:people_visit_add")
    form_id = re.search(r'name="form_id" value="([0-9a-f-]{36})"', client.get(address).content.decode())[1]
    typed = {"household": home.pk, "person": "", "on": today().isoformat(), "outcome": "met", "note": "", "form_id": form_id}
    answers = {client.post(address, typed)["Location"] for _n in range(2)}
    assert answers == {reverse("admin:people_visit_change", args=[Visit.objects.get().pk])}
    again = client.post(address, typed | {"note": "后来补写"})
    assert "这张表单已经提交过" in again.content.decode()
    assert Visit.objects.count() == 1


# --- Queries: as many for a building of thirty doors as for one of one

BUDGET = {
    "rounds": 8,
    "places": 9,
    "place": 9,
    "search": 5,
    "household": 8,
    "visit_household": 6,
    "person": 7,
    "change_care": 5,
}


def queries_of(client, address: str) -> int:
    client.get(address)  # what a process learns once is not counted
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def addresses(home, care) -> dict[str, str]:
    about = {"place": [home.area_id], "household": [home.pk], "visit_household": [home.pk]}
    about |= {"person": [home.head.pk], "change_care": [care.pk]}
    return {name: reverse(f"people:{name}", args=about.get(name, [])) for name in BUDGET}


def test_thirty_take_as_many_queries_as_one(cast, areas, home, care, alone, norm):
    client = phone_of(cast.secretary)
    client.post(reverse("people:search"), {"term": "王"})
    few = {name: queries_of(client, address) for name, address in addresses(home, care).items()}
    more = doors(areas.building1, *(f"{n}02" for n in range(1, 31)))
    lives = [NewPerson(f"王{n}", number(100 + n), household=one, relation="head") for n, one in enumerate(more)]
    lives += [NewPerson(f"王{n}", number(200 + n), household=home, relation="child") for n in range(5)]
    people = enter_people(people=lives, by=None)
    for person in people[20:]:
        add_care(person=person, care_class=alone, since_on=today() - timedelta(days=3), by=None)
    record_visits(visits=[NewVisit(person=person) for person in people[::2]], by=cast.grid_leader)
    many = {name: queries_of(client, address) for name, address in addresses(home, care).items()}
    assert few == many == BUDGET
