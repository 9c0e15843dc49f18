"""A cache in Redis that does without it: while Redis is away the database keeps what has to be counted and found (T41)."""

import time

from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

TABLE = "django_cache"  # made by `setup`
PAUSE = 5  # seconds without another try, so that not every request waits for a server that does not answer


class LastingCache(RedisCache):
    """Redis, or the table while it cannot be reached. What was kept in Redis is missed for that time: it is a cache."""

    _away_until = 0.0  # one for all threads of the process

    def __init__(self, server, params):
        super().__init__(server, params)
        own = {name: value for name, value in params.items() if name != "OPTIONS"}
        self._table = DatabaseCache(TABLE, own | {"OPTIONS": {"MAX_ENTRIES": 100_000}})

    def _either(self, name: str, *args, **kwargs):
        if time.monotonic() >= LastingCache._away_until:
            try:
                return getattr(super(), name)(*args, **kwargs)
            except (NoConnection, NoAnswer):
                LastingCache._away_until = time.monotonic() + PAUSE
        return getattr(self._table, name)(*args, **kwargs)


def _method(name: str):
    def method(self, *args, **kwargs):
        return self._either(name, *args, **kwargs)

    method.__name__ = name
    return method


for _name in ("add", "get", "set", "touch", "delete", "get_many", "has_key", "incr", "set_many", "delete_many", "clear"):
    setattr(LastingCache, _name, _method(_name))
