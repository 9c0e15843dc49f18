"""Saving one row: only what changed is written, and the change log says so."""

import io
from datetime import date

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import FieldDoesNotExist
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection
from django.db.models import F, Value
from django.db.models.functions import Concat, Upper
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from accounts.models import Appointment, RoleScheme, SchemePost, User
from conftest import make_user
from grids.choices import AreaEventKind
from grids.models import AreaEvent, CodeRule
from jobs.models import Schedule

pytestmark = pytest.mark.django_db


def written(queries):
    return [query["sql"] for query in queries if query["sql"].startswith(("UPDATE", "INSERT", "DELETE", "COPY"))]


def png(name="身份证 王小明.png"):
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue())


def event(area, **values):
    """A row with a JSON column."""
    event = AreaEvent(kind=AreaEventKind.MOVED, on=date(2026, 1, 1), area=area, **values)
    event.save()
    return event


class TestNew:
    def test_a_new_row_is_logged_with_all_it_holds(self, log):
        rule = CodeRule.objects.create(kind="grid", prefix="W", width=3)
        assert log(rule) == [("created", {"kind": [None, "grid"], "prefix": [None, "W"], "width": [None, 3]})]

    def test_empty_columns_and_derived_ones_are_left_out(self, log, areas):
        made = event(areas.grid1, before="甲")
        assert log(made)[0][1] == {
            "area": [None, areas.grid1.pk],
            "kind": [None, "moved"],
            "on": [None, "2026-01-01"],
            "before": [None, "甲"],
            "after": [None, ""],
            "carried": [None, {}],
            "note": [None, ""],
        }

    def test_a_row_built_by_hand_never_overwrites_another(self, rule, log):
        with pytest.raises(IntegrityError):
            CodeRule(pk=rule.pk, kind="building", prefix="L", width=3).save()

    def test_a_copy_made_by_taking_the_key_away_is_a_new_row(self, log, areas):
        first = event(areas.grid1, before="甲")
        log.forget()
        copy = AreaEvent.objects.get(pk=first.pk)
        copy.pk = None
        copy.save()
        assert copy.pk != first.pk
        assert log(copy)[0][0] == "created"
        assert log(first) == []

    def test_a_value_the_database_computes_is_logged_as_it_came_out(self, log, db):
        scheme = RoleScheme.objects.create(name=Upper(Value("abc")))
        assert scheme.name == "ABC"
        assert log(scheme)[0][1]["name"] == [None, "ABC"]


class TestChange:
    def test_only_the_changed_column_is_written_and_logged(self, rule, log):
        rule.prefix = "G"
        with CaptureQueriesContext(connection) as queries:
            rule.save()
        (update,) = [sql for sql in written(queries) if sql.startswith("UPDATE")]
        assert "prefix" in update
        assert "width" not in update
        assert log(rule) == [("changed", {"prefix": ["W", "G"]})]

    def test_without_a_change_there_is_no_query(self, rule, log, django_assert_num_queries):
        loaded = CodeRule.objects.get(pk=rule.pk)
        loaded.prefix = "W"
        with django_assert_num_queries(0):
            loaded.save()
            rule.save()
        assert log() == []

    def test_saving_twice_logs_once(self, rule, log):
        rule.width = 4
        rule.save()
        rule.save()
        assert log(rule) == [("changed", {"width": [3, 4]})]

    def test_two_copies_that_change_different_columns_lose_nothing(self, rule, log):
        one, other = CodeRule.objects.get(pk=rule.pk), CodeRule.objects.get(pk=rule.pk)
        one.prefix, other.width = "G", 5
        one.save()
        other.save()
        assert CodeRule.objects.values_list("prefix", "width").get(pk=rule.pk) == ("G", 5)
        assert log(rule) == [("changed", {"prefix": ["W", "G"]}), ("changed", {"width": [3, 5]})]

    def test_update_fields_writes_no_other_column_and_the_next_save_still_does(self, rule, log):
        rule.prefix, rule.width = "G", 5
        rule.save(update_fields=["width"])
        assert log(rule) == [("changed", {"width": [3, 5]})]
        rule.save()
        assert CodeRule.objects.get(pk=rule.pk).prefix == "G"
        assert log(rule)[1:] == [("changed", {"prefix": ["W", "G"]})]

    def test_update_fields_takes_the_column_name_of_a_foreign_key(self, cast, areas, log):
        made = event(areas.grid1)
        made.other, made.note = areas.grid2, "x"
        made.save(update_fields=["other_id"])
        assert log(made)[1:] == [("changed", {"other": [None, areas.grid2.pk]})]

    def test_a_mistyped_update_field_is_an_error_and_not_a_lost_write(self, rule):
        rule.width = 5
        with pytest.raises(FieldDoesNotExist, match="widht"):
            rule.save(update_fields=["widht"])

    def test_a_day_typed_as_text_is_the_same_day(self, areas, log):
        made = AreaEvent.objects.get(pk=event(areas.grid1).pk)
        log.forget()
        made.on = "2026-01-01"
        made.save()
        assert log(made) == []
        made.on = "2026-01-02"
        made.save()
        assert log(made) == [("changed", {"on": ["2026-01-01", "2026-01-02"]})]

    def test_an_expression_is_logged_as_it_came_out_and_computed_once(self, rule, log):
        rule.width = F("width") + 1
        rule.save()
        assert rule.width == 4
        rule.save()
        assert CodeRule.objects.get(pk=rule.pk).width == 4
        assert log(rule) == [("changed", {"width": [3, 4]})]

    def test_a_row_deleted_meanwhile_is_told(self, rule):
        copy = CodeRule.objects.get(pk=rule.pk)
        rule.delete()
        copy.width = 5
        with pytest.raises(DatabaseError):
            copy.save()

    def test_json_changed_in_place_is_a_change(self, areas, log):
        made = event(areas.grid1, carried={"parts": [1]})
        log.forget()
        made.carried["parts"].append(2)
        made.save()
        loaded = AreaEvent.objects.get(pk=made.pk)
        loaded.carried["parts"].append(3)
        loaded.save()
        assert AreaEvent.objects.get(pk=made.pk).carried == {"parts": [1, 2, 3]}
        changes = [changes["carried"] for _kind, changes in log(made)]
        assert changes == [[{"parts": [1]}, {"parts": [1, 2]}], [{"parts": [1, 2]}, {"parts": [1, 2, 3]}]]

    def test_a_row_in_memory_after_bulk_create_saves_only_what_differs(self, log):
        (rule,) = CodeRule.objects.bulk_create([CodeRule(kind="grid", prefix="W", width=3)])
        log.forget()
        rule.save()
        assert log() == []
        rule.width = 5
        rule.save()
        assert log() == [("changed", {"width": [3, 5]})]

    def test_a_row_in_memory_after_bulk_update_is_not_logged_again(self, rule, log):
        rule.width = 5
        CodeRule.objects.bulk_update([rule], ["width"])
        log.forget()
        rule.save()
        assert log() == []


