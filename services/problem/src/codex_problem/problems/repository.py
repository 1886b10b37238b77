"""Problems in MongoDB. The files are the source; the collection is what all replicas read."""

from dataclasses import dataclass
from typing import Any

from codex_problem.errors import ProblemNotFound
from codex_problem.problems.model import Problem
from codex_problem.problems.suite import Suite, suite_of
from codex_service.mongo import Collection, repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which problems, and where the page begins. Empty strings mean any."""

    difficulty: str = ""
    tag: str = ""
    search: str = ""
    after: str = ""
    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A problem as people see it, with the revision of its suite."""

    problem: Problem
    revision: str


class ProblemRepository:
    """One document a problem, by slug. The suite is stored as the judge gets it."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def publish(self, problem: Problem) -> None:
        """Store a problem; the same again changes nothing."""
        suite = suite_of(problem)
        document = {
            **problem.model_dump(exclude={"slug", "hidden_tests"}),
            "title_lower": problem.title.lower(),
            "revision": suite.revision,
            "suite": suite.content,
        }
        await repeated(lambda: self._collection.replace_one({"_id": problem.slug}, document, upsert=True))

    async def get(self, slug: str) -> Published:
        """A problem without its hidden tests; raises ProblemNotFound."""
        document = await self._collection.find_one({"_id": slug}, {"suite": 0})
        return _published(_found(document, slug))

    async def suite(self, slug: str) -> Suite:
        """A problem's whole suite; raises ProblemNotFound."""
        document = _found(await self._collection.find_one({"_id": slug}, {"suite": 1, "revision": 1}), slug)
        return Suite(revision=document["revision"], content=bytes(document["suite"]))

    async def find(self, query: Query) -> list[Published]:
        """A page of problems by slug, one more than asked for so that the caller knows whether it is the last."""
        cursor = self._collection.find(_filter(query), {"suite": 0}).sort("_id", 1).limit(query.limit + 1)
        return [_published(document) for document in await cursor.to_list(length=query.limit + 1)]


def _filter(query: Query) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if query.difficulty:
        wanted["difficulty"] = query.difficulty
    if query.tag:
        wanted["tags"] = query.tag
    if query.search:
        wanted["title_lower"] = {"$regex": _literal(query.search.lower())}
    if query.after:
        wanted["_id"] = {"$gt": query.after}
    return wanted


def _literal(text: str) -> str:
    """A pattern that matches exactly ``text``: people search for words, not for expressions."""
    return "".join(char if char.isalnum() else f"\\{char}" if char.isascii() else char for char in text)


def _found(document: dict[str, Any] | None, slug: str) -> dict[str, Any]:
    if document is None:
        raise ProblemNotFound(f"no problem is called {slug}")
    return document


def _published(document: dict[str, Any]) -> Published:
    fields = {name: value for name, value in document.items() if name not in {"_id", "title_lower", "revision"}}
    return Published(problem=Problem(slug=document["_id"], **fields), revision=document["revision"])
