"""What makes a suite another one."""

import pytest

from codex_problem.problems.files import read_problems
from codex_problem.problems.model import Problem
from codex_problem.problems.suite import suite_of


@pytest.fixture
def problem() -> Problem:
    return read_problems()[0]


def test_the_same_problem_has_the_same_revision(problem: Problem) -> None:
    assert suite_of(problem) == suite_of(Problem.model_validate(problem.model_dump()))


@pytest.mark.parametrize("field", ["public_tests", "hidden_tests"])
def test_another_test_is_another_revision(problem: Problem, field: str) -> None:
    changed = problem.model_copy(update={field: [*getattr(problem, field), problem.public_tests[0]]})

    assert suite_of(changed).revision != suite_of(problem).revision


def test_words_about_a_problem_do_not_touch_its_suite(problem: Problem) -> None:
    assert suite_of(problem.model_copy(update={"statement": "other words"})) == suite_of(problem)
