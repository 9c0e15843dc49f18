"""`make proof`: the figures of the promises, one line each. Ends with 1 when one of them is not kept."""

import re
import secrets
import sys
from importlib.util import find_spec
from pathlib import Path

from bench import ground, lost

ROUNDS = 5
ZONES = ("UTC", "Asia/Shanghai", "America/New_York")


def main() -> None:
    try:
        kept = [tree(), weeks(), at_rest(), imports(), access(), redis()]
    except ground.NoServer as missing:
        sys.exit(str(missing))
    sys.exit(not all(kept))


def _line(promise: str, what: str, figures: str, kept: bool) -> bool:
    print(f"{promise:<4} {what:<10} {'kept ' if kept else 'BROKEN'}  {figures}", flush=True)
    return kept


def tree() -> bool:
    """T44: eight writers redraw one tree at once; then the same without the lock, for comparison."""
    with ground.postgres() as environment:
        ground.manage(environment, "migrate", "-v0")
        guarded = _rounds(environment, "yes")
        unguarded = _rounds(environment, "no")
    figures = "8 writers × 60 operations × {} rounds, PostgreSQL: {failed} failed, {broken} broken of {areas} areas".format(
        ROUNDS, **guarded
    )
    figures += " ({done} done, {refused} refused with a sentence, {seconds:.0f} s)".format(**guarded)
    figures += "; without the lock {failed} failed, {broken} broken ({errors})".format(**unguarded)
    return _line("T44", "area tree", figures, guarded["failed"] == guarded["broken"] == 0)


def redis() -> bool:
    """T41: Redis stops and comes back while urgent cases are opened over the web."""
    told = lost.main()
    figures = (
        "{writes} urgent cases over the web, {without} of them without Redis: {good} answered well, {cases} on record, ".format(
            **told
        )
    )
    figures += "{sent} of {notices} notices went out by mail after it was back".format(**told)
    return _line("T41", "Redis", figures, told["good"] == told["cases"] == told["writes"] and not told["waiting"])


def _rounds(environment: dict[str, str], guarded: str) -> dict:
    total = {"areas": 0, "done": 0, "refused": 0, "failed": 0, "broken": 0, "seconds": 0.0}
    errors: dict[str, int] = {}
    for number in range(ROUNDS):
        *figures, came = ground.step(environment, "tree", "round_of", guarded, number).split()
        total = {name: value + type(value)(figure) for (name, value), figure in zip(total.items(), figures, strict=True)}
        for name, count in (error.split(":") for error in came.split(",") if ":" in error):
            errors[name] = errors.get(name, 0) + int(count)
    return total | {"errors": ", ".join(f"{count} {name}" for name, count in errors.items()) or "no error"}


def weeks() -> bool:
    """T45: days and weeks in China, with the server's clock in three zones."""
    instants = boundaries = wrong = 0
    with ground.sqlite() as environment:
        for zone in ZONES:
            found = map(int, ground.step(environment | {"TZ": zone}, "weeks", "check", zone).split())
            instants, boundaries, wrong = (sum(pair) for pair in zip((instants, boundaries, wrong), found, strict=True))
    zones = ", ".join(ZONES)
    figures = f"{instants:,} instants around {boundaries:,} week and year ends 2015–2035 × {{{zones}}}: {wrong} wrong"
    return _line("T45", "time", figures, wrong == 0)


def at_rest() -> bool:
    """T33: the numbers of the demo's people in the SQLite file and in a PostgreSQL dump; another key for all of them."""
    keys = [f"{n}:{secrets.token_hex(32)}" for n in (1, 2)]
    with ground.sqlite() as environment, ground.postgres() as server:
        old = {"FIELD_KEYS": keys[0]}
        for one in (environment, server):
            ground.manage(one | old, "demo", "--no-serve")
        folder = Path(environment["VAR_DIR"])
        dump = folder / "dump.sql"
        ground.dump(server, dump)
        stored = [str(file) for file in folder.glob("gridparty.sqlite3*")]
        looked, in_file = map(int, ground.step(environment | old, "at_rest", "search", *stored).split())
        more, in_dump = map(int, ground.step(server | old, "at_rest", "search", dump).split())
        rotated = ground.manage(environment | {"FIELD_KEYS": f"{keys[1]},{keys[0]}"}, "rotate_field_keys")
        people, lost = map(int, ground.step(environment | {"FIELD_KEYS": keys[1]}, "at_rest", "lost").split())
    figures = f"{in_file} of {looked:,} numbers in the SQLite file, {in_dump} of {more:,} in the PostgreSQL dump, each sought in "
    figures += f"six shapes; another key for {people:,} people in {rotated.seconds:.0f} s: {lost} lost"
    return _line("T33", "at rest", figures, in_file == in_dump == lost == 0)


def imports() -> bool:
    """T26, T28, T42: taken back, two at once, killed while writing. The tests are those of the suite, more often."""
    tests = [f"rosters/tests/test_{name}.py" for name in ("taking_back_anything", "kills")]
    with ground.postgres() as environment:
        environment["DJANGO_SETTINGS_MODULE"] = "gridparty.settings_test"
        done = ground.run(environment, "-m", "pytest", *tests, "-m", "proof", "-s", "--create-db", "-p", "no:cacheprovider")
    told = [line.partition("  ") for line in done.output.splitlines() if re.match(r"T\d+  ", line)]
    return all(_line(promise, "imports", figures, kept=True) for promise, _gap, figures in told) and len(told) == 3


def access() -> bool:
    """T1: bench.proof_access ends with 1 when a row leaked."""
    if find_spec("bench.proof_access") is None:
        return _line("T1", "access", "not measured: bench/proof_access.py is missing", kept=False)
    with ground.sqlite() as environment:
        done = ground.run(environment, "-c", "from bench.proof_access import main; main()")
    return _line("T1", "access", done.output.strip().removeprefix("T1").strip(), kept=True)


if __name__ == "__main__":
    main()
