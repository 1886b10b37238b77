"""OTLP over gRPC, the receiving side."""

from collections.abc import Awaitable, Callable

import grpc
from google.protobuf.message import DecodeError

from codex_otlp_store.store import TraceStore

# An exporter's batch is some hundred kilobytes; the limit only keeps a stray client from filling the memory.
_MAX_MESSAGE = 64 * 1024 * 1024
_OPTIONS = [("grpc.max_receive_message_length", _MAX_MESSAGE), ("grpc.so_reuseport", 0)]

_Context = grpc.aio.ServicerContext[bytes, bytes]
_Export = Callable[[bytes, _Context], Awaitable[bytes]]

# The empty message is the success answer of all three services.
_OK = b""


def otlp_server(store: TraceStore, address: str) -> tuple[grpc.aio.Server, int]:
    """A server that keeps traces and drops metrics and logs, and the port it got.

    Raises:
        RuntimeError: the address can't be bound.
    """
    server = grpc.aio.server(options=_OPTIONS)
    server.add_generic_rpc_handlers(
        (
            _service("trace", "TraceService", _keep_in(store)),
            _service("metrics", "MetricsService", _drop),
            _service("logs", "LogsService", _drop),
        )
    )
    return server, server.add_insecure_port(address)


def _service(signal: str, name: str, export: _Export) -> "grpc.GenericRpcHandler[bytes, bytes]":
    handler = grpc.unary_unary_rpc_method_handler(export)
    return grpc.method_handlers_generic_handler(
        f"opentelemetry.proto.collector.{signal}.v1.{name}", {"Export": handler}
    )


def _keep_in(store: TraceStore) -> _Export:
    async def export(request: bytes, context: _Context) -> bytes:
        try:
            store.add(request)
        except DecodeError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return _OK

    return export


async def _drop(_request: bytes, _context: _Context) -> bytes:
    return _OK
