"""The own page, photos, and the pages that say what went wrong."""

import io
from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.urls import reverse
from PIL import Image

from accounts.actions import Post, appoint
from accounts.choices import Engagement, Role
from accounts.models import User
from conftest import make_user
from gridparty.lib import photos


@pytest.fixture
def pictured(areas) -> User:
    """The grid leader of 第1网格, with a photo."""
    user = make_user(Role.GRID_LEADER, areas.grid1, username="pictured", name="李雪梅")
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "PNG")
    user.photo = photos.reencode(SimpleUploadedFile("my face.png", file.getvalue()))
    user.save()
    yield user
    user.photo.delete(save=False)


def shown(response) -> bytes:
    return b"".join(response.streaming_content)


def test_the_own_page_shows_name_posts_and_terms(client, areas):
    user = make_user(Role.GRID_LEADER, areas.grid1, username="me", name="李雪梅", ends_on=date(2099, 12, 31))
    post = Post(user, Role.SUPERVISOR, areas.east, date(2024, 5, 1), engagement=Engagement.FULL_TIME, duties="督促办理")
    appoint(post=post, by=None)
    client.force_login(User.objects.get(pk=user.pk))
    page = client.get(reverse("accounts:me")).content.decode()
    for words in ("李雪梅", "网格长", "2099年12月31日", "监督员", "东街街道", "专职", "未定期限", "督促办理"):
        assert words in page, words
    assert "桃园社区 › 第1网格" in page
    assert reverse("jobs:notices") in page
    assert "工作台" not in page


def test_posts_that_are_over_are_not_shown(client, areas):
    user = make_user(Role.GRID_LEADER, areas.grid1, username="me", ends_on=date(2021, 12, 31))
    client.force_login(user)
    assert "目前没有在任职务" in client.get(reverse("accounts:me")).content.decode()


@pytest.mark.parametrize("posts", [1, 3])
def test_the_own_page_costs_the_same_queries_whatever_the_posts(client, areas, django_assert_num_queries, posts):
    user = make_user(None, None, username="me")
    for role in (Role.GRID_LEADER, Role.SAFETY_OFFICER, Role.GROUP_LEADER)[:posts]:
        appoint(post=Post(user, role, areas.grid1, date(2024, 5, 1)), by=None)
    client.force_login(User.objects.get(pk=user.pk))
    with django_assert_num_queries(4):
        client.get(reverse("accounts:me"))


def test_strangers_log_in_first_and_nobody_posts_here(client, cast):
    assert client.get(reverse("accounts:me"))["Location"].startswith(reverse("account_login"))
    client.force_login(cast.member)
    assert client.post(reverse("accounts:me")).status_code == 405


# --- Photos


def test_a_photo_is_shown_to_its_owner_and_to_who_sees_the_user(client, cast, pictured):
    for user in (pictured, cast.secretary, cast.street_officer, cast.clerk):
        client.force_login(user)
        response = client.get(reverse("accounts:photo", args=[pictured.pk]))
        assert response["Content-Type"] == "image/jpeg"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "private, no-store"
        assert "sandbox" in response["Content-Security-Policy"]
        assert "face" not in response["Content-Disposition"]
        assert Image.open(io.BytesIO(shown(response))).size == (40, 30)


def test_others_get_the_same_answer_as_for_nobody(client, cast, pictured, areas):
    elsewhere = make_user(Role.COMMUNITY_SECRETARY, areas.liuyuan, username="elsewhere")
    for user in (elsewhere, cast.next_grid_leader, cast.member, cast.nobody, cast.system_admin):
        client.force_login(user)
        answers = [client.get(reverse("accounts:photo", args=[pk])) for pk in (pictured.pk, 999_999, 10**30)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1


def test_strangers_see_no_photo(client, pictured):
    assert client.get(reverse("accounts:photo", args=[pictured.pk]))["Location"].startswith(reverse("account_login"))


def test_no_photo_or_a_lost_file_is_404(client, cast, pictured):
    client.force_login(cast.secretary)
    assert client.get(reverse("accounts:photo", args=[cast.grid_leader.pk])).status_code == 404
    User.objects.filter(pk=pictured.pk).update(photo="users/lost.jpg")
    assert client.get(reverse("accounts:photo", args=[pictured.pk])).status_code == 404


def test_whatever_lies_in_the_store_is_only_taken_for_a_picture(client, pictured):
    pictured = User.objects.get(pk=pictured.pk)
    pictured.photo.save("evil.html", ContentFile(b"<script>alert(1)</script>"))
    client.force_login(pictured)
    response = client.get(reverse("accounts:photo", args=[pictured.pk]))
    assert b"<script>" in shown(response)
    assert response["Content-Type"] == "image/jpeg"


def test_a_photo_costs_four_queries(client, cast, pictured, django_assert_num_queries):
    """Session, viewer, scope, user."""
    client.force_login(cast.secretary)
    with django_assert_num_queries(4):
        shown(client.get(reverse("accounts:photo", args=[pictured.pk])))


# --- What went wrong


@pytest.mark.parametrize("page", ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"])
def test_every_page_of_refusal_says_in_chinese_what_to_do_next(page):
    text = render_to_string(page)
    assert "请" in text
    assert 'lang="zh-Hans"' in text
    assert not [word for word in ("<script", "style=", "onclick", "{{", "{%") if word in text]


def test_a_page_that_is_not_there(client, db):
    response = client.get("/no/such/page")
    assert response.status_code == 404
    assert "没有找到" in response.content.decode()
