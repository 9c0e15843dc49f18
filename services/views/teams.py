"""A team on the phone, for who belongs to it and who runs services there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from members.views.mine import my_page
from people.rounds import part
from people.views.rounds import page_of
from services.gatherings import activities_of, leads, people_in, teams_of

LAST = 10


@my_page
@require_safe
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """Its members by name, its last activities, and for the leader the way to a new one."""
    row = get_object_or_404(teams_of(request.user).select_related("area", "community", "leader__person"), pk=pk)
    context = {
        "team": row,
        "leads": leads(row, request.user),
        "part": part(people_in(row), page_of(request)),
        "activities": list(activities_of(row)[:LAST]),
    }
    return render(request, "services/teams/team.html", context)
