"""The telemetry of a service that is traced."""

import asyncio
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codex_telemetry import consuming
from codex_telemetry.grpc_client import trace_channel
from codex_telemetry.grpc_server import ServerTracing
from codex_telemetry.instrument import instrument
from codex_telemetry.logs import add_trace_ids, sending
from codex_telemetry.sdk import Pipeline
from codex_telemetry.services import INSTRUMENTED
from codex_telemetry.telemetry import AsgiApp, KafkaLinks, Telemetry

if TYPE_CHECKING:
    import grpc.aio
    from aiokafka.structs import ConsumerRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced(Telemetry):
    pipeline: Pipeline
    kafka_links: KafkaLinks

    @property
    def server_interceptors(self) -> "list[grpc.aio.ServerInterceptor[Any, Any]]":
        return [ServerTracing()]

    def process(self, record: "ConsumerRecord", *, group: str) -> AbstractContextManager[None]:
        return consuming.process(record, group=group, child=self.kafka_links == "parent_and_link")

    def instrument_channel(self, channel: "grpc.aio.Channel") -> "grpc.aio.Channel":
        return trace_channel(channel)

    def instrument_fastapi(self, app: Any) -> AsgiApp:
        from codex_telemetry.fastapi import TracedRequests  # noqa: PLC0415 - only the gateway serves HTTP

        return TracedRequests(app)

    async def shutdown(self, timeout: float = 5.0) -> bool:
        return await asyncio.to_thread(self.pipeline.shutdown, timeout)


def trace_service(service: str, pipeline: Pipeline, kafka_links: KafkaLinks) -> Traced:
    """Instrument what the service uses, and return its seams."""
    libraries = INSTRUMENTED[service]
    # Today's names of attributes. The contributed instrumentations read it once, when the first begins.
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "database")
    instrument(libraries)
    return Traced(
        enabled=True,
        log_processors=[add_trace_ids, *([sending(pipeline.logs)] if pipeline.logs else [])],
        pipeline=pipeline,
        kafka_links=kafka_links,
    )
