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


def judgement_fields(judgement: Judgement) -> Document:
    """The fields that a judgement sets. Points follow for accepted ones, the others have gained theirs: none."""
    accepted = judgement.verdict is Verdict.ACCEPTED
    return {
        "status": DONE,
        "verdict": judgement.verdict.value,
        "judged_at": judgement.judged_at,
        "evidence": judgement.evidence,
        "score": None if accepted else 0,
        **({"uncredited": True} if accepted else {}),
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
