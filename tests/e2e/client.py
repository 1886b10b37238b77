"""The platform as somebody outside sees it: HTTP at the gateway, traces by Tempo's query API. Nothing else."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

Json = dict[str, Any]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span as the trace API gives it."""

    trace_id: str
    span_id: str
    parent: str | None
    name: str
    kind: str
    service: str
    start: int
    end: int
    error: bool
    attributes: Json = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    events: tuple[str, ...] = ()


class Platform:
    """A running stack, wherever it is."""

    def __init__(self, gateway: str, traces: str) -> None:
        self.gateway = gateway
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
        answer = await self.submit(person, code, **order)
        assert answer.status_code == 200, answer.text
        submission: Json = answer.json()
        assert submission["status"] == "done"
        return submission

    async def get(self, person: Person, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(path, headers=person.headers, params=params)

    async def post(self, person: Person, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.http.post(path, headers=person.headers | headers, json=body)

    async def spans(self, trace_id: str) -> list[Span]:
        """All spans of a trace that the store has now."""
        answer = await self.traces.get(f"/api/v2/traces/{trace_id}")
        if answer.status_code == 404:
            return []
        answer.raise_for_status()
        return [span for group in answer.json()["trace"]["resourceSpans"] for span in _spans(group)]

    async def whole_trace(self, trace_id: str, is_whole: Callable[[list[Span]], bool], within: float = 10) -> list[Span]:
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


def _spans(group: Json) -> list[Span]:
    service = _attributes(group["resource"]["attributes"])["service.name"]
    return [_span(each, service) for scope in group["scopeSpans"] for each in scope["spans"]]


def _span(raw: Json, service: str) -> Span:
    kinds = ("unspecified", "internal", "server", "client", "producer", "consumer")
    kind = raw.get("kind", 0)
    return Span(
        trace_id=raw["traceId"],
        span_id=raw["spanId"],
        parent=raw.get("parentSpanId") or None,
        name=raw["name"],
        kind=kinds[kind] if isinstance(kind, int) else kind.removeprefix("SPAN_KIND_").lower(),
        service=service,
        start=int(raw["startTimeUnixNano"]),
        end=int(raw["endTimeUnixNano"]),
        error=raw.get("status", {}).get("code") in (2, "STATUS_CODE_ERROR"),
        attributes=_attributes(raw.get("attributes", [])),
        links=tuple((link["traceId"], link["spanId"]) for link in raw.get("links", [])),
        events=tuple(event["name"] for event in raw.get("events", [])),
    )


def _attributes(pairs: list[Json]) -> Json:
    return {pair["key"]: next(iter(pair["value"].values()), None) for pair in pairs}


async def eventually(condition: Callable[[], Awaitable[bool]], *, within: float = 10, what: str = "") -> None:
    """Wait for a condition; fails when it does not hold in time."""
    end = time.monotonic() + within
    while not await condition():
        assert time.monotonic() < end, f"not within {within} s: {what or condition}"
        await asyncio.sleep(0.05)
