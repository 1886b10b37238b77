"""What can go wrong with jobs."""

from codex_service.errors import InvalidRequest, NotFound


class SubmissionNotFound(NotFound):
    """No job has this id, it is somebody else's, or it was kept long enough."""

    code = "submission_not_found"


class LanguageUnavailable(InvalidRequest):
    """No worker that is alive can run this language."""

    code = "language_unavailable"


class DeadLetterNotFound(NotFound):
    """No record was given up under this id, or it was replayed or dropped since."""

    code = "dead_letter_not_found"
