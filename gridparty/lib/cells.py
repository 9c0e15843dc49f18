"""Cells that several registers share: names, ID numbers, sex, dates, phones and words from a list, as offices write them.

Each reader takes a cell as workbook.py gives it, returns the one way the value is kept, "" (dates: None) where nothing is
written, and raises CellRefused for all else. A refusal quotes the cell cut short, and never a whole number.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from gridparty.lib import idnumbers
from gridparty.lib.names import normal_name
from gridparty.lib.roster import EMPTY_WORDS, FORMULA_ERROR, CellRefused, plain
from gridparty.lib.text import plain as seen

_NOTHING_WORDS = "空 空白 null none nan nil n/a (空) (空白) (无) (null) 未知 未填 未填写 暂无 没有"
_NOTHING = EMPTY_WORDS.union(_NOTHING_WORDS.split())
_STROKES = re.compile(r"[-‐–—―─−_/\\.·\s]+")
_DITTO_WORDS = '同上 同前 同上行 (同上) (同前) 〃 ″ “ ” 〝 〞 〟 ′′ \'\' " "" ditto'
_DITTOS = frozenset(_DITTO_WORDS.split())
_QUOTES = "='\"‘’“”` "  # CSV files write ="3701…" so that Excel takes it for text
_LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+?\d+|\d{16,}\.0*")


def is_ditto(value: Any) -> bool:
    """Whether the cell says: the same as above. The engine puts the value above in its place before it is read."""
    return type(value) is str and len(value) < 20 and seen(value).lower().replace(" ", "") in _DITTOS


# What lists of flats and of posts have where nobody is.
_NO_PERSONS_WORDS = (
    "空缺 暂缺 缺 待定 待补 待聘 待选 空房 空置 空置房 空户 空挂户 空闲 闲置 "
    "姓名 合计 小计 总计 测试 示例 未命名 未取名 未起名 无名氏 新生儿 婴儿 孩子 小孩 子女 配偶 儿子 女儿 妻子 丈夫 父亲 母亲 "
    "无人 无人居住 未入住 未入户 拒访 租户 租客 房东 业主 户主 住户 出租 出租房 开发商"
)
_NO_PERSONS = frozenset(_NO_PERSONS_WORDS.split())
# 王某, 王XX, 王×明, 张女士, 小王, 李四之妻: a name that was hidden, or only what somebody is called.
_HIDDEN = re.compile("[?*\ufffd□■]")
_TITLES_WORDS = (
    "女士 先生 小姐 大爷 大妈 大娘 大叔 大婶 大伯 大姐 大哥 阿姨 叔叔 伯伯 爷爷 奶奶 师傅 老师 医生 老板 经理 主任 书记 "
    "校长 院长 所长 队长 站长 店长 厂长 局长 科长 处长"
)
_COMMON_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金"
    "韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙史陶贺毛段郝顾龚邵万覃武钱戴严莫孔向常汤"
)
_PARTIAL = re.compile(
    rf"某|[×✕✖╳○◯●~_#…]|\.\.|(?<=[\u3400-\u9fff])(?:[Xx]+(?![A-Za-z])|[Oo]{{2,}})|.(?:{'|'.join(_TITLES_WORDS.split())})$"
    rf"|^(?:.[老小]?总|[小老][{_COMMON_SURNAMES}]|[\u3400-\u9fff])$|..之[妻夫子女父母]$|.夫妇$|..(?:一家|全家|同志|家属)$|..等(?:\d*人?)$"
)
# What lists put before or behind a name: 1.王明, ①王明, 王明★, 王明、
_SERIAL = re.compile(r"^(?:\d{1,4}[.、)]|[\u2460-\u2473]) ?(?=[\u3400-\u9fff])")
_MARKS = "' ★☆▲△▼▽◆◇※√✓、,;。:："
# 王伟(大) is one of two; a word in brackets, and one that says he died, is no part of a name.
_REMARK = re.compile(r"\(([故亡殁逝代兼挂空缺]|[^()]*[\u4e00-\u9fff]{2}[^()]*)\)?")
_HAN = r"[\u3400-\u9fff\U00020000-\U0003ffff]"
_SEVERAL = re.compile(rf"{_HAN}\)? ?[、,;/&|+] ?{_HAN}")
_SURNAMES_WORDS = (
    "欧阳 歐陽 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 宇文 长孙 司徒 夏侯 轩辕 端木 百里 东郭 南宫 呼延 澹台 赫连 "
    "公冶 宗政 濮阳 淳于 太叔 申屠 仲孙 钟离 鲜于 闾丘 司空 万俟 闻人 拓跋 独孤 西门 第五 左丘 梁丘 完颜 纳兰 叶赫"
)
_SURNAMES = frozenset(_SURNAMES_WORDS.split())


def read_name(value: Any) -> str:
    """A person's name. Characters that were lost or hidden on the way (王?明, 王*) are no name, nor are two names."""
    name = _SERIAL.sub("", normal_name(value).strip(_MARKS)) if type(value) is str else _text(value)
    if not _text(name or value):
        return ""
    if len(name) > 60:
        raise CellRefused(_("“%(text)s”过长，姓名不超过 60 个字，请核对是否填错了列。") % {"text": _shown(name)})
    if not re.search(r"[^\W\d_]|[\ue000-\uf8ff\U000f0000-\U0010ffff]", name) or re.search(r"\d{5}", name):
        raise CellRefused(_("“%(text)s”不是姓名，应为文字，请核对是否填错了列。") % {"text": _shown(name)})
    if _HIDDEN.search(name):
        raise CellRefused(_("“%(text)s”里有遮盖或无法显示的字，请按身份证填写完整的姓名。") % {"text": _shown(name)})
    if _PARTIAL.search(name):
        raise CellRefused(_("“%(text)s”只是称呼或部分姓名，请按身份证填写完整的姓名。") % {"text": _shown(name)})
    _check_one_person(value, name)
    return name


