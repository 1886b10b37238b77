"""The catalogue."""

from typing import Any, Literal

from codex_gateway.models.base import Answer, example

Difficulty = Literal["easy", "medium", "hard", ""]  # empty: any

_SUMMARY: dict[str, Any] = {
    "slug": "two-sum",
    "title": "Two Sum",
    "difficulty": "easy",
    "tags": ["array", "hash-table"],
    "kind": "function",
    "acceptance": 0.62,
}


class Language(Answer):
    """A language that can be judged now. ``function_harness``: it can solve function problems."""

    model_config = example({"id": "python", "name": "Python", "version": "3.13.1", "function_harness": True})

    id: str
    name: str
    version: str
    function_harness: bool


class ProblemSummary(Answer):
    """``acceptance``: accepted share of all judged submissions, null without any."""

    model_config = example(_SUMMARY)

    slug: str
    title: str
    difficulty: str
    tags: list[str]
    kind: str
    acceptance: float | None


class ProblemPage(Answer):
    """``next_cursor`` is null on the last page."""

    model_config = example({"items": [_SUMMARY], "next_cursor": None})

    items: list[ProblemSummary]
    next_cursor: str | None


class Example(Answer):
    input: str
    output: str
    explanation: str


class PublicTest(Answer):
    """``expected`` is null where a clean exit is enough."""

    input: str
    expected: str | None


class Parameter(Answer):
    name: str
    type: str


class Signature(Answer):
    """The function that is asked for."""

    function: str
    parameters: list[Parameter]
    returns: str


class ResourceLimits(Answer):
    """What one test may use: seconds, bytes, processes and threads."""

    cpu_time: float
    wall_time: float
    memory: int
    output: int
    processes: int


class Problem(ProblemSummary):
    """A problem as people see it. ``statement`` is Markdown; ``signature`` is null for problems that read stdin."""

    model_config = example(
        {
            **_SUMMARY,
            "statement": "Find two numbers that add up to `target`.",
            "constraints": ["2 <= len(nums) <= 10^4"],
            "examples": [{"input": "nums = [2,7], target = 9", "output": "[0,1]", "explanation": "2 + 7 = 9"}],
            "public_tests": [{"input": '{"nums": [2, 7], "target": 9}', "expected": "[0, 1]"}],
            "signature": {
                "function": "two_sum",
                "parameters": [{"name": "nums", "type": "list[int]"}, {"name": "target", "type": "int"}],
                "returns": "list[int]",
            },
            "starter_code": {"python": "def two_sum(nums, target):\n    ..."},
            "limits": {
                "cpu_time": 2.0,
                "wall_time": 6.0,
                "memory": 268435456,
                "output": 1048576,
                "processes": 16,
            },
        }
    )

    statement: str
    constraints: list[str]
    examples: list[Example]
    public_tests: list[PublicTest]
    signature: Signature | None
    starter_code: dict[str, str]
    limits: ResourceLimits
