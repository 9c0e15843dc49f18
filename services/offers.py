"""Posts as those who claim and those who run them meet them: why one cannot be claimed, what clashes, what may be done now.

`why_not` is the one place that says why a post cannot be claimed: pages ask it for many posts of one member, actions for many
members of one post, in a number of queries that does not grow with either.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.models import Area
from members.choices import ON_ROLL
from members.models import Member, MemberClass
from people.models import PersonSkill, Skill
from services.choices import (
    CLAIM_MOVES,
    LIVE,
    POST_MOVES,
    SERVED,
    AbsenceState,
    ActivityState,
    ClaimMove,
    ClaimState,
    PostState,
    SignUpState,
    Weekday,
)
from services.models import Absence, Claim, PostClass, PostKind, PostShift, PostSkill, ServiceHours, ServicePost, SignUp

MOST = 300  # open posts judged at once for one member; the newest of more

# --- Times


@dataclass(frozen=True)
class Slot:
    """A time that is spoken for, weekly from a first day to a last, or once (both the same). `source` is what speaks for it."""

    first: date
    last: date
    begins: time
    ends: time
    title: str = ""
    source: tuple[str, int] = ("", 0)

    def meets(self, other: "Slot", since: date | None = None) -> bool:
        """Whether both want somebody at one moment, today (or `since` a day) or later."""
        if self.first.weekday() != other.first.weekday() or self.begins >= other.ends or other.begins >= self.ends:
            return False
        common = _on_or_after(max(self.first, other.first, since or today()), self.first.weekday())
        return common <= min(self.last, other.last)

    def is_on(self, day: date) -> bool:
        return self.first <= day <= self.last and day.weekday() == self.first.weekday()

    def __str__(self):
        once = f"{self.first.month}月{self.first.day}日"
        day = once if self.first == self.last else Weekday(self.first.weekday()).label
        return f"{day} {self.begins:%H:%M}—{self.ends:%H:%M}"


def _on_or_after(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def slot_of(weekday, on, begins, ends, starts_on, ends_on, **more) -> Slot:
    """Of a shift of a post with this term."""
    first = _on_or_after(starts_on, weekday) if on is None else on
    return Slot(first, ends_on if on is None else on, begins, ends, **more)


def clash(slots: Iterable[Slot], taken: Iterable[Slot]) -> Slot | None:
    """What of `taken` stands in the way of these times."""
    taken = list(taken)
    return next((other for slot in slots for other in taken if slot.meets(other)), None)


# --- Posts with their conditions, members with what they bring


@dataclass(frozen=True)
class Offered:
    """A post, when it is served, and what it asks for: {key: name} of skills and classes."""

    post: ServicePost
    shifts: Sequence[PostShift]
    skills: dict[int, str]
    classes: dict[int, str]

    @property
    def slots(self) -> list[Slot]:
        post, source = self.post, ("post", self.post.pk)
        return [
            slot_of(one.weekday, one.on, one.begins, one.ends, post.starts_on, post.ends_on, title=post.title, source=source)
            for one in self.shifts
        ]


def offered(posts: Iterable[ServicePost]) -> list[Offered]:
    """These posts with all they ask for. Two queries."""
    posts = list(posts)
    keys = [post.pk for post in posts]
    shifts, wanted = {key: [] for key in keys}, {key: ({}, {}) for key in keys}
    for shift in PostShift.objects.filter(post__in=keys):
        shifts[shift.post_id].append(shift)
    skills = PostSkill.objects.filter(post__in=keys).values_list("post", Value(0), "skill", "skill__name")
    classes = PostClass.objects.filter(post__in=keys).values_list("post", Value(1), "member_class", "member_class__name")
    for key, which, one, name in sorted(skills.union(classes)):
        wanted[key][which][one] = name
    return [Offered(post, shifts[post.pk], *wanted[post.pk]) for post in posts]


@dataclass(frozen=True)
class Taker:
    """A member who would take a post: their skills, live claims, and the times of those and of sign-ups."""

    member: Member
    skills: frozenset[int]
    claims: Sequence[Claim]
    slots: Sequence[Slot]

    def reaches(self, place) -> bool:
        """Whether what stands there (a post, an area) is open to them, as OfferQuerySet.open_to has it."""
        for level in ("community_id", "street_id", "district_id"):
            if getattr(place, level) is not None:
                return getattr(place, level) in (getattr(self.member, level), getattr(self.member.organisation, level))
        return False

    def claim_on(self, post: ServicePost) -> Claim | None:
        return next((claim for claim in self.claims if claim.post_id == post.pk), None)


def takers(members: Sequence[Member]) -> dict[int, Taker]:
    """{key of the member: all that decides whether they may take something}. Three queries."""
    skills, claims, slots = ({member.pk: [] for member in members} for _part in range(3))
    by_person = {member.person_id: member.pk for member in members}
    known = PersonSkill.objects.filter(person__in=by_person, withdrawn_on=None)
    for person, skill in known.values_list("person", "skill"):
        skills[by_person[person]].append(skill)
    for claim in Claim.objects.live().filter(member__in=skills).select_related("post").order_by("pk"):
        claims[claim.member_id].append(claim)
    for member, source, key, title, *when in _spoken_for(list(skills)):
        slots[member].append(slot_of(*when, title=title, source=(source, key)))
    return {one.pk: Taker(one, frozenset(skills[one.pk]), claims[one.pk], slots[one.pk]) for one in members}


def times_of(member: Member) -> list[Slot]:
    """When the member is spoken for. One query."""
    return [slot_of(*when, title=title, source=(what, key)) for _of, what, key, title, *when in _spoken_for([member.pk])]


def _spoken_for(members: list[int]):
    """(member, source, key, title, weekday, on, begins, ends, from, until) of live claims and sign-ups. One query."""
    served = PostShift.objects.filter(post__claims__member__in=members, post__claims__state__in=sorted(LIVE)).order_by()
    of_posts = served.values_list(
        *("post__claims__member", Value("post"), "post", "post__title", "weekday", "on", "begins", "ends"),
        *("post__starts_on", "post__ends_on"),
    )
    signed = SignUp.objects.filter(member__in=members, activity__state=ActivityState.OPEN, activity__on__gte=today())
    of_activities = signed.exclude(state=SignUpState.WITHDRAWN).values_list(
        *("member", Value("activity"), "activity", "activity__title", Value(None, IntegerField()), "activity__on"),
        *("activity__begins", "activity__ends", "activity__on", "activity__on"),
    )
    return of_posts.union(of_activities)


def membership_of(user) -> Member | None:
    """The member whom `user` is, on the roll, with organisation and class."""
    return Member.objects.own(user).on_roll().select_related("organisation", "member_class", "community").first()


def taker_of(user) -> Taker | None:
    member = membership_of(user)
    return takers([member])[member.pk] if member else None


# --- Why not


def why_not(offer: Offered, taker: Taker | None, *, wait: bool = False) -> str:
    """Why the post cannot be claimed by them, as a sentence; "" where it can. With `wait`, being full is no reason."""
    if taker is None:
        return _("只有在册党员可以认领岗位，请联系所在党支部核对。")
    post = offer.post
    if claim := taker.claim_on(post):
        return _("您已认领该岗位，现为“%(state)s”，不用重复认领。") % {"state": claim.get_state_display()}
    return _closed(post) or unfit(offer, taker) or ("" if wait else _full(post))


def _closed(post: ServicePost) -> str:
    if post.state in (PostState.DRAFT, PostState.SUBMITTED):
        return _("该岗位还没有发布，发布后再认领。")
    if post.state != PostState.PUBLISHED:
        return _("该岗位%(state)s，请选择其他岗位。") % {"state": post.get_state_display()}
    if post.last_claim_on < today():
        return _("认领已于%(day)s截止，请选择其他岗位。") % {"day": in_short(post.last_claim_on)}
    return ""


def _full(post: ServicePost) -> str:
    return _("名额已满，可以加入候补，有空缺时依次递补。") if post.is_full else ""


def unfit(offer: Offered, taker: Taker) -> str:
    """Why they could not serve there, whether or not there is a place; also asked before somebody who waits is taken up."""
    if taker.member.state not in ON_ROLL:
        return _("只有在册党员可以认领岗位，请联系所在党支部核对。")
    if not taker.reaches(offer.post):
        return _("该岗位只面向本辖区居住或组织关系在本辖区的党员，请选择其他岗位。")
    if offer.classes and taker.member.member_class_id not in offer.classes:
        words = {"classes": "、".join(offer.classes.values()), "own": taker.member.member_class.name}
        return _("该岗位面向%(classes)s，您登记为%(own)s。登记有误请联系所在党支部核对。") % words
    if offer.skills and not taker.skills & offer.skills.keys():
        words = {"skills": "、".join(offer.skills.values())}
        return _("该岗位需要特长：%(skills)s。您有此特长的，请先到社区登记。") % words
    others = [slot for slot in taker.slots if slot.source != ("post", offer.post.pk)]
    if other := clash(offer.slots, others):
        return _("与您的“%(title)s”（%(when)s）时间冲突，请先退出后再认领。") % {"title": other.title, "when": other}
    return ""


def in_short(day: date) -> str:
    return f"{day.month}月{day.day}日"


# --- What members see


@dataclass(frozen=True)
class Choice:
    """An open post as one member sees it: why they may not claim it, and whether they may at least wait for a place."""

    offer: Offered
    why: str
    waits: bool = False

    @property
    def rank(self) -> int:
        return 0 if not self.why else 1 if self.waits else 2


def choice(offer: Offered, taker: Taker | None) -> Choice:
    why = why_not(offer, taker)
    return Choice(offer, why, bool(why) and not why_not(offer, taker, wait=True))


def choices_for(user, taker: Taker) -> list[Choice]:
    """The posts that can still be claimed where the member lives and belongs: first those they may claim. Three queries."""
    last = Coalesce("claim_until", "ends_on")
    rows = ServicePost.objects.offered_to(user).annotate(last=last).filter(last__gte=today())
    rows = rows.exclude(pk__in=[claim.post_id for claim in taker.claims]).select_related("kind", "area").order_by("-pk")
    found = [choice(offer, taker) for offer in offered(rows[:MOST])]
    return sorted(found, key=lambda one: (one.rank, one.offer.post.last_claim_on, one.offer.post.pk))


def last_withdrawal_on(post: ServicePost) -> date:
    """The last day on which somebody with a confirmed place may withdraw by themselves."""
    return post.starts_on - timedelta(days=post.withdraw_days + 1)


def may_withdraw(claim: Claim) -> bool:
    """Whether the member may: before it is confirmed always, then until some days before the post begins."""
    if claim.state not in CLAIM_MOVES[ClaimMove.WITHDRAW].states:
        return False
    return claim.state != ClaimState.APPROVED or today() <= last_withdrawal_on(claim.post)


def hours_of(claim: Claim):
    """Hours confirmed so far."""
    return ServiceHours.objects.confirmed().filter(claim=claim).aggregate(sum=Sum("hours"))["sum"] or 0


def place_in_line(claim: Claim) -> int:
    """Of who waits: which in the order of coming; 1 is the next."""
    return Claim.objects.filter(post=claim.post_id, state=ClaimState.WAITING, pk__lte=claim.pk).count()


# --- What those who run posts see

TABS = {
    PostState.SUBMITTED: (PostState.SUBMITTED,),
    PostState.PUBLISHED: (PostState.PUBLISHED,),
    PostState.DRAFT: (PostState.DRAFT,),
    PostState.ENDED: (PostState.ENDED, PostState.DISCARDED),
}


def listed(user, show: str) -> QuerySet[ServicePost]:
    """Posts of a tab; first those with claims to decide (`applied`) or explanations to answer (`explained`)."""
    rows = ServicePost.objects.visible_to(user).filter(state__in=TABS[show]).select_related("kind", "area", "community")
    rows = rows.annotate(
        applied=_number(Claim.objects.filter(post=OuterRef("pk"), state=ClaimState.APPLIED), "post"),
        waiting=_number(Claim.objects.filter(post=OuterRef("pk"), state=ClaimState.WAITING), "post"),
        explained=_number(Absence.objects.filter(claim__post=OuterRef("pk"), state=AbsenceState.EXPLAINED), "claim__post"),
    )
    return rows.order_by((F("applied") + F("explained")).desc(), "-pk")


def _number(rows: QuerySet, by: str):
    return Coalesce(Subquery(rows.order_by().values(by).annotate(n=Count("pk")).values("n")), 0)


_ORDER = {state: n for n, state in enumerate([ClaimState.APPLIED, ClaimState.WAITING, ClaimState.APPROVED, ClaimState.SERVING])}


def claims_of(rows: QuerySet[Claim]) -> QuerySet[Claim]:
    """In the order of what is to be done: to decide, waiting in line, in post, and those that are over."""
    rank = Case(*(When(state=state, then=n) for state, n in _ORDER.items()), default=len(_ORDER))
    people = ("member__person", "member__organisation")
    numbers = ("member__person__phone", "member__person__id_number", "member__phone")
    return rows.select_related(*people).defer(*numbers).annotate(rank=rank).order_by("rank", "pk")


def absences_of(claims: Sequence[Claim]) -> dict[int, list[Absence]]:
    """{key of the claim: days on which they did not come}. One query."""
    found = {claim.pk: [] for claim in claims}
    for row in Absence.objects.filter(claim__in=found).order_by("on"):
        found[row.claim_id].append(row)
    return found


def post_moves(post: ServicePost, user) -> list[str]:
    """What `user` may do with the post now."""
    scope = scope_of(user)
    return [name for name, move in POST_MOVES.items() if post.state in move.states and scope.covers(move.can, post.area)]


def claim_moves(claim: Claim, user) -> list[str]:
    """What `user` may do with the claim now: others decide, oneself withdraws."""
    if claim.member.person.user_id == user.pk:
        return [ClaimMove.WITHDRAW] if may_withdraw(claim) else []
    moves = {name: move for name, move in CLAIM_MOVES.items() if move.can is not None and claim.state in move.states}
    return [name for name, move in moves.items() if scope_of(user).covers(move.can, claim.post.area)]


def may_note_absence(claim: Claim) -> bool:
    return claim.state in SERVED and claim.started_on is not None


# --- What forms offer


def kinds_in_use(post: ServicePost | None = None) -> list[PostKind]:
    """Those to choose from, and that of a post which has it already."""
    return list(PostKind.objects.filter(Q(in_use=True) | Q(pk=post.kind_id if post else None)))


def skills_in_use() -> list[Skill]:
    return list(Skill.objects.order_by("pk"))


def classes_in_use() -> list[MemberClass]:
    return list(MemberClass.objects.order_by("scheme", "pk"))


def communities_of(member: Member) -> list[Area]:
    """Where the member lives and where they belong."""
    keys = {member.community_id, member.organisation.community_id}
    return list(Area.objects.open().filter(pk__in=keys - {None}).order_by("code"))


def places_to_run(user, post: ServicePost | None = None) -> list[Area]:
    """Where somebody may set posts: the areas they stand on and what lies right below; and where a post already is."""
    scope = scope_of(user)
    stands = {reach.area_id for reach in scope.reaches(Can.RUN_SERVICES)}
    near = Q(pk__in=stands) | Q(parent__in=stands) | Q(pk=post.area_id if post else None)
    near |= Q(parent=None) if scope.everywhere(Can.RUN_SERVICES) else Q()
    return list(Area.objects.open().filter(near).order_by("tree_id", "lft"))
