"""Teams, their activities, and the hours people serve (D2, D6)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Audited
from gridparty.lib.access import Can
from grids.models import LEVELS, Placed
from grids.querysets import OfPlacedQuerySet
from services.choices import ActivityState, Attended, HoursState, SignUpState
from services.models.posts import Claim, Offer
from services.querysets import (
    ActivityQuerySet,
    HoursQuerySet,
    OfActivityQuerySet,
    SignUpQuerySet,
    TeamQuerySet,
)


class Team(Placed):
    """A service team. Who leads it runs its activities, whatever their posts. Written by services.actions.teams."""

    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES

    name = models.CharField(_("队伍名称"), max_length=40)
    purpose = models.CharField(_("服务内容"), max_length=200, blank=True)
    leader = models.ForeignKey("members.Member", models.PROTECT, verbose_name=_("队长"), null=True, related_name="led_teams")
    founded_on = models.DateField(_("成立日期"), null=True, blank=True)
    closed_on = models.DateField(_("撤销日期"), null=True, blank=True, editable=False)

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务队")
        indexes = [models.Index(fields=[level, "-id"], name=f"team_{level}") for level in LEVELS]
        constraints = [models.UniqueConstraint(fields=["area", "name"], condition=Q(closed_on=None), name="team_once")]

    def __str__(self):
        return self.name


class TeamMember(Audited):
    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES

    team = models.ForeignKey(Team, models.PROTECT, verbose_name=_("服务队"), related_name="members", db_index=False)
    member = models.ForeignKey("members.Member", models.PROTECT, verbose_name=_("党员"), related_name="team_places")
    joined_on = models.DateField(_("加入日期"))
    left_on = models.DateField(_("退出日期"), null=True)

    objects = OfPlacedQuerySet.of("team__")

    class Meta:
        verbose_name = verbose_name_plural = _("队员")
        indexes = [models.Index(fields=["team", "left_on"], name="team_member_team")]
        constraints = [models.UniqueConstraint(fields=["team", "member"], condition=Q(left_on=None), name="team_member_once")]

    def __str__(self):
        return str(self.pk)


class Activity(Offer):
    """Something done together on a day, with sign-up and attendance. Written by services.actions.activities."""

    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES

    team = models.ForeignKey(Team, models.PROTECT, verbose_name=_("服务队"), null=True, blank=True, related_name="activities")
    title = models.CharField(_("活动名称"), max_length=40)
    text = models.CharField(_("活动内容"), max_length=500, blank=True)
    spot = models.CharField(_("集合地点"), max_length=60)
    on = models.DateField(_("活动日期"))
    begins = models.TimeField(_("开始"))
    ends = models.TimeField(_("结束"))
    places = models.PositiveSmallIntegerField(_("名额"), null=True, blank=True, help_text=_("不填为不限。"))
    sign_up_until = models.DateField(_("报名截止"), null=True, blank=True, help_text=_("不填为活动当天。"))
    state = models.CharField(_("状态"), max_length=10, choices=ActivityState, default=ActivityState.OPEN, editable=False)
    reason = models.CharField(_("取消原因"), max_length=200, blank=True, editable=False)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("办结人"),
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    attend_key = models.UUIDField(default=uuid.uuid4, editable=False)  # under which the rotating code is signed

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务活动")
        indexes = [models.Index(fields=[level, "state", "-on"], name=f"activity_{level}") for level in LEVELS]
        constraints = [
            models.CheckConstraint(condition=Q(places=None) | Q(taken__lte=F("places")), name="activity_never_oversubscribed"),
            models.CheckConstraint(condition=Q(places=None) | Q(places__gt=0), name="activity_has_places"),
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="activity_forward"),
            models.CheckConstraint(
                condition=Q(sign_up_until=None) | Q(sign_up_until__lte=F("on")), name="activity_sign_up_before"
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def last_sign_up_on(self):
        return self.sign_up_until or self.on


class ActivityPhoto(Audited):
    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES

    activity = models.ForeignKey(Activity, models.PROTECT, verbose_name=_("活动"), related_name="photos")
    photo = models.ImageField(_("照片"), upload_to="activities/")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("上传人"), related_name="+", db_index=False)

    objects = OfActivityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("活动照片")

    def __str__(self):
        return str(self.pk)


class SignUp(Audited):
    """A member's place in an activity, and whether they came."""

    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES

    activity = models.ForeignKey(Activity, models.PROTECT, verbose_name=_("活动"), related_name="signups", db_index=False)
    member = models.ForeignKey("members.Member", models.PROTECT, verbose_name=_("党员"), related_name="signups")
    state = models.CharField(_("状态"), max_length=10, choices=SignUpState)
    at = models.DateTimeField(_("报名时间"), default=timezone.now)
    attended = models.CharField(_("签到方式"), max_length=6, choices=Attended, blank=True)
    attended_at = models.DateTimeField(_("签到时间"), null=True)

    objects = SignUpQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("活动报名")
        indexes = [models.Index(fields=["activity", "state", "id"], name="signup_activity")]
        constraints = [
            models.UniqueConstraint(fields=["activity", "member"], condition=~Q(state=SignUpState.WITHDRAWN), name="signup_once"),
            models.CheckConstraint(condition=Q(attended="") | Q(state=SignUpState.SIGNED), name="signup_attended_in_place"),
        ]

    def __str__(self):
        return str(self.pk)


class ServiceHours(Placed):
    """Time somebody served: entered by the member, confirmed by another; placed where it was served.

    Written by services.actions.hours. Confirmed hours become points by members.actions.award_points, source "hours:<pk>".
    """

    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES
    derived_fields = frozenset({*LEVELS, "hours"})
    masked_fields = frozenset({"note", "reason"})

    member = models.ForeignKey(
        "members.Member", models.PROTECT, verbose_name=_("党员"), related_name="service_hours", db_index=False
    )
    claim = models.ForeignKey(Claim, models.PROTECT, verbose_name=_("岗位认领"), null=True, related_name="hours")
    signup = models.ForeignKey(SignUp, models.PROTECT, verbose_name=_("活动报名"), null=True, related_name="hours")
    on = models.DateField(_("日期"))
    begins = models.TimeField(_("开始"))
    ends = models.TimeField(_("结束"))
    hours = models.DecimalField(_("时长（小时）"), max_digits=4, decimal_places=1)  # from begins to ends, to the half
    note = models.CharField(_("服务内容"), max_length=200, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=HoursState, default=HoursState.PROPOSED)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("登记人"), null=True, related_name="+", db_index=False
    )
    entered_at = models.DateTimeField(_("登记时间"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("确认人"), null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(_("确认时间"), null=True)
    reason = models.CharField(_("意见"), max_length=200, blank=True)
    unpaid = models.CharField(_("未计积分的原因"), max_length=200, blank=True)

    objects = HoursQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务时长")
        indexes = [
            *(models.Index(fields=[level, "state", "-on"], name=f"hours_{level}") for level in LEVELS),
            models.Index(fields=["member", "on"], name="hours_member"),
            models.Index(fields=["on"], condition=Q(state=HoursState.CONFIRMED), name="hours_confirmed"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="hours_forward"),
            models.CheckConstraint(condition=Q(claim=None) | Q(signup=None), name="hours_of_one_thing"),
        ]

    def __str__(self):
        return f"{self.on} {self.hours}"
