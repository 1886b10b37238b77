"""Every problem file is well formed, and its tests tell right programs from wrong and from slow ones."""

import ast
import json
import math
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

HERE = Path(__file__).parent
PROBLEMS = HERE.parents[1] / "src" / "codex_problem" / "data" / "problems"
SOLUTIONS = HERE / "solutions"
SLUGS = sorted(path.stem for path in PROBLEMS.iterdir())

Integer = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(strict=True)]
Truth = Annotated[bool, Field(strict=True)]
VALUES: dict[str, Any] = {
    "int": Integer,
    "float": Number,
    "str": Text,
    "bool": Truth,
    "tree": list[Integer | None],
    "list[int]": list[Integer],
    "list[float]": list[Number],
    "list[str]": list[Text],
    "list[list[int]]": list[list[Integer]],
    "list[list[str]]": list[list[Text]],
}


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(Model):
    input: str
    output: str
    explanation: str = ""


class Parameter(Model):
    name: str = Field(pattern=r"^[a-z][a-z_]*$")
    type: str


class Signature(Model):
    function: str = Field(pattern=r"^[a-z][a-z_]*$")
    parameters: list[Parameter] = Field(min_length=1)
    returns: str


class Checker(Model):
    kind: Literal["exact", "tokens", "floats", "unordered"] = "exact"
    tolerance: float = Field(default=1e-6, gt=0)


class Limits(Model):
    cpu_time: float = Field(default=2.0, gt=0)
    wall_time: float = Field(default=6.0, gt=0)
    memory: int = Field(default=256 << 20, gt=0)
    output: int = Field(default=1 << 20, gt=0)
    processes: int = Field(default=16, gt=0)


class Case(Model):
    input: str | dict[str, Any]
    expected: Any


class Problem(Model):
    slug: str
    title: str = Field(min_length=1)
    difficulty: Literal["easy", "medium", "hard"]
    tags: list[Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]] = Field(min_length=1)
    kind: Literal["function", "stdio"]
    statement: str = Field(min_length=100)
    constraints: list[str] = Field(min_length=1)
    examples: list[Example] = Field(min_length=1)
    signature: Signature | None = None
    checker: Checker = Checker()
    limits: Limits = Limits()
    starter_code: dict[str, str]
    public_tests: list[Case] = Field(min_length=1, max_length=3)
    hidden_tests: list[Case] = Field(max_length=15)

    @property
    def tests(self) -> list[Case]:
        return self.public_tests + self.hidden_tests


class Outcome(Enum):
    ACCEPTED = "accepted"
    WRONG = "wrong"
    CRASHED = "crashed"
    SLOW = "slow"


@cache
def load(slug: str) -> Problem:
    return Problem.model_validate(yaml.safe_load((PROBLEMS / f"{slug}.yaml").read_text()))


def of_kind(kind: str) -> list[str]:
    return [slug for slug in SLUGS if f"\nkind: {kind}\n" in (PROBLEMS / f"{slug}.yaml").read_text()]


def solutions(pattern: str) -> list[str]:
    return sorted(str(path.relative_to(SOLUTIONS)) for path in SOLUTIONS.glob(f"*/{pattern}"))


def command(problem: Problem, program: Path) -> list[str]:
    if program.suffix != ".py":
        return [str(program)]
    python = [sys.executable, "-I", "-S"]
    if problem.signature is None:
        return [*python, str(program)]
    return [*python, str(HERE / "call_function.py"), str(program), problem.signature.model_dump_json()]


def limited(argv: list[str], limits: Limits) -> list[str]:
    shell = f'ulimit -t {math.ceil(limits.cpu_time)} && ulimit -v {limits.memory >> 10} && exec "$@"'
    return ["/bin/sh", "-c", shell, "sh", *argv]


