"""Accounts of members: who belongs may log in, by a post that goes where the membership goes and ends with it."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.actions import Post, appoint_many, end_appointments, invite, reissue
from accounts.choices import EndReason, Role
from accounts.models import Appointment, User
from accounts.passwords import Slip
from accounts.queries import posts_held
from accounts.roles import ADMINISTRATORS
from audit.operations import action
from gridparty.lib.dates import today
from grids.models import Area
from grids.queries import chunks
from members.actions.seats import users_for
from members.choices import ON_ROLL
from members.errors import MemberRefused
from members.models import Member, PartyOrganisation
from members.querysets import BODY, body_key


@action("members.give_accounts")
def give_accounts(*, members: Iterable[Member], by) -> list[User]:
    """A user and the post of a member for each who has none, all or none; returns the users of all, first passwords come later.

    The post stands where the organisation does, or where the member lives if that stands nowhere. An account there is stays
    as it is; one of somebody known only by what was typed is not even given the post. Raises MemberRefused, AppointmentRefused.
    """
    keys = sorted({member.pk for member in members})
    for some in chunks(keys):  # held first: of two at once the second finds the accounts the first made
        list(Member.objects.select_for_update().filter(pk__in=some).order_by("pk").values_list("pk"))
    rows = _kept(keys, by)
    for row in rows:
        _check(row)
    had = {row.pk for row in rows if row.person.user_id}
    users = users_for([row.person for row in rows], by)
    held = posts_held([user.pk for user in users.values()])
    posts = []
    for row in rows:
        user = users[row.person_id]
        left = (by is not None and user.pk == by.pk) or (row.known_as and row.pk in had)
        taken = any(post.role == Role.MEMBER or post.role in ADMINISTRATORS for post in held[user.pk])
        if not (left or taken):
            posts.append(Post(user, Role.MEMBER, _stand(row), today()))
    appoint_many(posts=posts, by=by)
    return [users[row.person_id] for row in rows]


def _kept(keys: Iterable[int], by) -> list[Member]:
    """These members, all of them `by`'s to keep, with person, user and places at hand. Raises MemberRefused."""
    keys = set(keys)
    mine = Member.objects.all() if by is None else Member.objects.editable_by(by)
    rows: list[Member] = []
    for some in chunks(sorted(keys)):
        rows += mine.filter(pk__in=some).select_related("person__user", "organisation__area", "area").order_by("pk")
    if len(rows) < len(keys):
        raise MemberRefused(_("其中有不由您管理的党员，请重新选择。"))
    return rows


def _check(row: Member) -> None:
    words = {"name": row.name, "state": row.get_state_display(), "organisation": row.organisation.name}
    if row.state not in ON_ROLL:
        raise MemberRefused(_("%(name)s不在册（%(state)s），不能开通账号，请取消选择。") % words)
    if _stand(row) is None:
        raise MemberRefused(_("“%(organisation)s”不在本系统的区域内，%(name)s也没有居住地，请先登记居住地。") % words)


def _stand(member: Member) -> Area | None:
    """Where the post of a member stands."""
    return member.organisation.area or member.area


# --- First passwords


def invite_members(*, members: Iterable[Member], by) -> list[Slip]:
    """Accounts, and slips for those who cannot log in yet; who can, or whose account is others' to give, is left.

    Raises MemberRefused, AppointmentRefused, AccessRefused.
    """
    users = give_accounts(members=members, by=by)
    bodies = _bodies_of(users, by)
    return invite(users=to_invite(users, by, bodies), by=by, bodies=bodies)


def to_invite(users: Iterable[User], by, bodies: Iterable[str]) -> list[User]:
    users = [user for user in users if user.is_active and not user.can_log_in]
    if by is None:
        return users
    mine: set[int] = set()
    for some in chunks([user.pk for user in users]):
        mine |= set(User.objects.editable_by(by, bodies).filter(pk__in=some).values_list("pk", flat=True))
    return [user for user in users if user.pk in mine]


def reissue_to_members(*, members: Iterable[Member], by) -> list[Slip]:
    """New slips for members who have an account, whatever their password is now. Raises MemberRefused, AccessRefused."""
    rows = _kept([member.pk for member in members], by)
    users = [row.person.user for row in rows if row.person.user_id]
    if len(users) < len(rows):
        raise MemberRefused(_("其中有还没有账号的党员，请先发放党员账号。"))
    return reissue(users=users, by=by, bodies=_bodies_of(users, by))


def _bodies_of(users: Iterable[User], by) -> list[str]:
    """The organisations, as bodies, in which these users hold seats that are `by`'s to fill."""
    keys = [user.pk for user in users]
    held: set[str] = set()
    for some in chunks(keys):
        held |= set(Appointment.objects.in_force().filter(user__in=some).exclude(body="").values_list("body", flat=True))
    organisations = [int(body.removeprefix(BODY)) for body in held if body.startswith(BODY)]
    rows = PartyOrganisation.objects.all() if by is None else PartyOrganisation.objects.editable_by(by)
    return [body_key(pk) for some in chunks(organisations) for pk in rows.filter(pk__in=some).values_list("pk", flat=True)]


# --- The post goes with the membership


def follow_posts(*, members: Iterable[int], by) -> None:
    """Let the posts of these members (keys) go where the memberships are: they end with them, and move with a transfer.

    Called by the actions that end or transfer memberships.
    """
    for some in chunks(sorted(set(members))):
        rows = Member.objects.filter(pk__in=some, person__user__isnull=False)
        rows = rows.select_related("person__user", "organisation__area", "area")
        _follow_posts({row.person.user: _stand(row) if row.state in ON_ROLL else None for row in rows}, by)


def _follow_posts(stands: dict[User, Area | None], by) -> None:
    wanted = {user.pk: area.pk if area else None for user, area in stands.items()}
    held = Appointment.objects.filter(user__in=wanted, role=Role.MEMBER, ended_at=None).values_list("pk", "user", "area")
    held = list(held)
    over = {pk: user for pk, user, area in held if area != wanted[user]}
    if not over:
        return
    posts = Appointment.objects.filter(pk__in=over)
    end_appointments(appointments=posts, reason=EndReason.SEAT_EMPTIED, by=by, check=False)
    there = {user for pk, user, _area in held if pk not in over}
    moved = [user for user, area in stands.items() if area and user.pk in set(over.values()) - there]
    appoint_many(posts=[Post(user, Role.MEMBER, stands[user], today()) for user in moved], by=by, check=False)


def restore_posts(*, area: Area, by) -> None:
    """Posts of members that ended because `area` closed begin again where its organisations went. Called while it closes."""
    closed = Appointment.objects.filter(area=area, role=Role.MEMBER, end_reason=EndReason.AREA_CLOSED)
    rows = Member.objects.on_roll().filter(person__user__in=closed.values("user")).order_by("pk")
    rows = [row for row in rows.select_related("person__user", "organisation__area", "area") if _stand(row)]
    held = posts_held([row.person.user_id for row in rows])
    rows = [row for row in rows if not any(post.role == Role.MEMBER for post in held[row.person.user_id])]
    appoint_many(posts=[Post(row.person.user, Role.MEMBER, _stand(row), today()) for row in rows], by=by, check=False)