class TestRefresh:
    def test_what_was_read_again_is_what_the_next_save_compares_with(self, rule, log):
        CodeRule.objects.filter(pk=rule.pk).update(prefix="B")
        log.forget()
        rule.refresh_from_db()
        rule.save()
        assert log(rule) == []
        rule.prefix = "W"  # back to what it was when first loaded
        rule.save()
        assert CodeRule.objects.get(pk=rule.pk).prefix == "W"
        assert log(rule) == [("changed", {"prefix": ["B", "W"]})]

    def test_reading_one_column_again_keeps_the_others_unsaved(self, rule, log):
        CodeRule.objects.filter(pk=rule.pk).update(prefix="B")
        log.forget()
        rule.width = 9
        rule.refresh_from_db(fields=["prefix"])
        rule.save()
        assert log(rule) == [("changed", {"width": [3, 9]})]

    def test_reading_again_from_rows_without_some_columns_loses_no_change(self, rule, log):
        rule.width = 9
        rule.refresh_from_db(from_queryset=CodeRule.objects.only("prefix"))
        rule.save()
        assert log(rule) == [("changed", {"width": [3, 9]})]

    @pytest.mark.parametrize("narrow", [lambda rows: rows.only("kind"), lambda rows: rows.defer("prefix", "width")])
    def test_columns_not_loaded_are_not_written(self, rule, log, narrow, django_assert_num_queries):
        loaded = narrow(CodeRule.objects).get(pk=rule.pk)
        with django_assert_num_queries(0):
            loaded.save()
        assert loaded.width == 3  # loaded now
        with django_assert_num_queries(0):
            loaded.save()
        assert log() == []

    def test_a_column_set_without_being_loaded_is_logged_with_what_it_held(self, rule, log):
        loaded = CodeRule.objects.only("kind").get(pk=rule.pk)
        loaded.width = 5
        loaded.save()
        assert log(rule) == [("changed", {"width": [3, 5]})]


class TestWhatIsNotLogged:
    def test_derived_columns_alone_leave_no_entry(self, cast, log):
        post = Appointment.objects.get(user=cast.grid_leader)
        log.forget()
        post.street = None
        post.save()
        assert Appointment.objects.get(pk=post.pk).street_id is None
        assert log() == []

    def test_logging_in_leaves_no_entry(self, user, client, log):
        client.force_login(user)
        assert User.objects.get(pk=user.pk).last_login is not None
        assert log() == []

    def test_a_derived_column_beside_a_business_one_is_written_and_not_named(self, user, log):
        user.name, user.session_epoch = "李四", 7
        user.save()
        assert User.objects.get(pk=user.pk).session_epoch == 7
        assert log(user) == [("changed", {"name": ["张三", "李四"]})]

    def test_when_a_schedule_is_due_is_no_change(self, log, db):
        schedule = Schedule.objects.create(name="a", kind="jobs.prune", next_due_at=timezone.now())
        log.forget()
        schedule.next_due_at = timezone.now()
        schedule.save()
        assert log() == []
        schedule.args = {"days": 3}
        schedule.save()
        assert log() == [("changed", {"args": [{}, {"days": 3}]})]


