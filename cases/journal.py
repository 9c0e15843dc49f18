"""The journal, read: a list narrowed by its address, subjects counted against what is usual, wishes that many share."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from cases.models import JournalEntry, Subject
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import Week
from grids.choices import AreaKind
from grids.models import Area
from grids.spellings import read_door, read_numbers, same_room, spell, tidy
from people.models import Household

BEFORE = 4  # periods a number is compared with
FEW = 3  # fewer entries are neither unusual nor a wish that many share
MOST_WISHES, SHOWN_OF_A_WISH, MOST_READ = 10, 5, 500


def all_subjects() -> QuerySet[Subject]:
    """Default data, the same for everybody."""
    return Subject.objects.all()


def subjects_in_use() -> QuerySet[Subject]:
    """The short list to choose from."""
    return Subject.objects.filter(in_use=True)


# --- A list


def address(*, area: int | None = None, subject: int | None = None, first=None, last=None, mine: bool = False) -> str:
    """Where exactly these entries are listed; `area` and `subject` are keys."""
    asked = {"area": area, "subject": subject, "from": first, "to": last, "show": "mine" if mine else None}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{reverse('cases:journal')}?{query}"


@dataclass(frozen=True)
class Asked:
    """What narrows a list. Numbers and the rows behind them come from the same."""

    area: Area | None = None
    subject: Subject | None = None
    first: date | None = None
    last: date | None = None
    by: User | None = None

    def of(self, rows: QuerySet[JournalEntry]) -> QuerySet[JournalEntry]:
        rows = rows.within(self.area) if self.area else rows
        values = {"subject": self.subject, "on__gte": self.first, "on__lte": self.last, "by": self.by}
        return rows.filter(**{name: value for name, value in values.items() if value is not None})

    @property
    def address(self) -> str:
        area, subject = self.area and self.area.pk, self.subject and self.subject.pk
        return address(area=area, subject=subject, first=self.first, last=self.last, mine=self.by is not None)


def listed(rows: QuerySet[JournalEntry]) -> QuerySet[JournalEntry]:
    """The newest first, with what a row shows."""
    return rows.select_related("subject", "area", "community", "household", "case").order_by("-on", "-pk")


def stands(user) -> QuerySet[Area]:
    """The areas the user's posts open the journal of."""
    scope = scope_of(user)
    rows = Area.objects.visible_to(user).open().select_related("parent").order_by("level", "code")
    if scope.everywhere(Can.SEE_VOICES):
        return rows.filter(parent=None)
    return rows.filter(pk__in={reach.area_id for reach in scope.reaches(Can.SEE_VOICES)})


def readable(user) -> QuerySet[Area]:
    """Areas the journal of which the user reads."""
    return Area.objects.visible_to(user).reached_by(user, Can.SEE_VOICES).select_related("parent")


# --- Periods

PERIODS = {"week": gettext_lazy("按周"), "month": gettext_lazy("按月"), "quarter": gettext_lazy("按季度")}


