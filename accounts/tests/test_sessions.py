"""Sessions: a new key at log-in, and an end at the next request when rights, password or the account change."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.actions import Post, appoint, disable, enable, end_appointments, invite, reissue
from accounts.choices import EndReason, Role
from accounts.errors import AccessRefused
from accounts.models import Appointment, User
from conftest import make_user
from gridparty.lib.dates import today

PASSWORD = "a long password"
OWN = "jiayou-2026-grid"


@pytest.fixture(autouse=True)
def _fresh_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": None, "change_password": None}
    cache.clear()


@pytest.fixture
def leader(areas):
    return make_user(Role.GRID_LEADER, areas.grid1, username="li.xuemei", name="李雪梅")


def logged_in(user, count=1) -> list[Client]:
    clients = [Client() for _ in range(count)]
    for client in clients:
        assert client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD}).status_code == 302
    return clients


def is_in(client) -> bool:
    return client.get(reverse("accounts:me")).status_code == 200


def test_a_key_planted_before_log_in_is_worth_nothing_after(client, leader):
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["gridparty_session"] = planted
    client.post(reverse("account_login"), {"login": "li.xuemei", "password": PASSWORD})
    assert client.session.session_key != planted
    thief = Client()
    thief.cookies["gridparty_session"] = planted
    assert not is_in(thief)


def test_log_in_as_another_on_the_same_browser_keeps_nothing(leader, areas):
    make_user(Role.GRID_LEADER, areas.grid2, username="second")
    (client,) = logged_in(leader)
    client.post(reverse("account_logout"))
    assert dict(client.session) == {} or "_auth_user_id" not in client.session


def disabled(leader, cast, areas):
    disable(users=[leader], by=cast.secretary)


def password_renewed(leader, cast, areas):
    reissue(users=[leader], by=cast.secretary)


def given_a_post(leader, cast, areas):
    appoint(post=Post(leader, Role.SAFETY_OFFICER, areas.grid1, today()), by=cast.secretary)


def post_ended(leader, cast, areas):
    posts = Appointment.objects.filter(user=leader)
    end_appointments(appointments=posts, reason=EndReason.REMOVED, by=cast.secretary)


@pytest.mark.parametrize("count", [2, pytest.param(100, marks=pytest.mark.proof)])
@pytest.mark.parametrize("change", [disabled, password_renewed, given_a_post, post_ended])
def test_every_session_ends_at_the_next_request(leader, cast, areas, change, count):
    sessions = logged_in(leader, count)
    (other,) = logged_in(cast.next_grid_leader)
    assert all(is_in(client) for client in sessions)
    change(leader, cast, areas)
    assert not [client for client in sessions if is_in(client)]
    assert is_in(other)


def test_disabling_and_enabling_again_revives_no_session(leader, cast):
    (client,) = logged_in(leader)
    assert disable(users=[leader], by=cast.secretary) == 1
    assert enable(users=[leader], by=cast.secretary) == 1
    assert not is_in(client)
    assert is_in(logged_in(leader)[0])


def test_changing_the_own_password_keeps_this_session_and_ends_the_others(leader):
    here, there = logged_in(leader, 2)
    key = here.session.session_key
    form = {"oldpassword": PASSWORD, "password1": OWN, "password2": OWN}
    response = here.post(reverse("account_change_password"), form, follow=True)
    assert "新密码已保存" in response.content.decode()
    assert here.session.session_key != key
    assert is_in(here)
    assert not is_in(there)


def test_the_own_password_is_asked_for_before_it_is_changed(leader):
    (client,) = logged_in(leader)
    for form in ({"password1": OWN, "password2": OWN}, {"oldpassword": "wrong", "password1": OWN, "password2": OWN}):
        assert client.post(reverse("account_change_password"), form).status_code == 200
    assert User.objects.get(pk=leader.pk).check_password(PASSWORD)


def test_guessing_the_own_password_in_a_stolen_session_is_slowed_down(leader, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": None, "change_password": "5/m/user"}
    (client,) = logged_in(leader)
    form = {"oldpassword": "wrong", "password1": OWN, "password2": OWN}
    answers = [client.post(reverse("account_change_password"), form) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "操作过于频繁" in answers[-1].content.decode()


def test_who_never_was_invited_has_no_password_to_change(client, leader):
    User.objects.filter(pk=leader.pk).update(password="!")
    client.force_login(User.objects.get(pk=leader.pk))
    assert client.get(reverse("account_change_password")).status_code == 403


def test_logging_out_asks_first_and_ends_the_session(leader):
    (client,) = logged_in(leader)
    page = client.get(reverse("account_logout"))
    assert "将退出 李雪梅" in page.content.decode()
    assert is_in(client)
    assert client.post(reverse("account_logout"))["Location"] == reverse("account_login")
    assert not is_in(client)


# --- Closing and opening accounts


@pytest.mark.parametrize("switch", [disable, enable])
def test_accounts_are_switched_only_by_who_may_edit_the_user(cast, switch):
    for by in (cast.clerk, cast.grid_leader, cast.next_grid_leader, cast.member, cast.system_admin, cast.nobody):
        with pytest.raises(AccessRefused, match="须由上级或其他管理员办理"):
            switch(users=[cast.building_leader], by=by)
    with pytest.raises(AccessRefused, match="须由上级或其他管理员办理"):
        switch(users=[cast.grid_leader, cast.street_officer], by=cast.secretary)
    with pytest.raises(AccessRefused, match="不能办理自己的账号"):
        switch(users=[cast.secretary], by=cast.secretary)


def test_disabling_twice_closes_once(cast):
    assert disable(users=[cast.grid_leader, cast.building_leader], by=cast.secretary) == 2
    assert disable(users=[cast.grid_leader, cast.building_leader], by=cast.secretary) == 0


@pytest.mark.parametrize("route", ["accounts:disable_user", "accounts:enable_user"])
class TestButtons:
    def test_out_of_sight_is_as_if_it_did_not_exist(self, client, cast, areas, route):
        client.force_login(cast.secretary)
        elsewhere = make_user(Role.GRID_LEADER, areas.at("370199002001001"), username="elsewhere")
        answers = [client.post(reverse(route, args=[pk])) for pk in (elsewhere.pk, 999_999, 10**30)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({len(answer.content) for answer in answers}) == 1
        assert User.objects.get(pk=elsewhere.pk).is_active

    def test_without_the_right_it_is_403(self, client, cast, route):
        for user in (cast.clerk, cast.cadre, cast.grid_leader, cast.member, cast.system_admin, cast.nobody):
            client.force_login(user)
            response = client.post(reverse(route, args=[cast.building_leader.pk]))
            assert response.status_code == 403
            assert "没有这项权限" in response.content.decode()

    def test_it_is_not_for_strangers_and_not_by_following_a_link(self, client, cast, route):
        url = reverse(route, args=[cast.building_leader.pk])
        assert client.post(url)["Location"].startswith(reverse("account_login"))
        client.force_login(cast.secretary)
        assert client.get(url).status_code == 405
        careful = Client(enforce_csrf_checks=True)
        careful.force_login(cast.secretary)
        assert careful.post(url).status_code == 403


def test_the_button_switches_tells_and_goes_back(client, cast, django_assert_num_queries):
    client.force_login(cast.secretary)
    url = reverse("accounts:disable_user", args=[cast.grid_leader.pk])
    response = client.post(url, {"next": reverse("accounts:me")}, follow=True)
    assert "已停用张三的账号" in response.content.decode()
    assert not User.objects.get(pk=cast.grid_leader.pk).is_active
    response = client.post(
        reverse("accounts:enable_user", args=[cast.grid_leader.pk]), {"next": "https://evil.example"}, follow=True
    )
    assert response.request["PATH_INFO"] == reverse("accounts:me")
    assert User.objects.get(pk=cast.grid_leader.pk).is_active


def test_a_colleague_who_is_seen_but_not_ones_to_edit_stays(client, cast, areas):
    second = make_user(Role.COMMUNITY_SECRETARY, areas.taoyuan, username="second")
    client.force_login(cast.secretary)
    response = client.post(reverse("accounts:disable_user", args=[second.pk]), follow=True)
    assert "须由上级或其他管理员办理" in response.content.decode()
    assert User.objects.get(pk=second.pk).is_active


def test_a_fresh_first_password_ends_with_the_account(client, cast, areas):
    User.objects.filter(pk=cast.grid_leader.pk).update(password="!")
    (slip,) = invite(users=[cast.grid_leader], by=cast.secretary)
    disable(users=[cast.grid_leader], by=cast.secretary)
    response = client.post(reverse("account_login"), {"login": slip.username, "password": slip.password})
    assert "此账号已停用" in response.content.decode()
    assert User.objects.get(pk=cast.grid_leader.pk).first_password_used_at is None
