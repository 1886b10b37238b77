"""Submit, run and execute: what is asked, how long it may take, what comes back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from services.gateway.tests.integration.world import Gateway, User, assert_refused

from codex_protos.codemanage.v1 import code_manage_service_pb2 as pb
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_service.errors import InvalidRequest, NotFound
from codex_testing.judging import WA, judgement

SUBMIT = "/api/v1/user/submit"
RUN = "/api/v1/user/run"
EXECUTE = "/api/v1/user/execute"
PROGRAM = {"problem": "echo", "language": "python", "code": "print(input())"}
CUSTOM = {"language": "python", "code": "print(input())"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def submission(given: judging.Judgement | None = None, **fields: Any) -> judging.Submission:
    made = judging.Submission(
        id="0192", kind=judging.KIND_SUBMIT, author="ada", problem="echo", language="python", **fields
    )
    made.created_at.FromDatetime(datetime(2026, 1, 1, 12, tzinfo=UTC))
    if given:
        made.judgement.CopyFrom(given)
    return made


def answers(gateway: Gateway, made: judging.Submission, *, replayed: bool = False) -> None:
    gateway.neighbours.manage.say("SubmitCode", pb.SubmitCodeResponse(submission=made, replayed=replayed))
    gateway.neighbours.manage.say("RunCode", pb.RunCodeResponse(submission=made))
    gateway.neighbours.manage.say("ExecuteCode", pb.ExecuteCodeResponse(submission=made))


async def test_a_verdict_comes_back_with_the_answer(gateway: Gateway) -> None:
    user = User()
    given = judgement()
    answers(gateway, submission(given, score=10, trace_id=TRACE))

    response = await gateway.post(SUBMIT, PROGRAM, user)

    assert response.status_code == 200
    assert "location" not in response.headers
    body = response.json()
    public, hidden = body["tests"].pop("items")
    assert body == {
        "id": "0192",
        "kind": "submit",
        "problem": "echo",
        "language": "python",
        "status": "done",
        "verdict": "AC",
        "score": 10,
        "attempt": 1,
        "tests": {"total": 2, "passed": 2},
        "compiler_output": None,
        "cpu_time": 0.03,
        "wall_time": 0.05,
        "memory_peak": 9 << 20,
        "trace_id": TRACE,
        "created_at": "2026-01-01T12:00:00.000000Z",
        "judged_at": given.judged_at.ToJsonString(),
    }
    cost = {"cpu_time": 0.01, "wall_time": 0.02, "memory_peak": 9 << 20}
    evidence = {"input": "1 2", "expected": "3", "actual": "3", "stderr": ""}
    assert public == {"index": 0, "verdict": "AC", "public": True, **cost, **evidence}
    assert hidden.keys() == {"index", "verdict", "cpu_time", "wall_time", "memory_peak", "public"}
    assert response.headers["x-trace-id"] != TRACE

    asked = gateway.neighbours.manage.last
    assert (asked.author, asked.problem, asked.language, asked.code) == (user.id, "echo", "python", PROGRAM["code"])


@pytest.mark.parametrize(("path", "body"), [(SUBMIT, PROGRAM), (RUN, PROGRAM), (EXECUTE, CUSTOM)])
async def test_what_is_not_judged_in_time_is_pending_and_can_be_found(
    gateway: Gateway, path: str, body: object
) -> None:
    answers(gateway, submission())

    response = await gateway.post(path, body)

    assert response.status_code == 202
    assert response.headers["location"] == "/api/v1/user/submissions/0192"
    pending = response.json()
    assert pending["status"] == "pending"
    assert pending["tests"] == {"total": 0, "passed": 0, "items": []}
    assert pending["attempt"] == 0
    for field in ("verdict", "score", "cpu_time", "wall_time", "memory_peak", "judged_at", "trace_id"):
        assert pending[field] is None


async def test_a_hidden_test_stays_hidden_even_if_its_data_come_along(gateway: Gateway) -> None:
    given = judgement(WA)
    hidden = given.outcomes[1]
    hidden.input = hidden.expected = hidden.actual = hidden.stderr = hidden.message = "the secret"
    answers(gateway, submission(given))

    response = await gateway.post(SUBMIT, PROGRAM)

    assert response.status_code == 200
    assert "the secret" not in response.text


async def test_a_failure_of_the_platform_is_said_to_be_one(gateway: Gateway) -> None:
    answers(gateway, submission(judging.Judgement(verdict=judging.VERDICT_SE, detail="the judge failed")))

    body = (await gateway.post(SUBMIT, PROGRAM)).json()

    assert (body["verdict"], body["detail"]) == ("SE", "the judge failed")


@pytest.mark.parametrize(
    ("prefer", "wait", "applied"),
    [
        (None, 15, None),
        ("respond-async", 0, "respond-async"),
        ("Respond-Async, handling=lenient", 0, "respond-async"),
        ("wait=3", 3, "wait=3"),
        ("WAIT = 3", 3, "wait=3"),
        ('wait="3"', 3, "wait=3"),
        ("handling=strict, wait=3; x=y", 3, "wait=3"),
        ("wait=3, wait=9", 3, "wait=3"),
        ("wait=600", 60, "wait=60"),
        (f"wait={'9' * 50}", 60, "wait=60"),
        ("wait=0", 15, None),
        ("wait=-1", 15, None),
        ("wait=1.5", 15, None),
        ("wait=soon", 15, None),
        ("wait", 15, None),
        ("return=minimal", 15, None),
        (";;,=,", 15, None),
    ],
)
async def test_the_client_says_how_long_the_answer_may_take(
    gateway: Gateway, prefer: str | None, wait: int, applied: str | None
) -> None:
    answers(gateway, submission())
    for path, body in ((SUBMIT, PROGRAM), (RUN, PROGRAM), (EXECUTE, CUSTOM)):
        response = await gateway.post(path, body, None, **({"Prefer": prefer} if prefer else {}))

        assert response.headers.get("preference-applied") == applied
        assert gateway.neighbours.manage.last.wait.ToTimedelta().total_seconds() == wait
        assert wait + 4 < gateway.neighbours.manage.calls[-1].seconds < wait + 5.5


async def test_own_tests_are_run_and_shown(gateway: Gateway) -> None:
    answers(gateway, submission())
    await gateway.post(RUN, {**PROGRAM, "tests": [{"input": "a", "expected": "b"}, {"input": "c"}]})

    first, second = gateway.neighbours.manage.last.tests
    assert (first.input, first.expected, first.public) == ("a", "b", True)
    assert (second.input, second.HasField("expected"), second.public) == ("c", False, True)


async def test_a_program_on_its_own_gets_its_input(gateway: Gateway) -> None:
    answers(gateway, submission())
    await gateway.post(EXECUTE, {**CUSTOM, "stdin": "hello\n"})

    assert gateway.neighbours.manage.last.stdin == "hello\n"


async def test_an_unknown_problem_is_not_found_and_a_missing_language_is_unavailable(gateway: Gateway) -> None:
    class NoProblem(NotFound):
        code = "problem_not_found"

    class NoLanguage(InvalidRequest):
        code = "language_unavailable"

    gateway.neighbours.manage.say("SubmitCode", NoProblem("there is no such problem"))
    assert_refused(await gateway.post(SUBMIT, PROGRAM), 404, "problem_not_found")
    gateway.neighbours.manage.say("SubmitCode", NoLanguage("nobody runs it"))
    assert_refused(await gateway.post(SUBMIT, PROGRAM), 422, "language_unavailable")


async def test_a_finished_submission_can_be_read_by_its_author(gateway: Gateway) -> None:
    user = User()
    gateway.neighbours.manage.say("GetSubmission", pb.GetSubmissionResponse(submission=submission(judgement())))

    response = await gateway.get("/api/v1/user/submissions/0192", user)

    assert (response.status_code, response.json()["verdict"]) == (200, "AC")
    assert (gateway.neighbours.manage.last.id, gateway.neighbours.manage.last.author) == ("0192", user.id)
