"""The stack under test: the one that CODEX_GATEWAY_URL and CODEX_TRACES_URL name, else an embedded one of our own."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.client import Person, Platform
from tests.e2e.programs import TWO_SUM

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 300


@pytest.fixture(scope="session")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    if gateway := os.environ.get("CODEX_GATEWAY_URL"):
        yield gateway, os.environ["CODEX_TRACES_URL"]
        return
    home = tmp_path_factory.mktemp("codex")
    try:
        _codex("up", home)
        stack = json.loads((home / "stack.json").read_text())
        yield stack["gateway"], stack["traces"]
    finally:
        _codex("down", home)


def _codex(command: str, home: Path) -> None:
    environment = {**os.environ, "CODEX_HOME": str(home)}
    argv = [sys.executable, "-m", "codex_tools", command]
    done = subprocess.run(
        argv, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
async def platform(urls: tuple[str, str]) -> AsyncIterator[Platform]:
    platform = Platform(*urls)
    if "CODEX_GATEWAY_URL" not in os.environ:
        # Nobody has used this stack before us: its caches are cold, this once.
        platform.first = await platform.judged(await platform.sign_up(), TWO_SUM)
    yield platform
    await platform.close()


@pytest.fixture(scope="session")
async def cpp(platform: Platform) -> None:
    """For tests that need a C++ compiler."""
    languages = (await platform.http.get("/api/v1/public/languages")).json()
    if "cpp" not in {language["id"] for language in languages}:
        pytest.skip("the workers of this stack have no C++ compiler")


@pytest.fixture
async def ada(platform: Platform) -> Person:
    return await platform.sign_up()


@pytest.fixture
async def grace(platform: Platform) -> Person:
    return await platform.sign_up(country="US")
