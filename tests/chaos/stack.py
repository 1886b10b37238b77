"""The embedded stack that is tormented: its start and end, and its processes by name."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil

from codex_tools.stack import mongo, postgres
from codex_tools.stack.home import REPOSITORY, Home, home_from
from codex_tools.stack.process import Identity
from codex_tools.stack.state import recorded
from tests.chaos.clock import Clock
from tests.chaos.disk import Disk, mounted
from tests.chaos.faults import FILLED, SLOWED
from tests.chaos.proxy import Proxy, proxied
from tests.load.stack import UNLIMITED

_UNLIMITED: Final = (
    *UNLIMITED,
    "gateway.CODEX_READS_PER_MINUTE=1000000",
    "gateway.CODEX_SIGN_INS_PER_HOUR=1000000",
)
_USERS_OF_REDIS: Final = ("gateway", "auth-user", "problem", "code-manage", "code-execution", "collab")
_PATIENCE: Final = 300


class Stack:
    """A running stack. A process is found by the supervisor's records, and only that very process is touched."""

    def __init__(self, home: Home, proxies: Mapping[str, Proxy], disks: Mapping[str, Disk], clock: Clock) -> None:
        self.home = home
        self.clock = clock
        self.proxies = proxies
        self.disks = disks
        document = _document(home)
        self.gateway: str = document["gateway"]
        self.traces: str = document["traces"]
        self.kafka: str = document["kafka"]
        self.redis: str = document["redis"]

    def process(self, name: str) -> Identity | None:
        """Who does this part's work now; None while it is being started again."""
        found = next((record.process for record in recorded(self.home) if record.name == name), None)
        return found if found and found.running() else None

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to a part; False while there is no process of it."""
        process = self.process(name)
        if process is None:
            return False
        os.kill(process.pid, number)
        return True

    def freeze(self, name: str) -> tuple[psutil.Process, ...]:
        """Stop a part and all its descendants; who they are."""
        process = self.process(name)
        if process is None:
            return ()
        leader = psutil.Process(process.pid)
        frozen = []
        for each in (leader, *leader.children(recursive=True)):
            try:
                each.suspend()
            except psutil.NoSuchProcess:
                continue
            frozen.append(each)
        return tuple(frozen)

    def restarts(self) -> dict[str, int]:
        """How often each part was started again."""
        return {record.name: record.restarts for record in recorded(self.home)}


def thaw(frozen: tuple[psutil.Process, ...]) -> None:
    for each in frozen:
        try:
            each.resume()
        except psutil.NoSuchProcess:
            continue


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A folder for a stack, with disks of their own for some stores, and a clock of its own for the worker."""

    home: Home
    disks: Mapping[str, Disk]
    clock: Clock


@asynccontextmanager
async def running(*extra: str, keep: Path | None = None) -> AsyncIterator[Stack]:
    """A stack for the length of a block, its stores behind proxies; its logs are copied to ``keep`` at the end.

    ``extra`` are more settings for ``codex up --set``.
    """
    with _place(keep) as place:
        async with AsyncExitStack() as stack:
            ports = _Ports(place.home)
            doors = {name: await stack.enter_async_context(proxied(ports.of(name))) for name in SLOWED}
            settings = [*_UNLIMITED, *extra, *_through(place.home, {name: port for name, (_, port) in doors.items()})]
            settings += [f"code-execution.{name}={value}" for name, value in place.clock.environment.items()]
            try:
                await _codex(place.home, "up", *(word for value in settings for word in ("--set", value)))
                proxies = {name: proxy for name, (proxy, _) in doors.items()}
                yield Stack(place.home, proxies, place.disks, place.clock)
            finally:
                await _codex(place.home, "down")


@contextmanager
def _place(keep: Path | None) -> Iterator[_Place]:
    with TemporaryDirectory(prefix="codex-chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        home = home_from({**os.environ, "CODEX_HOME": folder})
        with ExitStack() as stack:
            disks = {name: stack.enter_context(mounted(home.folder / name)) for name in FILLED}
            try:
                full = {name: disk for name, disk in disks.items() if disk}
                yield _Place(home=home, disks=full, clock=Clock(Path(folder)))
            finally:
                postgres.remove_data(home)
                _copy_logs(home, keep)


def _copy_logs(home: Home, keep: Path | None) -> None:
    if keep is None or not home.logs.exists():
        return
    keep.mkdir(parents=True, exist_ok=True)
    for log in home.logs.iterdir():
        (keep / log.name).write_bytes(log.read_bytes())


class _Ports:
    """Where the stores listen: asked when somebody connects, since a stack chooses while it starts."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def of(self, name: str) -> Any:
        def port() -> int:
            return int(json.loads(self._home.ports_file.read_text())[name])

        return port


def _through(home: Home, doors: Mapping[str, int]) -> Iterator[str]:
    """Settings that lead the services to their stores through the proxies."""
    home.make()
    for service in _USERS_OF_REDIS:
        yield f"{service}.REDIS_URL=redis://127.0.0.1:{doors['redis']}/0"
    yield f"problem.MONGODB_URI={mongo.uri(doors['mongo'])}"
    yield f"auth-user.DATABASE_URL={postgres.url(home, doors['postgres'])}"


async def _codex(home: Home, *words: str) -> None:
    """Run the command line; in a thread, since the proxies must go on meanwhile."""
    environment = {**os.environ, "CODEX_HOME": str(home.folder)}
    argv = [sys.executable, "-m", "codex_tools", *words]
    done = await asyncio.to_thread(
        subprocess.run, argv, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=_PATIENCE
    )
    if done.returncode != 0:
        raise RuntimeError(f"codex {words[0]}: {done.stdout}{done.stderr}")


def _document(home: Home) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(home.stack_file.read_text())
    return document
