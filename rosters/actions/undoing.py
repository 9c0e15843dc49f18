"""Taking an import back exactly. What somebody changed or built upon since is left, shown, and overruled one by one."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.apps import apps
from django.db import IntegrityError, models
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import journal
from audit.models import ChangeEntry
from audit.operations import action
from grids import tree
from grids.locks import tree_lock
from grids.models import Area
from grids.queries import chunks
from jobs.actions import enqueue
from rosters.actions.staging import move, owned
from rosters.actions.writing import keep_entries, one_at_a_time
from rosters.choices import ImportState
from rosters.engine import roster_of
from rosters.errors import ImportRefused
from rosters.models import Import, ImportBefore

Key = tuple[type[models.Model], int]


class Entry(NamedTuple):
    """One row of the journal: a row that was made, or changed and what its columns held (JSON)."""

    position: int
    model: type[models.Model]
    object_id: int
    before: str

    @property
    def key(self) -> Key:
        return self.model, self.object_id


@dataclass(frozen=True)
class Left:
    """A row that taking back left as it is: what it is, and who changed it last."""

    entry: int  # its position in the journal
    model: type[models.Model]
    object_id: int
    changed: ChangeEntry | None  # None: something else refers to it
    why: str = ""  # said by a register that takes itself back


@action("rosters.undo")
def undo(*, imported: Import, by, overrule: Iterable[int] = ()) -> Import:
    """Ask for an import to be taken back; `overrule`: positions in its journal, of rows whose later changes go, too.

    Raises ImportRefused.
    """
    imported = owned(imported, by)
    if not ImportBefore.objects.filter(of=imported).exists():
        raise ImportRefused(_("没有可以撤销的内容：已经撤销，或超过了可撤销的期限。"))
    if not move(imported, ImportState.UNDOING, said=""):
        raise ImportRefused(_("这次导入目前是“%(state)s”，不能撤销。") % {"state": imported.get_state_display()})
    imported.job = enqueue(kind="rosters.undo", args={"of": imported.pk, "overrule": sorted(overrule)}, by=by)
    imported.save(update_fields=["job"])
    return imported


def take_back(*, of: int, overrule: Iterable[int] = ()) -> int:
    """Take an import back; returns how many rows were left. Run twice, or again after a crash, it happens once."""
    imported = Import.objects.select_related("by").get(pk=of)
    if imported.state != ImportState.UNDOING:
        return 0
    try:
        return _take_back(imported=imported, by=imported.by, overrule=set(overrule))
    except IntegrityError:
        move(imported, ImportState.UNDONE, said=_("有内容已被其他记录引用，没有撤销。请先处理引用它的记录。"))
        return len(journal_of(imported))
    except Exception:
        move(imported, ImportState.UNDONE, said=_("撤销时出错，没有改动任何数据。请重试；仍不成功请联系系统管理员。"))
        raise


@action("rosters.take_back")
def _take_back(*, imported: Import, by, overrule: set[int]) -> int:
    with one_at_a_time(), tree_lock():
        entries = journal_of(imported)
        if reversal := roster_of(imported.kind).reversal:
            left = set(_by_key(entries, reversal.take_back, by))
        else:
            left = set(_left(imported, entries, overrule))
            _give_back([entry for entry in entries if entry.key not in left])
        ImportBefore.objects.filter(of=imported).delete()
        staying = [entry for entry in entries if entry.key in left]
        keep_entries(imported, [(e.position, e.model._meta.label_lower, e.object_id, e.before) for e in staying])
        words = {"n": len(left)}
        said = _("有 %(n)d 条记录在导入之后又有改动或被引用，没有撤销，请逐条核对。") % words if left else ""
        move(imported, ImportState.UNDONE, said=said, undone_at=timezone.now())
    return len(left)


def journal_of(imported: Import) -> list[Entry]:
    """The journal row by row, in its order."""
    rows = ImportBefore.objects.filter(of=imported).order_by("position")
    return [
        Entry(row.position + n, apps.get_model(row.model), row.object_id + n, row.before)
        for row in rows
        for n in range(row.count)
    ]


def _by_key(entries: list[Entry], act: Callable, by) -> dict[Key, str]:
    """{row: why} of those that a register's own action leaves."""
    left = act(keys=[entry.object_id for entry in entries], by=by)
    return {entry.key: left[entry.object_id] for entry in entries if entry.object_id in left}


