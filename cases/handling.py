"""Cases on the phone, read: lists narrowed by their address, clocks in words, the history, what a move would lead to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.choices import REOPEN_DAYS, MoveKind, Procedure, Side, Source, Step
from cases.models import Case, CaseEvent, CasePhoto, Rating, Subject
from cases.queries import Limits, decider_of, down_from, handlers_of, moves_for, up_from
from gridparty.lib.access import Can, scope_of
from gridparty.lib.addresses import row_named
from gridparty.lib.dates import day_of, start_of
from gridparty.lib.masking import mask_name, mask_phone
from gridparty.lib.workdays import WorkCalendar
from grids.models import Area
from people.queries import whole_place

PAGE = 30

# --- Lists

TABS = {
    "mine": gettext_lazy("我单位待办"),
    "late": gettext_lazy("逾期"),
    "decide": gettext_lazy("待我审批"),
    "supervised": gettext_lazy("督办"),
    "all": gettext_lazy("全部"),
}
OF_ALL = ("late", "all")  # for who handles no cases
STATES = {"open": gettext_lazy("未结案"), "late": gettext_lazy("逾期"), "closed": gettext_lazy("已结案")}
_DAYS = {"opened": "opened_at", "answered": "answered_at", "closed": "closed_at"}


def tabs_of(user) -> list[str]:
    return list(TABS) if scope_of(user).has(Can.HANDLE_CASES) else list(OF_ALL)


def shown(user, show: str, now: datetime) -> QuerySet[Case]:
    """The cases of a tab; `urgent` and `open` are for those who come from elsewhere."""
    rows = Case.objects.visible_to(user)
    match show:
        case "mine":
            return rows.held_by(user).waiting()
        case "late":
            return rows.late(now)
        case "decide":
            return rows.to_decide(user)
        case "supervised":
            return rows.supervised_by(user).waiting()
        case "urgent":
            return Case.objects.editable_by(user).urgent().waiting()
        case "open":
            return rows.open()
    return rows


@dataclass(frozen=True)
class Asked:
    """What narrows a tab: `from` and `to` are days on which it was opened, or (`on`) answered or closed."""

    state: str = ""
    subject: Subject | None = None
    area: Area | None = None
    first: date | None = None
    last: date | None = None
    on: str = "opened"

    def of(self, rows: QuerySet[Case], now: datetime) -> QuerySet[Case]:
        rows = rows.within(self.area) if self.area else rows
        rows = rows.filter(subject=self.subject) if self.subject else rows
        rows = {"open": rows.open, "late": lambda: rows.late(now)}.get(self.state, lambda: rows)()
        rows = rows.filter(step=Step.CLOSED) if self.state == "closed" else rows
        column = _DAYS[self.on]
        if self.first:
            rows = rows.filter(**{f"{column}__gte": start_of(self.first)})
        if self.last:
            rows = rows.filter(**{f"{column}__lt": start_of(self.last + timedelta(days=1))})
        return rows


def asked(user, query) -> Asked:
    """What an address asks for; what it does not know is passed over."""
    return Asked(
        state=query.get("state", "") if query.get("state") in STATES else "",
        subject=row_named(Subject.objects.all(), query.get("subject")),
        area=row_named(Area.objects.visible_to(user), query.get("area")),
        first=_day(query.get("from", "")),
        last=_day(query.get("to", "")),
        on=query.get("on", "") if query.get("on") in _DAYS else "opened",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def in_order(rows: QuerySet[Case], newest: bool) -> QuerySet[Case]:
    """Open urgent ones first, then by what ends next, or the newest."""
    urgent = ExpressionWrapper(Q(procedure=Procedure.URGENT) & ~Q(step=Step.CLOSED), output_field=BooleanField())
    rows = rows.select_related("subject", "area", "community", "household", "holder").defer("text", "teller", "teller_phone")
    rows = rows.alias(on_top=urgent)
    return rows.order_by("-on_top", "-pk") if newest else rows.order_by("-on_top", "step_due_at", "pk")


@dataclass(frozen=True)
class Row:
    """A case as a list shows it."""

    case: Case
    place: str
    clock: "Clock | None"
    is_late: bool

    @property
    def badge(self) -> str:
        if self.case.is_urgent and self.case.is_open:
            return _("紧急")
        return _("逾期") if self.is_late else self.case.get_step_display()

    @property
    def stands_out(self) -> bool:
        return self.is_late or (self.case.is_urgent and self.case.is_open)


def in_rows(rows: Iterable[Case], calendar: WorkCalendar, now: datetime) -> list[Row]:
    return [Row(row, whole_place(row), nearer(row, calendar, now), row.is_late(now)) for row in rows]


# --- Clocks


@dataclass(frozen=True)
class Clock:
    """One of the two clocks: until when, and what that means now."""

    label: str
    ends: datetime
    words: str
    state: str  # good | watch | late


def clocks_of(case: Case, calendar: WorkCalendar, now: datetime) -> list[Clock]:
    """Those that run: of the step, of the whole case. An answered case waits for nobody's work."""
    if case.step in (Step.ANSWERED, Step.CLOSED):
        return []
    ends = [(_("本环节"), case.step_due_at), (_("全程"), case.due_at)]
    return [Clock(label, end, *_left(end, case.is_urgent, calendar, now)) for label, end in ends]


