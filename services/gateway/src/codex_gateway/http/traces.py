"""A submission's trace."""

from typing import Final

from fastapi import APIRouter

from codex_gateway.backends import DEADLINE
from codex_gateway.http.dependencies import TheBackends, TheGate, TheParts, TheUser
from codex_gateway.http.documented import failures
from codex_gateway.models.traces import Trace
from codex_gateway.traces.completeness import complete
from codex_protos.codemanage.v1 import code_manage_service_pb2 as manage

router = APIRouter(prefix="/api/v1/user", tags=["submissions"])

_UNSEEN: Final = Trace(trace_id=None, complete=False, sampled=False, spans=[])


@router.get(
    "/submissions/{id}/trace",
    responses=failures("unauthenticated", "submission_not_found", "rate_limited", "dependency_unavailable"),
)
async def trace(
    id: str,
    caller: TheUser,
    gate: TheGate,
    backends: TheBackends,
    parts: TheParts,
) -> Trace:
    """The spans of one of one's own submissions."""
    await gate.read(caller)
    request = manage.GetSubmissionRequest(id=id, author=caller.user)
    submission = (await backends.manage.GetSubmission(request, timeout=DEADLINE)).submission
    if not submission.trace_id:
        return _UNSEEN
    spans = await parts.traces.spans(submission.trace_id)
    return Trace(trace_id=submission.trace_id, complete=complete(spans, submission), sampled=bool(spans), spans=spans)
