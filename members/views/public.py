"""The notice of a year of points, open to anybody: masked names, and only while it hangs or after it was signed."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from gridparty.lib.doors import public, unlisted
from members.notices import branches_of, by_place, list_of, published

_page = unlisted("members/notice")

_WHY = "the notice of a year of points is for everybody to read: masked names, and only while it is published"


def _scheme_of(key: UUID):
    scheme = published(key)
    if scheme is None:
        raise Http404
    return scheme


@public(_WHY)
@require_safe
@cache_control(private=True, max_age=60)
def points(request: HttpRequest, key: UUID) -> HttpResponse:
    """Which organisations are on the list."""
    scheme = _scheme_of(key)
    branches = branches_of(scheme)
    context = {"scheme": scheme, "streets": by_place(branches), "number": sum(one.number for one in branches)}
    return _page(request, "points", context)


@public(_WHY)
@require_safe
@cache_control(private=True, max_age=60)
def branch(request: HttpRequest, key: UUID, pk: int) -> HttpResponse:
    """The masked list of one organisation."""
    scheme = _scheme_of(key)
    found = next((one for one in branches_of(scheme) if one.pk == pk), None)
    if found is None:
        raise Http404
    return _page(request, "branch", {"scheme": scheme, "branch": found, "rows": list_of(scheme, pk)})
