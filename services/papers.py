"""Feedback cards on paper: what goes to the employer, and the slip on which it may answer."""

import re
from collections.abc import Iterable
from datetime import date

import segno
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext as _

from gridparty.lib import pdf
from gridparty.lib.codes import address, spelt
from gridparty.lib.dates import CHINA, day_of
from grids.queries import chunks
from members.models import PartyOrganisation
from services.choices import Answer, CardState
from services.errors import CardRefused
from services.feedback import plain
from services.models import FeedbackCard
from services.periods import Period

PRINTED = frozenset({CardState.APPROVED, CardState.SENT, CardState.ANSWERED})
_DARK = re.compile(rb"\x01+")
MASK = 2  # any of the eight can be read; trying all of them takes longer than the whole page
_NEEDED = (
    *("from_on", "until_on", "posts", "hours", "activities", "entries", "points", "suggestion", "remark", "state", "code"),
    *("sent_at", "answer_by", "answer", "answer_text", "answerer", "answered_at"),
    *("member__known_as", "member__person__name", "community__full_name", "area__full_name", "unit__name"),
)


def card_pdf(card: FeedbackCard, *, by) -> bytes:
    """One card, A4. Raises CardRefused for one that is not approved."""
    return _print([card], by)


def unit_pdf(unit, cards: Iterable[FeedbackCard], *, by) -> bytes:
    """All of these cards that are for one employer, a page each. Raises CardRefused where one is not approved, or none."""
    return _print([card for card in cards if card.unit_id == unit.pk], by)


def _print(cards: list[FeedbackCard], by) -> bytes:
    if not cards or any(card.state not in PRINTED for card in cards):
        raise CardRefused(_("审批通过的反馈卡才能打印，请先审批。"))
    return pdf.render("feedback_card.typ", sheet_of(cards, by))


def sheet_of(cards: list[FeedbackCard], by) -> dict:
    """What the template reads. Two queries."""
    printed_at = f"{timezone.now().astimezone(CHINA):%Y-%m-%d %H:%M}"
    return {"printed_by": by.name, "printed_at": printed_at, "cards": _on_paper(cards)}


def _on_paper(cards: list[FeedbackCard]) -> list[dict]:
    """What is printed of each: nothing of where they live, no number but the code."""
    rows = []
    for some in chunks([card.pk for card in cards]):
        rows += (
            FeedbackCard.objects.filter(pk__in=some).select_related("member__person", "community", "area", "unit").only(*_NEEDED)
        )
    rows.sort(key=lambda row: (row.community_id or 0, row.pk))
    organisations = _organisations({row.community_id for row in rows})
    site = {"track": address("services:card_by_code")}
    return [site | _card(row, organisations.get(row.community_id)) | {"qr": _qr(row.code)} for row in rows]


def _qr(code: str) -> str:
    """As an SVG, in a fifth of the usual time: there may be thousands."""
    signs = segno.make(address("services:card_of_code", code), error="m", micro=False, mask=MASK, boost_error=False).matrix
    size = len(signs)
    bars = []
    for dark in _DARK.finditer(b"\0".join(map(bytes, signs))):
        start, end = dark.span()
        bars.append(f"M{start % (size + 1)} {start // (size + 1)}.5h{end - start}")
    path = f'<path stroke="#000" d="{"".join(bars)}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">{path}</svg>'


def _organisations(communities: set) -> dict[int, str]:
    """{community: the full name of the party organisation that stands on it}: the highest where there are several."""
    rows = PartyOrganisation.objects.open().filter(area__in=communities - {None}, unit=None)
    return dict(rows.order_by(Length("path").desc(), "-pk").values_list("area", "full_name"))


def _card(row: FeedbackCard, organisation: str | None) -> dict:
    """Days are spelt for people; an answer that came is printed, too."""
    office = row.community.full_name if row.community else row.area.full_name
    return {
        "office": organisation or office,
        "period": Period.of_card(row).label,
        "unit": row.unit.name,
        "name": row.member.name,
        "posts": str(row.posts),
        "hours": plain(row.hours),
        "activities": str(row.activities),
        "entries": str(row.entries),
        "points": plain(row.points),
        "remark": _in_one(row.words),
        "day": _day(day_of(row.sent_at or timezone.now())),
        "answer_by": _day(row.answer_by) if row.answer_by else "",
        "code": spelt(row.code),
        "answers": [[str(label), row.answer == value] for value, label in Answer.choices],
        "answer_text": _in_one(row.answer_text),
        "answerer": row.answerer,
        "answered": _day(day_of(row.answered_at)) if row.answered_at else "",
    }


def _in_one(text: str) -> str:
    """Without its lines, of which there might be hundreds: the card is one page."""
    return " ".join(text.split())


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
