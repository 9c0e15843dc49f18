"""First passwords: given to whom one may edit, good once and for some days, replaced before anything else."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import NewUser, Post, appoint, create_users, disable, invite, reissue, use_first_password
from accounts.choices import Role
from accounts.errors import AccessRefused, FirstPasswordSpent
from accounts.models import User
from accounts.passwords import ALPHABET, printed
from audit.models import ChangeEntry
from conftest import make_user
from gridparty.lib.dates import today

OWN = "jiayou-2026-grid"


@pytest.fixture(autouse=True)
def _fresh_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": None}
    cache.clear()


def newcomers(area, count=1, *, by=None, role=Role.GRID_LEADER):
    users = create_users(users=[NewUser(f"new{number}", f"新人{number}") for number in range(count)], by=by)
    for user in users:
        appoint(post=Post(user, role, area, today()), by=None)
    return list(User.objects.filter(pk__in=[user.pk for user in users]).order_by("pk"))


def login(client, username, password, address="203.0.113.5"):
    return client.post(reverse("account_login"), {"login": username, "password": password}, REMOTE_ADDR=address)


def choose(client, password=OWN, again=None):
    return client.post(reverse("account_change_password"), {"password1": password, "password2": again or password})


@pytest.fixture
def slip(areas):
    newcomers(areas.grid1)
    return invite(users=User.objects.filter(username="new0"), by=None)[0]


# --- Giving


def test_a_first_password_is_random_readable_and_stored_as_a_hash(areas, cast):
    slips = invite(users=newcomers(areas.grid1, 20), by=cast.secretary)
    passwords = {slip.password for slip in slips}
    assert len(passwords) == 20
    assert all(len(password) == 12 and set(password) <= set(ALPHABET) for password in passwords)
    assert not set("0o1li") & set(ALPHABET)
    assert {slip.posts for slip in slips} == {"网格长（桃园社区第1网格）"}
    stored = str(list(User.objects.values()) + list(ChangeEntry.objects.values()))
    assert not [password for password in passwords if password in stored]
    assert not [slip for slip in slips if slip.password in repr(slip)]


def test_it_holds_for_the_days_of_the_setting(slip, settings):
    days = slip.until - timezone.now()
    assert (
        timedelta(days=settings.FIRST_PASSWORD_DAYS) - timedelta(minutes=5) < days <= timedelta(days=settings.FIRST_PASSWORD_DAYS)
    )


def test_the_change_log_knows_who_gave_it_and_not_what(areas, cast):
    (user,) = newcomers(areas.grid1)
    invite(users=[user], by=cast.secretary)
    entry = ChangeEntry.objects.get(operation="accounts.issue_first_passwords")
    assert (entry.actor, entry.object_id, entry.changes["password"]) == (cast.secretary, user.pk, ["***", "***"])


def test_inviting_is_refused_as_a_whole_when_one_is_not_ones_own(areas, cast):
    (own,) = newcomers(areas.grid1)
    for other in (cast.cadre, cast.street_officer, cast.district_official, cast.next_grid_leader):
        with pytest.raises(AccessRefused):
            invite(users=[own, other], by=cast.secretary)
    assert not User.objects.get(pk=own.pk).has_usable_password()


def test_nobody_gives_a_password_to_people_of_another_street(areas, cast):
    (there,) = newcomers(areas.at("370199002001001"))
    for by in (cast.secretary, cast.street_officer, cast.clerk, cast.grid_leader, cast.member, cast.system_admin, cast.nobody):
        with pytest.raises(AccessRefused, match="1 人的账号须由上级或其他管理员办理"):
            invite(users=[there], by=by)
    assert not User.objects.get(pk=there.pk).has_usable_password()
    invite(users=[there], by=cast.district_official)


def test_nobody_renews_the_own_password_this_way(cast):
    with pytest.raises(AccessRefused, match="不能办理自己的账号"):
        reissue(users=[cast.district_official], by=cast.district_official)


def test_a_disabled_user_is_not_invited(areas, cast):
    (user,) = newcomers(areas.grid1)
    disable(users=[user], by=cast.secretary)
    with pytest.raises(AccessRefused, match="新人0的账号已停用"):
        invite(users=[user], by=cast.secretary)


def test_who_can_log_in_is_not_invited_again_but_may_get_a_new_one(areas, cast):
    with pytest.raises(AccessRefused, match="张三已有可用的密码"):
        invite(users=[cast.grid_leader], by=cast.secretary)
    (user,) = newcomers(areas.grid1)
    invite(users=[user], by=cast.secretary)
    with pytest.raises(AccessRefused, match="新人0已有可用的密码"):
        invite(users=[user], by=cast.secretary)
    assert reissue(users=[user, cast.grid_leader], by=cast.secretary)
    assert not User.objects.get(pk=cast.grid_leader.pk).check_password("a long password")


def test_spent_and_expired_ones_may_be_invited_again(areas, cast):
    spent, expired = newcomers(areas.grid1, 2)
    invite(users=[spent, expired], by=cast.secretary)
    User.objects.filter(pk=spent.pk).update(first_password_used_at=timezone.now())
    User.objects.filter(pk=expired.pk).update(first_password_until=timezone.now())
    assert len(invite(users=[spent, expired], by=cast.secretary)) == 2
    assert User.objects.filter(first_password_used_at=None, first_password_until__gt=timezone.now()).count() == 2


@pytest.mark.parametrize("count", [1, 30])
def test_inviting_costs_the_same_queries_for_one_and_for_thirty(areas, cast, django_assert_num_queries, count):
    users = newcomers(areas.grid1, count)
    by = User.objects.get(pk=cast.secretary.pk)
    with django_assert_num_queries(13):
        invite(users=users, by=by)


# --- Using


def test_it_lets_in_once_and_leads_to_the_password_page(client, slip):
    response = login(client, slip.username, slip.password)
    assert response.status_code == 302
    page = client.get(response["Location"], follow=True)
    assert page.request["PATH_INFO"] == reverse("account_change_password")
    assert "初始密码只能使用一次" in page.content.decode()
    again = login(Client(), slip.username, slip.password)
    assert "初始密码只能使用一次，现已使用过或已过期。请向管理员申请" in again.content.decode()


def test_it_may_be_typed_as_printed_or_in_capitals(areas):
    newcomers(areas.grid1, 3)
    slips = invite(users=User.objects.filter(username__startswith="new"), by=None)
    for slip, typed in zip(slips, (str, lambda text: text.upper(), lambda text: text.replace("-", " ")), strict=True):
        assert login(Client(), slip.username, typed(printed(slip.password))).status_code == 302


def test_an_own_password_is_never_read_like_a_printed_one(client, areas):
    user = make_user(Role.GRID_LEADER, areas.grid1, username="own")
    user.set_password("abcd-EFGH-jkmn")
    user.save()
    assert login(client, "own", "abcdefghjkmn").status_code == 200
    assert login(client, "own", "abcd-EFGH-jkmn").status_code == 302


@pytest.mark.parametrize("name", ["home", "accounts:me", "accounts:invite_users", "admin:index", "account_login"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_leads_to_the_password_page_until_it_is_changed(client, slip, name, method):
    login(client, slip.username, slip.password)
    response = getattr(client, method)(reverse(name))
    assert (response.status_code, response["Location"]) == (302, reverse("account_change_password"))


def test_a_password_of_ones_own_opens_everything(client, slip):
    login(client, slip.username, slip.password)
    old_key = client.session.session_key
    response = choose(client)
    assert (response.status_code, response["Location"]) == (302, reverse("home"))
    assert client.session.session_key != old_key
    assert client.get(reverse("accounts:me")).status_code == 200
    user = User.objects.get(username=slip.username)
    assert (user.first_password_until, user.first_password_used_at) == (None, None)
    assert login(Client(), slip.username, OWN).status_code == 302
    assert login(Client(), slip.username, slip.password).status_code == 200


@pytest.mark.parametrize(
    ("chosen", "again", "sentence"),
    [
        ("short", "short", "密码太短，至少需要 10 个字符"),
        ("18273645546372", "18273645546372", "密码不能全是数字"),
        ("qwertyuiop", "qwertyuiop", "这个密码太常见"),
        ("new0-new0-new0", OWN, "每次输入的密码必须相同"),
    ],
)
def test_a_weak_password_is_refused_with_a_sentence_in_chinese(client, slip, chosen, again, sentence):
    login(client, slip.username, slip.password)
    assert sentence in choose(client, chosen, again).content.decode()
    assert User.objects.get(username=slip.username).must_change_password


@pytest.mark.parametrize("form", [str, printed, lambda password: password.upper()])
def test_the_first_password_is_not_kept_as_ones_own(client, slip, form):
    login(client, slip.username, slip.password)
    assert "新密码不能与原密码相同" in choose(client, form(slip.password)).content.decode()


def test_who_leaves_without_changing_needs_a_new_one(client, slip, cast):
    login(client, slip.username, slip.password)
    assert "现在退出后须请管理员重新发放" in client.get(reverse("account_logout")).content.decode()
    client.post(reverse("account_logout"))
    assert "请向管理员申请新的初始密码" in login(client, slip.username, slip.password).content.decode()
    (new,) = invite(users=User.objects.filter(username=slip.username), by=cast.secretary)
    assert login(client, new.username, new.password).status_code == 302


def test_after_its_day_it_lets_nobody_in(client, slip):
    with time_machine.travel(slip.until + timedelta(seconds=1)):
        assert "请向管理员申请新的初始密码" in login(client, slip.username, slip.password).content.decode()
    with time_machine.travel(slip.until - timedelta(minutes=1)):
        assert login(client, slip.username, slip.password).status_code == 302


def test_of_two_that_saw_the_right_password_one_gets_in(slip):
    first, second = (User.objects.get(username=slip.username) for _ in range(2))
    use_first_password(by=first)
    with pytest.raises(FirstPasswordSpent):
        use_first_password(by=second)


def test_the_old_slip_does_not_spend_the_new_one(slip):
    seen = User.objects.get(username=slip.username)
    reissue(users=[seen], by=None)
    with pytest.raises(FirstPasswordSpent):
        use_first_password(by=seen)
    assert User.objects.get(pk=seen.pk).first_password_used_at is None


def test_a_password_renewed_meanwhile_is_not_overwritten(client, slip):
    login(client, slip.username, slip.password)
    (new,) = reissue(users=User.objects.filter(username=slip.username), by=None)
    assert choose(client)["Location"].startswith(reverse("account_login"))
    assert User.objects.get(username=slip.username).check_password(new.password)


@pytest.mark.parametrize("count", [50, pytest.param(1000, marks=pytest.mark.proof)])
def test_as_many_invited_at_once_make_as_many_forced_changes(client, areas, cast, count):
    slips = invite(users=newcomers(areas.grid1, count), by=cast.secretary)
    for number, slip in enumerate(slips):
        address = f"198.51.{number // 250}.{number % 250}"
        client.cookies.clear()
        assert login(client, slip.username, slip.password, address).status_code == 302
        assert client.get(reverse("accounts:me"))["Location"] == reverse("account_change_password")
        assert choose(client, f"{OWN}-{number}").status_code == 302
        assert client.get(reverse("accounts:me")).status_code == 200
        client.cookies.clear()
        assert login(client, slip.username, slip.password, address).status_code == 200
    assert not User.objects.exclude(first_password_until=None).exists()


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs writers that really run at once")
@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_gets_in():
    create_users(users=[NewUser("new0", "新人0")], by=None)
    (slip,) = invite(users=User.objects.all(), by=None)
    entered, start = [], threading.Barrier(8)

    def enter(number):
        start.wait()
        if login(Client(), "new0", slip.password, f"198.51.100.{number}").status_code == 302:
            entered.append(number)
        connection.close()

    threads = [threading.Thread(target=enter, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entered) == 1
