"""A member of a room: somebody's socket, as the room sees it."""

import asyncio

from codex_collab.errors import TooSlow
from codex_service.errors import ServiceError

_QUEUE_LIMIT = 4 * 1024 * 1024  # bytes that wait for one reader: twice the largest document


class Member:
    """Messages are put in by the room, at once, and taken out by the socket, as fast as its reader can."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.client: int | None = None
        """The one id in the document's awareness that this member speaks for."""
        self.closed = False
        self.reason: ServiceError | None = None
        """Why the room or the door closed it; None when the member simply left."""
        self._queue: list[bytes] = []
        self._waiting = 0
        self._something = asyncio.Event()

    def send(self, message: bytes) -> None:
        """Let the member have a message. One who has let too much pile up is cut off."""
        if self.closed:
            return
        self._queue.append(message)
        self._waiting += len(message)
        if self._waiting > _QUEUE_LIMIT:
            self._queue.clear()
            self.close(TooSlow("reading too slowly"))
        self._something.set()

    def close(self, reason: ServiceError | None = None) -> None:
        """No more messages; the first reason counts."""
        if not self.closed:
            self.closed, self.reason = True, reason
            self._something.set()

    async def outgoing(self) -> list[bytes]:
        """The messages that wait, at least one; none when the member is closed and everything was taken."""
        await self._something.wait()
        messages, self._queue, self._waiting = self._queue, [], 0
        if not self.closed:
            self._something.clear()
        return messages
