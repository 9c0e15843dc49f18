"""Weekly reports, read: what a week came to, what is prepared for the leader, who has reported and who has not."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.choices import ReportState, Step
from cases.models import Case, JournalEntry, ReportEvent, WeeklyReport
from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.dates import Week, start_of, today
from gridparty.lib.figures import figures_of_grids, rows_within
from grids.choices import AreaKind
from grids.models import Area
from people.models import Care

TREND_WEEKS = 8
MOST_NAMED = 6  # cases that are named one by one in what is prepared
_TEXTS = ("done", "trouble", "plan")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


def week_named(text: str) -> Week | None:
    """The week written as 2026-W47, where there is one."""
    if not (found := _WEEK.fullmatch(text)):
        return None
    try:
        return Week.of(date.fromisocalendar(int(found[1]), int(found[2]), 4))
    except ValueError:
        return None


def week_before(week: Week) -> Week:
    return Week.of(week.first_day - timedelta(days=7))


# --- What a week came to


@dataclass(frozen=True)
class Counted:
    """A figure of the week and where its rows are, if there is a page of them."""

    label: str
    unit: str
    number: int
    url: str


@dataclass(frozen=True)
class Hint:
    """Something still missing from the week, and where it is mended."""

    text: str
    url: str


def figures_of(report: WeeklyReport, numbers: dict[str, int]) -> list[Counted]:
    week, area = report.week, report.area
    return [
        Counted(
            figure.label,
            figure.unit,
            numbers.get(figure.key, 0),
            figure.link(area, week.first_day, week.last_day) if figure.link else "",
        )
        for figure in figures_of_grids()
    ]


class WeekOfWork:
    """A grid's week as the rooms have it on record. Three queries, made when they are first needed."""

    def __init__(self, report: WeeklyReport):
        self.report, self.week = report, report.week
        self._within = report.area.reach.q("area__")

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The figures, and beside them who is cared for, was seen, is due."""
        week = self.week
        care = Care.objects.filter(self._within, ended_on=None)
        last = max(week.last_day, today())
        return numbers_of(
            rows_within(self.report.area, week.first_day, week.last_day)
            | {
                "care": care,
                "care_seen": care.filter(last_visit_on__range=(week.first_day, week.last_day)),
                "care_late": care.filter(next_visit_on__lt=today()),
                "care_next": care.filter(next_visit_on__lte=last + timedelta(days=7)),
            }
        )

    @cached_property
    def cases(self) -> list[Case]:
        """Those open now, and those answered in the week."""
        begins = start_of(self.week.first_day)
        open_or_answered = Q(closed_at=None) | Q(answered_at__gte=begins)
        rows = Case.objects.filter(self._within, open_or_answered).select_related("subject", "area")
        return list(rows.only("subject", "area", "procedure", "step", *_CLOCKS).order_by("pk")[:500])

    @cached_property
    def subjects(self) -> list[tuple[str, int]]:
        """What the journal of the week is about, the most frequent first."""
        week = self.week
        rows = JournalEntry.objects.filter(self._within, on__range=(week.first_day, week.last_day))
        return list(rows.values_list("subject__name").annotate(n=Count("pk")).order_by("-n", "subject__position"))

    @cached_property
    def answered(self) -> list[Case]:
        return [case for case in self.cases if case.answered_at and Week.of(case.answered_at) == self.week]

    @cached_property
    def open(self) -> list[Case]:
        return [case for case in self.cases if case.step not in (Step.ANSWERED, Step.CLOSED)]

    @cached_property
    def late(self) -> list[Case]:
        return [case for case in self.open if case.is_late(timezone.now())]

    def hints(self) -> list[Hint]:
        """What the leader may want to make good before sending."""
        found = []
        if self.late:
            found.append(
                Hint(
                    _("%d 件事件已逾期") % len(self.late),
                    f"{reverse('cases:cases')}?show=all&state=late&area={self.report.area_id}",
                )
            )
        if late := self.numbers["care_late"]:
            found.append(Hint(_("%d 户次关爱走访已逾期") % late, reverse("people:rounds")))
        if not self.numbers["visits"]:
            found.append(Hint(_("本周没有走访记录"), reverse("people:rounds")))
        if not self.numbers["journal"]:
            found.append(Hint(_("本周没有民情日志"), reverse("cases:journal_new")))
        return found

    def prepared(self) -> dict[str, str]:
        """The three texts as far as the system knows them: matters and numbers, never the name of a resident."""
        return {"done": "\n".join(self._done()), "trouble": "\n".join(self._trouble()), "plan": "\n".join(self._plan())}

    def _done(self) -> Iterable[str]:
        numbers = self.numbers
        if numbers["visits"]:
            yield _("走访 %(all)d 次，见到 %(met)d 次。") % {"all": numbers["visits"], "met": numbers["visits_met"]}
        if numbers["care"]:
            yield _("关爱对象 %(all)d 人，本周见到 %(seen)d 人。") % {"all": numbers["care"], "seen": numbers["care_seen"]}
        if self.subjects:
            subjects = "、".join(f"{name} {number}" for name, number in self.subjects[:MOST_NAMED])
            yield _("记民情日志 %(all)d 条：%(subjects)s。") % {"all": numbers["journal"], "subjects": subjects}
        if numbers["cases_opened"]:
            yield _("新受理事件 %(n)d 件，其中紧急 %(urgent)d 件。") % {
                "n": numbers["cases_opened"],
                "urgent": numbers["cases_urgent"],
            }
        yield from _named(_("已答复：%s。"), self.answered)
        if numbers["moved_in"] or numbers["moved_out"]:
            yield _("新增居民 %(came)d 人，迁出 %(went)d 人。") % {"came": numbers["moved_in"], "went": numbers["moved_out"]}

    def _trouble(self) -> Iterable[str]:
        yield from _named(_("逾期未办结：%s。"), self.late)
        if late := self.numbers["care_late"]:
            yield _("关爱走访逾期 %d 户次。") % late

    def _plan(self) -> Iterable[str]:
        if number := self.numbers["care_next"]:
            yield _("走访到期的关爱对象 %d 人。") % number
        yield from _named(_("继续办理：%s。"), [case for case in self.open if case not in self.late])


_CLOCKS = ("opened_at", "due_at", "step_due_at", "answered_at", "closed_at")


def _named(sentence: str, cases: Sequence[Case]) -> Iterable[str]:
    """One line a case, urgent ones first: what about and where."""
    rows = sorted(cases, key=lambda case: not case.is_urgent)
    for case in rows[:MOST_NAMED]:
        urgent = _("（紧急）") if case.is_urgent else ""
        yield sentence % f"{case.subject.name}{urgent}，{case.area.name}，{case.number}"
    if len(rows) > MOST_NAMED:
        yield sentence % _("另有 %d 件") % (len(rows) - MOST_NAMED)


def plan_before(report: WeeklyReport) -> str:
    """What was planned the week before for this one."""
    day = report.week_on - timedelta(days=7)
    before = WeeklyReport.objects.filter(area=report.area_id, week_on=day).only("plan").first()
    return before.plan if before else ""


def history(report: WeeklyReport) -> list[ReportEvent]:
    return list(report.events.select_related("by"))


def waiting_for(user) -> QuerySet[WeeklyReport]:
    """All reports that wait for this reader, whatever their week."""
    rows = WeeklyReport.objects.to_judge(user).select_related("area", "grid", "community").defer(*_TEXTS)
    return rows.order_by("-week_on", "area__code")


def next_unread(user, report: WeeklyReport) -> WeeklyReport | None:
    """The next report waiting for this reader: of the same week first, by place."""
    rows = waiting_for(user).exclude(pk=report.pk)
    return rows.filter(week_on=report.week_on, area__code__gt=report.area.code).first() or rows.first()


# --- Who has reported

_EXPECTED = Q(excused=False)
_RECEIVED = _EXPECTED & Q(first_sent_at__isnull=False)
# What is counted of a week's reports: the number above the list is the length of the list.
SHOWS: dict[str, tuple[str, Q]] = {
    "expected": (gettext_lazy("应交"), _EXPECTED),
    "received": (gettext_lazy("已交"), _RECEIVED),
    "on_time": (gettext_lazy("按时"), _RECEIVED & Q(first_sent_at__lte=F("due_at"))),
    "late": (gettext_lazy("迟交"), _RECEIVED & Q(first_sent_at__gt=F("due_at"))),
    "missing": (gettext_lazy("未交"), _EXPECTED & Q(first_sent_at__isnull=True)),
    "returned": (gettext_lazy("退回"), _EXPECTED & Q(returns__gt=0)),
    "sent": (gettext_lazy("待审阅"), Q(state=ReportState.SENT)),
    "excused": (gettext_lazy("免报"), Q(excused=True)),
}
_BELOW = {"district": "street", "street": "community"}


@dataclass
class Line:
    """An area below the one looked at: {week: {what: how many}}, and its report of the week where it is a grid."""

    area_id: int
    name: str
    weeks: dict[Week, Counter]
    week: Week
    report: WeeklyReport | None = None

    @property
    def numbers(self) -> Counter:
        return self.weeks[self.week]

    @property
    def on_time(self) -> list[int | None]:
        """How many came in time, week by week up to this one; None where none was expected."""
        weeks = [Week.of(self.week.first_day - timedelta(days=7 * back)) for back in range(TREND_WEEKS)]
        return [self.weeks[week]["on_time"] if self.weeks[week]["expected"] else None for week in reversed(weeks)]


@dataclass(frozen=True)
class Overview:
    """A week of an area by the areas right below it, and the weeks before; of a single grid also its reports of them."""

    area: Area | None
    week: Week
    weeks: list[Week]
    lines: list[Line]
    past: list[WeeklyReport] = field(default_factory=list)

    @property
    def by_grid(self) -> bool:
        return self.area is not None and self.area.kind not in _BELOW

    @property
    def total(self) -> Counter:
        return sum((line.numbers for line in self.lines), Counter())

    @property
    def trend(self) -> list[tuple[Week, int, int]]:
        every = {week: sum((line.weeks[week] for line in self.lines), Counter()) for week in self.weeks}
        return [(week, every[week]["on_time"], every[week]["expected"]) for week in self.weeks]


def reports_in(user, area: Area | None, *weeks: Week) -> QuerySet[WeeklyReport]:
    """The reports of these weeks within reach, the texts left where they are."""
    rows = WeeklyReport.objects.visible_to(user).filter(week_on__in=[week.first_day for week in weeks])
    rows = rows if area is None else rows.within(area)
    return rows.select_related("area", "grid", "community").defer(*_TEXTS).order_by("area__code")


def overview(user, area: Area | None, week: Week) -> Overview:
    """The week and those before it, counted by what stands right below `area` (None: by district). Two queries at most."""
    weeks = [Week.of(week.first_day - timedelta(days=7 * back)) for back in range(TREND_WEEKS)][::-1]
    column = "district" if area is None else _BELOW.get(area.kind, "area")
    counts = {name: Count("pk", filter=condition) for name, (_label, condition) in SHOWS.items()}
    rows = reports_in(user, area, *weeks).values(column, f"{column}__name", f"{column}__code", "week_on").annotate(**counts)
    lines: dict[int, Line] = {}
    for row in rows.order_by(f"{column}__code"):
        line = lines.setdefault(row[column], Line(row[column], row[f"{column}__name"], defaultdict(Counter), week))
        line.weeks[Week.of(row["week_on"])] = Counter({name: row[name] for name in SHOWS})
    found = Overview(area, week, weeks, list(lines.values()))
    if found.by_grid:
        for report in reports_in(user, area, *(weeks if area.kind == AreaKind.GRID else [week])):
            if report.week == week:
                lines[report.area_id].report = report
            else:
                found.past.append(report)
        found.past.sort(key=lambda report: report.week_on, reverse=True)
    return found


def areas_of(user) -> list[Area]:
    """Where the user's rights to read reports stand, the highest first; everywhere: none. One query."""
    scope = scope_of(user)
    if scope.everywhere(Can.SEE_VOICES):
        return []
    keys = {reach.area_id for reach in scope.reaches(Can.SEE_VOICES)}
    rows = list(Area.objects.filter(pk__in=keys).select_related("parent").order_by("tree_id", "lft"))
    return [row for row in rows if not any(other.pk != row.pk and other.reach.covers(row) for other in rows)]


