"""Programs in, verdicts out."""

from typing import Any, Literal

from pydantic import Field

from codex_gateway.models.base import Answer, Code, LanguageId, Moment, RequestBody, Slug, example, is_none

KindName = Literal["submit", "run", "custom"]
VerdictName = Literal["AC", "WA", "TLE", "MLE", "OLE", "RE", "CE", "SE"]

_PROGRAM = {"language": "python", "code": "print(input())"}
_SUBMISSION: dict[str, Any] = {
    "id": "0192f0c1-7a3e-7d7c-9d6f-0a5b8c2d4e6f",
    "kind": "submit",
    "problem": "echo",
    "language": "python",
    "status": "done",
    "verdict": "AC",
    "score": 10,
    "attempt": 1,
    "tests": {
        "total": 2,
        "passed": 2,
        "items": [
            {
                "index": 0,
                "verdict": "AC",
                "cpu_time": 0.011,
                "wall_time": 0.014,
                "memory_peak": 9437184,
                "public": True,
                "input": "hello\n",
                "expected": "hello\n",
                "actual": "hello\n",
            },
            {
                "index": 1,
                "verdict": "AC",
                "cpu_time": 0.012,
                "wall_time": 0.014,
                "memory_peak": 9437184,
                "public": False,
            },
        ],
    },
    "compiler_output": None,
    "cpu_time": 0.023,
    "wall_time": 0.028,
    "memory_peak": 9437184,
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "created_at": "2026-01-01T12:00:00.000000Z",
    "judged_at": "2026-01-01T12:00:00.017000Z",
}


class Submit(RequestBody):
    model_config = example({"problem": "echo", **_PROGRAM})

    problem: Slug
    language: LanguageId
    code: Code


class OwnTest(RequestBody):
    """A test of one's own; without ``expected`` a clean exit is enough."""

    input: str
    expected: str | None = None


class Run(Submit):
    """``tests``: the problem's public ones where none are given."""

    model_config = example({"problem": "echo", **_PROGRAM, "tests": [{"input": "hi\n", "expected": "hi\n"}]})

    tests: list[OwnTest] = Field(default_factory=list, max_length=50)


class Execute(RequestBody):
    model_config = example({**_PROGRAM, "stdin": "hello\n"})

    language: LanguageId
    code: Code
    stdin: str = ""


class TestItem(Answer):
    """What happened on one test: seconds, bytes. The last five are there for public tests only, as far as known."""

    index: int
    verdict: VerdictName
    cpu_time: float
    wall_time: float
    memory_peak: int
    public: bool
    input: str | None = Field(default=None, exclude_if=is_none)
    expected: str | None = Field(default=None, exclude_if=is_none)
    actual: str | None = Field(default=None, exclude_if=is_none)
    stderr: str | None = Field(default=None, exclude_if=is_none)
    message: str | None = Field(default=None, exclude_if=is_none)


class Tests(Answer):
    total: int
    passed: int
    items: list[TestItem]


class Submission(Answer):
    """A program and its judgement. Everything that was measured is null while it is pending: seconds, bytes."""

    model_config = example(_SUBMISSION)

    id: str
    kind: KindName
    problem: str | None
    language: str
    status: Literal["pending", "done"]
    verdict: VerdictName | None
    score: int | None
    attempt: int
    tests: Tests
    compiler_output: str | None
    cpu_time: float | None
    wall_time: float | None
    memory_peak: int | None
    trace_id: str | None
    created_at: Moment
    judged_at: Moment | None
    detail: str | None = Field(default=None, exclude_if=is_none, description="With SE: what failed was the platform.")


class SubmissionPage(Answer):
    """Newest first; ``next_cursor`` is null on the last page."""

    model_config = example({"items": [_SUBMISSION], "next_cursor": None})

    items: list[Submission]
    next_cursor: str | None
