"""An HTTP server that lives and ends like every other part: uvicorn without its own signal handling."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import structlog
import uvicorn

log = structlog.get_logger()


class _Quiet(uvicorn.Server):
    """The life cycle owns the signals; uvicorn's own handling would end the process before its clean-up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """Serves an ASGI application at ``address`` (host:port)."""

    def __init__(self, address: str, app: Any, *, keep_alive: int = 75, **options: Any) -> None:
        host, _, port = address.rpartition(":")
        self._address = (host, int(port))
        config = uvicorn.Config(
            app,
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=keep_alive,
            # Else a request on a connection that was paused begins in the trace of the one before it.
            reset_contextvars=True,
            **options,
        )
        self._server = _Quiet(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        listener = socket.create_server(self._address, backlog=1024)
        # asyncio sets it only on sockets of an explicit protocol, and each answer would wait 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="http")
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.01)
        log.info("listening", address=f"{self._address[0]}:{self._address[1]}")

    async def stop(self, grace: float) -> None:
        self._server.should_exit = True
        if self._task:
            self._server.config.timeout_graceful_shutdown = max(1, int(grace))
            await self._task
