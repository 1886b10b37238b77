"""Makes a plan's faults happen, each at its time, and undoes what lasts."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from itertools import cycle
from typing import Any, Final

from tests.chaos.faults import Fault
from tests.chaos.mischief import Mischief
from tests.chaos.stack import Stack, thaw

_DELAY: Final = 0.03  # seconds more for everything that crosses a slow network
_REPEATED: Final = 40  # records
_HOUR: Final = 3600
_PATIENCE: Final = 10.0  # seconds to wait for the process of a part that is just being started again


class Injector:
    """Does the faults of one run, and counts those that happened."""

    def __init__(self, stack: Stack, mischief: Mischief, note: Callable[[str], None]) -> None:
        self._stack = stack
        self._mischief = mischief
        self._note = note
        self._done: Counter[tuple[str, str]] = Counter()
        self.missed: list[Fault] = []
        self.last_kill = 0.0
        self._jumps = cycle((_HOUR, -_HOUR))
        self._ways: dict[str, Callable[[Fault], Coroutine[Any, Any, bool]]] = {
            "kill": self._kill,
            "restart": self._restart,
            "freeze": self._freeze,
            "slow": self._slow,
            "full": self._full,
            "repeat": self._repeat,
            "jump": self._jump,
        }

    @property
    def done(self) -> Counter[tuple[str, str]]:
        """How often each fault happened to each target."""
        return self._done

    def count(self, name: str) -> int:
        return sum(number for (kind, _), number in self._done.items() if kind == name)

    async def carry_out(self, plan: Sequence[Fault]) -> None:
        """Returns when the last fault is over."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as faults:
            for fault in plan:
                faults.create_task(self._at_its_time(fault, began), name=str(fault))

    async def _at_its_time(self, fault: Fault, began: float) -> None:
        await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
        self._note(str(fault))
        if await self._ways[fault.name](fault):
            self._done[fault.name, fault.target] += 1
        else:
            self.missed.append(fault)

    async def _kill(self, fault: Fault) -> bool:
        killed = await self._signalled(fault.target, signal.SIGKILL)
        self.last_kill = time.monotonic()
        return killed

    async def _restart(self, fault: Fault) -> bool:
        return await self._signalled(fault.target, signal.SIGTERM)

    async def _signalled(self, target: str, number: signal.Signals) -> bool:
        end = time.monotonic() + _PATIENCE
        while not self._stack.signal(target, number):
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.05)
        return True

    async def _freeze(self, fault: Fault) -> bool:
        frozen = self._stack.freeze(fault.target)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            thaw(frozen)
        return bool(frozen)

    async def _slow(self, fault: Fault) -> bool:
        proxy = self._stack.proxies[fault.target]
        proxy.delay = _DELAY
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            proxy.delay = 0.0
        return True

    async def _full(self, fault: Fault) -> bool:
        disk = self._stack.disks[fault.target]
        await asyncio.to_thread(disk.fill)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            disk.free()
        return True

    async def _repeat(self, _: Fault) -> bool:
        return bool(await self._mischief.repeat(_REPEATED))

    async def _jump(self, fault: Fault) -> bool:
        self._stack.clock.set_wrong(next(self._jumps))
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            self._stack.clock.set_wrong(0)
        return True
