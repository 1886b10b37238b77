"""A problem that somebody has solved."""

import re
from dataclasses import dataclass
from uuid import UUID

from codex_service.errors import InvalidRequest

DIFFICULTIES = ("easy", "medium", "hard")
_SLUG = re.compile(r"[a-z0-9-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Achievement:
    """Who has solved what. One that makes no sense can't be made: InvalidRequest names the field."""

    user: UUID
    problem: str
    difficulty: str

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.problem):
            raise InvalidRequest("a problem is named by its slug", field="problem")
        if self.difficulty not in DIFFICULTIES:
            raise InvalidRequest("a difficulty is easy, medium or hard", field="difficulty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """What the boards show of somebody. ``country`` is an ISO 3166-1 alpha-2 code or empty."""

    username: str
    country: str
