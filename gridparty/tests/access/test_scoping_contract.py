"""Every model is scoped or says why not, and its two doors let out exactly the rows that posts and places allow."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.choices import Role
from audit.models import Setting
from audit.querysets import UnplacedQuerySet
from gridparty.tests.access.oracle import RULES, is_unplaced
from gridparty.tests.access.world import ACTORS, ANONYMOUS, CODES, STANDING, STANDS, is_scoped, own_models
from gridparty.tests.factories import FACTORIES
from grids.models import Placed

# Models without `visible_to`, and why. A model that gets one leaves the list.
NOT_SCOPED = {
    "jobs.FormReceipt": "read by who sent the form alone, through FormReceipt.objects.own(user)",
    "jobs.Notice": "read by its recipient alone, through Notice.objects.own(user)",
}
SCOPED = [model for model in own_models() if is_scoped(model)]


def test_every_model_is_scoped_or_says_why_not():
    open_models = {model._meta.label for model in own_models() if not is_scoped(model)}
    missing = open_models - set(NOT_SCOPED)
    assert not missing, f"{sorted(missing)}: give the manager visible_to and editable_by, or a reason in NOT_SCOPED."
    stale = set(NOT_SCOPED) - open_models
    assert not stale, f"{sorted(stale)} are scoped or gone: take them out of NOT_SCOPED."


def test_every_scoped_model_has_a_factory():
    missing = {model._meta.label for model in SCOPED if model not in FACTORIES}
    assert not missing, f"{sorted(missing)}: add a factory to gridparty/tests/factories.py."
    known = {*SCOPED, *(model for model in own_models() if model._meta.label in NOT_SCOPED)}
    stale = {model._meta.label for model in FACTORIES if model not in known}
    assert not stale, f"{sorted(stale)} are no models of ours: take their factories out of gridparty/tests/factories.py."


def test_every_role_stands_somewhere():
    missing = set(Role) - set(STANDS)
    assert not missing, f"{sorted(missing)}: say in STANDS (gridparty/tests/access/world.py) where the role stands."


def test_every_scoped_model_has_a_rule():
    """A model is placed, or belongs to no place, or its rule is written out in the oracle."""
    ruled = [model for model in SCOPED if model in RULES or issubclass(model, Placed)]
    missing = [
        model._meta.label
        for model in SCOPED
        if model not in ruled and not issubclass(model, Setting) and not isinstance(model.objects.all(), UnplacedQuerySet)
    ]
    assert not missing, f"{missing}: say in RULES (gridparty/tests/access/oracle.py) who sees and changes its rows."


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.label)
def test_the_doors_let_out_exactly_what_posts_and_places_allow(world, oracle, model):
    """All actors against a row at every area of the tree, and against every other row there is."""
    if not is_unplaced(model):
        taken = {CODES[name] for name in world.rows[model]}
        for code, area in world.areas.items():
            if code not in taken:
                FACTORIES[model](area)
    oracle = type(oracle)(world)
    rows = list(model._base_manager.all())
    names = {row.pk: f"{row} at {getattr(getattr(row, 'area', row), 'code', '')}" for row in rows}
    wrong = []
    for actor in [*ACTORS, *STANDING, ANONYMOUS]:
        who = world.actors.get(actor, AnonymousUser())
        for door, rule in (("visible_to", oracle.visible), ("editable_by", oracle.editable)):
            if door == "editable_by" and not hasattr(model, "edit"):
                continue
            found = set(getattr(model.objects, door)(who).values_list("pk", flat=True))
            right = {row.pk for row in rows if rule(actor, row)}
            wrong += [(actor, door, "leaks", names[pk]) for pk in found - right]
            wrong += [(actor, door, "hides", names[pk]) for pk in right - found]
    assert wrong == []


def test_the_contract_can_fail(world, oracle):
    """Each model has rows that some actor sees and another does not, so that no door passes by being always open or shut."""
    actors = [*ACTORS, *STANDING]
    for model in SCOPED:
        rows = list(model._base_manager.all())
        assert any(oracle.visible(actor, row) for actor in actors for row in rows), model
        assert any(not oracle.visible(actor, row) for actor in actors for row in rows), model
