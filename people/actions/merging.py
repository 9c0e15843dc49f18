"""Two records of one human become one, and can become two again."""

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from people.actions.homes import PLACE, carry, check_heads, locked, once
from people.choices import MoveKind
from people.errors import PersonRefused
from people.models import Person, PersonMerge, Residence

# Columns the kept record takes over where its own are empty; they go together.
_FILLED = [
    ("id_number", ("id_number", "id_kind", "id_hash", "id_tail")),
    ("phone", ("phone", "phone_tail")),
    ("born_on", ("born_on",)),
    ("sex", ("sex",)),
    ("ethnicity", ("ethnicity",)),
    ("employer", ("employer",)),
    ("user_id", ("user_id",)),
]


def _pointing() -> list[tuple[type[Model], str, bool]]:
    """(model, column, unique) of everything that points to a person, whatever room it is of."""
    keep = (Residence, PersonMerge, Person)
    found = (one for one in Person._meta.related_objects if one.related_model not in keep)
    return [(one.related_model, one.field.name, one.one_to_one) for one in found]


@action("people.merge_people")
def merge_people(*, keep: Person, drop: Person, by) -> PersonMerge:
    """Make `drop` part of `keep`: what points to it points to the kept one, empty columns are filled, its residence ends.

    Raises PersonRefused: two ID numbers are two humans, and of what one can have once only one may have it.
    """
    if keep.pk == drop.pk:
        raise PersonRefused(_("请选择两条不同的记录。"))
    rows = {row.pk: row for row in locked([keep, drop])}
    keep, drop = rows[keep.pk], rows[drop.pk]
    for one in rows.values():
        if one.area is None or not scope_of(by).covers(Can.EDIT_PEOPLE, one.area):
            raise PersonRefused(_("两条记录都须在您的管理范围内才能合并。"))
    if keep.id_hash and drop.id_hash:
        raise PersonRefused(_("两条记录的证件号码不同，不是同一人，不能合并。"))
    if keep.born_on and drop.born_on and keep.born_on != drop.born_on:
        raise PersonRefused(_("两条记录的出生日期不同，请核对后再合并。"))
    merge = PersonMerge(kept=keep, dropped=drop)
    merge.before = {
        "moved": _repoint(drop, keep),
        "filled": [],
        "drop": {name: getattr(drop, name) for name in ("household_id", "relation", *(f"{column}_id" for column in PLACE))},
        "residence": None,
    }
    _end_residence(merge, keep, drop)
    drop.merged_into = keep
    user_id, drop.user_id = drop.user_id, None if keep.user_id is None else drop.user_id
    drop.save()
    drop.user_id = user_id
    for name, columns in _FILLED:
        if not getattr(keep, name) and getattr(drop, name):
            merge.before["filled"].append(name)
            for column in columns:
                setattr(keep, column, getattr(drop, column))
    with once():
        keep.save()
        merge.save()
    carry([keep])
    check_heads([merge.before["drop"]["household_id"], keep.household_id])
    return merge


def _repoint(drop: Person, keep: Person) -> dict[str, list[int]]:
    moved = {}
    for model, column, unique in _pointing():
        rows = model._base_manager.filter(**{column: drop})
        if unique and rows.exists() and model._base_manager.filter(**{column: keep}).exists():
            what = model._meta.verbose_name
            raise PersonRefused(_("两条记录都有%(what)s，请先处理其中一条。") % {"what": what})
        _check_pairs(model, column, rows, keep)
        if keys := list(rows.values_list("pk", flat=True)):
            moved[f"{model._meta.label_lower}.{column}"] = keys
            model.objects.filter(pk__in=keys).update(**{column: keep})
    return moved


def _check_pairs(model, column: str, rows, keep: Person) -> None:
    """What a constraint allows once for a person and something else (one open care of a class): both may not have it."""
    for constraint in model._meta.constraints:
        fields = getattr(constraint, "fields", ())
        if column not in fields:
            continue
        others = [name for name in fields if name != column]
        condition = getattr(constraint, "condition", None)
        held = model._base_manager.filter(**{column: keep})
        if condition is not None:
            rows, held = rows.filter(condition), held.filter(condition)
        clash = set(rows.values_list(*others)) & set(held.values_list(*others)) if others else rows.exists() and held.exists()
        if clash:
            raise PersonRefused(_("两条记录都有相同的%(what)s，请先处理其中一条。") % {"what": model._meta.verbose_name})


def _end_residence(merge: PersonMerge, keep: Person, drop: Person) -> None:
    current = Residence.objects.filter(person=drop, until_on=None).first()
    if current is not None:
        merge.before["residence"] = current.pk
        on = max(today(), current.from_on)
        Residence.objects.filter(pk=current.pk).update(until_on=on, went=MoveKind.MERGED)
    drop.household, drop.relation = None, ""


@action("people.undo_merge")
def undo_merge(*, merge: PersonMerge, by) -> PersonMerge:
    """Make two records of one again, as they were. Raises PersonRefused when what was moved has changed since."""
    merge = PersonMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at:
        raise PersonRefused(_("该合并已撤销。"))
    rows = {
        row.pk: row for row in Person.objects.select_for_update(of=("self",)).filter(pk__in=[merge.kept_id, merge.dropped_id])
    }
    keep, drop = rows[merge.kept_id], rows[merge.dropped_id]
    for name in merge.before["filled"]:
        for column in dict(_FILLED)[name]:
            setattr(keep, column, None if column in ("id_hash", "born_on", "user_id") else "")
    keep.save()
    for column, value in merge.before["drop"].items():
        setattr(drop, column, value)
    drop.merged_into = None
    with once():
        drop.save()
    if merge.before["residence"]:
        Residence.objects.filter(pk=merge.before["residence"]).update(until_on=None, went="")
    for model, column, _unique in _pointing():
        keys = merge.before["moved"].get(f"{model._meta.label_lower}.{column}", [])
        if model.objects.filter(pk__in=keys).exclude(**{column: keep}).exists():
            raise PersonRefused(_("合并后又有调整，不能自动撤销，请逐项办理。"))
        model.objects.filter(pk__in=keys).update(**{column: drop})
    carry([keep])
    carry([drop])
    check_heads([drop.household_id, keep.household_id])
    merge.undone_at = timezone.now()
    merge.save()
    return merge
