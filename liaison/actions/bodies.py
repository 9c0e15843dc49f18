"""Bodies that meet, and who belongs to them. The row of the body is the lock of its members."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import Area
from liaison.choices import BodyKind, MeetingState, Quorum
from liaison.convening import drawing
from liaison.errors import MeetingRefused
from liaison.models import Body, BodyMember
from members.models import Member, PartyOrganisation, Unit
from people.models import Person

_OPEN_MEETINGS = (MeetingState.PLANNED, MeetingState.CONVENED, MeetingState.HELD)


@dataclass(frozen=True)
class NewBody:
    area: Area
    kind: str
    name: str
    organisation: PartyOrganisation | None = None
    quorum: str = Quorum.HALF


@dataclass(frozen=True)
class NewBodyMember:
    person: Person | None = None
    unit: Unit | None = None
    name: str = ""
    duty: str = ""
    chairs: bool = False
    votes: bool = True


# --- Bodies


@action("liaison.found_body")
def found_body(*, new: NewBody, by) -> Body:
    """Without members yet: they are drawn, or added by hand. Raises MeetingRefused."""
    row = Body()
    _check(row, new, by)
    _fill(row, new)
    row.save()
    return row


@action("liaison.change_body")
def change_body(*, body: Body, new: NewBody, by) -> Body:
    """Kind, place and organisation stay once it has met or has members. Raises MeetingRefused."""
    row = held_body(body, by)
    _check(row, new, by)
    fixed = (row.area_id, row.kind, row.organisation_id)
    asked = (new.area.pk, new.kind, new.organisation.pk if new.organisation else None)
    if fixed != asked and (row.members.exists() or row.meetings.exists()):
        raise MeetingRefused(_("已有成员或会议，区域、类型和召集党组织不能再改；确需更改的，请撤销后重新设立。"))
    _fill(row, new)
    row.save()
    return row


@action("liaison.close_body")
def close_body(*, body: Body, by) -> Body:
    """Its members leave with it; meetings, minutes and resolutions stay. Raises MeetingRefused."""
    row = held_body(body, by)
    if waiting := row.meetings.filter(state__in=_OPEN_MEETINGS).count():
        raise MeetingRefused(_("还有 %d 次会议没有办结，请先取消会议或发出纪要。") % waiting)
    row.closed_on = today()
    row.save()
    row.members.current().update(left_on=today())
    return row


def held_body(body: Body, by) -> Body:
    """The row as it is now, locked, still in use and `by`'s to run. Raises MeetingRefused."""
    row = Body.objects.select_for_update(of=("self",)).select_related("area", "organisation").get(pk=body.pk)
    if row.closed_on:
        raise MeetingRefused(_("“%(name)s”已于%(day)s撤销，不能再办理。") % {"name": row.name, "day": row.closed_on})
    check_runs(row.area, by)
    return row


def check_runs(area: Area, by) -> None:
    if by is not None and not scope_of(by).covers(Can.RUN_LIAISON, area):
        raise MeetingRefused(_("“%(area)s”的会议不由您办理，请选择本辖区。") % {"area": area.name})


def _check(row: Body, new: NewBody, by) -> None:
    check_runs(new.area, by)
    if not new.name.strip():
        raise MeetingRefused(_("请填写名称，如“桃园社区党建联席会”。"))
    if new.kind not in BodyKind.values or new.quorum not in Quorum.values:
        raise MeetingRefused(_("请选择会议类型和到会要求。"))
    if Body.objects.open().filter(area=new.area, name=new.name.strip()).exclude(pk=row.pk).exists():
        raise MeetingRefused(_("“%(area)s”已有“%(name)s”，请换一个名称。") % {"area": new.area.name, "name": new.name.strip()})
    _check_organisation(row, new, by)


def _check_organisation(row: Body, new: NewBody, by) -> None:
    """Of a congress the organisation gives the members, so it stands where those who run the body see them."""
    if new.organisation is None:
        if new.kind == BodyKind.CONGRESS:
            raise MeetingRefused(_("党员大会请选择召集党组织，其党员即会议成员。"))
        return
    if row.organisation_id == new.organisation.pk:
        return
    if by is not None and not PartyOrganisation.objects.kept_by(by, Can.SEE_MEMBERS).filter(pk=new.organisation.pk).exists():
        raise MeetingRefused(_("召集党组织不在您的管理范围内，请选择本辖区的党组织。"))
    if new.organisation.closed_on:
        raise MeetingRefused(_("“%(name)s”已撤销，请另选召集党组织。") % {"name": new.organisation.name})
    at = new.organisation.area
    if new.kind == BodyKind.CONGRESS and not (at and new.area.reach.covers(at)):
        raise MeetingRefused(_("党员大会的召集党组织应在“%(area)s”，请核对区域和党组织。") % {"area": new.area.name})


