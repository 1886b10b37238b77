"""What a supervisor is doing, told to whoever watches: a file of JSON lines, one a step."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Progress:
    """Writes what happens. Events: begin and end of a step, notes, ready, failed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.write_text("", encoding="utf-8")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Tell that something began, and how long it took once it is done."""
        began = time.monotonic()
        self._write(event="begin", text=text)
        yield
        self._write(event="end", text=text, seconds=round(time.monotonic() - began, 2))

    def note(self, text: str) -> None:
        self._write(event="note", text=text)

    def ready(self) -> None:
        self._write(event="ready")

    def failed(self, reason: str, log: Path | None) -> None:
        self._write(event="failed", text=reason, log=str(log) if log else None)

    def _write(self, **event: Any) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")


def was_ready(file: Path) -> bool:
    """Whether the writer has come so far."""
    return any(event["event"] == "ready" for event in _events(file))


def length(file: Path) -> int:
    """How many events there are so far."""
    return len(_events(file))


def _events(file: Path) -> list[dict[str, Any]]:
    lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
    return [json.loads(line) for line in lines]


def follow(file: Path, *, from_line: int, alive: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    """The events from a line on, as they come, until the writer is gone and all are read."""
    seen = from_line
    while True:
        last_round = not alive()
        events = _events(file)
        yield from events[seen:]
        seen = max(seen, len(events))
        if last_round:
            return
        time.sleep(0.05)
