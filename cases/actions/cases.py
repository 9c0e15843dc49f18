"""Opening a case and moving it on. Every move holds the row of the case, so that of two who act at once the second is told."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from cases.choices import MOVES, PUBLIC, REOPEN_DAYS, MoveKind, Outcome, Procedure, Source, Step, Who
from cases.errors import CaseRefused
from cases.models import Case, CaseEvent, CasePhoto, JournalEntry, Subject
from cases.queries import (
    Limits,
    can_reopen,
    chain_of,
    decider_of,
    down_from,
    handlers_of,
    levels_below,
    may,
    not_now,
    office_of,
    staffed,
    up_from,
)
from gridparty.lib import photos
from gridparty.lib.access import Can, scope_of
from gridparty.lib.codes import new_code
from grids.actions import place
from grids.choices import AreaKind
from grids.models import Area
from jobs.actions import notify
from people.models import Household

MOST_PHOTOS = 3
REMIND_AT = 0.75  # of a step's time


@dataclass(frozen=True)
class NewCase:
    """What was said or seen, where, and by whom if they said so. `area` is a building, a grid or a community."""

    area: Area
    subject: Subject
    text: str = field(repr=False)
    source: str = Source.FIELD
    household: Household | None = None
    spot: str = ""
    teller: str = field(default="", repr=False)
    teller_phone: str = field(default="", repr=False)
    journal: JournalEntry | None = None
    photos: Sequence[UploadedFile] = ()


@dataclass(frozen=True)
class Said:
    """What goes with a move. `seq` is the last event whoever acts has seen: None for those who need not have."""

    text: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)
    procedure: str = ""
    photos: Sequence[UploadedFile] = ()
    is_public: bool = False
    seq: int | None = None


@action("cases.open_case")
def open_case(*, new: NewCase, by, urgent: bool = False, limits: Limits | None = None) -> Case:
    """Take up a matter; an urgent one is filed at once and told to the whole chain. `by` None: a resident, by the mailbox.

    It is held by the grid where it is, or by the nearest level above at which somebody handles cases. Raises CaseRefused,
    PhotoRefused.
    """
    if by is not None and not scope_of(by).covers(Can.KEEP_JOURNAL, new.area):
        raise CaseRefused(_("发生地不在您的管理范围内，请选择本辖区的地点。"))
    if not new.text.strip():
        raise CaseRefused(_("没有内容，请写明是什么事。"))
    case = Case(
        subject=new.subject,
        source=new.source,
        journal=new.journal,
        household=new.household,
        spot=new.spot.strip(),
        text=new.text.strip(),
        teller=new.teller.strip(),
        teller_phone=new.teller_phone.strip(),
        opened_by=by,
        receipt=new_code(),
    )
    place(row=case, area=new.area)
    chain = chain_of(office_of(new.area))
    handlers = handlers_of(area.pk for area in chain)
    case.holder = staffed(chain, handlers)
    case.procedure = Procedure.URGENT if urgent else ""
    case.step = Step.FILED if urgent else Step.FOUND
    _start_clocks(case, limits or Limits(), whole=True)
    record(case, MoveKind.OPENED, by, Said(photos=new.photos))
    told = (user for area in (chain if urgent else [case.holder]) for user in handlers.get(area.pk, ()))
    tell(case, _("紧急事件") if urgent else _("新的民情事件"), told, body=_held(case), by=by, urgent=urgent)
    return case


@action("cases.move_case")
def move_case(*, case: Case, kind: str, by, said: Said = Said(), who: Who | None = None, limits: Limits | None = None) -> Case:
    """One move of choices.MOVES. `who` is RESIDENT or CLOCK where nobody with a post acts, then `by` is None.

    Raises CaseRefused when the move is not allowed to this user, or not any more; PhotoRefused.
    """
    case = _held_fast(case.pk)
    _check(case, kind, by, said, who)
    asker = case.asked_by if MOVES[kind].other else None
    _EFFECTS.get(kind, _nothing)(case, said, by)
    step = MOVES[kind].to
    if step is not None:
        case.step = step
    if kind in _RESTARTING or step is not None:
        _start_clocks(case, limits or Limits(), whole=kind in (MoveKind.FILE, MoveKind.APPROVE, MoveKind.REOPEN))
    if case.step == Step.CLOSED:
        case.closed_at = timezone.now()
    record(case, kind, by, said)
    _tell_of_move(case, kind, by, asker)
    return case


@action("cases.settle_on_spot")
def settle_on_spot(*, case: Case, by, said: Said, limits: Limits | None = None) -> Case:
    """File, handle and answer a matter in one go: it was settled where it was found, and whoever told it heard so.

    `said.text` is what was done, `said.answer` what the resident was told. Raises CaseRefused.
    """
    limits = limits or Limits()
    if not said.text.strip() or not said.answer.strip():
        raise CaseRefused(_("请写明怎样处理的、怎样答复居民的。"))
    steps = [
        (MoveKind.FILE, Said(procedure=Procedure.ON_SPOT, seq=said.seq)),
        (MoveKind.HANDLE, Said(text=said.text, photos=said.photos)),
        (MoveKind.ANSWER, Said(answer=said.answer)),
    ]
    for kind, each in steps:
        case = move_case(case=case, kind=kind, by=by, said=each, limits=limits)
    return case


def _held_fast(pk: int) -> Case:
    """The case, locked. In two steps: PostgreSQL loses a row whose joined holder another has changed meanwhile."""
    Case.objects.select_for_update().filter(pk=pk).values_list("pk", flat=True).get()
    return Case.objects.select_related("holder", "area", "subject", "asked_from").get(pk=pk)


def _check(case: Case, kind: str, by, said: Said, who: Who | None) -> None:
    if said.seq is not None and said.seq != case.seq:
        raise CaseRefused(_("该事件刚由他人办理，现为“%(step)s”，请核对后再办。") % {"step": case.get_step_display()})
    if not may(case, kind, by, who):
        raise CaseRefused(not_now(case, kind))
    asks = MOVES[kind].asks
    if "text" in asks and not said.text.strip():
        raise CaseRefused(_("请填写说明。"))
    if "answer" in asks and not said.answer.strip():
        raise CaseRefused(_("请填写给居民的答复。"))
    if "procedure" in asks and said.procedure not in _CHOSEN:
        raise CaseRefused(_("请选择办理程序。"))


# --- What moves do beside going to another step

_CHOSEN = frozenset({Procedure.ON_SPOT, Procedure.COORDINATED, Procedure.URGENT})
_RESTARTING = frozenset({MoveKind.PASS_UP, MoveKind.PASS_DOWN, MoveKind.REFUSE_REMIT})
_TELLING = frozenset({MoveKind.PASS_UP, MoveKind.PASS_DOWN, MoveKind.ASK_APPROVAL, MoveKind.APPROVE, MoveKind.DENY}) | {
    MoveKind.REOPEN,
    MoveKind.URGE,
    MoveKind.AGREE_REMIT,
    MoveKind.REFUSE_REMIT,
}


def _nothing(case: Case, said: Said, by) -> None:
    pass


def _file(case: Case, said: Said, by) -> None:
    case.procedure = said.procedure


def _up(case: Case, said: Said, by) -> None:
    if case.holder.kind == AreaKind.DISTRICT:
        raise CaseRefused(_("该事件已由区级办理，没有上级可报。"))
    case.holder = up_from(case)


def _down(case: Case, said: Said, by) -> None:
    if not levels_below(case):
        raise CaseRefused(_("发生地没有更下一级，不能交办下级。"))
    below = down_from(case)
    if below is None:
        raise CaseRefused(_("下级目前没有办理事件的人员，请先配备，或由本级办理。"))
    case.holder = below


def _ask_approval(case: Case, said: Said, by) -> None:
    """The next level above at which somebody else can decide does; at the top somebody else there."""
    case.procedure, case.asked_by, case.asked_from = Procedure.APPROVAL, by, case.holder
    case.holder = up_from(case, but=by) or case.holder


def _decided(case: Case, said: Said, by) -> None:
    case.holder = case.asked_from or case.holder
    case.asked_by = case.asked_from = None


def _denied(case: Case, said: Said, by) -> None:
    _decided(case, said, by)
    case.procedure = ""


def _ask_remit(case: Case, said: Said, by) -> None:
    case.asked_by = by


def _agree_remit(case: Case, said: Said, by) -> None:
    case.asked_by, case.outcome = None, Outcome.OUT_OF_REMIT


def _refuse_remit(case: Case, said: Said, by) -> None:
    case.asked_by = None


def _answer(case: Case, said: Said, by) -> None:
    case.answer, case.answered_at = said.answer.strip(), timezone.now()


def _close(case: Case, said: Said, by) -> None:
    case.outcome = Outcome.SOLVED


def _reopen(case: Case, said: Said, by) -> None:
    if case.outcome == Outcome.OUT_OF_REMIT or case.answered_at is None:
        raise CaseRefused(_("该事件没有经过答复，不能重新办理，请另行登记。"))
    if not can_reopen(case):
        raise CaseRefused(_("答复已超过 %(days)d 天，不能重新办理，请另行反映。") % {"days": REOPEN_DAYS})
    if not case.holder.is_open:  # closed cases stayed with the area that was merged or closed
        case.holder = next(area for area in chain_of(case.holder) if area.is_open)
    case.round += 1
    case.outcome, case.answered_at, case.closed_at, case.supervisor = "", None, None, None
    case.rating_key = uuid.uuid4()  # links for this round are dead


def _urge(case: Case, said: Said, by) -> None:
    """Supervised from the nearest level above the holder on which `by` stands."""
    reached = {reach.area_id for reach in scope_of(by).reaches(Can.HANDLE_CASES)}
    above = chain_of(case.holder)[1:]
    case.supervisor = next((area for area in above if area.pk in reached), above[-1] if above else case.holder)


_EFFECTS: dict[str, Callable] = {
    MoveKind.FILE: _file,
    MoveKind.ASK_APPROVAL: _ask_approval,
    MoveKind.APPROVE: _decided,
    MoveKind.DENY: _denied,
    MoveKind.ANSWER: _answer,
    MoveKind.CLOSE: _close,
    MoveKind.REOPEN: _reopen,
    MoveKind.PASS_UP: _up,
    MoveKind.PASS_DOWN: _down,
    MoveKind.ASK_REMIT: _ask_remit,
    MoveKind.AGREE_REMIT: _agree_remit,
    MoveKind.REFUSE_REMIT: _refuse_remit,
    MoveKind.URGE: _urge,
}


# --- Clocks, history, notices


def _start_clocks(case: Case, limits: Limits, *, whole: bool) -> None:
    """The step's clock starts now, the whole case's with the case: another procedure changes its limit, not its start.

    Reminder and escalation follow whichever of the two ends first and is not over yet.
    """
    now = timezone.now()
    case.step_since, case.remind_at, case.escalate_at = now, None, None
    if whole:
        case.due_at = limits.end_of(case.procedure, "", now if case.round > 1 else case.opened_at)
    if case.step in (Step.ANSWERED, Step.CLOSED):
        case.step_due_at = now + timedelta(days=REOPEN_DAYS)
        return
    case.step_due_at = limits.end_of(case.procedure, case.step, now)
    ends = min(case.step_due_at, case.due_at) if case.due_at > now else case.step_due_at
    case.remind_at, case.escalate_at = now + (ends - now) * REMIND_AT, ends


def record(case: Case, kind: str, by, said: Said) -> CaseEvent:
    """Save the case as it has become, and write the line of its history that tells of it."""
    case.seq += 1
    case.save()
    if len(said.photos) > MOST_PHOTOS:
        raise CaseRefused(_("一次最多上传 %(n)d 张照片。") % {"n": MOST_PHOTOS})
    event = CaseEvent.objects.create(
        case=case,
        seq=case.seq,
        kind=kind,
        step=case.step,
        holder=case.holder,
        by=by,
        text=said.answer.strip() or said.text.strip(),
        is_public=kind in PUBLIC or (kind == MoveKind.NOTE and said.is_public),
    )
    CasePhoto.objects.bulk_create(CasePhoto(event=event, photo=photos.reencode(upload)) for upload in said.photos)
    return event


def _tell_of_move(case: Case, kind: str, by, asker) -> None:
    """Who has it now and who had asked; who can decide; of what is filed as urgent the whole chain."""
    if kind == MoveKind.FILE and case.is_urgent:
        areas = chain_of(office_of(case.area))
    elif kind == MoveKind.ASK_REMIT:
        areas = [decider_of(case, but=by)]
    elif kind in _TELLING:
        areas = [case.holder]
    else:
        return
    handlers = handlers_of(area.pk for area in areas)
    users = [*([asker] if asker else []), *(user for some in handlers.values() for user in some)]
    what = _("紧急事件") if kind == MoveKind.FILE else MoveKind(kind).label
    tell(case, what, users, body=_held(case), by=by, urgent=case.is_urgent)


def _held(case: Case) -> str:
    return _("事件 %(number)s，现由%(holder)s办理。") % {"number": case.number, "holder": case.holder.name}


def tell(case: Case, what: str, users: Iterable, *, body: str, by=None, urgent: bool = False) -> None:
    """Where and what kind of thing, never who said it: notices go out by mail."""
    others = [user for user in users if by is None or user.pk != by.pk]
    subject = _("%(what)s：%(place)s %(subject)s") % {"what": what, "place": case.area.name, "subject": case.subject.name}
    notify(recipients=others, subject=subject, body=body, link=reverse("cases:case", args=[case.pk]), urgent=urgent, by=by)
