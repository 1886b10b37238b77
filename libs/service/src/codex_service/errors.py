"""What can go wrong between services: each error knows its stable code and its gRPC status.

    ServiceError
    ├── InvalidRequest ── InvalidCursor
    ├── Unauthenticated, Forbidden
    ├── NotFound
    ├── Conflict
    ├── RateLimited
    ├── Overloaded, DependencyUnavailable, DeadlineExceeded
    └── RemoteError      what another service answered, passed on as it came

A service adds its own below these. One interceptor (``codex_service.grpc.errors``) puts them on the wire; the gateway
turns the code into an HTTP status.
"""

from typing import ClassVar

import grpc


class ServiceError(Exception):
    """An error that a caller may see: the message names things by their ids and holds nothing secret."""

    code: ClassVar[str] = "internal"
    status: ClassVar[grpc.StatusCode] = grpc.StatusCode.INTERNAL

    def __init__(self, message: str, *, field: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after = retry_after  # seconds, where it is known when to come again


class InvalidRequest(ServiceError):
    """Something in the request is not allowed; ``field`` says where."""

    code = "invalid_request"
    status = grpc.StatusCode.INVALID_ARGUMENT


class InvalidCursor(InvalidRequest):
    """A page cursor that isn't ours."""

    code = "invalid_cursor"


class Unauthenticated(ServiceError):
    """Nobody we know."""

    code = "unauthenticated"
    status = grpc.StatusCode.UNAUTHENTICATED


class Forbidden(ServiceError):
    """Somebody we know, who may not do this."""

    code = "forbidden"
    status = grpc.StatusCode.PERMISSION_DENIED


class NotFound(ServiceError):
    """No such thing, or not the caller's."""

    code = "not_found"
    status = grpc.StatusCode.NOT_FOUND


class Conflict(ServiceError):
    """It exists already, or stands in the way."""

    code = "conflict"
    status = grpc.StatusCode.ALREADY_EXISTS


class RateLimited(ServiceError):
    """Too often; try again later."""

    code = "rate_limited"
    status = grpc.StatusCode.RESOURCE_EXHAUSTED


class Overloaded(ServiceError):
    """The platform takes no more work for the moment."""

    code = "overloaded"
    status = grpc.StatusCode.UNAVAILABLE


class DependencyUnavailable(ServiceError):
    """Something that the call needs is down; it may be repeated."""

    code = "dependency_unavailable"
    status = grpc.StatusCode.UNAVAILABLE


class DeadlineExceeded(ServiceError):
    """The time given for the call ran out."""

    code = "deadline_exceeded"
    status = grpc.StatusCode.DEADLINE_EXCEEDED


class RemoteError(ServiceError):
    """What another service answered, with its own code and status."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: grpc.StatusCode,
        field: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, field=field, retry_after=retry_after)
        self.code = code  # type: ignore[misc]  # the one error whose code is known only when it arrives
        self.status = status  # type: ignore[misc]
