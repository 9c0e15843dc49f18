"""The phone of a member in full, asked for and logged; residents who are no members after all."""

from collections.abc import Callable

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from gridparty.lib.access import Can
from gridparty.lib.doors import needs
from gridparty.lib.errors import Refused
from members import actions
from members.hidden import list_address
from members.models import Member
from people.actions import deny_membership
from people.models import Person


@needs(Can.REVEAL_PEOPLE)
@require_POST
@never_cache
def reveal(request, pk: int):
    """The right to reveal must reach the member: where they live, where they belong, or by a seat there."""
    rows = Member.objects.visible_to(request.user).revealable_by(request.user)
    member = get_object_or_404(rows.select_related("person"), pk=pk)
    back = "admin:members_member_change" if request.user.scope.has(Can.USE_DESK) else "members:branch_member"
    context = {
        "label": _("联系电话"),
        "number": actions.reveal_phone(member=member, by=request.user),
        "call": True,
        "back": reverse(back, args=[member.pk]),
    }
    return render(request, "people/reveal.html", context)


@needs(Can.EDIT_PEOPLE)
@require_POST
def not_a_member(request, pk: int):
    """A resident on the list of hidden members is none; `within` and `page` lead back to where the list was left."""
    person = get_object_or_404(Person.objects.editable_by(request.user), pk=pk)
    said = _("已记为不是党员。记错的，可在居民档案中重新勾选“自报党员”。")
    return _struck_off(request, lambda: deny_membership(person=person, by=request.user), said)


@needs(Can.EDIT_PEOPLE)
@require_POST
def settle(request, pk: int):
    """A member sent elsewhere who lives on here is accounted for, as `note` says."""
    person = get_object_or_404(Person.objects.editable_by(request.user).select_related("area"), pk=pk)
    said = _("已记为核实，不再列入名单。记错的，可由原党组织在党员档案中办理“重新核实”。")
    return _struck_off(request, lambda: actions.settle(person=person, note=request.POST.get("note", ""), by=request.user), said)


def _struck_off(request, strike: Callable, said: str):
    """Back to the list, with what came of it."""
    try:
        strike()
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect(list_address(request.POST))
