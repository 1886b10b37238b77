"""The bus of a room: a Redis channel on which its instances tell each other what is new.

What is lost on it is never missed for long: updates are in the log, and presences are renewed every 15 seconds.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as Disconnected

from codex_collab import keys
from codex_collab.rooms.awareness import Presence, read_presences, write_presences
from codex_collab.rooms.log import Entry, Position, make_entry
from codex_service.redis import OUTAGES, RedisClient

log = structlog.get_logger()

_SILENCE = 12.0  # seconds without even an answer to a ping, after which the connection counts as dead
_PAUSE = 0.2  # seconds between two attempts to connect
_NOBODY = "collab:bus"  # nobody writes here: it keeps the connection subscribed when no room is open


@dataclass(frozen=True, slots=True)
class Heard:
    """Something was added to the log, behind ``previous``."""

    previous: Position
    entry: Entry


@dataclass(frozen=True, slots=True)
class Seen:
    """Presences have changed."""

    presences: Sequence[Presence]


@dataclass(frozen=True, slots=True)
class WhoIsThere:
    """An instance has opened the room, and asks the others for their members' presences."""


@dataclass(frozen=True, slots=True)
class Listening:
    """From now on everything is heard; what was said before may have been missed."""


News = Heard | Seen | WhoIsThere | Listening


class Bus:
    """Subscribed to the channels of the rooms that were joined, over one connection; ``hear`` gets all that is new."""

    def __init__(self, redis: RedisClient, origin: bytes, hear: Callable[[str, News], None]) -> None:
        self._redis = redis
        self._origin = origin
        self._hear = hear
        self._channels = {_NOBODY}
        self._pubsub: PubSub | None = None

    async def join(self, session: str) -> None:
        """Listen to a room; ``Listening`` says since when. Raises what the client raises."""
        self._channels.add(keys.bus(session))
        if self._pubsub:
            await self._pubsub.subscribe(keys.bus(session))

    async def leave(self, session: str) -> None:
        """Listen to a room no more. Raises what the client raises."""
        self.forget(session)
        if self._pubsub:
            await self._pubsub.unsubscribe(keys.bus(session))

    def forget(self, session: str) -> None:
        """Leave a room while Redis can't be told: from the next connection on."""
        self._channels.discard(keys.bus(session))

    async def tell(self, session: str, presences: Sequence[Presence]) -> None:
        """Tell the others of presences. Raises what the client raises."""
        await self._say(session, b"presences", write_presences(presences))

    async def ask_who_is_there(self, session: str) -> None:
        """Have the others tell their presences. Raises what the client raises."""
        await self._say(session, b"who", b"")

    async def ping(self) -> None:
        """Have Redis say something: a connection that stays silent is dead. Raises what the client raises."""
        if self._pubsub:
            await self._pubsub.ping()

    async def listen(self) -> None:
        """Listen for ever, also over the end of a connection."""
        while True:
            try:
                await self._listen_once()
            except OUTAGES as error:
                log.warning("the bus broke", error=repr(error))
            await asyncio.sleep(_PAUSE)

    async def _listen_once(self) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(*self._channels)
            self._pubsub = pubsub
            try:
                while True:
                    self._dispatch(await self._next(pubsub))
            finally:
                self._pubsub = None

    async def _next(self, pubsub: PubSub) -> dict[str, Any]:
        message: dict[str, Any] | None = await pubsub.get_message(timeout=_SILENCE)
        if message is None:
            raise Disconnected("the connection is silent")
        return message

    def _dispatch(self, message: dict[str, Any]) -> None:
        if message["type"] == "message":
            session = keys.session_of_bus(message["channel"])
            news = _parse(message["data"], self._origin)
            if news:
                self._hear(session, news)
        elif message["type"] == "subscribe" and message["channel"] != _NOBODY.encode():
            self._hear(keys.session_of_bus(message["channel"]), Listening())

    async def _say(self, session: str, what: bytes, content: bytes) -> None:
        await self._redis.publish(keys.bus(session), b" ".join((what, self._origin, content)))


def _parse(data: bytes, listener: bytes) -> News | None:
    """What was said on a bus; of what the listener has said itself only its entries in the log."""
    what, origin, content = data.split(b" ", 2)
    if what == b"update":
        previous, position, updates = content.split(b" ", 2)
        return Heard(Position.parse(previous), make_entry(Position.parse(position), origin, updates))
    if origin == listener:
        return None
    return WhoIsThere() if what == b"who" else Seen(read_presences(content))
