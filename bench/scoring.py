"""The part of bench.points that runs on a database: fill a district with points, and measure what is done with them."""

import multiprocessing
import random
import resource
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection, connections, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from bench import ground
from gridparty.lib import bulk
from gridparty.lib.dates import today
from grids.models import Area
from members.actions import NewEntry, draft_scheme, post_points, publish_scheme, rebuild_points
from members.actions.balances import locked, settle
from members.models import Member, MemberClass, PartyOrganisation, PointBalance, PointEntry, PointItem, PointScheme
from members.points import board
from people.models import Person

YEAR = today().year
BIG_STREET = 2_950  # members of the first street
WRITERS, EACH, MEMBERS = 4, 100, 200
SHOWN = 20


# --- Filling


def fill(members: str, entries: str) -> str:
    """So many members by COPY, a scheme published for them, so many entries each, and all of it counted."""
    with transaction.atomic():
        _people(int(members))
    district = Area.objects.get(kind="district")
    example = PointScheme.objects.get(name="党员积分百分制", area=None)
    draft = draft_scheme(source=example, area=district, year=YEAR, by=_official())
    published = _measured(lambda: publish_scheme(scheme=draft, by=_official()))
    with transaction.atomic():
        bulk.insert_rows(PointEntry, COLUMNS, _lines(int(entries)))
    _analyze()
    counted = _measured(lambda: rebuild_points(by=None, write=True))
    _analyze()
    told = f"{Member.objects.count():,} members, {PointEntry.objects.count():,} entries"
    return f"{told}; first scheme published: {published}; all balances counted: {counted}"


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _official() -> User:
    return User.objects.get(username="quji")


def _people(many: int) -> None:
    branches = list(PartyOrganisation.objects.filter(kind="branch").select_related("area").order_by("area__code"))
    first = [one for one in branches if one.street_id == branches[0].street_id]
    others = [one for one in branches if one.street_id != branches[0].street_id]
    homes = [first[n % len(first)] if n < BIG_STREET else others[n % len(others)] for n in range(many)]
    levels = ("district_id", "street_id", "community_id", "grid_id", "area_id")

    def place(of: PartyOrganisation) -> tuple:
        return of.district_id, of.street_id, of.community_id, of.grid_id, of.area_id

    people = bulk.reserve_ids(Person, many)
    blank = {field.column: field.get_default() for field in Person._meta.concrete_fields if not field.primary_key}
    blank = {name: value for name, value in blank.items() if name not in (*levels, "name") and value is not None}
    rows = ((pk, *place(home), f"党员{n}", *blank.values()) for n, (pk, home) in enumerate(zip(people, homes, strict=True)))
    bulk.insert_rows(Person, ("id", *levels, "name", *blank), rows)
    one = MemberClass.objects.filter(name="普通党员").first()
    keys = bulk.reserve_ids(Member, many)
    fixed = {"standing": "full", "state": "active", "member_class_id": one.pk, "mode_id": one.mode_id}
    fixed |= {"known_as": "", "phone": "", "phone_tail": ""}
    rows = ((key, *place(home), who, home.pk, *fixed.values()) for key, who, home in zip(keys, people, homes, strict=True))
    bulk.insert_rows(Member, ("id", *levels, "person_id", "organisation_id", *fixed), rows)


TEXTS = ("note", "photo", "reason", "appeal", "appeal_text", "appeal_answer")
COLUMNS = ("balance_id", "item_id", "on", "quantity", "factor", "points", "source", "state", "proposed_at", "decided_at", *TEXTS)


def _lines(each: int, source: str = "bench") -> Iterator[tuple]:
    items = list(PointItem.objects.filter(category__scheme__state="in_force", points__gt=0).order_by("code"))
    length = max(1, (today() - date(YEAR, 1, 1)).days + 1)
    now = str(timezone.now())
    for balance in PointBalance.objects.order_by("pk").values_list("pk", flat=True):
        for n in range(each):
            item, on = items[(balance + n) % len(items)], date(YEAR, 1, 1) + timedelta(days=(balance * 7 + n * 11) % length)
            points = str(item.points)
            yield balance, item.pk, str(on), "1", "1", points, f"{source}:{n}", "approved", now, now, *([""] * len(TEXTS))


# --- Boards


