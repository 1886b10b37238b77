"""The public API as a person's client uses it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

from codex_tools.load.client import Answer, BadAnswer, Pool
from codex_tools.load.events import Parser

USER = "/api/v1/user"
PUBLIC = "/api/v1/public"
_FIRST_POLL, _LAST_POLL, _SLOWER = 0.02, 0.5, 1.5
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Refused(Exception):
    """The platform asks to come again later: 429, or 503 with Retry-After. ``after`` in seconds."""

    def __init__(self, status: int, after: float) -> None:
        super().__init__(f"{status} with Retry-After")
        self.after = after


class Fault(Exception):
    """The platform did not do what its API promises."""


class Api:
    """Requests of people. With ``retry`` a refused one is sent again when its Retry-After is over."""

    def __init__(self, pool: Pool, *, retry: bool = False) -> None:
        self.retries = 0
        self._pool = pool
        self._retry = retry

    async def get(self, path: str, token: str = "") -> Answer:
        """Raises Refused, Fault."""
        return await self._exchange(self._pool.request("GET", path, _fields(token)))

    async def post(self, path: str, body: dict[str, Any], token: str = "", prefer: str = "") -> dict[str, Any]:
        """The parsed answer to a JSON body; raises Refused, Fault."""
        fields = _fields(token) + (f"Prefer: {prefer}\r\n" if prefer else "")
        answer = await self._exchange(self._pool.request("POST", path, fields, json.dumps(body).encode()))
        return parsed(answer.body)

    async def poll(self, submission: dict[str, Any], token: str) -> dict[str, Any]:
        """Ask for a submission, ever more slowly, until it is done."""
        wait = _FIRST_POLL
        while submission["status"] != "done":
            await asyncio.sleep(wait)
            wait = min(wait * _SLOWER, _LAST_POLL)
            submission = parsed((await self.get(f"{USER}/submissions/{submission['id']}", token)).body)
        return submission

    async def watch(self, id: str, token: str) -> dict[str, Any]:
        """Follow a submission's events to its verdict; raises Fault where they end without one."""
        request = self._pool.request("GET", f"{USER}/submissions/{id}/events", _fields(token, "text/event-stream"))
        verdict: dict[str, Any] | None = None
        async with aclosing(self._events(request)) as events:
            async for name, data in events:
                verdict = parsed(data) if name == "verdict" else verdict
        if verdict is None:
            raise Fault("the events ended without a verdict")
        return verdict

    async def _events(self, request: bytes) -> AsyncGenerator[tuple[str, str], None]:
        parser = Parser()
        try:
            async with aclosing(self._pool.stream(request)) as answers:
                async for answer in answers:
                    _check(answer)
                    for event in parser.feed(answer.body):
                        yield event.name, event.data
        except (OSError, BadAnswer) as error:
            raise Fault(_short(error)) from error

    async def _exchange(self, request: bytes) -> Answer:
        while True:
            try:
                return await self._once(request)
            except Refused as refusal:
                if not self._retry:
                    raise
                self.retries += 1
                await asyncio.sleep(refusal.after)

    async def _once(self, request: bytes) -> Answer:
        try:
            answer = await self._pool.exchange(request)
        except (OSError, BadAnswer) as error:
            raise Fault(_short(error)) from error
        _check(answer)
        return answer


def parsed(body: bytes | str) -> dict[str, Any]:
    """Raises Fault: not a JSON object."""
    value = _json(body)
    if not isinstance(value, dict):
        raise Fault("the answer is not a JSON object")
    return value


def parsed_list(body: bytes) -> list[Any]:
    """Raises Fault: not a JSON array."""
    value = _json(body)
    if not isinstance(value, list):
        raise Fault("the answer is not a JSON array")
    return value


def _json(body: bytes | str) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Fault("the answer is not JSON") from error


def _check(answer: Answer) -> None:
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return
    after = answer.fields.get(b"retry-after", b"").decode()
    if answer.status in _BUSY and after.isdecimal():
        raise Refused(answer.status, float(after))
    raise Fault(f"{answer.status} {_code(answer.body)}")


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if isinstance(error, BadAnswer) else type(error).__name__


def _fields(token: str, accept: str = "application/json") -> str:
    return f"Accept: {accept}\r\n" + (f"Authorization: Bearer {token}\r\n" if token else "")
