"""The catalogue."""

from codex_gateway.models.problems import (
    Example,
    Language,
    Parameter,
    Problem,
    ProblemPage,
    ProblemSummary,
    PublicTest,
    ResourceLimits,
    Signature,
)
from codex_protos.codemanage.v1 import code_manage_service_pb2 as manage
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import problem_service_pb2 as pb


def language(message: manage.Language) -> Language:
    return Language(
        id=message.id, name=message.name, version=message.version, function_harness=message.function_harness
    )


def page(message: pb.ListProblemsResponse) -> ProblemPage:
    return ProblemPage(
        items=[_summary(problem) for problem in message.problems], next_cursor=message.next_cursor or None
    )


def problem(message: pb.Problem) -> Problem:
    return Problem(
        **dict(_summary(message.summary)),
        statement=message.statement,
        constraints=list(message.constraints),
        examples=[Example(input=one.input, output=one.output, explanation=one.explanation) for one in message.examples],
        public_tests=[_public_test(test) for test in message.public_tests if test.public],
        signature=_signature(message.signature) if message.HasField("signature") else None,
        starter_code=dict(message.starter_code),
        limits=_limits(message.limits),
    )


def _summary(message: pb.ProblemSummary) -> ProblemSummary:
    return ProblemSummary(
        slug=message.slug,
        title=message.title,
        difficulty=message.difficulty,
        tags=list(message.tags),
        kind=message.kind,
        acceptance=message.acceptance if message.HasField("acceptance") else None,
    )


def _public_test(message: judging.TestCase) -> PublicTest:
    return PublicTest(input=message.input, expected=message.expected if message.HasField("expected") else None)


def _signature(message: judging.Signature) -> Signature:
    return Signature(
        function=message.function,
        parameters=[Parameter(name=parameter.name, type=parameter.type) for parameter in message.parameters],
        returns=message.returns,
    )


def _limits(message: judging.Limits) -> ResourceLimits:
    return ResourceLimits(
        cpu_time=message.cpu_time,
        wall_time=message.wall_time,
        memory=message.memory,
        output=message.output,
        processes=message.processes,
    )
