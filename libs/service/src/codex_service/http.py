"""An HTTP server that lives and ends like every other part: uvicorn without its own signal handling."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any, Final

import structlog
import uvicorn

log = structlog.get_logger()

_CLOSE: Final = (b"connection", b"close")
_LULL: Final = 0.5  # seconds: who has a connection open and asks at all has asked by then


class _Quiet(uvicorn.Server):
    """The life cycle owns the signals; uvicorn's own handling would end the process before its clean-up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """Serves an ASGI application at ``address``: host:port, or several of them with commas between.

    With ``reuse_port`` other processes of the same user may listen at the same addresses; the kernel shares new
    connections out among them.
    """

    def __init__(
        self, address: str, app: Any, *, keep_alive: int = 75, reuse_port: bool = False, **options: Any
    ) -> None:
        self._addresses = [_parsed(one) for one in address.split(",")]
        self._reuse_port = reuse_port
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
        self._listeners: list[socket.socket] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._listeners = [self._listen(address) for address in self._addresses]
        self._task = asyncio.create_task(self._server.serve(sockets=self._listeners), name="http")
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.01)
        log.info("listening", address=",".join(f"{host}:{port}" for host, port in self._addresses))

    def _listen(self, address: tuple[str, int]) -> socket.socket:
        listener = socket.create_server(address, backlog=1024, reuse_port=self._reuse_port)
        # asyncio sets it only on sockets of an explicit protocol, and each answer would wait 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener

    async def stop(self, grace: float) -> None:
        """Take no more connections, say goodbye on those there are, and give what runs ``grace`` seconds to end."""
        if self._task is None:
            return
        for listener, server in zip(self._listeners, self._server.servers, strict=True):
            waiting = list(_accepted(listener))
            server.close()
            for connection in waiting:
                await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
        await self._say_goodbye(min(_LULL, grace))
        self._server.should_exit = True
        self._server.config.timeout_graceful_shutdown = max(1, int(grace))
        await self._task

    def _protocol(self) -> asyncio.Protocol:
        """One connection, as uvicorn's own listeners would serve it."""
        config = self._server.config
        state, app_state = self._server.server_state, self._server.lifespan.state
        return config.http_protocol_class(config=config, server_state=state, app_state=app_state)  # type: ignore[call-arg]  # uvicorn's protocols share it

    async def _say_goodbye(self, within: float) -> None:
        """Answer what still comes with ``Connection: close``.

        A connection closed just so may be closed while a request is on its way: nobody knows then whether it counts.
        """
        self._server.config.encoded_headers.append(_CLOSE)  # for good
        self._server.server_state.default_headers.append(_CLOSE)  # for what is being served, too
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._server.server_state.connections:  # noqa: ASYNC110 (uvicorn has no event for it)
                    await asyncio.sleep(0.01)


def _accepted(listener: socket.socket) -> Iterator[socket.socket]:
    """Connections that the kernel has made and nobody has taken: they are reset when the listener is closed."""
    listener.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            yield listener.accept()[0]


def _parsed(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)
