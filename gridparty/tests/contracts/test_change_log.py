"""T17: every write is explained in the change log, whatever door it came through.

Each action, each form and button of the desk and each address that takes POST is used once, on a watched cursor (recorder.py).
Actions and pages are found, not listed: one without a scenario fails here, and so does a scenario for what is gone.
"""

import re
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, models
from django.test import Client, RequestFactory

from accounts.models import RoleScheme, SchemePost
from audit import log
from audit.models import Audited
from audit.operations import action, operation
from gridparty.lib import bulk
from gridparty.tests.contracts import product, scenarios, scenarios_liaison, scenarios_services  # noqa: F401 - fills the scenarios
from gridparty.tests.contracts.recorder import Recorder
from gridparty.tests.factories import FACTORIES
from grids.models import Area, CodeRule

# Tables no entry explains, and why.
UNLOGGED = {
    "audit.ChangeEntry": "the change log itself",
    "audit.ViewEntry": "the view log itself",
    "jobs.FormReceipt": "what a form was answered, so that sending it again does nothing; goes in time",
    "jobs.Job": "a log of what ran: who asked, when, how it ended",
    "jobs.Notice": "a copy of what was told; only the recipient's reading changes it",
    "jobs.OutboxMessage": "a log of what was sent and how often it was tried",
    "rosters.Export": "a list on its way out, its reader's alone; goes in time",
    "rosters.Import": "a file on its way in, its uploader's alone; what it changes is in the log",
    "rosters.ImportFile": "the file itself; goes in time",
    "rosters.ImportRow": "a row of the file; goes in time",
    "rosters.ImportProblem": "what was said of a row of the file; goes in time",
    "rosters.ImportBefore": "what taking an import back needs; goes in time",
    "rosters.Mapping": "which heading an office means by which column; no business content",
    "sessions.Session": "log-ins of browsers; no business content, expires",
}


PREPARING = "preparing the scenario"


@pytest.fixture
def world(areas, cast):
    return scenarios.build(areas, cast)


# --- Every model


def test_every_model_of_ours_is_logged_or_says_why_not():
    without = {model._meta.label for model in product.own_models() if not issubclass(model, Audited)}
    ours = {label for label in UNLOGGED if apps.get_model(label) in product.own_models()}
    assert without == ours, "Derive the model from Audited, or give a reason in UNLOGGED."


@pytest.mark.parametrize("model", [model for model in product.own_models() if issubclass(model, Audited)], ids=str)
class TestModel:
    def test_what_it_calls_derived_or_masked_are_columns_of_it(self, model):
        columns = {field.name for field in model._meta.concrete_fields}
        assert model.derived_fields | model.masked_fields <= columns

    def test_its_rows_come_through_the_logging_queryset(self, model):
        for manager in model._meta.managers:
            assert hasattr(manager.get_queryset(), "_held"), f"{manager.name} writes past the log"

    def test_deleting_another_row_does_not_write_to_it_unseen(self, model):
        """SET_NULL and SET_DEFAULT write with Django's own queryset: use PROTECT, or CASCADE, or an action."""
        for field in model._meta.concrete_fields:
            if field.is_relation and field.name not in model.derived_fields:
                assert field.remote_field.on_delete in (models.PROTECT, models.CASCADE, models.RESTRICT), field

    def test_it_has_no_hidden_table_of_links(self, model):
        """Links in a table Django makes by itself are written past the log: give the link a model of its own."""
        for field in model._meta.local_many_to_many:
            assert not field.remote_field.through._meta.auto_created, field


def other_sides() -> set[str]:
    """The names by which rows are reached from what they point to: scheme.posts, area.children."""
    relations = (relation for model in product.own_models() for relation in model._meta.related_objects)
    names = (relation.get_accessor_name() for relation in relations if issubclass(relation.related_model, Audited))
    return {name for name in names if name}


def test_rows_are_not_moved_by_the_other_side_of_a_foreign_key():
    """scheme.posts.add(post) writes with Django's own queryset, past the log."""
    past_the_log = re.compile(rf"\.({'|'.join(sorted(other_sides()))})\.a?(add|set)\(")
    found = [product.name_of(file) for file in product.python_files() if past_the_log.search(file.read_text(encoding="utf-8"))]
    assert "posts" in other_sides()
    assert found == []


# --- Every action


def test_every_action_has_a_scenario_and_every_scenario_an_action():
    assert set(scenarios.ACTIONS) == set(product.actions())


@pytest.mark.parametrize("name", sorted(scenarios.ACTIONS))
def test_what_an_action_writes_is_in_the_log(name, world):
    with Recorder() as recorder, operation(PREPARING):
        scenarios.ACTIONS[name](world)
    assert recorder.unexplained() == []
    assert name in recorder.operations(), "the scenario never wrote anything by this action"
    assert recorder.tables() <= known_tables()


def known_tables() -> set[str]:
    listed = {apps.get_model(label)._meta.db_table for label in UNLOGGED}
    return listed | {model._meta.db_table for model in apps.get_models() if issubclass(model, Audited)}


# --- Every form and button of the desk, every address that takes POST

STANDARD = ("changelist", "add", "history", "delete", "change")


def desk_pages(cast, areas) -> set[str]:
    """What the desk offers to write with, by name; buttons of lists as `…_changelist#button`."""
    found = set()
    for model, model_admin in admin.site._registry.items():
        stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        standard = {f"{stem}_{one}" for one in STANDARD}
        found |= {f"admin:{url.name}" for url in model_admin.get_urls() if url.name} - standard
        found |= {f"{stem}_changelist#{getattr(button, '__name__', button)}" for button in model_admin.actions or ()}
        found |= {f"{stem}_{what}" for what in offered(model_admin, cast, FACTORIES[model](areas.taoyuan))}
    return found


