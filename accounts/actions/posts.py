"""Entering users, appointing them and ending their posts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import EndReason, Engagement, Origin, Role
from accounts.errors import AppointmentRefused, UserRefused
from accounts.models import Appointment, SchemeUse, User
from accounts.queries import may_appoint, posts_held
from accounts.roles import ADMINISTRATORS, ON_BODIES, STANDS_ON
from accounts.usernames import normal_name
from audit.operations import action
from gridparty.lib import photos
from grids.actions import place
from grids.choices import AreaKind
from grids.models import Area


@dataclass(frozen=True)
class NewUser:
    username: str
    name: str
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)


@action("accounts.create_users")
def create_users(*, users: Sequence[NewUser], by: User | None) -> list[User]:
    """Enter holders of posts, without a usable password until they are invited. Raises UserRefused for a taken log-in name."""
    names = [normal_name(new.username) for new in users]
    taken = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    if used := sorted(taken | twice):
        raise UserRefused(_("登录名“%(name)s”已有人使用，请换一个。") % {"name": "、".join(used[:5])})
    rows = [
        User(
            username=username,
            name=new.name.strip(),
            phone=new.phone,
            phone_tail=new.phone[-4:],
            email=new.email,
            password=make_password(None),
            created_by=by,
        )
        for username, new in zip(names, users, strict=True)
    ]
    return User.objects.bulk_create(rows)


@action("accounts.change_user")
def change_user(
    *, user: User, name: str, phone: str, email: str, by: User, photo: UploadedFile | None = None, remove_photo: bool = False
) -> User:
    """Correct what is on record of a holder. `photo` None leaves the photo. Raises PhotoRefused for what is no photo."""
    user = User.objects.get(pk=user.pk)
    old = user.photo.name
    user.name, user.email = name.strip(), email
    user.phone, user.phone_tail = phone, phone[-4:]
    if photo is not None:
        user.photo = photos.reencode(photo)
    elif remove_photo:
        user.photo = ""
    user.save()
    if old and user.photo.name != old:
        transaction.on_commit(lambda: user.photo.storage.delete(old))
    return user


@dataclass(frozen=True)
class Post:
    """An appointment to be made; `area` None for a role over all districts, or over a body when that is given."""

    user: User
    role: str
    area: Area | None
    starts_on: date
    ends_on: date | None = None
    origin: str = Origin.APPOINTED
    engagement: str = Engagement.PART_TIME
    duties: str = ""
    body: str = ""

    @property
    def over(self) -> tuple[int | None, str]:
        return (self.area.pk if self.area else None, self.body)


def appoint(*, post: Post, by: User | None) -> Appointment:
    """Give one post; see appoint_many."""
    return appoint_many(posts=[post], by=by)[0]


@action("accounts.appoint")
def appoint_many(*, posts: Sequence[Post], by: User | None, check: bool = True) -> list[Appointment]:
    """Give posts, all or none. Sessions of those appointed end, so that they work with their new rights.

    `by` None is the set-up of a system; `check` False when another action decides (a seat is filled).
    Raises AppointmentRefused with a sentence naming the first that cannot be given.
    """
    users = sorted({post.user.pk for post in posts})
    held = _held_by(users)
    rows = []
    for post in posts:
        _check(post, held[post.user.pk], by if check else None)
        row = Appointment(
            user=post.user,
            role=post.role,
            starts_on=post.starts_on,
            ends_on=post.ends_on,
            origin=post.origin,
            engagement=post.engagement,
            duties=post.duties,
            body=post.body,
        )
        if post.area is not None:
            place(row=row, area=post.area)
        held[post.user.pk].append(row)
        rows.append(row)
    Appointment.objects.bulk_create(rows)
    _end_sessions(users)
    return rows


def _held_by(users: list[int]) -> dict[int, list[Appointment]]:
    """The posts of these users that have not ended, the users locked against a second appointer."""
    for start in range(0, len(users), 900):
        list(User.objects.select_for_update().filter(pk__in=users[start : start + 900]).order_by("pk").values_list("pk"))
    return posts_held(users)


def _check(post: Post, held: Iterable[Appointment], by: User | None) -> None:
    for _field, message in refusals(post, held, by):
        raise AppointmentRefused(message)


def refusals(post: Post, held: Iterable[Appointment], by: User | None) -> Iterator[tuple[str, str]]:
    """Why `by` cannot give this post to who has the posts `held` (not ended): (field, sentence) for each reason."""
    role = Role(post.role)
    words = {
        "role": role.label,
        "name": post.user.name,
        "area": post.area.name if post.area else _("该党组织") if post.body else _("全部区域"),
    }
    if by is not None and post.user.pk == by.pk:
        yield "user", _("不能任免自己，请由上级办理。")
    if by is not None and not may_appoint(by, role, post.area):
        yield "role", _("您不能在“%(area)s”任命%(role)s，请由有权限的上级办理。") % words
    fits = role in ON_BODIES if post.body else (post.area.kind if post.area else None) in STANDS_ON[role]
    if not fits:
        everywhere = _("全部区域") if None in STANDS_ON[role] else _("党组织（在其页面选配班子）")
        kinds = "、".join(str(AreaKind(kind).label) for kind in AreaKind if kind in STANDS_ON[role]) or everywhere
        yield "area", _("%(role)s应设在%(kinds)s，不能设在“%(area)s”。") % (words | {"kinds": kinds})
    if post.ends_on and post.ends_on < post.starts_on:
        yield "ends_on", _("%(name)s的任期止于开始之前，请核对日期。") % words
    for other in held:
        if overlap(other, post) and is_same_post(other, post):
            yield "role", _("%(name)s在这段时间已是“%(area)s”的%(role)s。") % words
        if overlap(other, post) and other.role != role and {other.role, role} & ADMINISTRATORS:
            other_role = Role(other.role).label
            yield "role", _("%(name)s已是%(other)s：系统、安全、审计管理员不得兼任其他职务。") % (words | {"other": other_role})


def is_same_post(held: Appointment, post: Post) -> bool:
    """Whether it is the same role over the same area or body, whenever."""
    return held.role == post.role and (held.area_id, held.body) == post.over


def overlap(held: Appointment, post: Post) -> bool:
    """Whether there is a day on which both hold."""
    return (held.ends_on is None or held.ends_on >= post.starts_on) and (post.ends_on is None or held.starts_on <= post.ends_on)


def _end_sessions(users: Iterable[int]) -> None:
    users = list(users)
    for start in range(0, len(users), 900):
        User.objects.filter(pk__in=users[start : start + 900]).update(session_epoch=F("session_epoch") + 1)


@action("accounts.end_appointments")
def end_appointments(*, appointments: QuerySet[Appointment], reason: str, by: User | None, check: bool = True) -> int:
    """End posts before their term; returns how many. `check` False when another action decides (an area closes).

    Raises AppointmentRefused when one of them is not the user's to end.
    """
    chosen = appointments.filter(ended_at=None)
    users = list(chosen.values_list("user", flat=True))
    if check and by is not None and chosen.exclude(pk__in=Appointment.objects.editable_by(by).values("pk")).exists():
        raise AppointmentRefused(_("其中有您无权免去的职务，请由有权限的上级办理。"))
    ended = Appointment.objects.filter(pk__in=list(chosen.values_list("pk", flat=True))).update(
        ended_at=timezone.now(), end_reason=EndReason(reason)
    )
    _end_sessions(users)
    return ended


@action("accounts.use_scheme")
def use_scheme(*, area: Area, scheme, by: User | None) -> SchemeUse:
    """Name the scheme of posts an area and all below it follow."""
    use = SchemeUse.objects.filter(area=area).first() or SchemeUse()
    place(row=use, area=area)
    use.scheme = scheme
    use.save()
    return use
