"""The tree at the desk: what each sees, what a redrawing says and does, what comes back when it is refused."""

import pytest
from django.urls import reverse

from accounts.choices import Role
from conftest import make_user
from grids.models import Area, AreaEvent, CodeRule

LIST = reverse("admin:grids_area_changelist")


def page(name, area):
    return reverse(f"admin:grids_area_{name}", args=[area.pk])


def names(response):
    return [area.code for area in response.context["cl"].result_list]


@pytest.fixture
def rules(db):
    CodeRule.objects.bulk_create([CodeRule(kind="grid", width=3), CodeRule(kind="building", prefix="L", width=3)])


def test_the_tree_opens_where_ones_scope_begins(client, cast):
    client.force_login(cast.street_officer)
    assert names(client.get(LIST)) == ["370199001001", "370199001002"]
    client.force_login(cast.secretary)
    assert names(client.get(LIST)) == ["370199001001001", "370199001001002"]
    client.force_login(cast.all_districts_official)
    assert names(client.get(LIST)) == ["370198000000", "370199000000"]


def test_a_branch_opens_and_a_foreign_branch_is_empty(client, cast, areas):
    client.force_login(cast.secretary)
    assert names(client.get(LIST, {"parent": areas.grid1.pk})) == ["370199001001L001", "370199001001L002"]
    assert names(client.get(LIST, {"parent": areas.liuyuan.pk})) == []


def test_search_finds_by_name_and_code_within_the_scope(client, cast):
    client.force_login(cast.street_officer)
    assert names(client.get(LIST, {"q": "1号楼"})) == ["370199001001L001", "370199001002L001"]
    assert names(client.get(LIST, {"q": "370199002"})) == []


def test_a_page_outside_the_scope_is_not_there(client, cast, areas):
    client.force_login(cast.secretary)
    for name in ("change", "history", "move", "split", "merge", "close"):
        assert client.get(page(name, areas.at("370199001002001"))).status_code == 404


def test_who_only_looks_redraws_nothing(client, cast, areas):
    client.force_login(cast.cadre)
    response = client.get(page("change", areas.grid1))
    assert response.status_code == 200
    assert response.context["redraws"] == []
    assert client.post(page("split", areas.grid1), {}).status_code == 403
    assert client.post(page("change", areas.grid1), {"full_name": "别的"}).status_code == 403


def test_the_field_has_no_desk(client, cast):
    client.force_login(cast.grid_leader)
    assert client.get(LIST).status_code == 403


def test_splitting_on_the_page(client, cast, areas, rules):
    client.force_login(cast.secretary)
    form = {"seen_revision": 0, "name": "第3网格", "children": [areas.building2.pk]}
    assert client.post(page("split", areas.grid1), form).status_code == 302
    areas.building2.refresh_from_db()
    assert areas.building2.parent.name == "第3网格"
    again = client.post(page("split", areas.grid1), form | {"name": "第4网格", "children": [areas.building1.pk]})
    assert "刚被他人调整过" in again.content.decode()
    assert not Area.objects.filter(name="第4网格").exists()


def test_a_split_offers_only_what_lies_in_the_grid(client, cast, areas, rules):
    client.force_login(cast.secretary)
    form = {"seen_revision": 0, "name": "第3网格", "children": [areas.building3.pk]}
    assert client.post(page("split", areas.grid1), form).status_code == 200
    assert not Area.objects.filter(name="第3网格").exists()


def test_the_page_says_what_a_closing_takes_along(client, cast, areas):
    client.force_login(cast.secretary)
    assert client.get(page("close", areas.grid1)).context["below"] == [("楼栋", 2)]


def test_merging_and_moving_on_the_page(client, cast, areas):
    client.force_login(cast.street_officer)
    assert client.post(page("merge", areas.grid2), {"seen_revision": 0, "into": areas.grid1.pk}).status_code == 302
    areas.grid2.refresh_from_db()
    assert not areas.grid2.is_open
    moved = client.post(page("move", areas.grid1), {"seen_revision": 1, "parent": areas.liuyuan.pk, "note": ""})
    assert "名称不能相同" in moved.content.decode()
    client.post(page("change", areas.grid1), {"full_name": "桃园网格", "name": "", "seen_revision": 1})
    moved = client.post(page("move", areas.grid1), {"seen_revision": 2, "parent": areas.liuyuan.pk, "note": "调整"})
    assert moved.status_code == 302
    assert AreaEvent.objects.filter(area=areas.grid1, kind="moved", community=areas.liuyuan).exists()


def test_nothing_moves_out_of_ones_reach(client, cast, areas):
    client.force_login(cast.street_officer)
    form = {"seen_revision": 0, "parent": areas.xingyuan.pk, "note": ""}
    assert client.post(page("move", areas.grid1), form).status_code == 200
    areas.grid1.refresh_from_db()
    assert areas.grid1.community_id == areas.taoyuan.pk


def test_renaming_an_older_drawing_is_refused_and_keeps_what_was_typed(client, cast, areas):
    client.force_login(cast.secretary)
    url = page("change", areas.grid1)
    assert client.post(url, {"full_name": "东片", "name": "", "seen_revision": 0}).status_code == 302
    again = client.post(url, {"full_name": "西片", "name": "", "seen_revision": 0})
    text = again.content.decode()
    assert "刚被他人调整过" in text
    assert "西片" in text
    assert Area.objects.get(pk=areas.grid1.pk).full_name == "东片"


def test_adding_gives_the_next_number(client, cast, areas, rules):
    client.force_login(cast.secretary)
    add = reverse("admin:grids_area_add")
    form = {"kind": "grid", "parent": areas.taoyuan.pk, "full_name": "第3网格", "name": "", "code": ""}
    assert client.post(add, form).status_code == 302
    assert Area.objects.get(name="第3网格").code == "370199001001003"
    refused = client.post(add, form)
    assert "名称不能相同" in refused.content.decode()


def test_adding_under_a_foreign_parent_is_refused(client, cast, areas, rules):
    client.force_login(cast.secretary)
    form = {"kind": "grid", "parent": areas.liuyuan.pk, "full_name": "第9网格", "name": "", "code": ""}
    assert client.post(reverse("admin:grids_area_add"), form).status_code == 200
    assert not Area.objects.filter(name="第9网格").exists()


def test_the_history_is_in_words_and_names_nothing_foreign(client, cast, areas, rules):
    client.force_login(cast.street_officer)
    form = {"full_name": "东片", "name": "", "seen_revision": 0}
    client.post(page("change", areas.grid1), form)
    text = client.get(page("history", areas.grid1)).content.decode()
    assert "全称：第1网格 → 东片" in text
    assert "社区工作" not in text
    top = client.get(page("history", areas.east)).content.decode()
    assert "（不在您的管理范围内）" in top


def test_the_pop_up_offers_open_places_of_the_scope(client, cast, areas):
    client.force_login(cast.secretary)
    url = reverse("admin:autocomplete")
    query = {"app_label": "accounts", "model_name": "appointment", "field_name": "area", "term": "第1网格"}
    assert [row["text"] for row in client.get(url, query).json()["results"]] == ["桃园社区 / 第1网格"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_tree_page_takes_a_fixed_number_of_queries(client, areas, rows, django_assert_num_queries):
    Area.objects.filter(community=areas.taoyuan, kind="building").exclude(parent=areas.grid1).update(closed_on="2020-01-01")
    user = make_user(Role.COMMUNITY_SECRETARY, areas.taoyuan if rows == 3 else areas.liuyuan)
    client.force_login(user)
    with django_assert_num_queries(7):
        client.get(LIST)
