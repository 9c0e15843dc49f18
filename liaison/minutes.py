"""A meeting on paper: its minutes, and the sheet to sign in on."""

from datetime import date

from django.utils import timezone

from gridparty.lib import pdf
from gridparty.lib.dates import CHINA, day_of
from liaison.choices import MeetingState, Quorum, Reply, ResolutionState
from liaison.convening import agenda_of, roll_of
from liaison.mine import about, passed_at
from liaison.models import AgendaItem, Attendance, Meeting, Resolution

WRITTEN = frozenset({MeetingState.HELD, MeetingState.CLOSED})  # what minutes are of
INVITING = frozenset({MeetingState.CONVENED, *WRITTEN})  # what a sheet is of
_DAYS = "一二三四五六日"
BLANK_LINES = 5  # for whoever comes besides


def minutes_pdf(meeting: Meeting, *, by) -> bytes:
    """What was said and decided, and who was there. Four queries."""
    row = _read(meeting)
    roll, agenda = roll_of(row), agenda_of(row)
    return pdf.render(
        "minutes.typ",
        _printed(row, by)
        | {
            "mark": "" if row.state == MeetingState.CLOSED else "草稿",
            "numbers": _numbers(row),
            "people": _people(row, roll),
            "minutes": row.minutes,
            "checks": [_check(item) for item in agenda if item.resolution_id],
            "items": [[item.title, item.text] for item in agenda if not item.resolution_id],
            "resolutions": [_resolution(one) for one in passed_at(row)],
            "closed": _day(day_of(row.closed_at)) if row.closed_at else "",
        },
    )


def sheet_pdf(meeting: Meeting, *, by) -> bytes:
    """Everybody invited with room to sign, and who said that they do not come. Two queries."""
    row = _read(meeting)
    return pdf.render(
        "meeting_sheet.typ",
        _printed(row, by) | {"lines": [_line(one) for one in roll_of(row)], "blanks": BLANK_LINES},
    )


def _read(meeting: Meeting) -> Meeting:
    return Meeting.objects.select_related("body__organisation", "area", "community").get(pk=meeting.pk)


def _printed(row: Meeting, by) -> dict:
    """The head of both papers, and who printed them when."""
    at = row.at.astimezone(CHINA)
    return {
        "body": row.body.name,
        "office": row.body.organisation.full_name if row.body.organisation_id else row.area.full_name,
        "title": row.title,
        "at": f"{_day(at.date())}（星期{_DAYS[at.weekday()]}）{at:%H:%M}",
        "spot": row.spot,
        "printed_by": by.name,
        "printed_at": f"{timezone.now().astimezone(CHINA):%Y-%m-%d %H:%M}",
    }


def _numbers(row: Meeting) -> str:
    quorum = Quorum(row.body.quorum)
    asked = f"，到会要求：{quorum.label}（{row.needed}人）" if row.needed else ""
    return f"应到{row.voters}人，实到{row.present}人{asked}"


def _people(row: Meeting, roll: list[Attendance]) -> list[list[str]]:
    """(what, who) of those with a part in it; nothing where nobody has."""
    voting = [one for one in roll if one.body_member.votes]
    chairs = [one.body_member.called for one in roll if one.body_member.chairs]
    found = {
        "主持": chairs,
        "出席": [_name(one) for one in voting if one.came],
        "列席": [_name(one) for one in roll if one.came and not one.body_member.votes],
        "缺席": [_absent(one) for one in voting if one.came is False],
        "记录": [row.recorder] if row.recorder else [],
    }
    return [[what, "、".join(names)] for what, names in found.items() if names]


def _name(one: Attendance) -> str:
    """Whom somebody comes for; who came in their place."""
    name, from_where = one.body_member.called, about(one.body_member)
    more = [from_where] if from_where else []
    return _with(name, [*more, f"{one.proxy}代"] if one.proxy else more)


def _absent(one: Attendance) -> str:
    return _with(one.body_member.called, ["请假"] if one.reply == Reply.EXCUSED else [])


def _with(name: str, more: list[str]) -> str:
    return f"{name}（{'，'.join(more)}）" if more else name


def _check(item: AgendaItem) -> dict:
    row = item.resolution
    return {
        "which": f"{row.meeting.title}第{row.number}号决议",
        "text": row.text,
        "owner": row.owner.called,
        "outcome": str(item.get_outcome_display()) or "待检查",
        "said": item.text,
    }


def _resolution(row: Resolution) -> list[str]:
    """Number, text, owner, day; what was struck out since, and what became a case, is said."""
    marks = ["不再办理"] if row.state == ResolutionState.DROPPED else []
    marks += [f"已转为民情事件 {row.case.number}"] if row.case_id else []
    owner = row.owner
    return [str(row.number), _with(row.text, marks), owner.called, about(owner), _day(row.due_on)]


def _line(one: Attendance) -> dict:
    member, excused = one.body_member, one.reply == Reply.EXCUSED
    note = {Reply.EXCUSED: "请假", Reply.PROXY: f"{one.proxy}代"}.get(one.reply, "")
    if not member.votes:
        note = "列席" if not note else f"列席，{note}"
    return {"name": member.called, "about": about(member), "note": note, "excused": excused}


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
