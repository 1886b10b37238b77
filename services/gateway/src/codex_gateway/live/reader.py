"""The one reader of a process: all streams that somebody watches, by one blocking command."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import structlog

from codex_gateway.live.events import Event, EventId
from codex_gateway.live.watch import Watch
from codex_gateway.translate import events as translate
from codex_service import redis
from codex_service.background import ended
from codex_service.ids import uuid7
from codex_service.redis import RedisClient
from codex_telemetry import quiet

log = structlog.get_logger()

BLOCK: Final = 2.0  # seconds that Redis holds a command back while nothing happens
_BELL_KEPT: Final = 60  # seconds
_PAUSE: Final = 0.02  # seconds between two reads: one command for all that happens meanwhile
_AFTER_OUTAGE: Final = 0.5  # seconds
_BATCH: Final = 64  # events of a stream at once
_ALL: Final = 1_000  # more than a stream is allowed to hold

Entry = tuple[bytes, Mapping[bytes, bytes]]


class Reader:
    """Hands what the streams bring to whoever watches.

    The command that waits cannot be told of a stream that is added. So a stream of our own, the bell, is always among
    those it waits for, and ringing it makes the next command begin. ``waiting`` is a client for that command alone,
    with more patience than ``BLOCK``.
    """

    def __init__(self, *, waiting: RedisClient, redis: RedisClient) -> None:
        self._waiting = waiting
        self._redis = redis
        self._watches: dict[str, set[Watch]] = {}
        self._watched = asyncio.Event()
        self._added = asyncio.Event()
        self._bell = f"bell:{uuid7()}"
        self._rung = "0-0"
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped = False

    async def start(self) -> None:
        """Begin to read; from then on watching is possible."""
        self._tasks = [
            asyncio.create_task(self._read_for_ever(), name="live events"),
            asyncio.create_task(self._ring_for_ever(), name="bell of live events"),
        ]

    async def stop(self) -> None:
        """Tell everybody that it is over, and read no more."""
        self._stopped = True
        for watch in [watch for watches in self._watches.values() for watch in watches]:
            watch.over.set()
        await ended(self._tasks)

    @contextmanager
    def serving(self, watch: Watch) -> Iterator[None]:
        """Give the watch its events within this block."""
        watches = self._watches.setdefault(watch.submission, set())
        watches.add(watch)
        if self._stopped:
            watch.over.set()
        self._watched.set()
        self._added.set()
        try:
            yield
        finally:
            watches.discard(watch)
            if not watches:
                self._watches.pop(watch.submission, None)
            if not self._watches:
                self._watched.clear()

    async def past(self, submission: str, after: EventId) -> Sequence[Event]:
        """What a stream holds behind an id, without the verdict; nothing when Redis is down or has lost it."""
        try:
            with quiet():
                entries: Any = await self._redis.xrange(_key(submission), min=f"({after}", count=_ALL)
        except redis.OUTAGES as error:
            log.warning("past events not read", error=repr(error))
            return ()
        events = (translate.event(EventId.parse(id.decode()), fields) for id, fields in entries)
        return [event for event in events if event and event.name != "verdict"]

    async def _read_for_ever(self) -> None:
        with quiet():
            while True:
                await self._watched.wait()
                await asyncio.sleep(await self._pause_after_turn())

    async def _pause_after_turn(self) -> float:
        """One turn; a failed one is logged. Seconds until the next."""
        try:
            await self._turn()
        except redis.OUTAGES as error:
            log.warning("live events not read", error=repr(error))
            return _AFTER_OUTAGE
        except Exception:
            log.exception("live events not read")
            return _AFTER_OUTAGE
        return _PAUSE

    async def _turn(self) -> None:
        streams = {_key(name): str(min(watch.last for watch in each)) for name, each in self._watches.items()}
        asked: Any = {self._bell: self._rung, **streams}
        found: Any = await self._waiting.xread(asked, count=_BATCH, block=int(BLOCK * 1_000))
        for key, entries in found:
            name = key.decode()
            if name == self._bell:
                self._rung = entries[-1][0].decode()
            else:
                self._hand_out(name.partition(":")[2], entries)

    def _hand_out(self, submission: str, entries: Sequence[Entry]) -> None:
        watches = tuple(self._watches.get(submission, ()))
        for id, fields in entries:
            at = EventId.parse(id.decode())
            event = translate.event(at, fields)
            for watch in watches:
                watch.offer(at, event)

    async def _ring_for_ever(self) -> None:
        with quiet():
            while True:
                await self._added.wait()
                self._added.clear()
                await self._ring()

    async def _ring(self) -> None:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.xadd(self._bell, {"rung": ""}, maxlen=1, approximate=False)
                pipe.expire(self._bell, _BELL_KEPT)
                await pipe.execute()
        except redis.OUTAGES as error:
            # The command that waits ends by itself soon.
            log.debug("bell not rung", error=repr(error))


def _key(submission: str) -> str:
    return f"events:{submission}"
