"""T2: a row out of reach and a row that never was look the same, in the address, in a form and in a filter."""

import re

import pytest

from accounts.choices import Role
from gridparty.lib.access import Can
from gridparty.tests.access.conftest import players
from gridparty.tests.access.matrix import Case, Matrix
from gridparty.tests.access.visits import Answer
from gridparty.tests.access.world import FOREIGN
from grids.models import Area

ABSENT = 98765  # as long as the numbers there are
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|"[A-Za-z0-9]{64}"')


def seen(answer: Answer, pk: int) -> tuple:
    """An answer as it looks but for the number that was asked for and the token of the form."""
    text = "" if answer.text.startswith("%PDF") else answer.text  # a PDF tells the minute it was made
    return answer.status, *(re.sub(rf"(?<!\d){pk}(?!\d)", "ID", _TOKEN.sub("", text)) for text in (text, answer.location))


def hidden_cases(matrix: Matrix, actor: str) -> list[Case]:
    """The cases with a row the actor does not see, read and written."""
    return [
        case
        for case in matrix.cases(actor)
        if case.spot in FOREIGN and case.method in ("GET", "POST") and not known(matrix, actor, row_of(matrix, case))
    ]


def known(matrix: Matrix, actor: str, row) -> bool:
    """Whether the actor sees the row; areas go by name wherever the posts in them are seen."""
    named = isinstance(row, Area) and matrix.oracle.reaches(actor, Can.SEE_POSTS, row.pk)
    return named or matrix.oracle.visible(actor, row)


def row_of(matrix: Matrix, case: Case):
    in_form = case.field or case.button
    return matrix._carried(case) if in_form else matrix.target(case.route, case.spot, case.actor)


def absent(matrix: Matrix, case: Case) -> tuple:
    """The same request for a row that never was."""
    method, url, data = matrix.request(case)
    if case.field:
        return method, url, data | {case.field: ABSENT}
    return method, case.route.url(ABSENT), data


@pytest.mark.parametrize("actor", players("two_posts"))
def test_foreign_and_absent_look_the_same(db, matrix, actor):
    visitor, told = matrix.visitors[actor], []
    cases = hidden_cases(matrix, actor)
    for case in cases:
        foreign = seen(visitor.ask(*matrix.request(case)), row_of(matrix, case).pk)
        if foreign != seen(visitor.ask(*absent(matrix, case)), ABSENT):
            told.append(f"{case}: {foreign[0]}")
    print(f"\nT2 {actor}: {len(cases)} pairs of a foreign and an absent row, {len(told)} told apart")
    assert cases or matrix.oracle.has(actor, Can.SEE_POSTS)
    assert told == []


@pytest.mark.parametrize("actor", [Role.STREET_OFFICER.value, Role.COMMUNITY_SECRETARY.value, "two_posts"])
@pytest.mark.parametrize("name", ["within", "parent"])
def test_filters_by_a_foreign_and_an_absent_area_look_the_same(db, matrix, actor, name):
    """Every list, whether it declares the filter or not."""
    visitor = matrix.visitors[actor]
    hidden = [row for row in matrix.world.rows[Area].values() if not matrix.oracle.visible(actor, row)]
    assert hidden
    for route in matrix.routes:
        if route.page in ("changelist", "vacancies", "coverage", "concurrent", "units"):
            nothing = seen(visitor.ask("GET", f"{route.url()}?{name}={ABSENT}"), ABSENT)
            for area in hidden:
                assert seen(visitor.ask("GET", f"{route.url()}?{name}={area.pk}"), area.pk) == nothing, route.label
