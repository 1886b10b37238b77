"""code-manage's dead letters, asked over gRPC."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, cast

import grpc

from codex_protos.codemanage.v1 import dead_letter_service_pb2 as pb
from codex_protos.codemanage.v1.dead_letter_service_pb2_grpc import DeadLetterServiceStub
from codex_tools.stack.errors import StackError

_PATIENCE = 20.0  # seconds for one call
_OURS = "codex-error-code"  # what an answer that the service gave itself carries


class LetterUnknown(StackError):
    """No letter has this id, or it was replayed or dropped before."""


class DeadLetterClient:
    """A context manager. Every method raises StackError when nothing of the kind answers at ``target`` (host:port)."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._channel = grpc.insecure_channel(target)
        self._stub = DeadLetterServiceStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()

    def list(self) -> pb.ListDeadLettersResponse:
        """Up to a thousand."""
        with self._explained():
            return self._stub.ListDeadLetters(pb.ListDeadLettersRequest(), timeout=_PATIENCE)

    def show(self, id: str) -> pb.DeadLetter:
        """One; raises LetterUnknown."""
        with self._explained(id):
            return self._stub.GetDeadLetter(pb.GetDeadLetterRequest(id=id), timeout=_PATIENCE).letter

    def replay(self, id: str) -> str:
        """Send it again; the id of its new trace, empty without one. Raises LetterUnknown."""
        with self._explained(id):
            return self._stub.ReplayDeadLetter(pb.ReplayDeadLetterRequest(id=id), timeout=_PATIENCE).trace_id

    def drop(self, id: str) -> None:
        """Forget it; raises LetterUnknown."""
        with self._explained(id):
            self._stub.DropDeadLetter(pb.DropDeadLetterRequest(id=id), timeout=_PATIENCE)

    @contextmanager
    def _explained(self, id: str = "") -> Iterator[None]:
        try:
            yield
        except grpc.RpcError as error:
            raise self._failure(error, id) from error

    def _failure(self, error: grpc.RpcError, id: str) -> StackError:
        metadata = cast("Iterable[tuple[str, str]]", error.trailing_metadata() or ())
        ours = _OURS in dict(metadata)
        match error.code():
            case grpc.StatusCode.NOT_FOUND:
                return LetterUnknown(f"There is no dead letter {id}: it never was one, or was replayed or dropped.")
            case grpc.StatusCode.UNIMPLEMENTED:
                return StackError(f"What answers at {self._target} knows no dead letters; it should be code-manage.")
            case grpc.StatusCode.UNAVAILABLE if not ours:
                return StackError(f"Nothing answers at {self._target}.")
            case grpc.StatusCode.DEADLINE_EXCEEDED if not ours:
                return StackError(f"{self._target} did not answer within {_PATIENCE:.0f} s.")
        return StackError(f"code-manage at {self._target} says: {error.details()}.")
