"""Which attributes a submission's owner may see: how it went, never what was sent."""

from typing import Final

from codex_gateway.models.traces import Attributes

_SHOWN: Final = ("http.", "rpc.", "messaging.", "db.", "codex.", "error.type", "server.")
_HIDDEN: Final = (
    "http.request.header.",
    "http.response.header.",
    "db.query.text",
    "db.query.parameter",
    "db.statement",
)


def shown(attributes: Attributes) -> Attributes:
    """The attributes that are on the list."""
    return {
        name: value for name, value in attributes.items() if name.startswith(_SHOWN) and not name.startswith(_HIDDEN)
    }
