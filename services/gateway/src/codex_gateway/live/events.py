"""Events of a submission and where each stands among the others."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

_ID: Final = re.compile(r"([0-9]{1,20})-([0-9]{1,20})")
_MOST: Final = 2**64 - 1


class EventId(NamedTuple):
    """An id of a Redis stream: milliseconds and a number within them. Compares as Redis does."""

    time: int
    number: int

    def __str__(self) -> str:
        return f"{self.time}-{self.number}"

    @classmethod
    def parse(cls, text: str) -> "EventId":
        """Raises ValueError for what cannot be an id of such a stream."""
        found = _ID.fullmatch(text)
        if found is None or max(parts := (int(found[1]), int(found[2]))) > _MOST:
            raise ValueError("not the id of an event")
        return cls(*parts)


# What no stream in Redis holds has ids that any replica knows: the beginning lies before all that Redis gives, and the
# verdict behind it, whether it was heard from the stream or found in the record.
START: Final = EventId(0, 0)
QUEUED: Final = EventId(0, 1)
VERDICT: Final = EventId(_MOST, _MOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``data`` is JSON on one line."""

    id: EventId
    name: str
    data: str

    def encode(self) -> bytes:
        """As it is sent: a block of text/event-stream."""
        return f"id: {self.id}\nevent: {self.name}\ndata: {self.data}\n\n".encode()
