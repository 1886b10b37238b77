"""Spans of our own, and the trace they belong to. With tracing off they cost next to nothing."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import Link, Span
from opentelemetry.util.types import Attributes

from codex_telemetry.current import EMPTY, Current, carried, headers_of, span_context

_tracer = trace.get_tracer("codex_telemetry")


def span(name: str, attributes: Attributes = None) -> AbstractContextManager[Span]:
    """An INTERNAL span around a block; an exception that leaves the block gives it status ERROR."""
    return Current(_tracer.start_span(name, attributes=attributes))


def resume(carrier: Mapping[str, str], name: str) -> AbstractContextManager[Span]:
    """A span that continues the carried trace: what was put aside is taken up again."""
    return Current(_tracer.start_span(name, context=carried(carrier)))


@contextmanager
def within(carrier: Mapping[str, str]) -> Iterator[None]:
    """Within this block the carried span is the current one, so that what follows from it is its child."""
    token = context.attach(carried(carrier))
    try:
        yield
    finally:
        context.detach(token)


def linked_root(name: str, carrier: Mapping[str, str]) -> AbstractContextManager[Span]:
    """The first span of a new trace, linked to the carried one: sweeps and replays."""
    return Current(_tracer.start_span(name, context=EMPTY, links=links_to(carried(carrier))))


def carrier() -> dict[str, str]:
    """The current trace as headers, to be stored or sent; empty without one."""
    current = span_context()
    return headers_of(current) if current else {}


def trace_id() -> str | None:
    """The current trace's id, 32 hexadecimal digits."""
    current = span_context()
    return format(current.trace_id, "032x") if current else None


@contextmanager
def quiet() -> Iterator[None]:
    """No client spans in this block: for loops that poll."""
    with suppress_instrumentation():
        yield


def links_to(carried: Context) -> list[Link]:
    """A link to the span of a context; none when it has no valid one."""
    target = span_context(carried)
    return [Link(target)] if target else []
