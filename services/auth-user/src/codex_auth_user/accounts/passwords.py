"""Passwords: argon2id off the event loop, so many at once as there is memory and CPU for."""

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from codex_service.errors import Overloaded

R = TypeVar("R")


class Passwords:
    """Makes and verifies hashes, ``concurrency`` at once; one that has waited ``patience`` seconds is refused.

    Every method raises Overloaded then.
    """

    def __init__(self, hasher: PasswordHasher, *, concurrency: int, patience: float) -> None:
        self._hasher = hasher
        self._room = asyncio.Semaphore(concurrency)
        self._patience = patience
        self._decoy = hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """A hash to store: algorithm, cost and salt are part of it."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether ``stored`` is the hash of this password; without a hash, no account, the no takes as long."""
        return await self._run(lambda: self._verify(stored or self._decoy, password)) and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False

    async def _run(self, work: Callable[[], R]) -> R:
        """A thread goes on when its caller has gone, so its place is free when the thread ends and not before."""
        try:
            async with asyncio.timeout(self._patience):
                await self._room.acquire()
        except TimeoutError:
            raise Overloaded("too many passwords are waiting to be checked") from None
        task = asyncio.create_task(asyncio.to_thread(work))
        task.add_done_callback(lambda _: self._room.release())
        return await asyncio.shield(task)
