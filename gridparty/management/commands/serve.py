"""`manage.py serve`: web, worker and beat as three children of one command that stop together, whatever ends it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.translation import gettext_lazy as _

STOP_SECONDS = 10  # then by force; a job cut off here is taken up again by jobs.actions.sweep
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
WEB, WORKER, BEAT = _("网页服务"), _("任务进程"), _("定时进程")


class Command(BaseCommand):
    help = _("启动网页、任务和定时三个进程；结束本命令即全部停止。")
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help=str(_("监听地址（默认 127.0.0.1）")))
        parser.add_argument("--port", type=int, default=8000, help=str(_("监听端口（默认 8000）")))
        parser.add_argument("--workers", type=int, default=2, help=str(_("网页进程数，每个 4 线程（默认 2）")))

    def handle(self, *, host, port, workers, **options):
        make_queue_folders()
        asked = []  # a handler that only takes note cannot cut the starting of a child in half
        for number in SIGNALS:
            signal.signal(number, lambda number, frame: asked.append(number))
        connections.close_all()  # of the command that called this one: the guard is a fork
        children = {}
        try:
            for name, arguments in commands(host, port, workers).items():
                children[name] = start(arguments)
            guard(children.values())
            self.stdout.write(_("已启动：http://%(host)s:%(port)s/ （按 Ctrl-C 停止）") % {"host": host, "port": port})
            self.stdout.flush()
            ended = wait_for_end(children, asked)
        finally:
            stop(children.values())
        if ended:
            reason = {"name": ended, "code": children[ended].returncode}
            raise CommandError(_("%(name)s意外结束（退出码 %(code)s），已全部停止。原因见上面的日志。") % reason)


def make_queue_folders() -> None:
    """Kombu's filesystem broker does not make them itself and fails at the first message."""
    for option in ("data_folder_in", "data_folder_out", "control_folder"):
        if folder := settings.CELERY_BROKER_TRANSPORT_OPTIONS.get(option):
            Path(folder).mkdir(parents=True, exist_ok=True)


def commands(host: str, port: int, workers: int) -> dict[str, list[str]]:
    """The three children. Beat is never part of the worker: killed with -9, `worker -B` leaves an orphan that goes on sending."""
    web = ["gunicorn", "gridparty.wsgi", "--bind", f"{host}:{port}", "--workers", str(workers), "--threads", "4"]  # gthread
    worker = ["celery", "--quiet", "-A", "gridparty", "worker", "-Q", "default,bulk", "--pool", "threads", "--concurrency", "4"]
    return {
        # The control socket would stand in the user's home, shared by all installations of that user.
        WEB: [*web, "--graceful-timeout", "5", "--no-control-socket"],
        WORKER: [*worker, "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"],
        BEAT: ["celery", "--quiet", "-A", "gridparty", "beat", "--loglevel", "WARNING", "--pidfile", ""],
    }


def start(arguments: list[str]) -> subprocess.Popen:
    """A child in a process group of its own: Ctrl-C reaches it through this command only, and its own children die with it."""
    return subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-m", *arguments], cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, start_new_session=True
    )


def guard(children) -> None:
    """Fork a guard that kills the children's groups when this process is gone without a word, as after kill -9.

    It waits for the end of a pipe only this process holds open: nothing to poll, and the same on every Unix.
    """
    reader, writer = os.pipe()
    if os.fork():
        os.close(reader)
        return
    try:
        os.setsid()
        for number in SIGNALS:  # as sent to every process of a service; the guard goes last
            signal.signal(number, signal.SIG_IGN)
        os.close(writer)
        os.read(reader, 1)
        for child in children:
            kill_group(child)
    finally:
        os._exit(0)


def wait_for_end(children: dict[str, subprocess.Popen], asked: list) -> str | None:
    """The name of the child that ended first, or None when the command was asked to end."""
    while not asked:
        for name, child in children.items():
            if child.poll() is not None:
                return name
        time.sleep(0.2)
    return None


def stop(children) -> None:
    """Ask each child to end, and after a while end what is left of its group."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            kill_group(child)
            child.wait()


def kill_group(child: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
