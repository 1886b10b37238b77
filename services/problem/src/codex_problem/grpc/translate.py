"""Values of the domain as protobuf messages, and back."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from codex_problem.submissions.model import Judgement, Submission, TestOutcome, Verdict
from codex_protos.judging.v1 import judging_pb2 as judging


def timestamp(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def moment(message: Timestamp) -> datetime:
    """To the millisecond, as it is stored: the first answer and all later ones must be the same."""
    precise = message.ToDatetime(tzinfo=UTC)
    return precise.replace(microsecond=precise.microsecond // 1000 * 1000)


def verdict_to_wire(verdict: Verdict) -> judging.Verdict.ValueType:
    return judging.Verdict.Value(f"VERDICT_{verdict.value}")


def verdict_from_wire(verdict: judging.Verdict.ValueType) -> Verdict:
    return Verdict(judging.Verdict.Name(verdict).removeprefix("VERDICT_"))


def judgement_from_wire(message: judging.Judgement) -> Judgement:
    return Judgement(
        verdict=verdict_from_wire(message.verdict),
        outcomes=tuple(_outcome_from_wire(outcome) for outcome in message.outcomes),
        total=message.total,
        passed=message.passed,
        cpu_time=message.cpu_time,
        wall_time=message.wall_time,
        memory_peak=message.memory_peak,
        attempt=message.attempt,
        judged_at=moment(message.judged_at),
        compiler_output=message.compiler_output if message.HasField("compiler_output") else None,
        detail=message.detail if message.HasField("detail") else None,
    )


def _outcome_from_wire(message: judging.TestOutcome) -> TestOutcome:
    given = {field.name: value for field, value in message.ListFields()}
    return TestOutcome(
        **{
            "index": 0,
            "cpu_time": 0.0,
            "wall_time": 0.0,
            "memory_peak": 0,
            "public": False,
            **given,
            "verdict": verdict_from_wire(message.verdict),
        }
    )


def judgement_to_wire(judgement: Judgement) -> judging.Judgement:
    return judging.Judgement(
        verdict=verdict_to_wire(judgement.verdict),
        outcomes=[_outcome_to_wire(outcome) for outcome in judgement.outcomes],
        total=judgement.total,
        passed=judgement.passed,
        compiler_output=judgement.compiler_output,
        cpu_time=judgement.cpu_time,
        wall_time=judgement.wall_time,
        memory_peak=judgement.memory_peak,
        attempt=judgement.attempt,
        judged_at=timestamp(judgement.judged_at),
        detail=judgement.detail,
    )


def _outcome_to_wire(outcome: TestOutcome) -> judging.TestOutcome:
    return judging.TestOutcome(
        index=outcome.index,
        verdict=verdict_to_wire(outcome.verdict),
        cpu_time=outcome.cpu_time,
        wall_time=outcome.wall_time,
        memory_peak=outcome.memory_peak,
        public=outcome.public,
        input=outcome.input,
        expected=outcome.expected,
        actual=outcome.actual,
        stderr=outcome.stderr,
        message=outcome.message,
    )


def submission_to_wire(submission: Submission) -> judging.Submission:
    return judging.Submission(
        id=submission.id,
        kind=judging.KIND_SUBMIT,
        author=submission.author,
        problem=submission.problem,
        language=submission.language,
        code=submission.code,
        created_at=timestamp(submission.created_at),
        judgement=judgement_to_wire(submission.judgement) if submission.judgement else None,
        score=submission.score,
        trace_id=submission.trace_id,
    )
