"""The platform as somebody outside sees it: HTTP at the gateway, traces by Tempo's query API. Nothing else."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.spans import Json, Span, spans_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who has signed up."""

    name: str
    email: str
    password: str
    access_token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


class Platform:
    """A running stack, wherever it is. ``first`` is the first submission it ever judged, if anybody knows."""

    def __init__(self, gateway: str, traces: str) -> None:
        self.gateway = gateway
        self.first: Json | None = None
        self.http = httpx.AsyncClient(base_url=gateway, timeout=30)
        self.traces = httpx.AsyncClient(base_url=traces, timeout=10)

    async def close(self) -> None:
        await self.http.aclose()
        await self.traces.aclose()

    async def sign_up(self, country: str | None = None) -> Person:
        """A new person with a name of their own."""
        name = f"p_{uuid.uuid4().hex[:16]}"
        email, password = f"{name}@example.org", uuid.uuid4().hex
        body = {"username": name, "email": email, "password": password} | ({"country": country} if country else {})
        answer = await self.http.post("/api/v1/user/auth/signup", json=body)
        assert answer.status_code == 201, answer.text
        tokens = answer.json()
        return Person(
            name=name,
            email=email,
            password=password,
            access_token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
        )

    async def submit(
        self, person: Person, code: str, *, problem: str = "two-sum", language: str = "python", **headers: str
    ) -> httpx.Response:
        body = {"problem": problem, "language": language, "code": code}
        sent = person.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post("/api/v1/user/submit", json=body, headers=sent)

    async def judged(self, person: Person, code: str, **order: str) -> Json:
        """Submit and insist on a verdict."""
        return _done(await self.submit(person, code, **order))

    async def run(
        self, person: Person, code: str, *, problem: str = "two-sum", language: str = "python", **more: Any
    ) -> Json:
        """Try a program on tests, and insist on a verdict."""
        body = {"problem": problem, "language": language, "code": code, **more}
        return _done(await self.post(person, "/api/v1/user/run", body))

    async def execute(self, person: Person, code: str, *, stdin: str = "", language: str = "python") -> Json:
        """Run a program on its own, and insist on a verdict."""
        body = {"language": language, "code": code, "stdin": stdin}
        return _done(await self.post(person, "/api/v1/user/execute", body))

    async def get(self, person: Person, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(path, headers=person.headers, params=params or None)

    async def post(self, person: Person, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.http.post(path, headers=person.headers | headers, json=body)

    async def spans(self, trace_id: str) -> list[Span]:
        """All spans of a trace that the store has now."""
        answer = await self.traces.get(f"/api/v2/traces/{trace_id}")
        if answer.status_code == 404:
            return []
        answer.raise_for_status()
        return spans_of(answer.json())

    async def whole_trace(
        self, trace_id: str, is_whole: Callable[[list[Span]], bool], within: float = 10
    ) -> list[Span]:
        """The spans of a trace once ``is_whole`` says so; what there is when the time is up."""
        spans: list[Span] = []

        async def look() -> bool:
            nonlocal spans
            spans = await self.spans(trace_id)
            return is_whole(spans)

        try:
            await eventually(look, within=within)
        except AssertionError:
            return spans
        return spans


def _done(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    submission: Json = answer.json()
    assert submission["status"] == "done"
    return submission


def refused(answer: httpx.Response, status: int, code: str) -> Json:
    """The body of an answer that must be a proper refusal: RFC 9457 with our code and the trace's id."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:500]}"
    assert answer.headers["content-type"] == "application/problem+json"
    body: Json = answer.json()
    assert {"type", "title", "status", "detail", "code", "trace_id"} <= body.keys()
    assert (body["status"], body["code"]) == (status, code)
    assert body["trace_id"] == answer.headers["x-trace-id"]
    assert all(error["field"] and error["message"] for error in body.get("errors", []))
    return body


async def eventually(condition: Callable[[], Awaitable[bool]], *, within: float = 10, what: str = "") -> None:
    """Wait for a condition; fails when it does not hold in time."""
    end = time.monotonic() + within
    while not await condition():
        assert time.monotonic() < end, f"not within {within} s: {what or condition}"
        await asyncio.sleep(0.05)
