"""Feedback cards: what in-service members did where they live, told to their employer's party organisation (反馈卡, D3)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit.models import Setting
from gridparty.lib.access import Can
from grids.models import LEVELS, Placed
from services.choices import Answer, CardState, PeriodKind, SentBy
from services.querysets import CardQuerySet


class CardRule(Setting):
    """How often cards are sent, and when. One row; of which modes of management cards are sent stands there (`feeds_back`)."""

    name = models.CharField(_("名称"), max_length=30, unique=True)
    period = models.CharField(_("反馈周期"), max_length=8, choices=PeriodKind, default=PeriodKind.YEAR)
    draft_after_days = models.PositiveSmallIntegerField(_("期满后几天生成"), default=3)
    answer_days = models.PositiveSmallIntegerField(_("回执期限（天）"), default=30)
    remind_every_days = models.PositiveSmallIntegerField(_("催办间隔（天）"), default=7)

    class Meta:
        verbose_name = verbose_name_plural = _("反馈卡规则")
        constraints = [models.CheckConstraint(condition=Q(remind_every_days__gt=0), name="card_rule_interval")]

    def __str__(self):
        return self.name


class FeedbackCard(Placed):
    """What one member did in a period, for one employer. Placed where the member lived when it was drafted, and stays there.

    The figures are computed for all at once (services.actions.cards) and fixed with the approval. Moved by choices.CARD_MOVES.
    """

    see = Can.SEE_CARDS
    edit = Can.KEEP_CARDS
    moves_with_merge = False
    derived_fields = frozenset({*LEVELS, "posts", "hours", "activities", "entries", "points", "suggestion", "code", "link_key"})
    masked_fields = frozenset({"remark", "answer_text", "answerer"})

    member = models.ForeignKey("members.Member", models.PROTECT, verbose_name=_("党员"), related_name="cards", db_index=False)
    from_on = models.DateField(_("期间自"))
    until_on = models.DateField(_("期间至"))
    unit = models.ForeignKey("members.Unit", models.PROTECT, verbose_name=_("工作单位"), null=True, related_name="cards")
    # What was done in the period.
    posts = models.PositiveSmallIntegerField(_("服务岗位"), default=0)
    hours = models.DecimalField(_("服务时长"), max_digits=6, decimal_places=1, default=0)
    activities = models.PositiveSmallIntegerField(_("参加活动"), default=0)
    entries = models.PositiveSmallIntegerField(_("积分事项"), default=0)
    points = models.DecimalField(_("积分"), max_digits=8, decimal_places=1, default=0)
    suggestion = models.CharField(_("建议评语"), max_length=300, blank=True)
    remark = models.CharField(_("社区评语"), max_length=500, blank=True)  # blank: the suggestion stands
    state = models.CharField(_("状态"), max_length=10, choices=CardState, default=CardState.DRAFT)
    reason = models.CharField(_("意见"), max_length=200, blank=True)  # of the last return, revocation or dropping
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("审批人"), null=True, related_name="+", db_index=False
    )
    approved_at = models.DateTimeField(_("审批时间"), null=True)
    sent_by = models.CharField(_("发出方式"), max_length=6, choices=SentBy, blank=True)
    sent_at = models.DateTimeField(_("发出时间"), null=True)
    answer_by = models.DateField(_("请于何日前回执"), null=True)
    reminded = models.PositiveSmallIntegerField(_("已催办次数"), default=0)
    reminded_on = models.DateField(_("最近催办"), null=True)
    answer = models.CharField(_("单位回执"), max_length=10, choices=Answer, blank=True)
    answer_text = models.CharField(_("单位意见"), max_length=500, blank=True)
    answerer = models.CharField(_("回执人"), max_length=60, blank=True)
    answered_at = models.DateTimeField(_("回执时间"), null=True)
    code = models.CharField(_("查询码"), max_length=12, unique=True, editable=False)  # on paper; changed to revoke it
    link_key = models.UUIDField(default=uuid.uuid4, editable=False)  # changed to revoke links

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("反馈卡")
        indexes = [
            *(models.Index(fields=[level, "from_on", "state", "id"], name=f"card_{level}") for level in LEVELS),
            models.Index(fields=["answer_by"], condition=Q(state=CardState.SENT), name="card_awaited"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["member", "from_on", "until_on"], name="card_once"),
            models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name="card_period_forward"),
            models.CheckConstraint(
                condition=~Q(state__in=[CardState.SENT, CardState.ANSWERED]) | ~Q(sent_by=""), name="card_sent_somehow"
            ),
            models.CheckConstraint(condition=~Q(state=CardState.ANSWERED) | ~Q(answer=""), name="card_answered_somehow"),
        ]

    def __str__(self):
        return str(self.pk)

    @property
    def words(self) -> str:
        """The remark as it is sent."""
        return self.remark or self.suggestion
