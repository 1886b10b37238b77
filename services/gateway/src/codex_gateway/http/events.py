"""Live events of a submission."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Response, status
from pydantic import AfterValidator

from codex_gateway.http.dependencies import TheGate, TheParts, TheUser
from codex_gateway.http.documented import failures, malformed
from codex_gateway.http.event_stream import MEDIA_TYPE, EventStream
from codex_gateway.live.events import START, VERDICT, EventId
from codex_gateway.live.record import Record

router = APIRouter(prefix="/api/v1/user", tags=["submissions"])

_EXAMPLE: Final = """\
retry: 1000
id: 0-1
event: state
data: {"state":"queued"}

id: 1767268800004-0
event: state
data: {"state":"running"}

id: 1767268800017-0
event: test
data: {"index":0,"verdict":"AC","cpu_time":0.011,"wall_time":0.014,"memory_peak":9437184,"public":true}

id: 18446744073709551615-18446744073709551615
event: verdict
data: {"id":"0192f0c1-7a3e-7d7c-9d6f-0a5b8c2d4e6f","kind":"submit","status":"done","verdict":"AC"}

"""
_ANSWERS: Final[Mapping[int | str, dict[str, Any]]] = {
    status.HTTP_200_OK: {
        "description": "`state` (queued, compiling, running), `test` for each judged test, last `verdict` with the "
        "whole submission; then the stream ends.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}},
    },
    status.HTTP_204_NO_CONTENT: {"description": "The verdict was the last event that came: nothing follows it."},
}


def _checked(text: str) -> str:
    EventId.parse(text)
    return text


LastEventId = Annotated[
    Annotated[str, AfterValidator(_checked)] | None,
    Header(alias="Last-Event-ID", description="The `id` of the last event that came.", examples=["1767268800004-0"]),
]


@router.get(
    "/submissions/{id}/events",
    response_class=Response,
    responses={
        **_ANSWERS,
        **malformed(),
        **failures("unauthenticated", "submission_not_found", "rate_limited", "overloaded", "dependency_unavailable"),
    },
)
async def events(
    id: str, caller: TheUser, gate: TheGate, parts: TheParts, last_event_id: LastEventId = None
) -> Response:
    """What happens to one of one's own submissions, as it happens (server-sent events)."""
    await gate.read(caller)
    record = Record(manage=parts.backends.manage, id=id, author=caller.user)
    after = EventId.parse(last_event_id) if last_event_id else START
    if after == VERDICT:
        await record.get()
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return EventStream(parts.live, record, after=after, settings=parts.settings)
