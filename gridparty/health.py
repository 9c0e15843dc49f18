"""Two answers for the machines that watch this one: does the process live, and can it do its work."""

import logging
import os

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gridparty.celery import app
from gridparty.lib.doors import public

logger = logging.getLogger(__name__)
BROKER_SECONDS = 2
_migrated = False  # true once is true for the life of the process: a deployment migrates before it starts


@public("watched by the container engine and the load balancer, tells nothing but yes or no")
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process lives. Asks nothing else, so that a broken database restarts no web server."""
    return JsonResponse({"alive": True})


@public("watched by the container engine and the load balancer, tells nothing but yes or no")
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Everything a request needs answers: 200, else 503. Reasons go to the log, never into the answer."""
    checks = {name: _holds(name, check) for name, check in CHECKS.items()}
    ready = all(checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _holds(name: str, check) -> bool:
    try:
        return check()
    except Exception as error:  # whatever a driver raises means the same here
        # The kind of error only: its text may hold an address with a password.
        logger.warning("readyz: %s fails with %s", name, type(error).__name__)
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrations() -> bool:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _broker() -> bool:
    """A real question to the queue: on Redis its length, on the filesystem its folder."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    quick = options | {"socket_timeout": BROKER_SECONDS, "retry_on_timeout": False}
    with app.connection_for_write(settings.CELERY_BROKER_URL, transport_options=quick, connect_timeout=BROKER_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
        broker.default_channel.queue_declare(queue=settings.CELERY_TASK_DEFAULT_QUEUE)
    folder = options.get("data_folder_out")
    return folder is None or os.access(folder, os.W_OK)


def _cache() -> bool:
    cache.get("readyz")  # reading only: a probe must not wait for SQLite's one writer
    return True


CHECKS = {"database": _database, "migrations": _migrations, "broker": _broker, "cache": _cache}
