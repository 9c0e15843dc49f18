"""Whose name stands under a change: the request, the action, the job, or nobody but the shell."""

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import User
from audit import operations
from audit.actions import record_view
from audit.choices import ViewKind
from audit.middleware import RequestContextMiddleware
from audit.models import ChangeEntry, ViewEntry
from audit.operations import action, operation
from grids.models import CodeRule
from jobs.actions import enqueue, run_job
from jobs.kinds import KINDS, job

pytestmark = pytest.mark.django_db


class Broken(Exception):
    pass


def widen(rule):
    rule.width += 1
    rule.save()


@action("test.widen")
def widening(*, rule, by, then=None):
    widen(rule)
    if then:
        then()


@action("test.inner")
def inner(*, rule, by=None):
    widen(rule)


def last():
    return ChangeEntry.objects.order_by("-id").first()


def signature(entry):
    return entry.operation, entry.actor_id, entry.request_id


class TestShell:
    def test_outside_everything(self, rule):
        widen(rule)
        assert signature(last()) == ("shell", None, "")
        assert operations.current() is None

    def test_each_write_is_an_operation_of_its_own(self, rule):
        widen(rule)
        first = last().operation_id
        widen(rule)
        assert last().operation_id != first


class TestActions:
    def test_an_action_signs_with_its_name_and_user(self, rule, user):
        widening(rule=rule, by=user)
        assert signature(last()) == ("test.widen", user.pk, "")
        assert widening.action_name == "test.widen"

    def test_all_changes_of_one_action_share_its_number(self, rule, user, log):
        log.forget()
        widening(rule=rule, by=user, then=lambda: widen(rule))
        first, second = ChangeEntry.objects.filter(operation="test.widen")
        assert first.operation_id == second.operation_id
        widening(rule=rule, by=user)
        assert last().operation_id != first.operation_id

    def test_an_action_inside_another_keeps_the_outer_name_and_user(self, rule, user):
        other = User.objects.create(username="other", name="李四")
        widening(rule=rule, by=user, then=lambda: inner(rule=rule, by=other))
        assert signature(last()) == ("test.widen", user.pk, "")

    def test_nobody_acting(self, rule):
        widening(rule=rule, by=None)
        assert signature(last()) == ("test.widen", None, "")
        inner(rule=rule)
        assert signature(last()) == ("test.inner", None, "")
        widening(rule=rule, by=AnonymousUser())
        assert signature(last()) == ("test.widen", None, "")

    def test_a_failed_action_changes_nothing_and_leaves_no_name_behind(self, rule, user, log):
        def fail():
            raise Broken

        with pytest.raises(Broken):
            widening(rule=rule, by=user, then=fail)
        assert operations.current() is None
        assert log() == []
        assert CodeRule.objects.get(pk=rule.pk).width == 3
        inner(rule=CodeRule.objects.get(pk=rule.pk))
        assert last().operation == "test.inner"

    def test_a_failed_inner_action_takes_back_only_its_own_writes(self, rule, user):
        other = CodeRule.objects.create(kind="building", width=3)

        @action("test.failing")
        def failing(*, rule, by):
            widen(rule)
            raise Broken

        def attempt():
            with pytest.raises(Broken):
                failing(rule=other, by=user)

        widening(rule=rule, by=user, then=attempt)
        assert CodeRule.objects.get(pk=rule.pk).width == 4
        assert CodeRule.objects.get(pk=other.pk).width == 3
        assert last().object_id == rule.pk

    @pytest.mark.django_db(transaction=True)
    def test_what_waits_for_the_commit_has_a_name_of_its_own(self, db):
        rule = CodeRule.objects.create(kind="grid", width=3)
        widening(rule=rule, by=None, then=lambda: transaction.on_commit(lambda: inner(rule=rule)))
        assert last().operation == "test.inner"

    def test_the_doc_and_name_of_the_function_stay(self):
        assert widening.__name__ == "widening"


