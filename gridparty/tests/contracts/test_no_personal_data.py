"""T32: logs, addresses, queues, caches, mails and error pages hold no name and no phone of anybody.

Everybody in the system gets one name and one phone found nowhere else. Then people log in and mistype, the desk is used,
everything in scenarios.py is done, jobs are queued, notices sent, and pages break; what is left behind is searched.
"""

import io
import json
import logging
import logging.config
import pickle
import re
from contextlib import contextmanager
from inspect import signature

import pytest
from celery.signals import before_task_publish
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from PIL import Image

from accounts.models import User
from gridparty.celery import app
from gridparty.tests.contracts import product, scenarios
from gridparty.tests.factories import FACTORIES, mark, phone_at
from jobs import actions as jobs
from jobs.kinds import KINDS
from jobs.models import Job, OutboxMessage

NAME, PHONE, MAIL = "柳絮飞", "13987654321", "canary@example.com"
TRACES = {
    "the name": re.compile(NAME),
    "the name, encoded": re.compile("%E6%9F%B3%E7%B5%AE%E9%A3%9E|\\\\u67f3\\\\u7d6e\\\\u98de", re.I),
    "the phone": re.compile("3987654321"),
    "a phone": re.compile(r"(?<![\w.-])1[3-9]\d{9}(?![\w-])"),  # by itself: numbers of requests have digits, too
    "the address": re.compile("canary(@|%40)"),
}


def traces(text: str) -> list[str]:
    return [what for what, pattern in TRACES.items() if pattern.search(text)]


@pytest.fixture
def world(areas, cast):
    """Everybody is called NAME and has PHONE."""
    world = scenarios.build(areas, cast)
    User.objects.update(name=NAME, phone=PHONE, phone_tail=PHONE[-4:], email=MAIL)
    for name, user in vars(cast).items():
        setattr(cast, name, User.objects.get(pk=user.pk))
    world.newcomer = User.objects.get(pk=world.newcomer.pk)
    return world


@pytest.fixture
def lines():
    """What the log holds, as settings.LOGGING writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    formatters = settings.LOGGING["formatters"]
    (name,) = formatters
    handler.setFormatter(logging.config.DictConfigurator(settings.LOGGING).configure_formatter(dict(formatters[name])))
    handler.setLevel(logging.INFO)
    root, level = logging.getLogger(), logging.getLogger().level
    root.handlers.insert(0, handler)  # the first to write an error's text writes it for all
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def messages(monkeypatch):
    """What is sent to the workers: on a broker in memory instead of at once."""
    sent = []

    def note(body=None, headers=None, properties=None, **others):
        sent.append(repr([body, headers, properties]))

    before = app.conf.task_always_eager, app.conf.broker_url
    app.conf.update(task_always_eager=False, broker_url="memory://")
    monkeypatch.setattr("jobs.broker._silent_until", 0.0)
    before_task_publish.connect(note)
    yield sent
    before_task_publish.disconnect(note)
    app.conf.update(task_always_eager=before[0], broker_url=before[1])


def cached() -> str:
    """All keys and values of the cache."""
    return "\n".join(f"{key} {pickle.loads(value)!r}" for key, value in cache._cache.items())  # noqa: S301 - our own


def sessions() -> str:
    return repr([session.get_decoded() for session in Session.objects.all()])


def addresses_in(answer) -> str:
    """Where a page leads to, and its head. What is dialled is no address: no server ever sees it."""
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    if "html" not in answer.get("Content-Type", ""):
        return head
    return "\n".join([head, *re.findall(r'(?:href|src|action)="(?!tel:)([^"]*)"', answer.content.decode())])


def left_behind(lines) -> dict[str, list[str]]:
    """{place: what was found in it}, nothing where nothing was found."""
    places = {
        "log": lines.getvalue(),
        "cache": cached(),
        "sessions": sessions(),
        "arguments of jobs": json.dumps(list(Job.objects.values("kind", "args", "once_key")), ensure_ascii=False),
        "errors of messages": repr(list(OutboxMessage.objects.values_list("error", flat=True))),
    }
    return {place: found for place, text in places.items() if (found := traces(text))}


# --- Everything that is done


def test_everything_that_is_done_leaves_no_trace(world, lines):
    found = {}
    for name, scenario in {**scenarios.ACTIONS, **scenarios.PAGES}.items():
        with undone():
            answer = scenario(world)
            here = left_behind(lines)
            if hasattr(answer, "headers"):
                here["answer"] = traces(addresses_in(answer))
            found |= {f"{name}: {place}": what for place, what in here.items() if what}
        for user in vars(world.cast).values():
            vars(user).pop("scope", None)  # built on a tree that was taken back
        lines.truncate(0)
    assert found == {}


@contextmanager
def undone():
    """What is written inside is taken back: each scenario begins with the same world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_page_leaves_no_trace(world, lines):
    found = {}
    for role in ("secretary", "district_official", "system_admin", "audit_admin", "grid_leader"):
        client = Client()
        client.force_login(getattr(world.cast, role))
        for name, address in product.routes().items():
            found[f"{name} as {role}"] = traces(addresses_in(client.get(address)))
    found |= left_behind(lines)
    assert {name: what for name, what in found.items() if what} == {}


