"""Every verdict that a program can earn. ``SE`` is missing: it is the platform's own fault, and nothing that anybody
may send from outside provokes it.
"""

import pytest

from tests.e2e import programs
from tests.e2e.client import Person, Platform
from tests.e2e.spans import Json

EVIDENCE = {"input", "expected", "actual", "stderr", "message"}


def assert_judged(submission: Json, verdict: str) -> None:
    """The verdict, with costs that can be true and nothing of hidden tests."""
    assert submission["verdict"] == verdict, submission
    assert (submission["kind"], submission["attempt"]) == ("submit", 1)
    assert submission["created_at"] <= submission["judged_at"]
    tests = submission["tests"]
    assert tests["passed"] <= len(tests["items"]) <= tests["total"]
    assert [item["index"] for item in tests["items"]] == list(range(len(tests["items"])))
    for item in tests["items"]:
        assert_plausible(item)
        assert item["public"] or not EVIDENCE & item.keys(), item


def assert_plausible(cost: Json) -> None:
    assert 0 < cost["cpu_time"] < 10
    assert 0 < cost["wall_time"] < 30
    assert 100_000 < cost["memory_peak"] < 1 << 30


async def test_a_right_function_is_accepted(platform: Platform, ada: Person) -> None:
    submission = await platform.judged(ada, programs.TWO_SUM)

    assert_judged(submission, "AC")
    assert submission["tests"]["passed"] == submission["tests"]["total"] == len(submission["tests"]["items"])
    assert any(item["public"] for item in submission["tests"]["items"])
    assert not all(item["public"] for item in submission["tests"]["items"])
    assert submission["cpu_time"] == pytest.approx(sum(item["cpu_time"] for item in submission["tests"]["items"]))
    assert submission["memory_peak"] == max(item["memory_peak"] for item in submission["tests"]["items"])


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("WA", programs.TWO_SUM_WRONG),
        ("TLE", programs.ENDLESS),
        ("MLE", programs.GREEDY),
        ("OLE", programs.CHATTY),
        ("RE", programs.FAILING),
    ],
)
async def test_a_function_that_fails_is_told_how_and_stops_at_the_first_failure(
    platform: Platform, ada: Person, verdict: str, code: str
) -> None:
    submission = await platform.judged(ada, code)

    assert_judged(submission, verdict)
    assert submission["tests"]["items"][-1]["verdict"] == verdict
    assert submission["tests"]["passed"] == len(submission["tests"]["items"]) - 1
    assert submission["score"] == 0


async def test_an_exception_is_shown_on_a_public_test(platform: Platform, ada: Person) -> None:
    item = (await platform.judged(ada, programs.FAILING))["tests"]["items"][-1]

    assert "IndexError" in item["message"]
    assert "IndexError" in item["stderr"]


async def test_a_wrong_answer_is_shown_beside_the_expected_one(platform: Platform, ada: Person) -> None:
    item = (await platform.judged(ada, programs.TWO_SUM_WRONG))["tests"]["items"][-1]

    assert (item["actual"], item["expected"]) == ("[0, 0]", "[0,1]")
    assert "target" in item["input"]


@pytest.mark.parametrize("code", [programs.BROKEN, "def two_sum(:\n", "\treturn\n", "x = '\n"])
async def test_python_with_a_syntax_error_does_not_compile(platform: Platform, ada: Person, code: str) -> None:
    submission = await platform.judged(ada, code)

    assert_judged(submission, "CE")
    assert "Error" in submission["compiler_output"]
    assert submission["tests"]["items"] == []


@pytest.mark.parametrize(
    ("problem", "code", "verdict"),
    [
        ("echo", programs.ECHO, "AC"),
        ("echo", programs.SHOUT, "WA"),
        ("echo", "raise SystemExit(3)\n", "RE"),
        ("echo", "while True: print('x' * 65536)\n", "OLE"),
        ("echo", "print(input(\n", "CE"),
        ("a-plus-b", programs.ADD, "AC"),
        ("a-plus-b", "print(1)\n", "WA"),
    ],
)
async def test_a_python_program_that_reads_and_writes_is_judged(
    platform: Platform, ada: Person, problem: str, code: str, verdict: str
) -> None:
    assert_judged(await platform.judged(ada, code, problem=problem), verdict)


@pytest.mark.usefixtures("cpp")
@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (programs.A_PLUS_B_CPP, "AC"),
        (programs.WRONG_CPP, "WA"),
        (programs.ABORTING_CPP, "RE"),
        (programs.BROKEN_CPP, "CE"),
        ("int main() { for (volatile int i = 0;; i = i + 1) {} }\n", "TLE"),
    ],
)
async def test_a_cpp_program_is_judged(platform: Platform, ada: Person, code: str, verdict: str) -> None:
    submission = await platform.judged(ada, code, problem="a-plus-b", language="cpp")

    assert_judged(submission, verdict)
    assert (submission["compiler_output"] is not None) == (verdict == "CE")


@pytest.mark.usefixtures("cpp")
async def test_the_signal_that_ended_a_program_is_named(platform: Platform, ada: Person) -> None:
    submission = await platform.judged(ada, programs.ABORTING_CPP, problem="a-plus-b", language="cpp")

    assert "SIGABRT" in submission["tests"]["items"][-1]["message"]


@pytest.mark.usefixtures("cpp")
async def test_a_compiler_says_where_the_error_is(platform: Platform, ada: Person) -> None:
    submission = await platform.judged(ada, programs.BROKEN_CPP, problem="a-plus-b", language="cpp")

    assert "undeclared" in submission["compiler_output"]
