"""T3: no side door shows a row from elsewhere. Every row carries a mark (factories.py); pages are searched for marks."""

from collections.abc import Iterable
from urllib.parse import urlencode

import pytest
from django.db.models import Model

from accounts.choices import Role
from accounts.models import User
from gridparty.tests.access import crawl
from gridparty.tests.access.conftest import players
from gridparty.tests.access.matrix import PLAYERS
from gridparty.tests.access.visits import undone
from gridparty.tests.access.world import ANONYMOUS, marks_in
from grids.models import Area

STRANGER = "no-such-beginning"


@pytest.mark.proof
@pytest.mark.parametrize("actor", PLAYERS)
def test_pages_and_the_links_on_them(db, matrix, actor):
    reader = crawl.Reader(matrix, actor)
    for url in crawl.pages(matrix, actor):
        reader.open(url)
    for url in sorted(reader.links - reader.read):
        reader.open(url)
    print(f"\nT3 {actor}: {len(reader.read)} pages read, {len(reader.found)} canaries")
    assert len(reader.read) > 100
    assert reader.found == []


@pytest.mark.parametrize("actor", players("two_posts"))
@pytest.mark.parametrize("way", [crawl.searches, crawl.popups, crawl.filters], ids=lambda way: way.__name__)
def test_side_doors(db, matrix, actor, way):
    reader = crawl.Reader(matrix, actor)
    for url in way(matrix, reader.actor):
        reader.open(url)
    assert reader.found == []


def test_searching_finds_what_one_may_see(db, matrix):
    """The beginnings the side doors are tried with are right: who may see the rows finds all of them."""
    reader = crawl.Reader(matrix, Role.ALL_DISTRICTS_OFFICIAL.value)
    for way in (crawl.searches, crawl.popups):
        hidden = {mark for model in (Area, User) for row in matrix.world.rows[model].values() for mark in marks_in(row.name)}
        for url in way(matrix, reader.actor):
            hidden -= reader.open(url).marks
            if not hidden:
                break
        assert not hidden, way.__name__


@pytest.mark.parametrize("actor", players(Role.COMMUNITY_SECRETARY.value))
def test_a_lookup_that_is_not_declared_tells_nothing(db, matrix, actor):
    """A list answers the same whether the beginning asked for is right or wrong, also for columns it never shows."""
    visitor, told, asked = matrix.visitors[actor], [], 0
    for route in crawl.lists(matrix, actor):
        for lookup, path in crawl.lookups(route):
            right = _value_on_record(route.model_admin.model, path)
            if right is None:
                continue
            for end, typed in (("", right), ("__startswith", right[:3])):
                asked += 1
                values = (typed, "98765" if typed.isdigit() else STRANGER)
                answers = [visitor.ask("GET", f"{route.url()}?{urlencode({lookup + end: value})}") for value in values]
                if len({(answer.status, _without(answer.text, values)) for answer in answers}) > 1:
                    told.append(f"{route.label}?{lookup}{end}")
    assert asked or not crawl.lists(matrix, actor)
    assert told == []


def _without(text: str, values: Iterable[str]) -> str:
    for value in values:
        text = text.replace(value, "")
    return text


def _value_on_record(model: type[Model], path: str) -> str | None:
    values = model._base_manager.order_by("pk").values_list(path, flat=True)[:50]
    return next((str(value) for value in values if value not in ("", None)), None)


@pytest.mark.parametrize("actor", [Role.STREET_OFFICER.value, Role.COMMUNITY_SECRETARY.value, "two_posts"])
def test_typing_what_is_taken_elsewhere_names_nobody(db, matrix, actor):
    """A unique value that a foreign row has may be refused, but the refusal shows nothing of that row."""
    told = []
    for route in matrix.routes:
        if route.page != "add" or not matrix.may_add(route, actor):
            continue
        model = route.model_admin.model
        data = matrix.forms(route, None).data | matrix.typed(route.label)
        for field in (field for field in model._meta.concrete_fields if field.unique and not field.is_relation):
            for row in model._base_manager.all():
                if matrix.oracle.visible(actor, row) or field.primary_key:
                    continue
                taken = getattr(row, field.name)
                with undone():
                    answer = matrix.visitors[actor].ask("POST", route.url(), data | {field.name: taken})
                shown = (answer.marks - matrix.allowed[actor][0]) - {str(taken)}
                told += [f"{route.label}: {field.name} of {row} shows {word}" for word in shown if word not in str(taken)]
    assert told == []


def test_nobody_sees_marks_without_a_log_in(matrix):
    assert matrix.allowed[ANONYMOUS] == (set(), set())
