"""Embedded stacks to be measured, each in a folder of its own, with its limits out of the way."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).parents[2]
UNLIMITED = ("gateway.CODEX_JUDGE_PER_MINUTE=1000000", "gateway.CODEX_JUDGE_BURST=1000000")
START_WITHIN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running stack: addresses, and the pids of the six services and of the stores."""

    name: str
    gateway: str
    traces: str
    services: dict[str, int]
    stores: dict[str, int]

    def memory(self) -> dict[str, int]:
        """Resident bytes of each service process."""
        return {name: _resident(pid) for name, pid in self.services.items()}

    def cpu_time(self) -> float:
        """Seconds of CPU that the services, their sandboxes left out, have used."""
        return sum(_cpu(pid) for pid in self.services.values())

    def cpu_times(self) -> dict[str, float]:
        """Seconds of CPU of each part by itself, without what it has started."""
        return {name: _cpu(pid) for name, pid in (self.services | self.stores).items()}


@contextmanager
def running(name: str, *options: str) -> Iterator[Stack]:
    """A stack for the length of a block."""
    with TemporaryDirectory(prefix="codex-bench-", ignore_cleanup_errors=True) as home:
        limits = [word for value in UNLIMITED for word in ("--set", value)]
        try:
            _codex(home, "up", *limits, *options)
            yield _read(name, Path(home) / "stack.json")
        finally:
            _codex(home, "down", "--erase")


def _codex(home: str, *words: str) -> None:
    environment = {**os.environ, "CODEX_HOME": home}
    subprocess.run(
        [sys.executable, "-m", "codex_tools", *words],
        cwd=REPOSITORY,
        env=environment,
        check=True,
        timeout=START_WITHIN,
        stdout=subprocess.DEVNULL,
    )


def _read(name: str, file: Path) -> Stack:
    stack = json.loads(file.read_text())
    services, stores = (
        {part: entry["pid"] for part, entry in stack[kind].items() if entry["pid"]} for kind in ("services", "stores")
    )
    return Stack(name=name, gateway=stack["gateway"], traces=stack["traces"], services=services, stores=stores)


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
