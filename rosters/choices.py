from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    READING = "reading", _("正在读取")
    REFUSED = "refused", _("不能读取")
    READY = "ready", _("待确认")
    COMMITTING = "committing", _("正在写入")
    DONE = "done", _("已写入")
    UNDOING = "undoing", _("正在撤销")
    UNDONE = "undone", _("已撤销")


# From which state each may be reached.
ALLOWED: dict[str, frozenset] = {
    ImportState.READING: frozenset({ImportState.REFUSED, ImportState.READY}),
    ImportState.READY: frozenset({ImportState.READING, ImportState.READY, ImportState.COMMITTING}),
    ImportState.REFUSED: frozenset({ImportState.READING}),
    ImportState.COMMITTING: frozenset({ImportState.READY}),
    ImportState.DONE: frozenset({ImportState.COMMITTING}),
    ImportState.UNDOING: frozenset({ImportState.DONE, ImportState.UNDONE}),
    ImportState.UNDONE: frozenset({ImportState.UNDOING}),
}
BUSY = frozenset({ImportState.READING, ImportState.COMMITTING, ImportState.UNDOING})


class Kind(models.TextChoices):
    """What is said of a row."""

    REASON = "reason", _("问题")
    WARNING = "warning", _("提醒")


# gridparty.lib.roster.Verdict, in words; in the order in which rows are looked at.
VERDICTS = [
    ("refused", _("未通过")),
    ("new", _("新增")),
    ("updated", _("更新")),
    ("unchanged", _("未变")),
    ("skipped", _("跳过")),
]
