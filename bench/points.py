"""How fast points are: boards against the aggregate on the fly, posting by four at once against one statement, and bulk work."""

import os

from bench import ground

MEMBERS = int(os.environ.get("BENCH_POINTS_MEMBERS", "26000"))
ENTRIES = int(os.environ.get("BENCH_POINTS_ENTRIES", "50"))  # for each member: 1.3 million lines


def main() -> None:
    """Print the tables for PostgreSQL and SQLite. Raises ground.NoServer."""
    for name, database in (("PostgreSQL", ground.postgres), ("SQLite", ground.sqlite)):
        with database() as environment:
            ground.manage(environment, "migrate", "-v0")
            ground.step(environment, "importing", "prepare")
            print(f"\n{name}: " + ground.step(environment, "scoring", "fill", MEMBERS, ENTRIES), flush=True)
            for part in ("boards", "posting", "meetings"):
                print("\n" + ground.step(environment, "scoring", part), flush=True)
            parts = [ground.step(environment, "scoring", part) for part in ("rebuild", "revise")]
            print("\n" + "\n".join(parts), flush=True)


if __name__ == "__main__":
    main()
