"""The demo's feedback cards: last year's of the shown community, at every step from draft to answer."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from audit.operations import action
from gridparty.lib.dates import today
from grids.models import Area
from services.actions import answer_card, draft_cards, move_cards, remark_card
from services.choices import Answer, CardMove, CardState, SentBy
from services.models import FeedbackCard
from services.periods import Period

D = CardMove
SENT = (D.SUBMIT, D.APPROVE, D.SEND)
# One card after the other: how far it went, how it was sent, what came back.
STORIES = [
    ((), "", ""),
    (SENT, SentBy.LINK, Answer.CONFIRMED),
    ((D.SUBMIT,), "", ""),
    (SENT, SentBy.PAPER, ""),
    ((D.SUBMIT, D.APPROVE), "", ""),
    (SENT, SentBy.LINK, Answer.REMARKED),
    (SENT, SentBy.LINK, ""),
    ((D.DROP,), "", ""),
    (SENT, SentBy.PAPER, Answer.NOT_OURS),
]
REMARKS = ("工作之余热心参加社区夜巡，邻里反映好。", "", "发挥专业特长，为社区老人办了实事。")
OPINIONS = {Answer.REMARKED: "请社区多安排周末活动，便于在职党员参加。", Answer.NOT_OURS: "该同志已调往外地工作。"}


def cards_of_the_demo(community: Area, keeper: User, approver: User) -> int:
    """How many there are. Every other one that waits for an answer waits since long."""
    draft_cards(period=Period.before("year", today()))
    ours = (
        FeedbackCard.objects.filter(community=community).exclude(unit=None).exclude(member__person__user__in=[keeper, approver])
    )
    for n, card in enumerate(ours.order_by("-hours", "pk")):
        moves, sent_by, answer = STORIES[n % len(STORIES)]
        if n % len(REMARKS) != 1:
            remark_card(card=card, remark=REMARKS[n % len(REMARKS)], by=keeper)
        for move in moves:
            by = approver if move == D.APPROVE else keeper
            move_cards(cards=[card], move=move, by=by, reason="新近迁入，本期不反馈" if move == D.DROP else "", sent_by=sent_by)
        if answer:
            card.refresh_from_db()
            answer_card(card=card, answer=answer, text=OPINIONS.get(answer, ""), answerer="单位党办")
    _long_ago(ours)
    return FeedbackCard.objects.count()


@action("services.demo_cards_past")
def _long_ago(cards) -> None:
    """Some were sent weeks ago, and the day named is over."""
    rows = list(cards.filter(state__in=[CardState.SENT, CardState.ANSWERED]).order_by("pk"))[::2]
    for card in rows:
        card.sent_at = timezone.now() - timedelta(days=40)
        card.answer_by = today() - timedelta(days=10)
        if card.answered_at:
            card.answered_at = timezone.now() - timedelta(days=20)
        else:
            card.reminded, card.reminded_on = 2, today() - timedelta(days=2)
    FeedbackCard.objects.bulk_update(rows, ["sent_at", "answer_by", "answered_at", "reminded", "reminded_on"])
