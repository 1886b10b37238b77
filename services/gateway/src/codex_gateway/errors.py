"""Errors as clients see them: one table from code to status, one shape (RFC 9457)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import grpc
from starlette.responses import JSONResponse

from codex_service.errors import Conflict, DependencyUnavailable, RateLimited, ServiceError
from codex_service.grpc.errors import from_rpc_error

MEDIA_TYPE: Final = "application/problem+json"

_LONGEST_TEXT: Final = 500  # characters


@dataclass(frozen=True, slots=True)
class Kind:
    """How a code looks over HTTP. ``retry_after`` in seconds, where a repetition can help."""

    status: int
    title: str
    retry_after: float | None = None


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "invalid_request": Kind(422, "The request is not valid"),
        "invalid_cursor": Kind(400, "The cursor is not one of ours"),
        "unauthenticated": Kind(401, "Who you are could not be established"),
        "forbidden": Kind(403, "You may not do this"),
        "not_found": Kind(404, "There is no such thing"),
        "problem_not_found": Kind(404, "There is no such problem"),
        "submission_not_found": Kind(404, "There is no such submission"),
        "language_unavailable": Kind(422, "The language cannot be judged now"),
        "method_not_allowed": Kind(405, "The method is not allowed here"),
        "conflict": Kind(409, "It exists already"),
        "idempotency_key_reused": Kind(409, "The idempotency key came with another body"),
        "payload_too_large": Kind(413, "The body is too large"),
        "unsupported_media_type": Kind(415, "The body must be JSON"),
        "rate_limited": Kind(429, "Too many requests", 30),
        "overloaded": Kind(503, "The platform cannot take more work", 2),
        "dependency_unavailable": Kind(503, "A part of the platform is down", 1),
        "deadline_exceeded": Kind(504, "The answer took too long"),
        "internal": Kind(500, "Something went wrong on our side"),
    }
)

# Another service's code that isn't in the table: its status says what kind of thing it is.
_BY_STATUS: Final[Mapping[grpc.StatusCode, str]] = MappingProxyType(
    {
        grpc.StatusCode.INVALID_ARGUMENT: "invalid_request",
        grpc.StatusCode.UNAUTHENTICATED: "unauthenticated",
        grpc.StatusCode.PERMISSION_DENIED: "forbidden",
        grpc.StatusCode.NOT_FOUND: "not_found",
        grpc.StatusCode.ALREADY_EXISTS: "conflict",
        grpc.StatusCode.RESOURCE_EXHAUSTED: "rate_limited",
        grpc.StatusCode.UNAVAILABLE: "dependency_unavailable",
        grpc.StatusCode.DEADLINE_EXCEEDED: "deadline_exceeded",
    }
)


class TooManyRequests(RateLimited):
    """A limit was reached; ``retry_after`` in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the limit for such requests is reached", retry_after=retry_after)


class IdempotencyKeyReused(Conflict):
    """The key came before, with something else."""

    code = "idempotency_key_reused"


def public_code(error: ServiceError) -> str:
    """The code of an error, as one of the table's."""
    return error.code if error.code in KINDS else _BY_STATUS.get(error.status, "internal")


def from_failed_call(error: grpc.aio.AioRpcError) -> ServiceError:
    """What a failed call means. A callee that ends while it works says CANCELLED: it is down, then."""
    if error.code() is grpc.StatusCode.CANCELLED:
        return DependencyUnavailable("a service ended while it was asked")
    return from_rpc_error(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """Where the input is wrong, and how."""

    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Everything that an error answer says. ``status`` differs from the code's own for queries and headers only."""

    code: str
    detail: str
    status: int | None = None
    errors: tuple[FieldFault, ...] = ()
    retry_after: float | None = None


def problem_response(
    fault: Fault, trace_id: str, *, headers: Mapping[str, str] | None = None, extra: Mapping[str, object] | None = None
) -> JSONResponse:
    """The answer to a request that failed."""
    kind = KINDS[fault.code]
    status = fault.status or kind.status
    content: dict[str, object] = {
        "type": f"urn:codex:error:{fault.code}",
        "title": kind.title,
        "status": status,
        "detail": _short(fault.detail),
        "code": fault.code,
        "trace_id": trace_id,
        **(extra or {}),
    }
    if fault.errors:
        content["errors"] = [{"field": _short(error.field), "message": _short(error.message)} for error in fault.errors]
    return JSONResponse(content, status, {**(headers or {}), **_hints(fault, kind)}, media_type=MEDIA_TYPE)


def _hints(fault: Fault, kind: Kind) -> dict[str, str]:
    seconds = kind.retry_after if fault.retry_after is None else fault.retry_after
    return {} if seconds is None else {"Retry-After": str(max(1, math.ceil(seconds)))}


def _short(text: str) -> str:
    return text[:_LONGEST_TEXT]
