"""What the platform says about a person in the end: list, profile and board, by its public interface."""

from typing import Any

import httpx

from tests.chaos.clients import Diary
from tests.chaos.evidence import Reading, Story
from tests.e2e.client import Person, Platform
from tests.e2e.spans import Json

_MINE = "/api/v1/user"


class Unreadable(Exception):
    """The platform did not answer."""


async def story_of(platform: Platform, diary: Diary) -> Story:
    """One author's story as it stands now.

    Raises:
        Unreadable: something of it could not be read.
    """
    person = diary.person
    listed = await submissions_of(platform, person)
    for submission in listed:
        diary.saw(submission)
    profile = await _read(platform, person, f"{_MINE}/profile")
    board = (await _read(platform, person, f"{_MINE}/leaderboard/global", limit=1))["me"]
    return Story(
        author=person.name,
        orders=tuple(diary.orders),
        verdicts={id: frozenset(seen) for id, seen in diary.verdicts.items()},
        listed=tuple(_reading(submission) for submission in listed),
        board=board["score"] if board else 0,
        solved=profile["solved"],
        counted=profile["submissions"],
    )


async def submissions_of(platform: Platform, person: Person) -> list[Json]:
    """A person's whole list; raises Unreadable."""
    found: list[Json] = []
    more: dict[str, Any] = {}
    while True:
        page = await _read(platform, person, f"{_MINE}/submissions", limit=100, **more)
        found.extend(page["items"])
        if not page["next_cursor"]:
            return found
        more = {"cursor": page["next_cursor"]}


async def _read(platform: Platform, person: Person, path: str, **params: Any) -> Json:
    try:
        answer = await platform.get(person, path, **params)
    except httpx.TransportError as error:
        raise Unreadable(f"{path}: {error!r}") from error
    if answer.status_code != 200:
        raise Unreadable(f"{path}: {answer.status_code}")
    body: Json = answer.json()
    return body


def _reading(submission: Json) -> Reading:
    return Reading(
        id=submission["id"],
        problem=submission["problem"],
        verdict=submission["verdict"],
        score=submission["score"],
        trace_id=submission["trace_id"] or "",
    )
