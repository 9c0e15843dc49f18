"""The parts of bench.rosters that run on a database, each in a process of its own: JSON with seconds, queries, megabytes."""

import io
import json
import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from python_calamine import CalamineWorkbook

from accounts.choices import Role
from accounts.models import Appointment, User
from bench import rolls
from gridparty.lib.registry import defaults
from gridparty.lib.workbook import COMMAND_LINE
from grids.actions import place
from grids.models import Area
from jobs.actions import run_job
from members.actions import use_classes
from members.models import ClassScheme, Member
from people.models import Person
from rosters import actions
from rosters.actions import note_import
from rosters.actions.staging import cause_of
from rosters.engine import read_roster, roster_of
from rosters.models import Import
from rosters.queries import causes, rows_shown

MB = 1024


class _Count:
    """Statements that ran, those of COPY and executemany as one each; savepoints, which ask nothing, are left out."""

    def __init__(self):
        self.queries = 0

    def __call__(self, execute, sql, params, many, context):
        self.queries += not sql.startswith(("SAVEPOINT", "RELEASE"))
        return execute(sql, params, many, context)


def _measured(work: Callable[[], object]) -> dict:
    counted, before = _Count(), _held()
    started, cpu = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(counted):
        said = work()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    return {"s": seconds, "cpu": cpu, "queries": counted.queries, "mb": _held(), "start_mb": before, "said": said}


def _held() -> int:
    """The most this process held, or one it waited for."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // MB


def prepare() -> str:
    """The district, its organisations, and an official who imports."""
    for default in defaults:
        default()
    rolls.build()
    district = Area.objects.get(kind="district")
    user = User(username="quji", name="试验")
    user.set_unusable_password()
    user.save()
    post = Appointment(user=user, role=Role.DISTRICT_OFFICIAL, starts_on=date(2020, 1, 1))
    place(row=post, area=district)
    post.save()
    use_classes(area=district, scheme=ClassScheme.objects.get(name="五类党员"), by=None)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return "-"


def _official() -> User:
    return User.objects.get(username="quji")


# --- The limit


def reading(file: str) -> str:
    """Reading alone, by calamine in this process."""
    return json.dumps(_measured(lambda: len(_cells(file))))


def limit(file: str) -> str:
    """Read and inserted into one table of as many columns; nothing checked."""
    _plain_table()
    return json.dumps(_measured(lambda: _load(_cells(file))))


def _cells(file: str) -> list[list]:
    return CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()


def _plain_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS plain_roll")
        names = ", ".join(f"c{n} text" for n in range(1, 25))
        cursor.execute(f"CREATE TABLE plain_roll (c0 integer PRIMARY KEY, {names})")


def _load(cells: list[list]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = "".join("\t".join([str(int(row[0])), *map(str, row[1:])]) + "\n" for row in cells[1:])
            cursor.copy_expert("COPY plain_roll FROM STDIN", io.StringIO(text))
        else:
            cursor.executemany(f"INSERT INTO plain_roll VALUES ({', '.join(['%s'] * 25)})", cells[1:])
    return len(cells) - 1


# --- Ours


def product(kind: str, file: str) -> str:
    """From file to committed without the browser: every check, encryption, journal, change log."""

    def work() -> str:
        by = _official()
        read = read_roster(roster=roster_of(kind), path=Path(file), limits=COMMAND_LINE, by=by)
        if not read.has_work:
            return f"{read.counts}, 0 written"
        return f"{read.counts}, {note_import(reading=read, by=by).written} written"

    return json.dumps(_measured(work))


def desk(kind: str, file: str) -> str:
    """As the desk does it: uploaded, read by a job, confirmed, written by a job."""
    by, content = _official(), Path(file).read_bytes()
    phases = {}

    def phase(name: str, work: Callable[[], Import]) -> Import:
        started = time.perf_counter()
        imported = work()
        phases[name] = f"{time.perf_counter() - started:.2f}"
        return Import.objects.get(pk=imported.pk)

    def work() -> str:
        upload = SimpleUploadedFile("roll.xlsx", content)
        imported = phase("upload", lambda: actions.upload(kind=kind, file=upload, by=by))
        imported = phase("read", lambda: _done(imported))
        imported = phase("confirm", lambda: actions.confirm(imported=imported, shown=imported.checked, by=by))
        imported = phase("write", lambda: _done(imported))
        return f"{imported.written} written; seconds: {phases}; {imported.said}"

    return json.dumps(_measured(work))


def _done(imported: Import) -> Import:
    run_job(job_id=imported.job_id)
    return imported


def preview(kind: str, file: str) -> str:
    """Milliseconds of a page of the preview: the first, one in the middle, and the causes; with their queries."""
    upload = SimpleUploadedFile("roll.xlsx", Path(file).read_bytes())
    imported = actions.upload(kind=kind, file=upload, by=_official())
    _done(imported)
    imported.refresh_from_db()
    if not imported.counts:
        return json.dumps({"rows": 0, "said": imported.said})
    total = sum(imported.counts[name] for name in ("new", "updated", "unchanged", "skipped", "refused"))
    looks = {
        "first": lambda: list(rows_shown(imported, "all").get_page(1)),
        "middle": lambda: list(rows_shown(imported, "all").get_page(total // 100)),
        "causes": lambda: causes(imported, cause_of).get_page(1),
    }
    return json.dumps({"rows": total, **{name: _best(look) for name, look in looks.items()}})


def _best(work: Callable[[], object]) -> str:
    found = [_measured(work) for _n in range(5)]
    return f"{min(one['s'] for one in found) * 1000:.1f} ({found[0]['queries']})"


# --- In between


def empty() -> str:
    """Take all that was imported away again."""
    tables = ("rosters_import", "members_member", "people_person", "people_household", "audit_changeentry", "audit_viewentry")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
            cursor.execute("ANALYZE")
            return "-"
    tables = ("rosters_importbefore", "rosters_importproblem", "rosters_importrow", "rosters_importfile", *tables)
    first = ("members_membermove", "people_residence")
    with transaction.atomic(), connection.cursor() as cursor:
        for table in (*first, *tables):
            cursor.execute(f"DELETE FROM {table}")
    return "-"


def count() -> str:
    return f"{Person.objects.count()} people, {Member.objects.count()} members"
