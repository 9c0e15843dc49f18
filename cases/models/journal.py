"""The journal of what residents say (民情日志, E1)."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Setting
from gridparty.lib.access import Can
from gridparty.lib.crypto import EncryptedTextField
from grids.models import LEVELS, Placed


class Subject(Setting):
    """What a matter is about: the short list to choose from. Matters, never opinions."""

    name = models.CharField(_("名称"), max_length=20, unique=True)
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)
    in_use = models.BooleanField(_("使用中"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("民情类别")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name


class JournalEntry(Placed):
    """What was heard or seen, where, and from whom if they said so. It stays with the place. Written by cases.actions.journal."""

    see = Can.SEE_VOICES
    edit = Can.KEEP_JOURNAL

    household = models.ForeignKey(
        "people.Household", models.PROTECT, verbose_name=_("住户"), null=True, blank=True, related_name="+", db_index=False
    )
    subject = models.ForeignKey(Subject, models.PROTECT, verbose_name=_("类别"), related_name="+", db_index=False)
    text = EncryptedTextField(_("内容"))
    spot = models.CharField(_("具体位置"), max_length=60, blank=True, help_text=_("如“东门岗亭旁”，不写人名。"))
    teller = EncryptedTextField(_("反映人"), blank=True)
    teller_phone = EncryptedTextField(_("联系电话"), blank=True)
    photo = models.ImageField(_("照片"), upload_to="journal/", blank=True)
    on = models.DateField(_("日期"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("记录人"), editable=False, related_name="+", db_index=False
    )
    written_at = models.DateTimeField(_("记录时间"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("民情日志")
        indexes = [
            *(models.Index(fields=[level, "on"], name=f"journal_{level}") for level in LEVELS),
            models.Index(fields=["by", "-id"], name="journal_by"),
        ]

    def __str__(self):
        return str(self.pk)
