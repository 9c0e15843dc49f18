"""How fast registers are imported: members and residents against the limit and against the stock way, on both databases."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench import ground

# How many of each; 0 leaves it out.
MEMBERS = int(os.environ.get("BENCH_MEMBERS", "26000"))
RESIDENTS = int(os.environ.get("BENCH_RESIDENTS", "100000"))
STOCK = int(os.environ.get("BENCH_STOCK", "1000"))  # rows; the time of so many is scaled to those of MEMBERS, as it is linear
GOALS = {"members": 5, "residents": 4}
HEADING = ("way", "s", "÷ limit", "CPU s", "queries", "MB", "÷ reading MB")


def main() -> None:
    """Print two tables and a line for each database. Raises ground.NoServer."""
    for name, database in (("PostgreSQL", ground.postgres), ("SQLite", ground.sqlite)):
        with database() as environment, tempfile.TemporaryDirectory() as folder:
            ground.manage(environment, "migrate", "-v0")
            ground.step(environment, "importing", "prepare")
            if MEMBERS:
                _members(name, environment, folder)
            if RESIDENTS:
                _kind(name, environment, folder, "residents", RESIDENTS)


def _step(environment: Mapping[str, str], function: str, *arguments: object, module: str = "importing") -> dict:
    return json.loads(ground.step(dict(environment), module, function, *arguments).splitlines()[-1])


def _members(name: str, environment: Mapping[str, str], folder: str) -> None:
    ours = _kind(name, environment, folder, "members", MEMBERS)
    file = str(Path(folder) / "stock.xlsx")
    ground.step(dict(environment), "stock_import", "write", STOCK, file)
    stock = _step(environment, "stock", file, module="stock_import")
    scale = MEMBERS / STOCK
    seconds, queries = stock["s"] * scale, stock["queries"] * scale
    took = f"{stock['s']:.1f} s ({stock['cpu']:.1f} of CPU)"
    print(
        f"  stock ModelResource, dry run + import of {STOCK:,} rows: {took}; scaled to {MEMBERS:,}: {seconds:.0f} s, "
        f"{queries:,.0f} queries; stock ÷ ours {seconds / ours:.1f} (goal ≥ 35)",
        flush=True,
    )


def _kind(name: str, environment: Mapping[str, str], folder: str, kind: str, many: int) -> float:
    """One table; returns the seconds of our own way."""
    file = str(Path(folder) / f"{kind}.xlsx")
    ground.step(dict(environment), "rolls", "write", kind, many, file)
    reading, limit = _step(environment, "reading", file), _step(environment, "limit", file)
    ours = _step(environment, "product", kind, file)
    again = _step(environment, "product", kind, file)
    if "0 written" not in again["said"]:
        raise SystemExit(f"The second import of the same file wrote something: {again['said']}")
    ground.step(dict(environment), "importing", "empty")
    preview = _step(environment, "preview", kind, file)
    ground.step(dict(environment), "importing", "empty")
    desk = _step(environment, "desk", kind, file) if preview["rows"] else None
    ground.step(dict(environment), "importing", "empty")
    ways = {
        "reading alone (calamine)": reading,
        "limit: read + inserted into one table, nothing checked": limit,
        "read_roster + note_import: checked, sealed, journal, log": ours,
        "the same file again": again,
    }
    ways |= {"the desk: upload, read job, confirm, write job": desk} if desk else {}
    rows = [
        (
            way,
            f"{one['s']:.2f}",
            f"{one['s'] / limit['s']:.1f}",
            f"{one['cpu']:.2f}",
            one["queries"],
            one["mb"],
            f"{one['mb'] / reading['mb']:.1f}",
        )
        for way, one in ways.items()
    ]
    goal = f"goals: ours ÷ limit ≤ {GOALS[kind]}, queries ≤ 25, ÷ reading MB ≤ 1.5"
    print("\n" + ground.table(f"{name}: {many:,} {kind} × 25 columns ({goal})", HEADING, rows))
    print(f"  ours: {ours['said']}\n  again: {again['said']}" + (f"\n  desk: {desk['said']}" if desk else ""))
    print(f"  preview, ms (queries): {preview}", flush=True)
    return ours["s"]


if __name__ == "__main__":
    main()
