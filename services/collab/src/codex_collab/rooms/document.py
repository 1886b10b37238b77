"""The document of a room: a CRDT that takes updates in any order and refuses to be harmed by them."""

from pycrdt import Doc

from codex_collab.errors import BrokenDocument, MalformedMessage, TooLarge
from codex_collab.rooms.protocol import Reader

LIMIT = 2 * 1024 * 1024
"""Bytes of a document's whole state, deleted text's remains included."""

_WORTH_MEASURING = 64 * 1024  # growth in bytes: measuring a large document takes milliseconds

# The least bytes of an entry: (client, clock) in a state vector; (structs, client, clock) in an update.
_STATE_ENTRY = 2
_UPDATE_ENTRY = 3


class Document:
    """What the members of a room have written.

    Its size is known roughly: measured now and then, and grown by every update since.
    """

    def __init__(self) -> None:
        self._doc: Doc[object] = Doc()  # type: ignore[type-var]  # it has no root of its own: members name theirs
        self._measured = 0
        self._growth = 0

    def state_vector(self) -> bytes:
        """What this document has, in short."""
        return self._doc.get_state()

    def whole(self) -> bytes:
        """One update that makes this document out of an empty one."""
        return self._doc.get_update()

    def lacking(self, state_vector: bytes) -> bytes:
        """The update that somebody lacks; raises MalformedMessage for what isn't a state vector."""
        Reader(state_vector).count(least=_STATE_ENTRY)
        try:
            return self._doc.get_update(state_vector)
        except ValueError:
            raise MalformedMessage("not a state vector") from None

    def apply(self, update: bytes) -> None:
        """Take a member's update.

        Raises:
            MalformedMessage: it is none; nothing has changed.
            TooLarge: the document would be over the limit; nothing has changed.
            BrokenDocument: it was none, and nobody knows what it has changed.
        """
        self._make_room(len(update))
        self.merge(update)

    def merge(self, update: bytes) -> None:
        """Take an update that was let in elsewhere; raises as ``apply``, but for the limit."""
        Reader(update).count(least=_UPDATE_ENTRY)
        try:
            self._doc.apply_update(update)
        except ValueError:
            raise MalformedMessage("not an update") from None
        except BaseException as error:
            # A panic of the Rust library arrives as a BaseException of a class that can't be imported.
            if isinstance(error, RuntimeError) or type(error).__name__ == "PanicException":
                raise BrokenDocument from error
            raise
        self._growth += len(update)

    def _make_room(self, size: int) -> None:
        if self._measured + self._growth + size > LIMIT and self._growth > _WORTH_MEASURING:
            self._measure()
        if self._measured + self._growth + size > LIMIT:
            raise TooLarge("the document is too large")

    def _measure(self) -> None:
        """Measure, and let go of updates whose predecessors never came: they count nowhere else."""
        state = self.whole()
        self._doc = Doc()
        self._doc.apply_update(state)
        self._measured, self._growth = len(state), 0
