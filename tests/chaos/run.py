"""One run: clients, faults, and then nothing but patience until every promise is kept."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.chaos.clients import Client, Diary, Tally
from tests.chaos.evidence import Violation
from tests.chaos.faults import Fault
from tests.chaos.inject import Injector
from tests.chaos.invariants import violations
from tests.chaos.mischief import mischief
from tests.chaos.reading import Unreadable, story_of
from tests.chaos.stack import Stack
from tests.e2e.client import Platform

WITHIN: Final = 60.0  # seconds from the last fault until everything is final
_AT_ONCE: Final = 4
_PAUSE: Final = 0.5
_LATE: Final = 300  # records that are repeated when all is final
_UNREAD: Final = Violation(rule="unread", author="", what=f"repeated records were not read within {WITHIN:.0f} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run. Times in seconds; ``final`` and ``settled`` are counted from the last kill."""

    tally: Tally
    injector: Injector
    final: float
    settled: float
    repeated: int
    violations: tuple[Violation, ...]

    @property
    def orders(self) -> int:
        return sum(len(diary.orders) for diary in self.tally.diaries)

    @property
    def accepted(self) -> int:
        return sum(bool(order.ids) for diary in self.tally.diaries for order in diary.orders)


async def torment(
    stack: Stack, plan: Sequence[Fault], *, clients: int, seed: int, note: Callable[[str], None], late: int = _LATE
) -> Outcome:
    """Do the plan to a stack under load, wait until all is final, repeat ``late`` old records, and look again."""
    tally, stop = Tally(), asyncio.Event()
    platform = Platform(stack.gateway, stack.traces)
    people = [Client(platform, tally, random.Random(f"{seed}-{number}"), stop) for number in range(clients)]
    async with mischief(stack.kafka, seed) as maker:
        injector = Injector(stack, maker, note)
        working = [asyncio.create_task(each.work(), name="client") for each in people]
        try:
            await injector.carry_out(plan)
            stop.set()
            court = _Court(platform, tally.diaries, since=time.monotonic())
            await asyncio.wait(working, timeout=WITHIN)
            found = await court.settle()
            if not found:
                await maker.repeat(late)
                unread = [] if await maker.until_read(WITHIN) else [_UNREAD]
                again = _Court(platform, tally.diaries, since=time.monotonic())
                found = (*unread, *await again.settle())
        finally:
            await _ended(working)
            await platform.close()
    return Outcome(
        tally=tally,
        injector=injector,
        final=court.final - injector.last_kill,
        settled=court.settled - injector.last_kill,
        repeated=maker.repeated,
        violations=(*found, *_broken(working)),
    )


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _broken(tasks: list[asyncio.Task[None]]) -> list[Violation]:
    """Clients that ended by an error of their own have seen something that nobody may see."""
    errors = [task.exception() for task in tasks if not task.cancelled()]
    return [Violation(rule="client", author="", what=repr(error)) for error in errors if error]


class _Court:
    """Looks at every author until nothing is wrong, or the time is up."""

    def __init__(self, platform: Platform, diaries: list[Diary], *, since: float) -> None:
        self._platform = platform
        self._open = {diary.person.name: diary for diary in diaries}
        self._found: dict[str, tuple[Violation, ...]] = {}
        self._end = since + WITHIN
        self._room = asyncio.Semaphore(_AT_ONCE)
        self.final = self.settled = since

    async def settle(self) -> tuple[Violation, ...]:
        """What is still wrong in the end; nothing, as soon as nothing is."""
        while True:
            await self._look()
            now = time.monotonic()
            if any(each.rule in ("pending", "unreadable") for found in self._found.values() for each in found):
                self.final = now
            if not self._open or now > self._end:
                self.settled = now
                return tuple(each for found in self._found.values() for each in found)
            await asyncio.sleep(_PAUSE)

    async def _look(self) -> None:
        await asyncio.gather(*(self._judge(diary) for diary in list(self._open.values())))

    async def _judge(self, diary: Diary) -> None:
        name = diary.person.name
        async with self._room:
            try:
                found = violations(await story_of(self._platform, diary))
            except Unreadable as error:
                found = (Violation(rule="unreadable", author=name, what=str(error)),)
        self._found[name] = found
        if not found:
            del self._open[name]
