"""The heaviest pages of the desk on the demo district, as the district official and a street officer see them."""

from bench import ground


def main() -> None:
    """Print two tables a database. Raises ground.NoServer."""
    for name, database in (("PostgreSQL", ground.postgres), ("SQLite", ground.sqlite)):
        with database() as environment:
            environment["ALLOWED_HOSTS"] = "testserver"
            demo = ground.manage(environment, "demo", "--no-serve")
            print(f"\n{name}: the demo district is made in {demo.seconds:.0f} s")
            print(ground.step(environment, "browsing", "heaviest", name), flush=True)
