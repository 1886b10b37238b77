"""The gRPC server of every service: tracing outermost, then errors and deadlines, then the servicers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc

from codex_service.grpc.deadline import deadline
from codex_service.grpc.errors import Outages, to_metadata
from codex_service.health import Readiness
from codex_service.telemetry import Telemetry
from codex_service.tls import Tls

log = structlog.get_logger()

Context = grpc.aio.ServicerContext[Any, Any]
Register = Callable[[grpc.aio.Server], None]

_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)


class GrpcServer:
    """Serves ``register``'s services and ``grpc.health.v1`` at ``address`` (host:port).

    With ``tls`` it talks only to callers that show a certificate of its authority.
    """

    def __init__(
        self,
        address: str,
        register: Sequence[Register],
        *,
        readiness: Readiness,
        telemetry: Telemetry,
        outages: Outages,
        tls: Tls | None,
    ) -> None:
        self._address, self._tls = address, tls
        self._server = grpc.aio.server(
            interceptors=[*telemetry.server_interceptors, _Translate(outages)], options=_OPTIONS
        )
        for add in register:
            add(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(_Health(readiness), self._server)

    async def start(self) -> None:
        if self._tls:
            self._server.add_secure_port(self._address, _credentials(self._tls))
        else:
            self._server.add_insecure_port(self._address)
        await self._server.start()
        log.info("listening", address=self._address, tls=self._tls is not None)

    async def stop(self, grace: float) -> None:
        await self._server.stop(grace)


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(tls.key, tls.certificate)], root_certificates=tls.authority, require_client_auth=True
    )


class _Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # grpc_health is untyped
    """SERVING while every dependency answers."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    async def Check(  # noqa: N802 (gRPC's name)
        self,
        request: health_pb2.HealthCheckRequest,  # noqa: ARG002 (one state for the whole service)
        context: Context,  # noqa: ARG002
    ) -> health_pb2.HealthCheckResponse:
        ready = all((await self._readiness.check()).values())
        status = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
        return health_pb2.HealthCheckResponse(status=status)


class _Translate(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs alone
    """Turns what a handler raises into a status, and lets its calls see the deadline."""

    def __init__(self, outages: Outages) -> None:
        self._outages = outages

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any]"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any]":
        handler = await continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(handler.unary_stream), handler.request_deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(handler.unary_unary), handler.request_deserializer, handler.response_serializer
        )

    def _unary(self, inner: Any) -> Callable[[Any, Context], Awaitable[Any]]:
        async def call(request: Any, context: Context) -> Any:
            with deadline(context.time_remaining()):
                try:
                    return await inner(request, context)
                except Exception as error:  # noqa: BLE001 (the one place that maps errors)
                    await self._abort(context, error)

        return call

    def _stream(self, inner: Any) -> Callable[[Any, Context], AsyncIterator[Any]]:
        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            try:
                async for response in inner(request, context):
                    yield response
            except Exception as error:  # noqa: BLE001 (the one place that maps errors)
                await self._abort(context, error)

        return call

    async def _abort(self, context: Context, error: Exception) -> None:
        if isinstance(error, grpc.aio.AbortError):
            raise error
        known = self._outages.as_service_error(error)
        await context.abort(known.status, known.message, to_metadata(known))
