"""Submissions as MongoDB documents, there and back.

``open_since`` is there while something is owed to a submission: its judgement, then the points of an accepted one. An
index of that field alone stays small, however many submissions there are, and leads to all that is left to do.
"""

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
        "open_since": submission.created_at,
        "score": None,
    }


def judged(judgement: Judgement, gain: int | None) -> Document:
    """The update that a judgement is, with what the submission gained; while that is not known it stays open."""
    found = {
        "status": DONE,
        "verdict": judgement.verdict.value,
        "judged_at": judgement.judged_at,
        "evidence": judgement.evidence,
        "score": gain,
    }
    if gain is None:
        return {"$set": {**found, "open_since": judgement.judged_at}}
    return {"$set": found, "$unset": {"open_since": ""}}


def credited(points: int) -> Document:
    """The update that closes an accepted submission."""
    return {"$set": {"score": points}, "$unset": {"open_since": ""}}


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