def _give_back(entries: list[Entry]) -> None:
    made: dict[type, list[int]] = defaultdict(list)
    before: dict[type, dict[int, dict]] = defaultdict(dict)
    for _position, model, pk, held in entries:
        if held:
            before[model][pk] = json.loads(held)
        else:
            made[model].append(pk)
    trees = set(Area.objects.filter(pk__in=made.get(Area, ())).values_list("tree_id", flat=True))
    for model in reversed(made):  # what was made later points at what was made before
        journal.unmake(model, made[model])
    for model, rows in before.items():
        journal.restore(model, rows)
    if trees:
        tree.renumber(trees)


# --- What is left


def left_over(imported: Import) -> list[Left]:
    """What taking back would leave, or left, as it is."""
    entries = journal_of(imported)
    if reversal := roster_of(imported.kind).reversal:
        whys = _by_key(entries, reversal.left, imported.by)
        return [Left(entry.position, *entry.key, None, whys[entry.key]) for entry in entries if entry.key in whys]
    left = _left(imported, entries, set())
    return [Left(entry.position, *entry.key, left[entry.key]) for entry in entries if entry.key in left]


def _left(imported: Import, entries: list[Entry], overrule: set[int]) -> dict[Key, ChangeEntry | None]:
    """The rows to leave: changed since, used since, and those without which they could not stand."""
    made: dict[type, set[int]] = defaultdict(set)
    changed: dict[type, dict[int, set[str]]] = defaultdict(dict)
    for _position, model, pk, before in entries:
        if before:
            changed[model][pk] = set(json.loads(before))
        else:
            made[model].add(pk)
    overruled = {entry.key for entry in entries if entry.position in overrule}
    left = {key: entry for key, entry in _changed_since(imported, entries).items() if key not in overruled}
    for key in _used_since(made, changed):
        left.setdefault(key, None)
    if left:
        every = {model: {*made.get(model, ()), *changed.get(model, ())} for model in {**made, **changed}}
        for key in _bound_to(set(left), every) & {entry.key for entry in entries}:
            left.setdefault(key, None)
    return left


def _changed_since(imported: Import, entries: list[Entry]) -> dict[Key, ChangeEntry]:
    """{row: the latest entry} of the change log after the import's own, taking back apart."""
    after = ChangeEntry.objects.filter(operation_id=imported.operation_id).aggregate(top=Max("pk"))["top"] or 0
    by_model: dict[type, list[int]] = defaultdict(list)
    for entry in entries:
        by_model[entry.model].append(entry.object_id)
    found = {}
    for model, pks in by_model.items():
        later = ChangeEntry.objects.filter(model=model._meta.label_lower, pk__gt=after).exclude(operation="rosters.take_back")
        for some in chunks(pks):
            for entry in later.filter(object_id__in=some).select_related("actor").order_by("pk"):
                found[model, entry.object_id] = entry
    return found


def _used_since(made: dict[type, set[int]], changed: dict[type, dict[int, set[str]]]) -> Iterable[Key]:
    """The made rows that rows of other origin point at, other than through what the import itself changed."""
    for model, pks in made.items():
        for relation in model._meta.related_objects:
            source, name = relation.related_model, relation.field.name
            own, turned = made.get(source, ()), changed.get(source, {})
            for some in chunks(sorted(pks)):
                rows = source._base_manager.filter(**{f"{name}__in": some})
                for pk, target in rows.values_list("pk", relation.field.attname):
                    if pk not in own and name not in turned.get(pk, ()):
                        yield model, target


def _bound_to(left: set[Key], rows: dict[type, set[int]]) -> set[Key]:
    """The rows that stand or fall with those left: what they point at, and what is of the same person."""
    whole = _whole_with(
        (model, pk, field.related_model, target) for model, pks in rows.items() for pk, field, target in _targets(model, pks)
    )
    reached, waiting = set(left), list(left)
    while waiting:
        for key in whole.get(waiting.pop(), ()):
            if key not in reached:
                reached.add(key)
                waiting.append(key)
    return reached - left


def _whole_with(points) -> dict[Key, set[Key]]:
    """{row: rows left along with it}. A residence follows its person and its person's membership; a house not each dweller."""
    whole: dict[Key, set[Key]] = defaultdict(set)
    for model, pk, target_model, target in points:
        whole[model, pk].add((target_model, target))
        if getattr(target_model, "goes_whole", False):
            whole[target_model, target].add((model, pk))
    return whole


def _targets(model: type[models.Model], pks: set[int]):
    """(key, foreign key, key it points at) of these rows."""
    fields = [field for field in model._meta.concrete_fields if field.is_relation and field.related_model]
    for some in chunks(sorted(pks)):
        for pk, *targets in model._base_manager.filter(pk__in=some).values_list("pk", *(field.attname for field in fields)):
            for field, target in zip(fields, targets, strict=True):
                if target is not None:
                    yield pk, field, target
