"""Every route says who may come in, and every route is known to the matrix."""

import pytest
from django.urls import reverse

from gridparty.lib.access import Can
from gridparty.tests.access.routes import EXPECTED, all_routes

# Pages of the desk anybody reaches: what they do is lead to the account pages.
DESK_OPEN = {"admin:login", "admin:logout"}


def test_every_route_is_in_the_table():
    unknown = [route.label for route in all_routes() if route.about is None]
    assert not unknown, f"{unknown}: add it to EXPECTED in gridparty/tests/access/routes.py, with the model whose row it takes."
    stale = set(EXPECTED) - {route.label for route in all_routes()}
    assert not stale, f"{sorted(stale)} are gone: take them out of EXPECTED in gridparty/tests/access/routes.py."


def test_every_parameter_is_filled():
    """A route with a parameter names the model of the row, or the word that stands there."""
    lost = [
        route.label
        for route in all_routes()
        if route.about and set(route.params) - set(route.about.words) and route.about.model is None
    ]
    assert not lost, f"{lost}: add it to EXPECTED with the model its parameter is the key of."


def test_every_view_outside_the_desk_declares_who_may_come_in():
    silent = [route.label for route in all_routes() if not route.at_desk and not route.declared]
    assert not silent, f"{silent}: decorate the view with @needs(Can.…) or @public(reason) from gridparty.lib.doors."


def test_declarations_are_capabilities_or_reasons():
    for route in all_routes():
        if not route.at_desk:
            declared = route.declared
            assert isinstance(declared, Can) or len(declared) > 10, route.label


@pytest.mark.parametrize("route", [route for route in all_routes() if route.at_desk], ids=lambda route: route.label)
def test_the_desk_asks_for_a_log_in(client, world, route):
    """Pages of the desk are declared by standing behind AdminSite.admin_view: a stranger is led to the log-in page."""
    if route.label in DESK_OPEN:
        return
    response = client.get(route.url(world.rows[route.about.model]["own"].pk if route.about.model else None))
    assert response.status_code == 302
    assert response["Location"].startswith((reverse("admin:login"), reverse("account_login"))), response["Location"]
