"""Submissions as MongoDB documents, there and back."""

from typing import Any

from codex_problem.submissions.model import Judgement, Submission, Verdict

Document = dict[str, Any]

PENDING, DONE = "pending", "done"


def new_document(submission: Submission) -> Document:
    """What is stored of a submission that nobody has judged yet."""
    return {
        "_id": submission.id,
        "author": submission.author,
        "problem": submission.problem,
        "language": submission.language,
        "code": submission.code,
        "created_at": submission.created_at,
        "trace_id": submission.trace_id,
        "trace_context": dict(submission.trace_context),
        "status": PENDING,
        "score": None,
    }


def judgement_fields(judgement: Judgement, gain: int | None) -> Document:
    """The fields that a judgement sets, with what the submission gained, or a mark that this is still to come."""
    return {
        "status": DONE,
        "verdict": judgement.verdict.value,
        "judged_at": judgement.judged_at,
        "evidence": judgement.evidence,
        "score": gain,
        **({"uncredited": True} if gain is None else {}),
    }


def to_submission(document: Document) -> Submission:
    """The submission that a document holds; without its code when that was left out of the query."""
    return Submission(
        id=document["_id"],
        author=document["author"],
        problem=document["problem"],
        language=document["language"],
        code=document.get("code", ""),
        created_at=document["created_at"],
        trace_id=document["trace_id"],
        trace_context=document.get("trace_context", {}),
        judgement=_judgement(document),
        score=document["score"],
    )


def _judgement(document: Document) -> Judgement | None:
    if document["status"] == PENDING:
        return None
    return Judgement(
        verdict=Verdict(document["verdict"]),
        judged_at=document["judged_at"],
        evidence=bytes(document["evidence"]),
    )
