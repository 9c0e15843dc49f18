"""A file on its way into a register: what was read, what is to happen to each row, what was done and how to take it back.
Long lists on their way out.

All of it is of the machinery and is deleted in time (rosters.actions.expire); what imports change is in the change log.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gridparty.lib.access import Can
from gridparty.lib.crypto import EncryptedTextField
from rosters.choices import BUSY, VERDICTS, ImportState, Kind
from rosters.querysets import ExportQuerySet, ImportQuerySet, MappingQuerySet, OfImportQuerySet


class Import(models.Model):
    """One file for one register. `checked` names what was shown: only that can be confirmed, and only by `by`."""

    see = edit = Can.IMPORT_ROSTERS

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("导入人"), null=True, related_name="+")
    kind = models.CharField(_("名单"), max_length=20)
    area = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("所属区域"), null=True, blank=True, related_name="+")
    file_name = EncryptedTextField(_("文件名"), blank=True)
    digest = models.CharField(_("文件摘要"), max_length=64, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=ImportState, default=ImportState.READING)
    chosen = EncryptedTextField(default="{}")  # JSON: sheets, header rows and columns as the user corrected them
    understood = EncryptedTextField(default="{}")  # JSON: what was found in the file (rosters.reading.Reading.told)
    said = models.TextField(_("说明"), blank=True)  # why it was refused, or came back from writing
    counts = models.JSONField(_("各类行数"), default=dict)
    checked = models.CharField(max_length=64, blank=True)
    partial = models.BooleanField(_("只写入无误的行"), default=False)
    job = models.ForeignKey("jobs.Job", models.SET_NULL, verbose_name=_("任务"), null=True, related_name="+")
    operation_id = models.UUIDField(null=True)  # under which the change log has what it did
    written = models.PositiveIntegerField(_("写入条数"), default=0)
    made_at = models.DateTimeField(_("上传时间"), default=timezone.now)
    done_at = models.DateTimeField(_("写入时间"), null=True)
    undone_at = models.DateTimeField(_("撤销时间"), null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("导入")
        indexes = [models.Index(fields=["by", "id"], name="import_by")]

    def __str__(self):
        return f"{self.kind} {self.pk}"

    @property
    def writable(self) -> int:
        """How many rows writing does something about: new, updated, and refused ones that others are asked about."""
        return sum(self.counts.get(name, 0) for name in ("new", "updated", "asks"))

    @property
    def is_busy(self) -> bool:
        return self.state in BUSY


class ImportFile(models.Model):
    """The uploaded bytes, as base64: any worker may have to read them, and the error workbook is made of them."""

    see = edit = Can.IMPORT_ROSTERS
    rotated_at_once = 1

    of = models.OneToOneField(Import, models.CASCADE, related_name="file")
    content = EncryptedTextField()

    objects = OfImportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("导入文件")

    def __str__(self):
        return str(self.pk)


class ImportRow(models.Model):
    """One row of the file as it was read, and what is to happen to it."""

    see = edit = Can.IMPORT_ROSTERS

    of = models.ForeignKey(Import, models.CASCADE, related_name="rows", db_index=False)
    position = models.PositiveIntegerField()
    sheet = models.CharField(_("工作表"), max_length=100)
    number = models.PositiveIntegerField(_("行号"))
    verdict = models.CharField(_("结果"), max_length=10, choices=VERDICTS)
    warned = models.BooleanField(_("有提醒"), default=False)
    cells = EncryptedTextField()  # JSON: {field: the cell as it was read, or as it was mended}
    told = EncryptedTextField()  # JSON: values, reasons, warnings, changes
    mended = models.JSONField(_("改动的列"), default=list)  # fields whose cells the user typed anew
    answers = models.JSONField(default=dict)  # {choice: value}

    objects = OfImportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("导入的行")
        constraints = [models.UniqueConstraint(fields=["of", "position"], name="import_row_once")]
        indexes = [models.Index(fields=["of", "verdict", "position"], name="import_row_verdict")]

    def __str__(self):
        return str(self.pk)


class ImportProblem(models.Model):
    """One sentence said of one row, without what is particular to the row: rows with the same cause are shown together."""

    see = edit = Can.IMPORT_ROSTERS

    of = models.ForeignKey(Import, models.CASCADE, related_name="problems", db_index=False)
    position = models.PositiveIntegerField()  # of the row
    kind = models.CharField(max_length=10, choices=Kind)
    column = models.CharField(_("列"), max_length=60, blank=True)
    cause = models.CharField(_("原因"), max_length=200)
    choice = models.CharField(max_length=30, blank=True)

    objects = OfImportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("导入的问题")
        indexes = [models.Index(fields=["of", "kind", "column", "cause", "position"], name="import_problem")]

    def __str__(self):
        return str(self.pk)


class ImportBefore(models.Model):
    """What an import made (`before` empty) or changed, and how the changed columns were: enough to take it back.

    New rows with consecutive keys are one of these, with the position and key of the first.
    """

    see = edit = Can.IMPORT_ROSTERS

    of = models.ForeignKey(Import, models.CASCADE, related_name="journal", db_index=False)
    position = models.PositiveIntegerField()
    model = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    count = models.PositiveIntegerField(default=1)
    before = EncryptedTextField(blank=True)  # JSON: {field: old value}

    objects = OfImportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("撤销依据")
        constraints = [models.UniqueConstraint(fields=["of", "position"], name="import_before_once")]

    def __str__(self):
        return str(self.pk)


class Mapping(models.Model):
    """A heading of an office's own that somebody there matched by hand: next time it is known. Headings only, no data."""

    see = edit = Can.IMPORT_ROSTERS

    office = models.BigIntegerField()  # the area somebody's right to import stands on; 0: over all districts
    kind = models.CharField(_("名单"), max_length=20)
    heading = models.CharField(_("表头"), max_length=100)
    field = models.CharField(_("对应"), max_length=40)

    objects = MappingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("表头对应")
        constraints = [models.UniqueConstraint(fields=["office", "kind", "heading"], name="mapping_once")]

    def __str__(self):
        return self.heading


class Export(models.Model):
    """A list too long to be written while its reader waits: a job writes it (rosters.exports), its reader fetches it."""

    see = edit = Can.USE_DESK
    rotated_at_once = 1

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("导出人"), related_name="+")
    model = models.CharField(_("名单"), max_length=60)
    query = EncryptedTextField(blank=True)  # of the list's address: filters, and words looked for
    filters = models.CharField(_("筛选"), max_length=200, blank=True)  # their names alone, for the view log
    posts = models.CharField(max_length=64, blank=True)  # what the reader's rights were (querysets.posts_of)
    content = EncryptedTextField(blank=True)  # the workbook as base64: any server may have to send it
    rows = models.PositiveIntegerField(_("行数"), default=0)
    job = models.ForeignKey("jobs.Job", models.SET_NULL, verbose_name=_("任务"), null=True, related_name="+")
    made_at = models.DateTimeField(_("提交时间"), default=timezone.now)
    done_at = models.DateTimeField(_("完成时间"), null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("导出")

    def __str__(self):
        return f"{self.model} {self.pk}"