def boards() -> str:
    """The first twenty of each place: as the product does it, counted on the fly, and the same rows by raw SQL."""
    rows = []
    unread = ("member__phone", "member__person__phone", "member__person__id_number")
    for name, kept in _places():
        taking_part = kept.filter(year=YEAR, ranked=True)
        ours = board(kept, YEAR).select_related("member__person").defer(*unread)[:SHOWN]
        ms, queries = _quickest(lambda rows=ours: list(rows.all()), 40)
        sql, params = ours.query.sql_with_params()
        raw, _one = _quickest(lambda sql=sql, params=params: _raw(sql, params), 40)
        entries = PointEntry.objects.filter(balance__in=taking_part.values("pk"), state="approved").values("balance")
        sums = entries.annotate(total=Sum("points")).order_by("-total", "balance")[:SHOWN]
        fly, _one = _quickest(lambda rows=sums: list(rows.all()), 3)
        figures = (f"{ms:.2f}", f"{raw:.2f}", f"{fly:.0f}", f"{fly / ms:.0f}", f"{fly / raw:.0f}", f"{ms / raw:.1f}")
        rows.append((name, f"{taking_part.count():,}", queries, *figures))
    heading = ("board of 20", "members", "queries", "ms", "its SQL", "on the fly", "÷ ours", "÷ its SQL", "ours ÷ its SQL")
    title = "Boards through visible_to of a district official; summed on the fly, without caps (goal: ÷ ours ≥ 100)"
    return ground.table(f"{title}{_memory()}", heading, rows)


def _places() -> Iterator[tuple[str, QuerySet]]:
    seen = PointBalance.objects.visible_to(_official())
    branch = PartyOrganisation.objects.filter(kind="branch").select_related("area__parent__parent").order_by("area__code").first()
    yield "organisation", seen.filter(organisation=branch)
    community = branch.area.parent
    for name, area in (("community", community), ("street", community.parent), ("district", community.parent.parent)):
        yield name, seen.within(Area.objects.get(pk=area.pk))


def _raw(sql: str, params) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.fetchall()


# --- Posting by four at once

ONE_STATEMENT = """WITH line AS (
    INSERT INTO members_pointentry (balance_id, item_id, "on", quantity, factor, points, source, state, proposed_at, note, photo,
        reason, appeal, appeal_text, appeal_answer)
    VALUES (%s, %s, %s, 1, 1, %s, %s, 'approved', now(), '', '', '', '', '', '') RETURNING balance_id, points)
UPDATE members_pointbalance AS kept SET earned = earned + line.points, counted = counted + line.points,
    total = total + line.points
FROM line WHERE kept.id = line.balance_id"""


def posting() -> str:
    """One entry a call, four writers, two hundred members. What is lost: points of entries that no balance has."""
    balances = list(PointBalance.objects.filter(year=YEAR).order_by("pk").values_list("pk", "member")[:MEMBERS])
    item = PointItem.objects.filter(category__scheme__state="in_force", code="B1").get()
    ways = {
        "read, add, write": _read_modify_write,
        "select_for_update, add, write": _held_modify_write,
        "post_points: rights, rules, caps, log": _post,
    }
    if connection.vendor == "postgresql":
        ways = {"limit: one CTE statement, nothing checked": _one_statement} | ways
    found = {way: _race(way, act, balances, item) for way, act in ways.items()}
    limit = next(iter(found.values()))[0]
    heading = ("way", "entries/s", "÷ the first", "points lost", "errors")
    rows = [(way, f"{rate:,.0f}", f"{rate / limit:.0%}", lost, errors) for way, (rate, lost, errors) in found.items()]
    title = f"Posting: {WRITERS} writers × {EACH} entries to {MEMBERS} members (goal: ours ≥ 45 % of the limit, 0 lost)"
    return ground.table(title, heading, rows) + f"\n  {_one_call(item)}{_memory()}"


def _race(way: str, act: Callable, balances: list, item: PointItem) -> tuple[float, str, int]:
    before = _lost()
    connections.close_all()
    context = multiprocessing.get_context("fork")
    start, errors = context.Barrier(WRITERS + 1), context.Queue()
    args = [(act, n, balances, item, start, errors, f"{way[:8]}{n}") for n in range(WRITERS)]
    writers = [context.Process(target=_write, args=one) for one in args]
    for writer in writers:
        writer.start()
    start.wait()
    begun = time.perf_counter()
    failed = sum(errors.get() for _writer in writers)
    seconds = time.perf_counter() - begun
    for writer in writers:
        writer.join()
    lost = str(_lost() - before)
    with transaction.atomic():  # the next way begins with what the ledger says
        settle(locked(Q(pk__in=[pk for pk, _member in balances])))
    return (WRITERS * EACH - failed) / seconds, lost, failed


def _write(act: Callable, number: int, balances: list, item: PointItem, start, errors, source: str) -> None:
    by, failed = _official(), 0
    by.scope  # noqa: B018 - as a request has it
    members = {member.pk: member for member in Member.objects.filter(pk__in=[one for _pk, one in balances])}
    draw = random.Random(number)
    start.wait()
    for n in range(EACH):
        pk, member = draw.choice(balances)
        try:
            act(pk, members[member], item, f"{source}:{n}", by)
        except Exception:
            failed += 1
    errors.put(failed)
    connections.close_all()


def _lost() -> Decimal:
    approved = PointEntry.objects.filter(state="approved").aggregate(all=Sum("points"))["all"]
    return approved - PointBalance.objects.aggregate(all=Sum("earned"))["all"]


def _one_statement(balance, member, item, source, by) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ONE_STATEMENT, [balance, item.pk, today(), item.points, source])


