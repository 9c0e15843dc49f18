"""The phone of a member in full, asked for and logged; residents who are no members after all."""

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
    context = {
        "label": _("联系电话"),
        "number": actions.reveal_phone(member=member, by=request.user),
        "call": True,
        "back": reverse("admin:members_member_change", args=[member.pk]) if request.user.scope.has(Can.USE_DESK) else "",
    }
    return render(request, "people/reveal.html", context)


@needs(Can.EDIT_PEOPLE)
@require_POST
def not_a_member(request, pk: int):
    """A resident on the list of hidden members is none; `within` and `page` lead back to where the list was left."""
    person = get_object_or_404(Person.objects.editable_by(request.user), pk=pk)
    try:
        deny_membership(person=person, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已记为不是党员。记错的，可在居民档案中重新勾选“自报党员”。"))
    return redirect(list_address(request.POST))
