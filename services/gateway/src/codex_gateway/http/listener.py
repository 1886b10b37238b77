"""The client's end of an answer that goes on."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.types import Receive, Send

_FAREWELL: Final = 0.5  # seconds that the end of the answer may take to be sent


class TooSlow(Exception):
    """The client does not read."""


class Listener:
    """Takes the parts of the answer, each within ``patience`` seconds. ``abort`` closes the connection at once."""

    def __init__(self, receive: Receive, send: Send, *, abort: Callable[[], None], patience: float) -> None:
        self._receive = receive
        self._send = send
        self._abort = abort
        self._patience = patience

    async def tell(self, chunk: bytes) -> None:
        """Send a part; raises TooSlow."""
        try:
            async with asyncio.timeout(self._patience):
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        except TimeoutError as late:
            raise TooSlow from late

    async def finish(self) -> None:
        """End the answer, so that the client knows that it is whole."""
        try:
            async with asyncio.timeout(_FAREWELL):
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            self._abort()

    def cut_off(self) -> None:
        """Close the connection, whatever it still holds: waiting for a client that does not read would keep it."""
        self._abort()

    async def gone(self) -> None:
        """Return when the client has left, or the answer is whole."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
