"""ID numbers by GB 11643-1999: of citizens, of residents from Hong Kong, Macau and Taiwan, and of foreigners since 2023.

The first six digits are never compared with today's divisions: a number keeps the code of a county that is gone. Passports
and other papers are not read here.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from operator import mul
from typing import Literal

from django.utils.translation import gettext as _

from gridparty.lib.dates import today
from gridparty.lib.errors import Refused
from gridparty.lib.text import plain

PROVINCES = frozenset(
    map(str, [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71])
)
RESIDENCE_PERMITS = frozenset({"81", "82", "83"})  # 港澳台居民居住证
SYNTHETIC_COUNTIES = frozenset({"370199", "370198"})  # never assigned, so that no number is a real person's
EARLIEST_YEAR = 1850  # the standard's own example was born in 1880

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ZEROS = sum(_WEIGHTS) * ord("0")
_CHECKS = "10X98765432"
_KEPT = re.compile("[0-9]{17}[0-9X]")
_X = str.maketrans(dict.fromkeys("xⅩⅹ×", "X"))


class BadIdNumber(Refused):
    """This is no ID number. The sentence never quotes it."""


@dataclass(frozen=True)
class IdNumber:
    """A number that holds together, and what it says of its person."""

    value: str = field(repr=False)
    kind: Literal["citizen", "residence_permit", "foreigner"]
    born_on: date = field(repr=False)
    sex: Literal["male", "female"]

    @property
    def tail(self) -> str:
        return self.value[-4:]


def normal(text: str) -> str:
    """The number as it is kept, right or wrong: half-width, without spaces and hyphens, with a capital X, 15 digits made 18."""
    if _KEPT.fullmatch(text):  # most are, and there are hundreds of thousands
        return text
    kept = (char for char in plain(text) if not (char in " −" or unicodedata.category(char) == "Pd"))
    number = "".join(kept).translate(_X)
    if re.fullmatch("[0-9]{15}", number):
        number = f"{number[:6]}19{number[6:]}"
        number += check_digit(number)
    return number


def parse(text: str) -> IdNumber:
    """What the number says. Raises BadIdNumber."""
    number = normal(text)
    if len(number) not in (15, 18):
        raise BadIdNumber(_("身份证号码应为 18 位，这里是 %(count)d 位，请核对原件。") % {"count": len(number)})
    if not _KEPT.fullmatch(number) and (odd := re.search("[^0-9]", number[:17]) or re.search("[^0-9X]", number)):
        place = odd.start() + 1
        raise BadIdNumber(_("身份证号码第 %(place)d 位不是数字（只有第 18 位可以是 X），请核对原件。") % {"place": place})
    kind = _kind(number)
    born_on = _birth_date(number)
    if number[17] != (check := check_digit(number[:17])):
        raise BadIdNumber(_("身份证号码校验码应为 %(check)s，请核对原件。") % {"check": check})
    return IdNumber(number, kind, born_on, "male" if int(number[16]) % 2 else "female")


def check_digit(first17: str) -> str:
    """The 18th character (ISO 7064, MOD 11-2)."""
    return _CHECKS[(sum(map(mul, _WEIGHTS, first17.encode())) - _ZEROS) % 11]


def synthetic(county: str, born_on: date, serial: int) -> str:
    """A number for demo and tests that nobody can have. An odd serial is a man's."""
    if county not in SYNTHETIC_COUNTIES or not 0 <= serial <= 999:
        raise ValueError("Synthetic numbers are for counties that were never assigned, serials for 0 to 999.")
    first17 = f"{county}{born_on:%Y%m%d}{serial:03d}"
    return first17 + check_digit(first17)


def _kind(number: str) -> str:
    if number[0] == "9":
        return "foreigner"
    if number[:2] in RESIDENCE_PERMITS:
        return "residence_permit"
    if number[:2] in PROVINCES:
        return "citizen"
    raise BadIdNumber(_("身份证号码前两位 %(prefix)s 不是省级代码，请核对原件。") % {"prefix": number[:2]})


def _birth_date(number: str) -> date:
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        born_on = None
    if born_on is None or born_on.year < EARLIEST_YEAR:
        raise BadIdNumber(_("身份证号码第 7 至 14 位不是可能的出生日期，请核对原件。"))
    if born_on > today():
        raise BadIdNumber(_("身份证号码第 7 至 14 位的出生日期晚于今天，请核对原件。"))
    return born_on
