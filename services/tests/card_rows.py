"""Feedback cards as they stand in the table, and who opens their pages."""

from datetime import date, timedelta
from decimal import Decimal

from django.test import Client
from django.utils import timezone

from gridparty.lib.codes import new_code
from gridparty.lib.dates import today
from grids.actions import place
from services.choices import CardState
from services.models import FeedbackCard

FIGURES = {"posts": 2, "hours": Decimal("12.5"), "activities": 3, "entries": 4, "points": Decimal("16")}
LAST_YEAR = today().year - 1


def card_of(member, *, state: str = CardState.SENT, area=None, **values) -> FeedbackCard:
    """Of last year, as far as `state` says: approved with its words, sent by a link, answered."""
    given = of_year(LAST_YEAR) | FIGURES | {"unit": member.employer, "code": new_code()}
    given |= {"suggestion": "本期在社区承担服务岗位 2 个。", "remark": "热心邻里，认真负责。", "state": state}
    if state in (CardState.SENT, CardState.ANSWERED):
        given |= {"sent_by": "link", "sent_at": timezone.now(), "answer_by": today() + timedelta(days=30)}
    if state == CardState.ANSWERED:
        given |= {"answer": "confirmed", "answered_at": timezone.now()}
    row = FeedbackCard(member=member, **given | values)
    place(row=row, area=area or member.area)
    row.save()
    return row


def of_year(year: int) -> dict:
    return {"from_on": date(year, 1, 1), "until_on": date(year, 12, 31)}


def state_of(*cards) -> list[str]:
    return [FeedbackCard.objects.get(pk=card.pk).state for card in cards]


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words_of(answer) -> str:
    return answer.content.decode()
