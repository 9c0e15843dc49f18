"""Reads docker-compose.yml the way the container engine does, for the tests and for .ci/deployed.py."""

import re
import shlex
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent.parent
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::([-?])([^}]*))?\}|\$)")  # ${NAME}, ${NAME:-default}, ${NAME:?sentence}, $$


def load() -> dict:
    return YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def variables_used() -> set[str]:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    return {found[1] for found in _VARIABLE.finditer(text) if found[1]}


def example_variables() -> dict[str, str]:
    """What .env.example sets."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def filled(text: str, variables: dict[str, str]) -> str:
    """The text with its variables filled in."""

    def value(found):
        name, kind, rest = found.groups()
        if name is None:
            return "$"
        if not variables.get(name) and kind == "?":
            raise KeyError(rest)
        return variables.get(name) or (rest if kind == "-" else "")

    return _VARIABLE.sub(value, text)


def environment(service: str, secrets: Path, variables: dict[str, str]) -> dict[str, str]:
    """The environment of a service, its secret files taken from the folder `secrets`."""
    given = load()["services"][service]["environment"]
    return {name: filled(value, variables).replace("/run/secrets", str(secrets)) for name, value in given.items()}


def command(service: str) -> list[str]:
    return shlex.split(load()["services"][service]["command"])


def health_command(service: str) -> str:
    """The shell line of a service's health check."""
    kind, line = load()["services"][service]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    return filled(line, {})
