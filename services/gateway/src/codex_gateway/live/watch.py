"""Somebody who watches a submission."""

import asyncio
from typing import Final

from codex_gateway.live.events import Event, EventId


class Watch:
    """The events that one watcher has not been sent yet, at most ``limit`` of them.

    ``last`` is the newest that came by here. ``over`` is set when there is nothing more to wait for: the process ends,
    or the watcher is ``lagging``.
    """

    def __init__(self, submission: str, *, after: EventId, limit: int) -> None:
        self.submission: Final = submission
        self.after: Final = after
        self.last = after
        self.over: Final = asyncio.Event()
        self.lagging = False
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(limit)

    def offer(self, id: EventId, event: Event | None) -> None:
        """Take what follows ``last`` (None: nothing to tell). A watcher that has left no room for it is given up."""
        if id <= self.last or self.over.is_set():
            return
        self.last = id
        if event is None:
            return
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.lagging = True
            self.over.set()

    async def next(self, *, within: float) -> Event:
        """The next event. Raises TimeoutError when there is none for ``within`` seconds."""
        async with asyncio.timeout(within):
            return await self._waiting.get()
