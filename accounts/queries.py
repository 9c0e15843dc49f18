"""Reads across appointments: who may appoint whom, which posts stand empty."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, QuerySet

from accounts.choices import Role
from accounts.models import Appointment, SchemePost, SchemeUse
from accounts.roles import MAY_APPOINT
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.models import Area
from grids.queries import chunks

ENDING_SOON_DAYS = 60


def may_appoint(by, role: str, area: Area | None) -> bool:
    """Whether `by` may give this role on this area: one grant must hold both the right and the reach."""
    return any(
        Can.EDIT_POSTS in grant.can
        and role in MAY_APPOINT[Role(grant.role)]
        and (grant.everywhere or (grant.reach is not None and area is not None and grant.reach.covers(area)))
        for grant in scope_of(by).grants
    )


def appointable_roles(by) -> list[Role]:
    """The roles `by` may give somewhere, in the order of the table."""
    roles = {role for grant in scope_of(by).grants if Can.EDIT_POSTS in grant.can for role in MAY_APPOINT[Role(grant.role)]}
    return [role for role in Role if role in roles]


def ending_soon(user) -> QuerySet[Appointment]:
    """Posts in force that `user` may see and that end within the next weeks."""
    last = today() + timedelta(days=ENDING_SOON_DAYS)
    return Appointment.objects.visible_to(user).in_force().filter(ends_on__lte=last)


@dataclass(frozen=True)
class Vacancy:
    """An area lacks `needed - filled` holders of a post its scheme asks for."""

    area: Area
    post: SchemePost
    filled: int

    @property
    def missing(self) -> int:
        return self.post.needed - self.filled


def vacancies(user, within: Area | None = None) -> list[Vacancy]:
    """The posts that stand empty in the user's areas (or those of them within one), by code. Five queries.

    An area follows the scheme named for it or for its nearest ancestor (SchemeUse); without one it needs no posts.
    """
    return [Vacancy(area, post, filled) for area, post, filled in _with_areas(list(_vacant(user, within)))]


def number_of_vacancies(user) -> int:
    """How many holders are missing in the user's areas. Four queries, and no area is loaded."""
    return sum(post.needed - filled for _area, post, filled in _vacant(user, None))


def _with_areas(found: list[tuple]) -> Iterator[tuple]:
    rows = Area.objects.select_related("street", "community", "grid")
    areas = {}
    for some in chunks(sorted({area for area, _post, _filled in found})):
        areas |= rows.in_bulk(some)
    for area, post, filled in found:
        yield areas[area], post, filled


def _vacant(user, within: Area | None) -> Iterator[tuple[int, SchemePost, int]]:
    """(area, post, how many hold it) where too few do, by code."""
    posts = defaultdict(list)
    for post in SchemePost.objects.order_by("pk"):
        posts[post.scheme_id, post.kind].append(post)
    schemes = dict(SchemeUse.objects.values_list("area_id", "scheme_id"))
    kinds = {kind for _scheme, kind in posts}
    areas = Area.objects.filter(scope_of(user).q(Can.SEE_POSTS, area_path="")).open().filter(kind__in=kinds)
    held = Appointment.objects.visible_to(user).in_force()
    if within is not None:
        areas, held = areas.within(within), held.within(within)
    filled = {(area, role): n for area, role, n in held.values_list("area", "role").annotate(n=Count("id")).order_by()}
    for area, kind, *above in areas.order_by("code").values_list("pk", "kind", "grid", "community", "street", "district"):
        # Between a grid and its outermost grid no scheme can stand.
        scheme = next((schemes[pk] for pk in (area, *above) if pk in schemes), None)
        for post in posts.get((scheme, kind), ()):
            if filled.get((area, post.role), 0) < post.needed:
                yield area, post, filled.get((area, post.role), 0)
