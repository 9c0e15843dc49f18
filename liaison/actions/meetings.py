"""Meetings: planned, convened, held, closed with their minutes. The row of the meeting is the lock of all that belongs to it."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.operations import action
from gridparty.lib.access import scope_of
from gridparty.lib.dates import CHINA, day_of, today
from grids.actions import place
from jobs.actions import notify
from liaison.actions.bodies import check_runs, held_body
from liaison.choices import MEETING_MOVES, MeetingMove, MeetingState, Reply, ResolutionState
from liaison.convening import mark_of, members_of, open_resolutions, roll_on, takes_proxies
from liaison.errors import MeetingRefused
from liaison.models import AgendaItem, Attendance, Body, BodyMember, Meeting, Resolution

LATE_DAYS = 31  # so long afterwards a meeting is still entered
MOST_ITEMS = 30
AHEAD = frozenset({MeetingState.PLANNED, MeetingState.CONVENED})


@dataclass(frozen=True)
class NewMeeting:
    body: Body
    at: datetime
    spot: str
    title: str = ""  # blank: the body's name and the number of the meeting
    note: str = ""
    items: Sequence[str] = ()


@dataclass(frozen=True)
class _Said:
    """What comes with a move."""

    by: object
    reason: str = ""
    came: Collection[int] = ()
    proxies: Mapping[int, str] | None = None


# --- Planning


@action("liaison.plan_meeting")
def plan_meeting(*, new: NewMeeting, by) -> Meeting:
    """Its agenda begins with what the body resolved earlier and is not done. Raises MeetingRefused."""
    body = held_body(new.body, by)
    _check(new)
    row = Meeting(body=body)
    place(row=row, area=body.area)
    _fill(row, new)
    row.save()
    _set_items(row, new.items)
    _bring_up(row)
    return row


@action("liaison.change_meeting")
def change_meeting(*, meeting: Meeting, new: NewMeeting, by) -> Meeting:
    """Until it was held; those invited hear of another time or place. Raises MeetingRefused."""
    row = _held(meeting, by, AHEAD)
    if new.body.pk != row.body_id:
        raise MeetingRefused(_("会议所属的机制不能更改；请取消本次会议，另行筹备。"))
    _check(new)
    before = (row.at, row.spot)
    _fill(row, new)
    row.save()
    _set_items(row, new.items)
    if row.state == MeetingState.CONVENED and before != (row.at, row.spot):
        _tell(row, _("会议时间或地点有变：%(title)s"), by)
    return row


def _check(new: NewMeeting) -> None:
    if not new.spot.strip():
        raise MeetingRefused(_("请填写开会地点。"))
    if day_of(new.at) < today() - timedelta(days=LATE_DAYS):
        raise MeetingRefused(_("开会时间已过去一个月以上，请核对日期。"))
    if len(_lines(new.items)) > MOST_ITEMS:
        raise MeetingRefused(_("议题最多 %d 项，请合并。") % MOST_ITEMS)
    if long := next((line for line in _lines(new.items) if len(line) > 200), ""):
        raise MeetingRefused(_("议题“%s……”超过 200 字，请写短些，详细内容写在讨论情况里。") % long[:20])


def _lines(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(line for item in items if (line := item.strip())))


def _fill(row: Meeting, new: NewMeeting) -> None:
    row.at, row.spot, row.note = new.at, new.spot.strip(), new.note.strip()
    row.title = new.title.strip() or row.title or _next_title(row.body)


def _next_title(body: Body) -> str:
    number = body.meetings.exclude(state=MeetingState.CANCELLED).count() + 1
    return _("%(body)s第%(n)d次会议") % {"body": body.name, "n": number}


def _set_items(meeting: Meeting, items: Sequence[str]) -> None:
    """The new items in this order; earlier resolutions stay before them."""
    there = {item.title: item for item in meeting.agenda.filter(resolution=None)}
    lines, first = _lines(items), meeting.agenda.exclude(resolution=None).count() + 1
    gone = [item.pk for title, item in there.items() if title not in lines]
    AgendaItem.objects.filter(pk__in=gone).delete()
    new = []
    for position, title in enumerate(lines, start=first):
        if title in there:
            there[title].position = position
        else:
            new.append(AgendaItem(meeting=meeting, title=title, position=position))
    AgendaItem.objects.bulk_update([there[title] for title in lines if title in there], ["position"])
    AgendaItem.objects.bulk_create(new)


def _bring_up(meeting: Meeting) -> None:
    """What the body resolved at other meetings and is not done stands on the agenda, before what is new."""
    there = list(meeting.agenda.order_by("position", "pk"))
    known = {item.resolution_id for item in there}
    rows = open_resolutions(meeting.body).exclude(meeting=meeting).exclude(pk__in=known - {None})
    rows = rows.filter(meeting__at__lt=meeting.at)
    new = [AgendaItem(meeting=meeting, resolution=row, title=row.text[:200]) for row in rows]
    if not new:
        return
    checks = [item for item in there if item.resolution_id] + new
    for position, item in enumerate([*checks, *(item for item in there if not item.resolution_id)], start=1):
        item.position = position
    AgendaItem.objects.bulk_update(there, ["position"])
    AgendaItem.objects.bulk_create(new)


# --- Moving on


@action("liaison.move_meeting")
def move_meeting(
    *,
    meeting: Meeting,
    move: str,
    by,
    reason: str = "",
    came: Collection[int] = (),
    proxies: Mapping[int, str] | None = None,
) -> Meeting:
    """A move of choices.MEETING_MOVES. HOLD says who `came` (keys of attendances) and for whom somebody else did.

    Raises MeetingRefused.
    """
    row, allowed = _held(meeting, by), MEETING_MOVES[MeetingMove(move)]
    if by is not None and not scope_of(by).covers(allowed.can, row.area):
        raise MeetingRefused(_("“%(area)s”的会议不由您办理，请选择本辖区。") % {"area": row.area.name})
    if row.state not in allowed.states:
        words = {"state": row.get_state_display(), "move": MeetingMove(move).label}
        raise MeetingRefused(_("会议目前为“%(state)s”，不能办理“%(move)s”，可能刚由他人办理，请刷新后查看。") % words)
    if allowed.asks and not reason.strip():
        raise MeetingRefused(_("请填写原因。"))
    said = _Said(by, reason.strip()[:200], came, proxies)
    _ACTS[MeetingMove(move)](row, said)
    row.state, row.reason = allowed.to, said.reason
    row.save()
    return row


def _convene(row: Meeting, said: _Said) -> None:
    """All members are invited; whoever may log in hears of it, the others get their link."""
    members = list(members_of(row.body).values_list("pk", flat=True))
    if not members:
        raise MeetingRefused(_("“%s”还没有成员，请先添加成员或按机制更新成员。") % row.body.name)
    _bring_up(row)
    Attendance.objects.bulk_create(Attendance(meeting=row, body_member_id=pk) for pk in members)
    _tell(row, _("会议通知：%(title)s"), said.by)


def _hold(row: Meeting, said: _Said) -> None:
    """Who belongs to the body on its day is on the list, whoever was invited."""
    if day_of(row.at) > today():
        raise MeetingRefused(_("会议在%s召开，当天起才能登记到会。") % _day(row.at))
    _bring_up(row)
    invited = row.attendances.values("body_member")
    late = members_of(row.body).filter(joined_on__lte=day_of(row.at)).exclude(pk__in=invited)
    Attendance.objects.bulk_create(Attendance(meeting=row, body_member=member) for member in late)
    _take_roll(row, said)


def _close(row: Meeting, said: _Said) -> None:
    """The minutes go out: every earlier resolution was checked, and something is written."""
    waiting = row.agenda.exclude(resolution=None).filter(outcome="").count()
    if waiting:
        raise MeetingRefused(_("还有 %d 项上次决议没有检查结果，请逐项填写后再发出纪要。") % waiting)
    if not row.minutes.strip() and not row.agenda.exclude(text="").exists():
        raise MeetingRefused(_("纪要没有内容：请填写议题的讨论情况，或者会议综述。"))
    subject = _("会议纪要有更正：%(title)s") if row.closed_at else _("会议纪要已发出：%(title)s")
    row.closed_at = timezone.now()
    _tell(row, subject, said.by)
    _tell_owners(row, said.by)


def _reopen(row: Meeting, said: _Said) -> None:
    """Who was told when it was closed first hears of the correction when it is closed again."""


def _cancel(row: Meeting, said: _Said) -> None:
    if row.state == MeetingState.CONVENED:
        _tell(row, _("会议取消：%(title)s"), said.by, body=said.reason)


_ACTS: dict[MeetingMove, Callable[[Meeting, _Said], None]] = {
    MeetingMove.CONVENE: _convene,
    MeetingMove.HOLD: _hold,
    MeetingMove.CLOSE: _close,
    MeetingMove.REOPEN: _reopen,
    MeetingMove.CANCEL: _cancel,
}


# --- At the meeting


@action("liaison.correct_attendance")
def correct_attendance(
    *,
    meeting: Meeting,
    by,
    came: Collection[int] = (),
    gone: Collection[int] = (),
    proxies: Mapping[int, str] | None = None,
) -> Meeting:
    """Somebody `came` later, or was ticked by mistake (`gone`); all others stay as they are, so two people may enter it at two
    doors. Raises MeetingRefused."""
    row = _held(meeting, by, {MeetingState.HELD})
    there = set(row.attendances.filter(came=True).values_list("pk", flat=True))
    listed = set(row.attendances.filter(roll_on(row)).values_list("pk", flat=True))
    if set(gone) - listed:
        raise MeetingRefused(_("有人不在本次会议的名单上，请刷新后重新勾选。"))
    _take_roll(row, _Said(by, came=((there & listed) | set(came)) - set(gone), proxies=proxies))
    passed = row.resolutions.exclude(state=ResolutionState.DROPPED).count()
    if passed and not row.is_quorate:
        words = {"n": passed, "needed": row.needed, "present": row.present}
        raise MeetingRefused(
            _("本次会议已通过 %(n)d 项决议，实到不能少于 %(needed)d 人，现勾选 %(present)d 人，请核对。") % words
        )
    row.save()
    return row


def _take_roll(row: Meeting, said: _Said) -> None:
    """Enter who came; set the numbers of those with a vote."""
    came, proxies = set(said.came), said.proxies or {}
    rows = list(row.attendances.filter(roll_on(row)).select_related("body_member").order_by("pk"))
    if (came | set(proxies)) - {one.pk for one in rows}:
        raise MeetingRefused(_("有人不在本次会议的名单上，请刷新后重新勾选。"))
    if any(name.strip() for name in proxies.values()) and not takes_proxies(row.body):
        raise MeetingRefused(_("党员大会由本人参加，不能委托他人。"))
    for one in rows:
        one.came, one.proxy = one.pk in came, proxies.get(one.pk, one.proxy).strip()[:60]
    Attendance.objects.bulk_update(rows, ["came", "proxy"])
    voting = [one for one in rows if one.body_member.votes]
    row.voters, row.present = len(voting), sum(one.came for one in voting)


@action("liaison.add_item")
def add_item(*, meeting: Meeting, title: str, by) -> AgendaItem:
    """Something that came up. Raises MeetingRefused."""
    row = _held(meeting, by, AHEAD | {MeetingState.HELD})
    if not title.strip():
        raise MeetingRefused(_("请填写议题。"))
    if row.agenda.filter(resolution=None).count() >= MOST_ITEMS:
        raise MeetingRefused(_("议题最多 %d 项，请合并。") % MOST_ITEMS)
    last = row.agenda.order_by("-position").values_list("position", flat=True).first() or 0
    return AgendaItem.objects.create(meeting=row, title=title.strip()[:200], position=last + 1)


@action("liaison.note_item")
def note_item(*, item: AgendaItem, text: str, by, mark: str = "") -> AgendaItem:
    """What was said. `mark` is what the page showed (mark_of the text). Raises MeetingRefused."""
    _held(item.meeting, by, {MeetingState.HELD})
    row = AgendaItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if mark and mark != mark_of(row.text):
        raise MeetingRefused(_stale(_("讨论情况"), row.text))
    row.text = text.strip()
    row.save()
    return row


@action("liaison.write_minutes")
def write_minutes(*, meeting: Meeting, minutes: str, recorder: str, by, mark: str = "") -> Meeting:
    """Beside what is noted under each item. `mark` is what the page showed (mark_of both). Raises MeetingRefused."""
    row = _held(meeting, by, {MeetingState.HELD})
    if mark and mark != mark_of(row.minutes, row.recorder):
        raise MeetingRefused(_stale(_("会议综述"), row.minutes))
    row.minutes, row.recorder = minutes.strip(), recorder.strip()
    row.save()
    return row


def hold_unchanged(*, row: AgendaItem | Resolution, names: Sequence[str], mark: str, by) -> None:
    """For a form about a row of a meeting: hold the meeting until the form is answered, whose row must still be what the page
    showed (mark_of these columns). Within a transaction. Raises MeetingRefused."""
    _held(row.meeting, by, {MeetingState.HELD})
    now = type(row).objects.get(pk=row.pk)
    if mark and mark != mark_of(*(getattr(now, name) for name in names)):
        raise MeetingRefused(_stale(now._meta.verbose_name, "　".join(filter(None, (_shown(now, name) for name in names)))))


def _shown(row: AgendaItem | Resolution, name: str) -> str:
    """A column as the page shows it."""
    if hasattr(row, f"get_{name}_display"):
        return getattr(row, f"get_{name}_display")()
    value = getattr(row, name.removesuffix("_id"))
    return str(getattr(value, "called", value))


def _stale(what: str, now: str) -> str:
    words = {"what": what, "now": now or _("（空白）")}
    return _("“%(what)s”刚由他人改为：%(now)s。您填写的内容还没有保存，请合并后再保存。") % words


# --- Invitations


@action("liaison.answer_invitation")
def answer_invitation(*, attendance: Attendance, reply: str, by=None, reason: str = "", proxy: str = "") -> Attendance:
    """Whether somebody comes, by the link (`by` None) or their own account; it may be changed until the meeting was held.

    Raises MeetingRefused.
    """
    meeting = Meeting.objects.select_for_update(of=("self",)).select_related("body").get(pk=attendance.meeting_id)
    row = Attendance.objects.select_for_update(of=("self",)).get(pk=attendance.pk)
    member = BodyMember.objects.select_related("person").get(pk=row.body_member_id)
    if by is None and row.link_key != attendance.link_key:
        raise MeetingRefused(_("这个链接已作废，请向召集人索取新的链接。"))
    if by is not None and (member.person is None or member.person.user_id != by.pk):
        raise MeetingRefused(_("参会答复由本人填写。"))
    if meeting.state != MeetingState.CONVENED:
        raise MeetingRefused(_("会议%s，不能再答复；如有变化，请联系召集人。") % meeting.get_state_display())
    _check_reply(meeting.body, reply, reason, proxy)
    row.reply, row.replied_at = reply, timezone.now()
    row.reason = reason.strip()[:100] if reply == Reply.EXCUSED else ""
    row.proxy = proxy.strip()[:60] if reply == Reply.PROXY else ""
    row.save()
    return row


def _check_reply(body: Body, reply: str, reason: str, proxy: str) -> None:
    if reply not in Reply.values:
        raise MeetingRefused(_("请选择是否参加。"))
    if reply == Reply.EXCUSED and not reason.strip():
        raise MeetingRefused(_("请填写请假事由。"))
    if reply == Reply.PROXY and not takes_proxies(body):
        raise MeetingRefused(_("党员大会由本人参加，不能委托他人；不能参加的请选择“请假”。"))
    if reply == Reply.PROXY and not proxy.strip():
        raise MeetingRefused(_("请填写受委托人的姓名。"))


@action("liaison.revoke_invitation")
def revoke_invitation(*, attendance: Attendance, by) -> Attendance:
    """The link that is out opens nothing any more. Raises MeetingRefused."""
    row = Attendance.objects.select_for_update(of=("self",)).get(pk=attendance.pk)
    check_runs(Meeting.objects.select_related("area").get(pk=row.meeting_id).area, by)
    row.link_key = uuid.uuid4()
    row.save()
    return row


# --- Shared


def _held(meeting: Meeting, by, states: Collection[str] = ()) -> Meeting:
    """The row as it is now, locked, `by`'s to run and in one of these states. Raises MeetingRefused."""
    row = Meeting.objects.select_for_update(of=("self",)).select_related("area", "body__area").get(pk=meeting.pk)
    check_runs(row.area, by)
    if states and row.state not in states:
        raise MeetingRefused(_("会议目前为“%s”，不能再改这一项，可能刚由他人办理，请刷新后查看。") % row.get_state_display())
    return row


