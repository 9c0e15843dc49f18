"""First passwords: made, hashed, put on slips and printed. In clear they exist nowhere but in the slips."""

import os
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from gridparty.lib import pdf
from gridparty.lib.dates import CHINA, today

# Read from paper and typed on a phone: small letters and digits, none that look alike (0 o, 1 l i).
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUP, GROUPS = 4, 3  # 12 of 31 characters: 59 bits
SEPARATORS = " -"
MAX_SLIPS = 500  # in one request: their hashes take some fifteen seconds on two cores, and proxies give up after thirty


class LeanArgon2Hasher(Argon2PasswordHasher):
    """Argon2id as OWASP asks for (19 MiB, two passes), not Django's 100 MiB on eight lanes.

    Measured on two cores: 0.04 s a password instead of 0.5 s, so a street can invite a few hundred users in one go and guesses
    at the log-in page cannot take all memory.
    """

    time_cost, memory_cost, parallelism = 2, 19 * 1024, 1


@dataclass(frozen=True)
class Slip:
    """What is handed to one user on paper. The password never shows in logs or error reports."""

    name: str
    username: str
    posts: str
    until: datetime
    password: str = field(repr=False)


def new_first_password() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(GROUP * GROUPS))


def printed(password: str) -> str:
    """In groups, as on the slip: k7mq-x3pa-9wtn."""
    return "-".join(password[i : i + GROUP] for i in range(0, len(password), GROUP))


def as_first_password(typed: str) -> str:
    """What was typed from a slip, in its stored form: with or without separators, in small or capital letters."""
    bare = "".join(character for character in typed.lower() if character not in SEPARATORS)
    return bare if len(bare) == GROUP * GROUPS and set(bare) <= set(ALPHABET) else typed


def hash_all(passwords: Iterable[str]) -> list[str]:
    """Hashes on all cores (Argon2 works outside the interpreter's lock)."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(make_password, passwords))


def slips_pdf(slips: Iterable[Slip], *, by) -> bytes:
    """Cards to cut out, ten to a sheet."""
    return pdf.render(
        "slips.typ",
        {
            "site": settings.SITE_URL,
            "printed_by": by.name if by else "",
            "printed_at": _words(timezone.now()),
            "slips": [
                {
                    "name": slip.name,
                    "posts": slip.posts,
                    "username": slip.username,
                    "password": printed(slip.password),
                    "until": _words(slip.until),
                }
                for slip in slips
            ],
        },
    )


def slips_response(slips: Iterable[Slip], *, by) -> HttpResponse:
    """The cards as a download that no cache keeps."""
    name = _("初始密码_%(day)s.pdf") % {"day": today().isoformat()}
    return pdf.download(slips_pdf(slips, by=by), name)


def _words(instant: datetime) -> str:
    local = instant.astimezone(CHINA)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
