"""Whether a trace is all there. Spans arrive in any order, seconds after the answer."""

from collections.abc import Sequence
from typing import Final

from codex_gateway.models.traces import Span
from codex_protos.judging.v1 import judging_pb2 as judging

# The last spans of the flow, by service and the end of their name.
_RESULT: Final = ("code-manage-service", "code-result-topic")
_FINALISED: Final = ("problem-service", "/UpdateSubmission")
_CREDITED: Final = ("auth-user-service", "/UpdateProgress")


def complete(spans: Sequence[Span], submission: judging.Submission) -> bool:
    """One root, no span without its parent, and the tail of this submission's flow."""
    ids = {span.span_id for span in spans}
    roots = sum(span.parent_span_id is None for span in spans)
    orphans = any(span.parent_span_id and span.parent_span_id not in ids for span in spans)
    return roots == 1 and not orphans and all(_arrived(spans, *tail) for tail in _tails(submission))


def _tails(submission: judging.Submission) -> Sequence[tuple[str, str]]:
    if submission.kind != judging.KIND_SUBMIT:
        return (_RESULT,)
    match submission.judgement.verdict:
        case judging.VERDICT_AC:
            return (_RESULT, _FINALISED, _CREDITED)
        case judging.VERDICT_SE:  # where no worker ever answered, there is no result to be read
            return (_FINALISED,)
        case _:
            return (_RESULT, _FINALISED)


def _arrived(spans: Sequence[Span], service: str, ending: str) -> bool:
    """Only the receiving side tells that something was done there."""
    return any(
        span.service == service and span.name.endswith(ending) and span.kind in ("server", "consumer") for span in spans
    )
