"""Brings a plan's parts up, keeps them up, and takes them down in the right order."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from codex_tools.stack.errors import StackError, sentence
from codex_tools.stack.home import Home
from codex_tools.stack.keeper import Keeper
from codex_tools.stack.part import Check, Part, Recipe
from codex_tools.stack.progress import Progress
from codex_tools.stack.replicas import in_order
from codex_tools.stack.state import Addresses, publish, withdraw

log = structlog.get_logger()

_READY_WITHIN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a stack is made of.

    Stores start at once, services when all stores work; ``ready`` holds when the whole does. Services are taken down
    in ``farewell`` order, then the telemetry store, which takes their last spans, then the other stores.
    """

    addresses: Addresses
    stores: tuple[tuple[str, Recipe], ...]
    services: tuple[tuple[str, Recipe], ...]
    ready: Check
    farewell: tuple[str, ...] = ()


class Supervisor:
    """Owns every process of one stack."""

    def __init__(self, home: Home, plan: Plan, progress: Progress) -> None:
        self._home = home
        self._plan = plan
        self._progress = progress
        self._keepers: dict[str, Keeper] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._refusal = "it did not answer."

    async def run(self, stop: asyncio.Event) -> None:
        """Run the stack until ``stop`` is set; no process of it is left when this ends, however it ends.

        Raises:
            StackError: the stack could not be brought up.
        """
        self._publish()
        try:
            if await self._up_unless(stop):
                self._progress.ready()
                await stop.wait()
        finally:
            await self._down()

    async def _up_unless(self, stop: asyncio.Event) -> bool:
        """Whether the stack came up before somebody wanted it down."""
        up, stopped = asyncio.create_task(self._up()), asyncio.create_task(stop.wait())
        await asyncio.wait({up, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finished = up.done()
        for task in (up, stopped):
            task.cancel()
        await asyncio.gather(up, stopped, return_exceptions=True)
        if finished:
            await up
        return finished

    async def _up(self) -> None:
        await self._start_all(self._plan.stores)
        await self._start_all(self._plan.services)
        with self._progress.step("the whole platform is ready"):
            await self._until_ready()

    async def _start_all(self, recipes: Sequence[tuple[str, Recipe]]) -> None:
        starts = [asyncio.create_task(self._start(name, recipe)) for name, recipe in recipes]
        try:
            await asyncio.gather(*starts)
        finally:
            for start in starts:
                start.cancel()
            await asyncio.gather(*starts, return_exceptions=True)

    async def _start(self, name: str, recipe: Recipe) -> None:
        with self._progress.step(name):
            part = await recipe(self._progress.note)
            await self._keep(part).healthy()

    def _keep(self, part: Part) -> Keeper:
        keeper = Keeper(part, self._home.log_of(part.name), self._publish)
        self._keepers[part.name] = keeper
        self._tasks[part.name] = asyncio.create_task(keeper.run(), name=part.name)
        return keeper

    async def _until_ready(self) -> None:
        try:
            async with asyncio.timeout(_READY_WITHIN):
                await self._first_ready()
        except TimeoutError as error:
            raise StackError(f"Not ready after {_READY_WITHIN} s: {self._refusal}", log=self._gateway_log()) from error

    async def _first_ready(self) -> None:
        while True:
            for keeper in self._keepers.values():
                keeper.check()
            try:
                await asyncio.wait_for(self._plan.ready(), 5)
            except StackError as refusal:
                self._refusal = str(refusal)
            else:
                return
            await asyncio.sleep(0.05)

    def _gateway_log(self) -> Path | None:
        return self._home.log_of("gateway-service") if "gateway-service" in self._keepers else None

    def _publish(self) -> None:
        try:
            publish(self._home, self._plan.addresses, tuple(keeper.record for keeper in self._keepers.values()))
        except OSError as error:
            log.error("the stack's state can't be written", reason=sentence(error))  # noqa: TRY400  (keeping the parts up matters more)

    async def _down(self) -> None:
        for group in self._farewell():
            with self._progress.step(f"stop {', '.join(group)}"):
                await self._stop_all(group)
        withdraw(self._home)

    def _farewell(self) -> list[list[str]]:
        services = in_order(self._keepers, self._plan.farewell)
        named = {name for group in services for name in group}
        others = [name for name, keeper in self._keepers.items() if not keeper.part.store and name not in named]
        stores = [name for name, keeper in self._keepers.items() if keeper.part.store and name != "traces"]
        groups = [*services, others, ["traces"] if "traces" in self._keepers else [], stores]
        return [group for group in groups if group]

    async def _stop_all(self, names: Sequence[str]) -> None:
        for name in names:
            self._keepers[name].stop()
        await asyncio.gather(*(self._tasks[name] for name in names))
