"""A problem, as its data file describes it. Times in seconds, sizes in bytes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Difficulty = Literal["easy", "medium", "hard"]

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"

POINTS: dict[Difficulty, int] = {"easy": 10, "medium": 25, "hard": 40}


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(_Value):
    input: str
    output: str
    explanation: str = ""


class Parameter(_Value):
    name: str
    type: str


class Signature(_Value):
    """The function that a function problem asks for."""

    function: str
    parameters: list[Parameter]
    returns: str


class Checker(_Value):
    """How an answer is compared; ``tolerance`` counts for floats only."""

    kind: Literal["exact", "tokens", "floats", "unordered"] = "exact"
    tolerance: float = 1e-6


class Limits(_Value):
    cpu_time: float = 2.0
    wall_time: float = 6.0
    memory: int = 256 << 20
    output: int = 1 << 20
    processes: int = 16


class TestCase(_Value):
    """Raw text for stdio problems; for function problems a JSON object of the arguments and a JSON value."""

    input: str
    expected: str


class Problem(_Value):
    """Everything about one problem. ``slug`` names it for ever."""

    slug: str = Field(pattern=SLUG)
    title: str
    difficulty: Difficulty
    tags: list[str]
    kind: Literal["function", "stdio"]
    statement: str
    constraints: list[str] = []
    examples: list[Example] = []
    signature: Signature | None = None
    checker: Checker = Checker()
    limits: Limits = Limits()
    starter_code: dict[str, str] = {}
    public_tests: list[TestCase] = Field(min_length=1)
    hidden_tests: list[TestCase] = []
