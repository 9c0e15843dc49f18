"""Writing the change log: one entry for every row whose business columns changed, masked where personal."""

from collections.abc import Iterable, Mapping

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, connections, models
from django.utils import timezone

from audit import operations
from audit.choices import ChangeKind
from gridparty.lib import bulk

MASK = "***"
_encode = DjangoJSONEncoder()


def is_business(model: type[models.Model], name: str) -> bool:
    """Whether a change of this field is logged: not the key, not derived (tree numbers, copies, balances)."""
    field = model._meta.get_field("id" if name == "pk" else name)
    return not field.primary_key and field.name not in model.derived_fields


def business_fields(model: type[models.Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if is_business(model, field.name)]


def plain(field: models.Field, value):
    """A stored value as JSON can hold it; personal ones only as set or not."""
    if value is None:
        return None
    if getattr(field, "personal", False) or field.name in field.model.masked_fields:
        return MASK if value else None
    if isinstance(value, bool | int | float | str | list | dict):
        return value
    return _encode.default(value)


def held(field: models.Field, value):
    """A value as the database gives it back: a file by its name, a day typed as text as a day."""
    if type(value) is str and isinstance(field, models.CharField):  # most are, and there are millions
        return value
    if isinstance(field, models.FileField):
        return str(value or "")
    return value if is_expression(value) else field.to_python(value)


def is_expression(value) -> bool:
    """Whether the database computes it (F("places") - 1)."""
    return hasattr(value, "resolve_expression")


def values(obj: models.Model, names: Iterable[str]) -> dict:
    """{field name: value} of a row in memory."""
    return _held_by(obj, [obj._meta.get_field(name) for name in names])


def _held_by(obj: models.Model, fields: Iterable[models.Field]) -> dict:
    return {field.name: held(field, getattr(obj, field.attname)) for field in fields}


def stored(rows: models.QuerySet, names: Iterable[str]) -> dict:
    """{pk: {field name: value}} of rows as the database holds them."""
    attnames = {name: rows.model._meta.get_field(name).attname for name in names}
    return {
        row["pk"]: {name: row[attname] for name, attname in attnames.items()}
        for row in rows.order_by().values("pk", *attnames.values())
    }


def created(objs: list[models.Model]) -> None:
    if objs:
        model = type(objs[0])
        fields = [model._meta.get_field(name) for name in business_fields(model)]
        nothing = dict.fromkeys(field.name for field in fields)
        _write(model, ChangeKind.CREATED, ((obj.pk, nothing, _held_by(obj, fields)) for obj in objs))


def created_rows(model: type[models.Model], rows: Iterable[tuple[int, Mapping]]) -> None:
    """Entries for rows inserted without model instances, as (pk, {field: raw value})."""
    _write(model, ChangeKind.CREATED, ((pk, dict.fromkeys(new), new) for pk, new in rows))


def changed(model: type[models.Model], before: Mapping, after: Mapping) -> None:
    """Entries for the rows of `before` whose values differ in `after` (both {pk: {field: raw value}})."""
    _write(model, ChangeKind.CHANGED, ((pk, old, after[pk]) for pk, old in before.items() if pk in after and old != after[pk]))


def deleted(obj: models.Model) -> None:
    old = values(obj, business_fields(type(obj)))
    _write(type(obj), ChangeKind.DELETED, [(obj.pk, old, dict.fromkeys(old))])


def deleted_rows(model: type[models.Model], rows: Mapping[int, Mapping]) -> None:
    """Entries for rows deleted without model instances, as {pk: {field: raw value}}."""
    _write(model, ChangeKind.DELETED, ((pk, old, dict.fromkeys(old)) for pk, old in rows.items()))


def _write(model: type[models.Model], kind: ChangeKind, rows: Iterable[tuple[int, Mapping, Mapping]]) -> None:
    """Insert the entries set-based; memory stays flat whatever the number of rows."""
    entry = apps.get_model("audit", "ChangeEntry")
    running = operations.current() or operations.Operation("shell")
    fields = {name: model._meta.get_field(name) for name in business_fields(model)}
    signed = {
        "at": timezone.now(),
        "operation": running.name,
        "operation_id": running.id,
        "request_id": running.request_id,
        "actor_id": running.actor(),
        "model": model._meta.label_lower,
        "kind": kind.value,
    }
    columns = [*signed, "object_id", "changes"]
    database = connections[connection.alias]  # the proxy looks it up for every value
    prepare = {name: entry._meta.get_field(name.removesuffix("_id") if name == "actor_id" else name) for name in columns}
    constant = [prepare[name].get_db_prep_save(value, database) for name, value in signed.items()]

    def entry_rows():
        for pk, old, new in rows:
            changes = {
                name: [plain(fields[name], old[name]), plain(fields[name], new[name])] for name in old if old[name] != new[name]
            }
            if changes or kind is not ChangeKind.CHANGED:
                yield [*constant, pk, prepare["changes"].get_db_prep_save(changes, database)]

    bulk.insert_rows(entry, columns, entry_rows())
