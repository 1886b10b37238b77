"""From exceptions to answers, in one place."""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import grpc
import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from codex_gateway.errors import (
    KINDS,
    Fault,
    FieldFault,
    from_failed_call,
    problem_response,
    public_code,
)
from codex_gateway.middleware.exchange import exchange_of
from codex_service.errors import ServiceError

log = structlog.get_logger()

Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]

_BAD_REQUEST = 400
_SERVER_ERROR = 500
_MOST_FAULTS = 20
_FRAMEWORK: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        400: ("invalid_request", "the body is not JSON"),
        404: ("not_found", "there is nothing at this path"),
        405: ("method_not_allowed", "this path has no such method"),
        413: ("payload_too_large", "the body is too large"),
    }
)


async def service_error(request: Request, error: ServiceError) -> Response:
    code = public_code(error)
    if KINDS[code].status >= _SERVER_ERROR:
        log.warning("request not served", code=code, reason=error.message)
    errors = (FieldFault(field=error.field, message=error.message),) if error.field else ()
    fault = Fault(code=code, detail=error.message, errors=errors, retry_after=error.retry_after)
    return _answer(request, fault, _challenge(request) if code == "unauthenticated" else {})


async def failed_call(request: Request, error: grpc.aio.AioRpcError) -> Response:
    return await service_error(request, from_failed_call(error))


async def framework_error(request: Request, error: HTTPException) -> Response:
    code, detail = _FRAMEWORK.get(error.status_code, ("internal", "an internal error"))
    return _answer(request, Fault(code=code, detail=detail), _with_head(error.headers or {}))


async def invalid_input(request: Request, error: RequestValidationError) -> Response:
    if isinstance(error.body, bytes) and error.body:
        return _answer(request, Fault(code="unsupported_media_type", detail="send application/json"))
    faults = error.errors()
    in_body = any(fault["loc"][0] == "body" for fault in faults)
    in_cursor = any(tuple(fault["loc"]) == ("query", "cursor") for fault in faults)
    return _answer(
        request,
        Fault(
            code="invalid_cursor" if in_cursor else "invalid_request",
            detail=f"the {'body' if in_body else 'query or a header'} is not valid",
            status=None if in_body else _BAD_REQUEST,
            errors=tuple(_fields(faults[:_MOST_FAULTS])),
        ),
    )


async def unforeseen(request: Request, _error: Exception) -> Response:
    """Says nothing; the envelope logs it."""
    return _answer(request, Fault(code="internal", detail="an internal error"))


def handlers() -> dict[int | type[Exception], Handler]:
    return {
        ServiceError: service_error,
        grpc.aio.AioRpcError: failed_call,
        HTTPException: framework_error,
        RequestValidationError: invalid_input,
        Exception: unforeseen,
    }


def _answer(request: Request, fault: Fault, headers: Mapping[str, str] | None = None) -> Response:
    return problem_response(fault, exchange_of(request.scope).trace_id, headers=headers)


def _fields(faults: Sequence[Any]) -> Iterator[FieldFault]:
    for fault in faults:
        where, *path = fault["loc"]
        named = [] if fault["type"] == "json_invalid" else [str(step) for step in path]
        yield FieldFault(field=".".join(named) or str(where), message=fault["msg"])


def _challenge(request: Request) -> dict[str, str]:
    presented = "authorization" in request.headers
    return {"WWW-Authenticate": 'Bearer realm="codex"' + (', error="invalid_token"' if presented else "")}


def _with_head(headers: Mapping[str, str]) -> dict[str, str]:
    """Where GET is allowed, HEAD is."""
    return {name: f"{value}, HEAD" if (name, value) == ("Allow", "GET") else value for name, value in headers.items()}
