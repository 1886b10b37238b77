"""What can go wrong in a shared editing session.

A call by gRPC is answered with the error's status; a socket is closed with a code of its own (``http/closing.py``).
"""

from codex_service.errors import Forbidden, InvalidRequest, NotFound, Overloaded, RateLimited


class SessionNotFound(NotFound):
    """No such session, or it has ended."""

    code = "session_not_found"


class NotInvited(Forbidden):
    """The invite token is missing or belongs to another session."""

    code = "not_invited"


class MalformedMessage(InvalidRequest):
    """A message that no client of the protocol would send."""

    code = "malformed_message"


class TooLarge(InvalidRequest):
    """A message, or the document that it would make, is over the limit."""

    code = "too_large"


class TooManyMembers(RateLimited):
    """The room is full."""

    code = "too_many_members"


class TooSlow(Overloaded):
    """A reader who does not keep up: it is cut off, and gets what it missed when it comes back."""

    code = "too_slow"


class BrokenDocument(Exception):
    """An update broke the document from within: what is left in memory can't be trusted."""
