"""How often a problem is solved, counted when something is judged: the price does not grow with what is stored."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from pymongo import UpdateOne

from codex_problem.submissions.model import Verdict
from codex_problem.submissions.repository import SubmissionRepository
from codex_service import mongo
from codex_service.mongo import Collection

log = structlog.get_logger()


@dataclass(slots=True)
class Count:
    """Judged submissions of a problem, and how many of them were accepted."""

    judged: int = 0
    accepted: int = 0


class AcceptanceRates:
    """Counts in memory and adds to what all replicas have counted, every few seconds.

    A replica that is killed takes its last few seconds with it: this is a statistic, and no promise hangs on it.
    """

    def __init__(self, collection: Collection, submissions: SubmissionRepository) -> None:
        self._collection = collection
        self._submissions = submissions
        self._news: dict[str, Count] = {}
        self._known: dict[str, Count] = {}

    async def prepare(self) -> None:
        """Count what was judged before anybody counted; may be repeated, by several replicas too."""
        if await self._collection.find_one({}) is None:
            counted = await self._submissions.count_judged()
            await self._write("$setOnInsert", {problem: Count(*numbers) for problem, numbers in counted.items()})
        await self._read()

    def note(self, problem: str, verdict: Verdict) -> None:
        """A submission was judged; the platform's own faults do not count."""
        if verdict is not Verdict.SYSTEM_ERROR:
            self._add(problem, Count(judged=1, accepted=int(verdict is Verdict.ACCEPTED)))

    def of(self, problem: str) -> float | None:
        """The accepted share, 0 to 1; None while nothing was judged."""
        known, news = (counts.get(problem, Count()) for counts in (self._known, self._news))
        judged = known.judged + news.judged
        return (known.accepted + news.accepted) / judged if judged else None

    async def exchange(self) -> None:
        """Tell what was counted here, hear what others have counted; without a database, the next time."""
        try:
            await self._tell()
            await self._read()
        except mongo.OUTAGES as error:
            log.warning("acceptance rates are not exchanged", error=repr(error))

    async def _tell(self) -> None:
        news, self._news = self._news, {}
        try:
            await _whole(asyncio.create_task(self._write("$inc", news)))
        except Exception:
            for problem, count in news.items():
                self._add(problem, count)
            raise

    async def _write(self, operator: str, counts: Mapping[str, Count]) -> None:
        changes = [
            UpdateOne({"_id": problem}, {operator: asdict(count)}, upsert=True) for problem, count in counts.items()
        ]
        if changes:
            await self._collection.bulk_write(changes, ordered=False)

    def _add(self, problem: str, more: Count) -> None:
        count = self._news.setdefault(problem, Count())
        count.judged += more.judged
        count.accepted += more.accepted

    async def _read(self) -> None:
        found: list[dict[str, Any]] = await self._collection.find({}).to_list(length=None)
        self._known = {each["_id"]: Count(judged=each["judged"], accepted=each["accepted"]) for each in found}


async def _whole(write: asyncio.Task[None]) -> None:
    """Wait for a write, also when the turn that began it is cut off: nobody would know whether it has counted."""
    try:
        await asyncio.shield(write)
    except asyncio.CancelledError:
        await write
        raise
