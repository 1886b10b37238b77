"""A lean HTTP client: a load tool that shares two cores with what it measures must cost next to nothing."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

PATIENCE = 30.0


class BadAnswer(Exception):
    """The platform did not answer as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status and a parsed body; ``seconds`` from the first byte sent to the last byte received."""

    status: int
    body: Any
    seconds: float


class Connection:
    """One keep-alive connection, one request at a time."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def post(self, path: str, body: dict[str, Any], token: str = "") -> Answer:
        """Send a JSON body; raises BadAnswer when the connection ends or nothing comes in time."""
        content = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        request = f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
        try:
            async with asyncio.timeout(PATIENCE):
                began = time.perf_counter()
                self._writer.write(request)
                status, answer = await self._answer()
                return Answer(status=status, body=json.loads(answer), seconds=time.perf_counter() - began)
        except (TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            raise BadAnswer(repr(error)) from error

    async def _answer(self) -> tuple[int, bytes]:
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, _, fields = head.partition(b"\r\n")
        length = next(line for line in fields.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return int(status.split()[1]), await self._reader.readexactly(int(length.partition(b":")[2]))
