"""Dead letters as operators may see them: everything but programs and data."""

from codex_code_manage.dead_letters.contents import Event, event_in
from codex_protos.codemanage.v1 import dead_letter_service_pb2 as pb
from codex_protos.execution.v1 import events_pb2 as events
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.messaging.v1 import records_pb2 as records


def described(letter: records.DeadLetter) -> pb.DeadLetter:
    """What a letter is about."""
    record = letter.record
    event = event_in(record)
    return pb.DeadLetter(
        id=letter.id,
        group=letter.group,
        topic=record.topic,
        key=record.key.decode(errors="replace"),
        size=len(record.value),
        headers=sorted(record.headers),
        failures=record.failures,
        attempts=record.attempts,
        first_failed_at=record.first_failed_at,
        failed_at=record.failed_at,
        reason=record.reason,
        trace_id=_trace_id(record),
        job=_job(event) if event else None,
    )


def _job(event: Event) -> pb.Job:
    judgement = event.judgement if isinstance(event, events.ExecutionFinished) else None
    attempt = event.attempt if isinstance(event, events.ExecutionRequested) else event.judgement.attempt
    return pb.Job(
        submission_id=event.submission_id,
        kind=event.kind,
        author=event.author,
        problem=event.problem,
        language=event.language,
        requested_at=event.requested_at,
        attempt=attempt,
        verdict=judgement.verdict if judgement else judging.VERDICT_UNSPECIFIED,
    )


def _trace_id(record: records.FailedRecord) -> str:
    """The second of a traceparent's parts; empty without one."""
    return ([*record.trace_context.get("traceparent", "").split("-"), ""])[1]
