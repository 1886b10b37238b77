"""Other programs, run with a deadline."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from codex_tools.stack.home import REPOSITORY


class Failed(Exception):
    """A program did not end with 0; the text is what it said."""


def run(
    argv: Sequence[str], *, timeout: float, environment: Mapping[str, str] | None = None, stdin: bytes | None = None
) -> str:
    """What the program wrote, to both its outputs; relative paths are the repository's. ``timeout`` in seconds.

    Raises:
        Failed: it did not end with 0.
    """
    done = finished(argv, timeout=timeout, environment=environment, stdin=stdin)
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise Failed(f"{' '.join(argv)} ended with {done.returncode}:\n{text[-5000:]}")
    return text


def finished(
    argv: Sequence[str], *, timeout: float, environment: Mapping[str, str] | None = None, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """The ended program, whatever its status."""
    return subprocess.run(
        argv,
        cwd=Path(REPOSITORY),
        env=environment,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        check=False,
    )
