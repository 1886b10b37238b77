"""The outermost layer: what every answer carries, and the answer of last resort."""

import math
from collections.abc import Callable, Iterator, Sequence

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codex_gateway.errors import Fault, problem_response
from codex_gateway.middleware.exchange import Exchange, exchange_of, nothing

log = structlog.get_logger()

Headers = Sequence[tuple[bytes, bytes]]

# An answer may bring its own value of any of these.
_DEFAULTS: Headers = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Envelope:
    """Adds the trace id, what is left of the limit, and the security headers to every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        answer.exchange.abort = _abort(receive)
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            log.exception("request failed", method=scope["method"], trace_id=answer.exchange.trace_id)
            if not answer.started:
                fault = Fault(code="internal", detail="an internal error")
                await problem_response(fault, answer.exchange.trace_id)(scope, receive, answer.send)


class _Answer:
    """The way out of one request."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.exchange = exchange_of(scope)
        self.started = False
        self._https = scope.get("scheme") == "https"
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = [*message.get("headers", ()), *self._missing(message.get("headers", ()))]
        await self._send(message)

    def _missing(self, present: Headers) -> Iterator[tuple[bytes, bytes]]:
        names = {name.lower() for name, _ in present}
        yield b"x-trace-id", self.exchange.trace_id.encode()
        yield from (header for header in _DEFAULTS if header[0] not in names)
        yield from _limits(self.exchange)
        if self._https:
            yield _ONLY_HTTPS


def _abort(receive: Receive) -> Callable[[], None]:
    """What closes the request's connection at once. ASGI has no word for it; uvicorn's transport has."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    abort: Callable[[], None] | None = getattr(transport, "abort", None)
    return abort or nothing


def _limits(exchange: Exchange) -> Headers:
    allowance = exchange.allowance
    if allowance is None:
        return ()
    return (
        (b"ratelimit-limit", b"%d" % allowance.limit),
        (b"ratelimit-remaining", b"%d" % allowance.remaining),
        (b"ratelimit-reset", b"%d" % math.ceil(allowance.reset)),
    )
