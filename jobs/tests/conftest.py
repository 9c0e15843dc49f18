"""Kinds of jobs that exist for one test, and the real broker instead of eager tasks where a test asks for it."""

import socket

import pytest

from gridparty.celery import app
from jobs import broker
from jobs.kinds import KINDS, job


@pytest.fixture
def kind():
    """Declare a kind for the length of a test: `kind(handler, name="test.work", retry_safe=…)` returns its name."""
    declared = []

    def declare(handler, name="test.work", **options):
        job(name, label="试验任务", **options)(handler)
        declared.append(name)
        return name

    yield declare
    for name in declared:
        del KINDS[name]


@pytest.fixture
def counted(kind):
    """A kind that notes the arguments of every run."""
    runs = []
    kind(lambda run, **args: runs.append(args), retry_safe=True)
    return runs


@pytest.fixture
def celery_conf(monkeypatch):
    """Change Celery's settings for one test; eager tasks are off."""
    before = {}

    def change(**values):
        before.update({name: getattr(app.conf, name) for name in values if name not in before})
        app.conf.update(values)
        monkeypatch.setattr(broker, "_silent_until", 0.0)

    change(task_always_eager=False)
    yield change
    app.conf.update(before)


@pytest.fixture
def folder_queue(celery_conf, tmp_path):
    """Messages go to real files; nothing reads them but the test."""
    folders = {name: str(tmp_path / "messages") for name in ("data_folder_in", "data_folder_out")}
    celery_conf(broker_url="filesystem://", broker_transport_options=folders | {"control_folder": str(tmp_path / "control")})
    (tmp_path / "messages").mkdir()
    return tmp_path / "messages"


@pytest.fixture
def dead_broker(celery_conf):
    """A Redis address where nobody listens."""
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{port.getsockname()[1]}/0"
    celery_conf(broker_url=address, broker_transport_options={})
