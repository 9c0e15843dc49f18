"""What pages of services have in common: who may run them, and a button that is a form by itself."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from gridparty.lib.access import Can
from gridparty.lib.phone_forms import SentForm
from jobs.answers import answer
from services.gatherings import may_run


def runner_page(view):
    """For who runs services by a post, and for who leads a team; anybody else is refused."""

    @wraps(view)
    @login_required
    @never_cache
    def guarded(request, *args, **kwargs):
        if not may_run(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.needs = Can.RUN_SERVICES  # or the lead of a team: rows come by gatherings.runnable
    return guarded


def pressed(request: HttpRequest, act: Callable[[], tuple[str, str]], page: str, form: SentForm | None = None) -> HttpResponse:
    """Answer a button: where it is refused, `page` says why."""
    form = form or SentForm(request.POST)
    if done := answer(request, form, act):
        return done
    for why in dict.fromkeys(why for errors in form.errors.values() for why in errors):
        messages.error(request, why)
    return redirect(page)
