"""Watches the database cursor: which rows every statement really changed, and under which operation.

Around each INSERT, UPDATE, DELETE and COPY on the table of an Audited model, the rows of that table are read before and after.
What differs is what must be explained: business columns by one entry of the change log each, derived columns by a running
operation. Nothing here asks the code that writes the log.
"""

import json
import re
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model

from audit import operations
from audit.models import Audited, ChangeEntry
from gridparty.lib.crypto import EncryptedTextField

WRITE = re.compile(r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM|COPY)\s+"?(\w+)"?', re.IGNORECASE)
HARMLESS = re.compile(r"[\s(]*(?:SELECT|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SET|PRAGMA|SHOW)\b", re.IGNORECASE)
SAVEPOINT = re.compile(r'\s*(SAVEPOINT|ROLLBACK TO SAVEPOINT)\s+"?(\w+)"?', re.IGNORECASE)


@dataclass(frozen=True)
class Change:
    """What one statement did to one row. `values`: {column: [old, new]} of the business columns as the log should hold them."""

    model: str
    pk: int
    kind: str
    values: str  # as JSON

    def __str__(self):
        return f"{self.model} {self.pk} {self.kind} {self.values}"


@dataclass
class Statement:
    """One write."""

    table: str
    operation: str | None
    changes: list[Change] = field(default_factory=list)
    derived: set[str] = field(default_factory=set)  # the derived columns it changed


def tables() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for model in apps.get_models() if issubclass(model, Audited)}


class Recorder:
    """`with Recorder() as recorder: …` and then `recorder.unexplained()`."""

    def __init__(self):
        self.statements: list[Statement] = []
        self._savepoints: dict[str, int] = {}
        self._stack = ExitStack()
        self._tables = tables()

    def __enter__(self):
        self._since = ChangeEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
        self._stack.enter_context(connection.execute_wrapper(self._watch))
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    # --- Watching
    def _watch(self, execute, sql, params, many, context):
        if found := SAVEPOINT.match(sql):
            self._mark(*found.groups())
        if not (found := WRITE.match(sql)):
            if not HARMLESS.match(sql):
                raise AssertionError(f"Neither a read nor a write this test knows: {sql[:80]}")
            return execute(sql, params, many, context)
        table, running = found[1], operations.current()
        statement = Statement(table, running.name if running else None)
        model = self._tables.get(table)
        before = _rows(model) if model else {}
        result = execute(sql, params, many, context)
        if model:
            _compare(statement, model, before, _rows(model))
        self.statements.append(statement)
        return result

    def _mark(self, verb: str, name: str) -> None:
        """What a rolled back savepoint did has not happened."""
        if verb.upper() == "SAVEPOINT":
            self._savepoints[name] = len(self.statements)
        else:
            del self.statements[self._savepoints[name] :]

    # --- Judging
    def entries(self) -> list[ChangeEntry]:
        return list(ChangeEntry.objects.filter(id__gt=self._since).order_by("id"))

    def changes(self) -> list[Change]:
        return [change for statement in self.statements for change in statement.changes]

    def tables(self) -> set[str]:
        """The tables that were written to."""
        return {statement.table for statement in self.statements}

    def operations(self) -> set[str | None]:
        return {statement.operation for statement in self.statements}

    def unexplained(self) -> list[str]:
        """One sentence for everything that is wrong between what was written and what the log says."""
        wrong = []
        logged = [Change(entry.model, entry.object_id, entry.kind, _json(entry.changes)) for entry in self.entries()]
        happened = self.changes()
        wrong += [f"not in the log: {change}" for change in (Counter(happened) - Counter(logged)).elements()]
        wrong += [f"logged and never happened: {change}" for change in (Counter(logged) - Counter(happened)).elements()]
        for statement in self.statements:
            if statement.derived and statement.operation is None:
                wrong.append(f"{sorted(statement.derived)} of {statement.table} changed outside any operation")
        wrong += [f"no operation: {entry}" for entry in self.entries() if not entry.operation or not entry.operation_id]
        return wrong


def _rows(model: type[Model]) -> dict[int, dict]:
    """{pk: {field name: value}} of the whole table."""
    names = {field.attname: field.name for field in model._meta.concrete_fields if not field.primary_key}
    rows = model._base_manager.order_by().values("pk", *names)
    return {row["pk"]: {name: row[attname] for attname, name in names.items()} for row in rows}


def _compare(statement: Statement, model: type[Model], before: dict, after: dict) -> None:
    names = {field.name for field in model._meta.concrete_fields if not field.primary_key}
    business = names - model.derived_fields
    nothing = dict.fromkeys(names)
    for pk in before.keys() | after.keys():
        old, new = before.get(pk, nothing), after.get(pk, nothing)
        differs = {name for name in names if old[name] != new[name]}
        kind = "created" if pk not in before else "deleted" if pk not in after else "changed"
        statement.derived |= differs - business
        if kind != "changed" or differs & business:
            values = {name: [_shown(model, name, old[name]), _shown(model, name, new[name])] for name in differs & business}
            statement.changes.append(Change(model._meta.label_lower, pk, kind, _json(values)))


def _shown(model: type[Model], name: str, value):
    """Personal values as set or not."""
    if name in model.masked_fields or isinstance(model._meta.get_field(name), EncryptedTextField):
        return "***" if value else None
    return value


def _json(value) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True)
