"""What a judge tells while it is judging."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from time import perf_counter

from codex_code_execution.judging.model import TestOutcome


class Stage(StrEnum):
    """Where judging has come to. The first three are of interest to users, the others mark phases for traces."""

    COMPILING = "compiling"
    RUNNING = "running"
    TEST = "test"
    SLOT_ACQUIRED = "slot.acquired"
    COMPILED = "compiled"
    TESTS_STARTED = "tests.started"
    TESTS_FINISHED = "tests.finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One step. ``at`` is its time by ``perf_counter``, in seconds; ``outcome`` comes with ``TEST``."""

    stage: Stage
    outcome: TestOutcome | None = None
    at: float = field(default_factory=perf_counter)


Listener = Callable[[Progress], None]
