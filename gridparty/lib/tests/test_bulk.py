"""Rows go in as they are, whatever stands in them, on both databases, and no two get one key."""

import threading
import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.models import Value
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from audit.models import ChangeEntry
from gridparty.lib import bulk
from grids.models import Area, AreaEvent, CodeRule
from jobs.models import Job, Notice

pytestmark = pytest.mark.django_db
HOSTILE = [
    "",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\\",
    "\\N",
    "\\n",
    "\\\\N",
    "\\.",
    "a\\",
    "a\tb\nc\\N",
    "'",
    '"',
    "''; DROP TABLE jobs_notice; --",
    "%s %(name)s %%",
    "NULL",
    "None",
    "𠮷野家😀",
    "é́",
    "\u200b\ufeff",
    "\u2028",
    "\x01\x1f\x7f",
    "{}",
    '{"a": "\\u0000"}',
    "王小明",
    "x" * 5000,
]


def notices(texts, recipient):
    return [Notice(recipient_id=recipient.pk, subject=text[:90], body=text, batch=uuid.uuid4()) for text in texts]


@pytest.fixture
def user(db):
    return User.objects.create(username="zhang", name="张三")


class TestText:
    def test_hostile_text_comes_back_as_it_went_in(self, user):
        rows = notices(HOSTILE, user)
        bulk.insert_objects(rows)
        found = dict(Notice.objects.values_list("pk", "body"))
        assert {row.pk: row.body for row in rows} == found
        assert list(Notice.objects.order_by("pk").values_list("body", flat=True)) == HOSTILE

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), max_size=4))
    def test_any_text_comes_back(self, user, texts):
        rows = notices(texts, user)
        bulk.insert_objects(rows)
        assert [Notice.objects.get(pk=row.pk).body for row in rows] == texts

    def test_what_postgresql_cannot_hold_is_refused_with_nothing_written(self, user):
        rows = notices(["good", "nul \x00"], user)
        if connection.vendor != "postgresql":
            bulk.insert_objects(rows)
            assert Notice.objects.get(pk=rows[1].pk).body == "nul \x00"
            return
        with pytest.raises((DatabaseError, ValueError)), transaction.atomic():
            bulk.insert_objects(rows)
        assert not Notice.objects.exists()


class TestValues:
    def test_nothing_and_empty_text_are_two_things(self, user):
        jobs = [Job(kind="", once_key=key, error="", send_again_at=timezone.now()) for key in (None, "", "k")]
        bulk.insert_objects(jobs)
        assert list(Job.objects.order_by("pk").values_list("once_key", flat=True)) == [None, "", "k"]
        assert Job.objects.filter(once_key=None, error="").count() == 1

    @pytest.mark.parametrize(
        "value",
        [
            {},
            [],
            None,
            True,
            0,
            1.5,
            "",
            "\\N",
            {"甲": ["\t\n\\", None, {"b": '"'}]},
            "\\u0041",
            {"😀": "𠮷"},
        ],
    )
    def test_json(self, user, value):
        job = Job(kind="x", args={"value": value}, result=value, send_again_at=timezone.now())
        bulk.insert_objects([job])
        stored = Job.objects.get(pk=job.pk)
        assert (stored.args, stored.result) == ({"value": value}, value)

    def test_flags_days_instants_and_numbers(self, areas):
        at = datetime(2026, 12, 31, 16, 0, 0, 123456, tzinfo=UTC)
        users = [User(username=f"u{n}", name="甲", is_active=bool(n), created_at=at, first_password_until=None) for n in (0, 1)]
        bulk.insert_objects(users)
        stored = User.objects.filter(username__startswith="u").order_by("username")
        assert [(one.is_active, one.created_at, one.first_password_until) for one in stored] == [
            (False, at, None),
            (True, at, None),
        ]
        event = AreaEvent(kind="moved", on=date(2026, 2, 28), area=areas.grid1, other=None)
        bulk.insert_objects([event])
        event = AreaEvent.objects.get(pk=event.pk)
        assert (event.on, event.area_id, event.other_id, event.carried) == (date(2026, 2, 28), areas.grid1.pk, None, {})

    def test_uuids(self, db):
        number = uuid.uuid4()
        entry = ChangeEntry(
            at=timezone.now(), operation="x", operation_id=number, model="m", object_id=1, kind="created", changes={}
        )
        bulk.insert_objects([entry])
        assert ChangeEntry.objects.get(operation_id=number).pk == entry.pk

    def test_encrypted_text(self, db):
        user = User(username="a", name="甲", phone="13812345678")
        bulk.insert_objects([user])
        assert User.objects.get(pk=user.pk).phone == "13812345678"

    def test_times_of_creation_are_filled_in(self, db):
        user = User(username="a", name="甲")
        bulk.insert_objects([user])
        assert user.created_at is not None
        assert user._state.adding is False

    def test_bytes(self):
        assert bulk._copy_text(b"\x00\\") == "\\\\x005c"
        assert bulk._copy_text(memoryview(b"a")) == "\\\\x61"

    def test_an_expression_is_no_value(self, db):
        with pytest.raises(Exception, match=r"expression|binding|adapt|type"), transaction.atomic():
            bulk.insert_objects([User(username="a", name=Value("甲"))])
        assert not User.objects.exists()


