"""A queue in which nobody waits behind all that another person has brought: lanes take turns."""

import asyncio
from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")

_REMEMBERED = 1024  # lanes whose last duration is known


class FairQueue(Generic[T]):
    """Items wait in lanes, and each lane that has some gives one in turn.

    A lane whose last item took longer than ``slow_after`` seconds gets at most ``narrow`` done at once, so that slow
    work of one lane cannot take every place; 0 means no such bound.
    """

    def __init__(self, *, narrow: int = 0, slow_after: float = 0.5) -> None:
        self._narrow, self._slow_after = narrow, slow_after
        self._lanes: OrderedDict[str, deque[T]] = OrderedDict()
        self._busy: dict[str, int] = {}
        self._took: OrderedDict[str, float] = OrderedDict()
        self._waiting: deque[asyncio.Future[None]] = deque()

    def put(self, lane: str, item: T) -> None:
        """Add an item; whoever puts sees to it that there are not too many."""
        self._lanes.setdefault(lane, deque()).append(item)
        self._wake()

    async def get(self) -> tuple[str, T]:
        """The next item with its lane; say ``done`` when it is."""
        while (lane := self._next()) is None:
            await self._change()
        return lane, self._take(lane)

    def done(self, lane: str, seconds: float) -> None:
        """An item of the lane is done, and took so long."""
        self._busy[lane] -= 1
        if not self._busy[lane]:
            del self._busy[lane]
        self._took[lane] = seconds
        self._took.move_to_end(lane)
        if len(self._took) > _REMEMBERED:
            self._took.popitem(last=False)
        self._wake()

    async def _change(self) -> None:
        woken = asyncio.get_running_loop().create_future()
        self._waiting.append(woken)
        try:
            await woken
        except asyncio.CancelledError:
            if not woken.cancelled():  # it was woken as well: somebody else has to look
                self._wake()
            raise

    def _wake(self) -> None:
        """Let one of those who wait look again."""
        while self._waiting:
            woken = self._waiting.popleft()
            if not woken.done():
                woken.set_result(None)
                return

    def _next(self) -> str | None:
        return next((lane for lane in self._lanes if self._may(lane)), None)

    def _may(self, lane: str) -> bool:
        slow = self._took.get(lane, 0.0) > self._slow_after
        return not (self._narrow and slow and self._busy.get(lane, 0) >= self._narrow)

    def _take(self, lane: str) -> T:
        waiting = self._lanes[lane]
        item = waiting.popleft()
        if waiting:
            self._lanes.move_to_end(lane)
        else:
            del self._lanes[lane]
        self._busy[lane] = self._busy.get(lane, 0) + 1
        return item
