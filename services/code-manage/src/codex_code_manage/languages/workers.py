"""What the workers that are alive can run, as they announce it in Redis."""

import json
from dataclasses import dataclass
from typing import Any

from codex_code_manage.errors import LanguageUnavailable
from codex_service.errors import DependencyUnavailable
from codex_service.redis import RedisClient

_WORKERS = "workers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language with the version that the worker found."""

    id: str
    name: str
    version: str
    function_harness: bool


class Workers:
    """The announcements, read every few seconds beside the work so that a submission need not wait for them."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._languages: dict[str, Language] = {}
        self._last_known: dict[str, Language] = {}

    async def refresh(self) -> None:
        """Read all announcements; a worker whose announcement has run out is forgotten."""
        ids: list[Any] = sorted(await self._redis.smembers(_WORKERS))
        found = await self._redis.mget([b"worker:" + id for id in ids]) if ids else []
        gone = [id for id, announcement in zip(ids, found, strict=True) if announcement is None]
        if gone:
            await self._redis.srem(_WORKERS, *gone)
        self._languages = {
            language["id"]: Language(**language)
            for announcement in found
            if announcement
            for language in json.loads(announcement)["languages"]
        }
        self._last_known = self._languages or self._last_known

    async def ping(self) -> None:
        """Raises when no worker is alive."""
        await self.refresh()
        if not self._languages:
            raise DependencyUnavailable("no worker is alive")

    def languages(self) -> list[Language]:
        """By id; empty while no worker is alive."""
        return sorted(self._languages.values(), key=lambda language: language.id)

    def require(self, language: str, *, function: bool) -> None:
        """Raises LanguageUnavailable for one that nobody can run, or not for a function problem.

        While no worker is alive, what the last ones could run counts: programs are accepted, and judged later.
        DependencyUnavailable: there never was a worker.
        """
        if not self._last_known:
            raise DependencyUnavailable("no worker is alive")
        known = self._last_known.get(language)
        if known is None:
            raise LanguageUnavailable(f"no worker can run {language!r} now", field="language")
        if function and not known.function_harness:
            raise LanguageUnavailable(f"{known.name} can't solve function problems", field="language")
