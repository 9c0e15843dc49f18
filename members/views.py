"""The phone of a member in full, asked for and logged."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from gridparty.lib.access import Can
from gridparty.lib.doors import needs
from members import actions
from members.models import Member


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
