"""The notice of a year of points, open to anybody: masked names, and only while it hangs or after it was signed."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from gridparty.lib.doors import public
from members.notices import branches_of, by_place, list_of, published

_WHY = "the notice of a year of points is for everybody to read: masked names, and only while it is published"


def _scheme_of(key: UUID):
    scheme = published(key)
    if scheme is None:
        raise Http404
    return scheme


def _page(request: HttpRequest, template: str, context: dict) -> HttpResponse:
    response = render(request, template, context)
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@public(_WHY)
@require_safe
@cache_control(private=True, max_age=60)
def points(request: HttpRequest, key: UUID) -> HttpResponse:
    """Which organisations are on the list."""
    scheme = _scheme_of(key)
    branches = branches_of(scheme)
    context = {"scheme": scheme, "streets": by_place(branches), "number": sum(one.number for one in branches)}
    return _page(request, "members/notice/points.html", context)


@public(_WHY)
@require_safe
@cache_control(private=True, max_age=60)
def branch(request: HttpRequest, key: UUID, pk: int) -> HttpResponse:
    """The masked list of one organisation."""
    scheme = _scheme_of(key)
    found = next((one for one in branches_of(scheme) if one.pk == pk), None)
    if found is None:
        raise Http404
    return _page(request, "members/notice/branch.html", {"scheme": scheme, "branch": found, "rows": list_of(scheme, pk)})
