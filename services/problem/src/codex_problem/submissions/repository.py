"""Submissions in MongoDB. The database's own guarantees do the work: a unique id, a condition; no lock."""

from datetime import datetime
from typing import Any

import structlog
from pymongo import IndexModel

from codex_problem.errors import SubmissionNotFound
from codex_problem.submissions.documents import DONE, PENDING, credited, judged, new_document, to_submission
from codex_problem.submissions.model import Judgement, Submission, Verdict
from codex_service.mongo import Collection, DuplicateKeyError, aggregate, repeated

log = structlog.get_logger()

_WITHOUT_CODE = {"code": 0, "trace_context": 0}


class SubmissionRepository:
    """Ids are UUIDv7, so the newest have the greatest: lists are pages by id."""

    indexes = (
        IndexModel([("author", 1), ("_id", -1)]),
        IndexModel([("open_since", 1)], sparse=True),
    )

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Make the indexes; may be repeated."""
        await self._collection.create_indexes(list(self.indexes))

    async def add(self, submission: Submission) -> bool:
        """Store a pending submission; False when its id was there already, and then nothing changed."""
        document = new_document(submission)
        try:
            await repeated(lambda: self._collection.insert_one(document))
        except DuplicateKeyError:
            return False
        log.debug("submission created", submission=submission.id, problem=submission.problem)
        return True

    async def finalise(self, id: str, judgement: Judgement, gain: int | None, *, replay: bool = False) -> bool:
        """Give a pending submission its judgement; False when it has one already or isn't there.

        ``gain`` is None while it is not known: the submission then waits to be credited. A ``replay`` may also take the
        place of a judgement that says nothing about the program.
        """
        change = judged(judgement, gain)
        wanted: dict[str, Any] = {"_id": id, "status": PENDING}
        if replay:
            wanted = {"_id": id, "$or": [{"status": PENDING}, {"verdict": Verdict.SYSTEM_ERROR.value}]}
        update = await repeated(lambda: self._collection.update_one(wanted, change))
        first = update.modified_count == 1
        log.info("submission finalised", submission=id, verdict=judgement.verdict.value, first=first)
        return first

    async def credit(self, id: str, points: int) -> None:
        """Note what an accepted submission gained; may be repeated."""
        await repeated(lambda: self._collection.update_one({"_id": id}, credited(points)))

    async def get(self, id: str) -> Submission:
        """One submission without its code; raises SubmissionNotFound."""
        document = await self._collection.find_one({"_id": id}, _WITHOUT_CODE)
        if document is None:
            raise SubmissionNotFound(f"no submission {id}")
        return to_submission(document)

    async def newest(self, author: str, *, problem: str, before: str, limit: int) -> list[Submission]:
        """An author's submissions without code, newest first, older than the one with id ``before``."""
        wanted: dict[str, Any] = {"author": author}
        if problem:
            wanted["problem"] = problem
        if before:
            wanted["_id"] = {"$lt": before}
        cursor = self._collection.find(wanted, _WITHOUT_CODE).sort("_id", -1).limit(limit)
        return [to_submission(document) for document in await cursor.to_list(length=limit)]

    async def count(self, author: str) -> int:
        """How many an author has made."""
        return await self._collection.count_documents({"author": author})

    async def pending(self, *, created_after: datetime, created_before: datetime, limit: int) -> list[Submission]:
        """The oldest submissions of a time that still have no judgement, with their code."""
        wanted = {"open_since": {"$gt": created_after, "$lt": created_before}, "status": PENDING}
        cursor = self._collection.find(wanted).sort("open_since", 1).limit(limit)
        return [to_submission(document) for document in await cursor.to_list(length=limit)]

    async def uncredited(self, *, judged_before: datetime, limit: int) -> list[Submission]:
        """Accepted submissions whose points were never noted."""
        wanted = {"open_since": {"$lt": judged_before}, "status": DONE}
        cursor = self._collection.find(wanted, {"code": 0}).limit(limit)
        return [to_submission(document) for document in await cursor.to_list(length=limit)]

    async def count_judged(self) -> dict[str, tuple[int, int]]:
        """How many were judged and how many of them accepted, by problem. Reads all submissions there are."""
        groups = await aggregate(
            self._collection,
            [
                {"$match": {"status": DONE, "verdict": {"$ne": Verdict.SYSTEM_ERROR.value}}},
                {"$project": {"problem": 1, "accepted": {"$cond": [{"$eq": ["$verdict", "AC"]}, 1, 0]}}},
                {"$group": {"_id": "$problem", "judged": {"$sum": 1}, "accepted": {"$sum": "$accepted"}}},
            ],
        )
        return {group["_id"]: (group["judged"], group["accepted"]) for group in groups}
