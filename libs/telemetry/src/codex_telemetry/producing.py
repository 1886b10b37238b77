"""Kafka, the sending of a record: the contributed instrumentation, corrected.

Its consumer half makes spans that end before the record is handled: ``consuming.process`` is in their place. Its
producer half doesn't know ``quiet``, adds to a header list that may be another record's, and measures nothing.
"""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import aiokafka
from opentelemetry.instrumentation.utils import is_instrumentation_enabled, unwrap
from opentelemetry.trace import Span
from opentelemetry.util.types import AttributeValue

from codex_telemetry import attributes as keys
from codex_telemetry.consuming import Headers, operation
from codex_telemetry.current import TRACE_HEADERS
from codex_telemetry.metrics import messaging_client_duration
from codex_telemetry.recorded import RecordedSpan

if TYPE_CHECKING:
    import asyncio


async def describe_send(span: Span, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """The hook of the contributed instrumentation: today's names in place of those it still gives."""
    if not isinstance(span, RecordedSpan):
        return
    topic = args[0] if args else kwargs["topic"]
    value = args[1] if len(args) > 1 else kwargs.get("value")
    span.update_name(f"send {topic}")
    span.set_attribute(keys.MESSAGING_OPERATION_TYPE, "send")
    span.set_attribute(keys.MESSAGING_MESSAGE_BODY_SIZE, len(value or b""))
    span.set_attributes(_server(json.loads(str(span.attributes[keys.SERVER_ADDRESS]))))


def complete_instrumentation() -> None:
    """Change what the contributed instrumentation did to aiokafka."""
    unwrap(aiokafka.AIOKafkaConsumer, "getone")
    unwrap(aiokafka.AIOKafkaConsumer, "getmany")
    instrumented = aiokafka.AIOKafkaProducer.send
    aiokafka.AIOKafkaProducer.send = _sending(instrumented)


def _sending(instrumented: Any) -> Callable[..., Any]:
    plain = instrumented.__wrapped__

    async def send(
        self: aiokafka.AIOKafkaProducer,
        topic: str,
        value: Any = None,
        key: Any = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Headers | None = None,
    ) -> "asyncio.Future[Any]":
        own = [header for header in headers or () if header[0] not in TRACE_HEADERS]
        target = instrumented if is_instrumentation_enabled() else plain
        started = time.perf_counter()
        sent = await target(self, topic, value, key, partition, timestamp_ms, headers=own)
        sent.add_done_callback(lambda future: _measure(future, topic, started))
        return sent  # type: ignore[no-any-return]

    return send


def _server(bootstrap: str | list[str]) -> dict[str, AttributeValue]:
    """Host and port of the first address; the instrumentation writes all of them, in quotes."""
    addresses = bootstrap.split(",") if isinstance(bootstrap, str) else bootstrap
    host, _, port = addresses[0].strip().rpartition(":")
    return {keys.SERVER_ADDRESS: host, keys.SERVER_PORT: int(port)} if host else {keys.SERVER_ADDRESS: port}


def _measure(sent: "asyncio.Future[Any]", topic: str, started: float) -> None:
    measured = operation("send", topic)
    if sent.cancelled() or sent.exception():
        measured[keys.ERROR_TYPE] = "cancelled" if sent.cancelled() else type(sent.exception()).__qualname__
    messaging_client_duration.record(time.perf_counter() - started, measured)
