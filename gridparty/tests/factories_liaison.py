"""Rows of agreements and meetings (see factories.py)."""

from datetime import date, datetime, time, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from gridparty.lib.dates import CHINA, today
from gridparty.tests.factories import factory, mark, organisation, photo, placed, unit
from grids.models import Area
from liaison.choices import AgreementState, BodyKind, MeetingState, Side
from liaison.models import (
    AgendaItem,
    Agreement,
    AgreementScan,
    AgreementTemplate,
    Attendance,
    Body,
    BodyMember,
    Commitment,
    CommitmentPhoto,
    Meeting,
    QuarterReport,
    Resolution,
)
from people.models import Person
from services.choices import PeriodKind
from services.periods import Period


@factory(AgreementTemplate)
def agreement_template(area: Area) -> AgreementTemplate:
    word = mark(AgreementTemplate, area.code)
    texts = dict.fromkeys(("title", "clauses", "our_duties", "their_duties"), word)
    return AgreementTemplate.objects.create(name=word, **texts)


@factory(Agreement)
def agreement(area: Area) -> Agreement:
    """A draft for the term after the one in force, made once."""
    term = {"starts_on": today() + timedelta(days=40), "ends_on": today() + timedelta(days=70)}
    return agreement_of(area, mark(Agreement, area.code), **term)


def running(area: Area) -> Agreement:
    """In force since last month, made once."""
    signed = {"state": AgreementState.IN_FORCE, "signed_on": today() - timedelta(days=30)}
    return agreement_of(area, mark(Agreement, f"running {area.code}"), **signed)


def agreement_of(area: Area, word: str, **values) -> Agreement:
    """With the unit of the area."""
    names = ("title", "clauses", "our_duties", "their_duties", "our_head", "their_head", "reason", "answer_text", "answerer")
    texts = dict.fromkeys(names, word) | {"unit": unit(area), "organisation": organisation(area)}
    term = {"starts_on": today() - timedelta(days=30), "ends_on": today() + timedelta(days=30)}
    known = Agreement.objects.filter(title=word).first()
    return known or placed(Agreement, area, **(texts | term | values))


@factory(AgreementScan)
def agreement_scan(area: Area) -> AgreementScan:
    name = "agreements/page.pdf"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(b"%PDF-1.4 a page\n%%EOF"))
    return AgreementScan.objects.create(agreement=running(area), file=name)


@factory(Commitment)
def commitment(area: Area) -> Commitment:
    """The unit's, to be done by yesterday, made once."""
    return commitment_of(running(area), mark(Commitment, area.code))


def commitment_of(of: Agreement, word: str, **values) -> Commitment:
    texts = dict.fromkeys(("text", "who", "reason", "done_text", "answerer"), word)
    values = {"side": Side.THEIRS, "due_on": today() - timedelta(days=1), **texts, **values}
    return Commitment.objects.filter(text=word).first() or Commitment.objects.create(agreement=of, **values)


@factory(CommitmentPhoto)
def commitment_photo(area: Area) -> CommitmentPhoto:
    return CommitmentPhoto.objects.create(commitment=commitment(area), photo=photo())


@factory(QuarterReport)
def quarter_report(area: Area) -> QuarterReport:
    """The last quarter's, not sent yet, made once."""
    return report_of(running(area), mark(QuarterReport, area.code))


def report_of(of: Agreement, word: str, **values) -> QuarterReport:
    period = Period.before(PeriodKind.QUARTER, today())
    texts = dict.fromkeys(("done", "trouble", "plan", "answer_text", "answerer"), word)
    values = {"from_on": period.first, "until_on": period.last, **texts, **values}
    return QuarterReport.objects.filter(done=word).first() or QuarterReport.objects.create(agreement=of, **values)


@factory(Body)
def body(area: Area) -> Body:
    """The joint meeting of the area, made once."""
    word = mark(Body, area.code)
    known = Body.objects.filter(name=word).first()
    return known or placed(Body, area, kind=BodyKind.JOINT_MEETING, name=word, organisation=organisation(area))


@factory(BodyMember)
def body_member(area: Area) -> BodyMember:
    """Who comes for the unit of the area, made once."""
    word = mark(BodyMember, area.code)
    of = {"body": body(area), "unit": unit(area), "name": word, "duty": word}
    return BodyMember.objects.filter(name=word).first() or BodyMember.objects.create(**of)


@factory(Meeting)
def meeting(area: Area) -> Meeting:
    """In three days, being planned. Made once."""
    return meeting_of(area, mark(Meeting, area.code), days=3)


def held(area: Area) -> Meeting:
    """Yesterday's, with its member there: minutes are being written. Made once."""
    return meeting_of(area, mark(Meeting, f"held {area.code}"), state=MeetingState.HELD, voters=1, present=1)


def meeting_of(area: Area, word: str, *, days: int = -1, **values) -> Meeting:
    """A meeting of the body of the area at ten o'clock, so many days from now, with its one member."""
    if known := Meeting.objects.filter(title=word).first():
        return known
    at = datetime.combine(today() + timedelta(days=days), time(10), CHINA)
    texts = dict.fromkeys(("title", "spot", "note", "reason", "minutes", "recorder"), word)
    row = placed(Meeting, area, body=body(area), at=at, **(texts | values))
    if row.state == MeetingState.PLANNED:
        return row  # nobody is invited yet
    came = True if row.state in (MeetingState.HELD, MeetingState.CLOSED) else None
    Attendance.objects.create(meeting=row, body_member=body_member(area), came=came, **dict.fromkeys(("reason", "proxy"), word))
    return row


@factory(Attendance)
def attendance(area: Area) -> Attendance:
    return Attendance.objects.filter(meeting=held(area)).order_by("pk").first()


@factory(Resolution)
def resolution(area: Area) -> Resolution:
    """Of yesterday's meeting, made once."""
    return resolution_of(held(area), body_member(area), mark(Resolution, area.code))


def resolution_of(of: Meeting, owner: BodyMember, word: str, **values) -> Resolution:
    if known := Resolution.objects.filter(text=word).first():
        return known
    number = Resolution.objects.filter(meeting=of).count() + 1
    values = {"number": number, "due_on": today() + timedelta(days=9), "reason": word, "done_text": word, **values}
    return Resolution.objects.create(meeting=of, owner=owner, text=word, **values)


@factory(AgendaItem)
def agenda_item(area: Area) -> AgendaItem:
    word = mark(AgendaItem, area.code)
    known = AgendaItem.objects.filter(title=word).first()
    return known or AgendaItem.objects.create(meeting=held(area), position=1, title=word, text=word)


def invited(area: Area, one: Person, word: str) -> tuple[Meeting, Resolution]:
    """(today's meeting of the area somebody is invited to, what they took on at last month's). Made once."""
    seat = BodyMember.objects.filter(body=body(area), person=one).first()
    seat = seat or BodyMember.objects.create(body=body(area), person=one, duty=word, joined_on=date(2024, 3, 1))
    sent = {"state": MeetingState.CLOSED, "voters": 2, "present": 2, "closed_at": timezone.now()}
    over = meeting_of(area, mark(Meeting, f"over {word}"), days=-30, **sent)
    coming = meeting_of(area, mark(Meeting, word), days=0, state=MeetingState.CONVENED)
    for of, came in ((over, True), (coming, None)):
        if not Attendance.objects.filter(meeting=of, body_member=seat).exists():
            Attendance.objects.create(meeting=of, body_member=seat, came=came)
    return coming, resolution_of(over, seat, mark(Resolution, word))