def test_logging_in_and_mistyping_leaves_no_trace(world, lines, client):
    user = world.cast.secretary
    User.objects.filter(pk=user.pk).update(username="secretary")
    found = {}
    for login, password in [(PHONE, "x"), (NAME, PHONE), ("secretary", PHONE), ("secretary", "a long password")]:
        answer = client.post(reverse("account_login"), {"login": login, "password": password})
        found[f"{login} {password}"] = traces(addresses_in(answer))
    assert answer.status_code == 302
    found["log-out"] = traces(addresses_in(client.post(reverse("account_logout"))))
    found |= left_behind(lines)
    assert {name: what for name, what in found.items() if what} == {}
    assert "allauth" in cached(), "tries are counted in the cache"


def test_a_photo_keeps_nothing_of_its_name(world, lines):
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    photo = SimpleUploadedFile(f"{NAME}{PHONE}.png", file.getvalue(), "image/png")
    scenarios.post(world.cast.secretary, "admin:accounts_user_change", world.newcomer.pk, name="李四", photo=photo)
    stored = User.objects.get(pk=world.newcomer.pk).photo.name
    assert stored
    assert traces(stored) == []
    assert left_behind(lines) == {}


# --- Queues and mail


def test_workers_are_told_numbers_and_mails_go_to_whom_they_are_for(world, lines, messages, django_capture_on_commit_callbacks):
    user = world.cast.secretary
    with django_capture_on_commit_callbacks(execute=True):
        for name, kind in KINDS.items():
            _run, *wanted = signature(kind.handler).parameters
            jobs.enqueue(kind=name, args=dict.fromkeys(wanted, 1), by=user)
        jobs.notify(
            recipients=[user, world.cast.clerk], subject="换届提醒", body="有事项待办理。", link="/jobs/notices/", by=user
        )
    assert len(messages) == len(KINDS)
    assert traces("\n".join(messages)) == []
    jobs.deliver_outbox()
    assert len(mail.outbox) == 2
    for letter in mail.outbox:
        assert letter.recipients() == [MAIL]
        letter.to = []
        assert traces(letter.message().as_string() + letter.subject + letter.body) == []
    assert left_behind(lines) == {}


@pytest.mark.parametrize("value", [PHONE[:3] + " " + PHONE[3:], NAME, f"{NAME} {PHONE}"])
def test_a_job_takes_no_words(world, value):
    kind = next(iter(KINDS))
    with pytest.raises((TypeError, ValueError)):
        jobs.enqueue(kind=kind, args={"note": value}, by=None)


# --- Pages that break


def breaks_with_words(request):
    raise ValueError(f"{NAME} {PHONE}")


def breaks_with_a_cause(request):
    try:
        {}[PHONE]
    except KeyError as error:
        raise LookupError(NAME) from error


def breaks_in_the_database(request):
    """PostgreSQL quotes the whole row it refuses."""
    User.objects.filter(name=NAME).update(username=None)
    return HttpResponse()


def breaks_by_a_double(request):
    User.objects.create(username=PHONE, name=NAME)
    User.objects.create(username=PHONE, name=NAME)


BREAKS = [breaks_with_words, breaks_with_a_cause, breaks_in_the_database, breaks_by_a_double]
urlpatterns = [
    *(path(f"breaks/{view.__name__}", view) for view in BREAKS),
    path("", include("gridparty.urls")),
]


@pytest.mark.urls("gridparty.tests.contracts.test_no_personal_data")
@pytest.mark.parametrize("view", BREAKS, ids=lambda view: view.__name__)
def test_a_page_that_breaks_tells_nobody_who_it_was_about(world, lines, view):
    client = Client(raise_request_exception=False)
    client.force_login(world.cast.secretary)
    with transaction.atomic():
        answer = client.get(f"/breaks/{view.__name__}")
        transaction.set_rollback(True)
    assert answer.status_code == 500
    assert traces(answer.content.decode()) == []
    assert "breaks" in lines.getvalue(), "it is in the log, with its place"
    assert traces(lines.getvalue()) == []


def test_refusing_pages_name_nobody(world, lines):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.cast.next_grid_leader)
    about = world.cast.grid_leader.pk
    answers = [
        client.get(reverse("accounts:photo", args=[about])),
        client.get(reverse("admin:accounts_user_change", args=[about])),
        client.post(reverse("accounts:disable_user", args=[about])),
        client.get("/nowhere/"),
    ]
    assert [answer.status_code for answer in answers][0::3] == [404, 404]
    assert [traces(answer.content.decode() + addresses_in(answer)) for answer in answers] == [[], [], [], []]
    assert left_behind(lines) == {}


# --- What a row says of itself


@pytest.mark.parametrize("model", product.own_models(), ids=lambda model: model._meta.label)
def test_a_row_in_words_shows_no_phone_and_no_name_but_its_own(areas, model):
    area = areas.building1
    row = FACTORIES[model](area)
    words = " ".join([str(row), repr(row), f"{row}", repr([row])])
    assert phone_at(area.code) not in words
    assert phone_at(area.code)[-4:] not in words
    assert f"{mark(User, area.code)}@" not in words
    if model is not User:
        assert mark(User, area.code) not in words


def test_the_database_itself_holds_no_phone(world):
    """Encrypted where it is stored, masked where it is logged."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names from the database
            assert PHONE not in repr(cursor.fetchall()), table


def test_traces_are_found():
    assert traces(f"/users/?q={NAME}") == ["the name"]
    assert traces("/users/?q=%E6%9F%B3%e7%b5%ae%E9%A3%9E") == ["the name, encoded"]
    assert traces(f"tel:+86{PHONE}") == ["the phone"]
    assert traces("call 13800001111") == ["a phone"]
    assert traces("at 1390000111.25 and 370199001001001 in e2a1b5a4-0f11-4c2e-9d6b-a13800001111") == []
