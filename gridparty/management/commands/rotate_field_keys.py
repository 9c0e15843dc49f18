"""Bring every encrypted value, and every keyed hash, under the newest of FIELD_KEYS; older keys can then be taken away."""

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from audit.operations import operation
from gridparty.lib import bulk
from gridparty.lib.crypto import EncryptedTextField

BATCH = 2000


class Command(BaseCommand):
    help = "用 FIELD_KEYS 中最新的密钥重新加密所有加密字段，并重新计算查找用的摘要；可在运行中执行，中断后可再次执行。"

    def handle(self, *args, **options):
        for model in apps.get_models():
            sealed = [field.name for field in model._meta.local_concrete_fields if isinstance(field, EncryptedTextField)]
            if sealed:
                rows = sum(self._rotate(model, [*sealed, *_hashed(model)], keys) for keys in self._batches(model))
                self.stdout.write(f"{model._meta.verbose_name}：{rows}")

    def _batches(self, model):
        last = 0
        batch = getattr(model, "rotated_at_once", BATCH)
        while keys := list(model._base_manager.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:batch]):
            yield keys
            last = keys[-1]

    def _rotate(self, model, names: list[str], keys: list[int]) -> int:
        """Values are read with the key they were sealed with and written with the newest; nobody changes them meanwhile."""
        fields = [model._meta.get_field(name) for name in names]
        with transaction.atomic(), operation("gridparty.rotate_field_keys"):
            rows = list(model._base_manager.select_for_update(of=("self",)).filter(pk__in=keys))
            for row in rows:
                for name, compute in _hashed(model).items():
                    setattr(row, name, compute(row))
            values = [
                [row.pk, *(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields)] for row in rows
            ]
            bulk.update_rows(model, [field.column for field in fields], values)
        return len(rows)


def _hashed(model) -> dict:
    return getattr(model, "hashed_fields", {})
