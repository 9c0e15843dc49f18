"""Resolutions: passed at a meeting, followed until they are done, checked by the next. One may become a case.

Every move holds the row of the resolution, so that of two who act at once the second is told. Passing holds the row of the
meeting, whose resolutions it numbers.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import post_holders
from audit.operations import action
from cases.actions import NewCase, open_case
from cases.choices import Outcome, Source
from cases.models import Subject
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import day_of, today
from grids.models import Area
from jobs.actions import notify
from liaison.choices import RESOLUTION_MOVES, Check, MeetingState, ResolutionMove, ResolutionState
from liaison.errors import ResolutionRefused
from liaison.models import AgendaItem, Attendance, BodyMember, Meeting, Resolution

LONGEST, LONGEST_SAID, LONGEST_REASON = 300, 500, 200
LIVE = frozenset({MeetingState.HELD, MeetingState.CLOSED})
M = ResolutionMove
# What still goes for one that became a case: it is done when the case is.
WITH_A_CASE = frozenset({M.DROP, M.EXTEND, M.REOPEN})
# What a later meeting found → the move that brings it about, by the state the resolution is in; None: it is so already.
CHECKS: dict[str, dict[str, str | None]] = {
    Check.DONE: {ResolutionState.OPEN: M.FINISH, ResolutionState.REPORTED: M.CONFIRM, ResolutionState.DONE: None},
    Check.DROPPED: {ResolutionState.OPEN: M.DROP, ResolutionState.REPORTED: M.DROP, ResolutionState.DROPPED: None},
    Check.GOES_ON: {
        ResolutionState.OPEN: None,
        ResolutionState.REPORTED: M.RETURN,
        ResolutionState.DONE: M.REOPEN,
        ResolutionState.DROPPED: M.REOPEN,
    },
}


@dataclass(frozen=True)
class NewResolution:
    """What was decided, who sees to it, by when; with `as_case` it becomes a case at `area` at once."""

    text: str
    owner: BodyMember | None
    due_on: date | None
    as_case: Subject | None = None
    area: Area | None = None


# --- At the meeting


@action("liaison.pass_resolution")
def pass_resolution(*, meeting: Meeting, new: NewResolution, by) -> Resolution:
    """Write down what a meeting that had its quorum decided. Raises ResolutionRefused, CaseRefused."""
    meeting = _meeting(meeting.pk)
    _check_held(meeting, by)
    if not meeting.is_quorate:
        words = {"present": meeting.present, "needed": meeting.needed}
        raise ResolutionRefused(_("有表决权的到会 %(present)d 人，须 %(needed)d 人以上，不能形成决议。") % words)
    row = Resolution(meeting=meeting, number=_next_number(meeting))
    _fill(row, new)
    row.save()
    if new.as_case is not None:
        _open_case(row, new.as_case, new.area, by)
    return row


@action("liaison.change_resolution")
def change_resolution(*, resolution: Resolution, new: NewResolution, by) -> Resolution:
    """Put it right before the minutes are sent, while nothing came of it yet. Raises ResolutionRefused."""
    row = _row(resolution.pk)
    _check_held(row.meeting, by)
    if row.state != ResolutionState.OPEN:
        raise ResolutionRefused(_("该决议现为“%s”，不能再改内容。") % row.get_state_display())
    if row.case_id and new.text.strip() != row.text:
        raise ResolutionRefused(_("该决议已转为民情事件，不能再改内容；责任人和期限可以改。"))
    _fill(row, new)
    row.save()
    if new.as_case is not None and not row.case_id:
        _open_case(row, new.as_case, new.area, by)
    return row


@action("liaison.withdraw_resolution")
def withdraw_resolution(*, resolution: Resolution, reason: str, by) -> Resolution:
    """It was not decided after all: its number stays, crossed out. Before the minutes are sent. Raises ResolutionRefused."""
    row = _row(resolution.pk)
    _check_held(row.meeting, by)
    if row.case_id:
        raise ResolutionRefused(_("该决议已转为民情事件，不能撤回；确实不办的，请选“不再办理”并写明原因。"))
    return move_resolution(resolution=row, move=M.DROP, by=by, reason=reason)


@action("liaison.check_resolution")
def check_resolution(*, item: AgendaItem, outcome: str, text: str, by, due_on: date | None = None) -> AgendaItem:
    """What a later meeting found of a resolution on its agenda, and what follows for the resolution.

    Going on may set a new day. May be said otherwise until the minutes are sent. Raises ResolutionRefused.
    """
    meeting = _meeting(AgendaItem.objects.filter(pk=item.pk).values_list("meeting", flat=True).get())
    _check_held(meeting, by)
    item = AgendaItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if item.resolution_id is None or outcome not in Check.values:
        raise ResolutionRefused(_("请选择检查结果：继续办理、已落实或不再办理。"))
    row, text = _row(item.resolution_id), text.strip()
    if outcome == Check.DONE and not (row.is_done or row.done_text):
        text = _said(text, 2000, _("请写明落实情况。"))
    elif outcome == Check.DROPPED:
        text = _said(text, 2000, _("请写明为什么不再办理。"))
    _follow(row, outcome, text, due_on)
    item.outcome, item.text = outcome, text[:2000]
    item.save()
    return item


def _follow(row: Resolution, outcome: str, text: str, due_on: date | None) -> None:
    by_case = _is_solved(row) and row.state != ResolutionState.DROPPED
    if by_case and outcome != Check.DONE:
        raise ResolutionRefused(_("该决议转成的民情事件已经办结；需要继续办理的，请先在事件页面重新办理。"))
    moves = {row.state: None} if by_case else CHECKS[outcome]
    if row.state not in moves:
        words = {"state": row.get_state_display(), "outcome": Check(outcome).label}
        raise ResolutionRefused(_("该决议现为“%(state)s”，不能记为“%(outcome)s”；请先记为“继续办理”。") % words)
    if move := moves[row.state]:
        _check_case(row, move)
        reason = text[:LONGEST_REASON] or _("会议检查：继续办理")
        _EFFECTS.get(move, _nothing)(row, "" if move == M.CONFIRM and row.done_text else text[:LONGEST_SAID])
        row.state = RESOLUTION_MOVES[move].to
        row.reason = reason if RESOLUTION_MOVES[move].asks else row.reason
    if outcome == Check.GOES_ON and due_on is not None:
        _extend(row, due_on)
    row.save()


# --- Until it is done


@action("liaison.move_resolution")
def move_resolution(
    *, resolution: Resolution, move: str, by, reason: str = "", text: str = "", due_on: date | None = None
) -> Resolution:
    """One move of choices.RESOLUTION_MOVES by who keeps the meetings; REPORT is the owner's (report_resolution).

    FINISH says what was done, EXTEND until when. Raises ResolutionRefused.
    """
    row, move = _row(resolution.pk), ResolutionMove(move)
    rule = RESOLUTION_MOVES[move]
    if why := why_not(row, move, by):
        raise ResolutionRefused(why)
    if rule.asks:
        row.reason = _said(reason, LONGEST_REASON, _("请写明原因。"))
    if move == M.EXTEND:
        _extend(row, due_on)
    _EFFECTS.get(move, _nothing)(row, text)
    row.state = rule.to
    row.save()
    if row.meeting.state == MeetingState.CLOSED:
        _tell_owner(row, move.label, by)
    return row


def why_not(row: Resolution, move: str, user) -> str:
    """Why this user cannot make this move now, in a sentence; "" where they can. Asks for the meeting, its area, the case."""
    rule = RESOLUTION_MOVES[ResolutionMove(move)]
    words = {"state": row.get_state_display(), "move": ResolutionMove(move).label}
    if rule.can is None or not scope_of(user).covers(rule.can, row.meeting.area):
        return _("“%(move)s”由本辖区管理会议的工作人员办理。") % words
    if row.meeting.state not in LIVE or row.state not in rule.states:
        return _("该决议现为“%(state)s”，不能办理“%(move)s”。") % words
    if _is_solved(row) and row.state != ResolutionState.DROPPED:
        return _("该决议转成的民情事件已经办结，决议即为已落实，不能办理“%(move)s”。") % words
    if _is_bound(row) and move not in WITH_A_CASE:
        return _("该决议已转为民情事件，事件办结后即为已落实，不能办理“%(move)s”。") % words
    if move in (M.CONFIRM, M.FINISH) and row.owner.person_id and row.owner.person.user_id == user.pk:
        return _("本人负责的决议请报告办结，由其他工作人员核实。")
    return ""


@action("liaison.report_resolution")
def report_resolution(*, resolution: Resolution, text: str, by=None, attendance: Attendance | None = None) -> Resolution:
    """The owner says that it is done, and what was done: by the own account, or by a link of one of their invitations.

    Who keeps the meetings hears of it. Raises ResolutionRefused.
    """
    row = _row(resolution.pk)
    if not (_is_owner(row, by) if by is not None else _holds_link(row, attendance)):
        raise ResolutionRefused(_("只有责任人可以报告办结；链接已更换的，请向社区索取新的链接。"))
    if row.meeting.state != MeetingState.CLOSED:
        raise ResolutionRefused(_("会议纪要还没有发出，请稍后再报告。"))
    if _is_bound(row) or _is_solved(row):
        raise ResolutionRefused(_("该决议已转为民情事件，事件办结后即为已落实，不用另行报告。"))
    if row.state not in RESOLUTION_MOVES[M.REPORT].states:
        raise ResolutionRefused(_("该决议现为“%s”，不用再报告。") % row.get_state_display())
    row.done_text = _said(text, LONGEST_SAID, _("请写明落实情况：做了什么、结果怎样。"))
    row.state, row.done_on = RESOLUTION_MOVES[M.REPORT].to, today()
    row.save()
    notify(
        recipients=keepers_of(row.meeting),
        subject=_("决议待核实"),
        body=_("%s，责任人已报告办结，请核实。") % named(row),
        link=reverse("admin:liaison_resolution_change", args=[row.pk]),
        by=by,
    )
    return row


def _is_owner(row: Resolution, by) -> bool:
    return bool(row.owner.person_id) and row.owner.person.user_id == by.pk


def _holds_link(row: Resolution, attendance: Attendance | None) -> bool:
    """Whether the invitation the page was opened by still has that link, and is the owner's."""
    known = Attendance.objects.select_for_update(of=("self",)).filter(pk=attendance.pk).first() if attendance else None
    return known is not None and known.link_key == attendance.link_key and known.body_member_id == row.owner_id


