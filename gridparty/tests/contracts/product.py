"""What belongs to the product: its apps, models, files. Found, not listed, so that later work is included by itself."""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from uuid import UUID

from django.apps import apps
from django.db.models import Model
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from django.urls.converters import UUIDConverter

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ["gridparty", *(app.name for app in apps.get_app_configs() if Path(app.path).parent == ROOT and app.name != "gridparty")]
TEMPLATES = ROOT / "templates"
STYLES = ROOT / "static" / "css"


def own_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_config.name in ROOMS]


def python_files() -> list[Path]:
    """The product's modules: no tests, no migrations."""
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return sorted(path for path in files if not {"tests", "migrations"} & set(path.parts))


def templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.is_file())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def modules() -> list[ModuleType]:
    """Every module of the product, imported."""
    return [import_module(name) for room in ROOMS for name in _names(room)]


def _names(room: str) -> Iterator[str]:
    yield room
    for found in pkgutil.walk_packages([str(ROOT / room)], f"{room}."):
        parts = found.name.split(".")
        # Settings and the WSGI door are read by a running server, not by a test.
        if not {"tests", "migrations"} & set(parts) and parts[-1] not in ("settings", "settings_test", "wsgi"):
            yield found.name


@cache
def actions() -> dict[str, str]:
    """{name of the action: module and name of its function}; two functions of one name are an error."""
    found: dict[str, str] = {}
    for module in modules():
        for value in vars(module).values():
            name = getattr(value, "action_name", None)
            if not isinstance(name, str) or value.__module__ != module.__name__:
                continue
            place = f"{value.__module__}.{value.__qualname__}"
            if found.setdefault(name, place) != place:
                raise AssertionError(f"Two actions are called {name}: {found[name]} and {place}.")
    return found


def routes() -> dict[str, str]:
    """{name of a route: an address of it}, with 1, or the name of a room, wherever it takes something."""
    return {name: _address(name, pattern) for name, pattern in _named(get_resolver().url_patterns, "")}


def _address(name: str, pattern: URLPattern) -> str:
    keys = [UUID(int=1) if isinstance(one, UUIDConverter) else 1 for one in pattern.pattern.converters.values()]
    args = keys or [1] * pattern.pattern.regex.groups
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return reverse(name, args=["grids"] * len(args))


def _named(patterns, space: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if not isinstance(pattern, URLPattern):
            yield from _named(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
        elif pattern.name:
            yield f"{space}{pattern.name}", pattern
