"""Jobs off the wire, judgements onto it."""

from dataclasses import replace

from codex_code_execution.judging.model import (
    Checker,
    CheckerKind,
    Job,
    Judgement,
    Kind,
    Limits,
    Parameter,
    Signature,
    TestCase,
    TestOutcome,
)
from codex_protos.execution.v1 import events_pb2 as events
from codex_protos.judging.v1 import judging_pb2 as judging

MAX_RESULT = 512 * 1024
KINDS = {judging.KIND_SUBMIT: Kind.SUBMIT, judging.KIND_RUN: Kind.RUN, judging.KIND_CUSTOM: Kind.CUSTOM}


def job_from_wire(request: events.ExecutionRequested, suite: judging.TestSuite | None) -> Job:
    """A job with its problem's suite; tests that came with the request take the place of the suite's."""
    job = Job(
        id=request.submission_id,
        kind=KINDS[request.kind],
        language=request.language,
        code=request.code,
        tests=tuple(_test(test) for test in request.tests),
    )
    return job if suite is None else _of_problem(job, suite)


def _of_problem(job: Job, suite: judging.TestSuite) -> Job:
    return replace(
        job,
        tests=job.tests or tuple(_test(test) for test in suite.tests),
        limits=Limits(
            cpu_time=suite.limits.cpu_time,
            wall_time=suite.limits.wall_time,
            memory=suite.limits.memory,
            output=suite.limits.output,
            processes=suite.limits.processes,
        ),
        signature=_signature(suite),
        checker=Checker(kind=CheckerKind(suite.checker.kind), tolerance=suite.checker.tolerance),
    )


def _test(test: judging.TestCase) -> TestCase:
    expected = test.expected if test.HasField("expected") else None
    return TestCase(input=test.input, expected=expected, public=test.public)


def _signature(suite: judging.TestSuite) -> Signature | None:
    if not suite.HasField("signature"):
        return None
    parameters = tuple(Parameter(name=each.name, type=each.type) for each in suite.signature.parameters)
    return Signature(function=suite.signature.function, parameters=parameters, returns=suite.signature.returns)


def result_to_wire(
    request: events.ExecutionRequested, job: Job | None, judgement: Judgement, *, attempt: int
) -> events.ExecutionFinished:
    """A result of at most 512 kB: should it be larger, the texts of its tests go first."""
    tests = job.tests if job else ()
    message = judging.Judgement(
        verdict=_verdict(judgement.verdict),
        outcomes=[_outcome(outcome, tests[outcome.index]) for outcome in judgement.outcomes],
        total=judgement.total,
        passed=judgement.passed,
        compiler_output=judgement.compiler_output,
        cpu_time=judgement.cpu_time,
        wall_time=judgement.wall_time,
        memory_peak=judgement.memory_peak,
        attempt=attempt,
        detail=judgement.detail,
    )
    if message.ByteSize() > MAX_RESULT:
        for outcome in message.outcomes:
            for text in ("input", "expected", "actual", "stderr"):
                outcome.ClearField(text)
    return events.ExecutionFinished(
        submission_id=request.submission_id,
        kind=request.kind,
        author=request.author,
        problem=request.problem,
        language=request.language,
        judgement=message,
        requested_at=request.requested_at,
        replay=request.replay,
    )


def _outcome(outcome: TestOutcome, test: TestCase) -> judging.TestOutcome:
    """What may be known of a test: of a hidden one its verdict and cost, never its data."""
    message = judging.TestOutcome(
        index=outcome.index,
        verdict=_verdict(outcome.verdict),
        cpu_time=outcome.cpu_time,
        wall_time=outcome.wall_time,
        memory_peak=outcome.memory_peak,
        public=outcome.public,
    )
    if outcome.public:
        texts = {
            "input": test.input,
            "expected": test.expected,
            "actual": outcome.actual,
            "stderr": outcome.stderr,
            "message": outcome.message,
        }
        for name, text in texts.items():
            if text is not None:
                setattr(message, name, text)
    return message


def _verdict(verdict: str) -> judging.Verdict.ValueType:
    return judging.Verdict.Value(f"VERDICT_{verdict}")
