"""Who may see and change which row, worked out anew from parents and posts: nothing here asks the doors it is to judge.

From the product it takes the table of capabilities and each model's `see` and `edit`; how far they reach is its own.
"""

from collections import defaultdict
from functools import cached_property
from operator import attrgetter

from django.db.models import Model

from accounts.choices import Role
from accounts.models import Appointment, RoleScheme, SchemeUse, User
from accounts.roles import CAPABILITIES
from audit.models import ChangeEntry, Setting, ViewEntry
from audit.querysets import UnplacedQuerySet
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from gridparty.tests.access.world import ACTORS, ANONYMOUS, STANDING, World, own_models
from grids.models import Area, AreaEvent, Placed
from jobs.models import Job, Notice, OutboxMessage, Schedule
from members.models import ClassUse, Member, MemberMove, PartyOrganisation, Seat, Unit, Zone
from people.models import Care, Household, MoveRequest, Person, PersonMerge, PersonSkill, Visit
from rosters.models import Export, Import, ImportBefore, ImportFile, ImportProblem, ImportRow, Mapping

GRID_POSTS = {
    Role.GRID_LEADER,
    Role.SENTIMENT_OFFICER,
    Role.SAFETY_OFFICER,
    Role.CITYSCAPE_OFFICER,
    Role.GROUP_LEADER,
    Role.RETIREE_LEADER,
    Role.BRANCH_SECRETARY,
    Role.MEMBER,
}
BY_SECRETARY = GRID_POSTS | {Role.BUILDING_LEADER, Role.SUPERVISOR, Role.COMMUNITY_CLERK}
BY_STREET = BY_SECRETARY | {Role.COMMUNITY_SECRETARY, Role.LEADING_CADRE}
# Whom each role appoints, within its own reach. Written out anew: a change of accounts.roles is to be made here, too.
APPOINTS = {
    Role.COMMUNITY_SECRETARY: BY_SECRETARY,
    Role.STREET_OFFICER: BY_STREET,
    Role.DISTRICT_OFFICIAL: BY_STREET | {Role.STREET_OFFICER},
    Role.ALL_DISTRICTS_OFFICIAL: BY_STREET | {Role.STREET_OFFICER, Role.DISTRICT_OFFICIAL},
    Role.SECURITY_ADMIN: set(Role) - {Role.SECURITY_ADMIN},
}

# What a page shows along with a row: who did it, what it is about.
SHOWN_ALONG = {
    AreaEvent: ("other",),
    Appointment: ("user", "area"),
    SchemeUse: ("area", "scheme"),
    Job: ("created_by", "again_by"),
    OutboxMessage: ("notice",),
    ChangeEntry: ("actor",),
    ViewEntry: ("actor",),
    Schedule: ("last_job",),
    Person: ("area",),
    Household: ("area",),
    # Never the person, nor where the record is: that is for the other side alone.
    MoveRequest: ("area", "community", "household", "asked_by"),
    PersonMerge: ("kept", "dropped"),
    Care: ("person", "responsible"),
    Visit: ("person", "household", "by"),
    PersonSkill: ("person",),
    Unit: ("area", "community"),
    PartyOrganisation: ("area", "community", "parent", "unit"),
    Zone: ("organisation", "building"),
    Seat: ("organisation", "person"),
    ClassUse: ("area", "scheme"),
    Member: ("person", "organisation", "organisation.community", "employer", "area", "community"),
    MemberMove: ("member", "member.person", "from_organisation", "to_organisation", "by"),
}
# Of whom others have on record the membership shows only what was typed.
APART = {"person", "member.person", "area", "community"}


def along(row: Model) -> list[Model | None]:
    hidden = APART if getattr(getattr(row, "member", row), "known_as", "") else set()
    return [attrgetter(name)(row) for name in SHOWN_ALONG.get(type(row), ()) if name not in hidden]


