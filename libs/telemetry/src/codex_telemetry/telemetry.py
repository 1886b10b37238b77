"""What a service gets from ``setup``. This is the one of a service that isn't traced: it does nothing."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from codex_telemetry.spans import carrier, quiet, within

if TYPE_CHECKING:
    import grpc.aio
    from aiokafka.structs import ConsumerRecord
    from structlog.typing import Processor

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
KafkaLinks = Literal["parent_and_link", "link_only"]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """The seams of a service. Empty lists and methods without effect, until tracing is on."""

    enabled: bool = False
    log_processors: "list[Processor]" = field(default_factory=list)

    @property
    def server_interceptors(self) -> "list[grpc.aio.ServerInterceptor[Any, Any]]":
        """What a gRPC server puts before its own interceptors: new ones for each server."""
        return []

    def process(self, record: "ConsumerRecord", *, group: str) -> AbstractContextManager[None]:  # noqa: ARG002 - see Traced
        """A CONSUMER span around the handling of one Kafka record, in the trace of its producer."""
        return nullcontext()

    def carrier(self) -> dict[str, str]:
        """The current trace as headers, to be stored; empty without one."""
        return carrier()

    def resumed(self, carried: Mapping[str, str]) -> AbstractContextManager[None]:
        """Within this block, spans are children of the carried one."""
        return within(carried)

    def quiet(self) -> AbstractContextManager[None]:
        """No client spans in this block: for loops that poll."""
        return quiet()

    def instrument_channel(self, channel: "grpc.aio.Channel") -> "grpc.aio.Channel":
        """Trace the calls of a gRPC channel: what to use in its place, before stubs are made of it."""
        return channel

    def instrument_fastapi(self, app: Any) -> AsgiApp:
        """Trace a FastAPI application.

        Args:
            app: the application, made without FastAPI's own telemetry, which would trace each request once more.

        Returns:
            What to serve in its place.
        """
        served: AsgiApp = app
        return served

    async def shutdown(self, timeout: float = 5.0) -> bool:  # noqa: ARG002 - see Traced
        """Send what is left, whatever the collector does, within ``timeout`` seconds; False if that was too short."""
        return True
