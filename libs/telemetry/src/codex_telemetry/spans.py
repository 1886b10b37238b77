"""Spans of our own, and the trace they belong to. With tracing off they cost next to nothing."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import Link, Span
from opentelemetry.util.types import Attributes

_tracer = trace.get_tracer("codex_telemetry")


def span(name: str, attributes: Attributes = None) -> AbstractContextManager[Span]:
    """An INTERNAL span around a block; an exception that leaves the block gives it status ERROR."""
    return _tracer.start_as_current_span(name, attributes=attributes)


def resume(carrier: Mapping[str, str], name: str) -> AbstractContextManager[Span]:
    """A span that continues the carried trace: what was put aside is taken up again."""
    return _tracer.start_as_current_span(name, context=_carried(carrier))


@contextmanager
def within(carrier: Mapping[str, str]) -> Iterator[None]:
    """Within this block the carried span is the current one, so that what follows from it is its child."""
    token = context.attach(_carried(carrier))
    try:
        yield
    finally:
        context.detach(token)


def linked_root(name: str, carrier: Mapping[str, str]) -> AbstractContextManager[Span]:
    """The first span of a new trace, linked to the carried one: sweeps and replays."""
    return _tracer.start_as_current_span(name, context=Context(), links=links_to(_carried(carrier)))


def carrier() -> dict[str, str]:
    """The current trace as headers, to be stored or sent; empty without one."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


def trace_id() -> str | None:
    """The current trace's id, 32 hexadecimal digits."""
    current = trace.get_current_span().get_span_context()
    return format(current.trace_id, "032x") if current.is_valid else None


@contextmanager
def quiet() -> Iterator[None]:
    """No client spans in this block: for loops that poll."""
    with suppress_instrumentation():
        yield


def links_to(carried: Context) -> list[Link]:
    """A link to the span of a context; none when it has no valid one."""
    target = trace.get_current_span(carried).get_span_context()
    return [Link(target)] if target.is_valid else []


def _carried(carrier: Mapping[str, str]) -> Context:
    # The empty context matters: what happens to be current here is no part of the carried trace.
    return propagate.extract(carrier, context=Context())
