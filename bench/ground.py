"""The ground measurements stand on: a fresh database of their own, commands of the product run in it, and plain tables."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
STANDARD_SERVER = "postgres://postgres@127.0.0.1:5432/postgres"


class NoServer(Exception):
    """PostgreSQL cannot be reached. The message is one sentence that says where it was looked for and what to do."""


def _environment(folder: str, **more: str) -> dict[str, str]:
    """The environment of a measurement: nothing of the caller's installation, a VAR_DIR of its own."""
    ours = (
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "FIELD_KEYS",
        "MEDIA_ROOT",
        "STATIC_ROOT",
        "HTTPS",
        "DJANGO_SETTINGS_MODULE",
    )
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in ours}
    return kept | {"DJANGO_SETTINGS_MODULE": "gridparty.settings", "VAR_DIR": folder, "LOG_LEVEL": "ERROR"} | more


@contextmanager
def sqlite() -> Iterator[dict[str, str]]:
    """The environment of a fresh installation on SQLite."""
    with tempfile.TemporaryDirectory(prefix="gridparty-bench-") as folder:
        yield _environment(folder)


@contextmanager
def postgres() -> Iterator[dict[str, str]]:
    """The environment of a fresh installation on PostgreSQL: DATABASE_URL's server or the standard local one. Raises NoServer."""
    url = os.environ.get("DATABASE_URL", "")
    server = url if url.startswith(("postgres://", "postgresql://")) else STANDARD_SERVER
    name = f"gridparty_bench_{secrets.token_hex(4)}"
    _on_server(server, f'CREATE DATABASE "{name}"')
    try:
        with tempfile.TemporaryDirectory(prefix="gridparty-bench-") as folder:
            yield _environment(folder, DATABASE_URL=urlunsplit(urlsplit(server)._replace(path=f"/{name}")))
    finally:
        _on_server(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _on_server(server: str, statement: str) -> None:
    place = urlsplit(server)
    try:
        connection = psycopg2.connect(server)
    except psycopg2.OperationalError as error:
        where = f"{place.hostname or 'local'}:{place.port or 5432}"
        raise NoServer(
            f"PostgreSQL does not answer at {where}. Start it, or name another server in DATABASE_URL (postgres://user@host:port/name)."
        ) from error
    connection.autocommit = True  # CREATE DATABASE runs in no transaction
    try:
        connection.cursor().execute(statement)
    except psycopg2.Error as error:
        raise NoServer(f"The PostgreSQL user {place.username} may not do: {statement} ({str(error).strip()}).") from error
    finally:
        connection.close()


def dump(environment: dict[str, str], file: Path) -> None:
    """Everything in the PostgreSQL database of this environment, as pg_dump writes it. Raises NoServer without pg_dump."""
    found = [shutil.which("pg_dump"), *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_dump")), reverse=True)]
    program = next(filter(None, found), None)
    if program is None:
        raise NoServer("pg_dump is missing: install PostgreSQL's client programs (apt-get install postgresql-client).")
    address = environment["DATABASE_URL"].replace("postgres://", "postgresql://")
    subprocess.run([program, "--dbname", address, "--file", str(file)], check=True)


@dataclass(frozen=True)
class Run:
    """One command run to its end."""

    seconds: float
    cpu: float  # its own, without the database server's
    megabytes: int  # the most it held at once
    output: str


def run(environment: dict[str, str], *command: str) -> Run:
    """Run Python with these arguments in the project's folder. Raises SystemExit with the command's own words when it fails."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        output = said.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output[-3000:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, output)


def manage(environment: dict[str, str], *command: str) -> Run:
    return run(environment, "manage.py", *command)


def step(environment: dict[str, str], module: str, function: str, *arguments: object) -> str:
    """What a function of `bench.<module>` returns, run in a process of its own on this database."""
    return run(environment, "-m", "bench.step", module, function, *map(str, arguments)).output.strip()


def table(title: str, heading: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under a heading: the first column to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in (heading, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    lines = [title]
    for row in cells:
        gaps = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(["", row[0] + gaps[0], *(gap + cell for cell, gap in zip(row[1:], gaps[1:], strict=True))]))
    return "\n".join(lines)


def _width(text: str) -> int:
    """Columns on the screen: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
