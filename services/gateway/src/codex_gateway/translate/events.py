"""From the streams that the workers write to live events."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import structlog
from pydantic import ValidationError

from codex_gateway.live.events import QUEUED, VERDICT, Event, EventId
from codex_gateway.models.base import Answer
from codex_gateway.models.events import JudgedTest, State
from codex_gateway.translate import submissions
from codex_protos.judging.v1 import judging_pb2 as judging

log = structlog.get_logger()

_SHAPES: Final[Mapping[str, type[Answer]]] = MappingProxyType({"state": State, "test": JudgedTest})


def event(id: EventId, fields: Mapping[bytes, bytes]) -> Event | None:
    """An entry of a stream as people may see it; None where there is nothing to tell.

    Of a verdict only the fact: what it says stands in the record.
    """
    name = fields.get(b"event", b"").decode()
    if name == "verdict":
        return Event(id=id, name=name, data="")
    shape = _SHAPES.get(name)
    if shape is None:
        return None
    try:
        return Event(id=id, name=name, data=shape.model_validate_json(fields.get(b"data", b"")).model_dump_json())
    except ValidationError as error:
        log.warning("an event that is none", event_name=name, faults=error.error_count())
        return None


def queued() -> Event:
    """What every stream begins with."""
    return Event(id=QUEUED, name="state", data=State(state="queued").model_dump_json())


def verdict(submission: judging.Submission) -> Event:
    """What every stream ends with: the submission as the API gives it."""
    return Event(id=VERDICT, name="verdict", data=submissions.submission(submission).model_dump_json())
