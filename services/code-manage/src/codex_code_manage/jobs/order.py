"""What somebody wants to have judged."""

from dataclasses import dataclass, field

from codex_protos.judging.v1 import judging_pb2 as judging


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A program with its purpose. ``problem`` is empty for custom jobs, ``tests`` for submissions."""

    kind: judging.Kind.ValueType
    author: str
    language: str
    code: str
    problem: str = ""
    tests: tuple[judging.TestCase, ...] = field(default=())
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The submission that stands for an order: judged, or pending when the wait ran out."""

    submission: judging.Submission
    replayed: bool = False
