"""Agreements: drafted, offered to the unit, signed, renewed, ended.

The row of the agreement is locked first, then the row of its unit wherever a term is looked at: two that bind one area and one
unit never share a day, whoever offers them at the same moment.
"""

import calendar
import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import Area
from jobs.actions import notify
from liaison.agreements import keepers_of, term_of
from liaison.choices import AGREEMENT_MOVES, AgreementMove, AgreementState, CommitmentState
from liaison.errors import AgreementRefused
from liaison.models import Agreement, Commitment
from members.models import PartyOrganisation, Unit

LONGEST_YEARS = 10  # beyond it a year was mistyped
_TEXTS = ("title", "clauses", "our_duties", "their_duties", "our_head", "their_head")
_NEEDED = ("title", "clauses", "our_duties", "their_duties")
RENEWABLE = frozenset({AgreementState.IN_FORCE, AgreementState.EXPIRED})
_M = AgreementMove


@dataclass(frozen=True)
class NewAgreement:
    """Who agrees with which unit, from when to when, on what. `organisation` signs for the area."""

    area: Area
    unit: Unit
    title: str
    starts_on: date
    ends_on: date
    clauses: str
    our_duties: str
    their_duties: str
    organisation: PartyOrganisation | None = None
    our_head: str = ""
    their_head: str = ""


# --- Making and changing


@action("liaison.draft_agreement")
def draft_agreement(*, new: NewAgreement, by) -> Agreement:
    """Raises AgreementRefused, AreaRefused."""
    row = Agreement()
    _check_parties(new, row, by)
    _fill(row, new)
    row.save()
    return row


@action("liaison.change_agreement")
def change_agreement(*, agreement: Agreement, new: NewAgreement, by) -> Agreement:
    """Of a draft, all of it; a renewal stays with its unit and follows what it renews. Raises AgreementRefused, AreaRefused."""
    row = locked(agreement)
    check_keeps(row, by)
    if row.state != AgreementState.DRAFT:
        raise AgreementRefused(_("协议现为“%(state)s”，只有草稿可以修改，请先撤回修改。") % {"state": row.get_state_display()})
    if row.renews_id and (new.unit.pk, new.area.pk) != (row.unit_id, row.area_id):
        raise AgreementRefused(_("续签的协议不能更换单位和区域，请另拟新协议。"))
    _check_parties(new, row, by)
    _fill(row, new)
    row.save()
    return row


def _fill(row: Agreement, new: NewAgreement) -> None:
    """The columns as given. Raises AgreementRefused for what no agreement may be, AreaRefused for a closed area."""
    for name in _TEXTS:
        setattr(row, name, _text(getattr(new, name), Agreement._meta.get_field(name)))
    if not all(getattr(row, name) for name in _NEEDED):
        raise AgreementRefused(_("请填写协议标题、共同约定和双方职责。"))
    row.unit, row.organisation, row.starts_on, row.ends_on = new.unit, new.organisation, new.starts_on, new.ends_on
    if new.area.pk != row.area_id:
        place(row=row, area=new.area)
    _check_term(row)
    _check_free(row)


def _text(typed: str, field) -> str:
    text = typed.strip()
    if len(text) > field.max_length:
        words = {"what": field.verbose_name, "most": field.max_length, "n": len(text)}
        raise AgreementRefused(_("“%(what)s”最多 %(most)d 字，现有 %(n)d 字，请删减。") % words)
    return text


def _check_parties(new: NewAgreement, row: Agreement, by) -> None:
    """Both parties are there for `by` to choose; what the agreement has already stays."""
    if not scope_of(by).covers(Can.RUN_LIAISON, new.area):
        raise AgreementRefused(_("只能为本辖区拟订协议，请选择您管理范围内的区域。"))
    if new.unit.pk != row.unit_id and not Unit.objects.visible_to(by).filter(pk=new.unit.pk).exists():
        raise AgreementRefused(_("没有找到该单位，请从名单中选择，或先登记单位。"))
    chosen, there = new.organisation, PartyOrganisation.objects.visible_to(by).open()
    if chosen and chosen.pk != row.organisation_id and not there.filter(pk=chosen.pk).exists():
        raise AgreementRefused(_("没有找到该党组织，请从名单中选择现有的党组织。"))


