"""A whole list of members at once: enrolled, corrected, sorted, received from another organisation, all or none."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.dates import today
from members.actions.accounts import follow_posts
from members.actions.balances import follow
from members.actions.membership import NewMember, enrol_many
from members.choices import MOVES, MemberState, MoveKind
from members.errors import MemberRefused
from members.models import Member, MemberMove, PartyOrganisation
from people.actions.homes import locked, once
from people.actions.registering import Entry, register_residents, write_columns
from people.models import Person


@dataclass
class MemberEntry:
    """Somebody on a list: a membership to enter, or one on record and what changes of it and of its person."""

    new: NewMember | None = None
    member: Member | None = None
    values: dict = field(default_factory=dict)  # columns of the membership
    person_values: dict = field(default_factory=dict)  # columns of the person
    to: PartyOrganisation | None = None  # the transfer is sent and received at once: both sides are the writer's
    home: Entry | None = None  # where they are to live


@action("members.register_members")
def register_members(*, entries: Sequence[MemberEntry], by) -> int:
    """Enrol, correct and transfer the members of a list; returns how many entries were written.

    Raises MemberRefused, OrganisationRefused, PersonRefused, HouseholdRefused, BadIdNumber.
    """
    enrolled = enrol_many(members=[entry.new for entry in entries if entry.new], by=by, numbered=False)
    known = [entry for entry in entries if entry.member is not None]
    changes = {entry.member.person_id: entry.person_values for entry in known if entry.person_values}
    with once():
        people = locked(entry.member.person for entry in known if entry.person_values)
        write_columns({row.pk: row for row in people}, changes)
    rows = Member.objects.select_for_update(of=("self",)).select_related("organisation", "member_class", "member_class__mode")
    members = {row.pk: row for row in rows.filter(pk__in=[entry.member.pk for entry in known])}
    moves, names = [], set()
    for entry in known:
        member = members[entry.member.pk]
        if member.organisation_id != entry.member.organisation_id or member.state != entry.member.state:
            raise MemberRefused(_changed(member))
        moves += _moves(entry, member, by)
        for name, value in entry.values.items():
            setattr(member, name, value)
        if entry.to is not None:
            member.organisation = entry.to
        names.update(entry.values, ["organisation", "state"] if entry.to else [])
    if names:
        Member.objects.bulk_update(list(members.values()), sorted(names))
    MemberMove.objects.bulk_create(moves)
    follow_posts(members=[entry.member.pk for entry in known if entry.to], by=by)
    if names:
        follow(members=members, by=by)
    _house(entries, enrolled, by)
    return len(entries)


def _house(entries: Sequence[MemberEntry], enrolled: Sequence[Member], by) -> None:
    """Let them live where the list says; who was on record nowhere is now."""
    of_new = zip((entry for entry in entries if entry.new), enrolled, strict=True)
    fresh = [(entry.home, member.person_id) for entry, member in of_new if entry.home and entry.home.person is None]
    people = Person.objects.in_bulk([pk for _home, pk in fresh])
    for home, pk in fresh:
        home.person = people[pk]
    if homes := [entry.home for entry in entries if entry.home]:
        register_residents(entries=homes, by=by)


def _changed(member: Member) -> str:
    return _("“%(name)s”的党员关系刚由他人变更，请再核对一遍。") % {"name": member.organisation.name}


def _moves(entry: MemberEntry, member: Member, by) -> list[MemberMove]:
    """What the history says of it: another class, and a transfer sent and received."""
    moves, signed = [], {"member": member, "on": today(), "by": by, "from_organisation": member.organisation}
    if "member_class" in entry.values:
        words = {"before": str(member.member_class), "after": str(entry.values["member_class"])}
        moves.append(MemberMove(kind=MoveKind.RECLASSED, **signed, **words))
    if entry.to is not None:
        if member.state not in MOVES[MoveKind.SENT][0]:
            raise MemberRefused(_changed(member))
        moves.append(MemberMove(kind=MoveKind.SENT, to_organisation=entry.to, done_on=today(), **signed))
        moves.append(MemberMove(kind=MoveKind.RECEIVED, to_organisation=entry.to, done_on=today(), **signed))
        member.state = MemberState.ACTIVE
    return moves