class TestPersonal:
    def test_phone_and_password_are_logged_as_set_or_not(self, user, log):
        user.phone, user.password = "13812345678", "argon2$x"
        user.save()
        assert log(user) == [("changed", {"phone": [None, "***"], "password": ["***", "***"]})]
        user.phone = "13912345678"
        user.save()
        user.phone = ""
        user.save()
        assert log(user)[1:] == [("changed", {"phone": ["***", "***"]}), ("changed", {"phone": ["***", None]})]

    def test_the_same_phone_is_no_change(self, user, log):
        user.phone = "13812345678"
        user.save()
        log.forget()
        User.objects.get(pk=user.pk).save()
        loaded = User.objects.get(pk=user.pk)
        loaded.phone = "13812345678"
        loaded.save()
        assert log() == []

    def test_a_new_user_shows_no_phone(self, log):
        made = make_user(None, None, username="li", name="李四")
        User.objects.filter(pk=made.pk).update(phone="13812345678")
        assert "13812345678" not in repr(log())


class TestFiles:
    def test_a_new_photo_is_logged_by_the_name_it_is_stored_under(self, user, log):
        user.photo = png()
        user.save()
        stored = User.objects.get(pk=user.pk).photo.name
        assert stored.startswith("users/")
        assert log(user) == [("changed", {"photo": ["", stored]})]

    def test_the_same_photo_is_no_change(self, user, log):
        user.photo = png()
        user.save()
        log.forget()
        user.save()
        User.objects.get(pk=user.pk).save()
        assert log() == []

    def test_another_photo_of_the_same_name_is_a_change(self, user, log):
        user.photo = png("a.png")
        user.save()
        before = user.photo.name
        log.forget()
        user.photo = png("a.png")
        user.save()
        assert user.photo.name != before
        assert log(user) == [("changed", {"photo": [before, user.photo.name]})]

    def test_a_file_saved_through_its_field_is_a_change(self, user, log):
        user.photo = png("a.png")
        user.save()
        before = user.photo.name
        log.forget()
        user.photo.save("b.png", ContentFile(png().read()))
        assert log(user) == [("changed", {"photo": [before, user.photo.name]})]
        assert User.objects.get(pk=user.pk).photo.name == user.photo.name

    def test_taking_it_away_is_a_change(self, user, log):
        user.photo = png("a.png")
        user.save()
        before = user.photo.name
        log.forget()
        user.photo = ""
        user.save()
        assert log(user) == [("changed", {"photo": [before, ""]})]


class TestDelete:
    def test_a_deleted_row_is_logged_with_what_it_held(self, rule, log):
        pk = rule.pk
        rule.delete()
        rule.pk = pk
        assert log(rule) == [("deleted", {"kind": ["grid", None], "prefix": ["W", None], "width": [3, None]})]

    def test_what_goes_with_it_is_logged_too(self, log, db):
        scheme = RoleScheme.objects.create(name="一长三员")
        SchemePost.objects.bulk_create([SchemePost(scheme=scheme, kind="grid", role=role) for role in ("grid_leader", "member")])
        log.forget()
        scheme.delete()
        assert sorted(kind for kind, _changes in log(model=SchemePost)) == ["deleted", "deleted"]
        assert [kind for kind, _changes in log(model=RoleScheme)] == ["deleted"]

    def test_a_row_already_deleted_is_not_logged_twice(self, rule, log):
        copy = CodeRule.objects.get(pk=rule.pk)
        rule.delete()
        assert copy.delete() == (0, {})
        assert [kind for kind, _changes in log()] == ["deleted"]

    def test_rows_without_a_log_are_deleted_in_one_statement(self, client, user):
        client.force_login(user)
        with CaptureQueriesContext(connection) as queries:
            Session.objects.filter(expire_date__gt=timezone.now()).delete()
        assert len(queries) == 1


def test_a_failed_write_leaves_no_entry(rule, log):
    CodeRule.objects.create(kind="building", prefix="L", width=3)
    log.forget()
    rule.kind = "building"
    with pytest.raises(IntegrityError):
        rule.save()


def test_concatenated_in_the_database(rule, log):
    rule.prefix = Concat(F("prefix"), Value("X"))
    rule.save()
    assert log(rule) == [("changed", {"prefix": ["W", "WX"]})]
