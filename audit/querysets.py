"""Querysets whose bulk writes reach the change log like every other write."""

from collections.abc import Iterator

from django.db import connection, models, transaction
from django.db.models import Q

from audit import journal, log
from gridparty.lib import bulk
from gridparty.lib.access import Can, ScopedQuerySet, scope_of


class AuditedQuerySet(models.QuerySet):
    """Every write of business columns leaves an entry per row; writes of derived columns alone leave none."""

    def bulk_create(self, objs, batch_size=None, ignore_conflicts=False, update_conflicts=False, **options):
        """Insert and log. Conflicts are for an action that logs what it really did, so they are refused here."""
        if ignore_conflicts or update_conflicts:
            raise NotImplementedError("Use an action with its own log entries for upserts.")
        objs = list(objs)
        if not objs:
            return objs
        with transaction.atomic(using=self.db):
            bulk.insert_objects(objs)
            log.created(objs)
            journal.made(self.model, [obj.pk for obj in objs])
        return objs

    def bulk_update(self, objs, fields, batch_size=None):
        """Update and log what changed against the rows now stored."""
        objs, business = list(objs), self._business(fields)
        if not objs:
            return 0
        with transaction.atomic(using=self.db):
            before = self._at([obj.pk for obj in objs], business, lock=True) if business else {}
            journal.about_to_write(self.model, [obj.pk for obj in objs], fields)
            count = self._write(objs, fields, batch_size)
            after = {obj.pk: log.values(obj, business) for obj in objs}
            if any(log.is_expression(value) for row in after.values() for value in row.values()):
                after = self._at(list(after), business)
            log.changed(self.model, before, after)
        for obj in objs:
            obj.forget(fields)
        return count

    bulk_update.alters_data = True

    def update(self, **kwargs):
        """Update and log old and new value per row; derived columns alone go straight to the database."""
        business = self._business(kwargs)
        if self.query.is_sliced or self.query.combinator:  # Django refuses them
            return super().update(**kwargs)
        if not business:
            if journal.is_kept():
                journal.about_to_write(self.model, list(self.order_by().values_list("pk", flat=True)), kwargs)
            return super().update(**kwargs)
        with transaction.atomic(using=self.db):
            before = self._held(business)
            pks = list(before)
            journal.about_to_write(self.model, pks, kwargs)
            count = sum(super(AuditedQuerySet, self.filter(pk__in=some)).update(**kwargs) for some in _chunks(pks))
            log.changed(self.model, before, self._at(pks, business))
        return count

    update.alters_data = True

    def delete(self):
        """Of two who delete the same rows at once one does, and only that is logged."""
        journal.deleting()
        with transaction.atomic(using=self.db):
            self._held([])
            return super().delete()

    delete.alters_data = True
    delete.queryset_only = True

    def _write(self, objs: list, names, batch_size: int | None) -> int:
        """Set these columns of rows in memory: one statement for thousands, unless the database is to compute a value."""
        fields = [self.model._meta.get_field(name) for name in names]
        if not objs or any(log.is_expression(getattr(obj, field.attname)) for obj in objs for field in fields):
            # Django's own goes through update(), which would log the same rows again.
            return models.QuerySet(self.model, using=self.db).bulk_update(objs, names, batch_size=batch_size)
        rows = [
            [obj.pk, *(field.get_db_prep_save(field.pre_save(obj, add=False), connection) for field in fields)] for obj in objs
        ]
        bulk.update_rows(self.model, [field.column for field in fields], rows)
        return len(rows)

    def _business(self, names) -> list[str]:
        return [self.model._meta.get_field(name).name for name in names if log.is_business(self.model, name)]

    def _held(self, names: list[str]) -> dict:
        """{pk: {field name: value}} of these rows, locked so that what is logged as old is what the update finds.

        SQLite takes no locks on rows: IMMEDIATE admits one writer.
        """
        rows = self.order_by()
        rows.query.distinct, rows.query.distinct_fields = False, ()
        if rows.query.group_by is not None:  # groups cannot be locked: their rows are, and then looked at again
            pks = list(rows.values_list("pk", flat=True))
            return log.stored(rows.filter(pk__in=self._at(pks, [], lock=True)), names)
        if sum(used > 0 for used in rows.query.alias_refcount.values()) > 1:
            # values() would drop `of`, lock the joined tables too, and fail on a nullable one.
            joined = rows.only("pk", *names).select_for_update(of=("self",))
            return {obj.pk: log.values(obj, names) for obj in joined}
        return log.stored(rows.select_for_update(), names)

    def _at(self, pks: list[int], names: list[str], *, lock: bool = False) -> dict:
        """{pk: {field name: value}} of the rows with these keys."""
        rows = models.QuerySet(self.model, using=self.db)
        found = {}
        for some in _chunks(pks):
            found |= log.stored((rows.select_for_update() if lock else rows).filter(pk__in=some), names)
        return found


def _chunks(pks: list[int], size: int = 30_000) -> Iterator[list[int]]:
    """SQLite takes some thirty thousand values in one statement."""
    return (pks[start : start + size] for start in range(0, len(pks), size))


class UnplacedQuerySet(ScopedQuerySet):
    """Rows that belong to no place: whoever holds the capability, wherever, sees them all."""

    def _reach(self, user, can: Can) -> Q:
        return Q() if scope_of(user).has(can) else Q(pk__in=[])


class SettingQuerySet(AuditedQuerySet, UnplacedQuerySet):
    """Default data that offices adapt."""
