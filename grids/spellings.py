"""One place, many ways to write it: 第一网格 is 第1网格 and 网格1, 3栋 is 3号楼 and 3#, 桃园 is 桃园社区居民委员会.

Reading is the same for what is on record and for what stands in a cell, so two texts are one place when they read the same.
"""

import re
from datetime import date, time
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from gridparty.lib import text as texts
from gridparty.lib.roster import CellRefused, plain, read_text
from grids.choices import AreaKind

MARKS = "-/\\>→,，、·|_:; "  # what people put between the names of a path
_HAN_NUMBER = re.compile("[〇零一二三四五六七八九十百]+")
_HAN_DIGITS = {char: str(number) for number, char in enumerate("零一二三四五六七八九")} | {"〇": "0"}
_TENS = re.compile(r"(?:([1-9])百0?)?(?:([1-9])?十)?([1-9])?")
_ZEROS = re.compile(r"(?<![0-9A-Z])0+(?=\d)")
_SPACES = re.compile(r"(?<=[0-9A-Z]) (?=[0-9A-Z])")
_OF_A_NUMBER = re.compile(r"(?<=[0-9])\.0+$")  # what a number becomes in a text file: 301.0
_STROKES = re.compile("[‐‑‒–—―−－~～至]+(?=[0-9])|[‐‑‒–—―−－~～]+")


@lru_cache(maxsize=20_000, typed=True)  # the places of a list are few
def tidy(value) -> str:
    """The text without what does not matter: widths, spaces inside, strokes of many lengths, small letters."""
    text = _STROKES.sub("-", texts.plain(plain(value))).upper().replace("＃", "#").replace("号院楼", "号楼")
    return _OF_A_NUMBER.sub("", _SPACES.sub("-", text).replace(" ", ""))


def read_numbers(text: str) -> str:
    """Chinese numbers as Arabic ones, leading zeros dropped."""
    return _ZEROS.sub("", read_chinese_numbers(text))


def read_chinese_numbers(text: str) -> str:
    """十二 is 12, 二〇三 is 203. A name like 三里庄 becomes 3里庄; beside other digits a bar parts them, but 3〇1 is 301."""

    def arabic(found: re.Match) -> str:
        word = "".join(_HAN_DIGITS.get(char, char) for char in found[0])
        tens = _TENS.fullmatch(word) if "十" in word or "百" in word else None
        if tens:
            hundreds, ten, one = tens.groups()
            number = int(hundreds or 0) * 100 + ("十" in word) * int(ten or 1) * 10 + int(one or 0)
            word = str(number)
        elif not word.isdigit():
            return found[0]
        bar = "" if set(word) == {"0"} else "|"
        before, after = text[: found.start()][-1:].isdigit(), text[found.end() :][:1].isdigit()
        return (bar if before else "") + word + (bar if after else "")

    return _HAN_NUMBER.sub(arabic, text)


_TOTALS = frozenset(["合计", "小计", "总计", "共计"])
_DAY = re.compile(r"\d{4}[-/年]\d{1,2}[-/月]\d{1,2}.*|\d{1,2}月\d{1,2}日?")


def read_place(value: Any) -> str:
    """The name of an area in a cell. Refuses what a workbook has made a day of (1-2), and the words of a line of totals."""
    text = plain(value) if isinstance(value, date | time) else read_text(value)
    if isinstance(value, date | time) or _DAY.fullmatch(text):
        raise CellRefused(_("“%(text)s”成了日期，原来的内容已丢失。请把该列设为文本格式，重新填写名称。") % {"text": text[:10]})
    if text.replace(" ", "") in _TOTALS:
        raise CellRefused(_("“%(text)s”不是区域的名称，请删去合计行。") % {"text": text})
    return text


class Spelling(NamedTuple):
    """A name taken apart: the word of its kind ("" where none is written) and what is left."""

    word: str
    stem: str


