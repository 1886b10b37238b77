"""What can be done with problems: look them up, page through them, hand their suites to the judge."""

from dataclasses import dataclass

from codex_problem.errors import ProblemNotFound
from codex_problem.problems.acceptance import AcceptanceRates
from codex_problem.problems.model import POINTS, Difficulty, Problem
from codex_problem.problems.repository import ProblemRepository, Published, Query
from codex_problem.problems.suite import Suite
from codex_service.errors import InvalidCursor, InvalidRequest

MAX_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A problem in a list. ``acceptance`` is None while nobody's submission was judged."""

    published: Published
    acceptance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some problems, and the cursor of the next page; empty when there is none."""

    problems: list[Listed]
    next_cursor: str


class Problems:
    """The catalogue."""

    def __init__(self, repository: ProblemRepository, rates: AcceptanceRates) -> None:
        self._repository = repository
        self._rates = rates
        self._difficulties: dict[str, Difficulty] = {}

    async def publish(self, problems: list[Problem]) -> None:
        """Store what the data files say; may be repeated."""
        for problem in problems:
            await self._repository.publish(problem)
        self._difficulties = {problem.slug: problem.difficulty for problem in problems}

    async def get(self, slug: str) -> Listed:
        """One problem; raises ProblemNotFound."""
        return self._listed(await self._repository.get(slug))

    async def suite(self, slug: str) -> Suite:
        """All its tests; raises ProblemNotFound."""
        return await self._repository.suite(slug)

    async def page(self, query: Query) -> Page:
        """A page by slug; raises InvalidCursor or InvalidRequest."""
        if not 1 <= query.limit <= MAX_LIMIT:
            raise InvalidRequest(f"limit must be 1 to {MAX_LIMIT}", field="limit")
        if query.after and query.after not in self._difficulties:
            raise InvalidCursor("not a cursor of ours", field="cursor")
        found = await self._repository.find(query)
        shown = [self._listed(each) for each in found[: query.limit]]
        more = len(found) > query.limit
        return Page(problems=shown, next_cursor=shown[-1].published.problem.slug if more else "")

    def difficulty(self, slug: str) -> Difficulty:
        """Known without asking anybody; raises ProblemNotFound."""
        if slug not in self._difficulties:
            raise ProblemNotFound(f"no problem is called {slug}")
        return self._difficulties[slug]

    def points(self, slug: str) -> int:
        """What the first accepted solution gains."""
        return POINTS[self.difficulty(slug)]

    def _listed(self, published: Published) -> Listed:
        return Listed(published=published, acceptance=self._rates.of(published.problem.slug))
