"""Log-in: whose tries are counted how, first passwords, and where people go afterwards. allauth asks this class."""

import secrets

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import clean_client_ip
from django.conf import settings
from django.contrib.auth import authenticate
from django.core import signing
from django.core.exceptions import ValidationError
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.actions import change_own_password, use_first_password
from accounts.errors import FirstPasswordSpent
from accounts.models import User
from accounts.passwords import as_first_password
from accounts.usernames import normal_name

# Wrong passwords only: the right one gives its try back. allauth's own limit hangs on the account name alone, so that a stranger
# could lock anybody out. Here
# - a stranger has 20 tries an hour for an account from one address (an IPv6 address is its /64), and all strangers together 40,
#   so that many addresses do not add up; neither kind can be used up by one address alone;
# - an address has 60 tries in ten minutes whatever the names: a whole office may sit behind it;
# - a browser in which the user has logged in before is counted by itself alone, 20 an hour, so no stranger can lock the right
#   user out of it. It is known by a signed cookie; a copied cookie shares the count of its number.
LIMITS = {"address": "60/10m/ip", "pair": "5/15m/key", "account": "40/h/key", "device": "5/15m/key"}

# Django's own sentences are partly English here.
WEAK = {
    "password_too_short": _("密码太短，至少需要 %(min_length)d 个字符。"),
    "password_too_common": _("这个密码太常见，容易被猜到，请换一个。"),
    "password_entirely_numeric": _("密码不能全是数字，请加上字母。"),
    "password_too_similar": _("密码与%(verbose_name)s太相似，请换一个。"),
}

DEVICE_COOKIE = "gridparty_device"
DEVICE_SALT = "accounts.device"
DEVICE_DAYS = 180
DEVICE_USERS = 10  # a shared desk remembers its last ten users; the cookie stays small


def client_address(request) -> str:
    """The address the outermost of our own proxies saw.

    Whatever stands further left in X-Forwarded-For was written by the client and is never read; without proxies none of it is.
    """
    hops = settings.TRUSTED_PROXIES
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    seen = forwarded[-hops] if 0 < hops <= len(forwarded) else ""
    return clean_client_ip(seen) or clean_client_ip(request.META.get("REMOTE_ADDR", "")) or "0.0.0.0"  # noqa: S104


def _device(request) -> dict:
    """{"id": number of this browser, "users": marks of those who logged in here}; nothing when absent or forged."""
    try:
        return signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt=DEVICE_SALT, max_age=DEVICE_DAYS * 86400)
    except signing.BadSignature:
        return {}


def _mark(name: str) -> str:
    return salted_hmac(DEVICE_SALT, name, algorithm="sha256").hexdigest()[:16]


class StaffAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("登录名或密码不正确，请核对后重试。忘记密码请联系管理员重新发放初始密码。"),
        "too_many_login_attempts": _("登录失败次数过多，请稍后再试（最长一小时）。忘记密码请联系管理员重新发放初始密码。"),
        "account_inactive": _("此账号已停用。如需恢复，请联系管理员。"),
        "enter_current_password": _("现密码不正确，请重新输入。"),
    }

    def is_open_for_signup(self, request) -> bool:
        return False

    def is_ajax(self, request) -> bool:
        return False  # allauth's JSON answers repeat what was typed

    def get_client_ip(self, request) -> str:
        return client_address(request)

    def authenticate(self, request, **credentials) -> User | None:
        """The user with this name and password, or None; an unknown name costs the same work as a wrong password.

        Raises ValidationError for too many tries and, only to who knows the password, for a disabled account and a spent
        first password.
        """
        name = normal_name(credentials["username"])
        counted = self._count_try(request, name)
        user = self._check(request, name, credentials["password"])
        if user is None:
            return None
        for tries in counted:
            tries.rollback()
        if not user.is_active:
            raise self.validation_error("account_inactive")
        if user.must_change_password:
            try:
                use_first_password(by=user)
            except FirstPasswordSpent as refusal:
                raise ValidationError(str(refusal)) from refusal
        return user

    def _count_try(self, request, name: str) -> list[ratelimit.RateLimitUsage]:
        device = _device(request)
        if _mark(name) in device.get("users", ()):
            limits = [("device", f"{name}|{device['id']}")]
        else:
            limits = [("address", None), ("pair", f"{name}|{ratelimit.get_ip(request)}"), ("account", name)]
        counted = []
        for limit, key in limits:
            tries = ratelimit.consume(request, app="accounts", action=limit, config=LIMITS, key=key)
            if not tries:
                raise self.validation_error("too_many_login_attempts")
            counted.append(tries)
        return counted

    @staticmethod
    def _check(request, name: str, password: str) -> User | None:
        bare = as_first_password(password)
        if bare != password and User.objects.filter(username=name, first_password_until__isnull=False).exists():
            password = bare
        AuthenticationBackend.unstash_authenticated_user()
        user = authenticate(request, username=name, password=password)
        return user or AuthenticationBackend.unstash_authenticated_user()  # right password, disabled account

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        self._remember_device(request, response, normal_name(user.username))
        return response

    @staticmethod
    def _remember_device(request, response, name: str) -> None:
        device = _device(request)
        others = [mark for mark in device.get("users", ()) if mark != _mark(name)]
        value = {"id": device.get("id") or secrets.token_hex(8), "users": [_mark(name), *others][:DEVICE_USERS]}
        response.set_cookie(
            DEVICE_COOKIE,
            signing.dumps(value, salt=DEVICE_SALT),
            max_age=DEVICE_DAYS * 86400,
            path=reverse("account_login"),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )

    def clean_password(self, password, user=None) -> str:
        try:
            return super().clean_password(password, user)
        except ValidationError as weak:
            raise ValidationError(
                [ValidationError(WEAK.get(one.code, one.message), params=one.params) for one in weak.error_list]
            ) from None

    def set_password(self, user, password) -> None:
        change_own_password(by=user, password=password)

    def get_password_change_redirect_url(self, request) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_logout_redirect_url(self, request) -> str:
        return reverse("account_login")
