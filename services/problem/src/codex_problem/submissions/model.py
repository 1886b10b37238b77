"""Submissions and what was found out about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """How a program did. ``SE`` is the platform's own fault."""

    ACCEPTED = "AC"
    WRONG_ANSWER = "WA"
    TIME_LIMIT = "TLE"
    MEMORY_LIMIT = "MLE"
    OUTPUT_LIMIT = "OLE"
    RUNTIME_ERROR = "RE"
    COMPILE_ERROR = "CE"
    SYSTEM_ERROR = "SE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its evidence: a serialized ``codex.judging.v1.Judgement``, kept as the judge gave it."""

    verdict: Verdict
    judged_at: datetime
    evidence: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Somebody's answer to a problem. It is pending until it has a judgement, and then never changes again.

    ``score`` is what it gained, None until that was credited. ``trace_context`` leads back to the request that made it.
    """

    id: str
    author: str
    problem: str
    language: str
    code: str
    created_at: datetime
    trace_id: str = ""
    trace_context: Mapping[str, str] = field(default_factory=dict)
    judgement: Judgement | None = None
    score: int | None = None
