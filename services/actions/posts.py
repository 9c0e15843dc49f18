"""Posts: drafted, proposed, published, changed, ended. Every move holds the row of the post (places.locked)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import Area
from jobs.actions import notify
from members.models import MemberClass
from people.models import Skill
from services.actions.claims import take_up
from services.actions.places import locked, take
from services.choices import POST_MOVES, ClaimState, Origin, PostMove, PostState
from services.errors import PostRefused
from services.models import Claim, PostClass, PostKind, PostShift, PostSkill, ServicePost
from services.offers import in_short, slot_of, taker_of

MOST_PLACES = 500
MOST_PROPOSALS = 5  # of one member that nobody has decided yet


@dataclass(frozen=True, kw_only=True)
class NewShift:
    """Every week on a weekday, or once on a day."""

    weekday: int | None = None
    on: date | None = None
    begins: time
    ends: time

    @property
    def values(self) -> tuple:
        return self.weekday, self.on, self.begins, self.ends


@dataclass(frozen=True)
class NewPost:
    """What is wanted, where, of how many, and when. No skills: of anybody; no classes: of all; no shifts: by arrangement."""

    area: Area
    kind: PostKind
    title: str
    duties: str
    places: int
    starts_on: date
    ends_on: date
    spot: str = ""
    claim_until: date | None = None
    withdraw_days: int = 3
    origin: str = Origin.COMMUNITY
    skills: Sequence[Skill] = field(default=())
    classes: Sequence[MemberClass] = field(default=())
    shifts: Sequence[NewShift] = field(default=())


_COLUMNS = ("kind", "places", "starts_on", "ends_on", "claim_until", "withdraw_days", "origin")


# --- Making and changing


@action("services.draft_post")
def draft_post(*, new: NewPost, by) -> ServicePost:
    """Raises PostRefused, AreaRefused."""
    if not scope_of(by).covers(Can.RUN_SERVICES, new.area):
        raise PostRefused(_("只能在本辖区设岗，请选择您管理范围内的地点。"))
    return _made(new, PostState.DRAFT)


@action("services.propose_post")
def propose_post(*, new: NewPost, by) -> ServicePost:
    """A member says what is wanted where they live or belong; it is handed in at once. Raises PostRefused, AreaRefused."""
    taker = taker_of(by)
    if taker is None:
        raise PostRefused(_("只有在册党员可以建议设岗，请联系所在党支部核对。"))
    if not taker.reaches(new.area):
        raise PostRefused(_("只能为本人居住或组织关系所在的社区建议设岗。"))
    waiting = ServicePost.objects.filter(proposed_by=taker.member, state=PostState.SUBMITTED)
    if waiting.count() >= MOST_PROPOSALS:
        raise PostRefused(_("您已有 %(n)d 条建议等社区答复，答复后再提。") % {"n": MOST_PROPOSALS})
    return _made(new, PostState.SUBMITTED, origin=Origin.PROPOSAL, proposed_by=taker.member)


def _made(new: NewPost, state: str, **more) -> ServicePost:
    _check(new)
    post = ServicePost(**{**_values(new), "state": state, **more})
    place(row=post, area=new.area)
    post.save()
    _set_parts(post, new)
    return post


def _values(new: NewPost) -> dict:
    texts = {name: getattr(new, name).strip() for name in ("title", "duties", "spot")}
    return texts | {name: getattr(new, name) for name in _COLUMNS}


def _check(new: NewPost) -> None:
    """What no post may be. Raises PostRefused."""
    if not new.title.strip() or not new.duties.strip():
        raise PostRefused(_("请填写岗位名称和职责。"))
    if not 1 <= new.places <= MOST_PLACES:
        raise PostRefused(_("需要人数应为 1 到 %(most)d，请核对。") % {"most": MOST_PLACES})
    if new.ends_on < new.starts_on:
        raise PostRefused(_("结束日期早于上岗日期，请核对。"))
    if new.ends_on < today():
        raise PostRefused(_("结束日期已过，请填写今天或以后的日期。"))
    if new.claim_until and new.claim_until > new.ends_on:
        raise PostRefused(_("认领截止晚于结束日期，请核对。"))
    if new.claim_until and new.claim_until < today():
        raise PostRefused(_("认领截止日期已过，请填写今天或以后的日期，或不填。"))
    _check_shifts(new)


def _check_shifts(new: NewPost) -> None:
    slots = []
    for shift in new.shifts:
        if (shift.weekday is None) == (shift.on is None):
            raise PostRefused(_("每个服务时间请选择星期几或填写一个日期。"))
        if shift.ends <= shift.begins:
            raise PostRefused(_("服务时间的结束应晚于开始，请核对。"))
        slot = slot_of(*shift.values, new.starts_on, new.ends_on)
        if not new.starts_on <= slot.first <= slot.last <= new.ends_on:
            raise PostRefused(_("“%(slot)s”不在岗位起止日期之内，请核对。") % {"slot": slot})
        if any(slot.meets(other, new.starts_on) for other in slots):
            raise PostRefused(_("“%(slot)s”与另一个服务时间重叠，请合并。") % {"slot": slot})
        slots.append(slot)


def _set_parts(post: ServicePost, new: NewPost) -> bool:
    """Shifts, skills and classes as given; whether the shifts are others than before."""
    _set_links(post, PostSkill, "skill", new.skills)
    _set_links(post, PostClass, "member_class", new.classes)
    wanted = {shift.values for shift in new.shifts}
    there = {(row.weekday, row.on, row.begins, row.ends): row for row in PostShift.objects.filter(post=post)}
    PostShift.objects.filter(pk__in=[row.pk for values, row in there.items() if values not in wanted]).delete()
    names = ("weekday", "on", "begins", "ends")
    fresh = [shift.values for shift in new.shifts if shift.values not in there]
    PostShift.objects.bulk_create(PostShift(post=post, **dict(zip(names, values, strict=True))) for values in fresh)
    return wanted != set(there)


def _set_links(post: ServicePost, model: type, name: str, wanted: Sequence) -> None:
    rows, keys = model.objects.filter(post=post), {one.pk for one in wanted}
    rows.exclude(**{f"{name}__in": keys}).delete()
    known = set(rows.values_list(name, flat=True))
    model.objects.bulk_create(model(post=post, **{f"{name}_id": key}) for key in sorted(keys - known))


@action("services.change_post")
def change_post(*, post: ServicePost, new: NewPost, by) -> ServicePost:
    """Raises PostRefused, AreaRefused. More places go to those who wait; who holds one hears when time or place changed."""
    post = locked(post)
    _check_change(post, new, by)
    before = (post.starts_on, post.ends_on, post.spot)
    kept = {"origin": post.origin} if post.proposed_by_id else {}
    for name, value in (_values(new) | kept).items():
        setattr(post, name, value)
    if new.area.pk != post.area_id:
        place(row=post, area=new.area)
    post.save()
    moved = _set_parts(post, new) or before != (post.starts_on, post.ends_on, post.spot)
    if post.state == PostState.PUBLISHED:
        while not post.is_full and take_up(post):
            take(post)
        if moved:
            _tell_claimants(post, _("岗位的时间或地点有调整"), by)
    return post


def _check_change(post: ServicePost, new: NewPost, by) -> None:
    can = Can.APPROVE_SERVICES if post.state == PostState.SUBMITTED else Can.RUN_SERVICES
    if not (scope_of(by).covers(Can.RUN_SERVICES, post.area) and scope_of(by).covers(Can.RUN_SERVICES, new.area)):
        raise PostRefused(_("该岗位不在您的管理范围内。"))
    if not scope_of(by).covers(can, post.area):
        raise PostRefused(_("岗位已提交审批，退回后再修改。"))
    if post.state in (PostState.ENDED, PostState.DISCARDED):
        raise PostRefused(_("该岗位%(state)s，不能修改，请另设新岗。") % {"state": post.get_state_display()})
    if post.state == PostState.PUBLISHED:
        _check_published(post, new)
        if new.claim_until == post.claim_until:  # what was agreed stays, though its day is over
            new = NewPost(**{**vars(new), "claim_until": None})
    _check(new)


def _check_published(post: ServicePost, new: NewPost) -> None:
    classes = set(PostClass.objects.filter(post=post).values_list("member_class", flat=True))
    if (new.area.pk, new.kind.pk) != (post.area_id, post.kind_id) or {one.pk for one in new.classes} != classes:
        raise PostRefused(_("岗位已发布，地点、类型和适用类别不能再改，请结束后另设新岗。"))
    if new.places < post.taken:
        raise PostRefused(_("已有 %(n)d 人认领，需要人数不能少于此数。") % {"n": post.taken})
    if new.starts_on != post.starts_on and min(new.starts_on, post.starts_on) <= today():
        raise PostRefused(_("上岗日期已到的岗位不能改上岗日期，也不能改到今天或以前。"))


# --- Moving


@action("services.move_post")
def move_post(*, post: ServicePost, move: str, by, reason: str = "") -> ServicePost:
    """One move of choices.POST_MOVES. Ending a post ends what was claimed of it. Raises PostRefused."""
    post, rule = locked(post), POST_MOVES[move]
    if not scope_of(by).covers(rule.can, post.area):
        raise PostRefused(_("该岗位的“%(move)s”不由您办理。") % {"move": PostMove(move).label})
    if post.state not in rule.states:
        raise PostRefused(_("该岗位现为“%(state)s”，请刷新后再办理。") % {"state": post.get_state_display()})
    if rule.asks and not reason.strip():
        raise PostRefused(_("请写明原因。"))
    if move in (PostMove.PUBLISH, PostMove.SUBMIT) and post.last_claim_on < today():
        raise PostRefused(_("认领截止日期（%(day)s）已过，请先修改日期。") % {"day": in_short(post.last_claim_on)})
    if move == PostMove.PUBLISH:
        post.published_at, post.published_by = timezone.now(), by
    if move == PostMove.END:
        _tell_claimants(post, _("岗位已提前结束"), by)
        _end_claims([post.pk], today(), reason.strip())
        post.taken = 0
    post.state, post.reason = rule.to, reason.strip()
    post.save()
    _tell_proposer(post, move, by)
    return post


@action("services.turn_terms")
def turn_terms(*, day: date | None = None) -> dict[str, int]:
    """The clock: who was approved serves from the first day of the post; a post ends after its last. May run twice, at once."""
    day = day or today()
    begins = Q(claims__state=ClaimState.APPROVED, starts_on__lte=day)
    due = ServicePost.objects.filter(begins | Q(ends_on__lt=day), state=PostState.PUBLISHED).values("pk")
    rows = ServicePost.objects.filter(pk__in=due, state=PostState.PUBLISHED)
    posts = list(rows.select_for_update(of=("self",)).order_by("pk"))
    first_day = ServicePost.objects.filter(pk=OuterRef("post")).values("starts_on")
    begun = [post.pk for post in posts if post.starts_on <= day]
    starting = Claim.objects.filter(post__in=begun, state=ClaimState.APPROVED)
    started = starting.update(state=ClaimState.SERVING, started_on=Subquery(first_day))
    over = [post.pk for post in posts if post.ends_on < day]
    last_day = ServicePost.objects.filter(pk=OuterRef("post")).values("ends_on")
    _end_claims(over, Subquery(last_day), _("岗位任期已满。"))
    ServicePost.objects.filter(pk__in=over).update(state=PostState.ENDED, taken=0)
    return {"started": started, "ended": len(over)}


def _end_claims(posts: Sequence[int], last_day, reason: str) -> None:
    """Who serves has served until then; who only waited, applied or was to come later is free again."""
    live = Claim.objects.live().filter(post__in=posts)
    live.filter(state=ClaimState.SERVING).update(state=ClaimState.ENDED, ended_on=last_day, reason=reason)
    live.exclude(state=ClaimState.SERVING).update(state=ClaimState.WITHDRAWN, reason=reason)


# --- Telling


def _tell_claimants(post: ServicePost, what: str, by) -> None:
    users = User.objects.filter(person__member_set__claims__in=Claim.objects.live().filter(post=post)).distinct()
    body = _("您认领的“%(post)s”有变化，请打开查看。") % {"post": post.title}
    link = reverse("services:post", args=[post.pk])
    notify(recipients=users, subject=what, body=body, link=link, by=by)


def _tell_proposer(post: ServicePost, move: str, by) -> None:
    said = {PostMove.PUBLISH: _("您建议的岗位已发布"), PostMove.DISCARD: _("您建议的岗位未采用")}.get(move)
    if said is None or post.proposed_by_id is None:
        return
    users = User.objects.filter(person__member_set=post.proposed_by_id)
    body = _("“%(post)s”的办理意见请打开查看。") % {"post": post.title}
    link = reverse("services:post", args=[post.pk])
    notify(recipients=users, subject=said, body=body, link=link, by=by, once_key=f"post-{post.pk}-{move}")
