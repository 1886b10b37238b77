"""What can go wrong with problems and submissions."""

from codex_service.errors import Conflict, NotFound


class ProblemNotFound(NotFound):
    """No problem has this slug."""

    code = "problem_not_found"


class SubmissionNotFound(NotFound):
    """No submission has this id, or it is somebody else's."""

    code = "submission_not_found"


class AuthorGone(NotFound):
    """There is no such user any more."""


class IdempotencyKeyReused(Conflict):
    """The key came before, with another body."""

    code = "idempotency_key_reused"
