"""The two logs, and the base every model of ours stands on so that no write goes unlogged."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import cached_property

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from audit import journal, log
from audit.choices import ChangeKind, ViewKind
from audit.querysets import AuditedQuerySet, SettingQuerySet, UnplacedQuerySet
from gridparty.lib.access import Can


class ChangeEntry(models.Model):
    """What happened to one row. Written by audit.log alone; never changed, never deleted by hand."""

    see = Can.SEE_AUDIT

    at = models.DateTimeField(_("时间"))
    # Users are PROTECTed; the database would look the same one up for every entry, a quarter of a second at 78,000.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("操作人"),
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    operation = models.CharField(_("操作"), max_length=80)
    operation_id = models.UUIDField(_("操作编号"))
    request_id = models.CharField(_("请求编号"), max_length=36, blank=True)
    model = models.CharField(_("对象类型"), max_length=60)
    object_id = models.BigIntegerField(_("对象编号"))
    kind = models.CharField(_("变更"), max_length=10, choices=ChangeKind)
    changes = models.JSONField(_("内容"))  # {field: [old, new]}, personal values masked

    objects = UnplacedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("变更日志")
        indexes = [
            models.Index(fields=["model", "object_id", "id"], name="change_object"),
            models.Index(fields=["operation_id"], name="change_operation"),
            models.Index(fields=["actor", "id"], name="change_actor"),
        ]

    def __str__(self):
        return f"{self.model} {self.object_id} {self.get_kind_display()}"


class ViewEntry(models.Model):
    """Who opened, unmasked, printed or exported personal data, and why."""

    see = Can.SEE_AUDIT

    at = models.DateTimeField(_("时间"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("查看人"), null=True, related_name="+", db_index=False
    )
    request_id = models.CharField(_("请求编号"), max_length=36, blank=True)
    kind = models.CharField(_("方式"), max_length=10, choices=ViewKind)
    model = models.CharField(_("对象类型"), max_length=60)
    object_id = models.BigIntegerField(_("对象编号"), null=True)  # empty for a whole list
    rows = models.PositiveIntegerField(_("条数"), default=1)
    purpose = models.CharField(_("用途"), max_length=200, blank=True)

    objects = UnplacedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("查看日志")
        indexes = [
            models.Index(fields=["model", "object_id", "id"], name="view_object"),
            models.Index(fields=["actor", "id"], name="view_actor"),
        ]

    def __str__(self):
        return f"{self.model} {self.object_id or ''} {self.get_kind_display()}"


class Audited(models.Model):
    """Base of every business model: saving writes only the changed columns and logs them.

    `derived_fields` names the columns that follow from others (tree numbers, copied ancestors, balances): they are explained
    by the operation that caused them and get no entry of their own. Deleting is logged by audit.apps.
    """

    derived_fields: frozenset[str] = frozenset()
    masked_fields: frozenset[str] = frozenset()  # logged as set or not, beside fields that call themselves personal
    hashed_fields: dict[str, Callable] = {}  # keyed hashes beside encrypted columns, and how each is computed from the row
    objects = AuditedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db, field_names, values):
        obj = super().from_db(db, field_names, values)
        if not _CHANGEABLE.isdisjoint(map(type, values)):
            values = deepcopy(values)
        obj._loaded_as = field_names, values
        return obj

    @cached_property
    def _stored(self) -> dict:
        """{attname: value the database is known to hold}. Made when it is asked for: of thousands that are read few are saved."""
        return dict(zip(*self.__dict__.pop("_loaded_as", ((), ())), strict=True))

    def refresh_from_db(self, using=None, fields=None, from_queryset=None):
        """Also how a deferred column is loaded."""
        fields = None if fields is None else list(fields)
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        if from_queryset is None:
            self._remember(fields)
        else:
            self._stored = {}  # it may have left columns out: the next save looks

    def save(self, *, force_insert=False, update_fields=None, **options):
        """Insert and log, or update the columns that differ from what was loaded and log those.

        A row built by hand is always inserted: with a key that is taken it would overwrite a row nobody looked at.
        After a rollback load the row anew: this one believes that it was saved.
        """
        if self._state.adding or force_insert or self.pk is None:
            with transaction.atomic():
                super().save(force_insert=force_insert or True, update_fields=update_fields, **options)
                self._read_computed()
                log.created([self])
                journal.made(type(self), [self.pk])
            self._remember()
        elif before := self._changed(update_fields):
            columns = [*before, *self._automatic()]
            with transaction.atomic():
                journal.changing(type(self), {self.pk: before})
                super().save(update_fields=columns, **options)
                self._read_computed()
                old = {name: value for name, value in before.items() if log.is_business(type(self), name)}
                log.changed(type(self), {self.pk: old}, {self.pk: log.values(self, old)})
            self._remember(columns)

    def delete(self, *args, **kwargs):
        """Of two who delete a row at once one does, and only that is logged."""
        journal.deleting()
        with transaction.atomic():
            if not type(self)._base_manager.select_for_update().filter(pk=self.pk).exists():
                return 0, {}
            return super().delete(*args, **kwargs)

    delete.alters_data = True

    def forget(self, names: Iterable[str]) -> None:
        """These columns were written in another way: the next save looks up what they held."""
        for name in names:
            self._stored.pop(self._meta.get_field(name).attname, None)

    def _remember(self, names: Iterable[str] | None = None) -> None:
        """Take what the row holds (in these columns) for what the database holds."""
        for field in self._loaded():
            if names is None or field.name in names or field.attname in names:
                self._stored[field.attname] = _kept(log.held(field, getattr(self, field.attname)))

    def _loaded(self) -> list[models.Field]:
        deferred = self.get_deferred_fields()
        return [field for field in self._meta.concrete_fields if field.attname not in deferred]

    def _automatic(self) -> list[str]:
        return [field.name for field in self._meta.concrete_fields if getattr(field, "auto_now", False)]

    def _read_computed(self) -> None:
        """Columns set to an expression hold it still, and would be computed again by the next save."""
        if computed := [field.attname for field in self._loaded() if log.is_expression(getattr(self, field.attname))]:
            self.refresh_from_db(fields=computed)

    def _changed(self, only: Iterable[str] | None) -> dict:
        """{field name: old value} of the columns that differ, among `only` where given."""
        if only is not None:
            only = {self._meta.get_field(name) for name in only}
        fields = [field for field in self._loaded() if not field.primary_key and (only is None or field in only)]
        stored = self._stored
        # Never loaded: made by bulk_create, or deferred and then set.
        if unknown := [field.name for field in fields if field.attname not in stored]:
            rows = log.stored(type(self)._base_manager.filter(pk=self.pk), unknown)
            stored = stored | {self._meta.get_field(name).attname: old for name, old in rows.get(self.pk, {}).items()}
        return {field.name: stored.get(field.attname) for field in fields if self._differs(field, stored)}

    def _differs(self, field, stored: dict) -> bool:
        value = getattr(self, field.attname)
        if isinstance(field, models.FileField) and value and not value._committed:
            return True  # still to be put into the storage, whatever its name
        return field.attname not in stored or log.is_expression(value) or stored[field.attname] != log.held(field, value)


_CHANGEABLE = frozenset({list, dict})  # whose values can be changed in place


def _kept(value):
    """A value that stays as it is when the row's own is changed in place."""
    return deepcopy(value) if type(value) in _CHANGEABLE else value


class Setting(Audited):
    """Base of default data that belongs to no place and that system administrators adapt."""

    see = Can.USE_DESK  # choosing a scheme needs seeing it
    edit = Can.EDIT_SETTINGS
    objects = SettingQuerySet.as_manager()

    class Meta:
        abstract = True
