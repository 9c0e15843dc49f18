"""How both sides rated, as the rated may know it (E5): averages of five rounds or more, never one score.

Whoever sees a sum before and after one more score knows that score. So a sum is over a whole calendar quarter that is past, of
one office alone, and holds the rounds whose second rating came in that quarter: nothing is added to it any more, no other period
can be asked for, and no sum holds another's parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Avg, Case, CharField, Count, OuterRef, Subquery, Value, When
from django.db.models.functions import Greatest

from cases.choices import Side
from cases.models import Rating
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import start_of, today
from grids.models import Area

LEAST = 5
QUARTERS = 4  # so many are shown


@dataclass(frozen=True)
class Quarter:
    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return cls(day.year, (day.month + 2) // 3)

    @property
    def before(self) -> "Quarter":
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)

    @property
    def begins(self) -> datetime:
        return start_of(date(self.year, 3 * self.number - 2, 1))

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1).begins


@dataclass(frozen=True)
class Gap:
    """Both sides' averages over `rounds` matters of one office, to one place."""

    area: Area
    rounds: int
    residents: Decimal
    team: Decimal

    @property
    def gap(self) -> Decimal:
        """How much better the team thinks of itself; negative: how much worse."""
        return self.team - self.residents


def _rounded(average: float) -> Decimal:
    return Decimal(str(average)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def past_quarters(now: date | None = None) -> list[Quarter]:
    """The last ones that are over, the latest first."""
    quarter, found = Quarter.of(now or today()), []
    while len(found) < QUARTERS:
        quarter = quarter.before
        found.append(quarter)
    return found


def rating_gaps(areas: Iterable[Area], quarters: Iterable[Quarter]) -> dict[Quarter, list[Gap]]:
    """Of each quarter the offices with enough rounds rated by both sides. One query, which lets no smaller sum out."""
    quarters, offices = list(quarters), {area.pk: area for area in areas}
    other = Rating.objects.filter(case=OuterRef("case"), round=OuterRef("round"), side=Side.TEAM)
    rounds = Rating.objects.filter(side=Side.RESIDENT, area__in=offices).annotate(
        team=Subquery(other.values("score")), team_at=Subquery(other.values("at"))
    )
    rounds = rounds.filter(team__isnull=False).annotate(paired_at=Greatest("at", "team_at"))
    names = {f"{one.year}-{one.number}": one for one in quarters}
    whens = [When(paired_at__gte=one.begins, paired_at__lt=one.ends, then=Value(name)) for name, one in names.items()]
    rounds = rounds.annotate(quarter=Case(*whens, output_field=CharField())).filter(quarter__isnull=False).order_by()
    sums = rounds.values("quarter", "area").annotate(n=Count("pk"), theirs=Avg("score"), own=Avg("team")).filter(n__gte=LEAST)
    gaps: dict[Quarter, list[Gap]] = {quarter: [] for quarter in quarters}
    for row in sums:
        gaps[names[row["quarter"]]].append(Gap(offices[row["area"]], row["n"], _rounded(row["theirs"]), _rounded(row["own"])))
    return gaps


def offices_of(user) -> list[Area]:
    """The offices in which a user handles cases: where the posts stand. One query, none for who handles all districts."""
    reaches = scope_of(user).reaches(Can.HANDLE_CASES)
    return list(Area.objects.filter(pk__in={reach.area_id for reach in reaches}).order_by("tree_id", "lft")) if reaches else []
