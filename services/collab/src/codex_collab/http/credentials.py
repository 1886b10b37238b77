"""How a client says who it is and what it was invited to.

A browser can give a WebSocket no header but the list of subprotocols that it speaks, and an address ends up in logs and
histories. So the tokens stand in that list: ``["y-codex", "jwt.<access token>", "invite.<invite token>"]``. The server
selects ``y-codex``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

PROTOCOL = "y-codex"
_ACCESS = "jwt."
_INVITE = "invite."


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a client has offered; a token that is missing is empty."""

    protocol: str | None
    access_token: str = field(repr=False)
    invite_token: str = field(repr=False)


def credentials(offered: Sequence[str]) -> Credentials:
    """Read the subprotocols of a handshake."""
    return Credentials(
        protocol=PROTOCOL if PROTOCOL in offered else None,
        access_token=_first(offered, _ACCESS),
        invite_token=_first(offered, _INVITE),
    )


def _first(offered: Sequence[str], prefix: str) -> str:
    return next((each.removeprefix(prefix) for each in offered if each.startswith(prefix)), "")
