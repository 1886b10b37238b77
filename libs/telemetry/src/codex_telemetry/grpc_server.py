"""gRPC, the answering end. For handlers that are coroutines or asynchronous generators."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import grpc.aio
from opentelemetry import context

from codex_telemetry.current import EMPTY, carried, with_span
from codex_telemetry.rpc import End, Rpc, is_traced, server_end, status_name

if TYPE_CHECKING:
    _Interceptor = grpc.aio.ServerInterceptor[Any, Any]
else:
    _Interceptor = grpc.aio.ServerInterceptor

_Handler = Any
_ServicerContext = Any


class ServerTracing(_Interceptor):
    """A SERVER span around every call but health checks, in the trace of its caller."""

    def __init__(self) -> None:
        # What the interceptors within make of a method is the same for all of its calls.
        self._handlers: dict[str, _Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler:
        method = handler_call_details.method
        if method in self._handlers:
            return self._handlers[method]
        handler = await continuation(handler_call_details)
        if handler is None or not is_traced(method):
            return handler
        return self._handlers.setdefault(method, _traced(handler, server_end(method)))


def _begin(end: End, call: _ServicerContext) -> Rpc:
    caller = carried({key: value for key, value in call.invocation_metadata() or () if isinstance(value, str)})
    rpc = Rpc(end, caller)
    # Never detached: the context belongs to the task that gRPC made for this call, and ends with it.
    context.attach(with_span(rpc.span, EMPTY))
    return rpc


def _traced(handler: _Handler, end: End) -> _Handler:
    """The same handler inside a span."""
    kind = ("stream" if handler.request_streaming else "unary", "stream" if handler.response_streaming else "unary")
    behaviour = getattr(handler, "_".join(kind))
    wrap = _stream if inspect.isasyncgenfunction(behaviour) else _unary
    make: Callable[..., _Handler] = getattr(grpc, "_".join(kind) + "_rpc_method_handler")
    return make(wrap(behaviour, end), handler.request_deserializer, handler.response_serializer)


def _unary(behaviour: Callable[..., Awaitable[Any]], end: End) -> Callable[..., Awaitable[Any]]:
    async def traced(request: Any, call: _ServicerContext) -> Any:
        rpc = _begin(end, call)
        try:
            response = await behaviour(request, call)
        except BaseException as error:
            _end_failed(rpc, call, error)
            raise
        _end(rpc, call)
        return response

    return traced


def _stream(behaviour: Callable[..., AsyncIterator[Any]], end: End) -> Callable[..., AsyncIterator[Any]]:
    async def traced(request: Any, call: _ServicerContext) -> AsyncIterator[Any]:
        rpc = _begin(end, call)
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
