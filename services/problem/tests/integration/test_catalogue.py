"""Problems as people and as the judge see them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from typing import Any

import pytest

from codex_problem.problems.files import read_problems
from codex_problem.problems.model import Problem
from codex_problem.problems.repository import ProblemRepository
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import problem_service_pb2 as pb
from codex_service.mongo import open_mongo
from codex_testing.problem import ProblemClient
from codex_testing.services import refusal

Serve = Callable[..., AbstractAsyncContextManager[ProblemClient]]


async def shown(problem: ProblemClient, slug: str) -> pb.Problem:
    return (await problem.problems.GetProblem(pb.GetProblemRequest(slug=slug))).problem


async def suite(problem: ProblemClient, slug: str) -> tuple[set[str], bytes]:
    pieces = [piece async for piece in problem.problems.GetTestSuite(pb.GetTestSuiteRequest(slug=slug))]
    return {piece.revision for piece in pieces}, b"".join(piece.chunk for piece in pieces)


async def test_a_suite_is_whole_and_known_by_its_hash(problem: ProblemClient) -> None:
    for described in read_problems():
        revisions, content = await suite(problem, described.slug)

        assert revisions == {sha256(content).hexdigest()[:32]} == {(await shown(problem, described.slug)).revision}
        tests = judging.TestSuite.FromString(content).tests
        assert [(test.input, test.expected, test.public) for test in tests] == [
            *((test.input, test.expected, True) for test in described.public_tests),
            *((test.input, test.expected, False) for test in described.hidden_tests),
        ]


async def test_a_suite_larger_than_a_message_comes_in_pieces(
    serve: Serve, fresh_mongo: Callable[[], str], large_problem: Problem
) -> None:
    uri = fresh_mongo()
    async with serve(mongodb_uri=uri) as problem, open_mongo(uri) as database:
        await ProblemRepository(database["problems"]).publish(large_problem)

        revisions, content = await suite(problem, large_problem.slug)

    assert len(content) > 9_000_000
    assert revisions == {sha256(content).hexdigest()[:32]}


@pytest.fixture
def large_problem() -> Problem:
    tests = [{"input": "x" * 3_000_000, "expected": str(n)} for n in range(3)]
    base = read_problems()[0].model_dump(exclude={"slug", "hidden_tests"})
    return Problem.model_validate({**base, "slug": "large", "hidden_tests": tests})


async def test_hidden_tests_are_never_shown(problem: ProblemClient) -> None:
    for described in read_problems():
        seen = await shown(problem, described.slug)

        assert [test.input for test in seen.public_tests] == [test.input for test in described.public_tests]
        assert all(test.public for test in seen.public_tests)
        wire = seen.SerializeToString()
        told = "".join([*(test.input for test in described.public_tests), described.statement])
        secrets = [test.input for test in described.hidden_tests if len(test.input) > 12 and test.input not in told]
        assert not [secret for secret in secrets if secret.encode() in wire]


async def test_a_problem_is_shown_as_its_file_describes_it(problem: ProblemClient) -> None:
    for described in read_problems():
        seen = await shown(problem, described.slug)

        assert (seen.summary.title, seen.summary.difficulty) == (described.title, described.difficulty)
        assert (seen.summary.kind, list(seen.summary.tags)) == (described.kind, described.tags)
        assert seen.statement == described.statement
        assert dict(seen.starter_code) == described.starter_code
        assert seen.limits.memory == described.limits.memory
        assert seen.HasField("signature") == (described.kind == "function")


async def test_a_problem_that_is_not_there_is_not_found(problem: ProblemClient) -> None:
    refused = [
        await refusal(problem.problems.GetProblem(pb.GetProblemRequest(slug="no-such-problem"))),
        await refusal(suite(problem, "no-such-problem")),
    ]

    assert [(each.code, each.status.name) for each in refused] == [("problem_not_found", "NOT_FOUND")] * 2


async def test_loading_the_files_twice_changes_nothing(serve: Serve, fresh_mongo: Callable[[], str]) -> None:
    uri = fresh_mongo()

    async def stored() -> list[dict[str, Any]]:
        async with open_mongo(uri) as database:
            return await database["problems"].find({}).sort("_id", 1).to_list(length=None)

    async with serve(mongodb_uri=uri):
        first = await stored()
    async with serve(mongodb_uri=uri):
        second = await stored()

    assert len(first) == len(read_problems())
    assert second == first
