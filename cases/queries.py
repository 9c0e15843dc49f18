"""Reads across cases: who holds them, how long they may take, what the public may know, how both sides rated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import post_holders
from cases.choices import MOVES, REOPEN_DAYS, TOLD, MoveKind, Outcome, Step, Unit, Who
from cases.models import Case, CaseEvent, Deadline
from gridparty.lib.access import Can, scope_of
from gridparty.lib.codes import code_of
from gridparty.lib.dates import day_of
from gridparty.lib.workdays import WorkCalendar, closing_of
from grids.choices import AreaKind
from grids.models import Area
from jobs.workdays import work_calendar

DEFAULT_DAYS = 5  # where no Deadline says anything


# --- Time limits


class Limits:
    """The time limits in force, by the work calendar. Two queries, made when they are first needed."""

    @cached_property
    def _limits(self) -> dict[tuple[str, str], Deadline]:
        return {(row.procedure, row.step): row for row in Deadline.objects.all()}

    @cached_property
    def calendar(self) -> WorkCalendar:
        return work_calendar()

    def end_of(self, procedure: str, step: str, start: datetime) -> datetime:
        """When what begins at `start` is due: a procedure's step, or with step "" the whole case."""
        limit = self._limit(procedure, step)
        if limit is not None and limit.unit == Unit.HOURS:
            return start + timedelta(hours=limit.amount)
        return closing_of(self.calendar.after(day_of(start), limit.amount if limit else DEFAULT_DAYS))

    def in_words(self, procedure: str, step: str) -> str:
        """5 个工作日."""
        limit = self._limit(procedure, step)
        amount, unit = (limit.amount, limit.unit) if limit else (DEFAULT_DAYS, Unit.WORKDAYS)
        return f"{amount} {Unit(unit).label}"

    def _limit(self, procedure: str, step: str) -> Deadline | None:
        return self._limits.get((procedure, step)) or self._limits.get(("", step)) or self._limits.get(("", ""))


# --- Who has it


def office_of(area: Area) -> Area:
    """The area whose office a matter in `area` belongs to: itself, or for a building what it stands in."""
    return area.parent if area.kind == AreaKind.BUILDING else area


def chain_of(area: Area) -> list[Area]:
    """The area and all above it, the lowest first, buildings left out. One query."""
    above = Area.objects.filter(tree_id=area.tree_id, lft__lte=area.lft, rght__gte=area.rght).exclude(kind=AreaKind.BUILDING)
    return list(above.order_by("-lft"))


def handlers_of(areas: Iterable[int]) -> dict[int, list[User]]:
    """Who handles cases by a post exactly there. One query."""
    return post_holders(areas, Can.HANDLE_CASES)


def staffed(chain: list[Area], handlers: dict[int, list[User]]) -> Area:
    """The lowest of these areas at which somebody handles cases; where nobody does anywhere, the lowest."""
    return next((area for area in chain if area.pk in handlers), chain[0])


def up_from(case: Case, *, but=None) -> Area | None:
    """The nearest level above the holder at which somebody (`but` one) handles cases, else the nearest. Two queries."""
    return _nearest(chain_of(case.holder)[1:], but)


def decider_of(case: Case, *, but) -> Area | None:
    """Where somebody else than `but` can decide what was asked: at the holder's, or the nearest level above. Two queries."""
    return _nearest(chain_of(case.holder), but)


def _nearest(areas: list[Area], but) -> Area | None:
    handlers = handlers_of(area.pk for area in areas)
    staffed = (area for area in areas if any(user != but for user in handlers.get(area.pk, ())))
    return next(staffed, areas[0] if areas else None)


def levels_below(case: Case) -> list[Area]:
    """The levels between the holder and where the matter is, the nearest to the holder first. One query."""
    chain = [area for area in chain_of(office_of(case.area)) if area.is_open]
    held = next((n for n, area in enumerate(chain) if area.pk == case.holder_id), 0)
    return chain[:held][::-1]


def down_from(case: Case) -> Area | None:
    """The nearest level below the holder at which somebody handles cases. Two queries."""
    below = levels_below(case)
    handlers = handlers_of(area.pk for area in below)
    return next((area for area in below if area.pk in handlers), None)


def is_above(user, holder: Area) -> bool:
    """Whether `user` handles cases above this area."""
    scope = scope_of(user)
    above = (reach for reach in scope.reaches(Can.HANDLE_CASES) if reach.area_id != holder.pk and reach.covers(holder))
    return scope.everywhere(Can.HANDLE_CASES) or any(above)


def may(case: Case, kind: str, user, who: Who | None = None) -> bool:
    """Whether this move is allowed now, by this user (or by the resident, or by the clock). No query."""
    move = MOVES[kind]
    if case.step not in move.steps or move.waits not in (None, case.waits_for_remit):
        return False
    if who is not None:
        return who in move.who
    if move.other and getattr(case, f"{move.other}_id") == user.pk:
        return False
    holds = Who.HOLDER in move.who and scope_of(user).covers(Can.HANDLE_CASES, case.holder)
    return holds or (Who.ABOVE in move.who and is_above(user, case.holder))


def not_now(case: Case, kind: str) -> str:
    """Why a move is refused, in a sentence."""
    words = {"step": case.get_step_display(), "move": MoveKind(kind).label}
    return _("该事件现为“%(step)s”，您不能办理“%(move)s”。请返回查看可办理的事项。") % words


def moves_for(case: Case, user) -> list[str]:
    """The moves this user may make now, in the order of the table. No query."""
    return [kind for kind in MOVES if may(case, kind, user) and _leads_somewhere(case, kind)]


def _leads_somewhere(case: Case, kind: str) -> bool:
    """Whether there is a level to pass it to, or time left to take it up again."""
    if kind == MoveKind.PASS_UP:
        return case.holder.kind != AreaKind.DISTRICT
    if kind == MoveKind.PASS_DOWN:
        lowest = case.area.parent_id if case.area.kind == AreaKind.BUILDING else case.area_id
        return lowest != case.holder_id and case.holder.reach.covers(case.area)
    return kind != MoveKind.REOPEN or can_reopen(case)


def can_reopen(case: Case) -> bool:
    if case.outcome == Outcome.OUT_OF_REMIT or case.answered_at is None:
        return False
    return timezone.now() <= case.answered_at + timedelta(days=REOPEN_DAYS)


# --- What the public may know


@dataclass(frozen=True)
class PublicStep:
    label: str
    at: datetime
    level: str  # of the office that had it: 社区
    text: str = ""


@dataclass(frozen=True)
class Tracked:
    """A case as anybody with its receipt code may see it: steps and answers, never persons."""

    case: Case
    steps: list[PublicStep]

    @property
    def is_answered(self) -> bool:
        """Answered, and not taken up again since."""
        return self.case.step in (Step.ANSWERED, Step.CLOSED) and bool(self.case.answer) and not self.is_out_of_remit

    @property
    def is_out_of_remit(self) -> bool:
        return self.case.outcome == Outcome.OUT_OF_REMIT


def tracked(receipt: str) -> Tracked | None:
    """The case of a receipt code. Two queries."""
    case = Case.objects.select_related("subject", "community", "grid", "holder").filter(receipt=code_of(receipt)).first()
    return Tracked(case, [_public(event) for event in case.events.select_related("holder") if event.is_public]) if case else None


def _public(event: CaseEvent) -> PublicStep:
    text = event.text if event.kind in TOLD else ""
    return PublicStep(event.get_kind_display(), event.at, event.holder.get_kind_display(), text)
