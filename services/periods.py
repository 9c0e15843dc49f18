"""The periods cards tell of: years, halves, quarters."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from services.choices import PeriodKind

_MONTHS = {PeriodKind.YEAR: 12, PeriodKind.HALF: 6, PeriodKind.QUARTER: 3}
_SLUG = re.compile(r"([1-9][0-9]{3})(?:H([12])|Q([1-4]))?")
_DIGITS = "一二三四"


@dataclass(frozen=True)
class Period:
    """A whole year, half or quarter, from its first day to its last."""

    kind: PeriodKind
    first: date
    last: date

    @classmethod
    def holding(cls, kind: str, day: date) -> "Period":
        """The one a day belongs to."""
        months = _MONTHS[PeriodKind(kind)]
        first = (day.month - 1) // months * months + 1
        after = date(day.year, first + months, 1) if first + months <= 12 else None
        last = after - timedelta(days=1) if after else date(day.year, 12, 31)
        return cls(PeriodKind(kind), date(day.year, first, 1), last)

    @classmethod
    def before(cls, kind: str, day: date) -> "Period":
        """The last one that is over before a day."""
        return cls.holding(kind, cls.holding(kind, day).first - timedelta(days=1))

    @classmethod
    def of_slug(cls, text: str) -> "Period | None":
        if not (found := _SLUG.fullmatch(text)):
            return None
        year, half, quarter = found.groups()
        if half:
            return cls.holding(PeriodKind.HALF, date(int(year), int(half) * 6, 1))
        if quarter:
            return cls.holding(PeriodKind.QUARTER, date(int(year), int(quarter) * 3, 1))
        return cls.holding(PeriodKind.YEAR, date(int(year), 1, 1))

    @classmethod
    def of_card(cls, card) -> "Period":
        """What a card tells of. Raises ValueError for days that are no period."""
        for kind in PeriodKind:
            found = cls.holding(kind, card.from_on)
            if (found.first, found.last) == (card.from_on, card.until_on):
                return found
        raise ValueError(f"{card.from_on} to {card.until_on} is no period.")

    @property
    def number(self) -> int:
        """Which half or quarter of its year, from 1."""
        return (self.first.month - 1) // _MONTHS[self.kind] + 1

    @property
    def slug(self) -> str:
        """2026, 2026H1, 2026Q3: as it stands in addresses."""
        sign = {PeriodKind.YEAR: "", PeriodKind.HALF: f"H{self.number}", PeriodKind.QUARTER: f"Q{self.number}"}
        return f"{self.first.year}{sign[self.kind]}"

    @property
    def label(self) -> str:
        if self.kind == PeriodKind.YEAR:
            return _("%(year)d年度") % {"year": self.first.year}
        if self.kind == PeriodKind.HALF:
            half = _("上半年") if self.number == 1 else _("下半年")
            return _("%(year)d年%(half)s") % {"year": self.first.year, "half": half}
        return _("%(year)d年第%(number)s季度") % {"year": self.first.year, "number": _DIGITS[self.number - 1]}
