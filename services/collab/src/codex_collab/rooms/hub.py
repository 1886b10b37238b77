"""The rooms that are open in this instance, and the tasks that keep them in step with those of other instances."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from codex_collab.rooms.bus import Bus, Heard, Listening, News, Seen, WhoIsThere
from codex_collab.rooms.log import RoomLog
from codex_collab.rooms.replica import Replica
from codex_collab.rooms.room import Room
from codex_service.background import ended
from codex_service.redis import OUTAGES, RedisClient

log = structlog.get_logger()

_TURN = 5.0  # seconds between two looks at every room
_IDLE = 30.0  # seconds that an empty room stays open: people come back
_PAUSE = 0.2  # seconds between two attempts while Redis is down


class Hub:
    """Opens rooms when they are entered, closes them when they have been empty for a while."""

    def __init__(self, redis: RedisClient) -> None:
        origin = secrets.token_hex(4).encode()
        self._log = RoomLog(redis, origin)
        self._bus = Bus(redis, origin, self._hear)
        self._replicas: dict[str, Replica] = {}
        self._opening: dict[str, asyncio.Task[Room]] = {}
        self._unsettled: set[str] = set()
        self._something = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self._log.load()
        for work in (self._bus.listen, self._settle_changed, self._look_at_all):
            self._tasks.append(asyncio.create_task(_for_ever(work), name=f"collab {work.__name__}"))

    async def stop(self, grace: float) -> None:
        """Write what is left to the logs: the members have gone by now."""
        await ended([*self._tasks, *self._opening.values()])
        try:
            async with asyncio.timeout(grace):
                await asyncio.gather(*map(self._settle, self._replicas))
        except TimeoutError:
            log.error("some rooms were not written to their logs")  # noqa: TRY400 (a time-out has no story to tell)

    async def room(self, session: str) -> Room:
        """The room of a session, opened if need be. Raises what the Redis client raises."""
        if replica := self._replicas.get(session):
            return replica.room
        opening = self._opening.get(session)
        if opening is None:
            opening = self._opening[session] = asyncio.create_task(self._open(session), name=f"open {session}")
            opening.add_done_callback(lambda _: self._opening.pop(session, None))
        # Whoever gives up waiting must not take the room away from the others.
        return await asyncio.shield(opening)

    async def _open(self, session: str) -> Room:
        """Subscribe, then read the log, and once more as soon as the bus reaches the room: nothing falls in between."""
        replica = Replica(Room(session, partial(self._wake, session)), self._log, self._bus)
        try:
            await self._bus.join(session)
            await replica.settle()
        except OUTAGES:
            self._bus.forget(session)
            raise
        self._replicas[session] = replica
        self._hear(session, Listening())
        log.info("room opened", session=session)
        return replica.room

    async def _close(self, session: str) -> None:
        del self._replicas[session]
        log.info("room closed", session=session)
        await self._bus.leave(session)

    def _hear(self, session: str, news: News) -> None:
        replica = self._replicas.get(session)
        if replica is None:
            return
        match news:
            case Heard():
                replica.hear(news)
            case Seen(presences):
                replica.room.learn(presences)
            case WhoIsThere():
                replica.room.introduce_members()
            case Listening():
                replica.listening()
        if not replica.settled:
            self._wake(session)

    def _wake(self, session: str) -> None:
        self._unsettled.add(session)
        self._something.set()

    def _doubt(self, session: str) -> None:
        self._replicas[session].stale = True
        self._wake(session)

    async def _settle_changed(self) -> None:
        """While some rooms are being settled, the edits of the others gather: the more load, the larger the batches."""
        await self._something.wait()
        self._something.clear()
        sessions, self._unsettled = self._unsettled, set()
        settled = await asyncio.gather(*map(self._settle, sessions))
        if not all(settled):
            await asyncio.sleep(_PAUSE)

    async def _settle(self, session: str) -> bool:
        """Bring a room and its log in step; false while Redis is down."""
        replica = self._replicas.get(session)
        if replica is None:
            return True
        try:
            await replica.settle()
        except OUTAGES as error:
            log.warning("redis is down", session=session, error=repr(error))
            self._doubt(session)
            return False
        return True

    async def _look_at_all(self) -> None:
        """Read every log once more, whatever the bus has brought; close what nobody needs."""
        await asyncio.sleep(_TURN)
        now = time.monotonic()
        for session, replica in list(self._replicas.items()):
            replica.room.forget_silent()
            if replica.room.empty and replica.settled and now - replica.room.quiet_since > _IDLE:
                await self._close(session)
            else:
                self._doubt(session)
        await self._bus.ping()


async def _for_ever(work: Callable[[], Awaitable[None]]) -> None:
    """Repeat until cancelled. What a room gets wrong must not stop the others."""
    while True:
        try:
            await work()
        except OUTAGES as error:
            log.warning("redis is down", work=getattr(work, "__name__", ""), error=repr(error))
            await asyncio.sleep(_PAUSE)
        except Exception:
            log.exception("collab work failed")
            await asyncio.sleep(_PAUSE)