class Oracle:
    def __init__(self, world: World):
        self.world = world
        self.parent = dict(Area._base_manager.values_list("pk", "parent_id"))
        self.stands = {
            name: [(role, world.at(where).pk if where else None) for role, where in posts]
            for name, posts in (ACTORS | STANDING).items()
        } | {ANONYMOUS: []}
        self.posts = defaultdict(list)
        for post in Appointment._base_manager.all():
            self.posts[post.user_id].append(post)

    # --- Reach
    def chain(self, area_id: int | None) -> list[int]:
        """The area and all above it."""
        found = []
        while area_id is not None:
            found.append(area_id)
            area_id = self.parent[area_id]
        return found

    def has(self, actor: str, can: Can) -> bool:
        return any(can in CAPABILITIES[role] for role, _stand in self.stands[actor])

    def reaches(self, actor: str, can: Can, area_id: int | None) -> bool:
        return any(can in CAPABILITIES[role] for role in self._roles_above(actor, self.chain(area_id)))

    def _roles_above(self, actor: str, chain: list[int]) -> list[Role]:
        return [role for role, stand in self.stands[actor] if stand is None or stand in chain]

    def key(self, actor: str) -> int | None:
        return self.world.actors[actor].pk if actor != ANONYMOUS else None

    # --- Rows
    def visible(self, actor: str, row: Model) -> bool:
        rule = RULES.get(type(row))
        if rule is not None:
            return rule[0](self, actor, row)
        return self._by_place_or_capability(actor, row, row.see)

    def editable(self, actor: str, row: Model) -> bool:
        if not hasattr(row, "edit"):
            return False
        rule = RULES.get(type(row))
        if rule is not None:
            return rule[1](self, actor, row)
        return self._by_place_or_capability(actor, row, row.edit)

    def _by_place_or_capability(self, actor: str, row: Model, can: Can) -> bool:
        if isinstance(row, Placed):
            return self.reaches(actor, can, row.area_id)
        return self.has(actor, can)

    def edits_area(self, actor: str, area: Area) -> bool:
        """What one may change begins below the area one stands on."""
        chain = self.chain(area.pk)[1:]
        return any(Area.edit in CAPABILITIES[role] for role in self._roles_above(actor, chain))

    def sees_user(self, actor: str, user: User) -> bool:
        return self._has_posted(actor, user, User.see)

    def edits_user(self, actor: str, user: User) -> bool:
        in_force = [post for post in self.posts[user.pk] if self._in_force(post)]
        return (
            user.pk != self.key(actor)
            and self._has_posted(actor, user, User.edit)
            and all(self.edits_post(actor, post) for post in in_force)
        )

    def _has_posted(self, actor: str, user: User, can: Can) -> bool:
        """Somebody with a post, past or present, within reach; or entered by the actor and never appointed."""
        if any(stand is None and can in CAPABILITIES[role] for role, stand in self.stands[actor]):
            return True
        posts = self.posts[user.pk]
        if not posts:
            return self.has(actor, can) and user.created_by_id == self.key(actor)
        return any(self.reaches(actor, can, post.area_id) for post in posts)

    @staticmethod
    def _in_force(post: Appointment) -> bool:
        return post.ended_at is None and post.starts_on <= today() and (post.ends_on is None or today() <= post.ends_on)

    def appoints(self, actor: str, role: Role, area_id: int | None) -> bool:
        above = self._roles_above(actor, self.chain(area_id))
        return any(Can.EDIT_POSTS in CAPABILITIES[own] and role in APPOINTS.get(own, ()) for own in above)

    def edits_post(self, actor: str, post: Appointment) -> bool:
        return post.user_id != self.key(actor) and self.appoints(actor, Role(post.role), post.area_id)

    def sees_job(self, actor: str, job: Job) -> bool:
        return self.has(actor, Can.RUN_JOBS) or self.is_about(actor, job)

    def is_about(self, actor: str, row: Model) -> bool:
        """What everybody may see of themselves, whatever their posts."""
        me = self.key(actor)
        owner = {User: "pk", Appointment: "user_id", Job: "created_by_id", Notice: "recipient_id"}.get(type(row))
        return me is not None and owner is not None and getattr(row, owner) == me

    # --- Pages
    def lists(self, actor: str, model: type[Model]) -> bool:
        """Whether the list of the model opens at the desk."""
        return self.has(actor, Can.USE_DESK) and (model is Job or self.has(actor, model.see))

    def marks(self, actor: str) -> set[str]:
        """Every mark a page may show the actor."""
        if actor == ANONYMOUS:
            return set()
        shown = self._marks_above(actor)
        for row in self.rows.values():
            # Areas go by name wherever the posts in them are seen.
            named = isinstance(row, Area) and self.reaches(actor, Can.SEE_POSTS, row.pk)
            if named or self.visible(actor, row) or self.is_about(actor, row) or isinstance(row, Setting):
                shown |= set().union(*(self._marks_of(one) for one in [row, *along(row)]))
        return shown

    def _marks_of(self, row: Model | None) -> set[str]:
        return self._words.get((row._meta.label, row.pk), set()) if row else set()

    def _marks_above(self, actor: str) -> set[str]:
        """The names of the areas one's own stand in."""
        above = {pk for _role, stand in self.stands[actor] for pk in self.chain(stand)}
        return set().union(*(self._marks_of(self.rows[Area._meta.label, pk]) for pk in above))

    def codes(self, actor: str) -> set[str]:
        """Every code of an area a page may show the actor; the change log holds them all."""
        if self.has(actor, Can.SEE_AUDIT):
            return {area.code for area in self.world.areas.values()}
        above = {pk for _role, stand in self.stands[actor] for pk in self.chain(stand)}
        areas = self.world.areas.values()
        return {area.code for area in areas if area.pk in above or self.visible(actor, area)}

    @cached_property
    def rows(self) -> dict[tuple[str, int], Model]:
        return {(row._meta.label, row.pk): row for model in own_models() for row in model._base_manager.all()}

    @cached_property
    def _words(self) -> dict[tuple[str, int], set[str]]:
        found = defaultdict(set)
        for word, rows in self.world.words.items():
            for row in rows:
                found[row].add(word)
        return found


