from django.db import models
from django.utils.translation import gettext_lazy as _


class ChangeKind(models.TextChoices):
    CREATED = "created", _("新增")
    CHANGED = "changed", _("修改")
    DELETED = "deleted", _("删除")


class ViewKind(models.TextChoices):
    OPENED = "opened", _("打开")
    REVEALED = "revealed", _("查看完整号码")
    EXPORTED = "exported", _("导出")
    PRINTED = "printed", _("打印")
