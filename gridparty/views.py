"""The way in, and the phone's first page."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gridparty.lib.access import Can, scope_of
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
    """What waits for me, late things first."""
    waiting = [todo for contribute in todos for todo in contribute(request.user) if todo.count]
    return render(request, "phone/home.html", {"todos": sorted(waiting, key=lambda todo: not todo.late)})