class TestNewObjects:
    def test_what_is_not_given_is_as_the_model_says(self, db, user):
        (fresh,) = bulk.new_objects(Notice, [{"recipient_id": user.pk, "subject": "甲", "batch": uuid.uuid4()}])
        built = Notice(recipient_id=user.pk, subject="甲", batch=fresh.batch)
        apart = {"_state", "created_at"}
        assert {name: value for name, value in vars(fresh).items() if name not in apart} == {
            name: value for name, value in vars(built).items() if name not in apart
        }
        assert fresh._state.adding is True
        bulk.insert_objects([fresh])
        assert Notice.objects.get() == fresh
        assert fresh.recipient == user

    def test_no_two_share_a_value_that_can_change(self, db):
        one, two = bulk.new_objects(Job, [{"kind": "x"}, {"kind": "x"}])
        one.args["a"] = 1
        assert two.args == {}


class TestKeys:
    def test_rows_get_keys_in_their_order(self, db):
        rows = [User(username=f"u{n}", name="甲") for n in range(5)]
        bulk.insert_objects(rows)
        keys = [row.pk for row in rows]
        assert keys == sorted(set(keys))
        assert list(User.objects.order_by("pk").values_list("username", flat=True)) == [row.username for row in rows]

    def test_a_key_given_is_kept(self, db):
        rows = [User(pk=90_000, username="a", name="甲"), User(username="b", name="乙")]
        bulk.insert_objects(rows)
        assert rows[0].pk == 90_000
        assert rows[1].pk not in (None, 90_000)

    def test_single_and_bulk_inserts_share_one_numbering(self, db):
        one = User.objects.create(username="a", name="甲")
        two, three = bulk_users("b", "c")
        four = User.objects.create(username="d", name="丁")
        (five,) = bulk_users("e")
        keys = [one.pk, two.pk, three.pk, four.pk, five.pk]
        assert len(set(keys)) == 5
        assert keys == sorted(keys)

    def test_the_key_of_a_deleted_row_is_not_given_again(self, db):
        (last,) = bulk_users("a")
        before = last.pk
        User.objects.all().delete()
        assert bulk_users("b")[0].pk > before

    def test_none_are_reserved_for_nothing(self, db):
        assert bulk.reserve_ids(User, 0) == []
        bulk.insert_objects([])

    def test_reserved_keys_are_free(self, db):
        bulk_users("a", "b")
        taken = set(User.objects.values_list("pk", flat=True))
        keys = bulk.reserve_ids(User, 3)
        assert len(set(keys)) == 3
        assert not taken & set(keys)


def bulk_users(*names):
    rows = [User(username=name, name="甲") for name in names]
    bulk.insert_objects(rows)
    return rows


class TestStatements:
    def test_a_refused_row_is_djangos_own_error(self, db):
        bulk_users("a")
        with pytest.raises(IntegrityError), transaction.atomic():
            bulk_users("b", "a")
        assert User.objects.count() == 1

    def test_many_chunks(self, db, monkeypatch, django_assert_num_queries):
        monkeypatch.setattr(bulk, "CHUNK", 3)
        with django_assert_num_queries(4):  # chunks of 3, 3, 3 and 1
            bulk.insert_rows(CodeRule, ["kind", "prefix", "width"], ([f"k{n}", "", n] for n in range(10)))
        assert CodeRule.objects.count() == 10

    def test_many_pieces(self, db, monkeypatch):
        monkeypatch.setattr(bulk, "PIECE", 3)
        rows = bulk_users(*(f"u{n}" for n in range(10)))
        assert dict(User.objects.values_list("pk", "username")) == {row.pk: row.username for row in rows}

    def test_items_may_make_no_row(self, db, monkeypatch):
        monkeypatch.setattr(bulk, "PIECE", 3)
        kept = {4, 9}
        bulk.insert_made(
            CodeRule, ["kind", "prefix", "width"], range(10), lambda some: ([f"k{n}", "", n] for n in some if n in kept)
        )
        assert set(CodeRule.objects.values_list("width", flat=True)) == kept

    def test_what_fails_while_rows_are_made_is_told_as_it_is(self, db):
        def broken(some):
            yield ["grid", "", 3]
            raise KeyError("no such name")

        with pytest.raises(KeyError, match="no such name"), transaction.atomic():
            bulk.insert_made(CodeRule, ["kind", "prefix", "width"], [1], broken)
        assert not CodeRule.objects.exists()

    def test_rows_may_ask_the_database_while_they_are_made(self, db):
        def rows():
            for kind in ("grid", "building"):
                assert CodeRule.objects.count() == 0
                yield [None, kind, "", 3]

        ids = iter(bulk.reserve_ids(CodeRule, 2))
        bulk.insert_rows(CodeRule, ["id", "kind", "prefix", "width"], ([next(ids), *row[1:]] for row in rows()))
        assert CodeRule.objects.count() == 2

    def test_whoever_watches_the_connection_sees_every_statement_with_its_rows(self, db):
        seen = []

        def watch(execute, sql, params, many, context):
            seen.append((sql.split(" ")[0], sql.split('"')[1] if '"' in sql else "", len(params) if many else None))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(watch):
            bulk_users("a", "b", "c")
        verb = "COPY" if connection.vendor == "postgresql" else "INSERT"
        assert seen[-1] == (verb, "accounts_user", 3)
        assert len(seen) == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_insert_at_once_get_different_keys():
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    start, keys = threading.Barrier(2), []

    def insert(name):
        try:
            for turn in range(10):
                with transaction.atomic():
                    start.wait(20)
                    keys.extend(row.pk for row in bulk_users(*(f"{name}{turn}-{n}" for n in range(50))))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=insert, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(keys) == len(set(keys)) == User.objects.count() == 1000


def test_areas_of_the_small_tree_came_through_bulk(areas):
    assert Area.objects.count() == 21
