"""What the tests start and stop: Redis, and the service as a process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
from services.collab.tests.integration.pages import Page, offer, open_page

from codex_protos.collab.v1 import collab_service_pb2 as pb
from codex_protos.collab.v1.collab_service_pb2_grpc import CollabServiceStub
from codex_tools.stack import environment, ports, process, valkey
from codex_tools.stack.home import Home
from codex_tools.stack.part import Part


async def eventually(check: Callable[[], Awaitable[object]], within: float = 20) -> None:
    """Until ``check`` raises no more."""
    async with asyncio.timeout(within):
        while True:
            try:
                await check()
            except Exception:  # noqa: BLE001 (whatever it raises: not yet)
                await asyncio.sleep(0.02)
            else:
                return


class Store:
    """A Redis that can be stopped and started."""

    def __init__(self, part: Part, url: str, log: Path) -> None:
        self.url = url
        self._part = part
        self._log = log

    async def start(self) -> None:
        part = self._part
        self._process = await process.spawn(part.argv, environment=part.environment, folder=part.folder, log=self._log)
        await eventually(part.healthy)

    async def stop(self) -> None:
        await process.end(self._process)


@asynccontextmanager
async def some_store(folder: Path, *, forgetful: bool = False) -> AsyncIterator[Store]:
    """A Redis of one's own; a forgetful one loses everything when it is stopped."""
    home = Home(folder=folder, cache=folder)
    home.make()
    port = ports.choose(("redis",), {})["redis"]
    url = f"redis://127.0.0.1:{port}/0"
    part = await valkey.recipe(home, port, url, environment.clean(environment.caller()))(print)
    if forgetful:
        part = replace(part, argv=(*part.argv, "--appendonly", "no"))
    store = Store(part, url, folder / "redis.log")
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


class Instance:
    """One process of the service."""

    def __init__(self, redis_url: str, auth_user: str, log: Path) -> None:
        chosen = ports.choose(("grpc", "http"), {})
        self.grpc_address = f"127.0.0.1:{chosen['grpc']}"
        self.http_address = f"127.0.0.1:{chosen['http']}"
        self.log = log
        self._variables = {
            "CODEX_GRPC_ADDRESS": self.grpc_address,
            "CODEX_HTTP_ADDRESS": self.http_address,
            "CODEX_WEBSOCKET_URL": f"ws://{self.http_address}/ws",
            "REDIS_URL": redis_url,
            "CODEX_AUTH_USER_TARGET": auth_user,
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *command: str, variables: Mapping[str, str] | None = None) -> None:
        """Start it (or ``command``, run by Python in its place) and wait until it serves."""
        self._process = await process.spawn(
            (sys.executable, *(command or ("-m", "codex_collab"))),
            environment={**environment.clean(os.environ), **self._variables, **(variables or {})},
            folder=self.log.parent,
            log=self.log,
        )
        host, _, port = self.http_address.partition(":")
        await eventually(lambda: asyncio.wait_for(asyncio.open_connection(host, int(port)), 1))

    async def terminate(self, within: float = 15) -> int:
        """Ask it to end, and give its exit status."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), within)

    async def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def memory(self) -> int:
        """Bytes in use."""
        assert self._process
        return process.memory(self._process.pid)

    async def create_session(self, **fields: str) -> pb.CreateSessionResponse:
        async with grpc.aio.insecure_channel(self.grpc_address) as channel:
            request = pb.CreateSessionRequest(**{"owner": "ada", **fields})
            return await CollabServiceStub(channel).CreateSession(request, timeout=10)


@dataclass(frozen=True, slots=True)
class World:
    """Some instances, and pages that are opened on them."""

    instances: Sequence[Instance]
    token: Callable[..., str]

    async def session(self) -> pb.CreateSessionResponse:
        return await self.instances[0].create_session(problem="two-sum", language="python")

    def url(self, session_id: str, instance: int = 0) -> str:
        return f"ws://{self.instances[instance].http_address}/ws/{session_id}"

    def page(self, session: pb.CreateSessionResponse, user: str = "ada", instance: int = 0) -> Page:
        """A page that isn't open yet."""
        return Page(self.url(session.session_id, instance), offer(self.token(user), session.invite_token))

    def open(
        self, session: pb.CreateSessionResponse, user: str = "ada", instance: int = 0, *, staying: bool = False
    ) -> AbstractAsyncContextManager[Page]:
        return open_page(self.page(session, user, instance), staying=staying)
