"""Telling the workers which job waits. The row is the truth: a message that does not get out is sent later by the sweeper."""

import logging
import time
from collections.abc import Iterable

from gridparty.celery import app
from jobs.kinds import kind_of
from jobs.models import Job

logger = logging.getLogger(__name__)

# Measured with a Redis that is away: the worker's patient settings hold a request for 6 s (refused) to 20 s (no answer),
# these for 0.01 s to 1 s. Redis closed for everybody is not asked again by each of a thousand writes.
IMPATIENT = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry_on_timeout": False, "max_retries": 0}
PAUSE = 10  # seconds
_silent_until = 0.0


def send(jobs: Iterable[Job]) -> None:
    """Send the numbers of queued jobs. Never raises."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        with app.connection_for_write(transport_options=IMPATIENT, connect_timeout=1) as connection:
            for job in jobs:
                app.tasks["jobs.run"].apply_async([job.pk], queue=kind_of(job.kind).queue, connection=connection)
    except Exception as error:  # transports raise what they like, and none of it may break the request that queued the job
        _silent_until = time.monotonic() + PAUSE
        logger.warning("The broker does not take messages (%s); waiting jobs are sent later.", type(error).__name__)
