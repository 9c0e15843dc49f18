"""Personal text encrypted at rest (AES-256-GCM with a ring of keys) and its keyed hash for finding equal values.

The keys stand apart from SECRET_KEY, so that either can be changed without the other. Stored form: "id:base64(nonce + sealed)".
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

NONCE_BYTES = 12


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> dict[str, bytes]:
    ring = {}
    for key in keys:
        key_id, _, digits = key.partition(":")
        try:
            ring[key_id] = bytes.fromhex(digits)
        except ValueError as error:
            raise ImproperlyConfigured(f"FIELD_KEYS: key {key_id!r} is not hexadecimal.") from error
        if len(ring[key_id]) != 32:
            raise ImproperlyConfigured(f"FIELD_KEYS: key {key_id!r} needs 64 hex digits.")
    return ring


@lru_cache(maxsize=4)
def _ciphers(keys: tuple[str, ...]) -> dict[str, AESGCM]:
    return {key_id: AESGCM(key) for key_id, key in _ring(keys).items()}


def seal(text: str) -> str:
    """Encrypt with the newest key."""
    key_id, cipher = next(iter(_ciphers(tuple(settings.FIELD_KEYS)).items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = cipher.encrypt(nonce, text.encode(), key_id.encode())
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(stored: str) -> str:
    """Decrypt with the key it was sealed with. Raises ImproperlyConfigured when that key is missing or wrong."""
    key_id, colon, body = stored.partition(":")
    if not colon:  # said without quoting it
        raise ImproperlyConfigured("A column for encrypted text holds text that is not encrypted.")
    ciphers = _ciphers(tuple(settings.FIELD_KEYS))
    if key_id not in ciphers:
        raise ImproperlyConfigured(f"FIELD_KEYS lacks key {key_id!r}, which stored data was encrypted with.")
    raw = base64.b64decode(body)
    try:
        return ciphers[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], key_id.encode()).decode()
    except InvalidTag as error:
        raise ImproperlyConfigured(f"FIELD_KEYS: key {key_id!r} is not the one stored data was encrypted with.") from error


def blind_index(text: str, purpose: str) -> str:
    """A keyed hash, by the newest key, under which equal values meet without being readable."""
    return blind_indexes(text, purpose)[0]


def blind_indexes(text: str, purpose: str) -> list[str]:
    """The hashes by every key, the newest first: what to look for until rotate_field_keys has gone through all rows."""
    return list(blind_indexes_of([text], purpose))


def blind_indexes_of(texts: Iterable[str], purpose: str) -> dict[str, str]:
    """{hash: text} of many texts, each by every key, the newest first."""
    keys = _blind_keys(tuple(settings.FIELD_KEYS), purpose)
    return {hmac.digest(key, text.encode(), "sha256").hex(): text for text in texts for key in keys}


@lru_cache(maxsize=8)
def _blind_keys(keys: tuple[str, ...], purpose: str) -> list[bytes]:
    return [hashlib.sha256(b"blind:" + purpose.encode() + key).digest() for key in _ring(keys).values()]


class EncryptedTextField(models.TextField):
    """Text that only the application can read. Cannot be searched or sorted; the change log shows it masked."""

    personal = True

    def from_db_value(self, value, expression, connection):
        return unseal(value) if value else value

    def get_db_prep_save(self, value, connection):
        # bulk_update wraps its values in one expression; they come here again one by one.
        clear = value and not hasattr(value, "as_sql")
        return super().get_db_prep_save(seal(value) if clear else value, connection)

    def get_lookup(self, lookup_name):
        if lookup_name not in ("isnull",):
            raise TypeError("An encrypted field cannot be searched; keep a blind index or the last digits beside it.")
        return super().get_lookup(lookup_name)
