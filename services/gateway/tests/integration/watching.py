"""Submissions that are judged before one's eyes: what is recorded, what the workers say, who listens."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from httpx_sse import EventSource, ServerSentEvent
from services.gateway.tests.integration.world import Neighbours, User

from codex_protos.codemanage.v1 import code_manage_service_pb2 as pb
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_service.errors import NotFound
from codex_service.ids import uuid7
from codex_service.redis import RedisClient
from codex_testing.judging import judgement

FIRST = "0-1"
LAST = "18446744073709551615-18446744073709551615"
TEST = {"index": 0, "verdict": "AC", "cpu_time": 0.01, "wall_time": 0.02, "memory_peak": 9437184, "public": True}


class _NoSuchSubmission(NotFound):
    code = "submission_not_found"


@dataclass(slots=True, kw_only=True)
class Judged:
    """One submission of one person, in a Redis that the workers and the gateway share."""

    redis: RedisClient
    author: User = field(default_factory=User)
    id: str = field(default_factory=uuid7)
    record: judging.Submission = field(default_factory=judging.Submission)

    def __post_init__(self) -> None:
        self.record = judging.Submission(
            id=self.id, kind=judging.KIND_SUBMIT, author=self.author.id, problem="echo", language="python"
        )
        self.record.created_at.FromDatetime(datetime(2026, 1, 1, 12, tzinfo=UTC))

    @property
    def path(self) -> str:
        return f"/api/v1/user/submissions/{self.id}"

    async def say(self, event: str, **data: Any) -> str:
        """What a worker does; the event's id."""
        id: Any = await self.redis.xadd(f"events:{self.id}", {"event": event, "data": json.dumps(data)})
        return str(id.decode())

    def finish(self) -> None:
        """Record a judgement and tell nobody."""
        self.record.judgement.CopyFrom(judgement())

    async def give_verdict(self) -> None:
        """What code-manage does: record, then tell."""
        self.finish()
        content = self.record.SerializeToString()
        await self.redis.xadd(f"events:{self.id}", {"event": "verdict", "data": content})


def recorded(neighbours: Neighbours, *submissions: Judged) -> None:
    """Let code-manage know these submissions, and whose they are."""
    known = {each.id: each for each in submissions}

    def answer(request: Any) -> pb.GetSubmissionResponse:
        found = known.get(request.id)
        if found is None or found.author.id != request.author:
            raise _NoSuchSubmission("no such submission")
        return pb.GetSubmissionResponse(submission=found.record)

    neighbours.manage.say("GetSubmission", answer)


@asynccontextmanager
async def watching(
    client: httpx.AsyncClient, submission: Judged, *, after: str | None = None
) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
    """The author's events of a submission."""
    headers = submission.author.headers(**({"Last_Event_ID": after} if after else {}))
    async with client.stream("GET", f"{submission.path}/events", headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        yield EventSource(response).aiter_sse()


async def rest(events: AsyncIterator[ServerSentEvent]) -> list[tuple[str, str, Any]]:
    """Whatever still comes until the stream ends: id, name and what it says."""
    return [said(event) async for event in events]


def said(event: ServerSentEvent) -> tuple[str, str, Any]:
    return event.id, event.event, event.json()
