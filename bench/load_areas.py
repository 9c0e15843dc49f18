"""How fast areas are loaded: the whole country from a file, and one district against the limit and against save()."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import ground

SIZES = (455, 3_000)  # districts of 220 areas: 100,100 areas, and the 660,000 of the whole country


def main() -> None:
    """Print both tables for PostgreSQL and SQLite. Raises ground.NoServer."""
    for name, database in (("PostgreSQL", ground.postgres), ("SQLite", ground.sqlite)):
        heading = ("areas", "s", "s/100,000", "CPU s/100,000", "MB", "again s/100,000", "limit s/100,000", "÷ limit")
        title = f"{name}: import_roster areas FILE --commit; limit: the computed rows inserted, nothing checked"
        print("\n" + ground.table(title, heading, [_country(database, districts) for districts in SIZES]), flush=True)
        with database() as environment:
            ground.manage(environment, "migrate", "-v0")
            print("\n" + ground.step(environment, "loading", "district", name), flush=True)


def _country(database: Callable, districts: int) -> tuple:
    """One list from file to committed, the same file again, and the bare rows into the same emptied tables."""
    with database() as environment, tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "areas.csv")
        areas = int(ground.step(environment, "places", "write", file, districts))
        ground.manage(environment, "migrate", "-v0")
        first = ground.manage(environment, "import_roster", "areas", file, "--commit")
        again = ground.manage(environment, "import_roster", "areas", file, "--commit")
        if f"已写入 0 条，未变 {areas} 条" not in again.output:
            raise SystemExit(f"The second run of the same file wrote something: {again.output}")
        ground.manage(environment, "flush", "--noinput", "-v0")
        limit = float(ground.step(environment, "loading", "limit", districts))
    each = areas / 100_000
    return (
        *(f"{areas:,}", f"{first.seconds:.0f}", f"{first.seconds / each:.1f}", f"{first.cpu / each:.1f}", first.megabytes),
        *(f"{again.seconds / each:.1f}", f"{limit / each:.1f}", f"{first.seconds / limit:.1f}"),
    )
