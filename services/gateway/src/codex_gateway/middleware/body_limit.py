"""Bodies that are too large are refused before they are read whole."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TOO_LARGE = 413


class BodyLimit:
    """Refuses a body of more than ``limit`` bytes: by its announced length, or as soon as that much has come.

    It is refused to whoever reads it, so that the route is known by then, and in the trace.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, self._counting(receive, _announced(scope)), send)

    def _counting(self, receive: Receive, announced: int) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            self._check(announced)
            message = await receive()
            seen += len(message.get("body", b""))
            self._check(seen)
            return message

        return counted

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise HTTPException(_TOO_LARGE, f"a body may have {self._limit} bytes")


def _announced(scope: Scope) -> int:
    """Bytes that the client says it will send; 0 where it doesn't say."""
    lengths = [value for name, value in scope.get("headers", ()) if name == b"content-length"]
    return max((int(length) for length in lengths if length.isdigit()), default=0)
