"""People who keep handing in programs whatever happens, as patient clients do, and remember what was promised."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import httpx

from tests.e2e.client import Person, Platform, eventually
from tests.e2e.programs import TWO_SUM, TWO_SUM_WRONG
from tests.e2e.spans import Json

_PEOPLE: Final = 3
_A_PERSONS_LOT: Final = 50  # more would be told to slow down
_PATIENCE: Final = 90  # seconds, for one request with all its repetitions
_PAUSE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A submission that the platform has accepted, and the verdict that it must get."""

    person: Person
    id: str
    verdict: str


@dataclass(slots=True)
class Load:
    """What was promised so far."""

    platform: Platform
    promises: list[Promise] = field(default_factory=list)

    async def work(self) -> None:
        """Hand in right and wrong programs in turn, one after the other."""
        while True:
            person = await self._sign_up()
            for number in range(_A_PERSONS_LOT):
                code, verdict = (TWO_SUM, "AC") if number % 2 else (TWO_SUM_WRONG, "WA")
                answer = await self._submit(person, code)
                self.promises.append(Promise(person=person, id=answer["id"], verdict=verdict))

    async def _sign_up(self) -> Person:
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    return await self.platform.sign_up()
                except (httpx.TransportError, AssertionError):
                    await asyncio.sleep(_PAUSE)
        raise AssertionError

    async def _submit(self, person: Person, code: str) -> Json:
        """The answer to one submission. What fails is asked again under the same key, which makes it the same one."""
        key = uuid.uuid4().hex
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    answer = await self.platform.submit(person, code, Idempotency_Key=key)
                except httpx.TransportError:
                    await asyncio.sleep(_PAUSE)
                    continue
                if answer.status_code < 500:
                    assert answer.status_code in (200, 202), answer.text
                    submission: Json = answer.json()
                    return submission
                await asyncio.sleep(_PAUSE)
        raise AssertionError

    async def grows_by(self, number: int, within: float) -> None:
        """Wait until so many more were accepted."""
        wanted = len(self.promises) + number

        async def enough() -> bool:
            return len(self.promises) >= wanted

        await eventually(enough, within=within, what=f"{number} more submissions were accepted")

    async def are_kept(self, within: float) -> None:
        """Wait until every promise is kept: one final verdict, and the right one."""
        deadline = asyncio.get_running_loop().time() + within
        for promise in self.promises:
            final = await self._final(promise, deadline)
            assert final["verdict"] == promise.verdict, final

    async def _final(self, promise: Promise, deadline: float) -> Json:
        for _ in count():
            answer = await self.platform.get(promise.person, f"/api/v1/user/submissions/{promise.id}")
            if answer.status_code == 200 and answer.json()["status"] == "done":
                submission: Json = answer.json()
                return submission
            assert asyncio.get_running_loop().time() < deadline, f"{promise.id}: {answer.status_code} {answer.text}"
            await asyncio.sleep(_PAUSE)
        raise AssertionError


@asynccontextmanager
async def load(platform: Platform) -> AsyncIterator[Load]:
    """Load for as long as the block runs; when it has ended everybody has an answer."""
    made = Load(platform)
    people = [asyncio.create_task(made.work()) for _ in range(_PEOPLE)]
    try:
        yield made
        for each in people:
            assert not each.done(), each.exception()
    finally:
        for each in people:
            each.cancel()
        await asyncio.gather(*people, return_exceptions=True)