class TestOperations:
    def test_inside_another_user_and_request_are_kept_unless_given(self, rule, user):
        with operation("outer", actor_id=user.pk, request_id="r1"):
            with operation("inner"):
                widen(rule)
                assert signature(last()) == ("inner", user.pk, "r1")
            with operation("inner", request_id="r2"):
                widen(rule)
                assert signature(last()) == ("inner", user.pk, "r2")
            widen(rule)
            assert signature(last()) == ("outer", user.pk, "r1")

    def test_an_action_inside_an_operation_signs_with_its_own_name(self, rule, user):
        with operation("rosters.import", actor_id=user.pk):
            inner(rule=rule)
        assert signature(last()) == ("test.inner", user.pk, "")


class TestJobs:
    @pytest.fixture
    def kind(self, rule):
        @job("test.widen", label="试验", retry_safe=True)
        def handler(run, pk):
            widen(CodeRule.objects.get(pk=pk))
            inner(rule=CodeRule.objects.get(pk=pk))

        yield "test.widen"
        del KINDS["test.widen"]

    def test_a_job_signs_with_its_kind_its_number_and_who_asked(self, rule, user, kind, log):
        made = enqueue(kind=kind, args={"pk": rule.pk}, by=user)
        log.forget()
        run_job(job_id=made.pk)
        direct, by_action = ChangeEntry.objects.order_by("-id")[:2][::-1]
        assert signature(direct) == ("job test.widen", user.pk, f"job-{made.pk}")
        assert signature(by_action) == ("test.inner", user.pk, f"job-{made.pk}")


class TestRequests:
    def test_a_request_signs_with_its_route_its_number_and_user(self, cast, client):
        client.force_login(cast.secretary)
        target = User.objects.get(pk=cast.grid_leader.pk)
        answer = client.post(reverse("accounts:disable_user", args=[target.pk]))
        entry = last()
        assert signature(entry) == ("accounts.disable_users", cast.secretary.pk, answer["X-Request-ID"])
        assert uuid.UUID(entry.request_id)

    def test_every_request_has_a_number_of_its_own(self, client):
        numbers = {client.get("/healthz")["X-Request-ID"] for _n in range(3)}
        assert len(numbers) == 3

    def test_a_write_outside_any_action_is_signed_with_the_route(self, rule, user, rf):
        class Match:
            view_name = "grids:widen"

        def view(request):
            request.resolver_match = Match
            middleware.process_view(request, view, (), {})
            widen(rule)
            return HttpResponse()

        middleware = RequestContextMiddleware(view)
        request = RequestFactory().post("/areas/王小明/")
        request.user = user
        middleware(request)
        assert signature(last()) == ("POST grids:widen", user.pk, request.request_id)
        assert operations.current() is None

    def test_before_a_route_is_found_the_method_stands_for_it(self, rule, user):
        def broken(request):
            widen(rule)
            raise Broken

        request = RequestFactory().post("/王小明/")
        request.user = user
        with pytest.raises(Broken):
            RequestContextMiddleware(broken)(request)
        assert signature(last()) == ("POST request", user.pk, request.request_id)
        assert operations.current() is None

    def test_nobody_logged_in(self, rule):
        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        RequestContextMiddleware(lambda request: widen(rule) or HttpResponse())(request)
        assert last().actor_id is None


class TestViews:
    def test_who_saw_what_and_why(self, rule, user):
        with operation("POST accounts:reveal", actor_id=user.pk, request_id="r1"):
            record_view(kind=ViewKind.EXPORTED, model=User, rows=40, purpose="核对名单")
        entry = ViewEntry.objects.get()
        assert (entry.actor_id, entry.request_id, entry.model, entry.object_id, entry.rows, entry.purpose) == (
            *(user.pk, "r1", "accounts.user", None, 40, "核对名单"),
        )

    def test_from_the_shell(self, db):
        record_view(kind=ViewKind.OPENED, model=User, object_id=7)
        entry = ViewEntry.objects.get()
        assert (entry.actor_id, entry.object_id, entry.rows) == (None, 7, 1)
        assert str(entry) == "accounts.user 7 打开"
