"""Jobs, schedules, notices, the outbox of what must reach the world outside, receipts of forms. All but schedules are logs."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Audited, Setting
from gridparty.lib.access import Can
from jobs.choices import OPEN, JobStatus, OutboxState
from jobs.crontab import BadCrontab, Crontab
from jobs.kinds import KINDS
from jobs.querysets import FormReceiptQuerySet, JobQuerySet, NoticeQuerySet, OutboxQuerySet, ScheduleQuerySet


class _OfKind(models.Model):
    """What is to be run."""

    kind = models.CharField(_("类别"), max_length=60)
    args = models.JSONField(_("参数"), default=dict, blank=True)  # ids and codes only, never personal data

    class Meta:
        abstract = True

    @property
    def label(self) -> str:
        """The kind's name for people; the bare name where this version no longer knows it."""
        return str(KINDS[self.kind].label) if self.kind in KINDS else self.kind


class Job(_OfKind):
    """One piece of work and what became of it. Written by jobs.actions alone; status changes go through `objects.move`."""

    see = edit = Can.RUN_JOBS

    status = models.CharField(_("状态"), max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    done = models.PositiveIntegerField(_("已处理"), default=0)
    total = models.PositiveIntegerField(_("总数"), default=0)
    message = models.CharField(_("进度说明"), max_length=200, blank=True)
    result = models.JSONField(_("结果"), null=True, blank=True)
    error = models.CharField(_("失败原因"), max_length=300, blank=True)
    # How often it was begun. A worker signs every write with the number it began under, so that one that was taken for
    # dead cannot speak for the one that took over.
    attempts = models.PositiveSmallIntegerField(_("执行次数"), default=0)
    heartbeat_at = models.DateTimeField(_("最近心跳"), null=True, blank=True)
    send_again_at = models.DateTimeField(_("重发时间"))  # the broker may lose a message: until then no worker took it
    # The same slot of a schedule, or the same click, makes one job. Empty is NULL, so that jobs without a key are many.
    once_key = models.CharField(_("唯一键"), max_length=150, unique=True, null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("发起人"), null=True, blank=True, related_name="+"
    )
    again_of = models.ForeignKey("self", models.SET_NULL, verbose_name=_("原任务"), null=True, blank=True, related_name="reruns")
    # Who ran it again. The work is still done for `created_by`, whose rights and whose result it is.
    again_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("再次运行人"), null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("提交时间"), default=timezone.now)
    started_at = models.DateTimeField(_("开始时间"), null=True, blank=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("任务")
        indexes = [
            models.Index(fields=["status", "send_again_at"], condition=Q(status__in=OPEN), name="job_open"),
            models.Index(fields=["created_by", "id"], name="job_created_by"),
            models.Index(fields=["kind", "id"], name="job_kind"),
        ]

    def __str__(self):
        return f"{self.label} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def duration(self) -> timedelta | None:
        """Never negative: a clock that goes back between start and end makes it nothing."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(self.finished_at - self.started_at, timedelta(0))


class Schedule(_OfKind, Audited):
    """When a job is made by itself. Kinds bring their default (jobs.actions.ensure_schedules); the times are data."""

    see = edit = Can.RUN_JOBS
    derived_fields = frozenset({"next_due_at", "last_job"})

    name = models.CharField(_("名称"), max_length=60, unique=True)
    minute = models.CharField(_("分"), max_length=64, default="0")
    hour = models.CharField(_("时"), max_length=64, default="*")
    day_of_week = models.CharField(_("星期"), max_length=64, default="*", help_text=_("0 为星期日，1–6 为星期一至六。"))
    day_of_month = models.CharField(_("日"), max_length=64, default="*")
    month_of_year = models.CharField(_("月"), max_length=64, default="*")
    enabled = models.BooleanField(_("启用"), default=True)
    next_due_at = models.DateTimeField(_("下次运行"), editable=False)
    last_job = models.ForeignKey(
        Job, models.SET_NULL, verbose_name=_("最近任务"), null=True, blank=True, editable=False, related_name="+"
    )

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("定时任务")

    def __str__(self):
        return self.label

    @property
    def crontab(self) -> Crontab:
        return Crontab(self.minute, self.hour, self.day_of_week, self.day_of_month, self.month_of_year)

    def clean(self):
        try:
            self.crontab.next_after(timezone.now())
        except BadCrontab as error:
            raise ValidationError(
                _("时间写法有误，或永远不会到。分 0–59、时 0–23、星期 0–6、日 1–31、月 1–12；可写 *、*/5、1-5、1,3。")
            ) from error


class Notice(models.Model):
    """A message to a user inside the system; the outbox carries it further. Holds no personal data of residents."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("收件人"), related_name="+", db_index=False
    )
    subject = models.CharField(_("标题"), max_length=100)
    body = models.TextField(_("内容"), blank=True)
    link = models.CharField(_("链接"), max_length=200, blank=True)  # a path of this site
    urgent = models.BooleanField(_("紧急"), default=False)
    once_key = models.CharField(_("唯一键"), max_length=150, blank=True)
    batch = models.UUIDField(editable=False, db_index=True)  # the call that made it
    created_at = models.DateTimeField(_("时间"), default=timezone.now)
    read_at = models.DateTimeField(_("已读时间"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("通知")
        indexes = [models.Index(fields=["recipient", "id"], name="notice_recipient")]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "once_key"], condition=~Q(once_key=""), name="notice_once"),
        ]

    def __str__(self):
        return str(self.pk)


class FormReceipt(models.Model):
    """What a form was answered; sent again, it gets the same answer. Written by jobs.actions.send_once alone.

    Without a user: of a page open to everybody.
    """

    form_id = models.UUIDField(_("表单编号"), primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("提交人"), null=True, related_name="+")
    page = models.CharField(_("页面"), max_length=200)
    content = models.CharField(_("内容校验值"), max_length=64)  # a keyed hash of what was typed
    address = models.CharField(_("转到"), max_length=300)
    sentence = models.CharField(_("答复"), max_length=300)
    at = models.DateTimeField(_("时间"), default=timezone.now, db_index=True)

    objects = FormReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("表单回执")

    def __str__(self):
        return str(self.pk)


class OutboxMessage(models.Model):
    """One notice on one channel. Sent by jobs.actions.deliver_outbox, after the transaction that made it."""

    see = edit = Can.RUN_JOBS

    notice = models.ForeignKey(Notice, models.CASCADE, verbose_name=_("通知"), related_name="messages", db_index=False)
    channel = models.CharField(_("渠道"), max_length=20)
    state = models.CharField(_("状态"), max_length=10, choices=OutboxState, default=OutboxState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("发送次数"), default=0)
    next_try_at = models.DateTimeField(_("下次发送"))
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)
    error = models.CharField(_("失败原因"), max_length=80, blank=True)  # the error's class: its text may name an address

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("待发消息")
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state__in=[OutboxState.WAITING, OutboxState.SENDING]), name="outbox_due"
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["notice", "channel"], name="outbox_once")]

    def __str__(self):
        return str(self.pk)


class SpecialDay(Setting):
    """A day that is not worked though it is Monday to Friday, or worked though it is not (国务院办公厅节假日安排的通知)."""

    on = models.DateField(_("日期"), unique=True)
    works = models.BooleanField(_("上班"), default=False, help_text=_("勾选为调休上班，不勾选为放假。"))
    name = models.CharField(_("说明"), max_length=30, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("节假日与调休")

    def __str__(self):
        return str(self.on)
