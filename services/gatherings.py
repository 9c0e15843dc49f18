"""Activities, teams and hours, read: who runs them, who may come, why not, the rotating code, what a member has served."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import CHINA, today
from gridparty.lib.links import SignedLink
from grids.choices import AreaKind
from grids.models import Area
from members.models import Member
from members.querysets import either
from services.choices import SERVED, STANDING_HOURS, ActivityState, SignUpState
from services.models import Activity, ActivityPhoto, Claim, ServiceHours, SignUp, Team, TeamMember
from services.offers import Slot, clash, times_of

OLDEST_HOURS = 90  # days
_EARLY = _LATE = timedelta(hours=1)  # how long before and after an activity one may sign in


# --- Who


def members_at(area: Area) -> QuerySet[Member]:
    """Who lives or belongs in the community of a place; of a street or district, where it is none (OfferQuerySet.open_to)."""
    level = next(level for level in ("community", "street", "district") if getattr(area, f"{level}_id"))
    key = getattr(area, f"{level}_id")
    return Member.objects.on_roll().filter(Q(**{level: key}) | Q(**{f"organisation__{level}": key}))


def runnable(user) -> QuerySet[Activity]:
    """The activities somebody runs: by a post, or because they lead the team."""
    led = Q(team__leader__person__user=user, team__closed_on=None)
    return Activity.objects.filter(either(scope_of(user).q(Can.RUN_SERVICES), led))


def readable(user) -> QuerySet[Activity]:
    """Those that somebody may look at: as who takes part, or by a post."""
    mine, seen = Activity.objects.own(user), Activity.objects.visible_to(user)
    return Activity.objects.filter(Q(pk__in=mine.values("pk")) | Q(pk__in=seen.values("pk")))


def photos_for(user) -> QuerySet[ActivityPhoto]:
    return ActivityPhoto.objects.filter(activity__in=readable(user).values("pk"))


def led_teams(user) -> QuerySet[Team]:
    return Team.objects.open().filter(leader__person__user=user)


def may_run(user) -> bool:
    return scope_of(user).has(Can.RUN_SERVICES) or led_teams(user).exists()


def leads(team: Team | None, user) -> bool:
    return bool(team and team.leader and team.closed_on is None and team.leader.person.user_id == user.pk)


def places_for(user) -> list[Area]:
    """Where somebody may hold an activity: the areas of their posts, what stands right below, and those of teams they lead."""
    scope = scope_of(user)
    stands = {reach.area_id for reach in scope.reaches(Can.RUN_SERVICES)}
    near = Q(pk__in=stands) | Q(parent__in=stands)
    near |= Q(parent=None) if scope.everywhere(Can.RUN_SERVICES) else Q()
    near &= ~Q(kind=AreaKind.BUILDING)
    rows = Area.objects.open().filter(near | Q(pk__in=led_teams(user).values("area")))
    return list(rows.select_related("parent").order_by("tree_id", "lft"))


def teams_for(user) -> list[Team]:
    """Whose activities somebody may hold."""
    ours = Team.objects.editable_by(user).open()
    rows = Team.objects.filter(Q(pk__in=ours.values("pk")) | Q(pk__in=led_teams(user).values("pk")))
    return list(rows.order_by("name", "pk"))


# --- Teams


def teams_of(user) -> QuerySet[Team]:
    """The teams somebody belongs to or leads, or may look at by a post."""
    own, seen = Team.objects.own(user), Team.objects.visible_to(user)
    return Team.objects.filter(Q(pk__in=own.values("pk")) | Q(pk__in=seen.values("pk")))


def people_in(team: Team) -> QuerySet[TeamMember]:
    rows = TeamMember.objects.filter(team=team, left_on=None).select_related("member__person")
    return rows.defer("member__person__phone", "member__person__id_number").order_by("joined_on", "pk")


def activities_of(team: Team) -> QuerySet[Activity]:
    """The latest first."""
    return Activity.objects.filter(team=team).order_by("-on", "-begins", "-pk")


# --- Signing up


def sign_up_of(activity: Activity, member: Member | None) -> SignUp | None:
    rows = SignUp.objects.filter(activity=activity, member=member).exclude(state=SignUpState.WITHDRAWN)
    return rows.first() if member else None


def closed_because(activity: Activity, member: Member | None) -> str:
    """Why nobody, or not this member, can sign up (any more); "" where they can. Being full is another matter."""
    if activity.state != ActivityState.OPEN:
        return _("活动%(state)s，不能报名。") % {"state": activity.get_state_display()}
    if today() > activity.last_sign_up_on:
        return _("报名已于%(on)s截止。") % {"on": in_words(activity.last_sign_up_on)}
    if timezone.now() >= moment(activity.on, activity.ends):
        return _("活动已经结束，不能报名。")
    if member is None:
        return _("没有与您账号对应的在册党员档案，不能报名。请联系所在党支部核对。")
    if other := _clash(activity, member):
        return _("与您的“%(title)s”（%(when)s）时间冲突，要参加本次活动请先退出。") % {"title": other.title, "when": other}
    return ""


def _clash(activity: Activity, member: Member) -> Slot | None:
    """What the member has taken on for the same time: a post's, or another activity's."""
    own = Slot(activity.on, activity.on, activity.begins, activity.ends)
    return clash([own], (slot for slot in times_of(member) if slot.source != ("activity", activity.pk)))


# --- Attendance by the rotating code

_DAY = 24 * 60 * 60
CODE_SECONDS, PASS_SECONDS = 60, 180
# What the screen shows, anew every few seconds; and what the page it leads to carries, so that a slow hand is not refused. The
# second is its reader's alone: who passes it on passes on nothing.
CODE = SignedLink("services.attend", days=CODE_SECONDS / _DAY, key="attend_key")


def pass_of(user) -> SignedLink:
    return SignedLink(f"services.attend_pass:{user.pk}", days=PASS_SECONDS / _DAY, key="attend_key")


def attended_by(token: str, user) -> Activity | None:
    """The activity that a code or a pass of this user opens: None for one that is forged, too old, or not for them."""
    rows = Activity.objects.own(user)
    return CODE.row(token, rows) or pass_of(user).row(token, rows)


def no_signing_in(activity: Activity) -> str:
    """Why nobody can sign in by code now: on the day itself, from an hour before until an hour after."""
    if activity.state != ActivityState.OPEN:
        return _("活动%(state)s，不能签到。") % {"state": activity.get_state_display()}
    now = timezone.now().astimezone(CHINA)
    opens, closes = moment(activity.on, activity.begins) - _EARLY, moment(activity.on, activity.ends) + _LATE
    if now.date() != activity.on or not opens <= now <= closes:
        words = {"on": in_words(activity.on), "begins": f"{activity.begins:%H:%M}", "ends": f"{activity.ends:%H:%M}"}
        return _("活动时间为%(on)s %(begins)s—%(ends)s，开始前一小时至结束后一小时可以扫码签到。") % words
    return ""


# --- Hours


def moment(on: date, at: time) -> datetime:
    return datetime.combine(on, at, CHINA)


def in_words(on: date) -> str:
    return _("%(month)d月%(day)d日") % {"month": on.month, "day": on.day}


def half_hours(begins: time, ends: time) -> Decimal:
    """How long it is, to the half hour that is full."""
    minutes = (ends.hour - begins.hour) * 60 + ends.minute - begins.minute
    return Decimal(minutes // 30) / 2


def overlapping(members: Iterable[int], on: date, begins: time, ends: time) -> QuerySet[ServiceHours]:
    """Hours that stand in the way of others at that time."""
    rows = ServiceHours.objects.filter(member__in=list(members), on=on, state__in=sorted(STANDING_HOURS))
    return rows.filter(begins__lt=ends, ends__gt=begins)


def what(hours: ServiceHours) -> str:
    """What was served, in words: of rows with `of_what`."""
    if hours.claim_id:
        return hours.claim.post.title
    return hours.signup.activity.title if hours.signup_id else hours.note or _("其他服务")


def of_what(rows: QuerySet[ServiceHours]) -> QuerySet[ServiceHours]:
    return rows.select_related("claim__post", "signup__activity")


def is_in_term(claim: Claim, on: date) -> bool:
    """Whether that day falls in the time the claim was served. `claim` has its post at hand."""
    return (claim.started_on or claim.post.starts_on) <= on <= (claim.ended_on or claim.post.ends_on)


def served_lately(member: Member) -> tuple[list[Claim], list[SignUp]]:
    """What hours can still be entered for: posts served, and activities attended for which no hours stand."""
    since = today() - timedelta(days=OLDEST_HOURS)
    claims = Claim.objects.filter(member=member, state__in=sorted(SERVED)).filter(Q(ended_on=None) | Q(ended_on__gte=since))
    claims = claims.filter(post__ends_on__gte=since).select_related("post").order_by("-pk")
    standing = ServiceHours.objects.filter(signup=OuterRef("pk"), state__in=sorted(STANDING_HOURS))
    came = SignUp.objects.filter(member=member, activity__on__gte=since).exclude(attended="").exclude(Exists(standing))
    came = came.exclude(activity__state=ActivityState.CANCELLED)
    return list(claims), list(came.select_related("activity").order_by("-activity__on", "-pk"))


def hours_by_year(user) -> list[tuple[int, Decimal]]:
    """(year, confirmed hours), the latest first. One query."""
    rows = ServiceHours.objects.own(user).confirmed().values("on__year").annotate(total=Sum("hours"))
    return list(rows.order_by("-on__year").values_list("on__year", "total"))


def served_in(member: Member, year: int) -> list[tuple[str, int, Decimal]]:
    """(what, how often, hours) confirmed in a year, the most hours first. One query."""
    found: dict[str, list] = {}
    for row in of_what(ServiceHours.objects.confirmed().filter(member=member, on__year=year)).order_by("on", "pk"):
        line = found.setdefault(what(row), [0, Decimal(0)])
        line[0] += 1
        line[1] += row.hours
    return sorted(((title, *line) for title, line in found.items()), key=lambda line: -line[2])


def to_confirm(user) -> QuerySet[ServiceHours]:
    """Hours of others that wait for somebody: by their post, or because they lead the team."""
    return ServiceHours.objects.to_confirm(user)


def number_unpaid(rows: Iterable[ServiceHours]) -> int:
    """How many of these hours, as they are now, were confirmed without points."""
    return ServiceHours.objects.filter(pk__in=[row.pk for row in rows]).exclude(unpaid="").count()


# --- Lists


def counted(rows: QuerySet[Activity]) -> QuerySet[Activity]:
    """With how many came."""
    return rows.annotate(came=Count("signups", filter=~Q(signups__attended="")))


def roll_of(activity: Activity) -> list[SignUp]:
    """Who signed up, in their order, with their names. One query."""
    rows = SignUp.objects.filter(activity=activity).exclude(state=SignUpState.WITHDRAWN)
    return list(rows.select_related("member__person").defer("member__person__phone", "member__person__id_number").order_by("pk"))


def by_name(area: Area, names: Iterable[str]) -> dict[str, list[Member]]:
    """{name: those of that name who live or belong there}. One query."""
    found: dict[str, list[Member]] = {name: [] for name in names}
    known = Q(known_as__in=list(found)) | Q(known_as="", person__name__in=list(found))
    rows = members_at(area).filter(known).select_related("person").defer("person__phone", "person__id_number") if found else ()
    for member in rows:
        found[member.name].append(member)
    return found
