"""Idempotency keys in MongoDB: the first request with a key decides which submission it stands for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo import IndexModel

from codex_problem.errors import IdempotencyKeyReused
from codex_service.mongo import Collection, DuplicateKeyError, repeated

KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The submission that a key stands for; ``first`` when this request made it so."""

    submission: str
    first: bool


class IdempotencyKeys:
    """One document for an author's key, gone after a day."""

    indexes = (IndexModel([("expires_at", 1)], expireAfterSeconds=0),)

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Make the indexes; may be repeated."""
        await self._collection.create_indexes(list(self.indexes))

    async def claim(self, *, author: str, key: str, body: str, submission: str) -> Claim:
        """Bind the key to a submission unless it is bound; raises IdempotencyKeyReused when the body was another."""
        id = f"{author}:{key}"
        document = {"_id": id, "body": body, "submission": submission, "expires_at": datetime.now(UTC) + KEPT_FOR}
        try:
            await repeated(lambda: self._collection.insert_one(document))
        except DuplicateKeyError:
            return await self._bound(id, body, submission)
        return Claim(submission=submission, first=True)

    async def _bound(self, id: str, body: str, submission: str) -> Claim:
        found = await self._collection.find_one({"_id": id})
        if found is None:  # it expired between the two calls
            return Claim(submission=submission, first=True)
        if found["body"] != body:
            raise IdempotencyKeyReused("this idempotency key came before, with another body")
        return Claim(submission=found["submission"], first=found["submission"] == submission)
