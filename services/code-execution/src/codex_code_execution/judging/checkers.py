"""Comparing answers with expected ones.

Answers come from hostile programs: whatever they hold, a comparison ends soon, without an exception, with yes or no.
"""

import json
import math
from collections import Counter
from typing import Any, NoReturn

from codex_code_execution.judging.model import Checker, CheckerKind

UNREADABLE = (ValueError, RecursionError, OverflowError)
BLANKS = b" \t\r\x0b\x0c"


def same_text(answer: bytes, expected: bytes, checker: Checker) -> bool:
    """Whether a program's output is right. White space at the end of lines and of the text never counts."""
    match checker.kind:
        case CheckerKind.EXACT:
            return _lines(answer) == _lines(expected)
        case CheckerKind.TOKENS:
            return answer.split() == expected.split()
        case CheckerKind.UNORDERED:
            return Counter(_lines(answer)) == Counter(_lines(expected))
        case CheckerKind.FLOATS:
            return _close_tokens(answer.split(), expected.split(), checker.tolerance)


def same_value(answer: bytes, expected: str, checker: Checker) -> bool:
    """Whether a function's result, both as JSON, is right. Text that isn't JSON, NaN and infinity are never right."""
    try:
        return _same(_parse(answer), _parse(expected), checker)
    except UNREADABLE:
        return False


def _lines(text: bytes) -> list[bytes]:
    return [line.rstrip(BLANKS) for line in text.rstrip(BLANKS + b"\n").split(b"\n")]


def _close_tokens(answer: list[bytes], expected: list[bytes], tolerance: float) -> bool:
    return len(answer) == len(expected) and all(
        mine == right or _close_numbers(_number(mine), _number(right), tolerance)
        for mine, right in zip(answer, expected, strict=True)
    )


def _number(token: bytes) -> float:
    try:
        return math.nan if b"_" in token else float(token)
    except ValueError:
        return math.nan


def _close_numbers(mine: float, right: float, tolerance: float) -> bool:
    return math.isfinite(right) and abs(mine - right) <= tolerance * max(1.0, abs(right))


def _parse(text: bytes | str) -> Any:
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _same(mine: Any, right: Any, checker: Checker) -> bool:
    match checker.kind:
        case CheckerKind.FLOATS:
            return _equal(mine, right, checker.tolerance)
        case CheckerKind.UNORDERED if isinstance(mine, list) and isinstance(right, list):
            return Counter(map(_canonical, mine)) == Counter(map(_canonical, right))
        case _:
            return _equal(mine, right, None)


def _canonical(value: Any) -> str:
    """The same text for equal values. Text, because its hashes can't be foreseen, and so not be made to collide."""
    return json.dumps(_whole(value), sort_keys=True)


def _whole(value: Any) -> Any:
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _equal(mine: Any, right: Any, tolerance: float | None) -> bool:
    """Equality of JSON values: 1 is 1.0, but true isn't 1. A tolerance is for floats, on either side."""
    if isinstance(mine, list) and isinstance(right, list):
        return len(mine) == len(right) and all(_equal(a, b, tolerance) for a, b in zip(mine, right, strict=True))
    if isinstance(mine, dict) and isinstance(right, dict):
        return mine.keys() == right.keys() and all(_equal(mine[key], right[key], tolerance) for key in right)
    if isinstance(mine, bool) or isinstance(right, bool):
        return mine is right
    if tolerance is not None and isinstance(mine, int | float) and isinstance(right, int | float):
        return _close_numbers(float(mine), float(right), tolerance)
    return bool(mine == right)
