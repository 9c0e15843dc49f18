"""One attempt at a job while it runs: its progress, its heartbeat, and the failures worth a line in the log."""

import logging
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, connections
from django.utils import timezone

from jobs.choices import JobStatus
from jobs.models import Job

logger = logging.getLogger(__name__)

SHOW_EVERY = 2.0  # seconds between two looks at the progress
BEAT_EVERY = 10.0  # seconds between two heartbeats without progress


class TakenOver(Exception):
    """Another worker has begun this job anew; this attempt ends."""


class Run:
    """What a handler knows of its job, and where it says how far it is. `by_id` is the user it is done for."""

    def __init__(self, job: Job):
        self.job_id, self.kind, self.by_id, self._attempt = job.pk, job.kind, job.created_by_id, job.attempts
        self._progress = (job.done, job.total, job.message)
        self._taken_over = False

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Say how far the work is; costs nothing, so for every row if you like. Raises TakenOver.

        What is said here is written by the thread of `beating`, on a connection of its own: a page sees it while the
        handler's own transaction is still open. On SQLite, where one transaction writes at a time, it is seen between them.
        """
        if self._taken_over:
            raise TakenOver
        self._progress = (done, self._progress[1] if total is None else total, str(message)[:200])

    def write(self, status: JobStatus = JobStatus.RUNNING, **values) -> bool:
        """Write status, progress and heartbeat; False when another worker has taken the job over."""
        done, total, message = self._progress
        values = {"error": "", "finished_at": None} | values
        values |= {"done": done, "total": total, "message": message, "heartbeat_at": timezone.now()}
        mine = Job.objects.filter(pk=self.job_id, attempts=self._attempt)
        self._taken_over = not mine.move(status, **values)
        return not self._taken_over

    def _beat_until(self, stopped: threading.Event) -> None:
        written, at = self._progress, time.monotonic()
        try:
            while not stopped.wait(SHOW_EVERY):
                if self._progress == written and time.monotonic() - at < BEAT_EVERY:
                    continue
                try:
                    written, at = self._progress, time.monotonic()
                    self.write()
                except DatabaseError as error:  # SQLite: the handler itself holds the lock; the next beat tries again
                    logger.info("job %s: no heartbeat (%s)", self.job_id, type(error).__name__)
                    connection.close()
        finally:
            connections.close_all()

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat in a thread until the block ends, so that one long statement of the handler does not look like death."""
        # Inside somebody's transaction (a test, an eager task) another connection cannot see the job's row.
        if connection.in_atomic_block:
            yield
            return
        stopped = threading.Event()
        thread = threading.Thread(target=self._beat_until, args=(stopped,), name=f"job-{self.job_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()


def log_failure(what: str, error: BaseException) -> None:
    """The class and place of an error. Its text stays out of the log: a database quotes the row it refuses."""
    places = "".join(traceback.format_tb(error.__traceback__))
    cause = error.__cause__ or error.__context__
    logger.error("%s: %s%s\n%s", what, type(error).__name__, f" from {type(cause).__name__}" if cause else "", places)
