"""Live events as the routes and the life cycle see them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Final

from codex_gateway.live.events import EventId
from codex_gateway.live.reader import BLOCK, Reader
from codex_gateway.live.seats import Seats
from codex_gateway.live.watch import Watch
from codex_gateway.settings import Settings
from codex_service.redis import RedisClient, open_redis

_MORE_THAN_BLOCK: Final = 3.0  # seconds


class Live:
    """A reader and the seats before it; a server, which ends every open stream when it is stopped."""

    def __init__(self, settings: Settings, reader: Reader) -> None:
        self.reader: Final = reader
        self._room = settings.live_buffer
        self._seats = Seats(total=settings.live_streams, per_user=settings.live_streams_per_user)

    async def start(self) -> None:
        await self.reader.start()

    async def stop(self, grace: float) -> None:  # noqa: ARG002 (clients go on elsewhere, at once)
        await self.reader.stop()

    @contextmanager
    def watching(self, submission: str, *, user: str, after: EventId) -> Iterator[Watch]:
        """A watch on what happens to a submission behind an event.

        Raises:
            TooManyRequests: the user watches too many.
            Overloaded: too many are watched.
        """
        watch = Watch(submission, after=after, limit=self._room)
        with self._seats.taken_by(user), self.reader.serving(watch):
            yield watch


@asynccontextmanager
async def open_live(settings: Settings, redis: RedisClient) -> AsyncIterator[Live]:
    """Live events over a connection of their own, to wait on."""
    async with AsyncExitStack() as stack:
        patience = BLOCK + _MORE_THAN_BLOCK
        waiting = await stack.enter_async_context(open_redis(settings.redis_url, connections=1, timeout=patience))
        yield Live(settings, Reader(waiting=waiting, redis=redis))
