"""Reads of bodies and meetings: who belongs to a body by its kind, what a meeting deals with, the link of an invitation."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from gridparty.lib.codes import address
from gridparty.lib.dates import day_of
from gridparty.lib.links import SignedLink
from grids.choices import AreaKind
from liaison.choices import INVITED_TO, BodyKind, MeetingState, Reply
from liaison.models import AgendaItem, Agreement, Attendance, Body, BodyMember, Meeting, Resolution
from members.choices import OrganisationKind, SeatTitle, Standing
from members.models import Member, PartyOrganisation, Seat, Unit

INVITATION_LINK = SignedLink("liaison.invitation", days=60, key="link_key")
LONGEST_NAME, LONGEST_DUTY = 60, 40

# --- Invitations


def invitation_link_of(attendance: Attendance) -> str:
    """In full, as it is sent."""
    return address("liaison:invitation_by_link", INVITATION_LINK.token(attendance))


def invitation_by_link(token: str) -> Attendance | None:
    """What a link opens: the invitation to a meeting that was convened, or called off since. One query at most."""
    rows = Attendance.objects.filter(meeting__state__in=[*sorted(INVITED_TO), MeetingState.CANCELLED])
    rows = rows.select_related("meeting__body", "meeting__area", "meeting__community", "body_member__person", "body_member__unit")
    return INVITATION_LINK.row(token, rows.defer(*secrets("body_member__")))


def secrets(path: str = "") -> list[str]:
    """Columns that no list of members needs: they are deciphered where they are read."""
    return [f"{path}person__phone", f"{path}person__id_number", f"{path}unit__contact_phone"]


# --- Who belongs to a body


@dataclass(frozen=True)
class Drawing:
    """What bringing the members up to date would do: who comes, who goes, who has a vote now."""

    coming: Sequence[BodyMember]
    going: Sequence[BodyMember]
    voting: Sequence[BodyMember]

    @property
    def number(self) -> int:
        return len(self.coming) + len(self.going) + len(self.voting)


def candidates(body: Body) -> list[BodyMember]:
    """Who belongs to the body by its kind, as rows that are not saved."""
    return _CANDIDATES[BodyKind(body.kind)](body)


def members_of(body: Body) -> QuerySet[BodyMember]:
    """The present members, the chair first, those without a vote last."""
    rows = BodyMember.objects.current().filter(body=body).select_related("person", "unit").defer(*secrets())
    return rows.order_by("-chairs", "-votes", "pk")


def drawing(body: Body) -> Drawing:
    """Who is missing; and of congresses and of grid heads who does not belong any more.

    Only members on record with a vote go by themselves (at a congress also probationary ones, who have none): the chair and
    guests stay until somebody takes them off. A probationary member who became a full one since has a vote.
    """
    here = list(members_of(body))
    wanted = candidates(body)
    if body.kind == BodyKind.JOINT_MEETING:
        units = {row.unit_id for row in here}
        return Drawing([row for row in wanted if row.unit_id not in units], (), ())
    keys, there = {row.person_id for row in wanted}, {row.person_id for row in here}
    coming = [row for row in wanted if row.person_id not in there]
    probationary, full = _standings(body, here)
    strangers = [row for row in here if row.person_id and not row.chairs and row.person_id not in keys]
    going = [row for row in strangers if row.votes or row.person_id in probationary]
    return Drawing(coming, going, [row for row in here if row.pk in full])


def _standings(body: Body, here: Sequence[BodyMember]) -> tuple[set[int], set[int]]:
    """At a congress: the persons who are probationary members, and the rows of who became full ones since they came."""
    if body.kind != BodyKind.CONGRESS:
        return set(), set()
    without = {row.person_id: row for row in here if row.person_id and not row.votes}
    standings = Member.objects.filter(person__body_places__in=[row.pk for row in without.values()])
    found = list(standings.values_list("person", "standing", "full_on"))
    probationary = {person for person, standing, _on in found if standing == Standing.PROBATIONARY}
    full = {
        without[person].pk
        for person, standing, on in found
        if standing == Standing.FULL and on and on >= without[person].joined_on
    }
    return probationary, full


def _units(body: Body) -> list[BodyMember]:
    """Units that have an agreement in force there; whoever they send is called as their contact is."""
    agreements = Agreement.objects.in_force().within(body.area).filter(unit=OuterRef("pk"))
    units = Unit.objects.filter(Exists(agreements)).order_by("pk").defer("contact_phone")
    return [
        BodyMember(body=body, unit=unit, name=(unit.contact_name or unit.head or _("单位代表"))[:LONGEST_NAME]) for unit in units
    ]


def _grid_heads(body: Body) -> list[BodyMember]:
    """The secretaries of the organisations of the grids; of a grid that has only groups, their leaders."""
    standing = PartyOrganisation.objects.open().within(body.area).filter(area__kind=AreaKind.GRID, unit=None)
    branches = standing.exclude(kind=OrganisationKind.GROUP)
    led = Q(organisation__in=branches, title=SeatTitle.SECRETARY)
    groups = standing.filter(kind=OrganisationKind.GROUP).exclude(area__in=branches.values("area"))
    led |= Q(organisation__in=groups, title=SeatTitle.GROUP_LEADER)
    seats = list(
        Seat.objects.in_force().filter(led).select_related("organisation", "person").order_by("organisation__area__lft", "pk")
    )
    known = dict(Member.objects.filter(person__in=[seat.person_id for seat in seats]).values_list("person", "known_as"))
    rows = {}
    for seat in seats:
        title = seat.get_title_display()
        duty = f"{seat.organisation.name.removesuffix(title[:-1])}{title}"[-LONGEST_DUTY:]  # 第1网格党小组 + 党小组长
        row = BodyMember(body=body, person=seat.person, name=known.get(seat.person_id, ""), duty=duty)
        rows.setdefault(seat.person_id, row)
    return list(rows.values())


def _roll(body: Body) -> list[BodyMember]:
    """The members on the roll of the organisation and of those below it; probationary ones have no vote."""
    members = Member.objects.on_roll().filter(organisation__path__startswith=body.organisation.path).order_by("pk")
    rows = members.values_list("person", "known_as", "standing")
    return [
        BodyMember(body=body, person_id=person, name=name, votes=standing != Standing.PROBATIONARY)
        for person, name, standing in rows
    ]


_CANDIDATES = {BodyKind.JOINT_MEETING: _units, BodyKind.GRID_HEADS: _grid_heads, BodyKind.CONGRESS: _roll}


# --- Meetings


def open_resolutions(body: Body) -> QuerySet[Resolution]:
    """What meetings of the body decided and is not done."""
    return Resolution.objects.open().filter(meeting__body=body).in_order()


def agenda_of(meeting: Meeting) -> list[AgendaItem]:
    """Earlier resolutions first, then what is new. One query."""
    rows = AgendaItem.objects.filter(meeting=meeting)
    rows = rows.select_related("resolution__owner__person", "resolution__owner__unit", "resolution__meeting", "resolution__case")
    hidden = ("resolution__case__teller", "resolution__case__teller_phone", "resolution__case__text")
    rows = rows.defer(*secrets("resolution__owner__"), *hidden)
    return list(rows.order_by("position", "pk"))


def roll_of(meeting: Meeting) -> list[Attendance]:
    """Who is to be at the meeting, the chair first and those without a vote last. Who left the body before its day is not."""
    rows = Attendance.objects.filter(roll_on(meeting), meeting=meeting).select_related("body_member__person", "body_member__unit")
    return list(rows.defer(*secrets("body_member__")).order_by("-body_member__chairs", "-body_member__votes", "body_member"))


def roll_on(meeting: Meeting) -> Q:
    """Of attendances: their member belonged to the body on the day of the meeting."""
    return Q(body_member__left_on=None) | Q(body_member__left_on__gt=day_of(meeting.at))


def takes_proxies(body: Body) -> bool:
    """A member of the party votes in person."""
    return body.kind != BodyKind.CONGRESS


def quorum_in_words(meeting: Meeting) -> str:
    """Who had to be there, who was, and whether that was enough. Asks for the body's row."""
    words = {"voters": meeting.voters, "present": meeting.present, "needed": meeting.needed}
    if not meeting.needed:
        return _("应到 %(voters)d 人，实到 %(present)d 人。") % words
    if meeting.is_quorate:
        return _("应到 %(voters)d 人，实到 %(present)d 人，须到 %(needed)d 人，符合到会要求。") % words
    return _("应到 %(voters)d 人，实到 %(present)d 人，须到 %(needed)d 人：不足法定人数，不能形成决议。") % words


def replies_of(meeting: Meeting) -> dict[str, int]:
    """{reply: how many gave it}, with "" for those who have not answered. One query."""
    replies = list(Attendance.objects.filter(roll_on(meeting), meeting=meeting).values_list("reply", flat=True))
    return {value: replies.count(value) for value in (*Reply.values, "")}


def mark_of(*values) -> str:
    """What a page showed of a row, in short: a form that comes back with another mark than the row has is stale."""
    return hashlib.sha256("\x1f".join(map(str, values)).encode()).hexdigest()[:16]
