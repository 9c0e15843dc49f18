"""The rules a program can check: style, layers, and a migration for every model change."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*command: str, **environment: str) -> None:
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_style():
    run(sys.executable, "-m", "ruff", "check", ".")


def test_format():
    run(sys.executable, "-m", "ruff", "format", "--check", ".")


def test_apps_import_downwards_only():
    run(str(Path(sys.executable).with_name("lint-imports")))


def test_every_model_change_has_its_migration(tmp_path):
    run(
        sys.executable,
        "manage.py",
        "makemigrations",
        "--check",
        "--dry-run",
        DJANGO_SETTINGS_MODULE="gridparty.settings",
        VAR_DIR=str(tmp_path),
        DATABASE_URL="sqlite:",
    )


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_its_hash_and_names_no_index(lock):
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    pins = [number for number, line in enumerate(lines) if line and not line.startswith((" ", "#"))]
    assert len(pins) > 40
    for number in pins:
        assert "==" in lines[number], lines[number]
        assert lines[number + 1].startswith("    --hash=sha256:"), lines[number]
    assert not [line for line in lines if "://" in line]


def test_every_term_of_the_models_stands_in_the_glossary():
    rows = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    terms = {term.strip() for row in rows if row.startswith("| ") for term in row.split("|")[1].split(",")}
    ours = [model for model in apps.get_models() if Path(apps.get_app_config(model._meta.app_label).path).parent == ROOT]
    used = {str(model._meta.verbose_name) for model in ours}
    used |= {str(label) for model in ours for field in model._meta.concrete_fields for _, label in field.flatchoices}
    assert used <= terms, f"{sorted(used - terms)}: add them to docs/glossary.md."
