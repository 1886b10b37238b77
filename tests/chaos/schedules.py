"""The model's game on the real stack: a seed chooses what happens next, and this module makes it happen.

It takes the worker's place. Jobs come to it, and it judges them when and as often as the seed says, each time perhaps
differently; it sends old jobs and results again, in another order; and it kills services between any two events.
"""

import asyncio
import random
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, Final

import httpx

from codex_protos.execution.v1 import events_pb2 as events
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_testing.judging import judgement
from codex_testing.worker import Worker, keep
from tests.chaos.clients import UNAVAILABLE, Diary
from tests.chaos.evidence import Order
from tests.chaos.reading import Unreadable, submissions_of
from tests.chaos.stack import Stack
from tests.e2e.client import Platform
from tests.e2e.programs import TWO_SUM
from tests.e2e.spans import Json

KEYS: Final = ("one", "one", "two", "")
"""The requests of one author for one problem: the same key is the same request again; without one it is sent once."""
STEPS: Final = 16
VICTIMS: Final = ("code-manage-service", "problem-service", "auth-user-service", "gateway-service")
VERDICTS: Final = (judging.VERDICT_AC, judging.VERDICT_TLE)
_PAUSE: Final = 0.1


class Play:
    """One author's requests, and what is done to the records that come of them."""

    def __init__(self, platform: Platform, diary: Diary, *, author: str, worker: Worker, seed: str) -> None:
        self.diary = diary
        self._author = author
        self.given: defaultdict[str, set[str]] = defaultdict(set)
        self._platform, self._worker, self._dice = platform, worker, random.Random(seed)
        self._waiting = list(range(len(KEYS)))
        self._results: list[tuple[events.ExecutionRequested, judging.Judgement]] = []
        self._sending: list[asyncio.Task[None]] = []
        diary.orders += [Order(problem="two-sum", verdict="", key=f"{seed}-{key}" if key else "") for key in KEYS]

    async def act(self, steps: int) -> None:
        """Take so many steps, one after the other."""
        ways: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = (
            self._request,
            self._judge,
            self._judge,
            self._judge_again,
            self._repeat_job,
            self._repeat_result,
            self._read,
        )
        for _ in range(steps):
            await self._dice.choice(ways)()
            await asyncio.sleep(self._dice.uniform(0.0, _PAUSE))

    async def finish(self) -> None:
        """Send what was not sent yet, and return when everybody has an answer who is to get one."""
        while self._waiting:
            await self._request()
        await asyncio.gather(*self._sending)

    async def judge_all(self) -> None:
        """Judge every job that was not: a worker owes each of them a result, whatever came of earlier ones."""
        for job in self._open_jobs():
            await self._give(job)

    def _jobs(self) -> list[events.ExecutionRequested]:
        return [job for job in self._worker.jobs if job.author == self._author]

    def _open_jobs(self) -> list[events.ExecutionRequested]:
        judged = {id(job) for job, _ in self._results}
        return [job for job in self._jobs() if id(job) not in judged]

    async def _request(self) -> None:
        if self._waiting:
            number = self._waiting.pop(self._dice.randrange(len(self._waiting)))
            self._sending.append(asyncio.create_task(self._send(number)))

    async def _send(self, number: int) -> None:
        key = self.diary.orders[number].key
        while True:
            accepted = await self._once(key)
            if accepted:
                self._accepted(number, accepted)
            if accepted or not key:
                return
            await asyncio.sleep(_PAUSE)

    async def _once(self, key: str) -> Json | None:
        headers = {"Prefer": "respond-async"} | ({"Idempotency_Key": key} if key else {})
        try:
            answer = await self._platform.submit(self.diary.person, TWO_SUM, **headers)
        except httpx.TransportError:
            return None
        assert answer.status_code in {200, 202} | UNAVAILABLE, answer.text
        return answer.json() if answer.status_code < 300 else None

    def _accepted(self, number: int, submission: Json) -> None:
        self.diary.saw(submission)
        order = self.diary.orders[number]
        self.diary.orders[number] = replace(order, ids=(submission["id"],), trace_id=submission["trace_id"])

    async def _judge(self) -> None:
        if jobs := self._open_jobs():
            await self._give(self._dice.choice(jobs))

    async def _judge_again(self) -> None:
        if jobs := self._jobs():
            await self._give(self._dice.choice(jobs))

    async def _give(self, job: events.ExecutionRequested) -> None:
        given = judgement(self._dice.choice(VERDICTS))
        self.given[job.submission_id].add(judging.Verdict.Name(given.verdict).removeprefix("VERDICT_"))
        self._results.append((job, given))
        await self._worker.finish(job, given)

    async def _repeat_job(self) -> None:
        if jobs := self._jobs():
            job = self._dice.choice(jobs)
            await self._worker.request(job)

    async def _repeat_result(self) -> None:
        if self._results:
            await self._worker.finish(*self._dice.choice(self._results))

    async def _read(self) -> None:
        with suppress(Unreadable):
            for submission in await submissions_of(self._platform, self.diary.person):
                self.diary.saw(submission)


async def kill_now_and_then(stack: Stack, dice: random.Random, count: int, over: float) -> int:
    """Kill one of the services at ``count`` moments within ``over`` seconds; how many kills found a process."""
    killed = 0
    for pause in [dice.uniform(0.5, 1.5) * over / count for _ in range(count)]:
        await asyncio.sleep(pause)
        killed += stack.signal(dice.choice(VICTIMS), signal.SIGKILL)
    return killed


@asynccontextmanager
async def stand_in(stack: Stack) -> AsyncIterator[Worker]:
    """A worker in place of the stack's own, which listens elsewhere: it answers nothing by itself."""
    async with Worker(bootstrap=stack.kafka, prefix="", redis_url=stack.redis) as worker:
        worker.answer = keep
        yield worker
