"""Feedback cards: drafted for everybody at once, approved, sent, answered by the employer.

Drafting and reminding are jobs: each may run twice, at once, or be taken up after a crash. The row of the rule is the lock of
drafting; cards are locked in the order of their keys.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.queries import post_holders
from audit.operations import action
from gridparty.lib import bulk
from gridparty.lib.access import Can, scope_of
from gridparty.lib.codes import new_code
from gridparty.lib.dates import day_of, today
from grids.models import LEVELS
from grids.queries import chunks
from jobs.actions import notify
from members.models import Member
from services.choices import CARD_MOVES, Answer, CardMove, CardState, SentBy
from services.errors import CardRefused
from services.feedback import CARD_LINK, Figures, figures_of, suggestion_of, who_answers
from services.models import CardRule, FeedbackCard
from services.periods import Period

DRAFTING_DAYS = 14  # so long drafts follow what is still confirmed of the period
_PLACE = tuple(f"{level}_id" for level in (*LEVELS, "area"))
_DRAFTED = (*Figures._fields, "suggestion", "unit")


# --- What the system does by itself


@action("services.draft_cards")
def draft_cards(*, period: Period | None = None) -> int:
    """A card for every member whose employer hears of them, and the figures of drafts as they are now; how many are new or
    changed. Without a period the one that ended last, from the rule's day on for two weeks.

    Drafts follow the member to another employer; a card that was handed in stays as it is.
    """
    rule = CardRule.objects.select_for_update(of=("self",)).order_by("pk").first()
    if rule is None or not (period := period or _due(rule)):
        return 0
    of_period = FeedbackCard.objects.filter(from_on=period.first, until_on=period.last)
    drafts = of_period.filter(state=CardState.DRAFT).select_for_update(of=("self",)).order_by("pk")
    drafts = {card.member_id: card for card in drafts}
    there = set(of_period.values_list("member", flat=True))
    new, changed = [], []
    for member, now in _now(period):
        if member not in there:
            new.append({"member_id": member, "from_on": period.first, "until_on": period.last, "code": new_code(), **now})
        elif member in drafts and _refreshed(drafts[member], now):
            changed.append(drafts[member])
    FeedbackCard.objects.bulk_create(bulk.new_objects(FeedbackCard, new))
    FeedbackCard.objects.bulk_update(changed, _DRAFTED)
    return len(new) + len(changed)


def _due(rule: CardRule) -> Period | None:
    """The period whose cards are being drafted these days."""
    period = Period.before(rule.period, today())
    days = (today() - period.last).days - rule.draft_after_days
    return period if 0 <= days < DRAFTING_DAYS else None


def _now(period: Period) -> Iterator[tuple[int, dict]]:
    """(member, what a draft of theirs holds now) of all on the roll who have a place and of whom the employer hears."""
    figures, nothing = figures_of(period), Figures()
    members = Member.objects.on_roll().filter(mode__feeds_back=True).exclude(area=None).order_by("pk")
    for pk, employer, *place in members.values_list("pk", "employer", *_PLACE):
        done = figures.get(pk, nothing)
        yield (
            pk,
            {**dict(zip(_PLACE, place, strict=True)), **done._asdict(), "suggestion": suggestion_of(done), "unit_id": employer},
        )


def _refreshed(card: FeedbackCard, now: dict) -> bool:
    """Take over figures and employer; whether any differed. The place stays."""
    differing = {name: value for name, value in now.items() if name not in _PLACE and getattr(card, name) != value}
    for name, value in differing.items():
        setattr(card, name, value)
    return bool(differing)


@action("services.remind_cards")
def remind_cards(*, day: date | None = None) -> int:
    """Of cards not answered in time: their community's keepers hear how many, and who holds a seat in the employer's party
    organisation gets the link. Every so many days as the rule says; how many cards were reminded of."""
    day, rule = day or today(), CardRule.objects.order_by("pk").first() or CardRule()
    late = Q(state=CardState.SENT, answer_by__lt=day)
    due = Q(reminded_on=None) | Q(reminded_on__lte=day - timedelta(days=rule.remind_every_days))
    cards = list(FeedbackCard.objects.filter(late, due).select_for_update(of=("self",)).order_by("pk"))
    for some in chunks([card.pk for card in cards]):
        FeedbackCard.objects.filter(pk__in=some).update(reminded=F("reminded") + 1, reminded_on=day)
    _tell_keepers(cards, late, day)
    _tell_units(cards, _("有反馈卡逾期未回执"), _("请打开链接确认在职党员在社区的表现。"), f"late-{day}")
    return len(cards)


def _tell_keepers(cards: Sequence[FeedbackCard], late: Q, day: date) -> None:
    communities = sorted({card.community_id for card in cards if card.community_id})
    keepers = {}
    for some in chunks(communities):
        keepers |= post_holders(some, Can.KEEP_CARDS)
    numbers: dict[int, int] = {}
    for community in FeedbackCard.objects.filter(late, community__isnull=False).values_list("community", flat=True):
        numbers[community] = numbers.get(community, 0) + 1
    for community in communities:
        notify(
            recipients=keepers.get(community, ()),
            subject=_("%d 张反馈卡逾期未回执") % numbers[community],
            body=_("请联系单位党组织，或撤回后重发。"),
            link=reverse("admin:services_feedbackcard_changelist") + "?todo=late",
            once_key=f"cards-late-{community}-{day}",
        )


def _tell_units(cards: Sequence[FeedbackCard], subject: str, body: str, key: str) -> None:
    """Who holds a seat in an employer's party organisation gets the link of each card: not one about themselves."""
    answering = who_answers({card.unit_id for card in cards if card.unit_id})
    told = [card for card in cards if card.unit_id in answering]
    own = dict(Member.objects.filter(pk__in={card.member_id for card in told}).values_list("pk", "person__user"))
    for card in told:
        notify(
            recipients=[user for user in answering[card.unit_id] if user.pk != own[card.member_id]],
            subject=subject,
            body=body,
            link=reverse("services:card_by_link", args=[CARD_LINK.token(card)]),
            once_key=f"card-{card.pk}-{card.link_key.hex[:8]}-{key}",
        )


