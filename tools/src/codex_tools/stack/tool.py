"""Programs that run once and end: initdb, uv, the runner's build."""

import asyncio
import subprocess
from collections.abc import Mapping
from pathlib import Path

from codex_tools.stack.errors import StackError
from codex_tools.stack.process import kill_group, spawn


async def run_tool(
    argv: tuple[str, ...], *, environment: Mapping[str, str], folder: Path, log: Path, patience: float, failure: str
) -> None:
    """Run a program to its end, its output in ``log``; nothing of it is left when this returns or is cancelled.

    Raises:
        StackError: with ``failure`` as reason, because it could not be run, failed, or took longer than ``patience`` s.
    """
    try:
        process = await spawn(argv, environment=environment, folder=folder, log=log)
    except OSError as error:
        raise StackError(f"{failure} ({argv[0]}: {error.strerror})") from error
    try:
        status = await asyncio.wait_for(process.wait(), patience)
    except TimeoutError as error:
        raise StackError(f"{failure} (it took more than {patience:.0f} s)", log=log) from error
    finally:
        kill_group(process.pid)
    if status != 0:
        raise StackError(failure, log=log)


def answers(argv: tuple[str, ...], *, folder: Path) -> bool:
    """Whether a short command ends well."""
    try:
        return subprocess.run(argv, cwd=folder, capture_output=True, timeout=10, check=False).returncode == 0  # noqa: S603  (our own argv)
    except (OSError, subprocess.TimeoutExpired):
        return False