def _check_term(row: Agreement) -> None:
    if row.ends_on < row.starts_on:
        raise AgreementRefused(_("结束日期早于开始日期，请核对。"))
    if row.ends_on >= _years_on(row.starts_on, LONGEST_YEARS):
        raise AgreementRefused(_("协议期最长 %(n)d 年，请核对年份。") % {"n": LONGEST_YEARS})
    if row.renews_id and row.starts_on <= row.renews.ends_on:
        words = {"day": row.renews.ends_on}
        raise AgreementRefused(_("原协议到 %(day)s 为止，续签的协议应从次日或以后开始，请修改开始日期。") % words)


def _check_free(row: Agreement) -> None:
    """No other agreement that binds has one of these days. Holds the unit until the transaction is over."""
    Unit.objects.select_for_update(of=("self",)).get(pk=row.unit_id)
    same = Agreement.objects.binding().filter(unit=row.unit_id, area=row.area_id).exclude(pk=row.pk)
    other = same.filter(starts_on__lte=row.ends_on, ends_on__gte=row.starts_on).order_by("starts_on").first()
    if other:
        words = {"unit": row.unit.name, "term": term_of(other), "state": other.get_state_display()}
        said = _("与“%(unit)s”已有一份%(state)s的协议（%(term)s），起止日期不能重叠，请修改日期或先处理该协议。")
        raise AgreementRefused(said % words)


# --- Moving


@action("liaison.move_agreement")
def move_agreement(*, agreement: Agreement, move: str, by, reason: str = "", signed_on: date | None = None) -> Agreement:
    """One move of choices.AGREEMENT_MOVES; what the unit or the clock does is not for `by`. Raises AgreementRefused."""
    row, rule, label = locked(agreement), AGREEMENT_MOVES[_M(move)], _M(move).label
    if rule.can is None:
        raise AgreementRefused(_("“%(move)s”由单位凭链接办理或到期自动办理。") % {"move": label})
    if not scope_of(by).covers(rule.can, row.area):
        raise AgreementRefused(_("该协议的“%(move)s”不由您办理。") % {"move": label})
    _check_state(row, rule)
    if rule.asks and not reason.strip():
        raise AgreementRefused(_("请写明原因。"))
    row.reason = _text(reason, Agreement._meta.get_field("reason"))
    if act := _ACTS.get(_M(move)):
        act(row, signed_on)
    row.state = rule.to
    row.save()
    return row


def _check_state(row: Agreement, rule) -> None:
    if row.state not in rule.states:
        raise AgreementRefused(_("该协议现为“%(state)s”，请刷新后再办理。") % {"state": row.get_state_display()})


def _offer(row: Agreement, signed_on: date | None) -> None:
    _check_running(row)
    outside = Commitment.objects.filter(agreement=row, state=CommitmentState.OPEN)
    outside = outside.filter(due_on__lt=row.starts_on) | outside.filter(due_on__gt=row.ends_on)
    if first := outside.order_by("due_on").first():
        words = {"text": first.text, "day": first.due_on}
        raise AgreementRefused(_("“%(text)s”的期限 %(day)s 不在协议期内，请先修改该事项或起止日期。") % words)
    _forget_answer(row)


def _recall(row: Agreement, signed_on: date | None) -> None:
    _forget_answer(row)


def _sign(row: Agreement, signed_on: date | None) -> None:
    _check_running(row)
    row.signed_on = signed_on or today()
    if row.signed_on > today():
        raise AgreementRefused(_("签订日期不能晚于今天，请核对。"))


def _discard(row: Agreement, signed_on: date | None) -> None:
    """What it was to renew can be renewed anew."""
    row.renews = None


def _end(row: Agreement, signed_on: date | None) -> None:
    row.ended_on = today()


_ACTS = {_M.OFFER: _offer, _M.RECALL: _recall, _M.SIGN: _sign, _M.DISCARD: _discard, _M.END: _end}


def _check_running(row: Agreement) -> None:
    _check_term(row)
    if row.ends_on < today():
        raise AgreementRefused(_("协议期已于 %(day)s 结束，请先修改起止日期。") % {"day": row.ends_on})
    _check_free(row)


def _forget_answer(row: Agreement) -> None:
    row.answer_text, row.answerer, row.answered_at = "", "", None


# --- The unit, by its link


