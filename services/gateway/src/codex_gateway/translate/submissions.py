"""Submissions and what comes with them."""

from collections.abc import Collection, Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from codex_gateway.models.submissions import KindName, OwnTest, Submission, SubmissionPage, TestItem, Tests, VerdictName
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import submission_service_pb2 as submissions

_KINDS: Final[Mapping[int, KindName]] = MappingProxyType(
    {judging.KIND_SUBMIT: "submit", judging.KIND_RUN: "run", judging.KIND_CUSTOM: "custom"}
)
_VERDICTS: Final[Mapping[int, VerdictName]] = MappingProxyType(
    {
        judging.VERDICT_AC: "AC",
        judging.VERDICT_WA: "WA",
        judging.VERDICT_TLE: "TLE",
        judging.VERDICT_MLE: "MLE",
        judging.VERDICT_OLE: "OLE",
        judging.VERDICT_RE: "RE",
        judging.VERDICT_CE: "CE",
        judging.VERDICT_SE: "SE",
    }
)
_EVIDENCE: Final = ("input", "expected", "actual", "stderr", "message")
_NOT_TESTED: Final = Tests(total=0, passed=0, items=[])


def duration(seconds: float) -> Duration:
    return Duration(seconds=int(seconds), nanos=round(seconds % 1 * 1e9))


def own_test(test: OwnTest) -> judging.TestCase:
    """One's own test is never hidden from oneself."""
    return judging.TestCase(input=test.input, expected=test.expected, public=True)


def page(message: submissions.ListSubmissionsResponse) -> SubmissionPage:
    return SubmissionPage(
        items=[submission(one) for one in message.submissions], next_cursor=message.next_cursor or None
    )


def submission(message: judging.Submission) -> Submission:
    done = message.judgement if message.HasField("judgement") else None
    return Submission(
        id=message.id,
        kind=_KINDS.get(message.kind, "submit"),
        problem=message.problem or None,
        language=message.language,
        status="done" if done else "pending",
        verdict=_verdict(done.verdict) if done else None,
        score=message.score if message.HasField("score") else None,
        attempt=done.attempt if done else 0,
        tests=_tests(done) if done else _NOT_TESTED,
        compiler_output=done.compiler_output if done and done.HasField("compiler_output") else None,
        cpu_time=done.cpu_time if done else None,
        wall_time=done.wall_time if done else None,
        memory_peak=done.memory_peak if done else None,
        trace_id=message.trace_id or None,
        created_at=message.created_at.ToDatetime(tzinfo=UTC),
        judged_at=done.judged_at.ToDatetime(tzinfo=UTC) if done else None,
        detail=done.detail if done and done.HasField("detail") else None,
    )


def _tests(judgement: judging.Judgement) -> Tests:
    return Tests(
        total=judgement.total, passed=judgement.passed, items=[_item(outcome) for outcome in judgement.outcomes]
    )


def _item(outcome: judging.TestOutcome) -> TestItem:
    return TestItem(
        index=outcome.index,
        verdict=_verdict(outcome.verdict),
        cpu_time=outcome.cpu_time,
        wall_time=outcome.wall_time,
        memory_peak=outcome.memory_peak,
        public=outcome.public,
        **(_optional(outcome, _EVIDENCE) if outcome.public else {}),
    )


def _verdict(verdict: int) -> VerdictName:
    """A verdict that this gateway has never heard of is the platform's fault."""
    return _VERDICTS.get(verdict, "SE")


def _optional(message: Message, fields: Collection[str]) -> dict[str, str]:
    """Those of the fields that are set."""
    return {descriptor.name: value for descriptor, value in message.ListFields() if descriptor.name in fields}
