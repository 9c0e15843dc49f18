"""Reads across appointments: who may appoint whom, which posts stand empty."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, QuerySet

from accounts.choices import Role
from accounts.models import Appointment, SchemePost, SchemeUse
from accounts.roles import MAY_APPOINT
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.models import Area

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
    """The posts that stand empty in the user's areas (or those of them within one), by code. Four queries.

    An area follows the scheme named for it or for its nearest ancestor (SchemeUse); without one it needs no posts.
    """
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
    rows = areas.select_related("street", "community", "grid").order_by("code")
    return [
        Vacancy(area, post, filled.get((area.pk, post.role), 0))
        for area in rows
        for post in posts.get((_scheme_of(area, schemes), area.kind), ())
        if filled.get((area.pk, post.role), 0) < post.needed
    ]


def _scheme_of(area: Area, schemes: dict[int, int]) -> int | None:
    """Nearest first; between a grid and its outermost grid no scheme can stand (SchemeUse is for grids' ancestors)."""
    chain: Iterable[int | None] = (area.pk, area.grid_id, area.community_id, area.street_id, area.district_id)
    return next((schemes[pk] for pk in chain if pk in schemes), None)
