"""Logging in: one door, the same answer to every stranger, slower and slower for who guesses."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.adapter import DEVICE_COOKIE, client_address
from accounts.choices import Role
from accounts.models import User
from conftest import make_user

PASSWORD = "a long password"
WRONG = "wrong"
MISMATCH = "登录名或密码不正确"
TOO_MANY = "登录失败次数过多"


@pytest.fixture(autouse=True)
def _fresh_limits(settings):
    """Only our own limits count here, not allauth's one per view."""
    settings.ACCOUNT_RATE_LIMITS = {"login": None}
    cache.clear()


@pytest.fixture
def leader(areas):
    return make_user(Role.GRID_LEADER, areas.grid1, username="li.xuemei", name="李雪梅")


@pytest.fixture
def stranger():
    """A browser nobody has logged in with; one is enough, for wrong passwords leave nothing in it."""
    return Client()


def try_login(client, username="li.xuemei", password=WRONG, address="203.0.113.5", **more):
    return client.post(reverse("account_login"), {"login": username, "password": password, **more}, REMOTE_ADDR=address)


def said(response) -> str:
    return response.content.decode()


def is_in(client) -> bool:
    return client.get(reverse("accounts:me")).status_code == 200


@pytest.mark.parametrize("typed", ["li.xuemei", " LI.XUEMEI ", "ｌｉ．ｘｕｅｍｅｉ"])
def test_right_name_and_password_let_in(client, leader, typed):
    response = try_login(client, typed, PASSWORD)
    assert (response.status_code, response["Location"]) == (302, reverse("home"))
    assert is_in(client)


def test_unknown_name_and_wrong_password_get_the_same_answer(client, leader):
    make_user(None, None, username="wu.mima")
    User.objects.filter(username="wu.mima").update(password="!")
    answers = set()
    for name in ("li.xuemei", "wu.mima", "nobody.here"):
        page = said(try_login(client, name)).replace(name, "")
        answers.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page))
    assert len(answers) == 1
    assert MISMATCH in answers.pop()


class CountingHasher(MD5PasswordHasher):
    hashed = 0

    def encode(self, password, salt):
        type(self).hashed += 1
        return super().encode(password, salt)


@pytest.mark.parametrize("name", ["li.xuemei", "wu.mima", "nobody.here"])
@pytest.mark.parametrize("password", ["wrong", "K7MQ-x3pa-9wtn"])
def test_every_stranger_costs_one_hash_and_the_same_queries(client, leader, settings, django_assert_num_queries, name, password):
    make_user(None, None, username="wu.mima")
    User.objects.filter(username="wu.mima").update(password="!")
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.hashed = 0
    with django_assert_num_queries(2 if "-" in password else 1):
        try_login(client, name, password)
    assert CountingHasher.hashed == 1


def test_only_who_knows_the_password_learns_that_the_account_is_disabled(client, leader):
    User.objects.filter(pk=leader.pk).update(is_active=False)
    assert MISMATCH in said(try_login(client))
    assert "此账号已停用" in said(try_login(client, password=PASSWORD))
    assert not is_in(client)


