"""How fast feedback cards are: a year's figures for 15,000 members against one statement, and print against bare typst."""

import os

from bench import ground

MEMBERS = int(os.environ.get("BENCH_CARDS_MEMBERS", "15000"))
ENTRIES = int(os.environ.get("BENCH_CARDS_ENTRIES", "20"))  # lines of points for each member


def main() -> None:
    """Print the tables for PostgreSQL and SQLite. Raises ground.NoServer."""
    for name, database in (("PostgreSQL", ground.postgres), ("SQLite", ground.sqlite)):
        with database() as environment:
            ground.manage(environment, "migrate", "-v0")
            ground.step(environment, "importing", "prepare")
            print(f"\n{name}: " + ground.step(environment, "carding", "fill", MEMBERS, ENTRIES), flush=True)
            for part in ("data", "printing"):
                print("\n" + ground.step(environment, "carding", part), flush=True)


if __name__ == "__main__":
    main()
