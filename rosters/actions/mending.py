"""What the user corrects in the preview: one cell, or the answer to a remark."""

from django.utils.translation import gettext as _

from audit.operations import action
from jobs.actions import enqueue
from rosters.actions.staging import dumps, judge_kept, keep_verdicts, loads, move, owned, register_of
from rosters.choices import ImportState
from rosters.errors import ImportRefused
from rosters.models import Import, ImportFile, ImportProblem, ImportRow

AT_ONCE = 3_000  # so many rows are judged anew while the user waits; more in a job


def mine(imported: Import, by) -> Import:
    """The import as now, locked, if `by` may change it. Raises ImportRefused."""
    found = owned(imported, by)
    if found.state != ImportState.READY:
        raise ImportRefused(_("这次导入目前是“%(state)s”，不能改动。") % {"state": found.get_state_display()})
    return found


@action("rosters.mend")
def mend(*, imported: Import, position: int, field: str, text: str, by) -> Import:
    """Put a text into a cell in place of what was read. Raises ImportRefused."""
    imported = mine(imported, by)
    row = ImportRow.objects.select_for_update().filter(of=imported, position=position).first()
    if row is None or field not in {column.field for column in register_of(imported).columns}:
        raise ImportRefused(_("没有这一格，请刷新后再改。"))
    cells = loads(row.cells)
    cells[field] = text.strip()[:2000] or None
    row.cells, row.mended = dumps(cells), sorted({*row.mended, field})
    row.save(update_fields=["cells", "mended"])
    return _judge_anew(imported, by)


@action("rosters.answer")
def answer(*, imported: Import, choice: str, value: str, by, position: int | None = None) -> Import:
    """Answer a remark, at one row or wherever it is made. Raises ImportRefused."""
    imported = mine(imported, by)
    asked = ImportProblem.objects.filter(of=imported, choice=choice)
    asked = asked if position is None else asked.filter(position=position)
    rows = list(ImportRow.objects.filter(of=imported, position__in=asked.values("position")).only("pk", "answers"))
    if not choice or not rows:
        raise ImportRefused(_("没有这个选择，请刷新后再选。"))
    for row in rows:
        row.answers = row.answers | {choice: value}
    ImportRow.objects.bulk_update(rows, ["answers"], batch_size=2000)
    return _judge_anew(imported, by)


def _judge_anew(imported: Import, by) -> Import:
    if ImportRow.objects.filter(of=imported).count() <= AT_ONCE:
        keep_verdicts(imported, judge_kept(imported))
        return imported
    move(imported, ImportState.READING)
    imported.job = enqueue(kind="rosters.judge", args={"of": imported.pk}, by=by)
    imported.save(update_fields=["job"])
    return imported


@action("rosters.carry_on")
def carry_on(*, imported: Import, by) -> Import:
    """A new import of the same rows, as they were mended, after the good ones were written: the others can be worked on.

    Raises ImportRefused when nothing was left.
    """
    imported = owned(imported, by)
    if imported.state != ImportState.DONE or not imported.counts.get("refused"):
        raise ImportRefused(_("这次导入没有留下待改的行。"))
    names = ("by", "kind", "area", "file_name", "digest", "chosen", "understood")
    fresh = Import.objects.create(**{name: getattr(imported, name) for name in names}, counts={}, state=ImportState.READY)
    ImportFile.objects.create(of=fresh, content=ImportFile.objects.get(of=imported).content)
    copied = ("position", "sheet", "number", "verdict", "warned", "cells", "told", "mended", "answers")
    rows = ImportRow.objects.filter(of=imported).order_by("position").values(*copied)
    ImportRow.objects.bulk_create((ImportRow(of=fresh, **row) for row in rows.iterator(2000)), batch_size=2000)
    return _judge_anew(fresh, by)


def judge_again(*, of: int) -> None:
    """Judge the kept rows of an import as things are now. Safe to run twice."""
    imported = Import.objects.select_related("by", "area").get(pk=of)
    if imported.state != ImportState.READING:
        return
    try:
        keep_verdicts(imported, judge_kept(imported))
    except Exception:
        move(imported, ImportState.READY, said=_("核对时出错，下面是改动之前的结果。请再改一次；仍不成功请联系系统管理员。"))
        raise
