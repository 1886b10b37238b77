"""A room in one instance: its document, its members, and what other instances have yet to be told."""

import time
from collections.abc import Callable, Iterable

import structlog

from codex_collab.errors import BrokenDocument, MalformedMessage, TooLarge, TooManyMembers
from codex_collab.rooms import protocol
from codex_collab.rooms.awareness import Awareness, Presence, read_presences, write_presences
from codex_collab.rooms.document import Document
from codex_collab.rooms.member import Member
from codex_collab.rooms.outbox import Outbox
from codex_collab.rooms.protocol import Step

log = structlog.get_logger()

MESSAGE_LIMIT = 1024 * 1024
"""Bytes of a message, but for what a client brings that comes back: that may be a whole document."""

_WHAT_THE_ROOM_LACKS = bytes((protocol.Kind.SYNC, Step.LACK))
_MEMBER_LIMIT = 64


class Room:
    """Nothing here waits: whatever a member says has been applied and relayed when ``receive`` returns.

    ``changed`` is called when the outbox got something, or the document must be read from the log.
    """

    def __init__(self, session: str, changed: Callable[[], None]) -> None:
        self.session = session
        self.outbox = Outbox(changed)
        self.incomplete = True
        """Whether the document lacks what the log has: at first, and after it broke."""
        self.quiet_since = time.monotonic()
        self._changed = changed
        self._document = Document()
        self._awareness = Awareness()
        self._members: set[Member] = set()

    @property
    def empty(self) -> bool:
        return not self._members

    def whole(self) -> bytes:
        """One update that makes the whole document."""
        return self._document.whole()

    def state_vector(self) -> bytes:
        """What the document has, in short."""
        return self._document.state_vector()

    def join(self, member: Member) -> None:
        """Let a member in and begin to synchronise; raises TooManyMembers."""
        if len(self._members) >= _MEMBER_LIMIT:
            raise TooManyMembers("the room is full")
        self._members.add(member)
        member.send(protocol.sync_message(Step.HAVE, self._document.state_vector()))
        self._greet(member)

    def leave(self, member: Member) -> None:
        """Let a member go; the others see its cursor vanish."""
        self._members.discard(member)
        self.quiet_since = time.monotonic()
        self._announce(self._awareness.withdraw(member, time.monotonic()))

    def receive(self, member: Member, message: bytes) -> None:
        """Do what a member says.

        Raises:
            MalformedMessage: it makes no sense; nobody else has seen it.
            TooLarge: the message, or the document with it, is over its limit.
        """
        if len(message) > MESSAGE_LIMIT and not message.startswith(_WHAT_THE_ROOM_LACKS):
            raise TooLarge("the message is too large")
        match protocol.parse(message):
            case protocol.Sync(Step.HAVE, payload):
                member.send(protocol.sync_message(Step.LACK, self._document.lacking(payload)))
            case protocol.Sync(_, payload):
                self._edit(member, payload)
            case protocol.AwarenessUpdate(payload):
                self._announce(self._awareness.hear(member, read_presences(payload), time.monotonic()))
            case protocol.AwarenessQuery():
                self._greet(member)

    def merge(self, update: bytes, *, relay: bool) -> None:
        """Take an update from the log; raises BrokenDocument, and then has begun an empty document."""
        try:
            self._document.merge(update)
        except MalformedMessage:
            log.error("the log holds what is no update", session=self.session)  # noqa: TRY400 (it names the fault)
            return
        except BrokenDocument:
            self._begin_anew()
            raise
        if relay:
            self._relay(protocol.sync_message(Step.CHANGE, update))

    def learn(self, presences: Iterable[Presence]) -> None:
        """Take presences from another instance."""
        news = self._awareness.learn(presences, time.monotonic())
        if news:
            self._relay(protocol.awareness_message(write_presences(news)))

    def introduce_members(self) -> None:
        """Have other instances told who is here."""
        self.outbox.put_presences(self._awareness.of_members())

    def relay_since(self, state_vector: bytes) -> None:
        """Send every member what has become of the document since it had this state."""
        if self._members:
            self._relay(protocol.sync_message(Step.CHANGE, self._document.lacking(state_vector)))

    def forget_silent(self) -> None:
        """Forget presences that nobody renews."""
        self._awareness.forget_silent(time.monotonic())

    def _edit(self, member: Member, update: bytes) -> None:
        """Apply before relaying: what is malformed stops here."""
        if update == protocol.EMPTY_UPDATE:
            return
        try:
            self._document.apply(update)
        except BrokenDocument:
            self._begin_anew()
            raise MalformedMessage("not an update") from None
        self._relay(protocol.sync_message(Step.CHANGE, update), but=member)
        self.outbox.put_update(update)

    def _begin_anew(self) -> None:
        """Distrust the document. What the log doesn't have yet is in the outbox; the rest is read again."""
        log.warning("the document broke", session=self.session)
        self._document = Document()
        for update in self.outbox.updates:
            self._document.merge(update)
        self.incomplete = True
        self._changed()

    def _announce(self, news: list[Presence]) -> None:
        """To the sender too: stock clients drop a connection on which they hear nothing for 30 seconds."""
        if news:
            self._relay(protocol.awareness_message(write_presences(news)))
            self.outbox.put_presences(news)

    def _greet(self, member: Member) -> None:
        if present := self._awareness.present():
            member.send(protocol.awareness_message(write_presences(present)))

    def _relay(self, message: bytes, *, but: Member | None = None) -> None:
        for member in self._members:
            if member is not but:
                member.send(message)
