"""T44 on a database: eight writers redraw one tree at once, with the lock and, for comparison, without it."""

import multiprocessing
import time
from collections import Counter

from django.db import connection, connections

from bench import redrawing
from gridparty.lib.registry import defaults
from grids import actions

WRITERS, OPERATIONS, ROUNDS = 8, 60, 5


def round_of(guarded: str, number: str) -> str:
    """One round on a fresh tree: "areas done refused failed broken seconds errors"."""
    _empty()
    areas = redrawing.draw_tree()
    connections.close_all()  # a connection is not shared over a fork
    started = time.perf_counter()
    with multiprocessing.get_context("fork").Pool(WRITERS) as pool:
        seeds = [(guarded == "yes", 1000 * int(number) + writer) for writer in range(WRITERS)]
        came = sum(pool.starmap(_write, seeds, chunksize=1), Counter())
    seconds = time.perf_counter() - started
    errors = ",".join(f"{name}:{n}" for name, n in sorted(came.items()) if name not in _COUNTED)
    return " ".join(map(str, [areas, *(came[what] for what in _COUNTED), redrawing.broken(), f"{seconds:.1f}", errors or "-"]))


_COUNTED = (redrawing.DONE, redrawing.REFUSED, redrawing.FAILED)


def _write(guarded: bool, seed: int) -> Counter:
    if not guarded:
        actions.tree_lock = redrawing.no_lock
    try:
        return redrawing.redraw(seed, OPERATIONS)
    finally:
        connections.close_all()


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_changeentry, grids_areaevent, grids_area CASCADE")
    for default in defaults:
        default()
