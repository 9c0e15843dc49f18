"""Writes to many rows at once reach the change log row by row."""

from datetime import date

import pytest
from django.db import IntegrityError, connection
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Concat

from accounts.choices import Engagement, Role
from accounts.models import Appointment, RoleScheme, SchemePost, User
from audit.querysets import _chunks
from grids.choices import AreaEventKind
from grids.models import Area, AreaEvent, CodeRule

pytestmark = pytest.mark.django_db


@pytest.fixture
def users(db, log):
    users = User.objects.bulk_create(
        User(username=f"u{n}", name=name, phone=f"1381234567{n}", password="x") for n, name in enumerate(["甲", "乙", "丙"])
    )
    log.forget()
    return users


def names():
    return list(User.objects.order_by("username").values_list("name", flat=True))


class TestCreate:
    def test_each_row_has_an_entry_masked_where_personal(self, db, log):
        users = User.objects.bulk_create([User(username=f"u{n}", name="甲", phone="13812345678") for n in range(3)])
        assert len({user.pk for user in users}) == 3
        entries = [log(user) for user in users]
        assert [[kind for kind, _changes in entry] for entry in entries] == [["created"]] * 3
        assert entries[0][0][1]["phone"] == [None, "***"]
        assert entries[0][0][1]["name"] == [None, "甲"]
        assert "phone_tail" not in entries[0][0][1]

    def test_nothing_to_create(self, db, log):
        assert User.objects.bulk_create([]) == []
        assert log() == []

    @pytest.mark.parametrize("option", ["ignore_conflicts", "update_conflicts"])
    def test_conflicts_are_an_actions_business(self, db, option):
        with pytest.raises(NotImplementedError):
            User.objects.bulk_create([User(username="a", name="甲")], **{option: True})

    def test_one_bad_row_leaves_no_row_and_no_entry(self, users, log):
        with pytest.raises(IntegrityError):
            User.objects.bulk_create([User(username="new", name="丁"), User(username="u1", name="丁")])

    def test_the_same_rows_and_entries_whatever_their_number(self, db, log, django_assert_num_queries):
        for number, kind in enumerate([1, 3]):
            rows = [User(username=f"q{number}-{n}", name="甲") for n in range(kind)]
            with django_assert_num_queries(5):  # savepoint, keys, rows, entries, release
                User.objects.bulk_create(rows)

    def test_get_or_create(self, db, log):
        rule, made = CodeRule.objects.get_or_create(kind="grid", defaults={"width": 4})
        again, made_again = CodeRule.objects.get_or_create(kind="grid", defaults={"width": 5})
        assert (made, made_again, again.width) == (True, False, 4)
        assert [kind for kind, _changes in log(rule)] == ["created"]

    def test_update_or_create(self, db, log):
        rule, _made = CodeRule.objects.update_or_create(kind="grid", defaults={"width": 4})
        CodeRule.objects.update_or_create(kind="grid", defaults={"width": 5})
        CodeRule.objects.update_or_create(kind="grid", defaults={"width": 5})
        assert [kind for kind, _changes in log(rule)] == ["created", "changed"]
        assert log(rule)[1][1] == {"width": [4, 5]}

    def test_through_the_other_side_of_a_foreign_key(self, db, log):
        scheme = RoleScheme.objects.create(name="一长三员")
        post = scheme.posts.create(kind="grid", role=Role.GRID_LEADER)
        assert log(post)[0][1]["scheme"] == [None, scheme.pk]