# --- As a case


@action("liaison.resolution_to_case")
def resolution_to_case(*, resolution: Resolution, subject: Subject, area: Area, by) -> Resolution:
    """From now on it is handled as a case, and done when that is solved. Raises ResolutionRefused, CaseRefused."""
    row = _row(resolution.pk)
    if why := why_no_case(row, by):
        raise ResolutionRefused(why)
    _open_case(row, subject, area, by)
    if row.meeting.state == MeetingState.CLOSED:
        _tell_owner(row, _("已转为民情事件"), by)
    return row


def why_no_case(row: Resolution, user) -> str:
    """Why the resolution cannot become a case now, by this user."""
    if not scope_of(user).covers(Can.RUN_LIAISON, row.meeting.area) or not scope_of(user).has(Can.KEEP_JOURNAL):
        return _("决议由本辖区管理会议、可以登记事件的工作人员转为民情事件。")
    if row.case_id:
        return _("该决议已经转为民情事件。")
    if row.state != ResolutionState.OPEN or row.meeting.state not in LIVE:
        return _("该决议现为“%s”，不能转为民情事件。") % row.get_state_display()
    return ""


def _open_case(row: Resolution, subject: Subject, area: Area | None, by) -> None:
    if area is None or not row.meeting.area.reach.covers(area) or not area.is_open:
        raise ResolutionRefused(_("请选择事件发生地，须在会议所在辖区以内。"))
    words = {"meeting": row.meeting.title, "n": row.number, "text": row.text}
    new = NewCase(area=area, subject=subject, text=_("%(meeting)s第%(n)d号决议：%(text)s") % words, source=Source.MEETING)
    row.case = open_case(new=new, by=by)
    row.save()


