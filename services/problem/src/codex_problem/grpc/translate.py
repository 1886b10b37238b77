"""Values of the domain as protobuf messages, and back."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from codex_problem.submissions.model import Judgement, Submission, Verdict
from codex_protos.judging.v1 import judging_pb2 as judging


def timestamp(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def moment(message: Timestamp) -> datetime:
    """To the millisecond, as it is stored: the first answer and all later ones must be the same."""
    precise = message.ToDatetime(tzinfo=UTC)
    return precise.replace(microsecond=precise.microsecond // 1000 * 1000)


def judgement_from_wire(message: judging.Judgement) -> Judgement:
    return Judgement(
        verdict=Verdict(judging.Verdict.Name(message.verdict).removeprefix("VERDICT_")),
        judged_at=moment(message.judged_at),
        evidence=message.SerializeToString(),
    )


def judgement_to_wire(judgement: Judgement) -> judging.Judgement:
    return judging.Judgement.FromString(judgement.evidence)


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
