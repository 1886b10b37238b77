"""One span: while it lasts, and after its end until it is sent.

The SDK's span takes a lock for every change, checks each value in containers of its own and copies itself at its end.
A span of ours belongs to one event loop, so it needs none of that (docs/adr/0024).
"""

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.util.types import Attributes, AttributeValue

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

# Of a span as of a log record.
MOST_ATTRIBUTES: Final = 64
LONGEST_TEXT: Final = 1024
_MOST_EVENTS: Final = 128
_UNSET: Final = Status()
_AS_THEY_ARE: Final = frozenset({int, float, bool})


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """What happened at one moment (nanoseconds since 1970) of a span."""

    name: str
    attributes: Mapping[str, Any]
    timestamp: int
    dropped_attributes: int = 0


class RecordedSpan(Span):
    """Takes what is told of it until it ends; then it goes to its ``sink`` and stays as it is."""

    __slots__ = (
        "attributes",
        "context",
        "dropped_attributes",
        "dropped_events",
        "end_time",
        "events",
        "instrumentation_scope",
        "kind",
        "links",
        "name",
        "parent",
        "resource",
        "sink",
        "start_time",
        "status",
    )

    dropped_links = 0

    def __init__(
        self,
        name: str,
        *,
        context: SpanContext,
        parent: SpanContext | None,
        kind: SpanKind,
        attributes: Attributes,
        links: Sequence[Link] | None,
        start_time: int | None,
        resource: "Resource",
        scope: "InstrumentationScope",
        sink: "Callable[[RecordedSpan], None]",
    ) -> None:
        self.name, self.context, self.parent, self.kind = name, context, parent, kind
        self.resource, self.instrumentation_scope, self.sink = resource, scope, sink
        self.attributes: dict[str, AttributeValue] = {}
        self.events: list[SpanEvent] = []
        self.links: list[Link] = [link for link in links if link.context.is_valid] if links else []
        self.status = _UNSET
        self.dropped_attributes = self.dropped_events = 0
        self.end_time: int | None = None
        if attributes:
            self.set_attributes(attributes)
        self.start_time = start_time or time.time_ns()

    def get_span_context(self) -> SpanContext:
        return self.context

    def is_recording(self) -> bool:
        return self.end_time is None

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        if self.end_time is not None:
            return
        if len(self.attributes) < MOST_ATTRIBUTES or key in self.attributes:
            self.attributes[key] = _bounded(value)
        else:
            self.dropped_attributes += 1

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        if self.end_time is not None:
            return
        if len(self.events) < _MOST_EVENTS:
            bounded = {key: _bounded(value) for key, value in (attributes or {}).items()}
            self.events.append(SpanEvent(name, bounded, timestamp or time.time_ns()))
        else:
            self.dropped_events += 1

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        if self.end_time is None and context.is_valid:
            self.links.append(Link(context, attributes))

    def update_name(self, name: str) -> None:
        if self.end_time is None:
            self.name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """``OK`` is final, and nothing goes back to unset."""
        if self.end_time is not None or self.status.status_code is StatusCode.OK:
            return
        told = status if isinstance(status, Status) else Status(status, description)
        if told.status_code is not StatusCode.UNSET:
            self.status = told

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,  # noqa: FBT001, FBT002 - the API's signature
    ) -> None:
        """An event that tells an exception. Of a long traceback its end is kept, where the cause is."""
        trace = "".join(traceback.format_exception(exception))
        told: dict[str, AttributeValue] = {
            "exception.type": _name_of(type(exception)),
            "exception.message": str(exception),
            "exception.stacktrace": trace[-LONGEST_TEXT:],
            "exception.escaped": str(escaped),
        }
        self.add_event("exception", told | dict(attributes or {}), timestamp)

    def fail(self, error: BaseException) -> None:
        """An exception has left the block that this span is about."""
        self.record_exception(error)
        self.set_status(StatusCode.ERROR, f"{type(error).__name__}: {error}")

    def end(self, end_time: int | None = None) -> None:
        if self.end_time is None:
            self.end_time = end_time or time.time_ns()
            self.sink(self)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is not None:
            self.fail(exc_val)
        self.end()


def _bounded(value: Any) -> Any:
    if type(value) is str:
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT]
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, str):
        return _bounded(str(value))
    return tuple(map(_bounded, value)) if isinstance(value, list | tuple) else value


def _name_of(error: type[BaseException]) -> str:
    return error.__qualname__ if error.__module__ == "builtins" else f"{error.__module__}.{error.__qualname__}"
