"""Bodies that are too large are refused before they are read whole."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codex_gateway.errors import Fault, problem_response
from codex_gateway.middleware.exchange import exchange_of

_TOO_LARGE = 413


class BodyLimit:
    """Refuses a body of more than ``limit`` bytes: by its announced length, or as soon as that much has come."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _announced(scope) > self._limit:
            fault = Fault(code="payload_too_large", detail=f"a body may have {self._limit} bytes")
            await problem_response(fault, exchange_of(scope).trace_id)(scope, receive, send)
            return
        await self._app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise HTTPException(_TOO_LARGE, f"a body may have {self._limit} bytes")
            return message

        return counted


def _announced(scope: Scope) -> int:
    """Bytes that the client says it will send; 0 where it doesn't say."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(length) for length in lengths if length.isdigit()), default=0)
