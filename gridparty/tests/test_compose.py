"""docker-compose.yml is valid, whole, and gives the settings what they read."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

from gridparty.tests import compose

OURS = ["migrate", "web", "worker", "worker-bulk", "beat"]


@pytest.fixture
def services():
    return compose.load()["services"]


def test_valid_against_the_compose_specification():
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        cwd=compose.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_services_are_there(services):
    assert set(services) == {*OURS, "postgres", "redis", "proxy"}


@pytest.mark.parametrize("name", OURS)
def test_our_services_share_image_environment_and_files(services, name):
    shared = ("image", "build", "environment", "secrets", "volumes", "read_only")
    assert {key: services[name][key] for key in shared} == {key: services["web"][key] for key in shared}


def test_only_the_proxy_opens_a_port(services):
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]


def test_the_environment_holds_only_what_settings_read(services):
    source = (settings.BASE_DIR / "gridparty" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    given = {name.removesuffix("_FILE") for name in services["web"]["environment"]}
    assert given - read == {"PORT"}  # gunicorn's


def test_every_secret_is_a_declared_file(services):
    declared = set(compose.load()["secrets"])
    for service in services.values():
        assert set(service.get("secrets", [])) <= declared
        files = [value for name, value in service.get("environment", {}).items() if name.endswith("_FILE")]
        assert {f"/run/secrets/{name}" for name in service.get("secrets", [])} == set(files)


def test_no_secret_is_written_into_the_file(services):
    for service in services.values():
        bare = [name for name in service.get("environment", {}) if re.search(r"SECRET|PASSWORD|KEY", name)]
        assert all(name.endswith("_FILE") for name in bare)


def test_each_queue_has_its_worker(services):
    assert "-Q default " in services["worker"]["command"]
    assert "-Q bulk " in services["worker-bulk"]["command"]
    assert settings.CELERY_TASK_DEFAULT_QUEUE == "default"


def test_a_worker_never_carries_the_beat(services):
    # A beat inside a worker outlives it after kill -9 and goes on sending.
    assert not {"-B", "--beat"} & {*compose.command("worker"), *compose.command("worker-bulk")}


def test_the_example_sets_every_variable():
    assert set(compose.example_variables()) == compose.variables_used()


def test_a_missing_variable_is_named():
    with pytest.raises(KeyError, match=r"set DOMAIN in \.env"):
        compose.environment("web", compose.ROOT, {})


@pytest.mark.skipif(os.getuid() != 0, reason="gives the files to the image's user, which only root can")
def test_secrets_are_made_once_and_kept(tmp_path):
    make = [str(compose.ROOT / "deploy" / "make-secrets"), str(tmp_path / "secrets")]
    subprocess.run(make, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(make, check=True, capture_output=True)

    assert first == {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(first) == set(compose.load()["secrets"])
    assert re.fullmatch(r"[0-9a-f]{96}", first["secret_key"])
    assert re.fullmatch(r"1:[0-9a-f]{64}", first["field_keys"])
    assert first["database_url"] == f"postgres://gridparty:{first['postgres_password']}@postgres:5432/gridparty"
    assert {(path.stat().st_mode & 0o777, path.stat().st_uid) for path in (tmp_path / "secrets").iterdir()} == {(0o400, 10001)}


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="needs the secret files above")
def test_the_environment_passes_the_deploy_check_and_the_embedded_one_does_not(tmp_path):
    secrets = tmp_path / "secrets"
    subprocess.run([str(compose.ROOT / "deploy" / "make-secrets"), str(secrets)], check=True, capture_output=True)
    plain = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path / "var")}

    right = check_deploy(plain | compose.environment("web", secrets, compose.example_variables()))
    assert right.returncode == 0, right.stdout + right.stderr

    embedded = check_deploy(plain)
    assert embedded.returncode == 1
    assert "gridparty.E001" in embedded.stderr


def check_deploy(environment):
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=compose.ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
