"""Where one stack keeps its things, and where all stacks of a person share theirs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One stack's folder (``CODEX_HOME``), and the cache that every stack of this person uses."""

    folder: Path
    cache: Path

    @property
    def stack_file(self) -> Path:
        return self.folder / "stack.json"

    @property
    def records_file(self) -> Path:
        return self.folder / "supervisor.json"

    @property
    def ports_file(self) -> Path:
        return self.folder / "ports.json"

    @property
    def progress_file(self) -> Path:
        return self.folder / "progress.jsonl"

    @property
    def lock_file(self) -> Path:
        return self.folder / "supervisor.lock"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def make(self) -> None:
        """Create the folders that every part needs.

        Raises:
            OSError: the folder can't be written, or its disk is full.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        self.secrets.mkdir(mode=0o700, exist_ok=True)


def home_from(environment: Mapping[str, str]) -> Home:
    """The stack that ``CODEX_HOME`` names, by default ``.codex`` beside the code."""
    folder = Path(environment.get("CODEX_HOME") or REPOSITORY / ".codex").absolute()
    return Home(folder=folder, cache=cache_from(environment))


def cache_from(environment: Mapping[str, str]) -> Path:
    """The user's cache: downloads that are the same for every stack."""
    base = environment.get("XDG_CACHE_HOME") or os.path.join(environment.get("HOME") or "/tmp", ".cache")  # noqa: PTH118, S108  (a user without a home still gets a cache)
    return Path(base) / "codex"
