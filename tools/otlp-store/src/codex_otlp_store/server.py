"""Both sides of the store in one process."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from codex_otlp_store.http import QueryApi
from codex_otlp_store.ingest import otlp_server
from codex_otlp_store.store import TraceStore

_GRACE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Addresses are ``host:port``, port 0 takes a free one."""

    otlp: str
    http: str
    max_traces: int
    max_bytes: int


async def serve(options: Options) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        OSError, RuntimeError: an address can't be bound.
    """
    store = TraceStore(max_traces=options.max_traces, max_bytes=options.max_bytes)
    otlp, otlp_port = otlp_server(store, options.otlp)
    with _listen(options.http) as http_socket:
        http = _HttpServer(uvicorn.Config(QueryApi(store).app(), log_level="warning", access_log=False))
        _stop_on_signals(http)
        await otlp.start()
        print(f"ready otlp={otlp_port} http={http_socket.getsockname()[1]}", flush=True)  # noqa: T201 - for whoever starts it
        await http.serve(sockets=[http_socket])
        await otlp.stop(_GRACE)


class _HttpServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to us: uvicorn raises them again at its end, and the exit code would be 143."""
        yield


def _stop_on_signals(http: uvicorn.Server) -> None:
    def stop() -> None:
        http.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_server((host, int(port)), backlog=128)
