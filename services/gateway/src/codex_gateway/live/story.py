"""The whole story of one submission, told to one watcher."""

from collections.abc import Awaitable, Callable
from typing import Final

from codex_gateway.live.events import QUEUED, START, Event
from codex_gateway.live.reader import Reader
from codex_gateway.live.record import Record
from codex_gateway.live.watch import Watch
from codex_gateway.translate import events as translate
from codex_protos.judging.v1 import judging_pb2 as judging

# A comment. Without an empty line behind it, which some clients take for an event.
HEARTBEAT: Final = b": still here\n"
_SOON: Final = 1.0  # seconds until the record is asked again when it is behind the stream

Tell = Callable[[bytes], Awaitable[None]]


class Story:
    """Events as they come, a heartbeat after every ``heartbeat`` seconds of silence, the verdict from the record."""

    def __init__(self, *, reader: Reader, record: Record, watch: Watch, heartbeat: float, tell: Tell) -> None:
        self._reader = reader
        self._record = record
        self._watch = watch
        self._heartbeat = heartbeat
        self._tell = tell
        self._told = watch.after

    async def tell(self, submission: judging.Submission) -> None:
        """What lies behind the watcher's last event, up to the verdict. ``submission`` as it was just recorded."""
        if not submission.HasField("judgement"):
            await self._begin()
            submission = await self._judged()
        elif self._told == START:
            await self._tell(translate.verdict(submission).encode())
            return
        for event in await self._reader.past(self._record.id, self._told):
            await self._tell_event(event)
        await self._tell(translate.verdict(submission).encode())

    async def _begin(self) -> None:
        if self._told < QUEUED:
            await self._tell_event(translate.queued())

    async def _judged(self) -> judging.Submission:
        """Tell what happens until there is a verdict. The record is asked in silence, too: news may be lost."""
        patience = self._heartbeat
        while True:
            event = await self._next(patience)
            if event is None:
                await self._tell(HEARTBEAT)
            elif event.name != "verdict":
                await self._tell_event(event)
                continue
            else:
                patience = _SOON
            if judged := await self._record.judged():
                return judged

    async def _next(self, patience: float) -> Event | None:
        try:
            return await self._watch.next(within=patience)
        except TimeoutError:
            return None

    async def _tell_event(self, event: Event) -> None:
        await self._tell(event.encode())
        self._told = event.id
