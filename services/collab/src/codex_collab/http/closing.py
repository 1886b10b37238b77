"""Codes with which a socket is closed.

Stock y-websocket clients take 4400 to 4499 as final and come back after any other, so the codes tell a client that
can't succeed from one that should try again. A refused handshake would look like a broken network, and be retried for
ever.
"""

from codex_collab.errors import TooLarge, TooSlow
from codex_service.errors import Forbidden, InvalidRequest, NotFound, RateLimited, ServiceError, Unauthenticated

NORMAL = 1000
TRY_AGAIN = 4503

# The first that fits.
_CODES: tuple[tuple[type[ServiceError], int], ...] = (
    (TooLarge, 4413),
    (InvalidRequest, 4400),
    (Unauthenticated, 4401),
    (Forbidden, 4403),
    (NotFound, 4404),
    (RateLimited, 4429),
    (TooSlow, 4508),
)


def code_of(error: ServiceError | None) -> int:
    """The code that tells a client about an error; the usual one without any."""
    if error is None:
        return NORMAL
    return next((code for kind, code in _CODES if isinstance(error, kind)), TRY_AGAIN)
