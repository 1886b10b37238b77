"""The queue of log records, and the thread that empties it."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from codex_telemetry.log_wire import LogRecord

log = structlog.get_logger()

_BATCH: Final = 512
# Receivers refuse messages of more than 4 MiB, unless told otherwise.
_BATCH_BYTES: Final = 1 << 20

Export = Callable[[Sequence[LogRecord]], bool]


class LogSender:
    """Takes records without ever waiting, and sends them in batches.

    Args:
        export: sends a batch, and says whether it arrived; may block.
        room: records that may wait; of those beyond, the newest are lost.
        pause: seconds that a record may wait for others to fill its batch.
    """

    def __init__(self, export: Export, *, room: int, pause: float) -> None:
        self._export, self._room, self._pause = export, room, pause
        self._waiting: deque[LogRecord] = deque()
        # Re-entrant: a destructor may log while its thread is in here.
        self._changed = threading.Condition(threading.RLock())
        self._closed = False
        self._lost = self._told = 0
        self._thread = threading.Thread(target=self._run, name="telemetry-logs", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> int:
        """Records that will never arrive: the queue was full, or their export failed."""
        return self._lost

    def put(self, record: LogRecord) -> None:
        """Hand a record over, or lose it. What the sending thread itself logs is not taken: it would never end."""
        if threading.current_thread() is self._thread:
            return
        with self._changed:
            if self._closed or len(self._waiting) >= self._room:
                self._lost += 1
                return
            self._waiting.append(record)
            if len(self._waiting) in (1, _BATCH):
                self._changed.notify()

    def close(self) -> None:
        """Take no more, and return when everything is sent. Blocks for as long as that takes."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._next():
            try:
                arrived = self._export(batch)
            except Exception:
                log.exception("log records cannot be sent")
                arrived = False
            self._account(0 if arrived else len(batch))

    def _next(self) -> list[LogRecord]:
        """The next batch, when it is full or has waited; an empty one at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            self._changed.wait_for(lambda: len(self._waiting) >= _BATCH or self._closed, self._pause)
            batch: list[LogRecord] = []
            size = 0
            while self._waiting and len(batch) < _BATCH and size < _BATCH_BYTES:
                batch.append(self._waiting.popleft())
                size += len(batch[-1].content)
            return batch

    def _account(self, unsent: int) -> None:
        with self._changed:
            self._lost += unsent
            news, self._told = self._lost - self._told, self._lost
        if news:
            log.warning("log records lost on their way to the collector", count=news)
