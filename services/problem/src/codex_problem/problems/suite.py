"""A problem's test suite, as the judge gets it: serialized once, known by its hash."""

from dataclasses import dataclass
from hashlib import sha256

from codex_problem.problems.model import Problem
from codex_protos.judging.v1 import judging_pb2 as judging


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A serialized ``codex.judging.v1.TestSuite``; ``revision`` is its hash."""

    revision: str
    content: bytes


def suite_of(problem: Problem) -> Suite:
    """All tests of a problem with everything that judging needs."""
    content = _message(problem).SerializeToString(deterministic=True)
    return Suite(revision=sha256(content).hexdigest()[:32], content=content)


def _message(problem: Problem) -> judging.TestSuite:
    public = [judging.TestCase(**test.model_dump(), public=True) for test in problem.public_tests]
    hidden = [judging.TestCase(**test.model_dump(), public=False) for test in problem.hidden_tests]
    return judging.TestSuite(
        tests=[*public, *hidden],
        limits=judging.Limits(**problem.limits.model_dump()),
        checker=judging.Checker(**problem.checker.model_dump()),
        signature=judging.Signature(**problem.signature.model_dump()) if problem.signature else None,
    )
