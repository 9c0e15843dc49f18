"""Writing what was shown: all of it or nothing, once, and with what taking it back needs."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import journal, operations
from audit.operations import action
from gridparty.lib import bulk
from gridparty.lib.errors import Refused
from gridparty.lib.roster import Row
from jobs.actions import enqueue
from jobs.runs import TakenOver
from rosters.actions.mending import mine
from rosters.actions.staging import judge_kept, keep_verdicts, move, register_of, untold
from rosters.choices import ImportState
from rosters.engine import Reading, checked, commit_rows, roster_of
from rosters.errors import ImportRefused
from rosters.models import Import, ImportBefore

LOCK_KEY = 4_931_270


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """One import writes at a time, over all machines: the second of two with the same people finds them on record."""
    with transaction.atomic():
        if connection.vendor == "postgresql":  # SQLite: atomic() begins with IMMEDIATE, which admits one writer already
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        yield


@action("rosters.confirm")
def confirm(*, imported: Import, shown: str, by, partial: bool = False) -> Import:
    """Agree to what was `shown` (its hash); a worker writes it. Raises ImportRefused for what is not shown any more."""
    imported = mine(imported, by)
    if shown != imported.checked:
        raise ImportRefused(_("内容在您确认之前已有变化，请再核对一遍后确认。"))
    if imported.counts.get("refused") and not partial:
        words = {"n": imported.counts["refused"]}
        raise ImportRefused(_("有 %(n)d 行没有通过，请改正，或选择“只写入无误的行”。") % words)
    if not imported.writable:
        raise ImportRefused(_("没有需要写入的行。"))
    move(imported, ImportState.COMMITTING, partial=partial, said="")
    imported.job = enqueue(kind="rosters.write", args={"of": imported.pk}, by=by)
    imported.save(update_fields=["job"])
    return imported


def write_import(*, of: int, tell=untold) -> None:
    """Write a confirmed import. Run twice, or again after a crash, it writes once.

    What changed on record since it was shown is shown again before anything is written. `tell(done, total, message)` says how
    far it is.
    """
    imported = Import.objects.select_related("by", "area").get(pk=of)
    if imported.state != ImportState.COMMITTING:
        return
    try:
        _write(imported=imported, by=imported.by, tell=tell)
    except (Refused, IntegrityError) as refusal:
        said = str(refusal) if isinstance(refusal, Refused) else _("其中有内容刚由他人登记，没有写入任何数据，请再核对一遍。")
        keep_verdicts(imported, judge_kept(imported), said)
    except TakenOver:
        raise  # another worker has begun it anew
    except Exception:
        move(imported, ImportState.READY, said=_("写入时出错，没有写入任何数据。请重试；仍不成功请联系系统管理员。"))
        raise


@action("rosters.import")
def _write(*, imported: Import, by, rows: list[Row] | None = None, tell=untold) -> None:
    """Write `rows`, or the kept ones if they still come to what was shown."""
    with one_at_a_time():
        if rows is None:
            tell(1, 3, _("正在与在案数据再核对一遍"))
            rows = judge_kept(imported)
            if checked(rows) != imported.checked:
                keep_verdicts(imported, rows, _("确认之后在案的数据有了变化，没有写入任何数据。请再核对一遍后确认。"))
                return
        tell(2, 3, _("正在写入"))
        _write_rows(imported, rows, by)


def _write_rows(imported: Import, rows: list[Row], by) -> None:
    """Write judged rows with their journal, in the transaction of the caller."""
    register = register_of(imported)
    with journal.keep() as kept:
        written = commit_rows(roster=register, rows=rows, by=by)
    if register.reversal:
        kept.before.clear()  # its action sees to what hangs on the rows it takes back
    keep_entries(imported, _entries(kept))
    done = {"written": written, "operation_id": operations.current().id, "done_at": timezone.now()}
    if not move(imported, ImportState.DONE, **done):
        raise ImportRefused(_("这次导入已由另一处办理，没有重复写入。"))


def _entries(kept: journal.Journal) -> Iterator[tuple]:
    """(position, model, key, what it held) of the rows that were made, then of those that were changed."""
    encode = DjangoJSONEncoder(ensure_ascii=False).encode
    made = ((model, pk, "") for model, pks in kept.made.items() for pk in sorted(pks))
    changed = ((model, pk, encode(old)) for model, rows in kept.before.items() for pk, old in rows.items() if old)
    for position, (model, *entry) in enumerate(chain(made, changed)):
        yield position, model._meta.label_lower, *entry


_BEFORE = ("of_id", "position", "model", "object_id", "count", "before")


def keep_entries(imported: Import, entries: Iterable[tuple]) -> None:
    """Keep what taking back needs, as (position, model, key, what it held as JSON or "")."""
    rows: list[list] = []
    for position, model, pk, before in entries:
        last = rows[-1] if rows else None
        count = last[4] if last else 0
        if last and not before and last[1:] == [position - count, model, pk - count, count, ""]:
            last[4] += 1
        else:
            rows.append([imported.pk, position, model, pk, 1, before])
    seal = ImportBefore._meta.get_field("before").get_db_prep_save
    bulk.insert_made(ImportBefore, _BEFORE, rows, lambda some: ([*row[:-1], seal(row[-1], connection)] for row in some))


@transaction.atomic
def note_import(*, reading: Reading, by, area=None) -> Import:
    """Write a reading at once, without the browser, and keep what taking it back needs. Raises Refused."""
    form = {"wide": reading.roster != roster_of(reading.roster.kind)}
    values = {"kind": reading.roster.kind, "area": area, "counts": reading.counts, "understood": json.dumps(form)}
    imported = Import.objects.create(by=by, state=ImportState.COMMITTING, **values)
    try:
        _write(imported=imported, by=by, rows=reading.rows)
    except IntegrityError as error:
        raise ImportRefused(_("其中有内容刚由他人登记，没有写入任何数据，请重新导入。")) from error
    return imported
