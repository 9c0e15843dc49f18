"""The weekly report of each grid (周报告, E4)."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Audited, Setting
from cases.choices import ReportEventKind, ReportState
from cases.querysets import OfReportQuerySet, ReportQuerySet
from gridparty.lib.access import Can
from gridparty.lib.crypto import EncryptedTextField
from gridparty.lib.dates import Week
from grids.models import LEVELS, Placed


class ReportRule(Setting):
    """When a week's report is due: at this hour of the last workday of the week. Closing follows on Sunday night. One row."""

    name = models.CharField(_("名称"), max_length=30, unique=True)
    due_hour = models.PositiveSmallIntegerField(
        _("截止时刻（点）"), default=18, validators=[MaxValueValidator(23)], help_text=_("本周最后一个工作日的几点前提交为按时。")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("周报规则")

    def __str__(self):
        return self.name


class ReportException(Placed):
    """A grid that need not report for some weeks, as agreed: why, from when to when, by whom."""

    see = Can.SEE_VOICES
    edit = Can.REVIEW_REPORTS

    from_on = models.DateField(_("自"))
    until_on = models.DateField(_("至"))
    reason = models.CharField(_("原因"), max_length=100)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("批准人"), editable=False, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("免报安排")
        indexes = [models.Index(fields=["area", "until_on"], name="report_exception_area")]
        constraints = [models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name="report_exception_forward")]

    def __str__(self):
        return f"{self.from_on}—{self.until_on}"


class WeeklyReport(Placed):
    """What a grid reports of a week (`week_on` is its Monday): figures made from the week's rows, and what only the leader knows.

    The figures are counted live until it is sent, then kept as they were sent. Written by cases.actions.reports.
    """

    see = Can.SEE_VOICES
    edit = Can.WRITE_REPORTS
    moves_with_merge = False
    derived_fields = frozenset({*LEVELS, "seq", "figures"})
    masked_fields = frozenset({"comment"})

    week_on = models.DateField(_("周"))
    state = models.CharField(_("状态"), max_length=10, choices=ReportState, default=ReportState.DRAFT)
    due_at = models.DateTimeField(_("截止时间"))
    excused = models.BooleanField(_("免报"), default=False)
    figures = models.JSONField(_("本周数字"), default=dict)  # {figure key: number}, as sent
    done = EncryptedTextField(_("本周重点工作"), blank=True)
    trouble = EncryptedTextField(_("存在问题和需协调事项"), blank=True)
    plan = EncryptedTextField(_("下周打算"), blank=True)
    comment = models.CharField(_("批注"), max_length=500, blank=True)
    first_sent_at = models.DateTimeField(_("首次提交"), null=True)
    sent_at = models.DateTimeField(_("提交时间"), null=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("提交人"), null=True, related_name="+", db_index=False
    )
    returns = models.PositiveSmallIntegerField(_("退回次数"), default=0)
    lock_on = models.DateField(_("关账日期"))
    locked_at = models.DateTimeField(_("关账时间"), null=True)
    seq = models.PositiveSmallIntegerField(default=0)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("周报")
        indexes = [
            *(models.Index(fields=["week_on", level], name=f"report_{level}") for level in LEVELS),
            models.Index(fields=["lock_on"], condition=Q(locked_at=None), name="report_lock"),
        ]
        constraints = [models.UniqueConstraint(fields=["area", "week_on"], name="report_once")]

    def __str__(self):
        return str(self.week)

    @property
    def week(self) -> Week:
        return Week.of(self.week_on)

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None

    @property
    def is_received(self) -> bool:
        return self.first_sent_at is not None

    @property
    def is_on_time(self) -> bool:
        """By its first sending: a report that was returned and sent again is not late for it."""
        return self.first_sent_at is not None and self.first_sent_at <= self.due_at

    def is_missing(self, now) -> bool:
        return not self.excused and self.first_sent_at is None and self.due_at < now


class ReportEvent(Audited):
    """One line of a report's history, in the order of `seq`. Never edited."""

    see = Can.SEE_VOICES
    edit = Can.WRITE_REPORTS
    masked_fields = frozenset({"text"})

    report = models.ForeignKey(WeeklyReport, models.PROTECT, verbose_name=_("周报"), related_name="events", db_index=False)
    seq = models.PositiveSmallIntegerField(_("序号"))
    kind = models.CharField(_("事项"), max_length=10, choices=ReportEventKind)
    at = models.DateTimeField(_("时间"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("经办人"), null=True, related_name="+", db_index=False
    )
    text = models.CharField(_("说明"), max_length=500, blank=True)

    objects = OfReportQuerySet.of("report__")

    class Meta:
        verbose_name = verbose_name_plural = _("周报记录")
        constraints = [models.UniqueConstraint(fields=["report", "seq"], name="report_event_once")]
        ordering = ["report", "seq"]

    def __str__(self):
        return f"{self.seq} {self.get_kind_display()}"
