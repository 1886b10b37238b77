"""One process of the stack, described but not started."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Check = Callable[[], Awaitable[None]]
"""Returns when the part does its work; raises anything else than CancelledError when it does not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How to run one store or service.

    ``word`` stands in its command line for as long as it lives, ``patience`` is how long it may take until it does
    its work, in seconds. One that is ``watched`` is asked again while it runs, and replaced when its check raises
    ``UnsoundError``.
    """

    name: str
    word: str
    store: bool
    port: int
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    healthy: Check
    watched: bool = False
    patience: float = 60
    stop_signal: signal.Signals = signal.SIGTERM


Note = Callable[[str], None]
"""Tells the person who waits what takes long."""


Recipe = Callable[[Note], Awaitable[Part]]
"""Makes a part ready to be started: downloads, folders, configuration."""
