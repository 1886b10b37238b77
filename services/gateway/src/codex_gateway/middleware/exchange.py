"""What is known of one request while it is served, shared by everything around it."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

from codex_gateway.guard.limits import Allowance
from codex_telemetry import trace_id

_KEY = "codex.exchange"


def nothing() -> None:
    """What can be done where nobody has said how."""


@dataclass(slots=True)
class Exchange:
    """Filled on the way in, read on the way out.

    ``bodiless``: the answer's body will not be sent. ``leave`` gives the request's place among those that are served at
    once to another, for an answer that goes on for long. ``abort`` closes the connection and drops what it holds.
    """

    allowance: Allowance | None = None
    bodiless: bool = False
    leave: Callable[[], None] = nothing
    abort: Callable[[], None] = nothing
    _trace_id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def trace_id(self) -> str:
        """The id of the request's trace, 32 hexadecimal digits; a random one while there is no span."""
        self._trace_id = trace_id() or self._trace_id
        return self._trace_id


def exchange_of(scope: MutableMapping[str, Any]) -> Exchange:
    """The exchange of a request, begun by whoever asks first."""
    return cast("Exchange", scope.setdefault("state", {}).setdefault(_KEY, Exchange()))
