"""gRPC, the calling end.

An interceptor must hand the call on as it is: awaiting it here would take it away from the caller's cancellation.
So the span is closed by the call itself when it is done.
"""

import random
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, cast

import grpc.aio
from grpc.aio import ClientCallDetails, Metadata
from opentelemetry import propagate, trace
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext

from codex_telemetry.rpc import Rpc, client_call, is_traced, status_name

if TYPE_CHECKING:
    _UnaryUnary = grpc.aio.UnaryUnaryClientInterceptor[Any, Any]
    _UnaryStream = grpc.aio.UnaryStreamClientInterceptor[Any, Any]
    _StreamUnary = grpc.aio.StreamUnaryClientInterceptor[Any, Any]
    _StreamStream = grpc.aio.StreamStreamClientInterceptor[Any, Any]
else:
    _UnaryUnary = grpc.aio.UnaryUnaryClientInterceptor
    _UnaryStream = grpc.aio.UnaryStreamClientInterceptor
    _StreamUnary = grpc.aio.StreamUnaryClientInterceptor
    _StreamStream = grpc.aio.StreamStreamClientInterceptor

# The call of any of the four kinds: their common part is what is used here.
_Call = Any
_Continuation = Callable[..., Any]


def client_interceptors() -> list[grpc.aio.ClientInterceptor]:
    """One for each kind of call."""
    interceptors = [_TracedUnaryUnary(), _TracedUnaryStream(), _TracedStreamUnary(), _TracedStreamStream()]
    return cast("list[grpc.aio.ClientInterceptor]", interceptors)


class _TracedUnaryUnary(_UnaryUnary):
    async def intercept_unary_unary(
        self, continuation: _Continuation, client_call_details: ClientCallDetails, request: Any
    ) -> _Call:
        return await _traced(continuation, client_call_details, request)


class _TracedUnaryStream(_UnaryStream):
    async def intercept_unary_stream(
        self, continuation: _Continuation, client_call_details: ClientCallDetails, request: Any
    ) -> _Call:
        return await _traced(continuation, client_call_details, request)


class _TracedStreamUnary(_StreamUnary):
    async def intercept_stream_unary(
        self, continuation: _Continuation, client_call_details: ClientCallDetails, request_iterator: Any
    ) -> _Call:
        return await _traced(continuation, client_call_details, request_iterator)


class _TracedStreamStream(_StreamStream):
    async def intercept_stream_stream(
        self, continuation: _Continuation, client_call_details: ClientCallDetails, request_iterator: Any
    ) -> _Call:
        return await _traced(continuation, client_call_details, request_iterator)


async def _traced(continuation: _Continuation, details: ClientCallDetails, request: Any) -> _Call:
    path = details.method.decode() if isinstance(details.method, bytes) else details.method
    if not is_traced(path):
        return await continuation(details, request)
    if not is_instrumentation_enabled():
        return await continuation(_carrying(_unsampled(), details), request)
    rpc = client_call(path)
    try:
        call = await continuation(_carrying(rpc.span, details), request)
    except BaseException as error:
        rpc.end("UNKNOWN", repr(error))
        raise
    call.add_done_callback(lambda done: _end(rpc, done))
    return call


def _carrying(span: Span, details: ClientCallDetails) -> ClientCallDetails:
    """The same call with the span's headers. The caller's own metadata and deadline stay as they are."""
    headers: dict[str, str] = {}
    propagate.inject(headers, context=trace.set_span_in_context(span))
    metadata = Metadata(*(details.metadata or ()), *headers.items())
    return ClientCallDetails(details.method, details.timeout, metadata, details.credentials, details.wait_for_ready)


def _unsampled() -> Span:
    """Says "not recorded" to the other side, which would begin a trace of its own if it were told nothing."""
    ids = SpanContext(random.getrandbits(128), random.getrandbits(64), is_remote=False)
    return NonRecordingSpan(ids)


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
