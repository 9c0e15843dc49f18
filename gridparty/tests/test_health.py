"""What the machines that watch a server are told."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from gridparty import health


@pytest.fixture(autouse=True)
def just_started(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)


@pytest.fixture
def embedded_broker(settings, tmp_path):
    settings.CELERY_BROKER_URL = "filesystem://"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path)}
    return tmp_path


def checks_of(client) -> dict[str, bool]:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["ready"] is False
    return response.json()["checks"]


def test_the_process_lives_without_a_query_or_a_session(client):
    # Without a database fixture any query would be an error.
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"alive": True})
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


@pytest.mark.usefixtures("db", "embedded_broker")
def test_ready_when_everything_answers(client, django_assert_num_queries):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "checks": {"database": True, "migrations": True, "broker": True, "cache": True},
    }
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    with django_assert_num_queries(1):  # migrations are looked at until they are right, then no more
        client.get("/readyz")


@pytest.mark.usefixtures("embedded_broker")
def test_not_ready_without_the_database(client):
    # Without a database fixture the connection refuses, as it does when the server is down.
    assert checks_of(client) == {"database": False, "migrations": False, "broker": True, "cache": True}


@pytest.mark.usefixtures("db", "embedded_broker")
def test_not_ready_until_all_migrations_are_applied(client, settings):
    settings.MIGRATION_MODULES = {}  # the real ones: the test database was made without any
    assert checks_of(client) == {"database": True, "migrations": False, "broker": True, "cache": True}

    graph = MigrationLoader(None).graph
    last = graph.leaf_nodes()[0]
    record_applied([migration for migration in graph.nodes if migration != last])
    assert checks_of(client)["migrations"] is False

    record_applied([last])
    assert client.get("/readyz").status_code == 200


def record_applied(migrations):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS django_migrations"
            " (id integer, app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied timestamp)"
        )
        cursor.executemany("INSERT INTO django_migrations (app, name) VALUES (%s, %s)", migrations)


@pytest.mark.usefixtures("db")
def test_not_ready_without_the_broker_and_the_log_says_why_without_the_address(client, settings, caplog):
    settings.CELERY_BROKER_URL = "redis://:very-secret@127.0.0.1:1/0"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
    assert checks_of(client) == {"database": True, "migrations": True, "broker": False, "cache": True}
    assert "readyz: broker fails with OperationalError" in caplog.text
    assert "very-secret" not in caplog.text


@pytest.mark.usefixtures("db")
def test_not_ready_without_the_embedded_queue_folder(client, embedded_broker):
    embedded_broker.rmdir()
    assert checks_of(client)["broker"] is False


@pytest.mark.usefixtures("db", "embedded_broker")
def test_not_ready_without_the_cache(client, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}
    assert checks_of(client) == {"database": True, "migrations": True, "broker": True, "cache": False}


@pytest.mark.parametrize("route", ["/healthz", "/readyz"])
def test_asked_for_without_tls_inside_the_machine(client, settings, route):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(route).status_code in (200, 503)
    assert client.get("/accounts/login/").status_code == 301


@pytest.mark.parametrize("route", ["/healthz", "/readyz"])
def test_only_to_be_read(client, route):
    assert client.post(route).status_code == 405
