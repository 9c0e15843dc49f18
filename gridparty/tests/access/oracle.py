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
from cases.models import Case, CaseEvent, CasePhoto, JournalEntry, Rating, ReportEvent, ReportException, WeeklyReport
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from gridparty.tests.access.world import ACTORS, ANONYMOUS, SEATED, STANDING, World, own_models
from grids.models import Area, AreaEvent, Placed
from jobs.models import FormReceipt, Job, Notice, OutboxMessage, Schedule
from liaison.choices import MeetingState
from liaison.models import (
    AgendaItem,
    Agreement,
    AgreementScan,
    Attendance,
    Body,
    BodyMember,
    Commitment,
    CommitmentPhoto,
    Meeting,
    QuarterReport,
    Resolution,
)
from members.models import (
    ClassUse,
    Contact,
    ExemptClass,
    ItemClass,
    Member,
    MemberMove,
    NamedDay,
    PartyOrganisation,
    PointBalance,
    PointCategory,
    PointEntry,
    PointItem,
    PointScheme,
    Seat,
    Unit,
    Zone,
)
from people.models import Care, Household, MoveRequest, Person, PersonMerge, PersonSkill, Visit
from rosters.models import Export, Import, ImportBefore, ImportFile, ImportProblem, ImportRow, Mapping
from services.choices import CardState, PostState
from services.models import (
    Absence,
    Activity,
    ActivityPhoto,
    Claim,
    FeedbackCard,
    PostClass,
    PostShift,
    PostSkill,
    ServiceHours,
    ServicePost,
    SignUp,
    Team,
    TeamMember,
)

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
    Contact: ("member", "member.person", "by"),
    PointScheme: ("area",),
    NamedDay: ("scheme",),
    ExemptClass: ("scheme", "member_class"),
    PointCategory: ("scheme",),
    PointItem: ("category", "category.scheme"),
    ItemClass: ("item", "item.category", "member_class"),
    PointBalance: ("member", "member.person", "organisation", "member_class", "scheme"),
    PointEntry: ("balance.member", "balance.member.person", "balance.organisation", "item", "item.category", "proposed_by"),
    JournalEntry: ("subject", "household", "area", "by"),
    Case: ("subject", "household", "area", "holder", "supervisor", "opened_by"),
    CaseEvent: ("case", "holder", "by"),
    CasePhoto: ("event",),
    Rating: ("case", "area"),
    WeeklyReport: ("area", "sent_by"),
    ReportEvent: ("report", "by"),
    ReportException: ("area", "by"),
    ServicePost: ("kind", "area", "community", "proposed_by", "published_by"),
    PostShift: ("post",),
    PostSkill: ("post", "skill"),
    PostClass: ("post", "member_class"),
    Claim: ("post", "member", "member.person", "member.organisation", "decided_by"),
    Absence: ("claim.post", "claim.member", "claim.member.person", "noted_by"),
    Team: ("area", "community", "leader", "leader.person"),
    TeamMember: ("team", "member", "member.person", "member.organisation"),
    Activity: ("area", "community", "team", "held_by"),
    ActivityPhoto: ("activity",),
    SignUp: ("activity", "member", "member.person", "member.organisation"),
    ServiceHours: ("member", "member.person", "member.organisation", "claim.post", "entered_by", "area"),
    FeedbackCard: ("member", "member.person", "member.organisation", "unit", "area", "community"),
    Agreement: ("unit", "organisation", "area", "community"),
    AgreementScan: ("agreement",),
    Commitment: ("agreement", "agreement.unit", "agreement.community", "done_by"),
    CommitmentPhoto: ("commitment",),
    QuarterReport: ("agreement", "agreement.unit", "agreement.organisation", "agreement.area", "agreement.community", "sent_by"),
    Body: ("organisation", "area", "community"),
    BodyMember: ("body", "person", "unit"),
    Meeting: ("body", "area", "community"),
    Attendance: ("meeting", "body_member", "body_member.person", "body_member.unit"),
    Resolution: ("meeting", "meeting.body", "owner", "owner.person", "owner.unit", "case"),
    AgendaItem: ("meeting", "resolution"),
}


