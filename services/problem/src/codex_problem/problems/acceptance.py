"""How often a problem is solved, counted when something is judged: the price does not grow with what is stored."""

from dataclasses import dataclass
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
            first = [
                UpdateOne({"_id": problem}, {"$setOnInsert": {"judged": judged, "accepted": accepted}}, upsert=True)
                for problem, (judged, accepted) in counted.items()
            ]
            if first:
                await self._collection.bulk_write(first, ordered=False)
        await self._read()

    def note(self, problem: str, verdict: Verdict) -> None:
        """A submission was judged; the platform's own faults do not count."""
        if verdict is Verdict.SYSTEM_ERROR:
            return
        count = self._news.setdefault(problem, Count())
        count.judged += 1
        count.accepted += verdict is Verdict.ACCEPTED

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
        added = [
            UpdateOne({"_id": problem}, {"$inc": {"judged": count.judged, "accepted": count.accepted}}, upsert=True)
            for problem, count in news.items()
        ]
        try:
            if added:
                await self._collection.bulk_write(added, ordered=False)
        except BaseException:
            self._take_back(news)
            raise

    def _take_back(self, news: dict[str, Count]) -> None:
        for problem, count in news.items():
            mine = self._news.setdefault(problem, Count())
            mine.judged += count.judged
            mine.accepted += count.accepted

    async def _read(self) -> None:
        found: list[dict[str, Any]] = await self._collection.find({}).to_list(length=None)
        self._known = {each["_id"]: Count(judged=each["judged"], accepted=each["accepted"]) for each in found}