def _is_solved(row: Resolution) -> bool:
    return bool(row.case_id) and row.case.outcome == Outcome.SOLVED and not row.case.is_open


def _is_bound(row: Resolution) -> bool:
    """It became a case, and that is being handled. One closed as out of remit leaves the resolution to its owner again."""
    return bool(row.case_id) and row.case.is_open


def _check_case(row: Resolution, move: str) -> None:
    if _is_bound(row) and move not in WITH_A_CASE:
        raise ResolutionRefused(_("该决议已转为民情事件，办结后即为已落实；请记为“继续办理”或“不再办理”。"))


# --- What moves do beside going to another state


def _nothing(row: Resolution, text: str) -> None:
    pass


def _finish(row: Resolution, text: str) -> None:
    row.done_text, row.done_on = _said(text, LONGEST_SAID, _("请写明落实情况。")), today()


def _confirm(row: Resolution, text: str) -> None:
    row.done_text, row.done_on = text.strip() or row.done_text, row.done_on or today()


def _return(row: Resolution, text: str) -> None:
    row.done_on = None  # what was reported stays for its owner to go on from


def _reopen(row: Resolution, text: str) -> None:
    row.done_on, row.done_text = None, ""


def _extend(row: Resolution, due_on: date | None) -> None:
    if due_on is None or due_on <= row.due_on or due_on < today():
        raise ResolutionRefused(_("新的期限须晚于原期限（%s），且不早于今天。") % row.due_on)
    row.due_on = due_on