class TestUpdate:
    def test_old_and_new_of_each_row_that_changed(self, users, log):
        assert User.objects.filter(username__in=["u0", "u1"]).update(name="乙") == 2
        assert log(users[0]) == [("changed", {"name": ["甲", "乙"]})]
        assert log(users[1]) == []  # was 乙 already
        assert log(users[2]) == []

    def test_no_row_no_entry(self, users, log):
        assert User.objects.filter(username="nobody").update(name="丁") == 0
        assert log() == []

    def test_personal_columns_are_masked_and_stored_encrypted(self, users, log):
        User.objects.filter(pk=users[0].pk).update(phone="13900001111")
        assert log() == [("changed", {"phone": ["***", "***"]})]
        with connection.cursor() as cursor:
            cursor.execute("SELECT phone FROM accounts_user")
            assert "13900001111" not in str(cursor.fetchall())
        assert User.objects.get(pk=users[0].pk).phone == "13900001111"

    def test_derived_columns_alone(self, users, log, django_assert_num_queries):
        with django_assert_num_queries(1):
            User.objects.update(session_epoch=F("session_epoch") + 1, phone_tail="")
        assert log() == []

    def test_derived_beside_business_columns(self, users, log):
        User.objects.filter(username="u0").update(is_active=False, session_epoch=F("session_epoch") + 1)
        assert log() == [("changed", {"is_active": [True, False]})]
        assert User.objects.get(username="u0").session_epoch == 1

    def test_an_expression_is_logged_as_it_came_out(self, users, log):
        User.objects.filter(username="u0").update(name=Concat(F("name"), Value("某")))
        assert log() == [("changed", {"name": ["甲", "甲某"]})]

    def test_the_condition_may_be_on_the_updated_column(self, users, log):
        assert User.objects.filter(name="甲").update(name="丁") == 1
        assert log() == [("changed", {"name": ["甲", "丁"]})]
        assert names() == ["丁", "乙", "丙"]

    def test_by_the_column_name_of_a_foreign_key(self, users, log):
        User.objects.filter(username="u0").update(created_by_id=users[1].pk)
        assert log() == [("changed", {"created_by": [None, users[1].pk]})]

    def test_ordered(self, users, log):
        assert User.objects.order_by("-created_by__name", "name").update(name="丁") == 3
        assert len(log()) == 3

    def test_ordered_by_what_the_database_computes(self, users, log):
        assert User.objects.annotate(n=F("session_epoch")).order_by("-n").update(name=Value("丁")) == 3
        assert len(log()) == 3

    def test_with_an_annotation_in_the_new_value(self, users, log):
        User.objects.annotate(twice=Concat(F("name"), F("name"))).filter(username="u0").update(name=F("twice"))
        assert log() == [("changed", {"name": ["甲", "甲甲"]})]

    def test_distinct(self, users, log):
        assert User.objects.distinct().filter(username="u0").update(name="丁") == 1
        assert log() == [("changed", {"name": ["甲", "丁"]})]

    def test_joined(self, cast, areas, log):
        posts = Appointment.objects.filter(user__name="张三", area__code__startswith="370199001001L")
        count = posts.count()
        log.forget()
        assert posts.update(engagement=Engagement.FULL_TIME) == count == 1
        assert log() == [("changed", {"engagement": ["part_time", "full_time"]})]

    def test_joined_where_there_may_be_nothing_to_join(self, cast, areas, log):
        posts = Appointment.objects.filter(Q(area__kind="building") | Q(area=None), role=Role.SYSTEM_ADMIN)
        log.forget()
        assert posts.update(duties="值班") == 1
        assert log() == [("changed", {"duties": ["", "值班"]})]

    def test_joined_to_many_logs_each_row_once(self, db, log):
        scheme = RoleScheme.objects.create(name="一长三员")
        SchemePost.objects.bulk_create([SchemePost(scheme=scheme, kind="grid", role=role) for role in ("grid_leader", "member")])
        log.forget()
        assert RoleScheme.objects.filter(posts__kind="grid").update(note="新") == 1
        assert log() == [("changed", {"note": ["", "新"]})]

    def test_chosen_by_a_count(self, db, log):
        RoleScheme.objects.bulk_create([RoleScheme(name="空"), RoleScheme(name="满")])
        full = RoleScheme.objects.get(name="满")
        full.posts.create(kind="grid", role="member")
        log.forget()
        assert RoleScheme.objects.annotate(n=Count("posts")).filter(n=0).update(note="空") == 1
        assert log() == [("changed", {"note": ["", "空"]})]
        assert log(full) == []

    def test_a_slice_is_refused_as_always(self, users, log):
        with pytest.raises(TypeError):
            User.objects.order_by("pk")[:2].update(name="丁")
        assert names() == ["甲", "乙", "丙"]

    def test_a_union_is_refused_as_always(self, users):
        with pytest.raises(Exception, match="union"):
            User.objects.filter(username="u0").union(User.objects.filter(username="u1")).update(name="丁")

    def test_through_the_other_side_of_a_foreign_key(self, db, log):
        scheme = RoleScheme.objects.create(name="一长三员")
        post = scheme.posts.create(kind="grid", role=Role.GRID_LEADER)
        log.forget()
        scheme.posts.update(needed=2)
        assert log(post) == [("changed", {"needed": [1, 2]})]

    def test_keys_are_asked_for_in_statements_sqlite_takes(self):
        assert [len(some) for some in _chunks(list(range(75_000)))] == [30_000, 30_000, 15_000]
        assert list(_chunks([])) == []

    def test_areas_go_through_the_same_door(self, areas, log):
        Area.objects.filter(kind="building").update(opened_on=date(2026, 1, 1))
        assert len(log(model=Area)) == Area.objects.filter(kind="building").count()
        log.forget()
        Area.objects.filter(kind="building").update(level=F("level"))
        assert log() == []


