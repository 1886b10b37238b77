"""gRPC, the calling end.

A call is handed on as it is: awaiting it here would take it away from the caller's cancellation. So the span is closed
by the call itself when it is done. A channel's methods are wrapped because grpc.aio makes a second call object, and a
task, for every call that goes through an interceptor.
"""

import random
from collections.abc import Callable, Coroutine
from typing import Any, Final

import grpc.aio
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import SpanContext

from codex_telemetry.current import headers_of
from codex_telemetry.rpc import Rpc, client_end, is_traced, status_name

# The call of any of the four kinds: their common part is what is used here.
_Call = Any
_MultiCallable = Callable[..., _Call]
_KINDS: Final = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


def trace_channel(channel: grpc.aio.Channel) -> grpc.aio.Channel:
    """The same channel, whose calls of all four kinds have spans."""
    for kind in _KINDS:
        setattr(channel, kind, _making_traced(getattr(channel, kind)))
    return channel


def _making_traced(make: Callable[..., _MultiCallable]) -> Callable[..., _MultiCallable]:
    def make_traced(method: str, *arguments: Any, **options: Any) -> _MultiCallable:
        call = make(method, *arguments, **options)
        return _traced(call, method) if is_traced(method) else call

    return make_traced


def _traced(begin: _MultiCallable, path: str) -> _MultiCallable:
    end = client_end(path)

    def traced(request: Any = None, *, metadata: Any = None, **options: Any) -> _Call:
        if not is_instrumentation_enabled():
            return begin(request, metadata=_carrying(_unsampled(), metadata), **options)
        rpc = Rpc(end, None)
        try:
            call = begin(request, metadata=_carrying(rpc.span.get_span_context(), metadata), **options)
        except BaseException as error:
            rpc.end("UNKNOWN", repr(error))
            raise
        call.add_done_callback(lambda done: _end(rpc, done))
        return call

    return traced


def _carrying(context: SpanContext, metadata: Any) -> tuple[tuple[str, str | bytes], ...]:
    """The caller's own metadata and the span's headers."""
    return (*(metadata or ()), *headers_of(context).items())


def _unsampled() -> SpanContext:
    """Says "not recorded" to the other side, which would begin a trace of its own if it were told nothing."""
    return SpanContext(random.getrandbits(128), random.getrandbits(64), is_remote=False)


def _end(rpc: Rpc, call: _Call) -> None:
    if call.cancelled():
        rpc.end("CANCELLED", "cancelled by the caller")
    else:
        rpc.end(status_name(_known(call.code())), _known(call.details()) or None)


def _known(value: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing left to wait for, as those of a finished call."""
    try:
        value.send(None)
    except StopIteration as finished:
        return finished.value
    value.close()
    return None
