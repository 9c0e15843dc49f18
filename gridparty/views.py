"""The way in."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect

from gridparty.lib.access import Can, scope_of
from gridparty.lib.doors import public


@public("leads everybody logged in to where the work is")
@login_required
def home(request):
    """The desk for who works at one, else the own page."""
    return redirect("admin:index" if scope_of(request.user).has(Can.USE_DESK) else "accounts:me")