@action("liaison.answer_agreement")
def answer_agreement(*, agreement: Agreement, agrees: bool, text: str = "", answerer: str = "") -> Agreement:
    """By whoever holds the link that `agreement` was found by, once for each offer. Raises AgreementRefused."""
    row = locked(agreement)
    check_link(row, agreement)
    rule = AGREEMENT_MOVES[_M.AGREE if agrees else _M.OBJECT]
    if row.state not in rule.states:
        words = {"state": row.get_state_display()}
        raise AgreementRefused(_("该协议现为“%(state)s”，不用再答复；如有意见，请联系社区。") % words)
    if rule.asks and not text.strip():
        raise AgreementRefused(_("请写明要修改什么。"))
    row.answer_text = _text(text, Agreement._meta.get_field("answer_text"))
    row.answerer = _text(answerer, Agreement._meta.get_field("answerer"))
    row.state, row.answered_at = rule.to, timezone.now()
    row.save()
    _tell_of_answer(row, agrees)
    return row


def check_link(row: Agreement, opened: Agreement) -> None:
    """That the link `opened` was found by has not been revoked since."""
    if row.link_key != opened.link_key:
        raise AgreementRefused(_("该链接已失效，请向社区索取新的链接。"))


def _tell_of_answer(row: Agreement, agrees: bool) -> None:
    subject = _("共建单位同意协议，请签订") if agrees else _("共建单位对协议提出修改")
    notify(
        recipients=keepers_of(row, Can.SIGN_AGREEMENTS if agrees else Can.RUN_LIAISON),
        subject=subject,
        body=_("“%(unit)s”已答复，请打开查看。") % {"unit": row.unit.name},
        link=reverse("admin:liaison_agreement_change", args=[row.pk]),
    )


@action("liaison.revoke_link")
def revoke_link(*, agreement: Agreement, by) -> Agreement:
    """Links that are out open nothing any more. Raises AgreementRefused."""
    row = locked(agreement)
    check_keeps(row, by)
    row.link_key = uuid.uuid4()
    row.save()
    return row


# --- Renewing


@action("liaison.renew_agreement")
def renew_agreement(*, agreement: Agreement, ends_on: date, by) -> Agreement:
    """A draft from the day after the last, with the same texts, and what was promised as far as it falls into the new term.

    Raises AgreementRefused.
    """
    old = locked(agreement)
    check_keeps(old, by)
    if old.state not in RENEWABLE:
        raise AgreementRefused(_("该协议现为“%(state)s”，不能续签，请另拟新协议。") % {"state": old.get_state_display()})
    if there := Agreement.objects.filter(renews=old).first():
        raise AgreementRefused(_("该协议已有续签的协议（%(term)s），不用重复续签。") % {"term": term_of(there)})
    names = ("area", "unit", "organisation", *_TEXTS)
    new = NewAgreement(**{name: getattr(old, name) for name in names}, starts_on=_day_after(old), ends_on=ends_on)
    if new.organisation and not new.organisation.is_open:
        new = replace(new, organisation=None)
    row = Agreement(renews=old)
    _fill(row, new)
    row.save()
    _carry_commitments(old, row)
    return row


def _day_after(agreement: Agreement) -> date:
    return agreement.ends_on + timedelta(days=1)


def _carry_commitments(old: Agreement, new: Agreement) -> None:
    kept = Commitment.objects.filter(agreement=old).exclude(state=CommitmentState.DROPPED).order_by(F("due_on"), "pk")
    moved = [(one, moved_on(one.due_on, old.starts_on, new.starts_on)) for one in kept]
    Commitment.objects.bulk_create(
        Commitment(agreement=new, side=one.side, text=one.text, who=one.who, due_on=day)
        for one, day in moved
        if new.starts_on <= day <= new.ends_on
    )


def moved_on(day: date, first: date, then: date) -> date:
    """A day of a term that began on `first`, in one that begins on `then`: by whole months where both begin on the same day of
    a month, so that the end of a month stays one; else by days."""
    if first.day != then.day:
        return day + (then - first)
    months = day.year * 12 + day.month - 1 + (then.year - first.year) * 12 + then.month - first.month
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    was_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if was_last else min(day.day, last))


def _years_on(day: date, years: int) -> date:
    return moved_on(day, date(2000, 1, 1), date(2000 + years, 1, 1))


# --- For all of it


def locked(agreement: Agreement) -> Agreement:
    """The row as it is now, held until the transaction is over."""
    return Agreement.objects.select_for_update(of=("self",)).select_related("area", "unit").get(pk=agreement.pk)


def check_keeps(row: Agreement, by) -> None:
    if not scope_of(by).covers(Can.RUN_LIAISON, row.area):
        raise AgreementRefused(_("该协议不在您的管理范围内。"))
