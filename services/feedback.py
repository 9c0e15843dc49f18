"""Feedback cards, read: what members did in a period, the remark that follows from it, and where links and codes lead."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from gridparty.lib.codes import address, code_of
from gridparty.lib.links import SignedLink
from grids.queries import chunks
from members.choices import EntryState
from members.models import PointEntry, Seat
from services.choices import SERVED, SHOWN
from services.models import Claim, FeedbackCard, ServiceHours, SignUp
from services.periods import Period

# --- What was done


class Figures(NamedTuple):
    """What one member did in a period, as it stands on the card."""

    posts: int = 0
    hours: Decimal = Decimal(0)
    activities: int = 0
    entries: int = 0
    points: Decimal = Decimal(0)


def figures_of(period: Period) -> dict[int, Figures]:
    """{member: what they did}, of all who did anything: posts served, hours confirmed, activities attended, points. Four queries.

    Points that were taken back are no entry any more.
    """
    found: dict[int, dict] = defaultdict(dict)
    for names, rows in _counted(period):
        for member, *values in rows:
            found[member].update(zip(names, values, strict=True))
    return {member: Figures(**counted) for member, counted in found.items()}


def _counted(period: Period) -> Iterator[tuple[tuple[str, ...], QuerySet]]:
    """(names of figures, rows of a member and those figures), grouped by the database."""
    days = (period.first, period.last)
    held = Claim.objects.filter(Q(ended_on=None) | Q(ended_on__gte=period.first), started_on__lte=period.last)
    held = held.filter(state__in=sorted(SERVED)).order_by()
    yield ("posts",), held.values_list("member").annotate(Count("post", distinct=True))
    hours = ServiceHours.objects.confirmed().filter(on__range=days).order_by()
    yield ("hours",), hours.values_list("member").annotate(Sum("hours"))
    came = SignUp.objects.exclude(attended="").filter(activity__on__range=days).order_by()
    yield ("activities",), came.values_list("member").annotate(Count("pk"))
    # The year finds the balances by their index. A reversal stands on the day of what it reverses.
    scored = PointEntry.objects.filter(balance__year=period.first.year, on__range=days, state=EntryState.APPROVED).order_by()
    lines = Count("pk") - 2 * Count("reverses")
    yield ("entries", "points"), scored.values_list("balance__member").annotate(lines=lines, sum=Sum("points"))


def suggestion_of(figures: Figures) -> str:
    """The remark as the figures alone would have it; people edit it."""
    done = [
        (figures.posts, _("承担服务岗位 %s 个")),
        (figures.activities, _("参加活动 %s 次")),
        (figures.hours, _("累计服务 %s 小时")),
    ]
    served = [words % plain(number) for number, words in done if number]
    sentences = [_("本期在社区%s。") % "，".join(served)] if served else []
    if figures.entries:
        words = _("社区党员积分记 %(entries)d 项，合计 %(points)s 分。")
        sentences.append(words % {"entries": figures.entries, "points": plain(figures.points)})
    return "".join(sentences) or _("本期在社区暂无服务记录。")


def plain(number) -> str:
    """12, 12.5: without what follows the point for nothing."""
    return f"{Decimal(number).normalize():f}"


# --- Links and codes

CARD_LINK = SignedLink("services.card", days=90, key="link_key")
_ON_PAGE = ("member__person", "community", "unit")


def link_of(card: FeedbackCard) -> str:
    """In full, as it is sent."""
    return address("services:card_by_link", CARD_LINK.token(card))


def card_by_link(token: str) -> FeedbackCard | None:
    """The card a link opens: sent, and not revoked since. One query at most."""
    return CARD_LINK.row(token, _shown())


def card_by_code(typed: str) -> FeedbackCard | None:
    """The card a code on paper opens, however it was typed. One query."""
    return _shown().filter(code=code_of(typed)).first()


def _shown() -> QuerySet[FeedbackCard]:
    unread = ("member__phone", "member__person__phone", "member__person__id_number", "unit__contact_phone")
    return FeedbackCard.objects.filter(state__in=sorted(SHOWN)).select_related(*_ON_PAGE).defer(*unread)


def who_answers(units: Iterable[int]) -> dict[int, list[User]]:
    """{unit: the users who hold a seat in its party organisation}. One query for many units."""
    found: dict[int, dict[int, User]] = defaultdict(dict)
    held = Seat.objects.in_force().filter(organisation__closed_on=None, person__user__is_active=True)
    for some in chunks(sorted(units)):
        for seat in held.filter(organisation__unit__in=some).select_related("organisation", "person__user").order_by("pk"):
            found[seat.organisation.unit_id][seat.person.user_id] = seat.person.user
    return {unit: list(users.values()) for unit, users in found.items()}
