"""A browser page, in Python: a document, its awareness and a socket, as the stock y-websocket client drives them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Self

from pycrdt import Doc, Text, TransactionEvent
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from codex_collab.rooms import protocol
from codex_collab.rooms.awareness import Presence, read_presences, write_presences
from codex_collab.rooms.protocol import Step

PATIENCE = 15.0

# A letter, and a block that gives it a parent it can't have: the library that keeps the document panics over the two.
BREAK_THE_DOCUMENT = [
    protocol.sync_message(Step.CHANGE, b"\x01\x01\x07\x00\x04\x01\x01t\x01z\x00"),
    protocol.sync_message(Step.CHANGE, b"\x01\x01\x07\x04\xc4\x07\x03I\x07\x00\x01z\x00"),
]


async def until(condition: Callable[[], object], within: float = PATIENCE) -> None:
    """Wait until a condition is true; a time-out means that it never was."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 (what is waited for happens in another process)
            await asyncio.sleep(0.005)


def offer(access_token: str, invite_token: str) -> list[Subprotocol]:
    """The subprotocols of a page that has both tokens."""
    return [Subprotocol("y-codex"), Subprotocol(f"jwt.{access_token}"), Subprotocol(f"invite.{invite_token}")]


async def closing_code(url: str, subprotocols: Sequence[Subprotocol], *messages: bytes | str) -> int:
    """Connect, say something, and tell how the server closes."""
    async with connect(url, subprotocols=subprotocols or None, max_size=None) as socket:
        with suppress(ConnectionClosed):
            for message in messages:
                await socket.send(message)
        async with asyncio.timeout(PATIENCE):
            await socket.wait_closed()
        return socket.close_code or 0


class Page:
    """Edits ``text`` and shows cursors. It comes back by itself while ``staying``, as stock clients do."""

    def __init__(self, url: str, subprotocols: Sequence[Subprotocol], doc: Doc[Text] | None = None) -> None:
        self._url = url
        self._subprotocols = subprotocols
        self.doc: Doc[Text] = doc or Doc()
        self.content = self.doc.get("code", type=Text)
        self.cursors: dict[int, Presence] = {}
        self.synced = False
        self.connections = 0
        self.codes: list[int] = []
        self._clock = 0
        self._socket: ClientConnection | None = None
        self._unsent: asyncio.Queue[bytes] = asyncio.Queue()
        self._remote = False
        self._subscription = self.doc.observe(self._on_change)

    @property
    def text(self) -> str:
        return str(self.content)

    @property
    def others(self) -> set[int]:
        """Client ids of the others whose cursors are seen."""
        return {client for client in self.cursors if client != self.doc.client_id}

    def type(self, text: str) -> None:
        """Write at the end."""
        self.content += text

    def show_cursor(self, **state: object) -> None:
        self._clock += 1
        own = Presence(client=self.doc.client_id, clock=self._clock, state=json.dumps(state).encode())
        self.say(protocol.awareness_message(write_presences([own])))

    def say(self, message: bytes) -> None:
        """Send a message of any kind."""
        self._unsent.put_nowait(message)

    async def once(self) -> Self:
        """Connect once, until the socket ends."""
        async with connect(self._url, subprotocols=self._subprotocols, max_size=None) as socket:
            self._socket = socket
            self.connections += 1
            self._unsent = asyncio.Queue()
            self.say(protocol.sync_message(Step.HAVE, self.doc.get_state()))
            sending = asyncio.create_task(self._send(socket))
            with suppress(ConnectionClosed):
                async for message in socket:
                    self._receive(message if isinstance(message, bytes) else message.encode())
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            self.synced = False
            self.codes.append(socket.close_code or 0)
        return self

    async def staying(self) -> None:
        """Connect again after every end that is not final."""
        while not self.codes or not 4400 <= self.codes[-1] < 4500:
            with suppress(OSError, ConnectionClosed):
                await self.once()
            await asyncio.sleep(0.05)

    async def leave(self) -> None:
        """Close, when everything was sent."""
        if self._socket and self.synced:
            await asyncio.wait_for(self._unsent.join(), PATIENCE)
            await self._socket.close()

    def _on_change(self, event: TransactionEvent) -> None:
        if not self._remote:
            self.say(protocol.sync_message(Step.CHANGE, event.update))

    def _receive(self, message: bytes) -> None:
        match protocol.parse(message):
            case protocol.Sync(Step.HAVE, payload):
                self.say(protocol.sync_message(Step.LACK, self.doc.get_update(payload)))
            case protocol.Sync(step, payload):
                self._remote = True
                self.doc.apply_update(payload)
                self._remote = False
                self.synced = self.synced or step is Step.LACK
            case protocol.AwarenessUpdate(payload):
                for presence in read_presences(payload):
                    self._see(presence)

    def _see(self, presence: Presence) -> None:
        known = self.cursors.get(presence.client)
        if presence.gone:
            self.cursors.pop(presence.client, None)
        elif known is None or presence.newer_than(known):
            self.cursors[presence.client] = presence

    async def _send(self, socket: ClientConnection) -> None:
        while True:
            await socket.send(await self._unsent.get())
            self._unsent.task_done()


@asynccontextmanager
async def open_page(page: Page, *, staying: bool = False) -> AsyncIterator[Page]:
    """Open a page, wait until it shows the room's text, and close it in the end."""
    life = asyncio.create_task(page.staying() if staying else page.once())
    try:
        await until(lambda: page.synced or life.done())
        assert page.synced, page.codes
        yield page
    finally:
        if not staying:
            await page.leave()
            await asyncio.wait_for(life, PATIENCE)
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
