"""Signed links: an address that lets whoever holds it do one thing to one row, without a log-in.

A link is made for one purpose and works for no other; it expires; and it is revoked by giving the row another key. Nobody
guesses one: row, key and time are signed under SECRET_KEY. It may be opened as often as one likes; that it answers once is the
business of the action behind it, by a unique row.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.db.models import Model, QuerySet
from django.utils.crypto import constant_time_compare

_VALUE = re.compile(r"([1-9][0-9]*)-([0-9a-f]{32})")


@dataclass(frozen=True)
class SignedLink:
    """One kind of link. `purpose` is "app.what_it_lets_do"; `key` the column of the row, a UUID, that revokes it when changed."""

    purpose: str
    days: int
    key: str

    def token(self, row: Model) -> str:
        """What stands in the address."""
        return self._signer.sign(f"{row.pk}-{self._key_of(row)}")

    def row(self, token: str, rows: QuerySet) -> Model | None:
        """The row of `rows` that a token opens: None for one that is forged, expired, revoked or made for something else.

        One query, and none for a token that was not signed here.
        """
        try:
            value = _VALUE.fullmatch(self._signer.unsign(token, max_age=timedelta(days=self.days)))
        except BadSignature:
            return None
        row = rows.filter(pk=value[1]).first() if value else None
        return row if row is not None and constant_time_compare(value[2], self._key_of(row)) else None

    @property
    def _signer(self) -> TimestampSigner:
        return TimestampSigner(salt=f"gridparty.links:{self.purpose}")

    def _key_of(self, row: Model) -> str:
        key: UUID = getattr(row, self.key)
        return key.hex