def _check_one_person(value: Any, name: str) -> None:
    """Raises CellRefused for what names nobody, several, or somebody with a remark."""
    if name in _NO_PERSONS:
        raise CellRefused(_("“%(text)s”不是人的姓名，没有人的请删去此行。") % {"text": name})
    if _REMARK.search(name):
        raise CellRefused(_("“%(text)s”的括号里是说明，请只写姓名；已去世或离开的，请从名单中删去。") % {"text": _shown(name)})
    written = seen(str(value))
    parts = [part for part in written.split() if re.fullmatch(f"{_HAN}+", part)]
    apart = "·" not in name and len(parts) > 1 and parts[0] not in _SURNAMES and sum(len(part) > 1 for part in parts) > 1
    if apart or _SEVERAL.search(name):
        words = {"text": _shown(written)}
        raise CellRefused(_("“%(text)s”像是几个人的姓名，请每人一行；是一个人的，请去掉中间的空格，或写成“·”。") % words)


def read_id_number(value: Any) -> str:
    """An ID number by GB 11643, 18 characters. What a workbook kept as a number has lost all after 15 digits, even if it fits."""
    if type(value) is str and value.isascii() and value.isalnum() and len(value) == 18:
        return _parsed(value)
    text = _text(value)
    if not text:
        return ""
    rounded = isinstance(value, int | float) and (abs(value) >= 10**15 or value % 1 != 0)
    if rounded or _LOST_DIGITS.fullmatch(text.strip(_QUOTES)):
        raise CellRefused(_rounded(text))
    return _parsed(seen(value).strip(_QUOTES) if type(value) is str else text)


def _parsed(text: str) -> str:
    try:
        return idnumbers.parse(text).value
    except idnumbers.BadIdNumber as refusal:
        number = idnumbers.normal(text)
        rounded = re.fullmatch(r"[0-9]{15}000", number)  # it was a number once, before the column was made text
        raise CellRefused(_rounded(number) if rounded else str(refusal)) from None


def _rounded(text: str) -> str:
    words = {"text": _shown(text)}
    return _("“%(text)s”曾是数字格式，15 位以后的数字已丢失，请把该列设为文本格式，按原件重新填写 18 位号码。") % words


_SEXES = {
    "male": "男 男性 1 1男 男1 m male 先生",
    "female": "女 女性 2 2女 女2 f female 女士",
    "": "0 9 未知的性别 未说明的性别 未说明 未知性别",
}
_SEX = {word: sex for sex, words in _SEXES.items() for word in words.split()}


def read_sex(value: Any) -> str:
    """male or female, from words, letters or the codes of GB/T 2261.1 (1 男, 2 女, 0 and 9 unknown)."""
    text = _text(value)
    sex, word = _SEX.get(text), _bare(text)
    if sex is None and not word.isdigit():  # -1 is no code
        sex = _SEX.get(word)
    if sex is None and text:
        raise CellRefused(_("不认识性别“%(text)s”，应为男或女，请改正。") % {"text": _shown(text)})
    return sex or ""


# --- Dates


