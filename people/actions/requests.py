"""Asking the other side for somebody who is on record with them. Neither side learns what it did not know."""

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib import idnumbers, names
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import Area
from people.actions.homes import check_place, locked, move
from people.choices import MoveKind, RequestState
from people.errors import PersonRefused
from people.models import Household, MoveRequest, Person


@action("people.request_move")
def request_move(
    *,
    id_number: str,
    name: str,
    by,
    household: Household | None = None,
    area: Area | None = None,
    relation: str = "",
    reason: str = "",
) -> MoveRequest:
    """Ask for a person on record outside the writer's scope. Raises PersonRefused, BadIdNumber."""
    area = household.area if household else area
    if area is None:
        raise PersonRefused(_("请选择迁入的住户或区域。"))
    check_place(area, by)
    number = idnumbers.parse(id_number).value
    person = Person.objects.with_id_number(number).select_related("area").first()
    if person is None or person.area is None or scope_of(by).covers(Can.EDIT_PEOPLE, person.area):
        raise PersonRefused(_("该证件号码不需要申请转入，请直接登记。"))
    request = MoveRequest(
        person=person,
        held_area=person.area,
        household=household,
        relation=relation,
        typed_name=names.normal_name(name),
        reason=reason.strip(),
        asked_by=by,
    )
    place(row=request, area=area)
    try:
        request.save()
    except IntegrityError as error:
        raise PersonRefused(_("已申请转入，对方尚未办理，请等候答复。")) from error
    return request


@action("people.decide_request")
def decide_request(*, request: MoveRequest, agree: bool, by, answer: str = "", new_head: Person | None = None) -> MoveRequest:
    """The side that keeps the record lets the person go, or says why not. Raises PersonRefused."""
    request = _open(request)
    person = locked([request.person])[0]
    if person.area is None or not scope_of(by).covers(Can.EDIT_PEOPLE, person.area):
        raise PersonRefused(_("该申请由现登记地办理，您不能答复。"))
    if not agree and not answer.strip():
        raise PersonRefused(_("请填写不同意的原因。"))
    request.state = RequestState.AGREED if agree else RequestState.REFUSED
    request.answer, request.decided_by, request.decided_at = answer.strip(), by, timezone.now()
    request.save()
    if agree:
        move([person], request.household, request.area, request.relation, today(), MoveKind.TRANSFERRED, new_head)
    return request


@action("people.withdraw_request")
def withdraw_request(*, request: MoveRequest, by) -> MoveRequest:
    """The asking side takes its request back. Raises PersonRefused."""
    request = _open(request)
    if not scope_of(by).covers(Can.EDIT_PEOPLE, request.area):
        raise PersonRefused(_("该申请由申请方撤回，您可以答复。"))
    request.state, request.decided_by, request.decided_at = RequestState.WITHDRAWN, by, timezone.now()
    request.save()
    return request


def _open(request: MoveRequest) -> MoveRequest:
    request = (
        MoveRequest.objects.select_for_update(of=("self",))
        .select_related("person__area", "area", "household__area")
        .get(pk=request.pk)
    )
    if request.state != RequestState.OPEN:
        raise PersonRefused(_("该申请已办结（%(state)s）。") % {"state": request.get_state_display()})
    return request
