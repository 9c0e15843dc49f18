"""T5: every field of every model sent to every page that writes changes nothing but what the page declares."""

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models

from accounts.choices import Role
from accounts.models import User
from gridparty.tests.access.conftest import players
from gridparty.tests.access.matrix import NOWHERE, SELF, Case, Matrix
from gridparty.tests.access.visits import changes, snapshot, undone
from gridparty.tests.access.world import ANONYMOUS, World, columns, own_models
from grids.models import Area
from jobs.models import Schedule
from members.models import PartyOrganisation, Unit
from people.models import Person

# What a change page writes beside the fields of its form, because it follows from them.
CONSEQUENCES = {Area: {"form", "revision"}, User: {"phone_tail"}, Schedule: {"next_due_at"}}
CONSEQUENCES[Unit] = {"contact_tail"}
CONSEQUENCES[PartyOrganisation] = {"next_election_on", "path"}
CONSEQUENCES[Person] = {"pinyin", "initials", "id_tail", "id_hash", "phone_tail"}
# What tells of all that was sent, whether the page takes it or not.
SENT = {("jobs.FormReceipt", "content")}
HOSTILE = "hostile"


def every_field(world: World) -> dict[str, object]:
    """{name: a value other than the stored one} of all fields of all models, under both names of a related one."""
    sent = {"pk": 1, "id": 1}
    for model in own_models():
        for field in model._meta.concrete_fields:
            if not field.primary_key:
                sent[field.name] = sent[field.attname] = _other_value(field, world)
    return sent


def _other_value(field: models.Field, world: World):
    if field.is_relation:
        row = world.rows.get(field.related_model, {}).get("other_district")
        return row.pk if row else 1
    if isinstance(field, models.BooleanField):
        return "False" if field.default is True else "on"
    if isinstance(field, models.FileField):
        return SimpleUploadedFile("hostile.jpg", b"\xff\xd8\xff\xe0", "image/jpeg")
    if field.choices:
        return field.choices[-1][0]
    if isinstance(field, models.DateTimeField):
        return "1999-09-09 09:09:09"
    if isinstance(field, models.DateField):
        return "1999-09-09"
    if isinstance(field, models.IntegerField):
        return 7777
    return '{"hostile": 1}' if isinstance(field, models.JSONField) else HOSTILE[: field.max_length]


def writing_cases(matrix: Matrix, actor: str) -> Iterator[Case]:
    """The forms and buttons the actor can send, each once."""
    for case in matrix.cases(actor):
        if case.spot in ("own", NOWHERE, SELF) and matrix.sends_a_form(case) and (case.spot == SELF or matrix.may_write(case)):
            yield case


def effect(matrix: Matrix, case: Case, /, **more) -> dict[tuple, object]:
    """{(model, row, column): what stands there after the case}; new rows are numbered."""
    method, url, data = matrix.request(case)
    with undone():
        matrix.visitors[case.actor].ask(method, url, {**more, **data})
        return _cells(matrix.base, snapshot())


def _cells(before: dict, after: dict) -> dict[tuple, object]:
    cells = {}
    for label, pk, column in changes(before, after):
        if label == "audit.ChangeEntry":
            continue
        names = columns(next(model for model in own_models() if model._meta.label == label))
        if column in "+-":
            new = sorted(after[label].keys() - before[label].keys())
            row = f"+{new.index(pk)}" if column == "+" else pk
            values = after[label].get(pk, ())
            made = {(label, row, name): value for name, value in zip(names, values, strict=False) if (label, name) not in SENT}
            cells |= made or {(label, row, "-"): None}
        else:
            cells[label, pk, column] = after[label][pk][names.index(column)]
    return cells


@pytest.mark.parametrize("actor", players("two_posts"))
def test_undeclared_fields_change_nothing(db, matrix, actor):
    """The same form with and without every other field: the same cells get the same values."""
    everything, wrong, written = every_field(matrix.world), [], 0
    for case in writing_cases(matrix, actor):
        plain, again = effect(matrix, case), effect(matrix, case)
        extra = {name: value for name, value in everything.items() if name not in declared(matrix, case)}
        for upload in (value for value in extra.values() if isinstance(value, SimpleUploadedFile)):
            upload.seek(0)
        hostile = effect(matrix, case, **extra)
        written += bool(plain)
        # Random words and the clock differ from one time to the next.
        stable = {cell for cell in plain if plain[cell] == again.get(cell)}
        wrong += [f"{case} also writes {cell}" for cell in hostile.keys() - plain.keys()]
        wrong += [f"{case} writes {hostile[cell]!r} to {cell}" for cell in stable if hostile.get(cell) != plain[cell]]
        wrong += [f"{case} takes {cell}" for cell, value in hostile.items() if cell not in stable and HOSTILE in str(value)]
    assert written or actor == ANONYMOUS
    assert wrong == []


def declared(matrix: Matrix, case: Case) -> set[str]:
    """The names a page takes: those of its forms, and the row it was asked for."""
    forms = matrix.forms(case.route, matrix.target(case.route, case.spot, case.actor)).forms
    names = {form.add_prefix(name) for form in forms if hasattr(form, "fields") for name in form.fields}
    return names | set(matrix.request(case)[2])


@pytest.mark.parametrize("actor", ["two_posts", Role.SYSTEM_ADMIN.value])
def test_change_pages_write_the_fields_of_their_form(db, matrix, actor):
    """Of the row on record only what the form names, and what follows from it: never tree numbers, copies, passwords,
    session epochs, who entered it or when it ended."""
    wrong = []
    for case in writing_cases(matrix, actor):
        if case.route.page != "change":
            continue
        row = matrix.target(case.route, case.spot, actor)
        may = declared(matrix, case) | CONSEQUENCES.get(type(row), set())
        for label, pk, column in effect(matrix, case):
            if (label, pk) == (row._meta.label, row.pk) and column not in may:
                wrong.append(f"{case} writes {column}")
    assert wrong == []
