"""The cache without its Redis (T41): what is counted is counted in the database meanwhile."""

import pytest
from django.core.management import call_command

from gridparty.lib.cache import LastingCache

pytestmark = pytest.mark.django_db


@pytest.fixture
def cache(monkeypatch):
    """A cache whose Redis answers nothing: port 1 is nobody's."""
    call_command("createcachetable", "django_cache", verbosity=0)
    monkeypatch.setattr(LastingCache, "_away_until", 0.0)
    return LastingCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 1}})


def test_it_keeps_and_counts_all_the_same(cache):
    cache.set("one", {"a": 1})
    assert cache.get("one") == {"a": 1}
    assert cache.get("other", "nothing") == "nothing"
    assert cache.add("tries", 1)
    assert not cache.add("tries", 1)
    assert cache.incr("tries") == 2
    cache.set_many({"x": 1, "y": 2})
    assert cache.get_many(["x", "y", "z"]) == {"x": 1, "y": 2}
    cache.delete("one")
    assert "one" not in cache


def test_redis_is_not_asked_again_at_once(cache):
    cache.get("one")
    asked = LastingCache._away_until
    cache.get("one")
    assert LastingCache._away_until == asked > 0
