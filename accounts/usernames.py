"""Log-in names as they are stored and compared."""

import unicodedata


def normal_name(typed: str) -> str:
    """A log-in name as it is stored: small letters, and no full-width ones from a Chinese keyboard."""
    return unicodedata.normalize("NFKC", typed).strip().lower()
