"""What those who take part see of meetings and resolutions: by their account, or by the link of an invitation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import is_password_usable
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from cases.choices import Outcome, Step
from cases.models import Case
from liaison.choices import OPEN_RESOLUTIONS, MeetingState, Reply, ResolutionState
from liaison.convening import agenda_of, secrets
from liaison.models import Attendance, BodyMember, Meeting, Resolution

A_PAGE = 20
_CASE = ("case__text", "case__teller", "case__teller_phone")
TONES = {ResolutionState.DONE: "good", ResolutionState.REPORTED: "watch", ResolutionState.OPEN: "", ResolutionState.DROPPED: ""}


# --- In words


def about(member: BodyMember) -> str:
    """Whom somebody comes for, and as what."""
    return " ".join(filter(None, [member.unit.name if member.unit_id else "", member.duty]))


@dataclass(frozen=True)
class Followed:
    """How it stands with a resolution, as everybody of the meeting may read it: the state in a word, and what came of it."""

    row: Resolution
    word: str
    tone: str  # good | late | watch | ""
    came_of_it: str

    @property
    def owner(self) -> str:
        return self.row.owner.called


def followed(row: Resolution) -> Followed:
    """Asks for the case, the owner and whom that is."""
    word, tone = row.get_state_display(), TONES[row.state]
    said = row.done_text if row.state in (ResolutionState.DONE, ResolutionState.REPORTED) else ""
    if row.is_late:
        word, tone = _("已逾期"), "late"
    if row.case_id and row.state in OPEN_RESOLUTIONS:
        word, tone = by_case(row.case, word, tone)
        said = row.case.answer if row.is_done else said
    return Followed(row, word, tone, row.reason if row.state == ResolutionState.DROPPED else said)


def by_case(case: Case, word: str, tone: str) -> tuple[str, str]:
    """The state of what became a case. One that was closed as out of remit is the meeting's own again."""
    if case.step != Step.CLOSED:
        return _("已转事件 · %s") % case.get_step_display(), "late" if tone == "late" else "watch"
    return (_("已转事件 · 已落实"), "good") if case.outcome == Outcome.SOLVED else (_("事件退回 · %s") % word, tone or "watch")


# --- One's own, on the phone


def with_all(rows: QuerySet[Resolution]) -> QuerySet[Resolution]:
    """With what a line of them tells; nobody's numbers are opened for it."""
    rows = rows.select_related("meeting", "owner__person", "owner__unit", "case")
    return rows.defer(*secrets("owner__"), *_CASE)


def coming(user) -> list[Attendance]:
    """Meetings one is invited to that are still to be held, the next first. One query."""
    return list(_invited(user).filter(meeting__state=MeetingState.CONVENED).order_by("meeting__at", "pk"))


def gone(user) -> list[Attendance]:
    """The last ones that were held. One query."""
    held = _invited(user).filter(meeting__state__in=[MeetingState.HELD, MeetingState.CLOSED])
    return list(held.order_by("-meeting__at", "-pk")[:A_PAGE])


def _invited(user) -> QuerySet[Attendance]:
    return Attendance.objects.own(user).select_related("meeting", "body_member")


def invitation_of(user, meeting: int) -> Attendance | None:
    """One's own invitation to a meeting. One query."""
    rows = Attendance.objects.own(user).filter(meeting=meeting)
    return rows.select_related(*ON_PAGE).defer(*secrets("body_member__")).order_by("-pk").first()


ON_PAGE = ("meeting__body", "meeting__area", "meeting__community", "body_member__person", "body_member__unit")


def taken_on(user) -> tuple[list[Followed], list[Followed]]:
    """What one took on: what is to be done, by its day, and what was done lately. Two queries."""
    rows = with_all(Resolution.objects.own(user))
    done = rows.exclude(pk__in=Resolution.objects.own(user).open().values("pk")).order_by("-pk")[:A_PAGE]
    return [followed(row) for row in rows.open().in_order()], [followed(row) for row in done]


def chaired(user) -> list[Followed]:
    """What others have to see to of the meetings one chairs. One query."""
    seats = BodyMember.objects.own(user).current().filter(chairs=True)
    rows = Resolution.objects.open().filter(meeting__state=MeetingState.CLOSED, meeting__body__in=seats.values("body"))
    rows = with_all(rows).exclude(owner__person__user=user).in_order()
    return [followed(row) for row in rows[: A_PAGE * 5]]


# --- One meeting


def told_of(attendance: Attendance) -> dict:
    """What the invitation, and later the minutes, tell whom they were sent to. Two queries at most."""
    meeting = attendance.meeting
    closed = meeting.state == MeetingState.CLOSED
    passed = [followed(row) for row in passed_at(meeting)] if closed else []
    return {
        "attendance": attendance,
        "meeting": meeting,
        "from_whom": meeting.community or meeting.area,
        "agenda": [] if meeting.state == MeetingState.CANCELLED else agenda_of(meeting),
        "closed": closed,
        "answers": meeting.state == MeetingState.CONVENED,
        "resolutions": passed,
        "own": [one for one in passed if one.row.owner_id == attendance.body_member_id],
        "replied": reply_in_words(attendance),
    }


def passed_at(meeting: Meeting) -> Sequence[Resolution]:
    """What a meeting decided, in its order. One query."""
    return list(with_all(Resolution.objects.live().filter(meeting=meeting)).order_by("number"))


def reply_in_words(row: Attendance) -> str:
    """Whom somebody sends, why they do not come."""
    more = {Reply.PROXY: row.proxy, Reply.EXCUSED: row.reason}.get(row.reply, "")
    return f"{row.get_reply_display()}（{more}）" if more else row.get_reply_display()


def of_invitation(attendance: Attendance, resolution: int) -> Followed | None:
    """A resolution of that meeting or another of the body, if whoever holds the invitation took it on. One query."""
    rows = Resolution.objects.filter(owner=attendance.body_member_id, meeting__state=MeetingState.CLOSED, pk=resolution)
    row = with_all(rows).select_related("meeting__area", "meeting__community").first()
    return followed(row) if row else None


def open_of_invitation(attendance: Attendance) -> list[Followed]:
    """What else whoever holds the invitation took on at other meetings of the body, and is not done. One query."""
    rows = Resolution.objects.open().filter(owner=attendance.body_member_id, meeting__state=MeetingState.CLOSED)
    return [followed(row) for row in with_all(rows).exclude(meeting=attendance.meeting_id).in_order()]


# --- Who needs a link


def who_log_in(rows: Iterable[Attendance]) -> set[int]:
    """Of those invited, the users who can log in; all others need a link. One query."""
    users = {row.body_member.person.user_id for row in rows if row.body_member.person_id}
    known = User.objects.filter(pk__in=users - {None}, is_active=True).values_list("pk", "password")
    return {pk for pk, password in known if is_password_usable(password)}
