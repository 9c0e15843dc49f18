"""Filling and emptying the offices of an organisation: each seat is an appointment on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.actions import NewUser, Post, appoint_many, create_users, end_appointments
from accounts.choices import EndReason, Origin
from accounts.models import Appointment
from audit.operations import action
from gridparty.lib.dates import today
from grids.queries import chunks
from members.actions.organisations import check_organisation
from members.choices import ONE_HOLDER, SEAT_ROLES, OrganisationKind, SeatTitle
from members.errors import OrganisationRefused
from members.models import Member, PartyOrganisation, Seat, Unit
from members.querysets import body_key
from people.models import Person


@dataclass(frozen=True)
class NewSeat:
    organisation: PartyOrganisation
    title: str
    person: Person
    starts_on: date | None = None
    ends_on: date | None = None
    origin: str = Origin.ELECTED
    unit: Unit | None = None  # 兼职委员: whose leader it is


def fill_seat(*, new: NewSeat, by) -> Seat:
    """Fill one; see fill_seats."""
    return fill_seats(seats=[new], by=by)[0]


@action("members.fill_seats")
def fill_seats(*, seats: Sequence[NewSeat], by) -> list[Seat]:
    """Fill seats, all or none: each makes the appointment on its organisation, and a user for who has none (not yet invited).

    Raises OrganisationRefused, AppointmentRefused.
    """
    for organisation in {new.organisation.pk: new.organisation for new in seats}.values():
        check_organisation(organisation, by)
    _check_units({new.unit.pk: new.unit for new in seats if new.unit}, by)
    held = _held(seats)
    for new in seats:
        _check(new, held)
        held.setdefault((new.organisation.pk, new.title), []).append(new.person.pk)
    users = users_for([new.person for new in seats], by)
    posts = [
        Post(
            user=users[new.person.pk],
            role=SEAT_ROLES[new.title],
            area=None,
            starts_on=new.starts_on or today(),
            ends_on=new.ends_on,
            origin=new.origin,
            duties=SeatTitle(new.title).label,
            body=body_key(new.organisation.pk),
        )
        for new in seats
    ]
    appointments = appoint_many(posts=_first_of_each(posts), by=by, check=False)
    by_over = {(one.user_id, one.role, one.body): one for one in appointments}
    rows = []
    for new, post in zip(seats, posts, strict=True):
        rows.append(
            Seat(
                organisation=new.organisation,
                title=new.title,
                person=new.person,
                origin=new.origin,
                unit=new.unit,
                starts_on=post.starts_on,
                ends_on=post.ends_on,
                appointment=by_over.pop((post.user.pk, post.role, post.body), None),
            )
        )
    return Seat.objects.bulk_create(rows)


def _first_of_each(posts: Sequence[Post]) -> list[Post]:
    """Two seats of one committee that give one right (组织委员 and 宣传委员) need one appointment."""
    first: dict[tuple, Post] = {}
    for post in posts:
        first.setdefault((post.user.pk, post.role, post.body), post)
    return list(first.values())


def _held(seats: Sequence[NewSeat]) -> dict[tuple[int, str], list[int]]:
    """{(organisation, title): who holds it}; seats whose term is over are closed on the way."""
    found: dict[tuple[int, str], list[int]] = {}
    keys = sorted({new.organisation.pk for new in seats})
    for start in range(0, len(keys), 900):
        rows = Seat.objects.filter(organisation__in=keys[start : start + 900], ended_on=None)
        rows.filter(ends_on__lt=today()).update(ended_on=F("ends_on"))
        for organisation, title, person in rows.values_list("organisation", "title", "person"):
            found.setdefault((organisation, title), []).append(person)
    return found


def _check(new: NewSeat, held: dict) -> None:
    words = {"name": new.organisation.name, "title": SeatTitle(new.title).label}
    if new.organisation.closed_on:
        raise OrganisationRefused(_("“%(name)s”已撤销。") % words)
    if (new.title == SeatTitle.GROUP_LEADER) != (new.organisation.kind == OrganisationKind.GROUP):
        raise OrganisationRefused(_("党小组设党小组长，其他党组织设书记和委员，请重新选择职务。"))
    if not new.person.is_current:
        raise OrganisationRefused(_("该人员的记录已停用，不能任职。"))
    if new.ends_on and new.ends_on < (new.starts_on or today()):
        raise OrganisationRefused(_("任期止于开始之前，请核对日期。"))
    holders = held.get((new.organisation.pk, new.title), [])
    if new.person.pk in holders:
        raise OrganisationRefused(_("该人员已是“%(name)s”的%(title)s。") % words)
    if holders and new.title in ONE_HOLDER:
        raise OrganisationRefused(_("“%(name)s”已有%(title)s，请先办理离任。") % words)


def _check_units(units: dict[int, Unit], by) -> None:
    """Raises OrganisationRefused when one of these units is not for `by` to see."""
    seen = Unit.objects.all() if by is None else Unit.objects.visible_to(by)
    if units and len(seen.filter(pk__in=units).values_list("pk")) < len(units):
        raise OrganisationRefused(_("兼职人员所在单位不在您的管理范围内，请重新选择，或先登记该单位。"))


def users_for(people: Sequence[Person], by) -> dict[int, object]:
    """{person: user}, made for who has none; the log-in name is a number, an invitation comes later."""
    people = list({person.pk: person for person in people}.values())
    new = [person for person in people if person.user_id is None]
    # Whom a membership shows as typed, a user shows so, too.
    known: dict[int, str] = {}
    for some in chunks([person.pk for person in new]):
        known |= dict(Member.objects.filter(person__in=some).exclude(known_as="").values_list("person", "known_as"))
    made = create_users(users=[NewUser(f"p{person.pk}", known.get(person.pk, person.name)) for person in new], by=by)
    for person, user in zip(new, made, strict=True):
        person.user = user
    Person.objects.bulk_update(new, ["user"])
    return {person.pk: person.user for person in people}


@action("members.empty_seat")
def empty_seat(*, seat: Seat, by, reason: str = EndReason.SEAT_EMPTIED, on: date | None = None, check: bool = True) -> Seat:
    """End a seat and the appointment it made, unless another seat there gives the same right. Raises OrganisationRefused."""
    seat = Seat.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=seat.pk)
    if check:
        check_organisation(seat.organisation, by)
    if seat.ended_on:
        raise OrganisationRefused(_("该任职已于%(day)s结束。") % {"day": seat.ended_on})
    seat.ended_on = max(on or today(), seat.starts_on)
    twin = _same_right(seat)
    appointment, given = seat.appointment_id, None
    if twin is not None and appointment:
        seat.appointment, given = None, appointment
    seat.save()
    if twin is not None and given:
        twin.appointment_id = given
        twin.save()
    elif appointment:
        end_appointments(appointments=Appointment.objects.filter(pk=appointment), reason=reason, by=by, check=False)
    return seat


def _same_right(seat: Seat) -> Seat | None:
    titles = [title for title in SeatTitle if SEAT_ROLES[title] == SEAT_ROLES[seat.title]]
    others = Seat.objects.filter(organisation=seat.organisation_id, person=seat.person_id, title__in=titles, ended_on=None)
    return others.exclude(pk=seat.pk).first()
