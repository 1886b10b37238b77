"""Submissions as MongoDB documents, there and back."""

from dataclasses import fields
from typing import Any

from codex_problem.submissions.model import Judgement, Submission, TestOutcome, Verdict

Document = dict[str, Any]

PENDING, DONE = "pending", "done"

# Not ``asdict``: it copies every value deeply, on the way of every answer.
_JUDGEMENT = tuple(field.name for field in fields(Judgement))
_OUTCOME = tuple(field.name for field in fields(TestOutcome))


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
        "judgement": None,
        "score": None,
    }


def judgement_fields(judgement: Judgement) -> Document:
    """The fields that a judgement sets. Points follow for accepted ones, the others have gained theirs: none."""
    accepted = judgement.verdict is Verdict.ACCEPTED
    return {
        "status": DONE,
        "verdict": judgement.verdict.value,
        "judgement": {
            **{name: getattr(judgement, name) for name in _JUDGEMENT},
            "outcomes": [_outcome(each) for each in judgement.outcomes],
        },
        "score": None if accepted else 0,
        **({"uncredited": True} if accepted else {}),
    }


def _outcome(outcome: TestOutcome) -> Document:
    return {name: value for name in _OUTCOME if (value := getattr(outcome, name)) is not None}


def to_submission(document: Document) -> Submission:
    """The submission that a document holds; without its code when that was left out of the query."""
    stored = document["judgement"]
    return Submission(
        id=document["_id"],
        author=document["author"],
        problem=document["problem"],
        language=document["language"],
        code=document.get("code", ""),
        created_at=document["created_at"],
        trace_id=document["trace_id"],
        trace_context=document.get("trace_context", {}),
        judgement=to_judgement(stored) if stored else None,
        score=document["score"],
    )


def to_judgement(stored: Document) -> Judgement:
    """The judgement below a document."""
    outcomes = tuple(TestOutcome(**{**each, "verdict": Verdict(each["verdict"])}) for each in stored["outcomes"])
    return Judgement(**{**stored, "verdict": Verdict(stored["verdict"]), "outcomes": outcomes})
