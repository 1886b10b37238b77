"""A lean HTTP/1.1 client: what shares two cores with what it measures must cost next to nothing."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

_LONGEST_LINE = 1 << 20


class BadAnswer(Exception):
    """What came back is not HTTP, or ended too early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A gateway. ``path`` comes before every path that is asked for."""

    host: str
    port: int
    secure: bool
    path: str = ""

    @classmethod
    def of(cls, url: str) -> "Address":
        """Raises ValueError: not an http(s) URL with a host."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is not the URL of a gateway")
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        return cls(host=parts.hostname, port=port, secure=secure, path=parts.path.rstrip("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``fields`` by lower-case name, ``body`` as it came."""

    status: int
    fields: Mapping[bytes, bytes]
    body: bytes


class Connection:
    """One kept connection, one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._kept = True

    @classmethod
    async def to(cls, address: Address) -> "Connection":
        opening = asyncio.open_connection(
            address.host, address.port, ssl=True if address.secure else None, limit=_LONGEST_LINE
        )
        return cls(*await opening)

    @property
    def usable(self) -> bool:
        """Whether another request may be sent on it."""
        return self._kept and not self._reader.at_eof() and not self._writer.is_closing()

    def close(self) -> None:
        self._writer.close()

    async def begin(self, request: bytes) -> tuple[int, dict[bytes, bytes]]:
        """Send a request; the status and the fields of its answer, whose body is still to be read."""
        self._writer.write(request)
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        self._kept = fields.get(b"connection", b"").lower() != b"close"
        return int(first.split(b" ", 2)[1]), fields

    async def pieces(self, fields: Mapping[bytes, bytes]) -> AsyncIterator[bytes]:
        """The body, as it comes."""
        if b"chunked" in fields.get(b"transfer-encoding", b""):
            while length := int((await self._reader.readline()).partition(b";")[0], 16):
                yield (await self._reader.readexactly(length + 2))[:-2]
            await self._reader.readuntil(b"\r\n")
        elif b"content-length" in fields:
            yield await self._reader.readexactly(int(fields[b"content-length"]))
        else:
            self._kept = False
            while piece := await self._reader.read(_LONGEST_LINE):
                yield piece


class Pool:
    """Kept connections to one gateway, as many as are used at once. ``requests`` counts what was sent."""

    def __init__(self, address: Address) -> None:
        self.requests = 0
        self._address = address
        self._idle: list[Connection] = []

    def request(self, method: str, path: str, fields: str = "", content: bytes = b"") -> bytes:
        """The bytes of a request. ``fields`` is whole lines."""
        length = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
        head = f"{method} {self._address.path}{path} HTTP/1.1\r\nHost: {self._address.host}:{self._address.port}\r\n"
        return f"{head}{fields}{length}\r\n".encode() + content

    async def exchange(self, request: bytes) -> Answer:
        """Send a request and read all of its answer.

        Raises:
            BadAnswer: the answer is none.
            OSError: no connection.
        """
        async with self._connection() as connection:
            status, fields = await connection.begin(request)
            body = b"".join([piece async for piece in connection.pieces(fields)])
            return Answer(status=status, fields=fields, body=body)

    async def stream(self, request: bytes) -> AsyncGenerator[Answer, None]:
        """The same with one item for each piece of the body, the first of them empty. Read it to its end."""
        async with self._connection() as connection:
            status, fields = await connection.begin(request)
            yield Answer(status=status, fields=fields, body=b"")
            async for piece in connection.pieces(fields):
                yield Answer(status=status, fields=fields, body=piece)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection = self._take() or await Connection.to(self._address)
        self.requests += 1
        try:
            yield connection
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError) as error:
            connection.close()
            raise BadAnswer(type(error).__name__) from error
        except BaseException:
            connection.close()
            raise
        if connection.usable:
            self._idle.append(connection)
        else:
            connection.close()

    def _take(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.close()
        return None
