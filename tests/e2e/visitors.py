"""People who come while the platform is being restarted: they come again when told to, and note how it went."""

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 30.0
ATTEMPTS = 60
RETRYABLE = {"dependency_unavailable", "overloaded"}


class ClosedUnanswered(Exception):
    """The connection ended before a byte of the answer. ``used`` says whether it had carried requests before."""

    def __init__(self, *, used: bool) -> None:
        super().__init__("the connection was closed without an answer")
        self.used = used


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, headers by lower-case name, and the body as parsed."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True, kw_only=True)
class Diary:
    """How all visits went; ``seconds`` from the first attempt of each request to its final answer."""

    seconds: list[float] = field(default_factory=list)
    unavailable: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    closed: int = 0
    faults: list[str] = field(default_factory=list)
    accepted: dict[str, str] = field(default_factory=dict)

    def quantile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def __str__(self) -> str:
        p50, p99, most = (self.quantile(share) for share in (0.5, 0.99, 1))
        return (
            f"{len(self.seconds)} requests, {len(self.accepted)} submissions, p50 {p50 * 1e3:.0f} ms, "
            f"p99 {p99 * 1e3:.0f} ms, max {most * 1e3:.0f} ms; 503 {sum(self.unavailable.values())} "
            f"{dict(self.unavailable)}, connections refused {self.refused}, closed unanswered {self.closed}; "
            f"faults {len(self.faults)}"
        )


class Visitor:
    """One keep-alive connection at a time, opened anew when the other side has closed it."""

    def __init__(self, gateway: str, diary: Diary) -> None:
        parts = urlsplit(gateway)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self.diary = diary
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used = False
        self.token = ""
        self.submitted: list[str] = []

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """An answer that is final: refused connections and answers that say when to come again are not.

        What may be asked again after a connection closed unanswered must be so by its nature or by a key.
        """
        began = time.monotonic()
        for _ in range(ATTEMPTS):
            pause = 0.1
            try:
                answer = await self._once(method, path, body, headers)
            except ConnectionRefusedError:
                self.diary.refused += 1
            except ClosedUnanswered as closed:
                self.diary.closed += 1
                if not closed.used:
                    self.diary.faults.append(f"{method} {path}: a new connection was closed without an answer")
                pause = 0.0
            else:
                if not self._is_retryable(answer, f"{method} {path}"):
                    self.diary.seconds.append(time.monotonic() - began)
                    return answer
                pause = float(answer.headers["retry-after"])
            await asyncio.sleep(pause)
        raise AssertionError(f"{method} {path} had no final answer after {ATTEMPTS} attempts")

    def _is_retryable(self, answer: Answer, what: str) -> bool:
        if answer.status != 503:
            return False
        proper = answer.headers.get("content-type") == "application/problem+json"
        if not proper or answer.body["code"] not in RETRYABLE or "retry-after" not in answer.headers:
            self.diary.faults.append(f"{what}: a 503 that is not as promised: {answer}")
            return False
        self.diary.unavailable[f"{what}: {answer.body['detail']}"] += 1
        return True

    async def _once(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
        async with asyncio.timeout(PATIENCE):
            try:
                reader, writer = await self._connection()
                writer.write(self._request(method, path, body, headers))
                answer = await self._answer(reader)
            except (ConnectionResetError, BrokenPipeError, asyncio.IncompleteReadError) as error:
                self.leave()
                if isinstance(error, asyncio.IncompleteReadError) and error.partial:
                    raise
                raise ClosedUnanswered(used=self._used) from error
        self._used = True
        if answer.headers.get("connection") == "close":
            self.leave()
        return answer

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None or self._streams[0].at_eof():
            self.leave()
            self._streams = await asyncio.open_connection(self._host, self._port)
            self._used = False
        return self._streams

    def leave(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None

    def _request(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(content)}"]
        lines += ["Content-Type: application/json"] if content else []
        lines += [f"Authorization: Bearer {self.token}"] if self.token else []
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + content

    @staticmethod
    async def _answer(reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        content = await reader.readexactly(int(headers["content-length"]))
        return Answer(status=int(head[0].split()[1]), headers=headers, body=json.loads(content))

    async def sign_up(self) -> Answer:
        name = f"v_{uuid.uuid4().hex[:16]}"
        body = {"username": name, "email": f"{name}@example.org", "password": uuid.uuid4().hex}
        return await self.ask("POST", "/api/v1/user/auth/signup", body)
