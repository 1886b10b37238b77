"""People who hand in programs and read what became of them, whatever happens, and remember all of it."""

import asyncio
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

import httpx

from tests.chaos.evidence import Order
from tests.chaos.programs import PROGRAMS, Program
from tests.e2e.client import Person, Platform
from tests.e2e.spans import Json

_LOT: Final = 25  # orders of one person; then comes somebody new
_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 2.0
_WATCHED: Final = 6  # submissions of one client that it waits for at once
_TWINS: Final = 0.15  # the share of keyed orders that are sent twice at the same time
UNAVAILABLE: Final = frozenset({429, 500, 502, 503, 504})


@dataclass(slots=True)
class Diary:
    """What one person did and saw."""

    person: Person
    orders: list[Order] = field(default_factory=list)
    verdicts: dict[str, set[str]] = field(default_factory=dict)

    def saw(self, submission: Json) -> bool:
        """Remember a reading; whether it was final."""
        if submission["status"] != "done":
            return False
        self.verdicts.setdefault(submission["id"], set()).add(submission["verdict"])
        return True


@dataclass(slots=True)
class Tally:
    """What all clients together counted."""

    diaries: list[Diary] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    slowest: str = ""

    def judged(self, submission: str, seconds: float) -> None:
        if seconds > self.longest:
            self.longest, self.slowest = seconds, submission


class Client:
    """Hands in one program after the other. When ``stop`` is set it only sees through what it began."""

    def __init__(self, platform: Platform, tally: Tally, dice: random.Random, stop: asyncio.Event) -> None:
        self._platform = platform
        self._tally = tally
        self._dice = dice
        self._stop = stop
        self._room = asyncio.Semaphore(_WATCHED)

    async def work(self) -> None:
        async with asyncio.TaskGroup() as watching:
            while not self._stop.is_set():
                person = await self._sign_up()
                if person:
                    await self._career(Diary(person), watching)

    async def _sign_up(self) -> Person | None:
        try:
            return await self._platform.sign_up(country=self._dice.choice([None, "GB", "US"]))
        except (httpx.TransportError, AssertionError, ValueError):
            await asyncio.sleep(_PAUSE)
            return None

    async def _career(self, diary: Diary, watching: asyncio.TaskGroup) -> None:
        self._tally.diaries.append(diary)
        for _ in range(_LOT):
            if self._stop.is_set():
                return
            await self._order(diary, watching)
            await asyncio.sleep(self._dice.uniform(0.0, 2 * _PAUSE))

    async def _order(self, diary: Diary, watching: asyncio.TaskGroup) -> None:
        program = self._dice.choices(PROGRAMS, [each.weight for each in PROGRAMS])[0]
        headers = {"Prefer": "respond-async"} if self._dice.random() < 0.5 else {}
        key = uuid.UUID(int=self._dice.getrandbits(128)).hex if self._dice.random() < 0.5 else ""
        place, began = len(diary.orders), time.monotonic()
        diary.orders.append(Order(problem=program.problem, verdict=program.verdict, key=key))
        if key:
            headers["Idempotency_Key"] = key
        copies = 2 if key and self._dice.random() < _TWINS else 1
        sent = [self._sent(diary, place, program, headers, repeat=bool(key)) for _ in range(copies)]
        for submission in await asyncio.gather(*sent):
            if submission and not diary.saw(submission):
                await self._room.acquire()
                watching.create_task(self._watch(diary, submission["id"], began))
            elif submission:
                self._tally.judged(submission["id"], time.monotonic() - began)

    async def _sent(
        self, diary: Diary, place: int, program: Program, headers: dict[str, str], *, repeat: bool
    ) -> Json | None:
        """The answer to one order; None when nobody knows what became of it. What has a key is sent until answered."""
        while True:
            answer = await self._once(diary, program, headers)
            if answer is not None and answer.status_code in (200, 202):
                return self._accepted(diary, place, answer.json())
            if answer is not None and answer.status_code not in UNAVAILABLE:
                refusal = f"{answer.status_code} {answer.text[:200]}"
                diary.orders[place] = replace(diary.orders[place], refusal=refusal)
                return None
            if not repeat:
                return None
            await asyncio.sleep(_PAUSE)

    async def _once(self, diary: Diary, program: Program, headers: dict[str, str]) -> httpx.Response | None:
        try:
            answer = await self._platform.submit(diary.person, program.code, problem=program.problem, **headers)
        except httpx.TransportError as error:
            self._tally.answers[type(error).__name__] += 1
            return None
        kind = " replay" if "idempotent-replay" in answer.headers else ""
        self._tally.answers[f"{answer.status_code}{kind}"] += 1
        if answer.status_code >= 500:
            self._tally.reasons[_reason(answer)] += 1
        return answer

    def _accepted(self, diary: Diary, place: int, submission: Json) -> Json:
        order = diary.orders[place]
        ids = tuple(dict.fromkeys((*order.ids, submission["id"])))
        diary.orders[place] = replace(order, ids=ids, trace_id=submission["trace_id"] or "")
        return submission

    async def _watch(self, diary: Diary, id: str, began: float) -> None:
        """Look again and again until it is judged, or the time for it is over."""
        pause = _PAUSE
        try:
            while not await self._is_judged(diary, id):
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 1.5)
            self._tally.judged(id, time.monotonic() - began)
        finally:
            self._room.release()

    async def _is_judged(self, diary: Diary, id: str) -> bool:
        try:
            answer = await self._platform.get(diary.person, f"/api/v1/user/submissions/{id}")
        except httpx.TransportError:
            return False
        return answer.status_code == 200 and diary.saw(answer.json())


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])[:80]
    except (ValueError, KeyError):
        return f"not problem+json: {answer.text[:40]}"
