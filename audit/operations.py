"""Which operation is running, for whom and for which request: what every entry of the change log is signed with."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import wraps

from django.db import transaction


@dataclass(frozen=True)
class Operation:
    """One meaningful write, or the request or job around it. `actor` is called late: a request's user is lazy."""

    name: str
    request_id: str = ""
    actor: Callable[[], int | None] = lambda: None
    id: uuid.UUID = field(default_factory=uuid.uuid4)


_current: ContextVar[Operation | None] = ContextVar("gridparty_operation", default=None)


def current() -> Operation | None:
    return _current.get()


@contextmanager
def operation(name: str, *, actor_id: int | None = None, request_id: str | None = None) -> Iterator[Operation]:
    """Sign all changes inside with `name`. Inside another operation its actor and request are kept unless given."""
    outer = _current.get()
    running = replace(outer, name=name, id=uuid.uuid4()) if outer else Operation(name)
    if actor_id is not None:
        running = replace(running, actor=lambda: actor_id)
    if request_id is not None:
        running = replace(running, request_id=request_id)
    token = _current.set(running)
    try:
        yield running
    finally:
        _current.reset(token)


_in_action: ContextVar[bool] = ContextVar("gridparty_in_action", default=False)


@contextmanager
def _acting() -> Iterator[None]:
    token = _in_action.set(True)
    try:
        yield
    finally:
        _in_action.reset(token)


def action(name: str) -> Callable:
    """Make a function an action: atomic, and its changes signed with `name` (an action it calls keeps the outer name).

    The acting user is the keyword argument `by`, where the function has one.
    """

    def decorate(function):
        @wraps(function)
        def run(*args, **kwargs):
            if _in_action.get():
                with transaction.atomic():
                    return function(*args, **kwargs)
            by = kwargs.get("by")
            # What waits for the commit runs after the action, under names of its own.
            with transaction.atomic(), _acting(), operation(name, actor_id=by.pk if by is not None else None):
                return function(*args, **kwargs)

        run.action_name = name
        return run

    return decorate
