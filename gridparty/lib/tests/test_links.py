"""Signed links: what was made here opens, whatever else is tried does not (T35)."""

import random
import string
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.signing import TimestampSigner
from django.utils import timezone

from gridparty.lib.links import SignedLink

LINK = SignedLink("tests.answer", 30, "key")
OTHER = SignedLink("tests.refuse", 30, "key")
SIGNS = string.ascii_letters + string.digits + "-_:.=/+ 中\0"


class Rows:
    """A table of some rows, as a queryset of one filter."""

    def __init__(self, *rows):
        self.rows, self.asked = rows, 0

    def filter(self, pk):
        self.asked += 1
        return SimpleNamespace(first=lambda: next((row for row in self.rows if str(row.pk) == str(pk)), None))


@pytest.fixture
def row():
    return SimpleNamespace(pk=12, key=uuid.uuid4())


@pytest.fixture
def rows(row):
    return Rows(row, SimpleNamespace(pk=2, key=uuid.uuid4()), SimpleNamespace(pk=1, key=uuid.uuid4()))


def mutated(token: str, chance: random.Random) -> str:
    """One of the ways a token is tried: a sign changed, left out, doubled, parts swapped, cut off, another case."""
    at = chance.randrange(len(token))
    ways = [
        lambda: token[:at] + chance.choice(SIGNS) + token[at + 1 :],
        lambda: token[:at] + token[at + 1 :],
        lambda: token[:at] + chance.choice(SIGNS) + token[at:],
        lambda: token[:at] + token[at + 1 : at + 2] + token[at : at + 1] + token[at + 2 :],
        lambda: token[:at],
        lambda: token.swapcase(),
        lambda: ":".join(chance.sample(token.split(":"), 3)),
        lambda: token + chance.choice(SIGNS),
        lambda: str(int(token.partition("-")[0]) + chance.randrange(1, 99)) + "-" + token.partition("-")[2],
    ]
    return chance.choice(ways)()


def accepted(token: str, rows: Rows, number: int) -> int:
    chance, tried = random.Random(35), set()
    while len(tried) < number:
        one = mutated(token, chance)
        if chance.random() < 0.5:
            at = chance.randrange(len(one) + 1)
            one = one[:at] + chance.choice(SIGNS) + one[at + 1 :]
        tried |= {one} - {token}
    return sum(LINK.row(one, rows) is not None for one in tried)


def test_a_link_opens_its_row_as_often_as_one_likes(row, rows):
    token = LINK.token(row)
    assert [LINK.row(token, rows) for _time in range(3)] == [row] * 3
    assert "/" not in token
    assert len(token) < 120


def test_mutated_tokens_open_nothing(row, rows):
    assert accepted(LINK.token(row), rows, 500) == 0
    assert rows.asked == 0, "what was not signed here never reaches the table"


@pytest.mark.proof
def test_ten_thousand_mutated_tokens_open_nothing(row, rows):
    assert accepted(LINK.token(row), rows, 10_000) == 0
    print("\nT35: 10,000 mutated tokens, 0 accepted")


def test_a_link_works_for_no_other_purpose(row, rows):
    assert OTHER.row(LINK.token(row), rows) is None
    assert LINK.row(OTHER.token(row), rows) is None


def test_a_link_expires(row, rows, monkeypatch):
    token = LINK.token(row)
    then = timezone.now() + timedelta(days=30, seconds=2)
    monkeypatch.setattr("django.core.signing.time.time", then.timestamp)
    assert LINK.row(token, rows) is None


def test_another_key_revokes_it(row, rows):
    token = LINK.token(row)
    row.key = uuid.uuid4()
    assert LINK.row(token, rows) is None
    assert LINK.row(LINK.token(row), rows) is row


def test_it_opens_only_rows_that_are_asked_for(row):
    assert LINK.row(LINK.token(row), Rows()) is None


@pytest.mark.parametrize("value", ["12", "12-xyz", "-1-" + "0" * 32, "12-" + "0" * 33, "", "中-" + "0" * 32])
def test_what_is_signed_but_no_value_of_ours_opens_nothing(rows, value):
    assert LINK.row(TimestampSigner(salt="gridparty.links:tests.answer").sign(value), rows) is None


def test_another_secret_signs_nothing_for_us(row, rows, settings):
    token = LINK.token(row)
    settings.SECRET_KEY = "another"
    assert LINK.row(token, rows) is None
