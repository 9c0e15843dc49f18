"""How a view declares who may come in. A view without a declaration fails a test (gridparty/tests/test_urls.py)."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gridparty.lib.access import Can, scope_of


def needs(can: Can) -> Callable:
    """Declare the capability a view needs: no log-in leads to the log-in page, a missing capability is 403."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not scope_of(request.user).has(can):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.needs = can
        return guarded

    return decorate


def public(reason: str) -> Callable:
    """Declare that a view is open to anybody (or to anybody logged in), and why."""

    def decorate(view):
        view.public = reason
        return view

    return decorate


def unlisted(folder: str) -> Callable[..., HttpResponse]:
    """page(request, name, context, status) of the templates in a folder, which no search engine keeps."""

    def page(request: HttpRequest, name: str, context: dict, status: int = 200) -> HttpResponse:
        response = render(request, f"{folder}/{name}.html", context, status=status)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return page
