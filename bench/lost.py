"""T41: Redis is away while people write. Nobody sees an error, and what was to be told is told when it is back."""

import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench import ground
from bench.reports import SERVER

WRITES = 1000
AWAY = range(WRITES // 3, 2 * WRITES // 3)  # which writes find no Redis
PATIENCE = 300  # seconds for the worker to tell everybody afterwards
WORKER = ("-m", "celery", "-A", "gridparty", "worker", "-Q", "default", "--concurrency", "1", "--loglevel", "ERROR")
BEAT = ("-m", "celery", "-A", "gridparty", "beat", "--loglevel", "ERROR")


def main() -> dict[str, int]:
    """How many of so many urgent cases, opened by the web server, were answered well, are there, and were told to everybody.

    Raises ground.NoServer without PostgreSQL or a redis-server of its own.
    """
    if shutil.which("redis-server") is None:
        raise ground.NoServer("redis-server is missing: install it (apt-get install redis-server).")
    with ground.postgres() as environment, _Redis(Path(environment["VAR_DIR"])) as redis:
        environment |= {"REDIS_URL": redis.url, "ALLOWED_HOSTS": "127.0.0.1"}
        environment["EMAIL_BACKEND"] = "django.core.mail.backends.dummy.EmailBackend"
        ground.manage(environment, "migrate", "-v0")
        ground.manage(environment, "createcachetable", "django_cache", "-v0")
        leader = json.loads(ground.step(environment, "lost_rows", "prepare"))
        with _running(environment, *WORKER), _running(environment, *BEAT):
            good = _write(environment, redis, leader)
            begun = time.monotonic()
            while (told := json.loads(ground.step(environment, "lost_rows", "count")))["waiting"]:
                if time.monotonic() - begun > PATIENCE:
                    break
                time.sleep(2)
    return {"writes": WRITES, "good": good, "without": len(AWAY), **told}


def _write(environment: dict, redis: "_Redis", leader: dict) -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with _running(environment, "-m", "gunicorn", "gridparty.wsgi", "--bind", f"127.0.0.1:{port}", *SERVER):
        _await(port)
        good = 0
        for number in range(WRITES):
            if number == AWAY.start:
                redis.stop()
            if number == AWAY.stop:
                redis.start()
            good += _post(port, leader)
    return good


def _post(port: int, leader: dict) -> bool:
    fields = {"csrfmiddlewaretoken": leader["token"], "form_id": uuid.uuid4(), "text": "水管爆裂"} | leader["fields"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cookie = f"gridparty_session={leader['session']}; csrftoken={leader['token']}"
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", leader["path"], urlencode(fields), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status == 302 and re.search(r"/cases/\d+/$", answer.headers["Location"]) is not None


def _await(port: int) -> None:
    for _try in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)


@contextmanager
def _running(environment: dict, *command: str):
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ground.ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


class _Redis:
    """A server of our own that forgets everything when it is stopped."""

    def __init__(self, folder: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.url, self.process = folder, f"redis://127.0.0.1:{self.port}/0", None

    def __enter__(self) -> "_Redis":
        self.start()
        return self

    def __exit__(self, *_error) -> None:
        self.stop()

    def start(self) -> None:
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _await(self.port)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
