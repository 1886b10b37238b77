"""A runner behind a unix socket: the first process of another container."""

import asyncio
import contextlib
import socket
from pathlib import Path

from codex_code_execution.sandbox.errors import SandboxUnavailable


class RunnerConnection:
    """A connection is a slot: the runner makes it when it accepts, and ends all of it before it hangs up."""

    def __init__(
        self, connection: socket.socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, over: asyncio.Event
    ) -> None:
        self.reader = reader
        self.writer = writer
        self._connection = connection
        self._over = over

    @classmethod
    async def open(cls, path: Path) -> "RunnerConnection":
        """Connect to the runner that listens there.

        Raises:
            SandboxUnavailable: there is none.
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = _Protocol(reader)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            await loop.sock_connect(connection, str(path))
        except OSError as error:
            connection.close()
            raise SandboxUnavailable(f"no runner listens: {error.strerror}") from error
        transport, _ = await loop.create_unix_connection(lambda: protocol, sock=connection)
        return cls(connection, reader, asyncio.StreamWriter(transport, protocol, reader, loop), protocol.over)

    @property
    def alive(self) -> bool:
        """Whether the runner has not hung up."""
        return not self._over.is_set()

    async def ended(self) -> None:
        """Return once the runner has hung up."""
        await self._over.wait()

    def end(self) -> None:
        """Have the slot end with everything in it, whatever it is doing."""
        with contextlib.suppress(OSError):  # at once: what is still to be sent is not waited for
            self._connection.shutdown(socket.SHUT_WR)

    def let_go(self) -> None:
        """Hang up, whether or not the runner did."""
        self.writer.transport.abort()

    async def complaint(self) -> bytes:
        """Nothing: complaints come as a last reply, and are in the container's log."""
        return b""


class _Protocol(asyncio.StreamReaderProtocol):
    """Tells when the other side hung up, also while nobody reads."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        super().__init__(reader)
        self.over = asyncio.Event()

    def eof_received(self) -> bool:
        self.over.set()
        return bool(super().eof_received())

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - however it ended
        self.over.set()
        super().connection_lost(None)  # with an error, a last reply that has come could not be read
