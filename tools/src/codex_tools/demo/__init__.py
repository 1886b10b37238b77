"""``codex demo``: the whole platform once, in a minute, in a folder of its own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from codex_tools.cli.down import down, erase
from codex_tools.cli.up import up
from codex_tools.demo.story import tell
from codex_tools.stack import remote
from codex_tools.stack.environment import caller
from codex_tools.stack.files import read_json
from codex_tools.stack.home import REPOSITORY, Home, cache_from

_ENDINGS = (signal.SIGTERM, signal.SIGHUP)
_NEXT = """
What to try next:
  make up              the same platform, kept running; then open the address it prints
  ./codex status       every part with its pid, port and memory
  ./codex logs -f      what they write
  make down            stop it"""


def demo(out: Console) -> int:
    """Start everything, judge three programs, show and check a trace, stop everything; 0 if all was as promised."""
    home = Home(folder=REPOSITORY / ".codex-demo", cache=cache_from(caller()))
    with _interruptible():
        try:
            return _played(home, out)
        finally:
            with _undisturbed():
                _end(home, out)


def _played(home: Home, out: Console) -> int:
    _wipe(home)
    if up(home, ("--as-long-as", str(os.getpid())), out) != 0:
        return 1
    kept = tell(out, str(read_json(home.stack_file)["gateway"]))
    out.print(_NEXT)
    return 0 if kept else 1


def _end(home: Home, out: Console) -> None:
    out.print()
    if remote.supervisor(home) is not None:
        down(home, out)
    remote.clear_leftovers(home)


def _wipe(home: Home) -> None:
    """A demo begins with nothing, whatever an earlier one left."""
    asked = remote.ask_to_end(home)
    if asked is not None:
        remote.wait_for_end(home, asked)
    remote.clear_leftovers(home)
    erase(home)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Being told to end is like Ctrl-C: everything is stopped first."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C does not keep the processes alive that the first one ends."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, *_ENDINGS)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
