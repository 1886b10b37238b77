"""Where the brokers are, and what leads to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Cluster:
    """Addresses (host:port, comma separated), and how to get in: nothing means plaintext."""

    bootstrap: str
    security: Mapping[str, Any] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, Any]:
        """What every client of aiokafka is given."""
        return {"bootstrap_servers": self.bootstrap, **self.security}
