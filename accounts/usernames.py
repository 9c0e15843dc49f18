"""Log-in names as they are stored and compared."""

import unicodedata
from collections.abc import Container
from itertools import count

from gridparty.lib.names import pinyin


def normal_name(typed: str) -> str:
    """A log-in name as it is stored: small letters, and no full-width ones from a Chinese keyboard."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def free_name(name: str, taken: Container[str]) -> str:
    """A log-in name for somebody of this name: wangxiaoming, or wangxiaoming2 where that is taken."""
    stem = pinyin(name)[:50] or "user"
    return next(one for n in count(1) if (one := stem if n == 1 else f"{stem}{n}") not in taken)
