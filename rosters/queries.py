"""What is known of an import's rows: causes with counts, and rows page by page. Never all rows at once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import Count, Min, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rosters.choices import VERDICTS, Kind
from rosters.models import Import

ROWS_ON_A_PAGE = 50
CAUSES_ON_A_PAGE = 40

_VERDICTS = dict(VERDICTS)

# The ways to look at the rows: {name in the address: words}.
SHOWS: dict[str, str | Promise] = {
    "problems": _("只看问题"),
    "warned": _("有提醒"),
    **_VERDICTS,
    "all": _("全部"),
}


@dataclass(frozen=True)
class Cause:
    """What is wrong with, or to be asked about, `count` rows alike; `first` is the position of the first of them."""

    kind: str
    column: str
    sentence: str
    choice: str
    count: int
    first: int
    options: tuple[tuple[str, str], ...] = ()
    example: tuple[int, str] = (0, "")  # the first such row: its number, and what is said of it in full

    @property
    def key(self) -> str:
        """Names the cause in an address; the same after the rows were judged anew."""
        return hashlib.sha256(f"{self.kind}|{self.column}|{self.sentence}".encode()).hexdigest()[:12]

    @property
    def is_reason(self) -> bool:
        return self.kind == Kind.REASON


class Causes(Paginator):
    """Pages of causes; only those of the page at hand are looked up in their rows."""

    def __init__(self, imported: Import, found: list[Cause], cause_of: Callable[[str], str]):
        super().__init__(found, CAUSES_ON_A_PAGE)
        self.imported, self.cause_of = imported, cause_of

    def page_of(self, key: str | None) -> int:
        """The page on which the cause of this key stands; the first where there is none."""
        at = next((at for at, one in enumerate(self.object_list) if one.key == key), 0)
        return at // self.per_page + 1

    def _get_page(self, found: list[Cause], *args):
        rows = self.imported.rows.filter(position__in=[one.first for one in found])
        told = {at: (number, json.loads(text)) for at, number, text in rows.values_list("position", "number", "told")}
        return super()._get_page([_explained(one, *told[one.first], self.cause_of) for one in found], *args)


def causes(imported: Import, cause_of: Callable[[str], str]) -> Causes:
    """What is said of the rows, alike things together: reasons first, the most frequent first.

    `cause_of` takes from a sentence what is particular to its row, as it was done for ImportProblem.
    """
    grouped = imported.problems.values_list("kind", "column", "cause", "choice")
    counted = grouped.annotate(count=Count("position", distinct=True), first=Min("position"))
    return Causes(imported, [Cause(*one) for one in counted.order_by("kind", "-count", "column", "cause")], cause_of)


def _explained(cause: Cause, number: int, told: dict, cause_of: Callable[[str], str]) -> Cause:
    said = [*told["reasons"], *told["warnings"]]
    alike = [this for this in said if (this["column"][:60], cause_of(this["message"])) == (cause.column, cause.sentence)]
    same = next((this for this in alike if this.get("choice", "") == cause.choice), {})
    options = tuple((value, label) for value, label in same.get("options", ()))
    return replace(cause, options=options, example=(number, same.get("message", cause.sentence)))


class _Counted(Paginator):
    """Pages of rows whose number is known already, or asked for once."""

    def __init__(self, rows: QuerySet, known: int | None):
        super().__init__(rows, ROWS_ON_A_PAGE)
        if known is not None:
            self.count = known

    @cached_property
    def count(self) -> int:
        return self.object_list.count()


def rows_shown(imported: Import, show: str, cause: Cause | None = None) -> Paginator:
    """The rows in one of the ways of SHOWS, or those of one cause, in the order of the file."""
    rows = imported.rows.order_by("position")
    problems = imported.problems.all()
    counts, known = imported.counts, None
    if cause is not None:
        alike = problems.filter(kind=cause.kind, column=cause.column, cause=cause.sentence, choice=cause.choice)
        rows, known = rows.filter(position__in=alike.values("position")), cause.count
    elif show == "problems":
        rows = rows.filter(position__in=problems.values("position"))
    elif show == "warned":
        rows, known = rows.filter(warned=True), counts.get("warned", 0)
    elif show in _VERDICTS:
        rows, known = rows.filter(verdict=show), counts.get(show, 0)
    else:
        known = sum(counts.get(verdict, 0) for verdict in _VERDICTS)
    return _Counted(rows, known)