def offered(model_admin, cast, row) -> set[str]:
    """Which of add, change and delete somebody of the cast may use, on a row of their own area."""
    asked = {"add": (), "change": (row,), "delete": (row,)}
    request, found = RequestFactory().get("/"), set()
    for request.user in vars(cast).values():
        found |= {what for what, about in asked.items() if getattr(model_admin, f"has_{what}_permission")(request, *about)}
    return found


def writing_routes(cast) -> set[str]:
    """Addresses outside the desk that take POST, whatever row they are about, or show a form."""
    found = set()
    clients = [Client(), logged_in(cast.secretary), logged_in(cast.system_admin)]
    for name, address in product.routes().items():
        if not name.startswith("admin:") and any(takes_post(client, address) for client in clients):
            found.add(name)
    return found


def takes_post(client, address: str) -> bool:
    """A view of ours refuses OPTIONS and says what it takes; of others the form on the page tells."""
    refusal = client.options(address)
    said = refusal.status_code == 405 and "POST" in refusal["Allow"]
    answer = client.get(address)
    if answer.streaming:
        answer.getvalue()  # closes the file
    return said or bool(scenarios.forms_on(answer))


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_page_that_writes_has_a_scenario_and_every_scenario_a_page(world, cast, areas):
    pages = desk_pages(cast, areas) | writing_routes(cast)
    assert set(scenarios.PAGES) <= pages
    assert pages - set(scenarios.PAGES) <= set(scenarios.ONLY_SHOWN)
    assert not set(scenarios.PAGES) & set(scenarios.ONLY_SHOWN)


@pytest.mark.parametrize("name", sorted(scenarios.PAGES))
def test_what_a_page_writes_is_in_the_log_with_user_and_request(name, world):
    with Recorder() as recorder, operation(PREPARING):
        answer = scenarios.PAGES[name](world)
    assert recorder.statements
    assert recorder.unexplained() == []
    assert recorder.tables() <= known_tables()
    assert UUID(answer["X-Request-ID"])
    signed = {(entry.request_id, entry.actor_id) for entry in recorder.entries() if entry.request_id}
    assert signed <= {(answer["X-Request-ID"], answer.wsgi_request.user.pk)}


# --- The watcher itself: it sees what goes past the log


class TestRecorder:
    @pytest.fixture
    def rule(self, db):
        return CodeRule.objects.create(kind="grid", prefix="W", width=3)

    def test_a_write_past_the_log_is_seen(self, rule):
        with Recorder() as recorder, connection.cursor() as cursor:
            cursor.execute("UPDATE grids_coderule SET prefix = 'G'")
        assert recorder.unexplained() == [f'not in the log: grids.coderule {rule.pk} changed {{"prefix": ["W", "G"]}}']

    def test_a_write_that_changes_nothing_needs_no_entry(self, rule):
        with Recorder() as recorder, connection.cursor() as cursor:
            cursor.execute("UPDATE grids_coderule SET prefix = 'W'")
        assert recorder.unexplained() == []

    @pytest.mark.parametrize(
        "statement",
        ["DELETE FROM grids_coderule", "INSERT INTO grids_coderule (kind, prefix, width) VALUES ('building', 'L', 3)"],
    )
    def test_rows_made_or_deleted_past_the_log_are_seen(self, rule, statement):
        with Recorder() as recorder, connection.cursor() as cursor:
            cursor.execute(statement)
        assert len(recorder.unexplained()) == 1

    def test_rows_made_in_bulk_past_the_log_are_seen(self, db):
        with Recorder() as recorder:
            bulk.insert_objects([CodeRule(kind="grid", prefix="", width=3), CodeRule(kind="building", prefix="", width=3)])
        assert len(recorder.unexplained()) == 2

    def test_djangos_own_queryset_is_seen(self, rule):
        with Recorder() as recorder:
            models.QuerySet(CodeRule).update(width=4)
        assert len(recorder.unexplained()) == 1

    def test_a_row_moved_by_the_other_side_of_a_foreign_key_is_seen(self, db):
        schemes = RoleScheme.objects.bulk_create([RoleScheme(name="一长三员"), RoleScheme(name="一片三长")])
        post = SchemePost.objects.create(scheme=schemes[0], kind="grid", role="member")
        with Recorder() as recorder:
            schemes[1].posts.add(post)
        assert len(recorder.unexplained()) == 1

    def test_an_entry_for_what_never_happened_is_seen(self, rule):
        with Recorder() as recorder:
            log.changed(CodeRule, {rule.pk: {"width": 3}}, {rule.pk: {"width": 9}})
        assert recorder.unexplained() == [f'logged and never happened: grids.coderule {rule.pk} changed {{"width": [3, 9]}}']

    def test_derived_columns_need_an_operation(self, areas):
        rows = Area.objects.filter(pk=areas.grid1.pk)
        with Recorder() as recorder:
            rows.update(level=9)
        assert recorder.unexplained() == ["['level'] of grids_area changed outside any operation"]
        with Recorder() as recorder, operation("tests.mending"):
            rows.update(level=2)
        assert recorder.unexplained() == []

    def test_what_was_rolled_back_needs_no_entry(self, rule):
        @action("tests.failing")
        def fail():
            CodeRule.objects.update(width=9)
            raise ZeroDivisionError

        with Recorder() as recorder, pytest.raises(ZeroDivisionError):
            fail()
        assert recorder.unexplained() == []
        assert recorder.entries() == []

    def test_a_statement_it_does_not_know_stops_it(self, db):
        with Recorder(), connection.cursor() as cursor, pytest.raises(AssertionError, match="Neither a read nor a write"):
            cursor.execute("TRUNCATE grids_coderule")
