"""Feedback cards in lists and in words: what waits for whom, which a move can take, what a card tells."""

from datetime import date

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from gridparty.lib.limits import Limit
from services.choices import CARD_MOVES, Answer, CardMove, CardState, PeriodKind
from services.feedback import plain
from services.models import CardRule, FeedbackCard
from services.papers import PRINTED
from services.periods import Period

# An office puts many people behind one address.
WRONG_CODES = Limit("card_code", "30/h/ip")
PERIODS = 6  # to choose from

OPEN = frozenset({CardState.DRAFT, CardState.SUBMITTED})
_SEALED = ("member__phone", "member__person__phone", "member__person__id_number", "unit__contact_phone")


def with_names(rows: QuerySet[FeedbackCard]) -> QuerySet[FeedbackCard]:
    """With all that a line of a list tells; nobody's numbers are opened for it."""
    return rows.select_related("member__person", "member__organisation", "unit", "area", "community").defer(*_SEALED)


def to_do(rows, user) -> dict[str, QuerySet[FeedbackCard]]:
    """What waits, of `rows` that are visible: the desk's first page and the filter of the list ask the same."""
    ours = rows.editable_by(user)
    return {
        "remark": ours.filter(state=CardState.DRAFT),
        "approve": rows.to_approve(user).exclude(member__person__user=user),
        "send": ours.filter(state=CardState.APPROVED),
        "sent": rows.unanswered(),
        "late": rows.late(),
        "left": not_ours_any_more(rows),
        "no_unit": ours.filter(unit=None, member__employer=None, state__in=sorted(OPEN)),
    }


def not_ours_any_more(rows):
    """Those whom the employer does not know any more, until the roll names another employer."""
    answered = rows.filter(state=CardState.ANSWERED, answer=Answer.NOT_OURS)
    return answered.filter(member__employer=F("unit"))


def movable(rows, move: CardMove, user):
    """Those of `rows` that `user` may move like this now. Who has no employer on record is not approved, nor are one's own."""
    rule = CARD_MOVES[move]
    found = rows.filter(scope_of(user).q(rule.can), state__in=sorted(rule.states))
    if move == CardMove.APPROVE:
        return found.exclude(Q(member__employer=None) | Q(member__person__user=user))
    return found


def may_remark(card: FeedbackCard, user) -> bool:
    """The remark is the keeper's while it is a draft, and the approver's once it is handed in; never one's own."""
    can = {CardState.DRAFT: Can.KEEP_CARDS, CardState.SUBMITTED: Can.APPROVE_SERVICES}.get(card.state)
    return can is not None and scope_of(user).covers(can, card.area) and card.member.person.user_id != user.pk


def by_unit(rows, period: Period):
    """{unit, its name, how many cards …} of the employers cards of a period are for, by name."""
    asked = rows.filter(from_on=period.first, until_on=period.last).exclude(unit=None).exclude(state=CardState.DROPPED)
    late = Q(state=CardState.SENT, answer_by__lt=today())
    numbers = {"printable": Q(state__in=sorted(PRINTED)), "waiting": Q(state=CardState.SENT), "late": late}
    numbers["answered"] = Q(state=CardState.ANSWERED)
    counted = {name: Count("pk", filter=condition) for name, condition in numbers.items()}
    return asked.order_by().values("unit", "unit__name").annotate(cards=Count("pk"), **counted).order_by("unit__name", "unit")


# --- In words


def figures_in_words(card: FeedbackCard) -> list[tuple[str, str]]:
    """What was done in the period, each with its unit."""
    return [
        (_("服务岗位"), _("%(n)d 个") % {"n": card.posts}),
        (_("服务时长"), _("%(n)s 小时") % {"n": plain(card.hours)}),
        (_("参加活动"), _("%(n)d 次") % {"n": card.activities}),
        (_("积分事项"), _("%(n)d 项") % {"n": card.entries}),
        (_("积分"), _("%(n)s 分") % {"n": plain(card.points)}),
    ]


def period_of(card: FeedbackCard) -> str:
    return Period.of_card(card).label


def past_periods(day: date | None = None) -> list[Period]:
    """The last ones that are over, of the kind cards are sent by, the latest first."""
    rule = CardRule.objects.first()
    kind, found = rule.period if rule else PeriodKind.YEAR, []
    before = day or today()
    for _n in range(PERIODS):
        found.append(Period.before(kind, before))
        before = found[-1].first
    return found


def cards_of(user) -> list[tuple[FeedbackCard, str]]:
    """What the own employer was told: (card, period), the latest first. One query."""
    rows = FeedbackCard.objects.own(user).order_by("-from_on", "-pk")
    return [(card, period_of(card)) for card in rows]
