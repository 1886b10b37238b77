"""The y-websocket protocol: the few functions that a server needs.

A message is a kind, then what the kind asks for; numbers are lib0's variable-length ones (seven bits a byte, the lowest
first), buffers are preceded by their length.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from codex_collab.errors import MalformedMessage

_LARGEST = 2**53 - 1  # what a number in JavaScript holds: anything above breaks the clients that it is relayed to

EMPTY_UPDATE = b"\0\0"
EMPTY_STATE = b"\0"


class Kind(IntEnum):
    """What a message is about."""

    SYNC = 0
    AWARENESS = 1
    QUERY_AWARENESS = 3


class Step(IntEnum):
    """What I have (a state vector), what you lack (an update), and what has just changed (an update)."""

    HAVE = 0
    LACK = 1
    CHANGE = 2


@dataclass(frozen=True, slots=True)
class Sync:
    """A step of synchronisation; ``payload`` is a state vector or an update."""

    step: Step
    payload: bytes


@dataclass(frozen=True, slots=True)
class AwarenessUpdate:
    """Presences (see ``awareness``), encoded."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class AwarenessQuery:
    """Asks for everybody's presence."""


Message = Sync | AwarenessUpdate | AwarenessQuery


class Reader:
    """Reads numbers and buffers, one after the other; raises MalformedMessage where there is none."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self._at

    def number(self) -> int:
        value = shift = 0
        for byte in self._data[self._at : self._at + 8]:
            value |= (byte & 127) << shift
            shift += 7
            self._at += 1
            if byte < 128:  # noqa: PLR2004 (the eighth bit: there is more)
                break
        else:
            raise MalformedMessage("a number has no end")
        if value > _LARGEST:
            raise MalformedMessage("a number is too large")
        return value

    def buffer(self) -> bytes:
        length = self.number()
        if length > self.left:
            raise MalformedMessage("a buffer is cut off")
        self._at += length
        return self._data[self._at - length : self._at]

    def count(self, *, least: int) -> int:
        """The number of entries to come, each of at least ``least`` bytes.

        Six bytes can claim a hundred million entries, for which a decoder would set half a gigabyte aside.
        """
        count = self.number()
        if count * least > self.left:
            raise MalformedMessage("more entries are claimed than there are bytes")
        return count


def parse(message: bytes) -> Message:
    """What a client says; raises MalformedMessage."""
    reader = Reader(message)
    kind = reader.number()
    if kind == Kind.SYNC:
        return Sync(_step(reader.number()), reader.buffer())
    if kind == Kind.AWARENESS:
        return AwarenessUpdate(reader.buffer())
    if kind == Kind.QUERY_AWARENESS:
        return AwarenessQuery()
    raise MalformedMessage("a message of unknown kind")


def _step(number: int) -> Step:
    try:
        return Step(number)
    except ValueError:
        raise MalformedMessage("a sync message of unknown step") from None


def number(value: int) -> bytes:
    """A number, encoded."""
    encoded = bytearray()
    while value > 127:  # noqa: PLR2004 (seven bits a byte)
        encoded.append(128 | (value & 127))
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def buffer(data: bytes) -> bytes:
    """A buffer, encoded."""
    return number(len(data)) + data


def sync_message(step: Step, payload: bytes) -> bytes:
    return bytes((Kind.SYNC, step)) + buffer(payload)


def awareness_message(payload: bytes) -> bytes:
    return bytes((Kind.AWARENESS,)) + buffer(payload)


def join_buffers(buffers: Iterable[bytes]) -> bytes:
    """Several buffers as one."""
    return b"".join(map(buffer, buffers))


def split_buffers(joined: bytes) -> Iterator[bytes]:
    """The buffers that were joined."""
    reader = Reader(joined)
    while reader.left:
        yield reader.buffer()
