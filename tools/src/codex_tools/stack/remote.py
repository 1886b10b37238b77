"""The supervisor as seen by other processes: whether there is one, starting it, following it, ending it."""

import asyncio
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from sys import executable
from typing import Any

from codex_tools.stack.environment import caller
from codex_tools.stack.errors import StackError
from codex_tools.stack.home import Home
from codex_tools.stack.leftovers import clear
from codex_tools.stack.process import Identity, identify
from codex_tools.stack.progress import follow
from codex_tools.stack.supervise import alone

_DOWN_WITHIN = 120
_WORD = "supervise"


def supervisor(home: Home) -> int | None:
    """The pid of the supervisor that holds the folder, if one does."""
    try:
        with home.lock_file.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or 0) or None
    except FileNotFoundError:
        return None
    return None


def start(home: Home, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a supervisor in a session of its own that holds none of our descriptors."""
    home.make()
    home.progress_file.unlink(missing_ok=True)
    environment = {**caller(), "CODEX_HOME": str(home.folder)}
    argv = [executable, "-m", "codex_tools", _WORD, *arguments]
    with home.log_of("supervisor").open("ab") as log:
        return subprocess.Popen(  # noqa: S603  (our own argv)
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home.folder,
            env=environment,
            start_new_session=True,
        )


def events(
    home: Home, process: subprocess.Popen[bytes] | None = None, *, from_line: int = 0
) -> Iterator[dict[str, Any]]:
    """What the supervisor does, from a line on, until it ends."""

    def alive() -> bool:
        return process.poll() is None if process else supervisor(home) is not None

    return follow(home.progress_file, from_line=from_line, alive=alive)


def ask_to_end(home: Home) -> Identity | None:
    """Ask the supervisor to take the stack down; who it is, None if there is none."""
    pid = supervisor(home)
    if pid is None:
        return None
    asked = identify(pid, _WORD)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    return asked


def wait_for_end(home: Home, asked: Identity, *, within: float = _DOWN_WITHIN) -> None:
    """Wait until a supervisor that was asked to end has ended.

    Raises:
        StackError: it still runs after ``within`` seconds.
    """
    deadline = time.monotonic() + within
    while asked.running():
        if time.monotonic() > deadline:
            raise StackError(f"The supervisor did not end within {within:.0f} s.", log=home.log_of("supervisor"))
        time.sleep(0.05)


def clear_leftovers(home: Home) -> tuple[str, ...]:
    """End what a killed supervisor left; the names of what was found."""
    if not home.lock_file.exists():
        return ()
    with alone(home) as mine:
        return asyncio.run(clear(home)) if mine else ()
