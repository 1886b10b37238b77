"""Boards."""

from typing import Any

from codex_gateway.models.base import Answer, example

_ENTRY: dict[str, Any] = {"rank": 1, "username": "ada", "country": "GB", "score": 40, "solved": 3}


class Entry(Answer):
    """A row. ``country`` is null where none was given."""

    rank: int
    username: str
    country: str | None
    score: int
    solved: int


class Leaderboard(Answer):
    """``me``: the caller's row, also outside the limit; null without a score."""

    model_config = example({"items": [_ENTRY], "me": _ENTRY})

    items: list[Entry]
    me: Entry | None
