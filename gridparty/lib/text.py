"""Typed and pasted text as the eye sees it: half-width, without what nobody sees."""

import re
import unicodedata

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# Fillers and variation selectors count as letters and marks for Unicode, yet show nothing by themselves.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_UNSEEN = {"Cc", "Cf", "Cs"}  # control characters, marks of width and direction, halves of characters


def plain(text: str) -> str:
    """Full-width letters, digits and signs made half-width, invisible characters dropped, spaces of every kind made single."""
    text = _BLANK.sub("", text.translate(_WIDE))
    if not text.isprintable():
        text = "".join(char for char in text if char.isspace() or unicodedata.category(char) not in _UNSEEN)
    return " ".join(text.split())
