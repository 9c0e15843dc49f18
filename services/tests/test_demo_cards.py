"""The demo's cards: something at every step, and none that could not have come about."""

import pytest

from members.actions import NewMember, enrol_many
from members.tests.conftest import typed
from services.choices import Answer, CardState, SentBy
from services.demo_cards import STORIES, cards_of_the_demo
from services.feedback import card_by_code
from services.models import FeedbackCard


@pytest.fixture
def shown(served):
    """Two rounds of stories: members in service who live in 桃园, and one without an employer."""
    lives = [typed(f"王小{n}", 20 + n, area=served.areas.building1) for n in range(2 * len(STORIES))]
    working, school = served.parties.classes["在职党员"], served.school
    enrol_many(members=[NewMember(served.parties.branch1, working, typed=one, employer=school) for one in lives], by=None)
    enrol_many(
        members=[NewMember(served.parties.branch1, working, typed=typed("李无", 90, area=served.areas.building1))], by=None
    )
    assert cards_of_the_demo(served.areas.taoyuan, served.clerk, served.secretary) == 2 * len(STORIES) + 2
    return served


def test_there_is_something_of_everything(shown):
    cards = FeedbackCard.objects.all()
    assert {card.state for card in cards} == set(CardState)
    assert {card.answer for card in cards} == {"", *Answer}
    assert {card.sent_by for card in cards} == {"", *SentBy}
    assert 0 < cards.late().count() < cards.unanswered().count()
    assert cards.get(unit=None).state == "draft"


def test_what_is_out_can_be_opened(shown):
    for card in FeedbackCard.objects.filter(state__in=["sent", "answered"]):
        assert card_by_code(card.code) == card
        assert card.remark
        assert card.approved_by == shown.secretary