def agree(checker: Checker, expected: Any, actual: Any) -> bool:
    if type(expected) is not type(actual):
        return False
    match checker.kind:
        case "tokens":
            return bool(expected.split() == actual.split())
        case "unordered":
            return sorted(map(json.dumps, expected)) == sorted(map(json.dumps, actual))
        case "floats":
            near = (
                math.isclose(a, b, rel_tol=checker.tolerance, abs_tol=checker.tolerance)
                for a, b in zip(expected, actual, strict=False)
            )
            return len(expected) == len(actual) and all(near)
        case "exact":
            return json.dumps(expected) == json.dumps(actual)


def run(problem: Problem, program: Path, case: Case) -> Outcome:
    stdin = case.input if isinstance(case.input, str) else json.dumps(case.input)
    argv = limited(command(problem, program), problem.limits)
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode in (-signal.SIGKILL, -signal.SIGXCPU):
        return Outcome.SLOW
    if done.returncode != 0:
        return Outcome.CRASHED
    actual = json.loads(done.stdout) if problem.signature else done.stdout
    return Outcome.ACCEPTED if agree(problem.checker, case.expected, actual) else Outcome.WRONG


def judge(problem: Problem, program: Path, cases: Iterable[Case]) -> Outcome:
    """The first outcome that is not `ACCEPTED`, if there is one."""
    outcomes = (run(problem, program, case) for case in cases)
    return next((outcome for outcome in outcomes if outcome is not Outcome.ACCEPTED), Outcome.ACCEPTED)


def compile_cpp(source: Path, binary: Path) -> Path:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no C++ compiler here")
    subprocess.run([compiler, "-std=c++17", "-O1", "-o", str(binary), str(source)], check=True, timeout=60)
    return binary


def shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} = {json.dumps(argument)}" for name, argument in value.items())
    return json.dumps(value)


def test_the_catalogue_has_problems_of_every_difficulty_and_both_kinds() -> None:
    difficulties = Counter(load(slug).difficulty for slug in SLUGS)
    kinds = Counter(load(slug).kind for slug in SLUGS)
    assert difficulties["easy"] >= 8
    assert difficulties["medium"] >= 7
    assert difficulties["hard"] >= 3
    assert kinds["function"] > kinds["stdio"] >= 5


@pytest.mark.parametrize("slug", SLUGS)
def test_a_problem_is_named_like_its_file_and_small(slug: str) -> None:
    assert load(slug).slug == slug
    assert (PROBLEMS / f"{slug}.yaml").stat().st_size < 60_000


@pytest.mark.parametrize("slug", SLUGS)
def test_no_two_tests_of_a_problem_have_the_same_input(slug: str) -> None:
    inputs = Counter(json.dumps(case.input) for case in load(slug).tests)
    assert max(inputs.values()) == 1


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug != "echo"])
def test_a_problem_has_a_few_public_and_enough_hidden_tests(slug: str) -> None:
    assert len(load(slug).public_tests) >= 2
    assert len(load(slug).hidden_tests) >= 5


def test_echo_has_exactly_one_test_which_is_public() -> None:
    assert len(load("echo").public_tests) == 1
    assert load("echo").hidden_tests == []


@pytest.mark.parametrize("slug", SLUGS)
def test_the_examples_are_public_tests(slug: str) -> None:
    problem = load(slug)
    show = shown if problem.signature else str
    public = [(show(case.input), show(case.expected)) for case in problem.public_tests]
    assert [example for example in problem.examples if (example.input, example.output) not in public] == []


@pytest.mark.parametrize("slug", of_kind("stdio"))
def test_a_stdio_problem_has_text_that_ends_with_a_line_end(slug: str) -> None:
    problem = load(slug)
    assert problem.signature is None
    texts = [text for case in problem.tests for text in (case.input, case.expected)]
    assert [text for text in texts if not isinstance(text, str) or not text.endswith("\n")] == []


