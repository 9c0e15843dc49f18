"""The kinds of jobs there are. Each app declares its own in tasks.py with the decorator `job`; jobs.apps finds them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Literal

from jobs.crontab import Crontab

Queue = Literal["default", "bulk"]
# Ids, codes and instants. Whatever else is a name, a sentence, a phone number with spaces: it has no place in a queue.
CODE = re.compile(r"[\w.:/+-]{0,200}", re.ASCII)


class UnknownKind(LookupError):
    """No job of this name is declared."""


@dataclass(frozen=True)
class Kind:
    """What can be queued under `name`. `retry_safe`: running it again after any interruption does no harm."""

    name: str
    label: str
    handler: Callable
    retry_safe: bool
    queue: Queue
    schedule: Crontab | None

    def check(self, args: dict) -> None:
        """Raises TypeError for arguments the handler does not take, ValueError for values that are not ids or codes."""
        signature(self.handler).bind(None, **args)
        if not is_codes(args):
            raise ValueError(f"{self.name}: the arguments of a job are ids and codes only.")


def is_codes(value) -> bool:
    if isinstance(value, dict):
        return all(map(is_codes, [*value.keys(), *value.values()]))
    if isinstance(value, list | tuple):
        return all(map(is_codes, value))
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and CODE.fullmatch(value) is not None)


KINDS: dict[str, Kind] = {}


def job(
    name: str, *, label: str, retry_safe: bool = False, queue: Queue = "default", schedule: Crontab | None = None
) -> Callable:
    """Declare the handler of one kind of job: `handler(run, **args)`, returning the result as JSON or None."""

    def declare(handler):
        if name in KINDS:
            raise ValueError(f"Two jobs are called {name}.")
        KINDS[name] = Kind(name, label, handler, retry_safe, queue, schedule)
        return handler

    return declare


def kind_of(name: str) -> Kind:
    """Raises UnknownKind."""
    try:
        return KINDS[name]
    except KeyError:
        raise UnknownKind(name) from None
