"""Activities: opened, changed, cancelled, shown in pictures; signing up, and the waiting list.

Places are looked at under the lock of the activity (services.actions.places); after it the member's row is held, so that nobody
signs up for two activities of one time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from audit.operations import action
from gridparty.lib import photos as pictures
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import Area
from jobs.actions import notify
from members.choices import ON_ROLL
from members.models import Member
from services.actions.places import give_back, locked, take
from services.choices import ActivityState, SignUpState
from services.errors import ActivityRefused
from services.gatherings import closed_because, half_hours, in_words, leads, runnable, sign_up_of
from services.models import Activity, ActivityPhoto, SignUp, Team
from services.offers import membership_of

MOST_PHOTOS = 6


@dataclass(frozen=True)
class NewActivity:
    area: Area
    title: str
    spot: str
    on: date
    begins: time
    ends: time
    text: str = ""
    team: Team | None = None
    places: int | None = None
    sign_up_until: date | None = None


# --- Running


@action("services.open_activity")
def open_activity(*, new: NewActivity, by) -> Activity:
    """By who runs services there, or leads the team. Raises ActivityRefused."""
    row = Activity()
    _check(new, by)
    _check_day(new)
    _fill(row, new)
    row.save()
    return row


@action("services.change_activity")
def change_activity(*, activity: Activity, new: NewActivity, by) -> Activity:
    """Who signed up is told of another day, time or spot; places that are added go to who waits. Raises ActivityRefused."""
    row = held_open(activity, by)
    _check(new, by)
    when = {name: getattr(row, name) for name in ("on", "begins", "ends")}
    if when != {name: getattr(new, name) for name in when}:
        _check_day(new)
        if row.signups.exclude(attended="").exists():
            raise ActivityRefused(_("已有人签到，不能再改活动时间。"))
    if new.places is not None and new.places < row.taken:
        raise ActivityRefused(_("已有 %(n)d 人报名，名额不能少于已报名人数。") % {"n": row.taken})
    before = (*when.values(), row.spot)
    _fill(row, new)
    row.save()
    if before != (row.on, row.begins, row.ends, row.spot):
        _tell(row, _("活动时间或地点有变：%(title)s"), _signed(row), by)
    while _next_of(row) and take(row):
        let_in(row, by)
    return row


@action("services.cancel_activity")
def cancel_activity(*, activity: Activity, by, reason: str) -> Activity:
    """Whoever signed up is told, with the reason. Raises ActivityRefused."""
    row = held_open(activity, by)
    if not reason.strip():
        raise ActivityRefused(_("请填写取消的原因，报名的人会看到。"))
    if row.signups.exclude(attended="").exists():
        raise ActivityRefused(_("已有人签到，不能取消；活动确未举办的，请先取消签到。"))
    row.state, row.reason = ActivityState.CANCELLED, reason.strip()
    row.save()
    _tell(row, _("活动取消：%(title)s"), _signed(row), by, body=row.reason)
    return row


@action("services.add_photos")
def add_photos(*, activity: Activity, photos: Sequence[UploadedFile], by) -> int:
    """Pictures of what was done; how many there are now. Raises ActivityRefused, PhotoRefused."""
    row = locked(activity)
    check_runs(row, by)
    if row.state == ActivityState.CANCELLED:
        raise ActivityRefused(_("活动已取消，不能上传照片。"))
    there = row.photos.count()
    if there + len(photos) > MOST_PHOTOS:
        raise ActivityRefused(
            _("一个活动最多 %(most)d 张照片，已有 %(n)d 张，请减少后重新选择。") % {"most": MOST_PHOTOS, "n": there}
        )
    ActivityPhoto.objects.bulk_create(ActivityPhoto(activity=row, photo=pictures.reencode(one), by=by) for one in photos)
    return there + len(photos)


def check_runs(row: Activity, by) -> None:
    if by is not None and not runnable(by).filter(pk=row.pk).exists():
        raise ActivityRefused(_("“%(title)s”不由您组织，请由社区工作人员或服务队队长办理。") % {"title": row.title})


def held_open(activity: Activity, by) -> Activity:
    """The row as it is now, locked, still open and `by`'s to run."""
    row = locked(activity)
    check_runs(row, by)
    if row.state != ActivityState.OPEN:
        raise ActivityRefused(_("活动%(state)s，不能再办理。") % {"state": row.get_state_display()})
    return row


