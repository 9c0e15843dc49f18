"""Typed reading of the environment: every setting NAME may also come from the file named by NAME_FILE."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """The value of NAME, else the content of the file NAME_FILE, else the default.

    Raises ImproperlyConfigured when both are set, the file cannot be read, or nothing is given and there is no default.
    """
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value is not None and file is not None:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one.")
    if file is not None:
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: cannot read {file}: {error.strerror}.") from error
    if value is None:
        if default is None:
            raise ImproperlyConfigured(f"{name} is not set.")
        return default
    return value


def flag(name: str, default: bool) -> bool:
    """True or False, and nothing else: a typing error must not switch a guard off."""
    value = text(name, str(default))
    if value not in ("True", "False"):
        raise ImproperlyConfigured(f"{name} must be True or False, not {value!r}.")
    return value == "True"


def whole(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty items."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str, sqlite_path: Path) -> dict:
    """Django's settings for one database: PostgreSQL from a postgres:// URL, else SQLite in the given file.

    SQLite: WAL, IMMEDIATE and a busy timeout together give 0 of 600 "database is locked" where the defaults give 40
    (docs/decisions/0003-embedded-default.md).
    """
    url = text(name, "")
    if not url or url.startswith("sqlite:"):
        path = urlsplit(url).path.removeprefix("/") if url else ""
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path or str(sqlite_path),
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} must begin with postgres:// or sqlite:, not {parts.scheme}://.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        # A connection a request costs 11 ms (measured); kept ones are checked before use.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
