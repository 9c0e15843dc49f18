"""One world for all these tests: built once, and every test plays in a savepoint of its own."""

import logging

import pytest
from django.db import transaction

from gridparty.tests.access.matrix import PLAYERS, Matrix
from gridparty.tests.access.oracle import Oracle
from gridparty.tests.access.world import World, build_world


@pytest.fixture(scope="package")
def ground(django_db_setup, django_db_blocker):
    """What is written here is rolled back at the end. Thousands of refusals are not logged."""
    logging.disable(logging.CRITICAL)
    try:
        with django_db_blocker.unblock(), transaction.atomic():
            yield build_world()
            transaction.set_rollback(True)
    finally:
        logging.disable(logging.NOTSET)


@pytest.fixture(scope="package")
def matrix(ground) -> Matrix:
    """Everybody logged in, and what every page offers read where it is first asked for."""
    return Matrix(ground)


def players(*quick: str) -> list:
    """All actors as parameters; those not named are left to `make proof`."""
    return [pytest.param(actor, marks=() if actor in quick else pytest.mark.proof) for actor in PLAYERS]


@pytest.fixture
def world(ground, db) -> World:
    return ground


@pytest.fixture
def oracle(world) -> Oracle:
    return Oracle(world)
