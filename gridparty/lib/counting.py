"""Counting several things at once."""

from django.db.models import Count, QuerySet, Value


def numbers_of(found: dict[str, QuerySet]) -> dict[str, int]:
    """How many rows each finds, all in one query."""
    first, *others = (
        rows.select_related(None).order_by().values_list(Value(name)).annotate(n=Count("pk")) for name, rows in found.items()
    )
    return dict(first.union(*others, all=True))
