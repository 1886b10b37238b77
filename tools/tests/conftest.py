"""Stacks of their own for tests, each in a folder that is gone afterwards."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from codex_tools.testing import Stack, clean_up, running, stack_in


@pytest.fixture(autouse=True)
def _own_stores_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "MONGODB_URI", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """A folder in which nothing runs yet, and nothing any more afterwards."""
    stack = stack_in(tmp_path / "codex")
    yield stack
    await clean_up(stack)


@pytest.fixture(scope="session")
async def stores(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The stores, up, for tests that leave them as they are or better."""
    async with running(tmp_path_factory.mktemp("stores"), "--stores-only") as stack:
        yield stack
