"""What a record that was given up asks for or reports on, and how it is sent again."""

from google.protobuf.message import DecodeError

from codex_protos.execution.v1 import events_pb2 as events
from codex_protos.messaging.v1 import records_pb2 as records
from codex_service.kafka.failures import ATTEMPTS, FAILURES, SINCE

Event = events.ExecutionRequested | events.ExecutionFinished

_COUNTED = frozenset({FAILURES, ATTEMPTS, SINCE})
_RESULTS = "code-result-topic"  # what its name ends with: stacks that share a broker begin theirs differently


def event_in(record: records.FailedRecord) -> Event | None:
    """The job or the result; None when it is neither."""
    kind = events.ExecutionFinished if record.topic.endswith(_RESULTS) else events.ExecutionRequested
    try:
        event = kind.FromString(record.value)
    except DecodeError:
        return None
    return event if event.submission_id else None


def value_for_replay(record: records.FailedRecord) -> bytes:
    """The value, marked as a replay; a job goes on counting its attempts. What is no event of ours stays as it is."""
    event = event_in(record)
    if event is None:
        return record.value
    event.replay = True
    if isinstance(event, events.ExecutionRequested):
        event.attempt += record.failures
    return event.SerializeToString()


def headers_for_replay(record: records.FailedRecord) -> list[tuple[str, bytes]]:
    """The headers without what was counted: the record gets all its chances again."""
    return [(name, value) for name, value in record.headers.items() if name not in _COUNTED]
