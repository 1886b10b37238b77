"""What a room's other instances have yet to be told."""

import asyncio
from collections.abc import Callable, Iterable

from codex_collab.rooms.awareness import Presence
from codex_service.errors import DependencyUnavailable

_LIMIT = 4 * 1024 * 1024  # bytes of updates: some hundred thousand keystrokes
_PATIENCE = 5.0  # seconds


class Outbox:
    """Updates, of which none may be lost, and presences, of which only the newest count.

    Nothing is dropped while Redis is down: members are read no further when too much waits.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.updates: list[bytes] = []
        self._size = 0
        self._presences: dict[int, Presence] = {}
        self._changed = changed
        self._has_space = asyncio.Event()
        self._has_space.set()

    @property
    def empty(self) -> bool:
        return not self.updates and not self._presences

    def put_update(self, update: bytes) -> None:
        self.updates.append(update)
        self._resize(len(update))
        self._changed()

    def put_presences(self, presences: Iterable[Presence]) -> None:
        self._presences.update((presence.client, presence) for presence in presences)
        self._changed()

    def take_presences(self) -> list[Presence]:
        """The presences that wait; they wait no more."""
        presences, self._presences = list(self._presences.values()), {}
        return presences

    def written(self, count: int) -> None:
        """The first ``count`` updates are safe in the log."""
        self._resize(-sum(map(len, self.updates[:count])))
        del self.updates[:count]

    async def space(self) -> None:
        """Return when there is space for another update.

        Raises:
            DependencyUnavailable: Redis takes nothing for too long. Pages keep what they have, and bring it later.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._has_space.wait()
        except TimeoutError:
            raise DependencyUnavailable("what was written can't be kept at the moment") from None

    def _resize(self, by: int) -> None:
        self._size += by
        if self._size > _LIMIT:
            self._has_space.clear()
        else:
            self._has_space.set()
