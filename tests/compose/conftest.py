"""The stack that ``make test-compose`` has started. Without one these tests are not collected: they need Docker."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.compose.stack import Stack
from tests.e2e.client import Platform

_FOLDER = "CODEX_COMPOSE_FOLDER"

collect_ignore_glob = [] if _FOLDER in os.environ else ["test_*.py"]


@pytest.fixture(scope="session")
def folder() -> Path:
    return Path(os.environ[_FOLDER])


@pytest.fixture(scope="session")
def stack(folder: Path) -> Stack:
    return Stack.read(folder / "stack.json")


@pytest.fixture(scope="session")
def note(folder: Path) -> Callable[[str], None]:
    """Write down a figure that is printed at the end."""

    def write(text: str) -> None:
        with (folder / "figures.txt").open("a", encoding="utf-8") as file:
            file.write(f"  {text}\n")

    return write


@pytest.fixture(scope="session")
async def platform(stack: Stack) -> AsyncIterator[Platform]:
    platform = Platform(stack.gateway_url, stack.traces_url)
    yield platform
    await platform.close()