def _line(balance, item, source) -> None:
    texts = dict.fromkeys(TEXTS, "")
    row = PointEntry(balance_id=balance, item=item, on=today(), points=item.points, source=source, state="approved", **texts)
    row.proposed_at = timezone.now()
    row.save_base(raw=True, force_insert=True)  # without the log, as anybody's model would


def _read_modify_write(balance, member, item, source, by) -> None:
    kept = QuerySet(PointBalance).values_list("earned", flat=True).get(pk=balance)
    _line(balance, item, source)
    QuerySet(PointBalance).filter(pk=balance).update(earned=kept + item.points)


def _held_modify_write(balance, member, item, source, by) -> None:
    with transaction.atomic():
        kept = QuerySet(PointBalance).select_for_update().values_list("earned", flat=True).get(pk=balance)
        _line(balance, item, source)
        QuerySet(PointBalance).filter(pk=balance).update(earned=kept + item.points)


def _post(balance, member, item, source, by) -> None:
    post_points(entries=[NewEntry(member, item, today(), source)], by=by)


def _one_call(item: PointItem) -> str:
    by = _official()
    member = Member.objects.order_by("-pk").first()
    times = []
    for n in range(20):
        entries = [NewEntry(member, item, today(), f"alone:{n}")]
        times.append(_seconds(lambda entries=entries: post_points(entries=entries, by=by)))
    found = _measured(lambda: post_points(entries=[NewEntry(member, item, today(), "alone")], by=by))
    return f"alone, one call: {min(times) * 1000:.1f} ms, {found.queries} queries"


# --- Bulk work


def meetings() -> str:
    """A meeting of fifty, and everybody of a street, each in one call; beside the bare rows."""
    item = PointItem.objects.filter(category__scheme__state="in_force", code="B1").get()
    street = Area.objects.filter(kind="street").order_by("code").first()
    members = list(Member.objects.filter(street=street).order_by("pk"))
    rows = []
    for name, some in (("a meeting of 50", members[:50]), (f"a street of {len(members):,}", members)):
        entries = [NewEntry(member, item, today(), f"meeting {name}") for member in some]
        ours = _measured(lambda entries=entries: post_points(entries=entries, by=_official()))
        bare = _measured(lambda some=some, name=name: _bare([member.pk for member in some], item, name))
        each = ours.seconds / len(entries) * 1000
        rows.append(
            (
                name,
                ours.queries,
                f"{ours.seconds:.2f}",
                f"{each:.2f}",
                f"{bare.seconds:.3f}",
                f"{ours.seconds / bare.seconds:.1f}",
            )
        )
    heading = ("posted in one call", "queries", "s", "ms each", "bare rows s", "÷ bare rows")
    wrong = len(rebuild_points(by=None))
    return ground.table(f"Bulk posting; balances wrong afterwards: {wrong}{_memory()}", heading, rows)


def _bare(members: list[int], item: PointItem, name: str) -> None:
    """The same lines inserted, nothing checked, and taken back."""
    now, texts = str(timezone.now()), [""] * len(TEXTS)
    with transaction.atomic():
        keys = list(PointBalance.objects.filter(member__in=members, year=YEAR).values_list("pk", flat=True))
        line = (item.pk, str(today()), "1", "1", str(item.points), f"bare {name}", "approved", now, now, *texts)
        bulk.insert_rows(PointEntry, COLUMNS, ((key, *line) for key in keys))
        QuerySet(PointBalance).filter(pk__in=keys).update(earned=0)
        transaction.set_rollback(True)


def rebuild() -> str:
    """Everything counted anew; it finds nothing."""
    found: list = []
    took = _measured(lambda: found.extend(rebuild_points(by=None)))
    return f"rebuild_points of everything: {took}; differences: {len(found)}{_memory()}"


def revise() -> str:
    """Another version of the district's scheme published in the middle of the year."""
    scheme = PointScheme.objects.get(state="in_force", year=YEAR)
    draft = draft_scheme(source=scheme, area=scheme.area, year=YEAR, by=_official())
    took = _measured(lambda: publish_scheme(scheme=draft, by=_official()))
    return f"a district's scheme revised and published: {took}{_memory()}"


# --- Measuring


class _Took:
    def __init__(self, seconds: float, queries: int):
        self.seconds, self.queries = seconds, queries

    def __str__(self):
        return f"{self.seconds:.1f} s, {self.queries} queries"


def _seconds(work: Callable) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _measured(work: Callable) -> _Took:
    counted = []

    def count(execute, sql, *rest):
        if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN")):
            counted.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        seconds = _seconds(work)
    return _Took(seconds, len(counted))


def _quickest(work: Callable, times: int) -> tuple[float, int]:
    """(ms, queries): the quickest of several, which a busy machine disturbs least."""
    queries = _measured(work).queries
    return min(_seconds(work) for _time in range(times)) * 1000, queries


def _memory() -> str:
    return f"; {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most"
