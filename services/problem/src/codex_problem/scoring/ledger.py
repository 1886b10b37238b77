"""The score ledger in MongoDB: who gained what, once for each user and problem. Boards are made from it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import IndexModel

from codex_service.mongo import Collection, DuplicateKeyError, aggregate, repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What somebody has gained in all, with how many problems, and when the last of it was gained."""

    user: str
    score: int
    solved: int
    reached_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger."""

    user: str
    problem: str


class ScoreLedger:
    """Its unique id does the work: the second accepted solution of a problem finds the line taken."""

    indexes = (IndexModel([("user", 1)]),)

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Make the indexes; may be repeated."""
        await self._collection.create_indexes(list(self.indexes))

    async def enter(self, *, user: str, problem: str, submission: str, points: int) -> int:
        """Give ``points`` to the first accepted submission, and return what this one has gained: ``points`` or 0.

        One write tells all three cases apart: the line is new, it is this submission's already, or it is another's and
        the unique id refuses a second.
        """
        ours = {"_id": f"{user}:{problem}", "submission": submission}
        line = {"user": user, "problem": problem, "points": points, "at": datetime.now(UTC)}
        try:
            await repeated(lambda: self._collection.update_one(ours, {"$setOnInsert": line}, upsert=True))
        except DuplicateKeyError:
            return 0
        return points

    async def total(self, user: str) -> Total:
        """One user's total; raises LookupError for somebody who has gained nothing."""
        totals = await self._totals({"user": user})
        return totals[0]

    async def totals(self) -> list[Total]:
        """Everybody's."""
        return await self._totals({})

    async def _totals(self, wanted: dict[str, str]) -> list[Total]:
        groups = await aggregate(
            self._collection,
            [
                {"$match": wanted},
                {
                    "$group": {
                        "_id": "$user",
                        "score": {"$sum": "$points"},
                        "solved": {"$sum": 1},
                        "reached_at": {"$max": "$at"},
                    }
                },
            ],
        )
        return [
            Total(user=each["_id"], score=each["score"], solved=each["solved"], reached_at=each["reached_at"])
            for each in groups
        ]

    async def any_entry(self, user: str) -> Entry:
        """Some line of a user who has one; raises LookupError otherwise."""
        line = await self._collection.find_one({"user": user}, {"problem": 1})
        if line is None:
            raise LookupError(user)
        return Entry(user=user, problem=line["problem"])
