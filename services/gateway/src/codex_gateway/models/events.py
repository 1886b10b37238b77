"""What live events say. The last one, ``verdict``, says the whole submission."""

from typing import Literal

from codex_gateway.models.base import Answer, example
from codex_gateway.models.submissions import VerdictName


class State(Answer):
    """Where judging has come to."""

    model_config = example({"state": "running"})

    state: Literal["queued", "compiling", "running"]


class JudgedTest(Answer):
    """What happened on one test, as in ``tests.items`` of a submission and without its data: seconds, bytes."""

    model_config = example(
        {"index": 0, "verdict": "AC", "cpu_time": 0.011, "wall_time": 0.014, "memory_peak": 9437184, "public": True}
    )

    index: int
    verdict: VerdictName
    cpu_time: float
    wall_time: float
    memory_peak: int
    public: bool
