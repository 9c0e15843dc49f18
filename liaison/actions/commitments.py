"""What was promised: put into an agreement, reported by the unit, confirmed, or entered as done.

The row of the agreement is locked first, then the commitment's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib import photos as pictures
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from jobs.actions import notify
from liaison.actions.agreements import check_keeps, check_link, locked
from liaison.agreements import keepers_of, term_of
from liaison.choices import COMMITMENT_MOVES, AgreementState, CommitmentMove, CommitmentState, Every, Side
from liaison.errors import AgreementRefused
from liaison.models import Agreement, Commitment, CommitmentPhoto

MOST_PHOTOS = 3  # with one report
MOST_ROWS = 200  # of one agreement: a duty of every month for ten years, and some others
# What is being looked at by the unit stays as it is until it is recalled.
OPEN_TO_CHANGE = frozenset({AgreementState.DRAFT, AgreementState.IN_FORCE})
# What was done is entered also after the last day; the unit reports no longer.
SETTLED_IN = frozenset({AgreementState.IN_FORCE, AgreementState.EXPIRED, AgreementState.ENDED})
MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF: 6, Every.YEAR: 12}
_D = CommitmentMove


@dataclass(frozen=True)
class NewCommitment:
    """One thing one side promises. `due_on` counts for what is done once; what comes again is due at the end of each period."""

    side: str
    text: str
    due_on: date | None = None
    who: str = ""
    every: str = Every.ONCE


# --- Making and changing


@action("liaison.add_commitments")
def add_commitments(*, agreement: Agreement, new: Sequence[NewCommitment], by) -> list[Commitment]:
    """What comes again becomes a row for each time. All or none. Raises AgreementRefused."""
    row = _changeable(agreement, by)
    made = [
        Commitment(agreement=row, side=one.side, text=_text(one.text, "text"), who=_text(one.who, "who"), due_on=due_on)
        for one in new
        for due_on in _days_of(one, row)
    ]
    for one in made:
        _check(one, row)
    there = Commitment.objects.filter(agreement=row).count()
    if there + len(made) > MOST_ROWS:
        words = {"most": MOST_ROWS, "n": there}
        raise AgreementRefused(_("一份协议最多 %(most)d 项共建事项，已有 %(n)d 项，请减少后再加。") % words)
    return Commitment.objects.bulk_create(made)


@action("liaison.change_commitment")
def change_commitment(*, commitment: Commitment, new: NewCommitment, by) -> Commitment:
    """Of one that is still open. Raises AgreementRefused."""
    agreement, row = _changeable(commitment.agreement, by), _locked(commitment)
    if row.state != CommitmentState.OPEN:
        raise AgreementRefused(_("该事项现为“%(state)s”，不能修改。") % {"state": row.get_state_display()})
    row.side, row.text, row.who, row.due_on = new.side, _text(new.text, "text"), _text(new.who, "who"), new.due_on
    _check(row, agreement)
    row.save()
    return row


def _changeable(agreement: Agreement, by) -> Agreement:
    row = locked(agreement)
    check_keeps(row, by)
    if row.state not in OPEN_TO_CHANGE:
        words = {"state": row.get_state_display()}
        raise AgreementRefused(_("协议现为“%(state)s”，共建事项不能增改；待对方确认或待签订的，请先撤回修改。") % words)
    return row


def _days_of(new: NewCommitment, agreement: Agreement) -> list[date | None]:
    if new.every == Every.ONCE:
        return [new.due_on]
    if new.every not in MONTHS:
        raise AgreementRefused(_("请选择多久一次。"))
    days = list(period_ends(agreement.starts_on, agreement.ends_on, MONTHS[new.every]))
    if not days:
        words = {"every": Every(new.every).label, "term": term_of(agreement)}
        raise AgreementRefused(_("协议期（%(term)s）内没有一个“%(every)s”的期末，请改为一次并填写期限。") % words)
    return days


def period_ends(first: date, last: date, months: int) -> Iterator[date]:
    """The last days of the months, quarters, halves or years of the calendar that lie within a term."""
    at = first.year * 12 + (first.month - 1) // months * months + months  # the month after the first period, counted from year 0
    while (end := date(at // 12, at % 12 + 1, 1) - timedelta(days=1)) <= last:
        yield end
        at += months


def _check(row: Commitment, agreement: Agreement) -> None:
    if row.side not in Side.values:
        raise AgreementRefused(_("请选择责任方。"))
    if not row.text:
        raise AgreementRefused(_("请填写共建事项。"))
    if row.due_on is None:
        raise AgreementRefused(_("请填写“%(text)s”的完成期限。") % {"text": row.text})
    if not agreement.starts_on <= row.due_on <= agreement.ends_on:
        words = {"text": row.text, "term": term_of(agreement)}
        raise AgreementRefused(_("“%(text)s”的完成期限不在协议期（%(term)s）内，请核对。") % words)


def _text(typed: str, name: str) -> str:
    text, field = typed.strip(), Commitment._meta.get_field(name)
    if len(text) > field.max_length:
        words = {"what": field.verbose_name, "most": field.max_length, "n": len(text)}
        raise AgreementRefused(_("“%(what)s”最多 %(most)d 字，现有 %(n)d 字，请删减。") % words)
    return text


# --- Moving


@action("liaison.move_commitment")
def move_commitment(
    *, commitment: Commitment, move: str, by, reason: str = "", text: str = "", done_on: date | None = None, photos=()
) -> Commitment:
    """One move of choices.COMMITMENT_MOVES, by who keeps the agreement. FINISH says what was done (`text`).

    A draft's can only be dropped. Raises AgreementRefused, PhotoRefused.
    """
    agreement, row = locked(commitment.agreement), _locked(commitment)
    check_keeps(agreement, by)
    rule = COMMITMENT_MOVES[_D(move)]
    if rule.can is None:
        raise AgreementRefused(_("“%(move)s”由单位凭链接办理。") % {"move": _D(move).label})
    if agreement.state not in SETTLED_IN and (agreement.state, move) != (AgreementState.DRAFT, _D.DROP):
        words = {"state": agreement.get_state_display(), "move": _D(move).label}
        raise AgreementRefused(_("协议现为“%(state)s”，签订以后才能办理“%(move)s”。") % words)
    if row.state not in rule.states:
        raise AgreementRefused(_("该事项现为“%(state)s”，请刷新后再办理。") % {"state": row.get_state_display()})
    if rule.asks and not reason.strip():
        raise AgreementRefused(_("请写明原因。"))
    row.state, row.reason = rule.to, _text(reason, "reason")
    if move in (_D.CONFIRM, _D.FINISH):
        row.done_by = by
        row.done_on = done_on or row.done_on or min(today(), _last_day(agreement))
        _check_done_on(row, agreement)
    elif move in (_D.RETURN, _D.REOPEN):  # what was said stays, to be said better
        row.done_on, row.done_by = None, None
    if move == _D.FINISH:
        _say(row, text, "", photos)
    row.save()
    return row


def _last_day(agreement: Agreement) -> date:
    return agreement.ended_on or agreement.ends_on


def _check_done_on(row: Commitment, agreement: Agreement) -> None:
    if row.done_on > today():
        raise AgreementRefused(_("完成日期不能晚于今天，请核对。"))
    if not min(agreement.starts_on, agreement.signed_on) <= row.done_on <= _last_day(agreement):
        raise AgreementRefused(_("完成日期不在协议期（%(term)s）内，请核对。") % {"term": term_of(agreement)})


def _say(row: Commitment, text: str, answerer: str, photos: Sequence[UploadedFile]) -> None:
    """What was done, in words and pictures. Raises AgreementRefused, PhotoRefused."""
    row.done_text, row.answerer = _text(text, "done_text"), _text(answerer, "answerer")
    if not row.done_text:
        raise AgreementRefused(_("请写明完成情况，如何时、何地、做了什么、多少人参加。"))
    if len(photos) > MOST_PHOTOS:
        raise AgreementRefused(_("一次最多上传 %(n)d 张照片，请减少后重新选择。") % {"n": MOST_PHOTOS})
    CommitmentPhoto.objects.bulk_create(CommitmentPhoto(commitment=row, photo=pictures.reencode(one)) for one in photos)


# --- The unit, by its link


@action("liaison.report_commitment")
def report_commitment(
    *, commitment: Commitment, agreement: Agreement, text: str, answerer: str = "", photos: Sequence[UploadedFile] = ()
) -> Commitment:
    """The unit says that something of its side is done, by the link that `agreement` was found by; who keeps it confirms.

    Raises AgreementRefused, PhotoRefused.
    """
    held, row = locked(agreement), _locked(commitment)
    check_link(held, agreement)
    if row.agreement_id != held.pk or row.side != Side.THEIRS:
        raise AgreementRefused(_("该事项不由贵单位报告，请联系社区。"))
    if held.state != AgreementState.IN_FORCE:
        raise AgreementRefused(_("协议%(state)s，不能再报告；如需补充，请联系社区。") % {"state": held.get_state_display()})
    rule = COMMITMENT_MOVES[_D.REPORT]
    if row.state not in rule.states:
        raise AgreementRefused(_("该事项现为“%(state)s”，不用重复报告。") % {"state": row.get_state_display()})
    row.state, row.reason, row.done_on = rule.to, "", min(today(), held.ends_on)
    _say(row, text, answerer, photos)
    row.save()
    _tell_of_report(row, held)
    return row


def _tell_of_report(row: Commitment, agreement: Agreement) -> None:
    notify(
        recipients=keepers_of(agreement, Can.RUN_LIAISON),
        subject=_("共建事项待核实"),
        body=_("“%(unit)s”报告一项共建事项已完成，请打开核实。") % {"unit": agreement.unit.name},
        link=reverse("admin:liaison_commitment_change", args=[row.pk]),
    )


def _locked(commitment: Commitment) -> Commitment:
    return Commitment.objects.select_for_update(of=("self",)).get(pk=commitment.pk)
