"""T44 in small, on a database that several threads share: SQLite in a file, PostgreSQL as it is. `make proof` runs it whole."""

import threading
from collections import Counter

import pytest
from django.core.management import call_command
from django.db import connection, connections

from bench import redrawing
from conftest import NAMED, new_areas
from gridparty.lib.registry import defaults
from grids.actions import Part, create_area, load_areas, split_grid
from grids.errors import AreaRefused, DrawnAnew
from grids.models import Area
from grids.rules import NewArea

WRITERS, OPERATIONS = 8, 10
pytestmark = [pytest.mark.django_db(transaction=True)] if connection.vendor == "postgresql" else []
on_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time")


@pytest.fixture
def shared(request, tmp_path):
    """The database, shared: the suite's own on SQLite is in memory and belongs to one thread."""
    if connection.vendor == "postgresql":
        yield
        return
    with request.getfixturevalue("django_db_blocker").unblock():
        settings, own = connections.settings["default"], connections["default"]
        name, settings["NAME"] = settings["NAME"], str(tmp_path / "areas.sqlite3")
        connections["default"] = connections.create_connection("default")
        try:
            call_command("migrate", run_syncdb=True, verbosity=0)
            yield
        finally:
            connections["default"].close()
            settings["NAME"], connections["default"] = name, own


@pytest.fixture
def areas(shared):
    """The small tree, by the names of the suite's."""
    for default in defaults:
        default()
    load_areas(areas=new_areas(), by=None)
    return {name: Area.objects.get(code=code) for name, code in NAMED.items()}


def at_once(*works):
    """What each returned or raised, run in a thread of its own from the same moment."""
    results, start = [None] * len(works), threading.Barrier(len(works))

    def run(place, work):
        start.wait()
        try:
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_who_split_the_same_grid_one_is_told(areas):
    def split(name, building):
        parts = [Part(name, [areas[building].pk])]
        return lambda: split_grid(grid=areas["grid1"], parts=parts, by=None, revision=areas["grid1"].revision)

    results = at_once(split("第3网格", "building1"), split("第4网格", "building2"))
    (told,) = [result for result in results if isinstance(result, Exception)]
    assert isinstance(told, DrawnAnew)
    assert str(told) == "“第1网格”刚被他人调整过，请刷新后再操作。"
    assert Area.objects.filter(name__in=["第3网格", "第4网格"]).count() == 1
    assert redrawing.broken() == 0


def test_people_who_add_at_once_each_get_a_number(areas):
    def add(name):
        return lambda: create_area(kind="grid", name=name, parent=areas["taoyuan"], by=None).code

    assert set(at_once(*map(add, "甲乙丙丁"))) == {f"37019900100100{n}" for n in (3, 4, 5, 6)}
    assert redrawing.broken() == 0


def test_one_list_loaded_by_two_at_once_is_loaded_once(areas):
    new = [NewArea("grid", f"370199001001{n:03d}", f"第{n}网格", f"第{n}网格", "other", "370199001001") for n in range(3, 200)]
    results = at_once(*[lambda: load_areas(areas=new, by=None)] * 2)
    assert {type(result) for result in results} == {int, AreaRefused}
    assert Area.objects.filter(kind="grid", parent=areas["taoyuan"]).count() == 199
    assert redrawing.broken() == 0


@pytest.mark.postgres
@on_postgres
def test_eight_writers_leave_a_sound_tree(shared):
    for default in defaults:
        default()
    redrawing.draw_tree()
    came = sum(at_once(*(lambda seed=seed: redrawing.redraw(seed, OPERATIONS) for seed in range(WRITERS))), Counter())
    assert came[redrawing.FAILED] == 0, came
    assert came[redrawing.DONE] + came[redrawing.REFUSED] == WRITERS * OPERATIONS
    assert came[redrawing.DONE] > WRITERS * OPERATIONS / 2
    assert redrawing.broken() == 0