@pytest.mark.parametrize(
    "name", ["account_signup", "account_email", "account_reset_password", "account_set_password", "account_reauthenticate"]
)
def test_no_page_for_signing_up_or_resetting_by_mail(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_a_foreign_site(client, leader, target):
    assert try_login(client, password=PASSWORD, next=target)["Location"] == reverse("home")


def test_a_form_without_token_is_refused_with_a_sentence(leader):
    response = try_login(Client(enforce_csrf_checks=True), password=PASSWORD)
    assert response.status_code == 403
    assert "页面已过期" in said(response)


def test_no_answer_repeats_what_was_typed_as_json(client, leader):
    response = client.post(
        reverse("account_login"), {"login": "li.xuemei", "password": "my-secret-typo"}, headers={"Accept": "application/json"}
    )
    assert response["Content-Type"].startswith("text/html")
    assert "my-secret-typo" not in said(response)


# --- Slow-down


def test_after_five_wrong_ones_an_address_waits_a_quarter_of_an_hour(client, leader, stranger):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(5):
            assert MISMATCH in said(try_login(client))
        assert TOO_MANY in said(try_login(client, password=PASSWORD))
        assert try_login(stranger, password=PASSWORD, address="198.51.100.7").status_code == 302
        clock.shift(timedelta(minutes=15, seconds=1))
        assert try_login(client, password=PASSWORD).status_code == 302


def test_unknown_names_are_slowed_down_alike(client, leader):
    for _ in range(5):
        assert MISMATCH in said(try_login(client, "nobody.here"))
    assert TOO_MANY in said(try_login(client, "nobody.here"))
    assert TOO_MANY in said(try_login(client, "NOBODY.HERE"))


def test_right_passwords_are_not_counted(client, leader):
    for _ in range(8):
        assert try_login(client, password=PASSWORD).status_code == 302
        client.cookies.clear()


def test_one_address_trying_many_names_is_stopped(client, leader):
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(60):
            assert MISMATCH in said(try_login(client, f"name{number}"))
        assert TOO_MANY in said(try_login(client, "name60"))
        assert TOO_MANY in said(try_login(client, password=PASSWORD))
        assert MISMATCH in said(try_login(client, "name60", address="198.51.100.7"))


def test_addresses_of_one_ipv6_network_count_as_one(client, leader):
    for number in range(5):
        assert MISMATCH in said(try_login(client, address=f"2001:db8:1:2::{number}"))
    assert TOO_MANY in said(try_login(client, address="2001:db8:1:2:ffff::1"))
    assert MISMATCH in said(try_login(client, address="2001:db8:1:3::1"))


def test_an_hour_of_guessing_from_everywhere_gets_at_most_sixty_answers(client, leader, stranger):
    """Strangers at a new address every time, and whoever sits at the browser the user once logged in with."""
    assert try_login(client, password=PASSWORD).status_code == 302
    client.post(reverse("account_logout"))
    answered = 0
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for minute in range(60):
            for guess in range(3):
                answered += MISMATCH in said(try_login(stranger, address=f"198.51.{minute}.{guess}"))
            answered += MISMATCH in said(try_login(client))
            clock.shift(timedelta(minutes=1))
    assert answered == 60


def test_strangers_cannot_lock_the_user_out_of_a_browser_used_before(client, leader, stranger):
    assert try_login(client, password=PASSWORD).status_code == 302
    client.post(reverse("account_logout"))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(50):
            try_login(stranger, address=f"198.51.100.{number}")
        assert TOO_MANY in said(try_login(stranger, password=PASSWORD, address="192.0.2.1"))
        assert try_login(client, password=PASSWORD, address="192.0.2.2").status_code == 302
        clock.shift(timedelta(hours=1, seconds=1))
        assert try_login(stranger, password=PASSWORD, address="192.0.2.1").status_code == 302


def test_a_browser_known_for_one_user_is_a_stranger_for_another(client, leader, stranger):
    make_user(None, None, username="own.account")
    for _ in range(2):
        try_login(client, "own.account", PASSWORD)
        client.post(reverse("account_logout"))
    for number in range(40):
        try_login(stranger, address=f"198.51.100.{number}")
    assert TOO_MANY in said(try_login(client, password=PASSWORD))


def test_a_desk_shared_by_two_is_known_for_both(client, leader, stranger):
    make_user(None, None, username="second")
    for name in ("second", "li.xuemei"):
        try_login(client, name, PASSWORD)
        client.post(reverse("account_logout"))
    for number in range(40):
        try_login(stranger, "second", address=f"198.51.100.{number}")
    assert try_login(client, "second", PASSWORD).status_code == 302


def test_a_copied_or_forged_cookie_gains_nothing(client, leader, stranger):
    cookie = try_login(client, password=PASSWORD).cookies[DEVICE_COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", reverse("account_login"))
    stranger.cookies[DEVICE_COOKIE] = cookie.value
    for number in range(6):
        answer = said(try_login(stranger, address=f"198.51.100.{number}"))
        assert (MISMATCH if number < 5 else TOO_MANY) in answer
    stranger.cookies[DEVICE_COOKIE] = cookie.value[:-2] + "xx"
    assert MISMATCH in said(try_login(stranger))


def test_the_cookie_names_nobody(client, leader):
    value = try_login(client, password=PASSWORD).cookies[DEVICE_COOKIE].value
    assert "xuemei" not in value
    assert len(value) < 200


# --- Whose address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "192.0.2.9", "10.0.0.1"),
        (1, "192.0.2.9", "192.0.2.9"),
        (1, "6.6.6.6, 192.0.2.9", "192.0.2.9"),
        (2, "6.6.6.6, 192.0.2.9, 10.0.0.7", "192.0.2.9"),
        (2, "192.0.2.9", "10.0.0.1"),
        (1, "192.0.2.9:40123", "192.0.2.9"),
        (1, "[2001:db8::1]:40123", "2001:db8::1"),
        (1, "' OR 1=1 --", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_only_our_own_proxies_are_believed(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address


def test_without_an_address_all_share_one_count():
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) == "0.0.0.0"  # noqa: S104


def test_invented_forwarding_does_not_escape_the_limit(client, leader):
    for number in range(6):
        response = client.post(
            reverse("account_login"),
            {"login": "li.xuemei", "password": "wrong"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
    assert TOO_MANY in said(response)
