"""Records that failed: what is known of them, and what their headers carry to the next attempt."""

from collections.abc import Mapping

import grpc
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from google.protobuf.timestamp_pb2 import Timestamp

from codex_protos.messaging.v1 import records_pb2 as pb
from codex_service import redis
from codex_service.clock import now
from codex_service.errors import DeadlineExceeded, DependencyUnavailable, Overloaded, ServiceError

FAILURES, ATTEMPTS, SINCE = "codex-failures", "codex-attempts", "codex-failing-since"
LANE = "codex-lane"
_TRACE = frozenset({"traceparent", "tracestate", "baggage"})
_DOWN = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED})
_LONGEST_REASON = 500


class Unprocessable(Exception):
    """A record that no repetition can help: it becomes a dead letter at once."""


def failures(record: ConsumerRecord) -> int:
    """How often the record has failed before, for a reason of its own."""
    return int(header(record, FAILURES) or 0)


def header(record: ConsumerRecord, name: str) -> str:
    """The last value of a header; empty without one."""
    return next((value.decode() for key, value in reversed(record.headers) if key == name and value), "")


def is_outage(error: BaseException) -> bool:
    """Whether something that the work needs is down, which says nothing about the record."""
    if isinstance(error, grpc.aio.AioRpcError):
        return error.code() in _DOWN
    if isinstance(error, ServiceError) and error.status in _DOWN:
        return True
    return isinstance(error, (DependencyUnavailable, DeadlineExceeded, Overloaded, KafkaError, *redis.OUTAGES))


def failed(record: ConsumerRecord, error: BaseException, trace_context: Mapping[str, str]) -> pb.FailedRecord:
    """The record after one more failure."""
    moment = now()
    since = header(record, SINCE)
    return pb.FailedRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key or b"",
        value=record.value or b"",
        headers={name: value for name, value in record.headers if value is not None and name not in _TRACE},
        failures=failures(record) + (not is_outage(error)),
        attempts=int(header(record, ATTEMPTS) or 0) + 1,
        first_failed_at=Timestamp(nanos=0, seconds=int(since)) if since else moment,
        failed_at=moment,
        reason=explained(error),
        trace_context=trace_context,
    )


def headers_of(record: pb.FailedRecord) -> list[tuple[str, bytes]]:
    """What the record carries when it is sent again."""
    counted = {FAILURES: record.failures, ATTEMPTS: record.attempts, SINCE: record.first_failed_at.seconds}
    kept = [(name, value) for name, value in record.headers.items() if name not in counted]
    return [*kept, *((name, str(count).encode()) for name, count in counted.items())]


def explained(error: BaseException) -> str:
    """One line about an error, without what it may quote."""
    if isinstance(error, grpc.aio.AioRpcError):
        return f"{error.code().name}: {error.details()}"[:_LONGEST_REASON]
    return f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
