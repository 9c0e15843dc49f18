"""The part of bench.cards that runs on a database: fill a district with service, draft everybody's card, print them."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice

import typst
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from bench import ground, scoring
from gridparty.lib import bulk
from gridparty.lib.dates import today
from gridparty.lib.pdf import _fonts
from grids.models import LEVELS
from members.actions import NewUnit, enter_units
from members.models import ManagementMode, Member, Unit
from services.actions import draft_cards
from services.feedback import figures_of
from services.models import Activity, Claim, FeedbackCard, PostKind, ServiceHours, ServicePost, SignUp
from services.papers import sheet_of, unit_pdf
from services.periods import Period

EMPLOYERS, POSTS, ACTIVITIES = 750, 500, 600
HOURS, SIGN_UPS = 10, 4  # for each member
YEAR = Period.holding("year", today())
DAYS = (today() - YEAR.first).days + 1
TIMES = {"begins": "09:00", "ends": "11:00"}

# --- Filling


def fill(members: str, entries: str) -> str:
    """So many members in service, each with a post, hours, activities and points of this year."""
    scoring.fill(members, entries)
    with transaction.atomic():
        _employ()
        _serve()
    scoring._analyze()
    counts = (Member, Claim, ServiceHours, SignUp)
    return (
        ", ".join(f"{model.objects.count():,} {model._meta.model_name}" for model in counts) + f", {entries} lines of points each"
    )


def _employ() -> None:
    enter_units(units=[NewUnit(name=f"第{n}学校", kind="institution") for n in range(EMPLOYERS)], by=None)
    first = Unit.objects.order_by("pk").values_list("pk", flat=True)[0]
    mode = ManagementMode.objects.filter(feeds_back=True).first()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE members_member SET mode_id = %s, employer_id = %s + id %% %s", [mode.pk, first, EMPLOYERS])


def _serve() -> None:
    columns = ("pk", "area_id", *(f"{level}_id" for level in LEVELS))
    members = [dict(zip(columns, row, strict=True)) for row in Member.objects.order_by("pk").values_list(*columns)]
    kind = PostKind.objects.first().pk
    terms = {"starts_on": YEAR.first, "ends_on": YEAR.last, "kind_id": kind, "state": "published", "places": 5000}
    posts = _made(ServicePost, (_placed(one) | terms | {"title": "巡逻", "duties": "巡逻"} for one in members[:POSTS]))
    happened = _placed(members[0]) | TIMES | {"title": "清扫", "spot": "楼前", "state": "held"}
    activities = _made(Activity, (happened | {"on": _day(n)} for n in range(ACTIVITIES)))
    claims = ({"post_id": posts[n % POSTS], "state": "serving", "started_on": YEAR.first} for n in range(len(members)))
    _made(Claim, ({"member_id": one["pk"]} | claim for one, claim in zip(members, claims, strict=True)))
    served = TIMES | {"hours": 2, "state": "confirmed"}
    _made(ServiceHours, (_placed(one) | served | {"member_id": one["pk"], "on": day} for one, day in _times(members, HOURS)))
    came = {"state": "signed", "attended": "tick"}
    signs = ((n, one, k) for n, one in enumerate(members) for k in range(SIGN_UPS))
    _made(SignUp, ({"activity_id": activities[(n * 7 + k) % ACTIVITIES], "member_id": one["pk"]} | came for n, one, k in signs))


def _made(model: type[Model], rows: Iterator[dict]) -> list[int]:
    """Inserted without the log; their keys."""
    made = bulk.new_objects(model, rows)
    bulk.insert_objects(made)
    return [row.pk for row in made]


def _placed(member: dict) -> dict:
    return {name: value for name, value in member.items() if name != "pk"}


def _times(members: list[dict], each: int) -> Iterator[tuple[dict, date]]:
    return ((one, _day(one["pk"] * 11 + n * 17)) for one in members for n in range(each))


def _day(n: int) -> date:
    return YEAR.first + timedelta(days=n % DAYS)


# --- Figures

ONE_STATEMENT = """
SELECT m.id, COALESCE(c.n, 0), COALESCE(h.n, 0), COALESCE(a.n, 0), COALESCE(p.n, 0), COALESCE(p.s, 0)
FROM members_member m
LEFT JOIN (SELECT member_id, COUNT(DISTINCT post_id) n FROM services_claim WHERE state IN ('serving', 'ended')
    AND started_on <= %(last)s AND (ended_on IS NULL OR ended_on >= %(first)s) GROUP BY member_id) c ON c.member_id = m.id
LEFT JOIN (SELECT member_id, SUM(hours) n FROM services_servicehours WHERE state = 'confirmed'
    AND "on" BETWEEN %(first)s AND %(last)s GROUP BY member_id) h ON h.member_id = m.id
