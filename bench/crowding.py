"""The part of bench.residents that runs on a database: fill the district with people, and measure the pages that show them."""

import statistics
import time
from datetime import timedelta
from itertools import islice, product

from django.db import connection, transaction
from django.test import Client

from accounts.models import User
from bench import ground
from gridparty.lib import bulk
from gridparty.lib.crypto import seal
from gridparty.lib.dates import today
from grids.demo import SHOWN_COMMUNITY
from grids.models import Area
from people.actions.entry import NewPerson, columns
from people.demo import Register
from people.models import Household, Person, Residence

# --- Filling


def fill(residents: str) -> str:
    """Bring the district to so many people, by COPY: households in every building, three people each, sealed like all others."""
    begun = time.perf_counter()
    with transaction.atomic():
        _fill(int(residents) - Person.objects.count())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    people, seconds = Person.objects.count(), time.perf_counter() - begun
    return f"PostgreSQL: {people:,} people, the last of them written in {seconds:.0f} s"


def _fill(missing: int) -> None:
    buildings = list(Area.objects.filter(kind="building").exclude(community__name__startswith=SHOWN_COMMUNITY).order_by("code"))
    doors = product(buildings, "123", range(1, 7), range(1, 4))  # 54 a building
    homes = list(islice(((area, unit, f"{floor}0{door}") for area, unit, floor, door in doors), missing // 3))
    levels = ("district_id", "street_id", "community_id", "grid_id", "area_id")

    def place(area: Area) -> tuple:
        return (area.district_id, area.street_id, area.community_id, area.grid_id, area.pk)

    keys = bulk.reserve_ids(Household, len(homes))
    rows = ((key, *place(area), unit, room, "family", "owned") for key, (area, unit, room) in zip(keys, homes, strict=True))
    bulk.insert_rows(Household, ("id", *levels, "unit", "room", "kind", "tenure"), rows)

    register, since = Register(7, "370198"), today() - timedelta(days=1000)
    of_person = ("name", "pinyin", "initials", "sex", "born_on", "id_kind", "id_hash", "id_tail", "phone_tail", "employer")
    people = bulk.reserve_ids(Person, 3 * len(homes))

    def person_rows():
        for n, pk in enumerate(people):
            area, _unit, _room = homes[n // 3]
            typed = register.person(20, 85)
            new = columns(NewPerson(typed.name, typed.id_number, phone=typed.phone))
            relation = ("head", "spouse", "child")[n % 3]
            sealed = (seal(new["id_number"]), seal(new["phone"]))
            yield (pk, *place(area), keys[n // 3], relation, *(new[name] for name in of_person), *sealed, "")

    names = ("id", *levels, "household_id", "relation", *of_person, "id_number", "phone", "ethnicity")
    bulk.insert_rows(Person, names, person_rows())
    stays = (
        (key, *place(homes[n // 3][0]), people[n], keys[n // 3], ("head", "spouse", "child")[n % 3], since, "entered", "")
        for n, key in enumerate(bulk.reserve_ids(Residence, len(people)))
    )
    bulk.insert_rows(Residence, ("id", *levels, "person_id", "household_id", "relation", "from_on", "came", "went"), stays)


# --- Measuring

RAW = """SELECT p.id, p.name, p.sex, p.born_on, p.id_tail, p.phone_tail, p.relation, h.unit, h.room, a.name
FROM people_person p LEFT JOIN people_household h ON h.id = p.household_id LEFT JOIN grids_area a ON a.id = p.area_id
WHERE p.merged_into_id IS NULL AND {where} ORDER BY p.id {order} LIMIT 50"""


def measure() -> str:
    """One line for each page and official: queries, kB, the time of all its SQL, and its rows beside a raw statement for them."""
    rows = []
    for username in ("quji", "jiedao", "shuji"):
        user = User.objects.get(username=username)
        client = Client()
        client.force_login(user)
        reach = user.scope.grants[0].reach
        somebody = Person.objects.visible_to(user).filter(household__unit="2").order_by("-pk")[0]
        tail = somebody.phone_tail
        scope = f"p.{reach.column}_id = {reach.column_id}"
        searches = {
            "list": ("", "true"),
            "name": (f"?q={somebody.name}", f"p.name LIKE '{somebody.name}%%'"),
            "family name": (f"?q={somebody.name[0]}", f"p.name LIKE '{somebody.name[0]}%%'"),
            "initials": (f"?q={somebody.initials}", f"p.initials LIKE '{somebody.initials}%%'"),
            "last four": (f"?q={tail}", f"(p.phone_tail = '{tail}' OR p.id_tail = '{tail}')"),
            "door": (f"?q=2-{somebody.household.room}", f"h.unit = '2' AND h.room = '{somebody.household.room}'"),
            "ID number": (f"?q={somebody.id_number}", f"p.id_hash = '{somebody.id_hash}'"),
        }
        for what, (query, condition) in searches.items():
            raw = _raw(RAW.format(where=f"{scope} AND {condition}", order="ASC"))
            rows.append(_line(what, username, client, f"/admin/people/person/{query}", raw))
        raw = _raw(RAW.format(where=f"{scope} AND p.id = {somebody.pk}", order="ASC"))
        rows.append(_line("person page", username, client, f"/admin/people/person/{somebody.pk}/change/", raw))
    heading = ("page", "official", "queries", "kB", "SQL ms", "rows ms", "raw ms", "rows ÷ raw", "whole ms")
    return ground.table("PostgreSQL: pages over 900,000 residents (medians of 7)", heading, rows)


def _line(what: str, username: str, client, url: str, raw: float) -> tuple:
    times, wholes, rows, spent = [], [], [], []

    def watch(execute, sql, params, many, context):
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent.append((time.perf_counter() - begun, sql))

    for _n in range(8):
        spent.clear()
        begun = time.perf_counter()
        with connection.execute_wrapper(watch):
            answer = client.get(url)
        wholes.append(time.perf_counter() - begun)
        times.append(sum(seconds for seconds, _sql in spent))
        rows.append(next(seconds for seconds, sql in spent if _brings_rows(sql)))
        assert answer.status_code == 200, (url, answer.status_code)
    sql, own = statistics.median(times[1:]), statistics.median(rows[1:])
    size = len(answer.content) / 1000
    return (
        what,
        username,
        len(spent),
        f"{size:.0f}",
        f"{sql * 1000:.1f}",
        f"{own * 1000:.1f}",
        f"{raw * 1000:.1f}",
        f"{own / raw:.1f}",
        f"{statistics.median(wholes[1:]) * 1000:.0f}",
    )


def _brings_rows(sql: str) -> bool:
    """The first statement of a page that fetches people; the others are session, rights, counts and what stands beside."""
    return sql.startswith('SELECT "people_person"."id"') and 'FROM "people_person"' in sql


def _raw(sql: str) -> float:
    times = []
    for _n in range(8):
        begun = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(sql.replace("%%", "%"))
            cursor.fetchall()
        times.append(time.perf_counter() - begun)
    return statistics.median(times[1:])
