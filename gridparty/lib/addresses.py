"""What stands in an address: keys of rows, pages of lists. Whatever else was typed there means nothing."""

from django.db.models import Model, QuerySet


def row_named(rows: QuerySet, asked: str | None) -> Model | None:
    """The row of `rows` whose key was asked for; None for another's, and without a query for what is no key."""
    return rows.filter(pk=asked).first() if is_key(asked or "") else None


def is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
