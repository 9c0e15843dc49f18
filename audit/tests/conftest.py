"""What the change log says of a row, in a form that reads like a sentence."""

import pytest

from audit.models import ChangeEntry
from conftest import make_user
from grids.models import CodeRule


@pytest.fixture
def log(db):
    """`log(row)`: [(kind, changes)] of its entries, oldest first; `log()`: of all entries since the test began."""
    begun = ChangeEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0

    def read(row=None, model=None):
        entries = ChangeEntry.objects.filter(id__gt=begun).order_by("id")
        if row is not None:
            entries = entries.filter(model=row._meta.label_lower, object_id=row.pk)
        if model is not None:
            entries = entries.filter(model=model._meta.label_lower)
        return [(entry.kind, entry.changes) for entry in entries]

    def forget():
        nonlocal begun
        begun = ChangeEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0

    read.forget = forget
    return read


@pytest.fixture
def rule(db, log):
    """A row with plain columns, its own creation not counted."""
    rule = CodeRule.objects.create(kind="grid", prefix="W", width=3)
    log.forget()
    return rule


@pytest.fixture
def user(db, log):
    """A row with masked, encrypted, file and derived columns."""
    user = make_user(None, None, username="zhang", name="张三")
    log.forget()
    return user
