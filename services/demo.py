"""The demo's services: posts in every state, claims, teams, activities, two years of hours. No name is a real person's.

What can be done now is done by the actions, as the people of the demo would; what took months is put where it belongs in time by
one action of the demo's own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import count

from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Appointment, User
from audit.operations import action
from gridparty.lib.dates import start_of, today
from gridparty.lib.registry import demos
from grids.actions import place
from grids.choices import AreaKind
from grids.demo import SHOWN_COMMUNITY
from grids.models import Area
from members.actions import change_class, change_member
from members.models import Member, MemberClass, Unit
from people.models import Skill
from services.actions import (
    NewActivity,
    NewHours,
    NewPost,
    NewShift,
    NewTeam,
    cancel_activity,
    claim_post,
    draft_post,
    enter_hours,
    explain_absence,
    found_team,
    hold_activity,
    join_team,
    move_claim,
    move_post,
    note_absence,
    open_activity,
    propose_post,
    sign_up,
    tick_attendance,
)
from services.actions.crediting import credit
from services.choices import ClaimMove, ClaimState, HoursState, Origin, PostMove, PostState
from services.demo_cards import cards_of_the_demo
from services.gatherings import half_hours, moment
from services.models import Activity, Claim, PostKind, ServiceHours, ServicePost

P, M, C = PostState, PostMove, ClaimMove
EMPLOYED = 24  # members who work elsewhere: what they do here goes into a card for their employer


@dataclass(frozen=True)
class Wanted:
    """A post, how far it went, and how far the claims on it went; its term in days from today."""

    kind: str
    title: str
    duties: str
    places: int
    starts: int
    ends: int
    moves: Sequence[str] = (M.SUBMIT, M.PUBLISH)
    claims: Sequence[Sequence[str]] = ()
    grid: int | None = None
    origin: str = Origin.COMMUNITY
    skill: str = ""
    member_class: str = ""


_ON = (C.APPROVE,)
_OUT = {"moves": (M.SUBMIT, M.PUBLISH, M.END)}
POSTS = [
    Wanted("治安巡逻", "平安夜巡", "每周晚饭前在小区巡查一遍，发现隐患拍照上报。", 6, -250, 110, claims=[_ON] * 4 + [()], grid=0),
    Wanted("文明劝导", "文明交通劝导", "早高峰在小区东门劝导非机动车有序停放。", 4, -160, 40, claims=[_ON] * 4 + [()]),
    Wanted("便民服务", "一米阳光理发", "每月为行动不便的老人上门理发。", 3, -120, 200, claims=[_ON, _ON, (*_ON, C.RELEASE)]),
    Wanted(
        "青少年教育", "四点半课堂", "放学后辅导小学生作业。", 5, -80, 60, claims=[_ON, _ON, (), (C.REFUSE,)], origin=Origin.NEED
    ),
    Wanted("绿化养护", "楼前花坛认养", "认养一处花坛，浇水除草。", 8, 3, 250, claims=[_ON, (), ()], grid=1),
    Wanted(
        "民情信息", "楼栋信息员", "收集邻里意见，每周向网格长反馈一次。", 10, 12, 370, claims=[(), ()], grid=2, origin=Origin.NEED
    ),
    Wanted("法律服务", "周末法律咨询", "每周六上午接待居民咨询。", 1, 6, 180, claims=[_ON, (), ()]),
    Wanted(
        "就业信息",
        "招聘信息员",
        "整理单位招聘信息，在社区公告。",
        2,
        20,
        200,
        claims=[(C.WITHDRAW,)],
        member_class="在职党员",
    ),
    Wanted("便民服务", "家电义务维修", "每月一次，为居民检修小家电。", 2, 8, 190, skill="家电维修", origin=Origin.NEED),
    Wanted("扶贫帮困", "结对帮扶", "与困难家庭结对，每月走访一次。", 6, 15, 380, (), origin=Origin.NEED),
    Wanted("文化宣传", "社区小广播", "录制政策和通知。", 2, 10, 100, (M.SUBMIT,)),
    Wanted("环境卫生巡护", "河道巡护", "每周沿河巡护一次。", 4, 10, 100, (M.SUBMIT, M.DISCARD), origin=Origin.NEED),
    Wanted("政策宣传", "反诈宣传", "入户讲解反诈知识。", 6, -10, 30, claims=[_ON] * 5, **_OUT),
    Wanted("公共设施维护", "楼道灯维护", "检查并更换楼道灯。", 4, -10, 30, claims=[_ON] * 3, grid=0, **_OUT),
]
LAST_YEAR = ("反诈宣传", "楼道灯维护")
ACTIVITIES = [  # (title, what, spot, days from today, places, of which team)
    ("楼道清理日", "清理楼道堆物，检查消防通道。", "1号楼前", -75, None, 0),
    ("重阳敬老", "看望独居老人，打扫卫生。", "社区活动室", -35, 20, 1),
    ("义务植树", "在小区西侧补种树苗。", "西门", 1, 20, 0),
    ("冬季义诊", "量血压、测血糖，登记慢性病老人。", "社区卫生站", 9, 6, 1),
    ("广场文艺演出", "", "中心广场", 5, None, None),
]
TEAMS = (("红马甲志愿服务队", "环境整治、应急值守"), ("夕阳红敬老队", "看望老人、代买代办"))


@demos
def services() -> str:
    stage = Stage()
    if len(stage.users) < 3:
        return _("服务：没有可以参加的党员")
    stage.employ()
    posts = [_post(stage, n, wanted) for n, wanted in enumerate(POSTS)]
    propose_post(new=_proposal(stage), by=stage.users[0])
    _put_in_the_past(stage, posts)
    activities = _activities(stage, [_team(stage, n) for n in range(len(TEAMS))])
    hours = _hours(stage)
    _absences(stage)
    cards = cards_of_the_demo(stage.community, stage.clerk, stage.secretary)
    return _("服务：岗位 %(posts)d 个，活动 %(activities)d 次，服务时长 %(hours)d 条，反馈卡 %(cards)d 张") % {
        "posts": len(posts) + 1,
        "activities": activities,
        "hours": hours,
        "cards": cards,
    }


class Stage:
    """The shown community: its grids, who runs its services, its members; those who log in, first the one of the cast."""

    def __init__(self):
        self.community = Area.objects.get(kind=AreaKind.COMMUNITY, name__startswith=SHOWN_COMMUNITY)
        self.grids = list(Area.objects.within(self.community).open().filter(kind=AreaKind.GRID).order_by("code"))
        self.secretary = self._holder(Role.COMMUNITY_SECRETARY)
        self.clerk = self._holder(Role.COMMUNITY_CLERK) or self.secretary
        ours = Member.objects.on_roll().filter(organisation__community=self.community)
        ours = ours.select_related("person__user", "member_class").order_by("pk")
        own = ours.exclude(person__user=None).exclude(person__user__in=[self.secretary, self.clerk])
        self.served_by = sorted(own, key=lambda one: one.person.user.username != "dangyuan")
        self.users = [one.person.user for one in self.served_by]
        self.others = list(ours.filter(person__user=None)[:EMPLOYED])
        self.kinds = {kind.name: kind for kind in PostKind.objects.all()}
        self.next_user = count()

    def _holder(self, role: Role) -> User | None:
        post = Appointment.objects.in_force().filter(role=role, area=self.community).select_related("user").first()
        return post and post.user

    def employ(self) -> None:
        """Half of those who log in and some others are in service elsewhere."""
        in_service = MemberClass.objects.filter(scheme__name="五类党员", name="在职党员").select_related("mode").first()
        units = list(Unit.objects.order_by("pk")[:6])
        members = [*self.served_by[::2], *self.others][:EMPLOYED] if in_service and units else []
        for n, member in enumerate(members):
            if member.member_class_id != in_service.pk:
                change_class(member=member, member_class=in_service, by=None, note=_("在区外单位工作"))
            dates = {"joined_on": member.joined_on, "full_on": member.full_on}
            change_member(member=member, by=None, employer=units[n % len(units)], mode=in_service.mode, **dates)


# --- Posts and claims


def _post(stage: Stage, n: int, wanted: Wanted) -> ServicePost:
    """Every post at an hour of its own, so that one may serve in several."""
    area = stage.community if wanted.grid is None else stage.grids[wanted.grid % len(stage.grids)]
    starts, ends = (today() + timedelta(days=days) for days in (wanted.starts, wanted.ends))
    shift = NewShift(weekday=n % 7, begins=time(8 + n // 7 * 4), ends=time(10 + n // 7 * 4))
    new = NewPost(
        area=area,
        kind=stage.kinds[wanted.kind],
        title=wanted.title,
        duties=wanted.duties,
        places=wanted.places,
        starts_on=starts,
        ends_on=ends,
        origin=wanted.origin,
        skills=list(Skill.objects.filter(name=wanted.skill)),
        classes=list(MemberClass.objects.filter(scheme__name="五类党员", name=wanted.member_class)),
        shifts=[shift],
    )
    post = draft_post(new=new, by=stage.clerk)
    for move in wanted.moves:
        if move == M.END:
            _claims(stage, post, wanted)
        reason = {M.END: _("任期已满"), M.DISCARD: _("已由河长制巡查覆盖")}.get(move, "")
        post = move_post(post=post, move=move, by=stage.clerk if move == M.SUBMIT else stage.secretary, reason=reason)
    if post.state == P.PUBLISHED:
        _claims(stage, post, wanted)
    return post


_REASONS = {C.REFUSE: _("岗位要求工作日下午到岗"), C.RELEASE: _("本人调往外地工作")}


def _claims(stage: Stage, post: ServicePost, wanted: Wanted) -> None:
    """By the members in turn; more than there are places wait in line."""
    users = stage.users[::2] if wanted.member_class else stage.users  # every other is in service
    for moves in wanted.claims[: len(users)]:
        user = users[next(stage.next_user) % len(users)]
        claim = claim_post(post=post, by=user, wish=_("周末和晚上有空"), wait=True)
        for move in moves:
            claim = move_claim(
                claim=claim, move=move, by=user if move == C.WITHDRAW else stage.secretary, reason=_REASONS.get(move, "")
            )


def _proposal(stage: Stage) -> NewPost:
    return NewPost(
        area=stage.community,
        kind=stage.kinds["便民服务"],
        title=_("快递代取"),
        duties=_("为腿脚不便的老人代取快递。"),
        places=3,
        starts_on=today() + timedelta(days=20),
        ends_on=today() + timedelta(days=200),
    )


@action("services.demo_past")
def _put_in_the_past(stage: Stage, posts: Sequence[ServicePost]) -> None:
    """As if published, claimed and approved before their terms began; two of them served and ended last year."""
    last = today().year - 1
    for post in ServicePost.objects.filter(pk__in=[post.pk for post in posts], title__in=LAST_YEAR):
        post.starts_on, post.ends_on = date(last, 2, 1), date(last, 11, 30)
        post.save()
    rows = list(ServicePost.objects.filter(pk__in=[post.pk for post in posts], starts_on__lt=today()))
    for post in rows:
        post.published_at = start_of(post.starts_on - timedelta(days=20))
    ServicePost.objects.bulk_update(rows, ["published_at"])
    claims = list(Claim.objects.filter(post__in=rows).select_related("post"))
    for n, claim in enumerate(claims):
        begun = claim.post.starts_on + timedelta(days=n % 9 if claim.post.title not in LAST_YEAR else 0)
        claim.applied_at = start_of(begun - timedelta(days=9)) + timedelta(hours=19)
        if claim.decided_at:
            claim.decided_at = start_of(begun - timedelta(days=3)) + timedelta(hours=10)
        if claim.started_on:
            claim.started_on = begun
        if claim.ended_on:
            claim.ended_on = min(claim.post.ends_on, today() - timedelta(days=20))
    Claim.objects.bulk_update(claims, ["applied_at", "decided_at", "started_on", "ended_on"])


# --- Teams and activities


def _team(stage: Stage, n: int):
    name, purpose = TEAMS[n]
    members = stage.served_by[n :: len(TEAMS)][:8]
    founded = today() - timedelta(days=500 - 100 * n)
    new = NewTeam(stage.community, name, purpose, leader=members[0], founded_on=founded)
    team = found_team(new=new, by=stage.secretary)
    join_team(team=team, members=members[1:], by=stage.secretary)
    return team


def _activities(stage: Stage, teams: list) -> int:
    for n, (title, text, spot, days, places, team) in enumerate(ACTIVITIES):
        on = today() + timedelta(days=max(days, 1))
        new = NewActivity(
            area=stage.community,
            title=title,
            spot=spot,
            on=on,
            begins=time(18, 30),
            ends=time(20, 30),
            text=text,
            team=None if team is None else teams[team],
            places=places,
        )
        activity = open_activity(new=new, by=stage.clerk)
        there = stage.served_by[n : n + 9 - n % 3]
        for member in there:
            sign_up(activity=activity, by=member.person.user, wait=True)
        if days < 0:
            _has_been(activity, today() + timedelta(days=days))
            tick_attendance(activity=activity, members=there[:-1], by=stage.clerk)
            _has_been(activity, today() + timedelta(days=days))
            hold_activity(activity=activity, by=stage.secretary)
    cancel_activity(activity=activity, by=stage.secretary, reason=_("预报有大雨，改期另行通知。"))
    return len(ACTIVITIES)


@action("services.demo_day")
def _has_been(activity: Activity, on: date) -> None:
    """People signed up for it before its day, which is over, and came on it."""
    activity.refresh_from_db()
    activity.on = on
    activity.save()
    activity.signups.update(at=start_of(on - timedelta(days=4)))
    activity.signups.exclude(attended="").update(attended_at=moment(on, activity.begins))


# --- Hours


def _hours(stage: Stage) -> int:
    """Every other week of who served; what others did on their own; the last of it waits to be confirmed."""
    claims = Claim.objects.filter(post__community=stage.community).exclude(started_on=None)
    claims = list(claims.select_related("post__area", "member__person__user").order_by("pk"))
    rows = [row for claim in claims for row in _of_claim(stage, claim)] + list(_on_their_own(stage))
    _note_hours(rows)
    serving = [claim for claim in claims if claim.state == ClaimState.SERVING]
    for claim in serving[::2]:
        shift = claim.post.shifts.get()
        on = today() - timedelta(days=(today().weekday() - shift.weekday) % 7 or 7)
        enter_hours(new=NewHours(on, shift.begins, shift.ends, claim=claim), by=claim.member.person.user)
    return len(rows) + len(serving[::2])


@action("services.demo_hours")
def _note_hours(rows: list[ServiceHours]) -> None:
    """Confirmed in their time; those of this year earn their points."""
    ServiceHours.objects.bulk_create(rows)
    credit([row for row in rows if row.on.year == today().year], None)


def _of_claim(stage: Stage, claim: Claim) -> Iterator[ServiceHours]:
    shift = claim.post.shifts.get()
    on = claim.started_on + timedelta(days=(shift.weekday - claim.started_on.weekday()) % 7)
    last = min(claim.ended_on or today(), today() - timedelta(days=14))
    while on <= last:
        if (on.toordinal() + claim.pk) % 5:  # nobody is there every time
            yield _row(stage, claim.member, on, (shift.begins, shift.ends), claim=claim, area=claim.post.area)
        on += timedelta(days=14)


def _on_their_own(stage: Stage) -> Iterator[ServiceHours]:
    notes = ("为邻居代买代办", "清扫楼前落叶", "协助登记入户信息", "社区值守")
    first = date(today().year - 1, 1, 15)
    for n, member in enumerate(stage.others):
        for month in range(n % 4, 23, 3 + n % 5):
            on = first + timedelta(days=30 * month + n)
            if on < today() - timedelta(days=7):
                hours = (time(12), time(13 + n % 2, 30))
                yield _row(stage, member, on, hours, note=notes[(n + month) % len(notes)], area=stage.community)


def _row(stage: Stage, member: Member, on: date, hours: tuple[time, time], *, area: Area, **values) -> ServiceHours:
    begins, ends = hours
    evening = start_of(on) + timedelta(hours=20)
    row = ServiceHours(member=member, on=on, begins=begins, ends=ends, hours=half_hours(begins, ends), **values)
    place(row=row, area=area)
    row.state, row.entered_by, row.entered_at = HoursState.CONFIRMED, member.person.user or stage.clerk, evening
    row.decided_by, row.decided_at = stage.secretary, evening + timedelta(days=1)
    return row


def _absences(stage: Stage) -> None:
    """One day that was explained and waits for an answer, one of the cast's own that is not explained yet."""
    serving = Claim.objects.filter(post__community=stage.community, state=ClaimState.SERVING).select_related("post")
    own = serving.filter(member=stage.served_by[0]).order_by("pk").first()
    other = serving.exclude(member=stage.served_by[0]).select_related("member__person__user").order_by("pk").first()
    for claim in filter(None, (own, other)):
        weekday = claim.post.shifts.get().weekday
        on = today() - timedelta(days=(today().weekday() - weekday) % 7 + 7)
        absence = note_absence(claim=claim, on=on, by=stage.secretary, note=_("没有到岗，事先没有说明"))
        if claim is other:
            explain_absence(absence=absence, by=claim.member.person.user, text=_("当天临时加班，没有来得及说明。"))
