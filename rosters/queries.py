"""What is known of an import's rows: causes with counts, and rows page by page. Never all rows at once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import Count, Min, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gridparty.lib.roster import Verdict
from rosters.choices import Kind
from rosters.models import Import

ROWS_ON_A_PAGE = 50
MOST_CAUSES = 40

# The ways to look at the rows: {name in the address: words}.
SHOWS: dict[str, str | Promise] = {
    "problems": _("只看问题"),
    "refused": _("未通过"),
    "warned": _("有提醒"),
    "new": _("新增"),
    "updated": _("更新"),
    "unchanged": _("未变"),
    "skipped": _("跳过"),
    "all": _("全部"),
}
VERDICTS = frozenset(verdict.value for verdict in Verdict)


@dataclass(frozen=True)
class Cause:
    """What is wrong with, or to be asked about, `count` rows alike."""

    kind: str
    column: str
    sentence: str
    choice: str
    count: int
    options: tuple[tuple[str, str], ...]
    example: tuple[int, str]  # the first such row: its number, and what is said of it in full

    @property
    def key(self) -> str:
        """Names the cause in an address; the same after the rows were judged anew."""
        return hashlib.sha256(f"{self.kind}|{self.column}|{self.sentence}".encode()).hexdigest()[:12]

    @property
    def is_reason(self) -> bool:
        return self.kind == Kind.REASON


def causes(imported: Import, cause_of: Callable[[str], str]) -> list[Cause]:
    """What is said of the rows, alike things together: reasons first, the most frequent first.

    `cause_of` takes from a sentence what is particular to its row, as it was done for ImportProblem.
    """
    grouped = imported.problems.values("kind", "column", "cause", "choice")
    counted = grouped.annotate(count=Count("position", distinct=True), first=Min("position"))
    found = list(counted.order_by("kind", "-count", "column", "cause")[:MOST_CAUSES])
    firsts = imported.rows.filter(position__in=[one["first"] for one in found])
    rows = {position: (number, json.loads(told)) for position, number, told in firsts.values_list("position", "number", "told")}
    return [_cause(one, *rows[one["first"]], cause_of) for one in found]


def _cause(one: dict, number: int, told: dict, cause_of: Callable[[str], str]) -> Cause:
    said = [*told["reasons"], *told["warnings"]]
    alike = [this for this in said if (this["column"][:60], cause_of(this["message"])) == (one["column"], one["cause"])]
    same = next((this for this in alike if this.get("choice", "") == one["choice"]), {})
    options = tuple((value, label) for value, label in same.get("options", ()))
    example = number, same.get("message", one["cause"])
    return Cause(one["kind"], one["column"], one["cause"], one["choice"], one["count"], options, example)


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
    elif show in VERDICTS:
        rows, known = rows.filter(verdict=show), counts.get(show, 0)
    else:
        known = sum(counts.get(verdict, 0) for verdict in VERDICTS)
    return _Counted(rows, known)