def _on_a_side(can: Can):
    """A request has two sides: where the person is to live, and where the person is on record."""

    def rule(oracle: Oracle, actor: str, row: MoveRequest) -> bool:
        return oracle.reaches(actor, can, row.area_id) or oracle.reaches(actor, can, row.held_area_id)

    return rule


def _of_the_kept(can: Can):
    return lambda oracle, actor, merge: oracle.reaches(actor, can, merge.kept.area_id)


def _of_organisation(can: Can):
    """By the area of the organisation a row belongs to."""
    return lambda oracle, actor, row: oracle.reaches(actor, can, row.organisation.area_id)


def _here_or_elsewhere(can: Can):
    """Units and organisations of elsewhere stand nowhere and are seen by all who see members."""

    def rule(oracle: Oracle, actor: str, row: Unit | PartyOrganisation) -> bool:
        return oracle.reaches(actor, can, row.area_id) or (row.area_id is None and oracle.has(actor, can))

    return rule


def _by_place(can: Can):
    return lambda oracle, actor, row: oracle.reaches(actor, can, row.area_id)


def _sees_member(oracle: Oracle, actor: str, member: Member) -> bool:
    """Double belonging: where the member lives, and where the membership is."""
    both = member.area_id, member.organisation.area_id
    return any(oracle.reaches(actor, Member.see, area) for area in both)


def _sides_of(move: MemberMove) -> list[int | None]:
    to = [move.to_organisation.area_id] if move.to_organisation else []
    return [move.member.organisation.area_id, *to]


def _sees_move(oracle: Oracle, actor: str, move: MemberMove) -> bool:
    return any(oracle.reaches(actor, MemberMove.see, area) for area in [move.member.area_id, *_sides_of(move)])


def _edits_move(oracle: Oracle, actor: str, move: MemberMove) -> bool:
    return any(oracle.reaches(actor, MemberMove.edit, area) for area in _sides_of(move))


def _ones_own_import(oracle: Oracle, actor: str, row: Model) -> bool:
    """What somebody brought in is nobody else's, and theirs as long as they may import."""
    return oracle.has(actor, Can.IMPORT_ROSTERS) and getattr(row, "of", row).by_id == oracle.key(actor)


def _ones_own_export(oracle: Oracle, actor: str, row: Export) -> bool:
    return oracle.has(actor, Can.USE_DESK) and row.by_id == oracle.key(actor)


def _of_the_office(oracle: Oracle, actor: str, mapping: Mapping) -> bool:
    """What colleagues on the very same area have matched; 0 is over all districts."""
    offices = [stand or 0 for role, stand in oracle.stands[actor] if Can.IMPORT_ROSTERS in CAPABILITIES[role]]
    return mapping.office in offices


def _runs_jobs(oracle: Oracle, actor: str, row: Model) -> bool:
    return oracle.has(actor, Can.RUN_JOBS)


# Models whose doors follow neither their place nor one capability: (visible, editable).
RULES = {
    Area: (lambda oracle, actor, area: oracle.reaches(actor, Area.see, area.pk), Oracle.edits_area),
    User: (Oracle.sees_user, Oracle.edits_user),
    Appointment: (lambda oracle, actor, post: oracle.reaches(actor, Appointment.see, post.area_id), Oracle.edits_post),
    Job: (Oracle.sees_job, _runs_jobs),
    Notice: (lambda oracle, actor, notice: False, lambda oracle, actor, notice: False),
    Schedule: (_runs_jobs, _runs_jobs),
    OutboxMessage: (_runs_jobs, _runs_jobs),
    MoveRequest: (_on_a_side(MoveRequest.see), _on_a_side(MoveRequest.edit)),
    PersonMerge: (_of_the_kept(PersonMerge.see), _of_the_kept(PersonMerge.edit)),
    Unit: (_here_or_elsewhere(Unit.see), _by_place(Unit.edit)),
    PartyOrganisation: (_here_or_elsewhere(PartyOrganisation.see), _by_place(PartyOrganisation.edit)),
    Zone: (_of_organisation(Zone.see), _of_organisation(Zone.edit)),
    Seat: (_of_organisation(Seat.see), _of_organisation(Seat.edit)),
    Member: (_sees_member, _of_organisation(Member.edit)),
    MemberMove: (_sees_move, _edits_move),
    **dict.fromkeys((Import, ImportFile, ImportRow, ImportProblem, ImportBefore), (_ones_own_import, _ones_own_import)),
    Export: (_ones_own_export, _ones_own_export),
    Mapping: (_of_the_office, _of_the_office),
}


def is_unplaced(model: type[Model]) -> bool:
    """Whether rows of the model belong to no place, so that one row stands for all."""
    return isinstance(model._default_manager.all(), UnplacedQuerySet) or model in (Schedule, OutboxMessage, RoleScheme)