_EFFECTS = {M.FINISH: _finish, M.CONFIRM: _confirm, M.RETURN: _return, M.REOPEN: _reopen}


# --- What they have in common


def _meeting(pk: int) -> Meeting:
    return Meeting.objects.select_for_update(of=("self",)).select_related("body", "area").get(pk=pk)


def _row(pk: int) -> Resolution:
    """Locked by itself, then read with what belongs to it: PostgreSQL loses a row whose joined one changed meanwhile."""
    Resolution.objects.select_for_update().filter(pk=pk).values_list("pk", flat=True).get()
    rows = Resolution.objects.select_related("meeting__area", "meeting__body", "owner__person__user", "case")
    return rows.defer("owner__person__phone", "owner__person__id_number", "case__text", "case__teller", "case__teller_phone").get(
        pk=pk
    )


def _check_held(meeting: Meeting, by) -> None:
    if not scope_of(by).covers(Can.RUN_LIAISON, meeting.area):
        raise ResolutionRefused(_("只能办理本辖区的会议，并须有相应权限。"))
    if meeting.state != MeetingState.HELD:
        raise ResolutionRefused(_("会议现为“%s”；登记到会以后、发出纪要以前才能登记决议。") % meeting.get_state_display())


def _fill(row: Resolution, new: NewResolution) -> None:
    row.text = _said(new.text, LONGEST, _("请填写决议内容。"))
    kept = row.owner_id is not None and new.owner is not None and row.owner_id == new.owner.pk  # may have left since
    ours = new.owner is not None and BodyMember.objects.current().filter(pk=new.owner.pk, body=row.meeting.body).exists()
    if not (kept or ours):
        raise ResolutionRefused(_("请选择责任人，须为本会议的现任成员。"))
    if new.due_on is None or new.due_on < day_of(row.meeting.at):
        raise ResolutionRefused(_("请填写完成期限，不能早于开会日期。"))
    row.owner, row.due_on = new.owner, new.due_on


def _next_number(meeting: Meeting) -> int:
    return (Resolution.objects.filter(meeting=meeting).aggregate(last=Max("number"))["last"] or 0) + 1


def _said(typed: str, longest: int, missing: str) -> str:
    text = typed.strip()
    if not text:
        raise ResolutionRefused(missing)
    if len(text) > longest:
        raise ResolutionRefused(_("文字最多 %(most)d 字，现有 %(n)d 字，请删减。") % {"most": longest, "n": len(text)})
    return text


def keepers_of(meeting: Meeting) -> list[User]:
    """Who keeps the meetings: those with a post in its community, or in the street or district whose meeting it is."""
    where = meeting.community_id or meeting.area_id
    return post_holders([where], Can.RUN_LIAISON).get(where, [])


def named(row: Resolution) -> str:
    """As notices call it: nothing of what it says."""
    return _("%(meeting)s第%(n)d号决议") % {"meeting": row.meeting.title, "n": row.number}


def _tell_owner(row: Resolution, what: str, by) -> None:
    user = row.owner.person.user if row.owner.person_id else None
    if user is not None and (by is None or user.pk != by.pk):
        notify(
            recipients=[user],
            subject=_("您负责的决议：%s") % what,
            body=_("%s，请打开查看。") % named(row),
            link=reverse("liaison:resolution", args=[row.pk]),
            by=by,
        )
