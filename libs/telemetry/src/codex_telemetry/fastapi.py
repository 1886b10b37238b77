"""HTTP: the gateway's server spans, and what strangers may say about traces."""

from typing import Any, Final

from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.trace import Link, Span

from codex_telemetry.attributes import SERVER_ADDRESS
from codex_telemetry.current import TRACE_HEADERS, carried
from codex_telemetry.spans import links_to
from codex_telemetry.telemetry import AsgiApp, Receive, Scope, Send

_HEALTH: Final = r"/health/(live|ready)$"
_TRACE_HEADERS: Final = frozenset(name.encode() for name in TRACE_HEADERS)
_LINKS: Final = "codex.links"


def instrument(app: Any) -> AsgiApp:
    """A SERVER span for each request, named by its route, without spans for the parts of its body."""
    FastAPIInstrumentor.instrument_app(
        app, excluded_urls=_HEALTH, exclude_spans=["send", "receive"], server_request_hook=_complete
    )
    return _OutsideTraces(app)


class _OutsideTraces:
    """Takes the caller's trace out of a request and leaves it as a link.

    A stranger's trace id as ours would let anybody mix traces, or keep them from being recorded.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            scope = _without_trace(scope)
        await self._app(scope, receive, send)


def _without_trace(scope: Scope) -> Scope:
    told = {
        name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"] if name in _TRACE_HEADERS
    }
    if not told:
        return scope
    kept = [header for header in scope["headers"] if header[0] not in _TRACE_HEADERS]
    return {**scope, "headers": kept, _LINKS: links_to(carried(told))}


def _complete(span: Span, scope: Scope) -> None:
    links: list[Link] = scope.get(_LINKS, [])
    for link in links:
        span.add_link(link.context)
    if scope.get("server"):
        # The instrumentation writes host and port in one.
        span.set_attribute(SERVER_ADDRESS, scope["server"][0])