def _offered(oracle: "Oracle", actor: str, row: ServicePost | Activity) -> bool:
    """Members may look at what their community, or what stands above it, offers: where they live and where they belong."""
    spot = oracle.community_of(row.area_id)
    is_shown = not isinstance(row, ServicePost) or row.state == PostState.PUBLISHED
    return is_shown and any(spot in oracle.chain(place) for one in oracle.memberships(actor) for place in oracle.places(one))


def _cards(oracle: "Oracle", actor: str, row: FeedbackCard) -> bool:
    """What the employer is told, once it is told."""
    return row.state in (CardState.SENT, CardState.ANSWERED) and row.member in oracle.memberships(actor)


def _invited(oracle: "Oracle", actor: str, row: Meeting) -> bool:
    """Once the invitations are out."""
    out = row.state in (MeetingState.CONVENED, MeetingState.HELD, MeetingState.CLOSED)
    return out and any(_is(oracle, actor, one.body_member) for one in row.attendances.select_related("body_member__person"))


def _took_on(oracle: "Oracle", actor: str, row: Resolution) -> bool:
    """Once the minutes are out."""
    return row.meeting.state == MeetingState.CLOSED and _is(oracle, actor, row.owner)


def _is(oracle: "Oracle", actor: str, one: BodyMember) -> bool:
    return one.person is not None and one.person.user_id == oracle.key(actor)


