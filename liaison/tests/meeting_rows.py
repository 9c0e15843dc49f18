"""Bodies, members and meetings as they stand in the table, and who opens their pages."""

from datetime import datetime, timedelta

from django.test import Client

from gridparty.lib.dates import CHINA, start_of, today
from grids.actions import place
from liaison.choices import BodyKind, MeetingState, Quorum
from liaison.models import AgendaItem, Attendance, Body, BodyMember, Meeting, Resolution
from members.models import Member

HELD_ALREADY = frozenset({MeetingState.HELD, MeetingState.CLOSED})


def body_at(area, *, kind: str = BodyKind.JOINT_MEETING, **values) -> Body:
    """桃园社区党建联席会 unless named otherwise; more than half have to be there."""
    row = Body(**{"name": f"{area.name}党建联席会", "kind": kind, "quorum": Quorum.HALF} | values)
    place(row=row, area=area)
    row.save()
    return row


def member_of(body: Body, who: Member | str = "王主任", **values) -> BodyMember:
    """Since a year: a member of the party, by their record, or just a name."""
    given = {"person": who.person, "name": who.known_as} if isinstance(who, Member) else {"name": who}
    return BodyMember.objects.create(body=body, **given | {"joined_on": today() - timedelta(days=365)} | values)


def at_clock(days: int = 0, hour: int = 9) -> datetime:
    """So many days from today, at this hour in China."""
    return start_of(today() + timedelta(days=days)).astimezone(CHINA) + timedelta(hours=hour)


def meeting_of(body: Body, *, state: str = MeetingState.PLANNED, days: int = 7, came=None, items=(), **values) -> Meeting:
    """In a week unless said otherwise; today where it was held. All current members are invited once it was convened; of one that
    was held `came` says who were there (members of the body), everybody if nothing is said.
    """
    days = min(days, 0) if state in HELD_ALREADY else days
    row = Meeting(
        body=body, state=state, **{"title": f"{body.name}第1次会议", "at": at_clock(days), "spot": "二楼会议室"} | values
    )
    place(row=row, area=body.area)
    row.save()
    members = list(body.members.filter(left_on=None).order_by("pk"))
    if state not in (MeetingState.PLANNED, MeetingState.CANCELLED):
        there = {one.pk for one in (members if came is None else came)}
        is_held = state in HELD_ALREADY
        for one in members:
            Attendance.objects.create(meeting=row, body_member=one, came=one.pk in there if is_held else None)
        if is_held:
            voting = [one for one in members if one.votes]
            row.voters, row.present = len(voting), sum(one.pk in there for one in voting)
            row.save()
    for position, title in enumerate(items, start=1):
        AgendaItem.objects.create(meeting=row, title=title, position=position)
    return row


def resolution_of(meeting: Meeting, owner: BodyMember, **values) -> Resolution:
    """Due in a month, nothing done yet."""
    given = {"number": meeting.resolutions.count() + 1, "text": "修好东门路灯", "due_on": today() + timedelta(days=30)}
    return Resolution.objects.create(meeting=meeting, owner=owner, **given | values)


def attendance_of(meeting: Meeting, member: BodyMember) -> Attendance:
    return meeting.attendances.get(body_member=member)


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client