@dataclass(frozen=True)
class PartialDate:
    """A day, or a month of which the day is not known."""

    year: int
    month: int
    day: int | None = None

    @property
    def first_day(self) -> date:
        """The day, or the first of the month."""
        return date(self.year, self.month, self.day or 1)

    def may_be(self, other: "PartialDate") -> bool:
        """Whether both may say the same day."""
        same_month = (self.year, self.month) == (other.year, other.month)
        return same_month and (None in (self.day, other.day) or self.day == other.day)

    def __str__(self):
        return f"{self.year:04}-{self.month:02}" + (f"-{self.day:02}" if self.day else "")


_FIRST_WRITTEN, _FIRST_CELL, _LAST = 1900, 1920, 2100  # years
_FIRST_SERIAL = 10_000  # 1927-05-18; fewer digits may be anything
_EXCEL_EPOCH = date(1899, 12, 30)  # right from 1 March 1900 on: Excel's 29 February 1900 is serial 60
_PACKED = re.compile(r"(?P<year>\d{4})\.?(?P<month>\d\d)(?P<day>\d\d)?", re.ASCII)  # 19780501 197805 1978.0501 1978.05
_WRITTEN = re.compile(
    r"(?P<year>\d{4}) ?(?:年|(?P<stroke>[-‐–—−/\\.,、 ])) ?(?P<month>\d{1,2}) ?"  # the same stroke twice: 2001.9-12 is a span
    r"(?:月份?|(?:月|(?P=stroke)) ?(?P<day>\d{1,2}) ?[日号]?(?:[T ] ?\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)?)?",
    re.ASCII,
)
_TENS = re.compile("([一二三]?)十([一二三四五六七八九]?)")
_HAN_DIGITS = str.maketrans("〇○零Oo一二三四五六七八九", "00000123456789")
_HAN_NUMERAL = re.compile("[一二三四五六七八九十]")


def read_date(value: Any, partial: bool = False) -> date | PartialDate | None:
    """The day; with `partial`, a PartialDate, which may be a month only.

    Taken: years of four digits with any common separator, eight or six digits, Chinese numerals, date cells, and numbers that
    are serials of Excel's 1900 system (five digits, 1927 to 2100). Written years are 1900 to 2100; date cells begin with 1920,
    because a year typed into a date column becomes a day of 1905. A time of day is dropped: offices do not write one, it comes
    from systems that know only moments, and there is no zone to move it by.
    """
    found = _date_in(value)
    if found is None or partial:
        return found
    if found.day is None:
        raise CellRefused(_("“%(text)s”只有年月，应为年月日，请写成 1978-05-01 的形式。") % {"text": _shown(_quoted(value))})
    return found.first_day


def _date_in(value: Any) -> PartialDate | None:
    if isinstance(value, date):
        return _possible(value, value.year, value.month, value.day, _FIRST_CELL)
    text = _text(value)
    if not text:
        return None
    if isinstance(value, int | float):
        if _FIRST_SERIAL <= value < 100_000:
            day = _EXCEL_EPOCH + timedelta(int(value))
            return _possible(value, day.year, day.month, day.day, _FIRST_CELL)
        if re.fullmatch(r"\d{4}\.1", text):
            words = {"text": text, "year": text[:4]}
            raise CellRefused(
                _("“%(text)s”是数字格式，分不清是 1 月还是 10 月，请写成 %(year)s-01 或 %(year)s-10（有日的写上日）。") % words
            )
    text = text.rstrip(" .。-/").replace("元月", "1月")
    if _HAN_NUMERAL.search(text):
        text = _TENS.sub(lambda tens: (tens[1] or "1") + (tens[2] or "0"), text).translate(_HAN_DIGITS)
    match = _PACKED.fullmatch(text) or _WRITTEN.fullmatch(text)
    if match is None:
        words = {"text": _shown(_quoted(value))}
        raise CellRefused(_("“%(text)s”认不出是哪一天，请写成 1978-05-01 的形式，年份写四位。") % words)
    year, month, day = (part and int(part) for part in match.group("year", "month", "day"))
    return _possible(value, year, month, day, _FIRST_WRITTEN)


def _possible(value: Any, year: int, month: int, day: int | None, first: int) -> PartialDate:
    """The date, if the calendar has it and its year is likely. Raises CellRefused."""
    try:
        date(year, month, 1 if day is None else day)
    except ValueError:
        words = {"text": _shown(_quoted(value))}
        raise CellRefused(_("“%(text)s”不是日历上有的日期，请核对原件后改正。") % words) from None
    if not first <= year <= _LAST:
        words = {"text": _shown(_quoted(value)), "first": first, "last": _LAST}
        raise CellRefused(
            _("“%(text)s”的年份不在 %(first)d 至 %(last)d 之间，请核对，并按文本格式写成 1978-05-01 的形式。") % words
        )
    return PartialDate(year, month, day)


