"""Writing the change log: one entry for every row whose business columns changed, masked where personal."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils import timezone

from audit import operations
from audit.choices import ChangeKind
from gridparty.lib import bulk

MASK = "***"
_encode = DjangoJSONEncoder(ensure_ascii=False)
_json = _encode.encode


def is_business(model: type[models.Model], name: str) -> bool:
    """Whether a change of this field is logged: not the key, not derived (tree numbers, copies, balances)."""
    field = model._meta.get_field("id" if name == "pk" else name)
    return not field.primary_key and field.name not in model.derived_fields


def business_fields(model: type[models.Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if is_business(model, field.name)]


def is_masked(field: models.Field) -> bool:
    """Whether the log tells of this field only that it was set or not."""
    return getattr(field, "personal", False) or field.name in field.model.masked_fields


def plain(field: models.Field, value):
    """A stored value as JSON can hold it; personal ones only as set or not."""
    if value is None:
        return None
    if is_masked(field):
        return MASK if value else None
    if isinstance(value, bool | int | float | str | list | dict):
        return value
    return _encode.default(value)


def held(field: models.Field, value):
    """A value as the database gives it back: a file by its name, a day typed as text as a day, an instant in UTC."""
    if type(value) is str and isinstance(field, models.CharField):  # most are, and there are millions
        return value
    if isinstance(field, models.FileField):
        return str(value or "")
    if is_expression(value):
        return value
    value = field.to_python(value)
    if isinstance(field, models.DecimalField) and value is not None:
        return round(value, field.decimal_places)
    if isinstance(value, datetime) and timezone.is_aware(value):
        return value.astimezone(UTC)
    return value


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


def created(objs: Sequence[models.Model]) -> None:
    if objs:
        model = type(objs[0])
        fields = [model._meta.get_field(name) for name in business_fields(model)]
        _write(model, ChangeKind.CREATED, objs, partial(_first_changes, fields))


def created_rows(model: type[models.Model], rows: Iterable[tuple[int, Mapping]]) -> None:
    """Entries for rows inserted without model instances, as (pk, {field: raw value})."""
    _write_each(model, ChangeKind.CREATED, [(pk, dict.fromkeys(new), new) for pk, new in rows])


def changed(model: type[models.Model], before: Mapping, after: Mapping) -> None:
    """Entries for the rows of `before` whose values differ in `after` (both {pk: {field: raw value}})."""
    differing = [(pk, old, after[pk]) for pk, old in before.items() if pk in after and old != after[pk]]
    _write_each(model, ChangeKind.CHANGED, differing)


def deleted(obj: models.Model) -> None:
    old = values(obj, business_fields(type(obj)))
    _write_each(type(obj), ChangeKind.DELETED, [(obj.pk, old, dict.fromkeys(old))])


def deleted_rows(model: type[models.Model], rows: Mapping[int, Mapping]) -> None:
    """Entries for rows deleted without model instances, as {pk: {field: raw value}}."""
    _write_each(model, ChangeKind.DELETED, [(pk, old, dict.fromkeys(old)) for pk, old in rows.items()])


def _write_each(model: type[models.Model], kind: ChangeKind, rows: Sequence[tuple[int, Mapping, Mapping]]) -> None:
    fields = {name: model._meta.get_field(name) for name in business_fields(model)}

    def told(some):
        for pk, old, new in some:
            changes = {
                name: [plain(fields[name], old[name]), plain(fields[name], new[name])] for name in old if old[name] != new[name]
            }
            if changes or kind is not ChangeKind.CHANGED:
                yield pk, _json(changes)

    _write(model, kind, rows, told)


def _first_changes(fields: Sequence[models.Field], objs: Sequence[models.Model]) -> Iterator[tuple[int, str]]:
    """(key, changes as JSON) of new rows, made column by column: most values of a column repeat."""
    columns = (_first_values(field, [vars(obj)[field.attname] for obj in objs]) for field in fields)
    for obj, *pieces in zip(objs, *columns, strict=True):
        yield obj.pk, "{" + ", ".join(filter(None, pieces)) + "}"


def _first_values(field: models.Field, values: Sequence) -> Iterable[str]:
    """What new rows hold in one field, as pieces of JSON; "" for nothing."""

    def piece(value) -> str:
        value = held(field, value)
        if value is None:
            return ""
        told = plain(field, value)
        return f'"{field.name}": [null, {told if type(told) is int else _json(told)}]'

    if isinstance(field, models.JSONField):  # its values have no hash
        return map(piece, values)
    # Of masked values it counts only whether there is one.
    keys = [value if value is None else bool(value) for value in values] if is_masked(field) else values
    known = {key: piece(value) for key, value in dict(zip(keys, values, strict=True)).items()}
    return map(known.__getitem__, keys)


def _write(model: type[models.Model], kind: ChangeKind, items: Sequence, told: Callable[[Sequence], Iterable]) -> None:
    """Insert the entries of these items set-based; `told(some items)` gives (key, changes as JSON) for each that has one."""
    if not items:
        return
    entry = apps.get_model("audit", "ChangeEntry")
    running = operations.current() or operations.Operation("shell")
    signed = {
        "at": timezone.now(),
        "operation": running.name,
        "operation_id": running.id,
        "request_id": running.request_id,
        "actor": running.actor(),
        "model": model._meta.label_lower,
        "kind": kind.value,
    }
    fields = [entry._meta.get_field(name) for name in (*signed, "object_id", "changes")]
    constant = [field.get_db_prep_save(value, connection) for field, value in zip(fields, signed.values(), strict=False)]

    def rows(some):
        return ([*constant, pk, changes] for pk, changes in told(some))

    bulk.insert_made(entry, [field.column for field in fields], items, rows)
