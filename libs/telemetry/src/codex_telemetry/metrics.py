"""Every measurement we take: name, unit, meaning, and the one function that takes it.

Attributes are bounded: no user, no submission, no text from outside. Off, the functions do nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from codex_telemetry import attributes as keys
from codex_telemetry.histogram import Histogram

LANGUAGES: Final = frozenset(
    {"python", "javascript", "typescript", "go", "cpp", "c", "java", "rust", "ruby", "bash"},
)
VERDICTS: Final = frozenset({"AC", "WA", "TLE", "MLE", "OLE", "RE", "CE", "SE"})

# Upper bounds in seconds. The first are those of the semantic conventions.
_CALLS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_SUBMISSIONS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_EXECUTIONS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_meter = metrics.get_meter("codex_telemetry")

http_server_duration = Histogram(
    "http.server.request.duration", "How long a request took, its answer's last byte included", _CALLS
)
rpc_server_duration = Histogram("rpc.server.call.duration", "How long a call took to answer", _CALLS)
rpc_client_duration = Histogram("rpc.client.call.duration", "How long a call took until its answer was here", _CALLS)
messaging_client_duration = Histogram(
    "messaging.client.operation.duration", "How long the broker took to acknowledge a record", _CALLS
)
messaging_process_duration = Histogram("messaging.process.duration", "How long the handling of a record took", _CALLS)
_submission_duration = Histogram(
    "codex.submission.duration", "From a submission's acceptance to its verdict", _SUBMISSIONS
)
_queue_duration = Histogram(
    "codex.execution.queue.duration", "From a program's acceptance until a slot took it", _EXECUTIONS
)
_execution_duration = Histogram(
    "codex.execution.duration", "How long a program had a slot, its compilation included", _EXECUTIONS
)
_retry_queue_depth = _meter.create_gauge(
    "codex.retry.queue.depth",
    unit="{record}",
    description="Records that wait for another attempt",
)
_dead_letters = _meter.create_counter(
    "codex.dead_letters",
    unit="{record}",
    description="Records that were given up",
)


def record_submission(seconds: float, *, language: str, verdict: str) -> None:
    """A verdict was reached; inside a span the measurement carries the trace as its exemplar."""
    _submission_duration.record(
        seconds,
        {
            keys.SUBMISSION_LANGUAGE: language if language in LANGUAGES else "other",
            keys.SUBMISSION_VERDICT: verdict if verdict in VERDICTS else "other",
        },
    )


def record_queueing(seconds: float, *, kind: str) -> None:
    """A slot took a program; ``kind`` is why it is judged."""
    _queue_duration.record(seconds, {keys.EXECUTION_KIND: kind})


def record_execution(seconds: float, *, language: str, guard: str) -> None:
    """A program was judged; ``guard`` is the limit that stopped it, or ``none``."""
    _execution_duration.record(
        seconds,
        {keys.EXECUTION_LANGUAGE: language if language in LANGUAGES else "other", keys.SANDBOX_GUARD: guard},
    )


def retry_depth_of(topic: str) -> Callable[[int], None]:
    """A function that takes how many records of a topic wait for another attempt."""

    def record(records: int) -> None:
        _retry_queue_depth.set(records, {keys.MESSAGING_DESTINATION_NAME: topic})

    return record


def count_dead_letter(topic: str) -> None:
    """A record was given up."""
    _dead_letters.add(1, {keys.MESSAGING_DESTINATION_NAME: topic})


def watch_consumer_lag(lag: Mapping[tuple[str, int], int], *, group: str) -> None:
    """Report how many records each ``(topic, partition)`` is behind.

    The mapping is read from another thread whenever measurements leave; its owner just keeps it up to date.
    """

    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(
                records,
                {
                    keys.MESSAGING_DESTINATION_NAME: topic,
                    keys.MESSAGING_DESTINATION_PARTITION_ID: str(partition),
                    keys.MESSAGING_CONSUMER_GROUP_NAME: group,
                },
            )
            for (topic, partition), records in tuple(lag.items())
        ]

    _meter.create_observable_gauge(
        "codex.kafka.consumer.lag",
        callbacks=[observe],
        unit="{record}",
        description="Records of a partition that the group has not finished",
    )


def watch_backlog(waits: Mapping[str, float]) -> None:
    """Report for each topic of jobs how long a new one would wait there; read like the lag."""

    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(wait, {keys.MESSAGING_DESTINATION_NAME: topic}) for topic, wait in tuple(waits.items())]

    _meter.create_observable_gauge(
        "codex.queue.wait",
        callbacks=[observe],
        unit="s",
        description="How long a job that is sent now would wait for a worker",
    )


def watch_sandbox_slots(slots: Mapping[str, int]) -> None:
    """Report the number of slots in each state, such as ``free`` and ``busy``; read like the lag."""

    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(count, {keys.SANDBOX_STATE: state}) for state, count in tuple(slots.items())]

    _meter.create_observable_up_down_counter(
        "codex.sandbox.slots",
        callbacks=[observe],
        unit="{slot}",
        description="Places where a program can be judged, by state",
    )


def watch_connections(pool: str, *, size: Callable[[], int], idle: Callable[[], int]) -> None:
    """Report the connections of a pool; both functions are called from another thread and must not wait."""

    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        unused = idle()
        counts = {"idle": unused, "used": size() - unused}
        return [
            Observation(count, {keys.DB_CLIENT_CONNECTION_POOL_NAME: pool, keys.DB_CLIENT_CONNECTION_STATE: state})
            for state, count in counts.items()
        ]

    _meter.create_observable_up_down_counter(
        "db.client.connection.count",
        callbacks=[observe],
        unit="{connection}",
        description="Connections of a pool, by state",
    )
