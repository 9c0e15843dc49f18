"""One number of somebody in full, asked for and logged."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from gridparty.lib.access import Can
from gridparty.lib.doors import needs
from people import actions
from people.models import Person

COLUMNS = {"id_number": _("证件号码"), "phone": _("联系电话")}


@needs(Can.REVEAL_PEOPLE)
@require_POST
@never_cache
def reveal(request, pk: int):
    """`column` names the number. The right to reveal must reach where the person lives, not merely somewhere.

    Asked from the phone (`phone`), where names are masked, the whole name is told with it.
    """
    scope = request.user.scope
    seen = Person.objects.visible_to(request.user).filter(scope.q(Can.REVEAL_PEOPLE))
    person = get_object_or_404(seen.select_related("area"), pk=pk)
    column, on_phone = request.POST.get("column"), "phone" in request.POST
    if column not in COLUMNS:
        raise Http404
    context = {
        "label": COLUMNS[column],
        "number": actions.reveal(person=person, column=column, by=request.user),
        "call": column == "phone",
        "name": person.name if on_phone else "",
        "back": _page_of(person, scope, on_phone),
    }
    return render(request, "people/reveal.html", context)


def _page_of(person: Person, scope, on_phone: bool) -> str:
    if on_phone:
        return reverse("people:person", args=[person.pk])
    return reverse("admin:people_person_change", args=[person.pk]) if scope.has(Can.USE_DESK) else ""
