"""Keeps a room of this instance and the room's log in step.

The document always holds everything in the log up to one position. An update that is heard on the bus moves the
position when it is the next one; otherwise the log is read. All of this may happen again and again: updates are
idempotent, and their order does not matter.
"""

from collections.abc import Iterable

import structlog

from codex_collab.errors import BrokenDocument
from codex_collab.rooms import protocol
from codex_collab.rooms.bus import Bus, Heard
from codex_collab.rooms.log import PAGE, START, Appended, Entry, Position, RoomLog
from codex_collab.rooms.room import Room

log = structlog.get_logger()

_LOG_LIMIT = 4 * 1024 * 1024  # bytes of a log, after which its entries are replaced by the document that they make
_LARGE = 64 * 1024  # bytes of an entry
_ENTRY_COST = 64  # bytes that an entry costs besides its updates


class Replica:
    """One room, its place in the log, and what has to be done to catch up."""

    def __init__(self, room: Room, log: RoomLog, bus: Bus) -> None:
        self.room = room
        self.stale = True
        """Whether the log may have what the document lacks."""
        self._log = log
        self._bus = bus
        self._curious = False
        self._position = START
        self._logged = 0
        self._rewrite = False
        self._harmful: set[Position] = set()

    @property
    def settled(self) -> bool:
        return self.room.outbox.empty and not (self.stale or self._rewrite)

    def listening(self) -> None:
        """The bus is heard from now on: what was said before must be read, and the others asked who is there."""
        self.stale = self._curious = True

    def hear(self, news: Heard) -> None:
        """Take an entry that the bus has brought, unless something is missing before it.

        A large one is read from the log as well: it may be a whole document, of which the members have most.
        """
        if news.entry.position <= self._position:
            return
        if news.previous == self._position and news.entry.size < _LARGE:
            self._take(news.entry, relay=news.entry.origin != self._log.origin)
        else:
            self.stale = True

    async def settle(self) -> None:
        """Read what the document lacks, then write what the log lacks. Raises what the client raises."""
        if self.room.incomplete:
            self.room.incomplete = False
            self._position, self.stale = START, True
        if self.stale:
            await self._catch_up()
        await self._write()
        if self._curious:
            await self._bus.ask_who_is_there(self.room.session)
            self._curious = False
        await self._tell_presences()

    async def _catch_up(self) -> None:
        """Read the log to its end, and relay what was new as a whole: piece by piece it might flood the members."""
        self.stale = False
        known = self.room.state_vector() if self._position > START else protocol.EMPTY_STATE
        ended = news = False
        while not ended:
            rest = await self._log.after(self.room.session, self._position)
            if rest.known:
                self._take_all(rest.entries)
                ended, news = len(rest.entries) < PAGE, news or bool(rest.entries)
            else:
                log.warning("the log has lost its place", session=self.room.session)
                self._position, self._logged, self._rewrite = START, 0, True
                known = protocol.EMPTY_STATE
        if news:
            self.room.relay_since(known)

    def _take_all(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.position > self._position:
                self._take(entry, relay=False)

    def _take(self, entry: Entry, *, relay: bool) -> None:
        """Merge an entry. One that breaks the document is left out when the room, now anew, reads the log again."""
        try:
            for update in entry.updates if entry.position not in self._harmful else ():
                self.room.merge(update, relay=relay)
        except BrokenDocument:
            log.exception("the log broke the document", session=self.room.session)
            self._harmful.add(entry.position)
        self._position = entry.position
        self._count(entry.size)

    async def _write(self) -> None:
        updates = tuple(self.room.outbox.updates)
        if self._rewrite:
            await self._write_whole(self.room.whole())
        elif updates:
            self._advance(await self._log.append(self.room.session, updates))
        self.room.outbox.written(len(updates))

    async def _write_whole(self, document: bytes) -> None:
        """Replace the log by the document, which holds all of it up to the position; later entries stay."""
        if document != protocol.EMPTY_UPDATE:
            self._advance(await self._log.append(self.room.session, [document], covers=self._position))
        self._rewrite, self._logged = False, len(document)

    def _advance(self, appended: Appended) -> None:
        """What was just written is in the document already. It comes once more by the bus if others came before."""
        if appended.previous == self._position:
            self._position = appended.position
        elif appended.previous < self._position:
            self.stale = True

    async def _tell_presences(self) -> None:
        if presences := self.room.outbox.take_presences():
            await self._bus.tell(self.room.session, presences)

    def _count(self, size: int) -> None:
        self._logged += size + _ENTRY_COST
        self._rewrite = self._rewrite or self._logged > _LOG_LIMIT
