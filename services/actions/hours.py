"""Hours of service: entered by the member, confirmed by another, corrected.

The member's row is held while hours of theirs are looked at and written; points (crediting) come after it, under balances.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import LEVELS, Area
from jobs.actions import notify
from members.actions import reverse_points
from members.choices import EntryState
from members.models import Member, PointEntry
from services.actions.crediting import activity_source, credit, hours_source
from services.choices import SERVED, HoursState
from services.errors import HoursRefused
from services.gatherings import (
    OLDEST_HOURS,
    half_hours,
    in_words,
    is_in_term,
    moment,
    of_what,
    overlapping,
    what,
)
from services.models import Claim, ServiceHours, SignUp
from services.offers import membership_of


@dataclass(frozen=True)
class NewHours:
    """Time served: in a post, at an activity, or (neither) in one's own community, which `area` names."""

    on: date
    begins: time
    ends: time
    note: str = field(default="", repr=False)
    claim: Claim | None = None
    signup: SignUp | None = None
    area: Area | None = None


# --- Entering


@action("services.enter_hours")
def enter_hours(*, new: NewHours, by) -> ServiceHours:
    """Enter one's own hours; another confirms them. Raises HoursRefused."""
    member = membership_of(by)
    if member is None:
        raise HoursRefused(_("没有与您账号对应的在册党员档案，不能登记时长。请联系所在党支部核对。"))
    hold_members([member.pk])
    _check_time(new)
    row = ServiceHours(member=member, on=new.on, begins=new.begins, ends=new.ends, note=new.note.strip(), entered_by=by)
    row.hours = half_hours(new.begins, new.ends)
    _set_what(row, new, member)
    if other := of_what(overlapping([member.pk], new.on, new.begins, new.ends)).first():
        words = {"on": in_words(other.on), "begins": f"{other.begins:%H:%M}", "ends": f"{other.ends:%H:%M}"}
        words |= {"what": what(other), "state": other.get_state_display()}
        raise HoursRefused(_("与已登记的%(on)s %(begins)s—%(ends)s“%(what)s”（%(state)s）时间重叠，请核对。") % words)
    row.save()
    return row


def _check_time(new: NewHours) -> None:
    if new.ends <= new.begins or not half_hours(new.begins, new.ends):
        raise HoursRefused(_("结束时间应比开始时间晚至少半小时；跨过零点的请按天分别登记。"))
    if moment(new.on, new.ends) > timezone.now():
        raise HoursRefused(_("服务还没有结束，请在结束后登记。"))
    if new.on < today() - timedelta(days=OLDEST_HOURS):
        raise HoursRefused(_("只能登记 %(days)d 天以内的服务，更早的请联系社区。") % {"days": OLDEST_HOURS})


def _set_what(row: ServiceHours, new: NewHours, member: Member) -> None:
    """What was served, and so where."""
    row.claim, row.signup = new.claim, new.signup
    if new.claim:
        claim = Claim.objects.select_related("post").get(pk=new.claim.pk)
        if claim.member_id != member.pk or claim.state not in SERVED or not is_in_term(claim, new.on):
            raise HoursRefused(_("%(on)s不在您“%(post)s”的在岗期间，请核对日期或另选服务。") % _of(new, claim.post.title))
        _stand(row, claim.post)
    elif new.signup:
        signup = SignUp.objects.select_related("activity").get(pk=new.signup.pk)
        if signup.member_id != member.pk or not signup.attended or signup.activity.on != new.on:
            raise HoursRefused(_("%(on)s没有您参加“%(post)s”的签到，请核对日期或另选服务。") % _of(new, signup.activity.title))
        _stand(row, signup.activity)
    else:
        if not row.note:
            raise HoursRefused(_("请写明服务内容。"))
        if new.area is None or new.area.pk not in {member.community_id, member.organisation.community_id}:
            raise HoursRefused(_("其他服务请登记在您居住或组织关系所在的社区。"))
        place(row=row, area=new.area)


def _of(new: NewHours, title: str) -> dict:
    return {"on": in_words(new.on), "post": title}


def _stand(row: ServiceHours, placed) -> None:
    """Where the post or activity is, be its area open or not."""
    row.area_id = placed.area_id
    for level in LEVELS:
        setattr(row, f"{level}_id", getattr(placed, f"{level}_id"))


