"""Cases: from found to closed, by four procedures, with two clocks (E3)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Audited, Setting
from cases.choices import OPEN, WORKED, MoveKind, Outcome, Procedure, Source, Step, Unit
from cases.models.journal import JournalEntry, Subject
from cases.querysets import CaseQuerySet, OfCaseQuerySet
from gridparty.lib.access import Can
from gridparty.lib.crypto import EncryptedTextField
from gridparty.lib.dates import day_of
from grids.models import LEVELS, Placed

_OPEN = Q(step__in=sorted(OPEN))


class Deadline(Setting):
    """How long a step may take, or (no step) the whole case; without a procedure: before one is chosen. Examples to adapt."""

    procedure = models.CharField(_("程序"), max_length=12, choices=Procedure, blank=True)
    step = models.CharField(_("环节"), max_length=10, choices=Step, blank=True, help_text=_("不选为全程时限。"))
    amount = models.PositiveSmallIntegerField(_("时限"))
    unit = models.CharField(_("单位"), max_length=10, choices=Unit, default=Unit.WORKDAYS)

    class Meta:
        verbose_name = verbose_name_plural = _("办理时限")
        constraints = [
            models.UniqueConstraint(fields=["procedure", "step"], name="deadline_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="deadline_positive"),
        ]

    def __str__(self):
        return f"{self.get_procedure_display()} {self.get_step_display()}"


class Case(Placed):
    """A matter to be handled. `area` is where it is, `holder` the area whose office has it now: whoever holds the post there.

    Written by cases.actions.cases and cases.actions.clocks; what may happen to it is cases.choices.MOVES.
    """

    see = Can.SEE_VOICES
    edit = Can.HANDLE_CASES
    moves_with_merge = False  # cases.handover takes along what is open
    derived_fields = frozenset({*LEVELS, "seq", "remind_at", "escalate_at", "receipt", "rating_key", "step_since"})
    masked_fields = frozenset({"answer"})

    subject = models.ForeignKey(Subject, models.PROTECT, verbose_name=_("类别"), related_name="+", db_index=False)
    source = models.CharField(_("来源"), max_length=10, choices=Source)
    journal = models.OneToOneField(
        JournalEntry, models.PROTECT, verbose_name=_("民情日志"), null=True, editable=False, related_name="case"
    )
    household = models.ForeignKey(
        "people.Household", models.PROTECT, verbose_name=_("住户"), null=True, blank=True, related_name="+", db_index=False
    )
    spot = models.CharField(_("具体位置"), max_length=60, blank=True)
    text = EncryptedTextField(_("反映内容"))
    teller = EncryptedTextField(_("反映人"), blank=True)
    teller_phone = EncryptedTextField(_("联系电话"), blank=True)
    step = models.CharField(_("环节"), max_length=10, choices=Step, default=Step.FOUND)
    procedure = models.CharField(_("程序"), max_length=12, choices=Procedure, blank=True)
    outcome = models.CharField(_("办结方式"), max_length=14, choices=Outcome, blank=True)
    holder = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("办理单位"), related_name="+", db_index=False)
    supervisor = models.ForeignKey(
        "grids.Area", models.PROTECT, verbose_name=_("督办单位"), null=True, related_name="+", db_index=False
    )
    # A request that somebody else has to decide: approval, or closing as out of remit.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("申请人"), null=True, related_name="+", db_index=False
    )
    asked_from = models.ForeignKey(
        "grids.Area", models.PROTECT, verbose_name=_("报请单位"), null=True, related_name="+", db_index=False
    )
    opened_at = models.DateTimeField(_("受理时间"), default=timezone.now)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("受理人"), null=True, related_name="+", db_index=False
    )
    due_at = models.DateTimeField(_("全程时限"))
    step_since = models.DateTimeField(_("本环节开始"))
    step_due_at = models.DateTimeField(_("本环节时限"))
    answered_at = models.DateTimeField(_("反馈时间"), null=True)
    closed_at = models.DateTimeField(_("结案时间"), null=True)
    answer = models.CharField(_("答复"), max_length=500, blank=True)  # public: says what was done, names nobody
    round = models.PositiveSmallIntegerField(_("第几次办理"), default=1)
    seq = models.PositiveSmallIntegerField(default=0)  # of the last event; raised under the lock of this row
    # When the clock does something next (cases.actions.clocks).
    remind_at = models.DateTimeField(null=True)
    escalate_at = models.DateTimeField(null=True)
    receipt = models.CharField(_("查询码"), max_length=12, unique=True, editable=False)
    rating_key = models.UUIDField(default=uuid.uuid4, editable=False)  # changed to revoke the links for rating

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("民情事件")
        indexes = [
            *(models.Index(fields=[level, "-id"], name=f"case_{level}") for level in LEVELS),
            *(models.Index(fields=[level, "step_due_at"], condition=_OPEN, name=f"case_open_{level}") for level in LEVELS),
            models.Index(fields=["holder", "step_due_at"], condition=_OPEN, name="case_holder"),
            models.Index(fields=["supervisor"], condition=_OPEN & ~Q(supervisor=None), name="case_supervised"),
            *(
                models.Index(fields=[name], condition=~Q(**{name: None}), name=f"case_{name}")
                for name in ("remind_at", "escalate_at")
            ),
            models.Index(fields=["step_due_at"], condition=Q(step=Step.ANSWERED), name="case_answered"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(step=Step.CLOSED) | ~Q(outcome=""), name="case_closed_somehow"),
            models.CheckConstraint(
                condition=~Q(step__in=[Step.FILED, Step.HANDLED, Step.ANSWERED]) | ~Q(procedure=""),
                name="case_filed_by_procedure",
            ),
            models.CheckConstraint(
                condition=~Q(step=Step.CLOSED, outcome=Outcome.SOLVED) | ~Q(answer=""), name="case_answered_before_closed"
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        """What the case is called on lists: year and a running number, nothing of its content."""
        return f"{day_of(self.opened_at):%Y}-{self.pk:06d}"

    @property
    def is_open(self) -> bool:
        return self.step != Step.CLOSED

    @property
    def is_urgent(self) -> bool:
        return self.procedure == Procedure.URGENT

    @property
    def waits_for_remit(self) -> bool:
        """Somebody asked to close it as out of remit, and somebody else has not decided yet."""
        return self.asked_by_id is not None and self.step != Step.APPROVING

    def is_late(self, now) -> bool:
        """An answered case waits for the resident, and nobody is late."""
        return self.step in WORKED | {Step.APPROVING} and (self.due_at < now or self.step_due_at < now)


class CaseEvent(Audited):
    """One line of a case's history, in the order of `seq` whatever the clock said. Never edited."""

    see = Can.SEE_VOICES
    edit = Can.HANDLE_CASES

    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("事件"), related_name="events", db_index=False)
    seq = models.PositiveSmallIntegerField(_("序号"))
    kind = models.CharField(_("事项"), max_length=14, choices=MoveKind)
    step = models.CharField(_("环节"), max_length=10, choices=Step)  # after it
    holder = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("办理单位"), related_name="+", db_index=False)
    at = models.DateTimeField(_("时间"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("经办人"), null=True, related_name="+", db_index=False
    )
    text = EncryptedTextField(_("说明"), blank=True)
    is_public = models.BooleanField(_("对外公开"), default=False)

    objects = OfCaseQuerySet.of("case__")

    class Meta:
        verbose_name = verbose_name_plural = _("办理过程")
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="case_event_once")]
        ordering = ["case", "seq"]

    def __str__(self):
        return f"{self.seq} {self.get_kind_display()}"


class CasePhoto(Audited):
    """A picture of what was found, or of what was done."""

    see = Can.SEE_VOICES
    edit = Can.HANDLE_CASES

    event = models.ForeignKey(CaseEvent, models.PROTECT, verbose_name=_("办理过程"), related_name="photos")
    photo = models.ImageField(_("照片"), upload_to="cases/")

    objects = OfCaseQuerySet.of("event__case__")

    class Meta:
        verbose_name = verbose_name_plural = _("事件照片")

    def __str__(self):
        return str(self.pk)