def _fill(row: Body, new: NewBody) -> None:
    if row.area_id != new.area.pk:
        place(row=row, area=new.area)
    row.kind, row.name, row.quorum, row.organisation = new.kind, new.name.strip(), new.quorum, new.organisation


# --- Members


@action("liaison.add_body_members")
def add_body_members(*, body: Body, new: Sequence[NewBodyMember], by) -> list[BodyMember]:
    """By hand: people on record whom `by` sees, or names. A new chair takes over from the one there is. Raises MeetingRefused."""
    row = held_body(body, by)
    known = _known([one.person for one in new if one.person], by)
    there = set(row.members.current().exclude(person=None).values_list("person", flat=True))
    made = []
    for one in new:
        name = one.name.strip() or known.get(one.person.pk if one.person else None, "")
        if one.person is None and not name:
            raise MeetingRefused(_("请选择在案人员，或者填写姓名。"))
        if one.person and one.person.pk in there:
            raise MeetingRefused(_("所选人员已是成员，不用重复添加。"))
        _check_unit(one.unit, by)
        there |= {one.person.pk} if one.person else set()
        values = {"person": one.person, "unit": one.unit, "name": name, "duty": one.duty.strip()}
        made.append(BodyMember(body=row, **values, chairs=one.chairs, votes=one.votes))
    if sum(one.chairs for one in made) > 1:
        raise MeetingRefused(_("召集人只能有一名，请核对。"))
    if any(one.chairs for one in made):
        _give_way(row)
    return BodyMember.objects.bulk_create(made)


@action("liaison.change_body_member")
def change_body_member(*, member: BodyMember, new: NewBodyMember, by) -> BodyMember:
    """Everything but who it is: somebody else is another member. Raises MeetingRefused."""
    body = held_body(member.body, by)
    row = _held_member(member)
    name = new.name.strip()
    if row.person_id is None and not name:
        raise MeetingRefused(_("请填写姓名。"))
    if new.unit is None or new.unit.pk != row.unit_id:
        _check_unit(new.unit, by)
    if new.chairs and not row.chairs:
        _give_way(body)
    row.unit, row.name, row.duty, row.chairs, row.votes = new.unit, name, new.duty.strip(), new.chairs, new.votes
    row.save()
    return row


@action("liaison.leave_body")
def leave_body(*, member: BodyMember, by) -> BodyMember:
    """What they took on stays theirs. Raises MeetingRefused."""
    held_body(member.body, by)
    row = _held_member(member)
    row.left_on = today()
    row.save()
    return row


@action("liaison.draw_members")
def draw_members(*, body: Body, by) -> int:
    """Bring the members up to date with what the body's kind says (convening.drawing); how many came, went or have a vote now.

    Raises MeetingRefused.
    """
    row = held_body(body, by)
    drawn = drawing(row)
    BodyMember.objects.bulk_create(drawn.coming)
    row.members.filter(pk__in=[one.pk for one in drawn.going]).update(left_on=today())
    row.members.filter(pk__in=[one.pk for one in drawn.voting]).update(votes=True)
    return drawn.number


def _known(persons: Sequence[Person], by) -> dict[int, str]:
    """{person: the name they go by here, "" for the one on record}; of a membership typed apart it is what was typed."""
    asked = {person.pk for person in persons}
    living = Person.objects.filter(pk__in=asked, died_on=None, merged_into=None, erased_on=None)
    members, seen = Member.objects.filter(person__in=living), living.none()
    if by is not None:
        members, seen = members.visible_to(by), living.visible_to(by)
    known = {} if by else dict.fromkeys(living.values_list("pk", flat=True), "")
    known |= dict(members.values_list("person", "known_as")) | dict.fromkeys(seen.values_list("pk", flat=True), "")
    if asked - known.keys():
        raise MeetingRefused(_("所选人员不在您的管理范围内或已不在册，请重新选择。"))
    return known


def _check_unit(unit: Unit | None, by) -> None:
    if unit is not None and by is not None and not Unit.objects.visible_to(by).filter(pk=unit.pk).exists():
        raise MeetingRefused(_("所选单位不在您的管理范围内，请重新选择。"))


def _held_member(member: BodyMember) -> BodyMember:
    row = BodyMember.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if row.left_on:
        raise MeetingRefused(_("该成员已于%(day)s退出，不能再办理。") % {"day": row.left_on})
    return row


def _give_way(body: Body) -> None:
    """There is one chair."""
    body.members.current().filter(chairs=True).update(chairs=False)
