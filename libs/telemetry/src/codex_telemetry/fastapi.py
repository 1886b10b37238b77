"""HTTP: a SERVER span and one measurement for each request, and what strangers may say about traces."""

import time
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from codex_telemetry.attributes import (
    CLIENT_ADDRESS,
    CLIENT_PORT,
    ERROR_TYPE,
    HTTP_REQUEST_METHOD,
    HTTP_REQUEST_METHOD_ORIGINAL,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
    NETWORK_PROTOCOL_VERSION,
    SERVER_ADDRESS,
    SERVER_PORT,
    URL_PATH,
    URL_QUERY,
    URL_SCHEME,
    USER_AGENT_ORIGINAL,
)
from codex_telemetry.current import EMPTY, TRACE_HEADERS, Current, carried
from codex_telemetry.metrics import http_server_duration
from codex_telemetry.spans import links_to
from codex_telemetry.telemetry import AsgiApp, Message, Receive, Scope, Send

_tracer = trace.get_tracer("codex_telemetry.http")

_HEALTH: Final = ("/health/live", "/health/ready")
_METHODS: Final = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
_OTHER: Final = "_OTHER"
_SERVER_FAILURE: Final = 500
# What the measurement has of the span's attributes: those that are few.
_MEASURED: Final = (HTTP_REQUEST_METHOD, URL_SCHEME, NETWORK_PROTOCOL_VERSION)


class TracedRequests:
    """Traces what an application serves, but not its health. A span is named by its route, which is known at its end.

    A stranger's trace is linked, not joined: his trace id as ours would let anybody mix traces, or keep them from being
    recorded.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].endswith(_HEALTH):
            await self._app(scope, receive, send)
            return
        request = _Request(scope, send)
        with Current(request.span):
            try:
                await self._app(scope, receive, request.send)
            except Exception as error:
                request.failure = type(error).__qualname__
                raise
            finally:
                request.conclude()


class _Request:
    """One request while it is served. ``failure`` is what an answer without a status failed of."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._status: int | None = None
        self._started = time.perf_counter()
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        self._attributes = _attributes(scope, headers)
        self.span = _begin(self._attributes, headers)
        self.failure: str | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        await self._send(message)

    def conclude(self) -> None:
        """Tell the span what is known now, and take the measurement with it as the exemplar."""
        told = self._outcome()
        if ERROR_TYPE in told:
            self.span.set_status(StatusCode.ERROR)
        self.span.set_attributes(told)
        if route := told.get(HTTP_ROUTE):
            self.span.update_name(f"{_named(self._attributes)} {route}")
        measured = {key: self._attributes[key] for key in _MEASURED} | told
        http_server_duration.record(time.perf_counter() - self._started, measured, self.span.get_span_context())

    def _outcome(self) -> dict[str, AttributeValue]:
        told: dict[str, AttributeValue] = {}
        # Starlette's and FastAPI's word for what answers.
        if route := getattr(self._scope.get("route"), "path", None):
            told[HTTP_ROUTE] = route
        if self._status is None:
            return told | ({ERROR_TYPE: self.failure} if self.failure else {})
        told[HTTP_RESPONSE_STATUS_CODE] = self._status
        return told | ({ERROR_TYPE: str(self._status)} if self._status >= _SERVER_FAILURE else {})


def _begin(attributes: Mapping[str, AttributeValue], headers: Mapping[bytes, str]) -> Span:
    outside = {name: value for name in TRACE_HEADERS if (value := headers.get(name.encode()))}
    links = links_to(carried(outside)) if outside else None
    return _tracer.start_span(_named(attributes), EMPTY, SpanKind.SERVER, attributes, links)


def _named(attributes: Mapping[str, AttributeValue]) -> str:
    """A method in a span's name; ``HTTP`` for those that nobody knows."""
    method = str(attributes[HTTP_REQUEST_METHOD])
    return "HTTP" if method == _OTHER else method


def _attributes(scope: Scope, headers: Mapping[bytes, str]) -> dict[str, AttributeValue]:
    method = scope["method"]
    client, server = scope.get("client") or (None, None), scope.get("server") or (None, None)
    found: dict[str, Any] = {
        HTTP_REQUEST_METHOD: method if method in _METHODS else _OTHER,
        HTTP_REQUEST_METHOD_ORIGINAL: None if method in _METHODS else method,
        URL_SCHEME: scope.get("scheme", "http"),
        URL_PATH: scope["path"],
        URL_QUERY: scope.get("query_string", b"").decode("latin-1"),
        NETWORK_PROTOCOL_VERSION: scope.get("http_version", "1.1"),
        SERVER_ADDRESS: server[0],
        SERVER_PORT: server[1],
        CLIENT_ADDRESS: client[0],
        CLIENT_PORT: client[1],
        USER_AGENT_ORIGINAL: headers.get(b"user-agent"),
    }
    return {key: value for key, value in found.items() if value}
