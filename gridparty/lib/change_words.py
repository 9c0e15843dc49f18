"""The change log in words for the desk: field labels instead of names, choices and related rows instead of numbers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _


def in_words(model, entries: Iterable, user) -> Iterator[tuple]:
    """(entry, [(label, old, new)]) for entries of one model. Related rows outside the user's scope stay unnamed.

    One query for each related model named in the entries.
    """
    entries = list(entries)
    names = _related_names(model, entries, user)
    for entry in entries:
        yield entry, [_line(model, name, old, new, names) for name, (old, new) in entry.changes.items()]


def _field(model, name: str):
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:  # a column of an older version
        return None


def _related_names(model, entries: list, user) -> dict[tuple[str, int], str]:
    wanted = defaultdict(set)
    for entry in entries:
        for name, values in entry.changes.items():
            field = _field(model, name)
            if field is not None and field.is_relation:
                wanted[field.related_model] |= {value for value in values if value is not None}
    names = {}
    for related, ids in wanted.items():
        rows = related.objects.visible_to(user) if hasattr(related.objects, "visible_to") else related.objects.none()
        names |= {(related._meta.label, row.pk): str(row) for row in rows.filter(pk__in=ids)}
    return names


def _line(model, name: str, old, new, names: dict) -> tuple[str, str, str]:
    field = _field(model, name)
    if field is None:
        return name, str(old), str(new)
    return str(field.verbose_name), _value(field, old, names), _value(field, new, names)


def _value(field, value, names: dict) -> str:
    if value is None or value == "":
        return "—"
    if field.is_relation:
        return names.get((field.related_model._meta.label, value), _("（不在您的管理范围内）"))
    if value is True or value is False:
        return _("是") if value else _("否")
    return str(dict(field.flatchoices).get(value, value) if field.flatchoices else value)