LEFT JOIN (SELECT s.member_id, COUNT(*) n FROM services_signup s JOIN services_activity v ON v.id = s.activity_id
    WHERE s.attended <> '' AND v."on" BETWEEN %(first)s AND %(last)s GROUP BY s.member_id) a ON a.member_id = m.id
LEFT JOIN (SELECT b.member_id, COUNT(*) - 2 * COUNT(e.reverses_id) n, SUM(e.points) s FROM members_pointentry e
    JOIN members_pointbalance b ON b.id = e.balance_id WHERE b.year = %(year)s AND e.state = 'approved'
    AND e."on" BETWEEN %(first)s AND %(last)s GROUP BY b.member_id) p ON p.member_id = m.id
JOIN members_managementmode g ON g.id = m.mode_id AND g.feeds_back
WHERE m.area_id IS NOT NULL AND m.state IN ('active', 'floating', 'lost', 'transferring')"""


def data() -> str:
    """The figures of everybody: as the product finds them and by one statement; then the cards themselves."""
    one, _n = scoring._quickest(_one_statement, 3)
    ours, queries = scoring._quickest(lambda: figures_of(YEAR), 3)
    rows = [
        ("one statement", 1, f"{one / 1000:.2f}", "1.0"),
        ("ours: figures", queries, f"{ours / 1000:.2f}", f"{ours / one:.1f}"),
    ]
    rows.append(_drafted("ours: drafted, with the log", one))
    rows.append(_drafted("again, nothing changed", one))
    with transaction.atomic():
        QuerySet(FeedbackCard).update(hours=0)
    rows.append(_drafted("again, every figure changed", one))
    cards = FeedbackCard.objects.count()
    title = f"A year of {cards:,} cards{scoring._memory()} (goal: figures ÷ one statement ≤ 4)"
    return ground.table(title, ("what", "queries", "s", "÷ one statement"), rows)


def _drafted(name: str, one: float) -> tuple:
    took = scoring._measured(lambda: draft_cards(period=YEAR))
    return name, took.queries, f"{took.seconds:.2f}", f"{took.seconds * 1000 / one:.1f}"


def _one_statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute(ONE_STATEMENT, {"first": YEAR.first, "last": YEAR.last, "year": YEAR.first.year})
        cursor.fetchall()


# --- Print


def printing() -> str:
    """One card, one employer after the other, a thousand in one file: from the row to the PDF, beside typst with data at hand.

    Each is of cards nobody printed before, for typst remembers what it has set.
    """
    QuerySet(FeedbackCard).update(state="approved")
    units = iter(Unit.objects.order_by("-pk"))
    of_unit = [(unit, list(FeedbackCard.objects.filter(unit=unit))) for unit in islice(units, 160)]
    piles = [of_unit[n::4] for n in range(4)]
    school, rest = of_unit[0][0], FeedbackCard.objects.exclude(unit__in=[unit for unit, _cards in of_unit]).order_by("pk")
    keys = list(rest.values_list("pk", flat=True))
    QuerySet(FeedbackCard).filter(pk__in=keys).update(unit=school)
    rest = list(FeedbackCard.objects.filter(pk__in=keys).order_by("pk"))
    thousands = [[(school, rest[start : start + 1000])] for start in range(20, min(len(rest), 6020), 1000)]
    rows = [
        _printed("one card", [[(school, [card])] for card in rest[:20]]),
        _printed("40 employers, a file each", piles),
        _printed("a thousand in one file", thousands),
    ]
    title = f"Print{scoring._memory()} (goal: ÷ bare typst ≤ 2)"
    return ground.table(title, ("what", "cards", "cpu s", "ms a card", "bare typst cpu s", "÷ bare typst"), rows)


def _printed(name: str, piles: list[list[tuple[Unit, list[FeedbackCard]]]]) -> tuple:
    """Ours and bare typst in turn, that a busy machine disturbs both; the middle of each."""
    by, ours, bare = scoring._official(), [], []
    for mine, theirs in zip(piles[::2], piles[1::2], strict=True):
        ours.append(_seconds(lambda mine=mine: [unit_pdf(unit, cards, by=by) for unit, cards in mine]))
        sheets = [json.dumps(sheet_of(cards, by), ensure_ascii=False) for _unit, cards in theirs]
        bare.append(_seconds(lambda sheets=sheets: [_bare(sheet) for sheet in sheets]))
    number, took, limit = sum(len(cards) for _unit, cards in piles[0]), statistics.median(ours), statistics.median(bare)
    return name, number, f"{took:.3f}", f"{took * 1000 / number:.2f}", f"{limit:.3f}", f"{took / limit:.2f}"


def _seconds(work: Callable) -> float:
    """Of the processor: both ways keep it busy all the time."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _bare(sheet: str) -> bytes:
    folder = settings.BASE_DIR / "templates" / "print"
    return typst.compile(folder / "feedback_card.typ", root=folder, font_paths=_fonts(()), sys_inputs={"data": sheet})
