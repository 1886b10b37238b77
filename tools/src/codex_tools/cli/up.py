"""``codex up``: start a supervisor, and show what it does until the platform is ready."""

import shutil
from collections.abc import Sequence
from subprocess import Popen

from rich.console import Console

from codex_tools.cli.console import show_events
from codex_tools.stack import progress, remote
from codex_tools.stack.errors import StackError
from codex_tools.stack.files import read_json
from codex_tools.stack.home import Home

_DOWN_WITHIN = 120
_NEEDED = 500 * 1024 * 1024


def up(home: Home, arguments: Sequence[str], out: Console) -> int:
    """Bring the stack up, unless it is up; 0 once it is ready, 1 when it could not be."""
    if remote.supervisor(home) is not None:
        return _already_up(home, out)
    home.make()
    _require_space(home)
    out.print(f"Starting Codex in {home.folder}", soft_wrap=True)
    process = remote.start(home, arguments)
    outcome = "ended"
    try:
        outcome = show_events(out, remote.events(home, process))
    finally:
        if outcome != "ready":
            _take_back(home, process)
    return _told(home, outcome, out)


def _already_up(home: Home, out: Console) -> int:
    out.print(f"A stack already runs in {home.folder}; nothing is changed.", soft_wrap=True)
    if progress.was_ready(home.progress_file):
        return _told(home, "ready", out)
    return _told(home, show_events(out, remote.events(home)), out)


def _require_space(home: Home) -> None:
    free = shutil.disk_usage(home.folder).free
    if free < _NEEDED:
        raise StackError(
            f"The disk of {home.folder} has {free >> 20} MB free, and the stack needs {_NEEDED >> 20} MB. "
            "Free some space, or set CODEX_HOME to a folder on another disk."
        )


def _take_back(home: Home, process: Popen[bytes]) -> None:
    """A stack that did not get ready is not left half up."""
    if process.poll() is None:
        process.terminate()
    process.wait(timeout=_DOWN_WITHIN)
    remote.clear_leftovers(home)


def _told(home: Home, outcome: str, out: Console) -> int:
    if outcome == "ended":
        raise StackError("The supervisor ended before the platform was ready.", log=home.log_of("supervisor"))
    if outcome == "ready":
        _show_addresses(home, out)
    return 0 if outcome == "ready" else 1


def _show_addresses(home: Home, out: Console) -> None:
    stack = read_json(home.stack_file)
    shown = {"platform": stack.get("gateway"), "traces": stack.get("traces"), "all addresses": home.stack_file}
    for name, value in shown.items():
        if value is not None:
            out.print(f"  {name:<14} {value}", soft_wrap=True)
