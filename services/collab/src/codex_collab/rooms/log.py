"""The log of a room: a Redis stream of updates, from which every instance can make the same document.

Whoever adds to it publishes the same on the room's bus, in one step. Each publication names its predecessor in the log,
so that an instance sees at once when it has missed one, and reads the log instead.

The stream is bounded without losing anything: now and then an entry holds the whole document, and what came before is
cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from codex_collab import keys
from codex_collab.rooms import protocol
from codex_service.redis import RedisClient, Script

PAGE = 500
"""Entries that one read gives at most."""

# KEYS: log, session, bus. ARGV: origin, updates, lifetime, position before which the log may be cut (empty: nowhere).
_APPEND = """
local tail = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local previous = tail[1] and tail[1][1] or '0-0'
local position = redis.call('XADD', KEYS[1], '*', 'origin', ARGV[1], 'updates', ARGV[2])
if ARGV[4] ~= '' then redis.call('XTRIM', KEYS[1], 'MINID', ARGV[4]) end
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', KEYS[3], table.concat({'update', ARGV[1], previous, position, ARGV[2]}, ' '))
return {previous, position}
"""

# KEYS: log. ARGV: position, count. Whether the log still has that position, and what came after it.
_AFTER = """
local known = ARGV[1] == '0-0' or #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 1
return {known and 1 or 0, redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])}
"""


class Position(NamedTuple):
    """A place in the log: the id of an entry. Later entries have greater ones."""

    milliseconds: int
    sequence: int

    @classmethod
    def parse(cls, text: bytes) -> Self:
        milliseconds, _, sequence = text.partition(b"-")
        return cls(int(milliseconds), int(sequence))

    def __str__(self) -> str:
        return f"{self.milliseconds}-{self.sequence}"


START = Position(0, 0)
"""Before the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Updates that the instance ``origin`` has added; they are ``size`` bytes together."""

    position: Position
    origin: bytes
    updates: Sequence[bytes]
    size: int


@dataclass(frozen=True, slots=True)
class Appended:
    """Where something was added, and behind what."""

    previous: Position
    position: Position


@dataclass(frozen=True, slots=True)
class Rest:
    """What came after a position. If the log doesn't know that position, it was cut, or has lost something."""

    known: bool
    entries: Sequence[Entry]


class RoomLog:
    """Reads and writes the logs of all rooms, in the name of the instance ``origin``. Raises what the client raises."""

    def __init__(self, redis: RedisClient, origin: bytes) -> None:
        self.origin = origin
        self._append = Script(redis, _APPEND)
        self._after = Script(redis, _AFTER)

    async def load(self) -> None:
        """Teach Redis the scripts."""
        await self._append.load()
        await self._after.load()

    async def append(self, session: str, updates: Sequence[bytes], *, covers: Position = START) -> Appended:
        """Add updates, and cut what came before ``covers``, because they hold all of that."""
        cut = "" if covers == START else str(covers)
        previous, position = await self._append(
            [keys.log(session), keys.session(session), keys.bus(session)],
            [self.origin, protocol.join_buffers(updates), keys.LIFETIME, cut],
        )
        return Appended(Position.parse(previous), Position.parse(position))

    async def after(self, session: str, position: Position) -> Rest:
        """At most ``PAGE`` entries after a position."""
        known, entries = await self._after([keys.log(session)], [str(position), PAGE])
        return Rest(bool(known), [_entry(id_, *fields) for id_, fields in entries])


def make_entry(position: Position, origin: bytes, joined: bytes) -> Entry:
    """An entry, as it was written."""
    updates = tuple(protocol.split_buffers(joined))
    return Entry(position=position, origin=origin, updates=updates, size=len(joined))


def _entry(position: bytes, _origin: bytes, origin: bytes, _updates: bytes, updates: bytes) -> Entry:
    return make_entry(Position.parse(position), origin, updates)
