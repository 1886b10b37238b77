"""Errors on the wire: the one place where a domain error becomes a status, and a status an error again."""

from collections.abc import Iterable
from typing import cast

import grpc
import structlog

from codex_service.errors import DeadlineExceeded, DependencyUnavailable, RemoteError, ServiceError

log = structlog.get_logger()

CODE_KEY = "codex-error-code"
FIELD_KEY = "codex-error-field"
RETRY_KEY = "codex-retry-after"
# gRPC repeats calls that found nobody; an answer of ours is final, or callers would wait for a dead store five times.
_FINAL = ("grpc-retry-pushback-ms", "-1")

_SILENT: dict[grpc.StatusCode, type[ServiceError]] = {
    grpc.StatusCode.UNAVAILABLE: DependencyUnavailable,
    grpc.StatusCode.CANCELLED: DependencyUnavailable,  # cut off by a callee that ended
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
}


def from_rpc_error(error: grpc.aio.AioRpcError, service: str = "a service") -> ServiceError:
    """What a failed call means to its caller: the callee's own error, or that it could not be asked."""
    metadata: dict[str, str | bytes] = dict(cast("Iterable[tuple[str, str | bytes]]", error.trailing_metadata() or ()))
    if code := metadata.get(CODE_KEY):
        retry_after = _text(metadata.get(RETRY_KEY))
        return RemoteError(
            error.details() or "",
            code=str(code),
            status=error.code(),
            field=_text(metadata.get(FIELD_KEY)),
            retry_after=float(retry_after) if retry_after else None,
        )
    kind = _SILENT.get(error.code(), ServiceError)
    return kind(f"{service} could not be asked")


def _text(value: str | bytes | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value


def to_metadata(error: ServiceError) -> tuple[tuple[str, str], ...]:
    """The trailing metadata that carries an error's code and field, and tells gRPC not to repeat the call."""
    field = ((FIELD_KEY, error.field),) if error.field else ()
    retry = ((RETRY_KEY, f"{error.retry_after:.3f}"),) if error.retry_after else ()
    return ((CODE_KEY, error.code), *field, *retry, _FINAL)


class Outages:
    """Knows which exceptions of drivers mean that something is down, not broken."""

    def __init__(self, *kinds: type[BaseException]) -> None:
        self._kinds = kinds

    def as_service_error(self, error: Exception) -> ServiceError:
        """The error that a caller may see. One that nobody foresaw is logged here and says nothing outside."""
        if isinstance(error, ServiceError):
            return error
        if isinstance(error, grpc.aio.AioRpcError):
            return from_rpc_error(error)
        if isinstance(error, self._kinds):
            log.warning("a dependency is down", error=repr(error))
            return DependencyUnavailable("a store that this call needs is down")
        if isinstance(error, TimeoutError):
            return DeadlineExceeded("the time given for the call ran out")
        log.error("unforeseen error", exc_info=error)
        return ServiceError("an internal error")
