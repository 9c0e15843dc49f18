"""People at the desk: who finds whom, what is masked, what is logged, and what a page says before it does it."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from audit.models import ViewEntry
from conftest import make_user
from gridparty.lib.dates import today
from grids.actions import AreaRefused, close_area
from people.actions import NewHousehold, NewPerson, NewVisit, add_care, add_skill, enter_person, open_households, record_visits
from people.errors import HouseholdRefused
from people.models import Care, CareClass, Household, MoveRequest, Person, PersonMerge, PersonSkill, Skill, Visit
from people.tests.conftest import number

LIST = "admin:people_person_changelist"


def page(name: str, *args) -> str:
    return reverse(f"admin:people_{name}", args=args)


@pytest.fixture
def desk(client, cast):
    client.force_login(cast.secretary)
    return client


@pytest.fixture
def away(areas):
    """赵六, head of a household in 柳园."""
    (household,) = open_households(households=[NewHousehold(areas.at("370199001002L001"), "1", "101")], by=None)
    return enter_person(new=NewPerson("赵六", number(9), phone="15400000009", household=household, relation="head"), by=None)


@pytest.fixture
def their_desk(client, areas):
    client.force_login(make_user("community_secretary", areas.liuyuan, username="liuyuan"))
    return client


def listed(answer) -> list[str]:
    return [row.name for row in answer.context["cl"].result_list]


def found(client, term: str) -> list[str]:
    return listed(client.get(reverse(LIST), {"q": term}))


# --- The list


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("王", ["王建国"]),
        ("wjg", ["王建国"]),
        ("lixiuying", ["李秀英"]),
        ("0002", ["李秀英"]),
        ("15400000001", ["王建国"]),
        ("1-101", ["王建国", "李秀英"]),
        ("1号楼-1-101", ["王建国", "李秀英"]),
        ("3-1-101", []),
        (number(2), ["李秀英"]),
        (number(77), []),
        ("建国", []),
    ],
)
def test_people_are_found_by_what_is_typed(desk, home, term, names):
    assert found(desk, term) == names


@pytest.mark.parametrize("term", ["赵", "zl", "0009", "15400000009", number(9)])
def test_those_of_others_are_not_found(desk, home, away, term):
    assert found(desk, term) == []


def test_each_sees_their_own(areas, cast, home, away, client):
    seen = {}
    for name in ("secretary", "cadre", "street_officer", "district_official"):
        client.force_login(getattr(cast, name))
        seen[name] = listed(client.get(reverse(LIST)))
    both = ["王建国", "李秀英", "赵六"]
    assert seen == {"secretary": both[:2], "cadre": both[:2], "street_officer": both, "district_official": both}


def test_lists_are_masked(desk, home):
    for url in (reverse(LIST), page("household_changelist"), page("household_change", home.pk)):
        text = desk.get(url).content.decode()
        assert "15400000001" not in text
        assert number(1) not in text
    text = desk.get(reverse(LIST)).content.decode()
    assert "****0001" in text
    assert f"****{number(1)[-3:]}" in text


def test_the_filters_answer_questions(areas, cast, desk, home):
    by, alone = cast.secretary, CareClass.objects.create(name="独居老人")
    old = enter_person(new=NewPerson("周老", born_on=today() - timedelta(days=366 * 81), area=areas.building2), by=by)
    enter_person(new=NewPerson("周小", born_on=today() - timedelta(days=366 * 5), area=areas.building3), by=by)
    add_care(person=old, care_class=alone, by=by)
    asked = [
        {"age": "80"},
        {"age": "60"},
        {"age": "minor"},
        {"care": "any"},
        {"care": alone.pk},
        {"care": alone.pk + 1},
        {"living": "no"},
        {"within": areas.grid2.pk},
    ]
    answers = [listed(desk.get(reverse(LIST), one)) for one in asked]
    assert answers == [["周老"], ["周老"], ["周小"], ["周老"], ["周老"], [], [], ["周小"]]
    assert "独居老人" in desk.get(reverse(LIST), {"care": "any"}).content.decode()


# --- A person's page


def test_the_neighbours_page_is_404_and_the_field_has_no_desk(client, cast, desk, home, away):
    assert desk.get(page("person_change", away.pk)).status_code == 404
    assert desk.get(page("person_change", 98765)).status_code == 404
    for step in ("move", "leave", "head", "death", "merge"):
        assert desk.get(page(f"person_{step}", away.pk)).status_code == 404
    client.force_login(cast.grid_leader)
    assert client.get(page("person_change", home.head.pk)).status_code == 403


def test_who_only_looks_is_shown_values_and_no_step(client, cast, home):
    client.force_login(cast.cadre)
    answer = client.get(page("person_change", home.head.pk))
    text = answer.content.decode()
    assert "154****0001" in text
    assert '<input type="text"' not in text
    assert "显示" not in text
    assert answer.context["steps"] == []
    assert client.post(page("person_change", home.head.pk), {"name": "王"}).status_code == 403
    assert client.get(page("person_move", home.head.pk)).status_code == 403
    assert client.get(page("person_add")).status_code == 403


def test_opening_a_page_is_logged_and_numbers_stay_masked(desk, cast, home):
    text = desk.get(page("person_change", home.head.pk)).content.decode()
    assert "现为 154****0001，不改请留空" in text
    assert "15400000001" not in text
    assert number(1) not in text
    entry = ViewEntry.objects.get()
    assert (entry.kind, entry.model, entry.object_id, entry.actor) == ("opened", "people.person", home.head.pk, cast.secretary)


def test_the_page_tells_what_is_known(desk, cast, home):
    add_care(person=home.head, care_class=CareClass.objects.create(name="独居老人"), by=cast.secretary)
    record_visits(visits=[NewVisit(household=home, on=date(2024, 5, 1))], by=cast.grid_leader)
    add_skill(person=home.head, skill=Skill.objects.create(name="理发"), agreed_on=date(2024, 1, 1), by=cast.secretary)
    panels = {panel.title: panel.rows for panel in desk.get(page("person_change", home.head.pk)).context["panels"]}
    told = {title: [label for label, _text, _url in rows] for title, rows in panels.items()}
    expected = {
        "居住记录": ["2020-01-01 — 至今"],
        "同户人员": ["配偶"],
        "关爱": ["独居老人"],
        "走访": ["2024-05-01"],
        "特长": ["理发"],
        "转入申请": [],
    }
    assert {title: told[title] for title in expected} == expected


def test_a_correction_keeps_the_numbers(desk, home):
    data = {"name": "王建华", "sex": "male", "born_on": "1980-05-01", "id_kind": "citizen", "id_number": "", "phone": ""}
    assert desk.post(page("person_change", home.head.pk), data).status_code == 302
    person = Person.objects.get(pk=home.head.pk)
    assert (person.name, person.id_number, person.phone) == ("王建华", number(1), "15400000001")


def test_a_relation_is_corrected_but_no_second_head_made(desk, home):
    data = {"name": "李秀英", "sex": "female", "born_on": "1980-05-01", "relation": "sibling"}
    desk.post(page("person_change", home.wife.pk), data)
    assert Person.objects.get(pk=home.wife.pk).relation == "sibling"
    answer = desk.post(page("person_change", home.wife.pk), data | {"relation": "head"})
    assert "更换户主请在新户主的页面办理" in answer.content.decode()


# --- Numbers in full


def test_a_number_is_shown_and_logged(client, cast, home):
    client.force_login(cast.grid_leader)
    answer = client.post(reverse("people:reveal", args=[home.head.pk]), {"column": "phone"})
    assert 'href="tel:15400000001"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    entry = ViewEntry.objects.get()
    assert (entry.kind, entry.object_id, entry.purpose, entry.actor) == ("revealed", home.head.pk, "phone", cast.grid_leader)
    answer = client.post(reverse("people:reveal", args=[home.head.pk]), {"column": "id_number"})
    assert number(1) in answer.content.decode()
    assert "tel:" not in answer.content.decode()


def test_numbers_are_shown_where_the_right_reaches(client, cast, home):
    told = {}
    for name in ("secretary", "building_leader", "next_grid_leader", "cadre", "member"):
        client.force_login(getattr(cast, name))
        told[name] = client.post(reverse("people:reveal", args=[home.head.pk]), {"column": "phone"}).status_code
    assert told == {"secretary": 200, "building_leader": 200, "next_grid_leader": 404, "cadre": 403, "member": 403}
    client.force_login(cast.secretary)
    assert client.get(reverse("people:reveal", args=[home.head.pk])).status_code == 405
    assert client.post(reverse("people:reveal", args=[home.head.pk]), {"column": "name"}).status_code == 404
    assert ViewEntry.objects.filter(kind="revealed").count() == 2


# --- Entering


TYPED = {"name": "赵六", "id_kind": "citizen", "id_number": number(9), "relation": "other", "phone": "15400000009"}


def test_somebody_is_entered(areas, desk, home):
    data = {"household": home.pk, "relation": "child", "name": "王 小明", "phone": "154 0000 0003", "since_on": "2024-02-01"}
    answer = desk.post(page("person_add"), data)
    person = Person.objects.get(phone_tail="0003")
    assert answer["Location"] == page("person_change", person.pk)
    assert (person.name, person.household, person.area) == ("王小明", home, areas.building1)
    assert person.residences.get().from_on == date(2024, 2, 1)


def test_a_residence_is_asked_for(desk, home):
    answer = desk.post(page("person_add"), {"name": "王小明"})
    assert "请选择住户；没有门牌的，选择楼栋或网格" in answer.content.decode()
    assert Person.objects.count() == 2


def test_a_wrong_number_comes_back_with_everything_typed(desk, home):
    answer = desk.post(page("person_add"), {"household": home.pk, **TYPED, "id_number": number(9)[:-1] + "A"})
    text = answer.content.decode()
    assert "身份证号码第 18 位不是数字" in text or "校验码" in text
    assert 'value="赵六"' in text


def test_somebody_on_record_elsewhere_is_asked_for_from_the_form(desk, cast, home, away):
    data = {"household": home.pk, **TYPED}
    answer = desk.post(page("person_add"), data)
    text = answer.content.decode()
    assert "已在其他辖区登记" in text
    assert 'value="赵六"' in text
    assert number(9) in text
    assert 'name="ask"' in text
    assert "柳园" not in text
    answer = desk.post(page("person_add"), data | {"ask": "on", "ask_reason": "新购房"}, follow=True)
    request = MoveRequest.objects.get()
    assert (request.person, request.household, request.asked_by, request.reason) == (away, home, cast.secretary, "新购房")
    assert answer.redirect_chain[0][0] == page("moverequest_change", request.pk)
    assert "已申请转入，请等候对方答复" in answer.content.decode()


def test_the_box_to_ask_is_not_there_before(desk, home):
    assert 'name="ask"' not in desk.get(page("person_add")).content.decode()


# --- Steps


def test_a_step_says_what_it_changes(desk, home):
    text = desk.get(page("person_leave", home.head.pk)).content.decode()
    assert "将把王**从 1号楼 1-101 迁出" in text
    assert "该户剩余 1 人，请指定新户主" in text


def test_the_head_leaves_with_a_new_head_named(desk, home):
    answer = desk.post(page("person_leave", home.head.pk), {"on": today().isoformat(), "new_head": ""})
    assert "没有户主" in answer.content.decode()
    answer = desk.post(page("person_leave", home.head.pk), {"on": today().isoformat(), "new_head": home.wife.pk})
    assert answer["Location"] == reverse(LIST)
    assert Person.objects.get(pk=home.wife.pk).relation == "head"
    assert desk.get(page("person_change", home.head.pk)).status_code == 404


def test_somebody_moves_within_the_scope_only(areas, desk, home, away):
    data = {"on": today().isoformat(), "relation": "other"}
    answer = desk.post(page("person_move", home.wife.pk), data | {"household": away.household_id})
    assert answer.status_code == 200
    assert Person.objects.get(pk=home.wife.pk).household == home
    desk.post(page("person_move", home.wife.pk), data | {"area": areas.building3.pk})
    assert Person.objects.get(pk=home.wife.pk).area == areas.building3


def test_a_head_is_not_made_head_and_the_dead_do_not_move(desk, home):
    answer = desk.get(page("person_head", home.head.pk), follow=True)
    assert "该人员已是户主" in answer.content.decode()
    desk.post(page("person_death", home.wife.pk), {"on": today().isoformat()})
    answer = desk.get(page("person_move", home.wife.pk), follow=True)
    assert "该人员已去世，不能办理" in answer.content.decode()
    assert listed(desk.get(reverse(LIST), {"living": "no"})) == ["李秀英"]


def test_records_are_merged_and_made_two_again(areas, cast, desk, home):
    twin = enter_person(new=NewPerson("王建国", area=areas.building2), by=cast.secretary)
    desk.post(page("person_merge", home.head.pk), {"drop": twin.pk})
    assert found(desk, "王") == ["王建国"]
    merge = PersonMerge.objects.get()
    assert "并入另一条记录" in desk.get(page("person_change", twin.pk)).content.decode()
    desk.post(page("personmerge_undo", merge.pk))
    assert found(desk, "王") == ["王建国", "王建国"]


# --- Requests


@pytest.fixture
def asked(desk, home, away):
    desk.post(page("person_add"), {"household": home.pk, **TYPED, "ask": "on", "ask_reason": "新购房"})
    return MoveRequest.objects.get()


def test_the_asking_side_never_sees_the_person(desk, asked, away):
    text = desk.get(page("moverequest_change", asked.pk)).content.decode()
    assert "赵六" in text
    assert "柳园" not in text
    assert page("person_change", away.pk) not in text
    answer = desk.get(page("moverequest_agree", asked.pk), follow=True)
    assert "由现登记地办理" in answer.content.decode()
    desk.post(page("moverequest_withdraw", asked.pk))
    assert MoveRequest.objects.get().state == "withdrawn"


def test_the_other_side_sees_who_asks_and_answers(asked, away, their_desk):
    answer = their_desk.get(page("moverequest_change", asked.pk))
    text = answer.content.decode()
    assert page("person_change", away.pk) in text
    assert "赵*" in text
    assert "桃园社区" in text
    assert [step.name for step in answer.context["steps"]] == ["agree", "refuse"]
    waiting = their_desk.get(reverse("admin:index")).context["worklists"]
    assert [one.count for one in waiting if one.title == "转入申请待答复"] == [1]
    assert their_desk.post(page("moverequest_refuse", asked.pk), {"answer": ""}).status_code == 200
    assert MoveRequest.objects.get().state == "open"
    their_desk.post(page("moverequest_agree", asked.pk))
    assert MoveRequest.objects.get().state == "agreed"
    assert their_desk.get(page("person_change", away.pk)).status_code == 404


# --- Households, care, visits, skills


def test_households_are_found_by_their_door(desk, home):
    open_households(households=[NewHousehold(home.area, "1", "102")], by=None)
    rows = desk.get(page("household_changelist"), {"q": "1-1-101"}).context["cl"].result_list
    assert [(row.room, len(row.current_people)) for row in rows] == [("101", 2)]
    text = desk.get(page("household_changelist")).content.decode()
    assert "王建国" in text
    panels = desk.get(page("household_change", home.pk)).context["panels"]
    assert [text for _label, text, _url in panels[0].rows] == ["王建国", "李秀英"]


def test_a_door_is_there_once(areas, desk, home):
    answer = desk.post(
        page("household_add"), {"area": areas.building1.pk, "unit": "1", "room": "101", "kind": "family", "tenure": "owned"}
    )
    assert "该楼栋已有这个单元和室号" in answer.content.decode()
    assert Household.objects.count() == 1


def test_care_is_listed_by_when_it_is_due(cast, desk, home):
    classes = [CareClass.objects.create(name=name) for name in ("独居老人", "残疾人")]
    add_care(person=home.head, care_class=classes[0], since_on=date(2024, 1, 1), by=cast.secretary)
    add_care(person=home.wife, care_class=classes[1], by=cast.secretary)

    def who(**asked):
        rows = desk.get(page("care_changelist"), asked).context["cl"].result_list
        return [row.person.name for row in rows]

    assert (who(), who(due="late"), who(due="week"), who(due="ended")) == (["王建国", "李秀英"], ["王建国"], ["李秀英"], [])
    desk.post(page("care_end", Care.objects.get(person=home.wife).pk), {"reason": "已康复", "on": today().isoformat()})
    assert who(due="ended") == ["李秀英"]
    assert [one.count for one in desk.get(reverse("admin:index")).context["worklists"] if one.title == "关爱走访逾期"] == [1]


def test_a_visit_is_of_who_lives_there(desk, home, away):
    data = {"household": home.pk, "person": "", "on": today().isoformat(), "outcome": "met", "note": "一切安好"}
    desk.post(page("visit_add"), data)
    assert (Visit.objects.get().household, Visit.objects.get().note) == (home, "一切安好")
    desk.post(page("visit_add"), data | {"household": "", "person": away.pk})
    assert Visit.objects.count() == 1


def test_who_withdrew_is_no_longer_listed(cast, desk, home):
    skill = Skill.objects.create(name="理发")
    desk.post(page("personskill_add"), {"person": home.head.pk, "skill": skill.pk, "agreed_on": "2024-01-01"})
    row = PersonSkill.objects.get()
    assert "王建国" in desk.get(page("personskill_changelist"), {"skill": skill.pk}).content.decode()
    desk.post(page("personskill_withdraw", row.pk), {"on": today().isoformat()})
    assert "王建国" not in desk.get(page("personskill_changelist")).content.decode()


# --- When an area closes


def test_a_building_closes_into_another_unless_a_door_would_be_there_twice(areas, cast, home):
    open_households(households=[NewHousehold(areas.building2, "1", "101")], by=None)
    with pytest.raises(HouseholdRefused, match="“2号楼”已有同号住户（1号楼 1-101）"):
        close_area(area=areas.building1, into=areas.building2, by=cast.secretary)
    with pytest.raises(AreaRefused, match="请选择接收的区域"):
        close_area(area=areas.building1, by=cast.secretary)
    close_area(area=areas.building1, into=areas.building3, by=cast.secretary)
    assert Household.objects.get(pk=home.pk).area == areas.building3
    assert set(Person.objects.values_list("area", flat=True)) == {areas.building3.pk}


def test_open_requests_follow_the_area(areas, cast, asked):
    close_area(area=areas.building1, into=areas.building3, by=cast.secretary)
    assert MoveRequest.objects.get().area == areas.building3
