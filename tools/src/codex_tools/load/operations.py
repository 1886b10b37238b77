"""What people do, each operation from its first request to what they wanted to see."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from codex_tools.load.api import PUBLIC, USER, Api
from codex_tools.load.people import Person
from codex_tools.load.programs import Program, Shelf

_COMMENT = {"python": "#", "cpp": "//"}


class WrongVerdict(Exception):
    """A program was judged, but not as it deserves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The stack as found at the start. With ``distinct`` no program is ever sent twice."""

    api: Api
    slugs: Sequence[str]
    shelf: Shelf
    distinct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One person who does one thing. ``draw`` in [0, 1) chooses the problem or program."""

    place: Place
    person: Person
    draw: float

    async def get(self, path: str) -> None:
        await self.place.api.get(path, self.person.token)

    async def hand_in(self, route: str, prefer: str = "") -> tuple[Program, dict[str, Any]]:
        """A program and the submission that it became, pending or done."""
        program = self.place.shelf.choose(self.draw)
        code = program.code
        if self.place.distinct:
            code = f"{code}{_COMMENT[program.language]} {self.draw!r}\n"
        body = {"problem": program.problem, "language": program.language, "code": code}
        return program, await self.place.api.post(f"{USER}/{route}", body, self.person.token, prefer)


Act = Callable[[Visit], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``GROUP.name``, its part of the usual mix, and what is done; that may raise Refused, Fault, WrongVerdict."""

    name: str
    weight: float
    act: Act


async def _problems(visit: Visit) -> None:
    await visit.get(f"{PUBLIC}/problems?limit=20")


async def _problem(visit: Visit) -> None:
    slugs = visit.place.slugs
    await visit.get(f"{PUBLIC}/problems/{slugs[int(visit.draw * len(slugs))]}")


async def _run(visit: Visit) -> None:
    program, submission = await visit.hand_in("run")
    _expect(program, await visit.place.api.poll(submission, visit.person.token))


async def _submit_and_wait(visit: Visit) -> None:
    program, submission = await visit.hand_in("submit")
    _expect(program, await visit.place.api.poll(submission, visit.person.token))


async def _submit_and_poll(visit: Visit) -> None:
    program, submission = await visit.hand_in("submit", "respond-async")
    _expect(program, await visit.place.api.poll(submission, visit.person.token))


async def _submit_and_watch(visit: Visit) -> None:
    program, submission = await visit.hand_in("submit", "respond-async")
    _expect(program, await visit.place.api.watch(submission["id"], visit.person.token))


async def _board(visit: Visit) -> None:
    await visit.get(f"{USER}/leaderboard/global?limit=20")


async def _country(visit: Visit) -> None:
    await visit.get(f"{USER}/leaderboard/country?country={visit.person.country}&limit=20")


async def _submissions(visit: Visit) -> None:
    await visit.get(f"{USER}/submissions?limit=20")


async def _profile(visit: Visit) -> None:
    await visit.get(f"{USER}/profile")


EVENTS = "submit.events"
OPERATIONS = (
    Operation(name="browse.problems", weight=20, act=_problems),
    Operation(name="browse.problem", weight=30, act=_problem),
    Operation(name="run.public", weight=15, act=_run),
    Operation(name="submit.wait", weight=8, act=_submit_and_wait),
    Operation(name="submit.poll", weight=3, act=_submit_and_poll),
    Operation(name=EVENTS, weight=4, act=_submit_and_watch),
    Operation(name="watch.board", weight=8, act=_board),
    Operation(name="watch.country", weight=2, act=_country),
    Operation(name="watch.submissions", weight=6, act=_submissions),
    Operation(name="watch.profile", weight=4, act=_profile),
)


def _expect(program: Program, submission: dict[str, Any]) -> None:
    if submission["verdict"] != program.verdict:
        raise WrongVerdict(
            f"{submission['verdict']} instead of {program.verdict}: "
            f"{program.problem} in {program.language}, trace {submission.get('trace_id')}"
        )
