"""The embedded store stays as fast as it was: once it remembered every write and sorted them all at each one."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from codex_problem.submissions.model import Submission
from codex_problem.submissions.repository import SubmissionRepository
from codex_service.ids import uuid7
from codex_service.mongo import open_mongo


async def write(repository: SubmissionRepository, count: int) -> float:
    """Seconds that ``count`` writes take, sixteen at a time."""

    async def some() -> None:
        for _ in range(count // 16):
            await repository.add(
                Submission(
                    id=uuid7(), author="a", problem="p", language="python", code="pass", created_at=datetime.now(UTC)
                )
            )

    begun = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(16)))
    return time.perf_counter() - begun


@pytest.mark.slow
async def test_the_twelve_thousandth_write_is_as_fast_as_the_first(fresh_mongo: Callable[[], str]) -> None:
    async with open_mongo(fresh_mongo()) as database:
        repository = SubmissionRepository(database["submissions"])
        await repository.prepare()

        first = await write(repository, 2000)
        await write(repository, 8000)
        last = await write(repository, 2000)

    assert last < 3 * first