# --- Terms of office


@dataclass(frozen=True)
class Span:
    """A term: from and to as far as they are written, or how many years it takes."""

    start: PartialDate | None = None
    end: PartialDate | None = None
    years: int | None = None

    def __str__(self):
        if self.start is None and self.end is None:
            return _("%(n)d 年") % {"n": self.years}
        return f"{self.start or ''} 至 {self.end or ''}".strip()


ENDLESS = frozenset(["至今", "长期", "不定期", "现任", "在任", "无固定期限", "无限期"])
_YEARS = re.compile(r"(?:每届|任期|聘期|一届)?(?P<years>\d{1,2})(?:年|周年)?(?:制|一届|/届|期)?")
_IN_BRACKETS = re.compile(r"[(（](?:任期|共)?(?P<years>\d{1,2}|[一二三四五六七八九十])年[)）]$")
_FROM = re.compile(
    r"(?:自|从)?(?P<start>.+?)(?:起|开始|[-‐–—―−~～至到]+(?:至今|今|现在|长期)?)(?P<years>\d{1,2}年|[一二三四五六七八九十]年)?"
)
_SPAN_STROKE = re.compile("[-‐–—―−~～至到]+")


def read_span(value: Any) -> Span | str:
    """A term in one cell: 2023.5-2026.5, 2023年5月至2026年5月, 自2023年5月起, 2023.5至今, 三年. "" where none is written.

    A single date is none: nobody can tell whether the term begins or ends there.
    """
    text = "" if isinstance(value, date) else _text(value).strip()
    if not text and not isinstance(value, date):
        return ""
    if text in ENDLESS:
        return ""
    found = _span_in(text.replace(" ", ""))
    if found is None or (found.start and found.end and found.start.first_day >= found.end.first_day):
        words = {"text": _shown(_quoted(value))}
        raise CellRefused(_("“%(text)s”看不出任期从何时到何时，请写成“2023-05 至 2026-05”，只有年数的写“3年”。") % words)
    return found


def _span_in(text: str) -> Span | None:
    if years := _YEARS.fullmatch(_han_years(text)):
        return Span(years=int(years["years"])) if 1 <= int(years["years"]) <= 10 else None
    text = _IN_BRACKETS.sub("", text)
    found = set()
    for stroke in _SPAN_STROKE.finditer(text):
        start, end = _day_or_none(text[: stroke.start()]), _day_or_none(text[stroke.end() :])
        found |= {Span(start, end)} if start and end else set()
    if len(found) == 1:
        return found.pop()
    if not found and (begun := _FROM.fullmatch(text)) and (start := _day_or_none(begun["start"])):
        return Span(start, years=int(_han_years(begun["years"]).removesuffix("年")) if begun["years"] else None)
    return None


def _han_years(text: str) -> str:
    return _TENS.sub(lambda tens: (tens[1] or "1") + (tens[2] or "0"), text).translate(_HAN_DIGITS)


def _day_or_none(text: str) -> PartialDate | None:
    try:
        return _date_in(text.removeprefix("自").removeprefix("从").removesuffix("止").removesuffix("起"))
    except CellRefused:
        return None


# --- Phones


@dataclass(frozen=True)
class Phones:
    """The numbers of one cell: the first mobile (else the first number), and the others."""

    first: str = field(default="", repr=False)
    others: tuple[str, ...] = field(default=(), repr=False)


_PHONE = re.compile(
    r"""(?<!\d)(?:
        (?:(?:\+|00)?86[ -]?)?0?(?P<mobile>1[3-9](?:[ -]?\d){9})
      | (?:(?:\+|00)86[ -]*0?|(?:86[ -]*)?0)(?P<area>(?P<metropolis>10|2\d)|[3-9]\d\d)[ -]*
        (?P<line>[2-8](?:[ -]?\d){6}(?(metropolis)[ -]?\d|(?:[ -]?\d)?))
        (?:(?:\ ?转\ ?|-)(?P<extension>\d{1,6}))?
      | (?P<service>[48]00(?:[ -]?\d){7})
      | (?P<local>[2-8]\d{2,3}[ -]?\d{4})
    )(?!\d)""",
    re.ASCII | re.VERBOSE,
)
_PHONE_LABELS = re.compile("(?:手机|移动|固定|住宅|联系)?(?:电话|手机)(?:号码?)?|联系方式|固话|座机|宅电|本人|tel|mobile", re.I)
_BETWEEN = re.compile(r"[\s/\\、,;|:。.&和或-]*")
_PLAINER = str.maketrans(dict.fromkeys("‐–—―─−.·", "-") | dict.fromkeys("()[]", " "))
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


