"""Kafka, the handling of a record: in the trace of whoever sent it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

from codex_telemetry import attributes as keys
from codex_telemetry.current import EMPTY, TRACE_HEADERS, Current, carried
from codex_telemetry.metrics import messaging_process_duration
from codex_telemetry.spans import links_to

if TYPE_CHECKING:
    from aiokafka.structs import ConsumerRecord

Headers = Sequence[tuple[str, bytes | None]]

_tracer = trace.get_tracer("codex_telemetry.kafka")


@contextmanager
def process(record: "ConsumerRecord", *, group: str, child: bool) -> Iterator[None]:
    """A CONSUMER span linked to the producer's span, and with ``child`` also in its trace."""
    producer = carried(_trace_headers(record.headers))
    bounded = operation("process", record.topic) | {keys.MESSAGING_CONSUMER_GROUP_NAME: group}
    started = time.perf_counter()
    span = _tracer.start_span(
        f"process {record.topic}",
        context=producer if child else EMPTY,
        kind=SpanKind.CONSUMER,
        attributes=bounded | _of_record(record),
        links=links_to(producer),
    )
    with Current(span):
        try:
            yield
        except BaseException as error:
            bounded[keys.ERROR_TYPE] = type(error).__qualname__
            span.set_attribute(keys.ERROR_TYPE, type(error).__qualname__)
            raise
        finally:
            messaging_process_duration.record(time.perf_counter() - started, bounded)


@lru_cache(maxsize=64)
def operation(name: str, topic: str) -> dict[str, AttributeValue]:
    """The bounded attributes: those that measurements have as well. One object for all, so not to be changed."""
    return {
        keys.MESSAGING_SYSTEM: "kafka",
        keys.MESSAGING_OPERATION_NAME: name,
        keys.MESSAGING_OPERATION_TYPE: name,
        keys.MESSAGING_DESTINATION_NAME: topic,
    }


def _of_record(record: "ConsumerRecord") -> dict[str, AttributeValue]:
    described: dict[str, AttributeValue] = {
        keys.MESSAGING_DESTINATION_PARTITION_ID: str(record.partition),
        keys.MESSAGING_KAFKA_OFFSET: record.offset,
        keys.MESSAGING_MESSAGE_BODY_SIZE: len(record.value or b""),
    }
    if record.key is not None:
        described[keys.MESSAGING_KAFKA_MESSAGE_KEY] = record.key.decode("utf-8", "replace")
    return described


def _trace_headers(headers: Headers) -> dict[str, str]:
    """The last of each name counts: it was added by whoever sent the record last."""
    return {name: value.decode("latin-1") for name, value in headers if name in TRACE_HEADERS and value is not None}
