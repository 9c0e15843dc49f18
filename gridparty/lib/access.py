"""Who may see what: capabilities, and the scope a user has from the appointments in force.

A scope is a set of grants, pairs of (capabilities, reach). Every door names its capability and counts only the grants that
hold it, so the right of one role never works in the area of another. `user.scope` is built once per request by accounts.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q, QuerySet


class Can(StrEnum):
    """What a role may do. accounts.roles says which role may do what."""

    USE_DESK = "use_desk"
    USE_PHONE = "use_phone"
    SEE_AREAS = "see_areas"
    EDIT_AREAS = "edit_areas"
    SEE_POSTS = "see_posts"
    EDIT_POSTS = "edit_posts"
    INVITE_USERS = "invite_users"
    DISABLE_USERS = "disable_users"
    SEE_PEOPLE = "see_people"
    EDIT_PEOPLE = "edit_people"
    RECORD_VISITS = "record_visits"
    REVEAL_PEOPLE = "reveal_people"  # numbers and phones in full, each time logged
    SEE_MEMBERS = "see_members"
    EDIT_MEMBERS = "edit_members"
    PROPOSE_POINTS = "propose_points"  # for others; for oneself every member may
    DECIDE_POINTS = "decide_points"
    REVIEW_POINTS = "review_points"  # what a branch does not decide itself: reserved items, appeals
    SET_POINTS = "set_points"  # a year's scheme, and closing the year
    SEE_VOICES = "see_voices"  # journal, cases, weekly reports
    KEEP_JOURNAL = "keep_journal"  # also: open a case
    HANDLE_CASES = "handle_cases"
    SEE_RATINGS = "see_ratings"  # single ones, of the areas below one's own
    WRITE_REPORTS = "write_reports"
    REVIEW_REPORTS = "review_reports"
    SEE_SERVICES = "see_services"  # posts, teams, activities, hours
    RUN_SERVICES = "run_services"
    APPROVE_SERVICES = "approve_services"  # posts before they are published, cards before they are sent
    SEE_CARDS = "see_cards"
    KEEP_CARDS = "keep_cards"  # the community's remark, sending, what came back
    SEE_LIAISON = "see_liaison"  # agreements with units, meetings, resolutions
    RUN_LIAISON = "run_liaison"
    SIGN_AGREEMENTS = "sign_agreements"  # and end them
    IMPORT_ROSTERS = "import_rosters"
    RUN_JOBS = "run_jobs"
    EDIT_SETTINGS = "edit_settings"
    SEE_AUDIT = "see_audit"


@dataclass(frozen=True)
class Reach:
    """One area and all below it. `column` is the copied ancestor that narrows most; `exact` says that it alone is enough."""

    area_id: int
    column: str  # district | street | community | grid
    column_id: int
    exact: bool
    tree_id: int
    lft: int
    rght: int

    def q(self, area_path: str, place_path: str = "") -> Q:
        """The rows within this reach; `area_path` leads from the row to its area ("" on Area itself)."""
        q = Q(**{f"{place_path}{self.column}_id": self.column_id})
        if not self.exact:
            q &= Q(
                **{
                    f"{area_path}tree_id": self.tree_id,
                    f"{area_path}lft__gte": self.lft,
                    f"{area_path}rght__lte": self.rght,
                }
            )
        return q

    def covers(self, area) -> bool:
        """Whether `area` (an Area row) is this area or stands below it."""
        return area.tree_id == self.tree_id and self.lft <= area.lft and area.rght <= self.rght


@dataclass(frozen=True)
class Grant:
    """One appointment seen as a right, over an area or over a body (a party organisation: members knows its key).

    Neither means everywhere (a role over all districts).
    """

    role: str
    can: frozenset[Can]
    reach: Reach | None = None
    body: str = ""

    @property
    def everywhere(self) -> bool:
        return self.reach is None and not self.body


class Scope:
    """All grants of one user at this moment. An empty scope reaches no row."""

    def __init__(self, grants: tuple[Grant, ...] = ()):
        self.grants = grants

    def has(self, can: Can) -> bool:
        """Whether any grant holds the capability, wherever it reaches."""
        return any(can in grant.can for grant in self.grants)

    def everywhere(self, can: Can) -> bool:
        return any(can in grant.can and grant.everywhere for grant in self.grants)

    def reaches(self, can: Can) -> list[Reach]:
        return [grant.reach for grant in self.grants if can in grant.can and grant.reach is not None]

    def bodies(self, can: Can) -> list[str]:
        """The keys of the bodies the capability was given on by filling a seat."""
        return [grant.body for grant in self.grants if can in grant.can and grant.body]

    def roles(self) -> set[str]:
        return {grant.role for grant in self.grants}

    def covers(self, can: Can, area) -> bool:
        """Whether the capability reaches this Area row."""
        return self.everywhere(can) or any(reach.covers(area) for reach in self.reaches(can))

    def q(self, can: Can, *, area_path: str = "area__", place_path: str = "", strictly_below: bool = False) -> Q:
        """The filter for rows within reach of the capability; no grant gives no rows.

        `strictly_below` (on Area only) leaves out the area a grant stands on: a street officer draws grids in the street
        but does not rename the street.
        """
        if self.everywhere(can):
            return Q()
        condition = Q(pk__in=[])
        for reach in self.reaches(can):
            within = reach.q(area_path, place_path)
            condition |= within & ~Q(pk=reach.area_id) if strictly_below else within
        return condition


NO_SCOPE = Scope()


def scope_of(user) -> Scope:
    """The user's scope; nobody (anonymous) has none."""
    return getattr(user, "scope", NO_SCOPE)


class ScopedQuerySet(QuerySet):
    """The two doors to placed rows. The model names its capabilities as `see` and `edit`."""

    def visible_to(self, user):
        """The rows `user` may see."""
        return self.filter(self._reach(user, self.model.see))

    def editable_by(self, user):
        """The rows `user` may change."""
        return self.filter(self._reach(user, self.model.edit))

    def _reach(self, user, can: Can) -> Q:
        return scope_of(user).q(can)
