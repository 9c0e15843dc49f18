"""Small registries through which several rooms contribute to one thing. Each is filled by a module of its name in the apps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.utils.module_loading import autodiscover_modules


class Registry:
    """Functions of one kind, found in `<app>/<module>.py` of every installed app, in the order of the apps."""

    def __init__(self, module: str):
        self.module = module
        self._found: list[Callable] = []
        self._searched = False

    def __call__(self, function: Callable) -> Callable:
        """Register, as a decorator."""
        self._found.append(function)
        return function

    def __iter__(self) -> Iterator[Callable]:
        if not self._searched:
            autodiscover_modules(self.module)
            # Whatever was imported first: earlier rooms come first.
            rooms = [app.name for app in apps.get_app_configs()]
            self._found = sorted(self._found, key=lambda function: rooms.index(function.__module__.partition(".")[0]))
            self._searched = True  # only now: another thread, or the next request after a failed import, must not see half
        return iter(self._found)


# handover(*, area, into, by): an area closes or is merged away; what is open there ends or goes to `into`.
handovers = Registry("handover")
# leaving(*, person, on, by): somebody died; what another room holds of them ends.
leavings = Registry("leavings")
# erasing(*, person, by): somebody's personal data are to go; other rooms blank theirs, or refuse with the reason.
erasures = Registry("erasures")
# defaults(): create the default data an app ships, where it is missing.
defaults = Registry("defaults")
# demo(*, stage): make the app's part of the demo district through its bulk actions.
demos = Registry("demo")
# worklist(user) -> list[Worklist]: what waits for this user on the first page of the desk.
worklists = Registry("worklists")
# panels(person, user) -> list[Panel]: what a room holds of somebody, below the form on their page.
panels = Registry("panels")
# panels(unit, user) -> list[Panel]: what a room holds of a unit, on its page.
unit_panels = Registry("panels")

# tabs(user) -> list[Tab]: places of the tab bar on the phone, without a query beyond user.scope.
tabs = Registry("phone")
# todos(user) -> list[Worklist]: what waits for this user on the phone's first page.
todos = Registry("phone")


@dataclass(frozen=True)
class Tab:
    """A place of the tab bar: its label, the route of its first page, the routes of pages that stand below it elsewhere."""

    label: str
    route: str
    order: int
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Worklist:
    """Something that waits for the user: how many rows, and where they are worked down."""

    title: str
    count: int
    url: str
    hint: str = ""
    late: bool = False
    urgent: bool = False  # above all else, late things included


@dataclass(frozen=True)
class Panel:
    """What a room holds of somebody, as far as the reader may see it: (label, text, address or "") a line."""

    title: str
    rows: list[tuple[str, str, str]]
    empty: str
