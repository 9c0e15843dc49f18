"""Runs the commands of docker-compose.yml on real PostgreSQL and Redis, as its containers would, and looks at what they answer.

Usage: .venv/bin/python .ci/deployed.py POSTGRES_URL REDIS_URL     (without database; the one used there is emptied)
"""

# ruff: noqa: S603, S607 - the programs started here are named in our own files

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2
import redis

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from gridparty.tests import compose  # noqa: E402 - the path above leads to it

DATABASE, REDIS_NUMBER = "gridparty_ci_deployed", 2
STARTED = ["web", "worker", "worker-bulk", "beat"]
PATIENCE = 90  # seconds

RUN_A_JOB = """
import time
from jobs.actions import enqueue
job = enqueue(kind="jobs.prune", args={}, by=None)
begun = time.monotonic()
while job.is_open and time.monotonic() - begun < 60:
    time.sleep(0.2)
    job.refresh_from_db()
print(f"job {job.kind}: {job.status} after {time.monotonic() - begun:.1f} s")
raise SystemExit(job.status != "done")
"""


class Failed(Exception):
    """Something did not answer as it should."""


def say(text: str) -> None:
    print(f"    {text}", flush=True)


def empty_stores(postgres: str, redis_url: str) -> None:
    connection = psycopg2.connect(f"{postgres}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    connection.close()
    redis.Redis.from_url(f"{redis_url}/{REDIS_NUMBER}").flushdb()


def environment_of(service: str, folder: Path, postgres: str, redis_url: str) -> dict[str, str]:
    """What compose gives the service, with addresses and folders of this machine."""
    secrets = folder / "secrets"
    if not secrets.exists():
        subprocess.run([ROOT / "deploy" / "make-secrets", secrets], check=True, stdout=subprocess.DEVNULL)
        (secrets / "database_url").chmod(0o600)
        (secrets / "database_url").write_text(f"{postgres}/{DATABASE}")
    given = compose.environment(service, secrets, compose.example_variables())
    return given | {
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "HOME": "/nonexistent",
        "HOSTNAME": socket.gethostname(),
        "REDIS_URL": f"{redis_url}/{REDIS_NUMBER}",
        "VAR_DIR": str(folder / "var"),
        "MEDIA_ROOT": str(folder / "media"),
        "STATIC_ROOT": str(folder / "static"),
        "PYTHONUNBUFFERED": "1",
    }


def manage(*arguments: str, env: dict[str, str], refused: bool = False) -> str:
    done = subprocess.run(["python", "manage.py", *arguments], cwd=ROOT, env=env, capture_output=True, text=True)
    if (done.returncode != 0) != refused:
        raise Failed(f"manage.py {arguments[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def prepare(env: dict[str, str]) -> None:
    """The checks, the one-shot service and what the image does while it is built."""
    manage("check", "--deploy", "--fail-level", "WARNING", env=env)
    embedded = {"PATH": env["PATH"], "VAR_DIR": env["VAR_DIR"]}
    refusal = manage("check", "--deploy", "--fail-level", "WARNING", env=embedded, refused=True)
    reasons = set(re.findall(r"gridparty\.E\d+", refusal))
    if "gridparty.E001" not in reasons:
        raise Failed(f"check --deploy lets SQLite through:\n{refusal}")
    say(f"check --deploy: compose passes; the embedded default is refused for {len(reasons)} reasons")
    subprocess.run(compose.command("migrate"), cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    manage("collectstatic", "--noinput", "--verbosity", "0", env=env)
    say("migrate and collectstatic: done")


def ask(path: str, env: dict[str, str], **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{env['PORT']}{path}", headers=headers)
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def wait_for(what: str, holds, children: dict) -> None:
    """Until `holds()`, and no longer than a child lives."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        for name, child in children.items():
            if child.poll() is not None:
                raise Failed(f"{name} ended with {child.returncode}.")
        try:
            if holds():
                say(f"{what}: after {time.monotonic() - begun:.1f} s")
                return
        except OSError:
            pass  # nobody listens yet
        time.sleep(0.3)
    raise Failed(f"{what}: not within {PATIENCE} s.")


def look(children: dict, logs: dict[str, Path], env: dict[str, str]) -> None:
    wait_for("/readyz answers 200", lambda: ask("/readyz", env)[0] == 200, children)
    say(f"/readyz: {ask('/readyz', env)[1]}")
    look_at_pages(env)
    wait_for("worker ready", lambda: " ready." in logs["worker"].read_text(), children)
    say(manage("shell", "--no-imports", "-c", RUN_A_JOB, env=env).strip().splitlines()[-1])
    for name in ("web", "worker"):
        subprocess.run(compose.health_command(name), shell=True, env=env, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S602
    say("health checks of web and worker pass")
    wait_for(
        "the beat's tick run by the worker", lambda: re.search(r"jobs\.tick\S* succeeded", logs["worker"].read_text()), children
    )


def look_at_pages(env: dict[str, str]) -> None:
    through_proxy = {"Host": compose.example_variables()["DOMAIN"], "X-Forwarded-Proto": "https"}
    if ask("/accounts/login/", env)[0] != 301:
        raise Failed("A page without HTTPS is not sent on to HTTPS.")
    if ask("/accounts/login/", env, **{**through_proxy, "Host": "other.example.com"})[0] != 400:
        raise Failed("A foreign Host is not refused.")
    status, page = ask("/accounts/login/", env, **through_proxy)
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    wrong = [path for path in files if ask(path, env, **through_proxy)[0] != 200]
    if status != 200 or wrong or not files:
        raise Failed(f"The log-in page answers {status}; of its {len(files)} static files these are missing: {wrong}")
    say(f"log-in page: 200 with {len(files)} static files; without HTTPS 301; foreign Host 400")


def stop(children: dict) -> None:
    begun = time.monotonic()
    for child in children.values():
        child.send_signal(signal.SIGTERM)
    for name, child in children.items():
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
            say(f"{name} had to be killed")
    say(
        f"stopped after {time.monotonic() - begun:.1f} s: "
        + ", ".join(f"{name} {child.returncode}" for name, child in children.items())
    )


def main(postgres: str, redis_url: str) -> None:
    children: dict[str, subprocess.Popen] = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the children are stopped below
    with tempfile.TemporaryDirectory(prefix="gridparty-ci-") as name:
        folder = Path(name)
        empty_stores(postgres, redis_url)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        env = environment_of("web", folder, postgres, redis_url) | {"PORT": port}
        prepare(env)
        logs = {service: folder / f"{service}.log" for service in STARTED}
        try:
            for service in STARTED:
                own = environment_of(service, folder, postgres, redis_url) | {"PORT": port}
                with logs[service].open("wb") as log:
                    children[service] = subprocess.Popen(compose.command(service), cwd=ROOT, env=own, stdout=log, stderr=log)
            look(children, logs, env)
        except BaseException:
            for service in children:
                print(f"--- {service}\n{logs[service].read_text()[-4000:]}", file=sys.stderr)
            raise
        finally:
            stop(children)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Failed as failure:
        sys.exit(f"deployed: {failure}")