# --- What the community does


@action("services.remark_card")
def remark_card(*, card: FeedbackCard, remark: str, by) -> FeedbackCard:
    """The community's words, instead of the suggestion; blank, the suggestion stands. By the keeper while it is a draft, by the
    approver once it is handed in. Raises CardRefused."""
    row = FeedbackCard.objects.select_for_update(of=("self",)).get(pk=card.pk)
    can = {CardState.DRAFT: Can.KEEP_CARDS, CardState.SUBMITTED: Can.APPROVE_SERVICES}.get(row.state)
    if can is None:
        raise CardRefused(_("该反馈卡已审批，不能再改评语；如需修改，请先退回。"))
    _check_hands([row], can, by)
    _check_not_own([row], by)
    row.remark = _text(remark, 500)
    row.save()
    return row


@action("services.move_cards")
def move_cards(*, cards: Sequence[FeedbackCard], move: str, by, reason: str = "", sent_by: str = "") -> int:
    """Move all of these cards, or none; how many. SEND says how. Raises CardRefused."""
    allowed, rows = CARD_MOVES[CardMove(move)], []
    for some in chunks(sorted({card.pk for card in cards})):
        rows += FeedbackCard.objects.filter(pk__in=some).select_for_update(of=("self",)).order_by("pk")
    _check_hands(rows, allowed.can, by)
    if stuck := sum(row.state not in allowed.states for row in rows):
        raise CardRefused(
            _("%(n)d 张反馈卡不能“%(move)s”，可能刚由他人处理，请刷新后重试。") % {"n": stuck, "move": CardMove(move).label}
        )
    if allowed.asks and not reason.strip():
        raise CardRefused(_("请填写原因。"))
    reason, names = _text(reason, 200), ()
    if act := _ACTS.get(CardMove(move)):
        names = act(rows, by, sent_by)
    for row in rows:
        row.state, row.reason = allowed.to, reason
    FeedbackCard.objects.bulk_update(rows, ["state", "reason", *names])
    if move == CardMove.SEND and sent_by == SentBy.LINK:
        _tell_units(rows, _("有反馈卡待回执"), _("请打开链接确认在职党员在社区的表现。"), "sent")
    return len(rows)


def _submit(rows: Sequence[FeedbackCard], by, sent_by: str) -> tuple[str, ...]:
    _follow_employers(rows)
    return ("unit",)


def _approve(rows: Sequence[FeedbackCard], by, sent_by: str) -> tuple[str, ...]:
    """Figures, employer and words are fixed with it."""
    _check_not_own(rows, by)
    _follow_employers(rows)
    if lacking := [row.member_id for row in rows if row.unit_id is None]:
        somebody = Member.objects.select_related("person").get(pk=lacking[0]).name
        words = {"name": somebody, "n": len(lacking)}
        raise CardRefused(_("%(name)s等 %(n)d 人没有登记工作单位，请先在党员页面填写工作单位，再审批。") % words)
    for row in rows:
        row.remark, row.approved_by, row.approved_at = row.words, by, timezone.now()
    return "unit", "remark", "approved_by", "approved_at"


def _return(rows: Sequence[FeedbackCard], by, sent_by: str) -> tuple[str, ...]:
    for row in rows:
        row.approved_by, row.approved_at = None, None
        row.remark = "" if row.remark == row.suggestion else row.remark
    return "remark", "approved_by", "approved_at"


