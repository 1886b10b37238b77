"""Kafka, the sending of a record: a PRODUCER span, from the call until the broker has acknowledged the record.

Ours and not the contributed one, whose span ends before anything is sent, which works out partition and serialization
a second time, adds to a header list that may be another record's, doesn't know ``quiet``, and measures nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import aiokafka
from opentelemetry import trace
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from codex_telemetry import attributes as keys
from codex_telemetry.consuming import Headers, operation
from codex_telemetry.current import TRACE_HEADERS, headers_of
from codex_telemetry.metrics import messaging_client_duration

_Acknowledged = asyncio.Future[Any]
_Send = Callable[..., Awaitable[_Acknowledged]]

_tracer = trace.get_tracer("codex_telemetry.kafka")


def instrument() -> None:
    """Patch the producer's class: those that exist already are traced as well."""
    aiokafka.AIOKafkaProducer.send = _traced(aiokafka.AIOKafkaProducer.send)


def _traced(plain: _Send) -> _Send:
    async def send(
        self: aiokafka.AIOKafkaProducer,
        topic: str,
        value: Any = None,
        key: Any = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Headers | None = None,
    ) -> _Acknowledged:
        sending = _Sending(topic, _begin(self, topic, value, key), time.perf_counter())
        try:
            sent = await plain(self, topic, value, key, partition, timestamp_ms, sending.headers(headers or ()))
        except BaseException as error:
            sending.failed(error)
            raise
        sent.add_done_callback(sending.settled)
        return sent

    return send


def _begin(producer: Any, topic: str, value: bytes | None, key: bytes | None) -> Span:
    if not is_instrumentation_enabled():
        return trace.INVALID_SPAN
    about = {
        **operation("send", topic),
        **_server(producer.client._bootstrap_servers),  # noqa: SLF001 - shown nowhere else
        keys.MESSAGING_CLIENT_ID: producer.client._client_id,  # noqa: SLF001
        keys.MESSAGING_MESSAGE_BODY_SIZE: len(value or b""),
    }
    if key is not None:
        about[keys.MESSAGING_KAFKA_MESSAGE_KEY] = key.decode("utf-8", "replace")
    return _tracer.start_span(f"send {topic}", kind=SpanKind.PRODUCER, attributes=about)


@dataclass(frozen=True, slots=True)
class _Sending:
    """A record on its way to the broker."""

    topic: str
    span: Span
    started: float

    def headers(self, own: Headers) -> list[tuple[str, bytes | None]]:
        """The record's own headers without those of another trace, and the span's."""
        context = self.span.get_span_context()
        ours = headers_of(context) if context.is_valid else {}
        kept = [header for header in own if header[0] not in TRACE_HEADERS]
        return kept + [(name, text.encode()) for name, text in ours.items()]

    def settled(self, sent: _Acknowledged) -> None:
        error = asyncio.CancelledError() if sent.cancelled() else sent.exception()
        if error is not None:
            self.failed(error)
            return
        record = sent.result()
        self.span.set_attribute(keys.MESSAGING_DESTINATION_PARTITION_ID, str(record.partition))
        self.span.set_attribute(keys.MESSAGING_KAFKA_OFFSET, record.offset)
        self._end(operation("send", self.topic))

    def failed(self, error: BaseException) -> None:
        kind = "cancelled" if isinstance(error, asyncio.CancelledError) else type(error).__qualname__
        self.span.set_attribute(keys.ERROR_TYPE, kind)
        self.span.set_status(StatusCode.ERROR, str(error))
        self._end({**operation("send", self.topic), keys.ERROR_TYPE: kind})

    def _end(self, measured: dict[str, AttributeValue]) -> None:
        seconds = time.perf_counter() - self.started
        messaging_client_duration.record(seconds, measured, self.span.get_span_context())
        self.span.end()


def _server(bootstrap: str | list[str]) -> dict[str, AttributeValue]:
    return _first_of(bootstrap if isinstance(bootstrap, str) else ",".join(bootstrap))


@lru_cache(maxsize=16)
def _first_of(addresses: str) -> dict[str, AttributeValue]:
    """Host and port of the first address."""
    host, _, port = addresses.split(",", maxsplit=1)[0].strip().rpartition(":")
    return {keys.SERVER_ADDRESS: host, keys.SERVER_PORT: int(port)} if host else {keys.SERVER_ADDRESS: port}
