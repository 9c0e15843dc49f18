"""Names of people: one way to write each, and its pinyin for searching and sorting."""

import os
import re
import unicodedata
from functools import lru_cache

from gridparty.lib.text import plain

# Single characters are all we ask for; the dictionary of phrases would take 45 MB in every process.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
from pypinyin import lazy_pinyin

_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・･․⸱ꞏ", "·"))
_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\ue000-\uf8ff"  # with the private ones of older systems
_SPACED_DOTS = re.compile(f" ?·[ ·]*|(?<=[{_HAN}]) ?[.] ?(?=[{_HAN}])")
_SPACE_IN_CHINESE = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}])")

# Surnames that the library reads otherwise.
_SURNAME_PAIRS = """
    单:shan 單:shan 曾:zeng 仇:qiu 解:xie 区:ou 區:ou 查:zha 朴:piao 盖:ge 蓋:ge 翟:zhai 乐:yue 樂:yue 覃:qin 缪:miao 繆:miao
    员:yun 員:yun 貟:yun 佴:nai 秘:bi 种:chong 洗:xian 召:shao 折:she 黑:he 祭:zhai 乜:nie 阚:kan 闞:kan 句:gou 都:du 角:jue
    粘:nian 么:yao 藏:zang 尉迟:yu,chi 尉遲:yu,chi 长孙:zhang,sun 長孫:zhang,sun 万俟:mo,qi 萬俟:mo,qi 澹台:tan,tai 澹臺:tan,tai
"""
_SURNAMES = dict(pair.split(":") for pair in _SURNAME_PAIRS.split())
# Characters read in names otherwise than the library reads them first.
_READING_PAIRS = "长:chang 晟:sheng 珩:heng 琢:zhuo 卜:bu 靓:liang 伽:jia 佛:fo 𠮷:ji"
_READINGS = dict(pair.split(":") for pair in _READING_PAIRS.split())


def normal_name(text: str) -> str:
    """The name as it is kept: half-width, trimmed, no spaces between Chinese characters, `·` for every kind of middle dot."""
    name = unicodedata.normalize("NFC", plain(unicodedata.normalize("NFC", text)).translate(_DOTS))
    return _SPACE_IN_CHINESE.sub("", _SPACED_DOTS.sub("·", name)).strip()


def pinyin(name: str) -> str:
    """wangxiaoming for 王小明: no tones, ü as v; Latin letters stay, all else is dropped. Takes a normal name."""
    return spelled(name)[0]


def initials(name: str) -> str:
    """wxm for 王小明."""
    return spelled(name)[1]


def spelled(name: str) -> tuple[str, str]:
    """Both at once."""
    syllables = _syllables(name)
    return "".join(syllables), "".join([syllable[:1] for syllable in syllables])


def _syllables(name: str) -> list[str]:
    for surname in (name[:2], name[:1]):
        if surname in _SURNAMES:
            return [*_SURNAMES[surname].split(","), *map(_reading, name[len(surname) :])]
    return [*map(_reading, name)]


@lru_cache(maxsize=30_000)
def _reading(char: str) -> str:
    if char in _READINGS:
        return _READINGS[char]
    if char.isalpha() and unicodedata.name(char, "").startswith(("LATIN", "FULLWIDTH LATIN")):
        return "".join(part for part in unicodedata.normalize("NFKD", char).lower() if "a" <= part <= "z")
    return "".join(lazy_pinyin(char, errors="ignore"))
