"""Posts that people claim (设岗定责, D1)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Audited, Setting
from gridparty.lib.access import Can
from grids.models import LEVELS, Placed
from grids.querysets import OfPlacedQuerySet
from services.choices import LIVE, AbsenceState, ClaimState, Origin, PostState, Weekday
from services.querysets import AbsenceQuerySet, ClaimQuerySet, PostQuerySet


class PostKind(Setting):
    """A kind of post as offices name them (FIELD.md §5); examples to adapt."""

    name = models.CharField(_("名称"), max_length=30, unique=True)
    for_whom = models.CharField(_("适用对象"), max_length=20, blank=True)
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)
    in_use = models.BooleanField(_("使用中"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("岗位类型")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name


class Offer(Placed):
    """Base of what has limited places: `taken` counts who holds one, and is written by services.actions.places alone."""

    derived_fields = frozenset({*LEVELS, "taken"})

    taken = models.PositiveSmallIntegerField(_("已占名额"), default=0, editable=False)

    class Meta:
        abstract = True

    @property
    def is_full(self) -> bool:
        return self.places is not None and self.taken >= self.places

    @property
    def vacancies(self) -> int | None:
        """How many places are left; None: not limited."""
        return None if self.places is None else self.places - self.taken


class ServicePost(Offer):
    """Something that is wanted from members in an area, for a term. Moved by services.actions.posts (choices.POST_MOVES)."""

    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES

    kind = models.ForeignKey(PostKind, models.PROTECT, verbose_name=_("岗位类型"), related_name="+", db_index=False)
    title = models.CharField(_("岗位名称"), max_length=40)
    duties = models.CharField(_("岗位职责"), max_length=500)
    spot = models.CharField(_("服务地点"), max_length=60, blank=True)
    places = models.PositiveSmallIntegerField(_("需要人数"), default=1)
    origin = models.CharField(_("设岗来源"), max_length=10, choices=Origin, default=Origin.COMMUNITY)
    proposed_by = models.ForeignKey(
        "members.Member", models.PROTECT, verbose_name=_("建议人"), null=True, editable=False, related_name="+"
    )
    starts_on = models.DateField(_("上岗日期"))
    ends_on = models.DateField(_("结束日期"))
    claim_until = models.DateField(_("认领截止"), null=True, blank=True, help_text=_("不填为结束日期前都可认领。"))
    withdraw_days = models.PositiveSmallIntegerField(
        _("退出提前天数"), default=3, help_text=_("上岗前几天起不能自行退出，请联系社区。")
    )
    state = models.CharField(_("状态"), max_length=10, choices=PostState, default=PostState.DRAFT, editable=False)
    reason = models.CharField(_("意见"), max_length=200, blank=True, editable=False)  # of the last return, discard or end
    published_at = models.DateTimeField(_("发布时间"), null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("审批人"),
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务岗位")
        indexes = [models.Index(fields=[level, "state", "-id"], name=f"service_post_{level}") for level in LEVELS]
        constraints = [
            models.CheckConstraint(condition=Q(taken__lte=F("places")), name="service_post_never_oversubscribed"),
            models.CheckConstraint(condition=Q(places__gt=0), name="service_post_wants_somebody"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="service_post_term_forward"),
            models.CheckConstraint(
                condition=Q(claim_until=None) | Q(claim_until__lte=F("ends_on")), name="service_post_claim_in_term"
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def last_claim_on(self):
        return self.claim_until or self.ends_on


class PostShift(Audited):
    """When one serves: every week on a weekday, or once on a day. A post without any is served by arrangement."""

    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES

    post = models.ForeignKey(ServicePost, models.CASCADE, verbose_name=_("岗位"), related_name="shifts")
    weekday = models.PositiveSmallIntegerField(_("每周"), choices=Weekday, null=True, blank=True)
    on = models.DateField(_("日期"), null=True, blank=True)
    begins = models.TimeField(_("开始"))
    ends = models.TimeField(_("结束"))

    objects = OfPlacedQuerySet.of("post__")

    class Meta:
        verbose_name = verbose_name_plural = _("服务时间")
        ordering = ["weekday", "on", "begins"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday=None) ^ Q(on=None), name="shift_weekly_or_once"),
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="shift_forward"),
            models.UniqueConstraint(fields=["post", "weekday", "begins"], condition=Q(on=None), name="shift_weekly_once"),
            models.UniqueConstraint(fields=["post", "on", "begins"], condition=Q(weekday=None), name="shift_day_once"),
        ]

    def __str__(self):
        day = self.get_weekday_display() if self.on is None else str(self.on)
        return f"{day} {self.begins:%H:%M}—{self.ends:%H:%M}"


class PostSkill(Audited):
    """A skill one of which a post asks for."""

    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES

    post = models.ForeignKey(ServicePost, models.CASCADE, verbose_name=_("岗位"), related_name="skills", db_index=False)
    skill = models.ForeignKey("people.Skill", models.PROTECT, verbose_name=_("所需特长"), related_name="+")

    objects = OfPlacedQuerySet.of("post__")

    class Meta:
        verbose_name = verbose_name_plural = _("所需特长")
        constraints = [models.UniqueConstraint(fields=["post", "skill"], name="post_skill_once")]

    def __str__(self):
        return str(self.pk)


class PostClass(Audited):
    """A class a post is for; one without any is for all."""

    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES

    post = models.ForeignKey(ServicePost, models.CASCADE, verbose_name=_("岗位"), related_name="classes", db_index=False)
    member_class = models.ForeignKey("members.MemberClass", models.PROTECT, verbose_name=_("适用类别"), related_name="+")

    objects = OfPlacedQuerySet.of("post__")

    class Meta:
        verbose_name = verbose_name_plural = _("适用类别")
        constraints = [models.UniqueConstraint(fields=["post", "member_class"], name="post_class_once")]

    def __str__(self):
        return str(self.pk)


class Claim(Audited):
    """A member's claim on a place of a post. Moved by services.actions.claims (choices.CLAIM_MOVES), under the post's lock."""

    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES
    masked_fields = frozenset({"wish", "reason"})

    post = models.ForeignKey(ServicePost, models.PROTECT, verbose_name=_("岗位"), related_name="claims", db_index=False)
    member = models.ForeignKey("members.Member", models.PROTECT, verbose_name=_("党员"), related_name="claims")
    state = models.CharField(_("状态"), max_length=10, choices=ClaimState)
    wish = models.CharField(_("说明"), max_length=200, blank=True)
    applied_at = models.DateTimeField(_("认领时间"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("确认人"), null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(_("确认时间"), null=True)
    started_on = models.DateField(_("上岗日期"), null=True)
    ended_on = models.DateField(_("离岗日期"), null=True)
    reason = models.CharField(_("原因"), max_length=200, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("岗位认领")
        indexes = [
            models.Index(fields=["post", "state", "id"], name="claim_post"),
            models.Index(fields=["started_on"], condition=~Q(started_on=None), name="claim_started"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["post", "member"], condition=Q(state__in=sorted(LIVE)), name="claim_once"),
        ]

    def __str__(self):
        return str(self.pk)


class Absence(Audited):
    """A day on which somebody in post did not come. The member may explain; somebody else decides."""

    see = Can.SEE_SERVICES
    edit = Can.RUN_SERVICES
    masked_fields = frozenset({"note", "explanation", "answer"})

    claim = models.ForeignKey(Claim, models.PROTECT, verbose_name=_("岗位认领"), related_name="absences", db_index=False)
    on = models.DateField(_("日期"))
    note = models.CharField(_("情况"), max_length=200, blank=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("登记人"), related_name="+", db_index=False
    )
    state = models.CharField(_("状态"), max_length=10, choices=AbsenceState, default=AbsenceState.NOTED)
    explanation = models.CharField(_("本人说明"), max_length=500, blank=True)
    explained_at = models.DateTimeField(_("说明时间"), null=True)
    answer = models.CharField(_("答复"), max_length=200, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("答复人"), null=True, related_name="+", db_index=False
    )

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("未到岗记录")
        constraints = [models.UniqueConstraint(fields=["claim", "on"], name="absence_once")]

    def __str__(self):
        return str(self.on)
