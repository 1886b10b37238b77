"""Server-sent events, out of bytes that are cut anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, and its data as text."""

    name: str
    data: str


class Parser:
    """Takes pieces of a stream and gives the events that they end."""

    def __init__(self) -> None:
        self._rest = b""
        self._name = "message"
        self._data: list[str] = []

    def feed(self, piece: bytes) -> Iterator[Event]:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            yield from self._line(line.rstrip(b"\r").decode(errors="replace"))

    def _line(self, line: str) -> Iterator[Event]:
        field, _, value = line.partition(":")
        match field:
            case "":
                yield from () if line else self._end()
            case "event":
                self._name = value.removeprefix(" ")
            case "data":
                self._data.append(value.removeprefix(" "))

    def _end(self) -> Iterator[Event]:
        if self._data:
            yield Event(name=self._name, data="\n".join(self._data))
        self._name, self._data = "message", []