def nearer(case: Case, calendar: WorkCalendar, now: datetime) -> Clock | None:
    return min(clocks_of(case, calendar, now), key=lambda clock: clock.ends, default=None)


def _left(ends: datetime, by_hours: bool, calendar: WorkCalendar, now: datetime) -> tuple[str, str]:
    """How much time there is, and whether that is much."""
    late = ends < now
    days = calendar.between(day_of(ends), day_of(now)) if late else calendar.between(day_of(now), day_of(ends))
    if days and not (by_hours and abs(ends - now) < timedelta(days=1)):
        words = _("已逾期 %d 个工作日") % days if late else _("还有 %d 个工作日") % days
    else:
        words = (_("已逾期 %s") if late else _("还有 %s")) % _hours(abs(ends - now))
    return words, "late" if late else "watch" if days <= 1 else "good"


def _hours(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    if hours >= 10:
        return _("%d 小时") % hours
    return _("%(hours)d 小时 %(minutes)d 分") % {"hours": hours, "minutes": minutes} if hours else _("%d 分钟") % minutes


def took(case: Case) -> str:
    """How long a closed case took. Nothing is negative, even where the server's clock was set back."""
    if case.closed_at is None:
        return ""
    days = max((day_of(case.closed_at) - day_of(case.opened_at)).days, 0)
    return _("历时 %d 天") % days if days else _("当天办结")


def unknown_year(case: Case, calendar: WorkCalendar) -> int | None:
    """A year in which the case has a time limit by workdays that nobody has announced yet."""
    if case.step in (Step.ANSWERED, Step.CLOSED):
        return None
    days = (day_of(case.step_due_at), day_of(case.due_at))
    return next((day.year for day in days if not calendar.knows(day)), None)


# --- History


@dataclass(frozen=True)
class Line:
    """One line of the history as it is read."""

    event: CaseEvent
    who: str
    to: str = ""  # the office it went to
    round: int = 0  # where another round begins


_PASSING = frozenset({MoveKind.PASS_UP, MoveKind.PASS_DOWN, MoveKind.ASK_APPROVAL, MoveKind.APPROVE, MoveKind.DENY})
_CLOCK = frozenset({MoveKind.REMIND, MoveKind.ESCALATE, MoveKind.CLOSE})


def history(case: Case) -> list[Line]:
    """In the order in which things happened, whatever the clock said. Two queries."""
    events = case.events.select_related("by", "holder").order_by("seq")
    lines, number = [], 1
    for event in events.prefetch_related(Prefetch("photos", CasePhoto.objects.order_by("pk"))):
        again = event.kind == MoveKind.REOPEN
        number += again
        to = event.holder.name if event.kind in _PASSING else ""
        lines.append(Line(event, _who(event, case), to, number if again else 0))
    return lines


def _who(event: CaseEvent, case: Case) -> str:
    if event.by is not None:
        return event.by.name
    if event.kind in _CLOCK:
        return _("系统")
    by_resident = event.kind == MoveKind.REOPEN or case.source == Source.MAILBOX
    return _("居民") if by_resident else _("系统")


# --- One case


def in_full(user, pk: int) -> QuerySet[Case]:
    rows = Case.objects.visible_to(user).filter(pk=pk)
    return rows.select_related(
        *("subject", "area", "street", "community", "grid", "household", "holder", "supervisor", "opened_by", "asked_by"),
        *("asked_from",),
    )


def teller_of(case: Case) -> str:
    """Who said it, masked."""
    return " ".join(filter(None, [mask_name(case.teller), mask_phone(case.teller_phone)]))


def reached(user, can: Can, case: Case) -> bool:
    """Whether a capability of the user reaches where the matter is."""
    return scope_of(user).covers(can, case.area)


def names_at(area: Area | None) -> str:
    """第1网格（张三、李四）. One query."""
    if area is None:
        return ""
    names = "、".join(user.name for user in handlers_of([area.pk]).get(area.pk, ()))
    return _("%(area)s（%(names)s）") % {"area": area.name, "names": names} if names else area.name


_FIRST = (
    *(MoveKind.AGREE_REMIT, MoveKind.APPROVE, MoveKind.COLLECT, MoveKind.FILE, MoveKind.HANDLE, MoveKind.ANSWER),
    MoveKind.CLOSE,
)


def offered_moves(case: Case, user) -> tuple[str | None, list[str]]:
    """The move that brings the case on, and the others; approval is asked for where the procedure is chosen."""
    moves = [kind for kind in moves_for(case, user) if kind != MoveKind.ASK_APPROVAL]
    main = next((kind for kind in _FIRST if kind in moves), None)
    return main, [kind for kind in moves if kind != main]


def may_rate(case: Case, user) -> bool:
    """Whether the team may still rate this round. One query at most."""
    if case.step not in (Step.ANSWERED, Step.CLOSED) or case.answered_at is None:
        return False
    if not scope_of(user).covers(Can.HANDLE_CASES, case.holder):
        return False
    return not Rating.objects.filter(case=case, round=case.round, side=Side.TEAM).exists()


# --- What a move leads to


def limits_in_words(procedure: str, limits: Limits) -> str:
    """办理 5 个工作日，全程 7 个工作日."""
    parts = [(_("审批 %s"), Step.APPROVING)] if procedure == Procedure.APPROVAL else []
    parts += [(_("办理 %s"), Step.FILED), (_("全程 %s"), "")]
    return "，".join(words % limits.in_words(procedure, step) for words, step in parts)


def consequence(case: Case, kind: str, user, limits: Limits) -> str:
    """What follows from a move, before it is made. At most three queries."""
    words = {"holder": case.holder.name, "days": REOPEN_DAYS}
    if kind in _LEADS:
        target = _LEADS[kind](case, user)
        words |= {"to": names_at(target), "area": target.name if target else case.holder.name}
    if kind == MoveKind.APPROVE:
        words["limit"] = limits_in_words(Procedure.APPROVAL, limits)
    if kind == MoveKind.COLLECT:
        words["limit"] = limits.in_words("", Step.COLLECTED)
    if kind in (MoveKind.HANDLE, MoveKind.REOPEN):
        words["limit"] = limits.in_words(case.procedure, Step.HANDLED if kind == MoveKind.HANDLE else Step.FILED)
    if kind == MoveKind.CLOSE:
        words["day"] = date_format(timezone.localtime(case.step_due_at), _("n月j日"))
    return _CONSEQUENCES[kind] % words if kind in _CONSEQUENCES else ""


_LEADS = {
    MoveKind.PASS_UP: lambda case, user: up_from(case),
    MoveKind.PASS_DOWN: lambda case, user: down_from(case),
    MoveKind.ASK_APPROVAL: lambda case, user: up_from(case, but=user),
    MoveKind.ASK_REMIT: lambda case, user: decider_of(case, but=user),
    MoveKind.APPROVE: lambda case, user: case.asked_from,
    MoveKind.DENY: lambda case, user: case.asked_from,
    MoveKind.URGE: lambda case, user: case.holder,
}
_CONSEQUENCES = {
    MoveKind.COLLECT: gettext_lazy("情况属实、内容清楚的，转入“收集”；须在 %(limit)s内选择办理程序立案。"),
    MoveKind.ASK_APPROVAL: gettext_lazy("将报%(to)s审批；同意后交回%(holder)s办理。"),
    MoveKind.APPROVE: gettext_lazy("同意后立案，交回%(to)s办理：%(limit)s。"),
    MoveKind.DENY: gettext_lazy("不同意的，交回%(to)s另选办理程序。"),
    MoveKind.HANDLE: gettext_lazy("提交后须在 %(limit)s内答复居民。"),
    MoveKind.ANSWER: gettext_lazy("居民凭查询码可看到答复。%(days)d 日内居民没有要求重新办理的，自动结案。"),
    MoveKind.CLOSE: gettext_lazy("结案后不再办理；居民在%(day)s前仍可要求重新办理。"),
    MoveKind.REOPEN: gettext_lazy("将交%(holder)s按原程序重新办理，时限 %(limit)s，重新评价。"),
    MoveKind.PASS_UP: gettext_lazy("将转给%(to)s办理，本环节重新计时，全程时限不变。"),
    MoveKind.PASS_DOWN: gettext_lazy("将转给%(to)s办理，本环节重新计时，全程时限不变。"),
    MoveKind.ASK_REMIT: gettext_lazy("须由%(area)s另一人同意才能结案；结案后不计入满意度，居民可看到结案。"),
    MoveKind.AGREE_REMIT: gettext_lazy("同意后立即结案，不能重新办理，不计入满意度。"),
    MoveKind.REFUSE_REMIT: gettext_lazy("将由%(holder)s继续办理，本环节重新计时。"),
    MoveKind.URGE: gettext_lazy("将列为督办，并提醒%(to)s；结案前一直督办。"),
}


def what_was_asked(case: Case) -> CaseEvent | None:
    """The request that waits to be decided. One query."""
    asked_for = (MoveKind.ASK_APPROVAL, MoveKind.ASK_REMIT)
    return case.events.filter(kind__in=asked_for).select_related("by").order_by("-seq").first() if case.asked_by_id else None
