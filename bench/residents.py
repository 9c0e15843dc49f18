"""900,000 residents in the demo district on PostgreSQL: queries and time of list, search and person page, beside raw SQL."""

from bench import ground

RESIDENTS = 900_000


def main() -> None:
    """Print one table. Raises ground.NoServer."""
    with ground.postgres() as environment:
        environment["ALLOWED_HOSTS"] = "testserver"
        ground.manage(environment, "demo", "--no-serve")
        print("\n" + ground.step(environment, "crowding", "fill", RESIDENTS))
        print(ground.step(environment, "crowding", "measure"), flush=True)
