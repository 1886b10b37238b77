"""A bound for the requests that are served at once."""

from starlette.types import ASGIApp, Receive, Scope, Send

from codex_gateway.errors import Fault, problem_response
from codex_gateway.middleware.exchange import exchange_of


class Capacity:
    """Lets ``limit`` requests in at once and tells the others to come again. Health is always answered.

    An answer that goes on for long gives its place back before its end (``Exchange.leave``).
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._running: set[object] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        if len(self._running) >= self._limit and not scope["path"].startswith("/health/"):
            fault = Fault(code="overloaded", detail="too many requests are being served")
            await problem_response(fault, exchange.trace_id)(scope, receive, send)
            return
        place = object()
        self._running.add(place)
        exchange.leave = lambda: self._running.discard(place)
        try:
            await self._app(scope, receive, send)
        finally:
            exchange.leave()