# What follows a name and says of what kind it is; 镇 and 街道, 村 and 社区 are not the same word: neighbours may share a stem.
_WORDS: dict[str, list[tuple[str, str]]] = {
    AreaKind.DISTRICT: [("区", "区"), ("县", "县"), ("市", "市")],
    AreaKind.STREET: [
        ("街道", "街道办事处 街道办 街道 办事处 街办"),
        ("镇", "镇人民政府 镇政府 镇"),
        ("乡", "乡人民政府 乡政府 乡"),
    ],
    AreaKind.COMMUNITY: [
        ("村", "村村民委员会 村民委员会 村村委会 村委会"),
        ("社区", "社区居民委员会 社区居委会 社区居委 居民委员会 居委会 居委 社区"),
        ("村", "村"),
    ],
}
_GRID_FORMS = ("{}网格", "第{}网格", "{}号网格", "第{}号网格", "网格{}")
_ENDINGS: dict[str, list[tuple[str, re.Pattern]]] = {
    **{
        kind: [(word, re.compile(f"(.+?)(?:{'|'.join(endings.split())})$")) for word, endings in words]
        for kind, words in _WORDS.items()
    },
    AreaKind.GRID: [
        ("网格", re.compile("第?(.+?)号?网格$")),
        ("网格", re.compile(r"网格第?(\d+)号?$")),
    ],
    AreaKind.BUILDING: [
        (
            "楼",
            re.compile(
                r"第?((?:.*[^第])?[0-9A-Z甲乙丙丁])(?:号楼栋|号楼|号栋|号幢|号座|#楼|#栋|楼栋|栋楼|幢楼|栋|幢|座|#|号|楼)$"
            ),
        ),
        ("楼", re.compile(r"(?:楼栋|楼号|楼|栋)第?(\d+)(?:号|#)?$")),
    ],
}
_BARE = re.compile("第?([0-9A-Z]+)")


def spell(kind: str, text: str) -> Spelling:
    """A tidy text with its numbers read, as the name of an area of this kind."""
    for word, ending in _ENDINGS[kind]:
        if found := ending.fullmatch(text):
            return Spelling(word, found[1])
    bare = _BARE.fullmatch(text) if kind in (AreaKind.GRID, AreaKind.BUILDING) else None
    return Spelling("", bare[1] if bare else text)


def written_forms(kind: str, text: str) -> set[str]:
    """How an area of this name may be written before another name: a street or community with or without its word."""
    word, stem = spell(kind, text)
    if kind == AreaKind.GRID:
        return {text, *(form.format(stem) for form in _GRID_FORMS)}
    endings = [ending for one, words in _WORDS[kind] for ending in words.split() if one == word]
    return {text, stem, *(stem + ending for ending in endings)}


_NEW_NAMES = {AreaKind.GRID: "第{}网格", AreaKind.BUILDING: "{}号楼"}


def name_of_new(kind: str, text: str) -> str:
    """What a new grid or building is called: 3 and 3# are 3号楼, 2 is 第2网格, all else stays as it was written."""
    word, stem = spell(kind, read_numbers(tidy(text)))
    bare = kind in _NEW_NAMES and stem.isascii() and stem.isalnum() and (not word or text.strip().endswith(("#", "＃")))
    return _NEW_NAMES[kind].format(stem) if bare else text


# --- Doors


class DoorText(NamedTuple):
    """A door taken apart: what names the building ("" when it is told elsewhere), unit ("" for none), room."""

    building: str
    unit: str
    room: str


