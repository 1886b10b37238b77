"""The current span, and how it travels: W3C's ``traceparent`` and ``tracestate``."""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, TraceState

from codex_telemetry.recorded import RecordedSpan

EMPTY: Final = Context()
TRACE_HEADERS: Final = frozenset({"traceparent", "tracestate", "baggage"})

# The key under which a context keeps its span. The API has no name for it, but shows it.
(_SPAN,) = trace.set_span_in_context(trace.INVALID_SPAN, EMPTY)
_TRACEPARENT: Final = re.compile(
    r"[ \t]*(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?[ \t]*"
)
_LONGEST_STATE: Final = 512


def span_context(context: Context | None = None) -> SpanContext | None:
    """That of the span in ``context``, or of the current one; None without a valid one."""
    span = (get_current() if context is None else context).get(_SPAN)
    if span is None:
        return None
    found: SpanContext = span.get_span_context()  # type: ignore[attr-defined]  # contexts hold objects of any type
    return found if found.is_valid else None


def with_span(span: Span, context: Context | None = None) -> Context:
    """``context``, or the current one, with this span in it."""
    return Context({**(get_current() if context is None else context), _SPAN: span})


class Current:
    """A block in which a span is the current one. The span ends with it; an exception that leaves it marks the span."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Span:
        self._token = attach(with_span(self._span))
        return self._span

    def __exit__(
        self, exc_type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        detach(self._token)
        # Those that are no Exception, as a cancellation, are no failures.
        if isinstance(error, Exception) and isinstance(self._span, RecordedSpan):
            self._span.fail(error)
        self._span.end()


def headers_of(context: SpanContext) -> dict[str, str]:
    """What tells another process of a span."""
    headers = {"traceparent": f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"}
    if context.trace_state:
        headers["tracestate"] = context.trace_state.to_header()
    return headers


def carried(headers: Mapping[str, str]) -> Context:
    """A context with the span that the headers tell of, and nothing else; empty when they tell of none."""
    remote = _remote(headers)
    return with_span(NonRecordingSpan(remote), EMPTY) if remote and remote.is_valid else EMPTY


def _remote(headers: Mapping[str, str]) -> SpanContext | None:
    found = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    # Version 00 has nothing after its flags; a later one may go on.
    if found is None or found["version"] == "ff" or (found["version"] == "00" and found["more"]):
        return None
    flags = TraceFlags(int(found["flags"], 16))
    return SpanContext(int(found["trace"], 16), int(found["span"], 16), True, flags, _state(headers))


def _state(headers: Mapping[str, str]) -> TraceState | None:
    text = headers.get("tracestate")
    return TraceState.from_header([text]) if text and len(text) <= _LONGEST_STATE else None
