"""Several people redraw the tree at the same moment."""

import random
import threading

import pytest
from django.db import close_old_connections, connection

from grids import tree
from grids.actions import Part, close_area, create_area, merge_grids, move_area, rename_area, split_grid
from grids.errors import AreaRefused, DrawnAnew
from grids.models import Area, CodeRule

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

WRITERS, OPERATIONS = 8, 10


@pytest.fixture(autouse=True)
def postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite admits one writer by itself; .ci/run runs this on PostgreSQL")


@pytest.fixture
def drawn(areas):
    CodeRule.objects.bulk_create([CodeRule(kind="grid", width=3), CodeRule(kind="building", prefix="L", width=3)])
    return areas


def together(*works):
    """Run each in a thread with a connection of its own, from the same moment; returns what each returned or raised."""
    results, start = [None] * len(works), threading.Barrier(len(works))

    def run(place, work):
        close_old_connections()
        start.wait()
        try:
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def assert_sound():
    assert list(tree.wrong_areas()) == []
    assert not any(tree.misplaced(model).exists() for model in tree.placed_models())


def test_of_two_who_split_the_same_grid_one_is_told(drawn):
    def split(name, building):
        return lambda: split_grid(grid=drawn.grid1, parts=[Part(name, [building.pk])], by=None, revision=0)

    results = together(split("第3网格", drawn.building1), split("第4网格", drawn.building2))
    told = [result for result in results if isinstance(result, DrawnAnew)]
    assert len(told) == 1
    assert Area.objects.filter(name__in=["第3网格", "第4网格"]).count() == 1
    assert_sound()


def test_of_two_who_add_at_once_each_gets_a_number(drawn):
    def add(name):
        return lambda: create_area(kind="grid", name=name, parent=drawn.taoyuan, by=None).code

    assert set(together(add("甲"), add("乙"))) == {"370199001001003", "370199001001004"}
    assert_sound()


def random_operation(chance: random.Random, name: str) -> None:
    grids = list(Area.objects.filter(kind="grid", closed_on=None))
    buildings = list(Area.objects.filter(kind="building", closed_on=None))
    grid = chance.choice(grids)
    match chance.randrange(6):
        case 0:
            create_area(kind="building", name=name, parent=grid, by=None)
        case 1:
            rename_area(area=grid, name=name, full_name=name, by=None)
        case 2:
            move_area(area=chance.choice(buildings), parent=grid, by=None)
        case 3:
            child = chance.choice(buildings)
            split_grid(grid=child.parent, parts=[Part(name, [child.pk])], by=None, revision=child.parent.revision)
        case 4:
            merge_grids(grids=[grid], into=chance.choice(grids), by=None)
        case 5:
            close_area(area=chance.choice(buildings), by=None)


def test_eight_writers_leave_a_sound_tree(drawn):
    """T44, in small; `make proof` runs it whole, beside the same without the lock."""

    def work(writer):
        def run():
            chance, refused = random.Random(writer), 0
            for n in range(OPERATIONS):
                try:
                    random_operation(chance, f"{writer}-{n}")
                except AreaRefused:
                    refused += 1
            return refused

        return run

    results = together(*(work(writer) for writer in range(WRITERS)))
    assert [result for result in results if isinstance(result, Exception)] == []
    assert sum(results) < WRITERS * OPERATIONS
    assert_sound()