@pytest.mark.parametrize("slug", of_kind("function"))
def test_a_function_problem_has_values_of_the_declared_types(slug: str) -> None:
    signature = load(slug).signature
    assert signature
    types = {parameter.name: parameter.type for parameter in signature.parameters}
    for case in load(slug).tests:
        assert isinstance(case.input, dict)
        assert list(case.input) == list(types)
        for name, value in case.input.items():
            TypeAdapter(VALUES[types[name]]).validate_python(value)
        TypeAdapter(VALUES[signature.returns]).validate_python(case.expected)


@pytest.mark.parametrize("slug", of_kind("function"))
def test_the_statement_of_a_function_problem_mentions_each_parameter(slug: str) -> None:
    problem = load(slug)
    assert problem.signature
    names = [parameter.name for parameter in problem.signature.parameters]
    assert [name for name in names if f"`{name}`" not in problem.statement] == []


@pytest.mark.parametrize("slug", of_kind("function"))
def test_the_python_starter_code_defines_the_function_asked_for(slug: str) -> None:
    problem = load(slug)
    assert problem.signature
    functions = [node for node in ast.parse(problem.starter_code["python"]).body if isinstance(node, ast.FunctionDef)]
    defined = [(node.name, [argument.arg for argument in node.args.args]) for node in functions]
    asked = problem.signature.function, [parameter.name for parameter in problem.signature.parameters]
    assert defined == [asked]


@pytest.mark.parametrize("slug", SLUGS)
def test_the_python_starter_code_runs_and_solves_nothing(slug: str, tmp_path: Path) -> None:
    problem = load(slug)
    program = tmp_path / "starter.py"
    program.write_text(problem.starter_code["python"])
    assert {run(problem, program, case) for case in problem.public_tests} == {Outcome.WRONG}


@pytest.mark.parametrize("slug", of_kind("stdio"))
def test_the_cpp_starter_code_compiles_and_solves_nothing(slug: str, tmp_path: Path) -> None:
    problem = load(slug)
    source = tmp_path / "starter.cpp"
    source.write_text(problem.starter_code["cpp"])
    program = compile_cpp(source, tmp_path / "starter")
    assert {run(problem, program, case) for case in problem.public_tests} == {Outcome.WRONG}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_right_python_program_passes_every_test(slug: str) -> None:
    problem = load(slug)
    assert judge(problem, SOLUTIONS / slug / "accepted.py", problem.tests) is Outcome.ACCEPTED


@pytest.mark.parametrize("slug", of_kind("stdio"))
def test_the_right_cpp_program_passes_every_test(slug: str, tmp_path: Path) -> None:
    problem = load(slug)
    program = compile_cpp(SOLUTIONS / slug / "accepted.cpp", tmp_path / "accepted")
    assert judge(problem, program, problem.tests) is Outcome.ACCEPTED


@pytest.mark.parametrize("slug", SLUGS)
def test_a_problem_has_wrong_or_slow_programs_to_catch(slug: str) -> None:
    caught = [*(SOLUTIONS / slug).glob("wrong_*.py"), *(SOLUTIONS / slug).glob("slow_*.py")]
    assert len(caught) >= (1 if slug == "echo" else 2)


@pytest.mark.parametrize("solution", solutions("wrong_*.py"))
def test_a_wrong_program_fails_a_test(solution: str) -> None:
    program = SOLUTIONS / solution
    problem = load(program.parent.name)
    assert judge(problem, program, problem.tests) in (Outcome.WRONG, Outcome.CRASHED)


@pytest.mark.parametrize("solution", solutions("slow_*.py"))
def test_a_slow_program_runs_into_the_cpu_limit(solution: str) -> None:
    program = SOLUTIONS / solution
    problem = load(program.parent.name)
    assert judge(problem, program, problem.tests) is Outcome.SLOW


@pytest.mark.parametrize("case", load("two-sum").tests, ids=lambda case: f"{len(case.input['nums'])} numbers")
def test_two_sum_has_exactly_one_answer(case: Case) -> None:
    assert isinstance(case.input, dict)
    nums, target = case.input["nums"], case.input["target"]
    counts: Counter[int] = Counter(nums)
    assert sum(counts[target - num] - (2 * num == target) for num in nums) == 2
