"""What happens by itself when a time has passed: reminders, escalation, closing. Safe to run twice, at once, or half."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from cases.actions.cases import Said, move_case, record, tell
from cases.choices import MoveKind, Step, Who
from cases.models import Case
from cases.queries import Limits, chain_of, handlers_of, office_of, staffed
from gridparty.lib.dates import day_of
from gridparty.lib.workdays import closing_of
from jobs.runs import log_failure

AT_ONCE = 500  # what one run takes up; the next goes on


def watch_clocks(*, limits: Limits | None = None) -> dict[str, int]:
    """Remind, escalate and close what is due now, each case in a transaction of its own; how many of each."""
    now, limits = timezone.now(), limits or Limits()
    return {
        "followed": _each(Case.objects.astray(), lambda case: follow_area(case=case)),
        "reminded": _each(Case.objects.waiting().filter(remind_at__lte=now), lambda case: remind(case=case)),
        "escalated": _each(Case.objects.waiting().filter(escalate_at__lte=now), lambda case: escalate(case=case, limits=limits)),
        "closed": _each(Case.objects.filter(step=Step.ANSWERED, step_due_at__lte=now), _close),
    }


def _each(due: QuerySet, act: Callable) -> int:
    done = 0
    for pk in list(due.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        try:
            done += _once(due.filter(pk=pk), act)
        except Exception as error:  # one case that fails must not keep the others from their time
            log_failure(f"the clock of case {pk}", error)
    return done


@transaction.atomic
def _once(due: QuerySet, act: Callable) -> bool:
    """Under the lock of the row: another worker may have been faster."""
    case = due.select_for_update(of=("self",)).first()
    if case is not None:
        act(case)
    return case is not None


def _close(case: Case) -> None:
    move_case(case=case, kind=MoveKind.CLOSE, by=None, who=Who.CLOCK, said=Said())


@action("cases.follow_area")
def follow_area(*, case: Case) -> None:
    """Where the matter is was drawn into another grid or community: the office there has it now, with the time it had."""
    chain = chain_of(office_of(case.area))
    handlers = handlers_of(area.pk for area in chain)
    case.holder = staffed(chain, handlers)
    record(case, MoveKind.PASS_DOWN, None, Said(text=_("区域调整，转由现在所属的单位办理。")))
    _tell_by_clock(case, MoveKind.PASS_DOWN.label, handlers.get(case.holder_id, ()))


@action("cases.remind")
def remind(*, case: Case) -> None:
    """Who holds the case hears that the step's time is running out, once a step."""
    _tell_by_clock(case, _("即将到期"), handlers_of([case.holder_id]).get(case.holder_id, ()))
    case.remind_at = None
    record(case, MoveKind.REMIND, None, Said())


@action("cases.escalate")
def escalate(*, case: Case, limits: Limits) -> None:
    """The time is over: the next level above at which somebody handles cases supervises, and a workday later the one above it."""
    chain = chain_of(case.holder)
    handlers = handlers_of(area.pk for area in chain)
    at = next((n for n, area in enumerate(chain) if area.pk == case.supervisor_id), 0)
    above = [area for area in chain[at + 1 :] if area.pk in handlers]
    if above:
        case.supervisor = above[0]
    tomorrow = closing_of(limits.calendar.after(day_of(timezone.now()), 1))
    case.escalate_at = max(tomorrow, timezone.now() + timedelta(hours=1)) if len(above) > 1 else None
    record(case, MoveKind.ESCALATE, None, Said())
    told = (user for area in (case.holder_id, case.supervisor_id) for user in handlers.get(area, ()))
    _tell_by_clock(case, _("已逾期，请督办"), told)


def _tell_by_clock(case: Case, what: str, users) -> None:
    body = _("事件 %(number)s，环节“%(step)s”。") % {"number": case.number, "step": case.get_step_display()}
    tell(case, what, users, body=body, urgent=case.is_urgent)
