"""An answer that goes on until there is nothing more to tell."""

import asyncio
from typing import Final

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from codex_gateway.http.listener import Listener, TooSlow
from codex_gateway.live.events import EventId
from codex_gateway.live.live import Live
from codex_gateway.live.record import Record
from codex_gateway.live.story import Story
from codex_gateway.live.watch import Watch
from codex_gateway.middleware.exchange import exchange_of
from codex_gateway.settings import Settings
from codex_protos.judging.v1 import judging_pb2 as judging

log = structlog.get_logger()

MEDIA_TYPE: Final = "text/event-stream"
_RETRY: Final = b"retry: 1000\n"  # milliseconds until a client that was cut off comes again
_CLOSING: Final = 1.0  # seconds that the server may need to notice a closed connection


class EventStream(Response):
    """The live events of one submission. What it needs is taken when it is sent, and given back at its end."""

    def __init__(self, live: Live, record: Record, *, after: EventId, settings: Settings) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({"Content-Type": MEDIA_TYPE, "X-Accel-Buffering": "no"})
        self._live = live
        self._record = record
        self._after = after
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        listener = Listener(receive, send, abort=exchange.abort, patience=self._settings.live_patience)
        with self._live.watching(self._record.id, user=self._record.author, after=self._after) as watch:
            submission = await self._record.get()
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if exchange.bodiless:
                await listener.finish()
                return
            exchange.leave()
            await self._serve(listener, watch, submission)

    async def _serve(self, listener: Listener, watch: Watch, submission: judging.Submission) -> None:
        """Tell until all is told, the client is gone or lags, the process ends, or the stream is old enough."""
        async with asyncio.TaskGroup() as tasks:
            gone = tasks.create_task(listener.gone(), name="client of events")
            telling = tasks.create_task(self._tell(listener, watch, submission), name="events")
            over = tasks.create_task(watch.over.wait(), name="end of events")
            ends = {gone, telling, over}
            await asyncio.wait(ends, timeout=self._settings.live_lifetime, return_when=asyncio.FIRST_COMPLETED)
            over.cancel()
            telling.cancel()
            await asyncio.wait({telling})
            await self._part(listener, watch)
            await asyncio.wait({gone}, timeout=_CLOSING)
            gone.cancel()

    async def _tell(self, listener: Listener, watch: Watch, submission: judging.Submission) -> None:
        story = Story(
            reader=self._live.reader,
            record=self._record,
            watch=watch,
            heartbeat=self._settings.live_heartbeat,
            tell=listener.tell,
        )
        try:
            await listener.tell(_RETRY)
            await story.tell(submission)
        except TooSlow:
            watch.lagging = True

    async def _part(self, listener: Listener, watch: Watch) -> None:
        if watch.lagging:
            log.info("a watcher does not read", submission=self._record.id)
            listener.cut_off()
        else:
            await listener.finish()
