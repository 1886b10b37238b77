"""``codex restart``: new processes for the old ones, one after another, while the platform goes on."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from rich.console import Console

from codex_tools.stack import remote
from codex_tools.stack.errors import StackError
from codex_tools.stack.home import Home
from codex_tools.stack.replicas import in_order, service_of
from codex_tools.stack.services import NAMES, service_name
from codex_tools.stack.state import Record, recorded

_WITHIN = 90  # seconds: the grace for running work, and a start on a busy machine
_SETTLE = 1.5  # seconds: by then those who call a service have found its new process


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One process, and the one that took its place."""

    old: int | None
    new: int
    seconds: float


def restart(home: Home, services: Sequence[str], out: Console) -> int:
    """Restart these services, all six if none is named; 0 when every process is back, 1 where no stack runs.

    Raises:
        StackError: nothing of that name runs, or a process was not back in time; those after it were left alone.
    """
    if remote.supervisor(home) is None:
        out.print(f"No stack runs in {home.folder}.", soft_wrap=True)
        return 1
    names = _chosen(home, services)
    for position, name in enumerate(names):
        if position:
            time.sleep(_SETTLE)
        _tell(out, name, _restarted(home, name))
    return 0


def _chosen(home: Home, services: Sequence[str]) -> list[str]:
    """The processes meant, a service's own after one another, in the order asked for."""
    running = [record.name for record in recorded(home) if not record.store]
    wanted = [service_name(service) for service in services] or list(NAMES)
    found = [_meant(name, running) for name in wanted]
    for name, group in zip(wanted, found, strict=True):
        if services and not group:
            raise StackError(f"No {name} runs here; there are: {', '.join(running) or 'no services'}.")
    return list(dict.fromkeys(name for group in found for name in group))


def _meant(name: str, running: Sequence[str]) -> list[str]:
    """A service's name means all its processes, as the first one's name does; another one's means that one."""
    if service_of(name) != name:
        return [name] if name in running else []
    return [each for group in in_order(running, [name]) for each in group]


def _restarted(home: Home, name: str) -> _Change:
    """End a process and wait for the one that the supervisor puts in its place."""
    began, old = time.monotonic(), _record(home, name).process
    if old is not None and old.running():
        with suppress(ProcessLookupError):
            os.kill(old.pid, signal.SIGTERM)
    while time.monotonic() < began + _WITHIN:
        new = _record(home, name)
        if new.state == "running" and new.process and new.process != old:
            seconds = time.monotonic() - began
            return _Change(old=old.pid if old else None, new=new.process.pid, seconds=seconds)
        time.sleep(0.05)
    raise StackError(f"{name} was not back within {_WITHIN} s.", log=home.log_of(name))


def _record(home: Home, name: str) -> Record:
    for record in recorded(home):
        if record.name == name:
            return record
    raise StackError(f"{name} is gone: the stack was taken down meanwhile.")


def _tell(out: Console, name: str, change: _Change) -> None:
    pids = f"pid {change.old or '-'} -> {change.new}"
    out.print(f"  [green]✓[/] {name:<28} [dim]{change.seconds:5.1f} s   {pids}[/]")