@dataclass(frozen=True)
class Period:
    kind: str
    first: date
    last: date

    @classmethod
    def of(cls, kind: str, day: date) -> "Period":
        """The week, month or quarter that holds a day."""
        if kind == "week":
            week = Week.of(day)
            return cls(kind, week.first_day, week.last_day)
        months = 3 if kind == "quarter" else 1
        first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
        return cls(kind, first, (first + timedelta(days=31 * months)).replace(day=1) - timedelta(days=1))

    @property
    def before(self) -> "Period":
        return Period.of(self.kind, self.first - timedelta(days=1))

    @property
    def after(self) -> "Period":
        return Period.of(self.kind, self.last + timedelta(days=1))

    @property
    def name(self) -> str:
        if self.kind == "week":
            return _("%(year)d年第%(n)d周") % {"year": Week.of(self.first).year, "n": Week.of(self.first).number}
        if self.kind == "quarter":
            return _("%(year)d年第%(n)d季度") % {"year": self.first.year, "n": (self.first.month + 2) // 3}
        return date_format(self.first, _("Y年n月"))


def with_those_before(period: Period) -> list[Period]:
    """The period and, going back, those it is compared with."""
    periods = [period]
    for _step in range(BEFORE):
        periods.append(periods[-1].before)
    return periods


# --- Subjects by count


@dataclass(frozen=True)
class Counted:
    """A subject's entries of a period, and how many are usual: the mean of the periods before; None where there were none yet."""

    name: str
    number: int
    usual: float | None
    address: str

    @property
    def rises(self) -> bool:
        """Above what chance alone would bring: entries come like rare events, whose spread is the root of their mean."""
        return self.usual is not None and self.number >= FEW and self.number > self.usual + 2 * sqrt(self.usual)


def by_subject(rows: QuerySet[JournalEntry], area: Area | None, period: Period) -> list[Counted]:
    """Those that rise first, then the most frequent. One query."""
    periods = with_those_before(period)
    in_each = {f"n{at}": Count("pk", filter=Q(on__range=(one.first, one.last))) for at, one in enumerate(periods)}
    since = rows.filter(on__range=(periods[-1].first, period.last)).values_list("subject", "subject__name")
    counts = list(since.order_by("subject__position", "subject").annotate(**in_each))
    # Periods before the journal was begun here are no quiet ones.
    kept = max((at for at in range(len(periods)) for row in counts if row[2 + at]), default=0)
    counted = [
        Counted(
            name,
            numbers[0],
            sum(numbers[1:]) / kept if kept else None,
            address(area=area and area.pk, subject=subject, first=period.first, last=period.last),
        )
        for subject, name, *numbers in counts
    ]
    return sorted(counted, key=lambda one: (not one.rises, -one.number))


# --- What many wish


@dataclass(frozen=True)
class Wish:
    """One subject in one building or grid, several times in a period (集体诉求); `entries` are the latest of them."""

    name: str
    place: str
    number: int
    address: str
    entries: list[JournalEntry]


def wishes(rows: QuerySet[JournalEntry], period: Period) -> list[Wish]:
    """The most frequent first. Two queries, one where there are none."""
    days = {"first": period.first, "last": period.last}
    rows = rows.filter(on__range=(period.first, period.last))
    numbers, names = _tally(rows)
    found = [key for key, number in numbers.most_common(MOST_WISHES) if number >= FEW]
    entries = _latest(rows, found)
    return [
        Wish(*names[subject, area], numbers[subject, area], address(area=area, subject=subject, **days), entries[subject, area])
        for subject, area in found
    ]


def _tally(rows: QuerySet[JournalEntry]) -> tuple[Counter, dict]:
    """{(subject, area): number} of buildings, and of grids where it is not one building alone; {the same: (subject, place)}."""
    columns = ("subject", "subject__name", "area", "area__kind", "area__name", "grid", "grid__name", "community__name")
    numbers, most, names = Counter(), Counter(), {}
    counts = rows.order_by().values_list(*columns).annotate(n=Count("pk"))
    for subject, name, area, kind, place, grid, grid_name, community, number in counts:
        if kind == AreaKind.BUILDING:
            numbers[subject, area] = number
            names[subject, area] = name, f"{community} {place}"
        if grid:
            numbers[subject, grid] += number
            most[subject, grid] = max(most[subject, grid], number if kind == AreaKind.BUILDING else 0)
            names[subject, grid] = name, f"{community} {grid_name}"
    return Counter({key: number for key, number in numbers.items() if number > most[key]}), names


def _latest(rows: QuerySet[JournalEntry], found: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[JournalEntry]]:
    """{(subject, area): its latest entries}: those of a grid lie in its buildings, too."""
    entries = defaultdict(list)
    condition = Q(pk__in=[])
    for subject, area in found:
        condition |= Q(subject=subject) & (Q(area=area) | Q(grid=area))
    for entry in listed(rows.filter(condition))[:MOST_READ] if found else ():
        for key in {(entry.subject_id, entry.area_id), (entry.subject_id, entry.grid_id)}.intersection(found):
            if len(entries[key]) < SHOWN_OF_A_WISH:
                entries[key].append(entry)
    return entries


# --- A door


def door_in(area: Area, text: str, user) -> Household | None:
    """The household of a building that a door's number (1-101, 1单元101室) names; None where there is none, or more."""
    read = read_door(tidy(text), inside=True) if text and area.kind == AreaKind.BUILDING else None
    if read is None or (read.building and _stem(read.building) != _stem(area.name)):
        return None
    wanted = same_room(read.unit), same_room(read.room)
    rows = Household.objects.visible_to(user).filter(area=area)
    found = [row for row in rows if (same_room(row.unit), same_room(row.room)) == wanted]
    return found[0] if len(found) == 1 else None


def _stem(building: str) -> str:
    return spell(AreaKind.BUILDING, read_numbers(tidy(building))).stem
