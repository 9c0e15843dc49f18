"""Who came to an activity: ticked by who runs it, or by the rotating code; and the hours that come of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.dates import today
from grids.models import LEVELS
from members.choices import ON_ROLL
from members.models import Member
from services.actions.activities import check_runs, held_open
from services.actions.crediting import credit
from services.actions.hours import hold_members
from services.actions.places import locked, take
from services.choices import ActivityState, Attended, HoursState, SignUpState
from services.errors import ActivityRefused
from services.gatherings import attended_by, half_hours, in_words, members_at, no_signing_in, overlapping
from services.models import Activity, ServiceHours, SignUp
from services.offers import membership_of


@dataclass(frozen=True)
class Held:
    """What came of holding an activity: hours made, and who has none by it because other hours stand at that time."""

    hours: Sequence[ServiceHours] = ()
    skipped: Sequence[Member] = field(default=(), repr=False)


@action("services.tick_attendance")
def tick_attendance(*, activity: Activity, members: Iterable[Member], by, gone: Iterable[Member] = ()) -> int:
    """These came; `gone` were ticked by mistake. Who came without signing up has a place, if there is one.

    Returns how many are new. Raises ActivityRefused: on the day and after it, until the activity is closed.
    """
    row = held_open(activity, by)
    if row.on > today():
        raise ActivityRefused(_("活动在%(on)s，当天起才能登记签到。") % {"on": in_words(row.on)})
    members = {member.pk: member for member in members}
    row.signups.filter(member__in=list(gone), attended=Attended.TICK).update(attended="", attended_at=None)
    hold_members(members)
    return _sign_in(row, members.values(), Attended.TICK)


@action("services.attend_by_code")
def attend_by_code(*, token: str, by) -> SignUp:
    """The member's own confirmation of having come, by the code on the screen or the pass of the page it led to.

    Raises ActivityRefused.
    """
    found = attended_by(token, by)
    if found is None:
        raise ActivityRefused(_("签到码无效或已过期，请扫描现场屏幕上最新的签到码。"))
    row, member = locked(found), membership_of(by)
    if refusal := no_signing_in(row):
        raise ActivityRefused(refusal)
    if member is None:
        raise ActivityRefused(_("没有与您账号对应的在册党员档案，不能签到。请由现场负责人登记。"))
    hold_members([member.pk])
    _sign_in(row, [member], Attended.QR)
    return SignUp.objects.exclude(state=SignUpState.WITHDRAWN).get(activity=row, member=member)


def _sign_in(row: Activity, members: Iterable[Member], how: str) -> int:
    """Note that they came; of the activity held by the caller. Who has no place takes one."""
    members = {member.pk: member for member in members}
    there = {one.member_id: one for one in row.signups.filter(member__in=members).exclude(state=SignUpState.WITHDRAWN)}
    _check_strangers(row, [member for pk, member in members.items() if pk not in there])
    now, new, changed = timezone.now(), [], []
    for pk, member in sorted(members.items()):
        signup = there.get(pk) or SignUp(activity=row, member=member, state=SignUpState.WAITING)
        if signup.attended:
            continue
        if signup.state == SignUpState.WAITING and not take(row):
            raise ActivityRefused(_("名额已满，%(name)s没有名额，不能签到。请先由组织者增加名额。") % {"name": member.name})
        signup.state, signup.attended, signup.attended_at = SignUpState.SIGNED, how, now
        (changed if pk in there else new).append(signup)
    SignUp.objects.bulk_create(new)
    SignUp.objects.bulk_update(changed, ["state", "attended", "attended_at"])
    return len(new) + len(changed)


def _check_strangers(row: Activity, members: Sequence[Member]) -> None:
    """Who did not sign up may come, too, if the activity is for them."""
    if not members:
        return
    reached = set(members_at(row.area).filter(pk__in=[member.pk for member in members]).values_list("pk", flat=True))
    for member in members:
        if member.pk not in reached or member.state not in ON_ROLL:
            raise ActivityRefused(_("%(name)s不是活动所在社区的在册党员，不能签到。") % {"name": member.name})


# --- Closing it


@action("services.hold_activity")
def hold_activity(*, activity: Activity, by) -> Held:
    """The activity took place: whoever came has its hours, confirmed, and points for them; once, however often it is called.

    Hours of whoever closes it wait for somebody else. Raises ActivityRefused.
    """
    row = locked(activity)
    check_runs(row, by)
    if row.state == ActivityState.HELD:
        return Held()
    if row.state == ActivityState.CANCELLED:
        raise ActivityRefused(_("活动已取消，不能办结。"))
    if row.on > today():
        raise ActivityRefused(_("活动在%(on)s，当天起才能办结。") % {"on": in_words(row.on)})
    came = list(row.signups.exclude(attended="").select_related("member__person").order_by("member"))
    hold_members([one.member_id for one in came])
    busy = set(overlapping((one.member_id for one in came), row.on, row.begins, row.ends).values_list("member", flat=True))
    now = timezone.now()
    rows = [_hours(row, one, by, now) for one in came if one.member_id not in busy]
    ServiceHours.objects.bulk_create(rows)
    row.state, row.held_by = ActivityState.HELD, by
    row.save()
    credit([one for one in rows if one.state == HoursState.CONFIRMED], by)
    return Held(rows, [one.member for one in came if one.member_id in busy])


def _hours(row: Activity, signup: SignUp, by, now) -> ServiceHours:
    signup.activity = row
    own = by is not None and signup.member.person.user_id == by.pk
    return ServiceHours(
        member=signup.member,
        signup=signup,
        on=row.on,
        begins=row.begins,
        ends=row.ends,
        hours=half_hours(row.begins, row.ends),
        state=HoursState.PROPOSED if own else HoursState.CONFIRMED,
        entered_by=by,
        entered_at=now,
        decided_by=None if own else by,
        decided_at=None if own else now,
        area_id=row.area_id,
        **{f"{level}_id": getattr(row, f"{level}_id") for level in LEVELS},
    )
