"""Two writers at once on PostgreSQL: who loses writes nothing and leaves no entry."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.db.models import Count

from accounts.models import RoleScheme, SchemePost, User
from audit.models import ChangeEntry
from grids.models import CodeRule

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _postgres():
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")


def while_held(rows, change, other):
    """Lock `rows` and `change` them; `other` runs meanwhile in a thread and gets what it waits for at the commit."""
    answer = []

    def run():
        try:
            answer.append(other())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        list(rows.select_for_update())
        thread.start()
        wait_until_someone_waits()
        change()
    thread.join(20)
    return answer[0]


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def wait_until_someone_waits():
    for _n in range(400):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else one transaction sees the same moment all along
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.02)
    raise AssertionError("nobody waited")


def entries(model):
    return [(entry.kind, entry.changes) for entry in ChangeEntry.objects.filter(model=model._meta.label_lower).order_by("id")]


@pytest.fixture
def user():
    user = User.objects.create(username="zhang", name="张三", password="x")
    ChangeEntry.objects.all().delete()
    return user


CONDITIONS = {
    "plain": lambda: User.objects.filter(name="张三"),
    "distinct": lambda: User.objects.filter(name="张三").distinct(),
    "joined": lambda: User.objects.filter(name="张三").exclude(created_by__name="李四"),
}


@pytest.mark.parametrize("rows", CONDITIONS.values(), ids=CONDITIONS)
def test_a_conditional_update_that_loses_writes_no_entry(user, rows):
    count = while_held(
        User.objects.filter(pk=user.pk),
        lambda: User.objects.filter(pk=user.pk).update(name="李四"),
        lambda: rows().update(name="王五"),
    )
    assert count == 0
    assert User.objects.get(pk=user.pk).name == "李四"
    assert entries(User) == [("changed", {"name": ["张三", "李四"]})]


def test_a_condition_on_a_count_that_loses_writes_no_entry(db):
    scheme = RoleScheme.objects.create(name="空")
    ChangeEntry.objects.all().delete()
    count = while_held(
        RoleScheme.objects.filter(pk=scheme.pk),
        lambda: RoleScheme.objects.filter(pk=scheme.pk).update(name="满"),
        lambda: RoleScheme.objects.annotate(n=Count("posts")).filter(n=0, name="空").update(note="空"),
    )
    assert count == 0
    assert entries(RoleScheme) == [("changed", {"name": ["空", "满"]})]


def test_the_old_value_is_the_one_that_was_overwritten(user):
    while_held(
        User.objects.filter(pk=user.pk),
        lambda: User.objects.filter(pk=user.pk).update(name="李四"),
        lambda: User.objects.filter(pk=user.pk).update(name="王五"),
    )
    assert entries(User) == [("changed", {"name": ["张三", "李四"]}), ("changed", {"name": ["李四", "王五"]})]


def test_the_old_value_of_bulk_update_is_the_one_that_was_overwritten(user):
    def bulk():
        copy = User.objects.get(pk=user.pk)
        copy.name = "王五"
        return User.objects.bulk_update([copy], ["name"])

    while_held(User.objects.filter(pk=user.pk), lambda: User.objects.filter(pk=user.pk).update(name="李四"), bulk)
    assert entries(User) == [("changed", {"name": ["张三", "李四"]}), ("changed", {"name": ["李四", "王五"]})]


DELETES = {
    "rows": lambda: CodeRule.objects.all().delete(),
    "row": lambda: [rule.delete() for rule in CodeRule.objects.all()],
}


@pytest.mark.parametrize("delete", DELETES.values(), ids=DELETES)
def test_a_row_deleted_by_two_is_logged_once(db, delete):
    rule = CodeRule.objects.create(kind="grid", width=3)
    ChangeEntry.objects.all().delete()
    while_held(CodeRule.objects.filter(pk=rule.pk), lambda: CodeRule.objects.all().delete(), delete)
    assert [kind for kind, _changes in entries(CodeRule)] == ["deleted"]


def test_an_update_by_a_joined_condition_locks_its_own_rows_only(db):
    """A user busy elsewhere does not hold up the scheme's posts."""
    scheme = RoleScheme.objects.create(name="一长三员")
    SchemePost.objects.create(scheme=scheme, kind="grid", role="member")
    done = []

    def run():
        done.append(SchemePost.objects.filter(scheme__name="一长三员").update(needed=2))
        connections.close_all()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        list(RoleScheme.objects.select_for_update())
        thread.start()
        thread.join(20)
        assert done == [1]
