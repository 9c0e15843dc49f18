"""Registries: filled by modules of the apps, in the order of the apps, once."""

import sys
from types import ModuleType

import pytest

import grids
from gridparty.lib.registry import Registry, Worklist, defaults, demos, handovers, worklists


@pytest.fixture
def modules():
    """Give an app a module of a name for one test; it registers under the app's name."""
    made = []

    def add(app, name, registry, *functions):
        module = ModuleType(f"{app}.{name}")
        sys.modules[module.__name__] = module
        setattr(sys.modules[app], name, module)
        made.append((app, name))
        for function in functions:
            function.__module__ = module.__name__
            registry(function)

    yield add
    for app, name in made:
        del sys.modules[f"{app}.{name}"]
        delattr(sys.modules[app], name)


def test_earlier_rooms_come_first_whatever_was_imported_first(modules):
    registry = Registry("testregistry")
    modules("accounts", "testregistry", registry, lambda: "accounts one", lambda: "accounts two")
    modules("grids", "testregistry", registry, lambda: "grids")
    assert [function() for function in registry] == ["grids", "accounts one", "accounts two"]
    assert len(list(registry)) == 3  # asking again finds nothing twice


def test_an_app_without_the_module_is_passed_over():
    assert list(Registry("nobody_has_this_module")) == []


def test_a_module_that_fails_fails_every_time(tmp_path, monkeypatch):
    """Else the second request would find half of what should happen, and not say so."""
    (tmp_path / "broken_registry.py").write_text("raise OSError")
    monkeypatch.setattr(grids, "__path__", [*grids.__path__, str(tmp_path)])
    registry = Registry("broken_registry")
    for _n in range(2):
        with pytest.raises(OSError):  # noqa: PT011 - raised by the two lines above
            list(registry)


def test_registering_gives_the_function_back():
    registry = Registry("nobody_has_this_module")

    def one():
        return "one"

    assert registry(one) is one


def test_what_the_apps_ship_is_found():
    assert {function.__module__.partition(".")[0] for function in defaults} >= {"grids", "accounts", "jobs"}
    assert [function.__module__.partition(".")[0] for function in demos][:2] == ["grids", "accounts"]
    assert list(handovers)
    assert list(worklists)


def test_a_worklist_is_a_value():
    assert Worklist("空缺岗位", 3, "/x/") == Worklist("空缺岗位", 3, "/x/", hint="", late=False)