def _tell(row: Meeting, subject: str, by, body: str = "") -> None:
    """Those invited who may log in. Notices go out by mail: the meeting, never who takes part. Of one that is over by more than
    its day, nobody needs a summons."""
    if row.state in AHEAD and day_of(row.at) < today():
        return
    invited = row.attendances.filter(roll_on(row)).values("body_member__person__user")
    when = f"{_day(row.at)} {row.at.astimezone(CHINA):%H:%M} {row.spot}"
    notify(
        recipients=User.objects.filter(pk__in=invited, is_active=True),
        subject=subject % {"title": row.title},
        body="\n".join(filter(None, [body, when, row.note if row.state in AHEAD else ""])),
        link=reverse("liaison:meeting", args=[row.pk]),
        by=by,
    )


def _tell_owners(row: Meeting, by) -> None:
    """Who took something on hears of each, with its day."""
    resolutions = row.resolutions.exclude(state=ResolutionState.DROPPED).filter(owner__person__user__is_active=True)
    users = resolutions.annotate(user=F("owner__person__user")).values_list("pk", "number", "due_on", "user")
    known = User.objects.in_bulk({user for *_rest, user in users})
    for pk, number, due_on, user in users:
        notify(
            recipients=[known[user]],
            subject=_("您负责的会议决议：%(title)s") % {"title": row.title},
            body=_("第 %(n)d 项，请在%(day)s前落实。") % {"n": number, "day": due_on},
            link=reverse("liaison:resolution", args=[pk]),
            by=by,
            once_key=f"resolution-{pk}-{due_on}",
        )


def _day(at: datetime) -> str:
    day = day_of(at)
    return f"{day.year}年{day.month}月{day.day}日"
