"""Agreements with the units of the neighbourhood, what was promised, and the quarter's report (结对共建, F2)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit.models import Audited, Setting
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from grids.models import LEVELS, Placed
from grids.querysets import OfPlacedQuerySet
from liaison.choices import AgreementState, CommitmentState, ReportState, Side
from liaison.querysets import AgreementQuerySet, CommitmentQuerySet, ReportQuerySet


class AgreementTemplate(Setting):
    """What an agreement begins as. In its texts {甲方}, {乙方}, {开始} and {结束} stand for what each agreement says itself."""

    name = models.CharField(_("名称"), max_length=40, unique=True)
    title = models.CharField(_("协议标题"), max_length=60, default="结对共建协议书")
    clauses = models.TextField(_("共同约定"), max_length=4000)
    our_duties = models.TextField(_("甲方职责"), max_length=2000)
    their_duties = models.TextField(_("乙方职责"), max_length=2000)
    position = models.PositiveSmallIntegerField(_("排序"), default=0)
    in_use = models.BooleanField(_("使用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("共建协议模板")
        ordering = ["position", "id"]

    def __str__(self):
        return self.name


class Agreement(Placed):
    """What a neighbourhood and a unit promise each other for a term. Moved by choices.AGREEMENT_MOVES.

    Its texts are a copy of the template, filled and adapted. No two that bind one area and one unit share a day: the row of the
    unit is the lock under which that is looked at (liaison.actions.agreements).
    """

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON
    moves_with_merge = False  # liaison.handover takes along what goes on
    derived_fields = frozenset({*LEVELS, "link_key"})
    masked_fields = frozenset({"our_head", "their_head", "answer_text", "answerer"})

    unit = models.ForeignKey("members.Unit", models.PROTECT, verbose_name=_("共建单位"), related_name="agreements")
    organisation = models.ForeignKey(
        "members.PartyOrganisation",
        models.PROTECT,
        verbose_name=_("甲方党组织"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("签订协议的社区或街道党组织。"),
    )
    title = models.CharField(_("协议标题"), max_length=60)
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"))
    clauses = models.TextField(_("共同约定"), max_length=4000)
    our_duties = models.TextField(_("甲方职责"), max_length=2000)
    their_duties = models.TextField(_("乙方职责"), max_length=2000)
    our_head = models.CharField(_("甲方负责人"), max_length=60, blank=True)
    their_head = models.CharField(_("乙方负责人"), max_length=60, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=AgreementState, default=AgreementState.DRAFT, editable=False)
    reason = models.CharField(_("原因"), max_length=200, blank=True, editable=False)  # of the last recall, discarding or ending
    # What the unit said by its link; set back when it is offered again.
    answer_text = models.CharField(_("单位意见"), max_length=500, blank=True, editable=False)
    answerer = models.CharField(_("答复人"), max_length=60, blank=True, editable=False)
    answered_at = models.DateTimeField(_("答复时间"), null=True, editable=False)
    signed_on = models.DateField(_("签订日期"), null=True, editable=False)
    ended_on = models.DateField(_("终止日期"), null=True, editable=False)
    renews = models.OneToOneField(
        "self", models.PROTECT, verbose_name=_("续签自"), null=True, editable=False, related_name="renewal"
    )
    link_key = models.UUIDField(default=uuid.uuid4, editable=False)  # changed to revoke links

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("共建协议")
        indexes = [
            *(models.Index(fields=[level, "state", "ends_on"], name=f"agreement_{level}") for level in LEVELS),
            models.Index(fields=["unit", "state"], name="agreement_of_unit"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="agreement_forward"),
            models.CheckConstraint(
                condition=~Q(state__in=[AgreementState.IN_FORCE, AgreementState.EXPIRED, AgreementState.ENDED])
                | ~Q(signed_on=None),
                name="agreement_signed_some_day",
            ),
        ]

    def __str__(self):
        return self.title


class AgreementScan(Audited):
    """A page of the signed paper, or the whole of it as a PDF."""

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON

    agreement = models.ForeignKey(Agreement, models.PROTECT, verbose_name=_("协议"), related_name="scans")
    file = models.FileField(_("扫描件"), upload_to="agreements/")

    objects = OfPlacedQuerySet.of("agreement__")

    class Meta:
        verbose_name = verbose_name_plural = _("协议扫描件")

    def __str__(self):
        return str(self.pk)


class Commitment(Audited):
    """One thing one side promised: what, who, by when, and how it is known to be done. Moved by choices.COMMITMENT_MOVES."""

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON
    masked_fields = frozenset({"who", "answerer"})

    agreement = models.ForeignKey(Agreement, models.PROTECT, verbose_name=_("协议"), related_name="commitments", db_index=False)
    side = models.CharField(_("责任方"), max_length=6, choices=Side)
    text = models.CharField(_("事项"), max_length=200)
    who = models.CharField(_("责任人"), max_length=60, blank=True)
    due_on = models.DateField(_("完成期限"))
    state = models.CharField(_("状态"), max_length=10, choices=CommitmentState, default=CommitmentState.OPEN, editable=False)
    reason = models.CharField(_("意见"), max_length=200, blank=True, editable=False)  # of the last return, reopening or dropping
    done_on = models.DateField(_("完成日期"), null=True, editable=False)
    done_text = models.CharField(_("完成情况"), max_length=500, blank=True, editable=False)
    answerer = models.CharField(_("报告人"), max_length=60, blank=True, editable=False)  # of the unit, by its link
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("经办人"),
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("共建事项")
        indexes = [
            models.Index(fields=["agreement", "due_on"], name="commitment_of_agreement"),
            models.Index(fields=["due_on"], condition=Q(state=CommitmentState.OPEN), name="commitment_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=CommitmentState.DONE) | (~Q(done_text="") & ~Q(done_on=None)), name="commitment_done_somehow"
            )
        ]

    def __str__(self):
        return self.text

    @property
    def is_late(self) -> bool:
        return self.state == CommitmentState.OPEN and self.due_on < today()


class CommitmentPhoto(Audited):
    """A picture of what was done."""

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON

    commitment = models.ForeignKey(Commitment, models.PROTECT, verbose_name=_("共建事项"), related_name="photos")
    photo = models.ImageField(_("照片"), upload_to="commitments/")

    objects = OfPlacedQuerySet.of("commitment__agreement__")

    class Meta:
        verbose_name = verbose_name_plural = _("共建事项照片")

    def __str__(self):
        return str(self.pk)


class QuarterReport(Audited):
    """每季度书面汇报: what was done in a quarter under one agreement, prefilled, then put into words and sent."""

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON
    masked_fields = frozenset({"answer_text", "answerer"})

    agreement = models.ForeignKey(Agreement, models.PROTECT, verbose_name=_("协议"), related_name="reports", db_index=False)
    from_on = models.DateField(_("期间自"))
    until_on = models.DateField(_("期间至"))
    done = models.TextField(_("本季度工作"), max_length=3000, blank=True)
    trouble = models.TextField(_("存在问题"), max_length=1000, blank=True)
    plan = models.TextField(_("下季度打算"), max_length=1000, blank=True)
    state = models.CharField(_("状态"), max_length=6, choices=ReportState, default=ReportState.DRAFT, editable=False)
    sent_at = models.DateTimeField(_("提交时间"), null=True, editable=False)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("提交人"),
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    # What the unit said to it by its link, once.
    answer_text = models.CharField(_("单位意见"), max_length=500, blank=True, editable=False)
    answerer = models.CharField(_("答复人"), max_length=60, blank=True, editable=False)
    answered_at = models.DateTimeField(_("答复时间"), null=True, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("共建季度汇报")
        indexes = [models.Index(fields=["state", "from_on"], name="quarter_report_state")]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "from_on"], name="quarter_report_once"),
            models.CheckConstraint(condition=~Q(state=ReportState.SENT) | ~Q(done=""), name="quarter_report_says_something"),
        ]

    def __str__(self):
        return str(self.pk)