class TestBulkUpdate:
    def test_old_and_new_of_each_row_that_changed(self, users, log):
        for user, name in zip(users, ["丁", "乙", "戊"], strict=True):
            user.name = name
        assert User.objects.bulk_update(users, ["name"]) == 3
        assert log(users[0]) == [("changed", {"name": ["甲", "丁"]})]
        assert log(users[1]) == []
        assert log(users[2]) == [("changed", {"name": ["丙", "戊"]})]

    def test_rows_may_come_from_a_generator(self, users, log):
        def renamed():
            for user in users:
                user.name = "丁"
                yield user

        assert User.objects.bulk_update(renamed(), ["name"]) == 3
        assert len(log()) == 3

    def test_old_is_what_the_database_held(self, users, log):
        User.objects.filter(pk=users[0].pk).update(name="子")
        log.forget()
        users[0].name = "丑"
        User.objects.bulk_update(users[:1], ["name"])
        assert log() == [("changed", {"name": ["子", "丑"]})]

    def test_personal_columns_are_masked_and_stored_encrypted(self, users, log):
        users[0].phone = "13900001111"
        User.objects.bulk_update(users, ["phone"])
        assert log() == [("changed", {"phone": ["***", "***"]})]
        with connection.cursor() as cursor:
            cursor.execute("SELECT phone FROM accounts_user")
            stored = str(cursor.fetchall())
        assert "13900001111" not in stored
        assert "1381234567" not in stored
        assert [user.phone for user in User.objects.order_by("pk")] == ["13900001111", "13812345671", "13812345672"]

    def test_derived_columns_alone(self, users, log):
        User.objects.bulk_update(users, ["session_epoch"])
        assert log() == []

    def test_an_expression_is_logged_as_it_came_out(self, users, log):
        users[0].name = Concat(F("name"), Value("某"))
        User.objects.bulk_update(users[:1], ["name"])
        assert log() == [("changed", {"name": ["甲", "甲某"]})]

    def test_in_batches(self, users, log):
        for user in users:
            user.name = "丁"
        User.objects.bulk_update(users, ["name"], batch_size=2)
        assert len(log()) == 3


class TestDelete:
    def test_each_row(self, users, log):
        assert User.objects.filter(username__in=["u0", "u2"]).delete()[0] == 2
        assert sorted(changes["username"][0] for _kind, changes in log()) == ["u0", "u2"]

    def test_what_goes_with_them(self, db, log):
        scheme = RoleScheme.objects.create(name="一长三员")
        scheme.posts.create(kind="grid", role="member")
        log.forget()
        RoleScheme.objects.all().delete()
        assert len(log(model=SchemePost)) == len(log(model=RoleScheme)) == 1

    def test_joined(self, db, log):
        scheme = RoleScheme.objects.create(name="一长三员")
        scheme.posts.create(kind="grid", role="member")
        log.forget()
        assert SchemePost.objects.filter(scheme__name="一长三员").delete()[0] == 1
        assert len(log()) == 1

    def test_a_slice_is_refused_as_always(self, users):
        with pytest.raises(TypeError):
            User.objects.all()[:1].delete()
        assert User.objects.count() == 3


def test_json_in_bulk(areas, log):
    AreaEvent.objects.bulk_create(
        [AreaEvent(kind=AreaEventKind.MOVED, on=date(2026, 1, 1), area=areas.grid1, carried={"甲": [1, None, True, "\\N\t\n"]})]
    )
    made = AreaEvent.objects.get()
    assert made.carried == {"甲": [1, None, True, "\\N\t\n"]}
    assert log(made)[0][1]["carried"] == [None, made.carried]
