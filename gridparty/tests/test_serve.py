"""One command runs web, worker and beat, and none of them outlives it. Real processes, a real SQLite file, a free port."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow
PATIENCE = 60  # seconds until a test gives up waiting; nothing here is timed


def wait_for(condition):
    """The first true value of `condition`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError("It never came.")


def processes() -> dict[int, int]:
    """{process: its parent} of all that live and are not waiting to be buried."""
    lines = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout.splitlines()
    return {int(pid): int(parent) for pid, parent, state in map(str.split, lines) if not state.startswith("Z")}


def arguments_of(pid: int) -> str:
    return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout


def family(pid: int) -> set[int]:
    """A process and all that descend from it."""
    found, parents = {pid}, processes()
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


class Installation:
    """The embedded default in a folder of its own."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_", "ALLOWED_"))
        }
        self.environment = inherited | {"DJANGO_SETTINGS_MODULE": "gridparty.settings", "VAR_DIR": str(folder)}
        self.log = folder / "serve.log"
        self.run("migrate", "--verbosity", "0")
        self.run("createcachetable")

    def run(self, *arguments) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def shell(self, code: str):
        return json.loads(self.run("shell", "--verbosity", "0", "--command", f"import json\n{code}"))

    def answers(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    @contextmanager
    def serving(self):
        """The command and its family, up to its first answer; killed at the end if it has not ended."""
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port), "--workers", "1"]
        with self.log.open("w") as log:
            serve = subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.environment, stdout=log, stderr=log)
        try:
            wait_for(lambda: self.answers("/accounts/login/") == 200 or serve.poll() is not None)
            members = wait_for(lambda: len(found := family(serve.pid)) >= 6 and found)  # web twice, worker, beat, guard
            yield serve, members
        finally:
            if serve.poll() is None:
                serve.kill()
                serve.wait()

    def job(self, code: str) -> list:
        return self.shell(f"from jobs.models import Job\n{code}\nprint(json.dumps([job.status, job.attempts]))")


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    return Installation(tmp_path_factory.mktemp("var"))


def gone(members) -> bool:
    return not members & set(processes())


def test_pages_answer_jobs_run_and_term_leaves_no_child(installation):
    with installation.serving() as (serve, members):
        queued = "from jobs.actions import enqueue\njob = enqueue(kind='jobs.prune', args={}, by=None)"
        assert installation.job(queued) == ["queued", 0]
        wait_for(lambda: installation.job("job = Job.objects.get()") == ["done", 1])
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(PATIENCE) == 0
        wait_for(lambda: gone(members))
    assert "Traceback" not in installation.log.read_text()


def test_ctrl_c_leaves_no_child(installation):
    with installation.serving() as (serve, members):
        serve.send_signal(signal.SIGINT)
        assert serve.wait(PATIENCE) == 0
        wait_for(lambda: gone(members))


def test_kill_9_leaves_no_child(installation):
    with installation.serving() as (serve, members):
        serve.kill()
        serve.wait()
        wait_for(lambda: gone(members))


def test_a_child_that_dies_ends_all_with_a_sentence(installation):
    with installation.serving() as (serve, members):
        parents = processes()
        [worker] = [pid for pid in members if parents[pid] == serve.pid and " worker " in arguments_of(pid)]
        os.kill(worker, signal.SIGKILL)
        assert serve.wait(PATIENCE) == 1
        wait_for(lambda: gone(members))
    assert "任务进程意外结束（退出码 -9），已全部停止。" in installation.log.read_text()


def test_a_taken_port_is_told(installation):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "manage.py", "serve", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, cwd=settings.BASE_DIR, env=installation.environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "网页服务意外结束" in done.stderr