def _check(new: NewActivity, by) -> None:
    """Whether this is an activity, and `by` may hold one there with that team."""
    if not new.title.strip() or not new.spot.strip():
        raise ActivityRefused(_("请填写活动名称和集合地点。"))
    if new.ends <= new.begins or not half_hours(new.begins, new.ends):
        raise ActivityRefused(_("结束时间应比开始时间晚至少半小时，请核对。"))
    if new.places is not None and new.places < 1:
        raise ActivityRefused(_("名额至少为 1；不限名额的请留空。"))
    if new.sign_up_until and new.sign_up_until > new.on:
        raise ActivityRefused(_("报名截止日期晚于活动日期，请核对。"))
    if new.team and new.team.closed_on:
        raise ActivityRefused(_("“%(team)s”已撤销，请另选服务队。") % {"team": new.team.name})
    if by is None or (leads(new.team, by) and new.team.area_id == new.area.pk):
        return
    if not scope_of(by).covers(Can.RUN_SERVICES, new.area):
        raise ActivityRefused(
            _("“%(area)s”不在您的管理范围内，请选择本辖区；队长请选择本队和本队所在区域。") % {"area": new.area.name}
        )
    if new.team and not leads(new.team, by) and not scope_of(by).covers(Can.RUN_SERVICES, new.team.area):
        raise ActivityRefused(_("“%(team)s”不在您的管理范围内，请另选服务队。") % {"team": new.team.name})


def _check_day(new: NewActivity) -> None:
    if new.on < today():
        raise ActivityRefused(_("活动日期已过，请选择今天或以后的日期。"))


def _fill(row: Activity, new: NewActivity) -> None:
    if row.area_id != new.area.pk:
        place(row=row, area=new.area)
    row.title, row.spot, row.text, row.team = new.title.strip(), new.spot.strip(), new.text.strip(), new.team
    row.on, row.begins, row.ends = new.on, new.begins, new.ends
    row.places, row.sign_up_until = new.places, new.sign_up_until


def _signed(row: Activity) -> list[User]:
    users = row.signups.exclude(state=SignUpState.WITHDRAWN).values("member__person__user")
    return list(User.objects.filter(pk__in=users, is_active=True))


def _tell(row: Activity, what: str, users: Iterable[User], by, body: str = "") -> None:
    """Notices go out by mail: the activity, never who takes part."""
    when = f"{in_words(row.on)} {row.begins:%H:%M}—{row.ends:%H:%M} {row.spot}"
    link = reverse("services:activity", args=[row.pk])
    notify(recipients=users, subject=what % {"title": row.title}, body="\n".join(filter(None, [body, when])), link=link, by=by)


# --- Signing up


@action("services.sign_up")
def sign_up(*, activity: Activity, by, wait: bool = False) -> SignUp:
    """Take a place, or (`wait`) one on the waiting list where there is none. Raises ActivityRefused."""
    row, member = locked(activity), _held_member(by)
    if member and not Activity.objects.own(by).filter(pk=row.pk).exists():
        raise ActivityRefused(_("这个活动不面向您所在的社区，请选择其他活动。"))
    if found := sign_up_of(row, member):
        return found
    if refusal := closed_because(row, member):
        raise ActivityRefused(refusal)
    state = SignUpState.SIGNED if take(row) else SignUpState.WAITING
    if state == SignUpState.WAITING and not wait:
        raise ActivityRefused(_("名额已满，可以选择候补，有人退出时按先后递补。"))
    return SignUp.objects.create(activity=row, member=member, state=state)


@action("services.withdraw_sign_up")
def withdraw_sign_up(*, signup: SignUp, by) -> SignUp:
    """Not to come after all: the place goes to the first who waits, who is told. Raises ActivityRefused."""
    row = locked(signup.activity)
    signup = SignUp.objects.select_related("member__person").get(pk=signup.pk)
    if by is None or signup.member.person.user_id != by.pk:
        raise ActivityRefused(_("报名由本人退出。"))
    if signup.state == SignUpState.WITHDRAWN:
        return signup
    if signup.attended:
        raise ActivityRefused(_("您已签到，不能退出报名。"))
    if row.state != ActivityState.OPEN or row.on < today():
        raise ActivityRefused(_("活动已经结束或取消，不用退出报名。"))
    had_place = signup.state == SignUpState.SIGNED
    signup.state = SignUpState.WITHDRAWN
    signup.save()
    if had_place:
        give_back(row, lambda: let_in(row, by))
    return signup


def _held_member(by) -> Member | None:
    """The member who signs up, whose row is held: one sign-up after the other."""
    member = membership_of(by)
    if member:
        Member.objects.select_for_update().filter(pk=member.pk).values_list("pk", flat=True).get()
    return member


def _next_of(row: Activity) -> SignUp | None:
    """The first who waits and is still on the roll."""
    waiting = row.signups.filter(state=SignUpState.WAITING, member__state__in=sorted(ON_ROLL))
    return waiting.select_related("member__person__user").order_by("pk").first()


def let_in(row: Activity, by) -> SignUp | None:
    """The first who waits has a place now, and hears of it."""
    heir = _next_of(row)
    if heir is None:
        return None
    heir.state = SignUpState.SIGNED
    heir.save()
    user = heir.member.person.user
    _tell(row, _("候补成功：%(title)s"), [user] if user else [], by)
    return heir
