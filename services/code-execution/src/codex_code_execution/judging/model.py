"""The words of judging: what is asked, what was measured, what it means. Times in seconds, sizes in bytes."""

from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How a program did, by the usual abbreviations. ``SE`` is the platform's own fault, never the program's."""

    ACCEPTED = "AC"
    WRONG_ANSWER = "WA"
    TIME_LIMIT = "TLE"
    MEMORY_LIMIT = "MLE"
    OUTPUT_LIMIT = "OLE"
    RUNTIME_ERROR = "RE"
    COMPILE_ERROR = "CE"
    SYSTEM_ERROR = "SE"


class Kind(StrEnum):
    """Why a program is judged: to be scored, to be tried on tests, or just to be run."""

    SUBMIT = "submit"
    RUN = "run"
    CUSTOM = "custom"


class Guard(StrEnum):
    """Which limit ended the program, if one did."""

    NONE = "none"
    CPU = "cpu"
    WALL = "wall"
    MEMORY = "memory"
    OUTPUT = "output"
    PROCESSES = "processes"
    DISK = "disk"


class CheckerKind(StrEnum):
    """How an answer is compared with the expected one."""

    EXACT = "exact"
    TOKENS = "tokens"
    FLOATS = "floats"
    UNORDERED = "unordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """A comparison; ``tolerance`` (absolute or relative) counts for ``FLOATS`` only."""

    kind: CheckerKind = CheckerKind.EXACT
    tolerance: float = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one test may use. Wall time is a backstop for programs that wait."""

    cpu_time: float = 2.0
    wall_time: float = 6.0
    memory: int = 256 << 20
    output: int = 1 << 20
    processes: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a function problem; ``type`` in the words of problem files, such as ``list[int]``."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The function that a function problem asks for."""

    function: str
    parameters: tuple[Parameter, ...]
    returns: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCase:
    """One input and what must come of it; no ``expected`` means that a clean exit is enough.

    For stdio problems both are raw text, for function problems a JSON object of the arguments by name and a JSON value.
    """

    input: str
    expected: str | None = None
    public: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One program to judge. ``signature`` is None for programs that read stdin and write stdout."""

    id: str
    kind: Kind
    language: str
    code: str
    tests: tuple[TestCase, ...]
    limits: Limits = field(default_factory=Limits)
    signature: Signature | None = None
    checker: Checker = field(default_factory=Checker)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOutcome:
    """What happened on one test, from kernel accounting and a comparison made outside the sandbox.

    ``actual`` and ``stderr`` are the program's bytes as text (undecodable ones escaped), cut to a size worth showing.
    """

    index: int
    verdict: Verdict
    cpu_time: float
    wall_time: float
    memory_peak: int
    public: bool
    guard: Guard = Guard.NONE
    actual: str | None = None
    stderr: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict with its evidence. ``total`` counts all tests of the job, ``outcomes`` only those that were run."""

    verdict: Verdict
    outcomes: tuple[TestOutcome, ...]
    total: int
    compiler_output: str | None = None
    guard: Guard = Guard.NONE
    detail: str | None = None

    @property
    def passed(self) -> int:
        """How many tests were accepted."""
        return sum(outcome.verdict is Verdict.ACCEPTED for outcome in self.outcomes)

    @property
    def cpu_time(self) -> float:
        """CPU time of all tests together."""
        return sum((outcome.cpu_time for outcome in self.outcomes), 0.0)

    @property
    def wall_time(self) -> float:
        """Wall time of all tests together."""
        return sum((outcome.wall_time for outcome in self.outcomes), 0.0)

    @property
    def memory_peak(self) -> int:
        """The largest peak of any test."""
        return max((outcome.memory_peak for outcome in self.outcomes), default=0)