@action("services.withdraw_hours")
def withdraw_hours(*, hours: ServiceHours, by) -> ServiceHours:
    """Take back what one entered and nobody has decided yet. Raises HoursRefused."""
    (row,) = _held([hours])
    if by is None or row.member.person.user_id != by.pk:
        raise HoursRefused(_("时长由本人撤回。"))
    if row.state == HoursState.WITHDRAWN:
        return row
    if row.state != HoursState.PROPOSED:
        raise HoursRefused(_("该时长%(state)s，不能撤回。") % {"state": row.get_state_display()})
    row.state = HoursState.WITHDRAWN
    row.save()
    return row


# --- Deciding


@action("services.decide_hours")
def decide_hours(*, rows: Iterable[ServiceHours], confirm: bool, by, reason: str = "") -> int:
    """Confirm or refuse hours, all or none; returns how many were decided now. A refusal names its reason.

    Confirmed hours become points where they can count; where they cannot, `unpaid` says why. Raises HoursRefused.
    """
    if not confirm and not reason.strip():
        raise HoursRefused(_("请填写不予确认的原因，登记人会看到。"))
    state = HoursState.CONFIRMED if confirm else HoursState.REFUSED
    found = [row for row in _held(rows) if row.state != state]
    _check_decider(found, by)
    if row := next((row for row in found if row.state != HoursState.PROPOSED), None):
        words = {"name": row.member.name, "on": in_words(row.on), "state": row.get_state_display()}
        raise HoursRefused(_("%(name)s%(on)s的时长%(state)s，不能再确认，请刷新后重新选择。") % words)
    now = timezone.now()
    for row in found:
        row.state, row.decided_by, row.decided_at, row.reason = state, by, now, "" if confirm else reason.strip()
    ServiceHours.objects.bulk_update(found, ["state", "decided_by", "decided_at", "reason"])
    if confirm:
        credit(found, by)
    else:
        _tell(found, _("服务时长未确认：%(what)s"), by)
    return len(found)


@action("services.take_back_hours")
def take_back_hours(*, hours: ServiceHours, by, reason: str) -> ServiceHours:
    """Confirmed hours that were not served: the points go with them. Raises HoursRefused, and PointsRefused of the ledger."""
    (row,) = _held([hours])
    if not reason.strip():
        raise HoursRefused(_("请填写更正的原因，本人会看到。"))
    if by is not None and row.member.person.user_id == by.pk:
        raise HoursRefused(_("不能更正自己的时长，请由他人办理。"))
    if by is not None and not ServiceHours.objects.editable_by(by).filter(pk=row.pk).exists():
        raise HoursRefused(_("该时长不在您的管理范围内，请由所在社区办理。"))
    if row.state == HoursState.TAKEN_BACK:
        return row
    if row.state != HoursState.CONFIRMED:
        raise HoursRefused(_("该时长%(state)s，不用更正。") % {"state": row.get_state_display()})
    row.state, row.reason = HoursState.TAKEN_BACK, reason.strip()
    row.save()
    sources = [hours_source(row), *([activity_source(row)] if row.signup_id else [])]
    entries = PointEntry.objects.filter(balance__member=row.member_id, source__in=sources, state=EntryState.APPROVED)
    for entry in entries.filter(reversal=None):
        reverse_points(entry=entry, by=by, reason=row.reason)
    _tell([row], _("服务时长已更正：%(what)s"), by)
    return row


def hold_members(keys: Iterable[int]) -> None:
    """The rows of these members, in one order: under them hours are looked at and written."""
    rows = Member.objects.select_for_update().filter(pk__in=list(keys)).order_by("pk")
    list(rows.values_list("pk", flat=True))


def _held(rows: Iterable[ServiceHours]) -> list[ServiceHours]:
    """The rows as they are once their members are held."""
    keys = {row.pk: row.member_id for row in rows}
    hold_members(keys.values())
    found = of_what(ServiceHours.objects.filter(pk__in=keys))
    return list(found.select_related("member__person__user").order_by("pk"))


def _check_decider(rows: Sequence[ServiceHours], by) -> None:
    if by is None:
        return
    if any(row.member.person.user_id == by.pk for row in rows):
        raise HoursRefused(_("不能确认自己的时长，请由他人办理。"))
    waiting = [row.pk for row in rows if row.state == HoursState.PROPOSED]
    if ServiceHours.objects.to_confirm(by).filter(pk__in=waiting).count() != len(waiting):
        raise HoursRefused(_("其中有不由您确认的时长，请重新选择。"))


def _tell(rows: Sequence[ServiceHours], subject: str, by) -> None:
    for row in rows:
        user = row.member.person.user
        body = _("%(on)s：%(reason)s") % {"on": in_words(row.on), "reason": row.reason}
        subject_of = subject % {"what": what(row)}
        notify(recipients=[user] if user else [], subject=subject_of, body=body, link=reverse("services:hours"), by=by)
