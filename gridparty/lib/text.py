"""Typed and pasted text as the eye sees it: half-width, without what nobody sees."""

import re
import unicodedata

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LETTERS = {code: thin for code, thin in _WIDE.items() if chr(code).isalnum()}
# Fillers and variation selectors count as letters and marks for Unicode, yet show nothing by themselves.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_UNSEEN = {"Cc", "Cf", "Cs"}  # control characters, marks of width and direction, halves of characters

# 1、 (2) ③ · before a thing of a list; what goes on with a digit is a number of its own (2.5米).
_BULLET = re.compile(
    r"(?:^|(?<=[\s;；。]))(?:[(（](?:\d{1,2}|[一二三四五六七八九十]{1,2})[)）]|\d{1,2}[、.．)）](?!\d)|[一二三四五六七八九十]{1,2}、"
    r"|[·•●▪◆]|[-—](?=\s))|[①-⑳]"
)
_PARTED = re.compile("[\n\r\v\f\u2028;；]")
_COMMA = re.compile(r"(?:(?<!\d)、|、(?!\d))(?![^(（]*[)）])")  # not within brackets, nor in 1、2号楼


def one_a_line(text: str) -> str:
    """Things that stand one below the other, numbered, or parted by ； or else by 、, one a line. Done twice it is the same."""
    parts = _things(text.translate(_LETTERS))
    while (again := _things("\n".join(parts))) != parts:
        parts = again
    return "\n".join(parts)


def _things(text: str) -> list[str]:
    parts = [part for part in _PARTED.split(_BULLET.sub("\n", text)) if part.strip(" 。，,、\t")]
    parts = _COMMA.split(parts[0]) if len(parts) == 1 else parts
    parts = [" ".join(part.split()).strip(" 。，,、") for part in parts]
    return list(dict.fromkeys(filter(None, parts)))


def plain(text: str) -> str:
    """Full-width letters, digits and signs made half-width, invisible characters dropped, spaces of every kind made single."""
    text = _BLANK.sub("", text.translate(_WIDE))
    if not text.isprintable():
        text = "".join(char for char in text if char.isspace() or unicodedata.category(char) not in _UNSEEN)
    return " ".join(text.split())
