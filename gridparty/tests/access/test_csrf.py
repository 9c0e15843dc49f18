"""T15: nothing is written without the token of the page, and nothing by reading."""

import re

import pytest
from django.urls import reverse

from accounts.choices import Role
from gridparty.tests.access import crawl
from gridparty.tests.access.conftest import players
from gridparty.tests.access.matrix import METHODS, NOWHERE
from gridparty.tests.access.visits import Visitor, changes, snapshot
from gridparty.tests.access.world import ANONYMOUS

REFUSED = "页面已过期"  # templates/403_csrf.html
UNSAFE = METHODS[1:]


@pytest.mark.parametrize("actor", [Role.ALL_DISTRICTS_OFFICIAL.value, Role.SYSTEM_ADMIN.value, Role.GRID_LEADER.value, ANONYMOUS])
def test_every_unsafe_request_needs_the_token(db, matrix, actor):
    strict = Visitor(matrix.world, actor, csrf=True)
    open_doors = []
    for case in matrix.cases(actor):
        if case.method in UNSAFE and case.spot in ("own", NOWHERE):
            answer = strict.ask(*matrix.request(case))
            if answer.status != 403 or (REFUSED not in answer.text and "CSRF" not in answer.text):
                open_doors.append(f"{case}: {answer.status}")
    assert open_doors == []


def test_the_token_opens_the_door(world):
    strict = Visitor(world, ANONYMOUS, csrf=True, forms=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', strict.ask("GET", reverse("account_login")).text)[1]
    strict.keep({"csrftoken": strict.client.cookies["csrftoken"].value})
    wrong = {"login": "nobody", "password": "not the password"}
    assert strict.ask("POST", reverse("account_login"), wrong | {"csrfmiddlewaretoken": token}).status == 200
    assert strict.ask("POST", reverse("account_login"), wrong).status == 403


@pytest.mark.parametrize("actor", players("two_posts", Role.MEMBER.value, ANONYMOUS))
def test_reading_writes_nothing(db, matrix, actor):
    """The view log and sessions apart; nor does it show what is not the actor's."""
    reader = crawl.Reader(matrix, actor)
    for url in crawl.pages(matrix, actor):
        reader.open(url)
    assert changes(matrix.base, snapshot()) == []
    assert reader.found == []
