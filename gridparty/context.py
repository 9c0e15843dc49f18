"""What every template knows: the places of the phone's tab bar, and whether the reader wants large type."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import lazy

from gridparty.lib.phone_forms import ELDER_COOKIE
from gridparty.lib.registry import Tab, tabs

MOST_TABS = 4


@dataclass(frozen=True)
class Place:
    """A place of the tab bar as it is shown; `current` is "page" on the page itself, "true" on those below it, else empty."""

    label: str
    url: str
    current: str


def phone(request) -> dict:
    """For settings.TEMPLATES. The tab bar is only put together by a template that shows it."""
    return {"phone_tabs": lazy(_places, list)(request), "elder": request.COOKIES.get(ELDER_COOKIE) == "1"}


def _places(request) -> list[Place]:
    found, _rest = _tabs(getattr(request, "user", None))
    here = _current(request, found)
    return [Place(tab.label, url, here.get(tab.route, "")) for tab, url in found]


def left_out(user) -> list[tuple[str, str]]:
    """(label, address) of the places that the tab bar has no room for: the first page leads to them."""
    return [(tab.label, url) for tab, url in _tabs(user)[1]]


def _tabs(user) -> tuple[list[tuple[Tab, str]], list[tuple[Tab, str]]]:
    """The tabs of the bar with their addresses, one's own page always the last of them; and those left out."""
    if user is None or not user.is_authenticated:
        return [], []
    all_tabs = sorted((tab for contribute in tabs for tab in contribute(user)), key=lambda tab: tab.order)
    found = [(tab, url) for tab in all_tabs if (url := _address(tab.route))]
    if len(found) <= MOST_TABS:
        return found, []
    return [*found[: MOST_TABS - 1], found[-1]], found[MOST_TABS - 1 : -1]


def _address(route: str) -> str:
    """Empty for a page that is not built (yet): its place is not shown."""
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""


def _current(request, found: list) -> dict[str, str]:
    """The place of this page: its own, or the one it stands below."""
    match = getattr(request, "resolver_match", None)
    route = match.view_name if match else ""
    if any(tab.route == route for tab, _url in found):
        return {route: "page"}
    for tab, url in found:
        if route in tab.below or request.path.startswith(url):
            return {tab.route: "true"}
    return {}