_ROOM = (
    r"(?P<room>[A-Z]?\d{1,5}[A-Z]?(?:-\d)?(?:[东西南北中]户?)?|(?:\d{1,2}层)?[东西南北中]{1,2}户)"
    r"(?:室|号室|号房|号|户室|房间|房|户)?"
)
_UNIT = r"(?P<unit>[0-9A-Z甲乙丙丁东西南北中]{1,3})"
_FLOOR = r"(?:\d{1,2}[层楼]-?(?=[A-Z]?\d))?"
_WITH_UNIT = re.compile(rf"(?P<building>.*?)-?第?{_UNIT}(?:单元|门栋|门洞|单-?元?|门)-?{_FLOOR}{_ROOM}")
_BUILDING_WORD = r"(?:号楼栋|号楼|号栋|号幢|号座|#楼|#栋|楼栋|栋|幢|座|#)"
_UNIT_BY_STROKE = re.compile(rf"(?P<building>.*?{_BUILDING_WORD}|\d+号)-?(?P<unit>\d{{1,2}})-{_ROOM}")
_ALL_STROKES = re.compile(rf"(?P<building>(?:.*?[^0-9A-Z#-])?-?[A-Z]?\d{{1,4}}[A-Z]?)-(?P<unit>\d{{1,2}})-{_ROOM}")
_WITHOUT_UNIT = re.compile(rf"(?P<building>.*{_BUILDING_WORD}|\d+号楼?)-?{_FLOOR}{_ROOM}")
_CUT_SHORT = re.compile(r"(?<!\d)\d$")  # 3号楼2: a unit without its room
_INSIDE = re.compile(rf"(?P<building>)(?P<unit>\d{{1,2}})-{_ROOM}")
_DOORS = (_WITH_UNIT, _UNIT_BY_STROKE, _ALL_STROKES, _WITHOUT_UNIT)
_ROOM_ALONE = re.compile(rf"(?P<building>)(?P<unit>){_ROOM}")
_PARTED = re.compile(r"(?<=[0-9A-Z])[./\\_,](?=[0-9A-Z])")
# Who lives behind a door and by what right says nothing of where it is.
_DWELLING_REMARK = re.compile(
    r"\((?:已?出?租|自|空|业主|房东|房主|户主|租|公租|廉租|回迁|人户|户在|本人|父母|子女|单位)[^()\d]*\)$"
)
_UNIT_WORD = re.compile(r"第?(.+?)(?:号?单元|门栋|门洞|门)")
_ROOM_WORD = re.compile(r"(.*[0-9A-Z])(?:室|号室|号房|号|房间|房|户)")


def read_door(text: str, inside: bool) -> DoorText | None:
    """A tidy text as a door, None when it is none. `inside`: the building is known, so 2-301 is unit and room."""
    text = _door_text(text)
    for pattern in (*_DOORS, *((_INSIDE, _ROOM_ALONE) if inside else ())):
        if (found := pattern.fullmatch(text)) and not (pattern is _WITHOUT_UNIT and _CUT_SHORT.search(text)):
            unit = found.groupdict().get("unit", "")
            return DoorText(found["building"].strip(MARKS), _ZEROS.sub("", unit), found["room"])
    return None


def is_two_numbers(text: str) -> bool:
    """2-301: a building's room or a unit's, nobody can tell."""
    return bool(_INSIDE.fullmatch(_door_text(text)))


def _door_text(text: str) -> str:
    """With its numbers read; 3.2.901 and 3/2/901 are 3-2-901, and 901(租户) is 901."""
    return _PARTED.sub("-", read_chinese_numbers(_DWELLING_REMARK.sub("", text).strip(MARKS)))


def read_unit(value) -> str:
    """A unit's cell: 2单元, 第二单元, 2 are 2. "" where none is written."""
    text = read_numbers(tidy(value))
    found = _UNIT_WORD.fullmatch(text)
    unit = found[1] if found else text
    return "" if unit == "0" else unit


def read_room(value) -> str:
    """A room's cell: 301室 and 301 are 301. "" where none is written."""
    text = read_chinese_numbers(tidy(value))
    found = _ROOM_WORD.fullmatch(text)
    return found[1] if found else text


def same_room(room: str) -> str:
    """What two ways to write one unit or room have in common: 0901 and 901, 301东户 and 301东."""
    return _ZEROS.sub("", room.upper()).removesuffix("户")


_FLOOR_NAMED = re.compile(r"(\d{1,2})层")
_FLOOR_IN_ROOM = re.compile(r"[A-Z]?(\d{1,2})\d{2}(?!\d)")


def floor_of(room: str) -> int | None:
    """The floor a room's number tells: 302 is on the 3rd, 1203 on the 12th, 3层东户 on the 3rd; None where it tells none.

    Two figures (平房, 沿街) name no floor; five may begin with a unit or with a floor.
    """
    text = read_room(room)
    found = _FLOOR_NAMED.match(text) or _FLOOR_IN_ROOM.match(text)
    return int(found[1]) or None if found else None
