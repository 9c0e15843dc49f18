"""Reads across appointments: who may appoint whom, which posts stand empty."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, QuerySet

from accounts.choices import Role
from accounts.models import Appointment, SchemePost, SchemeUse, User
from accounts.roles import CAPABILITIES, MAY_APPOINT
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


def posts_held(users: Iterable[int]) -> dict[int, list[Appointment]]:
    """The posts of these users that have not ended."""
    held = defaultdict(list)
    for some in chunks(sorted(users)):
        for post in Appointment.objects.filter(user__in=some, ended_at=None).order_by("pk"):
            held[post.user_id].append(post)
    return held


def users_named(by, names: Iterable[str], usernames: Iterable[str] = ()) -> list[User]:
    """The users of these names or log-in names whom `by` sees; None sees all."""
    rows = User.objects.all() if by is None else User.objects.visible_to(by)
    found = {row.pk: row for some in chunks(sorted(names)) for row in rows.filter(name__in=some)}
    found |= {row.pk: row for some in chunks(sorted(usernames)) for row in rows.filter(username__in=some)}
    return [found[pk] for pk in sorted(found)]


def taken_usernames() -> set[str]:
    """Every log-in name in use, whoever sees its user."""
    return set(User.objects.values_list("username", flat=True))


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


def post_holders(areas: Iterable[int], can: Can) -> dict[int, list[User]]:
    """{area id: the users whose post stands exactly there and gives them this capability}. One query."""
    roles = [role for role, allowed in CAPABILITIES.items() if can in allowed]
    posts = Appointment.objects.in_force().filter(area__in=list(areas), role__in=roles, user__is_active=True)
    holders: dict[int, dict[int, User]] = defaultdict(dict)
    for post in posts.select_related("user").order_by("pk"):
        holders[post.area_id][post.user_id] = post.user
    return {area: list(users.values()) for area, users in holders.items()}