def parents_within(user, area: Area) -> list[Area]:
    """What stands above an area and is still within reach, the highest first. One query."""
    above = Area.objects.reached_by(user, Can.SEE_VOICES).exclude(kind=AreaKind.BUILDING)
    return list(above.filter(tree_id=area.tree_id, lft__lt=area.lft, rght__gt=area.rght).order_by("lft"))


def reporting_grids(user) -> QuerySet[Area]:
    """The grids that report, within reach of who reads their reports: those that hold no grids."""
    inner = Area.objects.open().filter(parent=OuterRef("pk"), kind=AreaKind.GRID)
    rows = Area.objects.visible_to(user).reached_by(user, Can.REVIEW_REPORTS).open().filter(~Exists(inner), kind=AreaKind.GRID)
    return rows.select_related("community").order_by("code")


@dataclass(frozen=True)
class Badge:
    """The state of a report in a word, and how it stands: good, watch, late or nothing."""

    word: str
    tone: str


def badge_of(report: WeeklyReport, now) -> Badge:
    if report.state == ReportState.RETURNED:
        return Badge(_("退回"), "late")
    if report.is_received:
        return Badge(_("按时"), "good") if report.is_on_time else Badge(_("迟交"), "watch")
    if report.excused:
        return Badge(_("免报"), "")
    return Badge(_("未交"), "late") if report.is_missing(now) else Badge(_("待交"), "watch")
