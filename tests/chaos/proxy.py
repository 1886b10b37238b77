"""A network that can be slow: a TCP proxy of our own in front of a store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

_CHUNK = 65_536


class Proxy:
    """Passes bytes on to wherever ``target`` says the store listens; ``delay`` seconds later, each time it reads."""

    def __init__(self, target: Callable[[], int]) -> None:
        self.delay = 0.0
        self._target = target
        self._busy: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to its end."""
        task = asyncio.current_task()
        assert task
        self._busy.add(task)
        try:
            await self._joined(reader, writer)
        except (OSError, LookupError):
            pass  # nobody listens: the caller sees its connection close, as it would see a refusal
        finally:
            self._busy.discard(task)
            writer.close()

    async def close(self) -> None:
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target())
        ways = {asyncio.create_task(self._pump(reader, back)), asyncio.create_task(self._pump(there, writer))}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            back.close()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, RuntimeError):  # uvloop's word for a connection that is closed
            while data := await source.read(_CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                sink.write(data)
                await sink.drain()


@asynccontextmanager
async def proxied(target: Callable[[], int]) -> AsyncIterator[tuple[Proxy, int]]:
    """A proxy and the port that it listens on."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await proxy.close()
