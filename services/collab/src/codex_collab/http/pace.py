"""How fast a client is read."""

import asyncio
import time


class Pace:
    """A token bucket that delays. Nothing may be dropped: every later update would wait for the lost one for ever.

    Args:
        rate: messages a second in the long run.
        burst: messages that may come at once.
    """

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = time.monotonic()

    async def next(self) -> None:
        """Return when another message may be read."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate) - 1
        self._at = now
        if self._left < 0:
            await asyncio.sleep(-self._left / self._rate)