def _send(rows: Sequence[FeedbackCard], by, sent_by: str) -> tuple[str, ...]:
    if sent_by not in SentBy.values:
        raise CardRefused(_("请选择发出方式：链接或纸质。"))
    rule = CardRule.objects.order_by("pk").first() or CardRule()
    for row in rows:
        row.sent_by, row.sent_at, row.answer_by = sent_by, timezone.now(), today() + timedelta(days=rule.answer_days)
    return "sent_by", "sent_at", "answer_by"


def _revoke(rows: Sequence[FeedbackCard], by, sent_by: str) -> tuple[str, ...]:
    """Links and codes that are out open nothing any more."""
    for row in rows:
        row.link_key, row.code = uuid.uuid4(), new_code()
        row.sent_by, row.sent_at, row.answer_by, row.reminded, row.reminded_on = "", None, None, 0, None
    return "link_key", "code", "sent_by", "sent_at", "answer_by", "reminded", "reminded_on"


_ACTS: dict[CardMove, Callable] = {
    CardMove.SUBMIT: _submit,
    CardMove.APPROVE: _approve,
    CardMove.RETURN: _return,
    CardMove.SEND: _send,
    CardMove.REVOKE: _revoke,
}


def _follow_employers(rows: Sequence[FeedbackCard]) -> None:
    """Who changed the employer since the draft was made, or had none on record then."""
    employers = {}
    for some in chunks([row.member_id for row in rows]):
        employers |= dict(Member.objects.filter(pk__in=some).values_list("pk", "employer"))
    for row in rows:
        row.unit_id = employers[row.member_id]


def _check_hands(rows: Sequence[FeedbackCard], can: Can, by) -> None:
    within = FeedbackCard.objects.filter(scope_of(by).q(can))
    if sum(within.filter(pk__in=some).count() for some in chunks([row.pk for row in rows])) != len(rows):
        raise CardRefused(_("只能办理本辖区的反馈卡，并须有相应权限。"))


def _check_not_own(rows: Sequence[FeedbackCard], by) -> None:
    own = set(Member.objects.own(by).values_list("pk", flat=True))
    if any(row.member_id in own for row in rows):
        raise CardRefused(_("本人的反馈卡由他人办理。"))


def _text(typed: str, longest: int) -> str:
    text = typed.strip()
    if len(text) > longest:
        raise CardRefused(_("文字最多 %(most)d 字，现有 %(n)d 字，请删减。") % {"most": longest, "n": len(text)})
    return text


# --- What the employer does


@action("services.answer_card")
def answer_card(*, card: FeedbackCard, answer: str, text: str = "", answerer: str = "", by=None) -> FeedbackCard:
    """The employer's answer, once: by whoever holds the link or the code (`by` None), or entered from paper by a keeper.

    Keepers and the member hear of it; who is not theirs any more is work for the office, no membership is changed.
    Raises CardRefused.
    """
    row = FeedbackCard.objects.select_for_update(of=("self",)).select_related("member__person__user").get(pk=card.pk)
    if by is not None:
        _check_hands([row], Can.KEEP_CARDS, by)
        _check_not_own([row], by)
    _check_open(row, card)
    if answer not in Answer.values:
        raise CardRefused(_("请选择回执内容。"))
    if answer == Answer.REMARKED and not text.strip():
        raise CardRefused(_("请填写意见。"))
    row.answer, row.answer_text, row.answerer = answer, _text(text, 500), _text(answerer, 60)
    row.state, row.answered_at = CardState.ANSWERED, timezone.now()
    row.save()
    _tell_of_answer(row)
    return row


def _check_open(row: FeedbackCard, card: FeedbackCard) -> None:
    """Whether it waits for an answer still, and for one by the link or code that `card` was found by."""
    if row.state == CardState.ANSWERED:
        words = {"day": _day(day_of(row.answered_at)), "answer": row.get_answer_display()}
        raise CardRefused(_("该反馈卡已于%(day)s回执（%(answer)s），不能重复回执；如需更正，请联系社区。") % words)
    if row.state != CardState.SENT or row.link_key != card.link_key:
        raise CardRefused(_("该反馈卡已由社区撤回，请向社区索取新的链接或查询码。"))


def _tell_of_answer(card: FeedbackCard) -> None:
    period, answer = Period.of_card(card).label, card.get_answer_display()
    work = _("请核实其工作单位。") if card.answer == Answer.NOT_OURS else _("请打开查看。")
    notify(
        recipients=post_holders([card.community_id], Can.KEEP_CARDS).get(card.community_id, ()),
        subject=_("反馈卡有单位回执：%s") % answer,
        body=_("%(period)s反馈卡。%(work)s") % {"period": period, "work": work},
        link=reverse("admin:services_feedbackcard_change", args=[card.pk]),
    )
    if user := card.member.person.user:
        notify(
            recipients=[user],
            subject=_("您的反馈卡有单位回执"),
            body=_("%(period)s反馈卡：%(answer)s。") % {"period": period, "answer": answer},
            link=reverse("services:my_card", args=[card.pk]),
        )


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
