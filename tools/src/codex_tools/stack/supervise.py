"""The supervisor's own process: detached from whoever started it, alone in its folder, the owner of all parts."""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from codex_tools.stack import ports
from codex_tools.stack.errors import PortTakenError, StackError, sentence
from codex_tools.stack.home import Home
from codex_tools.stack.leftovers import clear
from codex_tools.stack.progress import Progress
from codex_tools.stack.supervisor import Plan, Supervisor

_ATTEMPTS = 3


@contextmanager
def alone(home: Home) -> Iterator[bool]:
    """Hold the folder's lock, which the kernel gives back however the holder ends; false if somebody has it."""
    descriptor = os.open(home.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def supervise(home: Home, make_plan: Callable[[], Plan], *, as_long_as: int | None = None) -> int:
    """Run a stack until SIGTERM or SIGINT, or until the process ``as_long_as`` is gone; the exit status."""
    with alone(home) as mine:
        if not mine:
            print("Another supervisor has this folder.", file=sys.stderr)  # noqa: T201  (a process of its own)
            return 1
        progress = Progress(home.progress_file)
        try:
            asyncio.run(_serve(home, make_plan, progress, as_long_as))
        except StackError as error:
            progress.failed(str(error), error.log)
            return 1
        except OSError as error:
            progress.failed(sentence(error), None)
            return 1
    return 0


async def _serve(home: Home, make_plan: Callable[[], Plan], progress: Progress, as_long_as: int | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watch = asyncio.create_task(_stop_without(as_long_as, stop))
    await clear(home)
    try:
        await _with_other_ports(home, make_plan, progress, stop)
    finally:
        watch.cancel()


async def _with_other_ports(home: Home, make_plan: Callable[[], Plan], progress: Progress, stop: asyncio.Event) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            await Supervisor(home, make_plan(), progress).run(stop)
        except PortTakenError as error:
            if attempt == _ATTEMPTS:
                raise
            progress.note(f"{error} Others are chosen.")
            ports.forget(home)
        else:
            return


async def _stop_without(pid: int | None, stop: asyncio.Event) -> None:
    """A stack for one purpose ends with the one who wanted it."""
    while pid is not None and psutil.pid_exists(pid):  # noqa: ASYNC110  (another process's end sets no event)
        await asyncio.sleep(0.5)
    if pid is not None:
        stop.set()
