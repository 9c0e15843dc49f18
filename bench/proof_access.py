"""T1: every route × every role × every place of the row × every method, each distinct combination once.

Prints one line, and every leak before it; ends with 1 when there is one. The cases are those of gridparty/tests/access/matrix.py.
"""

import logging
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import django

PROCESSES = 2


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "gridparty.settings_test"
    os.environ.pop("DATABASE_URL", None)  # each process plays on a database of its own, in memory
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        played = list(pool.map(play, range(PROCESSES)))
    cases, leaks = sum(cases for cases, _leaks in played), [leak for _cases, leaks in played for leak in leaks]
    for leak in leaks:
        print(leak)
    print(f"T1  cases: {cases}  leaks: {len(leaks)}")
    if leaks:
        sys.exit(1)


def play(part: int) -> tuple[int, list[str]]:
    """(distinct cases, leaks) of every n-th actor."""
    django.setup()
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases  # noqa: PLC0415 - after set-up

    from gridparty.tests.access.matrix import PLAYERS  # noqa: PLC0415

    logging.disable(logging.CRITICAL)
    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        return _play(PLAYERS[part::PROCESSES])
    finally:
        teardown_databases(databases, verbosity=0)


def _play(actors: Iterable[str]) -> tuple[int, list[str]]:
    from gridparty.tests.access.matrix import Matrix  # noqa: PLC0415
    from gridparty.tests.access.visits import undone  # noqa: PLC0415
    from gridparty.tests.access.world import build_world  # noqa: PLC0415

    keys, leaks = set(), []
    with undone():
        matrix = Matrix(build_world())
        for actor in actors:
            cases = list(matrix.cases(actor))
            keys |= {case.key for case in cases}
            leaks += matrix.play(actor, cases)
    return len(keys), leaks


if __name__ == "__main__":
    main()
