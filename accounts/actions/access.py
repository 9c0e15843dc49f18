"""Who may log in: first passwords, disabling, and the password one chooses oneself."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccessRefused, FirstPasswordSpent
from accounts.models import Appointment, User
from accounts.passwords import Slip, hash_all, new_first_password
from audit.operations import action


def invite(*, users: Iterable[User], by: User | None, bodies: Iterable[str] = ()) -> list[Slip]:
    """First passwords for users who have none, or whose first one was spent or has expired.

    `bodies`: those on which the caller knows the posts to be the inviter's to give. Raises AccessRefused, with nothing
    changed, when one of them is not the inviter's to edit, is the inviter, is disabled, or can log in already.
    """
    return _issue([user.pk for user in users], by, anew=False, bodies=list(bodies))


def reissue(*, users: Iterable[User], by: User | None, bodies: Iterable[str] = ()) -> list[Slip]:
    """First passwords for users whatever they have now: a forgotten password, a lost slip. Their sessions end."""
    return _issue([user.pk for user in users], by, anew=True, bodies=list(bodies))


def _issue(ids: list[int], by: User | None, *, anew: bool, bodies: list[str]) -> list[Slip]:
    # Hashing takes 0.04 s a user. Inside the transaction it would hold SQLite's only write lock all that time.
    _receivers(User.objects.filter(pk__in=ids), ids, by, anew=anew, bodies=bodies)
    passwords = dict(zip(ids, (new_first_password() for _id in ids), strict=True))
    hashes = dict(zip(ids, hash_all(passwords.values()), strict=True))
    users = _store_first_passwords(hashes=hashes, by=by, anew=anew, bodies=bodies)
    posts = _posts_in_words(ids)
    slips = [Slip(user.name, user.username, posts[user.pk], user.first_password_until, passwords[user.pk]) for user in users]
    return sorted(slips, key=lambda slip: (slip.posts, slip.username))


@action("accounts.issue_first_passwords")
def _store_first_passwords(*, hashes: dict[int, str], by: User | None, anew: bool, bodies: list[str]) -> list[User]:
    """Store the hashes for users who, under lock, may still get one."""
    ids = list(hashes)
    users = _receivers(User.objects.filter(pk__in=ids).order_by("pk").select_for_update(), ids, by, anew=anew, bodies=bodies)
    until = timezone.now() + timedelta(days=settings.FIRST_PASSWORD_DAYS)
    for user in users:
        user.password = hashes[user.pk]
        user.first_password_until, user.first_password_used_at = until, None
        user.session_epoch += 1
    User.objects.bulk_update(users, ["password", "first_password_until", "first_password_used_at", "session_epoch"])
    return users


def _receivers(rows: QuerySet[User], ids: list[int], by: User | None, *, anew: bool, bodies: list[str]) -> list[User]:
    """The users of `rows`, if every one of them may get a first password from `by`."""
    users = list(rows)
    _refuse_others(ids, by, bodies)
    if closed := [user for user in users if not user.is_active]:
        raise AccessRefused(_("%(names)s的账号已停用，请先恢复再发放初始密码。") % {"names": _names(closed)})
    if not anew and (able := [user for user in users if user.can_log_in]):
        text = _("%(names)s已有可用的密码。如确需更换，请使用“重新发放初始密码”。")
        raise AccessRefused(text % {"names": _names(able)})
    return users


def _refuse_others(ids: Iterable[int], by: User | None, bodies: Iterable[str] = ()) -> None:
    """Access is given and taken by those who may edit the user, never by oneself. `by` None is the set-up of a system."""
    if by is None:
        return
    wanted = set(ids)
    if by.pk in wanted:
        raise AccessRefused(_("不能办理自己的账号，请由其他管理员办理。"))
    if foreign := wanted - set(User.objects.editable_by(by, bodies).filter(pk__in=wanted).values_list("pk", flat=True)):
        text = _("所选人员中有 %(count)d 人的账号须由上级或其他管理员办理，请取消选择后重试。")
        raise AccessRefused(text % {"count": len(foreign)})


def _names(users: list[User]) -> str:
    shown = "、".join(user.name for user in users[:5])
    return _("%(shown)s等%(count)d人") % {"shown": shown, "count": len(users)} if len(users) > 5 else shown


def _posts_in_words(ids: list[int]) -> dict[int, str]:
    """{user: "网格长（桃园社区第1网格）、…"}"""
    words = defaultdict(list)
    rows = Appointment.objects.in_force().filter(user__in=ids).select_related("area", "community", "grid").order_by("pk")
    for post in rows:
        words[post.user_id].append(_post_in_words(post))
    return defaultdict(str, {user: "、".join(posts) for user, posts in words.items()})


def _post_in_words(post: Appointment) -> str:
    places = {area.pk: area.name for area in (post.community, post.grid, post.area) if area}
    return f"{post.get_role_display()}（{''.join(places.values())}）" if places else post.get_role_display()


@action("accounts.disable_users")
def disable(*, users: Iterable[User], by: User | None) -> int:
    """Close accounts; their sessions end at the next request. Posts stay as they are. Returns how many were open."""
    return _switch([user.pk for user in users], by, on=False)


@action("accounts.enable_users")
def enable(*, users: Iterable[User], by: User | None) -> int:
    """Open closed accounts again, with the password they had. Returns how many were closed."""
    return _switch([user.pk for user in users], by, on=True)


def _switch(ids: list[int], by: User | None, *, on: bool) -> int:
    _refuse_others(ids, by)
    return User.objects.filter(pk__in=ids, is_active=not on).update(is_active=on, session_epoch=F("session_epoch") + 1)


@action("accounts.use_first_password")
def use_first_password(*, by: User) -> None:
    """Spend the first password `by` has just shown. Of two at once one wins. Raises FirstPasswordSpent."""
    now = timezone.now()
    # The password stands in the condition, or a slip made at this moment would be spent by the old one.
    unused = User.objects.filter(pk=by.pk, password=by.password, first_password_until__gt=now, first_password_used_at=None)
    if not unused.update(first_password_used_at=now):
        raise FirstPasswordSpent(_("初始密码只能使用一次，现已使用过或已过期。请向管理员申请新的初始密码。"))


def change_own_password(*, by: User, password: str) -> None:
    """Replace one's own password. Every other session of the user ends; a first password is done with.

    Raises AccessRefused when somebody else changed the account since `by` was loaded.
    """
    _store_own_password(by=by, hashed=make_password(password))


@action("accounts.change_own_password")
def _store_own_password(*, by: User, hashed: str) -> None:
    if not User.objects.select_for_update().filter(pk=by.pk, session_epoch=by.session_epoch, password=by.password).exists():
        raise AccessRefused(_("账号刚刚被管理员变更，密码没有修改。请重新登录。"))
    by.password, by.first_password_until, by.first_password_used_at = hashed, None, None
    by.save(update_fields=["password", "first_password_until", "first_password_used_at"])
