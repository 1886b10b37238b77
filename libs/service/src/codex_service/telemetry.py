"""The seam that tracing fills. This library never imports OpenTelemetry; a service hands in what it wants traced."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import structlog

if TYPE_CHECKING:
    import grpc


class Telemetry(Protocol):
    """What a service's parts ask of tracing. The telemetry library implements it, and so does ``UNTRACED``."""

    @property
    def server_interceptors(self) -> Sequence["grpc.aio.ServerInterceptor[Any, Any]"]:
        """Put before all others of a gRPC server."""

    @property
    def log_processors(self) -> Sequence[structlog.typing.Processor]:
        """Add the current trace to a log line."""

    def instrument_channel(self, channel: "grpc.aio.Channel") -> "grpc.aio.Channel":
        """What to use in place of a new gRPC channel."""

    def process(self, record: Any, *, group: str) -> AbstractContextManager[None]:
        """Surround the handling of one Kafka record."""

    def carrier(self) -> dict[str, str]:
        """Where the current work belongs, to be stored and given to ``resumed`` later."""

    def resumed(self, carried: Mapping[str, str]) -> AbstractContextManager[None]:
        """Within this block, what is done belongs where ``carried`` was taken."""

    def quiet(self) -> AbstractContextManager[None]:
        """Within this block no calls are traced: for what polls."""

    async def shutdown(self, timeout: float = 5.0) -> bool:
        """Send what is still held, within ``timeout`` seconds; False when something was left."""


class Untraced:
    """Tracing that isn't there."""

    server_interceptors: Sequence["grpc.aio.ServerInterceptor[Any, Any]"] = ()
    log_processors: Sequence[structlog.typing.Processor] = ()

    def instrument_channel(self, channel: "grpc.aio.Channel") -> "grpc.aio.Channel":
        return channel

    def process(self, record: Any, *, group: str) -> AbstractContextManager[None]:  # noqa: ARG002 (the seam's shape)
        return nullcontext()

    def carrier(self) -> dict[str, str]:
        return {}

    def resumed(self, carried: Mapping[str, str]) -> AbstractContextManager[None]:  # noqa: ARG002 (the seam's shape)
        return nullcontext()

    def quiet(self) -> AbstractContextManager[None]:
        return nullcontext()

    async def shutdown(self, timeout: float = 5.0) -> bool:  # noqa: ARG002 (the seam's shape)
        return True


UNTRACED: Telemetry = Untraced()
