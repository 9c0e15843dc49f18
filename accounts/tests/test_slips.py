"""The slips of first passwords as a sheet to cut up, and the buttons that make them."""

import io
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from accounts.choices import Role
from accounts.models import User
from accounts.passwords import MAX_SLIPS, Slip, slips_pdf
from conftest import make_user

ROUTES = ["accounts:invite_users", "accounts:reissue_passwords"]


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


def slip(name="王小明", username="wang.xiaoming", posts="网格长（桃园社区第1网格）"):
    return Slip(name, username, posts, datetime(2026, 12, 6, 7, 59, tzinfo=UTC), "k7mqx3pa9wtn")


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def answer_pages(response) -> str:
    return "\n".join(pages(response.content))


@pytest.fixture
def waiting(areas) -> User:
    """A grid leader of 第1网格 whom nobody has invited yet."""
    user = make_user(Role.GRID_LEADER, areas.grid1, username="zhao.liu", name="赵六")
    User.objects.filter(pk=user.pk).update(password="!")
    return user


def test_a_slip_says_all_one_needs_to_log_in(settings, cast):
    settings.SITE_URL = "https://dangjian.example.cn"
    (page,) = pages(slips_pdf([slip()], by=User(name="孙主任")))
    for words in (
        "王小明",
        "网格长（桃园社区第1网格）",
        "wang.xiaoming",
        "k7mq-x3pa-9wtn",
        "https://dangjian.example.cn",
        "2026年12月6日 15:59",
        "初始密码只能用一次",
        "孙主任",
        "第 1 页，共 1 页",
    ):
        assert words in page, words


@pytest.mark.parametrize(("slips", "sheets"), [(1, 1), (10, 1), (11, 2), (25, 3)])
def test_ten_to_a_sheet(slips, sheets):
    made = pages(slips_pdf([slip(username=f"user{number}x") for number in range(slips)], by=None))
    assert len(made) == sheets
    assert f"第 {sheets} 页，共 {sheets} 页" in made[-1]
    assert [page.count("登录凭条") for page in made] == [10] * (slips // 10) + ([slips % 10] if slips % 10 else [])


@pytest.mark.parametrize("name", ["𠮷永㼆", '#read("/etc/passwd")', "*粗* _斜_ $x$", "<b>x</b> @a \\u{41}", "#panic()"])
def test_rare_names_print_and_markup_prints_as_text(name):
    (page,) = pages(slips_pdf([slip(name=name)], by=None))
    assert name.replace(" ", "") in page.replace(" ", "")


def test_the_longest_names_stay_on_their_card():
    longest = [slip(name="欧阳" * 30, username="w" * 60, posts="楼栋长（桃园社区第1网格1号楼）、" * 20) for _ in range(10)]
    assert len(pages(slips_pdf(longest, by=None))) == 1


# --- The buttons


def test_the_button_answers_with_a_sheet_nobody_keeps(client, cast, waiting):
    client.force_login(cast.secretary)
    response = client.post(reverse("accounts:invite_users"), {"ids": [waiting.pk]})
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"].startswith("attachment")
    assert "赵六" not in unquote(response["Content-Disposition"])
    text = answer_pages(response)
    assert "赵六" in text
    assert "zhao.liu" in text
    user = User.objects.get(pk=waiting.pk)
    assert user.first_password_used_at is None
    assert user.first_password_until is not None


def test_the_password_on_the_sheet_opens_and_is_kept_nowhere_else(client, cast, waiting):
    client.force_login(cast.secretary)
    response = client.post(reverse("accounts:invite_users"), {"ids": [waiting.pk]})
    text = answer_pages(response)
    password = text.split("初始密码")[1].split()[0]
    login = {"login": "zhao.liu", "password": password}
    assert Client().post(reverse("account_login"), login)["Location"] == reverse("home")
    assert password not in str(dict(client.session))


def test_a_lost_slip_is_replaced(client, cast):
    client.force_login(cast.secretary)
    response = client.post(reverse("accounts:reissue_passwords"), {"ids": [cast.grid_leader.pk, cast.building_leader.pk]})
    text = answer_pages(response)
    assert "网格长（桃园社区第1网格）" in text
    assert "楼栋长（桃园社区第1网格1号楼）" in text
    assert User.objects.exclude(first_password_until=None).count() == 2


@pytest.mark.parametrize("route", ROUTES)
class TestDoors:
    def test_out_of_sight_is_as_if_it_did_not_exist(self, client, cast, areas, waiting, route):
        elsewhere = make_user(Role.GRID_LEADER, areas.at("370199002001001"), username="elsewhere")
        client.force_login(cast.secretary)
        for ids in ([elsewhere.pk], [waiting.pk, elsewhere.pk], [waiting.pk, 999_999], ["x"], ["9" * 30], ["-1"]):
            assert client.post(reverse(route), {"ids": ids}).status_code == 404
        assert not User.objects.exclude(first_password_until=None).exists()

    def test_without_the_right_it_is_403(self, client, cast, waiting, route):
        for user in (cast.clerk, cast.cadre, cast.grid_leader, cast.member, cast.system_admin, cast.audit_admin, cast.nobody):
            client.force_login(user)
            assert client.post(reverse(route), {"ids": [waiting.pk]}).status_code == 403

    def test_it_is_not_for_strangers_and_not_by_following_a_link(self, client, cast, waiting, route):
        assert client.post(reverse(route), {"ids": [waiting.pk]})["Location"].startswith(reverse("account_login"))
        client.force_login(cast.secretary)
        assert client.get(reverse(route), {"ids": [waiting.pk]}).status_code == 405
        careful = Client(enforce_csrf_checks=True)
        careful.force_login(cast.secretary)
        assert careful.post(reverse(route), {"ids": [waiting.pk]}).status_code == 403

    @pytest.mark.parametrize("count", [0, MAX_SLIPS + 1])
    def test_none_and_too_many_get_a_sentence(self, client, cast, route, count):
        client.force_login(cast.secretary)
        page = client.post(reverse(route), {"ids": range(1, count + 1)}, follow=True)
        assert "请选择 1 至 500 人" in page.content.decode()

    def test_a_colleague_who_is_seen_but_not_ones_to_edit(self, client, cast, areas, route):
        second = make_user(Role.COMMUNITY_SECRETARY, areas.taoyuan, username="second")
        client.force_login(cast.secretary)
        page = client.post(reverse(route), {"ids": [second.pk], "next": reverse("accounts:me")}, follow=True)
        assert "须由上级或其他管理员办理" in page.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_a_sheet_costs_the_same_queries_whatever_its_length(client, cast, areas, django_assert_num_queries, count):
    users = [make_user(Role.BUILDING_LEADER, areas.building2, username=f"u{number}") for number in range(count)]
    User.objects.filter(username__startswith="u").update(password="!")
    client.force_login(cast.secretary)
    with django_assert_num_queries(16):
        assert client.post(reverse("accounts:invite_users"), {"ids": [user.pk for user in users]}).status_code == 200
