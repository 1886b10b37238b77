"""Deadlines that travel: a call made while serving another gets no more time than that one has left."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def time_left(at_most: float) -> float:
    """Seconds for an outgoing call: ``at_most``, or what is left of the call being served."""
    deadline = _deadline.get()
    return at_most if deadline is None else max(0.001, min(at_most, deadline - time.monotonic()))


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Within this block, ``time_left`` counts down from ``seconds``; None means no deadline."""
    token = _deadline.set(None if seconds is None else time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def without_deadline() -> Iterator[None]:
    """Within this block the caller's deadline does not count: work that goes on after the answer."""
    with deadline(None):
        yield
