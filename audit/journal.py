"""What an operation would have to give back: the rows it made, and what the columns it wrote held before."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import IntegrityError, models, transaction

from audit import log
from gridparty.lib import bulk


@dataclass
class Journal:
    """By model, in the order in which the models were first written."""

    made: dict[type[models.Model], set[int]] = field(default_factory=dict)
    before: dict[type[models.Model], dict[int, dict]] = field(default_factory=dict)  # {pk: {field name: raw value}}


_kept: ContextVar[Journal | None] = ContextVar("gridparty_journal", default=None)


@contextmanager
def keep() -> Iterator[Journal]:
    """Note every row of ours that is made or changed inside, derived columns too, so that it can be taken back exactly.

    Tree numbers are left out: they follow from the rows. Deleting is refused inside.
    """
    journal = Journal()
    token = _kept.set(journal)
    try:
        yield journal
    finally:
        _kept.reset(token)


def is_kept() -> bool:
    return _kept.get() is not None


def made(model: type[models.Model], pks: Iterable[int]) -> None:
    """These rows are new."""
    if journal := _kept.get():
        journal.made.setdefault(model, set()).update(pks)


def changing(model: type[models.Model], old: Mapping[int, Mapping]) -> None:
    """These rows are about to lose these values ({pk: {field name: raw value}}); only the first of each counts."""
    if journal := _kept.get():
        new, rows = journal.made.get(model, ()), journal.before.setdefault(model, {})
        for pk, values in old.items():
            if pk not in new:
                rows[pk] = {**values, **rows.get(pk, {})}


def about_to_write(model: type[models.Model], pks: Iterable[int], names: Iterable[str]) -> None:
    """As `changing`, the old values being looked up."""
    if journal := _kept.get():
        names, new = list(names), journal.made.get(model, ())
        keys = [pk for pk in pks if pk not in new]
        for start in range(0, len(keys), 10_000):
            rows = models.QuerySet(model).filter(pk__in=keys[start : start + 10_000])
            changing(model, log.stored(rows, names))


def deleting() -> None:
    if is_kept():
        raise NotImplementedError("What is deleted inside a journal could not be given back.")


# --- Giving back


def unmake(model: type[models.Model], pks: Iterable[int]) -> None:
    """Delete rows that were made, with an entry each. Nothing else may point at them when the transaction ends."""
    keys, names = sorted(pks), log.business_fields(model)
    with transaction.atomic():
        for start in range(0, len(keys), bulk.CHUNK):
            some = keys[start : start + bulk.CHUNK]
            log.deleted_rows(model, log.stored(models.QuerySet(model).filter(pk__in=some), names))
            bulk.delete_rows(model, some)


def restore(model: type[models.Model], before: Mapping[int, Mapping]) -> None:
    """Give rows the values they had ({pk: {field name: value as JSON holds it}}, in the order of the first change), logged.

    What must be unique may not be so halfway: rows go back in an order that holds, and where there is none (two heads of
    households who changed doors) some step aside first. Raises IntegrityError when others stand in the way.
    """
    waiting = list(before)
    while stuck := _go_back(model, before, waiting):
        if len(stuck) == len(waiting) and not _step_aside(model, before, stuck):
            _restore(model, before, stuck)  # raises
        waiting = stuck


def _go_back(model: type[models.Model], before: Mapping[int, Mapping], keys: list[int]) -> list[int]:
    """Restore these rows at once, or else part by part, the last that was changed first; returns those that cannot go yet."""
    try:
        with transaction.atomic():
            _restore(model, before, keys)
        return []
    except IntegrityError:
        if len(keys) == 1:
            return keys
    half = len(keys) // 2
    return [*_go_back(model, before, keys[half:]), *_go_back(model, before, keys[:half])]


def _step_aside(model: type[models.Model], before: Mapping[int, Mapping], keys: list[int]) -> bool:
    """Empty what must be unique in these rows, as far as it is to be restored; whether there was anything to empty."""
    unique = {name for one in model._meta.constraints if isinstance(one, models.UniqueConstraint) for name in one.fields}
    columns = [column for column in map(model._meta.get_field, sorted(unique)) if column.null or column.blank]
    rows, emptied = list(model._base_manager.filter(pk__in=keys)), set()
    for row in rows:
        for column in columns:
            if column.name in before[row.pk] and getattr(row, column.attname):
                setattr(row, column.attname, None if column.null else "")
                emptied.add(column.name)
    if emptied:
        model.objects.bulk_update(rows, sorted(emptied))
    return bool(emptied)


def _restore(model: type[models.Model], before: Mapping[int, Mapping], keys: list[int]) -> None:
    names = sorted({name for pk in keys for name in before[pk]})
    fields = {name: model._meta.get_field(name) for name in names}
    for start in range(0, len(keys), 10_000):
        rows = list(model._base_manager.filter(pk__in=keys[start : start + 10_000]))
        for row in rows:
            for name, value in before[row.pk].items():
                setattr(row, fields[name].attname, fields[name].to_python(value))
        model.objects.bulk_update(rows, names)
