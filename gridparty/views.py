"""The way in, and the phone's first page."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gridparty.context import left_out
from gridparty.lib.access import Can, Scope, scope_of
from gridparty.lib.doors import public
from gridparty.lib.registry import todos


@public("leads everybody logged in to where the work is")
@login_required
def home(request):
    """The desk for who works at one, else the phone."""
    return redirect("admin:index" if scope_of(request.user).has(Can.USE_DESK) else "phone")


@public("everybody logged in sees what waits for them: every room counts what is theirs")
@login_required
@require_safe
@never_cache
def phone(request):
    """What waits for me, urgent and late things first; the ways to begin something; the places the tab bar has no room for."""
    waiting = [todo for contribute in todos for todo in contribute(request.user) if todo.count]
    scope = scope_of(request.user)
    context = {
        "todos": sorted(waiting, key=lambda todo: (not todo.urgent, not todo.late)),
        "begin": _offered(scope, BEGIN),
        "places": [*_offered(scope, PLACES), *left_out(request.user)],
        "searches": scope.has(Can.USE_PHONE) and scope.has(Can.SEE_PEOPLE),
    }
    return render(request, "phone/home.html", context)


# (label, route, who has it on the phone)
BEGIN = [
    (gettext_lazy("记日志"), "cases:journal_new", Can.KEEP_JOURNAL),
    (gettext_lazy("走访"), "people:rounds", Can.RECORD_VISITS),
    (gettext_lazy("紧急上报"), "cases:case_urgent", Can.KEEP_JOURNAL),
]
PLACES = [(gettext_lazy("我的网格和住户"), "people:places", Can.SEE_PEOPLE)]


def _offered(scope: Scope, wanted: list[tuple[str, str, Can]]) -> list[tuple[str, str]]:
    """(label, address) of those the user has."""
    return [(label, reverse(route)) for label, route, can in wanted if scope.has(Can.USE_PHONE) and scope.has(can)]