# Whose own a row is: a path to the user, or a rule.
OWNER = {
    User: "pk",
    Appointment: "user_id",
    Job: "created_by_id",
    Notice: "recipient_id",
    FormReceipt: "user_id",
    Member: "person.user_id",
    Contact: "member.person.user_id",
    PointBalance: "member.person.user_id",
    PointEntry: "balance.member.person.user_id",
    ServicePost: _offered,
    Activity: _offered,
    Claim: "member.person.user_id",
    Absence: "claim.member.person.user_id",
    SignUp: "member.person.user_id",
    ServiceHours: "member.person.user_id",
    FeedbackCard: _cards,
    Meeting: _invited,
    Resolution: _took_on,
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
        self.organised = dict(PartyOrganisation._base_manager.values_list("pk", "parent_id"))
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
        roles = [role for role, _where in (*self.stands[actor], *SEATED.get(actor, ()))]
        return any(can in CAPABILITIES[role] for role in roles)

    def keeps(self, actor: str, can: Can, organisation: PartyOrganisation) -> bool:
        """By the area of the organisation, or by a seat in it or above it."""
        seats = [(role, self.world.rows[PartyOrganisation][where]) for role, where in SEATED.get(actor, ())]
        above = [organisation.pk]
        while above[-1] is not None:
            above.append(self.organised.get(above[-1]))
        seated = any(can in CAPABILITIES[role] and body.pk in above for role, body in seats)
        return seated or self.reaches(actor, can, organisation.area_id)

    def proposes_by(self, actor: str, item: PointItem) -> bool:
        """Items are named to all who propose by them, though the scheme is made further up."""
        stands = [stand for role, stand in self.stands[actor] if Can.PROPOSE_POINTS in CAPABILITIES[role]]
        stands += [self.world.rows[PartyOrganisation][where].area_id for _role, where in SEATED.get(actor, ())]
        return any(item.category.scheme.area_id in self.chain(stand) for stand in stands if stand)

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
        owner = OWNER.get(type(row))
        if me is None or owner is None:
            return False
        return owner(self, actor, row) if callable(owner) else attrgetter(owner)(row) == me

    def memberships(self, actor: str) -> list[Member]:
        """Of the actor: none or one."""
        return self._memberships[self.key(actor)]

    @cached_property
    def _memberships(self) -> dict[int | None, list[Member]]:
        found = defaultdict(list)
        for one in Member._base_manager.select_related("person", "organisation").exclude(person__user=None):
            found[one.person.user_id].append(one)
        return found

    @staticmethod
    def places(member: Member) -> list[int]:
        return [place for place in (member.area_id, member.organisation.area_id) if place]

    def community_of(self, area_id: int) -> int:
        """The community an area is in; what stands above communities is its own."""
        kinds = {area.pk: area.kind for area in self.world.areas.values()}
        return next((pk for pk in self.chain(area_id) if kinds[pk] == "community"), area_id)

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
            named = named or (isinstance(row, PointItem) and self.proposes_by(actor, row))
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


def _of_organisation(can: Can, path: str = "organisation"):
    """By the organisation a row belongs to."""
    return lambda oracle, actor, row: oracle.keeps(actor, can, attrgetter(path)(row))


def _here_or_elsewhere(can: Can):
    """Units and organisations of elsewhere stand nowhere and are seen by all who see members."""

    def rule(oracle: Oracle, actor: str, row: Unit | PartyOrganisation) -> bool:
        kept = isinstance(row, PartyOrganisation) and oracle.keeps(actor, can, row)
        return kept or oracle.reaches(actor, can, row.area_id) or (row.area_id is None and oracle.has(actor, can))

    return rule


def _the_organisation(oracle: Oracle, actor: str, row: PartyOrganisation) -> bool:
    return oracle.keeps(actor, PartyOrganisation.edit, row)


def _of_scheme(path: str) -> tuple:
    """Schemes are seen and made for an area; who makes some sees the examples, too, which stand nowhere."""

    def sees(oracle: Oracle, actor: str, row: Model) -> bool:
        scheme = attrgetter(path)(row) if path else row
        example = scheme.area_id is None and oracle.has(actor, PointScheme.edit)
        return example or oracle.reaches(actor, PointScheme.see, scheme.area_id)

    def makes(oracle: Oracle, actor: str, row: Model) -> bool:
        return oracle.reaches(actor, PointScheme.edit, (attrgetter(path)(row) if path else row).area_id)

    return sees, makes


def _by_place(can: Can):
    return lambda oracle, actor, row: oracle.reaches(actor, can, row.area_id)


def _sees_member(oracle: Oracle, actor: str, member: Member) -> bool:
    """Double belonging: where the member lives, and where the membership is."""
    return oracle.reaches(actor, Member.see, member.area_id) or oracle.keeps(actor, Member.see, member.organisation)


def _on_its_sides(oracle: Oracle, actor: str, can: Can, move: MemberMove) -> bool:
    to = [move.to_organisation] if move.to_organisation else []
    return any(oracle.keeps(actor, can, one) for one in [move.member.organisation, *to])


def _sees_move(oracle: Oracle, actor: str, move: MemberMove) -> bool:
    lives = oracle.reaches(actor, MemberMove.see, move.member.area_id)
    return lives or _on_its_sides(oracle, actor, MemberMove.see, move)


def _edits_move(oracle: Oracle, actor: str, move: MemberMove) -> bool:
    return _on_its_sides(oracle, actor, MemberMove.edit, move)


def _ones_own_import(oracle: Oracle, actor: str, row: Model) -> bool:
    """What somebody brought in is nobody else's, and theirs as long as they may import."""
    return oracle.has(actor, Can.IMPORT_ROSTERS) and getattr(row, "of", row).by_id == oracle.key(actor)


def _ones_own_export(oracle: Oracle, actor: str, row: Export) -> bool:
    return oracle.has(actor, Can.USE_DESK) and row.by_id == oracle.key(actor)


def _of_the_office(oracle: Oracle, actor: str, mapping: Mapping) -> bool:
    """What colleagues on the very same area have matched; 0 is over all districts."""
    offices = [stand or 0 for role, stand in oracle.stands[actor] if Can.IMPORT_ROSTERS in CAPABILITIES[role]]
    return mapping.office in offices


def _of_case(path: str) -> tuple:
    """Seen where the matter is; handled by who sees it and handles cases where it is held."""

    def sees(oracle: Oracle, actor: str, row: Model) -> bool:
        return oracle.reaches(actor, Case.see, (attrgetter(path)(row) if path else row).area_id)

    def handles(oracle: Oracle, actor: str, row: Model) -> bool:
        held = attrgetter(path)(row) if path else row
        return sees(oracle, actor, row) and oracle.reaches(actor, Case.edit, held.holder_id)

    return sees, handles


def _of_placed(model: type[Model], path: str) -> tuple:
    """Parts of a placed row are seen and changed with it."""

    def by(can: Can):
        return lambda oracle, actor, row: oracle.reaches(actor, can, attrgetter(path)(row).area_id)

    return by(model.see), by(model.edit)


def _above_the_rated(oracle: Oracle, actor: str, row: Rating) -> bool:
    """Never by those who were rated."""
    above = [None, *oracle.chain(row.area_id)[1:]]
    return any(Rating.see in CAPABILITIES[role] and stand in above for role, stand in oracle.stands[actor])


def _runs_jobs(oracle: Oracle, actor: str, row: Model) -> bool:
    return oracle.has(actor, Can.RUN_JOBS)


# Models whose doors follow neither their place nor one capability: (visible, editable).
RULES = {
    Area: (lambda oracle, actor, area: oracle.reaches(actor, Area.see, area.pk), Oracle.edits_area),
    User: (Oracle.sees_user, Oracle.edits_user),
    Appointment: (lambda oracle, actor, post: oracle.reaches(actor, Appointment.see, post.area_id), Oracle.edits_post),
    Job: (Oracle.sees_job, _runs_jobs),
    **dict.fromkeys((FormReceipt, Notice), (lambda oracle, actor, row: False, lambda oracle, actor, row: False)),
    Schedule: (_runs_jobs, _runs_jobs),
    OutboxMessage: (_runs_jobs, _runs_jobs),
    MoveRequest: (_on_a_side(MoveRequest.see), _on_a_side(MoveRequest.edit)),
    PersonMerge: (_of_the_kept(PersonMerge.see), _of_the_kept(PersonMerge.edit)),
    Unit: (_here_or_elsewhere(Unit.see), _by_place(Unit.edit)),
    PartyOrganisation: (_here_or_elsewhere(PartyOrganisation.see), _the_organisation),
    Zone: (_of_organisation(Zone.see), _of_organisation(Zone.edit)),
    Seat: (_of_organisation(Seat.see), _of_organisation(Seat.edit)),
    Member: (_sees_member, _of_organisation(Member.edit)),
    MemberMove: (_sees_move, _edits_move),
    Contact: tuple(_of_organisation(can, "member.organisation") for can in (Contact.see, Contact.edit)),
    PointBalance: tuple(_of_organisation(can) for can in (PointBalance.see, PointBalance.edit)),
    PointEntry: tuple(_of_organisation(can, "balance.organisation") for can in (PointEntry.see, PointEntry.edit)),
    PointScheme: _of_scheme(""),
    **dict.fromkeys((ExemptClass, NamedDay, PointCategory), _of_scheme("scheme")),
    PointItem: _of_scheme("category.scheme"),
    ItemClass: _of_scheme("item.category.scheme"),
    **dict.fromkeys((Import, ImportFile, ImportRow, ImportProblem, ImportBefore), (_ones_own_import, _ones_own_import)),
    Export: (_ones_own_export, _ones_own_export),
    Mapping: (_of_the_office, _of_the_office),
    Case: _of_case(""),
    CaseEvent: _of_case("case"),
    CasePhoto: _of_case("event.case"),
    Rating: (_above_the_rated, _above_the_rated),
    ReportEvent: _of_placed(ReportEvent, "report"),
    **{model: _of_placed(model, "post") for model in (PostShift, PostSkill, PostClass, Claim)},
    Absence: _of_placed(Absence, "claim.post"),
    TeamMember: _of_placed(TeamMember, "team"),
    **{model: _of_placed(model, "activity") for model in (ActivityPhoto, SignUp)},
    **{model: _of_placed(model, "agreement") for model in (AgreementScan, Commitment, QuarterReport)},
    CommitmentPhoto: _of_placed(CommitmentPhoto, "commitment.agreement"),
    BodyMember: _of_placed(BodyMember, "body"),
    **{model: _of_placed(model, "meeting") for model in (Attendance, AgendaItem, Resolution)},
}


def is_unplaced(model: type[Model]) -> bool:
    """Whether rows of the model belong to no place, so that one row stands for all."""
    return isinstance(model._default_manager.all(), UnplacedQuerySet) or model in (Schedule, OutboxMessage, RoleScheme)