def read_phone(value: Any) -> str:
    """The first mobile of the cell, else its first number: 15400000001, 0531-88880000, 0531-88880000-801, 4000000000, 88880000.

    A local number stays without its area code, which nobody here knows.
    """
    return read_phones(value).first


def read_phones(value: Any) -> Phones:
    """All numbers of the cell. Anything that is neither a number nor an everyday label refuses the whole cell."""
    if type(value) is str and _MOBILE.fullmatch(value):
        return Phones(value)
    text = _text(value)
    if not text or _MOBILE.fullmatch(text):
        return Phones(text)
    written = re.sub(r"^(\d+)\.0+$", r"\1", text.strip(_QUOTES)).translate(_PLAINER)
    numbers = list(dict.fromkeys(map(_phone, _PHONE.finditer(written))))
    rest = _PHONE_LABELS.sub("", _PHONE.sub("", written))
    if not numbers or not _BETWEEN.fullmatch(rest):
        words = {"text": _shown(text)}
        raise CellRefused(
            _("“%(text)s”不是电话号码，应只写 11 位手机号，或区号加座机号（如 0531-88880000），请核对改正。") % words
        )
    first = next((number for number in numbers if _MOBILE.fullmatch(number)), numbers[0])
    return Phones(first, tuple(number for number in numbers if number != first))


def _phone(match: re.Match) -> str:
    parts = {name: re.sub(r"\D", "", part) for name, part in match.groupdict().items() if part}
    if "area" in parts:
        return "-".join(["0" + parts["area"], parts["line"], *([parts["extension"]] if "extension" in parts else [])])
    return next(iter(parts.values()))


# --- Words from a list


def read_choice(choices: type[TextChoices], aliases: Mapping[str, str] | None = None) -> Callable[[Any], str]:
    """A reader for one of `choices`: by value, by label, or by the aliases the register declares, parted by spaces.

    RELATION_WORDS = {Relation.HEAD: "本人 自己", Relation.SPOUSE: "妻 夫 妻子 丈夫", Relation.CHILD: "儿 女 儿子 女儿 子"}
    Column("relation", …, read_choice(Relation, RELATION_WORDS))

    Brackets, strokes, spaces and capitals make no difference. A word of the list is taken even if it is one for nothing (无).
    """

    @cache  # labels are translated when they are first needed, not while apps load
    def known() -> dict[str, str]:
        words = [(word, choice.value) for choice in choices for word in (choice.value, str(choice.label))]
        words += [(word, str(choice)) for choice, some in (aliases or {}).items() for word in some.split()]
        found = {}
        for word, choice in words:
            if found.setdefault(_bare(word), choice) != choice:
                raise ValueError(f"{word} stands for two choices of {choices.__name__}.")
        return found

    def read(value: Any) -> str:
        text = plain(value)
        choice = known().get(_bare(text))
        if choice is not None:
            return choice
        if not _text(value):
            return ""
        labels = "、".join(str(choice.label) for choice in choices)
        raise CellRefused(_("不认识“%(text)s”，应为%(labels)s之一，请改正。") % {"text": _shown(text), "labels": labels})

    return read


# --- What all of them need


def _text(value: Any) -> str:
    """The cell as plain text, "" for every way to write nothing. Raises CellRefused for what is neither word nor number."""
    if isinstance(value, date | bool):
        raise CellRefused(_("“%(text)s”是日期或逻辑值，应为文字或号码，请核对是否填错了列。") % {"text": _shown(_quoted(value))})
    text = plain(value)
    if text[:1].isdecimal() and len(text) > 2:  # most cells; none of what follows begins so
        return text
    if text.lower() in _NOTHING or _STROKES.fullmatch(text):
        return ""
    if is_ditto(value):
        raise CellRefused(_("“%(text)s”上面没有可以沿用的内容，请填写实际内容。") % {"text": text})
    if FORMULA_ERROR.fullmatch(text):
        raise CellRefused(_("“%(text)s”是公式出错的结果，请改成实际内容。") % {"text": _shown(text)})
    return text


def _bare(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _quoted(value: Any) -> str:
    return value.isoformat()[:10] if isinstance(value, date) else plain(value)


def _shown(text: str) -> str:
    """The cell as a refusal quotes it: cut, and of a long number only the ends."""
    text = text[:19] + "…" if len(text) > 20 else text
    places = [place for place, char in enumerate(text) if char.isdecimal()]
    if len(places) <= 8:
        return text
    hidden = set(places[3:-2])
    return "".join("*" if place in hidden else char for place, char in enumerate(text))
