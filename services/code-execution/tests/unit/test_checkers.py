"""What counts as the same answer."""

import time

import pytest

from codex_code_execution.judging.checkers import same_text, same_value
from codex_code_execution.judging.model import Checker, CheckerKind

EXACT, TOKENS, FLOATS, UNORDERED = (Checker(kind=kind) for kind in CheckerKind)


@pytest.mark.parametrize(
    ("answer", "expected", "checker", "same"),
    [
        (b"1 2\n", b"1 2", EXACT, True),
        (b"1 2  \r\n\n\n", b"1 2", EXACT, True),
        (b"1  2", b"1 2", EXACT, False),
        (b" 1 2", b"1 2", EXACT, False),
        (b"1\n\n2", b"1\n2", EXACT, False),
        (b"", b"", EXACT, True),
        (b"a\0b", b"a", EXACT, False),
        (b"\xff\xfe", b"\xff\xfe", EXACT, True),
        (b"1\n\n 2", b"1 2", TOKENS, True),
        (b"12", b"1 2", TOKENS, False),
        (b"0.3333333", b"0.33333333", FLOATS, True),
        (b"1e6", b"1000000.5", FLOATS, True),
        (b"0.33", b"0.34", FLOATS, False),
        (b"yes 1.0", b"yes 1", FLOATS, True),
        (b"no 1.0", b"yes 1", FLOATS, False),
        (b"nan", b"1", FLOATS, False),
        (b"inf", b"1", FLOATS, False),
        (b"1e400", b"1", FLOATS, False),
        (b"1_0", b"10", FLOATS, False),
        (b"1 1", b"1", FLOATS, False),
        (b"b\na\n", b"a\nb", UNORDERED, True),
        (b"a\na\nb", b"a\nb\nb", UNORDERED, False),
    ],
)
def test_texts_are_compared_as_the_checker_says(answer: bytes, expected: bytes, checker: Checker, same: bool) -> None:  # noqa: FBT001 - a column of the table
    assert same_text(answer, expected, checker) is same


@pytest.mark.parametrize(
    ("answer", "expected", "checker", "same"),
    [
        (b"3", "3", EXACT, True),
        (b"3.0", "3", EXACT, True),
        (b"-0.0", "0", EXACT, True),
        (b"true", "1", EXACT, False),
        (b"1", "true", EXACT, False),
        (b"[true]", "[true]", EXACT, True),
        (b"null", "false", EXACT, False),
        (b'"3"', "3", EXACT, False),
        (b"[1, [2, 3]]", "[1,[2,3]]", EXACT, True),
        (b"[1, 2]", "[2, 1]", EXACT, False),
        (b"[1]", "1", EXACT, False),
        (b'{"a": 1, "b": 2}', '{"b": 2, "a": 1}', EXACT, True),
        (b'{"a": 1}', '{"a": 1, "b": 2}', EXACT, False),
        (b"9007199254740993", "9007199254740992", EXACT, False),
        (b"0.30000000000000004", "0.3", EXACT, False),
        (b"0.30000000000000004", "0.3", FLOATS, True),
        (b"[1.0000001, [2]]", "[1, [2.0]]", FLOATS, True),
        (b"[1.1]", "[1]", FLOATS, False),
        (b"true", "1", FLOATS, False),
        (b"[2, 1, 1]", "[1, 2, 1.0]", UNORDERED, True),
        (b"[2, 2, 1]", "[1, 2, 1]", UNORDERED, False),
        (b'[["b"], ["a", "c"]]', '[["a", "c"], ["b"]]', UNORDERED, True),
        (b'[["c", "a"]]', '[["a", "c"]]', UNORDERED, False),
        (b"[true]", "[1]", UNORDERED, False),
    ],
)
def test_values_are_compared_as_the_checker_says(answer: bytes, expected: str, checker: Checker, same: bool) -> None:  # noqa: FBT001 - a column of the table
    assert same_value(answer, expected, checker) is same


@pytest.mark.parametrize("checker", [EXACT, TOKENS, FLOATS, UNORDERED], ids=lambda checker: checker.kind)
@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"NaN",
        b"Infinity",
        b"1e400",
        b"[" * 200_000,
        b"[" * 50_000 + b"]" * 50_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"9" * 1_000_000,
        b"[" + b",".join(b"%d" % (number * ((1 << 61) - 1)) for number in range(30_000)) + b"]",
        b"\xff\xfe\x00",
        b'"\\ud800"',
        b"{1: 2}",
    ],
    ids=range(12),
)
def test_hostile_answers_are_soon_found_wrong(hostile: bytes, checker: Checker) -> None:
    started = time.process_time()

    assert not same_value(hostile, "[1, 2]", checker)
    assert not same_value(hostile, "3", checker)
    assert not same_text(hostile, b"[1, 2]", checker)
    assert time.process_time() - started < 1
