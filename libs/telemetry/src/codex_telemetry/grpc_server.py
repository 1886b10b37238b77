"""gRPC, the answering end. For handlers that are coroutines or asynchronous generators."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import grpc.aio
from opentelemetry import context, propagate, trace
from opentelemetry.context import Context

from codex_telemetry.rpc import Rpc, is_traced, server_call, status_name

if TYPE_CHECKING:
    _Interceptor = grpc.aio.ServerInterceptor[Any, Any]
else:
    _Interceptor = grpc.aio.ServerInterceptor

_Handler = Any
_ServicerContext = Any
_Begin = Callable[[], Rpc]


class ServerTracing(_Interceptor):
    """A SERVER span around every call but health checks, in the trace of its caller."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler:
        handler = await continuation(handler_call_details)
        if handler is None or not is_traced(handler_call_details.method):
            return handler
        return _traced(handler, lambda: _begin(handler_call_details))


def _begin(details: grpc.HandlerCallDetails) -> Rpc:
    caller = _caller(details)
    rpc = server_call(details.method, caller)
    # Never detached: the context belongs to the task that gRPC made for this call, and ends with it.
    context.attach(trace.set_span_in_context(rpc.span, caller))
    return rpc


def _caller(details: grpc.HandlerCallDetails) -> Context:
    headers = {key: value for key, value in details.invocation_metadata or () if isinstance(value, str)}
    return propagate.extract(headers, context=Context())


def _traced(handler: _Handler, begin: _Begin) -> _Handler:
    """The same handler inside a span."""
    kind = ("stream" if handler.request_streaming else "unary", "stream" if handler.response_streaming else "unary")
    behaviour = getattr(handler, "_".join(kind))
    wrap = _stream if inspect.isasyncgenfunction(behaviour) else _unary
    make: Callable[..., _Handler] = getattr(grpc, "_".join(kind) + "_rpc_method_handler")
    return make(wrap(behaviour, begin), handler.request_deserializer, handler.response_serializer)


def _unary(behaviour: Callable[..., Awaitable[Any]], begin: _Begin) -> Callable[..., Awaitable[Any]]:
    async def traced(request: Any, call: _ServicerContext) -> Any:
        rpc = begin()
        try:
            response = await behaviour(request, call)
        except BaseException as error:
            _end_failed(rpc, call, error)
            raise
        _end(rpc, call)
        return response

    return traced


def _stream(behaviour: Callable[..., AsyncIterator[Any]], begin: _Begin) -> Callable[..., AsyncIterator[Any]]:
    async def traced(request: Any, call: _ServicerContext) -> AsyncIterator[Any]:
        rpc = begin()
        try:
            async for response in behaviour(request, call):
                yield response
        except BaseException as error:
            _end_failed(rpc, call, error)
            raise
        _end(rpc, call)

    return traced


def _end(rpc: Rpc, call: _ServicerContext) -> None:
    rpc.end(status_name(call.code()), call.details() or None)


def _end_failed(rpc: Rpc, call: _ServicerContext, error: BaseException) -> None:
    match error:
        case grpc.aio.AbortError():
            _end(rpc, call)
        case asyncio.CancelledError() | GeneratorExit():
            rpc.end("DEADLINE_EXCEEDED" if _is_late(call) else "CANCELLED")
        case _:
            rpc.span.record_exception(error)
            rpc.end("UNKNOWN", f"{type(error).__name__}: {error}")


def _is_late(call: _ServicerContext) -> bool:
    left = call.time_remaining()
    return left is not None and left <= 0
